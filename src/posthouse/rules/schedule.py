"""Schedules: at which instants a binding's source is read for it, and what of that is due.

A schedule is a row of *slots*, one for each period: the local day, the local week, or, for intervals and cron, the
instant itself. Each slot is run once or passed over, in order; `Slot` names the last one that was. Slots are found anew
from local time and zone each time, never by adding hours:

    a local time that does not exist   the slot is the first instant behind the gap
    a local time that comes twice      the slot is the first of the two
    a date that the zone leaves out    has no daily slot
    several slots due                  one run, for the last of them; those before it were missed
    a clock set back                   no slot again, if by no more than one period, and no more than a day
    a clock set back further           is believed: the newest slot is due, and all goes on from there

The grace of a slot lasts until the next one: a laptop that slept at 00:01 runs in the morning. What cron expressions
name, and what becomes of them at such changes, stands in `cron`.

Instants are Unix milliseconds; `zone` is the tzinfo of the schedule's own zone, which the caller has loaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import islice, takewhile
from typing import assert_never

import msgspec

from posthouse.model.bindings import Mode, Schedule, Weekday
from posthouse.model.errors import BadInput
from posthouse.model.ids import BindingId, Millis
from posthouse.model.runs import Missed, Slot
from posthouse.rules.cron import canonical, newest_slot, slots_behind
from posthouse.rules.local_time import date_of, first_instant, newest_date, next_date

EVERY_S_MIN = 60
EVERY_S_MAX = 31 * 86_400
AT_DEFAULT = "00:01"
CRON_MISSED_MAX = 1_000
DAY_MS = 86_400_000

_AT = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_GOLDEN = (5**0.5 - 1) / 2
_WEEKDAYS = tuple(Weekday)
_FIELDS = {
    Mode.ON_CHANGE: frozenset[str](),
    Mode.INTERVAL: frozenset({"every_s"}),
    Mode.DAILY: frozenset({"at"}),
    Mode.WEEKLY: frozenset({"at", "day"}),
    Mode.CRON: frozenset({"cron"}),
}
_NAMES = {"every_s": "everyS", "at": "at", "day": "day", "cron": "cron"}
"""The fields by the names that they have in the API."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What is due. `slot`: the run to make now, None where nothing is due. `missed`: what was passed over before it.

    `next_at`: when the first slot comes behind this one and behind now; None where a cron expression has none in 50
    years, and of what goes by no clock.
    """

    slot: Slot | None
    missed: Missed | None
    next_at: Millis | None


def complete(schedule: Schedule) -> Schedule:
    """The schedule with its defaults filled in. Raises BadInput `schedule.invalid`, naming the field.

    Daily and weekly ones are at 00:01 where no time is given. The zone is not judged here.
    """
    wanted = _FIELDS[schedule.mode]
    for name, told in _NAMES.items():
        if name not in wanted and getattr(schedule, name) is not None:
            raise _invalid(name, f"A schedule of mode {schedule.mode} has no {told}.")
    match schedule.mode:
        case Mode.ON_CHANGE:
            return schedule
        case Mode.INTERVAL:
            if schedule.every_s is None or not EVERY_S_MIN <= schedule.every_s <= EVERY_S_MAX:
                raise _invalid("every_s", f"An interval is {EVERY_S_MIN} to {EVERY_S_MAX} whole seconds.")
            return schedule
        case Mode.DAILY | Mode.WEEKLY:
            at = AT_DEFAULT if schedule.at is None else schedule.at
            if _AT.fullmatch(at) is None:
                raise _invalid("at", f"{at[:20]!r} is no time of day; write it as HH:MM, 00:00 to 23:59.")
            if schedule.mode is Mode.WEEKLY and schedule.day is None:
                raise _invalid("day", "A weekly schedule needs its day, monday to sunday.")
            return msgspec.structs.replace(schedule, at=at)
        case Mode.CRON:
            try:
                return msgspec.structs.replace(schedule, cron=canonical(schedule.cron or ""))
            except ValueError as error:
                raise _invalid("cron", str(error)) from error
    assert_never(schedule.mode)


def begin(schedule: Schedule, zone: tzinfo, now: Millis, binding_id: BindingId) -> Slot:
    """The slot from which a new schedule goes on: its first run is the next slot behind `now`."""
    if schedule.mode in (Mode.CRON, Mode.ON_CHANGE):
        return _instant_slot(now)
    last = _last_slot(schedule, zone, now, binding_id)
    assert last is not None
    return last


def look(schedule: Schedule, zone: tzinfo, settled: Slot, now: Millis, binding_id: BindingId) -> Look:
    """What is due at `now`, behind the slot that was settled last."""
    last = _last_slot(schedule, zone, now, binding_id)
    is_due = last is not None and (
        _is_behind(schedule, last, settled) or _is_of_wrong_clock(schedule, zone, settled, now, binding_id)
    )
    if last is None or not is_due:
        return Look(slot=None, missed=None, next_at=_next_at(schedule, zone, settled, now, binding_id))
    missed = _between(schedule, zone, settled, last, binding_id)
    return Look(slot=last, missed=missed, next_at=_next_at(schedule, zone, last, now, binding_id))


def reschedule(old: Schedule, new: Schedule, zone: tzinfo, settled: Slot, now: Millis, binding_id: BindingId) -> Slot:
    """The slot from which an edited schedule goes on, so that the edit neither repeats nor skips a run.

    Within daily and within weekly ones a period that was run is not run again, and one that was not still is. An
    interval goes on from its last run, and what was due of the old one still is. Another mode, or another cron
    expression or zone of one, begins anew.
    """
    if begins_anew(old, new):
        return begin(new, zone, now, binding_id)
    if new.mode is Mode.INTERVAL and new.every_s != old.every_s:
        newest = _grid(new, now, binding_id)
        is_due = _grid(old, now, binding_id) > settled.at
        # Slots of the new grid that the old one did not have were not missed.
        return _instant_slot(max(settled.at, Millis(newest - _every_ms(new)) if is_due else newest))
    return settled


def upcoming(
    schedule: Schedule, zone: tzinfo, settled: Slot, now: Millis, binding_id: BindingId, count: int
) -> tuple[Millis, ...]:
    """When the next `count` runs are made, `now` first where one is due; fewer where there are no more."""
    runs: list[Millis] = []
    at: Millis | None = now
    while at is not None and len(runs) < count:
        seen = look(schedule, zone, settled, at, binding_id)
        if seen.slot is not None:
            runs.append(at)
            settled = seen.slot
        at = seen.next_at
    return tuple(runs)


def begins_anew(old: Schedule, new: Schedule) -> bool:
    """Whether an edited schedule has nothing to do with the old one, so that what was due of that is due no more."""
    return new.mode is not old.mode or (new.mode is Mode.CRON and new != old)


def _invalid(field: str, message: str) -> BadInput:
    return BadInput("schedule.invalid", message, field=f"schedule.{_NAMES[field]}")


def _last_slot(schedule: Schedule, zone: tzinfo, upto: Millis, binding_id: BindingId) -> Slot | None:
    """The newest slot at or before an instant; None where a cron expression had none in 50 years."""
    match schedule.mode:
        case Mode.INTERVAL:
            return _instant_slot(_grid(schedule, upto, binding_id))
        case Mode.DAILY:
            return _slot_of(schedule, zone, newest_date(_time_of_day(schedule), zone, upto))
        case Mode.WEEKLY:
            # Of tomorrow on: where a clock goes back over midnight, slots of the coming date have been before.
            tomorrow = date_of(upto, zone) + _DAY
            week = _slot_of(schedule, zone, tomorrow - timedelta(days=tomorrow.weekday()))
            while week.at > upto:
                week = _slot_of(schedule, zone, date.fromisoformat(week.period) - _WEEK)
            return week
        case Mode.CRON:
            at = newest_slot(_cron(schedule), zone, upto)
            return None if at is None else _instant_slot(at)
        case Mode.ON_CHANGE:
            return None
    assert_never(schedule.mode)


def _is_of_wrong_clock(schedule: Schedule, zone: tzinfo, settled: Slot, now: Millis, binding_id: BindingId) -> bool:
    """Whether the clock was set back so far since a slot was settled that waiting for it again would be a gap."""
    if settled.at <= now:
        return False
    if settled.at - now > DAY_MS:
        return True
    before = _last_slot(schedule, zone, Millis(settled.at - 1), binding_id)
    return before is not None and before.at > now


def _is_behind(schedule: Schedule, slot: Slot, settled: Slot) -> bool:
    if schedule.mode in (Mode.DAILY, Mode.WEEKLY):
        return slot.period > settled.period  # Dates of ISO 8601 are in the order of their text.
    return slot.at > settled.at


def _between(schedule: Schedule, zone: tzinfo, settled: Slot, last: Slot, binding_id: BindingId) -> Missed | None:
    """The slots behind `settled` and before `last`."""
    match schedule.mode:
        case Mode.INTERVAL:
            every_ms = _every_ms(schedule)
            first = Millis(_grid(schedule, settled.at, binding_id) + every_ms)
            return _missed(first, Millis(last.at - every_ms), (last.at - first) // every_ms)
        case Mode.DAILY | Mode.WEEKLY:
            end = date.fromisoformat(last.period)
            behind = _dates(schedule, zone, date.fromisoformat(settled.period))
            passed = list(takewhile(lambda one: one < end, behind))
            if not passed:
                return None
            first, newest = (_slot_of(schedule, zone, one).at for one in (passed[0], passed[-1]))
            return _missed(first, newest, len(passed))
        case Mode.CRON:
            slots = takewhile(lambda at: at < last.at, slots_behind(_cron(schedule), zone, settled.at))
            found = list(islice(slots, CRON_MISSED_MAX + 1))
            if len(found) <= CRON_MISSED_MAX:
                return _missed(found[0], found[-1], len(found)) if found else None
            newest_at = newest_slot(_cron(schedule), zone, Millis(last.at - 1))
            assert newest_at is not None
            return Missed(first_at=found[0], last_at=newest_at, count=CRON_MISSED_MAX, is_at_least=True)
        case Mode.ON_CHANGE:
            return None
    assert_never(schedule.mode)


def _next_at(schedule: Schedule, zone: tzinfo, settled: Slot, now: Millis, binding_id: BindingId) -> Millis | None:
    """The first slot that is behind both what is settled and `now`."""
    after = max(now, settled.at)
    match schedule.mode:
        case Mode.INTERVAL:
            return Millis(_grid(schedule, after, binding_id) + _every_ms(schedule))
        case Mode.DAILY | Mode.WEEKLY:
            return _slot_of(schedule, zone, next(_dates(schedule, zone, date.fromisoformat(settled.period)))).at
        case Mode.CRON:
            return next(slots_behind(_cron(schedule), zone, after), None)
        case Mode.ON_CHANGE:
            return None
    assert_never(schedule.mode)


def _every_ms(schedule: Schedule) -> int:
    assert schedule.every_s is not None
    return schedule.every_s * 1000


def _cron(schedule: Schedule) -> str:
    assert schedule.cron is not None
    return schedule.cron


def _grid(schedule: Schedule, upto: Millis, binding_id: BindingId) -> Millis:
    """The interval's newest slot at or before an instant.

    Its phase goes by the binding, in steps of the golden ratio: however many bindings there are, their runs lie
    evenly spread over the interval.
    """
    every_ms = _every_ms(schedule)
    phase_ms = int(binding_id * _GOLDEN % 1.0 * every_ms) // 1000 * 1000
    return Millis((upto - phase_ms) // every_ms * every_ms + phase_ms)


def _dates(schedule: Schedule, zone: tzinfo, start: date) -> Iterator[date]:
    """The dates of a daily schedule, or the Mondays of a weekly one, behind a date."""
    is_weekly = schedule.mode is Mode.WEEKLY
    while True:
        start = start - timedelta(days=start.weekday()) + _WEEK if is_weekly else next_date(start, zone)
        yield start


def _slot_of(schedule: Schedule, zone: tzinfo, first_day: date) -> Slot:
    """The slot of a date, or of the week that begins on it."""
    day = first_day if schedule.day is None else first_day + timedelta(days=_WEEKDAYS.index(schedule.day))
    wall = datetime.combine(day, _time_of_day(schedule))
    return Slot(first_instant(wall, zone), first_day.isoformat())


def _time_of_day(schedule: Schedule) -> time:
    assert schedule.at is not None
    return time.fromisoformat(schedule.at)


def _instant_slot(at: Millis) -> Slot:
    return Slot(at, str(at))


def _missed(first_at: Millis, last_at: Millis, count: int) -> Missed | None:
    return Missed(first_at=first_at, last_at=last_at, count=count) if count > 0 else None
