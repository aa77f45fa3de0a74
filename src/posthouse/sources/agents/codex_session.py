"""One session of Codex, as its log tells it line by line: what is remembered of it, and what is reported.

    the log says                                   reported
    session_meta, the file's first                 spawned
    task_started                                   turn-started
    task_complete                                  turn-completed, or turn-error where it carries an error
    error, within a turn (older versions)          turn-error; the end that follows adds nothing
    turn_aborted: interrupted                      permission-resolved (all), waiting: its person broke it off
    turn_aborted: replaced, review_ended           nothing: another turn goes on
    turn_aborted: anything else                    turn-error
    a tool's result                                permission-resolved for what the tool may have asked

Pure: the session before, a line, and the instant up to which everything was told already come in; the session after and
the reports come out. Lines up to that instant are learned from, and reported of never.
"""

from __future__ import annotations

import msgspec

from posthouse.model.agents import ID_MAX, TITLE_MAX, Report, ReportKind
from posthouse.model.ids import Millis
from posthouse.sources.agent_logs.codex_lines import (
    Line,
    SessionBegun,
    ToolAnswered,
    ToolCalled,
    TurnAborted,
    TurnEnded,
    TurnFailed,
    TurnStarted,
    asked_id,
)

TOOL = "codex"
CALLS_MAX = 50
"""Tools under way that are remembered of one session; the oldest go first."""

_FOLLOWED_BY_ANOTHER = frozenset({"replaced", "review_ended"})
_ROUNDING_MS = 1_000


