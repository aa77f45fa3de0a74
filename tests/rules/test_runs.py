"""What becomes of slots: of several that are due one is run, and every other is in exactly one gap, with its reason."""

from __future__ import annotations

from datetime import UTC

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.bindings import Mode, Schedule
from posthouse.model.ids import BindingId, Millis
from posthouse.model.runs import GapReason, RunResult, RunState, Slot
from posthouse.rules.runs import Passed, judge, pass_all, run_words
from posthouse.rules.schedule import begin, look

HOUR = 3_600_000
BINDING = BindingId(3)
HOURLY = Schedule(mode=Mode.INTERVAL, every_s=3_600)
DAILY = Schedule(mode=Mode.DAILY, at="00:01")
CRON = Schedule(mode=Mode.CRON, cron="*/10 * * * *")
START = Millis(1_767_225_600_000)


def state_of(schedule: Schedule, **fields: object) -> RunState:
    return msgspec.structs.replace(RunState(binding_id=BINDING, settled=begin(schedule, UTC, START, BINDING)), **fields)


def slot_after(schedule: Schedule, settled: Slot, count: int = 1) -> Slot:
    """The slot so many behind one."""
    for _ in range(count):
        next_at = look(schedule, UTC, settled, settled.at, BINDING).next_at
        assert next_at is not None
        found = look(schedule, UTC, settled, next_at, BINDING).slot
        assert found is not None
        settled = found
    return settled


def told(passed: tuple[Passed, ...]) -> list[tuple[GapReason, int, str]]:
    return [(one.reason, one.missed.count, one.detail) for one in passed]


def test_nothing_is_due_between_two_slots() -> None:
    state = state_of(HOURLY)
    found = judge(HOURLY, UTC, state, Millis(state.settled.at + HOUR - 1))

    assert (found.due, found.passed, found.next_at) == (None, (), state.settled.at + HOUR)


def test_the_last_of_several_slots_is_due_and_the_others_were_missed() -> None:
    state = state_of(HOURLY)
    found = judge(HOURLY, UTC, state, Millis(state.settled.at + 4 * HOUR + 5))

    assert told(found.passed) == [(GapReason.MISSED, 3, "")]
    assert found.settled == slot_after(HOURLY, state.settled, 3)
    assert found.due == slot_after(HOURLY, state.settled, 4)
    assert found.next_at == state.settled.at + 5 * HOUR


@pytest.mark.parametrize("is_restarted", [False, True])
def test_the_slot_that_was_tried_could_not_be_read_and_those_slept_through_were_missed(is_restarted: bool) -> None:
    state = state_of(HOURLY, result=RunResult.FAILED, detail="Is a directory")
    tried = slot_after(HOURLY, state.settled)
    state = msgspec.structs.replace(state, ran_at=Millis(tried.at + 5))
    seen = None if is_restarted else tried

    found = judge(HOURLY, UTC, state, Millis(state.settled.at + 4 * HOUR + 5), seen=seen)

    assert told(found.passed) == [(GapReason.READ_FAILED, 1, "Is a directory"), (GapReason.MISSED, 2, "")]
    assert found.due == slot_after(HOURLY, state.settled, 4)


def test_a_slot_that_came_while_the_source_was_left_alone_could_not_be_read_either() -> None:
    state = state_of(HOURLY, result=RunResult.FAILED, detail="Is a directory", ran_at=START)
    seen = slot_after(HOURLY, state.settled)
    state = msgspec.structs.replace(state, ran_at=Millis(seen.at - 1))

    found = judge(HOURLY, UTC, state, Millis(state.settled.at + 2 * HOUR), seen=seen)

    assert told(found.passed) == [(GapReason.READ_FAILED, 1, "Is a directory")]


def test_a_failure_of_long_ago_explains_no_slot_that_came_after_it() -> None:
    state = state_of(HOURLY, result=RunResult.FAILED, detail="Is a directory", ran_at=START)
    found = judge(HOURLY, UTC, state, Millis(state.settled.at + 3 * HOUR))

    assert told(found.passed) == [(GapReason.MISSED, 2, "")]


def test_a_source_that_was_off_catches_nothing_up() -> None:
    state = state_of(HOURLY)
    now = Millis(state.settled.at + 4 * HOUR + 5)

    assert pass_all(HOURLY, UTC, state, Millis(state.settled.at + 5), GapReason.SOURCE_OFF) is None
    passed = pass_all(HOURLY, UTC, state, now, GapReason.SOURCE_OFF)
    assert passed is not None
    assert told((passed,)) == [(GapReason.SOURCE_OFF, 4, "")]
    assert judge(HOURLY, UTC, msgspec.structs.replace(state, settled=passed.upto), now).due is None


@pytest.mark.parametrize(
    ("result", "detail", "words"),
    [
        (RunResult.SENT, "", "Sent"),
        (RunResult.NOTHING_NEW, "", "Nothing new"),
        (RunResult.FAILED, "Is a directory: /srv", "Could not be read: Is a directory: /srv"),
    ],
)
def test_a_run_is_told_of_in_words(result: RunResult, detail: str, words: str) -> None:
    assert run_words(result, detail) == words


@given(
    st.sampled_from([HOURLY, DAILY, CRON]),
    st.lists(st.tuples(st.integers(1, 40 * HOUR), st.sampled_from(["ok", "fails", "restart", "off"])), max_size=25),
)
def test_every_slot_is_run_or_in_one_gap_whatever_happens(schedule: Schedule, steps: list[tuple[int, str]]) -> None:
    state, now, seen = state_of(schedule), START, None
    begun, covered, last = state.settled, 0, state.settled
    for passed_ms, what in steps:
        now = Millis(now + passed_ms)
        if what == "restart":
            seen = None
        if what == "off":
            off = pass_all(schedule, UTC, state, now, GapReason.SOURCE_OFF)
            if off is not None:
                covered += off.missed.count
                state, last, seen = msgspec.structs.replace(state, settled=off.upto), off.upto, None
            continue
        found = judge(schedule, UTC, state, now, seen=seen)
        for one in found.passed:
            assert one.missed.first_at > last.at, "in order, none twice"
            assert one.upto.at == one.missed.last_at
            covered, last = covered + one.missed.count, one.upto
        assert found.settled == last
        state, seen = msgspec.structs.replace(state, settled=found.settled), found.due
        if found.due is not None and what == "fails":
            state = msgspec.structs.replace(state, result=RunResult.FAILED, detail="no", ran_at=now)
        elif found.due is not None:
            assert found.due.at > last.at
            covered, last, seen = covered + 1, found.due, None
            state = msgspec.structs.replace(state, settled=found.due, result=RunResult.SENT, detail="", ran_at=now)

    count, at = 0, begun
    while at.at < last.at:
        at, count = slot_after(schedule, at), count + 1
    assert (covered, at) == (count, last)
