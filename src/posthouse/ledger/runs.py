"""Runs in the ledger: how far each schedule has been dealt with, and the gaps that it left.

A run is settled in the transaction of the event that it led to (`commit_emission`), and only if nobody settled
another slot or edited the schedule since it was decided: so each run happens exactly once, whatever crashes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from posthouse.ledger.base import Row, Transaction, json_text
from posthouse.ledger.live import tell_run
from posthouse.model.bindings import Schedule
from posthouse.model.errors import Conflict, NotFound
from posthouse.model.ids import DEFAULT_PROJECT, BindingId, Millis, ProjectId, SourceId
from posthouse.model.live import SourceAction
from posthouse.model.runs import Gap, GapReason, Missed, RunDone, RunResult, RunState, Slot

SEQ_MAX = 2**62

_decode_schedule = msgspec.json.Decoder(Schedule).decode

_REASONS = {
    RunResult.NOTHING_NEW: GapReason.NOTHING_NEW,
    RunResult.NOTHING_TO_TELL: GapReason.NOTHING_TO_TELL,
}


class GapRow(msgspec.Struct, frozen=True, kw_only=True):
    """A gap with the names around it, and its binding's schedule as it is now."""

    gap: Gap
    source: str
    target: str
    endpoint: str
    schedule: Schedule


class ClockRun(msgspec.Struct, frozen=True, kw_only=True):
    """A binding that goes by the clock: its schedule, and how far that has been dealt with."""

    schedule: Schedule
    state: RunState


def run_states(
    tx: Transaction, binding_ids: Iterable[BindingId], *, project_id: ProjectId = DEFAULT_PROJECT
) -> dict[BindingId, RunState]:
    """How far the schedules of these bindings have been dealt with; those that go by no clock are left out."""
    rows = tx.all("run_states", project_id=project_id, binding_ids=json_text(list(binding_ids)))
    return {row[0]: _state_of(row) for row in rows}


def clock_runs(tx: Transaction, source_id: SourceId, *, project_id: ProjectId = DEFAULT_PROJECT) -> list[ClockRun]:
    """Every active binding of a source that goes by the clock, by its id: its schedule and how far it is, as one."""
    rows = tx.all("clock_runs", project_id=project_id, source_id=source_id)
    return [ClockRun(schedule=_decode_schedule(schedule), state=_state_of(row)) for schedule, *row in rows]


def begin_run(
    tx: Transaction, binding_id: BindingId, settled: Slot, *, project_id: ProjectId = DEFAULT_PROJECT
) -> None:
    """Let a binding's schedule go on behind this slot."""
    tx.change("begin_run", project_id=project_id, binding_id=binding_id, settled_at=settled.at, period=settled.period)


def forget_run(tx: Transaction, binding_id: BindingId, *, project_id: ProjectId = DEFAULT_PROJECT) -> None:
    """A binding goes by the clock no more. Safe to repeat."""
    tx.change("forget_run", project_id=project_id, binding_id=binding_id)


def settle_runs(
    tx: Transaction, runs: Sequence[RunDone], now: Millis, *, project_id: ProjectId = DEFAULT_PROJECT
) -> None:
    """Settle runs with what they left behind. Raises Conflict `run.changed` where one was settled or edited since."""
    for run in runs:
        is_settled = tx.change(
            "settle_run",
            project_id=project_id,
            binding_id=run.binding_id,
            settled_at=run.slot.at,
            period=run.slot.period,
            before_at=run.before.at,
            before_period=run.before.period,
            now=now,
            result=run.result.value,
            detail="",
        )
        if not is_settled:
            raise Conflict("run.changed", f"The schedule of binding {run.binding_id} has changed meanwhile.")
        tell_run(tx, run.binding_id, SourceAction.RUN, run.result.value, now, project_id=project_id)
        if run.result in _REASONS:
            lone = Missed(first_at=run.slot.at, last_at=run.slot.at, count=1)
            _note_gap(tx, run.binding_id, lone, _REASONS[run.result], "", run.before.at, now, project_id)


