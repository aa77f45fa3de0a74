"""Agents as their user meets them: a real daemon, `posthouse emit`, files of hooks, `kill -9`."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.house import ROOT, House
from tests.e2e.processes import until


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "home")


def say(house: House, kind: str, **data: Any) -> None:
    """A report, as any program makes it."""
    ran = house.cli("emit", f"agent.{kind}", "--data", json.dumps({"agent_id": "a1", **data}))
    assert ran.code == 0, ran.err


def drop(house: House, name: str, *reports: dict[str, Any]) -> None:
    """A file, as a hook leaves it."""
    folder = house.home / "spool" / "agents" / "report"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f".{name}").write_text(json.dumps(list(reports)))
    (folder / f".{name}").rename(folder / f"{name}.json")


def board(house: House) -> dict[str, Any]:
    return {one["id"]: one for one in house.ask("agents")["items"]}


def told(house: House) -> list[str]:
    """The types of all that was told of agents, oldest first."""
    items = house.ask("events", "--source", "agents", "--limit", "500")["items"]
    return [one["type"].removeprefix("agent.") for one in items][::-1]


def test_the_board_survives_a_kill_and_hears_what_was_said_meanwhile(house: House) -> None:
    drop(house, "before", {"kind": "turn-started", "agent_id": "early", "project": "letters"})
    with house.running():
        say(house, "turn-started", tool="mine", title="Sort the letters", turn_id="t1")
        say(house, "permission-required", prompt={"id": "p1", "permission": "Bash", "description": "make"})
        until(lambda: board(house).get("a1", {}).get("state") == "waiting", "the prompt is on the board")
        until(lambda: "early" in board(house), "what lay there is on the board")
        before = board(house)
        assert "Sort the letters" in house.cli("agents").out

        house.stop(signal.SIGKILL)
        say(house, "permission-resolved", prompt_ids=["p1"], decision="allowed")
        say(house, "turn-completed", turn_id="t1")
        drop(house, "meanwhile", {"kind": "turn-error", "agent_id": "early", "error": "no credit"})
        house.start()

        until(lambda: board(house)["a1"]["state"] == "idle", "its turn has ended")
        until(lambda: board(house)["early"]["state"] == "failed", "the other one has failed")
        after = board(house)
        assert {one["startedAt"] for one in after.values()} == {one["startedAt"] for one in before.values()}
        assert sorted(told(house)) == sorted(
            ["spawned", "spawned", "permission-required", "permission-resolved", "turn-completed", "turn-error"]
        )
        assert list((house.home / "spool" / "agents" / "report").iterdir()) == []


def test_files_dropped_while_the_daemon_is_killed_again_and_again_count_once_each(house: House) -> None:
    house.start()
    for life in range(3):
        for number in range(50):
            drop(house, f"{life}-{number}", {"kind": "turn-completed", "agent_id": f"{life}-{number}"})
        house.stop(signal.SIGKILL)
        house.start()
    folder = house.home / "spool" / "agents" / "report"
    until(lambda: not any(folder.iterdir()), "every file is taken")
    until(lambda: len(told(house)) == 150, "every one is told")
    assert told(house) == ["turn-completed"] * 150
    assert len(board(house)) == 150
    house.stop()


def test_the_commands_of_the_page_do_what_the_page_says(house: House) -> None:
    page = (ROOT / "docs" / "agents.md").read_text("utf-8")
    (commands,) = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    environ = {
        **os.environ,
        "POSTHOUSE_HOME": str(house.home),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    subprocess.run(["sh", "-euc", commands], env=environ, check=True, capture_output=True, timeout=60)

    with house.running():
        until(lambda: len(told(house)) == 4, "all of it is told")
        assert told(house) == ["spawned", "permission-required", "permission-resolved", "turn-completed"]
        (agent,) = house.ask("agents")["items"]
        assert (agent["id"], agent["state"], agent["project"], agent["turnId"]) == ("a1", "idle", "letters", "t1")
