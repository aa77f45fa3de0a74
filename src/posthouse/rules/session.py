"""Desktop sessions: stretches of keyboard and mouse activity, found from looks at how long nobody has touched anything.

    inactive ──Look: idle < threshold──▶ active ──Look: idle < threshold──▶ active (its last input moves on)
        ▲                                  │
        └──Ended────────── idle ≥ threshold, locked, Slept, Stopping, Unseen for two polls, or a gap between two looks

What always holds: a session ends at its last input, never at the look that noticed; sessions do not overlap, each ends
at or after its start, and none spans a gap in which nobody looked (a sleep, a crash, a stalled machine), whatever the
clock did. Instants are Unix milliseconds, `awake_s` is the monotonic clock.

Counters of idle time stand still while a machine sleeps, as the monotonic clock does. So what counts as new input is
judged by that clock where it can be: an idle time that is longer than the time since the last look tells of none.
"""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

import msgspec

from posthouse.model.ids import Millis

NEW_INPUT_MS = 1_000
"""Input so soon after the end of a session is the input that it ended with: two looks differ by some milliseconds."""


class EndedBy(StrEnum):
    """Why a session is over. shutdown: the daemon, the machine or the desktop stopped."""

    IDLE = "idle"
    LOCK = "lock"
    SLEEP = "sleep"
    SHUTDOWN = "shutdown"


class SessionPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """`threshold_s`: without input for so long, a session is over. `poll_s`: how often somebody looks, at the least."""

    threshold_s: float = 180.0
    poll_s: float = 30.0

    @property
    def unseen_s_max(self) -> float:
        """So long nobody may look before nobody can say what happened meanwhile."""
        return 2.0 * self.poll_s


class OpenSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session that goes on, as of the last look."""

    started_at: Millis
    last_input_at: Millis


class Desktop(msgspec.Struct, frozen=True, kw_only=True):
    """What is known: the open session, when the last look was (None: never), and when the last session ended.

    `looked_s` is the last look by the monotonic clock of `boot`, which says whether it can still be compared.
    """

    open: OpenSession | None = None
    looked_at: Millis | None = None
    looked_s: float = 0.0
    boot: str = ""
    ended_at: Millis = Millis(0)


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody looked: nothing was touched for `idle_s` seconds. `boot`: of which life of the daemon `awake_s` is.

    `is_sure`: False where the idle time may be too short by what went before, as that of a probe that has only begun to
    listen; then it is no input.
    """

    now: Millis
    awake_s: float
    boot: str
    idle_s: float
    is_locked: bool = False
    is_sure: bool = True


class Unseen(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody looked, and nobody could say anything. `boot` as of a Look."""

    now: Millis
    awake_s: float
    boot: str


class Slept(msgspec.Struct, frozen=True, kw_only=True):
    """The machine is about to sleep."""

    now: Millis


class Stopping(msgspec.Struct, frozen=True, kw_only=True):
    """The daemon or the machine stops in order."""

    now: Millis


Signal = Look | Unseen | Slept | Stopping


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """A session is over."""

    started_at: Millis
    ended_at: Millis
    by: EndedBy


def step(desktop: Desktop, signal: Signal, policy: SessionPolicy) -> tuple[Desktop, tuple[Ended, ...]]:
    """Take one signal; at most one session ends by it."""
    match signal:
        case Look():
            return _look(desktop, signal, policy)
        case Unseen():
            return _end(desktop, EndedBy.SHUTDOWN) if is_gap(desktop, signal, policy) else (desktop, ())
        case Slept():
            return _end(desktop, EndedBy.SLEEP)
        case Stopping():
            return _end(desktop, EndedBy.SHUTDOWN)
    assert_never(signal)


def is_gap(desktop: Desktop, look: Look | Unseen, policy: SessionPolicy) -> bool:
    """Whether nobody looked for more than two polls before this look, or the clock was set back in between.

    The wall clock goes on while a machine sleeps, the monotonic one may not; either tells.
    """
    if desktop.looked_at is None:
        return False
    longest_ms = 1_000 * policy.unseen_s_max
    passed_ms = look.now - desktop.looked_at
    is_awake_gap = look.boot == desktop.boot and (look.awake_s - desktop.looked_s) * 1_000 > longest_ms
    return passed_ms > longest_ms or passed_ms < 0 or is_awake_gap


def _look(desktop: Desktop, look: Look, policy: SessionPolicy) -> tuple[Desktop, tuple[Ended, ...]]:
    ended: tuple[Ended, ...] = ()
    floor, has_input = desktop.ended_at, _has_input(desktop, look)
    if is_gap(desktop, look, policy):
        desktop, ended = _end(desktop, EndedBy.SLEEP)
        floor = max(floor, desktop.looked_at or floor)
    over: tuple[Ended, ...] = ()
    if look.idle_s >= policy.threshold_s:
        desktop, over = _end(desktop, EndedBy.IDLE)
    else:
        if has_input:
            desktop = _touched(desktop, look, floor, policy)
        if look.is_locked:
            desktop, over = _end(desktop, EndedBy.LOCK)
    looked = {"looked_at": look.now, "looked_s": look.awake_s, "boot": look.boot}
    return msgspec.structs.replace(desktop, ended_at=min(desktop.ended_at, look.now), **looked), ended + over


def _touched(desktop: Desktop, look: Look, floor: Millis, policy: SessionPolicy) -> Desktop:
    """The open session goes on; where there is none, one opens at an input behind `floor`, unless it is locked."""
    input_at = Millis(look.now - round(max(look.idle_s, 0.0) * 1_000))
    session = desktop.open
    if session is not None:
        last = max(session.last_input_at, input_at)
        return msgspec.structs.replace(desktop, open=msgspec.structs.replace(session, last_input_at=last))
    # Of a past that has not come yet, since the clock was set back, nothing can be a measure. Of what lies further back
    # than looks may lie apart, nobody can say whether the machine slept in between.
    is_new = input_at > min(floor, look.now) + NEW_INPUT_MS and look.idle_s <= policy.unseen_s_max
    if look.is_locked or not is_new:
        return desktop
    return msgspec.structs.replace(desktop, open=OpenSession(started_at=input_at, last_input_at=input_at))


def _has_input(desktop: Desktop, look: Look) -> bool:
    """Whether something was touched since the last look, as far as can be told."""
    is_measured = desktop.looked_at is not None and look.boot == desktop.boot
    return look.is_sure and (not is_measured or look.idle_s < look.awake_s - desktop.looked_s)


def _end(desktop: Desktop, by: EndedBy) -> tuple[Desktop, tuple[Ended, ...]]:
    if desktop.open is None:
        return desktop, ()
    session = desktop.open
    over = Ended(started_at=session.started_at, ended_at=session.last_input_at, by=by)
    return msgspec.structs.replace(desktop, open=None, ended_at=session.last_input_at), (over,)
