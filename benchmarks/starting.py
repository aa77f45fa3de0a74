"""How long the quick commands take as a person's shell sees them: whole processes, from fork to exit."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from benchmarks.processes import environment, program, run_daemon
from benchmarks.records import Aim, Benchmark, Bound, FigureSpec, Measured, Run, interleave, measured

NOTHING = "python -c pass"
QUICK = Aim(bound=Bound.AT_MOST, limit=150)

FIGURES = (
    FigureSpec(name="start.help", what="posthouse --help", unit="ms", against=NOTHING, aims=(QUICK,)),
    FigureSpec(
        name="start.emit",
        what="posthouse emit, with the daemon up",
        unit="ms",
        against=NOTHING,
        aims=(QUICK,),
    ),
    FigureSpec(
        name="start.emit_spooled",
        what="posthouse emit, with the daemon away",
        unit="ms",
        against=NOTHING,
        aims=(QUICK,),
    ),
)


async def measure(run: Run) -> list[Measured]:
    """Each command in turn, so many times."""
    with run_daemon(run.folder) as daemon:
        variables = environment(run.folder)
        emit = [*program(), "emit", "benchmark.happened", "--data", '{"n": 1}']
        commands: dict[str, Sequence[str]] = {
            "nothing": [sys.executable, "-c", "pass"],
            "help": [*program(), "--help"],
            "emit": [*emit, "--home", str(daemon.home)],
            "spooled": [*emit, "--home", str(run.folder / "away")],
        }
        for command in commands.values():
            await _run(command, variables)
        found = await interleave(
            run.choose(15, 7),
            {name: lambda command=command: _run(command, variables) for name, command in commands.items()},  # type: ignore[misc]
            run.progress,
        )
    return [
        measured("start.help", found, "help", against="nothing"),
        measured("start.emit", found, "emit", against="nothing"),
        measured("start.emit_spooled", found, "spooled", against="nothing"),
    ]


BENCHMARK = Benchmark(name="start", figures=FIGURES, measure=measure)


async def _run(command: Sequence[str], variables: Mapping[str, str]) -> float:
    """Run one process to its end, which must be a good one; milliseconds. Nothing else runs in this loop."""
    started_s = time.perf_counter()
    subprocess.run(command, env=variables, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # noqa: ASYNC221
    return (time.perf_counter() - started_s) * 1000
