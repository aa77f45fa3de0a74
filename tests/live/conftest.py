"""A house whose timers a test moves by hand, and clients of its stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.http.house import House, living
from tests.parts import HandClock


@pytest.fixture
def hand() -> HandClock:
    """The clock of `house`."""
    return HandClock()


@asynccontextmanager
async def living_by_hand(home: Path, clock: HandClock) -> AsyncIterator[House]:
    """A house under a hand clock, in the task of whoever enters it."""
    loop = asyncio.get_running_loop()
    clock.rule(loop)
    async with living(home, clock=clock, environ={"POSTHOUSE_DISK_FREE_BYTES_MIN": "0"}) as house:
        try:
            yield house
        finally:
            # The server's own end waits in short sleeps, which nobody moves on by hand.
            del loop.call_later


@pytest.fixture
async def house(home: Path, hand: HandClock) -> AsyncIterator[House]:
    """A daemon's API on loopback, left by the task that entered it."""
    ready: asyncio.Future[House] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()

    async def live() -> None:
        async with living_by_hand(home, hand) as lived:
            ready.set_result(lived)
            await over.wait()

    task = asyncio.create_task(live())
    waiting: set[asyncio.Future[Any]] = {ready, task}
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        await task
    yield await ready
    over.set()
    await task
