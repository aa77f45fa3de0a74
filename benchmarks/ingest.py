"""Durable ingest inside the process, against what the disk itself does: append and fsync, in the same folder.

One producer awaits each commit before it hands over the next event; a hundred do so beside each other, and share
commits. `insert` is the ledger alone, with events made beforehand; through intake they are also made, routed and, where
a binding is there, planned. No event has a key.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec

from benchmarks.house import EVENT_TYPE, House, bodies_of, data_of, open_house
from benchmarks.records import Aim, Benchmark, Bound, FigureSpec, Measured, Run, interleave, measured
from posthouse.ledger.events import NewEvent, insert
from posthouse.model.events import EventDraft

DATA_BYTES = 250
PRODUCERS = 100
PAST_EVENTS = 20_000
"""What each ledger holds before: its log has reached its full length by then, and is written over from there on."""

DISK = "append + fsync of the same bytes"

ONE_FIGURES = (
    FigureSpec(
        name="ingest.one",
        what="1 producer, events into the ledger",
        unit="events/s",
        against=DISK,
        aims=(Aim(bound=Bound.AT_LEAST, limit=0.6, is_ratio=True),),
    ),
    FigureSpec(name="ingest.one_intake", what="1 producer, through intake", unit="events/s", against=DISK),
    FigureSpec(
        name="ingest.one_bound",
        what="1 producer, through intake, a delivery with each event",
        unit="events/s",
        against=DISK,
    ),
)
MANY_FIGURES = (
    FigureSpec(
        name="ingest.many",
        what="100 producers, events into the ledger",
        unit="events/s",
        against=DISK,
        aims=(Aim(bound=Bound.AT_LEAST, limit=25_000),),
    ),
    FigureSpec(name="ingest.many_intake", what="100 producers, through intake", unit="events/s", against=DISK),
    FigureSpec(
        name="ingest.many_bound",
        what="100 producers, through intake, a delivery with each event",
        unit="events/s",
        against=DISK,
    ),
)


async def measure_one(run: Run) -> list[Measured]:
    """One producer."""
    count = run.choose(600, 300)
    async with open_house(run.folder / "free") as free, open_house(run.folder / "bound") as bound:
        await _make_ready(free, bound)
        found = await interleave(
            run.choose(12, 6),
            {
                "disk": lambda: _append(run.folder, bodies_of(_events(free, count))),
                "ledger": lambda: _insert(free, producers=1, count=count),
                "intake": lambda: _post(free, producers=1, count=count),
                "bound": lambda: _post(bound, producers=1, count=count),
            },
            run.progress,
        )
    return [
        measured("ingest.one", found, "ledger", against="disk"),
        measured("ingest.one_intake", found, "intake", against="disk"),
        measured("ingest.one_bound", found, "bound", against="disk"),
    ]


async def measure_many(run: Run) -> list[Measured]:
    """A hundred producers."""
    each = run.choose(300, 100)
    async with open_house(run.folder / "free") as free, open_house(run.folder / "bound") as bound:
        await _make_ready(free, bound)
        found = await interleave(
            run.choose(7, 4),
            {
                "disk": lambda: _append(run.folder, bodies_of(_events(free, 500))),
                "ledger": lambda: _insert(free, producers=PRODUCERS, count=each),
                "intake": lambda: _post(free, producers=PRODUCERS, count=each),
                "bound": lambda: _post(bound, producers=PRODUCERS, count=each),
            },
            run.progress,
        )
    return [
        measured("ingest.many", found, "ledger", against="disk"),
        measured("ingest.many_intake", found, "intake", against="disk"),
        measured("ingest.many_bound", found, "bound", against="disk"),
    ]


ONE = Benchmark(name="ingest-one", figures=ONE_FIGURES, measure=measure_one)
MANY = Benchmark(name="ingest-many", figures=MANY_FIGURES, measure=measure_many)


def _events(house: House, count: int) -> list[NewEvent]:
    data = data_of(DATA_BYTES)
    return [house.new_event(data) for _ in range(count)]


async def _make_ready(free: House, bound: House) -> None:
    """Bind one of the two, and give both a past."""
    await bound.bind_webhook("http://127.0.0.1:9/hook")
    for house in (free, bound):
        await house.fill(PAST_EVENTS, data_of(DATA_BYTES))


async def _append(folder: Path, bodies: Sequence[bytes]) -> float:
    """Append each body to a file and fsync it; how many per second. The loop has nothing else to do."""
    path = folder / "raw"
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        started_s = time.perf_counter()
        for body in bodies:
            os.write(descriptor, body)
            os.fsync(descriptor)
        return len(bodies) / (time.perf_counter() - started_s)
    finally:
        os.close(descriptor)


async def _insert(house: House, *, producers: int, count: int) -> float:
    """Insert so many events with each producer; how many per second."""
    events = _events(house, producers * count)

    async def produce(number: int) -> None:
        for event in events[number::producers]:
            await house.database.run(insert, [event])

    return await _rate(producers, count, produce)


async def _post(house: House, *, producers: int, count: int) -> float:
    """Post so many drafts with each producer; how many per second."""
    intake, source = house.intake(), house.source
    draft = EventDraft(type=EVENT_TYPE, data=data_of(DATA_BYTES))
    size = len(msgspec.json.encode(draft))

    async def produce(_: int) -> None:
        for _ in range(count):
            await intake.post(source, [draft], size_bytes=size)

    return await _rate(producers, count, produce)


async def _rate(producers: int, count: int, produce: Callable[[int], Awaitable[None]]) -> float:
    started_s = time.perf_counter()
    await asyncio.gather(*(produce(number) for number in range(producers)))
    return producers * count / (time.perf_counter() - started_s)
