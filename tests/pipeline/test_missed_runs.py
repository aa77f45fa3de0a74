"""Runs that did not come about in time: missed, slept through, switched off, cut off by a crash or an edit."""

from __future__ import annotations

import asyncio

import pytest

from posthouse.ledger.base import Transaction
from posthouse.ledger.binding_changes import Waiting, remove_binding
from posthouse.ledger.state import NewEmission, commit_emission
from posthouse.model.bindings import BodyFormat, Filter, Mode, Schedule, Shape
from posthouse.model.errors import LedgerFull
from posthouse.model.runs import GapReason
from posthouse.model.targets import Target
from posthouse.pipeline.activity import ActivityState
from posthouse.pipeline.timetable import CLOCK_SET_BACK_MS
from tests.parts import HandClock, Parts
from tests.pipeline.kinds import ScriptedSnapshot
from tests.pipeline.scripted import (
    ALL,
    DAILY,
    DAY,
    HOUR,
    MINUTE,
    NAME,
    Life,
    pass_time,
    set_up,
    short,
    source_id,
    told,
)
from tests.receiver import Receiver


async def test_what_was_missed_while_the_daemon_was_down_is_one_run_and_a_gap(
    living: tuple[HandClock, Life], receiver: Receiver
) -> None:
    clock, life = living
    async with life() as parts:
        await set_up(parts, receiver, DAILY)
        await parts.rest()
    clock.advance(3 * DAY + 8 * HOUR)
    for _ in range(2):
        async with life() as parts:
            await parts.rest()
            events, gaps = await told(parts), await parts.gaps()

            assert events == ["04 08:00"], "the grace lasts until the next run"
            assert short(gaps) == [(GapReason.MISSED, 3)]


async def test_a_run_that_sleep_put_off_is_made_on_waking(parts: Parts, kind: ScriptedSnapshot, hook: Target) -> None:
    await parts.bind(NAME, hook, schedule=DAILY)
    await pass_time(parts, 30)
    assert isinstance(parts.clock, HandClock)
    parts.clock.jump(8 * HOUR)
    await parts.rest()
    asleep = len(kind.reads)
    await pass_time(parts, 60)
    kind.value = 2
    parts.clock.jump(3 * DAY)
    await pass_time(parts, 60)

    assert asleep == 0, "timers stood still"
    assert await told(parts) == ["01 08:01", "04 08:02"]
    assert short(await parts.gaps()) == [(GapReason.MISSED, 2)]


