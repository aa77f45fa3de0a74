"""What is posted of agents is followed by position: real ledger, real intake, nobody polls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import cast

import pytest

from posthouse.ledger.live import newest_entries
from posthouse.model.errors import PosthouseError
from posthouse.model.events import EventDraft
from posthouse.model.live import AgentUpdate, AgentUpdateEvent
from posthouse.model.sources import StatePut
from posthouse.pipeline import following
from posthouse.pipeline.following import follow
from posthouse.sources.base import Followed
from tests.clock import ManualClock
from tests.parts import DEADLINE_S, Parts, running

Batch = tuple[Followed, ...]


@asynccontextmanager
async def followed(parts: Parts, prefix: str = "agent.", after: int = 0) -> AsyncIterator[AsyncGenerator[Batch, None]]:
    one = cast("AsyncGenerator[Batch, None]", follow(parts.ledger, parts.known, prefix, after))
    async with aclosing(one):
        yield one


async def post(parts: Parts, *drafts: EventDraft) -> None:
    """Events, in one request."""
    await parts.intake.post(parts.source("ingest"), drafts, size_bytes=1)


async def soon(batches: AsyncGenerator[Batch, None]) -> list[str]:
    """What comes next."""
    async with asyncio.timeout(DEADLINE_S):
        return [one.event.type for one in await anext(batches)]


async def test_what_was_posted_comes_first_and_then_what_comes(tmp_path: Path) -> None:
    async with running(tmp_path, ManualClock()) as parts:
        await post(parts, *(EventDraft(type=one) for one in ("agent.spawned", "order.created", "agent.ended")))
        async with followed(parts) as batches:
            assert await soon(batches) == ["agent.spawned", "agent.ended"]
            waiting = asyncio.create_task(soon(batches))
            await post(parts, EventDraft(type="order.created"))
            await post(parts, EventDraft(type="agent.alive"))
            assert await waiting == ["agent.alive"]


async def test_a_position_is_gone_on_from_and_batches_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "FOLLOW_MAX", 2)
    async with running(tmp_path, ManualClock()) as parts:
        await post(parts, *(EventDraft(type=f"agent.x{number}") for number in range(5)))
        async with followed(parts) as batches:
            first = await anext(batches)
        async with followed(parts, after=first[-1].seq) as batches:
            assert [await soon(batches), await soon(batches)] == [["agent.x2", "agent.x3"], ["agent.x4"]]
        async with followed(parts, "agent.x4") as batches:
            assert await soon(batches) == ["agent.x4"]


async def test_what_other_sources_tell_is_not_followed(tmp_path: Path) -> None:
    async with running(tmp_path, ManualClock()) as parts:
        agents = await parts.add_source("agents")
        async with followed(parts) as batches:
            waiting = asyncio.create_task(soon(batches))
            await parts.intake.take(agents, [EventDraft(type="agent.spawned")])
            await post(parts, EventDraft(type="agent.ended"))
            assert await waiting == ["agent.ended"]


async def test_what_does_not_begin_with_agent_cannot_be_followed(tmp_path: Path) -> None:
    async with running(tmp_path, ManualClock()) as parts, followed(parts, "order.") as batches:
        with pytest.raises(PosthouseError) as caught:
            await anext(batches)
        assert caught.value.code == "source.broken"


async def test_updates_are_in_the_live_log_once_their_emission_is_committed(tmp_path: Path) -> None:
    async with running(tmp_path, ManualClock()) as parts:
        update = AgentUpdate(agent_id="a1", name="Sort", state="working", timestamp=parts.clock.now())
        await parts.intake.take(
            await parts.add_source("agents"),
            [],
            state_puts=[StatePut("agent/here/a1", b"{}")],
            updates=[AgentUpdateEvent(update)],
        )
        (entry,) = await parts.ledger.read(newest_entries, ["agent_update"], limit=5)
        assert '"agentId":"a1"' in entry.payload
