"""The board: where each coding agent stands, and what is to be told of it. Pure.

                    turn-started · alive
      spawned ──▶ idle ──────────────────▶ working ◀──────────── the last prompt is resolved
                   ▲                        │  │  │                                │
                   ├──── turn-completed ────┘  │  └── permission-required ──▶ waiting
                   │                           └───── turn-error ──▶ failed   (its turn ends as well)
                   └── whatever it does next leads on from failed, too

      ended: it said so · its parent ended · nothing was heard for a while. Heard again, it begins a new life.

What always holds: a prompt is told once, however often the whole list of them is repeated, and resolved once: by its
id, by a list without it, or by the end of its turn or agent. A turn ends once. A report that is late (older than what
it would change, by when it happened; of equal instants the one that came later counts) moves nothing back. Agents of
the same id on two machines are two agents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from posthouse.model.agents import Agent, AgentEvent, AgentState, Report, ReportKind, Told
from posthouse.model.ids import Millis
from posthouse.rules.agent_prompts import Reason, close, with_list, with_prompts, with_resolved
from posthouse.rules.agent_reports import cleaned

PAST_TURNS_MAX = 20
"""Turns that are remembered as over, of each agent."""

TRAIL_S = 2.0
"""What comes so soon after an agent's end is its tail, and no new life, unless it says that something begins."""

ANCESTORS_MAX = 50


class AgentKey(NamedTuple):
    """An agent's identity: ids are an agent's own, and two machines may have the same."""

    machine: str
    id: str


class BoardPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """After how long a silence an agent counts as ended, how long ended ones are kept, how many there are at most."""

    silence_s: float
    keep_ended_s: float = 86_400.0
    agents_max: int = 1_000


class Tick(msgspec.Struct, frozen=True):
    """Time has passed."""


class Board(msgspec.Struct, frozen=True):
    """Every agent by its key. Never changed in place."""

    agents: Mapping[AgentKey, Agent] = {}

    def get(self, key: AgentKey) -> Agent | None:
        """The agent, or None."""
        return self.agents.get(key)

    def but(self, agent: Agent) -> Board:
        """The same board with this agent on it."""
        return Board({**self.agents, key_of(agent): agent})


Step = tuple[Board, tuple[Told, ...]]
Move = tuple[Agent, tuple[Told, ...]]

BEGIN = frozenset({ReportKind.SPAWNED, ReportKind.TURN_STARTED})
"""What says that something begins: a life that it opens is told as spawned."""

ENDED_TURN_FROM: Mapping[ReportKind, frozenset[AgentState]] = {
    ReportKind.TURN_COMPLETED: frozenset({AgentState.WORKING, AgentState.WAITING, AgentState.FAILED}),
    ReportKind.TURN_ERROR: frozenset({AgentState.WORKING, AgentState.WAITING, AgentState.IDLE}),
}
"""Of a turn without an id: the states out of which its end is news."""


def key_of(agent: Agent) -> AgentKey:
    """The agent's key."""
    return AgentKey(agent.machine, agent.id)


def step(board: Board, signal: Report | Tick, now: Millis, policy: BoardPolicy) -> Step:
    """What the board is after a report or a passing of time, and what is to be told of it, in order.

    A report without an id changes nothing; texts that are too long are cut, instants ahead of now are now.
    """
    if isinstance(signal, Tick):
        return _pass_time(board, now, policy)
    report = cleaned(signal, now)
    if not report.agent_id:
        return board, ()
    key = AgentKey(report.machine, report.agent_id)
    known = board.get(key)
    if known is not None:
        known = _not_ahead(known, now)
    if known is None or known.state is AgentState.ENDED:
        begun = _begin(known, report)
        if begun is None:
            return board, ()
        agent, told = begun
    else:
        agent, told = known, ()
    if report.kind is ReportKind.ENDED:
        return _heard_ended(board, agent, report)
    agent, more = _MOVES[report.kind](_heard(agent, report), report)
    bounded, crowded_out = _bounded(board.but(agent), key, now, policy)
    return bounded, (*told, *more, *crowded_out)


