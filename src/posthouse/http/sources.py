"""`/api/sources`: what notices, what of it may leave, and a look at the real data before anything does.

A source whose kind cannot be loaded is listed like any other, with the reason as its `problem`.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody

from posthouse.http.problems import problems
from posthouse.http.removal import RemovedView, dismiss_waiting, finish_removal
from posthouse.http.requests import LIMIT_DEFAULT, Cursor, Limit, Reference, StrictRequest, after, next_cursor
from posthouse.http.schedules import Silence, judge_silence
from posthouse.http.services import Services
from posthouse.ledger.base import Transaction
from posthouse.ledger.binding_changes import Removal, Waiting
from posthouse.ledger.expectations import expect, silence_of
from posthouse.ledger.sources import add_source, edit_source, get_source, list_sources, remove_source
from posthouse.ledger.tokens import Grant, TokenScope
from posthouse.model.bindings import Preset, Shape
from posthouse.model.errors import BadInput, Conflict, Forbidden, NotFound
from posthouse.model.expectations import Subject
from posthouse.model.ids import DEFAULT_PROJECT, Millis, SourceId
from posthouse.model.sources import Source, SourceShape
from posthouse.pipeline.activity import Activity, ActivityState
from posthouse.pipeline.removals import forget_removed_sources
from posthouse.rules.properties import allowed
from posthouse.sources.base import (
    DEFAULT_KINDS,
    ONLY_ONE,
    Preview,
    SourceKind,
    kind_problem,
    kind_to_add,
    load_kinds,
    source_kind,
)

MASK = "••••"

Properties = Annotated[dict[str, bool], msgspec.Meta(max_length=200)]


class PropertyView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A part of a source's data that its owner can switch on or off."""

    name: str
    title: str
    is_sensitive: bool
    is_summary: bool
    is_on: bool


class ActivityView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a source is doing.

    `secondsLeft`: until a buffered change is read. `nextRunAt` and `lastRun` (in words): of its bindings that go by the
    clock, the soonest and the latest.
    """

    state: ActivityState
    seconds_left: float | None
    detail: str
    next_run_at: Millis | None
    last_run: str


class SourceView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A source. `bindings` is how many there are. `silenceS`: it is told of when nothing was heard for so long.

    `isDefault`: it is there from the start and cannot be removed. `problem`: why its kind cannot be used.
    """

    id: int
    kind: str
    name: str
    title: str
    shape: SourceShape
    needs_schedule: bool
    is_default: bool
    is_enabled: bool
    settings: Any
    properties: list[PropertyView]
    activity: ActivityView
    bindings: int
    silence_s: float | None
    problem: str | None
    created_at: Millis
    updated_at: Millis


class SourceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A source, and what the ledger says around it."""

    source: Source
    bindings: int
    silence_s: float | None


class SourceList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A page of sources."""

    items: list[SourceView]
    next_cursor: str | None


