"""Looking at everything: at the start, and whenever changes may have been missed.

First every row is held against its file, then every file against its row. Files that changed in place are told as they
are met; those that left their path wait until all files were seen, since they may turn up under another name. What is
new because the settings are, or because nothing was ever looked at, is the baseline: remembered, and not told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

from posthouse.rules.files import Entry, FileFacts, decide, is_arrived, is_departed
from posthouse.sources.files.following import Follower
from posthouse.sources.files.gathering import Burst
from posthouse.sources.files.known import covered_of, covered_put, is_covered, known_of, known_pages
from posthouse.sources.files.looking import Finding, Refusal, walk
from posthouse.sources.files.selection import Selection
from posthouse.sources.files.telling import Telling

AWAY_MAX = 100_000
"""So many paths that their file left are held; of more, a rename is told as a removal and a creation."""

AWAY_PER_STEP = 20_000

FILES_PER_STEP = 500

NO_BURSTS: Mapping[str, Burst] = {}

T = TypeVar("T")


async def scan(follower: Follower) -> None:
    """Look at everything and commit what it tells. Paths whose burst is under way are left to it."""
    covered = await covered_of(follower.context.state)
    former = None if covered is None else Selection(covered, follower.context.excluded)
    looking = _Scan(follower, former)
    await looking.rows()
    await looking.files()
    await looking.finish(is_covered=is_covered(follower.settings, covered))


class _Scan:
    """One look at everything. `former`: what the rows stand for; None where there are none yet."""

    def __init__(self, follower: Follower, former: Selection | None) -> None:
        self._follower = follower
        self._former = former
        self._telling = Telling(follower.context)
        self._away = _Away()
        self._refused: dict[str, str] = {}

    async def rows(self) -> None:
        """Hold every row against its file."""
        follower = self._follower
        async for page in known_pages(follower.context.state):
            chosen = [path for path in page if follower.selection.takes(path)]
            for path in page.keys() - set(chosen):
                await self._telling.forget(path)
            for paths in _steps([path for path in chosen if path not in follower.gathering]):
                entries = await follower.entries(paths, page)
                at_once = [one for one in entries if not (is_departed(one) and self._away.hold(one))]
                await follower.tell(decide(at_once), self._telling, NO_BURSTS)

    async def files(self) -> None:
        """Hold every file against its row."""
        follower = self._follower
        finder = walk(follower.selection, follower.outputs, files_per_step=FILES_PER_STEP)
        while (finding := await asyncio.to_thread(_next, finder)) is not None:
            self._refused.update(finding.refused)
            self._refused.update(
                (path, sight.reason)
                for path, sight in finding.files.items()
                if isinstance(sight, Refusal) and sight.reason
            )
            known = await known_of(follower.context.state, list(finding.files))
            arrived = []
            for path, sight in finding.files.items():
                if sight is None or isinstance(sight, Refusal) or path in known:
                    continue
                if self._former is None or not self._former.takes(path):
                    await self._telling.remember(path, sight)
                elif path not in follower.gathering:
                    arrived.append(Entry(path, None, sight))
            await follower.tell(decide(await self._joined(arrived)), self._telling, NO_BURSTS)

    async def finish(self, *, is_covered: bool) -> None:
        """Tell what turned up nowhere, and say that every file has its row now."""
        follower = self._follower
        while paths := self._away.some(AWAY_PER_STEP):
            entries = await self._joined(await follower.entries(paths))
            await follower.tell(await asyncio.to_thread(decide, entries), self._telling, NO_BURSTS)
        await self._telling.flush(*(() if is_covered else (covered_put(follower.settings),)))
        follower.name_refusals(self._refused)

    async def _joined(self, entries: Sequence[Entry]) -> list[Entry]:
        """The entries with the paths that their files left, with those that the files now there left, and so on."""
        joined, latest = list(entries), list(entries)
        while latest:
            latest = await self._follower.entries(self._away.left_by(latest))
            joined += latest
        return joined


class _Away:
    """Paths whose file left them, by that file: little of each, since they may be many."""

    def __init__(self) -> None:
        self._by_file: dict[int, list[str]] = {}
        self._count = 0

    def hold(self, entry: Entry) -> bool:
        """Keep one until its file turns up; False where no more are kept."""
        if self._count >= AWAY_MAX or entry.known is None:
            return False
        self._by_file.setdefault(_file(entry.known), []).append(entry.path)
        self._count += 1
        return True

    def left_by(self, entries: Sequence[Entry]) -> list[str]:
        """The paths that the files found here left; they are no longer kept."""
        found = [one.found for one in entries if is_arrived(one) and one.found is not None]
        return self._taken([_file(facts) for facts in found])

    def some(self, count: int) -> list[str]:
        """About so many of those that are left; they are no longer kept."""
        return self._taken(list(islice(self._by_file, count)))

    def _taken(self, files: Sequence[int]) -> list[str]:
        paths = [path for file in files for path in self._by_file.pop(file, ())]
        self._count -= len(paths)
        return paths


def _file(facts: FileFacts) -> int:
    """Stands for a file. That two may share a number does no harm: they are judged by their facts."""
    return hash((facts.device, facts.inode))


def _next(finder: Iterator[Finding]) -> Finding | None:
    return next(finder, None)


def _steps(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), FILES_PER_STEP):
        yield items[start : start + FILES_PER_STEP]
