"""What every way of asking for idle time answers. None needs a special permission; none can see what is typed."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

import msgspec


class Confidence(StrEnum):
    """How far a probe can be believed. high: the system counts every input of the session. low: it may miss some."""

    HIGH = "high"
    LOW = "low"


class IdleReading(msgspec.Struct, frozen=True, kw_only=True):
    """One look. `idle_s`: seconds since the last input. `is_locked`: None where the probe cannot say."""

    idle_s: float
    probe: str
    confidence: Confidence = Confidence.HIGH
    is_locked: bool | None = None


class IdleUnknown(Exception):
    """Nothing can be said of idle time. Its text is a plain clause why, to be read by a person."""


class DesktopSignal(StrEnum):
    """What a system tells of by itself: it is about to sleep, it is awake again, or the screen's lock has changed."""

    SLEEPS = "sleeps"
    WAKES = "wakes"
    LOCK_CHANGED = "lock-changed"


class IdleProbe(Protocol):
    """One way to ask. It holds no more than a connection, and is asked on the daemon's loop."""

    @property
    def name(self) -> str:
        """What is asked: `x11`, `gnome`."""
        ...

    async def read(self) -> IdleReading | None:
        """Look once; None where it is too early to say. Raises IdleUnknown or OSError: then it is of no more use."""
        ...

    def close(self) -> None:
        """Let go of what it holds. Safe to repeat."""
        ...