class Session(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is remembered of a session. `turn_id`: of the turn that is under way, if `is_in_turn`.

    `is_failed`: that turn's error was reported, and its end adds nothing. `seen_at`: the latest line. `heard_at`: the
    latest that was reported. `calls`: tools under way, by the id of the call, with what stands for their question.
    """

    id: str = ""
    parent_id: str | None = None
    project: str = ""
    nickname: str = ""
    began_at: Millis = Millis(0)
    turn_id: str | None = None
    is_in_turn: bool = False
    is_failed: bool = False
    seen_at: Millis = Millis(0)
    heard_at: Millis = Millis(0)
    calls: dict[str, str] = {}


def fold(session: Session, line: Line, told_until: Millis) -> tuple[Session, tuple[Report, ...]]:
    """Take one line in. What happened up to `told_until` is not reported."""
    said = line.said
    if not session.id and not isinstance(said, SessionBegun):
        return session, ()  # Nobody knows whose line it is.
    happened_at = getattr(said, "happened_at", None)
    # A fork may begin with a copy of the other session's history, under new instants.
    is_copied = happened_at is not None and happened_at + _ROUNDING_MS < session.began_at
    session = msgspec.structs.replace(session, seen_at=max(session.seen_at, line.at))
    session, reports = _take(session, line)
    if not reports or line.at <= told_until or is_copied:
        return session, ()
    return msgspec.structs.replace(session, heard_at=line.at), reports


def alive(session: Session, title: str = "") -> Report:
    """That the session is at work, as of its latest line."""
    return _report(ReportKind.ALIVE, session, session.seen_at, title=title, turn_id=session.turn_id)


def project_of(cwd: str | None) -> str:
    """The last folder of a path, of either kind of system."""
    parts = [part for part in (cwd or "").replace("\\", "/").split("/") if part]
    return parts[-1][:TITLE_MAX] if parts else ""


def _take(session: Session, line: Line) -> tuple[Session, tuple[Report, ...]]:
    match line.said:
        case SessionBegun() as said:
            return _begin(session, said, line.at)
        case TurnStarted() as said:
            started = _in_turn(session, said.turn_id)
            return started, (_report(ReportKind.TURN_STARTED, started, line.at, turn_id=said.turn_id),)
        case TurnEnded() as said:
            return _end(session, said, line.at)
        case TurnAborted() as said:
            return _abort(session, said, line.at)
        case TurnFailed() as said if session.is_in_turn and not session.is_failed:
            failed = msgspec.structs.replace(session, is_failed=True, calls={})
            return failed, (_report(ReportKind.TURN_ERROR, failed, line.at, turn_id=session.turn_id, error=said.error),)
        case ToolCalled() as said:
            kept = dict(list(session.calls.items())[1 - CALLS_MAX :])
            calls = {**kept, said.call_id: asked_id(session.turn_id, said.asked)}
            return msgspec.structs.replace(session, calls=calls), ()
        case ToolAnswered() as said if said.call_id in session.calls:
            calls = {call: asked for call, asked in session.calls.items() if call != said.call_id}
            resolved = (session.calls[said.call_id],)
            answered = msgspec.structs.replace(session, calls=calls)
            return answered, (_report(ReportKind.PERMISSION_RESOLVED, answered, line.at, prompt_ids=resolved),)
        case _:
            return session, ()


def _begin(session: Session, said: SessionBegun, at: Millis) -> tuple[Session, tuple[Report, ...]]:
    """The file's first session is the one it is of; further ones came with a history that was taken over."""
    if session.id:
        return session, ()
    begun = msgspec.structs.replace(
        session,
        id=said.id,
        parent_id=None if said.parent_id == said.id else said.parent_id,
        project=project_of(said.cwd),
        nickname=said.nickname,
        began_at=said.began_at,
        seen_at=max(session.seen_at, at),
    )
    return begun, (_report(ReportKind.SPAWNED, begun, at),)


def _end(session: Session, said: TurnEnded, at: Millis) -> tuple[Session, tuple[Report, ...]]:
    turn_id = said.turn_id or session.turn_id
    was_failed = session.is_failed and turn_id == session.turn_id
    ended = _out_of_turn(session)
    if was_failed:
        return ended, ()
    if said.error:
        return ended, (_report(ReportKind.TURN_ERROR, ended, at, turn_id=turn_id, error=said.error),)
    return ended, (_report(ReportKind.TURN_COMPLETED, ended, at, turn_id=turn_id, message=said.message),)


def _abort(session: Session, said: TurnAborted, at: Millis) -> tuple[Session, tuple[Report, ...]]:
    turn_id = said.turn_id or session.turn_id
    ended = _out_of_turn(session)
    if said.reason == "interrupted":
        resolved = _report(ReportKind.PERMISSION_RESOLVED, ended, at)
        return ended, (resolved, _report(ReportKind.WAITING, ended, at, turn_id=turn_id, reason=said.reason))
    if said.reason in _FOLLOWED_BY_ANOTHER or (session.is_failed and turn_id == session.turn_id):
        return ended, ()
    error = f"The turn was broken off: {said.reason.replace('_', ' ') or 'no reason is given'}."
    return ended, (_report(ReportKind.TURN_ERROR, ended, at, turn_id=turn_id, error=error, reason=said.reason),)


def _in_turn(session: Session, turn_id: str | None) -> Session:
    return msgspec.structs.replace(session, turn_id=turn_id, is_in_turn=True, is_failed=False, calls={})


def _out_of_turn(session: Session) -> Session:
    return msgspec.structs.replace(session, turn_id=None, is_in_turn=False, is_failed=False, calls={})


def _report(
    kind: ReportKind,
    session: Session,
    at: Millis,
    *,
    title: str = "",
    turn_id: str | None = None,
    message: str = "",
    error: str = "",
    reason: str = "",
    prompt_ids: tuple[str, ...] = (),
) -> Report:
    return Report(
        kind=kind,
        agent_id=session.id[:ID_MAX],
        at=at,
        tool=TOOL,
        project=session.project,
        title=title or session.nickname,
        parent_id=session.parent_id,
        turn_id=turn_id,
        message=message,
        error=error,
        reason=reason,
        prompt_ids=prompt_ids,
    )
