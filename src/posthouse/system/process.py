"""Running a child: a program with its arguments, never through a shell, bounded in its time and in what it says.

    start ─▶ running ─▶ exited, its output read to the end                                  EXITED
                │   └─▶ exited, but something that it started holds its output open ─▶ 2 s ─▶ end the group: EXITED
                ├─ deadline ──────────▶ end the group: DEADLINE
                ├─ output over its cap ▶ end the group: OUTPUT
                └─ cancelled ─────────▶ end the group, then cancelled

Ending a group: SIGTERM, two seconds, SIGKILL. The child leads a session of its own, so that what it starts is reached
too, and a Ctrl-C on the daemon's terminal is not. Where there are no groups (Windows) only the child itself is ended.
What the child left running and what let go of its output is left alone. It inherits no descriptor but its input's and
output's, reads only what it is told, and sees only the environment that it is given.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from typing import cast

import msgspec

from posthouse.system.clock import Clock

GRACE_S = 2.0
"""How long a group has to end after SIGTERM, and how long an orphan may hold the output of a child that ended."""

KILLED_S = 5.0
"""How long we wait for a killed child; one that the kernel cannot end by then is left to it."""

STDERR_TAIL_BYTES = 4_096

INHERITED = frozenset(
    {"HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "SHELL", "TEMP", "TMP", "TMPDIR", "TZ", "USER"}
    # What programs on Windows do not start without.
    | {"APPDATA", "COMSPEC", "LOCALAPPDATA", "PATHEXT", "PROGRAMDATA", "SYSTEMDRIVE", "SYSTEMROOT", "USERNAME"}
    | {"USERPROFILE", "WINDIR"}
)
"""What a child inherits of the daemon's environment, with all LC_ variables: none of it is anybody's secret."""


class Ending(StrEnum):
    """How a run ended: by itself, at its deadline, or because it said too much."""

    EXITED = "exited"
    DEADLINE = "deadline"
    OUTPUT = "output"


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """What to run. `argv[0]` is a path or a name to be found on the environment's PATH; `folder` is where it runs.

    `environment` is all of its environment, `stdin` all that it can read. Over `output_bytes_max` bytes on standard
    output it is ended, or with `is_tail_kept` only so many of the last ones are kept.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    deadline_s: float
    output_bytes_max: int
    folder: str | None = None
    stdin: bytes = b""
    is_tail_kept: bool = False


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a run. Of `exit_code` and `signal` (a number) one is set, or none where the kernel kept it.

    `stdout` is at most the cap, `stderr_tail` the last 4 KiB.
    """

    ending: Ending
    exit_code: int | None
    signal: int | None
    stdout: bytes
    stderr_tail: bytes
    duration_s: float


def plain_environment(environ: Mapping[str, str], more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The few variables that a child inherits, and those that it is given besides. Never one of the daemon's own."""
    kept = {name: value for name, value in environ.items() if name.upper() in INHERITED or name.startswith("LC_")}
    return kept | dict(more or {})


async def run_program(program: Program, clock: Clock, *, grace_s: float = GRACE_S) -> Finished:
    """Run it to its end, within the deadline and `grace_s`. Cancelling ends the whole group first.

    Raises OSError where it could not be started (FileNotFoundError, PermissionError and the like).
    """
    loop = asyncio.get_running_loop()
    started_s = clock.monotonic_s()
    transport, talk = await loop.subprocess_exec(
        lambda: _Talk(program.output_bytes_max, is_tail_kept=program.is_tail_kept),
        _found(program),
        *program.argv[1:],
        stdin=subprocess.PIPE if program.stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(program.environment),
        cwd=program.folder,
        start_new_session=True,
    )
    try:
        _tell(transport, program.stdin)
        ending = await _listen(talk, program.deadline_s, grace_s)
    finally:
        await _end(transport, talk, grace_s)
    code = transport.get_returncode() if talk.exited.is_set() else None
    return Finished(
        ending=ending,
        exit_code=code if code is not None and code >= 0 else None,
        signal=-code if code is not None and code < 0 else None,
        stdout=bytes(talk.stdout),
        stderr_tail=bytes(talk.stderr_tail),
        duration_s=clock.monotonic_s() - started_s,
    )


