"""`/api/wake-schedule`: the marked hours, what became of the last wake, and what is tried again.

What people change goes to the source at work, which commits it; every answer is read from the ledger afterwards.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from posthouse.http.problems import problems
from posthouse.http.requests import INSTANT_MAX
from posthouse.http.services import Services
from posthouse.http.wake_accounts import (
    Woken,
    accounts_among,
    choose,
    read_accounts,
    settings_of,
    view_account,
    wake_source,
)
from posthouse.http.wake_views import (
    LastWake,
    PendingRetryView,
    ResetView,
    ToggleInput,
    WakeInput,
    WakeRun,
    WakeView,
    is_ok,
    view_result,
)
from posthouse.ledger.base import Transaction
from posthouse.ledger.state import get_state, state_between
from posthouse.ledger.wakes import Answer, answers_to, retries_of
from posthouse.model.errors import BadInput, Conflict
from posthouse.model.ids import Millis
from posthouse.model.rate_limits import RateLimits
from posthouse.model.sources import Scope, Source
from posthouse.rules.wake import MINUTES, PROBE_SLOT_MINUTES, SUPERSEDE_KEY, Toggle, WakeState
from posthouse.rules.wake_views import WaitingRetry, pending_retry, schedule_of
from posthouse.sources.agent_logs.codex_state import LIMITS
from posthouse.sources.agents.codex_logs import LIMITS_KEY
from posthouse.sources.wake.keeping import LastRun, last_of, state_of
from posthouse.sources.wake.source import TOGGLE, WAKE
from posthouse.system.zones import load_zone, local_zone_name

CODEX_LIMITS = {"agents": LIMITS_KEY, "codex-sessions": LIMITS, "codex-stats": LIMITS}
"""Where each kind that reads Codex's logs keeps the limits that those tell of."""


class _Read(msgspec.Struct, frozen=True, kw_only=True):
    """All that the ledger says of it, at one moment."""

    state: WakeState
    last: LastRun | None
    answers: list[Answer]
    retries: list[Answer]
    accounts: list[Woken]
    limits: dict[str, RateLimits]


@get("/api/wake-schedule", responses=problems(404))
async def get_wake_schedule(services: NamedDependency[Services]) -> WakeView:
    """The marked hours and when each slot fires next, the last wake, and the retry that is pending."""
    return await _view(services)


@post("/api/wake-schedule/toggle", status_code=200, responses=problems(404, 409, 413, 415))
async def toggle_wake_hour(data: JSONBody[ToggleInput], services: NamedDependency[Services]) -> WakeView:
    """Mark an hour, or clear it. Safe to repeat; what is refused changes nothing."""
    toggle = _toggle_of(data)
    await services.collection.command(wake_source(services).id, TOGGLE, msgspec.to_builtins(toggle))
    return await _view(services)


@post("/api/wake-schedule/wake", status_code=200, responses=problems(404, 409, 413, 415))
async def wake_now(data: JSONBody[WakeInput], services: NamedDependency[Services]) -> WakeRun:
    """Wake everybody, or some accounts, now; also where no hour is marked. No slot is settled by it."""
    source = wake_source(services)
    accounts = await services.database.read(read_accounts, source, services.machine)
    if not accounts:
        raise Conflict("wake.no_accounts", "There is nobody to wake: add an account first.")
    chosen = accounts if data.accounts is None else [choose(accounts, one) for one in data.accounts]
    bindings = None if data.accounts is None else [one.row.binding.id for one in chosen]
    run = await services.collection.command(source.id, WAKE, {"bindings": bindings})
    return WakeRun(fired_at=run["fired_at"], reason=run["reason"], accounts=[one.row.target for one in chosen])


