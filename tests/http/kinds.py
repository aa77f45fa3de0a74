"""Two small kinds of sources that read one JSON file: one that may be read at any time, one by the clock only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest

from posthouse.model.errors import BadInput
from posthouse.model.events import EventDraft
from posthouse.model.sources import Emission, Property, SourceShape, StatePut
from posthouse.sources.base import KINDS, Preview, Signal, SourceContext, SourceSettings, parse_settings


class NoteSettings(SourceSettings, frozen=True, kw_only=True):
    """Where the note lies."""

    path: Annotated[str, msgspec.Meta(min_length=1, description="The file that is read.")]
    width: Annotated[int, msgspec.Meta(ge=1, le=9, description="Of no use.")] = 3


class Note:
    """Tells what a JSON object in a file says; a file that is empty tells nothing."""

    shape = SourceShape.SNAPSHOT
    is_passive = False
    needs_schedule = False
    title = "A note"
    properties = (
        Property(name="text", title="The text", is_summary=True),
        Property(name="author", title="Who wrote it"),
        Property(name="secret", title="What is between the lines", is_sensitive=True),
    )
    volatile = ("generated_at",)
    settings_type: type[SourceSettings] = NoteSettings

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        parsed = parse_settings(NoteSettings, settings)
        if not msgspec.json.decode(parsed, type=NoteSettings).path.startswith("/"):
            raise BadInput("source.bad_setting", "The path must be absolute.", field="path")
        return parsed

    def project(self, data: Any, allowed: Mapping[str, bool]) -> Any:
        return {name: value for name, value in data.items() if allowed.get(name, True)}

    async def preview(self, context: SourceContext) -> Preview:
        return Preview(event_type="note.snapshot", data=msgspec.Raw(_read(context)))

    async def signals(self, context: SourceContext) -> AsyncIterator[Signal]:
        await asyncio.Event().wait()
        yield Signal()

    async def collect(self, context: SourceContext, signal: Signal) -> Emission:
        content = _read(context)
        events = (EventDraft(type="note.snapshot", data=msgspec.Raw(content)),) if content else ()
        return Emission(events=events, state_puts=(StatePut("read", b"yes"),))


class Clocked(Note):
    """The same, but nothing can say when it changed."""

    needs_schedule = True
    title = "A note that is read by the clock"


def register(patch: pytest.MonkeyPatch) -> None:
    """Let the daemon know both kinds, as `note` and `clocked`."""
    patch.setitem(KINDS, "note", "tests.http.kinds:Note")
    patch.setitem(KINDS, "clocked", "tests.http.kinds:Clocked")


def _read(context: SourceContext) -> bytes:
    return Path(msgspec.json.decode(context.source.settings, type=NoteSettings).path).read_bytes()