class SourceInput(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A source to be made, of a kind of `/api/source-kinds`. It starts off; binding it switches it on."""

    kind: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    settings: dict[str, Any] = {}
    properties: Properties = {}
    silence_s: Silence | None = None


class SourceChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What to change. `settings` replace those there are; `properties` only those that are named.

    `silenceS`: null expects nothing any more.
    """

    settings: dict[str, Any] | None = None
    properties: Properties | None = None
    silence_s: Silence | msgspec.UnsetType | None = msgspec.UNSET


class PushedView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a push led to, and why where it led to nothing."""

    events: int
    deliveries: int
    note: str


class PreviewView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What would leave now. `sizes`: how many bytes of JSON that is by each preset, with nothing masked.

    `sensitive` are the JSON Pointers (RFC 6901) of values that are masked, if not revealed.
    """

    event_type: str
    data: Any
    sizes: dict[Preset, int]
    sensitive: list[str]
    found: str
    problems: list[str]


class PreviewInput(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """How it would be: with choices over the source's own, and by the preset of a binding."""

    properties: Properties = {}
    preset: Preset = Preset.FULL


@get("/api/sources", responses=problems())
async def list_all_sources(
    services: NamedDependency[Services], cursor: Cursor = None, limit: Limit = LIMIT_DEFAULT
) -> SourceList:
    """Every source."""
    found = await services.database.read(_page, after=after(cursor), limit=limit)
    return SourceList(
        items=[view_source(services, row) for row in found],
        next_cursor=next_cursor([row.source.id for row in found], limit),
    )


@post("/api/sources", responses=problems(409, 413, 415))
async def create_source(data: JSONBody[SourceInput], services: NamedDependency[Services]) -> SourceView:
    """Add a source. It is off until it is bound or switched on."""
    # Off the loop: the package that brings a kind may be slow to load.
    await asyncio.to_thread(load_kinds, [data.kind])
    kind = kind_to_add(data.kind)
    if data.kind in ONLY_ONE:
        raise BadInput("source.only_one", f"Of {data.kind} there is one source, which is there already.", field="kind")
    settings = kind.parse(data.settings)
    judge_properties(data.name, kind, data.properties, field="properties")
    made = await services.database.run(_add, data, settings, services.clock.now())
    await services.known.reload()
    services.silence.wake()
    return view_source(services, made)


@get("/api/sources/{reference:str}", responses=problems(404))
async def get_one_source(reference: Reference, services: NamedDependency[Services]) -> SourceView:
    """One source."""
    return view_source(services, await services.database.read(_read, reference))


@patch("/api/sources/{reference:str}", responses=problems(404, 413, 415))
async def change_source(
    reference: Reference, data: JSONBody[SourceChange], services: NamedDependency[Services]
) -> SourceView:
    """Change a source's settings or property choices; both hold from the next read on."""
    source = await services.database.read(get_source, reference)
    kind = source_kind(source.kind)
    settings = None if data.settings is None else kind.parse(data.settings)
    judge_properties(source.name, kind, data.properties or {}, field="properties")
    judge_silence(source, data.silence_s)
    await services.database.run(_edit, source.id, data, settings, services.clock.now())
    await services.known.reload()
    if data.settings is not None or data.properties is not None:
        await services.collection.restart(source.id)
    services.silence.wake()
    return await _view(services, source.id)


@delete("/api/sources/{reference:str}", status_code=200, responses=problems(404, 409))
async def delete_source(
    reference: Reference, services: NamedDependency[Services], waiting: FromQuery[Waiting] = Waiting.REFUSE
) -> RemovedView:
    """Remove a source with its bindings and all that it remembers; what it told stays, and is delivered or dismissed.

    Those that are there from the start cannot be removed: switch them off.
    """
    source = await services.database.read(get_source, reference)
    removal = await services.database.run(_remove, source.id, waiting, services.clock.now())
    await services.collection.end(source.id)
    await services.known.reload()
    if waiting is Waiting.DISMISS:
        await dismiss_waiting(services, removal)
    await forget_removed_sources(services.database)
    services.silence.wake()
    return await finish_removal(services, removal)


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
    return _view_preview(source, preview, is_revealed=reveal)


@post("/api/sources/{reference:str}/preview", status_code=200, responses=problems(404, 413, 415))
async def preview_choices(
    reference: Reference, data: JSONBody[PreviewInput], services: NamedDependency[Services]
) -> PreviewView:
    """What would leave now if its properties were chosen so; what is sensitive is masked. Changes nothing."""
    source = await services.database.read(get_source, reference)
    kind = source_kind(source.kind)
    judge_properties(source.name, kind, data.properties, field="properties")
    preview = await services.collection.preview(source.id, data.properties)
    wanted = msgspec.structs.replace(source, properties=source.properties | data.properties)
    return _view_preview(wanted, preview, preset=data.preset, is_revealed=False)


def view_source(services: Services, row: SourceRow) -> SourceView:
    """A source as the API shows it."""
    source, kind = row.source, source_kind(row.source.kind)
    return SourceView(
        id=source.id,
        kind=source.kind,
        name=source.name,
        title=kind.title,
        shape=kind.shape,
        needs_schedule=kind.needs_schedule,
        is_default=is_default(source),
        is_enabled=source.is_enabled,
        settings=source.settings,
        properties=[
            PropertyView(
                name=one.name,
                title=one.title,
                is_sensitive=one.is_sensitive,
                is_summary=one.is_summary,
                is_on=source.properties.get(one.name, one.default),
            )
            for one in kind.properties
        ],
        activity=view_activity(services, source.id),
        bindings=row.bindings,
        silence_s=row.silence_s,
        problem=kind_problem(source.kind),
        created_at=source.created_at,
        updated_at=source.updated_at,
    )


def view_activity(services: Services, source_id: SourceId) -> ActivityView:
    """What a source is doing, as the API shows it."""
    try:
        activity = services.collection.activity(source_id)
    except NotFound:
        # Added or removed between the look into the ledger and this one.
        activity = Activity(state=ActivityState.DISABLED)
    return ActivityView(
        state=activity.state,
        seconds_left=activity.seconds_left,
        detail=activity.detail,
        next_run_at=activity.next_run_at,
        last_run=activity.last_run,
    )


def is_default(source: Source) -> bool:
    """Whether a source is there from the start."""
    return source.kind in DEFAULT_KINDS and source.name == source.kind


def judge_properties(name: str, kind: SourceKind, choices: dict[str, bool], *, field: str) -> None:
    """Raise BadInput `source.unknown_property` where a kind has no such property."""
    known = {one.name for one in kind.properties}
    for chosen in choices:
        if chosen not in known:
            there = ", ".join(sorted(known)) or "none"
            message = f"{name[:100]} has no property {chosen[:100]!r}. There is: {there}."
            raise BadInput("source.unknown_property", message, field=f"{field}.{chosen[:100]}")


def _view_preview(source: Source, preview: Preview, *, preset: Preset = Preset.FULL, is_revealed: bool) -> PreviewView:
    kind, data = source_kind(source.kind), msgspec.json.decode(preview.data)

    def by(preset: Preset, shown: Any) -> Any:
        return kind.project(shown, allowed(kind.properties, source.properties, Shape(preset=preset)))

    sizes = {one: len(msgspec.json.encode(by(one, data))) for one in Preset}
    if not is_revealed:
        # Before anything is left out: the pointers are those of the whole.
        for pointer in preview.sensitive:
            data = mask(data, pointer)
    return PreviewView(
        event_type=preview.event_type,
        data=by(preset, data),
        sizes=sizes,
        sensitive=list(preview.sensitive),
        found=preview.found,
        problems=list(preview.problems),
    )


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


async def _view(services: Services, source_id: SourceId) -> SourceView:
    return view_source(services, await services.database.read(_read, source_id))


def _add(tx: Transaction, data: SourceInput, settings: msgspec.Raw, now: Millis) -> SourceRow:
    source = add_source(tx, kind=data.kind, name=data.name, settings=settings, properties=data.properties, now=now)
    expect(tx, Subject.SOURCE, source.id, data.silence_s, now)
    return _row(tx, source, 0)


def _edit(tx: Transaction, source_id: SourceId, data: SourceChange, settings: msgspec.Raw | None, now: Millis) -> None:
    edit_source(tx, source_id, settings=settings, properties=data.properties, now=now)
    if data.silence_s is not msgspec.UNSET:
        expect(tx, Subject.SOURCE, source_id, data.silence_s, now)


def _remove(tx: Transaction, source_id: SourceId, waiting: Waiting, now: Millis) -> Removal:
    source = get_source(tx, source_id)
    if is_default(source):
        can_be_off = "" if source_kind(source.kind).is_passive else " It can be switched off: posthouse source disable."
        raise Conflict("source.is_default", f"{source.name} is there from the start and stays.{can_be_off}")
    return remove_source(tx, source_id, waiting=waiting, now=now)


def _page(tx: Transaction, *, after: int, limit: int) -> list[SourceRow]:
    bindings: dict[SourceId, int] = dict(tx.all("binding_counts", project_id=DEFAULT_PROJECT))
    return [_row(tx, source, bindings.get(source.id, 0)) for source in list_sources(tx, after=after, limit=limit)]


def _read(tx: Transaction, reference: str | int) -> SourceRow:
    source = get_source(tx, reference)
    bindings: dict[SourceId, int] = dict(tx.all("binding_counts", project_id=DEFAULT_PROJECT))
    return _row(tx, source, bindings.get(source.id, 0))


def _row(tx: Transaction, source: Source, bindings: int) -> SourceRow:
    return SourceRow(source=source, bindings=bindings, silence_s=silence_of(tx, Subject.SOURCE, source.id))
