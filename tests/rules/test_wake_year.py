"""Whole years of the wake schedule, in zones with every kind of change: each slot of each date fires once, in order.

The rules are held against a list of slots that is made without them, by going through every quarter of an hour of the
year and noting what the wall shows. Looks come on time, early, late, after crashes and after sleeps; of what was not
committed nothing lives on.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import pytest

from posthouse.model.ids import Millis
from posthouse.rules.wake import (
    GRACE_S,
    Cause,
    Recovery,
    Run,
    Skipped,
    SlotDue,
    Tick,
    Toggle,
    WakePolicy,
    WakeState,
    expires_at,
    next_look,
    step,
)
from tests.rules.zones import DAY_MS

QUARTER = timedelta(minutes=15)
GRACE_MS = round(GRACE_S * 1_000)
POLICY = WakePolicy()
YEARS = {
    "Europe/Berlin": 2026,
    "America/New_York": 2026,
    "Australia/Lord_Howe": 2026,
    "Africa/Casablanca": 2026,
    "America/Santiago": 2026,
    "America/Nuuk": 2026,
    "Asia/Tokyo": 2026,
    "UTC": 2026,
    # Samoa leaves out a date, Brazil changes at midnight.
    "Pacific/Apia": 2011,
    "America/Sao_Paulo": 2011,
}
# Around midnight, and where clocks change.
HOURS = (0, 1, 2, 3, 23)


class Expected(NamedTuple):
    """One slot of one date, by when it is due."""

    at: Millis
    date: str
    hour: int
    minute: int


@dataclass(frozen=True)
class Year:
    """All slots of the year, with a week before it and behind it."""

    start: Millis
    slots: Sequence[Expected]

    def of(self, hours: Sequence[int]) -> list[Expected]:
        return [one for one in self.slots if one.hour in hours]


@lru_cache(maxsize=3)
def year_in(name: str) -> Year:
    zone, moment = ZoneInfo(name), datetime(YEARS[name], 1, 1, tzinfo=UTC) - timedelta(days=8)
    start = moment + timedelta(days=8)
    firsts: dict[datetime, datetime] = {}
    shown = moment.astimezone(zone).replace(tzinfo=None)
    dates = set()
    while moment < start + timedelta(days=373):
        before, shown = shown, moment.astimezone(zone).replace(tzinfo=None)
        dates.add(shown.date())
        firsts.setdefault(shown, moment)
        left_out = before + QUARTER
        while left_out < shown:
            firsts.setdefault(left_out, moment)
            left_out += QUARTER
        moment += QUARTER
    whole = sorted(dates)[1:-1]
    slots = [
        Expected(millis(at), wall.date().isoformat(), wall.hour, wall.minute)
        for wall, at in firsts.items()
        if wall.date() in dates and whole[0] <= wall.date() <= whole[-1]
    ]
    return Year(millis(start), sorted(slots))


def millis(moment: datetime) -> Millis:
    return Millis(round(moment.timestamp() * 1_000))


def marked(hours: Sequence[int], zone: str, now: Millis) -> WakeState:
    state = WakeState()
    for hour in hours:
        state, effects = step(state, Toggle(hour=hour, is_on=True, zone=zone), now, POLICY, {zone: ZoneInfo(zone)})
        assert effects == ()
    return state


def live(state: WakeState, zone: str, slots: Sequence[Expected], start: Millis, end: Millis, random: Random) -> int:
    """Live through the time; every slot fires or, if overdue by more than the grace, is skipped. How many fired."""
    zones = {zone: ZoneInfo(zone)}
    now, taken, fired, cause = start, bisect_right(slots, start, key=lambda one: one.at), 0, Cause.PLAIN
    while now < end:
        looked_at = next_look(state)
        assert looked_at == slots[taken].at
        now, cause = look_of(now, looked_at, random)
        stored = msgspec.json.decode(msgspec.json.encode(state), type=WakeState) if random.random() < 0.02 else state
        after, effects = step(stored, Tick(cause=cause), now, POLICY, zones)
        if random.random() < 0.1:
            # It was killed before the commit; what it made of it is gone, and is made anew.
            assert step(stored, Tick(cause=cause), now, POLICY, zones) == (after, effects)
        due = slots[taken : bisect_right(slots, now, lo=taken, key=lambda one: one.at)]
        late = bisect_left(due, now - GRACE_MS, key=lambda one: one.at)
        assert effects == effects_of(due[:late], due[late:], cause, now, slots[taken + len(due)].at)
        taken, fired, state = taken + len(due), fired + len(due) - late, after
        assert expires_at(state, now) == slots[taken].at - 1
    return fired


def look_of(now: Millis, looked_at: Millis, random: Random) -> tuple[Millis, Cause]:
    """When somebody looks next, and why: mostly at the slot itself, sometimes before it, sometimes after a sleep."""
    chance = random.random()
    if chance < 0.9:
        return looked_at, Cause.PLAIN
    if chance < 0.93:
        return Millis(random.randint(now, looked_at)), Cause.PLAIN
    longest = random.choice((60_000, GRACE_MS, 3 * DAY_MS))
    return Millis(now + random.randint(1, longest)), random.choice(tuple(Cause))


def effects_of(
    passed: Sequence[Expected], due: Sequence[Expected], cause: Cause, now: Millis, next_at: Millis
) -> tuple[Skipped | Run, ...]:
    """What must follow of slots that are overdue by more than the grace, and of others that are due."""
    effects: list[Skipped | Run] = []
    if passed:
        effects.append(Skipped(count=len(passed), first_at=passed[0].at, last_at=passed[-1].at))
    if due:
        is_late = now - due[0].at > 60_000
        recovery = {Cause.START: Recovery.BOOT, Cause.RESUME: Recovery.RESUME}.get(cause, Recovery.LATE)
        mark = f" ({recovery})" if is_late or cause is not Cause.PLAIN else ""
        labels = dict.fromkeys(f"{one.hour}:{one.minute:02}" for one in due)
        effects.append(
            Run(
                reason=f"scheduled probe(s) {', '.join(labels)}{mark}",
                slots=tuple(SlotDue(hour=one.hour, minute=one.minute, date=one.date, at=one.at) for one in due),
                recovery=recovery if mark else None,
                at=now,
                expires_at=Millis(next_at - 1),
            )
        )
    return tuple(effects)


@pytest.mark.parametrize("zone", YEARS)
def test_a_year_fires_or_skips_each_slot_of_each_date_once_and_in_order(zone: str) -> None:
    year = year_in(zone)

    fired = live(
        marked(HOURS, zone, year.start),
        zone,
        year.of(HOURS),
        year.start,
        Millis(year.start + 365 * DAY_MS),
        Random(zone),
    )

    assert 3_000 < fired < 365 * 20


def test_a_year_of_looks_on_time_fires_all_day_long_and_skips_nothing() -> None:
    zone = "Australia/Lord_Howe"
    year, zones = year_in(zone), {zone: ZoneInfo(zone)}
    end = Millis(year.start + 365 * DAY_MS)
    state, found = marked(range(24), zone, year.start), []
    while (looked_at := next_look(state)) is not None and looked_at <= end:
        state, (run,) = step(state, Tick(), looked_at, POLICY, zones)
        assert isinstance(run, Run)
        assert run.recovery is None
        found += [Expected(one.at, one.date, one.hour, one.minute) for one in run.slots]

    assert found == [one for one in year.slots if year.start < one.at <= end]
