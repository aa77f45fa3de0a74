"""Runs and gaps: settled once with what they led to, never beside it; consecutive gaps of one reason are one."""

from __future__ import annotations

import pytest

from posthouse.ledger.binding_changes import (
    BindingChange,
    NewBinding,
    Waiting,
    add_binding,
    edit_binding,
    remove_binding,
)
from posthouse.ledger.runs import (
    ClockRun,
    clock_runs,
    get_gap,
    mark_gap_run,
    note_run,
    page_gaps,
    pass_over,
    run_states,
    trim_gaps,
)
from posthouse.ledger.sources import get_source
from posthouse.ledger.state import NewEmission, commit_emission, get_state
from posthouse.model.bindings import Filter, Mode, Schedule, Weekday
from posthouse.model.errors import Conflict, NotFound
from posthouse.model.ids import BindingId, Millis
from posthouse.model.runs import Gap, GapReason, Missed, RunDone, RunResult, RunState, Slot
from posthouse.model.sources import Scope, StatePut
from tests.ledger.engines import Engine
from tests.ledger.scene import Scene

DAY_MS = 86_400_000
DAILY = Schedule(mode=Mode.DAILY, at="00:01", zone="UTC")
HOURLY = Schedule(mode=Mode.INTERVAL, every_s=3_600)


async def bind(scene: Scene, schedule: Schedule = DAILY, name: str = "hook") -> BindingId:
    [endpoint_id] = await scene.add_target(name)
    source = await scene.database.read(get_source, "ingest")
    new = NewBinding(source_id=source.id, endpoint_id=endpoint_id, schedule=schedule)
    return (await scene.database.run(add_binding, new, now=scene.clock.now())).binding.id


async def state_of(scene: Scene, binding_id: BindingId) -> RunState:
    return (await scene.database.read(run_states, [binding_id]))[binding_id]


async def edit(scene: Scene, binding_id: BindingId, change: BindingChange) -> None:
    await scene.database.run(edit_binding, binding_id, change, now=scene.clock.now())


async def gaps(scene: Scene) -> list[Gap]:
    return [row.gap for row in await scene.database.read(page_gaps)]


def day_slot(state: RunState, days: int) -> Slot:
    """The slot so many days behind the one that is settled."""
    at = Millis(state.settled.at + days * DAY_MS)
    year, month, day = (int(part) for part in state.settled.period.split("-"))
    return Slot(at, f"{year}-{month:02}-{day + days:02}" if day + days <= 31 else f"{year + 1}-01-{day + days - 31:02}")


def done(state: RunState, slot: Slot, result: RunResult = RunResult.SENT) -> RunDone:
    return RunDone(binding_id=state.binding_id, before=state.settled, slot=slot, result=result)


async def commit(scene: Scene, *runs: RunDone, puts: tuple[StatePut, ...] = ()) -> None:
    source = await scene.database.read(get_source, "ingest")
    emission = NewEmission(
        source_id=source.id, machine="here", events=(), state_puts=puts, runs=runs, now=scene.clock.now()
    )
    await scene.database.run(commit_emission, emission)


async def test_a_new_schedule_begins_at_its_newest_slot_and_has_not_run(scene: Scene) -> None:
    binding_id = await bind(scene)
    source = await scene.database.read(get_source, "ingest")

    found = await scene.database.read(clock_runs, source.id)

    assert found == [ClockRun(schedule=DAILY, state=await state_of(scene, binding_id))]
    assert found[0].state.ran_at is None
    assert found[0].state.settled.at <= scene.clock.now()


async def test_bindings_that_go_by_changes_have_no_run(scene: Scene) -> None:
    await scene.wire()
    source = await scene.database.read(get_source, "ingest")

    assert await scene.database.read(clock_runs, source.id) == []


async def test_a_run_is_settled_with_what_it_led_to(scene: Scene) -> None:
    state = await state_of(scene, await bind(scene))
    slot = day_slot(state, 1)

    await commit(scene, done(state, slot))

    after = await state_of(scene, state.binding_id)
    assert (after.settled, after.result, after.ran_at) == (slot, RunResult.SENT, scene.clock.now())
    assert await gaps(scene) == []


