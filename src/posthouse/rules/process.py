"""One managed server: when it is started, stopped, killed, restarted and given up, as a pure machine.

                     ┌──────────────────── Start, RestartNow, Found ─────────────────────┐
                     ▼                                                                   │
    ┌─────────▶ starting ──Healthy──▶ running ──Unhealthy──▶ unhealthy ──Healthy──▶ running
    │            │  │  │               │                      │    ▲                      │
    │            │  │  └─start_grace───│──────────────────────│────┘                   stopped
    │            │  │                  │                      │                           ▲
    │            │  └──────Stop────────┴─────────Stop─────────┴─▶ stopping ──Exited───────┤
    │            │                                            │    │  ▲  │               │
    │            │                             unhealthy_grace└────┼──┘  └─grace─▶ Kill   │
    │            └─Exited, NotSpawned (from anywhere alive)─┐      │ to be restarted      │
    │                                                       ▼      ▼                      │
    └───── after 1, 2, 4 … 60 s, within the budget ◀──── it ended ─┬─ ended well, and need not run
                                                                   └─ over the budget, or never restarted ─▶ failed

In: what happened to it (`Signal`), when (`Moment`), and its policy. Out: its state after that, and what is to be done
(`Spawn`, `Terminate`, `Kill`) and told (`Told`). The state is stored as JSON before anything is done, so it survives
the daemon's death at any point; then the next life says first what it found: `Found` or `Lost`. Who drives it answers
every Spawn with one Spawned or NotSpawned, and tells Exited only when nothing of the process is left.

What always holds: a server that is wanted is alive, about to be started at a timer, or failed with a reason. One that
is stopped ends in stopped. There is one process at most: no Spawn before the last one was answered and its process has
ended. Kill comes only after the grace of a Terminate. Every change of state, and every end that nobody asked for, is
told once. Waits are counted by the monotonic clock, from one life of the daemon to the next by the wall clock, so that
no jump of it loses a restart, and none makes anything wait longer than it was to wait.
"""

from __future__ import annotations

from enum import StrEnum
from signal import Signals
from typing import assert_never

import msgspec

from posthouse.model.errors import BadInput
from posthouse.model.events import Severity
from posthouse.model.ids import Millis

PORT_MIN, PORT_MAX = 1_024, 65_535
"""What a managed server may listen on: below are the ports of the system's own services (RFC 6335, section 6)."""

WORDS_MAX = 500
"""Longer reasons are cut to so many characters."""


class ServerState(StrEnum):
    """How a server is doing. starting: it has been started and is not known to be healthy, or waits for its start."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    UNHEALTHY = "unhealthy"
    STOPPING = "stopping"
    FAILED = "failed"


class Restart(StrEnum):
    """When a server that ended by itself is started again. on_failure: unless it ended with exit code 0."""

    ALWAYS = "always"
    ON_FAILURE = "on_failure"
    NEVER = "never"


class ProcessPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How patient one is with a server. All in seconds, above 0, but the count `restarts_max` (0 or more).

    `backoff_*`: the wait before a restart, doubling from one crash to the next. `settled_s`: a run of that length
    has crashes before it forgiven. `restarts_max` within `restarts_window_s`: over it, it has failed. `start_grace_s`:
    not healthy so long after its start, it is unhealthy. `unhealthy_grace_s`: unhealthy for so long, it is restarted.
    `stop_grace_s`: still there so long after it was asked to end, it is killed.
    """

    restart: Restart = Restart.ALWAYS
    backoff_min_s: float = 1.0
    backoff_max_s: float = 60.0
    settled_s: float = 60.0
    restarts_max: int = 10
    restarts_window_s: float = 600.0
    start_grace_s: float = 30.0
    unhealthy_grace_s: float = 60.0
    stop_grace_s: float = 10.0


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """An instant by both clocks: `at` Unix milliseconds, `awake_s` the monotonic clock of one `life` of the daemon.

    `life`: any text that no other life of the daemon on this machine has.
    """

    at: Millis
    awake_s: float
    life: str


