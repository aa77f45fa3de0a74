"""Results: each outcome moves its delivery, is recorded, and is felt by the health of endpoint and target."""

from __future__ import annotations

import msgspec
import pytest

from posthouse.ledger.binding_changes import Waiting, remove_binding
from posthouse.ledger.bindings import list_bindings
from posthouse.model.deliveries import DeliveryStatus, OutcomeKind
from posthouse.model.ids import EndpointId, Millis
from posthouse.model.targets import Health, HealthState, PauseCause
from tests.ledger.engines import Engine
from tests.ledger.scene import Scene, tried

DELIVERED, TRANSIENT, REJECTED = OutcomeKind.DELIVERED, OutcomeKind.TRANSIENT, OutcomeKind.REJECTED
AUTH, GONE, RATE_LIMITED = OutcomeKind.AUTH, OutcomeKind.GONE, OutcomeKind.RATE_LIMITED

VERDICTS = {
    # kind: status, reason, wait in seconds, charged
    DELIVERED: ("delivered", None, None, True),
    AUTH: ("failed", "http_401", 0, False),
    GONE: ("failed", "http_410", 0, False),
    RATE_LIMITED: ("failed", "http_429", 60, True),
    REJECTED: ("dlq", "http_400", None, True),
    TRANSIENT: ("failed", "http_503", 60, True),
}
PAUSES = {
    DELIVERED: (None, None),
    AUTH: (None, PauseCause.AUTH),
    GONE: (PauseCause.GONE, None),
    RATE_LIMITED: (None, None),
    REJECTED: (None, None),
    TRANSIENT: (None, None),
}


@pytest.mark.parametrize("kind", VERDICTS)
async def test_outcome_moves_the_delivery_and_is_recorded(scene: Scene, kind: OutcomeKind) -> None:
    endpoint_id = await scene.wire(retry_schedule_s=(60,))
    [delivery_id] = await scene.post()

    await scene.try_one(endpoint_id, kind, excerpt=b"\x00\xff", detail="so it is", retry_after_s=7.5)

    status, reason, wait_s, is_charged = VERDICTS[kind]
    now = scene.clock.now()
    found = await scene.look(delivery_id)
    row, [attempt] = found.delivery, found.attempts
    assert (row.status, row.reason, row.attempts, row.last_code) == (status, reason, 1, attempt.code)
    assert row.ended_at == (now if row.status in (DeliveryStatus.DELIVERED, DeliveryStatus.DLQ) else None)
    assert wait_s is None or row.available_at == now + wait_s * 1000
    assert (attempt.number, attempt.kind, attempt.is_charged, attempt.duration_ms) == (1, kind, is_charged, 3)
    assert (attempt.status_code, attempt.detail, attempt.retry_after_s) == (row.last_status_code, "so it is", 7.5)
    assert (attempt.body, attempt.response_excerpt, attempt.method) == (b"{}", b"\x00\xff", "POST")


@pytest.mark.parametrize("kind", PAUSES)
async def test_outcome_is_felt_where_it_belongs(scene: Scene, kind: OutcomeKind) -> None:
    endpoint_id = await scene.wire()
    await scene.post()

    await scene.try_one(endpoint_id, kind)

    health = await scene.health(endpoint_id)
    assert (health.endpoint.cause, health.target.cause) == PAUSES[kind]


async def test_waits_follow_the_schedule_until_the_budget_is_spent(scene: Scene) -> None:
    endpoint_id = await scene.wire(retry_schedule_s=(60, 600), is_health_relevant=False)
    [delivery_id] = await scene.post()

    for wait_s in (60, 600):
        await scene.try_one(endpoint_id, TRANSIENT)
        assert (await scene.look(delivery_id)).delivery.available_at == scene.clock.now() + wait_s * 1000
        scene.clock.advance(wait_s)
    await scene.try_one(endpoint_id, TRANSIENT)

    record = await scene.look(delivery_id)
    assert (record.delivery.status, record.delivery.reason, len(record.attempts)) == ("dlq", "gave_up", 3)


