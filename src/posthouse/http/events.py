"""`/api/events`: what happened, newest first, and one event whole. Posting is in `ingest`."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from posthouse.http.deliveries import DeliveryView, view_delivery
from posthouse.http.problems import problems
from posthouse.http.requests import (
    LIMIT_DEFAULT,
    Cursor,
    Limit,
    OptionalReference,
    Reference,
    Word,
    after,
    next_cursor,
)
from posthouse.http.services import Services
from posthouse.ledger.base import Transaction
from posthouse.ledger.deliveries import deliveries_of_event
from posthouse.ledger.events import SEQ_MAX, EventQuery, EventRow, get_event, page_events
from posthouse.ledger.sources import get_source
from posthouse.model.deliveries import Delivery
from posthouse.model.events import Event, Severity
from posthouse.model.ids import Millis


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
    """A page of events, newest first."""

    items: list[EventView]
    next_cursor: str | None


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
    event_type: Annotated[
        str | None, QueryParameter(name="type", min_length=1, max_length=200, description="A type, or a glob.")
    ] = None,
    origin: Word = None,
    cursor: Cursor = None,
    limit: Limit = LIMIT_DEFAULT,
) -> EventList:
    """Events, newest first."""
    query = EventQuery(type=event_type, origin=origin, before=after(cursor) or SEQ_MAX, limit=limit)
    found = await services.database.read(_page, query, source)
    return EventList(items=[_view(row) for row in found], next_cursor=next_cursor([row.seq for row in found], limit))


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


def _page(tx: Transaction, query: EventQuery, source: str | None) -> list[EventRow]:
    source_id = None if source is None else get_source(tx, source, even_removed=True).id
    return page_events(tx, msgspec.structs.replace(query, source_id=source_id))


def _read(tx: Transaction, event_id: str) -> tuple[Event, str, list[Delivery]]:
    event = get_event(tx, event_id)
    return event, get_source(tx, event.source_id, even_removed=True).name, deliveries_of_event(tx, event_id)
