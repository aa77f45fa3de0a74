"""One line of Codex's session logs (rollouts): the few things that matter in it, as typed records.

In: a whole line as it stands in the file, `{timestamp, type, payload}`. Out: a `Line`, with what it says or None where
that is nothing that matters here. The format is undocumented and moves with the program's version; these are the
shapes of 0.40 to 0.169, as that program writes them (https://github.com/openai/codex). Unknown fields and kinds are
passed over, every text that is kept has a bound. A line of another shape raises `msgspec.DecodeError`.

What the log never says, in no version: that a permission is asked for, an error that is tried again, the session's end.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Annotated, Any

import msgspec
from msgspec import Raw, Struct

from posthouse.model.agents import ID_MAX, TEXT_MAX, TITLE_MAX
from posthouse.model.ids import Millis
from posthouse.model.rate_limits import RateLimits, RateWindow

PATH_MAX = 4_096
PROMPT_CHARS_MAX = 120
INSTANT_MAX = 2**52
"""Milliseconds; what claims to be later says nothing."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=ID_MAX)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**48)]


class SessionBegun(Struct, frozen=True, kw_only=True):
    """The session that the file is of. `parent_id`: of a subagent's. `forked_from_id`: whose history it took over."""

    id: str
    began_at: Millis
    cwd: str = ""
    branch: str = ""
    program_version: str = ""
    nickname: str = ""
    parent_id: str | None = None
    forked_from_id: str | None = None


class ModelChosen(Struct, frozen=True, kw_only=True):
    """What a turn goes by."""

    model: str = ""
    cwd: str = ""


class TurnStarted(Struct, frozen=True, kw_only=True):
    """A turn began. Older versions give turns no id. `happened_at`: as the turn itself says, to the second."""

    turn_id: str | None = None
    happened_at: Millis | None = None


class TurnEnded(Struct, frozen=True, kw_only=True):
    """A turn ended by itself. `error`: the final one, after all retries; "" where it ended well."""

    turn_id: str | None = None
    message: str = ""
    error: str = ""
    happened_at: Millis | None = None


class TurnAborted(Struct, frozen=True, kw_only=True):
    """A turn was broken off. `reason`: interrupted, replaced, review_ended, budget_limited."""

    turn_id: str | None = None
    reason: str = ""
    happened_at: Millis | None = None


class TurnFailed(Struct, frozen=True, kw_only=True):
    """The error that ends the turn under way, as versions log it that do not say it with the turn's end."""

    error: str


class ToolCalled(Struct, frozen=True, kw_only=True):
    """A tool is to be used. `asked`: what for, in the form that `asked_id` takes."""

    call_id: str
    asked: str


class ToolAnswered(Struct, frozen=True, kw_only=True):
    """A tool's use came to its end: it ran, was refused, or was broken off."""

    call_id: str


class Tokens(Struct, frozen=True, kw_only=True):
    """Counts; cached input is part of input, reasoning part of output."""

    input_tokens: _Count = 0
    cached_input_tokens: _Count = 0
    output_tokens: _Count = 0
    reasoning_output_tokens: _Count = 0
    total_tokens: _Count = 0


class TokensCounted(Struct, frozen=True, kw_only=True):
    """What the session has used since its beginning, repeated freely. None is not said.

    `last`: what the latest request used of it. A fork goes on counting from where it left the other session.
    """

    total: Tokens | None = None
    last: Tokens | None = None
    limits: RateLimits | None = None


class PromptWritten(Struct, frozen=True, kw_only=True):
    """A person asked something. `text`: its first characters, in one line.

    `is_item`: told as an item of the turn, as newer versions do it, which some versions do beside the older way.
    """

    text: str = ""
    is_item: bool = False


Said = (
    SessionBegun | ModelChosen | TurnStarted | TurnEnded | TurnAborted | TurnFailed | ToolCalled | ToolAnswered
    | TokensCounted | PromptWritten
)  # fmt: skip


class Line(Struct, frozen=True, kw_only=True):
    """When the line was written, in Unix milliseconds (0: not said), and what it says."""

    at: Millis
    said: Said | None


class _Line(Struct):
    timestamp: datetime | None = None
    type: str = ""
    payload: Raw = Raw(b"{}")


class _Kind(Struct):
    type: str = ""


class _Git(Struct):
    branch: str | None = None


class _Meta(Struct):
    id: _Id
    timestamp: datetime | None = None
    cwd: str | None = None
    cli_version: str | None = None
    git: _Git | None = None
    source: Any = None
    parent_thread_id: _Id | None = None
    forked_from_id: _Id | None = None
    agent_nickname: str | None = None


class _Context(Struct):
    model: str | None = None
    cwd: str | None = None


class _Error(Struct):
    message: str | None = None


