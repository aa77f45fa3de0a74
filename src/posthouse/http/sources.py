"""`/api/sources`: what notices, what of it may leave, and a look at the real data before anything does."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody

from posthouse.http.problems import problems
from posthouse.http.requests import LIMIT_DEFAULT, Cursor, Limit, Reference, StrictRequest, after, next_cursor
from posthouse.http.services import Services
from posthouse.ledger.base import Transaction
from posthouse.ledger.bindings import list_bindings
from posthouse.ledger.sources import edit_source, get_source, list_sources
from posthouse.ledger.tokens import Grant, TokenScope
from posthouse.model.errors import BadInput, Forbidden
from posthouse.model.ids import Millis
from posthouse.model.sources import Source, SourceShape
from posthouse.pipeline.collection import Activity, ActivityState
from posthouse.sources.base import SourceKind, source_kind

MASK = "••••"

Properties = Annotated[dict[str, bool], msgspec.Meta(max_length=200)]


class PropertyView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A part of a source's data that its owner can switch on or off."""

    name: str
    title: str
    is_sensitive: bool
    is_on: bool


class ActivityView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a source is doing. `secondsLeft`: until a buffered change is read."""

    state: ActivityState
    seconds_left: float | None
    detail: str


class SourceView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A source. `bindings` is how many there are."""

    id: int
    kind: str
    name: str
    title: str
    shape: SourceShape
    is_enabled: bool
    settings: Any
    properties: list[PropertyView]
    activity: ActivityView
    bindings: int
    created_at: Millis
    updated_at: Millis


class SourceList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A page of sources."""

    items: list[SourceView]
    next_cursor: str | None


class SourceChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What to change. `settings` replace those there are; `properties` only those that are named."""

    settings: dict[str, Any] | None = None
    properties: Properties | None = None


class PushedView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a push led to, and why where it led to nothing."""

    events: int
    deliveries: int
    note: str


class PreviewView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What would leave now. `sensitive` are the JSON Pointers (RFC 6901) of values that are masked, if not revealed."""

    event_type: str
    data: Any
    sensitive: list[str]
    found: str
    problems: list[str]


@get("/api/sources", responses=problems())
async def list_all_sources(
    services: NamedDependency[Services], cursor: Cursor = None, limit: Limit = LIMIT_DEFAULT
) -> SourceList:
    """Every source."""
    found = await services.database.read(_page, after=after(cursor), limit=limit)
    return SourceList(
        items=[view_source(services, source, bindings) for source, bindings in found],
        next_cursor=next_cursor([source.id for source, _ in found], limit),
    )


@get("/api/sources/{reference:str}", responses=problems(404))
async def get_one_source(reference: Reference, services: NamedDependency[Services]) -> SourceView:
    """One source."""
    source, bindings = await services.database.read(_read, reference)
    return view_source(services, source, bindings)


@patch("/api/sources/{reference:str}", responses=problems(404, 413, 415))
async def change_source(
    reference: Reference, data: JSONBody[SourceChange], services: NamedDependency[Services]
) -> SourceView:
    """Change a source's settings or property choices; both hold from the next read on."""
    source = await services.database.read(get_source, reference)
    kind = source_kind(source.kind)
    settings = None if data.settings is None else kind.parse(data.settings)
    _judge_properties(source, kind, data.properties or {})
    await services.database.run(
        edit_source, source.id, settings=settings, properties=data.properties, now=services.clock.now()
    )
    await services.known.reload()
    await services.collection.restart(source.id)
    return await _view(services, source.id)


@post("/api/sources/{reference:str}/enable", status_code=200, responses=problems(404))
async def enable_one_source(reference: Reference, services: NamedDependency[Services]) -> SourceView:
    """Switch a source on. Safe to repeat."""
    source = await services.database.read(get_source, reference)
    await services.collection.enable(source.id)
    return await _view(services, source.id)


