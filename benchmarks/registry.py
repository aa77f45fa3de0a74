"""Every benchmark there is, in the order in which they run and stand on the page."""

from __future__ import annotations

from benchmarks import (
    backlog,
    dashboard,
    drain,
    hooks,
    http_ingest,
    ingest,
    latency,
    live,
    neighbour,
    peers,
    peers_load,
    quiet,
    reading,
    servers,
    starting,
    throughput,
    watching,
)
from benchmarks.records import Benchmark, FigureSpec

BENCHMARKS: tuple[Benchmark, ...] = (
    ingest.ONE,
    ingest.MANY,
    http_ingest.BENCHMARK,
    drain.BENCHMARK,
    neighbour.BENCHMARK,
    latency.BENCHMARK,
    backlog.BENCHMARK,
    throughput.BENCHMARK,
    live.BENCHMARK,
    dashboard.BENCHMARK,
    quiet.PAUSED,
    quiet.IDLE,
    starting.BENCHMARK,
    hooks.BENCHMARK,
    reading.BENCHMARK,
    watching.STORM,
    watching.IDLE,
    peers.BENCHMARK,
    peers_load.BENCHMARK,
    servers.BENCHMARK,
)


def benchmark_named(name: str) -> Benchmark:
    """The benchmark of that name. Raises KeyError."""
    return {one.name: one for one in BENCHMARKS}[name]


def all_figures() -> list[FigureSpec]:
    """The figures of all benchmarks."""
    return [figure for benchmark in BENCHMARKS for figure in benchmark.figures]
