"""`/api/bindings`: the wires from sources to endpoints, and the policy under which events travel them."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody

from posthouse.http.problems import problems
from posthouse.http.removal import RemovedView, dismiss_waiting, finish_removal
from posthouse.http.requests import (
    LIMIT_DEFAULT,
    Cursor,
    Limit,
    OptionalReference,
    Reference,
    after,
    next_cursor,
)
from posthouse.http.schedules import (
    LastRunView,
    ScheduleView,
    Silence,
    Timing,
    enter_schedule,
    judge_silence,
    read_timings,
)
from posthouse.http.services import Services
from posthouse.http.shapes import FilterView, ShapeView, enter_filter, enter_shape, view_filter, view_shape
from posthouse.http.sources import Properties, PushedView, judge_properties
from posthouse.ledger.base import Transaction
from posthouse.ledger.binding_changes import (
    BindingChange,
    NewBinding,
    Removal,
    Waiting,
    add_binding,
    edit_binding,
    remove_binding,
)
from posthouse.ledger.bindings import BindingRow, BindingState, get_binding, list_bindings
from posthouse.ledger.endpoints import choose_endpoint
from posthouse.ledger.expectations import expect
from posthouse.ledger.names import id_in
from posthouse.ledger.sources import edit_source, get_source
from posthouse.ledger.targets import get_target
from posthouse.model.bindings import RETRY_SCHEDULE_S, Policy
from posthouse.model.deliveries import OutcomeKind
from posthouse.model.errors import BadInput, Conflict, NotFound
from posthouse.model.expectations import Subject
from posthouse.model.ids import BindingId, Millis
from posthouse.model.sources import Source
from posthouse.rules.batches import BATCH_MAX, BATCH_WAIT_S_MAX
from posthouse.sources.base import source_kind

MONTH_S = 30 * 86_400.0
YEAR_S = 366 * 86_400.0

Wait = Annotated[float, msgspec.Meta(ge=0.0, le=MONTH_S)]


class PolicyView(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """How deliveries are retried and judged.

    `retryScheduleS` holds the wait before each retry; `timeToLiveS` ends what was not sent in time, null never does.
    Up to `batchMax` deliveries share a request, which leaves when so many wait or the oldest has waited `batchWaitS`.
    `isNotification`: its deliveries notify a person, as the settings `notifications.*` say; the default retries of such
    a binding are quicker.
    """

    retry_schedule_s: Annotated[tuple[Wait, ...], msgspec.Meta(max_length=50)] = RETRY_SCHEDULE_S
    retry_kinds: Annotated[tuple[OutcomeKind, ...], msgspec.Meta(max_length=6)] = (
        OutcomeKind.TRANSIENT,
        OutcomeKind.RATE_LIMITED,
    )
    time_to_live_s: Annotated[float, msgspec.Meta(gt=0.0, le=YEAR_S)] | None = None
    is_health_relevant: bool = True
    is_strict_order: bool = False
    batch_max: Annotated[int, msgspec.Meta(ge=1, le=BATCH_MAX)] = 1
    batch_wait_s: Annotated[float, msgspec.Meta(ge=0.0, le=BATCH_WAIT_S_MAX)] = 0.0
    is_notification: bool = False


class BindingView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A binding. closing: it takes no new events and goes when nothing waits for it any more.

    `nextRunAt` and `lastRun` are null where no clock says when, `nextRunAt` also while the source is off. `silenceS`:
    it is told of when it had nothing to deliver for so long.
    """

    id: int
    source_id: int
    source: str
    target_id: int
    target: str
    endpoint_id: int
    endpoint: str
    state: BindingState
    schedule: ScheduleView
    next_run_at: Millis | None
    last_run: LastRunView | None
    silence_s: float | None
    filter: FilterView
    policy: PolicyView
    shape: ShapeView
    revision: int
    created_at: Millis
    updated_at: Millis


class BindingList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A page of bindings."""

    items: list[BindingView]
    next_cursor: str | None


class BindingInput(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A binding to be made. A target with one endpoint needs no name for it.

    `silenceS`: tell of it when it had nothing to deliver for so many seconds. `sourceProperties`: choices of the source
    itself that change with it, and hold for its other bindings too.
    """

    source: str | int
    target: str | int
    endpoint: str | int | None = None
    schedule: ScheduleView = msgspec.field(default_factory=ScheduleView)
    filter: FilterView = msgspec.field(default_factory=FilterView)
    policy: PolicyView = msgspec.field(default_factory=PolicyView)
    shape: ShapeView = msgspec.field(default_factory=ShapeView)
    silence_s: Silence | None = None
    source_properties: Properties = {}


