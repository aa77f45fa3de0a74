"""Claims: what is due, in order, once; of a paused endpoint nothing but a probe."""

from __future__ import annotations

import pytest

from posthouse.ledger.leases import endpoints_due
from posthouse.ledger.results import advance
from posthouse.model.deliveries import OutcomeKind
from posthouse.model.errors import NotFound
from posthouse.model.ids import EndpointId, Millis
from posthouse.model.targets import HealthState, PauseCause
from posthouse.rules.health import PausedByHand, Reconnected, ResumedByHand
from tests.ledger.scene import CONCURRENCY, Scene

TRANSIENT, DELIVERED = OutcomeKind.TRANSIENT, OutcomeKind.DELIVERED


async def test_claim_is_in_the_order_of_due_times(scene: Scene) -> None:
    endpoint_id = await scene.wire(retry_schedule_s=(60,))
    [late] = await scene.post()
    await scene.try_one(endpoint_id, TRANSIENT)
    scene.clock.advance(10)
    early = await scene.post(2)
    scene.clock.advance(100)

    claimed = (await scene.claim(endpoint_id)).deliveries

    assert [one.id for one in claimed] == [*early, late]
    assert [one.attempt for one in claimed] == [1, 1, 2]
    assert all(one.is_due and not one.is_probe for one in claimed)


