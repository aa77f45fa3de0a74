"""Kept processes outlive whoever started them, are found again, and end with all that belongs to them."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from posthouse.system import managed_process, process_table
from posthouse.system.managed_process import Child, Ended, find, recognise, start
from posthouse.system.process import plain_environment
from tests.system.kept import DEADLINE_S, PREAMBLE, Ear, ear_in, start_python

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sessions and signals are Unix's own")


@pytest.fixture
async def ear(tmp_path: Path) -> AsyncIterator[Ear]:
    with ear_in(tmp_path) as ear:
        yield ear


async def end_of(child: Child, rest_s: float = 30.0) -> Ended:
    async with asyncio.timeout(DEADLINE_S):
        return await child.ended(rest_s)


def lives(pid: int) -> bool:
    entry = process_table.look_up(pid)
    return entry is not None and not entry.is_over


async def test_what_it_says_is_appended_and_how_it_ended_is_known(tmp_path: Path) -> None:
    first = await end_of(start_python("print('one', flush=True); sys.exit(3)", tmp_path))
    second = await end_of(start_python("print('two', file=sys.stderr); os.kill(os.getpid(), 9)", tmp_path))

    assert (first, second) == (Ended(code=3), Ended(signal=signal.SIGKILL))
    assert (tmp_path / "output.log").read_text() == "one\ntwo\n"
    assert (tmp_path / "output.log").stat().st_mode & 0o777 == 0o600


async def test_it_leads_a_session_reads_nothing_and_inherits_nothing_but_its_output(tmp_path: Path) -> None:
    code = """
print(os.getsid(0) == os.getpid(), repr(sys.stdin.read()), os.getcwd(), sorted(os.environ))
print(sorted(int(one) for one in os.listdir('/proc/self/fd')) if os.path.isdir('/proc/self') else [0, 1, 2, 3])
"""
    held = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(held, True)
    try:
        child = start_python(code, tmp_path, {"PATH": "/bin"})
        await end_of(child)
    finally:
        os.close(held)

    first, second = (tmp_path / "output.log").read_text().splitlines()
    assert first.startswith(f"True '' {tmp_path} [")
    assert "EAR" in first
    # The fourth is the folder that is being listed.
    assert second == "[0, 1, 2, 3]"


@pytest.mark.parametrize(
    ("argv", "folder", "error", "named"),
    [
        (["no-such-program"], ".", FileNotFoundError, "no-such-program"),
        (["./no-such-file"], ".", FileNotFoundError, "no-such-file"),
        ([sys.executable], "no-such-folder", FileNotFoundError, "no-such-folder"),
        (["./plain"], ".", PermissionError, "plain"),
    ],
)
async def test_what_cannot_be_started_is_named(
    tmp_path: Path, argv: list[str], folder: str, error: type[OSError], named: str
) -> None:
    (tmp_path / "plain").write_text("no program")

    with pytest.raises(error) as refused:
        start(argv, environment={"PATH": "/bin"}, folder=tmp_path / folder, output=tmp_path / "output.log")

    assert named in str(refused.value.filename)


@pytest.mark.parametrize("trouble", [None, OSError(24, "Too many open files")])
async def test_one_that_nobody_could_find_again_is_not_left_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: OSError | None
) -> None:
    seen = list[int]()

    def look_up(pid: int) -> None:
        seen.append(pid)
        if trouble is not None:
            raise trouble

    with monkeypatch.context() as patch:
        patch.setattr(process_table, "look_up", look_up)
        with pytest.raises(OSError, match=r"open files|table of processes"):
            start_python("hang()", tmp_path)

    assert len(seen) == 1
    assert not lives(seen[0])


async def test_one_that_ignores_being_asked_is_killed(tmp_path: Path, ear: Ear) -> None:
    child = start_python("signal.signal(15, lambda *_: say('asked')); say('up')\nhang()", tmp_path)
    assert await ear.word() == "up"

    child.terminate()
    assert await ear.word() == "asked"
    assert child.is_alive()
    child.kill()

    assert await end_of(child) == Ended(signal=signal.SIGKILL)
    assert not child.is_alive()


async def test_the_signal_that_asks_can_be_chosen(tmp_path: Path, ear: Ear) -> None:
    child = start_python("signal.signal(2, lambda *_: sys.exit(7)); say('up')\nhang()", tmp_path)
    assert await ear.word() == "up"

    child.terminate(signal.SIGINT)

    assert await end_of(child) == Ended(code=7)


async def test_what_a_dead_leader_left_is_ended_before_its_end_is_told(tmp_path: Path, ear: Ear) -> None:
    code = """