async def _view(services: Services) -> WakeView:
    source = wake_source(services)
    of_codex = [one for one in services.known.directory.sources.values() if one.kind in CODEX_LIMITS and one.is_enabled]
    read = await services.database.read(_read, source, of_codex, services.machine)
    zones = {str(slot.hour): slot.zone for slot in read.state.slots}
    shared = set(zones.values())
    pending = pending_retry(_waiting(one) for one in read.retries)
    return WakeView(
        schedule=schedule_of(read.state),
        time_zone=shared.pop() if len(shared) == 1 else local_zone_name(),
        reset_offset_hours=settings_of(source).window_hours,
        probe_slot_minutes=PROBE_SLOT_MINUTES,
        last_wake=None if read.last is None else _last(read.last, read.answers),
        pending_retry=None
        if pending is None
        else PendingRetryView(
            retries_left=pending.retries_left,
            next_retry_at=pending.next_retry_at,
            reason=pending.reason,
            accounts=list(pending.accounts),
        ),
        zones=zones,
        accounts=[view_account(services, source, one) for one in read.accounts],
        resets=_resets(read, services.clock.now()),
        is_on=source.is_enabled,
    )


def _read(tx: Transaction, source: Source, of_codex: list[Source], machine: str) -> _Read:
    stored = state_between(tx, source.id, machine, "", "\U0010ffff", Scope.MACHINE)
    last = last_of(stored)
    accounts = accounts_among(tx, source, stored)
    limits = {}
    for one in of_codex:
        found = get_state(tx, one.id, machine, CODEX_LIMITS[one.kind], Scope.MACHINE)
        if found is not None:
            limits[one.name] = msgspec.json.decode(found, type=RateLimits)
    return _Read(
        state=state_of(stored),
        last=last,
        answers=[] if last is None else answers_to(tx, source.id, last.key),
        retries=retries_of(tx, [one.row.binding.id for one in accounts], SUPERSEDE_KEY),
        accounts=accounts,
        limits=limits,
    )


def _last(last: LastRun, answers: list[Answer]) -> LastWake:
    results = [view_result(one) for one in answers]
    return LastWake(fired_at=last.fired_at, ok=is_ok(results), reason=last.reason, results=results)


def _waiting(answer: Answer) -> WaitingRetry:
    return WaitingRetry(
        run=answer.event_id,
        account=answer.target,
        reason=answer.woken_by or "",
        retries_left=answer.retries_left,
        next_retry_at=answer.available_at,
    )


def _resets(read: _Read, now: Millis) -> list[ResetView]:
    """When a short window ends, of those whose service has said so and that have not ended; each once.

    Whose it is cannot be told where several accounts are Codex's: then it is called after what heard it.
    """
    of_codex = [one.row.target for one in read.accounts if one.known.preset == "codex"]
    found: dict[int, ResetView] = {}
    for name, limits in read.limits.items():
        at = None if limits.primary is None else limits.primary.resets_at
        if at is not None and at > now:
            label = of_codex[0] if len(of_codex) == 1 else name
            found.setdefault(at // 60_000, ResetView(label=label, at=at, source=name))
    return list(found.values())


def _toggle_of(data: ToggleInput) -> Toggle:
    """What a person wants. Raises BadInput `wake.unknown_zone`, `wake.timestamps_invalid`."""
    if data.action == "off":
        return Toggle(hour=data.hour, is_on=False)
    return Toggle(hour=data.hour, is_on=True, zone=_zone_of(data.time_zone), timestamps=_timestamps_of(data.timestamps))


def _zone_of(given: Any) -> str:
    if given is None:
        return local_zone_name()
    if not isinstance(given, str):
        raise BadInput("wake.unknown_zone", "A time zone is an IANA name such as Europe/Berlin.", field="timeZone")
    try:
        load_zone(given)
    except BadInput as error:
        raise BadInput("wake.unknown_zone", error.message, field="timeZone") from error
    return given


def _timestamps_of(given: Any) -> tuple[float, ...] | None:
    """Four numbers; how far from now they may be is judged where they are taken."""
    if given is None:
        return None
    names = [str(minute) for minute in MINUTES]
    numbers = [given[name] for name in names] if isinstance(given, dict) and set(given) == set(names) else given
    is_fit = isinstance(numbers, list) and len(numbers) == len(MINUTES)
    if not is_fit or not all(type(one) in (int, float) and abs(one) < INSTANT_MAX for one in numbers):
        raise BadInput(
            "wake.timestamps_invalid",
            "The timestamps are the first fires of the four slots, :00 to :45, in Unix milliseconds: a list of "
            "four numbers, or an object with the keys 0, 15, 30 and 45. Leave them out to have them found.",
            field="timestamps",
        )
    return tuple(float(one) for one in numbers)
