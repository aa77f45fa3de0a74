"""A process that is kept: started apart from the daemon, found again by its next life, and ended with all of its own.

    start ─▶ Child ──leader ends──▶ the rest of its session: SIGTERM, grace, SIGKILL ──▶ reaped: Ended
    find  ─▶   │
               └─ terminate, kill: the whole session, its leader or what a dead leader left

What always holds: it leads a session of its own (setsid(2)), so no terminal's Ctrl-C and no end of ours ends it. What
it says goes straight to a file that it appends to, so it goes on saying it while no daemon runs. It inherits no
descriptor but that file's. Its end is told by the kernel, by a descriptor (pidfd_open(2)), never by looking again and
again; where there is none (no Linux, no descriptor left) it is looked for once a second. A child of ours that has ended
is reaped only when nothing of its session is left: until then nobody else can be given its id (credentials(7)), so no
signal reaches a stranger. A process that left the session (a daemon of its own) has let go, and is left alone.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from posthouse.system import process_table
from posthouse.system.process_table import Entry

REST_S = 5.0
"""How long what a leader left has to end after SIGTERM, and how long we wait for what was killed."""

LOOK_S = 1.0
"""How often the end of a process is looked for where the kernel does not tell of it."""

_KILL = signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM
_OUTPUT_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How a process ended. Of `code` and `signal` (a number) one is set for a child of ours, else neither is known.

    `left`: who of its session could not be ended, as it hangs in the kernel or is another user's by now.
    """

    code: int | None = None
    signal: int | None = None
    left: tuple[int, ...] = ()