class _Talk(asyncio.SubprocessProtocol):
    """What the child says, kept within bounds. `decided`: it exited or said too much. `quiet`: all pipes are closed."""

    def __init__(self, output_bytes_max: int, *, is_tail_kept: bool) -> None:
        self.stdout = bytearray()
        self.stderr_tail = bytearray()
        self.is_too_much = False
        self.exited = asyncio.Event()
        self.decided = asyncio.Event()
        self.quiet = asyncio.Event()
        self._output_bytes_max = output_bytes_max
        self._is_tail_kept = is_tail_kept
        self._open = {1, 2}

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Keep the head of standard output, or its tail where that is wanted, and the tail of standard error."""
        if fd == 2:
            self.stderr_tail += data
            del self.stderr_tail[:-STDERR_TAIL_BYTES]
        elif self._is_tail_kept:
            self.stdout += data
            del self.stdout[: max(len(self.stdout) - self._output_bytes_max, 0)]
        elif len(self.stdout) + len(data) <= self._output_bytes_max:
            self.stdout += data
        else:
            self.is_too_much = True
            self.decided.set()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002
        """One of the pipes was closed at its other end."""
        self._open.discard(fd)
        if not self._open:
            self.quiet.set()

    def process_exited(self) -> None:
        """The child itself has ended; what it started may still hold the pipes."""
        self.exited.set()
        self.decided.set()


def _tell(transport: asyncio.SubprocessTransport, text: bytes) -> None:
    """Write all that it can read, and close: the pipe takes it as the child reads. One that reads nothing may."""
    pipe = cast("asyncio.WriteTransport | None", transport.get_pipe_transport(0))
    # A quick child may have ended by now, or ends while it is told: uvloop then refuses what asyncio passes over.
    if pipe is not None and not pipe.is_closing():
        pipe.write(text)
        if not pipe.is_closing():
            pipe.write_eof()


async def _listen(talk: _Talk, deadline_s: float, grace_s: float) -> Ending:
    try:
        async with asyncio.timeout(deadline_s):
            await talk.decided.wait()
    except TimeoutError:
        return Ending.DEADLINE
    if not talk.is_too_much:
        await _within(talk.quiet, grace_s)
    return Ending.OUTPUT if talk.is_too_much else Ending.EXITED


async def _end(transport: asyncio.SubprocessTransport, talk: _Talk, grace_s: float) -> None:
    """Leave nothing behind: whoever still runs is asked, then killed. Cancelled once more, it kills at once."""
    try:
        if not (talk.exited.is_set() and talk.quiet.is_set()):
            try:
                _signal(transport, signal.SIGTERM)
                if await _within(talk.exited, grace_s):
                    await _within(talk.quiet, grace_s)
            finally:
                _signal(transport, signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
            await _within(talk.exited, KILLED_S)
    finally:
        # What it did not read by now it never will; uvloop would wait for that before it closes the pipe.
        pipe = cast("asyncio.WriteTransport | None", transport.get_pipe_transport(0))
        if pipe is not None and not pipe.is_closing():
            pipe.abort()
        transport.close()


async def _within(event: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()


def _signal(transport: asyncio.SubprocessTransport, number: signal.Signals) -> None:
    """Signal the whole group, whose id is the child's, as it leads its own session."""
    # Gone already, or owned by someone else since it changed its user: there is nothing more that we could do.
    with suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            transport.terminate()
        else:
            os.killpg(transport.get_pid(), number)


def _found(program: Program) -> str:
    """The program's path. Raises FileNotFoundError where no folder of its PATH holds it."""
    name = program.argv[0]
    if os.path.dirname(name):  # noqa: PTH120 (a name, not a file)
        return name
    path = shutil.which(name, path=program.environment.get("PATH", os.defpath))
    if path is None:
        raise FileNotFoundError(2, "No program of that name is on the PATH", name)
    return path
