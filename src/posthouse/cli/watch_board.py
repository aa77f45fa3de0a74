"""The board as the terminal shows it: what `GET /api/agents` answers, who comes first, and in which words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

STATES: dict[str, tuple[str, str | None]] = {
    "waiting": ("Waiting for you", "yellow"),
    "failed": ("Failed", "red"),
    "working": ("Working", "cyan"),
    "idle": ("Idle", "green"),
    "ended": ("Ended", "bright_black"),
}
"""Words and colours, in the order in which agents are shown: whoever needs a person comes first."""

TAG_CHARACTERS = 8
"""Of an agent's id, as notifications carry it."""


Place = tuple[str, str]
"""Machine and id: two machines may have agents of one id."""


class FlowLine(NamedTuple):
    """One entry of the flow, in words. `time`: of the day, local."""

    time: str
    words: str
    colour: str | None


class Prompt(NamedTuple):
    """A permission that is asked for. `since`: Unix milliseconds."""

    permission: str
    description: str
    since: int


class BoardAgent(NamedTuple):
    """An agent on the board. `since`: when it came into its state, Unix milliseconds."""

    id: str
    tool: str
    machine: str
    project: str
    title: str
    state: str
    since: int
    parent_id: str | None
    error: str
    prompts: tuple[Prompt, ...]

    @property
    def place(self) -> Place:
        """What tells it from all others."""
        return self.machine, self.id

    @property
    def name(self) -> str:
        """What people know it by."""
        return self.title or self.project or self.tool or self.id[:TAG_CHARACTERS]

    @property
    def state_words(self) -> str:
        """The state in a word; of a failed agent also the first line of why."""
        words = STATES[self.state][0] if self.state in STATES else self.state
        why = self.error.partition("\n")[0] if self.state == "failed" else ""
        return f"{words}: {why}" if why else words

    @property
    def colour(self) -> str | None:
        """The state's."""
        return STATES.get(self.state, ("", None))[1]


def board_of(answer: Mapping[str, Any]) -> tuple[BoardAgent, ...]:
    """The agents of an answer, in the order in which they are shown."""
    return in_order(
        BoardAgent(
            id=one["id"],
            tool=one["tool"],
            machine=one["machine"],
            project=one["project"],
            title=one["title"],
            state=one["state"],
            since=one["since"],
            parent_id=one["parentId"],
            error=one["error"],
            prompts=tuple(
                Prompt(prompt["permission"] or "permission", prompt["description"], prompt["since"])
                for prompt in one["prompts"]
            ),
        )
        for one in answer["items"]
    )


def in_order(agents: Iterable[BoardAgent]) -> tuple[BoardAgent, ...]:
    """Agents by how much they, or whoever works for them, need a person; those that work for one follow it."""
    ranks = {state: rank for rank, state in enumerate(STATES)}
    found = sorted(agents, key=lambda one: ranks.get(one.state, len(ranks)))
    places = {one.place: one for one in found}
    groups: dict[Place, list[BoardAgent]] = {}
    for one in found:
        groups.setdefault(_leader(one, places).place, []).append(one)
    return tuple(
        one for leader, members in groups.items() for one in sorted(members, key=lambda one: one.place != leader)
    )


def prompts_of(board: Sequence[BoardAgent]) -> list[tuple[BoardAgent, Prompt]]:
    """What is asked for, the longest waiting first."""
    asked = [(agent, prompt) for agent in board for prompt in agent.prompts]
    return sorted(asked, key=lambda one: one[1].since)


def board_words(board: Sequence[BoardAgent]) -> str:
    """How many agents are in which state: `Waiting for you: 1 · Working: 3`."""
    counts = {state: sum(one.state == state for one in board) for state in STATES if state != "ended"}
    parts = [f"{STATES[state][0]}: {count}" for state, count in counts.items() if count]
    return " · ".join(parts) or "No agent is at work"


def _leader(agent: BoardAgent, places: Mapping[Place, BoardAgent]) -> BoardAgent:
    """The agent for which it works in the end: itself where that is none on the board."""
    seen = {agent.place}
    while agent.parent_id and (above := places.get((agent.machine, agent.parent_id))) and above.place not in seen:
        seen.add(above.place)
        agent = above
    return agent
