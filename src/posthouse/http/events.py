"""`/api/events`: what happened, newest first, and one event whole. Posting is in `ingest`."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import get
from litestar.di import NamedDependency

from posthouse.http.deliveries import DeliveryView, view_delivery
from posthouse.http.delivery_filters import EventType
from posthouse.http.problems import problems
from posthouse.http.requests import (
    LIMIT_DEFAULT,
    Cursor,
    Limit,
    OptionalReference,
    Reference,
    SearchText,
    Since,
    Until,
    Word,
    after,
    cursor_at,
)
from posthouse.http.services import Services
from posthouse.ledger.base import Transaction
from posthouse.ledger.deliveries import deliveries_of_event
from posthouse.ledger.events import EventQuery, EventRow, get_event
from posthouse.ledger.searching import SEQ_MAX
from posthouse.ledger.sources import get_source
from posthouse.model.deliveries import Delivery
from posthouse.model.events import Event, Severity
from posthouse.model.ids import Millis
from posthouse.pipeline.finding import find_events


class EventView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An event in a list: all but its data."""

    id: str
    source_id: int
    source: str
    origin: str
    machine: str
    type: str
    at: Millis
    recorded_at: Millis
    severity: Severity
    subject: str | None
    data_bytes: int
    deliveries: int


class EventList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A page of events, newest first. Short pages, and `searchedTo`, are as with deliveries."""

    items: list[EventView]
    next_cursor: str | None
    searched_to: Millis | None


class EventDetail(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An event with its data and what became of it."""

    id: str
    source_id: int
    source: str
    origin: str
    machine: str
    type: str
    at: Millis
    recorded_at: Millis
    severity: Severity
    subject: str | None
    key: str | None
    expires_at: Millis | None
    correlation_key: str | None
    supersede_key: str | None
    hops: int
    data: Any
    deliveries: list[DeliveryView]


@get("/api/events", responses=problems(404))
async def list_events(
    services: NamedDependency[Services],
    source: OptionalReference = None,
    event_type: EventType = None,
    origin: Word = None,
    search: SearchText = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = LIMIT_DEFAULT,
) -> EventList:
    """Events, newest first."""
    query = EventQuery(
        source_id=None if source is None else await services.database.read(_source_id, source),
        type=event_type,
        origin=origin,
        text=search,
        since=None if since is None else Millis(since),
        until=None if until is None else Millis(until),
        before=after(cursor) or SEQ_MAX,
        limit=limit,
    )
    found = await find_events(services.database, query)
    return EventList(
        items=[_view(row) for row in found.items],
        next_cursor=cursor_at(found.next_before),
        searched_to=found.searched_to,
    )


@get("/api/events/{reference:str}", responses=problems(404))
async def get_one_event(reference: Reference, services: NamedDependency[Services]) -> EventDetail:
    """One event with its data and its deliveries."""
    event, source, deliveries = await services.database.read(_read, reference[:100])
    return EventDetail(
        id=event.id,
        source_id=event.source_id,
        source=source,
        origin=event.origin,
        machine=event.machine,
        type=event.type,
        at=event.at,
        recorded_at=event.recorded_at,
        severity=event.severity,
        subject=event.subject,
        key=event.key,
        expires_at=event.expires_at,
        correlation_key=event.correlation_key,
        supersede_key=event.supersede_key,
        hops=event.hops,
        data=event.data,
        deliveries=[view_delivery(one) for one in deliveries],
    )


def _view(row: EventRow) -> EventView:
    values = {name: getattr(row, name) for name in EventView.__struct_fields__}
    return EventView(**values | {"severity": Severity(row.severity)})


def _source_id(tx: Transaction, source: str) -> int:
    return get_source(tx, source, even_removed=True).id


def _read(tx: Transaction, event_id: str) -> tuple[Event, str, list[Delivery]]:
    event = get_event(tx, event_id)
    return event, get_source(tx, event.source_id, even_removed=True).name, deliveries_of_event(tx, event_id)
