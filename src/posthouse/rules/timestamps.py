"""Instants as text."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from posthouse.model.ids import Millis

_SECOND_MAX = 253_402_300_799
"""The last second of the year 9999, where RFC 3339 ends."""


def rfc3339(instant: Millis) -> str:
    """An instant in UTC with milliseconds, such as `2026-03-01T12:00:00.123Z`; held within the years 1970 to 9999."""
    seconds, millis = divmod(max(instant, 0), 1000)
    return f"{_second_text(min(seconds, _SECOND_MAX))}.{millis:03d}Z"


@lru_cache(maxsize=256)
def _second_text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