async def test_a_clock_that_was_a_year_ahead_does_not_silence_a_schedule_for_a_year(
    parts: Parts, kind: ScriptedSnapshot, hook: Target
) -> None:
    await parts.bind(NAME, hook, schedule=DAILY)
    assert isinstance(parts.clock, HandClock)
    parts.clock.jump(365 * DAY)
    await pass_time(parts, 60)
    ahead = len(kind.reads)
    parts.clock.jump(-365 * DAY)
    await pass_time(parts, CLOCK_SET_BACK_MS / 1000)
    for value in range(2, 5):
        kind.value = value
        await pass_time(parts, DAY)

    days = [event.recorded_at // (DAY * 1000) for event in await parts.events("scripted.*")]
    assert ahead == 1
    assert len(days) == len(set(days)), "no day twice"
    assert len(days) >= 4


async def test_a_source_that_was_off_catches_nothing_up_and_leaves_one_gap_per_binding(
    parts: Parts, hook: Target
) -> None:
    ids = [
        await parts.bind(NAME, hook, schedule=DAILY),
        await parts.bind(NAME, hook, schedule=Schedule(mode=Mode.DAILY, at="12:00")),
    ]
    await pass_time(parts, MINUTE)
    await parts.collection.disable(source_id(parts))
    off = parts.collection.activity(source_id(parts))
    await pass_time(parts, 3 * DAY)
    for _ in range(2):
        await parts.collection.enable(source_id(parts))
        await parts.rest()

    gaps = await parts.gaps()
    assert (off.state, off.next_run_at) == (ActivityState.DISABLED, None)
    assert await told(parts) == ["01 00:01"]
    assert {gap.binding_id: (gap.reason, gap.missed.count) for gap in gaps} == dict.fromkeys(
        ids, (GapReason.SOURCE_OFF, 3)
    )
    assert len(gaps) == 2


async def test_a_source_that_is_off_when_the_daemon_starts_is_not_read(
    living: tuple[HandClock, Life], receiver: Receiver, kind: ScriptedSnapshot
) -> None:
    clock, life = living
    async with life() as parts:
        await set_up(parts, receiver, DAILY)
        await parts.collection.disable(source_id(parts))
    clock.advance(2 * DAY)
    async with life() as parts:
        await parts.rest()
        assert (kind.reads, await parts.gaps()) == ([], [])
        await parts.collection.enable(source_id(parts))
        await parts.rest()
        assert (kind.reads, short(await parts.gaps())) == ([], [(GapReason.SOURCE_OFF, 2)])


async def test_what_cannot_be_committed_repeats_nothing(
    parts: Parts, kind: ScriptedSnapshot, hook: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    binding_id = await parts.bind(NAME, hook, schedule=DAILY)
    before = await parts.run_state(binding_id)
    tries = 0

    def break_off(tx: Transaction, emission: NewEmission) -> list[object]:
        nonlocal tries
        tries += 1
        inserted = commit_emission(tx, emission)
        if tries == 1:
            raise LedgerFull("ledger.full", "The disk is full.")
        return list(inserted)

    monkeypatch.setattr("posthouse.pipeline.intake.commit_emission", break_off)
    await pass_time(parts, MINUTE)
    undone = (await told(parts), await parts.deliveries(), (await parts.run_state(binding_id)).settled)
    await pass_time(parts, 5 * MINUTE)

    assert undone == ([], [], before.settled)
    assert await told(parts) == ["01 00:06"]
    assert len(await parts.deliveries()) == 1
    assert (tries, len(kind.reads)) == (2, 2)
    assert await parts.gaps() == []


async def test_a_crash_between_a_read_and_its_commit_repeats_nothing(
    living: tuple[HandClock, Life], receiver: Receiver, kind: ScriptedSnapshot
) -> None:
    _, life = living
    reached, never = asyncio.Event(), asyncio.Event()

    async def hang(_: object) -> None:
        reached.set()
        await never.wait()

    async with life() as parts:
        await set_up(parts, receiver, DAILY)
        kind.during = hang
        parts.advance(MINUTE)
        async with asyncio.timeout(20):
            await reached.wait()
    kind.during = None
    for _ in range(2):
        async with life() as parts:
            await parts.rest()
            assert await told(parts) == ["01 00:01"]
            assert len(await parts.deliveries()) == 1
            assert await parts.gaps() == []
    assert len(kind.reads) == 2


async def test_an_edit_between_a_read_and_its_commit_makes_it_look_again(
    parts: Parts, kind: ScriptedSnapshot, hook: Target
) -> None:
    binding_id = await parts.bind(NAME, hook, schedule=DAILY)
    other = await parts.bind(NAME, hook, schedule=DAILY, wanted=ALL)

    async def edit(_: object) -> None:
        kind.during = None
        await parts.edit_binding(binding_id, schedule=Schedule(mode=Mode.INTERVAL, every_s=7 * DAY))

    kind.during = edit
    await pass_time(parts, MINUTE)

    assert [record.delivery.binding_id for record in await parts.deliveries()] == [other]
    assert await told(parts) == ["01 00:01"]
    assert parts.collection.activity(source_id(parts)).state is ActivityState.WATCHING
    assert len(await parts.events("source.failing")) == 0


async def test_a_binding_that_is_removed_while_it_is_read_for_is_forgotten(
    parts: Parts, kind: ScriptedSnapshot, hook: Target
) -> None:
    binding_id = await parts.bind(NAME, hook, schedule=DAILY)

    async def remove(_: object) -> None:
        kind.during = None
        await parts.ledger.run(remove_binding, binding_id, waiting=Waiting.REFUSE, now=parts.clock.now())
        await parts.known.reload()
        parts.collection.reschedule(source_id(parts))

    kind.during = remove
    await pass_time(parts, MINUTE)
    await pass_time(parts, DAY)

    assert (await parts.deliveries(), len(kind.reads)) == ([], 1)
    assert parts.collection.activity(source_id(parts)).next_run_at is None


@pytest.mark.parametrize(
    "change",
    [
        {"filter": Filter(types=("scripted.*",))},
        {"shape": Shape(format=BodyFormat.RAW)},
        {"schedule": Schedule(mode=Mode.DAILY, at="00:00", zone="UTC")},
        {"schedule": Schedule(mode=Mode.DAILY, at="23:00", zone="UTC")},
    ],
    ids=["filter", "shape", "earlier", "later"],
)
async def test_an_edit_neither_repeats_nor_skips_a_day(
    parts: Parts, kind: ScriptedSnapshot, hook: Target, change: dict[str, object]
) -> None:
    binding_id = await parts.bind(NAME, hook, schedule=DAILY)
    await pass_time(parts, MINUTE)
    await pass_time(parts, 6 * HOUR)
    await parts.edit_binding(binding_id, **change)
    await parts.rest()
    for value in (2, 3):
        kind.value = value
        for _ in range(24):
            await pass_time(parts, HOUR)
    days = [one[:2] for one in await told(parts)]

    expected = ["01", "02"] if change.get("schedule") == Schedule(mode=Mode.DAILY, at="23:00") else ["01", "02", "03"]
    assert days == expected
    assert await parts.gaps() == []
