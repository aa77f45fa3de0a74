"""When a silence is told of, and when it is over."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.expectations import Expectation, Subject
from posthouse.model.ids import Millis
from posthouse.rules.silence import AWAKE_S, Heard, Silent, breached_from, look

MINUTE = 60_000
LONG_AGO = Millis(-(10**12))


def expectation(
    *, heard_at: int | None = None, set_at: int = 0, told_at: int | None = None, since: int | None = None
) -> Expectation:
    return Expectation(
        subject=Subject.SOURCE,
        subject_id=1,
        name="notes",
        silence_s=3_600.0,
        set_at=Millis(set_at),
        heard_at=None if heard_at is None else Millis(heard_at),
        told_at=None if told_at is None else Millis(told_at),
        silent_since=None if since is None else Millis(since),
    )


@pytest.mark.parametrize(
    ("heard_min", "set_min", "now_min", "is_silent"),
    [
        (None, 0, 60, False),  # as long as allowed, and no longer
        (None, 0, 61, True),
        (0, 30, 61, False),  # expected only since then
        (0, 30, 91, True),
        (30, 0, 90, False),
        (30, 0, 91, True),
        (500, 0, 91, False),  # a clock that was ahead
    ],
)
def test_silence_counts_from_what_was_heard_last_or_from_the_expectation(
    heard_min: int | None, set_min: int, now_min: int, is_silent: bool
) -> None:
    heard_at = None if heard_min is None else heard_min * MINUTE
    one = expectation(heard_at=heard_at, set_at=set_min * MINUTE)

    found = look(one, Millis(now_min * MINUTE), LONG_AGO)

    assert found == (Silent(Millis(max(heard_at or 0, set_min * MINUTE))) if is_silent else None)


@pytest.mark.parametrize(("awake_min", "is_silent"), [(0, False), (4, False), (5, True), (6, True)])
def test_nothing_is_silent_before_the_daemon_has_been_awake_for_five_minutes(awake_min: int, is_silent: bool) -> None:
    now = Millis(600 * MINUTE)

    assert (look(expectation(), now, Millis(now - awake_min * MINUTE)) is not None) == is_silent


def test_a_silence_is_told_of_once_and_its_end_at_once() -> None:
    told = expectation(heard_at=10 * MINUTE, told_at=100 * MINUTE, since=10 * MINUTE)
    again = msgspec.structs.replace(told, heard_at=Millis(130 * MINUTE))

    assert look(told, Millis(500 * MINUTE), LONG_AGO) is None
    assert look(again, Millis(131 * MINUTE), Millis(131 * MINUTE)) == Heard(7_200.0)


def test_what_was_heard_while_it_was_not_looked_at_ends_one_silence_before_the_next() -> None:
    told = expectation(heard_at=130 * MINUTE, told_at=100 * MINUTE, since=10 * MINUTE)
    over = msgspec.structs.replace(told, told_at=None, silent_since=None)
    now = Millis(1_000 * MINUTE)

    assert (look(told, now, LONG_AGO), look(over, now, LONG_AGO)) == (Heard(7_200.0), Silent(Millis(130 * MINUTE)))


instants = st.integers(-(10**9), 10**9).map(Millis)


@given(instants | st.none(), instants, instants, instants)
def test_it_is_told_from_the_instant_that_was_foretold_and_not_before(
    heard_at: Millis | None, set_at: Millis, awake_since: Millis, now: Millis
) -> None:
    one = expectation(heard_at=heard_at, set_at=set_at)
    due = breached_from(one, awake_since)

    assert due >= awake_since + AWAKE_S * 1000
    assert (look(one, now, awake_since) is not None) == (now >= due)
    assert look(one, Millis(due - 1), awake_since) is None


@given(st.lists(st.tuples(st.integers(1, 10**7), st.booleans()), max_size=60))
def test_silences_and_their_ends_are_told_in_turn(steps: list[tuple[int, bool]]) -> None:
    one, now, told = expectation(), 0, []
    for passed, is_heard in steps:
        now += passed
        if is_heard:
            one = msgspec.structs.replace(one, heard_at=Millis(now))
        effect = look(one, Millis(now), LONG_AGO)
        told += [] if effect is None else [type(effect)]
        match effect:
            case Silent(since=since):
                assert not is_heard
                one = msgspec.structs.replace(one, told_at=Millis(now), silent_since=since)
            case Heard(silent_s=silent_s):
                assert silent_s > one.silence_s
                one = msgspec.structs.replace(one, told_at=None, silent_since=None)

    assert told == [Silent, Heard] * (len(told) // 2) + [Silent] * (len(told) % 2)
