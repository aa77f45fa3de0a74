"""The hook's program: what it is told becomes a file, whole or not at all, and whoever calls it never notices."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from posthouse.cli.hooks_claude import PROGRAM
from posthouse.model.ids import Millis
from posthouse.rules.claude_settings import posix_command
from posthouse.sources.agents.claude_code import CALL_BYTES_MAX, reports
from posthouse.sources.agents.hearing import Call
from tests.sources.hook_calls import CALLS, call_of

SHELLS = [shell for shell in ("sh", "dash", "bash", "busybox") if shutil.which(shell)]
AT_ONCE = 16
MANY = 1_000


class Hook:
    """An installed program with its spool."""

    def __init__(self, home: Path) -> None:
        self.program = home / "hooks" / "claude-code"
        self.spool = home / "spool" / "agents" / "claude-code"
        self.program.parent.mkdir(parents=True)
        self.spool.mkdir(parents=True)
        self.program.write_text(PROGRAM)
        self.program.chmod(0o700)

    def call(self, said: bytes, *, shell: str | None = None, **kwargs: Any) -> subprocess.CompletedProcess[bytes]:
        """One call; whatever happens it says nothing and exits 0."""
        command = [str(self.program)] if shell is None else [shell, str(self.program)]
        if shell == "busybox":
            command.insert(1, "sh")
        done = subprocess.run(command, input=said, capture_output=True, check=False, timeout=60, **kwargs)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        return done

    def files(self) -> list[Path]:
        """What lies in the spool, hidden files too."""
        return sorted(self.spool.iterdir())


@pytest.fixture
def hook(tmp_path: Path) -> Hook:
    return Hook(tmp_path / "home")


@pytest.mark.parametrize("shell", [None, *SHELLS])
def test_what_it_is_told_lies_in_the_spool_byte_for_byte_for_its_owner_alone(hook: Hook, shell: str | None) -> None:
    said = b'{"a": "\\u00e9 \xc3\xa9 \\n"}  \n\n'

    hook.call(said, shell=shell)

    (file,) = hook.files()
    assert (file.suffix, file.read_bytes()) == (".json", said)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("event", CALLS)
def test_a_recorded_call_of_every_event_comes_through_as_it_was(hook: Hook, event: str) -> None:
    said = json.dumps(call_of(event)).encode()

    hook.call(said)

    (file,) = hook.files()
    at = Millis(file.stat().st_mtime_ns // 1_000_000)
    assert file.read_bytes() == said
    assert reports(Call(key=file.stem, at=at, content=file.read_bytes())) == reports(Call(key="1", at=at, content=said))


def test_names_go_up_with_the_calls(hook: Hook) -> None:
    for number in range(20):
        hook.call(str(number).encode())

    # Process ids count up but start again at some point, which is once in so many calls.
    said = [file.read_bytes() for file in sorted(hook.files(), key=lambda file: (file.stat().st_mtime_ns, file.name))]
    assert [int(one) for one in said] == list(range(20))


def test_what_is_huge_is_cut(hook: Hook) -> None:
    hook.call(b"x" * (CALL_BYTES_MAX + 100_000))

    (file,) = hook.files()
    assert file.stat().st_size == CALL_BYTES_MAX


def test_where_nothing_is_said_nothing_is_left(hook: Hook) -> None:
    hook.call(b"")
    done = subprocess.run(["sh", "-c", f"'{hook.program}' <&-"], capture_output=True, check=False, timeout=60)

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert hook.files() == []


def without_spool(hook: Hook) -> None:
    shutil.rmtree(hook.spool.parents[1])


def file_as_spool(hook: Hook) -> None:
    hook.spool.rmdir()
    hook.spool.write_text("in the way")


def loop_as_spool(hook: Hook) -> None:
    hook.spool.rmdir()
    hook.spool.symlink_to(hook.spool)


@pytest.mark.parametrize("spoil", [without_spool, file_as_spool, loop_as_spool])
def test_without_a_spool_the_caller_notices_nothing(hook: Hook, spoil: Callable[[Hook], None]) -> None:
    spoil(hook)

    hook.call(b'{"a": 1}')

    assert not hook.spool.is_dir()


def test_a_full_disk_leaves_nothing_half_written(hook: Hook) -> None:
    # A limit on the size of files fails a write in the middle as a full disk does, and needs no disk of its own.
    limited = f"ulimit -f 8; trap '' XFSZ; exec '{hook.program}'"
    done = subprocess.run(["sh", "-c", limited], input=b"x" * 100_000, capture_output=True, check=False, timeout=60)

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert hook.files() == []


def test_it_finds_its_tools_without_the_callers_path(hook: Hook) -> None:
    hook.call(b'{"a": 1}', env={})
    hook.call(b'{"a": 1}', env={"PATH": "/nowhere"})

    assert [file.suffix for file in hook.files()] == [".json", ".json"]


def test_a_thousand_calls_at_once_are_all_there_once_and_whole(hook: Hook) -> None:
    said = [json.dumps(call_of("Stop", session_id=f"agent-{number}")).encode() for number in range(MANY)]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(hook.call, said))

    assert sorted(file.read_bytes() for file in hook.files()) == sorted(said)
    assert all(file.name.endswith(".json") and not file.name.startswith(".") for file in hook.files())


def test_a_program_that_is_gone_is_no_error_of_the_agent(hook: Hook) -> None:
    hook.program.unlink()
    done = subprocess.run(
        ["sh", "-c", posix_command(os.fspath(hook.program))], input=b"{}", capture_output=True, check=False, timeout=60
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
