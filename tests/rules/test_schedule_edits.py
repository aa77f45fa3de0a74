"""What is due when somebody sets the clock or edits a schedule, and how the runs of many bindings are spread."""

from __future__ import annotations

from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from posthouse.model.bindings import Schedule, Weekday
from posthouse.model.ids import BindingId, Millis
from posthouse.model.runs import Slot
from posthouse.rules.schedule import begin, look, reschedule
from tests.rules.zones import DAY_MS, HOUR_MS, ONE, at, cron, daily, every, weekly

UTC = ZoneInfo("UTC")


@pytest.mark.parametrize(
    "schedule", [every(60), every(7 * 86_400), daily("00:01"), weekly(Weekday.MONDAY, "00:01"), cron("*/5 * * * *")]
)
@pytest.mark.parametrize("years", [1, 30])
def test_after_a_clock_that_was_years_ahead_all_goes_on_with_one_run(schedule: Schedule, years: int) -> None:
    now = at("2026-06-03 12:00Z")
    ahead = Millis(now + years * 365 * DAY_MS)
    wrong = look(schedule, UTC, begin(schedule, UTC, now, ONE), ahead, ONE).slot
    assert wrong is not None

    back = look(schedule, UTC, wrong, now, ONE)
    assert back.slot is not None
    assert back.slot.at <= now
    assert back.missed is None
    assert back.next_at is not None
    assert back.next_at > now
    later = look(schedule, UTC, back.slot, back.next_at, ONE)
    assert later.slot is not None
    assert (later.slot.at, later.missed) == (back.next_at, None)


def test_a_rare_cron_schedule_is_not_stuck_behind_a_clock_that_was_ahead() -> None:
    leap = cron("0 0 29 2 *")
    found = look(leap, UTC, Slot(at("2088-02-29 00:00Z"), "x"), at("2026-06-01 00:00Z"), ONE)
    assert found.slot == Slot(at("2024-02-29 00:00Z"), str(at("2024-02-29 00:00Z")))
    assert found.next_at == at("2028-02-29 00:00Z")


@pytest.mark.parametrize("hours", [1, 8, 23])
def test_a_daily_run_is_not_repeated_when_the_clock_goes_back_by_hours(hours: int) -> None:
    now = at("2026-06-02 00:01Z")
    settled = begin(daily("00:01"), UTC, now, ONE)
    found = look(daily("00:01"), UTC, settled, Millis(now - hours * HOUR_MS), ONE)
    assert (found.slot, found.next_at) == (None, at("2026-06-03 00:01Z"))


def test_a_clock_set_back_by_more_than_a_day_is_believed_though_the_week_was_run() -> None:
    monday = weekly(Weekday.MONDAY, "00:01")
    settled = begin(monday, UTC, at("2026-06-08 00:01Z"), ONE)
    assert look(monday, UTC, settled, at("2026-06-07 00:02Z"), ONE).slot is None
    assert look(monday, UTC, settled, at("2026-06-07 00:00Z"), ONE).slot == Slot(at("2026-06-01 00:01Z"), "2026-06-01")


def test_a_run_at_midnight_is_found_though_the_clock_went_back_to_the_day_before() -> None:
    midnight = daily("00:00", "America/St_Johns")
    zone = ZoneInfo("America/St_Johns")
    settled = begin(midnight, zone, at("2010-11-06 12:00Z"), ONE)
    found = look(midnight, zone, settled, at("2010-11-06 23:11-03:30"), ONE)
    assert found.slot == Slot(at("2010-11-07 00:00-02:30"), "2010-11-07")
    assert found.next_at == at("2010-11-08 00:00-03:30")


def test_an_interval_waits_out_less_than_a_period_and_no_more() -> None:
    settled = begin(every(300), UTC, at("2026-06-01 12:00Z"), ONE)
    held = look(every(300), UTC, settled, Millis(settled.at - 299_000), ONE)
    assert (held.slot, held.next_at) == (None, settled.at + 300_000)
    # A machine that had its clock on local time until it asked the network: hours of silence would be a gap.
    anew = look(every(300), UTC, settled, Millis(settled.at - 8 * HOUR_MS), ONE)
    assert anew.slot is not None
    assert anew.next_at == settled.at - 8 * HOUR_MS + 300_000


