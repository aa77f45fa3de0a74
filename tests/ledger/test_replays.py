"""Replay and dismissal: what a person decides, once per delivery, and nothing where it cannot be."""

from __future__ import annotations

from collections.abc import Sequence

from posthouse.ledger.binding_changes import BindingChange, Waiting, edit_binding, remove_binding
from posthouse.ledger.bindings import list_bindings
from posthouse.ledger.deliveries import deliveries_of_event
from posthouse.ledger.replays import Changed, Skipped, dismiss, hasten_failed, replay
from posthouse.ledger.retention import expire
from posthouse.model.bindings import BodyFormat, Shape
from posthouse.model.deliveries import OutcomeKind
from posthouse.model.ids import Millis
from tests.ledger.scene import Scene

DELIVERED, TRANSIENT, REJECTED = OutcomeKind.DELIVERED, OutcomeKind.TRANSIENT, OutcomeKind.REJECTED


async def do_replay(scene: Scene, *ids: str) -> Changed:
    return await scene.database.run(replay, list(ids), scene.clock.now(), scene.clock.uuid7)


async def do_dismiss(scene: Scene, *ids: str) -> Changed:
    return await scene.database.run(dismiss, list(ids), scene.clock.now())


async def generations(scene: Scene, delivery_id: str) -> list[tuple[int, str]]:
    event_id = (await scene.look(delivery_id)).event.id
    rows = await scene.database.read(deliveries_of_event, event_id)
    return [(row.generation, row.status.value) for row in rows]


def reasons(changed: Changed) -> Sequence[str]:
    return [one.reason for one in changed.skipped]


async def test_replayed_dlq_row_has_a_fresh_budget(scene: Scene) -> None:
    endpoint_id = await scene.wire(retry_schedule_s=(60,), is_health_relevant=False)
    [delivery_id] = await scene.post()
    for _ in range(2):
        await scene.try_one(endpoint_id, TRANSIENT)
        scene.clock.advance(60)
    assert await scene.statuses([delivery_id]) == ["dlq"]

    changed = await do_replay(scene, delivery_id)

    assert (changed.changed, set(changed.woken)) == (1, {endpoint_id})
    assert await generations(scene, delivery_id) == [(1, "pending")]
    await scene.try_one(endpoint_id, TRANSIENT)
    assert await scene.statuses([delivery_id]) == ["failed"]
    assert len((await scene.look(delivery_id)).attempts) == 3


