"""`/api/wake-schedule/accounts`: whom the wake schedule wakes.

An account is a target of the kind `probe` and a binding to it, made and removed as one; what is known of it besides
lies in the state of the source. Its binding's policy is always the same: whatever came of a try, it is made again six
times, every five minutes, until the next run takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from posthouse.http.problems import problems
from posthouse.http.removal import dismiss_waiting, finish_removal
from posthouse.http.requests import Reference
from posthouse.http.services import Services
from posthouse.http.target_secrets import enter_settings, hide_secrets, store_secrets
from posthouse.http.wake_views import AccountChecked, AccountInput, AccountList, AccountView, error_words
from posthouse.ledger.base import Transaction
from posthouse.ledger.binding_changes import NewBinding, Removal, Waiting, add_binding, remove_binding
from posthouse.ledger.bindings import BindingRow, BindingState, list_bindings
from posthouse.ledger.endpoints import NewEndpoint, list_endpoints
from posthouse.ledger.names import describe_near, id_in
from posthouse.ledger.state import state_between
from posthouse.ledger.targets import add_target, get_target, remove_target
from posthouse.ledger.wakes import drop_account, put_account
from posthouse.model.bindings import Filter, Policy
from posthouse.model.deliveries import OutcomeKind
from posthouse.model.errors import BadInput, Conflict, NotFound
from posthouse.model.ids import Millis
from posthouse.model.sources import Scope, Source, StateKey
from posthouse.model.targets import Target
from posthouse.rules.wake import RETRY_SCHEDULE_S
from posthouse.settings import COMMANDS_ALLOWED
from posthouse.sources.wake.keeping import (
    ACCOUNT,
    Account,
    account_key,
    account_of,
    put_account_state,
)
from posthouse.sources.wake.settings import WakeSettings
from posthouse.sources.wake.telling import DUE
from posthouse.targets.probe_presets import PRESETS

KIND, PROBE = "wake-schedule", "probe"

POLICY = Policy(
    retry_schedule_s=RETRY_SCHEDULE_S,
    retry_kinds=tuple(kind for kind in OutcomeKind if kind is not OutcomeKind.DELIVERED),
    is_health_relevant=False,
)
"""How every account is tried: again whatever kind of failure it was, and never to anything's harm."""


class Woken(msgspec.Struct, frozen=True, kw_only=True):
    """An account as it stands in the ledger."""

    row: BindingRow
    target: Target
    known: Account


@get("/api/wake-schedule/accounts", responses=problems(404))
async def list_wake_accounts(services: NamedDependency[Services]) -> AccountList:
    """Every account that is woken."""
    source = wake_source(services)
    found = await services.database.read(read_accounts, source, services.machine)
    return AccountList(items=[view_account(services, source, one) for one in found])


@post("/api/wake-schedule/accounts", responses=problems(404, 409, 413, 415))
async def create_wake_account(data: JSONBody[AccountInput], services: NamedDependency[Services]) -> AccountView:
    """Add an account. It is not asked now: that would begin its window."""
    source = wake_source(services)
    entered = enter_settings(PROBE, {"ask": _ask_of(data)}, scope=services.clock.uuid7())
    account = Account(window_hours=data.window_hours, preset=data.preset or "")
    async with store_secrets(services.secrets, entered.values):
        try:
            woken = await services.database.run(
                add_account, source, services.machine, data.label, entered.settings, account, services.clock.now()
            )
        except (BadInput, Conflict) as error:
            if error.field == "name":
                error.field = "label"
            raise
    await services.known.reload()
    return view_account(services, source, woken)


@delete("/api/wake-schedule/accounts/{reference:str}", status_code=200, responses=problems(404))
async def delete_wake_account(reference: Reference, services: NamedDependency[Services]) -> AccountList:
    """Remove an account with its secrets. What waits to be asked again is asked no more."""
    source = wake_source(services)
    removal = await services.database.run(_remove, source, services.machine, reference, services.clock.now())
    await services.known.reload()
    await dismiss_waiting(services, removal)
    await finish_removal(services, removal)
    found = await services.database.read(read_accounts, source, services.machine)
    return AccountList(items=[view_account(services, source, one) for one in found])


@post("/api/wake-schedule/accounts/{reference:str}/check", status_code=200, responses=problems(404))
async def check_wake_account(reference: Reference, services: NamedDependency[Services]) -> AccountChecked:
    """Ask an account now, as a wake would; no run is recorded. Its window begins, if it had not."""
    source = wake_source(services)
    found = choose(await services.database.read(read_accounts, source, services.machine), reference)
    outcome = (await services.dispatcher.check(found.target)).outcome
    is_ok = outcome.kind is OutcomeKind.DELIVERED
    error = "" if is_ok else error_words(outcome.excerpt, outcome.detail, outcome.code)
    return AccountChecked(ok=is_ok, status=outcome.status_code, error=error)


