"""Slots of marked hours at every kind of change of the clock."""

from __future__ import annotations

import pytest

from posthouse.rules.wake import Cause, Skipped, next_look
from tests.rules.wakes import BERLIN, marked, only_run, ticked
from tests.rules.zones import told

# What zone, which hour, from when on, and the fires behind that.
CHANGES = {
    "gap of an hour": (
        BERLIN,
        2,
        "2026-03-28 12:00+01:00",
        [("2026-03-29 03:00+02:00", "2:00, 2:15, 2:30, 2:45"), ("2026-03-30 02:00+02:00", "2:00")],
    ),
    "fold of an hour": (
        BERLIN,
        2,
        "2026-10-24 12:00+02:00",
        [
            ("2026-10-25 02:00+02:00", "2:00"),
            ("2026-10-25 02:15+02:00", "2:15"),
            ("2026-10-25 02:30+02:00", "2:30"),
            ("2026-10-25 02:45+02:00", "2:45"),
            ("2026-10-26 02:00+01:00", "2:00"),
        ],
    ),
    "gap of half an hour": (
        "Australia/Lord_Howe",
        2,
        "2026-10-03 12:00+10:30",
        [("2026-10-04 02:30+11:00", "2:00, 2:15, 2:30"), ("2026-10-04 02:45+11:00", "2:45")],
    ),
    "fold of half an hour": (
        "Australia/Lord_Howe",
        1,
        "2026-04-04 12:00+11:00",
        [
            ("2026-04-05 01:00+11:00", "1:00"),
            ("2026-04-05 01:15+11:00", "1:15"),
            ("2026-04-05 01:30+11:00", "1:30"),
            ("2026-04-05 01:45+11:00", "1:45"),
            ("2026-04-06 01:00+10:30", "1:00"),
        ],
    ),
    "gap at midnight": (
        "America/Santiago",
        0,
        "2026-09-05 12:00-04:00",
        [("2026-09-06 01:00-03:00", "0:00, 0:15, 0:30, 0:45"), ("2026-09-07 00:00-03:00", "0:00")],
    ),
    "gap up to midnight": (
        "America/Nuuk",
        23,
        "2026-03-28 12:00-02:00",
        [("2026-03-29 00:00-01:00", "23:00, 23:15, 23:30, 23:45"), ("2026-03-29 23:00-01:00", "23:00")],
    ),
    "date that is left out": (
        "Pacific/Apia",
        23,
        "2011-12-29 23:40-10:00",
        [("2011-12-29 23:45-10:00", "23:45"), ("2011-12-31 23:00+14:00", "23:00")],
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_slots_at_changes_of_the_clock(name: str) -> None:
    zone, hour, start, fires = CHANGES[name]
    state = marked(hour, now=start, zone=zone)
    found = []
    for _ in fires:
        looked_at = next_look(state)
        assert looked_at is not None
        state, effects = ticked(state, looked_at)
        found.append((told(looked_at, zone), only_run(effects).reason.removeprefix("scheduled probe(s) ")))

    assert found == fires


def test_a_date_that_is_left_out_is_not_counted_as_skipped() -> None:
    state = marked(9, now="2011-12-29 12:00-10:00", zone="Pacific/Apia")
    after, (skipped,) = ticked(state, "2012-01-02 00:00+14:00", Cause.START)

    # The 31st and the 1st: there was no 30th.
    assert isinstance(skipped, Skipped)
    assert skipped.count == 8
    assert {slot.settled for slot in after.slots} == {"2012-01-01"}
