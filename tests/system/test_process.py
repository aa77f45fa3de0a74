"""Children are bounded in time and in what they say, and neither they nor what they started outlive their run."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.system.clock import SystemClock
from posthouse.system.process import Ending, Finished, Program, plain_environment, run_program

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="groups and signals are Unix's own")

DEADLINE_S = 30.0
GRACE_S = 0.3


async def run(
    *argv: str,
    deadline_s: float = DEADLINE_S,
    output_bytes_max: int = 1_000,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    grace_s: float = GRACE_S,
    stdin: bytes = b"",
    is_tail_kept: bool = False,
) -> Finished:
    program = Program(
        argv=argv,
        environment=plain_environment(os.environ) if environment is None else environment,
        deadline_s=deadline_s,
        output_bytes_max=output_bytes_max,
        folder=None if folder is None else str(folder),
        stdin=stdin,
        is_tail_kept=is_tail_kept,
    )
    async with asyncio.timeout(DEADLINE_S):
        return await run_program(program, SystemClock(), grace_s=grace_s)


async def python(code: str, **how: float | bytes) -> Finished:
    return await run(sys.executable, "-c", code, **how)  # type: ignore[arg-type]


class Life:
    """Tells whether the processes live that hold the pipe `path` open; `begun` and `gone` are done once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def code(self, then: str) -> str:
        """Code of a process that holds the pipe open until it dies."""
        return f"import time\nhold = open({str(self.path)!r}, 'w'); hold.write('x'); hold.flush()\n{then}"


@asynccontextmanager
async def watched_life(folder: Path) -> AsyncIterator[Life]:
    """A pipe that a process is to open, whose end tells of that process's death, however it died."""
    life = Life(folder / "life")
    os.mkfifo(life.path)
    reader = os.open(life.path, os.O_RDONLY | os.O_NONBLOCK)
    # Without a writer the pipe would be at its end before anyone has opened it.
    keeper = os.open(life.path, os.O_WRONLY)
    loop = asyncio.get_running_loop()

    def look() -> None:
        if not os.read(reader, 100):
            loop.remove_reader(reader)
            life.gone.set_result(None)
        elif not life.begun.done():
            os.close(keeper)
            life.begun.set_result(None)

    loop.add_reader(reader, look)
    try:
        yield life
    finally:
        loop.remove_reader(reader)
        os.close(reader)
        if not life.begun.done():
            os.close(keeper)


async def test_what_a_program_says_and_its_exit_code_come_back() -> None:
    finished = await python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")

    assert finished.ending is Ending.EXITED
    assert (finished.exit_code, finished.signal) == (3, None)
    assert (finished.stdout, finished.stderr_tail) == (b"out\n", b"err\n")
    assert finished.duration_s > 0


async def test_a_program_that_a_signal_ended_says_which() -> None:
    finished = await python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")

    assert (finished.exit_code, finished.signal) == (None, signal.SIGKILL)


async def test_an_argument_is_never_read_by_a_shell() -> None:
    finished = await run(sys.executable, "-c", "import sys; print(sys.argv[1:])", "$HOME; echo *", "`id`")

    assert finished.stdout.decode().strip() == "['$HOME; echo *', '`id`']"


async def test_standard_input_is_empty() -> None:
    assert (await python("import sys; print(repr(sys.stdin.read()))")).stdout == b"''\n"


async def test_a_program_reads_all_that_it_is_told_and_then_the_end() -> None:
    finished = await python("import sys; print(len(sys.stdin.buffer.read()))", stdin=b"x" * 3_000_000)

    assert finished.stdout == b"3000000\n"


async def test_a_program_need_not_read_what_it_is_told() -> None:
    deaf = await python("pass", stdin=b"x" * 3_000_000)
    closed = await python("import os, time; os.close(0); print('still here')", stdin=b"x" * 3_000_000)

    assert (deaf.ending, deaf.exit_code) == (Ending.EXITED, 0)
    assert (closed.exit_code, closed.stdout) == (0, b"still here\n")


async def test_a_program_that_stops_reading_is_ended_at_its_deadline() -> None:
    finished = await run("sh", "-c", "sleep 100", stdin=b"x" * 3_000_000, deadline_s=1.0)

    assert (finished.ending, finished.signal) == (Ending.DEADLINE, signal.SIGTERM)


async def test_of_long_output_the_end_is_kept_where_that_is_wanted() -> None:
    finished = await python(
        "import sys; sys.stdout.write('x' * 1_000_000 + 'the end')", output_bytes_max=50, is_tail_kept=True
    )

    assert (finished.ending, len(finished.stdout)) == (Ending.EXITED, 50)
    assert finished.stdout.endswith(b"xthe end")


async def test_a_program_runs_in_its_folder(tmp_path: Path) -> None:
    finished = await run(sys.executable, "-c", "import os; print(os.getcwd())", folder=tmp_path)

    assert finished.stdout.decode().strip() == os.path.realpath(tmp_path)


async def test_a_name_is_found_on_the_path_that_the_program_is_given(tmp_path: Path) -> None:
    tool = tmp_path / "tool-of-mine"
    tool.write_text("#!/bin/sh\necho found\n")
    tool.chmod(0o755)

    assert (await run("tool-of-mine", environment={"PATH": str(tmp_path)})).stdout == b"found\n"
    with pytest.raises(FileNotFoundError):
        await run("tool-of-mine", environment={"PATH": "/nowhere"})


