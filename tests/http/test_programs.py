"""Programs as targets, through the API of a whole house: asked for leave first, then run, with their secrets kept."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.http.house import House

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the programs here are Unix's")

SECRET = "hunter2-hunter2"


def program(kind: str, name: str, mark: Path) -> dict[str, Any]:
    """A target that appends a line to a file whenever it is run."""
    said = {"argv": ["/bin/sh", "-c", f"echo $KEY >> '{mark}'; echo done $KEY"], "env": {"KEY": SECRET}}
    return {"kind": kind, "name": name, "settings": said if kind == "command" else {"ask": {"kind": "command", **said}}}


async def delivery_of(house: House, target: str, status: str, *, count: int = 1) -> Any:
    """A delivery to a target, once so many have this status."""
    async with asyncio.timeout(30):
        found: list[Any] = []
        while len(found) < count:
            found = (await house.get(f"/api/deliveries?target={target}&status={status}")).json["items"]
    return (await house.get(f"/api/deliveries/{found[0]['id']}")).json


async def test_a_program_is_not_saved_before_programs_may_run_unless_a_person_insists(
    house: House, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"

    refused = await house.post("/api/targets", program("command", "tool", mark))
    insisted = await house.post("/api/targets", {**program("command", "tool", mark), "check": False})

    assert (refused.status, refused.code) == (422, "target.commands_off")
    assert "commands.allowed" in refused.json["diagnosis"]["advice"]
    assert insisted.status == 201
    assert insisted.json["target"]["settings"]["env"] == {"KEY": {"isSet": True}}
    assert SECRET.encode() not in refused.body + insisted.body
    assert not mark.exists()


async def test_what_comes_while_programs_may_not_run_waits_and_goes_when_they_may(house: House, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    await house.post("/api/targets", {**program("command", "tool", mark), "check": False})
    await house.post("/api/bindings", {"source": "ingest", "target": "tool"})

    await house.post("/api/events", {"type": "thing.happened"})
    held = await delivery_of(house, "tool", "target_paused")
    await house.patch("/api/settings/commands.allowed", {"value": True})
    again = (await house.post("/api/targets/tool/reconnect")).json
    done = await delivery_of(house, "tool", "delivered")

    assert held["attempts"][0]["code"] == "commands_not_allowed"
    assert again["ok"]
    assert mark.read_text() == f"{SECRET}\n{SECRET}\n"
    assert done["attempts"][-1]["code"] == "command_done"
    assert SECRET not in str(done)
    assert "done [hidden]" in str(done)


async def test_variables_are_kept_or_taken_out_one_by_one(house: House, tmp_path: Path) -> None:
    await house.patch("/api/settings/commands.allowed", {"value": True})
    body = program("command", "tool", tmp_path / "mark")
    await house.post("/api/targets", body)

    more = {"env": {"KEY": {"isSet": True}, "Second": "two-two"}}
    both = (await house.patch("/api/targets/tool", {"settings": more})).json
    less = (await house.patch("/api/targets/tool", {"settings": {"env": {"Second": {"isSet": True}}}})).json
    wrong = await house.patch("/api/targets/tool", {"settings": {"env": {"KEY": {"secret": "target/other/token"}}}})

    assert both["settings"]["env"] == {"KEY": {"isSet": True}, "Second": {"isSet": True}}
    assert less["settings"]["env"] == {"Second": {"isSet": True}}
    assert wrong.code == "target.secret_unknown"


@pytest.mark.parametrize("is_relevant", [True, False])
async def test_a_probe_that_fails_pauses_nothing_and_keeps_the_words_of_the_answer(
    house: House, is_relevant: bool
) -> None:
    await house.patch("/api/settings/commands.allowed", {"value": True})
    ask = {"kind": "command", "argv": ["/bin/sh", "-c", "echo as it is said upstream; exit 77"]}
    body = {"kind": "probe", "name": "quota", "settings": {"ask": ask}, "check": False}
    await house.post("/api/targets", body)
    policy = {"isHealthRelevant": is_relevant, "retryScheduleS": []}
    await house.post("/api/bindings", {"source": "ingest", "target": "quota", "policy": policy})

    for _ in range(4):
        await house.post("/api/events", {"type": "thing.happened"})
    ended = await delivery_of(house, "quota", "dlq", count=4)
    health = (await house.get("/api/targets/quota/health")).json

    assert health["endpoints"][0]["state"] == "ok"
    assert (await house.get("/api/targets/quota")).json["health"]["state"] == "ok"
    assert ended["attempts"][0]["code"] == "command_denied"
    assert "as it is said upstream" in str(ended)


async def test_a_plan_says_that_a_program_gets_it_and_shows_no_variable(house: House, tmp_path: Path) -> None:
    await house.patch("/api/settings/commands.allowed", {"value": True})
    await house.post("/api/targets", program("command", "tool", tmp_path / "mark"))
    (tmp_path / "mark").unlink()

    plan = await house.post("/api/bindings/plan", {"source": "ingest", "target": "tool"})

    assert plan.status == 200, plan.body
    assert plan.json["request"]["method"] == "RUN"
    assert ["KEY", "[hidden]"] in plan.json["request"]["headers"]
    assert "handed to a program on this machine" in str(plan.json)
    assert "http" not in str(plan.json["protections"])
    assert not (tmp_path / "mark").exists()
