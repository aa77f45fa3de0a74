"""Source kinds that do whatever a third party's code can do wrong, to be installed into a real daemon."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from posthouse.model.events import EventDraft
from posthouse.model.sources import Emission, Property, SourceShape, StatePut
from posthouse.sources.base import RESCAN, Preview, Signal, SourceContext, SourceSettings, parse_settings

FOR_EVER_S = 100_000.0


class Stream:
    """Nothing wrong yet."""

    shape = SourceShape.STREAM
    is_passive = False
    needs_schedule = False
    title = "Hostile"
    settings_type = SourceSettings
    properties: tuple[Property, ...] = (Property(name="words", title="Words"),)
    volatile: tuple[str, ...] = ()

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        return parse_settings(SourceSettings, settings)

    def project(self, data: Any, allowed: Any) -> Any:
        return data

    async def preview(self, context: SourceContext) -> Preview:
        return Preview(event_type="hostile", data=msgspec.Raw(b"{}"))

    async def run(self, context: SourceContext) -> None:
        await asyncio.get_running_loop().create_future()


class Snapshot(Stream):
    """Nothing wrong yet."""

    shape = SourceShape.SNAPSHOT
    settings_type = SourceSettings

    async def signals(self, context: SourceContext) -> AsyncIterator[Any]:
        yield RESCAN
        await asyncio.get_running_loop().create_future()

    async def collect(self, context: SourceContext, signal: Signal) -> Any:
        return Emission()


def event(words: str, **fields: Any) -> EventDraft:
    return EventDraft(type="hostile.event", data=msgspec.Raw(msgspec.json.encode({"words": words})), **fields)


class Blocks(Stream):
    """Sleeps without awaiting, and its preview too."""

    async def run(self, context: SourceContext) -> None:
        time.sleep(FOR_EVER_S)  # noqa: ASYNC251 (that is what it does wrong)

    async def preview(self, context: SourceContext) -> Preview:
        time.sleep(FOR_EVER_S)  # noqa: ASYNC251 (that is what it does wrong)
        raise AssertionError


class Burns(Stream):
    """Keeps the processor busy without end."""

    async def run(self, context: SourceContext) -> None:
        while True:
            pass


class Exits(Stream):
    """Ends the process, as it thinks."""

    async def run(self, context: SourceContext) -> None:
        sys.exit(3)


class Interrupts(Stream):
    """Interrupts from a task of its own."""

    async def run(self, context: SourceContext) -> None:
        async def interrupt() -> None:
            raise KeyboardInterrupt

        self.task = asyncio.ensure_future(interrupt())
        await super().run(context)


class Recurses(Stream):
    """Uses up the stack."""

    async def run(self, context: SourceContext) -> None:
        await self.run(context)


class Exhausts(Stream):
    """Is out of memory."""

    async def run(self, context: SourceContext) -> None:
        raise MemoryError


class Ignores(Stream):
    """Does not hear that it is cancelled."""

    async def run(self, context: SourceContext) -> None:
        while True:
            try:
                await asyncio.sleep(FOR_EVER_S)
            except BaseException:
                continue


class Floods(Snapshot):
    """Says without end that something changed, and reads garbage."""

    async def signals(self, context: SourceContext) -> AsyncIterator[Any]:
        while True:
            yield RESCAN

    async def collect(self, context: SourceContext, signal: Signal) -> Any:
        return {"not": "an emission"}


class Garbles(Stream):
    """Emits, one after another, what fits nowhere, and goes on whatever it is told."""

    async def run(self, context: SourceContext) -> None:
        garbage: list[Any] = [
            None,
            Emission(events=(event("x", at=-5),)),
            Emission(events=(event("x", severity="panic"),)),
            Emission(events=(event("x" * (20 << 20)),)),
            Emission(state_puts=(StatePut("k", b"x" * (2 << 20)),)),
        ]
        for one in garbage:
            try:
                await context.emit(one)
            except Exception:
                continue
        await context.emit(Emission(events=({"type": "x"},)))  # type: ignore[arg-type]


class Threads(Stream):
    """Emits from a thread of its own, prints from another that nobody can join, and holds a pool's thread for ever."""

    async def run(self, context: SourceContext) -> None:
        threading.Thread(target=self.print_for_ever).start()
        threading.Thread(target=self.emit_for_ever, args=(context,)).start()
        await asyncio.to_thread(time.sleep, FOR_EVER_S)

    def emit_for_ever(self, context: SourceContext) -> None:
        while True:
            try:
                asyncio.run(context.emit(Emission()))
            except Exception:
                time.sleep(0.01)

    def print_for_ever(self) -> None:
        while True:
            print("x" * 1_000, flush=True)
            time.sleep(0.001)


class Hangs(Snapshot):
    """Never comes back from a read."""

    async def collect(self, context: SourceContext, signal: Signal) -> Any:
        time.sleep(FOR_EVER_S)  # noqa: ASYNC251 (that is what it does wrong)


class Quarrels(Stream):
    """Emits well, and cannot be asked later what of it may leave."""

    async def run(self, context: SourceContext) -> None:
        await context.emit(Emission(events=(event("kept in"),)))
        await super().run(context)

    def project(self, data: Any, allowed: Any) -> Any:
        if threading.current_thread() is threading.main_thread():
            raise ValueError(f"the payload {data}")
        return data


class Refuses(Stream):
    """Takes no settings at all."""

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        raise SystemExit


class Misfit(Stream):
    """Has two properties of one name."""

    properties = (Property(name="words", title="A"), Property(name="words", title="B"))
