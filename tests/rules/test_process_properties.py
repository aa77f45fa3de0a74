"""Managed servers, whatever happens to them: ends, lies, the daemon's death, and a clock that is set."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from posthouse.rules.process import (
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
    Stop,
    Terminate,
    Timer,
    Told,
    Unhealthy,
    next_timer,
    restarts_within,
    step,
)
from tests.rules.test_process import FAILED, STOPPED, STOPPING, at


@dataclass
class Shell:
    """Drives the machine as a daemon would: it spawns, signals, dies, and stores what it was told to do."""

    policy: ProcessPolicy
    state: ProcessState = field(default_factory=ProcessState)
    wall_s: float = 0.0
    awake_s: float = 0.0
    life: int = 0
    alive: int | None = None
    is_asked: bool = False
    spawns: int = 0
    asked_s: float | None = None
    asked_life: int = 0

    def now(self) -> Moment:
        return at(self.wall_s, awake_s=self.awake_s, life=str(self.life))

    def pass_time(self, seconds: float) -> None:
        self.wall_s += seconds
        self.awake_s += seconds

    def hear(self, signal: Signal) -> None:
        before = self.state
        is_end = (
            (isinstance(signal, Exited) and signal.pid == before.pid)
            or (isinstance(signal, NotSpawned) and before.is_spawning)
            or (isinstance(signal, Lost) and (before.pid is not None or before.is_spawning))
        )
        self.state, effects = step(before, signal, self.now(), self.policy)
        # What is stored can be read again.
        assert msgspec.json.decode(msgspec.json.encode(self.state), type=ProcessState) == self.state
        news = [one for one in effects if isinstance(one, Told)]
        asked_for = is_end and before.state is ServerState.STOPPING
        is_news = before.state is not self.state.state or (is_end and not asked_for)
        assert len(news) == is_news, (signal, before, self.state)
        assert all(one.state is self.state.state and one.words == self.state.why for one in news)
        for effect in effects:
            self.do(effect)
        self.check()

    def do(self, effect: object) -> None:
        match effect:
            case Spawn():
                assert self.alive is None
                assert not self.is_asked
                self.is_asked = True
                self.spawns += 1
            case Terminate():
                assert effect.pid == self.alive
                self.asked_s, self.asked_life = self.awake_s, self.life
            case Kill():
                assert effect.pid == self.alive
                assert self.asked_s is not None
                # Of the time between two lives only the wall clock knows.
                if self.asked_life == self.life:
                    assert self.awake_s - self.asked_s >= self.policy.stop_grace_s - 1e-6
            case _:
                pass

    def check(self) -> None:
        """Every promise that can be seen in one state."""
        state, due_s = self.state, next_timer(self.state, self.now())
        assert state.pid == self.alive
        assert state.is_spawning == self.is_asked
        assert not (state.is_spawning and state.pid is not None)
        if state.wanted:
            waits = state.state is ServerState.STARTING and due_s is not None
            assert state.pid is not None or state.is_spawning or waits or (state.state is FAILED and state.why)
        else:
            assert state.state in (STOPPING, STOPPED)
        if state.state in (STOPPED, FAILED):
            assert state.pid is None
            assert not state.is_spawning
            assert due_s is None
        if state.state is STOPPING:
            assert due_s is not None or state.is_spawning
        longest_s = max(
            self.policy.backoff_max_s,
            self.policy.start_grace_s,
            self.policy.unhealthy_grace_s,
            self.policy.stop_grace_s,
        )
        assert due_s is None or due_s - self.awake_s <= longest_s + 1e-6
        assert restarts_within(state, self.now(), self.policy) <= self.policy.restarts_max

    def answer(self, *, succeeds: bool) -> None:
        if self.is_asked:
            self.is_asked = False
            self.alive = 1_000 + self.spawns if succeeds else None
            self.hear(Spawned(self.alive, "b") if self.alive else NotSpawned("no"))

    def end(self, code: int | None) -> None:
        if self.alive is not None:
            pid, self.alive = self.alive, None
            self.hear(Exited(pid, code=code))

    def adopt(self) -> None:
        """A foreign process is recognised, where none is known."""
        if self.alive is None and not self.is_asked:
            self.alive = 900
            self.hear(Found(900, "f"))

    def die(self, *, survives: bool, away_s: float, wall_jump_s: float) -> None:
        """The daemon dies, and another comes, whose monotonic clock is another one."""
        self.wall_s += away_s + wall_jump_s
        self.awake_s = float((self.life * 7_919) % 1_000)
        self.life += 1
        if self.alive is not None and survives:
            self.hear(Found(self.alive, "b" if self.alive != 900 else "f"))
        else:
            self.alive, self.is_asked = None, False
            self.hear(Lost())

    def settle(self) -> None:
        """Time passes, and the process does as it is told, until nothing is waited for any more."""
        for _ in range(10):
            self.answer(succeeds=True)
            if self.state.state is STOPPING and self.alive is not None:
                due_s = next_timer(self.state, self.now())
                assert due_s is not None
                self.pass_time(max(due_s - self.awake_s, 0.0) + 0.001)
                self.hear(Timer())
                self.end(None)


SECONDS = st.sampled_from([0.0, 0.3, 1.0, 5.0, 30.0, 61.0, 700.0])
OPERATIONS = st.one_of(
    st.tuples(st.just("hear"), st.sampled_from([Start(), Stop(), RestartNow(), Healthy(), Unhealthy("x"), Timer()])),
    st.tuples(st.just("stray"), st.sampled_from([Spawned(5, "z"), NotSpawned("z"), Exited(5), Timer()])),
    st.tuples(st.just("pass"), SECONDS),
    st.tuples(st.just("answer"), st.booleans()),
    st.tuples(st.just("end"), st.sampled_from([None, 0, 1])),
    st.tuples(st.just("adopt"), st.none()),
    st.tuples(st.just("jump"), st.sampled_from([-90_000.0, -5.0, 5.0, 90_000.0])),
    st.tuples(st.just("die"), st.tuples(st.booleans(), SECONDS, st.sampled_from([0.0, -90_000.0, 90_000.0]))),
)
POLICIES = st.builds(
    ProcessPolicy,
    restart=st.sampled_from(Restart),
    restarts_max=st.sampled_from([0, 1, 3, 10]),
    settled_s=st.sampled_from([5.0, 60.0]),
)


def perform(shell: Shell, name: str, value: object) -> None:
    match name, value:
        case "hear", signal:
            shell.hear(signal)  # type: ignore[arg-type]
        case "stray", signal:
            if not shell.is_asked:
                shell.hear(signal)  # type: ignore[arg-type]
        case "pass", float(seconds):
            shell.pass_time(seconds)
        case "answer", bool(succeeds):
            shell.answer(succeeds=succeeds)
        case "end", (None | int()) as code:
            shell.end(code)
        case "adopt", None:
            shell.adopt()
        case "jump", float(seconds):
            shell.wall_s += seconds
        case "die", (bool(survives), float(away_s), float(wall_jump_s)):
            shell.die(survives=survives, away_s=away_s, wall_jump_s=wall_jump_s)
        case _:
            raise AssertionError(name)


@given(POLICIES, st.lists(OPERATIONS, max_size=40))
def test_whatever_happens_a_wanted_server_is_kept_and_a_stopped_one_stops(
    policy: ProcessPolicy, operations: list[tuple[str, object]]
) -> None:
    shell = Shell(policy)
    for name, value in operations:
        perform(shell, name, value)

    shell.hear(Stop())
    shell.settle()

    assert (shell.state.state, shell.state.wanted, shell.alive) == (STOPPED, False, None)


@given(POLICIES, st.lists(st.tuples(st.booleans(), SECONDS), max_size=60))
def test_restarts_stay_within_the_budget_and_waits_within_their_bounds(
    policy: ProcessPolicy, runs: list[tuple[bool, float]]
) -> None:
    shell, instants = Shell(policy), list[float]()
    shell.hear(Start())
    for succeeds, seconds in runs:
        if succeeds:
            shell.answer(succeeds=True)
        shell.pass_time(seconds)
        shell.answer(succeeds=False)
        shell.end(1)
        due_s = next_timer(shell.state, shell.now())
        if shell.state.state is FAILED or due_s is None:
            break
        assert policy.backoff_min_s - 1e-6 <= due_s - shell.awake_s <= policy.backoff_max_s + 1e-6
        instants.append(shell.awake_s)
        # Of two sums of the same seconds, one may be a hair short.
        shell.pass_time(due_s - shell.awake_s + 1e-6)
        shell.hear(Timer())
        assert shell.is_asked

    for instant in instants:
        assert sum(instant - policy.restarts_window_s < one <= instant for one in instants) <= policy.restarts_max
