"""The system's table of processes: who is who, who belongs to whom, and what each uses.

In: a process id. Out: its entry, or those of its session. On Linux from /proc/<pid>/stat (proc_pid_stat(5)), elsewhere
from psutil, which is loaded only then. Nothing is remembered; what ended while it was looked at is left out.

A process id alone says little, since it is used again. `born` tells a process from every other one on this machine:
on Linux the boot's id and the ticks from the boot to its start, which no setting of the clock changes; elsewhere the
instant of its start.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import msgspec


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A process. `is_over`: it has ended, and only waits for its parent to take note (a zombie). Ids are of processes.

    `cpu_s`: processor time that it used, of its ended children none. `uptime_s`: since its start. None: not known.
    """

    pid: int
    parent: int
    group: int
    session: int
    born: str
    is_over: bool
    cpu_s: float | None = None
    rss_bytes: int | None = None
    threads: int | None = None
    uptime_s: float | None = None


def born(pid: int) -> str | None:
    """What tells the process from any other one; None where there is none of that id. One that is over still has it."""
    entry = look_up(pid)
    return None if entry is None else entry.born


def of_session(session: int) -> list[Entry]:
    """Every process of a session (credentials(7)) that is not over, its leader or not."""
    return [one for one in _entries(_pids_of_session(session)) if one.session == session and not one.is_over]


def family(pid: int) -> list[Entry]:
    """A process and all that descends from it by parents that still live, as far as they are not over."""
    children: dict[int, list[Entry]] = {}
    found = [one for one in _entries(pids()) if not one.is_over]
    for one in found:
        children.setdefault(one.parent, []).append(one)
    members = {one.pid: one for one in found if one.pid == pid}
    queue = list(members.values())
    while queue:
        for child in children.get(queue.pop().pid, ()):
            # Taken at different instants, ids that were used again could make a circle.
            if child.pid not in members:
                members[child.pid] = child
                queue.append(child)
    return list(members.values())


def _entries(found: Iterator[int]) -> Iterator[Entry]:
    for pid in found:
        entry = look_up(pid)
        if entry is not None:
            yield entry


def _pids_of_session(session: int) -> Iterator[int]:
    """One quick call for each process of the machine, so that only the session's own are read."""
    for pid in pids():
        try:
            if os.getsid(pid) == session:
                yield pid
        except OSError:
            continue


if sys.platform == "linux":
    _TICK_S = 1.0 / os.sysconf("SC_CLK_TCK")
    _PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

    def pids() -> Iterator[int]:
        """Every process that this user can see."""
        return (int(name) for name in os.listdir("/proc") if name.isdecimal())  # noqa: PTH208 (names, and quick)

    def look_up(pid: int) -> Entry | None:
        """The entry of a process; None where there is none of that id. Raises OSError where nothing can be read."""
        try:
            text = Path(f"/proc/{pid}/stat").read_bytes()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            return None
        up_s = float(Path("/proc/uptime").read_bytes().split()[0])
        # The name in front may hold anything, spaces and brackets too; from the state on there are numbers only.
        fields = text[text.rindex(b")") + 2 :].split()
        ticks = int(fields[19])
        return Entry(
            pid=pid,
            parent=int(fields[1]),
            group=int(fields[2]),
            session=int(fields[3]),
            born=f"{_boot()}:{ticks}",
            is_over=fields[0] in (b"Z", b"X"),
            cpu_s=(int(fields[11]) + int(fields[12])) * _TICK_S,
            rss_bytes=int(fields[21]) * _PAGE_BYTES,
            threads=int(fields[17]),
            uptime_s=max(up_s - ticks * _TICK_S, 0.0),
        )

    def writers_of(path: Path) -> list[Entry]:
        """Who has this very file as standard output or error, as far as this user may see that."""
        try:
            found = path.stat()
        except FileNotFoundError:
            return []
        wanted = (found.st_dev, found.st_ino)
        return [one for one in _entries(pids()) if not one.is_over and wanted in _outputs_of(one.pid)]

    def _outputs_of(pid: int) -> list[tuple[int, int]]:
        outputs = []
        for number in (1, 2):
            with suppress(OSError):
                found = os.stat(f"/proc/{pid}/fd/{number}")  # noqa: PTH116 (of hundreds, and quick)
                outputs.append((found.st_dev, found.st_ino))
        return outputs

    @lru_cache(maxsize=1)
    def _boot() -> str:
        try:
            return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        except OSError:
            return "boot"

else:

    def writers_of(path: Path) -> list[Entry]:  # noqa: ARG001
        """Nobody: elsewhere than on Linux, only what a process has opened by its name is told."""
        return []

    def pids() -> Iterator[int]:
        """Every process that this user can see."""
        import psutil  # memory that Linux is spared

        return iter(psutil.pids())

    def look_up(pid: int) -> Entry | None:
        """The entry of a process; None where there is none of that id, or none that may be looked at."""
        import time

        import psutil

        try:
            one = psutil.Process(pid)
            began = one.create_time()
            entry = Entry(
                pid=pid,
                parent=one.ppid(),
                group=pid if sys.platform == "win32" else os.getpgid(pid),
                session=pid if sys.platform == "win32" else os.getsid(pid),
                born=f"{began:.3f}",
                is_over=one.status() == psutil.STATUS_ZOMBIE,
                uptime_s=max(time.time() - began, 0.0),
            )
        except (psutil.Error, ProcessLookupError, PermissionError):
            return None
        try:
            used = one.cpu_times()
            cpu_s, rss_bytes, threads = used.user + used.system, one.memory_info().rss, one.num_threads()
        except psutil.Error:
            return entry
        return msgspec.structs.replace(entry, cpu_s=cpu_s, rss_bytes=rss_bytes, threads=threads)
