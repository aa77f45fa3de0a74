"""What a source is doing, as the API shows it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from posthouse.model.ids import Millis


class ActivityState(StrEnum):
    """What a source is doing."""

    DISABLED = "disabled"
    PASSIVE = "passive"
    WATCHING = "watching"
    BUFFERING = "buffering"
    READING = "reading"
    FAILING = "failing"


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """What a source is doing now.

    `seconds_left`: until a buffered change is read. `detail`: progress, or why it fails. `next_run_at` and `last_run`
    (in words): of bindings that go by the clock, the soonest and the latest; None and "" where there is none.
    """

    state: ActivityState
    seconds_left: float | None = None
    detail: str = ""
    next_run_at: Millis | None = None
    last_run: str = ""


class Pushed(msgspec.Struct, frozen=True, kw_only=True):
    """What a manual push led to."""

    events: int
    deliveries: int
    note: str
