"""Bindings that go by the clock, over real parts: when their source is read, for whom, and what comes of it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from posthouse.ledger.base import Transaction
from posthouse.ledger.runs import clock_runs
from posthouse.ledger.state import commit_emission
from posthouse.model.bindings import Filter, Mode, Schedule, Weekday
from posthouse.model.events import EventDraft
from posthouse.model.ids import BindingId, EventId
from posthouse.model.runs import GapReason, RunResult
from posthouse.model.targets import Target
from posthouse.pipeline.activity import ActivityState
from posthouse.pipeline.snapshots import newest_fingerprints
from posthouse.sources.base import RESCAN
from posthouse.system.zones import load_zone
from tests.parts import Parts
from tests.pipeline.kinds import ScriptedSnapshot, register
from tests.pipeline.scripted import (
    ALL,
    DAILY,
    DAY,
    HOUR,
    HOURLY,
    MINUTE,
    NAME,
    pass_time,
    short,
    source_id,
    told,
)
from tests.receiver import Receiver


async def test_a_daily_binding_is_read_at_its_time_and_not_before(
    parts: Parts, kind: ScriptedSnapshot, hook: Target
) -> None:
    binding_id = await parts.bind(NAME, hook, schedule=DAILY)
    await pass_time(parts, 59)
    early = len(kind.reads)
    await pass_time(parts, 1)
    kind.value = 2
    await pass_time(parts, DAY)

    assert early == 0
    assert await told(parts) == ["01 00:01", "02 00:01"]
    assert kind.reads == [RESCAN, RESCAN]
    assert (await parts.run_state(binding_id)).result is RunResult.SENT
    assert await parts.gaps() == []


async def test_a_source_tells_when_it_is_read_next_and_how_the_last_run_went(
    parts: Parts, kind: ScriptedSnapshot, hook: Target
) -> None:
    begun_at = parts.clock.now()
    await parts.bind(NAME, hook, schedule=DAILY)
    await parts.rest()
    before = parts.collection.activity(source_id(parts))
    await pass_time(parts, MINUTE)
    sent = parts.collection.activity(source_id(parts))
    await pass_time(parts, DAY)
    same = parts.collection.activity(source_id(parts))
    kind.fail_with(IsADirectoryError(21, "Is a directory", "/srv/notes"))
    await pass_time(parts, DAY)
    failing = parts.collection.activity(source_id(parts))

    assert (before.next_run_at, before.last_run) == (begun_at + MINUTE * 1000, "")
    assert (sent.next_run_at, sent.last_run) == (begun_at + (DAY + MINUTE) * 1000, "Sent")
    assert same.last_run == "Nothing new"
    assert failing.state is ActivityState.FAILING
    assert failing.last_run == "Could not be read: Is a directory: /srv/notes"
    assert failing.next_run_at == parts.clock.now(), "it is due, and stays so"


async def test_nothing_ticks_where_nothing_is_scheduled(parts: Parts, hook: Target) -> None:
    await parts.bind(NAME, hook)
    await parts.rest()
    without = parts.clock.armed()  # type: ignore[attr-defined]
    binding_id = await parts.bind(NAME, hook, schedule=DAILY)
    await parts.rest()
    scheduled = parts.clock.armed()  # type: ignore[attr-defined]
    await parts.edit_binding(binding_id, schedule=Schedule(), filter=Filter(types=("a",)))
    await parts.rest()

    assert MINUTE not in without
    assert MINUTE in scheduled
    assert parts.clock.armed() == without  # type: ignore[attr-defined]


async def test_all_bindings_that_are_due_together_are_one_read_and_leave_ten_seconds_apart(
    parts: Parts, kind: ScriptedSnapshot, hook: Target, receiver: Receiver
) -> None:
    for number in range(199):
        await parts.bind(NAME, await parts.add_webhook(receiver.url, name=f"hook-{number}"), schedule=DAILY)
    await parts.bind(NAME, hook, schedule=DAILY)

    await pass_time(parts, MINUTE)

    deliveries = await parts.deliveries()
    due = [record.delivery.available_at - record.delivery.created_at for record in deliveries]
    assert len(kind.reads) == 1
    assert await told(parts) == ["01 00:01"]
    assert due == [10_000 * number for number in range(200)]
    assert parts.ledger.calls[newest_fingerprints] == 1
    assert parts.ledger.calls[commit_emission] == 1
    assert parts.ledger.refusals == []


async def test_a_due_burst_and_a_due_run_are_one_read(parts: Parts, kind: ScriptedSnapshot, hook: Target) -> None:
    await parts.bind(NAME, hook)
    await parts.bind(NAME, hook, schedule=DAILY)
    await parts.rest()
    kind.say("a")
    await parts.rest()

    await pass_time(parts, 90)

    deliveries = await parts.deliveries()
    assert kind.reads == [RESCAN]
    assert [record.delivery.available_at - record.delivery.created_at for record in deliveries] == [0, 10_000]


async def test_changes_concern_only_bindings_that_go_by_them_and_the_clock_only_those_that_are_due(
    parts: Parts, kind: ScriptedSnapshot, hook: Target
) -> None:
    by_change = await parts.bind(NAME, hook)
    daily = await parts.bind(NAME, hook, schedule=DAILY)
    weekly = await parts.bind(NAME, hook, schedule=Schedule(mode=Mode.WEEKLY, at="00:01", day=Weekday.MONDAY))
    await pass_time(parts, MINUTE)
    by_clock = [record.delivery.binding_id for record in await parts.deliveries()]
    kind.value = 2
    kind.say("a")
    await parts.rest()
    await pass_time(parts, 90)

    assert by_clock == [daily]
    assert [record.delivery.binding_id for record in await parts.deliveries()] == [daily, by_change]
    assert (await parts.run_state(weekly)).result is None


async def test_changes_are_not_read_where_every_binding_goes_by_the_clock(
    parts: Parts, kind: ScriptedSnapshot, hook: Target
) -> None:
    binding_id = await parts.bind(NAME, hook, schedule=DAILY)
    await pass_time(parts, MINUTE)
    kind.say("a")
    await parts.rest()
    await pass_time(parts, HOUR)
    unread = len(kind.reads)

    await parts.edit_binding(binding_id, schedule=Schedule())
    await parts.rest()
    await pass_time(parts, 90)

    assert unread == 1
    assert [one.paths for one in kind.reads[1:]] == [("a",)], "what was said meanwhile is not forgotten"


@pytest.mark.parametrize(
    ("value", "wanted", "result", "reason"),
    [
        (1, Filter(), RunResult.NOTHING_NEW, GapReason.NOTHING_NEW),
        (None, Filter(), RunResult.NOTHING_TO_TELL, GapReason.NOTHING_TO_TELL),
        (2, Filter(types=("other.*",)), RunResult.NOTHING_TO_TELL, GapReason.NOTHING_TO_TELL),
    ],
)
async def test_a_run_that_leads_to_no_delivery_is_settled_and_stands_as_a_gap(
    parts: Parts, kind: ScriptedSnapshot, hook: Target, value: object, wanted: Filter, result: RunResult,
    reason: GapReason,
) -> None:  # fmt: skip
    binding_id = await parts.bind(NAME, hook, schedule=DAILY)
    await pass_time(parts, MINUTE)
    kind.value = value
    await parts.edit_binding(binding_id, filter=wanted)
    await pass_time(parts, DAY)
    await pass_time(parts, DAY)

    assert await told(parts) == ["01 00:01"]
    assert len(kind.reads) == 3
    assert (await parts.run_state(binding_id)).result is result
    assert short(await parts.gaps()) == [(reason, 2)]


async def test_every_event_of_an_emission_counts(parts: Parts, kind: ScriptedSnapshot, hook: Target) -> None:
    first = await parts.bind(NAME, hook, schedule=DAILY, wanted=Filter(types=("scripted.snapshot",)))
    second = await parts.bind(NAME, hook, schedule=DAILY, wanted=Filter(types=("scripted.more",)))
    neither = await parts.bind(NAME, hook, schedule=DAILY, wanted=Filter(types=("else",)))
    kind.more = (EventDraft(type="scripted.more"),)

    await pass_time(parts, MINUTE)

    results = [(await parts.run_state(one)).result for one in (first, second, neither)]
    assert results == [RunResult.SENT, RunResult.SENT, RunResult.NOTHING_TO_TELL]
    assert [event.type for event in await parts.events("scripted.*")] == ["scripted.snapshot", "scripted.more"]
    assert len(await parts.deliveries()) == 2
    assert parts.ledger.calls[commit_emission] == 1


async def test_a_failed_run_stays_due_and_is_tried_again_after_a_growing_wait(
    parts: Parts, kind: ScriptedSnapshot, hook: Target
) -> None:
    binding_id = await parts.bind(NAME, hook, schedule=DAILY)
    kind.fail_with(IsADirectoryError(21, "Is a directory", "/srv/notes"))
    await pass_time(parts, MINUTE)
    state = await parts.run_state(binding_id)
    tries = [len(kind.reads)]
    for wait_s in (299, 1, 599, 1):
        await pass_time(parts, wait_s)
        tries.append(len(kind.reads))
    kind.fail_with(None)
    await pass_time(parts, 20 * MINUTE)

    assert (state.result, state.detail) == (RunResult.FAILED, "Is a directory: /srv/notes")
    assert tries == [1, 1, 2, 2, 3]
    assert await told(parts) == ["01 00:36"]
    assert await parts.gaps() == []
    assert len(await parts.events("source.failing")) == 1


async def test_a_missing_permission_is_left_alone_for_longer(
    parts: Parts, kind: ScriptedSnapshot, hook: Target
) -> None:
    await parts.bind(NAME, hook, schedule=DAILY)
    kind.fail_with(PermissionError(13, "Permission denied", "/srv/notes"))
    await pass_time(parts, MINUTE)
    await pass_time(parts, 15 * MINUTE - 1)
    early = len(kind.reads)
    await pass_time(parts, 1)

    assert (early, len(kind.reads)) == (1, 2)


async def test_when_the_next_slot_comes_first_the_older_one_could_not_be_read(
    parts: Parts, kind: ScriptedSnapshot, hook: Target
) -> None:
    every = Schedule(mode=Mode.INTERVAL, every_s=20 * MINUTE)
    binding_id = await parts.bind(NAME, hook, schedule=every)
    kind.fail_with(IsADirectoryError(21, "Is a directory", "/srv/notes"))
    for _ in range(3 * 60):
        await pass_time(parts, MINUTE)
    failed = await parts.gaps()
    kind.fail_with(None)
    for _ in range(60):
        await pass_time(parts, MINUTE)

    [gap] = failed
    assert (gap.reason, gap.detail) == (GapReason.READ_FAILED, "Is a directory: /srv/notes")
    assert gap.missed.count == 8, "nine slots in three hours, and the last of them is still due"
    gaps = await parts.gaps()
    assert len(await told(parts)) == 1
    assert sum(one.missed.count for one in gaps) + 1 == 12, "each slot of the four hours is told of once"
    assert {one.reason for one in gaps} == {GapReason.READ_FAILED, GapReason.NOTHING_NEW}
    assert (await parts.run_state(binding_id)).result is RunResult.NOTHING_NEW


async def test_bindings_of_two_zones_run_at_their_own_midnights(
    parts: Parts, kind: ScriptedSnapshot, hook: Target
) -> None:
    zones = {name: load_zone(name) for name in ("Asia/Tokyo", "America/Los_Angeles")}
    ids = {
        await parts.bind(NAME, hook, schedule=Schedule(mode=Mode.DAILY, at="00:01", zone=name)): zone
        for name, zone in zones.items()
    }
    for value in range(48):
        kind.value = value
        await pass_time(parts, HOUR)

    seen = [
        (record.delivery.binding_id, datetime.fromtimestamp(record.delivery.created_at / 1000, UTC))
        for record in await parts.deliveries()
    ]
    local = [(binding_id, at.astimezone(ids[BindingId(binding_id)])) for binding_id, at in seen]
    assert [f"{at:%d %H}" for binding_id, at in local if ids[BindingId(binding_id)] is zones["Asia/Tokyo"]] == [
        "02 01",
        "03 01",
    ]
    assert [f"{at:%d %H}" for binding_id, at in local if ids[BindingId(binding_id)] is not zones["Asia/Tokyo"]] == [
        "01 01",
        "02 01",
    ]


async def test_a_slow_source_delays_no_other(
    parts: Parts, kind: ScriptedSnapshot, hook: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = ScriptedSnapshot("quick.snapshot")
    register(monkeypatch, "quick", quick)
    await parts.add_source("quick")
    never = asyncio.Event()

    async def hang(_: object) -> None:
        await never.wait()

    kind.during = hang
    await parts.collection.enable(parts.source("quick").id)
    await parts.bind(NAME, hook, schedule=DAILY)
    await parts.bind("quick", hook, schedule=DAILY)

    await pass_time(parts, MINUTE)

    assert parts.collection.activity(source_id(parts)).state is ActivityState.READING
    assert len(await parts.events("quick.snapshot")) == 1


async def test_a_zone_that_this_machine_does_not_know_fails_its_binding_alone(parts: Parts, hook: Target) -> None:
    lost = await parts.bind(NAME, hook, schedule=DAILY)
    fine = await parts.bind(NAME, hook, schedule=DAILY, wanted=ALL)

    def lose(tx: Transaction) -> None:
        sql = "UPDATE bindings SET schedule = json_set(schedule, '$.zone', 'Atlantis/Capital') WHERE id = ?"
        tx._execute(sql, (lost,))  # type: ignore[attr-defined]

    await parts.ledger.run(lose)
    await parts.known.reload()
    parts.collection.reschedule(source_id(parts))
    await pass_time(parts, MINUTE)

    assert [record.delivery.binding_id for record in await parts.deliveries()] == [fine]
    assert "Atlantis/Capital" in (await parts.run_state(lost)).detail


async def test_the_state_of_runs_is_read_only_when_something_can_be_due(parts: Parts, hook: Target) -> None:
    await parts.bind(NAME, hook, schedule=DAILY)
    await pass_time(parts, MINUTE)
    before = parts.ledger.calls[clock_runs]
    for _ in range(10):
        await pass_time(parts, MINUTE)

    assert parts.ledger.calls[clock_runs] == before


async def test_the_event_of_a_run_names_no_event_twice(parts: Parts, hook: Target) -> None:
    await parts.bind(NAME, hook, schedule=HOURLY)
    for _ in range(5):
        await pass_time(parts, HOUR)
    ids: list[EventId] = [event.id for event in await parts.events("scripted.*")]

    assert len(ids) == len(set(ids)) == 1
    assert sum(gap.missed.count for gap in await parts.gaps()) == 4
