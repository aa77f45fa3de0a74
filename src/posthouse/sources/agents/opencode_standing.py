"""What became of an OpenCode server's sessions while nobody listened: what is found there against what was known.

A session that is at work is reported with its prompts as a list, which resolves those that were decided meanwhile. The
turn of one that is not any more has ended as its last message says; where that breaks off, with the server that ran it.
At the very first look nothing that is over is told: only who is at work comes on the board. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from posthouse.model.agents import Report, ReportKind
from posthouse.model.ids import Millis
from posthouse.sources.agents.opencode_sessions import (
    Move,
    Session,
    Sessions,
    Step,
    end,
    is_open,
    report,
    start,
    with_info,
    with_message,
    with_session,
)
from posthouse.sources.agents.opencode_words import (
    ABORTED,
    MessageInfo,
    PermissionAsked,
    QuestionAsked,
    SessionInfo,
)

CUT_OFF = "OpenCode stopped in the middle of the turn."
KEPT_MAX = 100
"""Sessions that outlive the daemon, of each server: those of which more is to be told."""


class Kept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What outlives the daemon. `seen_at`: up to when the server was heard, by its own clock. `problem`: why it is not
    followed now, in a sentence, "" where it is.
    """

    seen_at: float = 0
    sessions: dict[str, Session] = {}
    problem: str = ""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A folder in which sessions run. What is None could not be had."""

    busy: frozenset[str] | None = None
    prompts: tuple[PermissionAsked, ...] | None = None
    questions: tuple[QuestionAsked, ...] = ()


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a server says when it is asked: sessions, oldest first; those that are `gone`; folders by path; and the last
    message of sessions by id.
    """

    sessions: tuple[SessionInfo, ...] = ()
    gone: tuple[str, ...] = ()
    places: Mapping[str, Place] = {}
    last: Mapping[str, MessageInfo] = {}


def kept_of(sessions: Sessions, *, seen_at: float, problem: str = "") -> Kept:
    """What is worth keeping."""
    still_open = [one for one in sessions.values() if is_open(one)][-KEPT_MAX:]
    return Kept(seen_at=seen_at, sessions={one.id: one for one in still_open}, problem=problem)


def catch_up(sessions: Sessions, found: Found, now: Millis, *, seen_at: float | None) -> Step:
    """Take in what was found. `seen_at`: up to when the server was heard before, None at the very first look."""
    told: list[Report] = []
    for session_id in found.gone:
        if session_id in sessions:
            told.append(report(ReportKind.ENDED, sessions[session_id], now, reason="deleted"))
            sessions = {one_id: one for one_id, one in sessions.items() if one_id != session_id}
    for info in found.sessions:
        place = found.places.get(info.directory)
        if place is None or place.busy is None:
            continue
        session, reports = _compare(sessions.get(info.id), info, place, found.last.get(info.id), now, seen_at=seen_at)
        sessions = with_session(sessions, session, is_told=bool(reports), now=now)
        told += reports
    return sessions, tuple(told)


def _compare(
    known: Session | None,
    info: SessionInfo,
    place: Place,
    last: MessageInfo | None,
    now: Millis,
    *,
    seen_at: float | None,
) -> Move:
    session = with_info(known, info)
    was_busy, turn_id = session.is_busy, session.turn_id
    if last is not None:
        # What was queued is under way by now, or was the last thing that happened.
        session = with_message(msgspec.structs.replace(session, is_busy=False), last)
    if info.id in (place.busy or ()):
        is_same = seen_at is None or (was_busy and session.turn_id == turn_id)
        return _at_work(session, place, now, is_same=is_same)
    session = msgspec.structs.replace(session, is_busy=False)
    if last is None:
        return session, ()
    is_news = seen_at is not None and (last.time.completed or 0) > seen_at
    if not (was_busy or is_news):
        return session, ()
    return _ended(session, last, now, was_busy=was_busy)


def _at_work(session: Session, place: Place, now: Millis, *, is_same: bool) -> Move:
    open_questions = [one for one in place.questions if one.session_id == session.id]
    session, started = start(session, now)
    session = msgspec.structs.replace(session, questions=tuple(one.id for one in open_questions))
    reports = [] if is_same else list(started)
    if is_same and not open_questions:
        reports.append(report(ReportKind.ALIVE, session, now))
    if place.prompts is not None:
        prompts = tuple(one.prompt for one in place.prompts if one.session_id == session.id)
        reports.append(report(ReportKind.PERMISSION_LIST, session, now, prompts=prompts))
    reports += [report(ReportKind.WAITING, session, now, message=one.words) for one in open_questions[-1:]]
    return session, tuple(reports)


def _ended(session: Session, last: MessageInfo, now: Millis, *, was_busy: bool) -> Move:
    is_answer = last.role == "assistant"
    if is_answer and last.error is not None:
        is_aborted = last.error.name == ABORTED
        session = msgspec.structs.replace(session, is_aborted=is_aborted, error="" if is_aborted else last.error.words)
    elif not is_answer or last.time.completed is None:
        if not was_busy:
            # It may be at work in another process that shares the server's database.
            return session, ()
        session = msgspec.structs.replace(session, error=CUT_OFF)
    ended_at = round(last.time.completed) if last.time.completed is not None else now
    return end(session, Millis(min(max(ended_at, session.told_at), now)))
