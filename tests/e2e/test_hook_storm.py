"""A thousand calls of the hook while the daemon is killed: every one becomes one event."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.e2e.house import House
from tests.e2e.processes import Api, until
from tests.sources.hook_calls import call_of

MANY = 1_000
AT_ONCE = 16
KILLED_AFTER = (300, 600)

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(find_spec("posthouse.sources.agents.source") is None, reason="nothing reads the hooks' spool"),
]


def test_a_thousand_hook_calls_over_two_kills_are_a_thousand_events(tmp_path: Path) -> None:
    house = House(tmp_path / "home")
    installed = house.cli(
        *("hooks", "install", "claude-code", "--yes"), environ={"HOME": str(tmp_path), "CLAUDE_CONFIG_DIR": ""}
    )
    assert installed.code == 0, installed.err
    program = house.home / "hooks" / "claude-code"
    spool = house.home / "spool" / "agents" / "claude-code"
    done = 0
    is_told = threading.Condition()

    def call(number: int) -> None:
        nonlocal done
        said = json.dumps(call_of("Stop", session_id=f"storm-{number}", prompt_id=f"turn-{number}")).encode()
        assert subprocess.run([os.fspath(program)], input=said, check=False, timeout=60).returncode == 0
        with is_told:
            done += 1
            is_told.notify_all()

    with house.running():
        with ThreadPoolExecutor(AT_ONCE) as pool:
            calls = [pool.submit(call, number) for number in range(MANY)]
            for enough in KILLED_AFTER:
                with is_told:
                    assert is_told.wait_for(lambda enough=enough: done >= enough, timeout=120)  # type: ignore[misc]
                house.stop(signal.SIGKILL)
                house.start()
            for one in calls:
                one.result()
        until(lambda: not list(spool.glob("*.json")), "every call has been taken in")
        until(lambda: len(completed(house)) >= MANY, "every call has become an event")
        api = Api(house.home)
        events = [api.call("GET", f"/api/events/{event}") for event in completed(house)]
        api.close()

    assert Counter(event["data"]["agent"]["id"] for event in events) == Counter(
        {f"storm-{number}": 1 for number in range(MANY)}
    )
    assert not (house.home / "spool" / "bad").exists()


def completed(house: House) -> list[str]:
    """The ids of the events that tell of a completed turn."""
    found = house.ask("events", "--type", "agent.turn-completed", "--limit", str(2 * MANY))
    return [str(event["id"]) for event in found["items"]]
