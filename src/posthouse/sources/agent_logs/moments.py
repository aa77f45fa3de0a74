"""Instants and days as the payloads of log sources tell them. Days are counted in UTC, from 1970 on."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

from posthouse.model.ids import Millis

DAY_MS, HOUR_MS = 86_400_000, 3_600_000

_EPOCH = date(1970, 1, 1)


def time_of(at: Millis) -> str:
    """An instant as payloads tell it: ISO 8601 in UTC, to the millisecond."""
    seconds, milliseconds = divmod(at, 1_000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    return f"{date_of(day)}T{hour:02d}:{minute:02d}:{second:02d}.{milliseconds:03d}Z"


@lru_cache(maxsize=100)
def date_of(day: int) -> str:
    """A UTC day, as days since 1970, in ISO 8601."""
    return (_EPOCH + timedelta(days=day)).isoformat()