def next_tick_at(board: Board, policy: BoardPolicy) -> Millis | None:
    """When time alone will change the board; None where it never will."""
    heard = _last_heard(board)
    return min((_due(one, heard[key], policy) for key, one in board.agents.items()), default=None)


# One agent.


def _begin(known: Agent | None, report: Report) -> Move | None:
    """A life that begins with this report, which is still to be applied; None where it begins none.

    Of an agent that is heard of for the first time, its birth is told only if that is what was heard.
    """
    tells_nothing = report.kind is ReportKind.PERMISSION_LIST and not report.prompts
    if report.kind is ReportKind.ENDED or tells_nothing:
        return None
    if known is not None and not _revives(known, report):
        return None
    is_idle = report.kind is ReportKind.SPAWNED and report.parent_id in (None, report.agent_id)
    agent = Agent(
        id=report.agent_id,
        tool="",
        machine=report.machine,
        state=AgentState.IDLE if is_idle else AgentState.WORKING,
        since=report.at,
        started_at=report.at,
        heard_at=report.at,
        turn_at=report.at if report.kind in BEGIN else Millis(0),
    )
    if known is not None:
        facts = {name: getattr(known, name) for name in ("tool", "project", "title", "parent_id")}
        memory = {name: getattr(known, name) for name in ("turn_at", "listed_at", "past_turns", "closed")}
        agent = msgspec.structs.replace(agent, **facts, **memory)
    if known is None and report.kind not in BEGIN:
        return agent, ()
    agent = _with_facts(agent, report)
    return agent, (Told(type=AgentEvent.SPAWNED, agent=agent, at=report.at),)


def _revives(ended: Agent, report: Report) -> bool:
    """Whether this is life after the end, and not the end's tail."""
    if report.at < ended.since or _is_past(ended, report):
        return False
    if report.kind in BEGIN:
        return True
    if report.kind is ReportKind.PERMISSION_RESOLVED or report.at - ended.since < TRAIL_S * 1_000:
        return False
    return report.kind not in ENDED_TURN_FROM or report.turn_id is not None


def _heard(agent: Agent, report: Report) -> Agent:
    """The agent with this sign of life, and what the report says of it besides."""
    agent = _with_facts(agent, report)
    return agent if report.at <= agent.heard_at else msgspec.structs.replace(agent, heard_at=report.at)


def _with_facts(agent: Agent, report: Report) -> Agent:
    """What is said replaces what is known; what is said late only fills in what is not."""
    is_late = report.at < agent.heard_at
    changed: dict[str, object] = {}
    for name in ("tool", "project", "title"):
        said, known = getattr(report, name), getattr(agent, name)
        if said and said != known and not (known and is_late):
            changed[name] = said
    if report.parent_id not in (None, "", agent.id, agent.parent_id) and not (agent.parent_id and is_late):
        changed["parent_id"] = report.parent_id
    return msgspec.structs.replace(agent, **changed) if changed else agent


def _is_late(agent: Agent, report: Report) -> bool:
    """Whether the agent has moved on since."""
    return report.at < max(agent.since, agent.turn_at) or _is_past(agent, report)


def _is_past(agent: Agent, report: Report) -> bool:
    return report.turn_id is not None and report.turn_id in agent.past_turns


def _move_on(agent: Agent, report: Report, state: AgentState, **changed: object) -> Agent:
    """The agent in another state; one that has open prompts waits, whatever else it does."""
    if agent.prompts and state is not AgentState.ENDED:
        state = AgentState.WAITING
    if state is not agent.state:
        changed |= {"state": state, "since": max(report.at, agent.since)}
    return msgspec.structs.replace(agent, **changed)


def _stay(agent: Agent, report: Report) -> Move:  # noqa: ARG001 - one of the moves
    return agent, ()


def _start_turn(agent: Agent, report: Report) -> Move:
    is_under_way = agent.state in (AgentState.WORKING, AgentState.WAITING)
    if _is_late(agent, report) or (is_under_way and report.turn_id is not None and report.turn_id == agent.turn_id):
        return agent, ()
    agent, told = close(agent, report.at, Reason.TURN_STARTED)
    past = _past(agent, agent.turn_id)
    agent = msgspec.structs.replace(
        agent, since=report.at, turn_at=report.at, turn_id=report.turn_id, error="", past_turns=past
    )
    return _move_on(agent, report, AgentState.WORKING), told


