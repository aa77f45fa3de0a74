"""Sources, settings, status, health, and the shape of every refusal."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from posthouse.http import settings as settings_routes
from posthouse.model.errors import LedgerBusy, PosthouseError
from posthouse.settings import SETTINGS, SettingGroup
from tests.http.house import House, living


async def test_every_source_is_listed_with_what_of_it_may_leave(house: House) -> None:
    found = (await house.get("/api/sources")).json

    by_name = {source["name"]: source for source in found["items"]}
    assert set(by_name) == {"claude-sessions", "ingest", "posthouse", "wake-schedule"}
    assert found["nextCursor"] is None
    claude = by_name["claude-sessions"]
    assert (claude["isEnabled"], claude["activity"]["state"], claude["shape"]) == (False, "disabled", "snapshot")
    assert all(one["isOn"] is not one["isSensitive"] for one in claude["properties"])
    assert by_name["ingest"]["activity"]["state"] == "passive"


async def test_property_is_switched_and_the_others_stay(house: House) -> None:
    before = (await house.get("/api/sources/claude-sessions")).json["properties"]
    name = before[0]["name"]

    changed = await house.patch("/api/sources/claude-sessions", {"properties": {name: not before[0]["isOn"]}})

    after = changed.json["properties"]
    assert after[0]["isOn"] is not before[0]["isOn"]
    assert after[1:] == before[1:]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("claude-sessions", {"properties": {"no_such": True}}, "source.unknown_property"),
        ("claude-sessions", {"properties": {"x": "on"}}, "request.invalid"),
        ("claude-sessions", {"property": {}}, "request.invalid"),
        ("ingest", {"settings": {"a": 1}}, "source.bad_setting"),
    ],
)
async def test_change_that_does_not_fit_changes_nothing(house: House, path: str, body: Any, code: str) -> None:
    before = (await house.get(f"/api/sources/{path}")).json

    answer = await house.patch(f"/api/sources/{path}", body)

    assert (answer.status, answer.code) == (400, code)
    assert (await house.get(f"/api/sources/{path}")).json == before


async def test_source_is_switched_on_and_off(house: House) -> None:
    on = (await house.post("/api/sources/claude-sessions/enable")).json
    again = await house.post("/api/sources/claude-sessions/enable")
    off = (await house.post("/api/sources/claude-sessions/disable")).json

    assert (on["isEnabled"], again.status, off["isEnabled"]) == (True, 200, False)
    assert off["activity"]["state"] == "disabled"


async def test_daemons_own_sources_stay_on(house: House) -> None:
    answer = await house.post("/api/sources/ingest/disable")

    assert (answer.status, answer.code) == (400, "source.always_on")


async def test_stream_cannot_be_pushed(house: House) -> None:
    assert (await house.post("/api/sources/ingest/push")).code == "source.cannot_push"


async def test_push_and_preview_say_what_they_found(house: House) -> None:
    preview = await house.get("/api/sources/claude-sessions/preview")
    pushed = await house.post("/api/sources/claude-sessions/push")

    assert (preview.status, pushed.status) == (200, 200)
    assert preview.json["eventType"]
    assert set(pushed.json) == {"events", "deliveries", "note"}


async def test_settings_show_value_default_bounds_and_where_it_came_from(house: House) -> None:
    listed = (await house.get("/api/settings")).json["items"]
    one = (await house.get("/api/settings/delivery.concurrency")).json

    assert sorted(item["key"] for item in listed) == sorted(SETTINGS)
    assert [name for name, _ in groupby(listed, key=itemgetter("group"))] == list(SettingGroup)
    assert one["value"] == one["default"] == one["inForce"] == 8
    assert (one["group"], one["stored"], one["environment"]) == ("Delivery", None, "POSTHOUSE_DELIVERY_CONCURRENCY")
    assert (one["origin"], one["min"], one["max"]) == ("default", 1, 256)
    assert one["doc"]


@pytest.mark.parametrize(
    ("key", "given", "value"),
    [
        ("delivery.concurrency", 4, 4),
        ("delivery.concurrency", "4", 4),
        ("ingest.event_bytes_max", "2 KiB", 2048),
        ("network.allow_private", False, False),
        ("log.level", "debug", "debug"),
        ("coalesce.quiet_s", 1.5, 1.5),
    ],
)
async def test_setting_is_set_and_reset(house: House, key: str, given: object, value: object) -> None:
    changed = (await house.patch(f"/api/settings/{key}", {"value": given})).json
    reset = (await house.delete(f"/api/settings/{key}")).json

    assert (changed["value"], changed["origin"]) == (value, "ledger")
    assert (reset["value"], reset["origin"]) == (reset["default"], "default")


@pytest.mark.parametrize(
    ("key", "value", "before", "is_at_start"),
    [
        ("delivery.concurrency", 4, 8, False),
        ("dashboard.feed_entries", 20, 10, False),
        ("log.level", "debug", "info", True),
    ],
)
async def test_a_setting_says_whether_a_change_holds_at_once(
    house: House, key: str, value: object, before: object, is_at_start: bool
) -> None:
    changed = (await house.patch(f"/api/settings/{key}", {"value": value})).json

    assert (changed["value"], changed["stored"], changed["isAtStart"]) == (value, value, is_at_start)
    assert changed["inForce"] == (before if is_at_start else value)


async def test_a_setting_says_what_is_stored_where_the_environment_overrides_it(home: Path) -> None:
    async with living(home) as house:
        await house.patch("/api/settings/delivery.concurrency", {"value": 4})
        await house.patch("/api/settings/log.level", {"value": "debug"})
    async with living(home, environ={"POSTHOUSE_DELIVERY_CONCURRENCY": "6"}) as house:
        hidden = (await house.get("/api/settings/delivery.concurrency")).json
        started = (await house.get("/api/settings/log.level")).json
        changed = (await house.patch("/api/settings/delivery.concurrency", {"value": 5})).json

    assert (hidden["value"], hidden["inForce"], hidden["stored"], hidden["origin"]) == (6, 6, 4, "environment")
    assert (changed["value"], changed["stored"]) == (6, 5)
    assert (started["inForce"], started["origin"]) == ("debug", "ledger")


@pytest.mark.parametrize(
    ("key", "body", "status", "code"),
    [
        ("delivery.concurrency", {"value": 0}, 400, "settings.invalid_value"),
        ("delivery.concurrency", {"value": 1.5}, 400, "settings.invalid_value"),
        ("delivery.concurrency", {"value": None}, 400, "request.invalid"),
        ("delivery.concurrency", {"value": [1]}, 400, "request.invalid"),
        ("delivery.concurrency", {}, 400, "request.invalid"),
        ("ingest.event_bytes_max", {"value": "64 MiB"}, 400, "settings.invalid"),
        ("delivery.concurency", {"value": 1}, 404, "settings.unknown_key"),
    ],
)
async def test_setting_that_does_not_fit_is_refused(house: House, key: str, body: Any, status: int, code: str) -> None:
    answer = await house.patch(f"/api/settings/{key}", body)

    assert (answer.status, answer.code) == (status, code)
    assert (await house.get("/api/settings/delivery.concurrency")).json["value"] == 8


async def test_unknown_setting_is_404_with_what_was_meant(house: House) -> None:
    for method in ("GET", "DELETE"):
        answer = await house.ask(method, "/api/settings/delivery.concurency")
        assert (answer.status, answer.code) == (404, "settings.unknown_key")
        assert "delivery.concurrency" in answer.json["detail"]


async def test_status_counts_by_status_source_and_target(house: House) -> None:
    await house.add_hook("http://127.0.0.1:9/")
    await house.post("/api/targets/hook/pause")
    await house.post("/api/bindings", {"source": "ingest", "target": "hook"})
    await house.post("/api/events", [{"type": "t"}] * 3)

    status = (await house.get("/api/status")).json

    (hook,) = status["targets"]
    ingest = next(source for source in status["sources"] if source["name"] == "ingest")
    assert status["counts"]["targetPaused"] == 3
    assert sum(status["counts"].values()) == 3
    assert (hook["queued"], hook["counts"], hook["lastDeliveredAt"]) == (3, status["counts"], None)
    assert (ingest["events"], ingest["bindings"], ingest["counts"]) == (3, 1, status["counts"])
    assert (ingest["lastEventAt"] is not None, ingest["lastDeliveredAt"]) == (True, None)
    assert (hook["health"]["state"], hook["health"]["cause"]) == ("paused", "manual")
    assert [item["target"] for item in status["attention"]] == ["hook"]
    assert (status["url"], status["machine"], status["home"]) == (house.url, "here", str(house.services.home))
    assert status["ledger"]["sizeBytes"] > 0


async def test_status_tells_of_problems_and_of_a_full_disk(house: House) -> None:
    house.problems.append("2 spooled files were refused.")
    await house.patch("/api/settings/disk.free_bytes_min", {"value": "1024 GiB"})

    attention = (await house.get("/api/status")).json["attention"]

    assert len(attention) == 2
    assert "MiB are free" in attention[0]["what"]
    assert attention[1]["what"] == "2 spooled files were refused."


async def test_health_tells_of_workers_and_names_nothing_configured(house: House) -> None:
    await house.add_hook("http://127.0.0.1:9/", "secret-name")

    answer = await house.get("/api/health", token=None)

    health = answer.json
    assert (health["status"], health["ledger"]["ok"]) == ("ok", True)
    assert ("http", "running") in {(worker["name"], worker["state"]) for worker in health["workers"]}
    assert b"secret-name" not in answer.body


async def test_health_is_degraded_where_the_disk_is_almost_full_and_stopping_at_the_end(house: House) -> None:
    await house.patch("/api/settings/disk.free_bytes_min", {"value": "1024 GiB"})
    degraded = (await house.get("/api/health")).json["status"]
    house.stopping.set()

    assert (degraded, (await house.get("/api/health")).json["status"]) == ("degraded", "stopping")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("POST", "/", 404, "request.unknown_path"),
        ("GET", "/api", 404, "request.unknown_path"),
        ("GET", "/api/nothing", 404, "request.unknown_path"),
        ("GET", "/api/sources/a/b/c", 404, "request.unknown_path"),
        ("PUT", "/api/sources", 405, "request.method_not_allowed"),
        ("DELETE", "/api/status", 405, "request.method_not_allowed"),
        ("PUT", "/api/events", 405, "request.method_not_allowed"),
        ("GET", "/api/status?x=1", 400, "request.unknown_parameter"),
    ],
)
async def test_every_refusal_is_problem_details(house: House, method: str, path: str, status: int, code: str) -> None:
    answer = await house.ask(method, path)

    assert (answer.status, answer.code) == (status, code)
    assert set(answer.json) >= {"type", "title", "status", "detail", "code"}


async def test_method_that_is_not_offered_is_answered_with_those_that_are(house: House) -> None:
    answer = await house.ask("PUT", "/api/bindings")

    assert answer.headers["allow"] == "GET, OPTIONS, POST"


@pytest.mark.parametrize(
    ("raw", "content_type", "status", "code"),
    [
        (b"", "application/json", 400, "request.body_missing"),
        (b"{", "application/json", 400, "request.not_json"),
        (b"\xff", "application/json", 400, "request.not_json"),
        (b"[" * 100_000, "application/json", 400, "request.invalid"),
        (b"[]", "application/json", 400, "request.invalid"),
        (b'{"name":"x","scope":"ingest"}', "text/plain", 415, "request.content_type_unsupported"),
        (b'{"name":"' + b"x" * (1 << 20) + b'"}', "application/json", 413, "request.too_large"),
        (b'{"name":"\\u0000","scope":"ingest"}', "application/json", 400, "token.name_invalid"),
    ],
)
async def test_body_that_cannot_be_read_is_refused(
    house: House, raw: bytes, content_type: str, status: int, code: str
) -> None:
    answer = await house.post("/api/tokens", raw=raw, content_type=content_type)

    assert (answer.status, answer.code) == (status, code)
    assert (await house.get("/api/tokens")).json["items"] == []


async def test_name_of_a_token_is_taken_once(house: House) -> None:
    body = {"name": "builds", "scope": "ingest"}

    assert (await house.post("/api/tokens", body)).status == 201
    assert (await house.post("/api/tokens", body)).code == "token.name_taken"
    assert (await house.delete("/api/tokens/bilds")).code == "token.not_found"


async def test_mistake_of_our_own_is_a_500_without_a_word_of_it(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a very private thing")

    monkeypatch.setattr(settings_routes, "view_setting", broken)

    answer = await house.get("/api/settings")

    assert (answer.status, answer.code) == (500, "internal")
    assert b"private" not in answer.body
    assert len([record for record in caplog.records if record.message == "request failed"]) == 1


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (LedgerBusy("ledger.locked", "held", retry_after_s=4.2), 503, "5"),
        (PosthouseError("source.unreadable", "no"), 500, None),
    ],
)
async def test_errors_of_ours_keep_their_status_code_and_retry_after(
    house: House, monkeypatch: pytest.MonkeyPatch, error: PosthouseError, status: int, retry_after: str | None
) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(settings_routes, "view_setting", broken)

    answer = await house.get("/api/settings")

    assert (answer.status, answer.code, answer.headers.get("retry-after")) == (status, error.code, retry_after)
