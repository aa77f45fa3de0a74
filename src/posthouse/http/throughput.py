"""`/api/throughput`: how much was delivered and how quickly, by the clock, over the last hour or the last day."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from posthouse.http.problems import problems
from posthouse.http.requests import OptionalReference
from posthouse.http.services import Services
from posthouse.ledger.base import Transaction
from posthouse.ledger.targets import get_target
from posthouse.ledger.throughput import Tally, Throughput, ThroughputBucket, ThroughputWindow, read_throughput
from posthouse.model.ids import Millis


class ThroughputView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A window in buckets of `bucketMs`, the oldest first, the present one last. `totals` are of all of them."""

    window: ThroughputWindow
    bucket_ms: int
    buckets: list[ThroughputBucket]
    totals: Tally


@get("/api/throughput", responses=problems(404))
async def get_throughput(
    services: NamedDependency[Services],
    window: Annotated[
        ThroughputWindow, QueryParameter(description="The last hour by the minute, or the last day by the half hour.")
    ] = ThroughputWindow.HOUR,
    target: OptionalReference = None,
) -> ThroughputView:
    """How many tries arrived and failed, and how long it took, in even steps up to now.

    Buckets are aligned to the clock (UTC); a try counts in that in which it ended. Latencies are of the tries that
    arrived, and null where there was none: `p50Ms` and `p95Ms` of the requests alone, `arrivedP50Ms` and `arrivedP95Ms`
    from when the event was recorded until it had arrived. They are exact below 32 ms, and off by at most 1/32 (3.2 %)
    above.
    """
    found = await services.database.read(_read, window, target, services.clock.now())
    return ThroughputView(window=window, bucket_ms=window.bucket_ms, buckets=found.buckets, totals=found.totals)


def _read(tx: Transaction, window: ThroughputWindow, target: str | None, now: Millis) -> Throughput:
    target_id = None if target is None else get_target(tx, target).id
    return read_throughput(tx, window, now, target_id=target_id)
