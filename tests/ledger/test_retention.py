"""What time does: deliveries expire, old events leave, jumped clocks are forgiven."""

from __future__ import annotations

from posthouse.ledger.events import newest_fingerprint
from posthouse.ledger.leases import clamp_far_due
from posthouse.ledger.replays import dismiss
from posthouse.ledger.retention import expire, free_pages, next_expiry, sweep, vacuum_some
from posthouse.model.bindings import Policy
from posthouse.model.deliveries import OutcomeKind
from posthouse.model.ids import BindingId, EndpointId, Millis
from posthouse.rules.health import PausedByHand
from posthouse.rules.retry import wait_max_s
from tests.ledger.engines import Engine
from tests.ledger.scene import Scene

DELIVERED, TRANSIENT, REJECTED = OutcomeKind.DELIVERED, OutcomeKind.TRANSIENT, OutcomeKind.REJECTED
DAY_S = 86_400


async def sweep_all(scene: Scene, *, limit: int = 200) -> int:
    """Remove all that may go of what is older than now; how many events that was."""
    scene.clock.advance(0.001)
    removed, after = 0, 0
    for _ in range(1_000):
        step = await scene.database.run(sweep, scene.clock.now(), after, limit=limit)
        removed += step.removed
        if step.after is None:
            return removed
        after = step.after
    raise AssertionError("the sweep does not end")


def posted(engine: Engine) -> int:
    """How many events are kept that are not the daemon's own."""
    [(count,)] = engine.rows("SELECT count(*) FROM events WHERE source_id = 1")
    return int(count)


async def deliver(scene: Scene, endpoint_id: EndpointId, count: int) -> list[str]:
    ids: list[str] = [*await scene.post(count)]
    for _ in ids:
        await scene.try_one(endpoint_id, DELIVERED)
    return ids


async def test_time_limit_ends_what_waits_even_while_paused(scene: Scene) -> None:
    endpoint_id = await scene.wire(time_to_live_s=60)
    ids = await scene.post(2)
    await scene.signal_endpoint(endpoint_id, PausedByHand())
    assert await scene.database.read(next_expiry) == scene.clock.now() + 60_000
    scene.clock.advance(59.999)
    assert (await scene.database.run(expire, scene.clock.now())).count == 0

    scene.clock.advance(0.001)
    expired = await scene.database.run(expire, scene.clock.now())

    assert (expired.count, set(expired.woken)) == (2, {endpoint_id})
    assert await scene.statuses(ids) == ["expired"] * 2
    assert await scene.reasons(ids) == ["time_limit"] * 2
    assert await scene.database.read(next_expiry) is None


async def test_earlier_of_both_time_limits_counts(scene: Scene) -> None:
    await scene.wire(time_to_live_s=60)
    now = scene.clock.now()

    ids = await scene.post(expires_at=Millis(now + 1)) + await scene.post(expires_at=Millis(now + DAY_S * 1000))

    assert [(await scene.look(one)).delivery.expires_at for one in ids] == [now + 1, now + 60_000]


async def test_expiry_goes_in_steps_and_spares_what_is_being_sent(scene: Scene) -> None:
    endpoint_id = await scene.wire(time_to_live_s=1)
    await scene.insert(*[await scene.draft() for _ in range(5)])
    await scene.claim(endpoint_id, 1)
    scene.clock.advance(1)

    counts = [(await scene.database.run(expire, scene.clock.now(), limit=3)).count for _ in range(3)]

    assert counts == [3, 1, 0]


async def test_delivered_and_unbound_events_leave_with_all_that_is_theirs(scene: Scene, engine: Engine) -> None:
    await scene.post(3, key=None, type="unbound")
    endpoint_id = await scene.wire()
    await deliver(scene, endpoint_id, 3)

    removed = await sweep_all(scene)

    assert removed == 5
    for table in ("events", "deliveries", "attempts", "bodies"):
        assert engine.rows(f"SELECT count(*) FROM {table}") == [(1,)], table


async def test_nothing_younger_than_the_limit_leaves(scene: Scene) -> None:
    await scene.post(3)

    assert (await scene.database.run(sweep, scene.clock.now(), 0)).removed == 0


async def test_given_up_and_waiting_deliveries_keep_their_events(scene: Scene, engine: Engine) -> None:
    endpoint_id = await scene.wire(retry_schedule_s=(60,))
    ids = await scene.post(3)
    await scene.try_one(endpoint_id, REJECTED)
    await scene.try_one(endpoint_id, TRANSIENT)
    await scene.claim(endpoint_id)
    await scene.insert(*[await scene.draft() for _ in range(2)])

    await sweep_all(scene)

    assert posted(engine) == 5
    assert await scene.statuses(ids) == ["dlq", "failed", "in_flight"]


