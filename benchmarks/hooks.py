"""How long an agent waits for its hook: the installed program as a process, from its start to its end.

By itself, and with 16 at a time, each beginning the next as soon as one has ended: on a machine with fewer cores the
calls then wait for one another more than for the program. The same is done with a shell that does nothing, as the
measure of what a process costs there.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.processes import environment, program
from benchmarks.records import Aim, Benchmark, Bound, FigureSpec, Measured, Run, interleave, measured, percentile

AT_ONCE = 16
NOTHING = "sh -c :"
CALL = json.dumps(
    {
        "session_id": "652d025d-7bbc-4890-a0dd-9dc4734a0eda",
        "cwd": "/home/ada/ledger",
        "hook_event_name": "Stop",
        "last_assistant_message": "Three parcels. " * 60,
    }
).encode()

FIGURES = (
    FigureSpec(name="hooks.alone", what="a hook of Claude Code, by itself", unit="ms", against=NOTHING),
    FigureSpec(
        name="hooks.p50",
        what=f"the same, {AT_ONCE} at a time, p50",
        unit="ms",
        against=f"{NOTHING}, {AT_ONCE} at a time",
        aims=(Aim(bound=Bound.AT_MOST, limit=10),),
    ),
    FigureSpec(
        name="hooks.p99",
        what=f"the same, {AT_ONCE} at a time, p99",
        unit="ms",
        against=f"{NOTHING}, {AT_ONCE} at a time",
        aims=(Aim(bound=Bound.AT_MOST, limit=50),),
    ),
)


async def measure(run: Run) -> list[Measured]:
    """The program that `posthouse hooks install` makes, and a shell that does nothing, in turn."""
    variables = environment(run.folder)
    home, project = run.folder / "home", run.folder / "project"
    project.mkdir()
    install = [*program(), "hooks", "install", "claude-code", "--project", str(project), "--yes", "--home", str(home)]
    subprocess.run(install, env=variables, check=True, capture_output=True)  # noqa: ASYNC221
    hook, nothing = [str(home / "hooks" / "claude-code")], ["/bin/sh", "-c", ":"]
    calls = run.choose(600, 200)
    found: dict[str, list[float]] = {"hook p50": [], "hook p99": [], "nothing p50": [], "nothing p99": []}

    async def storm(name: str, command: list[str]) -> float:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            took = await asyncio.to_thread(lambda: list(pool.map(lambda _: _call(command), range(calls))))
        found[f"{name} p50"].append(percentile(took, 0.50))
        found[f"{name} p99"].append(percentile(took, 0.99))
        _empty(home)
        return 0.0

    async def alone(command: list[str]) -> float:
        took = percentile([_call(command) for _ in range(calls // 10)], 0.50)
        _empty(home)
        return took

    single = await interleave(
        run.choose(9, 3),
        {"hook": lambda: alone(hook), "nothing": lambda: alone(nothing)},
        lambda share: run.progress(share / 3),
    )
    await interleave(
        run.choose(9, 3),
        {"hook": lambda: storm("hook", hook), "nothing": lambda: storm("nothing", nothing)},
        lambda share: run.progress(1 / 3 + share * 2 / 3),
    )
    return [
        measured("hooks.alone", single, "hook", against="nothing"),
        measured("hooks.p50", found, "hook p50", against="nothing p50"),
        measured("hooks.p99", found, "hook p99", against="nothing p99"),
    ]


BENCHMARK = Benchmark(name="hooks", figures=FIGURES, measure=measure)


def _call(command: list[str]) -> float:
    """One process that is told a call, as the agent does it; milliseconds from its start to its end."""
    readable, writable = os.pipe()
    os.set_inheritable(readable, False)
    started_s = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, readable, 0)])
    os.close(readable)
    try:
        os.write(writable, CALL)
    except BrokenPipeError:
        pass  # the shell that does nothing does not read either
    finally:
        os.close(writable)
    os.waitpid(process, 0)
    return (time.perf_counter() - started_s) * 1000


def _empty(home: Path) -> None:
    """The daemon would take them away meanwhile."""
    for file in (home / "spool" / "agents" / "claude-code").iterdir():
        file.unlink()
