"""Lane updates: what moves among a lane's deliveries is told in the live log, at most every 250 ms per lane.

Deliveries move by the thousand a second, and their counters are kept in the same transactions; an entry for each move
would cost more than the move. So the first one of a lane is told at once, and those that follow together. After a
start every lane is told of, so that what moved just before a crash is not missing from the log.
"""

from __future__ import annotations

import asyncio
from itertools import islice

from posthouse.ledger.base import Announced, Database, Topic, Transaction
from posthouse.ledger.live import tell_lanes
from posthouse.model.ids import DEFAULT_PROJECT, EndpointId
from posthouse.rules.live import LANE_EVERY_S, lanes_due
from posthouse.system.clock import Clock

STEP = 50
"""Lanes told of in one transaction: a few milliseconds of the writer's time."""


class LaneUpdates:
    """The worker."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._woken = asyncio.Event()
        self._moved: set[int] = set()
        self._told_at_s: dict[int, float] = {}

    async def run(self) -> None:
        """Tell of every lane, then of those that move, until cancelled."""
        unlisten = self._database.listen(self._hear)
        timer: asyncio.TimerHandle | None = None
        try:
            self._told_at_s.clear()
            self._moved |= await self._database.read(_all_lanes)
            while True:
                self._woken.clear()
                delay_s = await self.tell_due()
                if delay_s is not None:
                    timer = asyncio.get_running_loop().call_later(delay_s, self._woken.set)
                await self._woken.wait()
                if timer is not None:
                    timer.cancel()
        finally:
            unlisten()
            if timer is not None:
                timer.cancel()

    async def tell_due(self) -> float | None:
        """Tell of what is due now; in how many seconds to look again, None where no lane has moved lately."""
        now_s = self._clock.monotonic_s()
        self._told_at_s = {lane: at_s for lane, at_s in self._told_at_s.items() if at_s + LANE_EVERY_S > now_s}
        due = lanes_due(frozenset(self._moved), self._told_at_s, now_s).now
        self._moved -= due
        self._told_at_s |= dict.fromkeys(due, now_s)
        waiting = iter(sorted(due))
        while step := list(islice(waiting, STEP)):
            await self._database.run(tell_lanes, [EndpointId(lane) for lane in step], self._clock.now())
        now_s = self._clock.monotonic_s()
        return min((max(at_s + LANE_EVERY_S - now_s, 0.0) for at_s in self._told_at_s.values()), default=None)

    def _hear(self, announced: Announced) -> None:
        moved = announced.get(Topic.LANES, frozenset())
        # Of those told of just now the timer sees to it: under load no commit wakes the worker.
        is_news = not moved <= self._told_at_s.keys()
        self._moved |= moved
        if is_news:
            self._woken.set()


def _all_lanes(tx: Transaction) -> frozenset[int]:
    return frozenset(row[0] for row in tx.all("lanes_of_project", project_id=DEFAULT_PROJECT))
