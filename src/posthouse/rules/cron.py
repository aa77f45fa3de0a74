"""Cron expressions: five fields as in crontab(5), and the instants that they name in a zone.

cronsim reads the fields and walks the calendar, in wall time. What becomes of a wall time where the zone's offset
changes is settled here, as Debian's cron(8) does:

    minute and hour given   as a daily schedule: what is left out runs right behind the gap, all of it once; what comes
                            twice runs the first time
    either begins with *    by what the wall shows: what is left out does not run, what comes twice runs twice

cronsim would do this itself, but loses runs where a zone changes by half an hour (docs/decisions/schedules.md).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from cronsim import CronSim, CronSimError

from posthouse.model.ids import Millis
from posthouse.rules.local_time import first_instant, instants_of, wall_of

CRON_CHARS_MAX = 200
_SECOND = timedelta(seconds=1)


def canonical(text: str) -> str:
    """The expression with single spaces. Raises ValueError with a sentence for people where it is none."""
    fields = text.split() if len(text) <= CRON_CHARS_MAX else []
    if len(fields) != 5:
        raise ValueError("A cron expression has five fields: minute, hour, day of month, month, day of week.")
    expression = " ".join(fields)
    try:
        next(CronSim(expression, datetime(2024, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        raise ValueError(f"{expression!r} is no cron expression: {str(error).lower()}.") from error
    except StopIteration as error:
        raise ValueError(f"{expression!r} names no day that ever comes.") from error
    return expression


def slots_behind(expression: str, zone: tzinfo, after: Millis) -> Iterator[Millis]:
    """The instants that it names behind this one, in order; it ends where there is none in 50 years."""
    second_time: deque[Millis] = deque()
    last = after
    for wall in CronSim(expression, wall_of(after, zone) - _fold(after, zone)):
        first, *more = _instants(expression, wall, zone) or (None,)
        while second_time and (first is None or second_time[0] < first):
            yield second_time.popleft()
        if first is not None and first > last:
            last = first
            yield first
        second_time.extend(at for at in more if at > after)
    yield from second_time


def newest_slot(expression: str, zone: tzinfo, upto: Millis) -> Millis | None:
    """The last instant that it names at or before this one; None where there was none in 50 years."""
    newest: Millis | None = None
    start = wall_of(upto, zone) + _fold(upto, zone) + _SECOND
    for wall in CronSim(expression, start, reverse=True):
        instants = _instants(expression, wall, zone)
        newest = max((at for at in (*instants, newest) if at is not None and at <= upto), default=None)
        # An earlier wall time can come later only by its second time, and then so would this one.
        if instants and instants[-1] <= upto:
            break
    return newest


def _instants(expression: str, wall: datetime, zone: tzinfo) -> tuple[Millis, ...]:
    minute, hour, _ = expression.split(maxsplit=2)
    if minute.startswith("*") or hour.startswith("*"):
        return instants_of(wall, zone)
    return (first_instant(wall, zone),)


def _fold(at: Millis, zone: tzinfo) -> timedelta:
    """How much wall time comes twice around an instant: none, but in a fold."""
    instants = instants_of(wall_of(at, zone), zone)
    return timedelta(milliseconds=instants[-1] - instants[0])
