"""What a million waiting rows cost: one claim, and a drain of 20,000, beside a ledger in which few wait.

Both ledgers are open in this process and are measured in turn. A claim is timed inside its transaction, on the thread
that writes, so that the disk's own speed does not hide what the claim costs; each takes other rows than the last.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

from benchmarks.house import OWNER, House, data_of, open_house
from benchmarks.processes import run_receiver
from benchmarks.records import Aim, Benchmark, Bound, FigureSpec, Measured, Run, interleave, measured
from posthouse.ledger.base import Transaction
from posthouse.ledger.events import Lease
from posthouse.ledger.leases import Claim, claim, release
from posthouse.model.deliveries import ClaimedDelivery
from posthouse.model.ids import EndpointId, Millis
from posthouse.system.http_client import HttpClient
from posthouse.system.supervise import Supervisor

DATA_BYTES = 250
SMALL_ROWS = 10_000
QUICK_ROWS = 100_000
"""What stands for the million in a quick run."""

DRAINED_ROWS = 20_000
CLAIM_LIMIT = 128
CLAIMS_PER_ROUND = 10
FOR_EVER = 2**60
PATIENCE_S = 120.0
FILL_SHARE, CLAIM_SHARE = 0.5, 0.6

FIGURES = (
    FigureSpec(
        name="backlog.claim",
        what="a claim of 128 where 1,000,000 wait",
        unit="ms",
        against="where 10,000 wait",
        aims=(Aim(bound=Bound.AT_MOST, limit=1.5, is_ratio=True),),
    ),
    FigureSpec(
        name="backlog.drain",
        what="20,000 deliveries out of 1,000,000",
        unit="deliveries/s",
        against="out of 20,000",
        aims=(Aim(bound=Bound.AT_LEAST, limit=0.8, is_ratio=True),),
    ),
)


async def measure(run: Run) -> list[Measured]:
    """Claims first, then drains."""
    rows = run.choose(1_000_000, QUICK_ROWS)
    with run_receiver() as receiver:
        async with open_house(run.folder / "large") as large, open_house(run.folder / "small") as small:
            endpoints = {house: await house.bind_webhook(receiver.url) for house in (large, small)}
            steps = 20
            for step in range(steps):
                await large.fill(rows // steps, data_of(DATA_BYTES))
                run.progress(FILL_SHARE * (step + 1) / steps)
            await small.fill(SMALL_ROWS, data_of(DATA_BYTES))
            claimed: dict[House, list[ClaimedDelivery]] = {large: [], small: []}
            claims = await interleave(
                run.choose(7, 4),
                {
                    "large": lambda: _claim_some(large, endpoints[large], claimed[large]),
                    "small": lambda: _claim_some(small, endpoints[small], claimed[small]),
                },
                lambda share: run.progress(FILL_SHARE + share * (CLAIM_SHARE - FILL_SHARE)),
            )
            for house, deliveries in claimed.items():
                await house.database.run(release, deliveries, house.clock.now())
            await small.fill(DRAINED_ROWS - SMALL_ROWS, data_of(DATA_BYTES))
            drains = await interleave(
                run.choose(4, 2),
                {"large": lambda: _drain(large), "small": lambda: _drain(small)},
                lambda share: run.progress(CLAIM_SHARE + share * (1 - CLAIM_SHARE)),
            )
    return [
        measured("backlog.claim", claims, "large", against="small"),
        measured("backlog.drain", drains, "large", against="small"),
    ]


BENCHMARK = Benchmark(name="backlog", figures=FIGURES, measure=measure)


async def _claim_some(house: House, endpoint_id: EndpointId, claimed: list[ClaimedDelivery]) -> float:
    """Several claims, one commit each; the median of what one took, in milliseconds."""
    took = []
    for _ in range(CLAIMS_PER_ROUND):
        found, took_s = await house.database.run(_timed_claim, endpoint_id, house.clock.now(), house.clock.uuid7)
        if len(found.deliveries) != CLAIM_LIMIT:
            raise RuntimeError(f"a claim found {len(found.deliveries)} deliveries only")
        claimed += found.deliveries
        took.append(took_s * 1000)
    return median(took)


def _timed_claim(
    tx: Transaction, endpoint_id: EndpointId, now: Millis, fresh_id: Callable[[], str]
) -> tuple[Claim, float]:
    started_s = time.perf_counter()
    found = claim(tx, endpoint_id, CLAIM_LIMIT, Lease(owner=OWNER, until=FOR_EVER), now, 0.0, fresh_id)
    return found, time.perf_counter() - started_s


async def _drain(house: House) -> float:
    """Let a lane go until so many have arrived; deliveries per second. Fills up what it took."""
    before = await house.delivered()
    outbound = HttpClient()
    try:
        async with Supervisor(house.clock) as supervisor:
            dispatcher = house.dispatcher(supervisor, outbound)
            started_s = time.perf_counter()
            await dispatcher.start()
            await house.await_delivered(before + DRAINED_ROWS, within_s=PATIENCE_S)
            took_s = time.perf_counter() - started_s
            await dispatcher.stop()
    finally:
        await outbound.close()
    await house.fill(await house.delivered() - before, data_of(DATA_BYTES))
    return DRAINED_ROWS / took_s
