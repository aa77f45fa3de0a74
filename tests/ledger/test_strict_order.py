"""Strict order: one at a time by ledger sequence, and any end of the first lets the next go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from posthouse.ledger.leases import recover, release
from posthouse.ledger.replays import dismiss, replay
from posthouse.ledger.retention import expire
from posthouse.model.deliveries import OutcomeKind
from posthouse.model.ids import DeliveryId, EndpointId, Millis
from tests.ledger.scene import OWNER, Scene

LIMIT_MS = 1_000
End = Callable[[Scene, EndpointId, DeliveryId], Awaitable[object]]


async def deliver(scene: Scene, endpoint_id: EndpointId, head: DeliveryId) -> None:
    assert await scene.try_one(endpoint_id, OutcomeKind.DELIVERED) == head


async def reject(scene: Scene, endpoint_id: EndpointId, head: DeliveryId) -> None:
    assert await scene.try_one(endpoint_id, OutcomeKind.REJECTED) == head


async def give_up(scene: Scene, endpoint_id: EndpointId, head: DeliveryId) -> None:
    assert await scene.try_one(endpoint_id, OutcomeKind.TRANSIENT) == head


async def crash(scene: Scene, endpoint_id: EndpointId, head: DeliveryId) -> None:
    await scene.claim(endpoint_id, owner="an earlier instance")
    await scene.database.run(recover, OWNER, None, scene.clock.now(), 0.0, scene.author)


async def dismiss_head(scene: Scene, endpoint_id: EndpointId, head: DeliveryId) -> None:
    await scene.database.run(dismiss, [head], scene.clock.now())


async def supersede_head(scene: Scene, endpoint_id: EndpointId, head: DeliveryId) -> None:
    await scene.post(supersede_key="head")


async def expire_head(scene: Scene, endpoint_id: EndpointId, head: DeliveryId) -> None:
    scene.clock.advance(LIMIT_MS / 1000)
    await scene.database.run(expire, scene.clock.now())


ENDS = {
    "delivered": deliver,
    "dlq": reject,
    "gave_up": give_up,
    "interrupted": crash,
    "dismissed": dismiss_head,
    "superseded": supersede_head,
    "expired": expire_head,
}


async def line_of(scene: Scene, count: int) -> tuple[EndpointId, list[DeliveryId]]:
    """An endpoint with a strict line of one that may end in any way and `count` behind it."""
    endpoint_id = await scene.wire(is_strict_order=True, retry_schedule_s=())
    head = await scene.post(supersede_key="head", expires_at=Millis(scene.clock.now() + LIMIT_MS))
    return endpoint_id, head + await scene.post(count)


async def test_only_the_head_can_be_claimed(scene: Scene) -> None:
    endpoint_id, ids = await line_of(scene, 3)

    first, second = await scene.claim(endpoint_id), await scene.claim(endpoint_id)

    assert [one.id for one in first.deliveries] == ids[:1]
    assert (second.deliveries, second.next_due_at) == ([], None)


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
async def test_any_end_of_the_head_lets_the_next_go(scene: Scene, end: End) -> None:
    endpoint_id, ids = await line_of(scene, 2)

    await end(scene, endpoint_id, ids[0])

    assert (await scene.statuses(ids))[0] not in ("pending", "failed", "in_flight")
    assert [one.id for one in (await scene.claim(endpoint_id)).deliveries] == ids[1:2]


async def test_line_is_gone_through_in_order(scene: Scene) -> None:
    endpoint_id, ids = await line_of(scene, 4)

    assert [await scene.try_one(endpoint_id, OutcomeKind.DELIVERED) for _ in ids] == ids


async def test_head_that_will_be_tried_again_holds_its_line(scene: Scene) -> None:
    endpoint_id = await scene.wire(is_strict_order=True, retry_schedule_s=(60,))
    ids = await scene.post(2)

    await scene.try_one(endpoint_id, OutcomeKind.TRANSIENT)

    assert (await scene.claim(endpoint_id)).deliveries == []
    scene.clock.advance(60)
    assert [one.id for one in (await scene.claim(endpoint_id)).deliveries] == ids[:1]


async def test_released_head_is_claimed_again(scene: Scene) -> None:
    endpoint_id, ids = await line_of(scene, 1)
    head = await scene.claim_one(endpoint_id)

    await scene.database.run(release, [head], scene.clock.now())

    assert (await scene.claim_one(endpoint_id)).id == ids[0]


async def test_end_of_one_behind_promotes_nobody(scene: Scene) -> None:
    endpoint_id, ids = await line_of(scene, 3)

    await scene.database.run(dismiss, [ids[2]], scene.clock.now())

    assert [await scene.try_one(endpoint_id, OutcomeKind.DELIVERED) for _ in range(3)] == [ids[0], ids[1], ids[3]]


async def test_one_behind_expires_while_the_head_is_being_sent(scene: Scene) -> None:
    endpoint_id = await scene.wire(is_strict_order=True)
    ids = await scene.post()
    ids += await scene.post(expires_at=Millis(scene.clock.now() + LIMIT_MS))
    ids += await scene.post()
    head = await scene.claim_one(endpoint_id)
    scene.clock.advance(LIMIT_MS / 1000)

    await scene.database.run(expire, scene.clock.now())

    assert await scene.statuses(ids) == ["in_flight", "expired", "pending"]
    await scene.finish(head, OutcomeKind.DELIVERED)
    assert (await scene.claim_one(endpoint_id)).id == ids[2]


async def test_whole_line_dismissed_at_once_leaves_room_for_a_new_head(scene: Scene) -> None:
    endpoint_id, ids = await line_of(scene, 3)

    await scene.database.run(dismiss, ids, scene.clock.now())
    [fresh] = await scene.post()

    assert (await scene.claim_one(endpoint_id)).id == fresh


async def test_replayed_one_goes_before_all_that_came_after_it(scene: Scene) -> None:
    endpoint_id, ids = await line_of(scene, 3)
    await scene.try_one(endpoint_id, OutcomeKind.REJECTED)
    sending = await scene.claim_one(endpoint_id)

    await scene.database.run(replay, [ids[0]], scene.clock.now(), scene.clock.uuid7)

    assert (await scene.claim(endpoint_id)).deliveries == []
    await scene.finish(sending, OutcomeKind.DELIVERED)
    assert (await scene.claim_one(endpoint_id)).id == ids[0]


async def test_events_of_one_call_stand_in_one_line(scene: Scene) -> None:
    endpoint_id = await scene.wire(is_strict_order=True)
    items = [await scene.draft() for _ in range(3)]

    await scene.insert(*items)

    expected = [item.deliveries[0].id for item in items]
    assert [await scene.try_one(endpoint_id, OutcomeKind.DELIVERED) for _ in items] == expected


async def test_probes_of_a_strict_line_take_the_head_again(scene: Scene) -> None:
    endpoint_id = await scene.wire(is_strict_order=True, retry_schedule_s=(1, 1, 86_400))
    ids = await scene.post(3)
    for _ in range(3):
        await scene.try_one(endpoint_id, OutcomeKind.TRANSIENT)
        scene.clock.advance(1)

    for _ in range(3):
        scene.clock.advance(900)
        assert await scene.try_one(endpoint_id, OutcomeKind.TRANSIENT) == ids[0]