def pass_over(
    tx: Transaction,
    state: RunState,
    upto: Slot,
    missed: Missed,
    reason: GapReason,
    now: Millis,
    *,
    detail: str = "",
    project_id: ProjectId = DEFAULT_PROJECT,
) -> None:
    """Settle slots without a run, up to and with `upto`, and record the gap. Does nothing where they are settled."""
    begun = tx.change(
        "settle_run",
        project_id=project_id,
        binding_id=state.binding_id,
        settled_at=upto.at,
        period=upto.period,
        before_at=state.settled.at,
        before_period=state.settled.period,
        now=state.ran_at,
        result=None if state.result is None else state.result.value,
        detail=state.detail,
    )
    if begun:
        _note_gap(tx, state.binding_id, missed, reason, detail, state.settled.at, now, project_id)


def note_run(
    tx: Transaction,
    binding_ids: Iterable[BindingId],
    result: RunResult,
    detail: str,
    now: Millis,
    *,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> None:
    """Say what came of runs that settle nothing: a read that failed, or one made by hand."""
    for binding_id in binding_ids:
        tx.change("note_run", project_id=project_id, binding_id=binding_id, result=result.value, detail=detail, now=now)
        tell_run(tx, binding_id, SourceAction.RUN, result.value, now, project_id=project_id)


def page_gaps(
    tx: Transaction,
    *,
    binding_id: BindingId | None = None,
    source_id: SourceId | None = None,
    before: int = SEQ_MAX,
    limit: int = 50,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> list[GapRow]:
    """Gaps newest first, from the one before `before`."""
    rows = tx.all(
        "page_gaps",
        project_id=project_id,
        seq=None,
        binding_id=binding_id,
        source_id=source_id,
        before=before,
        limit=limit,
    )
    return [_gap_of(row) for row in rows]


def get_gap(tx: Transaction, seq: int, *, project_id: ProjectId = DEFAULT_PROJECT) -> GapRow:
    """One gap. Raises NotFound `gap.not_found`."""
    row = tx.one("page_gaps", project_id=project_id, seq=seq, binding_id=None, source_id=None, before=SEQ_MAX, limit=1)
    if row is None:
        raise NotFound("gap.not_found", f"There is no gap {seq}. It may have been removed by retention.")
    return _gap_of(row)


def mark_gap_run(tx: Transaction, seq: int, now: Millis, *, project_id: ProjectId = DEFAULT_PROJECT) -> None:
    """Note that a gap was run by hand. Safe to repeat."""
    gap = get_gap(tx, seq, project_id=project_id).gap
    tx.change("mark_gap_run", project_id=project_id, seq=seq, now=now)
    tell_run(tx, gap.binding_id, SourceAction.RUN, "by_hand", now, project_id=project_id)


def trim_gaps(tx: Transaction, before: Millis) -> int:
    """Remove gaps that were noted before an instant; how many there were."""
    return tx.change("trim_gaps", before=before)


def _note_gap(
    tx: Transaction,
    binding_id: BindingId,
    missed: Missed,
    reason: GapReason,
    detail: str,
    after: Millis,
    now: Millis,
    project_id: ProjectId,
) -> None:
    columns = {
        "project_id": project_id,
        "binding_id": binding_id,
        "reason": reason.value,
        "detail": detail,
        "last_at": missed.last_at,
        "count": missed.count,
        "is_at_least": int(missed.is_at_least),
        "now": now,
    }
    if not tx.change("extend_gap", after=after, **columns):
        tx.change("add_gap", first_at=missed.first_at, **columns)
    tell_run(tx, binding_id, SourceAction.GAP, reason.value, now, count=missed.count, project_id=project_id)


def _state_of(row: Sequence[Any]) -> RunState:
    binding_id, settled_at, period, ran_at, result, detail = row
    return RunState(
        binding_id=binding_id,
        settled=Slot(settled_at, period),
        ran_at=ran_at,
        result=None if result is None else RunResult(result),
        detail=detail,
    )


def _gap_of(row: Row) -> GapRow:
    (
        seq, binding_id, reason, detail, first_at, last_at, count, is_at_least, noted_at, ran_at, source, target,
        endpoint, schedule,
    ) = row  # fmt: skip
    return GapRow(
        gap=Gap(
            seq=seq,
            binding_id=binding_id,
            reason=GapReason(reason),
            detail=detail,
            missed=Missed(first_at=first_at, last_at=last_at, count=count, is_at_least=bool(is_at_least)),
            noted_at=noted_at,
            ran_at=ran_at,
        ),
        source=source,
        target=target,
        endpoint=endpoint,
        schedule=_decode_schedule(schedule),
    )
