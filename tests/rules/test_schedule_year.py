"""A simulated year of every mode in six zones: sleeps, restarts, wake-ups at any instant, and nothing lost or repeated.

The rules are held against a list of slots that is made without them, by going through every minute of the year and
noting what the wall shows. Of the rules' state nothing lives through a restart but the settled slot.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random
from zoneinfo import ZoneInfo

import msgspec
import pytest

from posthouse.model.bindings import Schedule, Weekday
from posthouse.model.ids import BindingId, Millis
from posthouse.model.runs import Missed, Slot
from posthouse.rules.schedule import CRON_MISSED_MAX, begin, look
from tests.rules.zones import cron, daily, every, weekly

DAY_MIN = 24 * 60
MINUTE_MS = 60_000
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the wall's, not an instant
BINDING = BindingId(17)

ZONES_OF_YEAR = {
    2026: (
        "UTC",
        "Europe/Berlin",
        "America/Santiago",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "Pacific/Chatham",
    ),
    # Samoa leaves out a date, Newfoundland changes at 00:01, Brazil at midnight, Morocco suspends for Ramadan.
    2011: (
        "Pacific/Apia",
        "America/St_Johns",
        "America/Sao_Paulo",
        "Africa/Casablanca",
        "Antarctica/Troll",
        "Europe/Moscow",
    ),
}


@dataclass(frozen=True, eq=False)
class Year:
    """The year with two weeks before and two months behind it, minute by minute in UTC.

    `walls`: what the wall shows, counted in minutes from 1970. `firsts`: when it first shows each of these.
    `dates`: the local dates that there are, but for the first and the last few.
    """

    first: int
    walls: Sequence[int]
    firsts: Mapping[int, int]
    dates: Sequence[date]

    def when(self, wall: int) -> int:
        """The first minute at which the wall shows this, or the first behind the gap."""
        while wall not in self.firsts:
            wall += 1
        return self.firsts[wall]


@lru_cache(maxsize=1)
def year_in(name: str, year: int) -> Year:
    zone = ZoneInfo(name)
    first = int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) // 60 - 14 * DAY_MIN
    # Newfoundland's changes were at one minute past midnight; all others lie on quarters of an hour.
    step = 1 if name == "America/St_Johns" else 15
    walls: list[int] = []
    for minute in range(first, first + (365 + 14 + 60) * DAY_MIN, step):
        shown = datetime.fromtimestamp(minute * 60, tz=zone).replace(tzinfo=None)
        wall = int((shown - EPOCH).total_seconds()) // 60
        walls.extend(range(wall, wall + step))
    # Of several minutes that show the same, the first is the last to be written.
    firsts = dict(zip(reversed(walls), range(first + len(walls) - 1, first - 1, -1), strict=True))
    days = sorted({wall // DAY_MIN for wall in walls[::60]})
    return Year(first, walls, firsts, tuple(EPOCH.date() + timedelta(days=one) for one in days[3:-3]))


def wall_minute(day: date, hours: int, minutes: int) -> int:
    return (day - EPOCH.date()).days * DAY_MIN + hours * 60 + minutes


def daily_slots(year: Year, hours: int, minutes: int) -> list[int]:
    return [year.when(wall_minute(day, hours, minutes)) for day in year.dates]


def weekly_slots(year: Year, isoweekday: int, hours: int, minutes: int) -> list[int]:
    first, last = year.dates[0], year.dates[-1]
    days = (first + timedelta(days=one) for one in range((last - first).days + 1))
    return [year.when(wall_minute(day, hours, minutes)) for day in days if day.isoweekday() == isoweekday]


def shown_slots(year: Year, is_named: Callable[[int], bool]) -> list[int]:
    """Of a frequent expression: whenever the wall shows a named minute."""
    return [year.first + number for number, wall in enumerate(year.walls) if is_named(wall)]


def half_past_two_on_the_1st_and_15th(year: Year) -> list[int]:
    return [year.when(wall_minute(day, 2, 30)) for day in year.dates if day.day in (1, 15)]


CALENDAR: dict[str, tuple[Callable[[str], Schedule], Callable[[Year], list[int]]]] = {
    "daily 00:01": (lambda zone: daily("00:01", zone), lambda year: daily_slots(year, 0, 1)),
    "daily 02:30": (lambda zone: daily("02:30", zone), lambda year: daily_slots(year, 2, 30)),
    "daily 23:59": (lambda zone: daily("23:59", zone), lambda year: daily_slots(year, 23, 59)),
    "weekly": (lambda zone: weekly(Weekday.SUNDAY, "02:30", zone), lambda year: weekly_slots(year, 7, 2, 30)),
    "cron dense": (
        lambda zone: cron("*/20 */2 * * *", zone),
        lambda year: shown_slots(year, lambda wall: wall % 20 == 0 and wall // 60 % 2 == 0),
    ),
    "cron sparse": (lambda zone: cron("30 2 1,15 * *", zone), half_past_two_on_the_1st_and_15th),
}


def walk(schedule: Schedule, slots: Sequence[Millis], start: Millis, end: Millis, random: Random) -> tuple[int, int]:
    """Live through the time: every slot is run or missed once, in order. How many were run, and how many missed."""
    zone = ZoneInfo(schedule.zone)
    now, settled = start, begin(schedule, zone, start, BINDING)
    taken, runs, missed = bisect_right(slots, start), 0, 0
    next_at = look(schedule, zone, settled, now, BINDING).next_at
    assert next_at == slots[taken]
    while now < end:
        now = awake_at(now, next_at, random)
        found = look(schedule, zone, msgspec.json.decode(msgspec.json.encode(settled), type=Slot), now, BINDING)
        before, taken = taken, bisect_right(slots, now)
        next_at = found.next_at
        assert next_at == slots[taken]
        if before == taken:
            assert (found.slot, found.missed) == (None, None)
            continue
        assert found.slot is not None
        assert found.slot.at == slots[taken - 1]
        assert found.missed == passed_over(schedule, slots[before : taken - 1])
        settled, runs, missed = found.slot, runs + 1, missed + taken - 1 - before
    return runs, missed


def awake_at(now: Millis, next_at: Millis, random: Random) -> Millis:
    """When the machine looks next: mostly at the slot itself, sometimes before it, sometimes after a sleep."""
    chance = random.random()
    if chance < 0.85:
        return next_at
    if chance < 0.93:
        return Millis(random.randint(now + 1, next_at))
    longest = random.choice((10, 8 * 60, 3 * DAY_MIN, 21 * DAY_MIN))
    return Millis(now + random.randint(1, longest * MINUTE_MS))


def passed_over(schedule: Schedule, slots: Sequence[Millis]) -> Missed | None:
    if not slots:
        return None
    is_at_least = schedule.cron is not None and len(slots) > CRON_MISSED_MAX
    count = CRON_MISSED_MAX if is_at_least else len(slots)
    return Missed(first_at=slots[0], last_at=slots[-1], count=count, is_at_least=is_at_least)


@pytest.mark.parametrize("mode", CALENDAR)
@pytest.mark.parametrize(("year", "zone"), [(year, zone) for year, zones in ZONES_OF_YEAR.items() for zone in zones])
def test_a_year_by_the_calendar_runs_or_misses_each_slot_once(year: int, zone: str, mode: str) -> None:
    schedule, oracle = CALENDAR[mode][0](zone), CALENDAR[mode][1]
    minutes = year_in(zone, year)
    slots = [Millis(one * MINUTE_MS) for one in oracle(minutes)]
    start = Millis((minutes.first + 14 * DAY_MIN) * MINUTE_MS)
    end = Millis(start + 365 * DAY_MIN * MINUTE_MS)

    runs, missed = walk(schedule, slots, start, end, Random(f"{zone} {mode}"))

    assert runs
    assert missed or len(slots) < 100


@pytest.mark.parametrize("minutes", [5, 10, 15, 30, 60])
@pytest.mark.parametrize("zone", ZONES_OF_YEAR[2026])
def test_a_year_by_an_interval_runs_or_misses_each_slot_once(zone: str, minutes: int) -> None:
    schedule = msgspec.structs.replace(every(minutes * 60), zone=zone)
    start = Millis(int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * 1000)
    first = look(schedule, ZoneInfo(zone), begin(schedule, ZoneInfo(zone), start, BINDING), start, BINDING).next_at
    assert first is not None
    assert start < first <= start + minutes * MINUTE_MS
    slots = range(first, first + 425 * DAY_MIN * MINUTE_MS, minutes * MINUTE_MS)
    end = Millis(start + 365 * DAY_MIN * MINUTE_MS)

    runs, missed = walk(schedule, slots, start, end, Random(f"{zone} {minutes}"))  # type: ignore[arg-type]

    assert runs
    assert missed or len(slots) < 100