class ProcessState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a server. `wanted`: it is to run. `since` and `why`: of its state, in Unix ms and plain words.

    `pid` and `born` (see system.process_table) are set while there is a process. `is_spawning`: a Spawn is not answered
    yet. `is_restart`: it is stopping because it was unhealthy. `crashes`: in a row. `restarts_s`, `began_s` (of the
    process) and `due_s` (the one timer, None for none) are instants by the monotonic clock of the life of `anchor`, the
    moment at which the state was changed last.
    """

    wanted: bool = False
    state: ServerState = ServerState.STOPPED
    since: Millis = Millis(0)
    why: str = ""
    pid: int | None = None
    born: str = ""
    is_spawning: bool = False
    is_restart: bool = False
    crashes: int = 0
    restarts_s: tuple[float, ...] = ()
    began_s: float = 0.0
    due_s: float | None = None
    anchor: Moment | None = None


class Start(msgspec.Struct, frozen=True):
    """A person wants it to run. One that failed gets a fresh budget; one that waits for its start has it now."""


class Stop(msgspec.Struct, frozen=True):
    """A person wants it not to run."""


class RestartNow(msgspec.Struct, frozen=True):
    """A person wants it stopped and started, or just started where it does not run."""


class Found(msgspec.Struct, frozen=True):
    """A process was found that is this server's: of an earlier life of the daemon, or recognised on its port."""

    pid: int
    born: str


class Lost(msgspec.Struct, frozen=True):
    """At the start of a life: no process was found of the one that was known, or that was being started."""


class Spawned(msgspec.Struct, frozen=True):
    """The answer to Spawn: it was started."""

    pid: int
    born: str


class NotSpawned(msgspec.Struct, frozen=True):
    """The answer to Spawn: it could not be started, and why."""

    words: str


class Exited(msgspec.Struct, frozen=True):
    """The process and all that it left in its session are gone. Of one that is no child of ours, neither is known."""

    pid: int
    code: int | None = None
    signal: int | None = None


class Healthy(msgspec.Struct, frozen=True):
    """It answers as it should. Where nothing is asked of it, whoever drives the machine says so once it has started."""


class Unhealthy(msgspec.Struct, frozen=True):
    """It does not answer as it should, and how."""

    words: str


class Timer(msgspec.Struct, frozen=True):
    """`next_timer` has come; too early, it changes nothing."""


Signal = Start | Stop | RestartNow | Found | Lost | Spawned | NotSpawned | Exited | Healthy | Unhealthy | Timer


class Spawn(msgspec.Struct, frozen=True):
    """Start a process, and answer with Spawned or NotSpawned."""


class Terminate(msgspec.Struct, frozen=True):
    """Ask the process and all of its session to end."""

    pid: int
    born: str


class Kill(msgspec.Struct, frozen=True):
    """End the process and all of its session."""

    pid: int
    born: str


class Told(msgspec.Struct, frozen=True):
    """What a person may want to know: the state that it came to, and why. warning and error tell of trouble."""

    state: ServerState
    words: str
    severity: Severity


Effect = Spawn | Terminate | Kill | Told
Step = tuple[ProcessState, tuple[Effect, ...]]

_S = ServerState


def step(state: ProcessState, signal: Signal, now: Moment, policy: ProcessPolicy) -> Step:
    """Take one signal. What changes nothing gives back the very state that came in, where it is of this life."""
    known = _of_this_life(state, now)
    after, effects = _take(known, signal, now, policy)
    return (after if after is known else _but(after, anchor=now)), effects


def _take(state: ProcessState, signal: Signal, now: Moment, policy: ProcessPolicy) -> Step:
    match signal:
        case Start():
            return _start(state, now)
        case Stop():
            return _stop(state, now, policy)
        case RestartNow():
            return _restart(state, now, policy)
        case Found():
            return _found(state, signal, now, policy)
        case Lost():
            return _lost(state, now, policy)
        case Spawned():
            is_answer = state.is_spawning
            return _alive(state, signal, now, policy) if is_answer else (state, ())
        case NotSpawned():
            words = f"It could not be started: {_cut(signal.words)}"
            return _over(state, words, now, policy) if state.is_spawning else (state, ())
        case Exited():
            is_known = state.pid == signal.pid
            return _over(state, _ending(signal), now, policy, is_well=signal.code == 0) if is_known else (state, ())
        case Healthy():
            return _healthy(state, now)
        case Unhealthy():
            is_news = state.state is _S.RUNNING
            return _unhealthy(state, f"Unhealthy: {_cut(signal.words)}", now, policy) if is_news else (state, ())
        case Timer():
            return _timer(state, now, policy)
    assert_never(signal)


def next_timer(state: ProcessState, now: Moment) -> float | None:
    """The instant, by the monotonic clock of this life, at which `Timer` is due; None while nothing is waited for."""
    return _of_this_life(state, now).due_s


def starts_at(state: ProcessState, now: Moment) -> Millis | None:
    """When it is to be started, in Unix milliseconds; None where it does not wait for its start."""
    due_s = _of_this_life(state, now).due_s
    if due_s is None or state.state is not _S.STARTING or state.pid is not None:
        return None
    return Millis(now.at + max(round((due_s - now.awake_s) * 1_000), 0))


