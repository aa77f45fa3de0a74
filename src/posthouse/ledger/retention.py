"""Retention: what has ended and is old leaves, in small steps; what a person may still need stays.

An event goes with all that belongs to it (deliveries, attempts, bodies, idempotency key) once it is older than the
limit, all its deliveries have ended, none of them was given up (dlq stays until a person replays or dismisses it), and
none is its binding's newest, nor the newest that change detection compares with. The very last event stays too:
positions in the ledger are never given twice.
"""

from __future__ import annotations

import msgspec

from posthouse.ledger.base import Topic, Transaction, json_text
from posthouse.ledger.ends import settle
from posthouse.ledger.parcels import forget, parcels_of
from posthouse.model.ids import EndpointId, Millis

STEP = 200
"""Events looked at in one step: a few milliseconds of the writer's time."""


class Swept(msgspec.Struct, frozen=True, kw_only=True):
    """One step's work. `after` is where the next step begins, None at the end.

    `is_young`: nothing in this step was old enough. As events lie in the order in which they were recorded, there is
    nothing behind it either, unless the clock was once set back.
    """

    removed: int
    after: int | None
    is_young: bool


def sweep(tx: Transaction, before: Millis, after: int, *, limit: int = STEP) -> Swept:
    """Remove what was recorded before an instant, and may go, of the `limit` events behind position `after`."""
    rows = tx.all("old_events", before=before, after=after, limit=limit)
    going = [seq for seq, state in rows if state == "goes"]
    removed = 0
    if going:
        seqs = json_text(going)
        parcel_ids = parcels_of(tx, seqs)
        tx.change("remove_attempts", seqs=seqs)
        tx.change("remove_bodies", seqs=seqs)
        tx.announce(Topic.LANES, {row[0] for row in tx.all("remove_deliveries", seqs=seqs)})
        tx.change("remove_keys", seqs=seqs)
        removed = tx.change("remove_events", seqs=seqs)
        if parcel_ids:
            forget(tx, parcel_ids)
    return Swept(
        removed=removed,
        after=rows[-1][0] if len(rows) == limit else None,
        is_young=all(state == "young" for _, state in rows),
    )


class Expired(msgspec.Struct, frozen=True, kw_only=True):
    """How many deliveries have expired, and the endpoints whose lanes may go on with the next."""

    count: int
    woken: frozenset[EndpointId]


def expire(tx: Transaction, now: Millis, *, limit: int = 500) -> Expired:
    """End at most `limit` waiting deliveries whose time is over, paused or not."""
    rows = tx.all("expire", now=now, limit=limit)
    settle(tx, {row[0] for row in rows}, now)
    if rows:
        tx.announce(Topic.LANES, {row[1] for row in rows})
    return Expired(count=len(rows), woken=frozenset(EndpointId(row[1]) for row in rows))


def next_expiry(tx: Transaction) -> Millis | None:
    """When the next waiting delivery expires."""
    found: Millis | None = tx.value("next_expiry")
    return found


def free_pages(tx: Transaction) -> int:
    """How many pages of the file are empty."""
    return int(tx.value("free_pages"))


def vacuum_some(tx: Transaction) -> int:
    """Give some empty pages back to the file system; how many are still empty."""
    tx.all("vacuum_some")
    return free_pages(tx)
