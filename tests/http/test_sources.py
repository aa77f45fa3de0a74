"""`/api/sources`: adding, changing and removing them; `/api/source-kinds`: what they can be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from posthouse.ledger.sources import add_source, removed_sources
from posthouse.model.ids import SourceId
from posthouse.sources.base import KINDS
from tests.http import kinds
from tests.http.house import House

HOOK = "http://127.0.0.1:9/"


@pytest.fixture(autouse=True)
def own_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds.register(monkeypatch)


@pytest.fixture
def note(tmp_path: Path) -> Path:
    """The file that the sources read."""
    path = tmp_path / "note.json"
    path.write_text(json.dumps({"text": "hello", "author": "me", "secret": "psst"}))
    return path


async def _add(house: House, note: Path, name: str = "notes", **parts: Any) -> Any:
    return await house.post("/api/sources", {"kind": "note", "name": name, "settings": {"path": str(note)}, **parts})


async def _bound(house: House, note: Path, *, told: int = 0) -> Any:
    """A source `notes` that is bound to a paused target, with so many deliveries waiting."""
    made = (await _add(house, note)).json
    await house.add_hook(HOOK)
    await house.post("/api/targets/hook/pause")
    await house.post("/api/bindings", {"source": "notes", "target": "hook"})
    for _ in range(told):
        assert (await house.post("/api/sources/notes/push")).json["deliveries"] == 1
    return made


async def _count_state(house: House, source_id: int) -> int:
    found = await house.database.read(
        lambda tx: tx.all("state_items", project_id=1, source_id=source_id, machine="here", first="", end="\U0010ffff")
    )
    return len(found)


async def test_source_is_added_off_and_switched_on_by_its_binding(house: House, note: Path) -> None:
    answer = await _add(house, note, properties={"secret": True, "author": False}, silenceS=93_600)

    made = answer.json
    assert answer.status == 201, answer.body
    assert (made["kind"], made["name"], made["title"], made["shape"]) == ("note", "notes", "A note", "snapshot")
    assert made["settings"] == {"path": str(note), "width": 3}
    assert {one["name"]: one["isOn"] for one in made["properties"]} == {"text": True, "author": False, "secret": True}
    assert (made["isEnabled"], made["isDefault"], made["problem"], made["silenceS"]) == (False, False, None, 93_600)
    assert made["activity"]["state"] == "disabled"
    assert (await house.get("/api/sources/notes")).json == made
    assert made in (await house.get("/api/sources")).json["items"]

    await house.add_hook(HOOK)
    await house.post("/api/bindings", {"source": "notes", "target": "hook"})
    assert (await house.get(f"/api/sources/{made['id']}")).json["isEnabled"] is True


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({}, 400, "source.bad_setting", "path"),
        ({"settings": {"path": "relative"}}, 400, "source.bad_setting", "path"),
        ({"settings": {"path": 5}}, 400, "source.bad_setting", "path"),
        ({"settings": {"path": "/x", "width": 10}}, 400, "source.bad_setting", "width"),
        ({"settings": {"path": "/x", "colour": 1}}, 400, "source.bad_setting", "colour"),
        ({"settings": {"path": "/x"}, "properties": {"no": True}}, 400, "source.unknown_property", "properties.no"),
        ({"settings": {"path": "/x"}, "name": "12"}, 400, "source.name_invalid", "name"),
        ({"settings": {"path": "/x"}, "name": "a/b"}, 400, "source.name_invalid", "name"),
        ({"settings": {"path": "/x"}, "name": ""}, 400, "request.invalid", "name"),
        ({"settings": {"path": "/x"}, "name": "ingest"}, 409, "source.exists", "name"),
        ({"settings": {"path": "/x"}, "silenceS": 1}, 400, "request.invalid", "silenceS"),
        ({"settings": [1]}, 400, "request.invalid", "settings"),
        ({"kind": "no such kind"}, 400, "source.unknown_kind", "kind"),
        ({"kind": "k" * 101}, 400, "request.invalid", "kind"),
        ({"kind": "ingest"}, 400, "source.only_one", "kind"),
        ({"kind": "posthouse"}, 400, "source.only_one", "kind"),
        ({"isEnabled": True}, 400, "request.invalid", None),
    ],
)
async def test_source_that_does_not_fit_is_refused(
    house: House, body: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    before = (await house.get("/api/sources")).json

    answer = await house.post("/api/sources", {"kind": "note", "name": "notes"} | body)

    assert (answer.status, answer.code, answer.json.get("field")) == (status, code, field)
    assert (await house.get("/api/sources")).json == before


async def test_second_source_of_a_name_is_refused(house: House, note: Path) -> None:
    await _add(house, note, "Küche")

    answer = await _add(house, note, "Ku\u0308che")

    assert (answer.status, answer.code) == (409, "source.exists")


async def test_nothing_can_be_expected_of_the_source_that_tells_of_silences(house: House) -> None:
    await house.add_hook(HOOK)

    of_source = await house.patch("/api/sources/posthouse", {"silenceS": 3_600})
    of_binding = await house.post("/api/bindings", {"source": "posthouse", "target": "hook", "silenceS": 3_600})
    nothing = await house.patch("/api/sources/posthouse", {"silenceS": None})

    assert [(one.status, one.json["code"], one.json["field"]) for one in (of_source, of_binding)] == [
        (400, "source.cannot_expect", "silenceS")
    ] * 2
    assert (nothing.status, nothing.json["silenceS"]) == (200, None)


async def test_silence_of_a_source_is_set_and_cleared_and_kept_else(house: House) -> None:
    path = "/api/sources/ingest"

    given = (await house.patch(path, {"silenceS": 3600})).json
    kept = (await house.patch(path, {"properties": {}})).json
    cleared = (await house.patch(path, {"silenceS": None})).json

    assert [one["silenceS"] for one in (given, kept, cleared)] == [3600, 3600, None]


async def test_source_that_nothing_binds_is_removed_with_its_state_and_its_name_is_free(
    house: House, note: Path
) -> None:
    made = (await _add(house, note)).json
    assert (await house.post("/api/sources/notes/push")).json["events"] == 1
    assert await _count_state(house, made["id"]) == 1

    answer = await house.delete("/api/sources/notes")

    assert (answer.status, answer.json) == (200, {"waiting": 0})
    assert (await house.get("/api/sources/notes")).code == "source.not_found"
    assert (await house.get(f"/api/sources/{made['id']}")).code == "source.not_found"
    assert await _count_state(house, made["id"]) == 0
    assert await house.database.read(removed_sources) == []
    assert (await _add(house, note)).json["id"] != made["id"]


async def test_events_of_a_removed_source_stay_to_be_looked_at(house: House, note: Path) -> None:
    made = (await _add(house, note)).json
    await house.post("/api/sources/notes/push")
    await house.delete("/api/sources/notes")
    name = f"notes (removed {made['id']})"

    (listed,) = (await house.get(f"/api/events?source={made['id']}")).json["items"]
    shown = (await house.get(f"/api/events/{listed['id']}")).json

    assert (listed["source"], shown["source"]) == (name, name)
    assert shown["data"] == {"text": "hello", "author": "me"}
    assert (await house.get("/api/events")).status == 200
    assert made["id"] not in [one["id"] for one in (await house.get("/api/status")).json["sources"]]


async def test_removed_name_that_someone_has_used_before_is_no_obstacle(house: House, note: Path) -> None:
    made = (await _add(house, note)).json
    await _add(house, note, f"notes (removed {made['id']})")

    answer = await house.delete(f"/api/sources/{made['id']}")

    assert answer.status == 200
    assert (await house.get("/api/sources/notes")).status == 404


async def test_bound_source_is_removed_only_when_that_is_said(house: House, note: Path) -> None:
    await _bound(house, note)

    refused = await house.delete("/api/sources/notes")
    kept = (await house.get("/api/sources/notes")).json
    removed = await house.delete("/api/sources/notes?waiting=deliver")

    assert (refused.status, refused.code) == (409, "source.is_bound")
    assert (kept["isEnabled"], kept["bindings"]) == (True, 1)
    assert removed.json == {"waiting": 0}
    assert (await house.get("/api/bindings")).json["items"] == []


async def test_what_waits_is_delivered_after_its_source_is_gone(house: House, note: Path) -> None:
    made = await _bound(house, note, told=2)

    refused = await house.delete("/api/sources/notes")
    removed = await house.delete("/api/sources/notes?waiting=deliver")
    bindings = (await house.get("/api/bindings")).json["items"]
    deliveries = (await house.get("/api/deliveries?target=hook")).json["items"]
    detail = await house.get(f"/api/deliveries/{deliveries[0]['id']}")

    assert (refused.status, refused.code, refused.json["waiting"]) == (409, "source.has_waiting", 2)
    assert removed.json == {"waiting": 2}
    assert [(one["state"], one["source"]) for one in bindings] == [("closing", f"notes (removed {made['id']})")]
    assert {one["source"] for one in deliveries} == {f"notes (removed {made['id']})"}
    assert detail.status == 200
    assert SourceId(made["id"]) in house.services.known.directory.sources
    assert "notes" not in [one["name"] for one in (await house.get("/api/sources")).json["items"]]


async def test_what_waits_is_dismissed_with_its_source(house: House, note: Path) -> None:
    made = await _bound(house, note, told=2)

    removed = await house.delete("/api/sources/notes?waiting=dismiss")

    assert removed.json == {"waiting": 2}
    assert (await house.get("/api/status")).json["counts"]["dismissed"] == 2
    assert (await house.get("/api/bindings")).json["items"] == []
    assert SourceId(made["id"]) not in house.services.known.directory.sources
    assert [one.state for one in house.workers.report() if one.name == f"source-{made['id']}"] == ["stopped"]


@pytest.mark.parametrize("name", ["claude-sessions", "ingest", "posthouse"])
@pytest.mark.parametrize("waiting", ["refuse", "deliver", "dismiss"])
async def test_source_that_is_there_from_the_start_stays(house: House, name: str, waiting: str) -> None:
    answer = await house.delete(f"/api/sources/{name}?waiting={waiting}")

    assert (answer.status, answer.code) == (409, "source.is_default")
    assert (await house.get(f"/api/sources/{name}")).json["isDefault"] is True


@pytest.mark.parametrize("reference", ["nothing", "999", "9" * 30])
async def test_source_that_is_not_there_cannot_be_removed(house: House, reference: str) -> None:
    answer = await house.delete(f"/api/sources/{reference}")

    assert (answer.status, answer.code) == (404, "source.not_found")


async def test_source_whose_kind_is_gone_breaks_no_list(house: House, note: Path) -> None:
    made = (await _add(house, note)).json

    def add_lost(tx: Any) -> Any:
        return add_source(
            tx, kind="vanished", name="lost", settings=msgspec.Raw(b"{}"), properties={}, now=made["createdAt"]
        )

    await house.database.run(add_lost)
    await house.services.known.reload()

    listed = {one["name"]: one for one in (await house.get("/api/sources")).json["items"]}
    status = (await house.get("/api/status")).json
    enabled = await house.post("/api/sources/lost/enable")
    refused = await house.patch("/api/sources/lost", {"settings": {"a": 1}})
    await house.add_hook(HOOK)
    unbound = await house.post("/api/bindings", {"source": "lost", "target": "hook"})
    removed = await house.delete("/api/sources/lost")

    assert listed["notes"]["problem"] is None
    assert "vanished" in listed["lost"]["problem"]
    assert any(one.get("source") == "lost" for one in status["attention"])
    assert enabled.status == 200
    assert (refused.code, unbound.code) == ("source.kind_unavailable", "source.kind_unavailable")
    assert (removed.status, removed.json) == (200, {"waiting": 0})


async def test_kinds_tell_what_their_settings_may_be(house: House) -> None:
    answer = await house.get("/api/source-kinds")

    found = {one["kind"]: one for one in answer.json["items"]}
    note = found["note"]
    assert answer.status == 200
    assert set(KINDS) <= set(found)
    assert (note["title"], note["needsSchedule"], found["clocked"]["needsSchedule"]) == ("A note", False, True)
    assert (note["settings"]["type"], note["settings"]["required"]) == ("object", ["path"])
    width = {"type": "integer", "minimum": 1, "maximum": 9, "description": "Of no use.", "default": 3}
    assert note["settings"]["properties"]["width"] == width
    assert [one["isSummary"] for one in note["properties"]] == [True, False, False]
    assert (found["ingest"]["canBeAdded"], found["claude-sessions"]["canBeAdded"]) == (False, True)
    for one in found.values():
        described = one["settings"]["properties"].values()
        assert all("description" in msgspec.json.encode(field).decode() for field in described), one["kind"]
        assert one["problem"] is None