if os.fork() == 0:
    say(os.getpid())
    hang()
signal.pause()
"""
    child = start_python(code, tmp_path)
    left = await ear.pid()
    assert {one.pid for one in child.members()} == {child.pid, left}

    os.kill(child.pid, signal.SIGKILL)

    assert await end_of(child) == Ended(signal=signal.SIGKILL)
    assert not lives(left)
    assert child.members() == []


async def test_what_it_left_is_killed_after_its_grace_in_a_group_of_its_own_too(tmp_path: Path, ear: Ear) -> None:
    code = """
if os.fork() == 0:
    signal.signal(15, lambda *_: say('asked'))
    os.setpgid(0, 0)
    say(os.getpid())
    hang()
signal.pause()
"""
    child = start_python(code, tmp_path)
    left = await ear.pid()

    os.kill(child.pid, signal.SIGKILL)
    ended = asyncio.create_task(end_of(child, rest_s=0.05))
    assert await ear.word() == "asked"

    assert await ended == Ended(signal=signal.SIGKILL)
    assert not lives(left)


async def test_who_was_asked_with_its_leader_may_end_in_order_and_is_not_asked_twice(tmp_path: Path, ear: Ear) -> None:
    code = """
if os.fork() == 0:
    asked = []
    signal.signal(15, lambda *_: asked.append(1))
    say(os.getpid())
    while not asked:
        signal.pause()
    while os.path.exists('hold'):
        time.sleep(0.01)
    say(f'ended after {len(asked)}')
    os._exit(0)
signal.pause()
"""
    (tmp_path / "hold").touch()
    child = start_python(code, tmp_path)
    await ear.pid()

    child.terminate()
    ended = asyncio.create_task(end_of(child))
    await managed_process._gone(child.pid, child.born)
    (tmp_path / "hold").unlink()

    assert await ear.word() == "ended after 1"
    assert await ended == Ended(signal=signal.SIGTERM)


async def test_who_left_the_session_is_left_alone(tmp_path: Path, ear: Ear) -> None:
    code = """
if os.fork() == 0:
    os.setsid()
    say(os.getpid())
    hang()
signal.pause()
"""
    child = start_python(code, tmp_path)
    gone = await ear.pid()

    child.kill()
    await end_of(child)

    assert lives(gone)
    daemon = recognise(gone)
    assert daemon is not None
    daemon.kill()
    assert (await end_of(daemon)).left == ()
    assert not lives(gone)


STARTER = """
import os, signal, sys
from pathlib import Path
from posthouse.system.managed_process import start
folder = Path(sys.argv[1])
child = start(sys.argv[2:], environment=dict(os.environ), folder=folder, output=folder / 'output.log')
print(child.pid, child.born, flush=True)
signal.pause()
"""


async def test_it_outlives_a_killed_starter_says_on_and_is_found_again(tmp_path: Path, ear: Ear) -> None:
    server = (
        PREAMBLE
        + """
