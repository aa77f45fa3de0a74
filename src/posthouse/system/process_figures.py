"""What a kept process uses, all that belongs to it together: measured from one look to the next, never estimated."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from posthouse.system.clock import Clock
from posthouse.system.managed_process import Child
from posthouse.system.process_table import Entry


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Of all the processes together; `uptime_s` is of the eldest. None: not known.

    `cpu_percent`: of one processor since the last look, so 200 is two of them at work; None at the first look.
    `rss_bytes`: resident memory, of which what several share counts for each of them.
    """

    cpu_percent: float | None
    rss_bytes: int | None
    threads: int | None
    uptime_s: float | None
    processes: int


class Meter:
    """Looks at one child, and remembers the last look to measure from."""

    def __init__(self, child: Child, clock: Clock) -> None:
        self._child = child
        self._clock = clock
        self._used: dict[tuple[int, str], float] | None = None
        self._looked_s = 0.0

    async def look(self) -> Figures | None:
        """The figures now; None where nothing of it lives. Reads the table of processes in a thread."""
        members = await asyncio.to_thread(self._child.members)
        if not members:
            return None
        now_s = self._clock.monotonic_s()
        used = {(one.pid, one.born): one.cpu_s for one in members if one.cpu_s is not None}
        figures = Figures(
            cpu_percent=self._cpu_percent(used, now_s),
            rss_bytes=_sum([one.rss_bytes for one in members]),
            threads=_sum([one.threads for one in members]),
            uptime_s=_eldest_s(members),
            processes=len(members),
        )
        self._used, self._looked_s = used, now_s
        return figures

    def _cpu_percent(self, used: dict[tuple[int, str], float], now_s: float) -> float | None:
        """What one has used that has ended since is not known any more, and not counted."""
        if self._used is None or not used or now_s <= self._looked_s:
            return None
        spent_s = sum(cpu_s - self._used.get(key, 0.0) for key, cpu_s in used.items())
        return 100.0 * max(spent_s, 0.0) / (now_s - self._looked_s)


def _sum(figures: Sequence[int | None]) -> int | None:
    known = [one for one in figures if one is not None]
    return sum(known) if known else None


def _eldest_s(members: Sequence[Entry]) -> float | None:
    return max((one.uptime_s for one in members if one.uptime_s is not None), default=None)
