"""The board: every transition, and what is late, repeated, silent or too much."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from posthouse.model.agents import (
    PROMPTS_MAX,
    TEXT_MAX,
    Agent,
    AgentEvent,
    AgentState,
    PromptSaid,
    Report,
    ReportKind,
    Told,
)
from posthouse.model.ids import Millis
from posthouse.rules.agents import AgentKey, Board, BoardPolicy, Tick, next_tick_at, step

NOW = Millis(1_000_000_000)
POLICY = BoardPolicy(silence_s=3_600.0)
LONE = AgentKey("here", "a")


class Table:
    """A board that hears reports one after the other; `told` is what was told in all."""

    def __init__(self, policy: BoardPolicy = POLICY) -> None:
        self.board = Board()
        self.policy = policy
        self.told: list[Told] = []

    def hear(self, kind: str, at: int, agent_id: str = "a", **said: Any) -> list[str]:
        """What is told of a report, in short."""
        said = {"machine": "here"} | said
        report = Report(kind=ReportKind(kind), agent_id=agent_id, at=Millis(at), **said)
        return self._take(report, NOW)

    def ask(self, at: int, *ids: str, kind: str = "permission-required", **said: Any) -> list[str]:
        """A report with prompts."""
        return self.hear(kind, at, prompts=tuple(PromptSaid(id=one, permission="Bash") for one in ids), **said)

    def pass_time(self, now: int) -> list[str]:
        return self._take(Tick(), Millis(now))

    def agent(self, agent_id: str = "a") -> Agent:
        return self.board.agents[AgentKey("here", agent_id)]

    def state(self, agent_id: str = "a") -> str:
        return self.agent(agent_id).state.value

    def _take(self, signal: Report | Tick, now: Millis) -> list[str]:
        self.board, told = step(self.board, signal, now, self.policy)
        self.told += told
        return [one.type.removeprefix("agent.") + (f" {one.prompt.id}" if one.prompt else "") for one in told]


def in_state(state: str) -> Table:
    """A table with an agent that came into this state at 100."""
    table = Table()
    if state != "unknown":
        table.hear("spawned", 10)
    if state in ("working", "waiting", "failed", "ended"):
        table.hear("turn-started", 100 if state == "working" else 50, turn_id="t1")
    match state:
        case "waiting":
            table.ask(100, "p1")
        case "failed":
            table.hear("turn-error", 100, error="no network")
        case "ended":
            table.hear("ended", 100)
        case "idle":
            table.hear("turn-started", 50, turn_id="t1")
            table.hear("turn-completed", 100)
    if state != "unknown":
        assert table.state() == state
    table.told.clear()
    return table


STATES = ("unknown", "idle", "working", "waiting", "failed", "ended")
LATER = 10_000

MOVES: dict[str, tuple[str, ...]] = {
    # report: the state it leads to, out of each of STATES, "" where it leads nowhere
    "spawned": ("idle", "idle", "working", "waiting", "failed", "idle"),
    "turn-started": ("working", "working", "working", "working", "working", "working"),
    "turn-completed": ("idle", "idle", "idle", "idle", "idle", "ended"),
    "turn-error": ("failed", "failed", "failed", "failed", "failed", "ended"),
    "permission-required": ("waiting", "waiting", "waiting", "waiting", "waiting", "waiting"),
    "permission-list": ("", "idle", "working", "working", "failed", "ended"),
    "permission-resolved": ("working", "idle", "working", "working", "failed", "ended"),
    "waiting": ("waiting", "idle", "waiting", "waiting", "failed", "waiting"),
    "alive": ("working", "working", "working", "waiting", "working", "working"),
    "ended": ("", "ended", "ended", "ended", "ended", "ended"),
}

TELLS: dict[str, tuple[str, ...]] = {
    "spawned": ("spawned", "", "", "", "", "spawned"),
    "turn-started": ("spawned", "", "", "permission-resolved p1", "", "spawned"),
    "turn-completed": (
        "turn-completed", "", "turn-completed", "permission-resolved p1, turn-completed", "turn-completed", "",
    ),
    "turn-error": ("turn-error", "turn-error", "turn-error", "permission-resolved p1, turn-error", "", ""),
    "permission-required": (*["permission-required p2"] * 5, "spawned, permission-required p2"),
    "permission-list": ("", "", "", "permission-resolved p1", "", ""),
    "permission-resolved": ("", "", "", "permission-resolved p1", "", ""),
    "waiting": ("", "", "", "", "", "spawned"),
    "alive": ("", "", "", "", "", "spawned"),
    "ended": ("", "ended", "ended", "permission-resolved p1, ended", "ended", ""),
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "state", "to", "tells"),
    [
        pytest.param(kind, state, MOVES[kind][number], TELLS[kind][number], id=f"{kind}-{state}")
        for kind in MOVES
        for number, state in enumerate(STATES)
    ],
)
def test_each_report_leads_from_each_state_to_one(kind: str, state: str, to: str, tells: str) -> None:
    table = in_state(state)

    told = table.ask(LATER, "p2") if kind == "permission-required" else table.hear(kind, LATER)

    assert ", ".join(told) == tells
    assert (table.state() if table.board.agents else "") == to


@pytest.mark.parametrize("kind", [one for one in MOVES if one not in ("permission-required", "permission-resolved")])
@pytest.mark.parametrize("state", STATES[1:])
def test_a_report_that_is_late_moves_nothing_back(kind: str, state: str) -> None:
    table = in_state(state)

    told = table.hear(kind, 40)

    assert (told, table.state(), table.agent().since) == ([], state, 100)


def test_what_is_heard_late_still_fills_in_what_nobody_said() -> None:
    table = in_state("working")
    table.hear("alive", 200, title="Sort the letters")

    table.hear("alive", 150, title="An older title", project="letters")

    assert (table.agent().title, table.agent().project, table.agent().heard_at) == ("Sort the letters", "letters", 200)


def test_of_equal_instants_the_report_that_comes_later_counts() -> None:
    table = in_state("working")
    assert table.hear("turn-completed", 100) == ["turn-completed"]
    assert table.hear("turn-started", 100) == []
    assert table.state() == "working"


def test_a_turn_with_an_id_ends_once_whoever_says_so() -> None:
    table = Table()
    table.hear("turn-started", 10, turn_id="t1")
    assert table.hear("turn-completed", 20, turn_id="t1") == ["turn-completed"]
    assert table.hear("turn-completed", 21, turn_id="t1") == []
    table.hear("turn-started", 30, turn_id="t2")
    assert table.hear("turn-completed", 40, turn_id="t1") == []
    assert table.hear("turn-error", 41, turn_id="t1", error="late") == []
    assert table.state() == "working"
    assert table.hear("turn-completed", 50, turn_id="t2") == ["turn-completed"]


def test_an_error_is_followed_by_no_completion_of_the_same_turn() -> None:
    table = Table()
    table.hear("turn-started", 10, turn_id="t1")
    assert table.hear("turn-error", 20, turn_id="t1", error="no credit") == ["turn-error"]
    assert table.hear("turn-completed", 21, turn_id="t1") == []
    assert (table.state(), table.agent().error) == ("failed", "no credit")


def test_a_turn_that_is_known_by_its_id_may_end_by_a_report_without_one() -> None:
    table = Table()
    table.hear("turn-started", 10, turn_id="t1")
    table.hear("turn-completed", 20)
    assert table.told[-1].turn_id == "t1"
    assert table.hear("turn-completed", 30, turn_id="t1") == []


def test_signs_of_a_turn_that_is_over_wake_nobody() -> None:
    table = Table()
    table.hear("turn-started", 10, turn_id="t1")
    table.hear("turn-completed", 20, turn_id="t1")
    table.hear("alive", 30, turn_id="t1")
    assert table.ask(31, "p1", turn_id="t1") == []
    assert table.state() == "idle"


def test_the_start_of_a_turn_that_is_under_way_resolves_nothing() -> None:
    table = Table()
    table.hear("turn-started", 10, turn_id="t1")
    table.ask(20, "p1")
    assert table.hear("turn-started", 30, turn_id="t1") == []
    assert [one.id for one in table.agent().prompts] == ["p1"]


def test_prompts_are_pruned_by_id_by_list_by_a_turns_end_by_a_new_turn_and_by_the_agents_end() -> None:
    table = Table()
    table.hear("turn-started", 10)
    table.ask(20, "p1", "p2", "p3")
    assert table.hear("permission-resolved", 21, prompt_ids=("p1",), decision="allowed") == ["permission-resolved p1"]
    assert table.told[-1].decision == "allowed"
    assert table.state() == "waiting"
    assert table.ask(22, "p3", kind="permission-list") == ["permission-resolved p2"]
    assert table.hear("permission-resolved", 23) == ["permission-resolved p3"]
    assert table.state() == "working"
    table.ask(24, "p4")
    assert table.hear("turn-completed", 25) == ["permission-resolved p4", "turn-completed"]
    table.ask(26, "p5")
    assert table.hear("turn-started", 27) == ["permission-resolved p5"]
    table.ask(28, "p6")
    assert table.hear("ended", 29) == ["permission-resolved p6", "ended"]
    assert [one.reason for one in table.told if one.type is AgentEvent.PERMISSION_RESOLVED] == [
        "", "list", "", "turn-ended", "turn-started", "agent-ended",
    ]  # fmt: skip


def test_a_list_that_still_has_a_resolved_prompt_does_not_open_it_again() -> None:
    table = Table()
    table.ask(20, "p1", "p2", kind="permission-list")
    table.hear("permission-resolved", 30, prompt_ids=("p1",))
    assert table.ask(40, "p1", "p2", kind="permission-list") == []
    assert [one.id for one in table.agent().prompts] == ["p2"]


def test_the_same_may_be_asked_for_again_later_but_not_by_an_echo() -> None:
    table = Table()
    table.ask(20, "p1")
    table.hear("permission-resolved", 30, prompt_ids=("p1",))
    assert table.ask(25, "p1") == []
    assert table.ask(30, "p1") == []
    assert table.ask(31, "p1") == ["permission-required p1"]
    assert table.hear("permission-resolved", 32, prompt_ids=("p1",)) == ["permission-resolved p1"]


def test_a_prompt_whose_answer_overtook_it_is_not_told() -> None:
    table = in_state("working")
    table.hear("permission-resolved", 300, prompt_ids=("p9",))
    assert table.ask(299, "p9") == []
    assert table.state() == "working"


def test_a_prompt_that_was_overtaken_by_another_is_still_told() -> None:
    table = in_state("working")
    table.ask(300, "p2")
    assert table.ask(299, "p1") == ["permission-required p1"]
    assert table.agent().since == 300


def test_an_agent_heard_of_in_the_middle_of_its_life_was_not_just_born() -> None:
    table = Table()
    assert table.hear("alive", 10) == []
    assert table.hear("spawned", 20) == []
    assert table.hear("turn-completed", 30) == ["turn-completed"]


def test_a_new_life_begins_with_the_next_sign_after_the_end_but_not_with_its_tail() -> None:
    table = in_state("ended")
    assert table.hear("alive", 200) == []
    assert table.hear("turn-completed", 90_000) == []
    assert table.hear("turn-completed", 90_000, turn_id="t1") == []
    assert table.state() == "ended"
    assert table.hear("alive", 90_000) == ["spawned"]
    assert table.agent().started_at == 90_000
    assert table.hear("spawned", 90_001) == []


def test_a_turn_that_ends_after_a_silence_is_told_with_the_new_life() -> None:
    table = Table()
    table.hear("turn-started", 10, turn_id="t1", title="A long one")
    assert table.pass_time(10 + 3_600_000) == ["ended"]
    assert table.told[-1].reason == "silence"
    assert table.hear("turn-completed", 4_000_000, turn_id="t1") == ["spawned", "turn-completed"]
    assert table.agent().title == "A long one"


def test_a_subagent_is_at_work_from_the_start_and_ends_with_its_parent() -> None:
    table = Table()
    table.hear("turn-started", 10, "boss")
    table.hear("spawned", 11, "sub", parent_id="boss")
    table.hear("spawned", 12, "subsub", parent_id="sub")
    assert (table.state("sub"), table.agent("sub").is_subagent) == ("working", True)
    assert table.hear("ended", 20, "boss") == ["ended", "ended", "ended"]
    assert [(one.agent.id, one.reason) for one in table.told[-3:]] == [
        ("boss", ""), ("sub", "parent"), ("subsub", "parent"),
    ]  # fmt: skip


def test_parents_in_a_circle_end_once_each_and_none_is_its_own_parent() -> None:
    table = Table()
    table.hear("spawned", 10, "x", parent_id="y")
    table.hear("spawned", 11, "y", parent_id="x")
    table.hear("spawned", 12, "self", parent_id="self")
    assert table.agent("self").parent_id is None
    assert table.hear("ended", 20, "x") == ["ended", "ended"]
    assert table.pass_time(12 + 3_600_000) == ["ended"]


def test_the_same_id_on_two_machines_is_two_agents() -> None:
    table = Table()
    table.hear("turn-started", 10)
    table.hear("turn-started", 11, machine="there")
    table.hear("ended", 20, machine="there")
    assert (len(table.board.agents), table.state()) == (2, "working")


def test_silence_ends_an_agent_and_a_day_later_it_is_forgotten() -> None:
    table = in_state("waiting")
    assert next_tick_at(table.board, POLICY) == 100 + 3_600_000
    assert table.pass_time(100 + 3_600_000 - 1) == []
    assert table.pass_time(100 + 3_600_000) == ["permission-resolved p1", "ended"]
    assert next_tick_at(table.board, POLICY) == 100 + 3_600_000 + 86_400_000
    assert table.pass_time(100 + 3_600_000 + 86_400_000) == []
    assert table.board == Board()
    assert next_tick_at(table.board, POLICY) is None


def test_who_has_a_subagent_at_work_is_not_silent() -> None:
    table = Table()
    table.hear("turn-started", 10, "boss")
    table.hear("spawned", 11, "sub", parent_id="boss")
    table.hear("alive", 2_000_000, "sub")
    assert table.pass_time(3_700_000) == []
    assert table.pass_time(2_000_000 + 3_600_000) == ["ended", "ended"]


def test_instants_ahead_of_now_are_now_and_a_clock_set_back_makes_nothing_late() -> None:
    table = Table()
    table.hear("turn-started", NOW + 999_999)
    assert table.agent().since == NOW
    later, _ = step(table.board, Tick(), Millis(500), POLICY)
    assert later.agents[LONE].since == 500
    completed = Report(kind=ReportKind.TURN_COMPLETED, agent_id="a", machine="here", at=Millis(400))
    table.board, told = step(table.board, completed, Millis(500), POLICY)
    assert told == ()
    completed = Report(kind=ReportKind.TURN_COMPLETED, agent_id="a", machine="here", at=Millis(501))
    table.board, told = step(table.board, completed, Millis(501), POLICY)
    assert [one.type for one in told] == [AgentEvent.TURN_COMPLETED]


def test_beyond_the_bound_who_ended_first_goes_first_and_then_who_was_silent_longest() -> None:
    table = Table(BoardPolicy(silence_s=3_600.0, agents_max=3))
    for at, name in enumerate("abc"):
        table.hear("turn-started", 10 + at, name)
    table.hear("ended", 20, "b")
    assert table.hear("turn-started", 30, "d") == ["spawned"]
    assert sorted(key.id for key in table.board.agents) == ["a", "c", "d"]
    assert table.hear("turn-started", 31, "e") == ["spawned", "ended"]
    assert (table.told[-1].agent.id, table.told[-1].reason) == ("a", "crowded-out")
    assert sorted(key.id for key in table.board.agents) == ["c", "d", "e"]


def test_texts_are_cut_and_half_characters_replaced() -> None:
    table = Table()
    table.hear("turn-started", 10, title="\ud800" + "x" * 9_000, project="p" * 9_000)
    table.hear("turn-error", 11, error="e" * 9_000)
    agent = table.agent()
    assert (len(agent.title), len(agent.project), len(agent.error)) == (250, 250, TEXT_MAX)
    assert msgspec.json.decode(msgspec.json.encode(agent), type=Agent) == agent


def test_of_too_many_prompts_the_newest_stay_and_each_was_told_once() -> None:
    table = Table()
    ids = [f"p{number}" for number in range(150)]
    told = [one for name in ids for one in table.ask(20, name)]
    assert len(told) == 150
    assert [one.id for one in table.agent().prompts] == ids[-PROMPTS_MAX:]
    assert table.ask(30, *ids[50:], kind="permission-list") == []
    assert table.ask(31, *ids[-120:], kind="permission-list") == []


def test_an_agents_record_stays_within_what_state_may_hold() -> None:
    table = Table()
    metadata = msgspec.Raw(msgspec.json.encode({"x": "y" * 15_000}))
    said = tuple(PromptSaid(id=f"p{n}", description="\U0001f512" * 5_000, metadata=metadata) for n in range(100))
    assert len(table.hear("permission-list", 10, prompts=said)) == 100
    assert len(msgspec.json.encode(table.agent())) < 1024 * 1024
    assert 0 < len(table.agent().prompts) < 100
    assert table.hear("permission-list", 11, prompts=said) == []


def test_metadata_beyond_the_bound_is_left_out_and_reports_without_an_id_say_nothing() -> None:
    table = Table()
    metadata = msgspec.Raw(msgspec.json.encode({"x": "y" * 20_000}))
    table.hear("permission-required", 10, prompts=(PromptSaid(id="p", metadata=metadata), PromptSaid(id="")))
    assert [(one.id, bytes(one.metadata)) for one in table.agent().prompts] == [("p", b"{}")]
    assert table.hear("spawned", 11, "") == []
    assert table.state() == AgentState.WAITING
