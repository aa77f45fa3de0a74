"""Following files: what the watch tells is gathered, and each burst that is over is looked at, told and remembered.

    watch ─▶ gathering (per path) ─▶ look ─▶ decide (rules) ─▶ read content ─▶ one emission: events and rows
                     ▲                                              │
                     └────────── not whole yet: another window ◀────┘

What always holds: a row moves only together with the event that tells of it, so that what is found at any later time is
told exactly once; memory is bounded by the bursts under way and by `MOVED_MAX`, never by the files there are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path

from posthouse.rules.coalesce import CoalescePolicy
from posthouse.rules.file_content import Extent
from posthouse.rules.files import Entry, FileFacts, Outcome, Told, decide, is_arrived, is_departed
from posthouse.sources.base import SourceContext
from posthouse.sources.files.gathering import Burst, Due, Gathering, may_wait
from posthouse.sources.files.known import known_of, known_pages
from posthouse.sources.files.looking import Refusal, look
from posthouse.sources.files.reading import Reading, read_content
from posthouse.sources.files.selection import Selection
from posthouse.sources.files.settings import settings_of
from posthouse.sources.files.telling import Telling, shown
from posthouse.sources.watch import Changes
from posthouse.system.logging import get_log
from posthouse.system.own_outputs import own_outputs

MOVED_MAX = 10_000
"""Where folders with more files than this are moved away, everything is looked at instead."""

REFUSED_MAX = 1_000
"""Of so many paths that may not be looked at it is noticed when they may again."""

_log = get_log(__name__)


class Follower:
    """One source of files at work."""

    def __init__(self, context: SourceContext) -> None:
        self.context = context
        self.settings = settings_of(context)
        self.selection = Selection(self.settings, context.excluded)
        self.outputs = own_outputs()
        self.gathering = Gathering(CoalescePolicy(quiet_s=context.quiet_s, cap_s=context.cap_s))
        self._is_content_told = self.settings.content is not Extent.NONE and context.allows("content")
        self._refused: dict[str, str] = {}
        self._above_refused: frozenset[str] = frozenset()

    def note(self, changes: Changes) -> None:
        """Gather what the watch tells."""
        now_s, now = self.context.clock.monotonic_s(), self.context.clock.now()
        if changes.is_rescan:
            self.gathering.note_everything(now_s, now)
        for path in changes.moved_folders:
            self.gathering.note(path, now_s, now, is_moved_folder=True)
        for path in changes.paths:
            if path in self._above_refused:
                self.gathering.note_everything(now_s, now)
            if path in self.gathering or self.selection.takes(path):
                self.gathering.note(path, now_s, now)

    def take(self) -> Due:
        """The bursts that are over."""
        return self.gathering.take(self.context.clock.monotonic_s())

    async def settle(self, bursts: Mapping[str, Burst]) -> None:
        """Look at the paths of bursts that are over, and commit what they tell."""
        entries = await self.entries([path for path in bursts if self.selection.takes(path)])
        moved = tuple(f"{path}/" for path, burst in bursts.items() if burst.is_moved_folder)
        if moved:
            inside = await self._known_inside(moved)
            if inside is None:
                self.gathering.note_everything(self.context.clock.monotonic_s(), self.context.clock.now())
            else:
                entries += await self.entries([path for path in inside if path not in bursts], inside)
        entries += await self._partners(entries)
        telling = Telling(self.context)
        await self.tell(decide(entries), telling, bursts)
        await telling.flush()

    async def entries(self, paths: Sequence[str], known: Mapping[str, FileFacts] | None = None) -> list[Entry]:
        """What is known of the paths and what is there now, without those that cannot be judged."""
        rows = await known_of(self.context.state, paths) if known is None else known
        entries, refused = await asyncio.to_thread(self._look_at, paths, rows)
        if refused:
            self.name_refusals(self._refused | refused)
        return entries

    async def tell(self, outcomes: Iterable[Outcome], telling: Telling, bursts: Mapping[str, Burst]) -> None:
        """Add each outcome to what is to be committed, but what cannot be read whole yet: that is put off."""
        for outcome in outcomes:
            if outcome.told is Told.ADOPTED and outcome.found is not None:
                await telling.remember(outcome.path, outcome.found)
                continue
            burst = bursts.get(outcome.path) or bursts.get(outcome.previous_path or "")
            reading = Reading()
            if self._is_content_told and outcome.is_written:
                reading = await asyncio.to_thread(read_content, outcome, self.settings)
            if reading.is_torn and may_wait(burst):
                self._put_off(outcome, burst)
            else:
                await telling.tell(outcome, reading, burst)

    def name_refusals(self, refused: Mapping[str, str]) -> None:
        """Log what may not be looked at, when that begins and when it is over; a change above it is looked out for."""
        name = self.context.source.name
        if refused and not self._refused:
            path, reason = next(iter(refused.items()))
            words = "some files may not be looked at; they are kept as they were known"
            _log.warning(words, source=name, paths=len(refused), first=shown(path), reason=reason)
        elif self._refused and not refused:
            _log.info("all files may be looked at again", source=name)
        self._refused = dict(islice(refused.items(), REFUSED_MAX))
        self._above_refused = frozenset(str(above) for path in self._refused for above in (path, *Path(path).parents))

    def _look_at(self, paths: Sequence[str], known: Mapping[str, FileFacts]) -> tuple[list[Entry], dict[str, str]]:
        entries: list[Entry] = []
        refused: dict[str, str] = {}
        for path in paths:
            facts = known.get(path)
            sight = look(path, self.outputs, facts)
            if not isinstance(sight, Refusal):
                entries.append(Entry(path, facts, sight))
            elif sight.reason:
                refused[path] = sight.reason
        return entries, refused

    async def _known_inside(self, folders: tuple[str, ...]) -> dict[str, FileFacts] | None:
        """What is known below some folders; None where that is more than may be held."""
        inside: dict[str, FileFacts] = {}
        async for page in known_pages(self.context.state):
            inside.update((path, facts) for path, facts in page.items() if path.startswith(folders))
            if len(inside) > MOVED_MAX:
                return None
        return inside

    async def _partners(self, entries: Sequence[Entry]) -> list[Entry]:
        """Files that left a path of these and arrived at one whose burst is still under way: one rename, told now."""
        arrived = {(one.found.device, one.found.inode) for one in entries if is_arrived(one) and one.found is not None}
        departed = {
            (one.known.device, one.known.inode) for one in entries if is_departed(one) and one.known is not None
        }
        wanted = departed - arrived
        if not wanted:
            return []
        taken = {one.path for one in entries}
        others = await self.entries([path for path in self.gathering.paths() if path not in taken])
        return [
            one
            for one in others
            if is_arrived(one) and one.found is not None and (one.found.device, one.found.inode) in wanted
        ]

    def _put_off(self, outcome: Outcome, burst: Burst | None) -> None:
        now_s, now = self.context.clock.monotonic_s(), self.context.clock.now()
        for path in (outcome.path, outcome.previous_path):
            if path is not None:
                self.gathering.put_off(path, burst or Burst(first_at=now, last_at=now), now_s)
