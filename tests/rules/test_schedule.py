"""Which slots a schedule has, and what is due of them: mode by mode, and at every kind of clock change."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.bindings import Mode, Schedule, Weekday
from posthouse.model.errors import BadInput
from posthouse.model.ids import Millis
from posthouse.model.runs import Missed, Slot
from posthouse.rules.schedule import EVERY_S_MAX, EVERY_S_MIN, begin, complete, look
from tests.rules.zones import HOUR_MS, ONE, at, cron, daily, every, told, weekly

UTC = ZoneInfo("UTC")


def slots_from(schedule: Schedule, start: str, count: int) -> list[str]:
    """The next slots behind an instant, by going from each to the next."""
    zone = ZoneInfo(schedule.zone)
    now = at(start)
    settled = begin(schedule, zone, now, ONE)
    told_at = []
    for _ in range(count):
        next_at = look(schedule, zone, settled, now, ONE).next_at
        assert next_at is not None
        due = look(schedule, zone, settled, next_at, ONE)
        assert due.slot is not None
        assert due.slot.at == next_at
        assert due.missed is None
        now, settled = next_at, due.slot
        told_at.append(told(next_at, schedule.zone))
    return told_at


@pytest.mark.parametrize(
    ("given_as", "completed"),
    [
        (Schedule(zone="Europe/Berlin"), Schedule(zone="Europe/Berlin")),
        (every(60), every(60)),
        (every(EVERY_S_MAX), every(EVERY_S_MAX)),
        (Schedule(mode=Mode.DAILY), daily("00:01")),
        (daily("23:59"), daily("23:59")),
        (Schedule(mode=Mode.WEEKLY, day=Weekday.SUNDAY), weekly(Weekday.SUNDAY, "00:01")),
        (cron(" 5   4 * *  SUN "), cron("5 4 * * SUN")),
        (cron("0 0 29 2 *"), cron("0 0 29 2 *")),
        (cron("0 0 L * *"), cron("0 0 L * *")),
    ],
)
def test_a_schedule_is_completed_and_stays_so(given_as: Schedule, completed: Schedule) -> None:
    assert complete(given_as) == completed
    assert complete(completed) == completed


@pytest.mark.parametrize(
    ("schedule", "field"),
    [
        (Schedule(every_s=60), "everyS"),
        (Schedule(mode=Mode.INTERVAL), "everyS"),
        (every(EVERY_S_MIN - 1), "everyS"),
        (every(EVERY_S_MAX + 1), "everyS"),
        (every(-60), "everyS"),
        (Schedule(mode=Mode.INTERVAL, every_s=60, at="00:01"), "at"),
        (Schedule(mode=Mode.DAILY, every_s=60), "everyS"),
        (Schedule(mode=Mode.DAILY, day=Weekday.MONDAY), "day"),
        (daily("24:00"), "at"),
        (daily("7:30"), "at"),
        (daily("07:30:00"), "at"),
        (daily("07:30\n"), "at"),
        (daily("٠٧:٣٠"), "at"),
        (daily(""), "at"),
        (Schedule(mode=Mode.WEEKLY), "day"),
        (Schedule(mode=Mode.DAILY, cron="* * * * *"), "cron"),
        (Schedule(mode=Mode.CRON), "cron"),
        (cron(""), "cron"),
        (cron("* * * *"), "cron"),
        (cron("* * * * * *"), "cron"),
        (cron("@daily"), "cron"),
        (cron("60 * * * *"), "cron"),
        (cron("* * * * *" + " " * 200 + "*"), "cron"),
        (cron(",".join(["1"] * 150) + " * * * *"), "cron"),
        (cron("0 0 31 2 *"), "cron"),
        (cron("0 0 */31 2 MON#5"), "cron"),
        (cron("*/0 * * * *"), "cron"),
        (cron("5-1 * * * *"), "cron"),
    ],
)
def test_what_is_no_schedule_is_refused_naming_the_field(schedule: Schedule, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        complete(schedule)
    assert (caught.value.code, caught.value.field) == ("schedule.invalid", f"schedule.{field}")


@given(st.text(max_size=40) | st.text("0123456789*/-,#LW JANSU", max_size=30), st.sampled_from(Mode))
def test_no_text_whatever_breaks_the_reading_of_a_schedule(text: str, mode: Mode) -> None:
    day = Weekday.MONDAY if mode is Mode.WEEKLY else None
    schedule = Schedule(mode=mode, day=day, cron=text) if mode is Mode.CRON else Schedule(mode=mode, day=day, at=text)
    completed = None
    with suppress(BadInput):
        completed = complete(schedule)
    assert completed is None or complete(completed) == completed


# What zone, at what time of day, and the slots behind an instant.
CHANGES = {
    "usual": (daily("00:01"), "2026-01-01 12:00Z", ["2026-01-02 00:01+00:00", "2026-01-03 00:01+00:00"]),
    "gap of an hour": (
        daily("02:30", "Europe/Berlin"),
        "2026-03-28 12:00Z",
        ["2026-03-29 03:00+02:00", "2026-03-30 02:30+02:00"],
    ),
    "start of a gap": (
        daily("02:00", "Europe/Berlin"),
        "2026-03-28 12:00Z",
        ["2026-03-29 03:00+02:00", "2026-03-30 02:00+02:00"],
    ),
    "just behind a gap": (
        daily("03:00", "Europe/Berlin"),
        "2026-03-28 12:00Z",
        ["2026-03-29 03:00+02:00", "2026-03-30 03:00+02:00"],
    ),
    "twice": (
        daily("02:30", "Europe/Berlin"),
        "2026-10-24 12:00Z",
        ["2026-10-25 02:30+02:00", "2026-10-26 02:30+01:00"],
    ),
    "Lord Howe, gap of half an hour": (
        daily("02:10", "Australia/Lord_Howe"),
        "2026-10-03 12:00Z",
        ["2026-10-04 02:30+11:00", "2026-10-05 02:10+11:00"],
    ),
    "Lord Howe, half an hour twice": (
        daily("01:45", "Australia/Lord_Howe"),
        "2026-04-04 12:00Z",
        ["2026-04-05 01:45+11:00", "2026-04-06 01:45+10:30"],
    ),
    "Troll, gap of two hours": (
        daily("01:30", "Antarctica/Troll"),
        "2026-03-28 12:00Z",
        ["2026-03-29 03:00+02:00", "2026-03-30 01:30+02:00"],
    ),
    "Troll, two hours twice": (
        daily("02:59", "Antarctica/Troll"),
        "2026-10-24 12:00Z",
        ["2026-10-25 02:59+02:00", "2026-10-26 02:59+00:00"],
    ),
    "Casablanca, Ramadan begins": (
        daily("02:30", "Africa/Casablanca"),
        "2026-02-14 12:00Z",
        ["2026-02-15 02:30+01:00", "2026-02-16 02:30+00:00"],
    ),
    "Casablanca, Ramadan ends": (
        daily("02:30", "Africa/Casablanca"),
        "2026-03-21 12:00Z",
        ["2026-03-22 03:00+01:00", "2026-03-23 02:30+01:00"],
    ),
    "Chatham, gap at 02:45": (
        daily("03:00", "Pacific/Chatham"),
        "2026-09-26 00:00Z",
        ["2026-09-27 03:45+13:45", "2026-09-28 03:00+13:45"],
    ),
    "Chatham, twice": (
        daily("03:00", "Pacific/Chatham"),
        "2026-04-04 00:00Z",
        ["2026-04-05 03:00+13:45", "2026-04-06 03:00+12:45"],
    ),
    "Santiago, no midnight": (
        daily("00:01", "America/Santiago"),
        "2026-09-05 12:00Z",
        ["2026-09-06 01:00-03:00", "2026-09-07 00:01-03:00"],
    ),
    "Santiago, the last hour twice": (
        daily("23:30", "America/Santiago"),
        "2026-04-04 12:00Z",
        ["2026-04-04 23:30-03:00", "2026-04-05 23:30-04:00"],
    ),
    "Sao Paulo, no midnight, in 2018": (
        daily("00:01", "America/Sao_Paulo"),
        "2018-11-03 12:00Z",
        ["2018-11-04 01:00-02:00", "2018-11-05 00:01-02:00"],
    ),
    "St Johns in 2010, midnight twice": (
        daily("00:00", "America/St_Johns"),
        "2010-11-06 12:00Z",
        ["2010-11-07 00:00-02:30", "2010-11-08 00:00-03:30"],
    ),
    "St Johns in 2010, no 00:01": (
        daily("00:01", "America/St_Johns"),
        "2010-03-13 12:00Z",
        ["2010-03-14 01:01-02:30", "2010-03-15 00:01-02:30"],
    ),
    "Nuuk, a gap that ends at midnight": (
        daily("23:30", "America/Nuuk"),
        "2026-03-28 12:00Z",
        ["2026-03-29 00:00-01:00", "2026-03-29 23:30-01:00"],
    ),
    "Apia in 2011, a date left out": (
        daily("00:01", "Pacific/Apia"),
        "2011-12-28 12:00Z",
        ["2011-12-29 00:01-10:00", "2011-12-31 00:01+14:00", "2012-01-01 00:01+14:00"],
    ),
    "Apia in 2011, late": (
        daily("23:59", "Pacific/Apia"),
        "2011-12-30 08:00Z",
        ["2011-12-29 23:59-10:00", "2011-12-31 23:59+14:00"],
    ),
    "Kiritimati in 1994, a date left out": (
        daily("12:00", "Pacific/Kiritimati"),
        "1994-12-30 12:00Z",
        ["1994-12-30 12:00-10:00", "1995-01-01 12:00+14:00"],
    ),
    "weekly": (
        weekly(Weekday.SUNDAY, "02:30", "Europe/Berlin"),
        "2026-03-22 12:00Z",
        ["2026-03-29 03:00+02:00", "2026-04-05 02:30+02:00"],
    ),
    "weekly, on the date left out": (
        weekly(Weekday.FRIDAY, "12:00", "Pacific/Apia"),
        "2011-12-24 12:00Z",
        ["2011-12-31 00:00+14:00", "2012-01-06 12:00+14:00"],
    ),
    "weekly, over the new year": (
        weekly(Weekday.THURSDAY, "00:01"),
        "2026-12-25 00:00Z",
        ["2026-12-31 00:01+00:00", "2027-01-07 00:01+00:00"],
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_slots_follow_the_local_time_over_changes_of_the_clock(name: str) -> None:
    schedule, start, slots = CHANGES[name]
    assert slots_from(schedule, start, len(slots)) == slots


def test_an_interval_goes_on_evenly_over_changes_of_the_clock() -> None:
    schedule = Schedule(mode=Mode.INTERVAL, every_s=3600, zone="Europe/Berlin")
    slots = [at(one) for one in slots_from(schedule, "2026-03-28 22:00Z", 8)]
    assert {later - earlier for earlier, later in pairwise(slots)} == {HOUR_MS}


def test_periods_are_named_after_the_local_day_week_or_instant() -> None:
    zone = ZoneInfo("America/Nuuk")
    now = at("2026-03-29 00:00-01:00")
    assert begin(daily("23:30", "America/Nuuk"), zone, now, ONE) == Slot(now, "2026-03-28")
    assert begin(weekly(Weekday.SATURDAY, "23:30", "America/Nuuk"), zone, now, ONE) == Slot(now, "2026-03-23")
    assert begin(cron("* * * * *"), UTC, now, ONE) == Slot(now, str(now))


@pytest.mark.parametrize("schedule", [every(60), daily("00:01"), weekly(Weekday.MONDAY, "00:01"), cron("* * * * *")])
def test_a_new_schedule_runs_first_at_its_next_slot(schedule: Schedule) -> None:
    now = at("2026-06-01 00:01Z")
    found = look(schedule, UTC, begin(schedule, UTC, now, ONE), now, ONE)
    assert (found.slot, found.missed) == (None, None)
    assert found.next_at is not None
    assert found.next_at > now


def test_what_goes_by_no_clock_is_never_due() -> None:
    schedule = Schedule()
    settled = begin(schedule, UTC, at("2026-06-01 00:00Z"), ONE)
    found = look(schedule, UTC, settled, at("2036-06-01 00:00Z"), ONE)
    assert (found.slot, found.missed, found.next_at) == (None, None, None)


def test_a_laptop_that_slept_at_the_time_runs_in_the_morning() -> None:
    settled = begin(daily("00:01"), UTC, at("2026-06-01 22:00Z"), ONE)
    found = look(daily("00:01"), UTC, settled, at("2026-06-02 08:17Z"), ONE)
    assert (found.slot, found.missed) == (Slot(at("2026-06-02 00:01Z"), "2026-06-02"), None)
    assert found.next_at == at("2026-06-03 00:01Z")


MISSED = {
    "daily": (daily("00:01"), "2026-06-01 12:00Z", "2026-06-05 12:00Z", "2026-06-02 00:01Z", "2026-06-04 00:01Z", 3),
    "daily, over the date left out": (
        daily("00:01", "Pacific/Apia"),
        "2011-12-28 12:00-10:00",
        "2012-01-02 12:00+14:00",
        "2011-12-29 00:01-10:00",
        "2012-01-01 00:01+14:00",
        3,
    ),
    "weekly": (
        weekly(Weekday.MONDAY, "00:01"),
        "2026-06-01 12:00Z",
        "2026-07-01 12:00Z",
        "2026-06-08 00:01Z",
        "2026-06-22 00:01Z",
        3,
    ),
    "cron": (cron("0 * * * *"), "2026-06-01 12:30Z", "2026-06-01 15:30Z", "2026-06-01 13:00Z", "2026-06-01 14:00Z", 2),
}


@pytest.mark.parametrize("name", MISSED)
def test_several_slots_due_are_one_run_and_one_record_of_the_others(name: str) -> None:
    schedule, before, now, first_at, last_at, count = MISSED[name]
    zone = ZoneInfo(schedule.zone)
    found = look(schedule, zone, begin(schedule, zone, at(before), ONE), at(now), ONE)
    assert found.slot is not None
    assert found.missed == Missed(first_at=at(first_at), last_at=at(last_at), count=count)


def test_missed_slots_of_an_interval_are_counted_without_walking_them() -> None:
    start = at("2026-06-01 00:00Z")
    settled = begin(every(60), UTC, start, ONE)
    found = look(every(60), UTC, settled, Millis(settled.at + 1_000_000 * 60_000), ONE)
    assert found.missed == Missed(
        first_at=Millis(settled.at + 60_000), last_at=Millis(settled.at + 999_999 * 60_000), count=999_999
    )


@pytest.mark.parametrize(("minutes", "count", "is_at_least"), [(1_001, 1_000, False), (1_002, 1_000, True)])
def test_of_many_missed_slots_of_cron_the_count_says_that_it_is_a_lower_bound(
    minutes: int, count: int, is_at_least: bool
) -> None:
    start = at("2026-06-01 00:00Z")
    found = look(cron("* * * * *"), UTC, Slot(start, str(start)), Millis(start + minutes * 60_000), ONE)
    assert found.missed == Missed(
        first_at=Millis(start + 60_000),
        last_at=Millis(start + (minutes - 1) * 60_000),
        count=count,
        is_at_least=is_at_least,
    )
