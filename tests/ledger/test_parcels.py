"""Deliveries that go together: when a parcel leaves, what goes in it, and what its id stands for, for good."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from posthouse.ledger.binding_changes import BindingChange, edit_binding
from posthouse.ledger.leases import Claim, recover
from posthouse.ledger.replays import dismiss, replay
from posthouse.ledger.results import SHARED_EXCERPT_BYTES_MAX
from posthouse.ledger.retention import expire, sweep
from posthouse.model.bindings import Policy, Shape
from posthouse.model.deliveries import AttemptResult, ClaimedParcel, OutcomeKind
from posthouse.model.ids import BindingId, Millis
from posthouse.rules.batches import BODY_BYTES_MAX, CLAIMED_MAX
from tests.ledger.engines import Engine
from tests.ledger.scene import Scene, tried

DELIVERED, REJECTED, TRANSIENT = OutcomeKind.DELIVERED, OutcomeKind.REJECTED, OutcomeKind.TRANSIENT


def shapes(claim: Claim) -> list[int]:
    """How many deliveries each request carries."""
    return [len(parcel.deliveries) for parcel in claim.parcels]


def wire_ids(claim: Claim) -> list[str]:
    return [parcel.id for parcel in claim.parcels]


def ids_of(parcel: ClaimedParcel) -> list[str]:
    return [one.id for one in parcel.deliveries]


def all_tried(scene: Scene, parcel: ClaimedParcel, kind: OutcomeKind, **fields: object) -> list[AttemptResult]:
    return [tried(one, kind, scene.clock.now(), **fields) for one in parcel.deliveries]  # type: ignore[arg-type]


async def finish(scene: Scene, parcel: ClaimedParcel, kind: OutcomeKind, **fields: object) -> None:
    await scene.complete(parcel.deliveries[0].endpoint_id, *all_tried(scene, parcel, kind, **fields))


async def dismissed(scene: Scene, ids: Sequence[str]) -> None:
    await scene.database.run(dismiss, ids, scene.clock.now())


async def test_whatever_waits_goes_together_up_to_the_limit(scene: Scene) -> None:
    endpoint_id = await scene.wire(batch_max=4)
    ids = await scene.post(9)

    claim = await scene.claim(endpoint_id)

    assert shapes(claim) == [4, 4, 1]
    assert [one.id for one in claim.deliveries] == ids
    first, second, lone = wire_ids(claim)
    assert len({first, second, *ids}) == 11, "a parcel has an id of its own"
    assert lone == ids[8], "a lone delivery goes under its own id"


async def test_claims_are_counted_in_requests(scene: Scene) -> None:
    endpoint_id = await scene.wire(batch_max=2)
    await scene.post(5)

    assert shapes(await scene.claim(endpoint_id, 2)) == [2, 2]


async def test_a_batch_waits_until_it_is_full(scene: Scene) -> None:
    endpoint_id = await scene.wire(batch_max=3, batch_wait_s=10)
    await scene.post(2)
    early = await scene.claim(endpoint_id)
    await scene.post(2)

    assert (early.parcels, early.next_due_at) == ([], scene.clock.now() + 10_000)
    full = await scene.claim(endpoint_id)
    assert shapes(full) == [3]
    assert full.next_due_at == scene.clock.now() + 10_000, "the fourth waits for two more"


async def test_many_at_once_fill_several_batches(scene: Scene) -> None:
    endpoint_id = await scene.wire(batch_max=3, batch_wait_s=10)
    await scene.insert(*[await scene.draft() for _ in range(8)])

    assert shapes(await scene.claim(endpoint_id)) == [3, 3]


async def test_the_oldest_waits_no_longer_than_the_limit_and_takes_the_younger_with_it(scene: Scene) -> None:
    endpoint_id = await scene.wire(batch_max=100, batch_wait_s=10)
    await scene.post()
    scene.clock.advance(9.999)
    await scene.post()
    early = await scene.claim(endpoint_id)
    scene.clock.advance(0.001)

    assert early.parcels == []
    assert shapes(await scene.claim(endpoint_id)) == [2]


async def test_a_parcel_goes_again_whole_and_under_its_id(scene: Scene) -> None:
    endpoint_id = await scene.wire(batch_max=10, retry_schedule_s=(5, 5))
    await scene.post(3)
    [parcel] = (await scene.claim(endpoint_id)).parcels
    await finish(scene, parcel, TRANSIENT)
    await scene.post(2)
    [others] = (await scene.claim(endpoint_id)).parcels
    scene.clock.advance(5)

    [again] = (await scene.claim(endpoint_id)).parcels

    assert (again.id, ids_of(again)) == (parcel.id, ids_of(parcel))
    assert others.id != parcel.id
    assert len(others.deliveries) == 2


async def test_when_one_has_ended_the_others_go_together_under_a_new_id(scene: Scene) -> None:
    endpoint_id = await scene.wire(batch_max=10, retry_schedule_s=(5,) * 9)
    ids = await scene.post(4)
    [first] = (await scene.claim(endpoint_id)).parcels
    await finish(scene, first, TRANSIENT)
    await dismissed(scene, ids[:1])
    scene.clock.advance(5)
    [second] = (await scene.claim(endpoint_id)).parcels
    await finish(scene, second, TRANSIENT)
    scene.clock.advance(5)
    [third] = (await scene.claim(endpoint_id)).parcels

    assert ids_of(second) == ids_of(third) == ids[1:]
    assert first.id != second.id == third.id


async def test_when_only_one_is_left_it_goes_under_its_own_id(scene: Scene) -> None:
    endpoint_id = await scene.wire(batch_max=10, retry_schedule_s=(5,) * 9)
    ids = await scene.post(2)
    [parcel] = (await scene.claim(endpoint_id)).parcels
    await finish(scene, parcel, TRANSIENT)
    await dismissed(scene, ids[1:])
    scene.clock.advance(5)

    assert wire_ids(await scene.claim(endpoint_id)) == ids[:1]


async def test_one_that_expires_leaves_its_parcel(scene: Scene) -> None:
    endpoint_id = await scene.wire(batch_max=10, retry_schedule_s=(5,) * 9)
    ids = await scene.post(1, expires_at=Millis(scene.clock.now() + 3_000))
    ids += await scene.post(2)
    [parcel] = (await scene.claim(endpoint_id)).parcels
    await finish(scene, parcel, TRANSIENT)
    scene.clock.advance(5)
    await scene.database.run(expire, scene.clock.now())

    [rest] = (await scene.claim(endpoint_id)).parcels

    assert ids_of(rest) == ids[1:]
    assert rest.id != parcel.id


async def test_a_parcel_that_was_given_up_goes_again_as_it_was_when_all_of_it_is_replayed(scene: Scene) -> None:
    endpoint_id = await scene.wire(batch_max=10, retry_schedule_s=())
    ids = await scene.post(3)
    [parcel] = (await scene.claim(endpoint_id)).parcels
    await finish(scene, parcel, TRANSIENT)
    assert set(await scene.statuses(ids)) == {"dlq"}

    await scene.database.run(replay, ids, scene.clock.now(), scene.clock.uuid7)
    [again] = (await scene.claim(endpoint_id)).parcels
    await finish(scene, again, TRANSIENT)
    await scene.database.run(replay, ids[:2], scene.clock.now(), scene.clock.uuid7)
    [some] = (await scene.claim(endpoint_id)).parcels

    assert (again.id, ids_of(again)) == (parcel.id, ids)
    assert ids_of(some) == ids[:2]
    assert some.id != parcel.id


async def test_a_batch_that_is_refused_is_tried_one_by_one_and_only_what_is_at_fault_is_given_up(scene: Scene) -> None:
    endpoint_id = await scene.wire(batch_max=10)
    ids = await scene.post(3)
    [parcel] = (await scene.claim(endpoint_id)).parcels
    await finish(scene, parcel, REJECTED)

    claim = await scene.claim(endpoint_id)
    assert wire_ids(claim) == ids, "each by itself, under its own id, at once"
    for lone in claim.parcels:
        await finish(scene, lone, REJECTED if ids_of(lone) == ids[1:2] else DELIVERED)

    assert await scene.statuses(ids) == ["delivered", "dlq", "delivered"]
    assert [attempt.is_charged for attempt in (await scene.look(ids[1])).attempts] == [False, True]


async def test_a_target_that_refuses_some_of_a_parcel_has_said_whose_fault_it_was(scene: Scene) -> None:
    endpoint_id = await scene.wire(batch_max=10)
    ids = await scene.post(3)
    [parcel] = (await scene.claim(endpoint_id)).parcels
    results = all_tried(scene, parcel, DELIVERED)
    results[1] = tried(parcel.deliveries[1], REJECTED, scene.clock.now())

    await scene.complete(endpoint_id, *results)

    assert await scene.statuses(ids) == ["delivered", "dlq", "delivered"]


async def test_one_failed_request_counts_once_for_health(scene: Scene) -> None:
    endpoint_id = await scene.wire(batch_max=100, retry_schedule_s=(5,) * 9)
    await scene.post(50)
    [parcel] = (await scene.claim(endpoint_id)).parcels

    await finish(scene, parcel, TRANSIENT)

    health = (await scene.health(endpoint_id)).endpoint
    assert (health.consecutive_failures, health.is_paused) == (1, False)


async def test_a_probe_risks_one_delivery_or_a_parcel_that_was_out_before(scene: Scene) -> None:
    endpoint_id = await scene.wire(batch_max=10, retry_schedule_s=(5,) * 9)
    tried_before = await scene.post(3)
    for _ in range(3):
        [parcel] = (await scene.claim(endpoint_id)).parcels
        await finish(scene, parcel, TRANSIENT)
        scene.clock.advance(5)
    fresh = await scene.post(3)
    probes = []
    for _ in range(5):
        scene.clock.advance(900)
        [probe] = (await scene.claim(endpoint_id)).parcels
        probes.append(ids_of(probe))
        await finish(scene, probe, TRANSIENT)

    assert all(one in probes for one in (tried_before, *([one] for one in fresh)))
    assert probes[4] == probes[0], "all were visited before any twice"


async def test_a_strict_line_goes_in_batches_in_its_order(scene: Scene) -> None:
    endpoint_id = await scene.wire(batch_max=3, is_strict_order=True, retry_schedule_s=(5,))
    ids = await scene.post(7)
    first = await scene.claim(endpoint_id)
    meanwhile = await scene.claim(endpoint_id)
    await finish(scene, first.parcels[0], TRANSIENT)
    scene.clock.advance(5)
    again = await scene.claim(endpoint_id)
    await finish(scene, again.parcels[0], DELIVERED)
    second = await scene.claim(endpoint_id)

    assert meanwhile.parcels == [], "one request at a time"
    assert [ids_of(one.parcels[0]) for one in (first, again, second)] == [ids[:3], ids[:3], ids[3:6]]
    assert first.parcels[0].id == again.parcels[0].id


async def test_a_refused_batch_of_a_strict_line_is_tried_in_its_order(scene: Scene) -> None:
    endpoint_id = await scene.wire(batch_max=3, is_strict_order=True)
    ids = await scene.post(3)
    [parcel] = (await scene.claim(endpoint_id)).parcels
    await finish(scene, parcel, REJECTED)

    went = []
    for _ in range(3):
        [lone] = (await scene.claim(endpoint_id)).parcels
        went.append(ids_of(lone))
        await finish(scene, lone, DELIVERED)

    assert went == [[one] for one in ids]


async def test_a_crash_takes_a_parcel_back_whole_and_it_keeps_its_id(scene: Scene) -> None:
    endpoint_id = await scene.wire(batch_max=600)
    ids = await scene.post(700)
    claim = await scene.claim(endpoint_id, owner="gone-instance")

    now = scene.clock.now()
    counts = []
    while done := (await scene.database.run(recover, "this-instance", None, now, 0.0, scene.author)).count:
        counts.append(done)
    again = await scene.claim(endpoint_id)

    assert counts in ([600, 100], [500 + 100, 100], [700]), "no parcel is torn"
    assert [(one.id, ids_of(one)) for one in again.parcels[:1]] == [(claim.parcels[0].id, ids[:600])]
    assert {one.attempt for one in again.parcels[0].deliveries} == {2}


async def test_big_events_make_smaller_parcels(scene: Scene) -> None:
    endpoint_id = await scene.wire(batch_max=10)
    big = msgspec.Raw(msgspec.json.encode("x" * (BODY_BYTES_MAX // 3)))
    await scene.post(3, data=big)
    await scene.post(1, data=msgspec.Raw(msgspec.json.encode("x" * (2 * BODY_BYTES_MAX))))

    assert shapes(await scene.claim(endpoint_id)) == [2, 1, 1]


async def test_a_lane_is_not_handed_more_than_it_can_hold(scene: Scene) -> None:
    endpoint_id = await scene.wire(batch_max=1_000)
    await scene.insert(*[await scene.draft() for _ in range(3 * 1_000)])

    assert sum(shapes(await scene.claim(endpoint_id, 512))) == CLAIMED_MAX


async def test_bindings_of_one_endpoint_are_not_mixed(scene: Scene) -> None:
    [endpoint_id] = await scene.add_target("hook")
    await scene.bind(endpoint_id, batch_max=10)
    await scene.bind(endpoint_id, source="posthouse")
    await scene.post(3)
    other = await scene.draft()
    await scene.insert(other)

    assert shapes(await scene.claim(endpoint_id)) == [4]


async def test_revisions_are_not_mixed(scene: Scene) -> None:
    endpoint_id = await scene.wire(batch_max=10)
    before = await scene.post(2)
    change = BindingChange(shape=Shape(headers={"x-new": "1"}))
    await scene.database.run(edit_binding, BindingId(1), change, now=scene.clock.now())
    after = await scene.post(2)

    assert [ids_of(one) for one in (await scene.claim(endpoint_id)).parcels] == [before, after]


async def test_batching_that_is_switched_on_gathers_what_waits_and_off_lets_it_go(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    await scene.post(3)
    await edit(scene, Policy(batch_max=10, batch_wait_s=60))
    together = await scene.claim(endpoint_id)
    await scene.post(3)
    waiting = await scene.claim(endpoint_id)
    await edit(scene, Policy())

    assert shapes(together) == [3]
    assert waiting.parcels == []
    assert shapes(await scene.claim(endpoint_id)) == [1, 1, 1]


async def edit(scene: Scene, policy: Policy) -> None:
    await scene.database.run(edit_binding, BindingId(1), BindingChange(policy=policy), now=scene.clock.now())


async def test_a_parcel_that_was_out_keeps_its_id_when_batching_is_switched_off(scene: Scene) -> None:
    endpoint_id = await scene.wire(batch_max=10, retry_schedule_s=(5,))
    await scene.post(3)
    [parcel] = (await scene.claim(endpoint_id)).parcels
    await finish(scene, parcel, TRANSIENT)
    await edit(scene, Policy(retry_schedule_s=(5,)))
    scene.clock.advance(5)

    assert wire_ids(await scene.claim(endpoint_id)) == [parcel.id]


async def test_attempts_tell_of_the_parcel_and_its_body_is_stored_once(scene: Scene, engine: Engine) -> None:
    endpoint_id = await scene.wire(batch_max=10)
    ids = await scene.post(3)
    [parcel] = (await scene.claim(endpoint_id)).parcels
    await finish(scene, parcel, DELIVERED, body=b"[1,2,3]", excerpt=b"y" * 5_000)

    for one in ids:
        [attempt] = (await scene.look(one)).attempts
        assert (attempt.parcel_id, attempt.parcel_size) == (parcel.id, 3)
        assert attempt.body == b"[1,2,3]"
        assert attempt.response_excerpt == b"y" * SHARED_EXCERPT_BYTES_MAX
    assert engine.rows("SELECT count(*) FROM parcel_bodies") == [(1,)]
    assert engine.rows("SELECT count(*) FROM bodies") == [(0,)]


async def test_a_lone_delivery_of_a_batching_binding_leaves_no_parcel(scene: Scene, engine: Engine) -> None:
    endpoint_id = await scene.wire(batch_max=10)
    ids = await scene.post()
    claim = await scene.claim(endpoint_id)
    await finish(scene, claim.parcels[0], DELIVERED)

    [attempt] = (await scene.look(ids[0])).attempts
    assert wire_ids(claim) == ids
    assert (attempt.parcel_id, attempt.parcel_size) == (None, 1)
    assert engine.rows("SELECT count(*) FROM parcels") == [(0,)]


async def test_retention_removes_a_parcel_with_the_last_that_belongs_to_it(scene: Scene, engine: Engine) -> None:
    endpoint_id = await scene.wire(batch_max=10)
    ids = await scene.post(3)
    [parcel] = (await scene.claim(endpoint_id)).parcels
    results = all_tried(scene, parcel, DELIVERED, body=b"[1]")
    results[1] = tried(parcel.deliveries[1], REJECTED, scene.clock.now(), body=b"[1]")
    await scene.complete(endpoint_id, *results)
    scene.clock.advance(86_400)
    await scene.post()
    await scene.try_all(endpoint_id)
    before = scene.clock.now()

    await scene.database.run(sweep, before, 0)
    [attempt] = (await scene.look(ids[1])).attempts
    assert (attempt.parcel_size, attempt.body) == (3, b"[1]"), "what was given up is kept whole"
    await dismissed(scene, ids[1:2])
    await scene.database.run(sweep, before, 0)

    assert engine.rows("SELECT (SELECT count(*) FROM parcels), (SELECT count(*) FROM parcel_bodies)") == [(0, 0)]


async def test_a_replayed_delivery_is_gathered_anew(scene: Scene) -> None:
    endpoint_id = await scene.wire(batch_max=10)
    ids = await scene.post(3)
    [parcel] = (await scene.claim(endpoint_id)).parcels
    await finish(scene, parcel, DELIVERED)

    await scene.database.run(replay, ids, scene.clock.now(), scene.clock.uuid7)
    [again] = (await scene.claim(endpoint_id)).parcels

    assert len(again.deliveries) == 3
    assert again.id != parcel.id
    assert not set(ids_of(again)) & set(ids)


@pytest.mark.parametrize("batch_wait_s", [0, 10])
async def test_superseded_deliveries_are_in_no_parcel(scene: Scene, batch_wait_s: float) -> None:
    endpoint_id = await scene.wire(batch_max=3, batch_wait_s=batch_wait_s)
    ids = await scene.post(5, supersede_key="state")
    scene.clock.advance(batch_wait_s)

    assert [ids_of(one) for one in (await scene.claim(endpoint_id)).parcels] == [ids[4:]]
