"""What holds for every schedule, zone and instant, however the time is cut into looks and whatever the clock does."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.bindings import Mode, Schedule, Weekday
from posthouse.model.ids import BindingId, Millis
from posthouse.model.runs import Missed, Slot
from posthouse.rules.schedule import Look, begin, look, reschedule, upcoming
from tests.rules.zones import DAY_MS, ODD_ZONES, at, cron, daily, every, weekly

MINUTE_MS = 60_000
EXPRESSIONS = ("*/30 * * * *", "7 */6 * * *", "30 2 * * *", "0 0 * * MON-FRI", "*/20 1-3 * * *", "15 12 1,15 * *")

zones = st.sampled_from(ODD_ZONES)
times = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59)) | st.sampled_from(["00:00", "00:01"])
schedules = st.one_of(
    st.sampled_from([60, 300, 900, 3600, 86_400, 31 * 86_400]).map(every),
    st.builds(daily, times, zones),
    st.builds(weekly, st.sampled_from(Weekday), times, zones),
    st.builds(cron, st.sampled_from(EXPRESSIONS), zones),
)
bindings = st.integers(1, 10_000).map(BindingId)
# Anywhere in these years, and close to changes that are out of the ordinary.
CHANGES = (
    "1994-12-31 10:00Z", "2010-03-14 03:31Z", "2010-11-07 02:31Z", "2011-12-30 10:00Z", "2018-11-04 03:00Z",
    "2026-02-15 02:00Z", "2026-03-29 01:00Z", "2026-04-04 15:00Z", "2026-09-06 04:00Z", "2026-10-03 15:30Z",
    "2026-10-25 01:00Z",
)  # fmt: skip
instants = st.one_of(
    st.integers(at("1990-01-01 00:00Z"), at("2035-01-01 00:00Z")),
    st.builds(lambda change, off: at(change) + off, st.sampled_from(CHANGES), st.integers(-2 * DAY_MS, 2 * DAY_MS)),
).map(Millis)
steps = st.one_of(
    st.integers(1, 10 * MINUTE_MS), st.integers(1, DAY_MS), st.integers(1, 21 * DAY_MS), st.integers(1, 400 * DAY_MS)
)


def zone_of(schedule: Schedule) -> ZoneInfo:
    return ZoneInfo(schedule.zone)


def looked(schedule: Schedule, settled: Slot, now: Millis, binding: BindingId) -> Look:
    return look(schedule, zone_of(schedule), settled, now, binding)


def begun(schedule: Schedule, now: Millis, binding: BindingId) -> Slot:
    return begin(schedule, zone_of(schedule), now, binding)


def walked(schedule: Schedule, start: Millis, count: int, binding: BindingId) -> list[Slot]:
    """The next slots, one by one."""
    slots: list[Slot] = []
    now, settled = start, begun(schedule, start, binding)
    for _ in range(count):
        next_at = looked(schedule, settled, now, binding).next_at
        assert next_at is not None
        found = looked(schedule, settled, next_at, binding)
        assert found.slot is not None
        assert found.missed is None
        now, settled = next_at, found.slot
        slots.append(settled)
    return slots


def place(schedule: Schedule, slot: Slot) -> str | int:
    """What tells whether one slot is behind another."""
    return slot.period if schedule.mode in (Mode.DAILY, Mode.WEEKLY) else slot.at


@given(schedules, instants, bindings)
def test_slots_come_strictly_one_behind_another_and_each_is_its_own_period(
    schedule: Schedule, start: Millis, binding: BindingId
) -> None:
    slots = walked(schedule, start, 12, binding)
    assert start < slots[0].at
    assert all(earlier.at < later.at for earlier, later in pairwise(slots))
    assert all(place(schedule, earlier) < place(schedule, later) for earlier, later in pairwise(slots))  # type: ignore[operator]


@given(times, zones, instants)
def test_each_local_date_has_exactly_one_daily_slot(time: str, name: str, start: Millis) -> None:
    slots = walked(daily(time, name), start, 8, BindingId(1))
    quarters = range(slots[0].at - 2 * DAY_MS, slots[-1].at + 2 * DAY_MS, 15 * MINUTE_MS)
    there = {datetime.fromtimestamp(one / 1000, tz=ZoneInfo(name)).date().isoformat() for one in quarters}
    periods = [one.period for one in slots]
    assert periods == [one for one in sorted(there) if periods[0] <= one <= periods[-1]]


@given(schedules, instants, steps, bindings)
def test_what_is_settled_is_not_due_again_at_the_same_instant(
    schedule: Schedule, start: Millis, step: int, binding: BindingId
) -> None:
    now = Millis(start + step)
    first = looked(schedule, begun(schedule, start, binding), now, binding)
    assert (first.slot is None) <= (first.missed is None)
    if first.slot is not None:
        again = looked(schedule, first.slot, now, binding)
        assert (again.slot, again.missed, again.next_at) == (None, None, first.next_at)


@given(schedules, instants, st.integers(1, 12), bindings, st.data())
def test_any_split_of_time_into_looks_runs_or_misses_each_slot_exactly_once(
    schedule: Schedule, start: Millis, count: int, binding: BindingId, data: st.DataObject
) -> None:
    slots = walked(schedule, start, count + 1, binding)
    end, beyond = slots[-2].at if count > 1 else slots[0].at, slots[-1]
    looks = sorted({*data.draw(st.lists(st.integers(start, end), max_size=10)), end})
    settled, taken = begun(schedule, start, binding), 0
    for now in looks:
        found = looked(schedule, msgspec.json.decode(msgspec.json.encode(settled), type=Slot), Millis(now), binding)
        due = [one for one in slots[taken:] if one.at <= now]
        taken += len(due)
        missed = (
            Missed(first_at=due[0].at, last_at=due[-2].at, count=len(due) - 1, is_at_least=False)
            if len(due) > 1
            else None
        )
        assert (found.slot, found.missed) == (due[-1] if due else None, missed)
        assert found.next_at == (slots[taken].at if taken < len(slots) else None)
        settled = found.slot or settled
    assert settled.at < beyond.at


@given(schedules, instants, bindings, st.lists(st.one_of(steps, steps.map(lambda one: -one)), max_size=12))
def test_whatever_the_clock_does_the_next_run_is_at_most_the_second_slot_from_now(
    schedule: Schedule, start: Millis, binding: BindingId, jumps: list[int]
) -> None:
    now, settled = start, begun(schedule, start, binding)
    for jump in jumps:
        now = Millis(now + jump)
        found = looked(schedule, settled, now, binding)
        assert found.slot is None or found.slot.at <= now
        settled = found.slot or settled
        coming = [one.at for one in walked(schedule, now, 2, binding)]
        assert found.next_at in coming
        # To ask again changes nothing, also while the clock is behind what was settled.
        again = looked(schedule, settled, now, binding)
        assert (again.slot, again.next_at) == (None, found.next_at)


@given(
    st.builds(daily, times, zones) | st.builds(weekly, st.sampled_from(Weekday), times, zones),
    instants,
    st.lists(st.integers(-DAY_MS // 2, 3 * DAY_MS), max_size=15),
)
def test_a_clock_that_goes_back_by_hours_repeats_no_day_and_no_week(
    schedule: Schedule, start: Millis, jumps: list[int]
) -> None:
    binding = BindingId(1)
    now, settled, highest = start, begun(schedule, start, binding), start
    for jump in jumps:
        now = Millis(max(now + jump, highest - 20 * 3_600_000))
        highest = max(highest, now)
        found = looked(schedule, settled, now, binding)
        if found.slot is not None:
            assert found.slot.period > settled.period
            settled = found.slot


@given(schedules, instants, steps, bindings)
def test_a_clock_far_ahead_and_back_again_runs_once_and_goes_on(
    schedule: Schedule, start: Millis, off: int, binding: BindingId
) -> None:
    ahead = looked(schedule, begun(schedule, start, binding), Millis(start + 366 * DAY_MS + off), binding).slot
    assert ahead is not None
    back = looked(schedule, ahead, start, binding)
    assert back.missed is None
    assert back.slot is not None
    assert looked(schedule, back.slot, start, binding).slot is None
    assert back.next_at == walked(schedule, start, 1, binding)[0].at


@given(schedules, instants, steps, bindings)
def test_an_edit_that_changes_nothing_leaves_what_is_due(
    schedule: Schedule, start: Millis, step: int, binding: BindingId
) -> None:
    settled = begun(schedule, start, binding)
    same = reschedule(schedule, schedule, zone_of(schedule), settled, Millis(start + step), binding)
    assert same == settled


@given(schedules, schedules, instants, steps, bindings)
def test_an_edit_makes_at_most_one_run_due_and_never_one_that_was_made(
    old: Schedule, new: Schedule, start: Millis, step: int, binding: BindingId
) -> None:
    now = Millis(start + step)
    before = looked(old, begun(old, start, binding), now, binding)
    settled = before.slot or begun(old, start, binding)
    found = looked(new, reschedule(old, new, zone_of(new), settled, now, binding), now, binding)
    assert found.missed is None or new.mode in (Mode.DAILY, Mode.WEEKLY)
    assert found.next_at is not None
    assert found.next_at > now
    if new.mode is not old.mode or new.mode not in (Mode.DAILY, Mode.WEEKLY):
        assert found.slot is None
    elif found.slot is not None:
        assert found.slot.period > settled.period


@given(
    st.sampled_from([Mode.DAILY, Mode.WEEKLY]),
    st.tuples(times, times),
    st.sampled_from(Weekday),
    zones,
    instants,
    st.integers(0, DAY_MS // 2),
)
def test_an_edited_time_of_day_leaves_no_day_out_and_takes_none_twice(
    mode: Mode, at_times: tuple[str, str], day: Weekday, name: str, start: Millis, step: int
) -> None:
    old, new = (Schedule(mode=mode, at=one, day=day if mode is Mode.WEEKLY else None, zone=name) for one in at_times)
    binding = BindingId(1)
    now = Millis(walked(old, start, 1, binding)[0].at + step)
    run = looked(old, begun(old, start, binding), now, binding).slot
    assert run is not None
    settled = reschedule(old, new, zone_of(new), run, now, binding)
    after = looked(new, settled, now, binding)
    following = after.slot or looked(new, settled, after.next_at or now, binding).slot
    assert after.missed is None
    assert following is not None
    # Just the date, or the week, that would have followed under the old time of day.
    (expected,) = walked(old, run.at, 1, binding)
    assert following.period == expected.period


@given(schedules, instants, bindings)
def test_upcoming_runs_are_the_slots_one_by_one(schedule: Schedule, now: Millis, binding: BindingId) -> None:
    settled = begun(schedule, now, binding)

    runs = upcoming(schedule, zone_of(schedule), settled, now, binding, 3)

    assert list(runs) == [slot.at for slot in walked(schedule, now, 3, binding)]


@given(schedules, instants, st.integers(1, 40 * DAY_MS), bindings)
def test_run_that_is_due_comes_first_and_at_once(
    schedule: Schedule, start: Millis, asleep_ms: int, binding: BindingId
) -> None:
    now = Millis(start + asleep_ms)
    settled = begun(schedule, start, binding)
    seen = looked(schedule, settled, now, binding)

    runs = upcoming(schedule, zone_of(schedule), settled, now, binding, 2)

    assert runs[0] == (now if seen.slot is not None else seen.next_at)
    assert all(before < after for before, after in pairwise(runs))
