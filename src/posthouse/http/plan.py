"""`POST /api/bindings/plan`: what a binding would send, where and when, and how that is protected. Changes nothing.

The binding is made (or changed) as it would be, with every judgement of that, and undone before it is committed: so a
plan refuses what the real thing refuses, and says when the real thing would run.
"""

from __future__ import annotations

from typing import NoReturn
from urllib.parse import urlsplit

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody

from posthouse.http.bindings import BindingInput, BindingPatch, add_bound, binding_id_of, edit_bound
from posthouse.http.problems import problems
from posthouse.http.requests import Reference
from posthouse.http.services import Services
from posthouse.ledger.base import Transaction
from posthouse.ledger.bindings import BindingRow, BindingState
from posthouse.ledger.endpoints import get_endpoint
from posthouse.ledger.events import EventQuery, get_event, page_events
from posthouse.ledger.runs import run_states
from posthouse.ledger.sources import get_source
from posthouse.ledger.targets import get_target
from posthouse.model.bindings import BodyFormat
from posthouse.model.deliveries import NOTIFY, RUN, ClaimedDelivery, SentRequest
from posthouse.model.errors import PosthouseError
from posthouse.model.events import EMPTY_OBJECT, Event
from posthouse.model.ids import BindingId, DeliveryId, EventId, Millis, ParcelId
from posthouse.model.sources import Source, SourceShape
from posthouse.model.targets import Endpoint, Target
from posthouse.pipeline.notices import dashboard_url, notice_policy
from posthouse.pipeline.sender import project
from posthouse.rules.expressions import ExpressionError, filter_facts
from posthouse.rules.notices import WITHHELD_WORDS, Withheld, judge_notice, words_of
from posthouse.rules.properties import allowed
from posthouse.rules.protection import Facts, Judgement, Means, Reach, judge
from posthouse.rules.routing import is_true_of, matches
from posthouse.rules.schedule import upcoming
from posthouse.rules.shaping import place_of, shape_event
from posthouse.settings import COMMANDS_ALLOWED, DELIVERY_DEADLINE_S, DELIVERY_RESPONSE_BYTES_MAX, NETWORK_ALLOW_PRIVATE
from posthouse.sources.base import source_kind
from posthouse.system.addresses import AddressClass, class_of_host
from posthouse.system.zones import load_zone
from posthouse.targets.base import Item, Parcel, TargetContext, target_kind
from posthouse.targets.headers import HIDDEN

RUNS_SHOWN = 3
EVENTS_LOOKED_THROUGH = 50
"""How many of a stream's newest events are looked through for one that the filter lets pass."""

REACH = {
    AddressClass.LOOPBACK: Reach.MACHINE,
    AddressClass.PRIVATE: Reach.NETWORK,
    AddressClass.PUBLIC: Reach.INTERNET,
    AddressClass.FORBIDDEN: Reach.INTERNET,
}


MEANS = {RUN: Means.PROGRAM, NOTIFY: Means.SERVICE}
REACH_OF_MEANS = {Means.PROGRAM: Reach.MACHINE, Means.SERVICE: Reach.INTERNET}


class PlannedRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What would leave, without secrets. `body` is null where there is no real data yet to make one of.

    The id, the time and the signature among the headers are made anew for every delivery.
    """

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: str | None


class ProtectionView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One thing that was judged. `isGood`: a person need not look into it."""

    code: str
    is_good: bool
    words: str