async def test_event_stays_while_one_of_its_deliveries_needs_it(scene: Scene, engine: Engine) -> None:
    first, second = await scene.wire("a"), await scene.wire("b")
    for _ in range(2):
        await scene.post()
        await scene.try_one(first, DELIVERED)
    await scene.try_one(second, REJECTED)

    await sweep_all(scene)

    assert posted(engine) == 2


async def test_newest_delivery_of_each_binding_stays_to_be_compared_with(scene: Scene, engine: Engine) -> None:
    endpoint_id = await scene.wire()
    for fingerprint in ("a", "b"):
        await scene.insert(await scene.draft(fingerprint=fingerprint))
        await scene.try_one(endpoint_id, DELIVERED)
    await scene.insert(await scene.draft(fingerprint="rejected"))
    await scene.try_one(endpoint_id, REJECTED)

    await sweep_all(scene)

    assert posted(engine) == 2
    assert await scene.database.read(newest_fingerprint, BindingId(1)) == "b"


async def test_bindings_whose_deliveries_never_arrive_keep_but_their_newest(scene: Scene, engine: Engine) -> None:
    await scene.wire(time_to_live_s=1)
    await scene.insert(*[await scene.draft() for _ in range(10)])
    scene.clock.advance(2)
    await scene.database.run(expire, scene.clock.now())

    assert await sweep_all(scene) == 9
    assert engine.rows("SELECT status FROM deliveries") == [("expired",)]


async def test_dismissed_dlq_row_may_leave(scene: Scene, engine: Engine) -> None:
    endpoint_id = await scene.wire()
    [given_up] = await scene.post()
    await scene.try_one(endpoint_id, REJECTED)
    await deliver(scene, endpoint_id, 1)
    await sweep_all(scene)
    assert posted(engine) == 2

    await scene.database.run(dismiss, [given_up], scene.clock.now())

    assert await sweep_all(scene) == 1


async def test_key_is_honoured_while_its_event_is_kept_and_free_afterwards(scene: Scene) -> None:
    await scene.insert(await scene.draft(key="k"), await scene.draft())
    [kept] = await scene.insert(await scene.draft(key="k"))

    await sweep_all(scene)
    [free] = await scene.insert(await scene.draft(key="k"))

    assert (kept.is_duplicate, free.is_duplicate) == (True, False)


async def test_sweep_goes_in_steps_past_what_stays(scene: Scene, engine: Engine) -> None:
    endpoint_id = await scene.wire()
    for _ in range(3):
        await deliver(scene, endpoint_id, 2)
        await scene.post()
        await scene.try_one(endpoint_id, REJECTED)

    await sweep_all(scene, limit=2)

    assert posted(engine) == 4


async def test_sweep_finds_what_was_recorded_before_the_clock_was_set_right(scene: Scene) -> None:
    scene.clock.jump(10_000 * DAY_S)
    await scene.post(5)
    scene.clock.jump(-10_000 * DAY_S)
    await scene.post(5)
    holds_the_last_position = 1

    assert await sweep_all(scene, limit=2) == 5 - holds_the_last_position


async def test_positions_are_not_used_again_after_all_has_left(scene: Scene, engine: Engine) -> None:
    await scene.post(3)
    [(newest,)] = engine.rows("SELECT max(seq) FROM events")
    await sweep_all(scene)

    [inserted] = await scene.insert(await scene.draft())

    assert inserted.seq > newest


async def test_space_of_what_left_is_given_back(scene: Scene) -> None:
    await scene.insert(*[await scene.draft(subject="x" * 4_000) for _ in range(600)])
    await sweep_all(scene)
    before = await scene.database.read(free_pages)

    after = [await scene.database.run(vacuum_some) for _ in range(10)]

    assert before > 512
    assert after[0] == before - 256
    assert after[-1] < 10


async def test_due_times_beyond_the_longest_wait_are_brought_back(scene: Scene) -> None:
    endpoint_id = await scene.wire(retry_schedule_s=(60,))
    [delivery_id, other] = await scene.post(2)
    await scene.try_one(endpoint_id, TRANSIENT)
    scene.clock.jump(-3_650 * DAY_S)

    count = await scene.database.run(clamp_far_due, scene.clock.now())

    latest = scene.clock.now() + round(wait_max_s(Policy(retry_schedule_s=(60,))) * 1000)
    assert count == 2
    assert [(await scene.look(one)).delivery.available_at for one in (delivery_id, other)] == [latest] * 2
    assert await scene.database.run(clamp_far_due, scene.clock.now()) == 0


async def test_due_times_within_the_longest_wait_stand(scene: Scene) -> None:
    endpoint_id = await scene.wire(retry_schedule_s=(5 * DAY_S,))
    [delivery_id] = await scene.post()
    await scene.try_one(endpoint_id, TRANSIENT)
    due_at = scene.clock.now() + 5 * DAY_S * 1000

    assert await scene.database.run(clamp_far_due, scene.clock.now()) == 0
    assert (await scene.look(delivery_id)).delivery.available_at == due_at
