"""Coding agents: what is reported of them, how each stands on the board, and what is told of it.

A *report* is what an agent's hook, log or event stream says, in one vocabulary whatever the tool; the documented
contract for tools of one's own is the same record. The *board* is where each agent stands. What becomes an event of
the source `agents` is decided by `rules.agents`, and only there.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from posthouse.model.ids import Millis

ID_MAX = 200
"""Characters of an agent's, turn's or prompt's id."""

TITLE_MAX = 250
TEXT_MAX = 4_000
"""Characters of a message, an error or a prompt's description; what is longer is cut."""

PROMPTS_MAX = 100
"""Pending prompts that are kept of one agent; the oldest go first."""

METADATA_BYTES_MAX = 16_000
"""Of a prompt's metadata; what is longer is left out."""


class AgentState(StrEnum):
    """Where an agent stands. waiting: for a person, who must decide. failed: its last turn ended in an error."""

    WORKING = "working"
    WAITING = "waiting"
    IDLE = "idle"
    FAILED = "failed"
    ENDED = "ended"


class ReportKind(StrEnum):
    """What a report says.

    permission-list: all prompts that are open now, those that are not in it are resolved. alive: it is at work, and
    nothing else has changed. waiting: it asks its person for something that is no permission.
    """

    SPAWNED = "spawned"
    TURN_STARTED = "turn-started"
    TURN_COMPLETED = "turn-completed"
    TURN_ERROR = "turn-error"
    PERMISSION_REQUIRED = "permission-required"
    PERMISSION_LIST = "permission-list"
    PERMISSION_RESOLVED = "permission-resolved"
    WAITING = "waiting"
    ALIVE = "alive"
    ENDED = "ended"


class PromptSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A permission that an agent asks for. `permission`: what for, in a word (the tool's name). `metadata`: JSON."""

    id: str
    permission: str = ""
    description: str = ""
    metadata: msgspec.Raw = msgspec.Raw(b"{}")


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was heard of one agent. What is "" or None is not said, and changes nothing that is known.

    `machine`: where the agent runs, "" for this one. `parent_id`: the agent that it works for, which makes it a
    subagent. `turn_id`: the same in all that is said of one turn. `message`: what it was asked, or has answered.
    `error`: why the turn ended. `prompts`: those that are told, of permission-list all. `prompt_ids`: those resolved,
    none is all of the agent's. `decision`: allowed, denied, or "" where nobody said. `reason`: why it ended.
    """

    kind: ReportKind
    agent_id: str
    at: Millis
    tool: str = ""
    machine: str = ""
    project: str = ""
    title: str = ""
    parent_id: str | None = None
    turn_id: str | None = None
    message: str = ""
    error: str = ""
    prompts: tuple[PromptSaid, ...] = ()
    prompt_ids: tuple[str, ...] = ()
    decision: str = ""
    reason: str = ""


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """A permission that is still asked for. `since`: when it was first heard of."""

    id: str
    permission: str
    description: str
    metadata: msgspec.Raw
    since: Millis


class Closed(msgspec.Struct, frozen=True, array_like=True):
    """A prompt that is not open any more, and since when; remembered so that it is not taken for a new one."""

    id: str
    at: Millis


class Agent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An agent on the board. `since`: how long it has been in its state. `heard_at`: the last sign of life.

    `turn_id`: the turn that is under way, or was last. `error`: why its last turn failed. What tells late reports from
    new ones: `turn_at`, when a turn or its life began or ended; `listed_at`, when its prompts were told as a list;
    `past_turns` and `closed`, the newest turns and prompts that are over.
    """

    id: str
    tool: str
    machine: str
    state: AgentState
    since: Millis
    started_at: Millis
    heard_at: Millis
    project: str = ""
    title: str = ""
    parent_id: str | None = None
    turn_id: str | None = None
    error: str = ""
    prompts: tuple[Prompt, ...] = ()
    turn_at: Millis = Millis(0)
    listed_at: Millis = Millis(0)
    past_turns: tuple[str, ...] = ()
    closed: tuple[Closed, ...] = ()

    @property
    def is_subagent(self) -> bool:
        """Whether it works for another agent."""
        return self.parent_id is not None


class AgentEvent(StrEnum):
    """What the source `agents` tells of; its event types."""

    SPAWNED = "agent.spawned"
    TURN_COMPLETED = "agent.turn-completed"
    TURN_ERROR = "agent.turn-error"
    PERMISSION_REQUIRED = "agent.permission-required"
    PERMISSION_RESOLVED = "agent.permission-resolved"
    ENDED = "agent.ended"


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is to be told of an agent, as it stands then: an event to be. `prompt` of permission events."""

    type: AgentEvent
    agent: Agent
    at: Millis
    prompt: Prompt | None = None
    turn_id: str | None = None
    message: str = ""
    error: str = ""
    decision: str = ""
    reason: str = ""


class AgentFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which agent, as payloads carry it. `parent_id` only of a subagent. `title` goes with the property `titles`."""

    id: str
    tool: str
    machine: str
    project: str = ""
    title: str = ""
    parent_id: str | None = None


class PromptFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A permission prompt, as payloads carry it."""

    id: str
    permission: str
    description: str
    metadata: msgspec.Raw


class AgentPayload(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The data of every event of the source `agents`, snake_case. `message` goes with the property `messages`."""

    source: str = "agents"
    version: int = 1
    generated_at: str = ""
    agent: AgentFacts
    prompt: PromptFacts | None = None
    turn_id: str | None = None
    message: str = ""
    error: str = ""
    decision: str = ""
    reason: str = ""


def prompt_key(agent_id: str, prompt_id: str) -> str:
    """The correlation key of what is told of one prompt: asked for and resolved are about the same."""
    return f"prompt:{agent_id}:{prompt_id}"
