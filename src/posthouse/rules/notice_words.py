"""Words of notifications: what a person is told of an agent, and of several notifications at once.

Comes in: an event of the source `agents` with its data as it may leave, and where the dashboard is. Goes out: a
message: whose agent and what became of it as the title; why, or what for, and which agent as the body; a link to the
agent's place in the dashboard. Always holds: it fits the bounds of `Message`, on whatever data.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from urllib.parse import quote

import msgspec

from posthouse.model.agents import AgentEvent
from posthouse.model.events import Event
from posthouse.model.ids import Millis
from posthouse.model.messages import BODY_MAX, CLICK_MAX, TAGS_MAX, TITLE_MAX, Message
from posthouse.rules.local_time import wall_of
from posthouse.rules.notices import KINDS, RESOLVED_PRIORITY
from posthouse.rules.texts import one_line, visible_lines

TAG_CHARACTERS = 8
"""Of an agent's id: enough to tell two of them apart."""

PROJECT_MAX = 60
LINES_MAX = 20
LINE_MAX = 140
"""Of a digest: how many notifications it names, and the characters of one; of those behind it says how many."""

TOOLS = {"claude-code": "Claude Code", "codex": "Codex", "opencode": "OpenCode"}
"""What people call the tools that are known by name."""

_DECISIONS = {"allowed": ("Allowed", "unlock"), "denied": ("Denied", "no_entry")}
_RESOLVED = ("Resolved", "unlock")


class _Agent(msgspec.Struct):
    id: str = ""
    tool: str = ""
    machine: str = ""
    project: str = ""
    title: str = ""


class _Prompt(msgspec.Struct):
    permission: str = ""
    description: str = ""


class _Payload(msgspec.Struct):
    agent: _Agent
    prompt: _Prompt | None = None
    message: str = ""
    error: str = ""
    decision: str = ""


_decode_payload = msgspec.json.Decoder(_Payload).decode


def agent_message(event: Event, data: msgspec.Raw, *, dashboard: str = "") -> Message | None:
    """The message of an agent's event; None where it is none, or its data are not what they should be.

    `dashboard`: the address of the dashboard, without a slash at its end; "" makes no link.
    """
    if event.type not in _SAID:
        return None
    try:
        payload = _decode_payload(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    said = AgentEvent(event.type)
    ending, tag, priority = _ending(said, payload)
    lines = [visible_lines(line).strip() for line in (_why(said, payload), _who(payload.agent, event.machine))]
    return Message(
        title=_title(payload.agent, ending),
        body="\n".join(line for line in lines if line)[:BODY_MAX] or f"On {event.machine}.",
        priority=priority,
        tags=(tag,),
        click=_link(dashboard, "agents", payload.agent.id),
    )


def digest_message(told: Sequence[tuple[Millis, Message]], *, zone: tzinfo, dashboard: str = "") -> Message:
    """One message for several, each with the time at which it happened, in the order given; at least two."""
    lines = [f"{wall_of(at, zone):%H:%M} {one_line(message.title)}"[:LINE_MAX] for at, message in told[:LINES_MAX]]
    if len(told) > LINES_MAX:
        lines.append(f"… and {len(told) - LINES_MAX} more")
    tags = dict.fromkeys(tag for _, message in told for tag in message.tags)
    return Message(
        title=f"{len(told)} notifications",
        body="\n".join(lines),
        priority=max(message.priority for _, message in told),
        tags=tuple(tags)[:TAGS_MAX],
        click=_link(dashboard, "notifications"),
    )


def _ending(said: AgentEvent, payload: _Payload) -> tuple[str, str, int]:
    """What became of it, the tag and the priority."""
    if said is AgentEvent.PERMISSION_RESOLVED:
        word, tag = _DECISIONS.get(payload.decision, _RESOLVED)
        return f": {word}", tag, RESOLVED_PRIORITY
    if said is AgentEvent.ENDED:
        return " has ended", "checkered_flag", RESOLVED_PRIORITY
    kind = KINDS[said]
    return _SAID[said], kind.tag, kind.priority


def _title(agent: _Agent, ending: str) -> str:
    """`posthouse: Fix the tests is done`: what is too long is cut in the middle, so that the end can be read."""
    project = one_line(agent.project)[:PROJECT_MAX]
    head = f"{project}: " if project else ""
    name = one_line(agent.title) or _tool(agent)
    room = TITLE_MAX - len(head) - len(ending)
    return head + (name if len(name) <= room else f"{name[: room - 1]}…") + ending


def _why(said: AgentEvent, payload: _Payload) -> str:
    prompt = payload.prompt
    if said is AgentEvent.TURN_ERROR:
        return payload.error or payload.message
    if prompt is not None:
        return ": ".join(part for part in (prompt.permission, prompt.description) if part)
    return payload.message


def _who(agent: _Agent, machine: str) -> str:
    """`Claude Code on laptop · 0f3a9c1b`."""
    name = f"{_tool(agent)} on {one_line(agent.machine) or machine}"
    tag = one_line(agent.id)[:TAG_CHARACTERS]
    return f"{name} · {tag}" if tag else name


def _tool(agent: _Agent) -> str:
    tool = one_line(agent.tool)
    return TOOLS.get(tool, tool[:PROJECT_MAX]) or "An agent"


def _link(dashboard: str, *path: str) -> str:
    link = "/".join((dashboard, *(quote(part, safe="") for part in path)))
    return link if dashboard and path[-1] and len(link) <= CLICK_MAX else ""


_SAID: dict[str, str] = {
    AgentEvent.TURN_COMPLETED: " is done",
    AgentEvent.TURN_ERROR: " failed",
    AgentEvent.PERMISSION_REQUIRED: " needs you",
    AgentEvent.PERMISSION_RESOLVED: "",
    AgentEvent.SPAWNED: " has begun",
    AgentEvent.ENDED: " has ended",
}
