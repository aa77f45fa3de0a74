"""Throughput: how many tries were taken and failed, and how long it took, by the clock.

Counted in the transaction that records the attempts, so that no look at it reads attempts: by minute, endpoint and
measure, and of what was taken by bin of its latency (`rules.latency`). A try counts in the minute in which it ended.

    measure   what is counted                       bin
    failed    tries that did not arrive             0
    taken     tries that did                        of how long the request took
    arrived   the same ones                         of how long it was from being recorded to arriving

Minutes that no hour looks at any more are folded into half hours, and those that no day looks at go. What is counted
outlives the attempts, should these be removed earlier.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

import msgspec

from posthouse.ledger.base import Transaction, json_text
from posthouse.model.ids import DEFAULT_PROJECT, EndpointId, Millis, ProjectId, TargetId
from posthouse.rules.latency import bin_of, percentile_of

MINUTE_MS = 60_000
HALF_HOUR_MS = 30 * MINUTE_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

FOLDED_AFTER_MS = 2 * HOUR_MS
KEPT_MS = 2 * DAY_MS
"""Both twice as long as anything is looked at, so that a clock that is set back a little leaves no hole."""

FAILED, TAKEN, ARRIVED = "failed", "taken", "arrived"


class ThroughputWindow(StrEnum):
    """How far back to look: an hour in 60 minutes, or a day in 48 half hours. The last one is the present."""

    HOUR = "hour"
    DAY = "day"

    @property
    def bucket_ms(self) -> int:
        """How long a bucket is."""
        return MINUTE_MS if self is ThroughputWindow.HOUR else HALF_HOUR_MS

    @property
    def buckets(self) -> int:
        """How many there are."""
        return 60 if self is ThroughputWindow.HOUR else 48


class Ended(NamedTuple):
    """A try that has ended. `recorded_at`: when its event was, or None where the try did not arrive."""

    project_id: ProjectId
    endpoint_id: EndpointId
    at: Millis
    took_ms: int
    recorded_at: Millis | None


class Tally(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Tries that ended within a time, and how long those took that were taken; None where none was.

    `p50_ms` and `p95_ms`: half and 95 of 100 of the requests took no longer. `arrived_p50_ms` and `arrived_p95_ms`: the
    same of the whole way, from when the event was recorded until it had arrived. Exact below 32 ms, and off by at most
    1/32 (3.2 %) above.
    """

    delivered: int
    failed: int
    p50_ms: int | None
    p95_ms: int | None
    arrived_p50_ms: int | None
    arrived_p95_ms: int | None


class ThroughputBucket(Tally, frozen=True, kw_only=True, rename="camel"):
    """What ended within one bucket, which begins `at`."""

    at: Millis


class Throughput(msgspec.Struct, frozen=True, kw_only=True):
    """Every bucket of a window, the oldest first, and all of them together."""

    buckets: list[ThroughputBucket]
    totals: Tally


_Books = Mapping[str, Mapping[int, int]]
"""How many by measure and bin."""


def count_tries(tx: Transaction, ended: Iterable[Ended]) -> None:
    """Count tries, in the transaction that records them."""
    counts: Counter[tuple[int, int, int, str, int]] = Counter()
    for project_id, endpoint_id, at, took_ms, recorded_at in ended:
        minute = at - at % MINUTE_MS
        if recorded_at is None:
            counts[project_id, minute, endpoint_id, FAILED, 0] += 1
        else:
            counts[project_id, minute, endpoint_id, TAKEN, bin_of(took_ms)] += 1
            counts[project_id, minute, endpoint_id, ARRIVED, bin_of(at - recorded_at)] += 1
    if counts:
        tx.change("count_tries", rows=json_text([(*key, count) for key, count in counts.items()]))


def read_throughput(
    tx: Transaction,
    window: ThroughputWindow,
    now: Millis,
    *,
    target_id: TargetId | None = None,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> Throughput:
    """What ended in the window up to now, of one target or of all. Buckets are aligned to the clock, in UTC."""
    size = window.bucket_ms
    last = now - now % size
    starts = range(last - (window.buckets - 1) * size, last + size, size)
    rows = tx.all(
        "read_throughput",
        project_id=project_id,
        target_id=target_id,
        bucket_ms=size,
        since=starts.start,
        until=starts.stop,
    )
    books: dict[int, dict[str, Counter[int]]] = {at: _empty_books() for at in starts}
    together = _empty_books()
    for at, measure, number, count in rows:
        books[at][measure][number] += count
        together[measure][number] += count
    return Throughput(
        buckets=[ThroughputBucket(at=Millis(at), **msgspec.structs.asdict(_tally(books[at]))) for at in starts],
        totals=_tally(together),
    )


def tidy_throughput(tx: Transaction, now: Millis) -> bool:
    """Remove what is too old, and fold one half hour of minutes into one; whether that was all. Safe to repeat."""
    tx.change("remove_throughput", before=now - KEPT_MS)
    before = now - FOLDED_AFTER_MS
    before -= before % HALF_HOUR_MS
    first = tx.value("first_unfolded", bucket_ms=HALF_HOUR_MS, before=before)
    if first is None:
        return True
    since = first - first % HALF_HOUR_MS
    tx.change("fold_throughput", since=since, until=since + HALF_HOUR_MS)
    tx.change("remove_folded", since=since, until=since + HALF_HOUR_MS)
    return False


def _empty_books() -> dict[str, Counter[int]]:
    return {measure: Counter() for measure in (FAILED, TAKEN, ARRIVED)}


def _tally(books: _Books) -> Tally:
    return Tally(
        delivered=sum(books[TAKEN].values()),
        failed=sum(books[FAILED].values()),
        p50_ms=percentile_of(books[TAKEN], 50),
        p95_ms=percentile_of(books[TAKEN], 95),
        arrived_p50_ms=percentile_of(books[ARRIVED], 50),
        arrived_p95_ms=percentile_of(books[ARRIVED], 95),
    )