@post("/api/sources/{reference:str}/disable", status_code=200, responses=problems(404))
async def disable_one_source(reference: Reference, services: NamedDependency[Services]) -> SourceView:
    """Switch a source off; what it has told is kept and delivered. Safe to repeat."""
    source = await services.database.read(get_source, reference)
    await services.collection.disable(source.id)
    return await _view(services, source.id)


@post("/api/sources/{reference:str}/push", status_code=200, responses=problems(404, 507))
async def push_source(reference: Reference, services: NamedDependency[Services]) -> PushedView:
    """Read a snapshot source now and send what it says, changed or not."""
    source = await services.database.read(get_source, reference)
    pushed = await services.collection.push(source.id)
    return PushedView(events=pushed.events, deliveries=pushed.deliveries, note=pushed.note)


@get("/api/sources/{reference:str}/preview", responses=problems(404))
async def preview_source(
    reference: Reference, request: StrictRequest, services: NamedDependency[Services], reveal: FromQuery[bool] = False
) -> PreviewView:
    """What would leave now; nothing is sent or consumed. `reveal` needs a token of scope admin."""
    grant: Grant = request.auth
    if reveal and grant.scope is not TokenScope.ADMIN:
        raise Forbidden("auth.scope", f"This token is for {grant.scope} only; to reveal what is sensitive needs admin.")
    source = await services.database.read(get_source, reference)
    preview = await services.collection.preview(source.id)
    data = msgspec.json.decode(preview.data)
    if not reveal:
        for pointer in preview.sensitive:
            data = mask(data, pointer)
    return PreviewView(
        event_type=preview.event_type,
        data=data,
        sensitive=list(preview.sensitive),
        found=preview.found,
        problems=list(preview.problems),
    )


def view_source(services: Services, source: Source, bindings: int) -> SourceView:
    """A source as the API shows it."""
    kind = source_kind(source.kind)
    return SourceView(
        id=source.id,
        kind=source.kind,
        name=source.name,
        title=kind.title,
        shape=kind.shape,
        is_enabled=source.is_enabled,
        settings=source.settings,
        properties=[
            PropertyView(
                name=one.name,
                title=one.title,
                is_sensitive=one.is_sensitive,
                is_on=source.properties.get(one.name, one.default),
            )
            for one in kind.properties
        ],
        activity=view_activity(services.collection.activity(source.id)),
        bindings=bindings,
        created_at=source.created_at,
        updated_at=source.updated_at,
    )


def view_activity(activity: Activity) -> ActivityView:
    """An activity as the API shows it."""
    return ActivityView(state=activity.state, seconds_left=activity.seconds_left, detail=activity.detail)


def mask(data: Any, pointer: str) -> Any:
    """The data with the value at a JSON Pointer (RFC 6901) masked; unchanged where there is none."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    return _mask(data, steps)


def _mask(data: Any, steps: list[str]) -> Any:
    if not steps:
        return MASK
    step, *rest = steps
    if isinstance(data, dict) and step in data:
        return data | {step: _mask(data[step], rest)}
    if isinstance(data, list) and step.isascii() and step.isdigit() and int(step) < len(data):
        index = int(step)
        return [*data[:index], _mask(data[index], rest), *data[index + 1 :]]
    return data


def _judge_properties(source: Source, kind: SourceKind, choices: dict[str, bool]) -> None:
    known = {one.name for one in kind.properties}
    for name in choices:
        if name not in known:
            there = ", ".join(sorted(known)) or "none"
            message = f"{source.name} has no property {name[:100]!r}. There is: {there}."
            raise BadInput("source.unknown_property", message, field=f"properties.{name[:100]}")


async def _view(services: Services, source_id: int) -> SourceView:
    source, bindings = await services.database.read(_read, source_id)
    return view_source(services, source, bindings)


def _page(tx: Transaction, *, after: int, limit: int) -> list[tuple[Source, int]]:
    return [
        (source, len(list_bindings(tx, source_id=source.id))) for source in list_sources(tx, after=after, limit=limit)
    ]


def _read(tx: Transaction, reference: str | int) -> tuple[Source, int]:
    source = get_source(tx, reference)
    return source, len(list_bindings(tx, source_id=source.id))
