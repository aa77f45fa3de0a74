"""Leases: a lost one completes nothing, an unsent one costs nothing, one that a crash left counts as tried."""

from __future__ import annotations

from posthouse.ledger.leases import next_lease_end, recover, release
from posthouse.model.deliveries import OutcomeKind
from posthouse.model.ids import Millis
from tests.ledger.engines import Engine
from tests.ledger.scene import LEASE_MS, OWNER, Scene, tried

DELIVERED, TRANSIENT = OutcomeKind.DELIVERED, OutcomeKind.TRANSIENT
GONE_INSTANCE = "an earlier instance"


def monotonic_ms(scene: Scene) -> int:
    return round(scene.clock.monotonic_s() * 1000)


async def recover_orphans(scene: Scene) -> int:
    done = await scene.database.run(recover, OWNER, None, scene.clock.now(), 0.0, scene.author)
    return done.count


async def recover_expired(scene: Scene) -> int:
    done = await scene.database.run(recover, OWNER, monotonic_ms(scene), scene.clock.now(), 0.0, scene.author)
    return done.count


async def test_every_claim_has_a_new_fence(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    await scene.post()
    fences = []

    for _ in range(3):
        delivery = await scene.claim_one(endpoint_id)
        fences.append(delivery.fence)
        await scene.database.run(release, [delivery], scene.clock.now())

    assert fences == [1, 2, 3]


async def test_second_result_of_a_lease_changes_nothing(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    await scene.post()
    delivery = await scene.claim_one(endpoint_id)
    await scene.finish(delivery, DELIVERED)

    completed = await scene.finish(delivery, OutcomeKind.REJECTED)

    record = await scene.look(delivery.id)
    assert completed.lost == {delivery.seq}
    assert (record.delivery.status, len(record.attempts)) == ("delivered", 1)


async def test_two_results_of_a_lease_in_one_call_count_once(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    await scene.post()
    delivery = await scene.claim_one(endpoint_id)
    now = scene.clock.now()

    await scene.complete(endpoint_id, tried(delivery, DELIVERED, now), tried(delivery, TRANSIENT, now))

    record = await scene.look(delivery.id)
    assert (record.delivery.status, len(record.attempts)) == ("delivered", 1)


async def test_lost_lease_completes_nothing_and_is_felt_by_no_health(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    await scene.post()
    lost = await scene.claim_one(endpoint_id)
    scene.clock.advance(LEASE_MS / 1000 + 1)
    await recover_expired(scene)
    held = await scene.claim_one(endpoint_id)

    completed = await scene.finish(lost, OutcomeKind.AUTH)

    assert completed.lost == {lost.seq}
    assert not (await scene.health(endpoint_id)).is_paused
    assert await scene.statuses([held.id]) == ["in_flight"]
    await scene.finish(held, DELIVERED)
    assert [one.number for one in (await scene.look(held.id)).attempts] == [1, 2]


async def test_lost_and_standing_lease_of_one_delivery_in_one_call_are_told_apart(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    await scene.post()
    lost = await scene.claim_one(endpoint_id)
    scene.clock.advance(LEASE_MS / 1000 + 1)
    await recover_expired(scene)
    held = await scene.claim_one(endpoint_id)
    now = scene.clock.now()

    await scene.complete(endpoint_id, tried(lost, OutcomeKind.REJECTED, now), tried(held, DELIVERED, now))

    record = await scene.look(held.id)
    assert record.delivery.status == "delivered"
    assert [one.kind for one in record.attempts] == [TRANSIENT, DELIVERED]


async def test_release_gives_back_as_it_was(scene: Scene) -> None:
    endpoint_id = await scene.wire(retry_schedule_s=(60,))
    fresh, once_tried = (await scene.post(2))[::-1]
    await scene.try_one(endpoint_id, TRANSIENT)
    scene.clock.advance(60)
    before = [(await scene.look(one)).delivery for one in (fresh, once_tried)]
    claimed = (await scene.claim(endpoint_id)).deliveries

    count = await scene.database.run(release, claimed, scene.clock.now())

    after = [(await scene.look(one)).delivery for one in (fresh, once_tried)]
    assert count == 2
    assert [(one.status, one.attempts, one.available_at) for one in after] == [
        (one.status, one.attempts, one.available_at) for one in before
    ]


async def test_release_of_a_lost_lease_changes_nothing(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    await scene.post()
    lost = await scene.claim_one(endpoint_id)
    await scene.database.run(release, [lost], scene.clock.now())
    held = await scene.claim_one(endpoint_id)

    assert await scene.database.run(release, [lost], scene.clock.now()) == 0
    assert await scene.statuses([held.id]) == ["in_flight"]


async def test_own_lease_ends_on_the_monotonic_clock_alone(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    await scene.post()
    await scene.claim_one(endpoint_id)
    lease_end = monotonic_ms(scene) + LEASE_MS

    scene.clock.jump(1_000_000)
    assert await recover_expired(scene) == 0
    assert await scene.database.read(next_lease_end, OWNER) == lease_end
    scene.clock.advance(LEASE_MS / 1000)
    assert await recover_expired(scene) == 0
    scene.clock.advance(0.001)
    assert await recover_expired(scene) == 1
    assert await scene.database.read(next_lease_end, OWNER) is None


async def test_only_other_instances_leases_are_orphans(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    ids = await scene.post(2)
    await scene.claim(endpoint_id, 1, owner=GONE_INSTANCE)
    await scene.claim(endpoint_id, 1)

    count = await recover_orphans(scene)

    assert count == 1
    assert await scene.statuses(ids) == ["failed", "in_flight"]


async def test_recovered_delivery_counts_as_tried_and_may_have_arrived(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    [delivery_id] = await scene.post()
    claimed_at = scene.clock.now()
    await scene.claim(endpoint_id, owner=GONE_INSTANCE)
    scene.clock.advance(5)

    await recover_orphans(scene)

    record = await scene.look(delivery_id)
    [attempt] = record.attempts
    assert (record.delivery.status, record.delivery.reason) == ("failed", "interrupted")
    assert (attempt.code, attempt.is_charged, attempt.started_at) == ("interrupted", True, claimed_at)
    again = await scene.claim_one(endpoint_id)
    assert (again.attempt, again.charged, again.is_maybe_sent) == (2, 1, True)


async def test_payload_that_kills_the_daemon_ends_in_dlq(scene: Scene, engine: Engine) -> None:
    endpoint_id = await scene.wire(retry_schedule_s=(60, 60))
    [delivery_id] = await scene.post()
    crashes = 0

    while await scene.statuses([delivery_id]) != ["dlq"]:
        assert len((await scene.claim(endpoint_id, owner=GONE_INSTANCE)).deliveries) == 1
        await recover_orphans(scene)
        scene.clock.advance(60)
        crashes += 1

    record = await scene.look(delivery_id)
    assert (crashes, record.delivery.reason, len(record.attempts)) == (3, "gave_up", 3)
    assert engine.rows("SELECT count(*) FROM events WHERE type = 'delivery.gave-up'") == [(1,)]


async def test_many_orphans_are_recovered_in_steps(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    await scene.insert(*[await scene.draft() for _ in range(501)])
    await scene.claim(endpoint_id, 501, owner=GONE_INSTANCE)

    counts = [await recover_orphans(scene) for _ in range(3)]

    assert counts == [500, 1, 0]


async def test_late_result_of_a_recovered_lease_is_lost_though_nobody_holds_it(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    await scene.post()
    late = await scene.claim_one(endpoint_id)
    scene.clock.advance(LEASE_MS / 1000 + 1)
    await recover_expired(scene)

    completed = await scene.finish(late, DELIVERED)

    assert completed.lost == {late.seq}
    assert (await scene.look(late.id)).delivery.available_at <= Millis(scene.clock.now())
