"""A desk at which a test sits: what says how long nobody has touched anything, by an injected clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from posthouse.system.clock import Clock
from posthouse.system.idle.base import Confidence, DesktopSignal, IdleReading
from posthouse.system.idle.presence import Presence


class Desk(Presence):
    """Somebody touches it when the test says so; its counter stands still while the machine sleeps, as real ones do."""

    def __init__(self, clock: Clock) -> None:
        super().__init__({}, clock)
        self.clock = clock
        self.touched_s = clock.monotonic_s()
        self.is_locked: bool | None = None
        self.confidence = Confidence.HIGH
        self.words = ""
        self.is_too_early = False
        self.looks = 0
        self._told: asyncio.Queue[DesktopSignal] = asyncio.Queue()

    @property
    def no_desktop_words(self) -> str:
        return self.words

    def touch(self) -> None:
        self.touched_s = self.clock.monotonic_s()

    def tell(self, *signals: DesktopSignal) -> None:
        for signal in signals:
            self._told.put_nowait(signal)

    async def read(self) -> IdleReading | None:
        self.looks += 1
        if self.words or self.is_too_early:
            return None
        return IdleReading(
            idle_s=self.clock.monotonic_s() - self.touched_s,
            probe="desk",
            confidence=self.confidence,
            is_locked=self.is_locked,
        )

    async def signals(self) -> AsyncGenerator[DesktopSignal, None]:
        while True:
            yield await self._told.get()
