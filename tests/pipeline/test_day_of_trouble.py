"""Twenty-four hours of mixed failures on a hand clock: receivers that are down, overloaded, strict or gone, expired
tokens, payloads that nobody takes, crashes in the middle of it. Whatever was posted arrives, and the ledger says so."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

import pytest

from posthouse.ledger.deliveries import DeliveryQuery, DeliveryRecord
from posthouse.model.events import EventDraft
from posthouse.model.targets import SELF_HEALING
from tests.clock import START
from tests.parts import HandClock, Parts, raw, running
from tests.receiver import Received, Receiver, Reply

MINUTE, HOUR = 60, 3_600
TEMPERS = ("well", "well", "down", "overloaded", "limiting", "resetting", "forbidding", "gone", "strict")
ODD = 7
"""A strict receiver refuses every event whose number divides by it."""


class Service:
    """A receiver whose temper changes. `taken`: how often it said 200 to each wire id."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.temper = "well"
        self.taken = Counter[str]()
        receiver.default = self._answer

    async def turn(self, temper: str) -> None:
        """Take another temper."""
        if temper == "down":
            await self.receiver.stop()
        elif self.temper == "down":
            await self.receiver.start()
        self.temper = temper

    def _answer(self, request: Received) -> Reply:
        match self.temper:
            case "overloaded":
                return Reply(status=503)
            case "limiting":
                return Reply(status=429, headers={"retry-after": "300"})
            case "resetting":
                return Reply(is_reset=True)
            case "forbidding":
                return Reply(status=401)
            case "gone":
                return Reply(status=410)
            case "strict" if json.loads(request.body)["data"].get("n", 1) % ODD == 0:
                return Reply(status=422)
        self.taken[request.headers["webhook-id"]] += 1
        return Reply()


class Day:
    """One day over several lives of the house."""

    def __init__(self, folder: Path, services: list[Service], random: Random) -> None:
        self.folder = folder
        self.services = services
        self.random = random
        self.clock = HandClock()
        self.posted = 0
        self.cut_off = 0
        """Deliveries that were under way when the house crashed: each may arrive twice."""

    @property
    def hours(self) -> float:
        return (self.clock.now() - START) / 3_600_000

    async def set_up(self, parts: Parts) -> None:
        for number, service in enumerate(self.services):
            target = await parts.add_webhook(service.receiver.url, name=f"service-{number}")
            await parts.bind("ingest", target)

    async def quiet(self, parts: Parts) -> None:
        """Let everything that is due happen."""
        await parts.rest()
        while parts.dispatcher.under_way():
            await parts.rest()

    async def live(self, parts: Parts, until_hour: float) -> None:
        """Something happens every ten minutes; once an hour a service changes its temper, or a person looks."""
        while self.hours < until_hour:
            await self._post(parts)
            await self.quiet(parts)
            self.clock.advance(10 * MINUTE)
            await self.quiet(parts)
            if self.random.random() < 0.3:
                await self.random.choice(self.services).turn(self.random.choice(TEMPERS))
            if self.random.random() < 0.05:
                await self.look(parts)

    async def crash(self, parts: Parts) -> None:
        """Be cut off with requests on their way."""
        await self._post(parts)
        self.cut_off += parts.dispatcher.under_way()

    async def look(self, parts: Parts) -> None:
        """What a person does who sees a paused target: reconnect it."""
        for target in list(parts.known.directory.targets.values()):
            health = await parts.health(target)
            if any(one.is_paused and one.cause not in SELF_HEALING for one in (health.endpoint, health.target)):
                await parts.dispatcher.reconnect(target.id)
        await self.quiet(parts)

    async def _post(self, parts: Parts) -> None:
        for _ in range(self.random.randint(1, 4)):
            await parts.post_one(EventDraft(type="parcel.left", data=raw({"n": self.posted})))
            self.posted += 1


async def _made_well(day: Day, parts: Parts) -> list[DeliveryRecord]:
    """Everything works again, a person reconnects and replays what was given up, and time passes."""
    for service in day.services:
        await service.turn("well")
    for _ in range(60):
        await day.look(parts)
        await parts.dispatcher.replay(DeliveryQuery(status="dlq", limit=1_000))
        day.clock.advance(30 * MINUTE)
        await day.quiet(parts)
    events = await parts.events("parcel.left")
    return [record for event in events for record in await parts.deliveries(event_id=event.id)]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(3))
async def test_nothing_is_lost_in_a_day_of_mixed_failures(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    async with AsyncExitStack() as stack:
        services = [Service(await stack.enter_async_context(Receiver())) for _ in range(4)]
        day = Day(tmp_path, services, random)
        async with running(tmp_path, day.clock) as parts:
            await day.set_up(parts)
            await day.quiet(parts)
        while day.hours < 24:
            async with running(tmp_path, day.clock) as parts:
                await day.quiet(parts)
                await day.live(parts, min(24.0, day.hours + random.uniform(2, 8)))
                await day.crash(parts)
        async with running(tmp_path, day.clock) as parts:
            deliveries = await _made_well(day, parts)

    assert len(deliveries) == day.posted * len(services)
    assert {one.delivery.status.value for one in deliveries} == {"delivered"}
    taken = Counter[str]()
    for service in services:
        taken += service.taken
    ids = {one.delivery.id for one in deliveries}
    assert ids <= taken.keys()
    assert sum(taken[one] - 1 for one in ids) <= day.cut_off, "no more doubles than were under way in a crash"
    failed = Counter(attempt.code for one in deliveries for attempt in one.attempts if attempt.kind != "delivered")
    assert len(failed) >= 4, "a day without trouble shows nothing"
