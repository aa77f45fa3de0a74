"""Lists: newest first, filtered, in pages that neither repeat nor skip."""

from __future__ import annotations

import pytest

from posthouse.ledger.deliveries import TARGET_PAUSED, DeliveryQuery, get_delivery, page_deliveries
from posthouse.ledger.events import EventQuery, page_events
from posthouse.model.deliveries import OutcomeKind
from posthouse.model.errors import NotFound
from posthouse.rules.health import PausedByHand
from tests.ledger.scene import Scene


async def ids_of(scene: Scene, **query: object) -> list[str]:
    found = await scene.database.read(page_deliveries, DeliveryQuery(**query))  # type: ignore[arg-type]
    return [one.id for one in found.items]


async def all_pages(scene: Scene, **query: object) -> list[str]:
    """Every page of two after another."""
    before = DeliveryQuery().before
    found: list[str] = []
    while True:
        wanted = DeliveryQuery(**{"before": before, "limit": 2} | query)  # type: ignore[arg-type]
        page = await scene.database.read(page_deliveries, wanted)
        assert len(page.items) <= 2
        found += [one.id for one in page.items]
        if page.next_before is None:
            return found
        before = page.next_before


async def test_pages_are_newest_first_and_complete(scene: Scene) -> None:
    await scene.wire()
    ids = await scene.post(5)

    assert await all_pages(scene) == ids[::-1]
    assert await all_pages(scene, status="pending") == ids[::-1]


async def test_status_filter_finds_what_is_stored(scene: Scene) -> None:
    endpoint_id = await scene.wire(retry_schedule_s=(60,))
    ids = await scene.post(5)
    for kind in (OutcomeKind.DELIVERED, OutcomeKind.REJECTED, OutcomeKind.TRANSIENT):
        await scene.try_one(endpoint_id, kind)
    await scene.claim(endpoint_id, 1)

    statuses = ("delivered", "dlq", "failed", "in_flight", "pending")
    assert [await ids_of(scene, status=one) for one in statuses] == [[one] for one in ids]
    assert await ids_of(scene, status="withheld") == []


async def test_paused_is_reported_of_what_waits_for_a_pause(scene: Scene) -> None:
    paused, running = await scene.wire("a", retry_schedule_s=(60,)), await scene.wire("b")
    ids = await scene.post(5)
    to_paused = ids[::2]
    await scene.try_one(paused, OutcomeKind.TRANSIENT)
    await scene.try_one(paused, OutcomeKind.DELIVERED)
    await scene.try_one(running, OutcomeKind.DELIVERED)
    await scene.signal_endpoint(paused, PausedByHand())

    waiting = [to_paused[0], *to_paused[2:]]
    assert await all_pages(scene, status=TARGET_PAUSED) == waiting[::-1]
    assert [(await scene.look(one)).delivery.is_paused for one in to_paused[:2]] == [True, False]
    assert await ids_of(scene, status="delivered") == [to_paused[1], ids[1]]


async def test_filters_are_taken_together(scene: Scene) -> None:
    await scene.wire("a")
    await scene.wire("b")
    ids = await scene.post(2)
    event_id = (await scene.look(ids[0])).event.id

    assert await ids_of(scene, target_id=1) == [ids[2], ids[0]]
    assert await ids_of(scene, binding_id=2, status="pending") == [ids[3], ids[1]]
    assert await ids_of(scene, event_id=event_id) == [ids[1], ids[0]]
    assert await ids_of(scene, event_id=event_id, target_id=2) == [ids[1]]
    assert await ids_of(scene, source_id=99) == []


async def test_events_are_filtered_by_source_type_and_origin(scene: Scene) -> None:
    for event_type, origin in (("build.done", "ci"), ("build.failed", "ci"), ("test.done", "me")):
        await scene.insert(await scene.draft(type=event_type, origin=origin))

    async def types(**query: object) -> list[str]:
        found = await scene.database.read(page_events, EventQuery(**query))  # type: ignore[arg-type]
        return [row.type for row in found.items]

    assert await types() == ["test.done", "build.failed", "build.done"]
    assert await types(type="build.*") == ["build.failed", "build.done"]
    assert await types(type="*.done", origin="ci") == ["build.done"]
    assert await types(source_id=99) == []
    assert await types(limit=1) == ["test.done"]


async def test_events_page_on_from_the_last_position(scene: Scene) -> None:
    await scene.wire()
    await scene.post(3)

    first = await scene.database.read(page_events, EventQuery(limit=2))
    rest = await scene.database.read(page_events, EventQuery(before=first.items[-1].seq))

    assert [row.deliveries for row in (*first.items, *rest.items)] == [1, 1, 1]
    assert [row.data_bytes for row in rest.items] == [2]


async def test_unknown_delivery_is_not_found(scene: Scene) -> None:
    with pytest.raises(NotFound) as caught:
        await scene.database.read(get_delivery, "nothing")

    assert caught.value.code == "delivery.not_found"
