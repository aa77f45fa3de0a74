"""`/api/agents`: the board over the API, from what was posted."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from posthouse.ledger.sources import ensure_sources
from tests.http.house import House

AT = 1_767_225_600_000


@pytest.fixture
async def board(house: House) -> House:
    """A house in which agents are listened to."""
    await house.database.run(ensure_sources, ["agents"], house.services.clock.now())
    await house.services.known.reload()
    (source,) = [one for one in house.services.known.directory.sources.values() if one.kind == "agents"]
    assert source.is_enabled
    await house.services.collection.enable(source.id)
    return house


async def report(house: House, kind: str, **data: Any) -> None:
    """One report, posted."""
    answer = await house.post(
        "/api/events", {"type": f"agent.{kind}", "data": data, "at": AT + data.pop("second") * 1_000}
    )
    assert answer.status == 202


async def shown(house: House, path: str = "/api/agents", *, count: int) -> list[Any]:
    """The board's items, once there are so many in the states wanted."""
    async with asyncio.timeout(20):
        while True:
            answer = (await house.get(path)).json
            assert answer["nextCursor"] is None
            if len(answer["items"]) == count:
                return list(answer["items"])


async def test_an_empty_board_is_empty(house: House) -> None:
    assert (await house.get("/api/agents")).json == {"items": [], "nextCursor": None}


async def test_the_board_shows_who_does_what_since_when_and_what_is_asked(board: House) -> None:
    prompt = {"id": "p1", "permission": "Bash", "description": "rm -rf build", "metadata": {"cwd": "/srv"}}
    await report(
        board, "turn-started", second=1, agent_id="a1", tool="mine", project="letters", title="Sort", turn_id="t1"
    )
    await report(board, "spawned", second=2, agent_id="a2", parent_id="a1", machine="laptop")
    await report(board, "permission-required", second=3, agent_id="a1", prompt=prompt)

    (waiting,) = await shown(board, "/api/agents?state=waiting", count=1)
    first, second = await shown(board, count=2)

    assert waiting == first == {
        "id": "a1", "tool": "mine", "machine": "here", "project": "letters", "title": "Sort", "state": "waiting",
        "since": AT + 3_000, "startedAt": AT + 1_000, "heardAt": AT + 3_000, "parentId": None, "turnId": "t1",
        "error": "", "prompts": [prompt | {"since": AT + 3_000}],
    }  # fmt: skip
    assert (second["id"], second["parentId"], second["machine"], second["state"]) == ("a2", "a1", "laptop", "working")


async def test_titles_that_are_switched_off_are_not_shown(board: House) -> None:
    await report(board, "turn-started", second=1, agent_id="a1", title="walnut")
    await shown(board, count=1)

    assert (await board.patch("/api/sources/agents", {"properties": {"titles": False}})).status == 200

    assert [one["title"] for one in await shown(board, count=1)] == [""]


async def test_an_unknown_state_is_refused(house: House) -> None:
    answer = await house.get("/api/agents?state=asleep")
    assert answer.status == 400


async def test_of_the_agents_there_is_one_source(board: House) -> None:
    refused = await board.post("/api/sources", {"kind": "agents", "name": "more"})
    assert (refused.status, refused.code) == (400, "source.only_one")
    kinds = (await board.get("/api/source-kinds")).json["items"]
    assert [one["canBeAdded"] for one in kinds if one["kind"] == "agents"] == [False]