class BindingPatch(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What to replace; each part is replaced whole. `silenceS`: null expects nothing any more.

    `sourceProperties`: as in a binding that is made; those that are named change.
    """

    schedule: ScheduleView | None = None
    filter: FilterView | None = None
    policy: PolicyView | None = None
    shape: ShapeView | None = None
    silence_s: Silence | msgspec.UnsetType | None = msgspec.UNSET
    source_properties: Properties = {}


@get("/api/bindings", responses=problems(404))
async def list_all_bindings(
    services: NamedDependency[Services],
    source: OptionalReference = None,
    target: OptionalReference = None,
    cursor: Cursor = None,
    limit: Limit = LIMIT_DEFAULT,
) -> BindingList:
    """Every binding, or those of a source or target."""
    found = await services.database.read(_page, source, target, services.clock.now(), after=after(cursor), limit=limit)
    return BindingList(
        items=[view_binding(row, timing) for row, timing in found],
        next_cursor=next_cursor([row.binding.id for row, _ in found], limit),
    )


@post("/api/bindings", responses=problems(404, 409, 413, 415))
async def create_binding(data: JSONBody[BindingInput], services: NamedDependency[Services]) -> BindingView:
    """Bind a source to an endpoint, and switch the source on."""
    row, _ = await services.database.run(add_bound, data, services.clock.now())
    await services.collection.enable(row.binding.source_id)
    await _note_change(services, row, data.source_properties)
    return await _view(services, row.binding.id)


@get("/api/bindings/{reference:str}", responses=problems(404))
async def get_one_binding(reference: Reference, services: NamedDependency[Services]) -> BindingView:
    """One binding."""
    return await _view(services, binding_id_of(reference))


@patch("/api/bindings/{reference:str}", responses=problems(404, 409, 413, 415))
async def change_binding(
    reference: Reference, data: JSONBody[BindingPatch], services: NamedDependency[Services]
) -> BindingView:
    """Change a binding. A changed shape makes a new revision, which a replay uses too."""
    row, timing = await services.database.run(edit_bound, binding_id_of(reference), data, services.clock.now())
    await _note_change(services, row, data.source_properties)
    services.dispatcher.wake([row.binding.endpoint_id])
    return view_binding(row, timing)


@delete("/api/bindings/{reference:str}", status_code=200, responses=problems(404, 409))
async def delete_binding(
    reference: Reference, services: NamedDependency[Services], waiting: FromQuery[Waiting] = Waiting.REFUSE
) -> RemovedView:
    """Remove a binding; what waits is refused, dismissed, or delivered first."""
    row, removal = await services.database.run(_remove, binding_id_of(reference), waiting, services.clock.now())
    await _note_change(services, row)
    if waiting is Waiting.DISMISS:
        await dismiss_waiting(services, removal)
    return await finish_removal(services, removal)


@post("/api/bindings/{reference:str}/run", status_code=200, responses=problems(404, 409, 507))
async def run_binding(reference: Reference, services: NamedDependency[Services]) -> PushedView:
    """Read a snapshot source now for this binding alone, and send what it says, changed or not.

    Its schedule goes on as it was.
    """
    row = await services.database.read(get_binding, binding_id_of(reference))
    return await run_now(services, row)


async def run_now(services: Services, row: BindingRow) -> PushedView:
    """Read now for one binding. Raises Conflict `binding.closing`, else as a push does."""
    if row.state is BindingState.CLOSING:
        raise Conflict("binding.closing", f"Binding {row.binding.id} is being removed: nothing new is sent for it.")
    pushed = await services.collection.run_now(row.binding.id)
    return PushedView(events=pushed.events, deliveries=pushed.deliveries, note=pushed.note)


def view_binding(row: BindingRow, timing: Timing) -> BindingView:
    """A binding as the API shows it."""
    binding = row.binding
    wanted, policy, shape = binding.filter, binding.policy, binding.shape
    return BindingView(
        id=binding.id,
        source_id=binding.source_id,
        source=row.source,
        target_id=row.target_id,
        target=row.target,
        endpoint_id=binding.endpoint_id,
        endpoint=row.endpoint,
        state=row.state,
        schedule=ScheduleView(**msgspec.structs.asdict(binding.schedule)),
        next_run_at=timing.next_run_at,
        last_run=timing.last_run,
        silence_s=timing.silence_s,
        filter=view_filter(wanted),
        policy=PolicyView(**msgspec.structs.asdict(policy)),
        shape=view_shape(shape),
        revision=binding.revision,
        created_at=binding.created_at,
        updated_at=row.updated_at,
    )


async def _note_change(services: Services, row: BindingRow, chosen: dict[str, bool] | None = None) -> None:
    """Let the pipeline take over a binding that was made, changed or removed, and choices of its source."""
    await services.known.reload()
    if chosen:
        await services.collection.restart(row.binding.source_id)
    services.collection.reschedule(row.binding.source_id)
    services.silence.wake()


async def _view(services: Services, binding_id: BindingId) -> BindingView:
    return view_binding(*await services.database.read(_read, binding_id, services.clock.now()))


def add_bound(tx: Transaction, data: BindingInput, now: Millis) -> tuple[BindingRow, Timing]:
    """Make a binding, with the choices of its source that come with it. Raises all that `create_binding` refuses."""
    source = _choose(tx, get_source(tx, data.source), data.source_properties, now)
    judge_silence(source, data.silence_s)
    endpoint = choose_endpoint(tx, get_target(tx, data.target), None if data.endpoint is None else str(data.endpoint))
    new = NewBinding(
        source_id=source.id,
        endpoint_id=endpoint.id,
        schedule=enter_schedule(data.schedule, source),
        filter=enter_filter(data.filter),
        policy=_policy(data.policy),
        shape=enter_shape(data.shape, source),
    )
    binding_id = add_binding(tx, new, now=now).binding.id
    expect(tx, Subject.BINDING, binding_id, data.silence_s, now)
    return _read(tx, binding_id, now)


def edit_bound(tx: Transaction, binding_id: BindingId, data: BindingPatch, now: Millis) -> tuple[BindingRow, Timing]:
    """Change a binding. Raises all that `change_binding` refuses."""
    source = get_source(tx, get_binding(tx, binding_id).binding.source_id, even_removed=True)
    source = _choose(tx, source, data.source_properties, now)
    judge_silence(source, data.silence_s)
    change = BindingChange(
        schedule=None if data.schedule is None else enter_schedule(data.schedule, source),
        filter=None if data.filter is None else enter_filter(data.filter),
        policy=None if data.policy is None else _policy(data.policy),
        shape=None if data.shape is None else enter_shape(data.shape, source),
    )
    edit_binding(tx, binding_id, change, now=now)
    if data.silence_s is not msgspec.UNSET:
        expect(tx, Subject.BINDING, binding_id, data.silence_s, now)
    return _read(tx, binding_id, now)


def _remove(tx: Transaction, binding_id: BindingId, waiting: Waiting, now: Millis) -> tuple[BindingRow, Removal]:
    row = get_binding(tx, binding_id)
    removal = remove_binding(tx, binding_id, waiting=waiting, now=now)
    expect(tx, Subject.BINDING, binding_id, None, now)
    return row, removal


def _choose(tx: Transaction, source: Source, choices: dict[str, bool], now: Millis) -> Source:
    """The source with these choices of properties laid over its own."""
    if not choices:
        return source
    judge_properties(source.name, source_kind(source.kind), choices, field="sourceProperties")
    return edit_source(tx, source.id, properties=choices, now=now)


def _policy(view: PolicyView) -> Policy:
    if OutcomeKind.DELIVERED in view.retry_kinds:
        raise BadInput("binding.policy_invalid", "What was delivered is not retried.", field="policy.retryKinds")
    if view.batch_max > 1 and view.time_to_live_s is not None and view.time_to_live_s <= view.batch_wait_s:
        message = f"It would wait {view.batch_wait_s:g} s for others, and expire after {view.time_to_live_s:g} s."
        raise BadInput("binding.policy_invalid", message, field="policy.batchWaitS")
    if view.is_notification and view.batch_max > 1:
        message = "Notifications are gathered by the setting notifications.digest_s: leave batches at 1."
        raise BadInput("binding.policy_invalid", message, field="policy.batchMax")
    return Policy(**msgspec.structs.asdict(view))


def binding_id_of(reference: str) -> BindingId:
    """The number of a binding. Raises NotFound `binding.not_found` where it is none."""
    found = id_in(reference)
    if found is None:
        raise NotFound("binding.not_found", f"There is no binding {reference[:100]!r}; bindings go by their number.")
    return BindingId(found)


def _read(tx: Transaction, binding_id: BindingId, now: Millis) -> tuple[BindingRow, Timing]:
    row = get_binding(tx, binding_id)
    return row, read_timings(tx, [row], now)[0]


def _page(
    tx: Transaction, source: str | None, target: str | None, now: Millis, *, after: int, limit: int
) -> list[tuple[BindingRow, Timing]]:
    rows = list_bindings(
        tx,
        source_id=None if source is None else get_source(tx, source, even_removed=True).id,
        target_id=None if target is None else get_target(tx, target).id,
        after=after,
        limit=limit,
    )
    return list(zip(rows, read_timings(tx, rows, now), strict=True))
