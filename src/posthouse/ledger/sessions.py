"""Browser sessions in the ledger: only the SHA-256 hashes of their cookies, never the cookies themselves."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from posthouse.ledger.base import Row, Transaction
from posthouse.ledger.names import id_in
from posthouse.model.errors import NotFound
from posthouse.model.ids import DEFAULT_PROJECT, Millis, ProjectId, SessionId

PAGE_MAX = 500
SESSIONS_MAX = 100
IDLE_MS = 30 * 86_400_000
"""A session that was not used for so long has ended."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a session. `browser` is by what people tell it from others: "Firefox on Linux"."""

    id: SessionId
    project_id: ProjectId
    browser: str
    created_at: Millis
    last_used_at: Millis


class SeenSession(msgspec.Struct, frozen=True):
    """A session by which requests may come, and when the ledger last heard of one."""

    id: SessionId
    last_used_at: Millis


def add_session(
    tx: Transaction, *, digest: bytes, browser: str, now: Millis, project_id: ProjectId = DEFAULT_PROJECT
) -> Session:
    """Keep a new session, and forget those that have ended. Of more than 100, the ones longest unused go."""
    session_id = tx.value("add_session", project_id=project_id, hash=digest, browser=browser, now=now)
    tx.change("forget_sessions", project_id=project_id, since=now - IDLE_MS, kept=SESSIONS_MAX)
    return get_session(tx, session_id, project_id=project_id)


def list_sessions(
    tx: Transaction, *, after: int = 0, limit: int = PAGE_MAX, project_id: ProjectId = DEFAULT_PROJECT
) -> list[Session]:
    """Sessions in the order of their ids, from the one after `after`."""
    return [_session_of(row) for row in tx.all("page_sessions", project_id=project_id, after=after, limit=limit)]


def get_session(tx: Transaction, reference: str | int, *, project_id: ProjectId = DEFAULT_PROJECT) -> Session:
    """One session by its id. Raises NotFound `session.not_found`."""
    row = tx.one("get_session", project_id=project_id, id=id_in(str(reference)))
    if row is None:
        raise NotFound("session.not_found", f"There is no session {str(reference)[:100]!r}. It may have ended already.")
    return _session_of(row)


def remove_session(tx: Transaction, reference: str | int, *, project_id: ProjectId = DEFAULT_PROJECT) -> Session:
    """End a session; what it was. Raises NotFound `session.not_found`."""
    session = get_session(tx, reference, project_id=project_id)
    tx.change("remove_session", project_id=project_id, id=session.id)
    return session


def load_sessions(tx: Transaction, *, project_id: ProjectId = DEFAULT_PROJECT) -> dict[bytes, SeenSession]:
    """Every session by the SHA-256 hash of its cookie."""
    rows = tx.all("session_hashes", project_id=project_id)
    return {digest: SeenSession(session_id, last_used_at) for digest, session_id, last_used_at in rows}


def touch_sessions(
    tx: Transaction, used_at: Mapping[SessionId, Millis], *, project_id: ProjectId = DEFAULT_PROJECT
) -> None:
    """Note when sessions were last used. Safe to repeat; one that is gone is passed over."""
    for session_id, at in used_at.items():
        tx.change("touch_session", project_id=project_id, id=session_id, at=at)


def _session_of(row: Row) -> Session:
    session_id, project_id, browser, created_at, last_used_at = row
    return Session(
        id=session_id, project_id=project_id, browser=browser, created_at=created_at, last_used_at=last_used_at
    )
