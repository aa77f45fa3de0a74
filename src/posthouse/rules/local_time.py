"""Local times of a zone and the instants at which they come: once, twice, or never.

A *wall* time is what a clock on the wall shows: a datetime without a zone. Where a zone's offset changes, some wall
times are left out (a *gap*) and others come twice (a *fold*). PEP 495 tells them apart: counted by the offset before
the change, then by the one behind it, a wall time of a fold has two instants in order, one of a gap has two in reverse
order, and any other has the same one twice.

Instants are Unix milliseconds.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from posthouse.model.ids import Millis

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_DAY = timedelta(days=1)


def wall_of(at: Millis, zone: tzinfo) -> datetime:
    """What the wall shows at an instant."""
    return _local(at, zone).replace(tzinfo=None, fold=0)


def date_of(at: Millis, zone: tzinfo) -> date:
    """The local date of an instant."""
    return _local(at, zone).date()


def instants_of(wall: datetime, zone: tzinfo) -> tuple[Millis, ...]:
    """When the wall shows this: one instant, two in order, or none."""
    one, two = _reckoned(wall, zone)
    if one == two:
        return (one,)
    return (one, two) if one < two else ()


def first_instant(wall: datetime, zone: tzinfo) -> Millis:
    """The first instant at which the wall shows this, or, if it never does, the first one behind the gap."""
    one, two = _reckoned(wall, zone)
    return one if one <= two else _change(zone, two, one)


def is_left_out(day: date, zone: tzinfo) -> bool:
    """Whether the zone leaves out a whole date, as Samoa did when it moved across the date line."""
    midnight = datetime.combine(day, time())
    # Only where midnight itself lies in a gap can all of the day.
    return not instants_of(midnight, zone) and date_of(first_instant(midnight, zone), zone) != day


def next_date(day: date, zone: tzinfo) -> date:
    """The first date behind another that the zone does not leave out."""
    day += _DAY
    while is_left_out(day, zone):
        day += _DAY
    return day


def newest_date(at: time, zone: tzinfo, upto: Millis) -> date:
    """The newest date on which a time of day came at or before an instant, gaps and folds as in `first_instant`."""
    # Of tomorrow on: where a clock goes back over midnight, times of the coming date have been before.
    day = date_of(upto, zone) + _DAY
    while is_left_out(day, zone) or first_instant(datetime.combine(day, at), zone) > upto:
        day -= _DAY
    return day


def count_dates(after: date, upto: date, zone: tzinfo) -> int:
    """How many dates there are behind one and up to another."""
    days = (upto - after).days
    return days - sum(is_left_out(after + timedelta(days=one), zone) for one in range(1, days + 1))


def _reckoned(wall: datetime, zone: tzinfo) -> tuple[Millis, Millis]:
    """The wall time counted by the offset before a change, and by the one behind it; the same where none is near."""
    return _millis(wall.replace(tzinfo=zone, fold=0)), _millis(wall.replace(tzinfo=zone, fold=1))


def _change(zone: tzinfo, before: Millis, behind: Millis) -> Millis:
    """The first instant with the offset that holds at `behind`; at `before` another one did."""
    offset = _local(behind, zone).utcoffset()
    while behind - before > 1:
        middle = Millis((before + behind) // 2)
        if _local(middle, zone).utcoffset() == offset:
            behind = middle
        else:
            before = middle
    return behind


def _local(at: Millis, zone: tzinfo) -> datetime:
    return (_EPOCH + timedelta(milliseconds=at)).astimezone(zone)


def _millis(moment: datetime) -> Millis:
    return Millis((moment - _EPOCH) // _MILLISECOND)
