"""A slow neighbour: what a target that hangs for 25 s per request costs another one, which has a backlog to drain.

Two ledgers, in turn: one with the quick target alone, one in which each event goes to a hanging target as well. The
hanging one is a plain socket that accepts, reads, and answers 25 s later.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from benchmarks.house import House, data_of, open_house
from benchmarks.processes import run_receiver
from benchmarks.records import Aim, Benchmark, Bound, FigureSpec, Measured, Run, interleave, measured
from posthouse.pipeline.delivery import Dispatcher
from posthouse.system.http_client import HttpClient
from posthouse.system.supervise import Supervisor

DATA_BYTES = 1_024
HANG_S = 25.0
PATIENCE_S = 120.0
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"

FIGURES = (
    FigureSpec(
        name="neighbour.rate",
        what="backlog drained beside a target that hangs for 25 s per request",
        unit="deliveries/s",
        against="the same without that target",
        aims=(Aim(bound=Bound.AT_LEAST, limit=0.95, is_ratio=True),),
    ),
)


async def measure(run: Run) -> list[Measured]:
    """Alone and beside the hanging target, in turn."""
    count = run.choose(20_000, 8_000)
    async with AsyncExitStack() as stack:
        receiver = stack.enter_context(run_receiver())
        slow_url = await stack.enter_async_context(_hanging())
        alone = await _set_up(stack, run, "alone", receiver.url)
        beside = await _set_up(stack, run, "beside", receiver.url)
        await beside[0].bind_webhook(slow_url, name="slow")
        found = await interleave(
            run.choose(7, 3),
            {"alone": lambda: _drain(*alone, count), "beside": lambda: _drain(*beside, count)},
            run.progress,
        )
    return [measured("neighbour.rate", found, "beside", against="alone")]


BENCHMARK = Benchmark(name="neighbour", figures=FIGURES, measure=measure)


async def _set_up(stack: AsyncExitStack, run: Run, name: str, url: str) -> tuple[House, Dispatcher]:
    """A ledger of its own with the quick target, and its lanes."""
    outbound = HttpClient()
    stack.push_async_callback(outbound.close)
    house = await stack.enter_async_context(open_house(run.folder / name))
    supervisor = await stack.enter_async_context(Supervisor(house.clock))
    await house.bind_webhook(url)
    return house, house.dispatcher(supervisor, outbound)


async def _drain(house: House, dispatcher: Dispatcher, count: int) -> float:
    """Fill the ledger, let the lanes go, wait until the quick target has its share; deliveries per second."""
    before = await house.delivered()
    await house.fill(count, data_of(DATA_BYTES))
    started_s = time.perf_counter()
    await dispatcher.start()
    await house.await_delivered(before + count, within_s=PATIENCE_S)
    return count / (time.perf_counter() - started_s)


@asynccontextmanager
async def _hanging() -> AsyncIterator[str]:
    """A server that lets everybody wait; its URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(HANG_S)
            writer.write(ANSWER)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # The client gave up first.
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()
