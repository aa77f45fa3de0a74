"""Cron expressions where a zone's clock changes, against a walk through every minute of the wall."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.ids import Millis
from posthouse.rules.cron import canonical, newest_slot, slots_behind
from tests.rules.zones import DAY_MS, ODD_ZONES, at, told

MINUTE_MS = 60_000
DAYS = 3

# Days with a change of offset, each with the zone that has it.
CHANGES = (
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("Australia/Lord_Howe", "2026-04-05"),
    ("Australia/Lord_Howe", "2026-10-04"),
    ("Antarctica/Troll", "2026-03-29"),
    ("Antarctica/Troll", "2026-10-25"),
    ("Africa/Casablanca", "2026-02-15"),
    ("Africa/Casablanca", "2026-03-22"),
    ("Pacific/Chatham", "2026-04-05"),
    ("Pacific/Chatham", "2026-09-27"),
    ("America/Santiago", "2026-04-05"),
    ("America/Santiago", "2026-09-06"),
    ("America/Nuuk", "2026-03-29"),
    ("America/Nuuk", "2026-10-25"),
    ("America/Sao_Paulo", "2018-11-04"),
    ("America/Sao_Paulo", "2019-02-17"),
    ("America/St_Johns", "2010-03-14"),
    ("America/St_Johns", "2010-11-07"),
    ("Pacific/Apia", "2011-12-30"),
    ("Pacific/Kiritimati", "1994-12-31"),
)

# Frequent ones, by what the wall shows: the expression, and whether it names a minute of the wall.
FREQUENT: dict[str, Callable[[datetime], bool]] = {
    "* * * * *": lambda wall: True,
    "*/30 * * * *": lambda wall: wall.minute % 30 == 0,
    "7,37 * * * *": lambda wall: wall.minute in (7, 37),
    "0 * * * *": lambda wall: wall.minute == 0,
    "*/15 2 * * *": lambda wall: wall.hour == 2 and wall.minute % 15 == 0,
    "*/20 */3 * * *": lambda wall: wall.hour % 3 == 0 and wall.minute % 20 == 0,
    "*/30 0 * * *": lambda wall: wall.hour == 0 and wall.minute % 30 == 0,
    "*/30 23 * * 6": lambda wall: wall.hour == 23 and wall.minute % 30 == 0 and wall.isoweekday() == 6,
}

# Fixed ones, each a set of times of day.
FIXED = {
    "30 2 * * *": {(2, 30)},
    "0 0 * * *": {(0, 0)},
    "1 0 * * *": {(0, 1)},
    "0,15,30,45 1,2,3 * * *": {(hour, minute) for hour in (1, 2, 3) for minute in (0, 15, 30, 45)},
    "59 23 * * *": {(23, 59)},
    "10 0-23 * * *": {(hour, 10) for hour in range(24)},
}


@cache
def walls(zone: ZoneInfo, start: Millis, days: int) -> list[tuple[Millis, datetime]]:
    """Every minute behind an instant, and what the wall shows at it."""
    minutes = range(start + MINUTE_MS, start + days * DAY_MS + 1, MINUTE_MS)
    return [(Millis(one), datetime.fromtimestamp(one / 1000, tz=zone).replace(tzinfo=None, fold=0)) for one in minutes]


def expected_fixed(
    minutes: list[tuple[Millis, datetime]], times: set[tuple[int, int]], before: datetime
) -> list[Millis]:
    """A time runs when the wall first shows it or, if it never does, what is behind it; and all at one instant once."""
    found = []
    highest = before
    for instant, wall in minutes:
        passed = []
        while highest < wall:
            highest += timedelta(minutes=1)
            passed.append(highest)
        if any((one.hour, one.minute) in times for one in passed):
            found.append(instant)
    return found


@pytest.fixture(params=CHANGES, ids=lambda change: f"{change[0]} {change[1]}")
def change(request: pytest.FixtureRequest) -> tuple[ZoneInfo, Millis]:
    """A zone, and an instant a day before its change."""
    name, day = request.param
    return ZoneInfo(name), Millis(at(f"{day} 00:00Z") - DAY_MS)


def found_from(expression: str, zone: ZoneInfo, start: Millis, days: int) -> list[Millis]:
    end = start + days * DAY_MS
    return list(takewhile(lambda one: one <= end, slots_behind(expression, zone, start)))


@pytest.mark.parametrize("expression", FREQUENT)
def test_a_frequent_expression_runs_by_what_the_wall_shows(change: tuple[ZoneInfo, Millis], expression: str) -> None:
    zone, start = change
    wanted = [instant for instant, wall in walls(zone, start, DAYS) if FREQUENT[expression](wall)]
    assert found_from(expression, zone, start, DAYS) == wanted


@pytest.mark.parametrize("expression", FIXED)
def test_a_fixed_expression_runs_once_for_each_time_or_right_behind_the_gap(
    change: tuple[ZoneInfo, Millis], expression: str
) -> None:
    zone, start = change
    before = datetime.fromtimestamp(start / 1000, tz=zone).replace(tzinfo=None)
    wanted = expected_fixed(walls(zone, start, DAYS), FIXED[expression], before)
    assert found_from(expression, zone, start, DAYS) == wanted


@pytest.mark.parametrize("expression", [one for one in (*FREQUENT, *FIXED) if one != "* * * * *"])
def test_from_wherever_one_looks_the_slots_are_the_same(change: tuple[ZoneInfo, Millis], expression: str) -> None:
    zone, start = change
    slots = found_from(expression, zone, start, DAYS)
    assert all(later > earlier for earlier, later in pairwise(slots))
    for number, slot in enumerate(slots[:-1]):
        middle = Millis((slot + slots[number + 1]) // 2)
        for instant in {slot, middle}:
            assert next(slots_behind(expression, zone, instant)) == slots[number + 1]
            assert newest_slot(expression, zone, instant) == slot


def test_a_half_hourly_expression_runs_four_times_in_a_doubled_hour() -> None:
    zone = ZoneInfo("Europe/Berlin")
    slots = list(islice(slots_behind("*/30 * * * *", zone, at("2026-10-25 01:30+02:00")), 5))
    assert [told(one, "Europe/Berlin")[11:] for one in slots] == [
        "02:00+02:00",
        "02:30+02:00",
        "02:00+01:00",
        "02:30+01:00",
        "03:00+01:00",
    ]


def test_cronsim_alone_would_lose_the_run_that_is_asserted_here() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    start = at("2026-10-04 01:50+10:30")
    wanted = at("2026-10-04 03:00+11:00")
    assert next(slots_behind("*/30 3 * * *", zone, start)) == wanted
    # When this fails, cronsim has been mended, and `rules.cron` may let it do the whole work.
    assert next(CronSim("*/30 3 * * *", datetime.fromtimestamp(start / 1000, tz=zone))).timestamp() * 1000 != wanted


def fields() -> st.SearchStrategy[str]:
    def field(low: int, high: int, *more: str) -> st.SearchStrategy[str]:
        number = st.integers(low, high)
        spans = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
        steps = st.integers(1, high).map(lambda step: f"*/{step}")
        one = st.one_of(number.map(str), spans, *(st.just(word) for word in more))
        return st.just("*") | steps | st.lists(one, min_size=1, max_size=3).map(",".join)

    return st.tuples(
        field(0, 59), field(0, 23), field(1, 31, "L"), field(1, 12, "JAN"), field(0, 7, "MON", "5L", "2#3")
    ).map(" ".join)


def is_good(expression: str) -> bool:
    try:
        return bool(canonical(expression))
    except ValueError:
        return False


@given(
    fields().filter(is_good),
    st.sampled_from(ODD_ZONES),
    st.integers(at("1990-01-01 00:00Z"), at("2035-01-01 00:00Z")),
)
def test_forwards_and_backwards_any_expression_names_the_same_slots(expression: str, name: str, start: int) -> None:
    zone = ZoneInfo(name)
    after = Millis(start)
    for slot in islice(slots_behind(expression, zone, after), 5):
        assert slot > after
        assert newest_slot(expression, zone, slot) == slot
        newest = newest_slot(expression, zone, Millis(slot - 1))
        assert newest is None or newest <= after
        after = slot


def test_an_expression_whose_day_has_not_come_for_long_is_found_both_ways() -> None:
    zone = ZoneInfo("Europe/Berlin")
    leap_sunday = "0 12 29 2 */7"
    now = at("2026-06-01 00:00Z")
    assert newest_slot(leap_sunday, zone, now) == at("2004-02-29 12:00+01:00")
    assert next(slots_behind(leap_sunday, zone, now)) == at("2032-02-29 12:00+01:00")
