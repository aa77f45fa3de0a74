"""`/api/targets`: where events go. A target is checked before it is saved; its secrets are never shown again."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, QueryParameter

from posthouse.http.endpoints import ask_endpoints, context_of
from posthouse.http.problems import CheckFailed, problems
from posthouse.http.removal import RemovedView, dismiss_waiting, finish_removal
from posthouse.http.requests import LIMIT_DEFAULT, Cursor, Limit, Reference, after, next_cursor
from posthouse.http.services import Services
from posthouse.http.target_secrets import (
    change_signing,
    enter_settings,
    enter_signing,
    forget_secrets,
    rotate_signing,
    store_secrets,
)
from posthouse.http.target_views import (
    ChangedTarget,
    MadeTarget,
    SigningSecret,
    TargetHealth,
    TargetInput,
    TargetList,
    TargetPatch,
    TargetView,
    TriedView,
    view_check,
    view_target,
    view_target_health,
    view_tried,
)
from posthouse.ledger.base import Transaction
from posthouse.ledger.binding_changes import Waiting
from posthouse.ledger.endpoints import NewEndpoint, list_endpoints, queued_by_endpoint
from posthouse.ledger.names import clean_name
from posthouse.ledger.targets import (
    add_target,
    edit_target,
    get_target,
    list_targets,
    refuse_taken_name,
    remove_target,
)
from posthouse.model.errors import Conflict
from posthouse.model.ids import DEFAULT_PROJECT, EndpointId, Millis, TargetId
from posthouse.model.targets import Endpoint, Target
from posthouse.pipeline.delivery import LIFTED_BY_A_PERSON
from posthouse.rules.diagnosis import COMMANDS_NOT_ALLOWED, diagnose
from posthouse.rules.endpoints import match
from posthouse.targets.base import CheckResult, NotPrepared, Prepares, target_kind
from posthouse.targets.webhook_settings import SigningKind

UNSAVED = TargetId(0)


@get("/api/targets", responses=problems())
async def list_all_targets(
    services: NamedDependency[Services], cursor: Cursor = None, limit: Limit = LIMIT_DEFAULT
) -> TargetList:
    """Every target; one that is being removed is among them until nothing waits for it."""
    found = await services.database.read(_page, after=after(cursor), limit=limit)
    return TargetList(
        items=[view_target(target, endpoints) for target, endpoints in found],
        next_cursor=next_cursor([target.id for target, _ in found], limit),
    )


@post("/api/targets", responses=problems(409, 413, 415, 422))
async def create_target(data: JSONBody[TargetInput], services: NamedDependency[Services]) -> MadeTarget:
    """Check a target and save it. A check that fails saves nothing."""
    name = clean_name(data.name, noun="target")
    await services.database.read(refuse_taken_name, name)
    settings, secret = enter_signing(data.kind, services.sign_ins.enter(data.kind, data.settings))
    entered = enter_settings(data.kind, settings, scope=services.clock.uuid7())
    now = services.clock.now()
    target = Target(
        id=UNSAVED,
        project_id=DEFAULT_PROJECT,
        kind=data.kind,
        name=name,
        settings=entered.settings,
        created_at=now,
        updated_at=now,
    )
    async with store_secrets(services.secrets, entered.values):
        target = await _prepared(services, target)
        check = await _check(services, target) if data.check else None
        offered = await _offered(services, target, is_needed=data.check)
        saved, endpoints = await services.database.run(_add, target, offered)
    await services.known.reload()
    return MadeTarget(
        target=view_target(saved, endpoints), secret=secret, check=None if check is None else view_check(check)
    )


@get("/api/targets/{reference:str}", responses=problems(404))
async def get_one_target(reference: Reference, services: NamedDependency[Services]) -> TargetView:
    """One target."""
    return view_target(*await services.database.read(_read, reference))


@patch("/api/targets/{reference:str}", responses=problems(404, 409, 413, 415, 422))
async def change_target(
    reference: Reference, data: JSONBody[TargetPatch], services: NamedDependency[Services]
) -> ChangedTarget:
    """Change a target; it holds for what waits already. Where it is to be checked, a failed check changes nothing."""
    target = await services.database.read(get_target, reference)
    secret = None
    if data.settings is None:
        saved, endpoints = await services.database.run(_edit, target, data.name, None, services.clock.now())
    else:
        given, secret = change_signing(target, services.sign_ins.enter(target.kind, data.settings))
        saved, endpoints = await _change_settings(services, target, data.name, given, is_checked=data.check)
    await services.known.reload()
    if data.settings is not None and _waits_to_be_repointed(saved, endpoints):
        await services.dispatcher.resume(saved.id)
        saved, endpoints = await services.database.read(_read, saved.id)
    return ChangedTarget(**msgspec.structs.asdict(view_target(saved, endpoints)), secret=secret)


@delete("/api/targets/{reference:str}", status_code=200, responses=problems(404, 409))
async def delete_target(
    reference: Reference, services: NamedDependency[Services], waiting: FromQuery[Waiting] = Waiting.REFUSE
) -> RemovedView:
    """Remove a target with its bindings and secrets; what waits is refused, dismissed, or delivered first."""
    target = await services.database.read(get_target, reference)
    removal = await services.database.run(remove_target, target.id, waiting=waiting, now=services.clock.now())
    await services.known.reload()
    if waiting is Waiting.DISMISS:
        await dismiss_waiting(services, removal)
    return await finish_removal(services, removal)


@post("/api/targets/{reference:str}/test", status_code=200, responses=problems(404))
async def test_target(reference: Reference, services: NamedDependency[Services]) -> TriedView:
    """Ask the target whether it would take a delivery. Changes nothing."""
    target = await services.database.read(get_target, reference)
    return view_tried(await services.dispatcher.test(target.id))


@post("/api/targets/{reference:str}/reconnect", status_code=200, responses=problems(404))
async def reconnect_target(reference: Reference, services: NamedDependency[Services]) -> TriedView:
    """Check the target; where that passes, let what waits go again, a few at a time. Else it stays as it is."""
    target = await services.database.read(get_target, reference)
    return view_tried(await services.dispatcher.reconnect(target.id))


@post("/api/targets/{reference:str}/pause", status_code=200, responses=problems(404))
async def pause_target(reference: Reference, services: NamedDependency[Services]) -> TriedView:
    """Send nothing more until it is resumed; what comes meanwhile waits."""
    target = await services.database.read(get_target, reference)
    await services.dispatcher.pause(target.id)
    await services.known.reload()
    return TriedView(ok=True, resumed=0, error=None)


@post("/api/targets/{reference:str}/resume", status_code=200, responses=problems(404))
async def resume_target(reference: Reference, services: NamedDependency[Services]) -> TriedView:
    """End every pause of the target, whatever its cause."""
    target = await services.database.read(get_target, reference)
    resumed = await services.dispatcher.resume(target.id)
    await services.known.reload()
    return TriedView(ok=True, resumed=resumed, error=None)


@post("/api/targets/{reference:str}/rotate-secret", status_code=200, responses=problems(404, 409))
async def rotate_secret(
    reference: Reference,
    services: NamedDependency[Services],
    kind: Annotated[SigningKind | None, QueryParameter(name="with", description="None: as now.")] = None,
) -> SigningSecret:
    """Sign with a fresh secret as well as the present one; receivers need to know only one of them."""
    target = await services.database.read(get_target, reference)
    settings, secret = rotate_signing(target, kind)
    await _change_settings(services, target, None, settings)
    await services.known.reload()
    return SigningSecret(secret=secret)


@get("/api/targets/{reference:str}/health", responses=problems(404))
async def get_target_health(reference: Reference, services: NamedDependency[Services]) -> TargetHealth:
    """How a target and each of its endpoints is doing."""
    return view_target_health(*await services.database.read(_read_health, reference))


def _waits_to_be_repointed(target: Target, endpoints: list[Endpoint]) -> bool:
    """Whether a changed address ends the pause: its endpoints' own, but not one of the whole target."""
    return not target.health.is_paused and any(one.health.cause in LIFTED_BY_A_PERSON for one in endpoints)


