"""Runs: what becomes of the slots of one binding's schedule, those that are due and those that were passed over.

`rules.schedule` finds the slots; this judges them. Of several that are due only the last is run. Those before it are
gaps: the one that was tried and could not be read says so, all others were missed. A source that was switched off
catches nothing up.
"""

from __future__ import annotations

from datetime import tzinfo

import msgspec

from posthouse.model.bindings import Schedule
from posthouse.model.ids import Millis
from posthouse.model.runs import GapReason, Missed, RunResult, RunState, Slot
from posthouse.rules.schedule import look

_WORDS = {
    RunResult.SENT: "Sent",
    RunResult.NOTHING_NEW: "Nothing new",
    RunResult.NOTHING_TO_TELL: "Nothing to tell",
    RunResult.FAILED: "Could not be read",
}


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """Slots that are settled without a run, up to and with `upto`, and why."""

    upto: Slot
    missed: Missed
    reason: GapReason
    detail: str = ""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done for a binding.

    `settled`: the slot settled last once `passed` is written. `due`: the slot to be run now, None where none is.
    `next_at`: when the one behind it comes, None if never.
    """

    settled: Slot
    passed: tuple[Passed, ...]
    due: Slot | None
    next_at: Millis | None


def judge(schedule: Schedule, zone: tzinfo, state: RunState, now: Millis, *, seen: Slot | None = None) -> Judged:
    """Judge the slots of a binding at `now`. `seen`: the slot that was due when it was judged before, if any was."""
    binding_id, settled = state.binding_id, state.settled
    found = look(schedule, zone, settled, now, binding_id)
    passed: list[Passed] = []
    missed = found.missed
    if missed is not None and state.result is RunResult.FAILED:
        first = look(schedule, zone, settled, missed.first_at, binding_id).slot
        if first is not None and (first == seen or (state.ran_at is not None and first.at <= state.ran_at)):
            passed.append(Passed(upto=first, missed=_lone(first), reason=GapReason.READ_FAILED, detail=state.detail))
            settled = first
            missed = look(schedule, zone, settled, now, binding_id).missed
    if missed is not None:
        upto = look(schedule, zone, settled, missed.last_at, binding_id).slot
        if upto is not None:
            passed.append(Passed(upto=upto, missed=missed, reason=GapReason.MISSED))
            settled = upto
    return Judged(settled=settled, passed=tuple(passed), due=found.slot, next_at=found.next_at)


def pass_all(schedule: Schedule, zone: tzinfo, state: RunState, now: Millis, reason: GapReason) -> Passed | None:
    """Every slot up to `now` as one gap that is not caught up. None where there was no slot."""
    found = look(schedule, zone, state.settled, now, state.binding_id)
    if found.slot is None:
        return None
    missed = _lone(found.slot)
    if found.missed is not None:
        missed = Missed(
            first_at=found.missed.first_at,
            last_at=found.slot.at,
            count=found.missed.count + 1,
            is_at_least=found.missed.is_at_least,
        )
    return Passed(upto=found.slot, missed=missed, reason=reason)


def run_words(result: RunResult, detail: str = "") -> str:
    """How a run went, for people."""
    return f"{_WORDS[result]}: {detail}" if detail else _WORDS[result]


def _lone(slot: Slot) -> Missed:
    return Missed(first_at=slot.at, last_at=slot.at, count=1)
