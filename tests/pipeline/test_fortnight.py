"""A year in miniature: fourteen days of one source with bindings of every mode, with restarts, sleeps and failures in
between. Each period is run once or stands in one gap, and every event and delivery is accounted for."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from posthouse.model.bindings import Mode, Schedule, Weekday
from posthouse.model.ids import BindingId
from posthouse.model.runs import GapReason
from tests.clock import START
from tests.parts import HandClock, Parts, running
from tests.pipeline.kinds import ScriptedSnapshot, register
from tests.receiver import Receiver

MINUTE, HOUR, DAY = 60, 3_600, 86_400
DAYS = 14
DAILY = Schedule(mode=Mode.DAILY, at="00:01", zone="Europe/Berlin")
WEEKLY = Schedule(mode=Mode.WEEKLY, at="09:00", day=Weekday.MONDAY, zone="America/New_York")
INTERVAL = Schedule(mode=Mode.INTERVAL, every_s=6 * HOUR)
CRON = Schedule(mode=Mode.CRON, cron="30 */8 * * *", zone="Asia/Kolkata")


class House:
    """One house over several lives, and what its source has said so far."""

    def __init__(self, folder: Path, kind: ScriptedSnapshot, receiver: Receiver) -> None:
        self.folder = folder
        self.kind = kind
        self.receiver = receiver
        self.clock = HandClock()
        self.ids: dict[Mode, BindingId] = {}

    @property
    def hours(self) -> float:
        return (self.clock.now() - START) / 3_600_000

    async def set_up(self, parts: Parts) -> None:
        source = await parts.add_source("scripted")
        await parts.collection.enable(source.id)
        for schedule in (DAILY, WEEKLY, INTERVAL, CRON):
            target = await parts.add_webhook(self.receiver.url, name=schedule.mode.value)
            self.ids[schedule.mode] = await parts.bind("scripted", target, schedule=schedule)
        await parts.rest()

    async def live(self, parts: Parts, hours: int) -> None:
        """Be awake for so long; the source says something new each hour."""
        for _ in range(hours):
            self.clock.advance(30 * MINUTE)
            await parts.rest()
            self.kind.value = self.clock.now()
            self.clock.advance(30 * MINUTE)
            await parts.rest()


def slots() -> dict[Mode, int]:
    """How many slots each schedule has within the fortnight, counted by hand from local times."""
    begin, end = datetime.fromtimestamp(START / 1000, UTC), datetime.fromtimestamp(START / 1000, UTC)
    end += timedelta(days=DAYS)
    minutes = [begin + timedelta(minutes=n) for n in range(1, DAYS * 24 * 60 + 1)]
    berlin, new_york, kolkata = timedelta(hours=1), timedelta(hours=-5), timedelta(hours=5.5)  # no change in January
    return {
        Mode.DAILY: sum((one + berlin).strftime("%H:%M") == "00:01" for one in minutes),
        Mode.WEEKLY: sum((one + new_york).strftime("%a %H:%M") == "Mon 09:00" for one in minutes),
        Mode.CRON: sum((one + kolkata).strftime("%H:%M") in ("00:30", "08:30", "16:30") for one in minutes),
        Mode.INTERVAL: DAYS * 4,
    }


@pytest.mark.parametrize("seed", range(3))
async def test_every_period_of_a_fortnight_is_run_once_or_stands_in_one_gap(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    kind, random = ScriptedSnapshot("scripted.snapshot"), Random(seed)
    register(monkeypatch, "scripted", kind)
    house = House(tmp_path, kind, receiver)
    while house.hours < DAYS * 24:
        left = round(DAYS * 24 - house.hours)
        async with running(tmp_path, house.clock) as parts:
            if not house.ids:
                await house.set_up(parts)
            await parts.rest()
            await house.live(parts, min(random.randint(1, 40), left))
            left = round(DAYS * 24 - house.hours)
            what = random.choice(["restart", "sleep", "fail", "down"])
            nap = min(random.randint(1, 60), left)
            if what == "sleep":
                house.clock.jump(nap * HOUR)
                house.clock.advance(MINUTE)
                house.clock.jump(-MINUTE)
                await parts.rest()
            elif what == "fail" and nap:
                kind.fail_with(IsADirectoryError(21, "Is a directory", "/srv"))
                await house.live(parts, nap)
                kind.fail_with(None)
        if what == "down":
            house.clock.advance(nap * HOUR)
    async with running(tmp_path, house.clock) as parts:
        await parts.rest()
        events = await parts.events("scripted.*")
        gaps = await parts.gaps()
        deliveries = [record.delivery for record in await parts.deliveries()]

    run = Counter(one.binding_id for one in deliveries)
    passed = Counter[int]()
    for gap in gaps:
        passed[gap.binding_id] += gap.missed.count
    assert {mode: run[id_] + passed[id_] for mode, id_ in house.ids.items()} == slots()
    assert {gap.reason for gap in gaps} <= {GapReason.MISSED, GapReason.READ_FAILED, GapReason.NOTHING_NEW}
    assert {one.event_id for one in deliveries} == {one.id for one in events}, "no event but for a run"
    for id_ in house.ids.values():
        mine = sorted((gap.missed.first_at, gap.missed.last_at) for gap in gaps if gap.binding_id == id_)
        assert all(first[1] < second[0] for first, second in pairwise(mine))
    assert all(run[id_] for mode, id_ in house.ids.items() if mode is not Mode.WEEKLY)


async def test_a_fortnight_without_trouble_has_no_gap(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = ScriptedSnapshot("scripted.snapshot")
    register(monkeypatch, "scripted", kind)
    house = House(tmp_path, kind, receiver)
    for _ in range(DAYS):
        async with running(tmp_path, house.clock) as parts:
            if not house.ids:
                await house.set_up(parts)
            await house.live(parts, 24)
    async with running(tmp_path, house.clock) as parts:
        await parts.rest()
        run = Counter(record.delivery.binding_id for record in await parts.deliveries())

        assert {mode: run[id_] for mode, id_ in house.ids.items()} == slots()
        assert await parts.gaps() == []