async def _prepared(services: Services, target: Target) -> Target:
    """The target with what its kind makes for it. Raises CheckFailed `target.not_prepared`."""
    kind = target_kind(target.kind)
    if not isinstance(kind, Prepares):
        return target
    try:
        settings = await kind.prepare(context_of(services, target))
    except NotPrepared as error:
        diagnosis = diagnose(error.outcome.code, error.outcome.status_code)
        message = f"{diagnosis.what} {error.outcome.detail}".strip()
        raise CheckFailed("target.not_prepared", f"{message} Nothing was saved.", diagnosis) from error
    return msgspec.structs.replace(target, settings=settings)


async def _check(services: Services, target: Target) -> CheckResult:
    check = await services.dispatcher.check(target)
    if not check.is_ok:
        diagnosis = diagnose(check.outcome.code, check.outcome.status_code)
        message = f"{diagnosis.what} {check.outcome.detail}".strip()
        if check.outcome.code == COMMANDS_NOT_ALLOWED:
            raise CheckFailed("target.commands_off", f"{message} Nothing was saved.", diagnosis)
        raise CheckFailed("target.check_failed", f"{message} Nothing was saved.", diagnosis)
    return check


async def _change_settings(
    services: Services, target: Target, name: str | None, given: dict[str, Any], *, is_checked: bool = False
) -> tuple[Target, list[Endpoint]]:
    """Lay the given settings over those there are, and let the secrets that are no longer named go.

    What is null is taken out (RFC 7396): the kind's default holds then.
    """
    settings = msgspec.json.decode(target.settings) | given
    settings = {key: value for key, value in settings.items() if value is not None}
    entered = enter_settings(target.kind, settings, scope=services.clock.uuid7(), present=target)
    async with store_secrets(services.secrets, entered.values):
        changed = await _prepared(services, msgspec.structs.replace(target, settings=entered.settings))
        if is_checked:
            await _check(services, changed)
        saved = await services.database.run(_edit, target, name, changed.settings, services.clock.now())
    await forget_secrets(services.secrets, target, but=saved[0])
    return saved


