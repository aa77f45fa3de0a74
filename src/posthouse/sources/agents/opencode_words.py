"""What OpenCode's server says, read leniently: its events, and its lists of sessions, prompts and questions.

In: JSON as it came. Out: typed records of the few things that matter here, or None where it is anything else. Fields
that are not named here are passed over; what does not have the shape is as good as not said.

Source: the server's own document (`GET /doc`) of version 1.18, and its event stream as it was seen. Of permissions
there are three shapes: `permission.asked` (since 1.1), `permission.v2.asked` (named `action` and `resources`), and
`permission.updated` of older versions (named `type`, `pattern` and `title`).
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from posthouse.model.agents import TEXT_MAX, PromptSaid

T = TypeVar("T")

NO_METADATA = msgspec.Raw(b"{}")
_SPELLED = {
    "parent_id": "parentID",
    "session_id": "sessionID",
    "request_id": "requestID",
    "permission_id": "permissionID",
}
ABORTED = "MessageAbortedError"
_OWN_TITLES = ("New session - ", "Child session - ")
"""How titles begin that stand there until there is one."""


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """Unix milliseconds by the server's clock."""

    created: float = 0
    updated: float = 0
    completed: float | None = None
    archived: float | None = None


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Why something failed: a name, and data that mostly has a `message`."""

    name: str = ""
    data: Any = None

    @property
    def words(self) -> str:
        """The message, else the name."""
        said = self.data.get("message") if isinstance(self.data, dict) else None
        return (said if isinstance(said, str) and said else self.name or "OpenCode says no reason.")[:TEXT_MAX]


class SessionInfo(msgspec.Struct, frozen=True, kw_only=True, rename=_SPELLED):
    """`Session` of the server's document."""

    id: str
    title: str = ""
    directory: str = ""
    parent_id: str | None = None
    time: Times = Times()

    @property
    def own_title(self) -> str:
        """The title, "" where nobody has given it one yet."""
        return "" if self.title.startswith(_OWN_TITLES) else self.title


class MessageInfo(msgspec.Struct, frozen=True, kw_only=True, rename=_SPELLED):
    """`Message`: of a person (`user`), or an answer to one (`assistant`), whose `parentID` is the person's."""

    id: str
    session_id: str
    role: str
    parent_id: str | None = None
    time: Times = Times()
    error: Fault | None = None


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """session.created, session.updated, session.deleted. `happened` is the last word."""

    happened: str
    info: SessionInfo


class MessageChanged(msgspec.Struct, frozen=True, kw_only=True):
    """message.updated."""

    info: MessageInfo


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """session.status and session.idle. `type`: idle, busy, or retry."""

    session_id: str
    type: str


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """session.error."""

    session_id: str
    fault: Fault


class PermissionAsked(msgspec.Struct, frozen=True, kw_only=True):
    """A permission prompt that is open."""

    session_id: str
    prompt: PromptSaid


class PermissionReplied(msgspec.Struct, frozen=True, kw_only=True):
    """A permission prompt that was decided. `decision`: allowed or denied."""

    session_id: str
    prompt_id: str
    decision: str


class QuestionAsked(msgspec.Struct, frozen=True, kw_only=True):
    """A question of an agent to its person."""

    session_id: str
    id: str
    words: str


class QuestionClosed(msgspec.Struct, frozen=True, kw_only=True):
    """A question that was answered or waved away."""

    session_id: str
    id: str


class Beat(msgspec.Struct, frozen=True):
    """server.heartbeat: nothing happened, and time has passed."""


Said = (
    Changed
    | MessageChanged
    | Status
    | Failed
    | PermissionAsked
    | PermissionReplied
    | QuestionAsked
    | QuestionClosed
    | Beat
)


class _Event(msgspec.Struct, frozen=True):
    type: str = ""
    properties: msgspec.Raw = NO_METADATA


class _Envelope(_Event, frozen=True):
    payload: _Event | None = None


class _StatusType(msgspec.Struct, frozen=True):
    type: str = ""


class _OfSession(msgspec.Struct, frozen=True):
    info: SessionInfo


class _OfMessage(msgspec.Struct, frozen=True):
    info: MessageInfo


class _OfStatus(msgspec.Struct, frozen=True, rename=_SPELLED):
    session_id: str
    status: _StatusType = _StatusType()


class _OfError(msgspec.Struct, frozen=True, rename=_SPELLED):
    session_id: str
    error: Fault = Fault()


class _Asked(msgspec.Struct, frozen=True, rename=_SPELLED):
    """A permission in any of its three shapes."""

    id: str
    session_id: str
    permission: str = ""
    action: str = ""
    type: str = ""
    title: str = ""
    patterns: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    pattern: str | tuple[str, ...] = ()
    metadata: dict[str, msgspec.Raw] | None = None


class _Replied(msgspec.Struct, frozen=True, rename=_SPELLED):
    session_id: str
    request_id: str = ""
    permission_id: str = ""
    reply: str = ""
    response: str = ""


