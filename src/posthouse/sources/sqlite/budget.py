"""The time that one read of a database may take, for a thread that can neither be cancelled nor killed."""

from __future__ import annotations

import threading

from posthouse.system.clock import Clock


class OutOfTimeError(Exception):
    """The time is up, or nobody waits for the read any more."""


class Budget:
    """What a reading thread asks again and again whether it may go on."""

    def __init__(self, clock: Clock, deadline_s: float) -> None:
        self.deadline_s = deadline_s
        self.clock = clock
        self._ends_s = clock.monotonic_s() + deadline_s
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Let the thread end as soon as it asks."""
        self._stopped.set()

    def is_over(self) -> bool:
        """Whether it must end."""
        return self._stopped.is_set() or self.clock.monotonic_s() >= self._ends_s

    def check(self) -> None:
        """Raise OutOfTimeError where it must end."""
        if self.is_over():
            raise OutOfTimeError

    def wait(self, seconds: float) -> None:
        """Wait in the thread, no longer than there is time. Raises OutOfTimeError."""
        self._stopped.wait(max(min(seconds, self._ends_s - self.clock.monotonic_s()), 0.0))
        self.check()
