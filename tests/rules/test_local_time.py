"""Dates of a zone, one after another and counted, where it leaves some out or goes back over midnight."""

from __future__ import annotations

from datetime import date, time
from zoneinfo import ZoneInfo

import pytest

from posthouse.rules.local_time import count_dates, newest_date, next_date
from tests.rules.zones import at

BERLIN, APIA, NEWFOUNDLAND = ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Apia"), ZoneInfo("America/St_Johns")


def test_a_date_that_is_left_out_is_not_the_next_one() -> None:
    assert next_date(date(2011, 12, 29), APIA) == date(2011, 12, 31)
    assert next_date(date(2011, 12, 30), APIA) == date(2011, 12, 31)
    assert next_date(date(2011, 12, 29), BERLIN) == date(2011, 12, 30)


def test_dates_are_counted_without_those_that_are_left_out() -> None:
    assert count_dates(date(2011, 12, 29), date(2011, 12, 31), APIA) == 1
    assert count_dates(date(2011, 12, 31), date(2011, 12, 31), APIA) == 0
    assert count_dates(date(2011, 1, 1), date(2012, 1, 1), APIA) == 364
    assert count_dates(date(2011, 1, 1), date(2012, 1, 1), BERLIN) == 365


@pytest.mark.parametrize(
    ("zone", "of_day", "upto", "found"),
    [
        (BERLIN, time(9, 15), "2026-01-05 09:15+01:00", date(2026, 1, 5)),
        (BERLIN, time(9, 15), "2026-01-05 09:14+01:00", date(2026, 1, 4)),
        (BERLIN, time(2, 30), "2026-03-29 03:00+02:00", date(2026, 3, 29)),
        (BERLIN, time(2, 30), "2026-03-29 01:59+01:00", date(2026, 3, 28)),
        # No 30 December.
        (APIA, time(23, 45), "2011-12-31 00:10+14:00", date(2011, 12, 29)),
        # One minute past midnight the clock goes back to 23:01: the coming date has begun before.
        (NEWFOUNDLAND, time(0, 0), "2010-11-06 23:30-03:30", date(2010, 11, 7)),
        (NEWFOUNDLAND, time(0, 15), "2010-11-06 23:30-03:30", date(2010, 11, 6)),
    ],
)
def test_the_newest_date_on_which_a_time_has_been(zone: ZoneInfo, of_day: time, upto: str, found: date) -> None:
    assert newest_date(of_day, zone, at(upto)) == found
