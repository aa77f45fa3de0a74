"""What the tests of the kind `files` share: a source that really runs, and what it told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from posthouse.model.events import EventDraft
from posthouse.model.sources import Emission
from posthouse.sources.base import SourceContext
from posthouse.sources.files.known import COVERED
from posthouse.sources.files.source import Files
from posthouse.system.clock import Clock, SystemClock
from tests.sources.support import DEADLINE_S, MemoryState, context_for, decoded

MARKER = "zz-marker"


class Told:
    """What a source told: every draft in its order, with the state it left behind."""

    def __init__(self, state: MemoryState) -> None:
        self.state = state
        self.drafts: list[EventDraft] = []
        self.emissions: list[Emission] = []
        self.moved = asyncio.Event()
        self.refusal: Exception | None = None

    async def emit(self, emission: Emission) -> None:
        """Take an emission as intake would: all of it or none, events by their keys."""
        if self.refusal is not None:
            raise self.refusal
        self.emissions.append(emission)
        self.state.commit(emission)
        keys = {draft.key for draft in self.drafts}
        assert not keys & {draft.key for draft in emission.events}, "an event was told twice"
        self.drafts.extend(emission.events)
        self.moved.set()

    async def until(self, check: Callable[[], bool]) -> None:
        """Return when the check holds; looked at after every emission."""
        async with asyncio.timeout(DEADLINE_S):
            while not check():
                self.moved.clear()
                await self.moved.wait()

    async def until_path(self, path: Path, event_type: str | None = None) -> dict[str, Any]:
        """What was told of a path, once something was."""
        await self.until(lambda: bool(self.of(path, event_type)))
        return self.of(path, event_type)[-1]

    def of(self, path: Path, event_type: str | None = None) -> list[dict[str, Any]]:
        """Everything that was told of a path."""
        return [
            decoded(draft.data)
            for draft in self.drafts
            if draft.subject == str(path) and event_type in (None, draft.type)
        ]

    def story(self) -> list[tuple[str, ...]]:
        """What happened in short: type and name, of a rename both names."""
        return [short(draft) for draft in self.drafts if not str(draft.subject).endswith(MARKER)]


def short(draft: EventDraft) -> tuple[str, ...]:
    data = decoded(draft.data)
    names = [Path(data["path"]).name]
    if "previous_path" in data:
        names.insert(0, Path(data["previous_path"]).name)
    return (draft.type.removeprefix("file."), *names)


def files_context(
    told: Told,
    paths: Iterable[Path | str],
    *,
    clock: Clock | None = None,
    quiet_s: float = 0.0,
    cap_s: float = 0.0,
    excluded: tuple[Path, ...] = (),
    is_content_told: bool = False,
    **settings: Any,
) -> SourceContext:
    """A context whose emissions go to `told`."""
    context = context_for(
        "files",
        {"paths": [str(path) for path in paths], **settings},
        state=told.state,
        clock=clock or SystemClock(),
        quiet_s=quiet_s,
        cap_s=cap_s,
        excluded=excluded,
        properties={"content": True} if is_content_told else {},
    )
    return msgspec.structs.replace(context, emit=told.emit)


@asynccontextmanager
async def following(*paths: Path | str, state: MemoryState | None = None, **options: Any) -> AsyncIterator[Told]:
    """A source at work whose first look is over."""
    told = Told(state or MemoryState())
    first = COVERED not in told.state.stored
    context = files_context(told, paths, **options)
    working = asyncio.ensure_future(Files().run(context))
    try:
        if first:
            await told.until(lambda: COVERED in told.state.stored)
        yield told
    finally:
        working.cancel()
        await asyncio.wait([working])


async def mark(told: Told, folder: Path) -> None:
    """Make a file, and return when it was told of: whatever changed before it has been told by then."""
    marker = folder / MARKER
    marker.unlink(missing_ok=True)
    before = len(told.of(marker))
    marker.touch()
    await told.until(lambda: len(told.of(marker)) > before and told.of(marker)[-1]["change"] != "removed")
