"""Coalescing: many changes become one read.

One state per source. Each change restarts the quiet window; the cap, counted from the first change, ends the burst even
if changes never stop, so that steady work is not starved. Where either is 0 every change is read at once.

    idle ──Changed──▶ buffering ──Changed──▶ buffering          (quiet window restarts)
                          └──Woke, Changed or Flush: due──▶ idle + Read

What always holds: one Read ends exactly one burst; it comes no later than the first look at or after the cap; while
something is buffered a timer is armed at or before the moment it is due. The shell keeps one timer: a `WakeAt`
replaces the one before it, and a timer that fires in vain is harmless. All times are monotonic seconds.
"""

from __future__ import annotations

from typing import assert_never

import msgspec


class CoalescePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """`quiet_s`: how long nothing must have changed; `cap_s`: the longest a first change may wait. Both ≥ 0."""

    quiet_s: float = 90.0
    cap_s: float = 300.0


class Coalescing(msgspec.Struct, frozen=True, kw_only=True):
    """What is buffered: the instants of a burst's first and last change, and when the armed timer fires."""

    first_s: float | None = None
    last_s: float = 0.0
    wake_s: float | None = None


IDLE = Coalescing()
"""Nothing is buffered. A manual push sets this and reads at once, whatever was waiting."""


class Changed(msgspec.Struct, frozen=True):
    """Something changed."""


class Woke(msgspec.Struct, frozen=True):
    """The timer fired."""


class Flush(msgspec.Struct, frozen=True):
    """Read what is buffered, if anything is: at shutdown, or because a person asked."""


class Read(msgspec.Struct, frozen=True):
    """Read the source once, now."""


class WakeAt(msgspec.Struct, frozen=True):
    """Set the source's one timer to this instant, replacing any other."""

    at_s: float


Signal = Changed | Woke | Flush
Effect = Read | WakeAt


def step(
    state: Coalescing, signal: Signal, now_s: float, policy: CoalescePolicy
) -> tuple[Coalescing, tuple[Effect, ...]]:
    """Take one signal. Effects are at most one Read or one WakeAt."""
    match signal:
        case Changed():
            return _change(state, now_s, policy)
        case Woke():
            if state.first_s is None:
                return IDLE, ()
            return _settle(state.first_s, state.last_s, None, now_s, policy)
        case Flush():
            return IDLE, () if state.first_s is None else (Read(),)
    assert_never(signal)


def seconds_left(state: Coalescing, now_s: float, policy: CoalescePolicy) -> float | None:
    """How long until the read if nothing else changes; None where nothing is buffered."""
    if state.first_s is None:
        return None
    return max(0.0, _due_s(state.first_s, state.last_s, policy) - now_s)


def _change(state: Coalescing, now_s: float, policy: CoalescePolicy) -> tuple[Coalescing, tuple[Effect, ...]]:
    if state.first_s is None:
        return _settle(now_s, now_s, None, now_s, policy)
    if now_s >= _due_s(state.first_s, state.last_s, policy):
        # The timer is late. A read that is due is not put off by one more change, which it will see anyway.
        return IDLE, (Read(),)
    return _settle(state.first_s, now_s, state.wake_s, now_s, policy)


def _settle(
    first_s: float, last_s: float, wake_s: float | None, now_s: float, policy: CoalescePolicy
) -> tuple[Coalescing, tuple[Effect, ...]]:
    """Read if due; else see that a timer fires in time.

    One that fires early looks again, so that a thousand changes in a quiet window do not set a thousand timers.
    """
    due_s = _due_s(first_s, last_s, policy)
    if now_s >= due_s:
        return IDLE, (Read(),)
    if wake_s is not None and wake_s <= due_s:
        return Coalescing(first_s=first_s, last_s=last_s, wake_s=wake_s), ()
    return Coalescing(first_s=first_s, last_s=last_s, wake_s=due_s), (WakeAt(due_s),)


def _due_s(first_s: float, last_s: float, policy: CoalescePolicy) -> float:
    return min(last_s + policy.quiet_s, first_s + policy.cap_s)