async def test_what_cannot_be_started_raises(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("no program")

    with pytest.raises(PermissionError):
        await run(str(plain))
    with pytest.raises(FileNotFoundError):
        await run(str(tmp_path / "missing"))
    with pytest.raises(FileNotFoundError):
        await run(sys.executable, folder=tmp_path / "missing")


async def test_the_environment_is_only_what_was_given() -> None:
    finished = await run(
        sys.executable, "-c", "import os; print(sorted(set(os.environ) - {'LC_CTYPE'}))", environment={"A": "1"}
    )

    assert finished.stdout == b"['A']\n"


async def test_no_descriptor_of_ours_is_inherited(tmp_path: Path) -> None:
    with (tmp_path / "ledger").open("w") as file:
        code = f"import os\ntry: os.fstat({file.fileno()}); print('inherited')\nexcept OSError: print('closed')"
        assert (await python(code)).stdout == b"closed\n"


async def test_at_the_deadline_it_is_asked_to_end_and_what_it_said_is_kept() -> None:
    finished = await run("sh", "-c", "echo begun; sleep 100", deadline_s=1.0)

    assert finished.ending is Ending.DEADLINE
    assert finished.signal == signal.SIGTERM
    assert finished.stdout == b"begun\n"


async def test_whoever_ignores_being_asked_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    async with watched_life(tmp_path) as life:
        # What is ignored is ignored by children too.
        script = "trap '' TERM; (exec 3> \"$0\"; echo x >&3; sleep 100; sleep 100) & wait"

        finished = await run("sh", "-c", script, str(life.path), deadline_s=1.0)

        assert finished.ending is Ending.DEADLINE
        assert finished.signal == signal.SIGKILL
        await asyncio.wait_for(life.gone, DEADLINE_S)


async def test_cancelling_ends_the_whole_group_before_it_returns(tmp_path: Path) -> None:
    async with watched_life(tmp_path) as life:
        child = life.code("time.sleep(100)")
        parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
        running = asyncio.create_task(python(parent))
        await asyncio.wait_for(life.begun, DEADLINE_S)

        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

        await asyncio.wait_for(life.gone, DEADLINE_S)


async def test_an_orphan_that_holds_the_output_open_does_not_hang_the_run(tmp_path: Path) -> None:
    async with watched_life(tmp_path) as life:
        child = life.code("print('[1]', flush=True); time.sleep(100)")
        parent = (
            "import subprocess, sys\n"
            "reader, writer = os.pipe()\n"
            "held = os.dup(1)\n"
            f"subprocess.Popen([sys.executable, '-c', {child!r}], stdout=writer, pass_fds=[held])\n"
            "print(os.read(reader, 10).decode())"
        )

        finished = await python("import os\n" + parent)

        assert finished.ending is Ending.EXITED
        assert (finished.exit_code, finished.stdout.strip()) == (0, b"[1]")
        await asyncio.wait_for(life.gone, DEADLINE_S)


async def test_what_lets_go_of_the_output_may_go_on() -> None:
    code = (
        "import subprocess, sys\n"
        "quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(100)'], **quiet).pid)"
    )

    orphan = int((await python(code)).stdout)

    os.kill(orphan, signal.SIGKILL)  # It raises where the process is gone.


async def test_a_program_that_says_too_much_is_ended() -> None:
    finished = await python("import sys\nwhile True: sys.stdout.write('x' * 10_000)", output_bytes_max=50_000)

    assert finished.ending is Ending.OUTPUT
    assert len(finished.stdout) <= 50_000


async def test_output_of_just_the_cap_is_taken() -> None:
    finished = await python("import sys; sys.stdout.write('x' * 50_000)", output_bytes_max=50_000)

    assert (finished.ending, len(finished.stdout)) == (Ending.EXITED, 50_000)


async def test_of_long_complaints_the_end_is_kept() -> None:
    finished = await python("import sys; sys.stderr.write('x' * 1_000_000 + 'the end')")

    assert finished.ending is Ending.EXITED
    assert len(finished.stderr_tail) == 4_096
    assert finished.stderr_tail.endswith(b"xthe end")


async def test_many_runs_leave_no_descriptor_behind() -> None:
    await python("pass")
    before = len(os.listdir("/proc/self/fd"))

    for _ in range(5):
        await python("print(1)")

    assert len(os.listdir("/proc/self/fd")) == before


names = st.text(
    alphabet=st.characters(codec="ascii", categories=("Lu", "Ll", "Nd"), include_characters="_"), min_size=1
)


@given(st.dictionaries(names, st.text()), st.dictionaries(names, st.text()))
def test_nothing_of_the_daemons_own_is_inherited(environ: dict[str, str], more: dict[str, str]) -> None:
    daemon = environ | {"POSTHOUSE_KEY_FILE": "x", "AWS_SECRET_ACCESS_KEY": "y", "PATH": "/bin", "LC_ALL": "C"}

    child = plain_environment(daemon, more)

    assert child.items() >= more.items()
    inherited = child.keys() - more.keys()
    assert not any(name.startswith(("POSTHOUSE_", "AWS_")) for name in inherited)
    assert {"PATH", "LC_ALL"} <= child.keys()