class _Turn(Struct):
    turn_id: _Id | None = None
    started_at: int | None = None
    completed_at: int | None = None
    last_agent_message: str | None = None
    error: _Error | None = None
    reason: str | None = None


class _Failure(Struct):
    message: str | None = None
    codex_error_info: Any = None


class _Call(Struct):
    call_id: _Id
    arguments: str | None = None
    input: str | None = None


class _Window(Struct):
    used_percent: float | None = None
    window_minutes: int | None = None
    resets_at: int | None = None
    resets_in_seconds: int | None = None


class _Limits(Struct):
    limit_id: str | None = None
    primary: _Window | None = None
    secondary: _Window | None = None
    plan_type: str | None = None


class _Info(Struct):
    total_token_usage: Tokens | None = None
    last_token_usage: Tokens | None = None


class _Count_(Struct):  # noqa: N801 - the log's token_count
    info: _Info | None = None
    rate_limits: _Limits | None = None


class _Prompt(Struct):
    message: str | None = None
    kind: str | None = None


class _Item(Struct):
    type: str = ""
    content: Raw = Raw(b"[]")


class _Completed(Struct):
    item: _Item


class _Content(Struct):
    text: str | None = None


# Errors of a request that leave the turn as it is.
_PASSING_ERRORS = ("thread_rollback_failed", "active_turn_not_steerable")

_decode_line = msgspec.json.Decoder(_Line).decode
_decode_kind = msgspec.json.Decoder(_Kind).decode
_decode_meta = msgspec.json.Decoder(_Meta).decode
_decode_context = msgspec.json.Decoder(_Context).decode
_decode_turn = msgspec.json.Decoder(_Turn).decode
_decode_failure = msgspec.json.Decoder(_Failure).decode
_decode_call = msgspec.json.Decoder(_Call).decode
_decode_count = msgspec.json.Decoder(_Count_).decode
_decode_prompt = msgspec.json.Decoder(_Prompt).decode
_decode_completed = msgspec.json.Decoder(_Completed).decode
_decode_contents = msgspec.json.Decoder(list[_Content]).decode


def decode(raw: bytes) -> Line:
    """A line. Raises msgspec.DecodeError or UnicodeDecodeError where it makes no sense."""
    line = _decode_line(raw)
    at = _instant(line.timestamp)
    match line.type:
        case "session_meta":
            return Line(at=at, said=_session(line.payload, at))
        case "turn_context":
            context = _decode_context(line.payload)
            return Line(at=at, said=ModelChosen(model=_cut(context.model, ID_MAX), cwd=_cut(context.cwd, PATH_MAX)))
        case "event_msg":
            read = _EVENTS.get(_decode_kind(line.payload).type)
        case "response_item":
            read = _ITEMS.get(_decode_kind(line.payload).type)
        case _:
            read = None
    return Line(at=at, said=None if read is None else read(line.payload, at))


def asked_id(turn_id: str | None, asked: str) -> str:
    """What stands for one question of one turn: the same, whether it was asked through a hook or is in the log."""
    return blake2b(f"{turn_id or ''}\0{asked}".encode("utf-8", "replace"), digest_size=12).hexdigest()


def asked_of(arguments: object) -> str:
    """What a tool is asked to do: its command where it has one, else all its arguments, but for the explanation."""
    if isinstance(arguments, dict):
        for name in ("command", "cmd"):
            if isinstance(arguments.get(name), str):
                return str(arguments[name])
        arguments = {name: value for name, value in arguments.items() if name != "description"}
    return msgspec.json.encode(arguments, order="sorted").decode()


def _session(payload: Raw, at: Millis) -> SessionBegun:
    meta = _decode_meta(payload)
    return SessionBegun(
        id=meta.id,
        began_at=_instant(meta.timestamp) or at,
        cwd=_cut(meta.cwd, PATH_MAX),
        branch=_cut(meta.git.branch if meta.git else None, TITLE_MAX),
        program_version=_cut(meta.cli_version, ID_MAX),
        nickname=_cut(meta.agent_nickname, TITLE_MAX),
        parent_id=meta.parent_thread_id or _parent_of(meta.source),
        forked_from_id=meta.forked_from_id,
    )


def _parent_of(source: object) -> str | None:
    """The parent that a subagent's `source` names: `{subagent: {thread_spawn: {parent_thread_id}}}`."""
    for name in ("subagent", "thread_spawn", "parent_thread_id"):
        source = source.get(name) if isinstance(source, dict) else None
    return source if isinstance(source, str) and 0 < len(source) <= ID_MAX else None


def _started(payload: Raw, at: Millis) -> Said:  # noqa: ARG001 - all of these are called alike
    turn = _decode_turn(payload)
    return TurnStarted(turn_id=turn.turn_id, happened_at=_of_seconds(turn.started_at))


