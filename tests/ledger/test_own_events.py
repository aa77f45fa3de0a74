"""The daemon's own events: told in the transaction of what happened, and never to the target that they tell of."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from posthouse.ledger.events import EventQuery, EventRow, get_event, page_events
from posthouse.model.bindings import Filter
from posthouse.model.deliveries import OutcomeKind
from posthouse.model.ids import EndpointId
from posthouse.rules.health import PausedByHand, Reconnected, ResumedByHand, Signal
from tests.ledger.scene import Scene

TRANSIENT, DELIVERED, REJECTED = OutcomeKind.TRANSIENT, OutcomeKind.DELIVERED, OutcomeKind.REJECTED


async def own_events(scene: Scene) -> list[EventRow]:
    """Oldest first."""
    found = (await scene.database.read(page_events, EventQuery())).items
    return [row for row in reversed(found) if row.source == "posthouse"]


async def data_of(scene: Scene, row: EventRow) -> dict[str, Any]:
    event = await scene.database.read(get_event, row.id)
    found: dict[str, Any] = msgspec.json.decode(event.data)
    return found


async def wire_with_pager(scene: Scene) -> tuple[EndpointId, EndpointId]:
    """A target that gets what is posted, and the daemon's own events bound to it and to another."""
    endpoint_id = await scene.wire("hook")
    [pager_id] = await scene.add_target("pager")
    await scene.bind(endpoint_id, source="posthouse")
    await scene.bind(pager_id, source="posthouse")
    return endpoint_id, pager_id


async def test_pause_and_recovery_are_told_once_each(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    await scene.post(6)
    for _ in range(3):
        await scene.try_one(endpoint_id, TRANSIENT)
    scene.clock.advance(30)
    await scene.try_one(endpoint_id, DELIVERED)
    scene.clock.advance(400)
    for _ in range(4):
        await scene.try_one(endpoint_id, DELIVERED)

    told = await own_events(scene)

    assert [(row.type, row.severity, row.subject) for row in told] == [
        ("target.paused", "warning", "hook"),
        ("target.recovered", "success", "hook"),
    ]
    paused, recovered = [await data_of(scene, row) for row in told]
    assert (paused["cause"], paused["reason"], paused["endpoint"]) == ("transient", "http_503", "default")
    assert recovered["paused_for_ms"] == 30_002


async def test_event_about_a_target_goes_to_all_but_that_target(scene: Scene) -> None:
    endpoint_id, pager_id = await wire_with_pager(scene)
    await scene.post()

    completed = await scene.try_one(endpoint_id, OutcomeKind.GONE)

    [told] = (await scene.claim(pager_id)).deliveries
    assert completed
    assert (told.event.type, told.event.correlation_key) == ("target.paused", "target:1")
    await scene.signal_endpoint(endpoint_id, ResumedByHand())
    assert [one.event.type for one in (await scene.claim(endpoint_id)).deliveries] == ["thing.happened"]


async def test_completed_says_whom_to_wake(scene: Scene) -> None:
    endpoint_id, pager_id = await wire_with_pager(scene)
    await scene.post()
    delivery = await scene.claim_one(endpoint_id)

    completed = await scene.finish(delivery, OutcomeKind.AUTH)

    assert completed.woken == {pager_id}


async def test_giving_up_is_told_with_what_happened(scene: Scene) -> None:
    endpoint_id, pager_id = await wire_with_pager(scene)
    await scene.post(type="build.done")
    await scene.try_one(endpoint_id, REJECTED)

    [told] = (await scene.claim(pager_id)).deliveries

    data = msgspec.json.decode(told.event.data)
    assert (told.event.type, told.event.severity) == ("delivery.gave-up", "error")
    assert (data["event_type"], data["attempts"], data["reason"], data["status_code"]) == (
        "build.done", 1, "http_400", 400,
    )  # fmt: skip


async def test_giving_up_on_an_own_event_is_told_to_nobody(scene: Scene) -> None:
    endpoint_id, pager_id = await wire_with_pager(scene)
    await scene.post()
    await scene.try_one(endpoint_id, REJECTED)

    await scene.try_one(pager_id, REJECTED)

    assert [row.type for row in await own_events(scene)] == ["delivery.gave-up"]


async def test_own_events_are_filtered_like_all_others(scene: Scene) -> None:
    endpoint_id = await scene.wire("hook")
    [pager_id] = await scene.add_target("pager")
    await scene.bind(pager_id, source="posthouse", wanted=Filter(types=("delivery.*",)))
    await scene.post(2)

    await scene.try_one(endpoint_id, REJECTED)
    await scene.try_one(endpoint_id, OutcomeKind.GONE)

    assert [one.event.type for one in (await scene.claim(pager_id)).deliveries] == ["delivery.gave-up"]


@pytest.mark.parametrize("signal", [ResumedByHand(), Reconnected()], ids=["resumed", "reconnected"])
async def test_target_paused_and_lifted_by_a_person_is_told(scene: Scene, signal: Signal) -> None:
    endpoint_id = await scene.wire()
    await scene.post()
    await scene.try_one(endpoint_id, OutcomeKind.AUTH)

    await scene.signal_target("hook", signal)
    await scene.signal_target("hook", signal)

    assert [(row.type, row.severity) for row in await own_events(scene)] == [
        ("target.paused", "warning"),
        ("target.recovered", "success"),
    ]


async def test_pausing_twice_is_told_once(scene: Scene) -> None:
    endpoint_id = await scene.wire()

    for _ in range(2):
        await scene.signal_endpoint(endpoint_id, PausedByHand("for the night"))

    [row] = await own_events(scene)
    assert (await data_of(scene, row))["detail"] == "for the night"
