"""The kind `files`: one event for each file that is made, written, renamed or removed, once per burst of changes.

In: the files, folders and globs that a person names. Out: `file.created`, `file.changed`, `file.renamed` and
`file.removed`, with the path as subject. What is there at the first start is the baseline and is not told; what happens
while the daemon is away is told at its next start.
"""

from __future__ import annotations

import asyncio
import heapq
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, cast

import msgspec

from posthouse.model.sources import SourceShape
from posthouse.rules.file_content import Extent
from posthouse.rules.files import Change, FileFacts, Outcome, Told
from posthouse.sources.base import Preview, SourceContext
from posthouse.sources.files.following import Follower
from posthouse.sources.files.looking import Refusal, walk
from posthouse.sources.files.reading import Reading, read_content
from posthouse.sources.files.scanning import FILES_PER_STEP, scan
from posthouse.sources.files.selection import Selection
from posthouse.sources.files.settings import FilesSettings, parse_files_settings, settings_of
from posthouse.sources.files.telling import PAYLOAD_VERSION, PROPERTIES, SOURCE, data_of, project, shown
from posthouse.sources.watch import Changes, watch
from posthouse.system.own_outputs import own_outputs

PREVIEW_NEWEST = 5
PREVIEW_FILES_MAX = 100_000
PREVIEW_PROBLEMS_MAX = 20


class Files:
    """The kind; it holds no state."""

    shape = SourceShape.STREAM
    is_passive = False
    needs_schedule = False
    settings_type = FilesSettings
    title = "Files"
    properties = PROPERTIES
    volatile: tuple[str, ...] = ()

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate and complete; raises BadInput `source.bad_setting` naming the field."""
        return parse_files_settings(settings)

    def project(self, data: Any, allowed: Mapping[str, bool]) -> Any:
        """The payload without what is not allowed. Pure; may be repeated with narrower choices."""
        return project(data, allowed)

    async def run(self, context: SourceContext) -> None:
        """Follow the files until cancelled."""
        follower = Follower(context)
        work = _Work(follower)
        async with asyncio.TaskGroup() as group:
            group.create_task(work.listen())
            group.create_task(work.tell())

    async def preview(self, context: SourceContext) -> Preview:
        """How many files there are, and the newest of them as events."""
        settings = settings_of(context)
        selection = Selection(settings, context.excluded)
        return await asyncio.to_thread(_preview, settings, selection, context.allows("content"))


class _Work:
    """The two halves of a source at work: one listens and gathers, the other tells of what is over."""

    def __init__(self, follower: Follower) -> None:
        self._follower = follower
        self._clock = follower.context.clock
        self._due = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._is_listening = asyncio.Event()

    async def listen(self) -> None:
        """Gather what the watch tells; where a path became a folder, or is none any more, watch it as what it is."""
        selection = self._follower.selection
        while True:
            roots = selection.roots()
            items = watch(roots, excluded=self._follower.context.excluded, skips=selection.skips)
            async with aclosing(cast("AsyncGenerator[Changes, None]", items)) as changes_of:
                async for changes in changes_of:
                    if not changes.is_rescan or self._is_listening.is_set():
                        self._follower.note(changes)
                        self._set_timer()
                    self._is_listening.set()
                    if changes.is_rescan and selection.roots() != roots:
                        break

    async def tell(self) -> None:
        """Look at everything once all is under watch, then at what changes."""
        try:
            await self._is_listening.wait()
            await scan(self._follower)
            while True:
                self._set_timer()
                await self._due.wait()
                self._due.clear()
                due = self._follower.take()
                if due.bursts:
                    await self._follower.settle(due.bursts)
                if due.is_rescan:
                    await scan(self._follower)
        finally:
            self._cancel_timer()

    def _set_timer(self) -> None:
        at_s = self._follower.gathering.next_s()
        self._cancel_timer()
        if at_s is not None:
            delay_s = max(at_s - self._clock.monotonic_s(), 0.0)
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._due.set)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _preview(settings: FilesSettings, selection: Selection, is_content_told: bool) -> Preview:
    newest: list[tuple[int, str, FileFacts]] = []
    problems = [*_missing(selection)]
    count = 0
    for finding in walk(selection, own_outputs(), files_per_step=FILES_PER_STEP):
        problems += [f"{shown(folder)}: {reason}" for folder, reason in finding.refused.items()]
        for path, sight in finding.files.items():
            if isinstance(sight, Refusal):
                problems += [f"{shown(path)}: {sight.reason}"] if sight.reason else []
            elif sight is not None:
                count += 1
                heapq.heappush(newest, (sight.modified_ns, path, sight))
                if len(newest) > PREVIEW_NEWEST:
                    heapq.heappop(newest)
        if count >= PREVIEW_FILES_MAX:
            problems.append(f"There are more files than the {PREVIEW_FILES_MAX:,} that a preview counts.")
            break
    shown_files = [_as_told(path, facts, settings, is_content_told) for _, path, facts in sorted(newest, reverse=True)]
    data = {"source": SOURCE, "version": PAYLOAD_VERSION, "files": count, "newest": shown_files}
    return Preview(
        event_type="file.created",
        data=msgspec.Raw(msgspec.json.encode(data)),
        sensitive=tuple(f"/newest/{at}/content" for at, one in enumerate(shown_files) if "content" in one),
        found=f"{count} file(s), told of when they next change. These are the newest, as they would look if new.",
        problems=tuple(problems[:PREVIEW_PROBLEMS_MAX]),
    )


def _as_told(path: str, facts: FileFacts, settings: FilesSettings, is_content_told: bool) -> dict[str, Any]:
    """A file as it would be told of if it were new."""
    outcome = Outcome(told=Told.CREATED, change=Change.CREATED, path=path, found=facts)
    is_read = is_content_told and settings.content is not Extent.NONE
    return data_of(outcome, read_content(outcome, settings) if is_read else Reading(), None)


def _missing(selection: Selection) -> list[str]:
    """What was named and cannot be followed now, in words."""
    problems = []
    for path in selection.named():
        if os.path.islink(path) and not os.path.isdir(path):  # noqa: PTH112, PTH114 - Path raises where it may not look
            problems.append(f"{shown(path)} is a link. Name the file that it points to.")
        elif not os.path.lexists(path):
            problems.append(f"{shown(path)} is not there. It is followed once it is.")
    return problems
