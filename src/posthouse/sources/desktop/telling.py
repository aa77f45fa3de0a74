"""How desktop sessions are told: one event each, and the preview's words."""

from __future__ import annotations

from typing import Any

import msgspec

from posthouse.model.events import EventDraft
from posthouse.model.ids import Millis, SourceId
from posthouse.rules.session import OpenSession
from posthouse.sources.desktop.keeping import Kept, Session
from posthouse.system.idle.base import IdleReading

SOURCE = "desktop-activity"
PAYLOAD_VERSION = 1
EVENT_TYPE = "desktop.session"


def draft_of(session: Session, source_id: SourceId) -> EventDraft:
    """The event of a session. Its key tells it once, even where a stop came between its commit and our knowing."""
    return EventDraft(
        type=EVENT_TYPE,
        at=session.ended_at,
        key=f"{source_id}/{session.started_at}",
        data=msgspec.Raw(msgspec.json.encode({"source": SOURCE, "version": PAYLOAD_VERSION, **told(session)})),
    )


def told(session: Session) -> dict[str, Any]:
    """A session: instants are whole Unix seconds, its length whole minutes, rounded to the nearest."""
    start_s, end_s = session.started_at // 1_000, session.ended_at // 1_000
    return {
        "type": "desktop_session",
        "start_timestamp": start_s,
        "end_timestamp": end_s,
        "duration_minutes": (end_s - start_s + 30) // 60,
        "idle_threshold_seconds": _plain(session.threshold_s),
        "ended_by": session.ended_by,
        "probe": session.probe,
        "confidence": session.confidence,
    }


def preview_data(kept: Kept, recent: tuple[Session, ...]) -> msgspec.Raw:
    """The open session, or null, and the last ones, newest first."""
    data = {
        "source": SOURCE,
        "version": PAYLOAD_VERSION,
        "open": None if kept.desktop.open is None else _open(kept.desktop.open, kept),
        "recent": [told(one) for one in recent],
    }
    return msgspec.Raw(msgspec.json.encode(data))


def found_words(kept: Kept, reading: IdleReading | None, now: Millis) -> str:
    """What a look found, in plain words."""
    session = kept.desktop.open
    open_words = "No session is open."
    if session is not None:
        open_words = f"A session has been open for {_length((now - session.started_at) / 1_000)}."
    if reading is None:
        return open_words
    lock_words = ", and the screen is locked" if reading.is_locked else ""
    return f"{open_words} Nothing was touched for {_length(reading.idle_s)}{lock_words} ({reading.probe})."


def _open(session: OpenSession, kept: Kept) -> dict[str, Any]:
    return {
        "start_timestamp": session.started_at // 1_000,
        "last_input_timestamp": session.last_input_at // 1_000,
        "probe": kept.probe,
        "confidence": kept.confidence,
    }


def _plain(seconds: float) -> float:
    """A whole number where it is one."""
    return int(seconds) if seconds.is_integer() else seconds


def _length(seconds: float) -> str:
    whole = max(int(seconds), 0)
    if whole < 120:
        return f"{whole} s"
    minutes = whole // 60
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
