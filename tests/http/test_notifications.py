"""`/api/notifications`: partial changes, all or nothing, and the first ntfy receiver as it moves."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from posthouse.targets.base import target_kind
from tests.http.house import House, living
from tests.http.notifying import TOKEN, config_of, everything, put, secrets_kept, told, with_agents

# The config as it is read.


async def test_defaults_are_told_before_anything_was_set(ready: House) -> None:
    found = (await ready.get("/api/notifications")).json

    config = found["config"]
    assert config == found["defaults"]
    assert config == {
        "enabled": False,
        "server": "https://ntfy.sh",
        "topic": "",
        "authToken": "",
        "hasAuthToken": False,
        "events": {
            "turn-completed": True, "turn-error": True, "permission-required": True, "agent-spawned": False
        },
        "notifySubagents": False,
        "dedupeS": 5.0,
        "promptLifetimeS": 3_600.0,
        "turnLifetimeS": 43_200.0,
        "quietHours": {"from": None, "until": "07:00", "zone": "local", "priority": None, "action": "digest"},
        "digestS": 0.0,
        "awayS": 0.0,
    }  # fmt: skip
    assert found["receivers"] == []
    assert "/" in found["zoneInForce"] or found["zoneInForce"] == "UTC"
    kinds = {one["name"]: (one["type"], one["default"], one["priority"], one["tag"]) for one in found["eventTypes"]}
    assert kinds == {
        "turn-completed": ("agent.turn-completed", True, 3, "white_check_mark"),
        "turn-error": ("agent.turn-error", True, 4, "rotating_light"),
        "permission-required": ("agent.permission-required", True, 4, "lock"),
        "agent-spawned": ("agent.spawned", False, 2, "sparkles"),
    }
    assert all(one["title"] and one["description"].endswith(".") for one in found["eventTypes"])


async def test_one_call_makes_target_endpoint_and_binding(ready: House) -> None:
    answer = await put(ready, enabled=True, topic=" my-topic ")

    assert answer.status == 200, answer.body
    assert (answer.json["config"]["enabled"], answer.json["config"]["topic"]) == (True, "my-topic")
    (receiver,) = answer.json["receivers"]
    assert (receiver["target"], receiver["kind"], receiver["endpoint"]) == ("ntfy", "ntfy", "my-topic")
    assert (receiver["isPrimary"], receiver["state"]) == (True, "active")
    binding = (await ready.get(f"/api/bindings/{receiver['bindingId']}")).json
    assert (binding["source"], binding["policy"]["isNotification"]) == ("agents", True)
    assert (await ready.get("/api/targets/ntfy")).json["settings"]["url"] == "https://ntfy.sh"
    assert (await ready.get("/api/settings/notifications.enabled")).json["origin"] == "ledger"
    assert answer.json == (await ready.get("/api/notifications")).json


async def test_name_that_is_taken_makes_room_for_the_next_one(ready: House) -> None:
    await ready.add_hook("http://127.0.0.1:9/", name="ntfy")

    answer = await put(ready, topic="mine", server="http://127.0.0.1:9/ntfy/")

    (receiver,) = answer.json["receivers"]
    assert receiver["target"] == "ntfy-2"
    assert answer.json["config"]["server"] == "http://127.0.0.1:9/ntfy"


BEGUN: dict[str, Any] = {
    "enabled": True,
    "topic": "mine",
    "server": "https://push.example",
    "authToken": TOKEN,
    "events": {"turn-completed": False, "agent-spawned": True},
    "notifySubagents": True,
    "quietHours": {"from": "22:00", "until": "6:30", "zone": "Europe/Berlin", "priority": 4, "action": "withhold"},
    "digestS": 60,
    "awayS": 300,
}


@pytest.mark.parametrize(
    ("patch", "path", "value"),
    [
        ({}, ["enabled"], True),
        ({"enabled": False}, ["enabled"], False),
        ({"topic": "mine"}, ["topic"], "mine"),
        ({"topic": "other"}, ["topic"], "other"),
        ({"server": "https://other.example"}, ["server"], "https://other.example"),
        ({"authToken": "tk_new"}, ["hasAuthToken"], True),
        ({"authToken": ""}, ["hasAuthToken"], False),
        ({"events": {}}, ["events", "turn-completed"], False),
        ({"events": {"turn-completed": True}}, ["events", "turn-completed"], True),
        ({"events": {"turn-error": False}}, ["events", "turn-error"], False),
        ({"events": {"permission-required": False}}, ["events", "permission-required"], False),
        ({"events": {"agent-spawned": False}}, ["events", "agent-spawned"], False),
        ({"notifySubagents": False}, ["notifySubagents"], False),
        ({"dedupeS": 0}, ["dedupeS"], 0.0),
        ({"promptLifetimeS": 60}, ["promptLifetimeS"], 60.0),
        ({"turnLifetimeS": 61.5}, ["turnLifetimeS"], 61.5),
        ({"digestS": 0}, ["digestS"], 0.0),
        ({"awayS": 0}, ["awayS"], 0.0),
        ({"quietHours": {}}, ["quietHours", "from"], "22:00"),
        ({"quietHours": {"from": None}}, ["quietHours", "from"], None),
        ({"quietHours": {"from": "7:05"}}, ["quietHours", "from"], "07:05"),
        ({"quietHours": {"until": "08:00"}}, ["quietHours", "until"], "08:00"),
        ({"quietHours": {"zone": "local"}}, ["quietHours", "zone"], "local"),
        ({"quietHours": {"priority": None}}, ["quietHours", "priority"], None),
        ({"quietHours": {"priority": 1}}, ["quietHours", "priority"], 1),
        ({"quietHours": {"action": "digest"}}, ["quietHours", "action"], "digest"),
    ],
)
async def test_what_is_absent_from_a_change_stays(ready: House, patch: Any, path: list[str], value: Any) -> None:
    begun = (await put(ready, **BEGUN)).json["config"]
    assert begun["quietHours"] == {**BEGUN["quietHours"], "until": "06:30"}

    after = (await put(ready, **patch)).json["config"]

    expected = json.loads(json.dumps(begun))
    holder = expected if len(path) == 1 else expected[path[0]]
    holder[path[-1]] = value
    assert after == expected
    assert after == await config_of(ready)


@pytest.mark.parametrize(
    ("patch", "status", "code", "field"),
    [
        ({"enabled": True}, 400, "notifications.topic_required", "topic"),
        ({"enabled": True, "topic": " "}, 400, "notifications.topic_required", "topic"),
        ({"server": "https://push.example"}, 400, "notifications.topic_required", "topic"),
        ({"authToken": "tk_secret"}, 400, "notifications.topic_required", "topic"),
        ({"events": {"turn-ended": True}}, 400, "notifications.unknown_event", "events.turn-ended"),
        ({"topic": "a\nb"}, 400, "notifications.topic_invalid", "topic"),
        ({"topic": "a", "server": "push.example"}, 400, "target.url_invalid", "server"),
        ({"topic": "a", "server": ""}, 400, "target.url_invalid", "server"),
        ({"topic": "a", "server": "https://push.example?x=1"}, 400, "target.url_invalid", "server"),
        ({"topic": "a", "server": "https://me:tk_secret@push.example"}, 400, "target.url_invalid", "server"),
        ({"topic": "a", "authToken": "tk_secret\n"}, 400, "target.secret_invalid", "authToken"),
        ({"topic": "a", "dedupeS": -1}, 400, "settings.invalid_value", "dedupeS"),
        ({"topic": "a", "promptLifetimeS": 1}, 400, "settings.invalid_value", "promptLifetimeS"),
        ({"topic": "a", "quietHours": {"from": "24:00"}}, 400, "settings.invalid_value", "quietHours.from"),
        ({"topic": "a", "quietHours": {"until": "off"}}, 400, "settings.invalid_value", "quietHours.until"),
        ({"topic": "a", "quietHours": {"zone": "Mars/Olympus"}}, 400, "settings.invalid_value", "quietHours.zone"),
        ({"topic": "a", "quietHours": {"priority": 6}}, 400, "request.invalid", "quietHours.priority"),
        ({"topic": "a", "quietHours": {"action": "wake"}}, 400, "request.invalid", "quietHours.action"),
        ({"topic": "a", "quietHours": {"to": "07:00"}}, 400, "request.invalid", "quietHours"),
        ({"topic": "a", "hasAuthToken": False}, 400, "request.invalid", None),
        ({"topic": "a", "events": {"turn-error": "yes"}}, 400, "request.invalid", None),
        ({"topic": None}, 400, "request.invalid", "topic"),
        ({"topic": "a" * 1_001}, 400, "request.invalid", "topic"),
    ],
)
async def test_change_that_does_not_fit_is_refused_and_changes_nothing(
    ready: House, patch: Any, status: int, code: str, field: str | None
) -> None:
    before = await everything(ready)

    answer = await put(ready, **{"notifySubagents": True, "digestS": 30, **patch})

    assert (answer.status, answer.code) == (status, code), answer.body
    if field is not None:
        assert answer.json["field"] == field
    assert b"tk_secret" not in answer.body
    assert await everything(ready) == before
    assert await secrets_kept(ready) == 0


async def test_topic_that_is_taken_away_from_enabled_notifications_is_refused(ready: House) -> None:
    await put(ready, enabled=True, topic="mine")

    answer = await put(ready, topic="", digestS=30)

    assert (answer.status, answer.code) == (400, "notifications.topic_required")
    assert ((await config_of(ready))["topic"], (await config_of(ready))["digestS"]) == ("mine", 0.0)


async def test_other_receiver_is_enough_to_be_told(ready: House) -> None:
    await ready.add_hook("http://127.0.0.1:9/")
    bound = {"source": "ingest", "target": "hook", "policy": {"isNotification": True}}
    assert (await ready.post("/api/bindings", bound)).status == 201

    answer = await put(ready, enabled=True)

    assert answer.status == 200, answer.body
    (receiver,) = answer.json["receivers"]
    assert (receiver["target"], receiver["isPrimary"], answer.json["config"]["topic"]) == ("hook", False, "")
    refused = await ready.post("/api/notifications/test")
    assert (refused.status, refused.code) == (400, "notifications.topic_required")


async def test_oldest_active_ntfy_receiver_is_the_one_that_is_edited(ready: House) -> None:
    first = (await put(ready, topic="first")).json["receivers"][0]
    await ready.post("/api/targets/ntfy/endpoints", {"name": "second", "settings": {"topic": "second"}})
    policy = {"isNotification": True}
    bound = {"source": "ingest", "target": "ntfy", "endpoint": "second", "policy": policy}
    second = (await ready.post("/api/bindings", bound)).json

    config = (await put(ready, topic="third")).json
    rows = {row["bindingId"]: (row["endpoint"], row["isPrimary"]) for row in config["receivers"]}
    assert rows == {first["bindingId"]: ("third", True), second["id"]: ("second", False)}

    after = (await put(ready, topic="")).json
    assert [(row["endpoint"], row["isPrimary"]) for row in after["receivers"]] == [("second", True)]
    assert after["config"]["topic"] == "second"


# The first receiver, as it moves.


async def test_another_topic_takes_along_what_waits_and_the_old_one_goes(ready: House) -> None:
    before = (await put(ready, topic="old")).json["receivers"][0]
    (waiting,) = await told(ready)
    (ended,) = await told(ready, status="withheld", reason="event_off")

    after = (await put(ready, topic="new")).json["receivers"][0]

    assert (after["bindingId"], after["target"], after["endpoint"]) == (before["bindingId"], "ntfy", "new")
    endpoints = (await ready.get("/api/targets/ntfy/endpoints")).json["items"]
    assert [(one["name"], one["queued"]) for one in endpoints] == [("new", 1)]
    assert (await ready.get(f"/api/deliveries/{waiting}")).json["endpoint"] == "new"
    assert (await ready.get(f"/api/deliveries/{ended}")).json["endpoint"] == "old"
    refreshed = (await ready.post("/api/targets/ntfy/endpoints/refresh")).json
    assert (refreshed["added"], refreshed["gone"], refreshed["missed"]) == ([], [], [])

    back = (await put(ready, topic="old")).json["receivers"][0]
    assert (back["bindingId"], back["endpoint"]) == (before["bindingId"], "old")
    assert (await ready.get(f"/api/deliveries/{waiting}")).json["endpoint"] == "old"


async def test_topic_that_others_use_stays(ready: House) -> None:
    await put(ready, topic="shared")
    assert (await ready.post("/api/bindings", {"source": "ingest", "target": "ntfy"})).status == 201

    await put(ready, topic="mine")

    endpoints = (await ready.get("/api/targets/ntfy/endpoints")).json["items"]
    assert {(one["name"], one["bindings"]) for one in endpoints} == {("shared", 1), ("mine", 1)}


async def test_topic_whose_name_another_endpoint_has_gets_one_of_its_own(ready: House) -> None:
    await put(ready, topic="mine")
    body = {"name": "phone", "settings": {"topic": "other"}}
    assert (await ready.post("/api/targets/ntfy/endpoints", body)).status == 201

    answer = await put(ready, topic="phone")

    assert answer.json["config"]["topic"] == "phone"
    assert answer.json["receivers"][0]["endpoint"] == "phone 2"
    assert (await put(ready, topic="other")).json["receivers"][0]["endpoint"] == "phone"


async def test_receiver_that_is_let_go_leaves_its_server_and_token(ready: House) -> None:
    await put(ready, topic="mine", server="https://push.example", authToken=TOKEN)
    (waiting,) = await told(ready)

    without = (await put(ready, topic="")).json
    assert without["receivers"] == []
    config = without["config"]
    assert (config["topic"], config["server"], config["hasAuthToken"]) == ("", "https://push.example", True)
    assert (await ready.get(f"/api/deliveries/{waiting}")).json["status"] == "dismissed"
    assert (await put(ready, server="https://other.example")).json["config"]["server"] == "https://other.example"

    again = (await put(ready, topic="next", enabled=True)).json
    assert (again["config"]["server"], again["config"]["hasAuthToken"]) == ("https://other.example", True)
    assert [(row["target"], row["endpoint"]) for row in again["receivers"]] == [("ntfy", "next")]
    assert len((await ready.get("/api/targets")).json["items"]) == 1


async def test_two_changes_at_once_leave_one_whole_receiver(ready: House) -> None:
    patches = [{"topic": f"topic-{n}", "authToken": f"tk_{n}_secret", "digestS": n} for n in range(1, 9)]

    answers = await asyncio.gather(*(put(ready, **patch) for patch in patches))

    assert [answer.status for answer in answers] == [200] * 8
    config = await config_of(ready)
    winner = int(config["digestS"])
    assert config["topic"] == f"topic-{winner}"
    assert len((await ready.get("/api/targets")).json["items"]) == 1
    assert len((await ready.get("/api/bindings")).json["items"]) == 1
    target = next(iter(ready.services.known.directory.targets.values()))
    (name,) = target_kind("ntfy").secret_names(target.settings)
    assert await ready.secrets.get(name) == f"tk_{winner}_secret"
    assert await secrets_kept(ready) == 1


async def test_change_is_told_in_the_live_log_as_one(ready: House) -> None:
    cursor = (await ready.get("/api/live/snapshot")).json["cursor"]

    await put(ready, enabled=True, topic="mine", digestS=0)

    entries = (await ready.get(f"/api/live/poll?cursor={cursor}")).json["items"]
    updates = [one["event"]["payload"] for one in entries if one["event"]["type"] == "settings_update"]
    assert [(one["subject"], one["action"], one["name"]) for one in updates] == [
        ("setting", "set", "notifications.enabled"),
        ("target", "added", "ntfy"),
        ("binding", "added", "agents to ntfy"),
    ]


async def test_what_the_environment_says_cannot_be_changed_here(home: Path) -> None:
    environ = {"POSTHOUSE_NOTIFICATIONS_ENABLED": "true", "POSTHOUSE_NOTIFICATIONS_QUIET_FROM": "22:00"}
    async with living(home, environ=environ) as house:
        await with_agents(house)

        same = await put(house, enabled=True, topic="mine", quietHours={"from": "22:00"})
        other = await put(house, digestS=60, quietHours={"from": None})

        assert (same.status, same.json["config"]["quietHours"]["from"]) == (200, "22:00")
        assert (other.status, other.code, other.json["field"]) == (409, "settings.overridden", "quietHours.from")
        assert "POSTHOUSE_NOTIFICATIONS_QUIET_FROM" in other.json["detail"]
        assert (await config_of(house))["digestS"] == 0.0
