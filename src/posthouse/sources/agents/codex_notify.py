"""What Codex's `notify` program and its hooks left in the spool, as reports.

Two shapes, told apart by their fields (https://developers.openai.com/codex/config-advanced and /codex/hooks):

    {type: agent-turn-complete, thread-id, turn-id, cwd, last-assistant-message}         a turn ended well
    {hook_event_name: PermissionRequest, session_id, turn_id, tool_name, tool_input}     a person is asked
    {hook_event_name: SubagentStart, session_id, agent_id, turn_id}                      a subagent came to be

Neither says that a turn failed, nor when a permission was decided: that is in the session logs (`codex_logs`). A
question has no id of its own; `asked_id` makes one that the logs lead to as well. Other events say nothing. So does
`SessionEnd`, on purpose: it would overtake the log, and what ended is not told of any more when the log says how.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from posthouse.model.agents import ID_MAX, TEXT_MAX, PromptSaid, Report, ReportKind
from posthouse.model.errors import BadInput
from posthouse.sources.agent_logs.codex_lines import asked_id, asked_of
from posthouse.sources.agents.codex_session import TOOL, project_of
from posthouse.sources.agents.hearing import Call

METADATA_BYTES_MAX = 16_000
"""What a tool was asked with goes along as it is up to this size."""

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=ID_MAX)]
_TURN_COMPLETE = "agent-turn-complete"


class _Named(msgspec.Struct):
    type: str = ""
    hook_event_name: str = ""


class _TurnComplete(msgspec.Struct, rename="kebab"):
    thread_id: _Id
    turn_id: _Id | None = None
    cwd: str | None = None
    last_assistant_message: str | None = None


class _Hook(msgspec.Struct):
    session_id: _Id
    turn_id: _Id | None = None
    cwd: str | None = None
    agent_id: _Id | None = None
    tool_name: str | None = None
    tool_input: Any = None

    @property
    def subject(self) -> str:
        """The agent that it is about."""
        return self.agent_id or self.session_id

    @property
    def parent_id(self) -> str | None:
        """Whom that agent works for, if it is a subagent."""
        return self.session_id if self.agent_id not in (None, self.session_id) else None


def reports(call: Call) -> tuple[Report, ...]:
    """What one call says, nothing where it does not matter. Raises BadInput where it cannot be read."""
    try:
        named = msgspec.json.decode(call.content, type=_Named)
        if named.type == _TURN_COMPLETE:
            return (_turn_completed(msgspec.json.decode(call.content, type=_TurnComplete), call),)
        if named.hook_event_name in _HOOKS:
            hook = msgspec.json.decode(call.content, type=_Hook)
            return (_HOOKS[named.hook_event_name](hook, call),)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"Codex left something that is no call of its hooks: {str(error)[:200]}."
        raise BadInput("agent.call_unreadable", message) from error
    return ()


def _turn_completed(turn: _TurnComplete, call: Call) -> Report:
    return Report(
        kind=ReportKind.TURN_COMPLETED,
        agent_id=turn.thread_id,
        at=call.at,
        tool=TOOL,
        project=project_of(turn.cwd),
        turn_id=turn.turn_id,
        message=(turn.last_assistant_message or "")[:TEXT_MAX],
    )


def _permission_required(hook: _Hook, call: Call) -> Report:
    asked = asked_of(hook.tool_input)
    explained = hook.tool_input.get("description") if isinstance(hook.tool_input, dict) else None
    metadata = msgspec.json.encode({"tool_input": hook.tool_input})
    prompt = PromptSaid(
        id=asked_id(hook.turn_id, asked),
        permission=(hook.tool_name or "")[:ID_MAX],
        description=(explained if isinstance(explained, str) and explained else asked)[:TEXT_MAX],
        metadata=msgspec.Raw(metadata if len(metadata) <= METADATA_BYTES_MAX else b"{}"),
    )
    return _report(ReportKind.PERMISSION_REQUIRED, hook, call, prompts=(prompt,))


def _subagent_started(hook: _Hook, call: Call) -> Report:
    return _report(ReportKind.SPAWNED, hook, call)


_HOOKS = {"PermissionRequest": _permission_required, "SubagentStart": _subagent_started}


def _report(kind: ReportKind, hook: _Hook, call: Call, *, prompts: tuple[PromptSaid, ...] = ()) -> Report:
    return Report(
        kind=kind,
        agent_id=hook.subject,
        at=call.at,
        tool=TOOL,
        project=project_of(hook.cwd),
        parent_id=hook.parent_id,
        turn_id=hook.turn_id,
        prompts=prompts,
    )
