"""What the tests of schedules share: zones with odd changes, and instants written as people read them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from posthouse.model.bindings import Mode, Schedule, Weekday
from posthouse.model.ids import BindingId, Millis

ONE = BindingId(1)
HOUR_MS = 3_600_000
DAY_MS = 86_400_000

ODD_ZONES = (
    "Africa/Casablanca",
    "America/Nuuk",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "UTC",
)
"""By half an hour, by two hours, over midnight, in Ramadan, at the date line, and quite usual ones."""


def at(text: str) -> Millis:
    """The instant of a local time with its offset: "2026-03-29 02:30+01:00"."""
    moment = datetime.fromisoformat(text)
    assert moment.tzinfo is not None
    return Millis(round(moment.timestamp() * 1000))


def told(instant: int, zone: str) -> str:
    """An instant as its zone's people write it: "2026-03-29 03:00+02:00"."""
    return datetime.fromtimestamp(instant / 1000, tz=ZoneInfo(zone)).isoformat(" ", timespec="minutes")


def every(seconds: int) -> Schedule:
    return Schedule(mode=Mode.INTERVAL, every_s=seconds)


def daily(time: str, zone: str = "UTC") -> Schedule:
    return Schedule(mode=Mode.DAILY, at=time, zone=zone)


def weekly(day: Weekday, time: str, zone: str = "UTC") -> Schedule:
    return Schedule(mode=Mode.WEEKLY, day=day, at=time, zone=zone)


def cron(expression: str, zone: str = "UTC") -> Schedule:
    return Schedule(mode=Mode.CRON, cron=expression, zone=zone)
