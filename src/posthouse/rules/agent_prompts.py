"""An agent's permission prompts: which are open, which are new, and which are over. Pure.

A prompt that is over is remembered for a while: a list that still has it does not open it again, nor does a request
that is older than its end. A later request under its id does: some tools make the id from what is asked.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from posthouse.model.agents import PROMPTS_MAX, Agent, AgentEvent, Closed, Prompt, PromptSaid, Report, Told
from posthouse.model.ids import Millis

CLOSED_MAX = 200
"""Prompts that are remembered as over, of each agent."""

PROMPT_BYTES_MAX = 512 * 1024
"""Of all open prompts of an agent together."""


class Reason(StrEnum):
    """Why something ended without anybody saying so."""

    LIST = "list"
    TURN_STARTED = "turn-started"
    TURN_ENDED = "turn-ended"
    AGENT_ENDED = "agent-ended"
    PARENT = "parent"
    SILENCE = "silence"
    CROWDED_OUT = "crowded-out"


def with_prompts(agent: Agent, report: Report) -> tuple[Agent, tuple[Told, ...]]:
    """The agent with the prompts that it asks for now; those that are new are told."""
    if report.at < max(agent.turn_at, agent.listed_at):
        return agent, ()
    closed = {one.id: one.at for one in agent.closed}
    fresh = [one for one in report.prompts if one.id not in closed or closed[one.id] < report.at]
    return _admitted(agent, fresh, report)


def with_list(agent: Agent, report: Report) -> tuple[Agent, tuple[Told, ...]]:
    """The agent when these are all its open prompts: what is new is told, and that the others are resolved."""
    if report.at < max(agent.turn_at, agent.listed_at):
        return agent, ()
    there = {one.id for one in report.prompts}
    gone = [one for one in agent.prompts if one.id not in there and one.since <= report.at]
    agent, resolved = _closed(agent, gone, report.at, reason=Reason.LIST)
    over = {one.id for one in agent.closed}
    agent, asked = _admitted(agent, [one for one in report.prompts if one.id not in over], report)
    return msgspec.structs.replace(agent, listed_at=report.at), (*resolved, *asked)


def with_resolved(agent: Agent, report: Report) -> tuple[Agent, tuple[Told, ...]]:
    """The agent without the prompts that were decided; those that were open are told. None named is all of them."""
    named = set(report.prompt_ids)
    gone = [one for one in agent.prompts if (not named or one.id in named) and one.since <= report.at]
    agent, told = _closed(agent, gone, report.at, decision=report.decision, reason=report.reason)
    unheard = named - {one.id for one in agent.prompts} - {one.id for one in agent.closed}
    # Their request may still come, late.
    return _remembered(agent, [Closed(one, report.at) for one in report.prompt_ids if one in unheard]), told


def close(agent: Agent, at: Millis, reason: Reason, *, is_all: bool = False) -> tuple[Agent, tuple[Told, ...]]:
    """The agent without the prompts that were asked for up to an instant, or without any, and that told."""
    gone = [one for one in agent.prompts if is_all or one.since <= at]
    return _closed(agent, gone, at, reason=reason)


def _admitted(agent: Agent, asked: list[PromptSaid], report: Report) -> tuple[Agent, tuple[Told, ...]]:
    pending = {one.id for one in agent.prompts}
    fresh: dict[str, Prompt] = {}
    for said in asked:
        if said.id not in pending:
            fresh[said.id] = Prompt(
                id=said.id,
                permission=said.permission,
                description=said.description,
                metadata=said.metadata,
                since=report.at,
            )
    if not fresh:
        return agent, ()
    kept = _bounded([*agent.prompts, *fresh.values()])
    ids = {one.id for one in kept}
    dropped = [one for one in (*agent.prompts, *fresh.values()) if one.id not in ids]
    closed = tuple(one for one in agent.closed if one.id not in fresh)
    agent = msgspec.structs.replace(agent, prompts=tuple(kept), closed=closed)
    agent = _remembered(agent, [Closed(one.id, report.at) for one in dropped])
    required = AgentEvent.PERMISSION_REQUIRED
    told = [Told(type=required, agent=agent, at=report.at, prompt=one, turn_id=agent.turn_id) for one in fresh.values()]
    return agent, tuple(told)


def _bounded(prompts: list[Prompt]) -> list[Prompt]:
    """The newest of them that may be kept."""
    kept, room = [], PROMPT_BYTES_MAX
    for one in reversed(prompts[-PROMPTS_MAX:]):
        room -= len(one.description.encode()) + len(memoryview(one.metadata)) + 1_000
        if room < 0:
            break
        kept.append(one)
    return kept[::-1]


def _closed(
    agent: Agent, gone: list[Prompt], at: Millis, *, decision: str = "", reason: str = ""
) -> tuple[Agent, tuple[Told, ...]]:
    if not gone:
        return agent, ()
    ids = {one.id for one in gone}
    agent = msgspec.structs.replace(agent, prompts=tuple(one for one in agent.prompts if one.id not in ids))
    agent = _remembered(agent, [Closed(one.id, at) for one in gone])
    told = [
        Told(
            type=AgentEvent.PERMISSION_RESOLVED,
            agent=agent,
            at=at,
            prompt=one,
            turn_id=agent.turn_id,
            decision=decision,
            reason=reason,
        )
        for one in gone
    ]
    return agent, tuple(told)


def _remembered(agent: Agent, over: list[Closed]) -> Agent:
    if not over:
        return agent
    ids = {one.id for one in over}
    return msgspec.structs.replace(
        agent, closed=(*(one for one in agent.closed if one.id not in ids), *over)[-CLOSED_MAX:]
    )