async def _offered(services: Services, target: Target, *, is_needed: bool) -> list[NewEndpoint]:
    """The endpoints of a new target; of one that is saved unchecked and does not say, none: it can be asked again."""
    try:
        offered = await ask_endpoints(services, target)
    except CheckFailed:
        if is_needed:
            raise
        offered = []
    named = (put.offered for put in match([], offered).puts)
    return [NewEndpoint(name=one.name, identity=one.identity, settings=one.settings) for one in named]


def _add(tx: Transaction, target: Target, endpoints: list[NewEndpoint]) -> tuple[Target, list[Endpoint]]:
    saved = add_target(
        tx,
        kind=target.kind,
        name=target.name,
        settings=target.settings,
        endpoints=endpoints,
        now=target.created_at,
    )
    return saved, list_endpoints(tx, saved.id)


def _edit(
    tx: Transaction, target: Target, name: str | None, settings: msgspec.Raw | None, now: Millis
) -> tuple[Target, list[Endpoint]]:
    """Change a target that was read before; its settings only where nobody else has changed them since."""
    if settings is not None and bytes(get_target(tx, target.id).settings) != bytes(target.settings):
        message = f"{target.name} was changed by someone else at the same time. Look at it, then try again."
        raise Conflict("target.changed_meanwhile", message)
    saved = edit_target(tx, target.id, name=name, settings=settings, now=now)
    return saved, list_endpoints(tx, saved.id)


def _page(tx: Transaction, *, after: int, limit: int) -> list[tuple[Target, list[Endpoint]]]:
    return [(target, list_endpoints(tx, target.id)) for target in list_targets(tx, after=after, limit=limit)]


def _read(tx: Transaction, reference: str | int) -> tuple[Target, list[Endpoint]]:
    target = get_target(tx, reference)
    return target, list_endpoints(tx, target.id)


def _read_health(tx: Transaction, reference: str | int) -> tuple[Target, list[Endpoint], dict[EndpointId, int]]:
    target, endpoints = _read(tx, reference)
    return target, endpoints, queued_by_endpoint(tx, target.id)