class Child:
    """A process by its id and `born`; see `start`, `find` and `recognise`, which make one. Holds nothing open."""

    def __init__(self, entry: Entry) -> None:
        self.pid = entry.pid
        self.born = entry.born
        self._is_leader = entry.session == entry.pid
        self._was_asked = False

    def members(self) -> list[Entry]:
        """All that belongs to it and lives: its session, or where it leads none (a stranger), what descends from it."""
        leader = process_table.look_up(self.pid)
        if leader is not None and leader.born != self.born:
            return []  # The id is another one's, which it can be only if nothing of this session is left.
        if not self._is_leader or sys.platform == "win32":
            return [] if leader is None else process_table.family(self.pid)
        return process_table.of_session(self.pid)

    def is_alive(self) -> bool:
        """Whether the process itself lives, whatever it may have left."""
        entry = process_table.look_up(self.pid)
        return entry is not None and entry.born == self.born and not entry.is_over

    def terminate(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ask all of it to end. Safe to repeat; on Windows it is ended at once, as there is no asking."""
        self._was_asked = True
        self._signal(number)

    def kill(self) -> None:
        """End all of it, what ignores SIGTERM too. Safe to repeat."""
        self._was_asked = True
        self._signal(_KILL)

    async def ended(self, rest_s: float = REST_S) -> Ended:
        """Wait until nothing of it is left, end what its leader left, and reap it. To be awaited once at a time.

        What the leader left has `rest_s` seconds to end, then it is killed, which takes 5 s at most. Cancelled, it
        leaves the process as it is: who finds it again can wait for it again.
        """
        await _gone(self.pid, self.born)
        left = self.members()
        if left:
            if not self._was_asked:
                self._signal(signal.SIGTERM)
            left = await self._rest_gone(rest_s)
        if left:
            self._signal(_KILL)
            left = await self._rest_gone(REST_S)
        code, number = _reap(self.pid, self.born)
        return Ended(code=code, signal=number, left=tuple(one.pid for one in left))

    async def _rest_gone(self, seconds: float) -> list[Entry]:
        """Wait for what is left, and for what that may have started meanwhile; who is still there after `seconds`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while left := self.members():
                    for one in left:
                        await _gone(one.pid, one.born)
        return self.members()

    def _signal(self, number: signal.Signals) -> None:
        found = self.members()
        if any(one.group == self.pid for one in found) and sys.platform != "win32":
            # In one call, so that nothing is started in between that would not hear of it.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)
            found = [one for one in found if one.group != self.pid]
        for one in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(one.pid, number)


def start(argv: Sequence[str], *, environment: Mapping[str, str], folder: Path, output: Path) -> Child:
    """Start a program without a shell, in `folder`, with all of its environment, saying all that it says to `output`.

    `argv[0]` is a path, from `folder` where it is not absolute, or a name to be found on the environment's PATH. The
    output is made (0600) where there is none, and appended to. Takes the time of one fork and exec. Raises OSError
    where it could not be started: FileNotFoundError and PermissionError name the program, the folder or the output.
    """
    program = _found(argv[0], environment)
    descriptor = os.open(output, _OUTPUT_FLAGS, 0o600)
    try:
        process = subprocess.Popen(
            [program, *argv[1:]],
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            env=dict(environment),
            cwd=folder,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    finally:
        os.close(descriptor)
    try:
        entry = process_table.look_up(process.pid)
        if entry is None:
            raise ProcessLookupError(3, "It cannot be seen in the table of processes", program)
    except OSError:
        # Nobody would know of it.
        process.kill()
        process.wait()
        raise
    # From here on it is ours to reap: with a return code, Popen neither does so behind our back nor complains.
    process.returncode = 0
    return Child(entry)


def find(pid: int, born: str) -> Child | None:
    """The process of an earlier life, or of this one, by what is remembered of it; None where it is not there.

    A child of ours that has ended and is not reaped is there: `ended` tells how it ended.
    """
    entry = process_table.look_up(pid)
    return Child(entry) if entry is not None and entry.born == born else None


def recognise(pid: int) -> Child | None:
    """A process that somebody else started, to be kept from now on; None where there is none of that id."""
    entry = process_table.look_up(pid)
    return None if entry is None or entry.is_over else Child(entry)


def left_by(output: Path) -> list[Child]:
    """Who still says something to the output of a server that is not known to run; Linux only, elsewhere nobody.

    That is what the server left that ended while no daemon ran, or one that was started just before the daemon died,
    which could not write down its id. Nobody else has that file as output, so all of it may be ended. A session that
    began outside of our container has the id 0 (pid_namespaces(7)), which names nobody. Reads the whole table of
    processes, some tens of milliseconds: call it in a thread.
    """
    writers = {one.pid: one for one in process_table.writers_of(output)}
    left: dict[int, Child] = {}
    for one in writers.values():
        leader = process_table.look_up(one.session) if one.session else one
        if leader is None or leader.is_over:
            # The id of a session is nobody else's while one of it lives (credentials(7)).
            leader = msgspec.structs.replace(leader or one, pid=one.session, group=one.session)
        elif leader.pid not in writers:
            leader = one  # It writes there from somebody's terminal, whose session is none of ours.
        left.setdefault(leader.pid, Child(leader))
    return list(left.values())


async def _gone(pid: int, born: str) -> None:
    """Return when that process has ended, reaped or not."""
    descriptor = _descriptor_of(pid)
    if descriptor is None:
        await _gone_slowly(pid, born)
        return
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    try:
        # Opened by its id, it may be another one's; of what it was opened for, nobody else can be given the id now.
        if process_table.born(pid) != born:
            return
        loop.add_reader(descriptor, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(descriptor)
    finally:
        os.close(descriptor)


async def _gone_slowly(pid: int, born: str) -> None:
    while True:
        entry = process_table.look_up(pid)
        if entry is None or entry.born != born or entry.is_over:
            return
        await asyncio.sleep(LOOK_S)


if sys.platform == "linux":

    def _descriptor_of(pid: int) -> int | None:
        """A descriptor that can be read from when the process has ended; None where there is none to be had."""
        try:
            return os.pidfd_open(pid)
        except OSError:
            return None

else:

    def _descriptor_of(pid: int) -> int | None:  # noqa: ARG001
        """There are none here."""
        return None


def _reap(pid: int, born: str) -> tuple[int | None, int | None]:
    """The exit code or the signal of a child of ours that is over, which then leaves the table of processes."""
    if sys.platform == "win32" or process_table.born(pid) not in (born, None):
        return None, None
    try:
        found, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return None, None
    if found != pid:
        return None, None
    code = os.waitstatus_to_exitcode(status)
    return (code, None) if code >= 0 else (None, -code)


def _found(name: str, environment: Mapping[str, str]) -> str:
    """The program's path. Raises FileNotFoundError where no folder of its PATH holds it."""
    if os.path.dirname(name):  # noqa: PTH120 (a name, not a file)
        return name
    path = shutil.which(name, path=environment.get("PATH", os.defpath))
    if path is None:
        raise FileNotFoundError(2, "No program of that name is on the PATH", name)
    return path
