"""`/api/targets/{target}/endpoints`: more than one address per target."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from tests import boards
from tests.http.house import House
from tests.receiver import Received, Receiver, Reply


class Server:
    """A server of message boards."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.boards: Any = [{"id": 7, "name": "Kitchen"}, {"id": 8, "name": "Hall"}]
        self.status = 200
        receiver.default = self._answer

    @property
    def url(self) -> str:
        """Its root."""
        return self.receiver.url.rsplit("/", 1)[0]

    @property
    def posted(self) -> list[Received]:
        return [one for one in self.receiver.requests if one.method == "POST"]

    def _answer(self, request: Received) -> Reply:
        is_list = request.path == "/boards"
        body = msgspec.json.encode(self.boards) if is_list else b"ok"
        return Reply(status=self.status if is_list else 200, body=body)


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    boards.register(monkeypatch)
    async with Receiver() as receiver:
        yield Server(receiver)


async def add_boards(house: House, server: Server, **more: Any) -> Any:
    body = {"kind": "boards", "name": "house", "settings": {"server": server.url}, **more}
    return await house.post("/api/targets", body)


async def listed(house: House) -> list[Any]:
    items: list[Any] = (await house.get("/api/targets/house/endpoints")).json["items"]
    return items


async def test_target_is_made_with_the_endpoints_that_it_offers_and_each_is_sent_to(
    house: House, server: Server
) -> None:
    made = (await add_boards(house, server)).json["target"]
    await house.post("/api/bindings", {"source": "ingest", "target": "house", "endpoint": "Hall"})
    await house.post("/api/events", {"type": "t"})
    await server.receiver.wait_for(3)

    assert [one["name"] for one in made["endpoints"]] == ["Kitchen", "Hall"]
    assert [one.path for one in server.posted] == ["/boards/8"]
    assert [(one["name"], one["bindings"], one["state"], one["isEntered"]) for one in await listed(house)] == [
        ("Kitchen", 0, "ok", False),
        ("Hall", 1, "ok", False),
    ]


async def test_asked_anew_it_tells_what_came_what_went_and_what_is_missed(house: House, server: Server) -> None:
    await add_boards(house, server)
    await house.post("/api/bindings", {"source": "ingest", "target": "house", "endpoint": "Hall"})
    server.boards = [{"id": 9, "name": "Attic"}]

    answer = await house.post("/api/targets/house/endpoints/refresh")

    told = answer.json
    assert (answer.status, told["added"], told["gone"], told["missed"]) == (200, ["Attic"], ["Kitchen"], ["Hall"])
    assert [(one["name"], one["goneAt"] is None) for one in told["items"]] == [
        ("Kitchen", False),
        ("Hall", True),
        ("Attic", True),
    ]
    assert (await listed(house)) == told["items"]


async def test_renamed_endpoint_is_sent_to_by_its_new_settings_at_once(house: House, server: Server) -> None:
    await add_boards(house, server)
    await house.post("/api/bindings", {"source": "ingest", "target": "house", "endpoint": "Hall"})
    server.boards = [{"id": 8, "name": "Great hall"}]

    await house.post("/api/targets/house/endpoints/refresh")
    (binding,) = (await house.get("/api/bindings")).json["items"]

    assert binding["endpoint"] == "Great hall"


async def test_server_that_does_not_say_changes_nothing(house: House, server: Server) -> None:
    await add_boards(house, server)
    before = await listed(house)
    server.status = 500

    answer = await house.post("/api/targets/house/endpoints/refresh")

    assert (answer.status, answer.code) == (422, "target.endpoints_unknown")
    assert answer.json["diagnosis"]["advice"]
    assert await listed(house) == before


async def test_target_that_does_not_say_is_not_saved_unless_it_is_saved_unchecked(house: House, server: Server) -> None:
    server.status = 500

    refused = await add_boards(house, server)
    saved = await add_boards(house, server, check=False)
    server.status = 200
    refreshed = await house.post("/api/targets/house/endpoints/refresh")

    assert (refused.status, refused.code) == (422, "target.endpoints_unknown")
    assert (saved.status, saved.json["target"]["endpoints"]) == (201, [])
    assert refreshed.json["added"] == ["Kitchen", "Hall"]


