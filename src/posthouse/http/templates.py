"""`/api/templates/preview`: what a filter, a message and a body would make of a source's newest real events.

Nothing is sent, stored or consumed. Only what may leave is looked at, as in a delivery: the source's choices, narrowed
by the shape's. A source that has told nothing yet and can be read is read for it.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from posthouse.http.problems import problems
from posthouse.http.services import Services
from posthouse.http.shapes import FilterView, ShapeView, enter_filter, enter_shape
from posthouse.ledger.base import Transaction
from posthouse.ledger.events import EventQuery, get_event, page_events
from posthouse.ledger.sources import get_source
from posthouse.ledger.targets import get_target
from posthouse.model.bindings import BodyFormat, Filter, Shape
from posthouse.model.errors import NotFound
from posthouse.model.events import Event
from posthouse.model.ids import EventId, Millis
from posthouse.model.messages import Message
from posthouse.model.sources import Source, SourceShape
from posthouse.model.targets import Target
from posthouse.pipeline.notices import dashboard_url
from posthouse.pipeline.sender import project
from posthouse.rules.expressions import ExpressionError, event_facts, filter_facts
from posthouse.rules.fields import field_list
from posthouse.rules.routing import is_true_of, matches
from posthouse.rules.shaping import WHERE, shape_event
from posthouse.sources.base import source_kind
from posthouse.targets.base import target_kind
from posthouse.targets.cloud_events import to_json

EVENTS_MAX = 5
BODY_SHOWN_MAX = 65_536
"""Characters of a body that are shown."""


class TemplateInput(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What to try, on the newest events of the source, or on one event of it. `target`: to whom it would go."""

    source: str | int
    target: str | int | None = None
    event: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None
    filter: FilterView = msgspec.field(default_factory=FilterView)
    shape: ShapeView = msgspec.field(default_factory=ShapeView)


class PlaceView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Why an event could not be told of: the field, and the character in it, from 0."""

    code: str
    detail: str
    field: str
    position: int


class MessageView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What people would be told."""

    title: str
    body: str
    priority: int
    tags: tuple[str, ...]
    click: str


class TriedEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One event, and what would become of it. `id` is null for one that is only being looked at.

    `isWanted`: whether the filter lets it through, null where it fails. `body`: what a webhook would be sent, its
    beginning at least. `error`: the first thing that fails; the delivery would be given up with it.
    """

    id: str | None
    type: str
    at: Millis
    subject: str | None
    is_wanted: bool | None
    message: MessageView | None
    body: str | None
    error: PlaceView | None


class NamedValue(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Something that a template can say of the newest event: the expression, and the beginning of what it says."""

    expression: str
    sample: str


class TemplatePreview(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was tried, newest first, and the fields of the newest event. Empty where the source has told nothing yet.

    `takesMessages`: whether the target speaks to people; null where none was named.
    """

    takes_messages: bool | None
    events: list[TriedEvent]
    fields: list[NamedValue]


class _Wanted(msgspec.Struct, frozen=True, kw_only=True):
    source: Source
    target: Target | None
    filter: Filter
    shape: Shape
    events: list[Event]


@post("/api/templates/preview", status_code=200, responses=problems(404, 413, 415))
async def preview_template(data: JSONBody[TemplateInput], services: NamedDependency[Services]) -> TemplatePreview:
    """What a filter and a shape would make of a source's newest events; nothing is sent."""
    wanted = await services.database.read(_read, data)
    is_looked_at = not wanted.events and source_kind(wanted.source.kind).shape is SourceShape.SNAPSHOT
    events = [await _look(services, wanted.source)] if is_looked_at else wanted.events
    dashboard = dashboard_url(services.configuration.settings, services.url)
    # Off the loop: five events may be large, and each is looked at three times.
    return await asyncio.to_thread(_preview, wanted, events, dashboard)


def _preview(wanted: _Wanted, events: list[Event], dashboard: str) -> TemplatePreview:
    return TemplatePreview(
        takes_messages=None if wanted.target is None else target_kind(wanted.target.kind).takes_messages,
        events=[_try(wanted, event, dashboard) for event in events],
        fields=_fields(wanted, events[0]) if events else [],
    )


async def _look(services: Services, source: Source) -> Event:
    """What a source that has told nothing yet would tell now."""
    preview = await services.collection.preview(source.id)
    now = services.clock.now()
    return Event(
        id=EventId(""),
        project_id=source.project_id,
        source_id=source.id,
        machine=services.machine,
        type=preview.event_type,
        at=now,
        recorded_at=now,
        data=preview.data,
    )


def _read(tx: Transaction, data: TemplateInput) -> _Wanted:
    source = get_source(tx, data.source)
    if data.event is None:
        rows = page_events(tx, EventQuery(source_id=source.id, limit=EVENTS_MAX)).items
        events = [get_event(tx, row.id) for row in rows]
    else:
        events = [get_event(tx, data.event)]
        if events[0].source_id != source.id:
            raise NotFound("event.not_found", f"Event {data.event} is not one of {source.name}.", field="event")
    wanted, shape = enter_filter(data.filter), enter_shape(data.shape, source)
    target = None if data.target is None else get_target(tx, data.target)
    return _Wanted(source=source, target=target, filter=wanted, shape=shape, events=events)


def _fields(wanted: _Wanted, event: Event) -> list[NamedValue]:
    data = project(wanted.source, wanted.shape, event.data)
    try:
        found = field_list(event_facts(event, data, source_name=wanted.source.name))
    except ExpressionError:
        return []
    return [NamedValue(expression=expression, sample=sample) for expression, sample in found]


def _try(wanted: _Wanted, event: Event, dashboard: str) -> TriedEvent:
    name = wanted.source.name
    is_wanted: bool | None = matches(wanted.filter, event)
    message, body, error = None, None, None
    try:
        if is_wanted:
            facts = filter_facts(event, source_name=name, machine=event.machine, now=event.recorded_at)
            is_wanted = is_true_of(wanted.filter, facts)
    except ExpressionError as failed:
        is_wanted, error = None, _place(failed.at(WHERE))
    try:
        data = project(wanted.source, wanted.shape, event.data)
        shaped = shape_event(event, data, wanted.shape, source_name=name, dashboard=dashboard)
        message = None if shaped.message is None else _view(shaped.message)
        body = _body(wanted.shape, event, shaped.data, shaped.body, name)
    except ExpressionError as failed:
        error = error or _place(failed)
    return TriedEvent(
        id=event.id or None,
        type=event.type,
        at=event.at,
        subject=event.subject,
        is_wanted=is_wanted,
        message=message,
        body=body,
        error=error,
    )


def _body(shape: Shape, event: Event, data: msgspec.Raw, own: bytes | None, name: str) -> str:
    match shape.format:
        case BodyFormat.CLOUDEVENTS:
            sent = to_json(event, data, source_name=name)
        case BodyFormat.RAW:
            sent = bytes(data)
        case BodyFormat.TEMPLATE:
            sent = own or b"null"
    return sent.decode()[:BODY_SHOWN_MAX]


def _place(error: ExpressionError) -> PlaceView:
    return PlaceView(code=error.code, detail=error.message, field=error.field or "", position=error.position)


def _view(message: Message) -> MessageView:
    values: dict[str, Any] = msgspec.structs.asdict(message)
    return MessageView(**values)
