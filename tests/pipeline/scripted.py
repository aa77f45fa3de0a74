"""Words for tests of sources at work: one scripted source, and time that passes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime

from posthouse.model.bindings import Filter, Mode, Schedule
from posthouse.model.ids import BindingId, SourceId
from posthouse.model.runs import Gap, GapReason
from posthouse.pipeline.activity import Activity
from tests.parts import Parts
from tests.receiver import Receiver

MINUTE, HOUR, DAY = 60, 3_600, 86_400
DAILY = Schedule(mode=Mode.DAILY, at="00:01", zone="UTC")
HOURLY = Schedule(mode=Mode.INTERVAL, every_s=HOUR)
NAME = "scripted"
ALL = Filter(types=("scripted.*",))
"""Wants what a binding without a filter does, and is another binding."""

Life = Callable[[], AbstractAsyncContextManager[Parts]]


def source_id(parts: Parts) -> SourceId:
    """The scripted source."""
    return parts.source(NAME).id


async def pass_time(parts: Parts, seconds: float) -> None:
    """Let time pass and everything that is due then be done."""
    parts.advance(seconds)
    await parts.rest()


async def told(parts: Parts) -> list[str]:
    """When each event of the source was recorded, in UTC."""
    events = await parts.events("scripted.*")
    return [f"{datetime.fromtimestamp(one.recorded_at / 1000, UTC):%d %H:%M}" for one in events]


def short(gaps: list[Gap]) -> list[tuple[GapReason, int]]:
    """Why, and how many slots."""
    return [(one.reason, one.missed.count) for one in gaps]


async def set_up(parts: Parts, receiver: Receiver, *schedules: Schedule) -> list[BindingId]:
    """The scripted source, on, with a binding for each schedule."""
    source = await parts.add_source(NAME)
    hook = await parts.add_webhook(receiver.url)
    await parts.collection.enable(source.id)
    return [await parts.bind(NAME, hook, schedule=one) for one in schedules]


async def begin(parts: Parts, name: str = NAME, *, quiet_s: float | None = 0.0) -> SourceId:
    """Add the source and switch it on."""
    source = await parts.add_source(name)
    await parts.set_up_source(name, settings={"quiet_s": quiet_s})
    await parts.collection.enable(source.id)
    await parts.rest()
    return source.id


def activity(parts: Parts, name: str = NAME) -> Activity:
    return parts.collection.activity(parts.source(name).id)
