"""Managed servers: a table of the transitions, and what holds whatever happens to them, the daemon and its clock."""

from __future__ import annotations

import msgspec
import pytest

from posthouse.model.errors import BadInput
from posthouse.model.events import Severity
from posthouse.model.ids import Millis
from posthouse.rules.process import (
    WORDS_MAX,
    Exited,
    Found,
    Healthy,
    Kill,
    Lost,
    Moment,
    NotSpawned,
    ProcessPolicy,
    ProcessState,
    Restart,
    RestartNow,
    ServerState,
    Signal,
    Spawn,
    Spawned,
    Start,
    Step,
    Stop,
    Terminate,
    Timer,
    Told,
    Unhealthy,
    checked_port,
    next_timer,
    restarts_within,
    starts_at,
    step,
)

POLICY = ProcessPolicy()
ON_FAILURE = ProcessPolicy(restart=Restart.ON_FAILURE)
NEVER = ProcessPolicy(restart=Restart.NEVER)
T = 1_800_000_000_000
END = Terminate(7, "b")
UP: tuple[tuple[float, Signal], ...] = ((0, Start()), (1, Spawned(7, "b")), (2, Healthy()))
CRASHED = ((0, Start()), (1, Spawned(7, "b")), (2, Healthy()), (100, Exited(7, code=1)))


def at(second: float, *, life: str = "a", awake_s: float | None = None) -> Moment:
    return Moment(at=Millis(T + round(second * 1_000)), awake_s=second if awake_s is None else awake_s, life=life)


def after(*signals: tuple[float, Signal], policy: ProcessPolicy = POLICY) -> Step:
    """The state after these signals, and what the last one led to."""
    last: Step = (ProcessState(), ())
    for second, signal in signals:
        last = step(last[0], signal, at(second), policy)
    return last


def told(effects: tuple[object, ...]) -> list[tuple[ServerState, Severity]]:
    return [(one.state, one.severity) for one in effects if isinstance(one, Told)]


def done(effects: tuple[object, ...]) -> list[object]:
    return [one for one in effects if not isinstance(one, Told)]


STARTING, RUNNING, UNHEALTHY = ServerState.STARTING, ServerState.RUNNING, ServerState.UNHEALTHY
STOPPING, STOPPED, FAILED = ServerState.STOPPING, ServerState.STOPPED, ServerState.FAILED


