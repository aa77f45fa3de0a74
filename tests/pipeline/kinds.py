"""Source kinds that do what a test tells them: a snapshot with a value, failures and signals set by hand, a stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import msgspec
import pytest

from posthouse.model.events import EventDraft
from posthouse.model.sources import Emission, Property, SourceShape, StatePut
from posthouse.sources import base
from posthouse.sources.base import CoalescedSettings, Preview, Signal, SourceContext, parse_settings


class _Kind:
    is_passive = False
    needs_schedule = False
    title = "A kind of the tests"
    properties: tuple[Property, ...] = (Property(name="words", title="Words"),)
    volatile = ("generated_at",)
    settings_type = CoalescedSettings

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        return parse_settings(CoalescedSettings, settings)

    def project(self, data: Any, allowed: Mapping[str, bool]) -> Any:
        return data if allowed["words"] else {name: value for name, value in data.items() if name != "words"}

    async def preview(self, context: SourceContext) -> Preview:
        await context.emit(Emission())
        raise AssertionError("a preview that emits goes on")


class ScriptedSnapshot(_Kind):
    """Tells its `value`. `during` runs inside each read and may raise; `signal` is what its `signals` say."""

    shape = SourceShape.SNAPSHOT

    def __init__(self, event_type: str) -> None:
        self.event_type = event_type
        self.value: object | None = 1
        self.more: tuple[EventDraft, ...] = ()
        self.puts: tuple[StatePut, ...] = ()
        self.reads: list[Signal] = []
        self.during: Callable[[SourceContext], Awaitable[None]] | None = None
        self.in_signals: Callable[[], Awaitable[None]] | None = None
        self.watches = 0
        self._said: asyncio.Queue[Signal] = asyncio.Queue()

    def say(self, *paths: str, is_rescan: bool = False) -> None:
        """Something changed."""
        self._said.put_nowait(Signal(paths=paths, is_rescan=is_rescan))

    def fail_with(self, error: BaseException | None) -> None:
        """Let reads fail from now on, or no longer."""

        async def fail(_: SourceContext) -> None:
            assert error is not None
            raise error

        self.during = None if error is None else fail

    async def signals(self, context: SourceContext) -> AsyncIterator[Signal]:
        self.watches += 1
        while True:
            if self.in_signals is not None:
                await self.in_signals()
            yield await self._said.get()

    async def collect(self, context: SourceContext, signal: Signal) -> Emission:
        self.reads.append(signal)
        if self.during is not None:
            await self.during(context)
        if self.value is None:
            return Emission(state_puts=self.puts)
        data = {"value": self.value, "generated_at": context.clock.now(), "words": "some"}
        event = EventDraft(type=self.event_type, data=msgspec.Raw(msgspec.json.encode(data)))
        return Emission(events=(event, *self.more), state_puts=self.puts)


class ScriptedStream(_Kind):
    """Runs what it is told to."""

    shape = SourceShape.STREAM

    def __init__(self) -> None:
        self.runs = 0
        self.during: Callable[[SourceContext], Awaitable[None]] = _for_ever

    async def run(self, context: SourceContext) -> None:
        self.runs += 1
        await self.during(context)


async def _for_ever(_: SourceContext) -> None:
    await asyncio.get_running_loop().create_future()


def register(monkeypatch: pytest.MonkeyPatch, name: str, kind: object) -> None:
    """Make a kind known under a name, for the length of a test."""
    monkeypatch.setitem(base.KINDS, name, "tests.pipeline.kinds:ScriptedSnapshot")
    monkeypatch.setitem(base._loaded, name, kind)
