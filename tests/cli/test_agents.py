"""`posthouse agents`: the board on a terminal."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from posthouse.cli.agents import in_order, state_cell
from tests.cli.support import Scripted, run_cli


def now() -> int:
    """The program under test reads the clock itself."""
    return time.time_ns() // 1_000_000


def agent(agent_id: str, state: str = "working", **more: Any) -> dict[str, Any]:
    at = now()
    return {
        "id": agent_id, "tool": "mine", "machine": "here", "project": "letters", "title": "", "state": state,
        "since": at - 125_000, "startedAt": at, "heardAt": at, "parentId": None, "turnId": None, "error": "",
        "prompts": [], **more,
    }  # fmt: skip


def test_what_is_asked_for_stands_first_and_who_waits_before_who_works(home: Path, daemon: Scripted) -> None:
    prompt = {
        "id": "p",
        "permission": "Bash",
        "description": "rm -rf \x1b[2J build",
        "metadata": {},
        "since": now() - 61_000,
    }
    items = [
        agent("worker-123456"),
        agent("gone", "ended"),
        agent("asker", "waiting", title="Sort", prompts=[prompt]),
        agent("helper", parentId="worker-123456"),
    ]
    daemon.on("GET", "/api/agents", 200, {"items": items, "nextCursor": None})

    ran = run_cli("agents", home=home)

    lines = ran.out.splitlines()
    assert ran.code == 0
    assert lines[0].split() == ["ASKS", "FOR", "SINCE", "AGENT", "WHAT"]
    assert "rm -rf \\x1b[2J build" in lines[1]
    assert "Sort" in lines[1]
    assert [line.split()[0] for line in lines[4:]] == ["asker", "worker-1", "helper"]
    assert lines[6].startswith("  helper")
    assert "Waiting for you" in lines[4]
    assert "2 min" in lines[4]
    assert "gone" not in ran.out


def test_ended_agents_are_shown_when_asked_for(home: Path, daemon: Scripted) -> None:
    for path in ("/api/agents", "/api/agents?state=ended"):
        daemon.on("GET", path, 200, {"items": [agent("gone", "ended")], "nextCursor": None})
    assert "gone" in run_cli("agents", "--all", home=home).out
    assert "gone" in run_cli("agents", "--state", "ended", home=home).out
    assert daemon.asked[-1].path == "/api/agents?state=ended"
    assert "No agent was heard of yet" in run_cli("agents", home=home).out


def test_json_is_the_answer_as_it_is(home: Path, daemon: Scripted) -> None:
    answer = {"items": [agent("gone", "ended")], "nextCursor": None}
    daemon.on("GET", "/api/agents", 200, answer)
    assert run_cli("agents", "--json", home=home).json == answer


def test_several_machines_are_told_apart(home: Path, daemon: Scripted) -> None:
    items = [agent("a", machine="desk"), agent("b", machine="laptop")]
    daemon.on("GET", "/api/agents", 200, {"items": items, "nextCursor": None})
    out = run_cli("agents", home=home).out
    assert "MACHINE" in out
    assert "laptop" in out


def test_who_works_for_itself_in_a_circle_or_for_nobody_known_is_listed_once() -> None:
    items = [
        agent("a", parentId="b"),
        agent("b", parentId="a"),
        agent("c", parentId="unknown"),
        agent("d", parentId="c"),
    ]
    assert sorted(one["id"] for one in in_order(items)) == ["a", "b", "c", "d"]
    assert [one["id"] for one in in_order(items)][:2] == ["c", "d"]


def test_a_failed_agent_says_why_in_one_line_and_in_red() -> None:
    cell = state_cell(agent("a", "failed", error="No credit\nmore"))
    assert (cell.text, cell.colour) == ("Failed: No credit", "red")
