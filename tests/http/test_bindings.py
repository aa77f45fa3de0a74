"""`/api/bindings`: wires with their filter, policy and shape."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.house import House

HOOK = "http://127.0.0.1:9/"


async def _bind(house: House, **parts: Any) -> Any:
    return await house.post("/api/bindings", {"source": "ingest", "target": "hook", **parts})


async def test_binding_is_made_with_the_defaults_and_shown_by_name(house: House) -> None:
    target = await house.add_hook(HOOK)

    answer = await _bind(house)

    made = answer.json
    assert answer.status == 201
    assert (made["source"], made["target"], made["endpoint"], made["state"]) == ("ingest", "hook", "default", "active")
    assert made["filter"] == {"types": [], "origins": [], "severityMin": None, "where": None}
    unshaped = {"format": "cloudevents", "headers": {}, "preset": "full", "properties": {}}
    assert made["shape"] == unshaped | {"select": None, "message": None, "body": None}
    assert made["schedule"] == {"mode": "on_change", "zone": "UTC"} | dict.fromkeys(("everyS", "at", "day", "cron"))
    assert (made["nextRunAt"], made["lastRun"], made["silenceS"]) == (None, None, None)
    assert len(made["policy"]["retryScheduleS"]) == 9
    assert made["policy"]["retryKinds"] == ["transient", "rate_limited"]
    assert (await house.get(f"/api/bindings/{made['id']}")).json == made
    assert (await house.get("/api/bindings?source=ingest&target=hook")).json["items"] == [made]
    assert (await house.get(f"/api/bindings?target={target['id']}")).json["items"] == [made]
    assert (await house.get("/api/bindings?source=posthouse")).json["items"] == []


async def test_binding_switches_its_source_on(house: House) -> None:
    await house.add_hook(HOOK)
    assert (await house.get("/api/sources/claude-sessions")).json["isEnabled"] is False

    await _bind(house, source="claude-sessions")

    found = (await house.get("/api/sources/claude-sessions")).json
    assert (found["isEnabled"], found["bindings"]) == (True, 1)


async def test_all_parts_are_taken_by_id_too(house: House) -> None:
    target = await house.add_hook(HOOK)
    source = (await house.get("/api/sources/ingest")).json
    parts = {
        "source": source["id"],
        "target": target["id"],
        "endpoint": target["endpoints"][0]["id"],
        "schedule": {"mode": "on_change"},
        "filter": {"types": ["build.*"], "origins": ["ci"], "severityMin": "warning"},
        "policy": {
            "retryScheduleS": [1, 2.5],
            "retryKinds": ["transient"],
            "timeToLiveS": 60,
            "isHealthRelevant": False,
            "isStrictOrder": True,
            "isNotification": False,
            "batchMax": 100,
            "batchWaitS": 10.5,
        },
        "shape": {"format": "raw", "headers": {"X-Team": "blue"}, "preset": "no_sensitive"},
    }

    made = (await _bind(house, **parts)).json

    unworded = {"select": None, "message": None, "body": None}
    assert made["filter"] == parts["filter"] | {"where": None}
    assert made["policy"] == parts["policy"]
    assert made["shape"] == parts["shape"] | {"headers": {"x-team": "blue"}, "properties": {}} | unworded


@pytest.mark.parametrize(
    ("parts", "status", "code", "field"),
    [
        ({"source": "nothing"}, 404, "source.not_found", None),
        ({"target": "nothing"}, 404, "target.not_found", None),
        ({"endpoint": "nothing"}, 404, "endpoint.not_found", None),
        ({"mode": "on_change"}, 400, "request.invalid", None),
        ({"schedule": {"mode": "hourly"}}, 400, "request.invalid", "schedule.mode"),
        ({"schedule": {"mode": "daily"}}, 400, "schedule.needs_snapshot", "schedule.mode"),
        ({"silenceS": 59.9}, 400, "request.invalid", "silenceS"),
        ({"silenceS": 366 * 86_400 + 1}, 400, "request.invalid", "silenceS"),
        ({"shape": {"preset": "some"}}, 400, "request.invalid", "shape.preset"),
        ({"filter": {"types": [""]}}, 400, "request.invalid", "filter.types[0]"),
        ({"filter": {"severityMin": "loud"}}, 400, "request.invalid", "filter.severityMin"),
        ({"filter": {"type": ["a"]}}, 400, "request.invalid", "filter"),
        ({"policy": {"retryScheduleS": [-1]}}, 400, "request.invalid", "policy.retryScheduleS[0]"),
        ({"policy": {"retryScheduleS": [1] * 51}}, 400, "request.invalid", "policy.retryScheduleS"),
        ({"policy": {"retryKinds": ["delivered"]}}, 400, "binding.policy_invalid", "policy.retryKinds"),
        ({"policy": {"timeToLiveS": 0}}, 400, "request.invalid", "policy.timeToLiveS"),
        ({"policy": {"batchMax": 0}}, 400, "request.invalid", "policy.batchMax"),
        ({"policy": {"batchMax": 1_001}}, 400, "request.invalid", "policy.batchMax"),
        ({"policy": {"batchWaitS": 3_601}}, 400, "request.invalid", "policy.batchWaitS"),
        (
            {"policy": {"batchMax": 2, "batchWaitS": 60, "timeToLiveS": 60}},
            400,
            "binding.policy_invalid",
            "policy.batchWaitS",
        ),
        ({"shape": {"headers": {"host": "x"}}}, 400, "target.header_reserved", "shape.headers.host"),
        ({"shape": {"properties": {"title": False}}}, 400, "source.unknown_property", "shape.properties.title"),
        ({"filter": {"where": "data."}}, 400, "expression.invalid", "filter.where"),
        ({"filter": {"where": ""}}, 400, "request.invalid", "filter.where"),
        ({"shape": {"select": "nope(@)"}}, 400, "expression.invalid", "shape.select"),
        ({"shape": {"message": {"title": "{{"}}}, 400, "template.invalid", "shape.message.title"),
        ({"shape": {"message": {"tags": ["x"] * 11}}}, 400, "request.invalid", "shape.message.tags"),
        ({"shape": {"format": "template"}}, 400, "binding.shape_invalid", "shape.body"),
        ({"shape": {"format": "template", "body": "[nothing]"}}, 400, "template.invalid", "shape.body"),
    ],
)
async def test_binding_that_does_not_fit_is_refused(
    house: House, parts: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    await house.add_hook(HOOK)

    answer = await _bind(house, **parts)

    assert (answer.status, answer.code, answer.json.get("field")) == (status, code, field)
    assert (await house.get("/api/bindings")).json["items"] == []


async def test_same_binding_twice_is_409(house: House) -> None:
    await house.add_hook(HOOK)
    await _bind(house)

    answer = await _bind(house)

    assert (answer.status, answer.code) == (409, "binding.exists")


async def test_changed_shape_makes_a_revision_and_changed_policy_does_not(house: House) -> None:
    await house.add_hook(HOOK)
    path = f"/api/bindings/{(await _bind(house)).json['id']}"

    shaped = (await house.patch(path, {"shape": {"format": "raw"}})).json
    timed = (await house.patch(path, {"policy": {"timeToLiveS": 5}})).json

    assert (shaped["revision"], shaped["shape"]["format"]) == (2, "raw")
    assert (timed["revision"], timed["shape"]["format"], timed["policy"]["timeToLiveS"]) == (2, "raw", 5)


async def test_changed_filter_holds_for_the_next_event(house: House) -> None:
    await house.add_hook(HOOK)
    path = f"/api/bindings/{(await _bind(house)).json['id']}"
    await house.patch(path, {"filter": {"types": ["only"]}})

    answer = await house.post("/api/events", [{"type": "other"}, {"type": "only"}])

    assert [taken["deliveries"] for taken in answer.json["events"]] == [0, 1]


async def test_removed_binding_takes_nothing_more(house: House) -> None:
    await house.add_hook(HOOK)
    path = f"/api/bindings/{(await _bind(house)).json['id']}"

    removal = await house.delete(path)
    answer = await house.post("/api/events", {"type": "t"})

    assert (removal.status, removal.json) == (200, {"waiting": 0})
    assert answer.json["events"][0]["deliveries"] == 0
    assert (await house.get(path)).code == "binding.not_found"


async def test_removal_asks_about_what_waits(house: House) -> None:
    await house.add_hook(HOOK)
    path = f"/api/bindings/{(await _bind(house)).json['id']}"
    await house.post("/api/targets/hook/pause")
    await house.post("/api/events", [{"type": "t"}] * 3)

    refused = await house.delete(path)
    closing = await house.delete(f"{path}?waiting=deliver")
    listed = (await house.get(path)).json["state"]
    changed = await house.patch(path, {"schedule": {"mode": "on_change"}})
    dismissed = await house.delete(f"{path}?waiting=dismiss")

    assert (refused.status, refused.code, refused.json["waiting"]) == (409, "binding.has_waiting", 3)
    assert (closing.json, listed, changed.code) == ({"waiting": 3}, "closing", "binding.closing")
    assert dismissed.json == {"waiting": 3}
    assert (await house.get(path)).status == 404
    assert (await house.get("/api/status")).json["counts"]["dismissed"] == 3


@pytest.mark.parametrize("reference", ["x", "999", "9" * 30, "-1", "1.0"])
async def test_binding_that_is_not_there_is_404(house: House, reference: str) -> None:
    for method in ("GET", "DELETE", "PATCH"):
        answer = await house.ask(method, f"/api/bindings/{reference}", {} if method == "PATCH" else None)
        assert (answer.status, answer.code) == (404, "binding.not_found")


async def test_binding_that_notifies_is_tried_quickly_unless_someone_says_otherwise(house: House) -> None:
    await house.add_hook(HOOK)

    made = (await _bind(house, policy={"isNotification": True})).json
    path = f"/api/bindings/{made['id']}"
    chosen = (await house.patch(path, {"policy": made["policy"] | {"retryScheduleS": [7]}})).json
    ordinary = (await house.patch(path, {"policy": made["policy"] | {"isNotification": False}})).json

    assert made["policy"]["isNotification"] is True
    assert made["policy"]["retryScheduleS"][:6] == [5, 15, 60, 300, 900, 3600]
    assert chosen["policy"]["retryScheduleS"] == [7]
    assert ordinary["policy"]["retryScheduleS"] == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]


async def test_notifications_are_gathered_by_their_own_setting(house: House) -> None:
    await house.add_hook(HOOK)

    refused = await _bind(house, policy={"isNotification": True, "batchMax": 2})

    assert (refused.status, refused.json["code"], refused.json["field"]) == (
        400, "binding.policy_invalid", "policy.batchMax",
    )  # fmt: skip
