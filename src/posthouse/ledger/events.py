"""Events in the ledger: written together with the deliveries they lead to, and read back.

`insert` is set-valued: waiting calls are merged into one. Its SQL takes the whole set as one JSON text and one run of
bytes, so that the database works through it without coming back to Python for each row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from posthouse.ledger.base import Row, Topic, Transaction, json_text, set_valued
from posthouse.ledger.parcels import OPEN, let_full_go
from posthouse.ledger.prompts import settle_prompts
from posthouse.ledger.searching import (
    SCAN,
    SEQ_MAX,
    Page,
    is_whole_id,
    newest_of,
    page_of,
    parameters,
    period,
    words_of,
)
from posthouse.model.deliveries import FILTER_FAILED, ClaimedDelivery, DeliveryStatus
from posthouse.model.errors import NotFound
from posthouse.model.events import Event
from posthouse.model.ids import (
    DEFAULT_PROJECT,
    BindingId,
    DeliveryId,
    EndpointId,
    EventId,
    Millis,
    ProjectId,
    SourceId,
)
from posthouse.rules.notices import Fate, Notice

COLUMNS = (
    "seq", "id", "project_id", "source_id", "origin", "machine", "type", "at", "recorded_at", "severity", "subject",
    "key", "expires_at", "supersede_key", "correlation_key", "audience", "hops",
)  # fmt: skip
"""The columns of `_event_row`, before its slice of the data."""
NO_LINE, BEHIND, HEAD = 0, 1, 2
FOLLOWED = "agent."
"""How the types of events begin that sources may follow: an index finds them, and their recording is announced."""


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds a claim, and until when on the owner's monotonic clock, in milliseconds."""

    owner: str
    until: int


class NewDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery to be born with its event; with a lease it is born in flight, by itself.

    `batch_max`: how many of its binding's may share a request; over 1 it waits, until `available_at`, for others.
    `is_unjudged`: its binding's filter failed for this event. It is kept with that as its reason while it waits, and
    goes by itself. `notice`: what it is as a notification: held, it waits for others until `available_at`; withheld, it
    has ended as it is born.
    """

    id: DeliveryId
    binding_id: BindingId
    endpoint_id: EndpointId
    revision: int
    available_at: Millis
    expires_at: Millis | None = None
    is_strict_order: bool = False
    batch_max: int = 1
    fingerprint: str | None = None
    lease: Lease | None = None
    is_unjudged: bool = False
    notice: Notice | None = None

    @property
    def is_withheld(self) -> bool:
        """Whether it is never sent."""
        return self.notice is not None and self.notice.fate is Fate.WITHHELD


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
    """Which events, before which position, newest first: those that fit every part that is given.

    `type` is a glob. `text` is looked for in type, subject, key, origin and the name of the source, and at the
    beginning of the id; a whole id that is known finds its own, and nothing else. The period is that in which the
    event was written down, without `until` itself. `limit` is 1 to 500.
    """

    source_id: int | None = None
    type: str | None = None
    origin: str | None = None
    text: str | None = None
    since: Millis | None = None
    until: Millis | None = None
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
    event_rows, delivery_rows, keys, data, newer, unsent = [], [], [], [], [], []
    settled = settle_prompts(tx, items, fresh)
    notices: list[tuple[Any, ...]] = []
    followed: set[int] = set()
    gathering: dict[BindingId, int] = {}
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
        if event.type.startswith(FOLLOWED):
            followed.add(event.source_id)
        claimed = []
        deliveries = settled.get(index, item.deliveries)
        if not deliveries:
            unsent.append(seq)
        for new in deliveries:
            seq += 1
            lanes.add(new.endpoint_id)
            if new.notice is not None and (new.is_withheld or new.notice.prompt_key is not None):
                notices.append(_notice_row(seq, event, new))
            if event.supersede_key is not None and not new.is_withheld:
                newer.append((new.binding_id, event.supersede_key, seq))
            delivery_rows.append(_delivery_row(seq, event_seq, event, new, in_line=_place(tx, new, busy)))
            if new.batch_max > 1 and _is_gathered(new) and new.available_at > event.recorded_at:
                gathering[new.binding_id] = new.batch_max
            if new.lease is not None:
                claimed.append(_born_in_flight(seq, event_seq, event, new))
        results[index] = Inserted(id=event.id, seq=event_seq, deliveries=len(deliveries), claimed=tuple(claimed))
    _insert_events(tx, event_rows, data)
    if keys:
        tx.change("insert_keys", keys=json_text(keys))
    if delivery_rows:
        tx.change("insert_deliveries", rows=json_text(delivery_rows))
        tx.announce(Topic.LANES, lanes)
    if notices:
        tx.change("note_notices", rows=json_text(notices))
    if unsent:
        tx.announce(Topic.EVENTS, unsent)
    if followed:
        tx.announce(Topic.FOLLOWED, followed)
    if newer:
        _supersede(tx, newer, event.recorded_at)
    for binding_id, batch_max in gathering.items():
        let_full_go(tx, binding_id, batch_max, event.recorded_at)


def _insert_events(tx: Transaction, rows: Sequence[tuple[Any, ...]], data: Sequence[msgspec.Raw]) -> None:
    if len(rows) == 1:
        # A lone event goes in without the detour over JSON, which would cost it a fifth of its time.
        *columns, _, _ = rows[0]
        tx.change("insert_event", **dict(zip(COLUMNS, columns, strict=True)), data=bytes(data[0]).decode())
    else:
        tx.change("insert_events", rows=json_text(rows), data=b"".join(data))


def _place(tx: Transaction, new: NewDelivery, busy: dict[BindingId, bool]) -> int:
    """The delivery's place in its binding's line; from here on the binding has one that has not ended."""
    if not new.is_strict_order or new.is_withheld:
        return NO_LINE
    if new.binding_id not in busy:
        busy[new.binding_id] = tx.value("count_unended", binding_id=new.binding_id) > 0
    place = BEHIND if busy[new.binding_id] else HEAD
    busy[new.binding_id] = True
    return place


def _supersede(tx: Transaction, newer: Sequence[tuple[BindingId, str, int]], now: Millis) -> None:
    """End what waits under the key of a newer one, those of this very call too, and let each line go on.

    What is being sent may still arrive; if it does not, it is not tried again beside the newer one.
    """
    tx.change("let_superseded_end", newer=json_text(newer), now=now)
    for binding_id in {row[0] for row in tx.all("supersede", newer=json_text(newer), now=now)}:
        tx.change("promote_head", binding_id=binding_id)


def _event_row(seq: int, event: Event, offset: int, size: int) -> tuple[Any, ...]:
    return (
        seq, event.id, event.project_id, event.source_id, event.origin, event.machine, event.type, event.at,
        event.recorded_at, event.severity, event.subject, event.key, event.expires_at, event.supersede_key,
        event.correlation_key, None if event.audience is None else json_text(event.audience), event.hops, offset, size,
    )  # fmt: skip


def _delivery_row(seq: int, event_seq: int, event: Event, new: NewDelivery, *, in_line: int) -> tuple[Any, ...]:
    lease, notice = new.lease, new.notice
    is_claimed = lease is not None
    status, reason = DeliveryStatus.IN_FLIGHT if is_claimed else DeliveryStatus.PENDING, None
    if new.is_unjudged:
        reason = FILTER_FAILED
    elif notice is not None:
        status, reason = DeliveryStatus.WITHHELD if new.is_withheld else status, notice.reason
    return (
        seq, new.id, event.project_id, event_seq, new.binding_id, new.endpoint_id, new.revision, 1, status,
        new.available_at, new.expires_at,
        int(is_claimed), in_line, int(is_claimed), lease.owner if lease else None,
        lease.until if lease else None, new.fingerprint, event.supersede_key, event.recorded_at,
        reason, OPEN if _is_gathered(new) else None,
    )  # fmt: skip


def _notice_row(seq: int, event: Event, new: NewDelivery) -> tuple[Any, ...]:
    """What asks about a prompt is found by it again; what says how the prompt ended is not asked for."""
    notice = new.notice
    asks = notice is not None and not notice.is_resolution
    return seq, event.recorded_at if new.is_withheld else None, notice.prompt_key if asks and notice else None


def _is_gathered(new: NewDelivery) -> bool:
    """Whether it waits for others to go with."""
    if new.notice is not None:
        return new.notice.fate is Fate.HELD
    return new.batch_max > 1 and new.lease is None and not new.is_unjudged


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
        is_unjudged=new.is_unjudged,
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


def page_events(tx: Transaction, query: EventQuery, *, scan: int = SCAN) -> Page[EventRow]:
    """One step of a search, over at most `scan` events."""
    oldest, before = period(tx, "event_from", query.since, query.until, query.before)
    span = {"oldest": oldest, "before": before, "scan": scan}
    text, walk = query.text, None
    if is_whole_id(text) and text is not None:
        everywhere = {"project_id": DEFAULT_PROJECT, "id": text.lower()}
        if tx.all("events_known_as", **everywhere, oldest=0, before=SEQ_MAX, scan=1):
            text, walk = None, tx.all("events_known_as", **everywhere, **span)
    seqs, next_before = newest_of([tx.all("events_between", **span) if walk is None else walk], scan)
    found = tx.all(
        "match_events",
        seqs=json_text(seqs),
        source_id=query.source_id,
        type=query.type,
        origin=query.origin,
        since=query.since,
        until=query.until,
        limit=query.limit,
        **parameters(words_of(text)),
    )
    seqs = [row[0] for row in found]
    rows = tx.all("read_events", seqs=json_text(seqs))
    items = [EventRow(**dict(zip(EventRow.__struct_fields__, row, strict=True))) for row in rows]
    return page_of(items, seqs, next_before, query.limit)


def events_behind(
    tx: Transaction, source_id: SourceId, after: int, *, limit: int, project_id: ProjectId = DEFAULT_PROJECT
) -> list[tuple[int, Event]]:
    """Events of a source behind a position whose types begin with `FOLLOWED`, oldest first, each with its position."""
    rows = tx.all("events_behind", project_id=project_id, source_id=source_id, after=after, limit=limit)
    return [(row[0], event_of(row[1:])) for row in rows]


def recorded_from(tx: Transaction, seq: int) -> Millis | None:
    """When the first event from a position on was written down."""
    row = tx.one("event_from", seq=seq)
    return None if row is None else row[1]


def event_of(row: Row) -> Event:
    """The event in a row that begins with its columns in the record's order."""
    values = dict(zip(Event.__struct_fields__, row, strict=True))
    values["data"] = msgspec.Raw(values["data"].encode())
    if values["audience"] is not None:
        values["audience"] = tuple(msgspec.json.decode(values["audience"]))
    return msgspec.convert(values, Event)
