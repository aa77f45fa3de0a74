"""What Claude Code's hooks say, as reports (https://code.claude.com/docs/en/hooks).

Every call carries `session_id`, `cwd`, `hook_event_name` and, where a subagent is meant, `agent_id` and `agent_type`. A
session is an agent, its subagents are agents of their own. Turns have no id: `prompt_id` stays the same when work in
the background, or a timer, wakes the session for a turn that nobody asked for, which begins and ends like any other.

    SessionStart                       spawned; after a compaction the session just goes on
    UserPromptSubmit                   turn-started
    Stop                               turn-completed; alive where subagents are still at work for it
    StopFailure                        turn-error: Claude Code retries by itself, so this one is final
    PermissionRequest                  permission-required
    PostToolUse(Failure)               the prompt for that tool was allowed, and the agent is at work
    PermissionDenied                   the prompt for that tool was denied
    SubagentStart, SubagentStop        a subagent begins with its turn, and ends with it
    Notification                       waiting, of the types that ask for a person; idle: no prompt is open any more
    Elicitation(Result)                waiting, and at work again
    PreToolUse, PostToolBatch          alive
    SessionEnd                         ended

Other events say nothing that matters here, and fields that are not known are not looked at. A prompt has no id in
what the hooks say, so its id is made of the tool and its input, which are the same in PermissionRequest and in what
follows it; a Notification names neither, and tells of no prompt. A call of over 1 MiB was cut: what stands before the
cut is read, and there the fields above come first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

import msgspec

from posthouse.model.agents import ID_MAX, TEXT_MAX, TITLE_MAX, PromptSaid, Report, ReportKind
from posthouse.model.errors import BadInput
from posthouse.sources.agents.hearing import Call

TOOL = "claude-code"
CALL_BYTES_MAX = 1024 * 1024
"""What the hook's program writes at most of one call."""

METADATA_BYTES_MAX = 4_000
_INPUT_TEXT_MAX = 500
_ASKING = frozenset(
    {"agent_needs_input", "elicitation_dialog", "idle_prompt", "permission_prompt", "worker_permission_prompt"}
)
_TELLING = ("command", "file_path", "notebook_path", "path", "url", "query", "pattern", "description", "prompt", "plan")
"""Fields of a tool's input that say best what it is about to do, the best first."""

_SPACES = re.compile(r"[ \t\r\n]*")

_Fields = Mapping[str, Any]


def reports(call: Call) -> tuple[Report, ...]:
    """What the call reports, in order. Raises BadInput `agent.report_invalid` where it is no call of a hook."""
    said = _fields(call.content)
    event, session = _text(said, "hook_event_name"), _text(said, "session_id", ID_MAX)
    if not event or not session:
        missing = "session_id" if event else "hook_event_name"
        raise BadInput("agent.report_invalid", f"This is no call of a hook: it has no {missing}.", field=missing)
    make = _EVENTS.get(event)
    if make is None:
        return ()
    subagent = _text(said, "agent_id", ID_MAX)
    common: dict[str, Any] = {
        "agent_id": subagent or session,
        "parent_id": session if subagent and subagent != session else None,
        "at": call.at,
        "tool": TOOL,
        "project": _last_folder(_text(said, "cwd", TEXT_MAX)),
        "title": _text(said, "agent_type" if subagent else "session_title", TITLE_MAX),
    }
    try:
        return tuple(Report(**(common | one)) for one in make(said))
    except RecursionError as error:
        raise BadInput("agent.report_invalid", "The JSON is nested too deeply.") from error


def prompt_id(tool: str, tool_input: Any) -> str:
    """The id of a permission prompt: the same for the same tool and input, however the input's members are ordered."""
    if tool == "AskUserQuestion" and isinstance(tool_input, dict):
        tool_input = tool_input.get("questions")  # the answers are added to the input
    canonical = json.dumps([tool, tool_input], sort_keys=True, separators=(",", ":"))
    return sha256(canonical.encode()).hexdigest()[:16]


_Said = list[dict[str, Any]]
"""Fields of reports, beside those that all reports of a call share."""


def _session_start(said: _Fields) -> _Said:
    return [] if said.get("source") == "compact" else [{"kind": ReportKind.SPAWNED}]


def _prompt_submit(said: _Fields) -> _Said:
    return [{"kind": ReportKind.TURN_STARTED, "message": _text(said, "prompt", TEXT_MAX)}]


def _stop(said: _Fields) -> _Said:
    tasks = said.get("background_tasks")
    kinds = {one.get("type") for one in tasks if isinstance(one, dict)} if isinstance(tasks, list) else set()
    # With a subagent at work this is a pause: its end wakes the session, which then stops for good. A shell in the
    # background may run for ever.
    return _alive(said) if "subagent" in kinds else _completed(said)


def _completed(said: _Fields) -> _Said:
    return [{"kind": ReportKind.TURN_COMPLETED, "message": _text(said, "last_assistant_message", TEXT_MAX)}]


def _stop_failure(said: _Fields) -> _Said:
    kind = _text(said, "error", TITLE_MAX)
    words = _text(said, "last_assistant_message", TEXT_MAX) or _text(said, "error_details", TEXT_MAX)
    error = f"{kind}: {words}" if kind and words else kind or words or "unknown"
    failed: _Said = [{"kind": ReportKind.TURN_ERROR, "error": error[:TEXT_MAX]}]
    # A subagent works through one turn, and nothing says that it is gone after a failed one.
    return [*failed, {"kind": ReportKind.ENDED, "reason": "error"}] if _text(said, "agent_id") else failed


def _subagent_start(said: _Fields) -> _Said:  # noqa: ARG001 (the shape of all of these)
    return [{"kind": ReportKind.SPAWNED}, {"kind": ReportKind.TURN_STARTED}]


