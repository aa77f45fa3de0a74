"""The sessions of one OpenCode server: what is remembered of each, and what is reported of it.

    OpenCode says                              reported
    session.created                            spawned
    session.status busy or retry, at rest      turn-started
    the same, at work                          alive, once a minute; an error before it was not the last word
    an answer to a newer message, at work      turn-started: the next of several that were queued
    session.idle, at work                      turn-completed; after an error turn-error; after a person's abort
                                               permission-resolved (all) and waiting
    session.error, at work                     nothing yet: it may go on, and says so by its status
    session.error, at rest                     turn-error, if it is still at rest at a heartbeat 5 s later
    permission asked, replied                  permission-required, permission-resolved
    question asked, answered                   waiting, alive
    session deleted, archived                  ended

A session is an agent, one with a parent a subagent. A turn's id is that of the message that it answers, so it is the
same however often one looks. Pure: sessions, what was said, and the instant go in; sessions and reports come out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

import msgspec

from posthouse.model.agents import ID_MAX, TITLE_MAX, PromptSaid, Report, ReportKind
from posthouse.model.ids import Millis
from posthouse.sources.agents.opencode_words import (
    ABORTED,
    Beat,
    Changed,
    Failed,
    MessageChanged,
    MessageInfo,
    PermissionAsked,
    PermissionReplied,
    QuestionAsked,
    QuestionClosed,
    Said,
    SessionInfo,
    Status,
)

TOOL = "opencode"
INTERRUPTED = "interrupted"
"""Why an agent waits whose person broke off its turn."""

SESSIONS_MAX = 500
"""Sessions that are remembered of one server; of those at rest the one that was silent longest goes first."""

ALIVE_EVERY_S = 60.0
LAST_WORD_S = 5.0
"""After so long an error that came while nothing was under way is taken for final."""


class Session(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is remembered of a session.

    `turn_id`: of the turn under way (`is_busy`), or last; `turn_at`: when its message was written, by the server's
    clock. `error`: what the turn will have failed with if it ends now. `error_at`: when that was said of a session at
    rest. `is_failed`: its last turn ended so. `questions`: those that are open. `told_at`: its latest report.
    """

    id: str
    title: str = ""
    directory: str = ""
    parent_id: str | None = None
    turn_id: str | None = None
    turn_at: float = 0
    is_busy: bool = False
    is_aborted: bool = False
    is_failed: bool = False
    error: str = ""
    error_at: Millis | None = None
    questions: tuple[str, ...] = ()
    told_at: Millis = Millis(0)


Sessions = Mapping[str, Session]
Step = tuple[Sessions, tuple[Report, ...]]
Move = tuple[Session, tuple[Report, ...]]


def hear(sessions: Sessions, said: Said, now: Millis) -> Step:
    """Take in what was said."""
    if isinstance(said, Beat):
        return _tell_last_words(sessions, now)
    if isinstance(said, Changed):
        return _change(sessions, said, now)
    session_id = said.info.session_id if isinstance(said, MessageChanged) else said.session_id
    if not 1 <= len(session_id) <= ID_MAX:
        return sessions, ()
    session, reports = _move(sessions.get(session_id) or Session(id=session_id), said, now)
    return with_session(sessions, session, is_told=bool(reports), now=now), reports


def with_session(sessions: Sessions, session: Session, *, is_told: bool, now: Millis) -> Sessions:
    """The sessions with this one as the newest, and not more than may be remembered."""
    if is_told:
        session = msgspec.structs.replace(session, told_at=now)
    others = {session_id: one for session_id, one in sessions.items() if session_id != session.id}
    if len(others) >= SESSIONS_MAX:
        leaving = next((session_id for session_id, one in others.items() if not is_open(one)), next(iter(others)))
        del others[leaving]
    return {**others, session.id: session}


def is_open(session: Session) -> bool:
    """Whether more is still to be told of it."""
    return session.is_busy or session.error_at is not None


def with_info(session: Session | None, info: SessionInfo) -> Session:
    """The session with what the server says of it now."""
    return msgspec.structs.replace(
        session or Session(id=info.id),
        title=info.own_title[:TITLE_MAX],
        directory=info.directory,
        parent_id=info.parent_id,
    )


def with_message(session: Session, info: MessageInfo) -> Session:
    """The session with the turn that a message belongs to, if that is a newer one.

    Of a session at work only an answer begins the next turn: the message may still wait for its own.
    """
    turn_id = info.id if info.role == "user" else info.parent_id
    is_queued = session.is_busy and session.turn_id is not None and info.role == "user"
    if not turn_id or turn_id == session.turn_id or info.time.created <= session.turn_at or is_queued:
        return session
    return msgspec.structs.replace(session, turn_id=turn_id[:ID_MAX], turn_at=info.time.created)


def start(session: Session, now: Millis) -> Move:
    """The session with its turn under way, as something new."""
    session = _at_work(session)
    return session, (report(ReportKind.TURN_STARTED, session, now),)