async def test_a_run_that_was_settled_meanwhile_writes_nothing_at_all(scene: Scene, engine: Engine) -> None:
    state = await state_of(scene, await bind(scene))
    other = await state_of(scene, await bind(scene, name="other"))
    await commit(scene, done(state, day_slot(state, 1)))

    with pytest.raises(Conflict) as caught:
        both = (done(other, day_slot(other, 1)), done(state, day_slot(state, 1), RunResult.NOTHING_NEW))
        await commit(scene, *both, puts=(StatePut("cursor", b"1"),))

    source = await scene.database.read(get_source, "ingest")
    assert caught.value.code == "run.changed"
    assert await state_of(scene, other.binding_id) == other
    assert await scene.database.read(get_state, source.id, "here", "cursor", Scope.MACHINE) is None
    assert engine.rows("SELECT count(*) FROM gaps") == [(0,)]


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (RunResult.NOTHING_NEW, GapReason.NOTHING_NEW),
        (RunResult.NOTHING_TO_TELL, GapReason.NOTHING_TO_TELL),
    ],
)
async def test_runs_without_a_delivery_in_a_row_are_one_gap(scene: Scene, result: RunResult, reason: GapReason) -> None:
    first = await state_of(scene, await bind(scene))
    for _ in range(3):
        state = await state_of(scene, first.binding_id)
        await commit(scene, done(state, day_slot(state, 1), result))

    [gap] = await gaps(scene)
    assert gap.reason is reason
    assert gap.missed == Missed(first_at=day_slot(first, 1).at, last_at=day_slot(first, 3).at, count=3)


async def test_a_run_that_sent_something_ends_a_gap(scene: Scene) -> None:
    binding_id = await bind(scene)
    for result in (RunResult.NOTHING_NEW, RunResult.SENT, RunResult.NOTHING_NEW):
        state = await state_of(scene, binding_id)
        await commit(scene, done(state, day_slot(state, 1), result))

    assert [gap.missed.count for gap in await gaps(scene)] == [1, 1]


async def test_a_gap_of_another_reason_or_detail_is_another_gap(scene: Scene) -> None:
    binding_id = await bind(scene)
    for reason, detail in (
        (GapReason.MISSED, ""),
        (GapReason.READ_FAILED, "Permission denied"),
        (GapReason.READ_FAILED, "Is a directory"),
        (GapReason.READ_FAILED, "Is a directory"),
    ):
        state = await state_of(scene, binding_id)
        slot = day_slot(state, 1)
        missed = Missed(first_at=slot.at, last_at=slot.at, count=1)
        await scene.database.run(pass_over, state, slot, missed, reason, scene.clock.now(), detail=detail)

    assert [(gap.reason, gap.detail, gap.missed.count) for gap in await gaps(scene)] == [
        (GapReason.READ_FAILED, "Is a directory", 2),
        (GapReason.READ_FAILED, "Permission denied", 1),
        (GapReason.MISSED, "", 1),
    ]


async def test_passing_over_tells_nothing_of_a_run_and_happens_once(scene: Scene) -> None:
    binding_id = await bind(scene)
    await scene.database.run(note_run, [binding_id], RunResult.FAILED, "Is a directory", Millis(5))
    state = await state_of(scene, binding_id)
    slot = day_slot(state, 2)
    missed = Missed(first_at=day_slot(state, 1).at, last_at=slot.at, count=2)
    for _ in range(2):
        await scene.database.run(pass_over, state, slot, missed, GapReason.MISSED, scene.clock.now())

    after = await state_of(scene, binding_id)
    assert (after.settled, after.ran_at, after.result, after.detail) == (slot, 5, RunResult.FAILED, "Is a directory")
    assert [gap.missed for gap in await gaps(scene)] == [missed]


async def test_gaps_are_paged_newest_first_and_found_by_binding_and_source(scene: Scene) -> None:
    ids = [await bind(scene, name=name) for name in ("one", "two")]
    for binding_id in (*ids, *ids):
        for result in (RunResult.NOTHING_NEW, RunResult.SENT):
            state = await state_of(scene, binding_id)
            await commit(scene, done(state, day_slot(state, 1), result))
    source = await scene.database.read(get_source, "ingest")
    other = await scene.database.read(get_source, "posthouse")

    everything = await scene.database.read(page_gaps, source_id=source.id)
    page = await scene.database.read(page_gaps, limit=3)
    rest = await scene.database.read(page_gaps, before=page[-1].gap.seq)

    assert [row.gap.binding_id for row in everything] == [ids[1], ids[0], ids[1], ids[0]]
    assert page + rest == everything
    assert [row.target for row in await scene.database.read(page_gaps, binding_id=ids[0])] == ["one", "one"]
    assert await scene.database.read(page_gaps, source_id=other.id) == []
    assert everything[0].schedule == DAILY


