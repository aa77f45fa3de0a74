"""Event updates: events that nothing takes are told in the live log, once per source and 250 ms.

Where deliveries arise, lane updates tell of them. The others would be seen by nobody: the first is told at once, and
those that follow together, so that recording them costs nothing but their numbers. What a stop leaves untold is told
after the next start.
"""

from __future__ import annotations

import asyncio

from posthouse.ledger.base import Announced, Database, Topic
from posthouse.ledger.live import tell_events, untold_events
from posthouse.model.errors import PosthouseError
from posthouse.system.clock import Clock

EVENTS_EVERY_S = 0.25
"""The least time between two updates of one source."""


class EventUpdates:
    """The worker."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._woken = asyncio.Event()
        self._untold: set[int] = set()

    async def run(self) -> None:
        """Tell of what the last stop left untold, then of events as they are recorded, until cancelled."""
        unlisten = self._database.listen(self._hear)
        try:
            self._untold |= await self._database.read(untold_events)
            while True:
                while self._untold:
                    await self._tell()
                    await asyncio.sleep(EVENTS_EVERY_S)
                self._woken.clear()
                await self._woken.wait()
        finally:
            unlisten()

    async def _tell(self) -> None:
        told, self._untold = self._untold, set()
        try:
            await self._database.run(tell_events, sorted(told), self._clock.now())
        except PosthouseError:
            self._untold |= told
            raise

    def _hear(self, announced: Announced) -> None:
        recorded = announced.get(Topic.EVENTS)
        if recorded:
            self._untold |= recorded
            self._woken.set()