def end(session: Session, at: Millis) -> Move:
    """The session at rest, its turn ended as it was going to."""
    ended = msgspec.structs.replace(
        session, is_busy=False, is_aborted=False, is_failed=bool(session.error), error="", error_at=None, questions=()
    )
    if session.error:
        return ended, (report(ReportKind.TURN_ERROR, session, at, error=session.error),)
    if session.is_aborted:
        resolved = report(ReportKind.PERMISSION_RESOLVED, session, at, reason=INTERRUPTED)
        return ended, (resolved, report(ReportKind.WAITING, session, at, reason=INTERRUPTED))
    return ended, (report(ReportKind.TURN_COMPLETED, session, at),)


def report(
    kind: ReportKind,
    session: Session,
    at: Millis,
    *,
    message: str = "",
    error: str = "",
    prompts: tuple[PromptSaid, ...] = (),
    prompt_ids: tuple[str, ...] = (),
    decision: str = "",
    reason: str = "",
) -> Report:
    """A report of the session, with its facts."""
    return Report(
        kind=kind,
        agent_id=session.id,
        at=at,
        tool=TOOL,
        project=project_of(session.directory),
        title=session.title,
        parent_id=session.parent_id,
        turn_id=session.turn_id,
        message=message,
        error=error,
        prompts=prompts,
        prompt_ids=prompt_ids,
        decision=decision,
        reason=reason,
    )


def project_of(directory: str) -> str:
    """The last folder of a path, of either kind of system."""
    parts = [part for part in directory.replace("\\", "/").split("/") if part]
    return parts[-1][:TITLE_MAX] if parts else ""


def _tell_last_words(sessions: Sessions, now: Millis) -> Step:
    told: list[Report] = []
    for session in sessions.values():
        if session.error_at is not None and not session.is_busy and now - session.error_at >= LAST_WORD_S * 1_000:
            ended, reports = end(session, now)
            sessions = with_session(sessions, ended, is_told=True, now=now)
            told += reports
    return sessions, tuple(told)


def _change(sessions: Sessions, said: Changed, now: Millis) -> Step:
    if not 1 <= len(said.info.id) <= ID_MAX:
        return sessions, ()
    before = sessions.get(said.info.id)
    session = with_info(before, said.info)
    if said.happened == "deleted" or said.info.time.archived is not None:
        reason = "deleted" if said.happened == "deleted" else "archived"
        left = {session_id: one for session_id, one in sessions.items() if session_id != session.id}
        return left, (report(ReportKind.ENDED, session, now, reason=reason),)
    reports: tuple[Report, ...] = ()
    if said.happened == "created":
        reports = (report(ReportKind.SPAWNED, session, now),)
    elif before is not None and session.is_busy and session.title != before.title and not session.questions:
        reports = (report(ReportKind.ALIVE, session, now),)
    return with_session(sessions, session, is_told=bool(reports), now=now), reports


def _move(
    session: Session,
    said: MessageChanged | Status | Failed | PermissionAsked | PermissionReplied | QuestionAsked | QuestionClosed,
    now: Millis,
) -> Move:
    match said:
        case MessageChanged():
            moved = with_message(session, said.info)
            is_next = session.is_busy and moved.turn_id != session.turn_id
            return start(moved, now) if is_next else (moved, ())
        case Status():
            return _rest(session, now) if said.type == "idle" else _work(session, now)
        case Failed():
            return _fail(session, said, now), ()
        case PermissionAsked():
            asking = _at_work(session)
            return asking, (report(ReportKind.PERMISSION_REQUIRED, asking, now, prompts=(said.prompt,)),)
        case PermissionReplied():
            resolved = report(
                ReportKind.PERMISSION_RESOLVED, session, now, prompt_ids=(said.prompt_id,), decision=said.decision
            )
            return session, (resolved,) if said.prompt_id else ()
        case QuestionAsked():
            questions = (*(one for one in session.questions if one != said.id), said.id)
            asking = msgspec.structs.replace(_at_work(session), questions=questions)
            return asking, (report(ReportKind.WAITING, asking, now, message=said.words),)
        case QuestionClosed():
            left = tuple(one for one in session.questions if one != said.id)
            answered = msgspec.structs.replace(session, questions=left)
            is_last = bool(session.questions) and not left and session.is_busy
            return answered, (report(ReportKind.ALIVE, answered, now),) if is_last else ()
        case _:
            assert_never(said)


def _work(session: Session, now: Millis) -> Move:
    if not session.is_busy:
        return start(session, now)
    session = msgspec.structs.replace(session, error="", is_aborted=False)
    is_due = now - session.told_at >= ALIVE_EVERY_S * 1_000 and not session.questions
    return session, (report(ReportKind.ALIVE, session, now),) if is_due else ()


def _rest(session: Session, now: Millis) -> Move:
    return end(session, now) if session.is_busy else (session, ())


def _fail(session: Session, said: Failed, now: Millis) -> Session:
    is_aborted = said.fault.name == ABORTED
    if session.is_busy:
        return msgspec.structs.replace(session, is_aborted=is_aborted, error="" if is_aborted else said.fault.words)
    if is_aborted or session.is_failed:
        # Of one failure there may be several errors; the others come when it is told.
        return session
    return msgspec.structs.replace(session, error=said.fault.words, error_at=now)


def _at_work(session: Session) -> Session:
    return msgspec.structs.replace(session, is_busy=True, is_failed=False, is_aborted=False, error="", error_at=None)