RESCHEDULED = {
    "daily, run today, to later today": (daily("00:01"), daily("23:59"), None, "2026-06-04 23:59Z"),
    "daily, not yet today, to earlier today": (
        daily("23:59"),
        daily("00:01"),
        "2026-06-03 00:01Z",
        "2026-06-04 00:01Z",
    ),
    "weekly, run this week": (
        weekly(Weekday.MONDAY, "00:01"),
        weekly(Weekday.FRIDAY, "00:01"),
        None,
        "2026-06-12 00:01Z",
    ),
    "weekly, not yet this week": (
        weekly(Weekday.FRIDAY, "00:01"),
        weekly(Weekday.MONDAY, "00:01"),
        "2026-06-01 00:01Z",
        "2026-06-08 00:01Z",
    ),
    "daily to weekly": (daily("00:01"), weekly(Weekday.MONDAY, "00:01"), None, "2026-06-08 00:01Z"),
    "weekly to daily": (weekly(Weekday.FRIDAY, "00:01"), daily("00:01"), None, "2026-06-04 00:01Z"),
    "another expression": (cron("0 6 * * *"), cron("0 7 * * *"), None, "2026-06-04 07:00Z"),
    "the same again": (cron("0 6 * * *"), cron("0 6 * * *"), None, "2026-06-04 06:00Z"),
    "cron to daily": (cron("0 6 * * *"), daily("00:01"), None, "2026-06-04 00:01Z"),
    "daily, to a zone that is behind": (
        daily("00:01"),
        daily("00:01", "Pacific/Honolulu"),
        None,
        "2026-06-04 00:01-10:00",
    ),
}


@pytest.mark.parametrize("name", RESCHEDULED)
def test_an_edit_neither_repeats_nor_skips_a_run(name: str) -> None:
    old, new, due, next_at = RESCHEDULED[name]
    now = at("2026-06-03 12:00Z")  # a Wednesday
    settled = begin(old, UTC, now, ONE)
    zone = ZoneInfo(new.zone)
    found = look(new, zone, reschedule(old, new, zone, settled, now, ONE), now, ONE)
    assert (found.slot and found.slot.at) == (due and at(due))
    assert found.missed is None
    assert found.next_at == at(next_at)


@pytest.mark.parametrize("old_s", [60, 300, 3600, 86_400])
@pytest.mark.parametrize("new_s", [60, 300, 3600, 86_400])
@pytest.mark.parametrize("is_due", [False, True])
def test_an_edited_interval_keeps_what_is_due_and_counts_nothing_as_missed(
    old_s: int, new_s: int, is_due: bool
) -> None:
    old, new = every(old_s), every(new_s)
    now = at("2026-06-03 11:47Z")
    newest = begin(old, UTC, now, ONE)
    settled = begin(old, UTC, Millis(newest.at - 1), ONE) if is_due else newest

    found = look(new, UTC, reschedule(old, new, UTC, settled, now, ONE), now, ONE)

    newest_new = begin(new, UTC, now, ONE)
    # Where the longer interval's slot lies before the last run, it has been served by that.
    assert found.slot == (newest_new if is_due and newest_new.at > settled.at else None)
    assert found.missed is None
    assert found.next_at == newest_new.at + new_s * 1000


@pytest.mark.parametrize("every_s", [60, 300, 3600, 86_400])
def test_the_runs_of_many_bindings_are_spread_evenly_over_the_interval(every_s: int) -> None:
    now = at("2026-06-03 12:00Z")
    every_ms = every_s * 1000
    phases: list[int] = []
    for number in range(1, 201):
        phases = sorted([*phases, begin(every(every_s), UTC, now, BindingId(number)).at % every_ms])
        gaps = [later - earlier for earlier, later in pairwise([*phases, phases[0] + every_ms])]
        # By the three-gap theorem the widest gap is below 2.2 times the even share; whole seconds round it.
        assert max(gaps) <= 2.2 * every_ms / number + 1000