class PlanView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a binding would do. `request` is null where none was asked for; `bytes`: the size of its body.

    `note` says why there is no body. `nextRuns`: the next three, by the clock; empty where no clock says when.
    """

    request: PlannedRequest | None
    bytes: int | None
    note: str
    next_runs: list[Millis]
    protections: list[ProtectionView]
    warnings: list[str]


class _Planned(msgspec.Struct, frozen=True, kw_only=True):
    """The binding as it would stand, and what stands around it."""

    row: BindingRow
    source: Source
    target: Target
    endpoint: Endpoint
    next_runs: tuple[Millis, ...]


class _Sample(msgspec.Struct, frozen=True, kw_only=True):
    """An event made of real data, or why there is none."""

    event: Event | None
    note: str = ""


class _Undone(Exception):
    """Ends the transaction of a plan, so that nothing of it is kept, and carries what was seen in it."""

    def __init__(self, planned: _Planned) -> None:
        super().__init__()
        self.planned = planned


@post("/api/bindings/plan", status_code=200, responses=problems(404, 409, 413, 415))
async def plan_binding(
    data: JSONBody[BindingInput], services: NamedDependency[Services], sample: FromQuery[bool] = True
) -> PlanView:
    """What a binding would send where and when, before it is made. `sample=false` leaves its source unread."""
    try:
        await services.database.run(_add_and_undo, data, services.clock.now())
    except _Undone as undone:
        return await _view(services, undone.planned, is_sampled=sample)
    raise AssertionError


@post("/api/bindings/{reference:str}/plan", status_code=200, responses=problems(404, 409, 413, 415))
async def plan_change(
    reference: Reference,
    data: JSONBody[BindingPatch],
    services: NamedDependency[Services],
    sample: FromQuery[bool] = True,
) -> PlanView:
    """What a binding would send where and when after a change. `sample=false` leaves its source unread."""
    try:
        await services.database.run(_edit_and_undo, binding_id_of(reference), data, services.clock.now())
    except _Undone as undone:
        return await _view(services, undone.planned, is_sampled=sample)
    raise AssertionError


def _add_and_undo(tx: Transaction, data: BindingInput, now: Millis) -> NoReturn:
    row, _ = add_bound(tx, data, now)
    raise _Undone(_look(tx, row, now))


def _edit_and_undo(tx: Transaction, binding_id: BindingId, data: BindingPatch, now: Millis) -> NoReturn:
    row, _ = edit_bound(tx, binding_id, data, now)
    raise _Undone(_look(tx, row, now))


def _look(tx: Transaction, row: BindingRow, now: Millis) -> _Planned:
    binding = row.binding
    state = run_states(tx, [binding.id]).get(binding.id)
    runs: tuple[Millis, ...] = ()
    if state is not None and row.state is BindingState.ACTIVE:
        zone = load_zone(binding.schedule.zone)
        runs = upcoming(binding.schedule, zone, state.settled, now, binding.id, RUNS_SHOWN)
    return _Planned(
        row=row,
        source=get_source(tx, binding.source_id),
        target=get_target(tx, row.target_id),
        endpoint=get_endpoint(tx, binding.endpoint_id),
        next_runs=runs,
    )


async def _view(services: Services, planned: _Planned, *, is_sampled: bool) -> PlanView:
    if not is_sampled:
        return _plan(planned, None, None, note="", judgement=Judgement(protections=(), warnings=()))
    sample = await _sample(services, planned)
    try:
        request = await _render(services, planned, sample.event)
    except ExpressionError as error:
        sample = _Sample(event=None, note=f"This event would be given up. {place_of(error)}")
        request = await _render(services, planned, None)
    body = None if sample.event is None else request.body
    judgement = judge(_facts(services, planned, request))
    told = _told(services, planned, sample.event)
    judgement = msgspec.structs.replace(judgement, warnings=(*judgement.warnings, *told))
    return _plan(planned, request, body, note=sample.note, judgement=judgement)


def _told(services: Services, planned: _Planned, event: Event | None) -> tuple[str, ...]:
    """What would become of this event as a notification, if it came now and nobody were at the desk."""
    if not planned.row.binding.policy.is_notification:
        return ()
    policy, now = notice_policy(services.configuration.settings), services.clock.now()
    if event is None:
        return () if policy.is_enabled else (WITHHELD_WORDS[Withheld.NOTIFICATIONS_OFF],)
    words = words_of(judge_notice(msgspec.structs.replace(event, at=now, recorded_at=now), policy, now))
    return (words,) if words else ()


def _plan(
    planned: _Planned, request: SentRequest | None, body: bytes | None, *, note: str, judgement: Judgement
) -> PlanView:
    return PlanView(
        request=None if request is None else _view_request(request, body),
        bytes=None if body is None else len(body),
        note=note,
        next_runs=list(planned.next_runs),
        protections=[
            ProtectionView(code=one.code, is_good=one.is_good, words=one.words) for one in judgement.protections
        ],
        warnings=[*judgement.warnings, *_standing(planned)],
    )


def _view_request(request: SentRequest, body: bytes | None) -> PlannedRequest:
    return PlannedRequest(
        method=request.method,
        url=request.url,
        headers=list(request.headers),
        body=None if body is None else body.decode("utf-8", "replace"),
    )


def _standing(planned: _Planned) -> list[str]:
    """What holds deliveries up as things stand."""
    if planned.target.health.is_paused or planned.endpoint.health.is_paused:
        return [f"{planned.target.name} is paused: what is told waits until it goes on."]
    return []


async def _sample(services: Services, planned: _Planned) -> _Sample:
    """Real data, as the binding would be handed it now."""
    source = planned.source
    if source_kind(source.kind).shape is SourceShape.STREAM:
        return await services.database.read(_newest, planned)
    try:
        preview = await services.collection.preview(source.id, source.properties)
    except PosthouseError as error:
        return _Sample(event=None, note=error.message)
    if bytes(preview.data) == bytes(EMPTY_OBJECT):
        return _Sample(event=None, note=" ".join(preview.problems) or f"{source.name} has nothing to tell now.")
    now = services.clock.now()
    event = Event(
        id=EventId(services.clock.uuid7()),
        project_id=source.project_id,
        source_id=source.id,
        machine=services.machine,
        type=preview.event_type,
        at=now,
        recorded_at=now,
        data=preview.data,
    )
    if not _is_wanted(planned, event):
        return _Sample(event=None, note=f"The filter lets nothing of this through: it is of the type {event.type}.")
    return _Sample(event=event)


def _newest(tx: Transaction, planned: _Planned) -> _Sample:
    source = planned.source
    rows = page_events(tx, EventQuery(source_id=source.id, limit=EVENTS_LOOKED_THROUGH)).items
    for row in rows:
        event = get_event(tx, row.id)
        if _is_wanted(planned, event):
            return _Sample(event=event)
    if rows:
        return _Sample(event=None, note=f"The filter lets none of the newest {len(rows)} events through.")
    return _Sample(event=None, note=f"{source.name} has told nothing yet, so there is nothing to show.")


def _is_wanted(planned: _Planned, event: Event) -> bool:
    wanted = planned.row.binding.filter
    facts = filter_facts(event, source_name=planned.source.name, machine=event.machine, now=event.recorded_at)
    try:
        return matches(wanted, event) and is_true_of(wanted, facts)
    except ExpressionError:
        return False


async def _render(services: Services, planned: _Planned, event: Event | None) -> SentRequest:
    """The request by the target's own hand. Without an event it is made of none, for what stands around the body."""
    now, binding, source = services.clock.now(), planned.row.binding, planned.source
    kind, shape = target_kind(planned.target.kind), binding.shape
    if event is None:
        # Its owner's words were made for real events.
        format_ = BodyFormat.RAW if shape.format is BodyFormat.TEMPLATE else shape.format
        shape = msgspec.structs.replace(shape, format=format_, select=None, message=None)
        event = Event(
            id=EventId(services.clock.uuid7()),
            project_id=source.project_id,
            source_id=source.id,
            machine=services.machine,
            type="none",
            at=now,
            recorded_at=now,
        )
    delivery = ClaimedDelivery(
        seq=0,
        id=DeliveryId(services.clock.uuid7()),
        event_seq=0,
        binding_id=binding.id,
        endpoint_id=binding.endpoint_id,
        revision=binding.revision,
        fence=0,
        attempt=1,
        charged=0,
        available_at=now,
        expires_at=None,
        is_due=True,
        is_probe=False,
        event=event,
    )
    data = project(source, shape, event.data)
    shaped = shape_event(
        event,
        data,
        shape,
        source_name=source.name,
        takes_messages=kind.takes_messages,
        dashboard=dashboard_url(services.configuration.settings, services.url),
    )
    item = Item(delivery=delivery, data=shaped.data, source_name=source.name, message=shaped.message, body=shaped.body)
    parcel = Parcel(id=ParcelId(delivery.id), endpoint=planned.endpoint, shape=shape, items=(item,))
    settings = services.configuration.settings
    context = TargetContext(
        target=planned.target,
        outbound=services.outbound,
        secrets=services.secrets,
        clock=services.clock,
        deadline_s=settings[DELIVERY_DEADLINE_S],
        response_bytes_max=settings[DELIVERY_RESPONSE_BYTES_MAX],
        may_run_programs=settings[COMMANDS_ALLOWED],
    )
    return await kind.preview(context, parcel)


def _facts(services: Services, planned: _Planned, request: SentRequest) -> Facts:
    means = MEANS.get(request.method, Means.HTTP)
    url = urlsplit(request.url if means is Means.HTTP else "")
    host = url.hostname or ""
    reach = REACH[class_of_host(host)] if means is Means.HTTP else REACH_OF_MEANS[means]
    kind, source = source_kind(planned.source.kind), planned.source
    choices = allowed(kind.properties, source.properties, planned.row.binding.shape)
    sensitive = [one for one in kind.properties if one.is_sensitive]
    return Facts(
        is_https=url.scheme == "https",
        host=host,
        reach=reach,
        is_signed=any(name == "webhook-signature" for name, _ in request.headers),
        has_credentials=any(value == HIDDEN for _, value in request.headers),
        has_secret_in_url=HIDDEN in url.query,
        is_reachable=reach is Reach.INTERNET or services.configuration.settings[NETWORK_ALLOW_PRIVATE],
        sensitive=tuple(one.title for one in sensitive if choices[one.name]),
        kept=tuple(one.title for one in sensitive if not choices[one.name]),
        means=means,
    )