def _ended(payload: Raw, at: Millis) -> Said:  # noqa: ARG001
    turn = _decode_turn(payload)
    error = "" if turn.error is None else _cut(turn.error.message, TEXT_MAX) or "The turn failed."
    message = _cut(turn.last_agent_message, TEXT_MAX)
    return TurnEnded(turn_id=turn.turn_id, message=message, error=error, happened_at=_of_seconds(turn.completed_at))


def _aborted(payload: Raw, at: Millis) -> Said:  # noqa: ARG001
    turn = _decode_turn(payload)
    reason = _cut(turn.reason, ID_MAX)
    return TurnAborted(turn_id=turn.turn_id, reason=reason, happened_at=_of_seconds(turn.completed_at))


def _failed(payload: Raw, at: Millis) -> Said | None:  # noqa: ARG001
    failure = _decode_failure(payload)
    info = failure.codex_error_info
    if info in _PASSING_ERRORS or (isinstance(info, dict) and any(name in info for name in _PASSING_ERRORS)):
        return None
    return TurnFailed(error=_cut(failure.message, TEXT_MAX) or "The turn failed.")


def _called(payload: Raw, at: Millis) -> Said:  # noqa: ARG001
    call = _decode_call(payload)
    if call.input is not None:
        return ToolCalled(call_id=call.call_id, asked=call.input)
    try:
        arguments = msgspec.json.decode(call.arguments or "null")
    except msgspec.DecodeError:
        arguments = call.arguments
    return ToolCalled(call_id=call.call_id, asked=asked_of(arguments))


def _answered(payload: Raw, at: Millis) -> Said:  # noqa: ARG001
    return ToolAnswered(call_id=_decode_call_id(payload).call_id)


class _Answer(Struct):
    call_id: _Id


_decode_call_id = msgspec.json.Decoder(_Answer).decode


def _counted(payload: Raw, at: Millis) -> Said:
    count = _decode_count(payload)
    limits = count.rate_limits
    # Limits of single models have names of their own; those of the account are "codex", or have none.
    if limits is None or (limits.limit_id or "codex") != "codex":
        told = None
    else:
        primary, secondary = _window(limits.primary, at), _window(limits.secondary, at)
        plan = _cut(limits.plan_type, ID_MAX)
        is_said = primary is not None or secondary is not None
        told = RateLimits(heard_at=at, primary=primary, secondary=secondary, plan=plan) if is_said else None
    info = count.info or _Info()
    return TokensCounted(total=info.total_token_usage, last=info.last_token_usage, limits=told)


def _window(window: _Window | None, at: Millis) -> RateWindow | None:
    if window is None or window.used_percent is None:
        return None
    resets_at = _of_seconds(window.resets_at)
    if resets_at is None and window.resets_in_seconds is not None and abs(window.resets_in_seconds) < INSTANT_MAX:
        resets_at = Millis(at + window.resets_in_seconds * 1_000)
    return RateWindow(used_percent=window.used_percent, window_minutes=window.window_minutes, resets_at=resets_at)


def _prompted(payload: Raw, at: Millis) -> Said | None:  # noqa: ARG001
    prompt = _decode_prompt(payload)
    # Older versions put instructions and the environment into the person's mouth.
    return PromptWritten(text=_one_line(prompt.message)) if prompt.kind in (None, "plain") else None


def _completed(payload: Raw, at: Millis) -> Said | None:  # noqa: ARG001
    item = _decode_completed(payload).item
    if item.type != "UserMessage":
        return None
    texts = [one.text for one in _decode_contents(item.content) if one.text]
    return PromptWritten(text=_one_line(texts[0] if texts else None), is_item=True)


def _one_line(text: str | None) -> str:
    return " ".join((text or "")[: PROMPT_CHARS_MAX * 4].split())[:PROMPT_CHARS_MAX]


_EVENTS: dict[str, Callable[[Raw, Millis], Said | None]] = {
    "task_started": _started,
    "turn_started": _started,
    "task_complete": _ended,
    "turn_complete": _ended,
    "turn_aborted": _aborted,
    "error": _failed,
    "token_count": _counted,
    "user_message": _prompted,
    "item_completed": _completed,
}
_ITEMS: dict[str, Callable[[Raw, Millis], Said | None]] = {
    "function_call": _called,
    "custom_tool_call": _called,
    "function_call_output": _answered,
    "custom_tool_call_output": _answered,
}


def _instant(moment: datetime | None) -> Millis:
    """Unix milliseconds; 0 where none is said. One without a zone is in UTC."""
    if moment is None:
        return Millis(0)
    at = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _MILLISECOND
    return Millis(max(0, at))


def _of_seconds(seconds: int | None) -> Millis | None:
    return None if seconds is None or not 0 < seconds * 1_000 < INSTANT_MAX else Millis(seconds * 1_000)


def _cut(text: str | None, characters_max: int) -> str:
    return (text or "")[:characters_max]
