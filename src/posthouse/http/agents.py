"""`/api/agents`: the board, where each coding agent stands and what it waits for."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from posthouse.http.problems import problems
from posthouse.http.services import Services
from posthouse.ledger.state import state_between
from posthouse.model.agents import Agent, AgentState, Prompt
from posthouse.model.ids import Millis
from posthouse.model.sources import Scope
from posthouse.sources.agents.keeper import AGENT, agents_of
from posthouse.sources.agents.telling import TITLES

KIND = "agents"


class PromptView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A permission that an agent waits for. `metadata`: what its tool says besides."""

    id: str
    permission: str
    description: str
    metadata: Any
    since: Millis


class AgentView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An agent on the board. `since`: when it came into its state. `parentId`: of a subagent, whom it works for.

    `turnId`: the turn that is under way, or was last; `error`: why that failed.
    """

    id: str
    tool: str
    machine: str
    project: str
    title: str
    state: AgentState
    since: Millis
    started_at: Millis
    heard_at: Millis
    parent_id: str | None
    turn_id: str | None
    error: str
    prompts: list[PromptView]


class AgentList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The whole board: who came into its state last comes first. Ended agents stay for a day. There is one page."""

    items: list[AgentView]
    next_cursor: None = None


@get("/api/agents", responses=problems())
async def list_agents(
    services: NamedDependency[Services],
    wanted: Annotated[AgentState | None, QueryParameter(name="state", description="Only agents in this state.")] = None,
) -> AgentList:
    """Every coding agent that was heard of, and what it waits for."""
    found: list[Agent] = []
    for source in services.known.directory.sources.values():
        if source.kind == KIND:
            stored = await services.database.read(
                state_between, source.id, services.machine, AGENT, AGENT + "\U0010ffff", Scope.MACHINE
            )
            found += agents_of(stored, has_titles=source.properties.get(TITLES, True))
    shown = [one for one in found if wanted is None or one.state is wanted]
    return AgentList(
        items=[view_agent(one) for one in sorted(shown, key=lambda one: (-one.since, one.machine, one.id))]
    )


def view_agent(agent: Agent) -> AgentView:
    """An agent as the API shows it."""
    return AgentView(
        id=agent.id,
        tool=agent.tool,
        machine=agent.machine,
        project=agent.project,
        title=agent.title,
        state=agent.state,
        since=agent.since,
        started_at=agent.started_at,
        heard_at=agent.heard_at,
        parent_id=agent.parent_id,
        turn_id=agent.turn_id,
        error=agent.error,
        prompts=[_view_prompt(one) for one in agent.prompts],
    )


def _view_prompt(prompt: Prompt) -> PromptView:
    return PromptView(
        id=prompt.id,
        permission=prompt.permission,
        description=prompt.description,
        metadata=msgspec.json.decode(prompt.metadata),
        since=prompt.since,
    )
