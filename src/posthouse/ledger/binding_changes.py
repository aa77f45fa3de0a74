"""Bindings as they are changed: added, edited, and closed without losing what waits.

A change of shape makes a new revision; the old ones are kept, so that every body ever sent can be explained. Filter
and policy hold from now on. A removed binding first closes: it takes no new events, and is gone when the last of its
deliveries has ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import msgspec

from posthouse.ledger.base import Topic, Transaction, json_text
from posthouse.ledger.bindings import BindingRow, BindingState, get_binding
from posthouse.ledger.expectations import expect
from posthouse.ledger.live import tell_configured
from posthouse.ledger.parcels import gather
from posthouse.ledger.replays import join_line
from posthouse.ledger.runs import begin_run, forget_run, pass_over, run_states
from posthouse.model.bindings import Filter, Policy, Schedule, Shape
from posthouse.model.errors import Conflict
from posthouse.model.expectations import Subject
from posthouse.model.ids import DEFAULT_PROJECT, BindingId, EndpointId, Millis, ProjectId, SourceId
from posthouse.model.live import Configured
from posthouse.model.runs import GapReason
from posthouse.rules.notices import settled_policy
from posthouse.rules.runs import pass_all
from posthouse.rules.schedule import begin, begins_anew, reschedule
from posthouse.system.zones import load_zone


class Waiting(StrEnum):
    """What a person wants done with that which has not ended, when its binding or target is removed."""

    REFUSE = "refuse"
    DISMISS = "dismiss"
    DELIVER = "deliver"


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """What a removal met: the bindings that it closed, and how many of their deliveries had not ended."""

    bindings: tuple[BindingId, ...]
    waiting: int


class HasWaiting(Conflict):
    """Something has not ended, and nobody said what is to become of it. `waiting` says how much."""

    def __init__(self, code: str, message: str, waiting: int) -> None:
        super().__init__(code, f"{message} Deliver them first, or dismiss them.", field="waiting")
        self.waiting = waiting


class NewBinding(msgspec.Struct, frozen=True, kw_only=True):
    """A binding to be added."""

    source_id: SourceId
    endpoint_id: EndpointId
    schedule: Schedule = Schedule()
    filter: Filter = Filter()
    policy: Policy = Policy()
    shape: Shape = Shape()


class BindingChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be replaced; None is left as it is."""

    schedule: Schedule | None = None
    filter: Filter | None = None
    policy: Policy | None = None
    shape: Shape | None = None


def add_binding(
    tx: Transaction, new: NewBinding, *, now: Millis, project_id: ProjectId = DEFAULT_PROJECT
) -> BindingRow:
    """Add a binding. Raises Conflict `binding.exists` where an active one does just the same."""
    zone = load_zone(new.schedule.zone)
    _refuse_double(tx, new.source_id, new.endpoint_id, new.schedule, new.filter, project_id=project_id)
    binding_id = BindingId(
        tx.value(
            "add_binding",
            project_id=project_id,
            source_id=new.source_id,
            endpoint_id=new.endpoint_id,
            now=now,
            **_columns(new.schedule, new.filter, settled_policy(new.policy)),
        )
    )
    _add_revision(tx, binding_id, 1, new.shape, now=now, project_id=project_id)
    if new.schedule.is_by_clock:
        begin_run(tx, binding_id, begin(new.schedule, zone, now, binding_id), project_id=project_id)
    tell_configured(tx, Configured.BINDING, "added", now, subject_id=binding_id, project_id=project_id)
    return get_binding(tx, binding_id, project_id=project_id)


