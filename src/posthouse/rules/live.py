"""What of the live stream is a decision: from where a client is served, what is critical, what own events say there,
and when a lane's next update is due.

A client comes with a cursor, or without one. It then gets every entry after it, in order and once; where that cannot
be, it is told to take a new snapshot, never left with a silent hole:

    no cursor ──▶ from now on            epoch of another ledger ──▶ reload (replaced)
    the ring reaches back to it ──▶ ring     beyond the last entry ──▶ reload (ahead)
    the log does ──▶ log, then ring       older than the log ──▶ reload (trimmed)
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, NamedTuple

import msgspec

from posthouse.model.events import EventDraft, Severity
from posthouse.model.ids import Millis
from posthouse.model.live import (
    ActivityMessage,
    ActivityMessageEvent,
    ErrorEvent,
    ErrorEventEvent,
    Level,
    LiveEvent,
    ServerStatus,
    ServerStatusEvent,
    ServerUpdateEvent,
    SourceAction,
    SourceUpdateEvent,
)

LANE_EVERY_S = 0.25
"""The least time between two updates of one lane."""

CLIENT_CHARACTERS_MAX = 64

_CLIENT_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~-"
_OFFSET_DIGITS_MAX = 18
_SERVER_LEVELS: Mapping[str, Level] = {"running": "success", "unhealthy": "warning", "failed": "error"}
_STOPS = frozenset({SourceAction.DISABLED, SourceAction.FAILING, SourceAction.REMOVED})


class Cursor(msgspec.Struct, frozen=True):
    """A place in a ledger's live log: behind the entry of that number."""

    epoch: str
    offset: int

    def __str__(self) -> str:
        return f"{self.epoch}:{self.offset}"


class Extent(NamedTuple):
    """What can be read: the number of the first entry that is there, and of the last that ever was.

    Where nothing is there, `first` is `last` + 1.
    """

    first: int
    last: int


class Place(StrEnum):
    """From where a client is served."""

    RING = "ring"
    LOG = "log"


class Serve(msgspec.Struct, frozen=True):
    """Everything behind entry `after`, beginning there."""

    place: Place
    after: int


class TakeSnapshot(msgspec.Struct, frozen=True):
    """The client is to take a new snapshot; then it gets everything behind entry `after`."""

    reason: Literal["replaced", "ahead", "trimmed"]
    after: int


def parse_cursor(text: str) -> Cursor | None:
    """The cursor that a client sent; None where it is none of ours."""
    epoch, _, offset = text.partition(":")
    is_number = offset.isascii() and offset.isdecimal() and len(offset) <= _OFFSET_DIGITS_MAX
    return Cursor(epoch, int(offset)) if epoch and is_number else None


def is_client(text: str) -> bool:
    """Whether this can be the id that a client gives itself."""
    return 0 < len(text) <= CLIENT_CHARACTERS_MAX and text.isascii() and not text.strip(_CLIENT_CHARACTERS)


def begin(cursor: Cursor | None, epoch: str, ring: Extent, log: Extent) -> Serve | TakeSnapshot:
    """From where a client with this cursor is served. `ring` ends where fan-out stands, `log` may reach further."""
    last = max(ring.last, log.last)
    if cursor is None:
        return Serve(Place.RING, ring.last)
    if cursor.epoch != epoch:
        return TakeSnapshot("replaced", last)
    if cursor.offset > last:
        return TakeSnapshot("ahead", last)
    if ring.first - 1 <= cursor.offset <= ring.last:
        return Serve(Place.RING, cursor.offset)
    if log.first - 1 <= cursor.offset:
        return Serve(Place.LOG, cursor.offset)
    return TakeSnapshot("trimmed", last)


def level_of(event: LiveEvent) -> Level:
    """How much a person should care."""
    match event:
        case ErrorEventEvent():
            return "error"
        case ActivityMessageEvent(payload=payload):
            return payload.level
        case SourceUpdateEvent(payload=payload) if payload.action is SourceAction.FAILING:
            return "warning"
        case ServerUpdateEvent(payload=payload) if payload.detail:
            return _SERVER_LEVELS.get(payload.state, "info")
        case _:
            return "info"


def is_critical(event: LiveEvent, level: Level) -> bool:
    """Whether an entry is owed to each client: an error, and a stop of the daemon, of a source or of a server.

    Of a server that crashed or failed, the error beside its update is owed, not the update as well.
    """
    match event:
        case ServerStatusEvent(payload=status) if status.status == "stopped":
            return True
        case SourceUpdateEvent(payload=update) if update.action in _STOPS:
            return True
        case ServerUpdateEvent(payload=server):
            return server.state == "stopped" and bool(server.detail)
        case _:
            return level == "error"


def own_entry(draft: EventDraft, now: Millis) -> tuple[LiveEvent, Level] | None:
    """What the stream says of one of the daemon's own events; None where its cause is told by itself."""
    data = msgspec.json.decode(draft.data)
    told = data if isinstance(data, dict) else {}
    level: Level = draft.severity.value
    match draft.type:
        case "source.failing":
            return None
        case "daemon.started":
            message = f"Posthouse {told.get('version', '')} has started."
            return ServerStatusEvent(ServerStatus(status="started", timestamp=now, message=message)), level
        case "daemon.stopped":
            is_clean = told.get("is_clean") is not False
            message = "Posthouse has stopped." if is_clean else "Posthouse stopped without being asked to; see its log."
            status = ServerStatus(status="stopped", timestamp=now, message=message, is_clean=is_clean)
            return ServerStatusEvent(status), level
    words = _words(draft, told)
    if draft.severity is Severity.ERROR:
        details = told.get("code") or told.get("detail")
        error = ErrorEvent(
            error_type=draft.type, message=words, details=None if details is None else str(details), timestamp=now
        )
        return ErrorEventEvent(error), level
    return ActivityMessageEvent(ActivityMessage(level=level, message=words, timestamp=now)), level


def _words(draft: EventDraft, told: Mapping[str, object]) -> str:
    """An own event as a sentence for people."""
    name = draft.subject or "Posthouse"
    match draft.type:
        case "target.paused":
            return f"{name} is paused: {told.get('detail') or told.get('reason') or told.get('cause')}"
        case "target.recovered":
            return f"{name} takes deliveries again."
        case "delivery.gave-up":
            attempts = told.get("attempts")
            return f"A delivery to {name} was given up after {attempts} attempt{'' if attempts == 1 else 's'}."
        case "source.silent":
            return f"{name} was not heard of for longer than expected."
        case "binding.silent":
            return f"{name} had nothing to deliver for longer than expected."
        case "source.heard" | "binding.heard":
            return f"{name} was heard of again."
        case _:
            return f"{name}: {draft.type}"


class LanesDue(msgspec.Struct, frozen=True):
    """Which lanes are told of now, and in how many seconds the next one is due; None where none waits."""

    now: frozenset[int]
    next_in_s: float | None


def lanes_due(moved: frozenset[int], told_at_s: Mapping[int, float], now_s: float) -> LanesDue:
    """Of the lanes whose deliveries moved, which are due: those not told of within the last 250 ms."""
    waits_s = {lane: told_at_s[lane] + LANE_EVERY_S - now_s for lane in moved if lane in told_at_s}
    waiting = {lane: wait_s for lane, wait_s in waits_s.items() if wait_s > 0}
    return LanesDue(moved - waiting.keys(), min(waiting.values(), default=None))
