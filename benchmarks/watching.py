"""What it costs to follow files: under a storm of appends, and while nothing happens in a large tree.

The storm is 2,000 appends a second, spread over 500 files: each opens its file, writes a line and closes it. The
processor time is that of the whole process that follows them, from the storm's first append to its last.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from benchmarks.processes import PATIENCE_S, ROOT, await_true, cpu_s
from benchmarks.records import Aim, Benchmark, Bound, FigureSpec, Measured, Run, interleave, measured
from benchmarks.watcher import QUIET_S, Counts

STORM_FILES = 500
APPENDS_PER_S = 2_000
APPENDS_AT_ONCE = 20
LINE = b"2026-01-31T12:00:00Z something happened\n"
TREE_FOLDERS, TREE_FILES_EACH = 400, 50
SETTLE_S = 2.0
IDLE_STEPS = 20
WATCHFILES = "watchfiles, which is told of them and does nothing"

STORM_FIGURES = (
    FigureSpec(
        name="watching.storm",
        what="2,000 appends/s over 500 followed files: processor",
        unit="% of a core",
        against=WATCHFILES,
        aims=(Aim(bound=Bound.AT_MOST, limit=5),),
    ),
    FigureSpec(
        name="watching.storm_watch",
        what="the same, the watching alone: processor",
        unit="% of a core",
        against=WATCHFILES,
    ),
    FigureSpec(
        name="watching.storm_items",
        what="the same: readings of the kernel's queue that told something",
        unit="readings/s",
    ),
    FigureSpec(
        name="watching.storm_events",
        what="the same: events for each file of the storm",
        unit="events",
        aims=(Aim(bound=Bound.AT_MOST, limit=1),),
    ),
)
IDLE_FIGURES = (
    FigureSpec(
        name="watching.idle",
        what="20,000 followed files, nothing happens: processor",
        unit="% of a core",
        aims=(Aim(bound=Bound.AT_MOST, limit=0.1),),
    ),
)


class Watcher:
    """A running `benchmarks.watcher`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pid = process.pid

    def end(self) -> Counts:
        """Let it end, and give what it counted."""
        said, _ = self._process.communicate(timeout=PATIENCE_S)
        return msgspec.json.decode(said.splitlines()[-1], type=Counts)


async def measure_storm(run: Run) -> list[Measured]:
    """The same storm before each of the three."""
    seconds = run.choose(20.0, 5.0)
    counts: dict[str, list[Counts]] = {}
    found = await interleave(
        run.choose(3, 1),
        {
            kind: lambda kind=kind: _storm(run, kind, seconds, counts.setdefault(kind, []))  # type: ignore[misc]
            for kind in ("watchfiles", "watch", "files")
        },
        run.progress,
    )
    events = [one.events / STORM_FILES for one in counts["files"]]
    items = [one.items / seconds for one in counts["watch"]]
    return [
        measured("watching.storm", found, "files", against="watchfiles"),
        measured("watching.storm_watch", found, "watch", against="watchfiles"),
        Measured(name="watching.storm_items", value=max(items), rounds={"items": items}),
        Measured(name="watching.storm_events", value=max(events), rounds={"events": events}),
    ]


async def measure_idle(run: Run) -> list[Measured]:
    """A tree that was looked at once, and then nothing."""
    tree = run.folder / "tree"
    for number in range(TREE_FOLDERS):
        folder = tree / f"{number:03}"
        folder.mkdir(parents=True)
        for name in range(TREE_FILES_EACH):
            (folder / f"{name}.txt").write_bytes(LINE)
    with _run_watcher("files", tree, run.folder / "home") as watcher:
        await asyncio.sleep(SETTLE_S)
        seconds = run.choose(60.0, 10.0)
        started_s, started_cpu_s = time.monotonic(), cpu_s(watcher.pid)
        for step in range(IDLE_STEPS):
            await asyncio.sleep(seconds / IDLE_STEPS)
            run.progress((step + 1) / IDLE_STEPS)
        share = (cpu_s(watcher.pid) - started_cpu_s) / (time.monotonic() - started_s) * 100
        watcher.end()
    return [Measured(name="watching.idle", value=share)]


STORM = Benchmark(name="watching-storm", figures=STORM_FIGURES, measure=measure_storm)
IDLE = Benchmark(name="watching-idle", figures=IDLE_FIGURES, measure=measure_idle)


async def _storm(run: Run, kind: str, seconds: float, counts: list[Counts]) -> float:
    """The share of a core that it takes, in percent, over one storm."""
    folder = run.folder / f"{kind}-{len(counts)}"
    logs = folder / "logs"
    logs.mkdir(parents=True)
    paths = [str(logs / f"{number:03}.log") for number in range(STORM_FILES)]
    for path in paths:
        Path(path).write_bytes(LINE)
    with _run_watcher(kind, logs, folder / "home") as watcher:
        await asyncio.sleep(SETTLE_S)
        share = await asyncio.to_thread(_append_all, paths, seconds, watcher.pid)
        await asyncio.sleep(QUIET_S + SETTLE_S)
        counts.append(watcher.end())
    return share


def _append_all(paths: list[str], seconds: float, pid: int) -> float:
    started_s, started_cpu_s = time.monotonic(), cpu_s(pid)
    for done in range(0, int(seconds * APPENDS_PER_S), APPENDS_AT_ONCE):
        for number in range(done, done + APPENDS_AT_ONCE):
            descriptor = os.open(paths[number % len(paths)], os.O_WRONLY | os.O_APPEND)
            os.write(descriptor, LINE)
            os.close(descriptor)
        time.sleep(max(0.0, started_s + (done + APPENDS_AT_ONCE) / APPENDS_PER_S - time.monotonic()))
    return (cpu_s(pid) - started_cpu_s) / (time.monotonic() - started_s) * 100


@contextmanager
def _run_watcher(kind: str, folder: Path, home: Path) -> Iterator[Watcher]:
    command = [sys.executable, "-m", "benchmarks.watcher", kind, str(folder), str(home)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line.startswith("listening "):
                raise RuntimeError(f"benchmarks.watcher {kind} did not start")
            yield Watcher(process)
        finally:
            process.terminate()
            await_true(lambda: process.poll() is not None, "the watcher's end")
