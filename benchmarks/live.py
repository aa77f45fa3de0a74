"""The live stream's fan-out: a hundred clients, and five hundred entries a second in the ledger.

Entries are written into the ledger one by one, each stamped as its transaction begins, and read by clients in a process
of their own over real sockets; both read the system's monotonic clock. Memory is that of the process with the ledger,
the fan-out and the server, before the clients came and after all entries have gone out.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.house import House, open_house
from benchmarks.processes import ROOT, memory_mib
from benchmarks.records import Aim, Benchmark, Bound, FigureSpec, Measured, Run, percentile
from posthouse.http.auth import Access
from posthouse.http.server import HttpServer
from posthouse.http.stream import StreamRoute
from posthouse.ledger.live import tell_configured
from posthouse.model.live import Configured
from posthouse.pipeline.live import Live
from posthouse.system.supervise import Supervisor

CLIENTS = 100
RATE = 500
TOKEN = "benchmark-token"

FIGURES = (
    FigureSpec(
        name="live.p50", what=f"live stream: {CLIENTS} clients, {RATE} entries/s, half of them within", unit="ms"
    ),
    FigureSpec(
        name="live.p99",
        what=f"live stream: {CLIENTS} clients, {RATE} entries/s, 99 of 100 within",
        unit="ms",
        aims=(Aim(bound=Bound.AT_MOST, limit=100),),
    ),
    FigureSpec(
        name="live.memory",
        what=f"live stream: memory that {CLIENTS} clients take",
        unit="MiB",
        aims=(Aim(bound=Bound.AT_MOST, limit=32),),
    ),
    FigureSpec(name="live.cpu", what=f"live stream: processor at {RATE} entries/s", unit="% of a core"),
)


async def measure(run: Run) -> list[Measured]:
    """Write entries at their rate, and ask the clients when each came."""
    seconds = run.choose(20.0, 5.0)

    async with (
        open_house(run.folder) as house,
        Supervisor(house.clock) as supervisor,
        _serving(house, supervisor) as port,
    ):
        before, _ = memory_mib(os.getpid())
        count = int(seconds * RATE)
        clients = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "benchmarks.live_clients", str(port), str(CLIENTS), str(count), TOKEN,
            cwd=ROOT, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert clients.stdout is not None
        await clients.stdout.readline()
        started_cpu_s = time.process_time()
        await _write(house, count, run)
        share = (time.process_time() - started_cpu_s) / seconds * 100
        # Before the clients' list of waits comes here, which is larger than all that it is about.
        after, _ = memory_mib(os.getpid())
        waits_ms = json.loads(await clients.stdout.read())
        await clients.wait()
    if len(waits_ms) != CLIENTS * count:
        raise RuntimeError(f"{len(waits_ms)} of {CLIENTS * count} entries came")
    return [
        Measured(name="live.p50", value=percentile(waits_ms, 0.5)),
        Measured(name="live.p99", value=percentile(waits_ms, 0.99)),
        Measured(name="live.memory", value=max(after - before, 0.0)),
        Measured(name="live.cpu", value=share),
    ]


BENCHMARK = Benchmark(name="live", figures=FIGURES, measure=measure)


@asynccontextmanager
async def _serving(house: House, supervisor: Supervisor) -> AsyncIterator[int]:
    """The stream's own parts on a free port."""
    live = Live(database=house.database, clock=house.clock, settings=house.settings)
    await live.load()
    access = Access(house.database, house.clock, home_token=TOKEN, host=lambda: "127.0.0.1")
    route = StreamRoute(access=access, live=live, database=house.database, clock=house.clock)

    async def app(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        await route.serve(await route.open(scope), scope, receive, send)

    server = HttpServer(host="127.0.0.1", port=0)
    server.bind(app)
    supervisor.start("live", live.run)
    supervisor.start("http", server.run)
    try:
        yield int(server.url.rpartition(":")[2])
    finally:
        await live.close(5.0)
        await server.stop()
        await supervisor.ended(["http"])
        await supervisor.stop("live")


async def _write(house: House, count: int, run: Run) -> None:
    """Write so many entries at the rate, each with the instant at which it was handed to the ledger."""
    started_s = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            delay_s = started_s + number / RATE - time.monotonic()
            if delay_s > 0:
                await asyncio.sleep(delay_s)
            group.create_task(_tell(house))
            if number % RATE == 0:
                run.progress(number / count)


async def _tell(house: House) -> None:
    stamp = str(time.monotonic_ns())
    await house.database.run(
        tell_configured, Configured.SETTING, "set", house.clock.now(), name="benchmark", value=stamp
    )