def _end_turn(agent: Agent, report: Report) -> Move:
    if _is_late(agent, report) or (report.turn_id is None and agent.state not in ENDED_TURN_FROM[report.kind]):
        return agent, ()
    is_error = report.kind is ReportKind.TURN_ERROR
    turn_id = report.turn_id or (agent.turn_id if agent.turn_id not in agent.past_turns else None)
    agent, told = close(agent, report.at, Reason.TURN_ENDED)
    error = report.error if is_error else ""
    past = _past(agent, turn_id)
    agent = msgspec.structs.replace(agent, turn_at=report.at, turn_id=turn_id, error=error, past_turns=past)
    agent = _move_on(agent, report, AgentState.FAILED if is_error else AgentState.IDLE)
    ended = Told(
        type=AgentEvent.TURN_ERROR if is_error else AgentEvent.TURN_COMPLETED,
        agent=agent,
        at=report.at,
        turn_id=turn_id,
        message=report.message,
        error=error,
    )
    return agent, (*told, ended)


def _past(agent: Agent, turn_id: str | None) -> tuple[str, ...]:
    if turn_id is None or turn_id in agent.past_turns:
        return agent.past_turns
    return (*agent.past_turns, turn_id)[-PAST_TURNS_MAX:]


def _be(state: AgentState) -> Callable[[Agent, Report], Move]:
    """Move on to a state, in a turn whose beginning may have been missed."""

    def move(agent: Agent, report: Report) -> Move:
        if _is_late(agent, report):
            return agent, ()
        is_at_rest = agent.state in (AgentState.IDLE, AgentState.FAILED)
        if is_at_rest and state is AgentState.WAITING:
            return (
                agent,
                (),
            )  # Who is at rest waits for its person anyway, and what its last turn came to is worth more.
        turn_id = report.turn_id or (None if is_at_rest else agent.turn_id)
        error = "" if state is AgentState.WORKING else agent.error
        return _move_on(agent, report, state, turn_id=turn_id, error=error), ()

    return move


def _ask(agent: Agent, report: Report) -> Move:
    if _is_past(agent, report):
        return agent, ()
    agent, told = with_prompts(agent, report)
    return _after_prompts(agent, report, told)


def _list(agent: Agent, report: Report) -> Move:
    agent, told = with_list(agent, report)
    return _after_prompts(agent, report, told)


def _resolve(agent: Agent, report: Report) -> Move:
    agent, told = with_resolved(agent, report)
    return _after_prompts(agent, report, told)


def _after_prompts(agent: Agent, report: Report, told: tuple[Told, ...]) -> Move:
    """With open prompts it waits; once the last one is resolved it is at work again."""
    if not told:
        return agent, ()
    return _move_on(agent, report, AgentState.WAITING if agent.prompts else AgentState.WORKING), told


_MOVES: Mapping[ReportKind, Callable[[Agent, Report], Move]] = {
    ReportKind.SPAWNED: _stay,
    ReportKind.TURN_STARTED: _start_turn,
    ReportKind.TURN_COMPLETED: _end_turn,
    ReportKind.TURN_ERROR: _end_turn,
    ReportKind.PERMISSION_REQUIRED: _ask,
    ReportKind.PERMISSION_LIST: _list,
    ReportKind.PERMISSION_RESOLVED: _resolve,
    ReportKind.WAITING: _be(AgentState.WAITING),
    ReportKind.ALIVE: _be(AgentState.WORKING),
}
"""What each report does to a living agent; `ended` concerns its subagents too."""


# The whole board.


def _heard_ended(board: Board, agent: Agent, report: Report) -> Step:
    if report.at < max(agent.since, agent.turn_at):
        return board.but(_heard(agent, report)), ()
    return _end(board, _heard(agent, report), report.at, report.reason)