@pytest.mark.parametrize(
    ("signals", "state", "doings"),
    [
        pytest.param([(0, Start())], STARTING, [Spawn()], id="a start spawns"),
        pytest.param([(0, RestartNow())], STARTING, [Spawn()], id="a restart starts what does not run"),
        pytest.param([(0, Start()), (1, Start())], STARTING, [], id="a second start spawns nothing"),
        pytest.param([(0, Start()), (1, RestartNow())], STARTING, [], id="nor does a restart meanwhile"),
        pytest.param([(0, Start()), (1, Healthy())], STARTING, [], id="without a process nothing is healthy"),
        pytest.param([(0, Start()), (1, Spawned(7, "b"))], STARTING, [], id="a spawn waits for health"),
        pytest.param([*UP, (3, Spawned(8, "c"))], RUNNING, [], id="an answer to nothing is none"),
        pytest.param([*UP, (3, NotSpawned("x"))], RUNNING, [], id="nor is this one"),
        pytest.param(UP, RUNNING, [], id="a healthy one runs"),
        pytest.param([*UP, (3, Healthy())], RUNNING, [], id="and goes on running"),
        pytest.param([*UP, (3, Start())], RUNNING, [], id="and is not started twice"),
        pytest.param([*UP, (3, Found(7, "b"))], RUNNING, [], id="found by a new life, it runs on"),
        pytest.param([*UP, (3, Found(8, "c"))], RUNNING, [], id="another one beside it is not its own"),
        pytest.param([*UP, (3, Exited(8, code=0))], RUNNING, [], id="the end of another one is no news"),
        pytest.param([*UP, (3, Unhealthy("500"))], UNHEALTHY, [], id="unhealthy"),
        pytest.param([*UP, (3, Unhealthy("500")), (4, Unhealthy("502"))], UNHEALTHY, [], id="still unhealthy"),
        pytest.param([*UP, (3, Unhealthy("500")), (4, Healthy())], RUNNING, [], id="healthy again"),
        pytest.param([(0, Start()), (1, Spawned(7, "b")), (30.9, Timer())], STARTING, [], id="in its grace"),
        pytest.param([(0, Start()), (1, Spawned(7, "b")), (31, Timer())], UNHEALTHY, [], id="never healthy"),
        pytest.param([*UP, (3, Unhealthy("500")), (62.9, Timer())], UNHEALTHY, [], id="unhealthy within grace"),
        pytest.param([*UP, (3, Unhealthy("500")), (63, Timer())], STOPPING, [END], id="unhealthy for too long"),
        pytest.param([*UP, (9, Stop())], STOPPING, [END], id="a stop terminates"),
        pytest.param([*UP, (9, Stop()), (18.9, Timer())], STOPPING, [], id="and leaves it its grace"),
        pytest.param([*UP, (9, Stop()), (19, Timer())], STOPPING, [Kill(7, "b")], id="and then kills"),
        pytest.param([*UP, (9, Stop()), (19, Timer()), (29, Timer())], STOPPING, [Kill(7, "b")], id="and again"),
        pytest.param([*UP, (9, Stop()), (10, Exited(7, signal=15))], STOPPED, [], id="a stop ends in stopped"),
        pytest.param([*UP, (9, Stop()), (10, Stop())], STOPPING, [], id="one stop is enough"),
        pytest.param([*UP, (9, Stop()), (10, Found(7, "b"))], STOPPING, [END], id="a new life asks again"),
        pytest.param([*UP, (9, Stop()), (10, Lost())], STOPPED, [], id="or finds it ended"),
        pytest.param([*UP, (9, Stop()), (10, Start()), (11, Exited(7))], STARTING, [Spawn()], id="wanted again"),
        pytest.param([*UP, (9, RestartNow())], STOPPING, [END], id="a restart terminates"),
        pytest.param([*UP, (9, RestartNow()), (10, Exited(7, code=0))], STARTING, [Spawn()], id="then spawns"),
        pytest.param([*UP, (9, RestartNow()), (10, Stop()), (11, Exited(7))], STOPPED, [], id="unless stopped"),
        pytest.param([*UP, (9, Stop()), (10, RestartNow()), (11, Exited(7))], STARTING, [Spawn()], id="or not"),
        pytest.param([(0, Start()), (1, Stop())], STOPPING, [], id="a stop waits for the spawn's answer"),
        pytest.param([(0, Start()), (1, Stop()), (2, Spawned(7, "b"))], STOPPING, [END], id="and ends it"),
        pytest.param([(0, Start()), (1, Stop()), (2, Found(7, "b"))], STOPPING, [END], id="found instead, too"),
        pytest.param([(0, Start()), (1, Stop()), (2, NotSpawned("x"))], STOPPED, [], id="nothing to end"),
        pytest.param([(0, Start()), (1, Stop()), (2, Start()), (3, Spawned(7, "b"))], STARTING, [], id="kept"),
        pytest.param([(0, Start()), (1, Stop()), (2, Start()), (3, NotSpawned("x"))], STARTING, [], id="waits"),
        pytest.param([(0, Start()), (1, NotSpawned("x"))], STARTING, [], id="not spawned: later"),
        pytest.param([(0, Start()), (1, Lost())], STARTING, [], id="lost while it was spawned: later"),
        pytest.param([(0, Start()), (1, NotSpawned("x")), (2, Timer())], STARTING, [Spawn()], id="at the timer"),
        pytest.param(CRASHED, STARTING, [], id="a crash waits"),
        pytest.param([*CRASHED, (100.9, Timer())], STARTING, [], id="for its backoff"),
        pytest.param([*CRASHED, (101, Timer())], STARTING, [Spawn()], id="and is over"),
        pytest.param([*CRASHED, (100.5, Start())], STARTING, [Spawn()], id="a person need not wait"),
        pytest.param([*CRASHED, (100.5, Stop())], STOPPED, [], id="a stop while it waits"),
        pytest.param([*CRASHED, (100.5, Found(9, "c"))], STARTING, [], id="found while it waits"),
        pytest.param([*UP, (9, Lost())], STARTING, [], id="it ended unseen"),
        pytest.param([(0, Found(7, "b"))], STARTING, [], id="found without a start: adopted"),
        pytest.param([(0, Lost())], STOPPED, [], id="there was nothing to lose"),
        pytest.param([(0, Stop())], STOPPED, [], id="stopped anyway"),
        pytest.param([(0, Timer())], STOPPED, [], id="no timer"),
        pytest.param([(0, Unhealthy("x"))], STOPPED, [], id="nothing to be unhealthy"),
        pytest.param([*UP, (9, Exited(7, code=0))], STARTING, [], id="always: even after a good end"),
    ],
)
def test_each_signal_leads_where_it_should(
    signals: list[tuple[float, Signal]], state: ServerState, doings: list[object]
) -> None:
    ended, effects = after(*signals)

    assert ended.state is state
    assert done(effects) == doings


