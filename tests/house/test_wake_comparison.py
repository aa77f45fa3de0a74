"""The comparison of wake schedules counts rightly, and its page shows what it says it does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.wake_comparison import APSCHEDULER, YEARS, Fires, Tally, bounds, by_adding_a_day, expected, tally

ROOT = Path(__file__).resolve().parents[2]
SLOT = (9, 15)


@pytest.mark.parametrize(
    ("fires", "counted"),
    [
        ([100, 200, 300], Tally(missed=0, doubled=0, drifted=0)),
        ([], Tally(missed=3, doubled=0, drifted=0)),
        ([100, 300], Tally(missed=1, doubled=0, drifted=0)),
        ([100, 200, 210, 300], Tally(missed=0, doubled=1, drifted=0)),
        ([100, 190, 300], Tally(missed=0, doubled=0, drifted=1)),
        ([10, 200, 300, 390], Tally(missed=0, doubled=1, drifted=1)),
        ([100, 110, 120], Tally(missed=2, doubled=2, drifted=0)),
    ],
)
def test_fires_are_counted_by_the_due_one_nearest_to_them(fires: list[int], counted: Tally) -> None:
    assert tally({SLOT: [100, 200, 300]}, {SLOT: fires}) == counted


def test_a_slot_that_never_fires_is_missed_on_every_date() -> None:
    assert tally({SLOT: [100, 200], (9, 30): [150]}, {(9, 30): [150]}) == Tally(missed=2, doubled=0, drifted=0)


def test_adding_a_day_in_berlin_is_off_all_summer_long() -> None:
    due: Fires = {SLOT: expected("Europe/Berlin", 2026)[SLOT]}
    fires: Fires = {SLOT: list(by_adding_a_day(SLOT, "Europe/Berlin", *bounds("Europe/Berlin", 2026)))}

    # From 29 March to 24 October.
    assert tally(due, fires) == Tally(missed=0, doubled=0, drifted=210)


def test_page_tells_of_every_zone_and_of_no_fault_of_ours() -> None:
    page = (ROOT / "docs" / "wake-comparison.md").read_text("utf-8")
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if re.match(r"\| \w+/", line)
    ]

    assert list(dict.fromkeys(row[0] for row in rows)) == [f"{zone}, {year}" for zone, year in YEARS.items()]
    ours = [row for row in rows if row[2] == "Posthouse"]
    assert [row[3:] for row in ours] == [["0", "0", "0"]] * len(YEARS)
    assert any(f"APScheduler {APSCHEDULER.partition('==')[2]}" in row[2] for row in rows)
    assert "apscheduler" not in (ROOT / "pyproject.toml").read_text("utf-8").lower()
