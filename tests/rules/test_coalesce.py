"""Many changes, one read: after a quiet window, and at the cap at the latest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.rules.coalesce import (
    IDLE,
    Changed,
    CoalescePolicy,
    Coalescing,
    Effect,
    Flush,
    Read,
    Signal,
    WakeAt,
    Woke,
    seconds_left,
    step,
)

POLICY = CoalescePolicy()


def run(*signals: tuple[float, Signal], policy: CoalescePolicy = POLICY) -> tuple[Coalescing, list[Effect]]:
    state = IDLE
    effects: list[Effect] = []
    for now_s, signal in signals:
        state, more = step(state, signal, now_s, policy)
        effects.extend(more)
    return state, effects


def test_the_first_change_arms_a_timer_for_the_quiet_window() -> None:
    assert run((10, Changed()))[1] == [WakeAt(100)]


def test_further_changes_set_no_further_timers() -> None:
    assert run((10, Changed()), (20, Changed()), (30, Changed()))[1] == [WakeAt(100)]


def test_a_timer_that_fires_after_a_quiet_window_reads() -> None:
    assert run((10, Changed()), (100, Woke())) == (IDLE, [WakeAt(100), Read()])


def test_a_timer_that_fires_while_changes_go_on_waits_for_the_restarted_window() -> None:
    assert run((10, Changed()), (60, Changed()), (100, Woke()), (150, Woke())) == (
        IDLE,
        [WakeAt(100), WakeAt(150), Read()],
    )


def test_steady_changes_are_read_at_the_cap() -> None:
    changes = [(float(second), Changed()) for second in range(0, 290, 10)]
    assert run(*changes, (290, Woke()), (300, Woke()))[1] == [WakeAt(90), WakeAt(300), Read()]


def test_a_change_that_finds_the_read_due_reads_at_once_and_is_part_of_it() -> None:
    assert run((10, Changed()), (101, Changed())) == (IDLE, [WakeAt(100), Read()])


def test_a_change_after_the_read_opens_the_next_burst() -> None:
    assert run((0, Changed()), (90, Woke()), (91, Changed()))[1] == [WakeAt(90), Read(), WakeAt(181)]


def test_a_timer_without_anything_buffered_does_nothing() -> None:
    assert run((5, Woke())) == (IDLE, [])


@pytest.mark.parametrize("policy", [CoalescePolicy(quiet_s=0), CoalescePolicy(cap_s=0)])
def test_a_window_of_nothing_reads_every_change_at_once(policy: CoalescePolicy) -> None:
    assert run((1, Changed()), (2, Changed()), policy=policy) == (IDLE, [Read(), Read()])


def test_flushing_reads_what_is_buffered_and_nothing_else() -> None:
    assert run((1, Flush())) == (IDLE, [])
    assert run((1, Changed()), (2, Flush()), (3, Flush())) == (IDLE, [WakeAt(91), Read()])


def test_a_shorter_window_set_meanwhile_brings_the_timer_forward() -> None:
    state, _ = run((0, Changed()))
    _, effects = step(state, Changed(), 10, CoalescePolicy(quiet_s=20))
    assert effects == (WakeAt(30),)


def test_seconds_left_tells_how_long_the_read_is_away() -> None:
    state, _ = run((10, Changed()))
    assert seconds_left(IDLE, 10, POLICY) is None
    assert seconds_left(state, 40, POLICY) == 60
    assert seconds_left(state, 400, POLICY) == 0


class Shell:
    """Drives the machine as intake does, with a timer that fires on time, and checks each read against the changes."""

    def __init__(self, policy: CoalescePolicy) -> None:
        self.policy = policy
        self.state = IDLE
        self.timer_s: float | None = None
        self.unread: list[float] = []
        self.reads = 0

    def change(self, at_s: float) -> None:
        self.fire(until_s=at_s)
        self.unread.append(at_s)
        self.take(Changed(), at_s)

    def fire(self, *, until_s: float) -> None:
        while self.timer_s is not None and self.timer_s <= until_s:
            at_s, self.timer_s = self.timer_s, None
            self.take(Woke(), at_s)

    def take(self, signal: Signal, at_s: float) -> None:
        self.state, effects = step(self.state, signal, at_s, self.policy)
        match effects:
            case (WakeAt(wake_at_s),):
                assert wake_at_s > at_s
                self.timer_s = wake_at_s
            case (Read(),):
                quiet_at_s = self.unread[-1] + self.policy.quiet_s
                assert at_s == pytest.approx(min(quiet_at_s, self.unread[0] + self.policy.cap_s))
                self.unread.clear()
                self.reads += 1
            case _:
                assert effects == ()
        left_s = seconds_left(self.state, at_s, self.policy)
        if left_s is not None:
            assert self.timer_s is not None
            assert self.timer_s <= at_s + left_s + 1e-6


@given(st.lists(st.floats(0, 400), max_size=80), st.floats(0, 200), st.floats(0, 400))
def test_any_changes_are_read_once_per_burst_after_the_quiet_window_or_at_the_cap(
    gaps_s: list[float], quiet_s: float, cap_s: float
) -> None:
    shell = Shell(CoalescePolicy(quiet_s=quiet_s, cap_s=cap_s))
    now_s = 0.0
    for gap_s in gaps_s:
        now_s += gap_s
        shell.change(now_s)
    shell.fire(until_s=float("inf"))
    assert (shell.unread, shell.state) == ([], IDLE)
    assert (shell.reads > 0) == bool(gaps_s)


@given(st.lists(st.tuples(st.floats(0, 400), st.sampled_from([Changed(), Woke(), Flush()])), max_size=60))
def test_late_and_stray_timers_never_lose_a_change_nor_read_twice(steps: list[tuple[float, Signal]]) -> None:
    state, now_s, is_unread = IDLE, 0.0, False
    for gap_s, signal in steps:
        now_s += gap_s
        is_unread |= isinstance(signal, Changed)
        state, effects = step(state, signal, now_s, POLICY)
        if Read() in effects:
            assert is_unread
            is_unread = False
        assert (seconds_left(state, now_s, POLICY) is not None) == is_unread
    _, effects = step(state, Flush(), now_s, POLICY)
    assert (Read() in effects) == is_unread