signal.signal(10, lambda *_: (print('still here', flush=True), say('said')))
say('up')
hang()
"""
    )
    starter = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", STARTER, str(tmp_path), sys.executable, "-S", "-c", server),
        env=plain_environment(os.environ, {"EAR": str(ear.path)}),
        stdout=subprocess.PIPE,
    )
    assert starter.stdout is not None
    pid_text, born = (await starter.stdout.readline()).decode().split()
    pid = int(pid_text)
    assert await ear.word() == "up"
    starter.kill()
    await starter.wait()

    child = find(pid, born)
    assert child is not None
    os.kill(pid, signal.SIGUSR1)
    assert await ear.word() == "said"
    assert (tmp_path / "output.log").read_text() == "still here\n"
    assert child.is_alive()
    child.terminate()

    # Who is no child of ours keeps to itself how it ended.
    assert await end_of(child) == Ended()
    assert not child.is_alive()


async def test_an_id_that_is_used_again_is_not_taken_for_the_process_of_before(tmp_path: Path, ear: Ear) -> None:
    child = start_python("say('up')\nhang()", tmp_path)
    await ear.word()
    stranger = Child(
        process_table.Entry(pid=child.pid, parent=1, group=child.pid, session=child.pid, born="x:1", is_over=False)
    )

    stranger.kill()
    ended = await end_of(stranger)

    assert (ended, stranger.members(), stranger.is_alive()) == (Ended(), [], False)
    assert find(child.pid, "x:1") is None
    assert child.is_alive()
    child.kill()
    assert await end_of(child) == Ended(signal=signal.SIGKILL)
    assert find(child.pid, child.born) is None
    assert recognise(child.pid) is None


async def test_of_a_stranger_only_it_and_its_children_are_ended(tmp_path: Path, ear: Ear) -> None:
    code = "import os\nfor _ in range(2):\n    if os.fork() == 0: break\nelse: say('up')\nhang()"
    environment = plain_environment(os.environ, {"EAR": str(ear.path)})
    stranger = await asyncio.create_subprocess_exec(sys.executable, "-S", "-c", PREAMBLE + code, env=environment)
    bystander = await asyncio.create_subprocess_exec(
        sys.executable, "-S", "-c", PREAMBLE + "say('by')\nhang()", env=environment
    )
    assert {await ear.word(), await ear.word()} == {"up", "by"}
    child = recognise(stranger.pid)
    assert child is not None
    assert len(child.members()) == 3

    members = [one.pid for one in child.members()]
    child.terminate()
    async with asyncio.timeout(DEADLINE_S):
        await stranger.wait()

    for pid in members:
        entry = process_table.look_up(pid)
        if entry is not None:
            await managed_process._gone(pid, entry.born)
    assert not any(lives(pid) for pid in members)
    assert lives(bystander.pid)
    bystander.kill()
    await bystander.wait()


async def test_its_end_is_told_by_the_kernel(tmp_path: Path, ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform != "linux":
        pytest.skip("There are no descriptors of processes here.")

    async def never(pid: int, born: str) -> None:
        raise AssertionError(f"{pid} ({born}) is looked for again and again")

    monkeypatch.setattr(managed_process, "_gone_slowly", never)
    child = start_python("say('up')\nhang()", tmp_path)
    ended = asyncio.create_task(end_of(child))
    await ear.word()
    assert not ended.done()

    os.kill(child.pid, signal.SIGTERM)

    assert await ended == Ended(signal=signal.SIGTERM)


async def test_without_descriptors_of_processes_it_is_looked_for(
    tmp_path: Path, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(pid: int) -> int:
        raise OSError(38, "Function not implemented", str(pid))

    monkeypatch.setattr(os, "pidfd_open", refuse, raising=False)
    monkeypatch.setattr(managed_process, "LOOK_S", 0.01)
    child = start_python("say('up')\nhang()", tmp_path)
    ended = asyncio.create_task(end_of(child))
    await ear.word()

    child.terminate()

    assert await ended == Ended(signal=signal.SIGTERM)


async def test_who_waits_no_longer_leaves_it_running_and_its_end_is_not_lost(tmp_path: Path, ear: Ear) -> None:
    child = start_python("signal.signal(15, lambda *_: sys.exit(5)); say('up')\nhang()", tmp_path)
    waiting = asyncio.create_task(child.ended())
    await ear.word()
    waiting.cancel()
    await asyncio.wait([waiting])
    assert child.is_alive()
    child.terminate()
    await managed_process._gone(child.pid, child.born)

    again = find(child.pid, child.born)

    assert again is not None
    assert await end_of(again) == Ended(code=5)


async def test_many_starts_and_crashes_leave_nothing_behind(tmp_path: Path) -> None:
    def start_crash() -> Child:
        return start(
            ["sh", "-c", "exit 1"], environment={"PATH": "/bin:/usr/bin"}, folder=tmp_path, output=tmp_path / "o"
        )

    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd" if sys.platform == "linux" else "/dev/fd"))

    await end_of(start_crash())
    tasks, open_before = len(asyncio.all_tasks()), descriptors()

    children = []
    for _ in range(50):
        children.append(start_crash())
        assert await end_of(children[-1]) == Ended(code=1)

    assert (len(asyncio.all_tasks()), descriptors()) == (tasks, open_before)
    assert [one.pid for one in children if process_table.born(one.pid) == one.born] == []
