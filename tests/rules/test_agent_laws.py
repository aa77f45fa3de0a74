"""What always holds of the board, whatever is reported in whatever order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.agents import Agent, AgentEvent, AgentState, PromptSaid, Report, ReportKind, Told
from posthouse.model.ids import Millis
from posthouse.rules.agents import AgentKey, Board, BoardPolicy, Tick, key_of, next_tick_at, step

NOW = Millis(10_000_000)
POLICY = BoardPolicy(silence_s=3_600.0, agents_max=4)
ROOMY = BoardPolicy(silence_s=3_600.0)

names = st.sampled_from(["a", "b", "c"])
prompt_ids = st.sampled_from(["p1", "p2", "p3", "p4"])
prompts = st.lists(
    prompt_ids.map(lambda one: PromptSaid(id=one, permission="Bash")), max_size=4, unique_by=lambda p: p.id
)
instants = st.integers(0, NOW).map(Millis)


def reports_of(*kinds: ReportKind) -> st.SearchStrategy[Report]:
    return st.builds(
        Report,
        kind=st.sampled_from(kinds or list(ReportKind)),
        agent_id=names,
        at=instants,
        machine=st.sampled_from(["here", "there"]),
        parent_id=st.none() | names,
        turn_id=st.none() | st.sampled_from(["t1", "t2", "t3", "t4"]),
        prompts=prompts.map(tuple),
        prompt_ids=st.lists(prompt_ids, max_size=2).map(tuple),
        title=st.sampled_from(["", "one", "two"]),
    )


any_order = st.lists(reports_of() | st.just(Tick()), max_size=60)


def live(signals: Sequence[Report | Tick], policy: BoardPolicy = ROOMY) -> tuple[Board, list[Told]]:
    """The board after all of it, and all that was told."""
    board, told = Board(), list[Told]()
    for signal in signals:
        board, more = step(board, signal, NOW, policy)
        told += more
    return board, told


def of_prompts(told: Sequence[Told]) -> dict[tuple[str, str, str], list[AgentEvent]]:
    """What was told of each prompt, in order."""
    found: dict[tuple[str, str, str], list[AgentEvent]] = {}
    for one in told:
        if one.prompt is not None:
            found.setdefault((*key_of(one.agent), one.prompt.id), []).append(one.type)
    return found


@given(any_order)
def test_a_prompt_is_told_and_resolved_in_turn(signals: list[Report | Tick]) -> None:
    _, told = live(signals)

    for events in of_prompts(told).values():
        wanted = [AgentEvent.PERMISSION_REQUIRED, AgentEvent.PERMISSION_RESOLVED] * len(events)
        assert events == wanted[: len(events)]


@given(st.lists(reports_of(*(set(ReportKind) - {ReportKind.PERMISSION_REQUIRED})), max_size=60))
def test_a_prompt_is_told_once_however_often_lists_of_them_are_repeated(signals: list[Report]) -> None:
    _, told = live(signals)

    counts = Counter(
        (*key_of(one.agent), one.prompt.id)
        for one in told
        if one.prompt is not None and one.type is AgentEvent.PERMISSION_REQUIRED
    )
    assert set(counts.values()) <= {1}


@given(any_order, names, prompts, st.integers(1, 5))
def test_a_list_that_is_repeated_tells_nothing_new(
    signals: list[Report | Tick], name: str, listed: list[PromptSaid], times: int
) -> None:
    last = Report(kind=ReportKind.PERMISSION_LIST, agent_id=name, at=NOW, machine="here", prompts=tuple(listed))
    board, told = live([*signals, last])

    again, told_again = live([*signals, *([last] * (times + 1))])

    assert (again, told_again) == (board, told)


@given(any_order)
def test_a_turn_ends_once(signals: list[Report | Tick]) -> None:
    _, told = live(signals)

    counts = Counter(
        (*key_of(one.agent), one.turn_id)
        for one in told
        if one.type in (AgentEvent.TURN_COMPLETED, AgentEvent.TURN_ERROR) and one.turn_id is not None
    )
    assert set(counts.values()) <= {1}


@given(any_order)
def test_a_life_is_opened_and_ended_once(signals: list[Report | Tick]) -> None:
    board, told = live(signals)

    lives: dict[AgentKey, list[AgentEvent]] = {}
    for one in told:
        if one.type in (AgentEvent.SPAWNED, AgentEvent.ENDED):
            lives.setdefault(key_of(one.agent), []).append(one.type)
    for key, events in lives.items():
        # Of a first life that was found in its middle, the birth is not told.
        first = events if events[0] is AgentEvent.SPAWNED else [AgentEvent.SPAWNED, *events]
        wanted = [AgentEvent.SPAWNED, AgentEvent.ENDED] * len(first)
        assert first == wanted[: len(first)], key
        has_ended = board.agents[key].state is AgentState.ENDED
        assert has_ended is (events[-1] is AgentEvent.ENDED)


@given(any_order)
def test_every_report_twice_is_told_as_once(signals: list[Report | Tick]) -> None:
    once, told = live(signals)

    twice, told_twice = live([one for signal in signals for one in (signal, signal)])

    assert (twice, told_twice) == (once, told)


@given(any_order)
def test_a_state_is_never_older_than_the_one_before(signals: list[Report | Tick]) -> None:
    board = Board()
    for signal in signals:
        before = board
        board, _ = step(board, signal, NOW, ROOMY)
        for key, agent in board.agents.items():
            known = before.get(key)
            if known is not None:
                assert (agent.since, agent.turn_at, agent.listed_at) >= (known.since, 0, 0)
                assert agent.turn_at >= known.turn_at
                assert agent.listed_at >= known.listed_at
                assert agent.heard_at >= known.heard_at or known.state is AgentState.ENDED


@given(any_order)
def test_who_has_open_prompts_waits_and_who_ended_has_none(signals: list[Report | Tick]) -> None:
    board, _ = live(signals)

    for agent in board.agents.values():
        assert not agent.prompts or agent.state is AgentState.WAITING
        assert agent.parent_id != agent.id


@given(any_order)
def test_whatever_is_told_the_board_stays_within_its_bounds(signals: list[Report | Tick]) -> None:
    board, told = live(signals, POLICY)

    assert len(board.agents) <= POLICY.agents_max
    for one in told:
        assert 0 <= one.at <= NOW


@given(any_order)
def test_a_board_that_was_written_down_goes_on_as_if_it_had_not_been(signals: list[Report | Tick]) -> None:
    board = Board()
    for signal in signals:
        read = Board(
            {key: msgspec.json.decode(msgspec.json.encode(one), type=Agent) for key, one in board.agents.items()}
        )
        assert step(read, signal, NOW, ROOMY) == step(board, signal, NOW, ROOMY)
        board, _ = step(board, signal, NOW, ROOMY)


@given(any_order)
def test_time_alone_empties_the_board(signals: list[Report | Tick]) -> None:
    board, _ = live(signals)

    for _ in range(100):
        at = next_tick_at(board, ROOMY)
        if at is None:
            break
        after, _ = step(board, Tick(), at, ROOMY)
        assert after != board, "what is due moves something"
        board = after
    assert board == Board()