@pytest.mark.parametrize(
    ("policy", "end", "state", "is_wanted"),
    [
        (ON_FAILURE, Exited(7, code=0), STOPPED, False),
        (ON_FAILURE, Exited(7, code=1), STARTING, True),
        (ON_FAILURE, Exited(7), STARTING, True),
        (NEVER, Exited(7, code=0), STOPPED, False),
        (NEVER, Exited(7, signal=11), FAILED, True),
    ],
)
def test_what_ends_by_itself_is_restarted_as_its_policy_says(
    policy: ProcessPolicy, end: Exited, state: ServerState, *, is_wanted: bool
) -> None:
    ended, effects = after(*UP, (9, end), policy=policy)

    assert (ended.state, ended.wanted) == (state, is_wanted)
    assert [one for one, _ in told(effects)] == [state]


def test_one_that_is_never_restarted_stays_unhealthy() -> None:
    ended, effects = after(*UP, (3, Unhealthy("500")), (9_999, Timer()), policy=NEVER)

    assert (ended.state, effects, next_timer(ended, at(9_999))) == (UNHEALTHY, (), None)


def test_one_that_was_ended_for_its_health_counts_as_crashed_however_it_ended() -> None:
    state, effects = after(*UP, (3, Unhealthy("500")), (63, Timer()), (64, Exited(7, code=0)), policy=ON_FAILURE)

    assert (state.state, state.crashes, restarts_within(state, at(64), POLICY)) == (STARTING, 1, 1)
    assert effects == (
        Told(STARTING, "Unhealthy for 60 s, and was ended. It is started again in 1 s", Severity.WARNING),
    )


def test_a_person_who_restarts_or_stops_what_is_being_ended_for_its_health_is_heeded() -> None:
    ending = (*UP, (3.0, Unhealthy("500")), (63.0, Timer()))

    assert done(after(*ending, (64, RestartNow()), (65, Exited(7)))[1]) == [Spawn()]
    assert after(*ending, (64, Stop()), (65, Exited(7)))[0].state is STOPPED


def test_waits_double_up_to_a_minute_and_a_long_run_makes_them_short_again() -> None:
    policy = ProcessPolicy(restarts_max=100)
    state, _ = step(ProcessState(), Start(), at(0), policy)
    second, waits = 0.0, list[float]()

    def crash(runs_s: float) -> None:
        nonlocal state, second
        state, _ = step(state, Spawned(7, "b"), at(second), policy)
        second += runs_s
        state, _ = step(state, Exited(7, code=1), at(second), policy)
        due_s = next_timer(state, at(second))
        assert due_s is not None
        waits.append(due_s - second)
        second = due_s
        state, effects = step(state, Timer(), at(second), policy)
        assert effects == (Spawn(),)

    for _ in range(8):
        crash(0.5)
    crash(60.0)
    crash(0.5)

    assert waits == pytest.approx([1, 2, 4, 8, 16, 32, 60, 60, 1, 2])


