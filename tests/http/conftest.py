"""A running house for every test, and one in a thread of its own for clients that block."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.http.house import House, living
from tests.http.notifying import TOKEN, with_agents
from tests.receiver import Receiver
from tests.servers.ntfy import NtfyServer


@pytest.fixture
async def house(home: Path) -> AsyncIterator[House]:
    """A daemon's API on loopback. It lives in one task, as its parts must be left by whoever entered them."""
    ready: asyncio.Future[House] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()

    async def live() -> None:
        async with living(home) as lived:
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


@pytest.fixture
async def ready(house: House) -> House:
    """A house with the source that tells of agents."""
    return await with_agents(house)


@pytest.fixture
async def phone() -> AsyncIterator[tuple[NtfyServer, Receiver]]:
    """A server of ntfy, which shows what a phone would, and its address."""
    server = NtfyServer(token=TOKEN)
    async with Receiver() as receiver:
        receiver.default = server.answer
        yield server, receiver


@pytest.fixture(scope="module")
def threaded_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a daemon's API that runs in a thread."""
    home = tmp_path_factory.mktemp("home")
    ready, failed = threading.Event(), []
    found: dict[str, object] = {}

    async def live() -> None:
        async with living(home) as lived:
            over = asyncio.Event()
            found.update(url=lived.url, loop=asyncio.get_running_loop(), over=over)
            ready.set()
            await over.wait()

    def run() -> None:
        try:
            asyncio.run(live())
        except BaseException as error:
            failed.append(error)
            ready.set()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(30)
    if failed:
        raise failed[0]
    yield str(found["url"])
    loop, over = found["loop"], found["over"]
    assert isinstance(loop, asyncio.AbstractEventLoop)
    assert isinstance(over, asyncio.Event)
    loop.call_soon_threadsafe(over.set)
    thread.join(30)
    assert not failed, failed
