"""Desktop sessions: a table of the transitions, and what holds whatever the looks, sleeps and clocks do."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.ids import Millis
from posthouse.rules.session import (
    Desktop,
    Ended,
    EndedBy,
    Look,
    OpenSession,
    SessionPolicy,
    Signal,
    Slept,
    Stopping,
    Unseen,
    step,
)

POLICY = SessionPolicy(threshold_s=180.0, poll_s=30.0)
T = 1_800_000_000_000


def at(second: float) -> Millis:
    return Millis(T + round(second * 1_000))


def look(second: float, idle_s: float, *, awake_s: float | None = None, boot: str = "a", **more: bool) -> Look:
    return Look(now=at(second), awake_s=second if awake_s is None else awake_s, boot=boot, idle_s=idle_s, **more)


def unseen(second: float) -> Unseen:
    return Unseen(now=at(second), awake_s=second, boot="a")


def after(*signals: Signal) -> tuple[Desktop, list[Ended]]:
    """What is known, and what has ended, after these signals."""
    desktop, ended = Desktop(), list[Ended]()
    for signal in signals:
        desktop, over = step(desktop, signal, POLICY)
        ended += over
    return desktop, ended


def test_a_look_at_activity_opens_a_session_at_its_last_input() -> None:
    desktop, ended = after(look(100, 4))

    assert desktop.open == OpenSession(started_at=at(96), last_input_at=at(96))
    assert ended == []


def test_input_moves_the_end_and_a_look_without_new_input_does_not() -> None:
    desktop, _ = after(look(0, 0), look(30, 10), look(60, 40))

    assert desktop.open == OpenSession(started_at=at(0), last_input_at=at(20))


def test_a_session_ends_at_the_last_input_and_not_at_the_look_that_noticed() -> None:
    looks = [look(0, 0), *(look(30 * n, 30 * n - 10) for n in range(1, 8))]

    desktop, ended = after(*looks)

    assert ended == [Ended(started_at=at(0), ended_at=at(10), by=EndedBy.IDLE)]
    assert desktop.open is None


@pytest.mark.parametrize(
    ("signal", "by"),
    [
        (look(40, 15, is_locked=True), EndedBy.LOCK),
        (Slept(now=at(40)), EndedBy.SLEEP),
        (Stopping(now=at(40)), EndedBy.SHUTDOWN),
        (unseen(91), EndedBy.SHUTDOWN),
    ],
)
def test_locking_sleeping_stopping_and_a_desktop_that_is_gone_end_it(signal: Signal, by: EndedBy) -> None:
    desktop, ended = after(look(0, 0), look(30, 5), signal)

    assert ended == [Ended(started_at=at(0), ended_at=at(25), by=by)]
    assert step(Desktop(), signal, POLICY)[1] == ()
    assert step(desktop, signal, POLICY)[1] == ()


def test_a_desktop_that_cannot_be_seen_for_a_moment_is_waited_for() -> None:
    desktop, ended = after(look(0, 0), unseen(30), unseen(59), look(60, 2))

    assert ended == []
    assert desktop.open == OpenSession(started_at=at(0), last_input_at=at(58))


def test_the_input_before_a_lock_counts_and_what_is_touched_while_locked_does_not() -> None:
    locked = [look(30, 8, is_locked=True), look(60, 1, is_locked=True), look(90, 0, is_locked=True)]

    desktop, ended = after(look(0, 0), *locked)
    opened, _ = step(desktop, look(120, 3), POLICY)

    assert ended == [Ended(started_at=at(0), ended_at=at(22), by=EndedBy.LOCK)]
    assert desktop.open is None
    assert opened.open == OpenSession(started_at=at(117), last_input_at=at(117))


def test_a_lock_that_comes_long_after_the_last_input_ends_nothing_that_idleness_has_ended() -> None:
    _, ended = after(look(0, 0), *(look(30 * n, 30 * n, is_locked=n > 5) for n in range(1, 12)))

    assert ended == [Ended(started_at=at(0), ended_at=at(0), by=EndedBy.IDLE)]


@pytest.mark.parametrize("idle_s", [20.0, 19.98])
def test_what_was_touched_before_an_end_opens_no_new_session(idle_s: float) -> None:
    desktop, _ = after(look(0, 0), Slept(now=at(5)), look(20, idle_s))

    assert desktop.open is None
    assert step(desktop, look(30, 2), POLICY)[0].open == OpenSession(started_at=at(28), last_input_at=at(28))


def test_an_idle_time_that_stood_still_while_the_machine_slept_is_no_input() -> None:
    looks = [look(0, 0), look(30, 20)]

    woken, _ = after(*looks, Slept(now=at(35)), look(3_600, 30, awake_s=40))
    overslept, _ = after(*looks, look(80, 25, awake_s=35))

    assert woken.open is None
    assert step(woken, look(3_620, 3, awake_s=60), POLICY)[0].open is not None
    assert overslept.open == OpenSession(started_at=at(0), last_input_at=at(10))


def test_what_was_touched_before_anybody_could_look_opens_nothing_until_it_is_touched_again() -> None:
    desktop, _ = after(look(0, 61))

    assert desktop.open is None
    assert step(desktop, look(30, 4), POLICY)[0].open == OpenSession(started_at=at(26), last_input_at=at(26))


def test_an_idle_time_that_may_be_too_short_opens_and_moves_nothing() -> None:
    desktop, _ = after(look(0, 6, is_sure=False))
    restarted, _ = after(look(0, 0), look(30, 5, boot="b", is_sure=False))

    assert desktop.open is None
    assert restarted.open == OpenSession(started_at=at(0), last_input_at=at(0))
    assert step(desktop, look(30, 4), POLICY)[0].open == OpenSession(started_at=at(26), last_input_at=at(26))


@pytest.mark.parametrize(
    "late",
    [
        look(3_600, 0, awake_s=31),  # the monotonic clock stood still while the machine slept
        look(3_600, 0),  # the loop stalled
        look(3_600, 0, awake_s=5, boot="b"),  # the daemon was killed
        look(10, 0, awake_s=31),  # the clock was set back
        look(31, 0, awake_s=3_600),  # the clock was set back to where it had been
    ],
    ids=["sleep", "stall", "restart", "set back", "set back over a stall"],
)
def test_nothing_joins_two_sessions_over_a_gap(late: Look) -> None:
    _, ended = after(look(0, 0), look(30, 5), late)

    assert ended == [Ended(started_at=at(0), ended_at=at(25), by=EndedBy.SLEEP)]


def test_a_restart_within_two_polls_goes_on_with_the_session() -> None:
    desktop, ended = after(look(0, 0), look(30, 0), look(70, 3, awake_s=1, boot="b"))

    assert ended == []
    assert desktop.open == OpenSession(started_at=at(0), last_input_at=at(67))


def test_after_the_clock_was_set_back_new_input_opens_a_session() -> None:
    desktop, _ = after(look(1_000, 0), look(10, 5, awake_s=1_030), look(40, 1, awake_s=1_060))

    assert desktop.open is not None
    assert desktop.open.last_input_at == at(39)


@dataclass
class Life:
    """A person at a machine, by a true clock: the looks that a daemon makes, and all inputs."""

    signals: list[Signal] = field(default_factory=list)
    inputs: list[Millis] = field(default_factory=list)
    looked: list[Millis] = field(default_factory=list)


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """Any jitter of polls, pauses, sleeps, stalls and locks, by a clock that is never set."""
    life, now, awake, touched, is_touched = Life(), 0.0, 0.0, 0.0, False
    for _ in range(draw(st.integers(1, 40))):
        passed = draw(st.one_of(st.floats(0.1, 59), st.floats(61, 9_000)))
        is_asleep = passed > 60 and draw(st.booleans())
        if draw(st.booleans()):
            touched, is_touched = now + draw(st.floats(0, 1)) * passed, True
            life.inputs.append(at(touched))
        now += passed
        awake += 0.0 if is_asleep else passed
        kind = draw(st.sampled_from(["look"] * 8 + ["lock", "sleep", "unseen"]))
        idle_s = now - touched if is_touched else now + 1e6
        if kind in ("look", "lock"):
            life.signals.append(Look(now=at(now), awake_s=awake, boot="a", idle_s=idle_s, is_locked=kind == "lock"))
            life.looked.append(at(now))
        else:
            slept, hidden = Slept(now=at(now)), Unseen(now=at(now), awake_s=awake, boot="a")
            life.signals.append(slept if kind == "sleep" else hidden)
    life.signals.append(Stopping(now=at(now)))
    return life


@given(lives())
def test_sessions_lie_in_order_between_inputs_and_span_no_gap(life: Life) -> None:
    _, ended = after(*life.signals)

    for session in ended:
        assert session.started_at <= session.ended_at
        assert any(abs(session.started_at - one) <= 2 for one in life.inputs)
        assert any(abs(session.ended_at - one) <= 2 for one in life.inputs)
        looks = [one for one in life.looked if session.started_at <= one <= session.ended_at]
        edges = [session.started_at, *looks, session.ended_at]
        assert all(late - early <= 2_000 * POLICY.poll_s for early, late in pairwise(edges))
    for earlier, later in pairwise(ended):
        assert earlier.ended_at < later.started_at


clocks = st.integers(0, 10**9).map(Millis)
anything = st.one_of(
    st.builds(
        Look,
        now=clocks,
        awake_s=st.floats(0, 1e6),
        boot=st.sampled_from("ab"),
        idle_s=st.floats(-10, 1e6),
        is_locked=st.booleans(),
        is_sure=st.booleans(),
    ),
    st.builds(Unseen, now=clocks, awake_s=st.floats(0, 1e6), boot=st.sampled_from("ab")),
    st.builds(Slept, now=clocks),
    st.builds(Stopping, now=clocks),
)


@given(st.lists(anything, max_size=60))
def test_whatever_the_clocks_do_no_session_ends_before_it_began(signals: list[Signal]) -> None:
    desktop, ended = after(*signals)

    assert all(one.started_at <= one.ended_at for one in ended)
    assert desktop.open is None or desktop.open.started_at <= desktop.open.last_input_at
