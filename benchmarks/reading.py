"""Agents' session logs: the first read of a tree, and one line appended to it, over the real ledger.

The tree is made up (`benchmarks/session_logs.py`), its lines 2.8 KB each on average; it lies in the page cache. The
first read is what `claude-sessions` does with an empty state, up to and including the commit of everything; its base
is the decoder alone over the same files. An appended line is signalled with its path: what `collect` costs is told
by itself, since the commit after it is the ledger's, with an fsync; it is told beside it. Left out: noticing the
change (inotify), and comparing and delivering what is told, which no binding wants here.
"""

from __future__ import annotations

import gc
import time
import tracemalloc
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from statistics import median

import msgspec

from benchmarks.house import MACHINE, House, open_house
from benchmarks.records import Aim, Benchmark, Bound, FigureSpec, Measured, Run, interleave, measured
from benchmarks.session_logs import Writer, write_tree
from posthouse.ledger.sources import ensure_sources
from posthouse.model.sources import Emission, Source
from posthouse.pipeline.workplace import SourceState
from posthouse.sources.agent_logs.claude_lines import decode_block
from posthouse.sources.base import RESCAN, Signal, SnapshotKind, SourceContext, source_kind
from posthouse.sources.jsonl import Cursor, read_slice

KIND = "claude-sessions"
FILE_BYTES = 450_000
DAYS = 365
"""The tree tells of so many days; the window is the last week of them."""

FIGURES = (
    FigureSpec(
        name="reading.first",
        what="first read of session logs, lines of 2.8 KB",
        unit="MB/s",
        against="the decoder alone",
        aims=(Aim(bound=Bound.AT_LEAST, limit=300),),
    ),
    FigureSpec(
        name="reading.append",
        what="one line appended in 1 GB of session logs: processor",
        unit="ms",
        aims=(Aim(bound=Bound.AT_MOST, limit=2),),
    ),
    FigureSpec(name="reading.append_stats", what="the same for claude-stats: processor", unit="ms"),
    FigureSpec(name="reading.append_committed", what="one line appended, with its commit: processor", unit="ms"),
    FigureSpec(
        name="reading.append_memory",
        what="one line appended in 1 GB of session logs: extra memory at most",
        unit="KiB",
        aims=(Aim(bound=Bound.AT_MOST, limit=1_024),),
    ),
)


async def measure(run: Run) -> list[Measured]:
    """Write the tree, read it over and over into fresh ledgers, then append to it."""
    now = datetime.now(UTC)
    root = run.folder / "projects"
    paths = write_tree(root, run.choose(1_000_000_000, 60_000_000), end=now, days=DAYS, file_bytes=FILE_BYTES)
    numbers = count()

    async def first() -> float:
        async with open_house(run.folder / f"first-{next(numbers)}") as house:
            return await _first_read(house, root, KIND)

    async def decoder() -> float:
        return _decode_all(paths)

    found = await interleave(
        run.choose(3, 2), {"decoder": decoder, "first": first}, lambda one: run.progress(one * 0.7)
    )
    times = run.choose(60, 20)
    async with open_house(run.folder / "append") as house:
        await _first_read(house, root, KIND)
        sessions = Appends(house, await _context(house, root, KIND), root, paths)
        costs = [await sessions.cost() for _ in range(times)]
        peaks = [await sessions.peak_kib() for _ in range(times // 4)]
        run.progress(0.85)
        await _first_read(house, root, "claude-stats")
        stats = Appends(house, await _context(house, root, "claude-stats"), root, paths)
        stats_costs = [await stats.cost() for _ in range(times)]
    rounds = {"collect": [one for one, _ in costs], "committed": [both for _, both in costs], "peak": peaks}
    return [
        measured("reading.first", found, "first", against="decoder"),
        Measured(name="reading.append", value=median(rounds["collect"]), rounds=rounds),
        Measured(name="reading.append_stats", value=median(one for one, _ in stats_costs)),
        Measured(name="reading.append_committed", value=median(rounds["committed"])),
        Measured(name="reading.append_memory", value=max(peaks)),
    ]


BENCHMARK = Benchmark(name="reading", figures=FIGURES, measure=measure)


class Appends:
    """Lines appended to the newest logs, each read by a source that knows the rest."""

    def __init__(self, house: House, context: SourceContext, root: Path, paths: list[Path]) -> None:
        self._house = house
        self._context = context
        self._kind = _kind(context.source)
        self._writer = Writer(seed=2)
        self._paths = paths[-20:]
        self._numbers = count()

    async def cost(self) -> tuple[float, float]:
        """Processor time in milliseconds for one line: of the reading, and of it with its commit."""
        signal = self._append()
        started_s = time.process_time()
        emission = await self._kind.collect(self._context, signal)
        read_s = time.process_time() - started_s
        await _commit(self._house, self._context, emission)
        return read_s * 1_000, (time.process_time() - started_s) * 1_000

    async def peak_kib(self) -> float:
        """The most memory that reading one line held beyond what was held before."""
        signal = self._append()
        gc.collect()
        tracemalloc.start()
        try:
            emission = await self._kind.collect(self._context, signal)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        await _commit(self._house, self._context, emission)
        return peak / 1024

    def _append(self) -> Signal:
        path = self._paths[next(self._numbers) % len(self._paths)]
        with path.open("ab") as file:
            file.write(self._writer.line(path.stem, datetime.now(UTC)))
        return Signal(paths=(str(path),))


async def _first_read(house: House, root: Path, kind: str) -> float:
    """Read everything into an empty state; MB/s."""
    context = await _context(house, root, kind)
    size = sum(path.stat().st_size for path in root.rglob("*.jsonl"))
    started_s = time.perf_counter()
    emission = await _kind(context.source).collect(context, RESCAN)
    await _commit(house, context, emission)
    if not emission.events:
        raise RuntimeError("the logs told nothing")
    return size / 1e6 / (time.perf_counter() - started_s)


def _decode_all(paths: list[Path]) -> float:
    """Decode every line and keep nothing; MB/s."""
    started_s, done = time.perf_counter(), 0
    for path in paths:
        cursor: Cursor | None = None
        is_end = False
        while not is_end:
            part = read_slice(str(path), cursor)
            decode_block(part.block)
            cursor, is_end = part.cursor, part.is_end
        done += cursor.offset if cursor else 0
    return done / 1e6 / (time.perf_counter() - started_s)


async def _context(house: House, root: Path, kind: str) -> SourceContext:
    await house.database.run(ensure_sources, [kind], house.clock.now())
    await house.known.reload()
    source = next(one for one in house.known.directory.sources.values() if one.kind == kind)
    source = msgspec.structs.replace(source, settings=source_kind(kind).parse({"roots": [str(root)]}))
    intake = house.intake()

    async def emit(emission: Emission) -> None:
        await intake.take(source, (), state_puts=emission.state_puts, state_deletes=emission.state_deletes)

    return SourceContext(
        source=source,
        state=SourceState(house.database, source.id, MACHINE),
        clock=house.clock,
        emit=emit,
        progress=lambda _done, _total: None,
        excluded=(root.parent / "home",),
    )


async def _commit(house: House, context: SourceContext, emission: Emission) -> None:
    await house.intake().take(
        context.source, emission.events, state_puts=emission.state_puts, state_deletes=emission.state_deletes
    )


def _kind(source: Source) -> SnapshotKind:
    kind: SnapshotKind = source_kind(source.kind)  # type: ignore[assignment]
    return kind