def restarts_within(state: ProcessState, now: Moment, policy: ProcessPolicy) -> int:
    """How many restarts of the budget are used up."""
    return len(_within(_of_this_life(state, now), now, policy))


def checked_port(port: int) -> int:
    """The port, if a managed server may listen on it. Raises BadInput `server.port_invalid`."""
    if not PORT_MIN <= port <= PORT_MAX:
        raise BadInput("server.port_invalid", f"{port} is no port for a server. Give {PORT_MIN} to {PORT_MAX}.")
    return port


# What a person wants.


def _start(state: ProcessState, now: Moment) -> Step:
    if state.pid is not None or state.is_spawning:
        return _but(state, wanted=True, is_restart=False), ()
    state = _but(state, wanted=True, is_spawning=True, due_s=None, crashes=0, restarts_s=())
    return _told(state, _S.STARTING, "It is being started", now, Spawn())


def _stop(state: ProcessState, now: Moment, policy: ProcessPolicy) -> Step:
    state = _but(state, wanted=False, is_restart=False)
    if state.pid is not None:
        return _terminate(state, "It was told to stop", now, policy)
    if state.is_spawning:
        return _told(state, _S.STOPPING, "It was told to stop", now)
    return _told(_but(state, due_s=None), _S.STOPPED, "It was told to stop", now)


def _restart(state: ProcessState, now: Moment, policy: ProcessPolicy) -> Step:
    if state.pid is None:
        return _start(state, now)
    state = _but(state, wanted=True, is_restart=False, crashes=0, restarts_s=())
    return _terminate(state, "It was told to restart", now, policy)


# What became of its process.


def _found(state: ProcessState, found: Found, now: Moment, policy: ProcessPolicy) -> Step:
    if state.pid is None:
        # A stop that is under way is the only case in which what runs is not wanted.
        wanted = state.wanted or state.state is not _S.STOPPING
        return _alive(_but(state, wanted=wanted), found, now, policy)
    if (state.pid, state.born) == (found.pid, found.born) and state.state is _S.STOPPING:
        # Whether it was asked before the daemon died, nobody can say; asking again is safe.
        return _but(state, due_s=now.awake_s + policy.stop_grace_s), (Terminate(found.pid, found.born),)
    return state, ()


def _lost(state: ProcessState, now: Moment, policy: ProcessPolicy) -> Step:
    if state.pid is not None:
        return _over(state, "It ended while the daemon did not run", now, policy)
    if state.is_spawning:
        return _over(state, "The daemon ended while it was being started", now, policy)
    return state, ()


def _alive(state: ProcessState, one: Spawned | Found, now: Moment, policy: ProcessPolicy) -> Step:
    """There is a process now, which is to become healthy, or to end at once if it is not wanted any more."""
    state = _but(state, pid=one.pid, born=one.born, is_spawning=False, began_s=now.awake_s)
    if not state.wanted:
        asked = _but(state, due_s=now.awake_s + policy.stop_grace_s)
        return asked, (Terminate(one.pid, one.born),)
    state = _but(state, due_s=now.awake_s + policy.start_grace_s)
    return _told(state, _S.STARTING, f"It runs as process {one.pid}", now)


def _over(state: ProcessState, words: str, now: Moment, policy: ProcessPolicy, *, is_well: bool = False) -> Step:
    """There is no process any more."""
    was_asked = state.state is _S.STOPPING and state.pid is not None and not state.is_restart
    ran_s = now.awake_s - state.began_s if state.pid is not None else 0.0
    if state.is_restart:
        words, is_well = f"{state.why}, and was ended", False
    state = _but(state, pid=None, born="", is_spawning=False, is_restart=False, due_s=None)
    if not state.wanted:
        return _told(state, _S.STOPPED, words, now)
    if was_asked:
        return _told(_but(state, is_spawning=True), _S.STARTING, "It is being started again", now, Spawn())
    if is_well and policy.restart is not Restart.ALWAYS:
        return _told(_but(state, wanted=False), _S.STOPPED, words, now)
    if policy.restart is Restart.NEVER:
        return _told(state, _S.FAILED, f"{words}, and is not to be restarted", now, severity=Severity.ERROR)
    return _again(state, words, ran_s, now, policy)


