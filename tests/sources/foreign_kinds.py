"""A third party's kind with nothing wrong, to derive from it what is wrong; and a daemon that notes what came out."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from itertools import count
from typing import Annotated, Any

import msgspec
import pytest

from posthouse.model.errors import PosthouseError
from posthouse.model.events import EventDraft
from posthouse.model.ids import DEFAULT_PROJECT, SourceId
from posthouse.model.sources import Emission, Property, Source, SourceShape
from posthouse.sources.base import (
    RESCAN,
    Preview,
    Signal,
    SourceContext,
    SourceSettings,
    parse_settings,
)
from posthouse.sources.foreign.kind import ForeignKind, read_facts
from tests.clock import ManualClock
from tests.sources.support import MemoryState, Progress, decoded, soon

_numbers = count(1)


class NoteSettings(SourceSettings, frozen=True, kw_only=True):
    """What a note says."""

    words: Annotated[str, msgspec.Meta(max_length=100, description="What it says.")] = "hello"


class Well:
    """A kind with nothing wrong, of both shapes; tests derive from it what is wrong."""

    shape = SourceShape.STREAM
    is_passive = False
    needs_schedule = False
    title = "Notes"
    settings_type = NoteSettings
    properties: Any = (Property(name="words", title="Words"), Property(name="who", title="Who", is_sensitive=True))
    volatile: Any = ("generated_at",)

    def parse(self, settings: dict[str, Any]) -> Any:
        return parse_settings(NoteSettings, settings)

    def project(self, data: Any, allowed: Any) -> Any:
        return {name: value for name, value in data.items() if allowed.get(name, True)}

    async def preview(self, context: SourceContext) -> Any:
        return Preview(event_type="note", data=msgspec.Raw(b'{"words":"hi","who":"ann"}'), found="one note")

    async def run(self, context: SourceContext) -> None:
        await asyncio.get_running_loop().create_future()

    async def signals(self, context: SourceContext) -> AsyncIterator[Any]:
        yield RESCAN
        await asyncio.get_running_loop().create_future()

    async def collect(self, context: SourceContext, signal: Signal) -> Any:
        return Emission(events=(note(),))


class Snapshot(Well):
    """The same, re-read."""

    shape = SourceShape.SNAPSHOT


def note(**fields: Any) -> EventDraft:
    return EventDraft(**({"type": "note", "data": msgspec.Raw(b'{"words":"hi","who":"ann"}')} | fields))


def wrapped(made: Any) -> ForeignKind:
    return ForeignKind(made, "notes", __name__, read_facts(made))


class Daemon:
    """What a source is given, with everything that came out of it."""

    def __init__(self) -> None:
        self.emitted: list[Emission] = []
        self.threads: set[str] = set()
        self.error: Exception | None = None
        self.state = MemoryState()
        self.progress = Progress()
        self.came = asyncio.Event()
        # Its own, by which its threads are told from those of earlier tests that are still on their way out.
        self.name = f"notes {next(_numbers)}"
        source = Source(id=SourceId(1), project_id=DEFAULT_PROJECT, kind="notes", name=self.name)
        self.context = SourceContext(
            source=source, state=self.state, clock=ManualClock(), emit=self.emit, progress=self.progress, excluded=()
        )

    async def emit(self, emission: Emission) -> None:
        self.threads.add(threading.current_thread().name)
        if self.error is not None:
            raise self.error
        self.state.commit(emission)
        self.emitted.append(emission)
        self.came.set()

    def data(self) -> list[Any]:
        return [decoded(one.data) for emission in self.emitted for one in emission.events]


async def failure_of(running: Any) -> PosthouseError:
    with pytest.raises(PosthouseError) as caught:
        await soon(running)
    return caught.value


async def cancelled(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await soon(task)


class Gate:
    """Holds threads until the test is over."""

    def __init__(self) -> None:
        self.is_held = threading.Event()
        self.is_open = threading.Event()

    def hold(self) -> None:
        self.is_held.set()
        assert self.is_open.wait(60)


def threads_of(name: str) -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == f"source {name}"]
