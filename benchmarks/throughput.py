"""What a look at the last hour and the last day costs where a million tries are on record.

The tries are written by the ledger's own functions, spread over a day, with latencies as networks have them: most near
30 ms, a few far above. Then the ledger is tidied as the daemon tidies it every hour.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from statistics import median

from benchmarks.backlog import QUICK_ROWS
from benchmarks.house import MACHINE, OWNER, House, data_of, open_house
from benchmarks.records import Aim, Benchmark, Bound, FigureSpec, Measured, Run, interleave, measured
from posthouse.ledger.base import Transaction
from posthouse.ledger.events import Lease
from posthouse.ledger.leases import FAR_AWAY, claim
from posthouse.ledger.own_events import Author
from posthouse.ledger.results import complete
from posthouse.ledger.throughput import DAY_MS, ThroughputWindow, read_throughput, tidy_throughput
from posthouse.model.deliveries import AttemptResult, Outcome, OutcomeKind
from posthouse.model.ids import EndpointId, Millis

DATA_BYTES = 100
SMALL_ROWS = 10_000
STEP = 500
CONCURRENCY = 8
LOOKS_PER_ROUND = 20
FOR_EVER = 2**60
FILL_SHARE = 0.95
TAKEN = Outcome(kind=OutcomeKind.DELIVERED, code="http_200", status_code=200)
FEW = "where 10,000 were tried"
QUICK_LOOK = Aim(bound=Bound.AT_MOST, limit=50)

FIGURES = (
    FigureSpec(
        name="throughput.hour",
        what="a look at the last hour where 1,000,000 were tried in a day",
        unit="ms",
        against=FEW,
        aims=(QUICK_LOOK,),
    ),
    FigureSpec(
        name="throughput.day",
        what="a look at the last day where 1,000,000 were tried in it",
        unit="ms",
        against=FEW,
        aims=(QUICK_LOOK,),
    ),
)


async def measure(run: Run) -> list[Measured]:
    """Fill both ledgers, then look at both in turn."""
    rows = run.choose(1_000_000, QUICK_ROWS)
    async with open_house(run.folder / "large") as large, open_house(run.folder / "small") as small:
        await _try_many(large, rows, lambda share: run.progress(FILL_SHARE * share))
        await _try_many(small, SMALL_ROWS, lambda _: None)
        figures = []
        for window in ThroughputWindow:
            found = await interleave(
                run.choose(9, 5),
                {
                    "large": lambda window=window: _look(large, window),  # type: ignore[misc]
                    "small": lambda window=window: _look(small, window),  # type: ignore[misc]
                },
                lambda share: run.progress(FILL_SHARE + (1 - FILL_SHARE) * share),
            )
            figures.append(measured(f"throughput.{window}", found, "large", against="small"))
    return figures


BENCHMARK = Benchmark(name="throughput", figures=FIGURES, measure=measure)


async def _try_many(house: House, count: int, progress: Callable[[float], None]) -> None:
    """So many tries, the last of them now."""
    endpoint_id = await house.bind_webhook("http://127.0.0.1:9/")
    author = Author(machine=MACHINE, fresh_id=house.clock.uuid7)
    dice = random.Random(1)
    first = house.clock.now() - DAY_MS
    for start in range(0, count, STEP):
        await house.fill(STEP, data_of(DATA_BYTES))
        ends = [Millis(first + DAY_MS * (start + number) // count) for number in range(STEP)]
        await house.database.run(_try_some, endpoint_id, ends, [latency(dice) for _ in ends], author)
        progress((start + STEP) / count)
    while not await house.database.run(tidy_throughput, house.clock.now()):
        pass
    found = await house.database.read(read_throughput, ThroughputWindow.DAY, house.clock.now())
    # The day of the clock's half hours begins a little later than that of the tries.
    if not 0.95 * count < found.totals.delivered <= count:
        raise RuntimeError(f"{found.totals.delivered} of {count} tries were counted")


def latency(dice: random.Random) -> int:
    """A latency as networks have them, in whole milliseconds."""
    return round(dice.lognormvariate(3.4, 0.8))


def _try_some(tx: Transaction, endpoint_id: EndpointId, ends: list[Millis], took_ms: list[int], author: Author) -> None:
    now = ends[-1]
    lease = Lease(owner=OWNER, until=FOR_EVER)
    claimed = claim(tx, endpoint_id, len(ends), lease, FAR_AWAY, 0.0, author.fresh_id).deliveries
    results = [
        AttemptResult(delivery=delivery, outcome=TAKEN, started_at=Millis(at - took), duration_ms=took, jitter=0.0)
        for delivery, at, took in zip(claimed, ends, took_ms, strict=True)
    ]
    complete(tx, endpoint_id, results, now, CONCURRENCY, author)


async def _look(house: House, window: ThroughputWindow) -> float:
    """Several looks; the median of what one took, in milliseconds."""
    took = []
    for _ in range(LOOKS_PER_ROUND):
        started_s = time.perf_counter()
        await house.database.read(read_throughput, window, house.clock.now())
        took.append((time.perf_counter() - started_s) * 1000)
    return median(took)
