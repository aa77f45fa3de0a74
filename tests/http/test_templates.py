"""`/api/templates/preview`, and the words of a binding from the day they are saved to the day they are sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.http.house import House
from tests.http.kinds import register

PREVIEW = "/api/templates/preview"


async def preview(house: House, **parts: Any) -> Any:
    return await house.post(PREVIEW, {"source": "ingest", **parts})


async def post(house: House, *datas: Any, **fields: Any) -> None:
    await house.post("/api/events", [{"type": "build.finished", "data": data, **fields} for data in datas])


async def test_a_message_is_tried_on_the_newest_real_events(house: House) -> None:
    await post(house, *({"number": number} for number in range(7)), subject="shop")

    answer = await preview(
        house, shape={"message": {"title": "Build {{ data.number }} of {{ subject }}", "tags": ["ci"]}}
    )

    found = answer.json
    assert answer.status == 200
    assert [one["message"]["title"] for one in found["events"]] == [f"Build {n} of shop" for n in (6, 5, 4, 3, 2)]
    assert found["events"][0]["message"]["tags"] == ["ci"]
    assert json.loads(found["events"][0]["body"])["data"] == {"number": 6}
    assert {"expression": "data.number", "sample": "6"} in found["fields"]


async def test_what_a_filter_lets_through_and_what_it_fails_for_is_said(house: House) -> None:
    await post(house, {"name": "ann"}, {"name": "bo"}, {"name": 7})

    found = (await preview(house, filter={"where": "length(data.name) > `2`"})).json["events"]

    assert [one["isWanted"] for one in found] == [None, False, True]
    assert (found[0]["error"]["code"], found[0]["error"]["field"]) == ("expression.failed", "filter.where")


async def test_one_event_can_be_named(house: House) -> None:
    await post(house, {"number": 1}, {"number": 2})
    oldest = (await house.get("/api/events?source=ingest")).json["items"][-1]["id"]

    found = (await preview(house, event=oldest, shape={"format": "raw", "select": "data.number"})).json["events"]
    unknown = await house.post(PREVIEW, {"source": "posthouse", "event": oldest})

    assert [(one["id"], one["body"]) for one in found] == [(oldest, "1")]
    assert (unknown.status, unknown.code) == (404, "event.not_found")


async def test_what_cannot_be_used_says_where(house: House) -> None:
    answer = await preview(house, shape={"message": {"body": "Number {{ data. }}"}})
    assert (answer.status, answer.code) == (400, "expression.invalid")
    assert (answer.json["field"], answer.json["position"]) == ("shape.message.body", 15)


async def test_a_source_that_has_told_nothing_has_nothing_to_try(house: House) -> None:
    await house.add_hook("http://127.0.0.1:9/")

    assert (await preview(house)).json == {"takesMessages": None, "events": [], "fields": []}
    assert (await preview(house, target="hook")).json["takesMessages"] is False
    assert (await preview(house, target="nobody")).code == "target.not_found"


async def test_a_snapshot_that_has_told_nothing_yet_is_looked_at(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(monkeypatch)
    (tmp_path / "note.json").write_text('{"text": "hello", "author": "ann", "secret": "psst"}')
    made = {"kind": "note", "name": "note", "settings": {"path": str(tmp_path / "note.json")}}
    assert (await house.post("/api/sources", made)).status == 201

    shape = {"properties": {"author": False}, "message": {"body": "{{ data }}"}}
    found = (await preview(house, source="note", shape=shape)).json

    assert found["events"][0]["id"] is None
    assert "hello" in found["events"][0]["message"]["body"]
    assert "psst" not in json.dumps(found)
    assert "ann" not in json.dumps(found)
    assert await house.count_events() == 0


async def test_words_are_kept_with_their_binding_and_replaced_whole(house: House) -> None:
    await house.add_hook("http://127.0.0.1:9/")
    message = {"title": "{{ type }}", "body": None, "priority": "4", "tags": ["a"], "click": None}
    made = await house.post(
        "/api/bindings",
        {"source": "ingest", "target": "hook", "filter": {"where": "data.n"}, "shape": {"message": message}},
    )
    path = f"/api/bindings/{made.json['id']}"

    changed = await house.patch(path, {"shape": {"format": "template", "body": '{"n": "{{ data.n }}"}'}})

    assert (made.json["filter"]["where"], made.json["shape"]["message"]) == ("data.n", message)
    assert (changed.json["revision"], changed.json["shape"]["message"]) == (2, None)
    assert (await house.get(path)).json == changed.json
