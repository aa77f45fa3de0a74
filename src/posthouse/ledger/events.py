"""Events in the ledger: written together with the deliveries they lead to, and read back.

`insert` is set-valued: waiting calls are merged into one. Its SQL takes the whole set as one JSON text and one run of
bytes, so that the database works through it without coming back to Python for each row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from posthouse.ledger.base import Row, Topic, Transaction, json_text, set_valued
from posthouse.model.deliveries import ClaimedDelivery, DeliveryStatus
from posthouse.model.errors import NotFound
from posthouse.model.events import Event
from posthouse.model.ids import DEFAULT_PROJECT, BindingId, DeliveryId, EndpointId, EventId, Millis, ProjectId

SEQ_MAX = 2**62
COLUMNS = (
    "seq", "id", "project_id", "source_id", "origin", "machine", "type", "at", "recorded_at", "severity", "subject",
    "key", "expires_at", "supersede_key", "correlation_key", "audience", "hops",
)  # fmt: skip
"""The columns of `_event_row`, before its slice of the data."""
NO_LINE, BEHIND, HEAD = 0, 1, 2


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds a claim, and until when on the owner's monotonic clock, in milliseconds."""

    owner: str
    until: int


class NewDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery to be born with its event; with a lease it is born in flight."""

    id: DeliveryId
    binding_id: BindingId
    endpoint_id: EndpointId
    revision: int
    available_at: Millis
    expires_at: Millis | None = None
    is_strict_order: bool = False
    fingerprint: str | None = None
    lease: Lease | None = None


class NewEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event and its planned deliveries. `routing` is the number of the routing that the plan was made from."""

    event: Event
    deliveries: tuple[NewDelivery, ...]
    routing: int


