"""Schedules and runs as the API takes and shows them: when a binding's source is read, and how the last read went."""

from __future__ import annotations

from typing import Annotated

import msgspec

from posthouse.ledger.base import Transaction
from posthouse.ledger.bindings import BindingRow, BindingState
from posthouse.ledger.expectations import silence_of
from posthouse.ledger.runs import run_states
from posthouse.ledger.sources import get_source
from posthouse.model.bindings import Mode, Schedule, Weekday
from posthouse.model.errors import BadInput, PosthouseError
from posthouse.model.expectations import Subject
from posthouse.model.ids import Millis
from posthouse.model.runs import RunResult, RunState
from posthouse.model.sources import Source, SourceShape
from posthouse.rules.schedule import complete, look
from posthouse.rules.silence import SILENCE_S_MAX, SILENCE_S_MIN
from posthouse.sources.base import kind_problem, source_kind
from posthouse.system.zones import load_zone, local_zone_name

OWN_KIND = "posthouse"
"""The kind of the daemon's own events."""

Silence = Annotated[float, msgspec.Meta(ge=SILENCE_S_MIN, le=SILENCE_S_MAX)]
"""Seconds within which something should be heard."""


class ScheduleView(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """When the source is read for it. `everyS`: interval; `at` "HH:MM": daily, weekly; `day`: weekly; `cron`: cron.

    `zone` is an IANA name; null is this machine's own.
    """

    mode: Mode = Mode.ON_CHANGE
    every_s: int | None = None
    at: str | None = None
    day: Weekday | None = None
    cron: str | None = None
    zone: str | None = None


class LastRunView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How the last run of a schedule went. `detail` says why where it failed; then it is tried again."""

    at: Millis
    result: RunResult
    detail: str


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """What time has to do with a binding: its next run, how its last one went, and what silence is told of."""

    next_run_at: Millis | None = None
    last_run: LastRunView | None = None
    silence_s: float | None = None


def enter_schedule(view: ScheduleView, source: Source) -> Schedule:
    """What a person wants, judged and with its defaults: times without a zone are meant in this machine's.

    Raises BadInput `schedule.needs_snapshot`, `schedule.needed`, `schedule.invalid`, `schedule.unknown_zone`, and
    PosthouseError `source.kind_unavailable`.
    """
    kind = source_kind(source.kind)
    problem = kind_problem(source.kind)
    if problem is not None:
        raise PosthouseError("source.kind_unavailable", problem)
    if view.mode is not Mode.ON_CHANGE and kind.shape is SourceShape.STREAM:
        raise BadInput(
            "schedule.needs_snapshot",
            f"{source.name} tells of things as they happen: there is nothing to read by the clock.",
            field="schedule.mode",
        )
    if view.mode is Mode.ON_CHANGE and kind.needs_schedule:
        raise BadInput(
            "schedule.needed",
            f"Nothing can say when {source.name} has changed: give it a schedule.",
            field="schedule.mode",
        )
    wanted = complete(Schedule(mode=view.mode, every_s=view.every_s, at=view.at, day=view.day, cron=view.cron))
    zone = None if view.zone is None else load_zone(view.zone).key
    if not wanted.is_by_clock:
        # There is no time that could be meant in a zone; two such bindings differ by nothing.
        return Schedule()
    return msgspec.structs.replace(wanted, zone=zone or local_zone_name())


def judge_silence(source: Source, silence_s: float | msgspec.UnsetType | None) -> None:
    """Refuse to expect anything of the daemon's own source: its alarm would count as being heard.

    Raises BadInput `source.cannot_expect`.
    """
    if source.kind == OWN_KIND and silence_s not in (None, msgspec.UNSET):
        raise BadInput(
            "source.cannot_expect",
            f"{source.name} tells of silences itself: its alarm would count as being heard.",
            field="silenceS",
        )


def read_timings(tx: Transaction, rows: list[BindingRow], now: Millis) -> list[Timing]:
    """What time has to do with each of these bindings, in their order."""
    states = run_states(tx, [row.binding.id for row in rows])
    sources = {row.binding.source_id for row in rows if row.binding.id in states}
    is_on = {source_id: get_source(tx, source_id, even_removed=True).is_enabled for source_id in sources}
    return [
        Timing(
            next_run_at=(
                _next_run_at(row, states[row.binding.id], now)
                if row.binding.id in states and is_on[row.binding.source_id]
                else None
            ),
            last_run=_last_run(states.get(row.binding.id)),
            silence_s=silence_of(tx, Subject.BINDING, row.binding.id),
        )
        for row in rows
    ]


def _next_run_at(row: BindingRow, state: RunState, now: Millis) -> Millis | None:
    """When it will be read next; now, where it is due."""
    binding = row.binding
    if row.state is not BindingState.ACTIVE:
        return None
    try:
        zone = load_zone(binding.schedule.zone)
    except BadInput:
        # A zone that this machine's database does not have (any more) hides no binding from its owner.
        return None
    due = look(binding.schedule, zone, state.settled, now, binding.id)
    return now if due.slot is not None else due.next_at


def _last_run(state: RunState | None) -> LastRunView | None:
    if state is None or state.ran_at is None or state.result is None:
        return None
    return LastRunView(at=state.ran_at, result=state.result, detail=state.detail)