async def test_auth_failure_whose_check_passed_is_a_rejection(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    [delivery_id] = await scene.post()

    await scene.try_one(endpoint_id, AUTH, is_check_passed=True)

    assert await scene.statuses([delivery_id]) == ["dlq"]
    assert not (await scene.health(endpoint_id)).is_paused


async def test_attempt_without_a_route_is_charged_to_nobody(scene: Scene) -> None:
    endpoint_id = await scene.wire(retry_schedule_s=())
    [delivery_id] = await scene.post()

    await scene.try_one(endpoint_id, TRANSIENT, code="offline", status_code=None, is_chargeable=False)

    record, health = await scene.look(delivery_id), await scene.health(endpoint_id)
    assert (record.delivery.status, record.attempts[0].is_charged) == ("failed", False)
    assert (health.endpoint.cause, health.target.cause) == (PauseCause.OFFLINE, None)


async def test_results_of_one_call_are_all_written(scene: Scene) -> None:
    endpoint_id = await scene.wire(retry_schedule_s=(60,))
    ids = await scene.post(4)
    claimed = (await scene.claim(endpoint_id)).deliveries
    now = scene.clock.now()
    kinds = (DELIVERED, TRANSIENT, REJECTED, RATE_LIMITED)

    await scene.complete(endpoint_id, *(tried(one, kind, now) for one, kind in zip(claimed, kinds, strict=True)))

    assert await scene.statuses(ids) == ["delivered", "failed", "dlq", "failed"]
    assert [len((await scene.look(one)).attempts) for one in ids] == [1, 1, 1, 1]


async def test_body_is_stored_once_per_event_and_hash(scene: Scene, engine: Engine) -> None:
    endpoint_id = await scene.wire(retry_schedule_s=(1, 1))
    other_id = await scene.wire("other")
    ids = await scene.post()
    for body in (b"one", b"one", b"two"):
        await scene.try_one(endpoint_id, TRANSIENT, body=body)
        scene.clock.advance(1)
    await scene.try_one(other_id, DELIVERED, body=b"one")

    assert engine.rows("SELECT body FROM bodies ORDER BY id") == [(b"one",), (b"two",)]
    assert [one.body for one in (await scene.look(ids[0])).attempts] == [b"one", b"one", b"two"]


async def test_attempt_that_made_no_request_has_no_body(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    [delivery_id] = await scene.post()

    await scene.try_one(endpoint_id, TRANSIENT, body=None, code="render", status_code=None)

    [attempt] = (await scene.look(delivery_id)).attempts
    assert (attempt.method, attempt.url, attempt.body, attempt.body_hash, attempt.request_headers) == (
        None, None, None, None, (),
    )  # fmt: skip


async def test_receipt_stays_with_the_delivery_until_a_newer_one(scene: Scene) -> None:
    endpoint_id = await scene.wire(retry_schedule_s=(1, 1))
    await scene.post()
    receipts = []

    for receipt in (b'{"id":1}', None, b"[2]"):
        delivery = await scene.claim_one(endpoint_id)
        receipts.append(delivery.receipt and bytes(delivery.receipt))
        await scene.finish(delivery, TRANSIENT, receipt=None if receipt is None else msgspec.Raw(receipt))
        scene.clock.advance(1)

    assert receipts == [None, b'{"id":1}', b'{"id":1}']


async def test_what_may_have_been_sent_says_so_from_then_on(scene: Scene) -> None:
    endpoint_id = await scene.wire(retry_schedule_s=(1, 1))
    await scene.post()
    told = []

    for is_maybe_sent in (False, True, False):
        delivery = await scene.claim_one(endpoint_id)
        told.append(delivery.is_maybe_sent)
        await scene.finish(delivery, TRANSIENT, is_maybe_sent=is_maybe_sent)
        scene.clock.advance(1)
    scene.clock.advance(86_400)

    assert told == [False, False, True]


async def test_three_failures_pause_and_a_burst_counts_once(scene: Scene) -> None:
    endpoint_id = await scene.wire(retry_schedule_s=(86_400,))
    await scene.post(10)
    started_at = scene.clock.now()
    scene.clock.advance(1)
    burst = (await scene.claim(endpoint_id, 8)).deliveries
    await scene.complete(endpoint_id, *(tried(one, TRANSIENT, started_at) for one in burst))
    assert not (await scene.health(endpoint_id)).is_paused

    for _ in range(2):
        await scene.try_one(endpoint_id, TRANSIENT)

    endpoint = (await scene.health(endpoint_id)).endpoint
    assert (endpoint.cause, endpoint.consecutive_failures) == (PauseCause.TRANSIENT, 3)
    assert endpoint.probe_at == scene.clock.now() + 30_000


async def test_three_like_rejections_pause_until_a_person_acts(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    await scene.post(4)

    for _ in range(3):
        await scene.try_one(endpoint_id, REJECTED)

    endpoint = (await scene.health(endpoint_id)).endpoint
    assert (endpoint.cause, endpoint.probe_at) == (PauseCause.REJECTED, None)


async def test_failures_that_do_not_count_for_health_pause_nothing(scene: Scene) -> None:
    endpoint_id = await scene.wire(is_health_relevant=False)
    await scene.post(5)

    for kind in (TRANSIENT, TRANSIENT, TRANSIENT, AUTH, GONE):
        await scene.try_one(endpoint_id, kind)

    assert (await scene.health(endpoint_id)).endpoint.state is HealthState.OK
    assert (await scene.health(endpoint_id)).target.state is HealthState.OK


@pytest.mark.parametrize("code", ["http_500", "offline"])
async def test_what_a_kind_without_health_meets_pauses_nothing_whatever_its_binding_says(
    scene: Scene, code: str
) -> None:
    endpoint_id = await scene.wire(is_health_relevant=True, retry_schedule_s=(60,))
    ids = await scene.post(5)

    for kind in (TRANSIENT, TRANSIENT, TRANSIENT, AUTH, GONE):
        delivery = (await scene.claim(endpoint_id, 1)).deliveries[0]
        result = tried(delivery, kind, scene.clock.now(), code=code)
        await scene.complete(endpoint_id, msgspec.structs.replace(result, is_health_relevant=False))

    health = await scene.health(endpoint_id)
    assert (health.endpoint, health.target) == (Health(), Health())
    # What would wait for a person behind a pause ends instead, since no pause comes.
    assert await scene.statuses(ids) == ["failed", "failed", "failed", "dlq", "dlq"]


async def test_closing_binding_goes_when_its_last_delivery_ends(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    await scene.post(2)
    [row] = await scene.database.read(list_bindings)
    await scene.database.run(remove_binding, row.binding.id, waiting=Waiting.DELIVER, now=scene.clock.now())

    await scene.try_one(endpoint_id, DELIVERED)
    assert len(await scene.database.read(list_bindings)) == 1
    await scene.try_one(endpoint_id, REJECTED)

    assert await scene.database.read(list_bindings) == []


async def test_health_alone_is_written_on_transitions(scene: Scene, engine: Engine) -> None:
    endpoint_id: EndpointId = await scene.wire()
    await scene.post(20)

    await scene.try_all(endpoint_id)

    assert engine.rows("SELECT health FROM endpoints UNION SELECT health FROM targets") == [("{}",)]


async def test_time_limit_that_passes_during_a_try_is_left_to_its_timer(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    [delivery_id] = await scene.post(expires_at=Millis(scene.clock.now() + 1_000))
    delivery = await scene.claim_one(endpoint_id)
    scene.clock.advance(2)

    await scene.finish(delivery, DELIVERED)

    assert await scene.statuses([delivery_id]) == ["delivered"]