class Inserted(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one new event.

    `id` is the first event's where `is_duplicate`. `is_stale`: the routing has changed, nothing was written, plan
    again. `claimed` are the deliveries born in flight.
    """

    id: EventId
    seq: int = 0
    deliveries: int = 0
    is_duplicate: bool = False
    is_stale: bool = False
    claimed: tuple[ClaimedDelivery, ...] = ()


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """One event in a list: all but its data."""

    seq: int
    id: EventId
    project_id: ProjectId
    source_id: int
    source: str
    origin: str
    machine: str
    type: str
    at: Millis
    recorded_at: Millis
    severity: str
    subject: str | None
    data_bytes: int
    deliveries: int


class EventQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which events, before which position, newest first. `type` is a glob. `limit` is 1 to 500."""

    source_id: int | None = None
    type: str | None = None
    origin: str | None = None
    before: int = SEQ_MAX
    limit: int = 50


@set_valued
def insert(tx: Transaction, items: Sequence[NewEvent]) -> list[Inserted]:
    """Write events with their deliveries: one result per item, in order. Safe to repeat for items with a key.

    An item whose key is known is a duplicate and writes nothing; within one call the first of a key wins. Items that
    were planned under an older routing come back stale and write nothing.
    """
    routing, last_seq = tx.all("where_the_ledger_stands")[0]
    results: list[Inserted | None] = [
        None if item.routing == routing else Inserted(id=item.event.id, is_stale=True) for item in items
    ]
    _mark_duplicates(tx, items, results)
    fresh = [index for index, result in enumerate(results) if result is None]
    if fresh:
        _write(tx, items, fresh, results, last_seq)
    return [result for result in results if result is not None]


def _mark_duplicates(tx: Transaction, items: Sequence[NewEvent], results: list[Inserted | None]) -> None:
    first: dict[tuple[int, int, str, str], EventId] = {}
    asked = []
    for index, item in enumerate(items):
        event = item.event
        if event.key is None or results[index] is not None:
            continue
        name = (event.project_id, event.source_id, event.origin, event.key)
        if name in first:
            results[index] = Inserted(id=first[name], is_duplicate=True)
        else:
            first[name] = event.id
            asked.append((index, *name))
    if not asked:
        return
    known: dict[int, EventId] = dict(msgspec.json.decode(tx.value("find_keys", keys=json_text(asked))))
    renamed: dict[EventId, EventId] = {}
    for index, event_id in known.items():
        renamed[items[index].event.id] = event_id
        results[index] = Inserted(id=event_id, is_duplicate=True)
    for index, result in enumerate(results):
        if result is not None and result.is_duplicate and result.id in renamed:
            results[index] = Inserted(id=renamed[result.id], is_duplicate=True)


def _write(
    tx: Transaction, items: Sequence[NewEvent], fresh: list[int], results: list[Inserted | None], seq: int
) -> None:
    busy: dict[BindingId, bool] = {}
    lanes: set[EndpointId] = set()
    event_rows, delivery_rows, keys, data, newer = [], [], [], [], []
    offset = 1
    for index in fresh:
        item = items[index]
        event = item.event
        seq += 1
        event_seq = seq
        size = len(event.data)
        event_rows.append(_event_row(event_seq, event, offset, size))
        data.append(event.data)
        offset += size
        if event.key is not None:
            keys.append((event.project_id, event.source_id, event.origin, event.key, event_seq))
        claimed = []
        for new in item.deliveries:
            seq += 1
            lanes.add(new.endpoint_id)
            if event.supersede_key is not None:
                newer.append((new.binding_id, event.supersede_key, seq))
            delivery_rows.append(_delivery_row(seq, event_seq, event, new, in_line=_place(tx, new, busy)))
            if new.lease is not None:
                claimed.append(_born_in_flight(seq, event_seq, event, new))
        results[index] = Inserted(id=event.id, seq=event_seq, deliveries=len(item.deliveries), claimed=tuple(claimed))
    if len(event_rows) == 1:
        # A lone event goes in without the detour over JSON, which would cost it a fifth of its time.
        *columns, _, _ = event_rows[0]
        tx.change("insert_event", **dict(zip(COLUMNS, columns, strict=True)), data=bytes(data[0]).decode())
    else:
        tx.change("insert_events", rows=json_text(event_rows), data=b"".join(data))
    if keys:
        tx.change("insert_keys", keys=json_text(keys))
    if delivery_rows:
        tx.change("insert_deliveries", rows=json_text(delivery_rows))
        tx.announce(Topic.LANES, lanes)
    if newer:
        _supersede(tx, newer, event.recorded_at)


def _place(tx: Transaction, new: NewDelivery, busy: dict[BindingId, bool]) -> int:
    """The delivery's place in its binding's line; from here on the binding has one that has not ended."""
    if not new.is_strict_order:
        return NO_LINE
    if new.binding_id not in busy:
        busy[new.binding_id] = tx.value("count_unended", binding_id=new.binding_id) > 0
    place = BEHIND if busy[new.binding_id] else HEAD
    busy[new.binding_id] = True
    return place


def _supersede(tx: Transaction, newer: Sequence[tuple[BindingId, str, int]], now: Millis) -> None:
    """End what waits under the key of a newer one, those of this very call too, and let each line go on."""
    for binding_id in {row[0] for row in tx.all("supersede", newer=json_text(newer), now=now)}:
        tx.change("promote_head", binding_id=binding_id)


def _event_row(seq: int, event: Event, offset: int, size: int) -> tuple[Any, ...]:
    return (
        seq, event.id, event.project_id, event.source_id, event.origin, event.machine, event.type, event.at,
        event.recorded_at, event.severity, event.subject, event.key, event.expires_at, event.supersede_key,
        event.correlation_key, None if event.audience is None else json_text(event.audience), event.hops, offset, size,
    )  # fmt: skip


def _delivery_row(seq: int, event_seq: int, event: Event, new: NewDelivery, *, in_line: int) -> tuple[Any, ...]:
    lease = new.lease
    is_claimed = lease is not None
    return (
        seq, new.id, event.project_id, event_seq, new.binding_id, new.endpoint_id, new.revision, 1,
        DeliveryStatus.IN_FLIGHT if is_claimed else DeliveryStatus.PENDING, new.available_at, new.expires_at,
        int(is_claimed), in_line, int(is_claimed), lease.owner if lease else None,
        lease.until if lease else None, new.fingerprint, event.supersede_key, event.recorded_at,
    )  # fmt: skip


def _born_in_flight(seq: int, event_seq: int, event: Event, new: NewDelivery) -> ClaimedDelivery:
    return ClaimedDelivery(
        seq=seq,
        id=new.id,
        event_seq=event_seq,
        binding_id=new.binding_id,
        endpoint_id=new.endpoint_id,
        revision=new.revision,
        fence=1,
        attempt=1,
        charged=0,
        available_at=new.available_at,
        expires_at=new.expires_at,
        is_due=True,
        is_probe=False,
        event=event,
    )


def newest_fingerprint(tx: Transaction, binding_id: BindingId) -> str | None:
    """The fingerprint of the binding's newest delivery that is not dlq, dismissed or expired."""
    found: str | None = tx.value("newest_fingerprint", binding_id=binding_id)
    return found


def get_event(tx: Transaction, event_id: str, *, project_id: ProjectId = DEFAULT_PROJECT) -> Event:
    """One event, whole. Raises NotFound `event.not_found`."""
    row = tx.one("get_event", id=event_id, project_id=project_id)
    if row is None:
        raise NotFound("event.not_found", f"There is no event {event_id}. It may have been removed by retention.")
    return event_of(row[1:])


def page_events(tx: Transaction, query: EventQuery) -> list[EventRow]:
    """A page of events, newest first."""
    rows = tx.all(
        "page_events",
        source_id=query.source_id,
        type=query.type,
        origin=query.origin,
        before=query.before,
        limit=query.limit,
    )
    return [EventRow(**dict(zip(EventRow.__struct_fields__, row, strict=True))) for row in rows]


def event_of(row: Row) -> Event:
    """The event in a row that begins with its columns in the record's order."""
    values = dict(zip(Event.__struct_fields__, row, strict=True))
    values["data"] = msgspec.Raw(values["data"].encode())
    if values["audience"] is not None:
        values["audience"] = tuple(msgspec.json.decode(values["audience"]))
    return msgspec.convert(values, Event)
