"""What the board tells, as events and as updates of the live stream. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from posthouse.model.agents import (
    Agent,
    AgentEvent,
    AgentFacts,
    AgentPayload,
    AgentState,
    Prompt,
    PromptFacts,
    Told,
    prompt_key,
)
from posthouse.model.events import EventDraft, Severity
from posthouse.model.ids import Millis
from posthouse.model.live import AgentUpdate, AgentUpdateEvent, LiveEvent, SessionUpdate, SessionUpdateEvent
from posthouse.rules.timestamps import rfc3339

TITLES, MESSAGES = "titles", "messages"
SESSION_TOOL = "opencode"
"""The tool whose agents are sessions of a server."""

SEVERITIES: Mapping[AgentEvent, Severity] = {
    AgentEvent.SPAWNED: Severity.INFO,
    AgentEvent.TURN_COMPLETED: Severity.SUCCESS,
    AgentEvent.TURN_ERROR: Severity.ERROR,
    AgentEvent.PERMISSION_REQUIRED: Severity.WARNING,
    AgentEvent.PERMISSION_RESOLVED: Severity.INFO,
    AgentEvent.ENDED: Severity.INFO,
}

WAITING_FIRST = (AgentState.WAITING, AgentState.WORKING, AgentState.FAILED, AgentState.IDLE, AgentState.ENDED)


def draft_of(told: Told, now: Millis, *, hops: int = 0) -> EventDraft:
    """The event of what is told. `hops`: through how many Posthouses the news of it has come.

    Its subject is the project, not the title: that is a property, and a binding that leaves it out sends the subject.
    """
    payload = AgentPayload(
        generated_at=rfc3339(now),
        agent=_facts(told.agent),
        prompt=None if told.prompt is None else _prompt(told.prompt),
        turn_id=told.turn_id,
        message=told.message,
        error=told.error,
        decision=told.decision,
        reason=told.reason,
    )
    return EventDraft(
        type=told.type,
        data=msgspec.Raw(msgspec.json.encode(payload)),
        at=told.at,
        severity=SEVERITIES[told.type],
        subject=told.agent.project or told.agent.tool or None,
        correlation_key=None if told.prompt is None else prompt_key(told.agent.id, told.prompt.id),
        hops=hops,
    )


def updates_of(before: Agent | None, after: Agent, now: Millis) -> tuple[LiveEvent, ...]:
    """What the live stream says when an agent has changed; nothing where nobody who looks would see a difference.

    Of an OpenCode agent it is also told as a session into which state it has come.
    """
    is_news = after.state is not AgentState.ENDED if before is None else _shown(before) != _shown(after)
    if not is_news:
        return ()
    has_session_moved = after.tool == SESSION_TOOL and (before is None or before.state is not after.state)
    session = (_session_update(after, now),) if has_session_moved else ()
    return (_agent_update(after, now), *session)


def name_of(agent: Agent) -> str:
    """What people know it by: its title, else its project, else its tool."""
    return agent.title or agent.project or agent.tool


def board_data(agents: list[Agent], now: Millis) -> msgspec.Raw:
    """The whole board as one payload, for a look at it: who waits for a person comes first."""
    ordered = sorted(agents, key=lambda one: (WAITING_FIRST.index(one.state), -one.since))
    return msgspec.Raw(
        msgspec.json.encode(
            {
                "source": "agents",
                "version": 1,
                "generated_at": rfc3339(now),
                "agents": [
                    msgspec.to_builtins(_facts(one))
                    | {
                        "state": one.state,
                        "since": rfc3339(one.since),
                        "prompts": [_prompt(prompt) for prompt in one.prompts],
                    }
                    for one in ordered
                ],
            }
        )
    )


def project(data: Any, allowed: Mapping[str, bool]) -> Any:
    """The decoded data without titles and messages where they are not allowed."""
    if not isinstance(data, dict):
        return data
    kept = {name: value for name, value in data.items() if name != "message" or allowed[MESSAGES]}
    if not allowed[TITLES]:
        if "agent" in kept:
            kept["agent"] = _untitled(kept["agent"])
        if isinstance(kept.get("agents"), list):
            kept["agents"] = [_untitled(one) for one in kept["agents"]]
    return kept


def _agent_update(agent: Agent, now: Millis) -> AgentUpdateEvent:
    return AgentUpdateEvent(
        AgentUpdate(
            agent_id=agent.id,
            name=name_of(agent),
            state=agent.state,
            timestamp=now,
            tool=agent.tool,
            project=agent.project,
            prompts=len(agent.prompts),
            parent_id=agent.parent_id,
        )
    )


def _session_update(agent: Agent, now: Millis) -> SessionUpdateEvent:
    return SessionUpdateEvent(SessionUpdate(session_id=agent.id, action=agent.state, timestamp=now))


def _shown(agent: Agent) -> tuple[object, ...]:
    return (
        agent.state,
        agent.since,
        agent.prompts,
        agent.title,
        agent.project,
        agent.tool,
        agent.parent_id,
        agent.error,
    )


def _untitled(agent: Any) -> Any:
    return {name: value for name, value in agent.items() if name != "title"} if isinstance(agent, dict) else agent


def _facts(agent: Agent) -> AgentFacts:
    return AgentFacts(
        id=agent.id,
        tool=agent.tool,
        machine=agent.machine,
        project=agent.project,
        title=agent.title,
        parent_id=agent.parent_id,
    )


def _prompt(prompt: Prompt) -> PromptFacts:
    return PromptFacts(
        id=prompt.id, permission=prompt.permission, description=prompt.description, metadata=prompt.metadata
    )
