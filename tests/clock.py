"""A clock that moves only when a test moves it, with ids in order and the jitter a test chooses."""

from __future__ import annotations

from posthouse.model.ids import Millis
from posthouse.system.clock import format_uuid7

START = Millis(1_767_225_600_000)
"""2026-01-01T00:00:00Z."""


class ManualClock:
    """Satisfies `posthouse.system.clock.Clock`."""

    def __init__(self, now: Millis = START, *, jitter: float = 0.0) -> None:
        self._now_ms = now
        self._monotonic_s = 1_000.0
        self._counter = 0
        self._jitter = jitter

    def now(self) -> Millis:
        return self._now_ms

    def monotonic_s(self) -> float:
        return self._monotonic_s

    def uuid7(self) -> str:
        self._counter += 1
        return format_uuid7(self._now_ms, self._counter, 0)

    def jitter(self) -> float:
        return self._jitter

    def advance(self, seconds: float) -> None:
        """Let both times pass together."""
        self._monotonic_s += seconds
        self._now_ms = Millis(self._now_ms + round(seconds * 1_000))

    def jump(self, seconds: float) -> None:
        """Set the wall clock forward or back, as a person or NTP would; the monotonic time stands."""
        self._now_ms = Millis(self._now_ms + round(seconds * 1_000))