class _OneQuestion(msgspec.Struct, frozen=True):
    question: str = ""


class _Question(msgspec.Struct, frozen=True, rename=_SPELLED):
    id: str
    session_id: str
    questions: tuple[_OneQuestion, ...] = ()


class _QuestionOver(msgspec.Struct, frozen=True, rename=_SPELLED):
    session_id: str
    request_id: str


def said_by_event(data: str | bytes) -> Said | None:
    """What an event of `/global/event` or `/event` says; None where it is nothing that matters. Never raises."""
    try:
        envelope = msgspec.json.decode(data, type=_Envelope)
        event = envelope.payload or envelope
        return _said(event.type, event.properties)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def heard_at(said: Said) -> float:
    """The instant that it bears, by the server's clock; 0 where it bears none."""
    match said:
        case Changed():
            return said.info.time.updated
        case MessageChanged():
            return max(said.info.time.created, said.info.time.completed or 0)
        case _:
            return 0


def sessions_in(body: bytes) -> list[SessionInfo]:
    """The sessions of a list, without those that cannot be read. Raises ValueError where it is no list."""
    return _each(body, SessionInfo)


def prompts_in(body: bytes) -> list[PermissionAsked]:
    """The pending permissions of a list; as `sessions_in`."""
    return [_asked(one) for one in _each(body, _Asked)]


def questions_in(body: bytes) -> list[QuestionAsked]:
    """The open questions of a list; as `sessions_in`."""
    return [_question(one) for one in _each(body, _Question)]


def busy_in(body: bytes) -> frozenset[str]:
    """The ids of the sessions that are at work, of what `/session/status` answers. Raises ValueError."""
    try:
        found = msgspec.json.decode(body, type=dict[str, _StatusType])
    except msgspec.MsgspecError as error:
        raise ValueError("no list of states") from error
    return frozenset(session_id for session_id, status in found.items() if status.type not in ("", "idle"))


def last_message_in(body: bytes) -> MessageInfo | None:
    """The last message of a list, None where there is none. Raises ValueError."""
    found = _each(body, _OfMessage)
    return found[-1].info if found else None


def _said(happened: str, properties: msgspec.Raw) -> Said | None:
    match happened:
        case "server.heartbeat":
            return Beat()
        case "session.created" | "session.updated" | "session.deleted":
            info = msgspec.json.decode(properties, type=_OfSession).info
            return Changed(happened=happened.rpartition(".")[2], info=info)
        case "message.updated":
            return MessageChanged(info=msgspec.json.decode(properties, type=_OfMessage).info)
        case "session.status":
            status = msgspec.json.decode(properties, type=_OfStatus)
            return Status(session_id=status.session_id, type=status.status.type)
        case "session.idle":
            return Status(session_id=msgspec.json.decode(properties, type=_OfStatus).session_id, type="idle")
        case "session.error":
            failed = msgspec.json.decode(properties, type=_OfError)
            return Failed(session_id=failed.session_id, fault=failed.error)
        case "permission.asked" | "permission.updated" | "permission.v2.asked":
            return _asked(msgspec.json.decode(properties, type=_Asked))
        case "permission.replied" | "permission.v2.replied":
            replied = msgspec.json.decode(properties, type=_Replied)
            decision = "denied" if (replied.reply or replied.response) == "reject" else "allowed"
            prompt_id = replied.request_id or replied.permission_id
            return PermissionReplied(session_id=replied.session_id, prompt_id=prompt_id, decision=decision)
        case "question.asked" | "question.v2.asked":
            return _question(msgspec.json.decode(properties, type=_Question))
        case "question.replied" | "question.rejected" | "question.v2.replied" | "question.v2.rejected":
            over = msgspec.json.decode(properties, type=_QuestionOver)
            return QuestionClosed(session_id=over.session_id, id=over.request_id)
        case _:
            return None


def _asked(said: _Asked) -> PermissionAsked:
    older = (said.pattern,) if isinstance(said.pattern, str) else said.pattern
    wanted = said.patterns or said.resources or older
    prompt = PromptSaid(
        id=said.id,
        permission=said.permission or said.action or said.type,
        description=(said.title or ", ".join(wanted))[:TEXT_MAX],
        metadata=msgspec.Raw(msgspec.json.encode(said.metadata)) if said.metadata else NO_METADATA,
    )
    return PermissionAsked(session_id=said.session_id, prompt=prompt)


def _question(said: _Question) -> QuestionAsked:
    words = " ".join(one.question for one in said.questions)[:TEXT_MAX]
    return QuestionAsked(session_id=said.session_id, id=said.id, words=words)


def _each(body: bytes, kind: type[T]) -> list[T]:
    try:
        entries = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError("no list") from error
    found = []
    for entry in entries:
        try:
            found.append(msgspec.json.decode(entry, type=kind))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
    return found
