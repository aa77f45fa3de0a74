"""A source `agents` at work over a real spool folder, with a state that can be carried into its next life."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from posthouse.model.agents import Agent, AgentPayload
from posthouse.model.events import Event, EventDraft
from posthouse.model.ids import DEFAULT_PROJECT, EventId, Millis, SourceId
from posthouse.model.sources import Emission
from posthouse.sources.agents.source import Agents
from posthouse.sources.base import Followed, SourceContext
from tests.clock import START, ManualClock
from tests.sources.support import DEADLINE_S, MemoryState, context_for


class Room:
    """A home's spool, what others posted, and what came of it. Each `listening` is one life of the source."""

    def __init__(self, folder: Path) -> None:
        self.spool = folder / "spool"
        self.state = MemoryState()
        self.emitted: list[Emission] = []
        self.clock = ManualClock()
        self.posted: list[Followed] = []
        self.asked_from: list[int] = []
        self._came = asyncio.Event()

    # What happens.

    def drop(
        self, name: str, content: bytes | dict[str, Any] | list[Any], *, at: int = 0, adapter: str = "report"
    ) -> Path:
        """A file as a hook writes it: whole, by renaming. `at`: seconds from the start at which it was written."""
        folder = self.spool / "agents" / adapter
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f".{os.fsencode(name).hex()[:40]}"
        temporary.write_bytes(content if isinstance(content, bytes) else msgspec.json.encode(content))
        os.utime(temporary, ns=(0, (START + at * 1_000) * 1_000_000))
        return temporary.rename(folder / name)

    def say(self, name: str, kind: str, *, at: int = 0, **said: Any) -> Path:
        """A report in the spool."""
        return self.drop(f"{name}.json", {"kind": kind, "agent_id": "a1", **said}, at=at)

    def post(self, event_type: str, data: dict[str, Any] | bytes, *, at: int = 0, hops: int = 0) -> None:
        """An event that somebody posted to ingest."""
        raw = data if isinstance(data, bytes) else msgspec.json.encode(data)
        number = len(self.posted) + 1
        event = Event(
            id=EventId(f"e{number}"),
            project_id=DEFAULT_PROJECT,
            source_id=SourceId(2),
            machine="here",
            type=event_type,
            at=Millis(START + at * 1_000),
            recorded_at=Millis(START + at * 1_000),
            data=msgspec.Raw(raw),
            hops=hops,
        )
        self.posted.append(Followed(seq=number * 10, event=event))
        self._came.set()

    # What comes of it.

    @property
    def told(self) -> list[EventDraft]:
        return [event for emission in self.emitted for event in emission.events]

    @property
    def types(self) -> list[str]:
        return [event.type.removeprefix("agent.") for event in self.told]

    @property
    def payloads(self) -> list[AgentPayload]:
        return [msgspec.json.decode(event.data, type=AgentPayload) for event in self.told]

    @property
    def board(self) -> dict[str, Agent]:
        """The board as it was committed, by machine and id."""
        values = [value for key, value in self.state.stored.items() if key.startswith("agent/")]
        agents = [msgspec.json.decode(value, type=Agent) for value in values]
        return {f"{one.machine}/{one.id}": one for one in agents}

    def files(self, folder: str = "agents") -> list[str]:
        """What lies in the spool, by name."""
        return sorted(one.name for one in (self.spool / folder).rglob("*") if not one.is_dir())

    def context(self, *, properties: dict[str, bool] | None = None, **settings: Any) -> SourceContext:
        return context_for(
            "agents", settings, state=self.state, properties=properties, clock=self.clock, emitted=self.emitted,
            spool=self.spool, follow=self._follow,
        )  # fmt: skip

    @asynccontextmanager
    async def listening(self, context: SourceContext | None = None) -> AsyncIterator[asyncio.Task[None]]:
        """One life of the source."""
        running = asyncio.create_task(Agents().run(context or self.context()))
        try:
            yield running
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    async def until(self, is_so: Callable[[], bool], running: asyncio.Task[None]) -> None:
        """Let everything go on until it is so; raises what the source raised."""
        async with asyncio.timeout(DEADLINE_S):
            while not is_so():
                await asyncio.wait([running], timeout=0.01)
                if running.done():
                    running.result()

    async def hear_all(self, context: SourceContext | None = None) -> None:
        """One life, until nothing is left in the spool and all that was posted is taken."""
        async with self.listening(context) as running:
            await self.until(lambda: self._is_all_heard(), running)

    def _is_all_heard(self) -> bool:
        lying = [name for name in self.files() if not name.startswith(".")]
        followed = int(self.state.stored.get("followed", b"0"))
        return not lying and (not self.posted or followed == self.posted[-1].seq)

    async def _follow(self, prefix: str, after: int) -> AsyncIterator[tuple[Followed, ...]]:
        self.asked_from.append(after)
        while True:
            self._came.clear()
            found: Sequence[Followed] = [
                one for one in self.posted if one.seq > after and one.event.type.startswith(prefix)
            ]
            if found:
                yield tuple(found)
                after = found[-1].seq
            else:
                await self._came.wait()
