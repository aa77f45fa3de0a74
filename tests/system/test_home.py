"""The home is found, made private, kept off network file systems, and held by one daemon at a time."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from posthouse.model.errors import HomeUnusable
from posthouse.system import home as home_module
from posthouse.system.home import (
    NETWORK_FILE_SYSTEMS,
    InstanceGuard,
    ensure_token,
    find_home,
    make_home,
    read_token,
    refuse_network_file_system,
    type_of_mount,
)

MOUNTINFO = """\
21 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
22 21 0:20 / /proc rw,nosuid - proc proc rw
30 21 0:44 / /home/a\\040b rw,relatime shared:7 master:2 - nfs4 server:/export rw,vers=4.2
31 21 0:45 / /mnt/c rw,noatime - 9p C:\\134 rw,aname=drvfs,trans=fd
32 21 0:46 / /mnt/far rw - fuse.sshfs ann@host:/ rw,user_id=0
"""

HOLDER = """
import sys
from pathlib import Path
from posthouse.system.home import InstanceGuard
InstanceGuard(Path(sys.argv[1])).acquire()
print("held", flush=True)
"""
WAIT = "sys.stdin.read()"
START_CHILD = """
import subprocess
child = "import sys; print('child runs', flush=True); sys.stdin.read()"
subprocess.run([sys.executable, "-c", child], close_fds=False)
"""


@contextmanager
def holding_process(home: Path, *, and_then: str = WAIT) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the guard until it is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER + and_then, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_flag_wins_over_the_environment_and_both_over_the_platform(tmp_path: Path) -> None:
    environ = {"POSTHOUSE_HOME": str(tmp_path / "environment")}

    assert find_home(tmp_path / "flag", environ) == tmp_path / "flag"
    assert find_home(None, environ) == tmp_path / "environment"
    assert find_home(None, {}).name == "posthouse"
    assert find_home(None, {"POSTHOUSE_HOME": ""}) == find_home(None, {})


def test_found_home_is_absolute_and_knows_the_persons_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert find_home("here", {}) == tmp_path / "here"
    assert find_home("~/there", {}) == Path.home() / "there"


def test_made_home_is_private_and_making_it_again_changes_nothing(tmp_path: Path) -> None:
    home = tmp_path / "some" / "where"

    make_home(home)
    make_home(home)

    assert mode_of(home) == 0o700


def test_existing_folder_keeps_the_mode_its_owner_gave_it(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    make_home(tmp_path)

    assert mode_of(tmp_path) == 0o755


@pytest.mark.parametrize("below", ["", "below"])
def test_home_that_is_a_file_is_refused(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(HomeUnusable) as caught:
        make_home(tmp_path / "file" / below)

    assert caught.value.code == "home.not_a_folder"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_home_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(HomeUnusable) as caught:
        make_home(tmp_path)

    assert caught.value.code == "home.unwritable"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_home_that_nobody_can_make_is_refused() -> None:
    with pytest.raises(HomeUnusable) as caught:
        make_home(Path("/proc/self/posthouse"))

    assert caught.value.code == "home.unwritable"


@pytest.mark.parametrize(
    ("mount_id", "kind"), [(21, "ext4"), (30, "nfs4"), (31, "9p"), (32, "fuse.sshfs"), (2, None), (99, None)]
)
def test_file_system_type_is_read_from_the_mount_with_that_id(mount_id: int, kind: str | None) -> None:
    assert type_of_mount(MOUNTINFO, mount_id) == kind


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_real_mounts_are_told_by_the_type_the_kernel_gives_them(tmp_path: Path) -> None:
    known = {line.split()[-1] for line in Path("/proc/filesystems").read_text().splitlines()}

    assert home_module._file_system_type(Path("/proc")) == "proc"
    found = home_module._file_system_type(tmp_path)
    assert found is not None
    assert found.partition(".")[0] in known


@pytest.mark.parametrize("kind", sorted(NETWORK_FILE_SYSTEMS))
def test_home_on_a_network_file_system_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(home_module, "_file_system_type", lambda path: kind)

    with pytest.raises(HomeUnusable) as caught:
        make_home(home)

    assert caught.value.code == "home.network_file_system"
    assert kind in caught.value.message


@pytest.mark.parametrize("kind", ["ext4", "btrfs", "zfs", "overlay", "tmpfs", "apfs", "ntfs", "fuseblk", None])
def test_home_on_a_local_or_unknown_file_system_is_taken(
    home: Path, monkeypatch: pytest.MonkeyPatch, kind: str | None
) -> None:
    monkeypatch.setattr(home_module, "_file_system_type", lambda path: kind)

    refuse_network_file_system(home)


def test_second_daemon_is_refused_and_told_who_runs(home: Path) -> None:
    with holding_process(home) as other, pytest.raises(HomeUnusable) as caught:
        InstanceGuard(home).acquire()

    assert caught.value.code == "home.in_use"
    assert f"process {other.pid}" in caught.value.message


def test_second_guard_in_one_process_is_refused_too(home: Path) -> None:
    with InstanceGuard(home), pytest.raises(HomeUnusable) as caught:
        InstanceGuard(home).acquire()

    assert caught.value.code == "home.in_use"


def test_guard_of_a_killed_daemon_is_free_and_names_it(home: Path) -> None:
    with holding_process(home) as other:
        other.send_signal(signal.SIGKILL)
        other.wait()

        with InstanceGuard(home) as guard:
            assert guard.crashed_pid == other.pid


def test_guard_that_was_released_leaves_word_of_a_clean_stop(home: Path) -> None:
    guard = InstanceGuard(home)
    guard.acquire()
    guard.release()
    guard.release()

    with InstanceGuard(home) as after:
        assert after.crashed_pid is None


def test_child_that_outlives_a_killed_daemon_does_not_keep_its_guard(home: Path) -> None:
    with holding_process(home, and_then=START_CHILD) as daemon:
        assert daemon.stdout is not None
        assert daemon.stdout.readline() == "child runs\n"
        daemon.kill()
        daemon.wait()

        with InstanceGuard(home) as guard:
            assert guard.crashed_pid == daemon.pid


def test_guard_and_token_are_private_files(home: Path) -> None:
    ensure_token(home)
    with InstanceGuard(home):
        assert {path.name: mode_of(path) for path in home.iterdir()} == {"instance.lock": 0o600, "token": 0o600}


def test_guard_of_a_home_that_is_gone_is_refused(home: Path) -> None:
    with pytest.raises(HomeUnusable) as caught:
        InstanceGuard(home / "gone").acquire()

    assert caught.value.code == "home.unwritable"


def test_token_is_made_once_long_and_random(home: Path, tmp_path: Path) -> None:
    first = ensure_token(home)

    assert read_token(home) == ensure_token(home) == first
    assert first.startswith("ph_")
    assert len(first) == 46
    assert ensure_token(tmp_path) != first


def test_home_without_a_token_has_none(home: Path) -> None:
    assert read_token(home) is None


def test_token_that_others_could_read_is_made_private(home: Path) -> None:
    token = ensure_token(home)
    (home / "token").chmod(0o644)

    assert ensure_token(home) == token
    assert mode_of(home / "token") == 0o600


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 50, b"two words " * 5, b"x" * 300, b"a\nb" * 20])
def test_file_that_holds_no_token_is_told_and_left_alone(home: Path, content: bytes) -> None:
    (home / "token").write_bytes(content)

    with pytest.raises(HomeUnusable) as caught:
        ensure_token(home)

    assert caught.value.code == "home.token_unreadable"
    assert (home / "token").read_bytes() == content
    if content:
        assert content.decode("latin-1") not in str(caught.value)