def wake_source(services: Services) -> Source:
    """The one source that every installation has. Raises NotFound `source.not_found`."""
    for source in services.known.directory.sources.values():
        if source.kind == KIND:
            return source
    raise NotFound("source.not_found", f"There is no source {KIND!r}: start the daemon anew.")


def read_accounts(tx: Transaction, source: Source, machine: str) -> list[Woken]:
    """The accounts, in the order in which they were added; not those that are being removed."""
    stored = state_between(tx, source.id, machine, ACCOUNT, ACCOUNT + "\U0010ffff", Scope.MACHINE)
    return accounts_among(tx, source, stored)


def accounts_among(tx: Transaction, source: Source, stored: Mapping[str, bytes]) -> list[Woken]:
    """The same, where the source's state was read before."""
    found = []
    for row in list_bindings(tx, source_id=source.id):
        if row.state is not BindingState.ACTIVE:
            continue
        target = get_target(tx, row.target_id)
        if target.kind == PROBE:
            found.append(Woken(row=row, target=target, known=account_of(stored, row.binding.id)))
    return found


def choose(accounts: list[Woken], reference: str | int) -> Woken:
    """The account of this id or label. Raises NotFound `wake.account_not_found`, with the labels that are near."""
    wanted = id_in(str(reference))
    for one in accounts:
        if wanted == one.row.binding.id or one.row.target == reference:
            return one
    near = describe_near(str(reference), (one.row.target for one in accounts))
    raise NotFound("wake.account_not_found", f"There is no account {str(reference)[:100]!r}.{near}")


def view_account(services: Services, source: Source, woken: Woken) -> AccountView:
    """An account as the API shows it."""
    ask = hide_secrets(woken.target)["ask"]
    is_off = ask["kind"] == "command" and not services.configuration.settings[COMMANDS_ALLOWED]
    return AccountView(
        id=woken.row.binding.id,
        label=woken.row.target,
        preset=woken.known.preset or None,
        window_hours=window_of(source, woken.known),
        ask=ask,
        target_id=woken.target.id,
        endpoint_id=woken.row.binding.endpoint_id,
        problem="Programs may not be run here yet: allow it by the setting commands.allowed." if is_off else None,
    )


def settings_of(source: Source) -> WakeSettings:
    """The settings of the source."""
    return msgspec.json.decode(source.settings, type=WakeSettings)


def window_of(source: Source, known: Account) -> int:
    """How many hours an account's window lasts."""
    return settings_of(source).window_hours if known.window_hours is None else known.window_hours


def _ask_of(data: AccountInput) -> dict[str, Any]:
    """What it is asked, as the probe's settings have it. Raises BadInput `wake.account_invalid`."""
    if (data.preset is None) == (data.ask is None):
        message = "Say what wakes it: a preset (claude, codex), or an ask of your own; one of the two."
        raise BadInput("wake.account_invalid", message, field="ask")
    if data.preset is not None:
        return {"kind": "command", "argv": list(PRESETS[data.preset]), "env": dict(data.env)}
    if data.env:
        raise BadInput("wake.account_invalid", "The variables of an ask stand in it, as ask.env.", field="env")
    assert data.ask is not None
    return data.ask


def add_account(
    tx: Transaction, source: Source, machine: str, label: str, settings: msgspec.Raw, account: Account, now: Millis
) -> Woken:
    """An account, written whole: its target, endpoint and binding, and what is known of it.

    Raises BadInput `target.name_invalid`, Conflict `target.name_taken`.
    """
    target = add_target(tx, kind=PROBE, name=label, settings=settings, endpoints=[NewEndpoint(name="default")], now=now)
    (endpoint,) = list_endpoints(tx, target.id)
    wanted = Filter(types=(DUE,))
    row = add_binding(
        tx, NewBinding(source_id=source.id, endpoint_id=endpoint.id, filter=wanted, policy=POLICY), now=now
    )
    put_account(tx, source.id, machine, put_account_state(row.binding.id, account))
    return Woken(row=row, target=target, known=account)


def _remove(tx: Transaction, source: Source, machine: str, reference: str, now: Millis) -> Removal:
    """Remove it, and its target where nothing else is bound to that."""
    found = choose(read_accounts(tx, source, machine), reference)
    binding_id = found.row.binding.id
    drop_account(tx, source.id, machine, StateKey(account_key(binding_id)))
    if len(list_bindings(tx, target_id=found.target.id)) == 1:
        return remove_target(tx, found.target.id, waiting=Waiting.DISMISS, now=now)
    return remove_binding(tx, binding_id, waiting=Waiting.DISMISS, now=now)