def edit_binding(
    tx: Transaction,
    binding_id: BindingId,
    change: BindingChange,
    *,
    now: Millis,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> BindingRow:
    """Replace what is given. Raises NotFound `binding.not_found`, Conflict `binding.exists` or `binding.closing`."""
    row = get_binding(tx, binding_id, project_id=project_id)
    if row.state is BindingState.CLOSING:
        raise Conflict("binding.closing", f"Binding {binding_id} is being removed and cannot be changed.")
    old = row.binding
    schedule, wanted = change.schedule or old.schedule, change.filter or old.filter
    policy, shape = settled_policy(change.policy or old.policy), change.shape or old.shape
    _refuse_double(tx, old.source_id, old.endpoint_id, schedule, wanted, but=binding_id, project_id=project_id)
    revision = old.revision + (shape != old.shape)
    if revision != old.revision:
        _add_revision(tx, binding_id, revision, shape, now=now, project_id=project_id)
    tx.change(
        "edit_binding",
        project_id=project_id,
        id=binding_id,
        revision=revision,
        now=now,
        **_columns(schedule, wanted, policy),
    )
    if schedule != old.schedule:
        _reschedule(tx, binding_id, old.schedule, schedule, now=now, project_id=project_id)
    if policy.is_strict_order != old.policy.is_strict_order:
        join_line(tx, binding_id, now, is_strict_order=policy.is_strict_order)
    if _gathering(policy) != _gathering(old.policy):
        gather(tx, binding_id, now, is_batching=policy.batch_max > 1)
    tell_configured(tx, Configured.BINDING, "changed", now, subject_id=binding_id, project_id=project_id)
    return get_binding(tx, binding_id, project_id=project_id)


def move_binding(
    tx: Transaction,
    binding_id: BindingId,
    endpoint_id: EndpointId,
    *,
    now: Millis,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> BindingRow:
    """Let a binding send to another endpoint. What waits goes there too; what is being sent ends where it began.

    Raises NotFound `binding.not_found`, Conflict `binding.exists` or `binding.closing`.
    """
    row = get_binding(tx, binding_id, project_id=project_id)
    if row.state is BindingState.CLOSING:
        raise Conflict("binding.closing", f"Binding {binding_id} is being removed and cannot be changed.")
    old = row.binding
    _refuse_double(tx, old.source_id, endpoint_id, old.schedule, old.filter, but=binding_id, project_id=project_id)
    tx.change("move_binding", project_id=project_id, id=binding_id, endpoint_id=endpoint_id, now=now)
    tx.change("move_waiting", binding_id=binding_id, endpoint_id=endpoint_id, now=now)
    tx.announce(Topic.LANES, (old.endpoint_id, endpoint_id))
    tell_configured(tx, Configured.BINDING, "changed", now, subject_id=binding_id, project_id=project_id)
    return get_binding(tx, binding_id, project_id=project_id)


def remove_binding(
    tx: Transaction,
    binding_id: BindingId,
    *,
    waiting: Waiting,
    now: Millis,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> Removal:
    """Close a binding, or remove it where nothing waits. What is to be dismissed is dismissed by the caller.

    Raises HasWaiting `binding.has_waiting` where `waiting` is refuse and something waits, NotFound `binding.not_found`.
    """
    get_binding(tx, binding_id, project_id=project_id)
    count = int(tx.value("count_unended", binding_id=binding_id))
    if count and waiting is Waiting.REFUSE:
        raise HasWaiting("binding.has_waiting", f"{count} deliveries of binding {binding_id} have not ended.", count)
    close_bindings(tx, [binding_id], now=now, project_id=project_id)
    finish_closing(tx, now=now, project_id=project_id)
    return Removal(bindings=(binding_id,), waiting=count)


def close_bindings(
    tx: Transaction, binding_ids: Iterable[BindingId], *, now: Millis, project_id: ProjectId = DEFAULT_PROJECT
) -> None:
    """Let bindings take no new events, run no more, and expect nothing of them. Safe to repeat."""
    for binding_id in binding_ids:
        if tx.change("shut_binding", project_id=project_id, id=binding_id, now=now):
            tell_configured(tx, Configured.BINDING, "closing", now, subject_id=binding_id, project_id=project_id)
        forget_run(tx, binding_id, project_id=project_id)
        expect(tx, Subject.BINDING, binding_id, None, now, project_id=project_id)


def finish_closing(tx: Transaction, *, now: Millis, project_id: ProjectId = DEFAULT_PROJECT) -> int:
    """Remove the closing bindings that nothing waits for any more; how many there were. Safe to repeat."""
    rows = tx.all("finish_closing", project_id=project_id, now=now)
    for (binding_id,) in rows:
        tell_configured(tx, Configured.BINDING, "removed", now, subject_id=binding_id, project_id=project_id)
    return len(rows)


def _reschedule(
    tx: Transaction, binding_id: BindingId, old: Schedule, new: Schedule, *, now: Millis, project_id: ProjectId
) -> None:
    """Let an edited schedule go on so that the edit neither repeats nor skips a run; what it ends is in a gap."""
    state = run_states(tx, [binding_id], project_id=project_id).get(binding_id)
    if state is not None and begins_anew(old, new):
        passed = pass_all(old, load_zone(old.zone), state, now, GapReason.EDITED)
        if passed is not None:
            pass_over(tx, state, passed.upto, passed.missed, passed.reason, now, project_id=project_id)
    if not new.is_by_clock:
        forget_run(tx, binding_id, project_id=project_id)
        return
    zone = load_zone(new.zone)
    settled = (
        begin(new, zone, now, binding_id)
        if state is None
        else reschedule(old, new, zone, state.settled, now, binding_id)
    )
    begin_run(tx, binding_id, settled, project_id=project_id)


def _refuse_double(
    tx: Transaction,
    source_id: SourceId,
    endpoint_id: EndpointId,
    schedule: Schedule,
    wanted: Filter,
    *,
    but: int = 0,
    project_id: ProjectId,
) -> None:
    same = tx.value(
        "same_binding",
        project_id=project_id,
        source_id=source_id,
        endpoint_id=endpoint_id,
        schedule=json_text(schedule),
        filter=json_text(wanted),
        but=but,
    )
    if same is not None:
        raise Conflict("binding.exists", f"Binding {same} sends the same events to the same endpoint already.")


def _columns(schedule: Schedule, wanted: Filter, policy: Policy) -> dict[str, Any]:
    return {
        "mode": schedule.mode.value,
        "schedule": json_text(schedule),
        "filter": json_text(wanted),
        "retry_schedule_s": json_text(policy.retry_schedule_s),
        "retry_kinds": json_text(policy.retry_kinds),
        "time_to_live_s": policy.time_to_live_s,
        "is_health_relevant": int(policy.is_health_relevant),
        "is_strict_order": int(policy.is_strict_order),
        "batch_max": policy.batch_max,
        "batch_wait_s": policy.batch_wait_s,
        "is_notification": int(policy.is_notification),
    }


def _gathering(policy: Policy) -> tuple[object, ...]:
    """What says whether deliveries wait for others, and for how long."""
    return policy.batch_max, policy.batch_wait_s, policy.is_notification


def _add_revision(
    tx: Transaction, binding_id: BindingId, revision: int, shape: Shape, *, now: Millis, project_id: ProjectId
) -> None:
    tx.change(
        "add_revision", project_id=project_id, binding_id=binding_id, revision=revision, shape=json_text(shape), now=now
    )