def test_the_budget_ends_in_failed_until_a_person_starts_it() -> None:
    policy = ProcessPolicy(restarts_max=2, restarts_window_s=600)
    ups: list[tuple[float, Signal]] = [(0, Start())]
    for n in (1, 2):
        ups += [(10 * n, Spawned(n, "b")), (10 * n + 1, Exited(n, code=1)), (10 * n + 5, Timer())]
    given_up, effects = after(*ups, (30, Spawned(3, "b")), (31, Exited(3, code=1)), policy=policy)
    started, again = step(given_up, Start(), at(40), policy)
    healed, _ = after(*ups, (30, Spawned(3, "b")), (611, Exited(3, code=1)), policy=policy)

    assert (given_up.state, given_up.wanted, next_timer(given_up, at(31))) == (FAILED, True, None)
    words = "It ended with exit code 1. 2 restarts within 600 s did not help: start it by hand"
    assert effects == (Told(FAILED, words, Severity.ERROR),)
    assert given_up.why == words
    assert step(given_up, Timer(), at(9_999), policy) == (given_up, ())
    assert step(given_up, Stop(), at(32), policy)[0].state is STOPPED
    assert (done(again), restarts_within(started, at(40), policy)) == ([Spawn()], 0)
    assert (healed.state, restarts_within(healed, at(611), policy)) == (STARTING, 2)


def test_what_is_told_says_why_in_plain_words_and_bounded() -> None:
    def words(*signals: tuple[float, Signal]) -> str:
        return after(*signals)[0].why

    assert words((0, Start())) == "It is being started"
    assert words(*UP) == "It runs"
    assert words(*UP, (3, Unhealthy("answered 500"))) == "Unhealthy: answered 500"
    assert words((0, Start()), (1, Spawned(7, "b")), (31, Timer())) == "Not healthy 30 s after its start"
    assert words(*CRASHED) == "It ended with exit code 1. It is started again in 1 s"
    assert words(*UP, (9, Exited(7, signal=11))).startswith("It was ended by SIGSEGV. ")
    assert words(*UP, (9, Exited(7, signal=99))).startswith("It was ended by signal 99. ")
    assert words(*UP, (9, Exited(7))).startswith("It ended. ")
    assert words(*UP, (9, Lost())).startswith("It ended while the daemon did not run. ")
    assert words((0, Start()), (1, NotSpawned("no such file"))).startswith("It could not be started: no such file. ")
    assert words((0, Found(7, "b"))) == "It runs as process 7"
    assert len(words(*UP, (3, Unhealthy("x" * 9_999)))) == WORDS_MAX


def test_waits_go_on_in_the_next_life_by_the_wall_clock() -> None:
    state, _ = after(*CRASHED)
    crashed = msgspec.json.decode(msgspec.json.encode(state), type=ProcessState)

    soon, later = at(100.4, life="b", awake_s=3), at(101, life="b", awake_s=3.6)
    assert next_timer(crashed, soon) == pytest.approx(3.6)
    assert starts_at(crashed, soon) == T + 101_000
    assert done(step(crashed, Timer(), later, POLICY)[1]) == [Spawn()]
    assert starts_at(step(crashed, Timer(), later, POLICY)[0], later) is None
    assert starts_at(after(*UP)[0], at(3)) is None


@pytest.mark.parametrize("second", [-90_000.0, 90_000.0])
def test_a_clock_that_was_set_makes_nothing_wait_longer_than_it_was_to(second: float) -> None:
    state, _ = after(*CRASHED)

    same_life = at(second, awake_s=100.5)
    assert next_timer(state, same_life) == 101
    due_s = next_timer(state, at(second, life="b", awake_s=50))
    assert due_s is not None
    assert due_s <= 51


def test_a_crash_soon_after_a_long_life_waits_no_longer_though_the_clock_was_set_back_meanwhile() -> None:
    state, _ = after(*UP, (50_000, Exited(7, code=1)))

    due_s = next_timer(state, at(-90_000, life="b", awake_s=5))

    assert due_s == pytest.approx(6)


def test_what_changes_nothing_gives_back_the_very_state() -> None:
    running, _ = after(*UP)

    for signal in (Healthy(), Timer(), Start(), Spawned(9, "z"), Exited(9), Found(7, "b")):
        assert step(running, signal, at(5), POLICY)[0] is running


@pytest.mark.parametrize("port", [1_024, 65_535])
def test_ports_of_servers_are_allowed(port: int) -> None:
    assert checked_port(port) == port


@pytest.mark.parametrize("port", [-1, 0, 80, 1_023, 65_536])
def test_other_ports_are_refused(port: int) -> None:
    with pytest.raises(BadInput) as refused:
        checked_port(port)

    assert refused.value.code == "server.port_invalid"