async def test_endpoint_is_named_by_a_person_sent_to_and_removed(house: House, server: Server) -> None:
    await add_boards(house, server)

    made = await house.post("/api/targets/house/endpoints", {"name": "Shed", "settings": {"board": "21"}})
    bound = (await house.post("/api/bindings", {"source": "ingest", "target": "house", "endpoint": "Shed"})).json
    await house.post("/api/events", {"type": "t"})
    await server.receiver.wait_for(3)
    refused = await house.delete("/api/targets/house/endpoints/Shed")
    await house.delete(f"/api/bindings/{bound['id']}?waiting=dismiss")
    removed = await house.delete(f"/api/targets/house/endpoints/{made.json['id']}")

    assert (made.status, made.json["isEntered"], made.json["settings"]) == (201, True, {"board": "21"})
    assert [one.path for one in server.posted] == ["/boards/21"]
    assert (refused.status, refused.code) == (409, "endpoint.bound")
    assert (removed.status, removed.json["name"]) == (200, "Shed")
    assert [one["name"] for one in await listed(house)] == ["Kitchen", "Hall"]
    assert (await house.delete("/api/targets/house/endpoints/Shed")).code == "endpoint.not_found"


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({}, 400, "request.invalid", None),
        ({"name": "a/b", "settings": {"board": "1"}}, 400, "endpoint.name_invalid", "name"),
        ({"name": "Hall", "settings": {"board": "1"}}, 409, "endpoint.name_taken", "name"),
        ({"name": "x"}, 400, "endpoint.settings_invalid", None),
        ({"name": "x", "settings": {"board": 7}}, 400, "endpoint.settings_invalid", "board"),
        ({"name": "x", "settings": {"board": "../../admin"}}, 400, "endpoint.settings_invalid", "board"),
        ({"name": "x", "settings": {"board": "1", "more": 1}}, 400, "endpoint.settings_invalid", None),
        ({"name": "x", "settings": []}, 400, "request.invalid", "settings"),
        ({"name": "x", "settings": {"board": "1"}, "health": "{}"}, 400, "request.invalid", None),
        ({"name": "x" * 101, "settings": {"board": "1"}}, 400, "request.invalid", "name"),
    ],
)
async def test_endpoint_that_does_not_fit_is_refused_and_changes_nothing(
    house: House, server: Server, body: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    await add_boards(house, server)
    before = await listed(house)

    answer = await house.post("/api/targets/house/endpoints", body)

    assert (answer.status, answer.code, answer.json.get("field")) == (status, code, field)
    assert await listed(house) == before


async def test_hostile_names_are_made_to_fit_and_too_many_are_cut(house: House, server: Server) -> None:
    evil = ["", "\x1b[2J\u202ebad\n", "x" * 5_000, "same", "same", "..", "12", "a/b"]
    server.boards = [{"id": number, "name": name} for number, name in enumerate(evil)]
    await add_boards(house, server)
    names = [one["name"] for one in await listed(house)]
    server.boards = [{"id": f"n{number}", "name": f"n{number}"} for number in range(1_500)]

    flood = await house.post("/api/targets/house/endpoints/refresh")

    assert names == ["unnamed", "[2J bad", "x" * 100, "same", "same (2)", "..", "12", "a/b"]
    assert len([one for one in flood.json["items"] if one["goneAt"] is None]) == 1_000


@pytest.mark.parametrize("path", ["nowhere", "0", "-1", "1e9", "%00", "x" * 150])
async def test_endpoint_that_is_not_there_is_404(house: House, server: Server, path: str) -> None:
    await add_boards(house, server)

    assert (await house.delete(f"/api/targets/house/endpoints/{path}")).code == "endpoint.not_found"


async def test_endpoint_of_another_target_is_not_reached(house: House, server: Server) -> None:
    await add_boards(house, server)
    hook = await house.add_hook("http://127.0.0.1:9/")

    assert (await house.delete(f"/api/targets/house/endpoints/{hook['endpoints'][0]['id']}")).status == 404


async def test_webhook_has_one_address_which_can_be_neither_added_to_nor_removed(house: House) -> None:
    await house.add_hook("http://127.0.0.1:9/")

    added = await house.post("/api/targets/hook/endpoints", {"name": "more"})
    removed = await house.delete("/api/targets/hook/endpoints/default")
    refreshed = await house.post("/api/targets/hook/endpoints/refresh")

    assert (added.status, added.code) == (409, "endpoint.not_addable")
    assert (removed.status, removed.code) == (409, "endpoint.offered")
    assert (refreshed.json["added"], refreshed.json["gone"], refreshed.json["missed"]) == ([], [], [])


async def test_unknown_parameters_and_targets_are_refused(house: House, server: Server) -> None:
    await add_boards(house, server)

    assert (await house.get("/api/targets/nowhere/endpoints")).code == "target.not_found"
    assert (await house.get("/api/targets/house/endpoints?endpoint=1")).code == "request.unknown_parameter"
    assert (await house.post("/api/targets/house/endpoints/refresh", token=None)).status == 401


async def test_every_change_of_endpoints_is_told_of_in_the_stream(house: House, server: Server) -> None:
    await add_boards(house, server)
    cursor = (await house.get("/api/live/snapshot")).json["cursor"]

    await house.post("/api/targets/house/endpoints", {"name": "Shed", "settings": {"board": "21"}})
    await house.delete("/api/targets/house/endpoints/Shed")

    entries = (await house.get(f"/api/live/poll?cursor={cursor}")).json["items"]
    updates = [one["event"]["payload"] for one in entries if one["event"]["type"] == "settings_update"]
    assert [(one["subject"], one["action"], one["name"]) for one in updates] == [("target", "changed", "house")] * 2