def _subagent_stop(said: _Fields) -> _Said:
    return [*_completed(said), {"kind": ReportKind.ENDED, "reason": "done"}]


def _permission_request(said: _Fields) -> _Said:
    tool, tool_input = _text(said, "tool_name", TITLE_MAX), said.get("tool_input")
    prompt = PromptSaid(
        id=prompt_id(tool, tool_input),
        permission=tool,
        description=_description(tool_input),
        metadata=_metadata(said, tool_input),
    )
    return [{"kind": ReportKind.PERMISSION_REQUIRED, "prompts": (prompt,)}]


def _tool_ended(said: _Fields) -> _Said:
    return [_resolved(said, "allowed"), {"kind": ReportKind.ALIVE}]


def _permission_denied(said: _Fields) -> _Said:
    return [_resolved(said, "denied"), {"kind": ReportKind.ALIVE}]


def _resolved(said: _Fields, decision: str) -> dict[str, Any]:
    prompt = prompt_id(_text(said, "tool_name", TITLE_MAX), said.get("tool_input"))
    return {"kind": ReportKind.PERMISSION_RESOLVED, "prompt_ids": (prompt,), "decision": decision}


def _notification(said: _Fields) -> _Said:
    kind = _text(said, "notification_type")
    if kind not in _ASKING:
        return []
    if kind != "idle_prompt":
        return _waiting(said)
    # Whoever interrupts a turn ends it and its prompts, and no hook says so but this one, a minute later.
    closed: _Said = [{"kind": ReportKind.PERMISSION_LIST}]
    return [*closed, *(_waiting(said) if _text(said, "prompt_id") else [])]


def _waiting(said: _Fields) -> _Said:
    return [{"kind": ReportKind.WAITING, "message": _text(said, "message", TEXT_MAX)}]


def _alive(said: _Fields) -> _Said:  # noqa: ARG001 (the shape of all of these)
    return [{"kind": ReportKind.ALIVE}]


def _session_end(said: _Fields) -> _Said:
    return [{"kind": ReportKind.ENDED, "reason": _text(said, "reason", TITLE_MAX)}]


_EVENTS: Mapping[str, Callable[[_Fields], _Said]] = {
    "SessionStart": _session_start,
    "UserPromptSubmit": _prompt_submit,
    "Stop": _stop,
    "StopFailure": _stop_failure,
    "SubagentStart": _subagent_start,
    "SubagentStop": _subagent_stop,
    "PermissionRequest": _permission_request,
    "PermissionDenied": _permission_denied,
    "PostToolUse": _tool_ended,
    "PostToolUseFailure": _tool_ended,
    "Notification": _notification,
    "Elicitation": _waiting,
    "ElicitationResult": _alive,
    "PreToolUse": _alive,
    "PostToolBatch": _alive,
    "SessionEnd": _session_end,
}


def _description(tool_input: Any) -> str:
    """What the tool is about to do, in its own words, in one line."""
    if not isinstance(tool_input, dict):
        return ""
    questions = tool_input.get("questions")
    if isinstance(questions, list) and questions and isinstance(questions[0], dict):
        tool_input = {"description": questions[0].get("question")}
    texts = (tool_input.get(name) for name in _TELLING)
    return next((text[:TEXT_MAX] for text in texts if isinstance(text, str) and text), "")


def _metadata(said: _Fields, tool_input: Any) -> msgspec.Raw:
    """What else there is to know: the mode, and the tool's input as far as it is short. Whole texts stay away."""
    short = {
        name: value[:_INPUT_TEXT_MAX] if isinstance(value, str) else value
        for name, value in (tool_input.items() if isinstance(tool_input, dict) else ())
        if isinstance(value, str | int | float | bool)
    }
    found = {"permission_mode": _text(said, "permission_mode", TITLE_MAX), "tool_input": short}
    try:
        raw = msgspec.json.encode(found)
    except UnicodeEncodeError:  # half a character, which JSON may spell and UTF-8 cannot hold
        return msgspec.Raw(b"{}")
    return msgspec.Raw(raw if len(raw) <= METADATA_BYTES_MAX else b"{}")


def _last_folder(path: str) -> str:
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2][:TITLE_MAX]


def _text(said: _Fields, name: str, most: int = TITLE_MAX) -> str:
    """A field's text, cut; "" where there is none, or something else."""
    value = said.get(name)
    return value[:most] if isinstance(value, str) else ""


def _fields(content: bytes) -> dict[str, Any]:
    """The call's members; of one that was cut those before the cut. Raises BadInput.

    JavaScript spells half a character, which cutting a text may leave, as an escape: only `json` takes that.
    """
    try:
        said = json.loads(content)
    except RecursionError as error:
        raise BadInput("agent.report_invalid", "The JSON is nested too deeply.") from error
    except ValueError as error:
        said = _members_before_the_cut(content) if len(content) >= CALL_BYTES_MAX else None
        if not said:
            raise BadInput("agent.report_invalid", "This is not JSON in UTF-8.") from error
    if not isinstance(said, dict):
        raise BadInput("agent.report_invalid", "This is no call of a hook, but another JSON value.")
    return said


def _members_before_the_cut(content: bytes) -> dict[str, Any]:
    text, decoder = content.decode("utf-8", "replace"), json.JSONDecoder()
    found: dict[str, Any] = {}
    place = text.find("{") + 1
    try:
        while place:
            name, place = decoder.raw_decode(text, text.index('"', place))
            colon = _SPACES.match(text, text.index(":", place) + 1)
            found[name], place = decoder.raw_decode(text, colon.end() if colon else place)
            place = text.index(",", place) + 1
    except (ValueError, RecursionError):
        return found
    return found
