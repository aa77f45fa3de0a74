"""`/api/bindings/plan`: what would leave, where and when; and nothing of it happens."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from posthouse.targets.standard_webhooks import new_secret, signing_key, verify
from tests.http import kinds
from tests.http.house import House

HOOK = "http://127.0.0.1:9/in?key=k3y"
TOKEN = "tok-4f9d1c7a2b"


@pytest.fixture(autouse=True)
def own_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds.register(monkeypatch)


@pytest.fixture
async def noted(house: House, tmp_path: Path) -> House:
    """A house with a source that reads a note, and a signed target with credentials."""
    path = tmp_path / "note.json"
    path.write_text(json.dumps({"text": "hello", "author": "me", "secret": "psst"}))
    await house.add_hook(HOOK, auth={"kind": "bearer", "token": TOKEN})
    await house.post("/api/sources", {"kind": "note", "name": "mine", "settings": {"path": str(path)}})
    return house


async def _plan(house: House, source: str = "mine", **parts: Any) -> Any:
    answer = await house.post("/api/bindings/plan", {"source": source, "target": "hook", **parts})
    assert answer.status == 200, answer.body
    return answer.json


def _headers(plan: Any) -> dict[str, str]:
    return dict(plan["request"]["headers"])


def _body(plan: Any) -> Any:
    return json.loads(plan["request"]["body"])


async def _everything(house: House) -> list[Any]:
    """All that a plan could have changed."""
    paths = ("bindings", "sources", "deliveries", "events", "gaps")
    return [(await house.get(f"/api/{path}")).json for path in paths]


async def test_plan_shows_the_request_of_real_data_and_changes_nothing(noted: House) -> None:
    before = await _everything(noted)

    plan = await _plan(noted, shape={"headers": {"X-Team": "blue"}}, schedule={"mode": "daily"}, silenceS=93_600)

    headers = _headers(plan)
    assert (plan["request"]["method"], plan["request"]["url"]) == ("POST", "http://127.0.0.1:9/in?key=[hidden]")
    assert (headers["x-team"], headers["authorization"]) == ("blue", "[hidden]")
    assert headers["content-type"] == "application/cloudevents+json"
    assert _body(plan)["type"] == "note.snapshot"
    assert _body(plan)["data"] == {"text": "hello", "author": "me"}
    assert plan["bytes"] == len(plan["request"]["body"].encode())
    assert plan["note"] == ""
    assert TOKEN not in json.dumps(plan)
    assert "k3y" not in json.dumps(plan)
    assert await _everything(noted) == before


async def test_planned_signature_is_that_of_the_planned_body(house: House) -> None:
    secret = new_secret()
    await house.add_hook(HOOK, signing={"secret": secret})
    await house.post("/api/events", {"type": "build.finished", "data": {"ok": True}})

    plan = await _plan(house, "ingest")

    headers = _headers(plan)
    body = plan["request"]["body"].encode()
    assert verify([signing_key(secret)], headers, body, now_s=int(headers["webhook-timestamp"]))
    assert secret not in json.dumps(plan)


async def test_planned_runs_are_those_that_the_binding_then_has(noted: House) -> None:
    schedule = {"mode": "daily", "at": "07:30", "zone": "Europe/Berlin"}
    plan = await _plan(noted, schedule=schedule)

    made = (await noted.post("/api/bindings", {"source": "mine", "target": "hook", "schedule": schedule})).json

    zone = ZoneInfo("Europe/Berlin")
    local = [datetime.fromtimestamp(at / 1000, zone) for at in plan["nextRuns"]]
    assert plan["nextRuns"][0] == made["nextRunAt"]
    assert [(at.hour, at.minute) for at in local] == [(7, 30)] * 3
    assert [(local[n + 1].date() - local[n].date()).days for n in (0, 1)] == [1, 1]


async def test_planned_runs_of_an_interval_are_those_of_the_binding_too(noted: House) -> None:
    schedule = {"mode": "interval", "everyS": 86_400}
    plan = await _plan(noted, schedule=schedule)

    made = (await noted.post("/api/bindings", {"source": "mine", "target": "hook", "schedule": schedule})).json

    assert plan["nextRuns"] == [made["nextRunAt"] + n * 86_400_000 for n in range(3)]


async def test_what_goes_by_changes_has_no_next_runs(noted: House) -> None:
    assert (await _plan(noted))["nextRuns"] == []


async def test_sensitive_property_is_in_the_plan_only_where_it_is_let_out(noted: House) -> None:
    off = await _plan(noted)
    on = await _plan(noted, sourceProperties={"secret": True})
    narrowed = await _plan(noted, sourceProperties={"secret": True}, shape={"properties": {"secret": False}})

    assert "psst" not in json.dumps(off)
    assert _body(on)["data"]["secret"] == "psst"
    assert "psst" not in json.dumps(narrowed)
    assert [one["code"] for one in off["protections"]][-1] == "kept"
    assert [one["code"] for one in on["protections"]][-1] == "sensitive"
    source = (await noted.get("/api/sources/mine")).json
    assert [one["isOn"] for one in source["properties"] if one["name"] == "secret"] == [False]


async def test_binding_lets_a_property_out_of_its_source_in_one_step(noted: House) -> None:
    body = {"source": "mine", "target": "hook", "sourceProperties": {"secret": True}}

    assert (await noted.post("/api/bindings", body)).status == 201

    source = (await noted.get("/api/sources/mine")).json
    assert [one["isOn"] for one in source["properties"] if one["name"] == "secret"] == [True]


async def test_binding_that_is_refused_changes_no_property(noted: House) -> None:
    unknown = {"source": "mine", "target": "hook", "sourceProperties": {"nose": True}}
    body = {"source": "mine", "target": "hook", "sourceProperties": {"secret": True}, "schedule": {"mode": "interval"}}

    refused = await noted.post("/api/bindings", unknown)
    bad = await noted.post("/api/bindings", body)

    assert (refused.code, refused.json["field"]) == ("source.unknown_property", "sourceProperties.nose")
    assert bad.json["field"] == "schedule.everyS"
    source = (await noted.get("/api/sources/mine")).json
    assert [one["isOn"] for one in source["properties"] if one["name"] == "secret"] == [False]


@pytest.mark.parametrize(
    ("parts", "status", "code", "field"),
    [
        ({"source": "nobody"}, 404, "source.not_found", None),
        ({"target": "nowhere"}, 404, "target.not_found", None),
        ({"endpoint": "nope"}, 404, "endpoint.not_found", None),
        ({"schedule": {"mode": "interval", "everyS": 59}}, 400, "schedule.invalid", "schedule.everyS"),
        ({"schedule": {"mode": "daily", "zone": "Mars/Olympus"}}, 400, "schedule.unknown_zone", "schedule.zone"),
        ({"shape": {"headers": {"Host": "x"}}}, 400, "target.header_reserved", "shape.headers.Host"),
        ({"shape": {"properties": {"nose": False}}}, 400, "source.unknown_property", "shape.properties.nose"),
        ({"colour": 1}, 400, "request.invalid", None),
    ],
)
async def test_plan_refuses_what_the_binding_would_be_refused_for(
    noted: House, parts: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    body = {"source": "mine", "target": "hook"} | parts

    planned, made = await noted.post("/api/bindings/plan", body), await noted.post("/api/bindings", body)

    assert (planned.status, planned.code, planned.json.get("field")) == (status, code, field)
    assert planned.json == made.json


async def test_plan_of_what_is_there_already_says_so(noted: House) -> None:
    body = {"source": "mine", "target": "hook"}
    await noted.post("/api/bindings", body)

    assert (await noted.post("/api/bindings/plan", body)).code == "binding.exists"


async def test_stream_is_planned_with_its_newest_event_that_passes_the_filter(house: House) -> None:
    await house.add_hook(HOOK)
    nothing = await _plan(house, "ingest")
    for number, kind in enumerate(("build.finished", "build.finished", "alert.raised")):
        await house.post("/api/events", {"type": kind, "data": {"number": number}})

    builds = await _plan(house, "ingest", filter={"types": ["build.*"]}, shape={"format": "raw"})
    none = await _plan(house, "ingest", filter={"types": ["invoice.*"]})

    assert (nothing["request"]["body"], nothing["bytes"]) == (None, None)
    assert "told nothing yet" in nothing["note"]
    assert nothing["request"]["method"] == "POST"
    assert _body(builds) == {"number": 1}
    assert none["request"]["body"] is None
    assert "none of the newest 3 events" in none["note"]


async def test_plan_says_what_would_become_of_a_notification(house: House) -> None:
    await house.add_hook(HOOK)
    notifying = {"policy": {"isNotification": True}}
    before = await _plan(house, "ingest", **notifying)
    await house.post("/api/events", {"type": "agent.turn-completed", "data": {"agent": {"id": "a"}}})

    off = await _plan(house, "ingest", **notifying)
    await house.services.configuration.set("notifications.enabled", "true")
    on = await _plan(house, "ingest", **notifying)
    await house.services.configuration.set("notifications.turn_completed", "false")
    event_off = await _plan(house, "ingest", **notifying)
    ordinary = await _plan(house, "ingest")

    assert before["warnings"] == ["Notifications are off."]
    assert off["warnings"] == ["It would not be sent. Notifications are off."]
    assert (on["warnings"], ordinary["warnings"]) == ([], [])
    assert event_off["warnings"] == ["It would not be sent. Notifications of this kind are off."]


async def test_source_that_cannot_be_read_leaves_a_plan_that_says_why(noted: House, tmp_path: Path) -> None:
    (tmp_path / "note.json").unlink()

    plan = await _plan(noted)

    assert plan["request"]["body"] is None
    assert "could not be read" in plan["note"]
    assert len(plan["protections"]) >= 4


async def test_plan_without_a_sample_reads_nothing(noted: House, tmp_path: Path) -> None:
    (tmp_path / "note.json").unlink()

    answer = await noted.post("/api/bindings/plan?sample=false", {"source": "mine", "target": "hook"})

    assert answer.json["request"] is None
    assert answer.json["note"] == ""


@pytest.mark.parametrize(
    ("url", "reach", "is_warned"),
    [
        ("https://hooks.example.com/in", "over the internet", False),
        ("http://hooks.example.com/in", "over the internet", True),
        ("http://10.0.0.5/in", "your own network", True),
        ("http://nas.local/in", "your own network", True),
        ("http://127.0.0.1:9/in", "this machine", False),
        ("http://localhost:9/in", "this machine", False),
    ],
)
async def test_plan_warns_of_plain_http_to_another_machine(house: House, url: str, reach: str, is_warned: bool) -> None:
    await house.add_hook(url)

    plan = await _plan(house, "ingest")

    words = {one["code"]: one["words"] for one in plan["protections"]}
    assert reach in words["reach"]
    assert any("plain http" in one for one in plan["warnings"]) is is_warned


async def test_paused_target_is_told_of(noted: House) -> None:
    await noted.post("/api/targets/hook/pause")

    assert (await _plan(noted))["warnings"] == ["hook is paused: what is told waits until it goes on."]


async def test_change_is_planned_over_the_binding_that_there_is(noted: House) -> None:
    made = (await noted.post("/api/bindings", {"source": "mine", "target": "hook"})).json
    path = f"/api/bindings/{made['id']}"
    before = await _everything(noted)

    plan = (await noted.post(f"{path}/plan", {"schedule": {"mode": "daily"}, "shape": {"format": "raw"}})).json
    refused = await noted.post(f"{path}/plan", {"schedule": {"mode": "daily", "at": "noon"}})
    unknown = await noted.post("/api/bindings/999/plan", {})

    assert len(plan["nextRuns"]) == 3
    assert _body(plan) == {"text": "hello", "author": "me"}
    assert (refused.code, refused.json["field"]) == ("schedule.invalid", "schedule.at")
    assert unknown.code == "binding.not_found"
    assert await _everything(noted) == before


async def test_preview_of_choices_shows_them_masks_what_is_sensitive_and_keeps_none(noted: House) -> None:
    summary = (await noted.post("/api/sources/mine/preview", {"preset": "summary"})).json
    full = (await noted.post("/api/sources/mine/preview", {"properties": {"author": False}})).json
    unknown = await noted.post("/api/sources/mine/preview", {"properties": {"nose": True}})

    assert summary["data"] == {"text": "hello"}
    sizes = {"full": len(b'{"text":"hello","author":"me"}'), "summary": len(b'{"text":"hello"}')}
    assert summary["sizes"] == sizes | {"no_sensitive": sizes["full"]}
    assert full["data"] == {"text": "hello"}
    assert unknown.code == "source.unknown_property"
    source = (await noted.get("/api/sources/mine")).json
    assert [one["isOn"] for one in source["properties"]] == [True, True, False]


async def test_plan_needs_a_token_that_may_do_everything(noted: House) -> None:
    made = (await noted.post("/api/tokens", {"name": "reader", "scope": "read"})).json

    answer = await noted.post("/api/bindings/plan", {"source": "mine", "target": "hook"}, token=made["token"])

    assert answer.code == "auth.scope"