async def test_claim_takes_no_more_than_its_limit(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    ids = await scene.post(5)

    first, second = await scene.claim(endpoint_id, 2), await scene.claim(endpoint_id, 2)

    assert [one.id for one in first.deliveries + second.deliveries] == ids[:4]
    assert (await scene.claim(endpoint_id, 0)).deliveries == []
    assert await scene.statuses(ids) == ["in_flight"] * 4 + ["pending"]


async def test_claim_leaves_what_is_not_due_and_says_when_it_is(scene: Scene) -> None:
    endpoint_id = await scene.wire(retry_schedule_s=(60,))
    await scene.post()
    await scene.try_one(endpoint_id, TRANSIENT)
    due_at = scene.clock.now() + 60_000

    early = await scene.claim(endpoint_id)
    scene.clock.advance(60)
    on_time = await scene.claim(endpoint_id)

    assert (early.deliveries, early.next_due_at) == ([], due_at)
    assert (len(on_time.deliveries), on_time.next_due_at) == (1, None)


async def test_claim_skips_what_has_expired(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    await scene.post(expires_at=Millis(scene.clock.now() + 1_000))
    [lasting] = await scene.post()
    scene.clock.advance(1)

    claim = await scene.claim(endpoint_id)

    assert [one.id for one in claim.deliveries] == [lasting]
    assert claim.next_due_at is None


async def test_claim_takes_only_its_own_endpoint(scene: Scene) -> None:
    first, second = await scene.wire("a"), await scene.wire("b")
    to_first, to_second = await scene.post()

    assert await scene.database.read(endpoints_due) == {first, second}
    assert [one.id for one in (await scene.claim(first)).deliveries] == [to_first]
    assert await scene.database.read(endpoints_due) == {second}
    assert [one.id for one in (await scene.claim(second)).deliveries] == [to_second]


async def test_claim_of_an_unknown_endpoint_is_not_found(scene: Scene) -> None:
    with pytest.raises(NotFound) as caught:
        await scene.claim(EndpointId(99))

    assert caught.value.code == "endpoint.not_found"


async def test_paused_endpoint_gets_nothing_and_pausing_touches_no_row(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    ids = await scene.post(3)
    await scene.signal_endpoint(endpoint_id, PausedByHand())
    scene.clock.advance(1_000_000)

    claim = await scene.claim(endpoint_id)

    assert (claim.deliveries, claim.next_due_at) == ([], None)
    assert await scene.statuses(ids) == ["pending"] * 3


async def test_paused_target_gets_nothing_from_any_endpoint(scene: Scene) -> None:
    first, second = await scene.add_target("hook", "a", "b")
    await scene.bind(first)
    await scene.bind(second)
    await scene.post()
    await scene.signal_target("hook", PausedByHand())

    assert (await scene.claim(first)).deliveries == []
    assert (await scene.claim(second)).deliveries == []

    await scene.signal_target("hook", ResumedByHand())
    assert len((await scene.claim(first)).deliveries) == 1


async def pause_by_trouble(scene: Scene, endpoint_id: EndpointId) -> None:
    for _ in range(3):
        await scene.try_one(endpoint_id, TRANSIENT)
    assert (await scene.health(endpoint_id)).endpoint.cause is PauseCause.TRANSIENT


async def test_probe_is_one_delivery_and_only_when_it_is_due(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    await scene.post(5)
    await pause_by_trouble(scene, endpoint_id)

    early = await scene.claim(endpoint_id)
    scene.clock.advance(30)
    due = await scene.claim(endpoint_id)
    again = await scene.claim(endpoint_id)

    assert (early.deliveries, again.deliveries) == ([], [])
    [probe] = due.deliveries
    assert probe.is_probe
    assert due.endpoint.probe_at == scene.clock.now() + 60_000


async def test_probes_visit_every_delivery_before_any_twice(scene: Scene) -> None:
    endpoint_id = await scene.wire(retry_schedule_s=(86_400,))
    ids = await scene.post(5)
    await pause_by_trouble(scene, endpoint_id)
    probed = []

    for _ in range(10):
        scene.clock.advance(900)
        [probe] = (await scene.claim(endpoint_id)).deliveries
        await scene.finish(probe, TRANSIENT)
        probed.append(probe.id)

    assert set(probed[:5]) == set(probed[5:]) == set(ids)


async def test_failed_probe_that_was_not_due_is_recorded_and_charged_to_nobody(scene: Scene) -> None:
    endpoint_id = await scene.wire(retry_schedule_s=(86_400,))
    await scene.post(3)
    await pause_by_trouble(scene, endpoint_id)
    scene.clock.advance(30)
    [probe] = (await scene.claim(endpoint_id)).deliveries

    await scene.finish(probe, TRANSIENT)

    record = await scene.look(probe.id)
    assert not probe.is_due
    assert (record.delivery.status, record.delivery.available_at) == ("failed", probe.available_at)
    assert [(one.is_probe, one.is_charged) for one in record.attempts] == [(False, True), (True, False)]


async def test_probe_that_arrives_ends_the_pause_and_resuming_doubles_by_success(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    await scene.post(30)
    await pause_by_trouble(scene, endpoint_id)
    scene.clock.advance(30)
    await scene.try_one(endpoint_id, DELIVERED)
    widths = []

    while (await scene.health(endpoint_id)).endpoint.state is HealthState.RESUMING:
        advanced = await scene.database.run(
            advance, endpoint_id, [], 100, 0, scene.lease(), scene.clock.now(), CONCURRENCY, 0.0, scene.author
        )
        widths.append(len(advanced.claim.deliveries))
        await scene.finish(advanced.claim.deliveries[0], DELIVERED)

    assert widths == [1, 2, 4]
    assert (await scene.health(endpoint_id)).endpoint.state is HealthState.OK


async def test_resuming_counts_what_the_lane_still_holds(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    await scene.post(10)
    await pause_by_trouble(scene, endpoint_id)
    await scene.signal_endpoint(endpoint_id, ResumedByHand())
    await scene.try_one(endpoint_id, DELIVERED)
    widths = []

    for under_way in (0, 1, 2, 9):
        advanced = await scene.database.run(
            advance, endpoint_id, [], 100, under_way, scene.lease(), scene.clock.now(), CONCURRENCY, 0.0, scene.author
        )
        widths.append(len(advanced.claim.deliveries))

    assert widths == [2, 1, 0, 0]


async def test_reconnecting_does_not_lift_what_a_person_paused(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    await scene.signal_endpoint(endpoint_id, PausedByHand())

    await scene.signal_endpoint(endpoint_id, Reconnected())

    assert (await scene.health(endpoint_id)).is_paused