def _end(board: Board, agent: Agent, at: Millis, reason: str) -> Step:
    """End an agent, and then the subagents that work for it."""
    agent, told = close(agent, at, Reason.AGENT_ENDED, is_all=True)
    # A turn that nobody saw the end of may still end: silence is a guess.
    past = agent.past_turns if reason == Reason.SILENCE else _past(agent, agent.turn_id)
    agent = msgspec.structs.replace(agent, state=AgentState.ENDED, since=at, turn_at=at, past_turns=past)
    board = board.but(agent)
    told = (*told, Told(type=AgentEvent.ENDED, agent=agent, at=at, turn_id=agent.turn_id, reason=reason))
    for child in [one for one in board.agents.values() if one.parent_id == agent.id and one.machine == agent.machine]:
        # Looked at anew: a circle of parents has ended it by now.
        standing = board.agents[key_of(child)]
        if standing.state is not AgentState.ENDED:
            board, more = _end(board, standing, at, Reason.PARENT)
            told += more
    return board, told


def _pass_time(board: Board, now: Millis, policy: BoardPolicy) -> Step:
    """End who was silent for too long, and forget who ended long ago."""
    told: tuple[Told, ...] = ()
    agents = {key: _not_ahead(one, now) for key, one in board.agents.items()}
    if any(agents[key] is not one for key, one in board.agents.items()):
        board = Board(agents)
    heard = _last_heard(board)
    due = [key for key, one in board.agents.items() if _due(one, heard[key], policy) <= now]
    for key in due:
        agent = board.agents[key]
        if agent.state is not AgentState.ENDED:
            board, more = _end(board, agent, now, Reason.SILENCE)
            told += more
    is_over = [key for key in due if _due(board.agents[key], heard[key], policy) <= now]
    if is_over:
        board = Board({key: one for key, one in board.agents.items() if key not in frozenset(is_over)})
    return board, told


def _bounded(board: Board, new: AgentKey, now: Millis, policy: BoardPolicy) -> Step:
    """The board without those who are too many: who ended first goes first, then who was silent longest."""
    told: tuple[Told, ...] = ()
    while len(board.agents) > policy.agents_max:
        others = [one for key, one in board.agents.items() if key != new]
        ended = [one for one in others if one.state is AgentState.ENDED]
        leaving = min(ended, key=lambda one: one.since) if ended else min(others, key=lambda one: one.heard_at)
        if leaving.state is not AgentState.ENDED:
            board, more = _end(board, leaving, now, Reason.CROWDED_OUT)
            told += more
        board = Board({key: one for key, one in board.agents.items() if key != key_of(leaving)})
    return board, told


def _due(agent: Agent, heard_at: Millis, policy: BoardPolicy) -> Millis:
    if agent.state is AgentState.ENDED:
        return Millis(agent.since + round(policy.keep_ended_s * 1_000))
    return Millis(heard_at + round(policy.silence_s * 1_000))


def _last_heard(board: Board) -> dict[AgentKey, Millis]:
    """When each was heard of last, itself or through a subagent that works for it."""
    heard = {key: one.heard_at for key, one in board.agents.items()}
    for one in board.agents.values():
        for above in _ancestors(board, one):
            heard[above] = max(heard[above], one.heard_at)
    return heard


def _ancestors(board: Board, agent: Agent) -> Iterator[AgentKey]:
    for _ in range(ANCESTORS_MAX):
        if agent.parent_id is None or agent.state is AgentState.ENDED:
            return
        above = board.agents.get(AgentKey(agent.machine, agent.parent_id))
        if above is None:
            return
        yield key_of(above)
        agent = above


def _not_ahead(agent: Agent, now: Millis) -> Agent:
    """The agent with no instant ahead of now, where the clock was set back: else all that comes would be late."""
    names = ("since", "started_at", "heard_at", "turn_at", "listed_at")
    changed: dict[str, object] = {name: now for name in names if getattr(agent, name) > now}
    if not changed:
        return agent
    prompts = tuple(msgspec.structs.replace(one, since=min(one.since, now)) for one in agent.prompts)
    closed = tuple(msgspec.structs.replace(one, at=min(one.at, now)) for one in agent.closed)
    return msgspec.structs.replace(agent, prompts=prompts, closed=closed, **changed)
