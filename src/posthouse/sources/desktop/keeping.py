"""What a desktop's source remembers, in two keys of its state: the open session, and the last ones that ended.

The first is written at every look while a session is open, and then no more until the next one opens: so a crash loses
one look at most, and a machine at which nobody sits costs no write.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from posthouse.model.ids import Millis
from posthouse.model.sources import StatePut
from posthouse.rules.session import Desktop, Ended, EndedBy
from posthouse.sources.base import State
from posthouse.system.idle.base import Confidence, IdleReading

DESKTOP, RECENT = "desktop", "recent"
RECENT_MAX = 10


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the desktop, and who said so of the open session (of none: of the last one).

    `confidence`: the lowest of its looks.
    """

    desktop: Desktop = Desktop()
    probe: str = ""
    confidence: Confidence = Confidence.HIGH


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A session that is over, as it was told."""

    started_at: Millis
    ended_at: Millis
    ended_by: EndedBy
    threshold_s: float
    probe: str
    confidence: Confidence


async def load(state: State) -> tuple[Kept | None, tuple[Session, ...]]:
    """What was kept (None: no desktop was ever seen here), and the last sessions, newest first."""
    found = await state.get_many([DESKTOP, RECENT])
    kept = msgspec.json.decode(found[DESKTOP], type=Kept) if DESKTOP in found else None
    return kept, msgspec.json.decode(found.get(RECENT, b"[]"), type=tuple[Session, ...])


def after_look(before: Kept, desktop: Desktop, reading: IdleReading) -> Kept:
    """What is kept after a look that said something."""
    was_open, now_open = before.desktop.open, desktop.open
    is_same = was_open is not None and now_open is not None and was_open.started_at == now_open.started_at
    is_low = is_same and before.confidence is Confidence.LOW
    confidence = Confidence.LOW if is_low else reading.confidence
    return Kept(desktop=desktop, probe=reading.probe, confidence=confidence)


def session_of(ended: Ended, told_by: Kept, threshold_s: float) -> Session:
    """A session that is over, with who said so."""
    return Session(
        started_at=ended.started_at,
        ended_at=ended.ended_at,
        ended_by=ended.by,
        threshold_s=threshold_s,
        probe=told_by.probe,
        confidence=told_by.confidence,
    )


def newest(sessions: Iterable[Session], before: tuple[Session, ...]) -> tuple[Session, ...]:
    """The last sessions, newest first."""
    return (*reversed(tuple(sessions)), *before)[:RECENT_MAX]


def put_kept(kept: Kept) -> StatePut:
    """What is kept, to be written."""
    return StatePut(DESKTOP, msgspec.json.encode(kept))


def put_recent(recent: tuple[Session, ...]) -> StatePut:
    """The last sessions, to be written."""
    return StatePut(RECENT, msgspec.json.encode(recent))
