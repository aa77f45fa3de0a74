"""The parts of the house at work for every test of this room, a receiver, and a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from posthouse.model.targets import Target
from tests.parts import HandClock, Parts, running
from tests.pipeline.kinds import ScriptedSnapshot, register
from tests.pipeline.scripted import NAME, Life
from tests.receiver import Receiver


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver on loopback that says 200 until it is told otherwise."""
    async with Receiver() as listening:
        yield listening


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Parts]:
    """Everything at work under a hand clock, in one task: its parts must be left by whoever entered them."""
    ready: asyncio.Future[Parts] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()

    async def live() -> None:
        async with running(tmp_path, HandClock()) as at_work:
            ready.set_result(at_work)
            await over.wait()

    task = asyncio.create_task(live())
    either: list[asyncio.Future[Any]] = [ready, task]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        await task
    yield await ready
    over.set()
    await task


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> ScriptedSnapshot:
    """A snapshot kind whose data, signals and failures a test sets."""
    made = ScriptedSnapshot("scripted.snapshot")
    register(monkeypatch, NAME, made)
    return made


@pytest.fixture
async def hook(parts: Parts, kind: ScriptedSnapshot, receiver: Receiver) -> Target:
    """A target for the scripted source, which is on."""
    source = await parts.add_source(NAME)
    target = await parts.add_webhook(receiver.url)
    await parts.collection.enable(source.id)
    return target


@pytest.fixture
def living(tmp_path: Path, kind: ScriptedSnapshot) -> tuple[HandClock, Life]:
    """A clock that goes on from one life of the house to the next, and such a life."""
    clock = HandClock()
    return clock, lambda: running(tmp_path, clock)
