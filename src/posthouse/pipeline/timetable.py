"""The timetable of one source: which runs of its bindings are due, and when to look again.

Read afresh from the ledger at each look, schedule and settled slot as of one moment. What was passed over is written
before anything is run, so that a gap and its reason are on record whatever becomes of the run.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from posthouse.ledger.base import Database, Transaction
from posthouse.ledger.runs import ClockRun, clock_runs, note_run, pass_over
from posthouse.model.errors import BadInput
from posthouse.model.ids import BindingId, Millis, SourceId
from posthouse.model.runs import GapReason, RunResult, RunState, Slot
from posthouse.pipeline.snapshots import DueRun
from posthouse.rules.runs import Judged, Passed, judge, pass_all, run_words
from posthouse.system.clock import Clock
from posthouse.system.logging import get_log
from posthouse.system.zones import load_zone

CLOCK_SET_BACK_MS = 60_000

_log = get_log(__name__)


class _Judgement(msgspec.Struct, frozen=True):
    """What was judged of a binding, and the state that it was judged by."""

    state: RunState
    judged: Judged


class Timetable:
    """What is due of a source's bindings that go by the clock."""

    def __init__(self, database: Database, source_id: SourceId, clock: Clock) -> None:
        self._database = database
        self._source_id = source_id
        self._clock = clock
        self._is_stale = True
        self._looked_at = Millis(0)
        self._seen: dict[BindingId, Slot] = {}
        self.due: tuple[DueRun, ...] = ()
        self.next_at: Millis | None = None
        self.is_scheduled = False
        self.last_run = ""

    def expire(self) -> None:
        """What it knows no longer holds: look again."""
        self._is_stale = True

    async def look(self) -> None:
        """See what is due, if anything can have become so since the last look. Raises LedgerError kinds."""
        now = self._clock.now()
        is_due = self.next_at is not None and now >= self.next_at
        if not (self._is_stale or is_due or now < self._looked_at - CLOCK_SET_BACK_MS):
            return
        rows = await self._database.read(clock_runs, self._source_id)
        judgements = [one for one in [await self._judge(row, now) for row in rows] if one is not None]
        changed = [one for one in judgements if one.judged.passed]
        if changed:
            await self._database.run(_write, changed, now)
        self.due = tuple(
            DueRun(binding_id=one.state.binding_id, before=one.judged.settled, slot=one.judged.due)
            for one in judgements
            if one.judged.due is not None
        )
        self._seen = {one.binding_id: one.slot for one in self.due}
        ats = [one.judged.next_at for one in judgements]
        self.next_at = min((at for at in ats if at is not None), default=None)
        self.is_scheduled = bool(rows)
        self.last_run = _last_run([row.state for row in rows])
        self._is_stale, self._looked_at = False, now

    async def note(self, binding_ids: Sequence[BindingId], result: RunResult, detail: str = "") -> None:
        """Say what came of runs that settle nothing."""
        if binding_ids:
            await self._database.run(note_run, binding_ids, result, detail, self._clock.now())
            self.expire()

    async def _judge(self, row: ClockRun, now: Millis) -> _Judgement | None:
        """None where the schedule's zone is not known on this machine any more: then it cannot run, and says so."""
        state = row.state
        try:
            zone = load_zone(row.schedule.zone)
        except BadInput as error:
            if (state.result, state.detail) != (RunResult.FAILED, error.message):
                _log.warning("a schedule cannot run", binding=state.binding_id, code=error.code, detail=error.message)
                await self._database.run(note_run, [state.binding_id], RunResult.FAILED, error.message, now)
            return None
        return _Judgement(state, judge(row.schedule, zone, state, now, seen=self._seen.get(state.binding_id)))


def pass_source_over(tx: Transaction, source_id: SourceId, now: Millis) -> None:
    """A source that was off is on again: what its bindings' schedules asked for meanwhile is a gap, not caught up."""
    for row in clock_runs(tx, source_id):
        try:
            zone = load_zone(row.schedule.zone)
        except BadInput:
            continue  # Its timetable says so.
        passed = pass_all(row.schedule, zone, row.state, now, GapReason.SOURCE_OFF)
        if passed is not None:
            _pass(tx, row.state, [passed], now)


def _write(tx: Transaction, judgements: Sequence[_Judgement], now: Millis) -> None:
    for one in judgements:
        _pass(tx, one.state, one.judged.passed, now)


def _pass(tx: Transaction, state: RunState, passed: Sequence[Passed], now: Millis) -> None:
    for one in passed:
        pass_over(tx, state, one.upto, one.missed, one.reason, now, detail=one.detail)
        state = msgspec.structs.replace(state, settled=one.upto)


def _last_run(states: Sequence[RunState]) -> str:
    tried = [one for one in states if one.ran_at is not None]
    last = max(tried, key=lambda one: one.ran_at or 0, default=None)
    return "" if last is None or last.result is None else run_words(last.result, last.detail)