def _again(state: ProcessState, words: str, ran_s: float, now: Moment, policy: ProcessPolicy) -> Step:
    """Start it again after a while, or give it up."""
    restarts_s = _within(state, now, policy)
    if len(restarts_s) >= policy.restarts_max:
        tried = f"{len(restarts_s)} restarts within {policy.restarts_window_s:g} s did not help: start it by hand"
        failed = _but(state, restarts_s=restarts_s)
        return _told(failed, _S.FAILED, f"{words}. {tried}", now, severity=Severity.ERROR)
    crashes = 1 if ran_s >= policy.settled_s else state.crashes + 1
    wait_s = min(policy.backoff_min_s * 2.0 ** min(crashes - 1, 16), policy.backoff_max_s)
    state = _but(state, crashes=crashes, due_s=now.awake_s + wait_s, restarts_s=(*restarts_s, now.awake_s))
    words = f"{words}. It is started again in {wait_s:g} s"
    return _told(state, _S.STARTING, words, now, severity=Severity.WARNING, is_news=True)


# How it does, and what time brings.


def _healthy(state: ProcessState, now: Moment) -> Step:
    if state.pid is None or state.state not in (_S.STARTING, _S.UNHEALTHY):
        return state, ()
    return _told(_but(state, due_s=None), _S.RUNNING, "It runs", now, severity=Severity.SUCCESS)


def _unhealthy(state: ProcessState, words: str, now: Moment, policy: ProcessPolicy) -> Step:
    due_s = None if policy.restart is Restart.NEVER else now.awake_s + policy.unhealthy_grace_s
    return _told(_but(state, due_s=due_s), _S.UNHEALTHY, words, now, severity=Severity.WARNING)


def _timer(state: ProcessState, now: Moment, policy: ProcessPolicy) -> Step:
    if state.due_s is None or now.awake_s < state.due_s:
        return state, ()
    if state.pid is None:
        return _but(state, is_spawning=True, due_s=None), (Spawn(),)
    if state.state is _S.STARTING:
        return _unhealthy(state, f"Not healthy {policy.start_grace_s:g} s after its start", now, policy)
    if state.state is _S.UNHEALTHY:
        words = f"Unhealthy for {policy.unhealthy_grace_s:g} s"
        return _terminate(_but(state, is_restart=True), words, now, policy, severity=Severity.WARNING)
    # It is stopping. What survives even this hangs in the kernel, and is killed anew each time.
    return _but(state, due_s=now.awake_s + policy.stop_grace_s), (Kill(state.pid, state.born),)


def _terminate(
    state: ProcessState, words: str, now: Moment, policy: ProcessPolicy, *, severity: Severity = Severity.INFO
) -> Step:
    if state.pid is None or state.state is _S.STOPPING:
        return state, ()
    asked = _but(state, due_s=now.awake_s + policy.stop_grace_s)
    return _told(asked, _S.STOPPING, words, now, Terminate(state.pid, state.born), severity=severity)


def _told(
    state: ProcessState,
    to: ServerState,
    words: str,
    now: Moment,
    *effects: Effect,
    severity: Severity = Severity.INFO,
    is_news: bool = False,
) -> Step:
    """The server in a state, and that it is told of, if it is another one or `is_news` besides."""
    if state.state is to and not is_news:
        return state, effects
    words = _cut(words)
    since = state.since if state.state is to else now.at
    return _but(state, state=to, since=since, why=words), (*effects, Told(to, words, severity))


def _of_this_life(state: ProcessState, now: Moment) -> ProcessState:
    """The state with its instants by this life's clock: how long it was between two lives, the wall clock says.

    Set back, it counts as none, so that nothing waits longer than it was to wait.
    """
    anchor = state.anchor
    if anchor is not None and anchor.life == now.life:
        return state
    if anchor is None:
        return _but(state, anchor=now)
    shift_s = now.awake_s - anchor.awake_s - max(now.at - anchor.at, 0) / 1_000
    return _but(
        state,
        restarts_s=tuple(one + shift_s for one in state.restarts_s),
        began_s=state.began_s + shift_s,
        due_s=None if state.due_s is None else state.due_s + shift_s,
        anchor=now,
    )


def _within(state: ProcessState, now: Moment, policy: ProcessPolicy) -> tuple[float, ...]:
    return tuple(one for one in state.restarts_s if one > now.awake_s - policy.restarts_window_s)


def _ending(exited: Exited) -> str:
    if exited.code is not None:
        return f"It ended with exit code {exited.code}"
    if exited.signal is not None:
        known = {one.value: one.name for one in Signals}
        return f"It was ended by {known.get(exited.signal, f'signal {exited.signal}')}"
    return "It ended"


def _cut(words: str) -> str:
    return words if len(words) <= WORDS_MAX else f"{words[: WORDS_MAX - 1]}…"


def _but(state: ProcessState, /, **changed: object) -> ProcessState:
    """The state with these changes; the very same where there are none."""
    if all(getattr(state, name) == value for name, value in changed.items()):
        return state
    return msgspec.structs.replace(state, **changed)
