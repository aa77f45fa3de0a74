"""Events that nothing takes are told, too: the first at once, the next together, and never one that is delivered."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from posthouse.ledger.base import Transaction
from posthouse.ledger.endpoints import NewEndpoint
from posthouse.ledger.live import read_log
from posthouse.ledger.targets import edit_target, get_target
from posthouse.model.ids import Millis
from posthouse.model.live import SourceUpdate
from tests.http.house import House
from tests.live.client import DEADLINE_S, Client
from tests.live.conftest import living_by_hand
from tests.parts import HandClock


async def following(house: House) -> Client:
    client = Client(house)
    await client.load()
    await client.connect()
    return client


def told(client: Client) -> list[SourceUpdate]:
    return [one for one in client.of_type("source_update") if one.action == "events"]


def counts(client: Client) -> list[int]:
    return [one.count for one in told(client)]


async def until_logged(house: House, wanted: list[int]) -> None:
    """Until the log tells of events so often, and of so many each time."""
    async with asyncio.timeout(DEADLINE_S):
        while (found := await house.database.read(logged)) != wanted:
            assert len(found) <= len(wanted), found


def logged(tx: Transaction) -> list[int]:
    _, rows = read_log(tx, 0, limit=500)
    events = [msgspec.json.decode(row.payload) for row in rows if row.type == "source_update"]
    return [one["count"] for one in events if one["action"] == "events"]


async def test_the_first_event_is_told_at_once_and_the_next_ones_together(house: House, hand: HandClock) -> None:
    client = await following(house)
    await house.post("/api/events", {"type": "build.finished", "data": {}})
    await client.until(lambda: counts(client) == [1])
    for number in range(4):
        await house.post("/api/events", [{"type": f"test.{number}", "data": {}}] * 3)
    hand.advance(0.2)
    await client.until_level()
    early = counts(client)
    hand.advance(0.06)
    await client.until(lambda: len(counts(client)) > 1)
    await client.leave()

    assert early == [1]
    assert counts(client) == [1, 12]
    assert [(one.source, one.detail) for one in told(client)] == [("ingest", "build.finished"), ("ingest", "test.3")]


async def test_of_many_events_each_is_counted_once_and_four_entries_a_second_are_the_most(
    house: House, hand: HandClock
) -> None:
    client = await following(house)
    for _ in range(20):
        await house.post("/api/events", [{"type": "a.b", "data": {}}] * 25)
        hand.advance(0.05)
    hand.advance(0.25)
    await client.until(lambda: sum(counts(client)) == 500)
    await client.leave()

    assert len(counts(client)) <= 6


async def test_an_event_that_a_binding_takes_is_told_by_its_lane_alone(house: House, hand: HandClock) -> None:
    await house.add_hook("http://127.0.0.1:9/")
    await house.post("/api/targets/hook/pause")
    await house.post("/api/bindings", {"source": "ingest", "target": "hook", "filter": {"types": ["build.*"]}})
    client = await following(house)
    hand.advance(1.0)
    await house.post("/api/events", [{"type": "build.finished", "data": {}}, {"type": "backup.done", "data": {}}])
    await client.until(lambda: told(client) and client.of_type("delivery_update"))
    await client.leave()

    assert [(one.count, one.detail) for one in told(client)] == [(1, "backup.done")]
    assert {(one.target, one.endpoint) for one in client.of_type("delivery_update")} == {("hook", "default")}


async def test_what_the_daemon_says_of_itself_is_not_told_twice(house: House, hand: HandClock) -> None:
    client = await following(house)
    await house.add_hook("http://127.0.0.1:9/")
    await house.post("/api/targets/hook/pause")
    await house.post("/api/targets/hook/resume")
    hand.advance(1.0)
    await client.until_level()
    await client.leave()

    assert client.entries
    assert told(client) == []


async def test_expectations_are_told_with_their_seconds(house: House, hand: HandClock) -> None:
    await house.add_hook("http://127.0.0.1:9/")
    client = await following(house)
    await house.patch("/api/sources/ingest", {"silenceS": 3_600})
    await house.patch("/api/sources/ingest", {"silenceS": 3_600})
    await house.patch("/api/sources/ingest", {"silenceS": None})
    await house.post("/api/bindings", {"source": "ingest", "target": "hook", "silenceS": 60})
    await client.until_level()
    await client.leave()

    configured = client.of_type("settings_update")
    assert [(one.action, one.name, one.value) for one in configured if one.subject == "expectation"] == [
        ("set", "ingest", 3_600),
        ("removed", "ingest", None),
        ("set", "ingest to hook", 60),
    ]


async def test_what_a_stop_left_untold_is_told_after_the_next_start_and_once(home: Path) -> None:
    clock = HandClock()
    async with living_by_hand(home, clock) as house:
        await house.post("/api/events", {"type": "a.told", "data": {}})
        await until_logged(house, [1])
        clock.advance(0.1)
        await house.post("/api/events", [{"type": "b.untold", "data": {}}] * 3)
    for _ in range(2):
        async with living_by_hand(home, clock) as house:
            await until_logged(house, [1, 3])
            clock.advance(1.0)


async def test_an_endpoint_that_was_added_or_edited_is_told_by_its_name(house: House) -> None:
    await house.add_hook("http://127.0.0.1:9/")
    client = await following(house)

    def edit(tx: Transaction) -> None:
        target = get_target(tx, "hook")
        edit_target(tx, target.id, endpoints=[NewEndpoint(name="more")], now=Millis(1))
        edit_target(
            tx, target.id, endpoints=[NewEndpoint(name="more", settings=msgspec.Raw(b'{"a":1}'))], now=Millis(2)
        )

    await house.database.run(edit)
    await client.until_level()
    await client.leave()

    configured = client.of_type("settings_update")
    assert [(one.action, one.name) for one in configured if one.subject == "endpoint"] == [
        ("added", "hook/more"),
        ("changed", "hook/more"),
    ]
