"""Ingest over HTTP: the real daemon, and a lean load generator as another process, on the same cores.

Against the daemon stand two servers that write nothing down: a bare handler on the same HTTP server, which is all that
HTTP costs, and one of the framework that the rest of the API uses.
"""

from __future__ import annotations

import asyncio
import sys

import msgspec

from benchmarks.load import Load
from benchmarks.processes import ROOT, run_daemon, run_server
from benchmarks.records import Aim, Benchmark, Bound, FigureSpec, Measured, Run, interleave, measured

CONNECTIONS = 96
WARM_UP_S = 0.4

FIGURES = (
    FigureSpec(
        name="http.ingest",
        what="durable answers over HTTP, 96 connections",
        unit="requests/s",
        against="a handler that does nothing",
        aims=(Aim(bound=Bound.AT_LEAST, limit=8_000),),
    ),
    FigureSpec(
        name="http.framework",
        what="the same over the framework of the API, which writes nothing down",
        unit="requests/s",
        against="a handler that does nothing",
    ),
)


async def measure(run: Run) -> list[Measured]:
    """All three servers, in turn."""
    seconds = run.choose(2.5, 1.0)
    with (
        run_daemon(run.folder) as daemon,
        run_server("benchmarks.bare", "noop") as noop,
        run_server("benchmarks.bare", "litestar") as framework,
    ):
        found = await interleave(
            run.choose(6, 3),
            {
                "daemon": lambda: _load(daemon.port, seconds, daemon.token),
                "noop": lambda: _load(noop, seconds, "none"),
                "framework": lambda: _load(framework, seconds, "none"),
            },
            run.progress,
        )
    return [
        measured("http.ingest", found, "daemon", against="noop"),
        measured("http.framework", found, "framework", against="noop"),
    ]


BENCHMARK = Benchmark(name="http", figures=FIGURES, measure=measure)


async def _load(port: int, seconds: float, token: str) -> float:
    """Answers per second from one server. Raises RuntimeError where it refused any."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.load", str(port), str(CONNECTIONS), str(WARM_UP_S), str(seconds)),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate(token.encode() + b"\n")
    load = msgspec.json.decode(output, type=Load)
    if load.refused or not load.per_s:
        raise RuntimeError(f"{load.per_s:.0f} requests a second were answered, and {load.refused} refused")
    return load.per_s