async def test_replayed_delivered_row_opens_the_next_generation(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    [delivery_id] = await scene.post()
    await scene.try_one(endpoint_id, DELIVERED)

    await do_replay(scene, delivery_id)

    assert await generations(scene, delivery_id) == [(1, "delivered"), (2, "pending")]
    second = await scene.claim_one(endpoint_id)
    assert (second.id != delivery_id, second.attempt, second.charged, second.is_maybe_sent) == (True, 1, 0, False)


async def test_older_generation_is_not_replayed_again(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    [delivery_id] = await scene.post()
    await scene.try_one(endpoint_id, DELIVERED)
    await do_replay(scene, delivery_id)

    changed = await do_replay(scene, delivery_id)

    assert (changed.changed, reasons(changed)) == (0, ["replayed_already"])
    assert len(await generations(scene, delivery_id)) == 2


async def test_delivery_named_twice_is_replayed_once(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    given_up, delivered = await scene.post(2)
    await scene.try_one(endpoint_id, REJECTED)
    await scene.try_one(endpoint_id, DELIVERED)

    changed = await do_replay(scene, delivered, given_up, delivered, given_up)

    assert (changed.changed, changed.skipped) == (2, ())
    assert await generations(scene, delivered) == [(1, "delivered"), (2, "pending")]


async def test_every_end_but_dlq_can_be_replayed_as_a_new_generation(scene: Scene) -> None:
    endpoint_id = await scene.wire(time_to_live_s=60)
    dismissed, delivered = await scene.post(2)
    await do_dismiss(scene, dismissed)
    await scene.try_one(endpoint_id, DELIVERED)
    [expired] = await scene.post()
    scene.clock.advance(60)
    await scene.database.run(expire, scene.clock.now())

    changed = await do_replay(scene, dismissed, delivered, expired)

    assert changed.changed == 3
    claimed = (await scene.claim(endpoint_id)).deliveries
    assert [one.expires_at for one in claimed] == [scene.clock.now() + 60_000] * 3


async def test_replay_outlives_the_events_own_time_limit(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    [delivery_id] = await scene.post(expires_at=Millis(scene.clock.now() + 1))
    await scene.try_one(endpoint_id, REJECTED)
    scene.clock.advance(60)

    await do_replay(scene, delivery_id)

    assert (await scene.claim_one(endpoint_id)).expires_at is None


async def test_replay_of_what_waits_makes_it_due_now_and_never_later(scene: Scene) -> None:
    endpoint_id = await scene.wire(retry_schedule_s=(86_400,))
    [later] = await scene.post()
    await scene.try_one(endpoint_id, TRANSIENT)
    [due] = await scene.post()
    due_at = scene.clock.now()
    scene.clock.advance(60)

    await do_replay(scene, later, due)

    assert (await scene.look(due)).delivery.available_at == due_at
    assert [one.id for one in (await scene.claim(endpoint_id)).deliveries] == [due, later]
    assert (await scene.look(later)).attempts[0].is_charged


async def test_replay_uses_the_newest_revision(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    ids = await scene.post(2)
    await scene.try_one(endpoint_id, REJECTED)
    await scene.try_one(endpoint_id, DELIVERED)
    [row] = await scene.database.read(list_bindings)
    change = BindingChange(shape=Shape(format=BodyFormat.RAW))
    await scene.database.run(edit_binding, row.binding.id, change, now=scene.clock.now())

    await do_replay(scene, *ids)

    assert [one.revision for one in (await scene.claim(endpoint_id)).deliveries] == [2, 2]


async def test_what_is_being_sent_is_left_alone(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    await scene.post()
    delivery = await scene.claim_one(endpoint_id)

    assert reasons(await do_replay(scene, delivery.id)) == ["in_flight"]
    assert reasons(await do_dismiss(scene, delivery.id)) == ["in_flight"]
    assert await scene.statuses([delivery.id]) == ["in_flight"]


async def test_delivery_of_a_removed_binding_is_not_replayed(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    [delivery_id] = await scene.post()
    await scene.try_one(endpoint_id, REJECTED)
    [row] = await scene.database.read(list_bindings)
    await scene.database.run(remove_binding, row.binding.id, waiting=Waiting.REFUSE, now=scene.clock.now())

    changed = await do_replay(scene, delivery_id)

    assert (changed.changed, changed.skipped) == (0, (Skipped(delivery_id, "binding_removed"),))


async def test_unknown_ids_are_skipped_as_not_found(scene: Scene) -> None:
    await scene.wire()
    [known] = await scene.post()

    changed = await do_dismiss(scene, known, "nothing", "")

    assert (changed.changed, reasons(changed)) == (1, ["not_found", "not_found"])


async def test_waiting_and_given_up_deliveries_can_be_dismissed(scene: Scene) -> None:
    endpoint_id = await scene.wire(retry_schedule_s=(60,))
    ids = await scene.post(3)
    await scene.try_one(endpoint_id, TRANSIENT)
    await scene.try_one(endpoint_id, REJECTED)

    changed = await do_dismiss(scene, *ids, ids[0])

    assert (changed.changed, changed.skipped) == (3, ())
    assert await scene.statuses(ids) == ["dismissed"] * 3
    assert await scene.reasons(ids) == ["by_hand"] * 3
    assert reasons(await do_dismiss(scene, *ids)) == ["ended"] * 3


async def test_hastened_retries_are_due_now_in_steps_and_their_budget_stands(scene: Scene) -> None:
    endpoint_id = await scene.wire(retry_schedule_s=(3_600, 3_600), is_health_relevant=False)
    ids = await scene.post(5)
    for _ in ids:
        await scene.try_one(endpoint_id, TRANSIENT)
    assert (await scene.claim(endpoint_id)).deliveries == []

    steps = [await scene.database.run(hasten_failed, endpoint_id, scene.clock.now(), limit=2) for _ in range(3)]

    assert steps == [False, False, True]
    claimed = (await scene.claim(endpoint_id)).deliveries
    assert [(one.id, one.attempt, one.charged, one.is_due) for one in claimed] == [(one, 2, 1, True) for one in ids]


async def test_hastening_leaves_what_was_never_tried_what_has_ended_and_other_endpoints_alone(scene: Scene) -> None:
    endpoint_id = await scene.wire(retry_schedule_s=(3_600,), is_health_relevant=False)
    other_id = await scene.wire("other", retry_schedule_s=(3_600,), is_health_relevant=False)
    ours, theirs = await scene.post()
    for one in (endpoint_id, other_id):
        await scene.try_one(one, TRANSIENT)
    [given_up, _] = await scene.post()
    await scene.try_one(endpoint_id, REJECTED)
    due_before = (await scene.look(theirs)).delivery.available_at

    await scene.database.run(hasten_failed, endpoint_id, scene.clock.now())

    assert (await scene.look(ours)).delivery.available_at == scene.clock.now()
    assert (await scene.look(theirs)).delivery.available_at == due_before
    assert await scene.statuses([given_up]) == ["dlq"]


async def test_hastening_keeps_a_strict_order(scene: Scene) -> None:
    endpoint_id = await scene.wire(retry_schedule_s=(3_600,), is_strict_order=True, is_health_relevant=False)
    ids = await scene.post(3)
    await scene.try_one(endpoint_id, TRANSIENT)

    await scene.database.run(hasten_failed, endpoint_id, scene.clock.now())

    order = [delivered for _ in ids for delivered in await scene.try_all(endpoint_id)]
    assert order == ids