async def test_a_gap_that_was_run_by_hand_says_so_and_grows_no_more(scene: Scene) -> None:
    binding_id = await bind(scene)
    state = await state_of(scene, binding_id)
    await commit(scene, done(state, day_slot(state, 1), RunResult.NOTHING_NEW))
    [gap] = await gaps(scene)

    await scene.database.run(mark_gap_run, gap.seq, Millis(7))
    state = await state_of(scene, binding_id)
    await commit(scene, done(state, day_slot(state, 1), RunResult.NOTHING_NEW))

    assert (await scene.database.read(get_gap, gap.seq)).gap.ran_at == 7
    assert [one.ran_at for one in await gaps(scene)] == [None, 7]


async def test_old_gaps_leave_and_are_then_unknown(scene: Scene) -> None:
    state = await state_of(scene, await bind(scene))
    await commit(scene, done(state, day_slot(state, 1), RunResult.NOTHING_NEW))
    [gap] = await gaps(scene)

    kept = await scene.database.run(trim_gaps, scene.clock.now())
    gone = await scene.database.run(trim_gaps, Millis(scene.clock.now() + 1))

    assert (kept, gone) == (0, 1)
    with pytest.raises(NotFound) as caught:
        await scene.database.read(get_gap, gap.seq)
    assert caught.value.code == "gap.not_found"


async def test_editing_what_is_no_schedule_leaves_the_run_as_it_is(scene: Scene) -> None:
    binding_id = await bind(scene)
    state = await state_of(scene, binding_id)
    await commit(scene, done(state, day_slot(state, 1)))
    before = await state_of(scene, binding_id)

    await edit(scene, binding_id, BindingChange(filter=Filter(types=("a.*",))))
    await edit(scene, binding_id, BindingChange(schedule=Schedule(mode=Mode.DAILY, at="00:01", zone="UTC")))

    assert await state_of(scene, binding_id) == before


async def test_another_time_of_day_repeats_no_day(scene: Scene) -> None:
    binding_id = await bind(scene)
    before = await state_of(scene, binding_id)

    await edit(scene, binding_id, BindingChange(schedule=Schedule(mode=Mode.DAILY, at="23:00", zone="Asia/Tokyo")))

    assert (await state_of(scene, binding_id)).settled.period == before.settled.period


async def test_a_schedule_that_ends_is_forgotten_and_a_new_one_begins(scene: Scene) -> None:
    binding_id = await bind(scene)
    await edit(scene, binding_id, BindingChange(schedule=Schedule()))
    without = await scene.database.read(run_states, [binding_id])
    scene.clock.advance(10 * 86_400)
    await edit(scene, binding_id, BindingChange(schedule=Schedule(mode=Mode.WEEKLY, at="09:00", day=Weekday.FRIDAY)))

    assert without == {}
    begun = await state_of(scene, binding_id)
    assert scene.clock.now() - 7 * DAY_MS < begun.settled.at <= scene.clock.now()


async def test_a_removed_binding_runs_no_more(scene: Scene) -> None:
    binding_id = await bind(scene, HOURLY)
    source = await scene.database.read(get_source, "ingest")

    await scene.database.run(remove_binding, binding_id, waiting=Waiting.REFUSE, now=scene.clock.now())

    assert await scene.database.read(clock_runs, source.id) == []
    assert await scene.database.read(run_states, [binding_id]) == {}


@pytest.mark.parametrize(
    "schedule", [HOURLY, Schedule(mode=Mode.CRON, cron="0 5 * * *"), Schedule()], ids=["interval", "cron", "on_change"]
)
async def test_a_run_that_was_due_when_its_schedule_gave_way_to_another_kind_is_a_gap(
    scene: Scene, schedule: Schedule
) -> None:
    binding_id = await bind(scene)
    before = await state_of(scene, binding_id)
    scene.clock.advance(2 * DAY_MS / 1000)

    await edit(scene, binding_id, BindingChange(schedule=schedule))

    [gap] = await gaps(scene)
    first, last = day_slot(before, 1), day_slot(before, 2)
    assert (gap.reason, gap.missed) == (GapReason.EDITED, Missed(first_at=first.at, last_at=last.at, count=2))


async def test_an_edit_within_a_kind_leaves_a_due_run_due_and_no_gap(scene: Scene) -> None:
    binding_id = await bind(scene)
    before = await state_of(scene, binding_id)
    scene.clock.advance(DAY_MS / 1000)

    await edit(scene, binding_id, BindingChange(schedule=Schedule(mode=Mode.DAILY, at="00:02", zone="UTC")))

    assert await gaps(scene) == []
    assert (await state_of(scene, binding_id)).settled == before.settled
