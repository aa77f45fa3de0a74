"""Lane updates: the first move at once, those that follow together, and every lane after a start."""

from __future__ import annotations

from tests.http.house import House
from tests.live.client import Client
from tests.parts import HandClock


async def bound(house: House) -> Client:
    await house.add_hook("http://127.0.0.1:9/")
    await house.post("/api/targets/hook/pause")
    await house.post("/api/bindings", {"source": "ingest", "target": "hook"})
    client = Client(house)
    await client.load()
    await client.connect()
    return client


def waiting(client: Client) -> list[int]:
    return [one.counts.target_paused for one in client.of_type("delivery_update")]


async def test_the_first_move_is_told_at_once_and_the_next_ones_together_after_250_ms(
    house: House, hand: HandClock
) -> None:
    client = await bound(house)
    hand.advance(1.0)
    await house.post("/api/events", {"type": "a.b", "data": {}})
    await client.until(lambda: 1 in waiting(client))
    for _ in range(4):
        await house.post("/api/events", {"type": "a.b", "data": {}})
    hand.advance(0.2)
    await client.until_level()
    early = waiting(client)
    hand.advance(0.06)
    await client.until(lambda: 5 in waiting(client))
    await client.leave()

    assert early[-1] == 1
    assert waiting(client)[-2:] == [1, 5]
    update = client.of_type("delivery_update")[-1]
    assert len(update.newest) == 5
    assert {one.status for one in update.newest} == {"pending"}


async def test_an_idle_house_arms_no_timer_for_its_lanes(house: House, hand: HandClock) -> None:
    client = await bound(house)
    hand.advance(1.0)
    await house.post("/api/events", {"type": "a.b", "data": {}})
    await client.until(lambda: 1 in waiting(client))
    await client.leave()
    for _ in range(8):
        hand.advance(0.3)
        await house.get("/api/live/poll")

    assert [one for one in hand.armed() if one <= 0.25] == []
