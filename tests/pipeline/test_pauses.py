"""Trouble at the other side: paused, probed, healed and resumed with care, or left for a person."""

from __future__ import annotations

import pytest

from posthouse.model.deliveries import OutcomeKind
from posthouse.model.targets import HealthState, Target
from posthouse.pipeline.intake import Posted
from tests.parts import Parts, bodies
from tests.pipeline.gates import Gates
from tests.receiver import Received, Receiver, Reply

OFTEN = (5.0,) * 10


async def pause_by_failures(parts: Parts, target: Target) -> Posted:
    """Let one delivery fail three times, which pauses its endpoint."""
    (posted,) = await parts.post()
    for tries in (1, 2, 3):
        await parts.until_tried(posted, tries)
        if tries < 3:
            parts.advance(5)
    await parts.until_paused(target, "transient")
    return posted


def without_check(request: Received) -> bool:
    return b'"posthouse.check"' not in request.body


async def test_three_failures_pause_and_nothing_but_a_probe_at_its_time_is_sent(
    parts: Parts, receiver: Receiver
) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, retry_schedule_s=OFTEN)
    receiver.default = Reply(status=500)
    await pause_by_failures(parts, hook)
    await parts.post(5)

    counted = []
    for wait_s in (29.9, 0.1, 59.9, 0.1, 119.9, 0.1):
        parts.advance(wait_s)
        await parts.look(hook)
        await parts.until(lambda: parts.dispatcher.under_way() == 0)
        counted.append(len(receiver.requests))

    assert counted == [3, 4, 4, 5, 5, 6]
    probes = [one for record in await parts.deliveries() for one in record.attempts if one.is_probe]
    assert len(probes) == 3
    assert len({one.body for one in probes}) == 3, "each probe takes another delivery"
    assert len(await parts.events("target.paused")) == 1


async def test_a_receiver_that_returns_costs_time_and_no_event(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, retry_schedule_s=OFTEN)
    await receiver.stop()
    first = await pause_by_failures(parts, hook)
    waiting = await parts.post(30)
    paused = await parts.statuses(status="target_paused")

    await receiver.start()
    parts.advance(30)
    await parts.until_status([first, *waiting], "delivered")

    assert len(paused) == 31
    assert sorted(body["id"] for body in bodies(receiver.requests)) == sorted(one.id for one in [first, *waiting])
    (told,) = await parts.events("target.recovered")
    assert b'"cause":"transient"' in bytes(told.data)
    assert (await parts.health(hook)).endpoint.state is HealthState.OK


async def test_resuming_doubles_what_is_under_way_with_each_success(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, retry_schedule_s=OFTEN)
    receiver.default = Reply(status=500)
    await pause_by_failures(parts, hook)
    await parts.post_batch(40)
    gates = Gates(receiver)

    parts.advance(30)
    await gates.until_open(1)
    under_way = []
    for expected in (1, 2, 4, 8, 8):
        gates.let_go()
        await gates.until_open(expected)
        await parts.post_batch(1)
        under_way.append(gates.open_requests)
    receiver.default = Reply()
    gates.let_go(8)
    await parts.until_count(46, status="delivered")

    assert under_way == [1, 2, 4, 8, 8]


async def test_a_burst_of_concurrent_failures_counts_once(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, retry_schedule_s=OFTEN)
    receiver.default = Reply(status=500)

    posted = await parts.post_batch(8)
    await parts.until_status(posted, "failed")
    health = (await parts.health(hook)).endpoint

    assert (health.consecutive_failures, health.is_paused) == (1, False)


async def test_a_probe_that_was_not_due_costs_its_delivery_nothing(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, retry_schedule_s=(5, 5, 3_600))
    receiver.default = Reply(status=500)
    posted = await pause_by_failures(parts, hook)
    due_at = (await parts.delivery_of(posted)).delivery.available_at

    parts.advance(30)
    await parts.until_tried(posted, 4)

    record = await parts.delivery_of(posted)
    assert (record.attempts[-1].is_probe, record.attempts[-1].is_charged) == (True, False)
    assert (record.delivery.status, record.delivery.available_at) == ("failed", due_at)


async def test_failures_of_a_binding_outside_health_pause_nothing(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, retry_schedule_s=OFTEN, is_health_relevant=False)
    receiver.default = Reply(status=500)

    (posted,) = await parts.post()
    for tries in range(1, 6):
        await parts.until_tried(posted, tries)
        parts.advance(5)

    assert not (await parts.health(hook)).is_paused


async def test_an_expired_token_pauses_the_target_after_one_check_and_ten_thousand_wait_unasked(
    parts: Parts, receiver: Receiver
) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook)
    receiver.default = Reply(status=401)

    refused = await parts.post_batch(8)
    await parts.until_paused(hook, "auth")
    await parts.until(lambda: parts.dispatcher.under_way() == 0)
    checks = [one for one in receiver.requests if not without_check(one)]
    asked = len(receiver.requests)
    await parts.post_batch(10_000)
    await parts.look(hook)
    turns = parts.ledger.turns[parts.endpoint(hook)]
    parts.advance(86_400)
    await parts.until_paused(hook, "auth")

    health = await parts.health(hook)
    assert len(checks) == 1
    assert (health.target.is_paused, health.endpoint.is_paused) == (True, False)
    assert len(receiver.requests) == asked
    assert parts.ledger.turns[parts.endpoint(hook)] == turns, "no timer wakes a lane that waits for a person"
    records = [await parts.delivery_of(one) for one in refused]
    assert {(one.delivery.status, one.delivery.reason) for one in records} == {("failed", "http_401")}
    assert not any(attempt.is_charged for one in records for attempt in one.attempts)


async def test_reconnect_resumes_once_the_check_passes_and_not_before(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook)
    receiver.default = Reply(status=403)
    (first,) = await parts.post()
    await parts.until_paused(hook, "auth")
    waiting = await parts.post_batch(20)

    refused = await parts.dispatcher.reconnect(hook.id)
    still_paused = (await parts.health(hook)).target.is_paused
    receiver.default = Reply()
    accepted = await parts.dispatcher.reconnect(hook.id)
    await parts.until_status([first, *waiting], "delivered")

    assert (refused.is_ok, refused.resumed, still_paused) == (False, 0, True)
    assert (accepted.is_ok, accepted.resumed) == (True, 21)
    assert not (await parts.health(hook)).is_paused


async def test_a_delivery_refused_by_a_target_whose_check_passes_is_rejected_alone(
    parts: Parts, receiver: Receiver
) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook)
    receiver.default = lambda request: Reply(status=401) if b'"n":1' in request.body else Reply()

    good, bad, other = await parts.post(3)
    await parts.until_status([good, other], "delivered")
    await parts.until_status(bad, "dlq")

    assert (await parts.delivery_of(bad)).delivery.reason == "http_401"
    assert not (await parts.health(hook)).is_paused


async def test_gone_pauses_until_a_person_retries(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook)
    receiver.default = Reply(status=410)
    (first,) = await parts.post()
    await parts.until_paused(hook, "gone")
    (second,) = await parts.post()
    parts.advance(86_400)
    await parts.look(hook)
    asked = len(receiver.requests)

    receiver.default = Reply()
    done = await parts.dispatcher.replay([(await parts.delivery_of(first)).delivery.id])
    await parts.until_status([first, second], "delivered")

    assert (asked, done.changed) == (1, 1)


async def test_dismissing_what_was_gone_lets_the_others_go(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook)
    receiver.reply(Reply(status=410))
    (first,) = await parts.post()
    await parts.until_paused(hook, "gone")
    (second,) = await parts.post()

    await parts.dispatcher.dismiss([(await parts.delivery_of(first)).delivery.id])
    await parts.until_status(second, "delivered")

    assert (await parts.delivery_of(first)).delivery.status == "dismissed"


async def test_three_rejections_with_one_code_pause_the_endpoint(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook)
    receiver.default = Reply(status=404)

    for one in range(3):
        parts.advance(1)
        posted = await parts.post()
        await parts.until_status(posted, "dlq")
        assert (await parts.health(hook)).is_paused == (one == 2)
    (waiting,) = await parts.post()
    await parts.look(hook)
    asked = len(receiver.requests)
    receiver.default = Reply()
    resumed = await parts.dispatcher.resume(hook.id)
    await parts.until_status(waiting, "delivered")

    assert (asked, resumed) == (3, 1)


async def test_rejections_with_different_codes_pause_nothing(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook)

    for status in (400, 404, 400, 404):
        parts.advance(1)
        receiver.reply(Reply(status=status))
        await parts.until_status(await parts.post(), "dlq")

    assert not (await parts.health(hook)).is_paused


@pytest.mark.parametrize(
    ("reply", "hold_s"),
    [
        (Reply(status=429), 5.0),
        (Reply(status=429, headers={"retry-after": "120"}), 120.0),
        (Reply(status=503, headers={"retry-after": "30"}), 30.0),
    ],
)
async def test_a_rate_limit_holds_the_whole_lane_for_as_long_as_it_says(
    parts: Parts, receiver: Receiver, reply: Reply, hold_s: float
) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, retry_schedule_s=(1, 1))
    receiver.reply(reply)

    (limited,) = await parts.post()
    await parts.until_status(limited, "failed")
    held = await parts.post(3)
    parts.advance(hold_s - 0.1)
    elsewhere = await parts.add_webhook(receiver.url.replace("/hook", "/other"), name="other")
    await parts.bind("ingest", elsewhere)
    held += await parts.post()
    await parts.until_count(1, target_id=elsewhere.id, status="delivered")
    asked = [one.path for one in receiver.requests]
    parts.advance(0.1)
    await parts.until_count(5, target_id=hook.id, status="delivered")

    (attempt, *_) = (await parts.deliveries(event_id=limited.id))[0].attempts
    assert asked == ["/hook", "/other"]
    assert (attempt.kind, attempt.is_charged) == (OutcomeKind.RATE_LIMITED, True)
    assert not (await parts.health(hook)).is_paused


async def test_a_time_limit_ends_a_delivery_even_while_paused(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, time_to_live_s=90)
    await parts.dispatcher.pause(hook.id, "moving house")
    (posted,) = await parts.post()

    parts.advance(89)
    before = (await parts.delivery_of(posted)).delivery.status
    parts.advance(1)
    await parts.until_status(posted, "expired")

    assert before == "pending"
    assert (await parts.delivery_of(posted)).delivery.reason == "time_limit"
    assert receiver.requests == []


async def test_reconnecting_sends_failed_deliveries_at_once_whatever_their_own_retry_time(
    parts: Parts, receiver: Receiver
) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, retry_schedule_s=(5.0, 5.0, 86_400.0))
    receiver.default = Reply(status=500)
    posted = await pause_by_failures(parts, hook)

    receiver.default = Reply()
    tried = await parts.dispatcher.reconnect(hook.id)
    await parts.until_status(posted, "delivered")

    assert (tried.is_ok, tried.resumed) == (True, 1)
    assert len((await parts.delivery_of(posted)).attempts) == 4


async def test_what_a_person_paused_is_not_hastened_by_a_check_that_passes(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, retry_schedule_s=(86_400.0,))
    receiver.default = Reply(status=500)
    (posted,) = await parts.post()
    await parts.until_tried(posted, 1)
    await parts.dispatcher.pause(hook.id)
    due_before = (await parts.delivery_of(posted)).delivery.available_at

    receiver.default = Reply()
    await parts.dispatcher.reconnect(hook.id)
    still = (await parts.delivery_of(posted)).delivery.available_at
    await parts.dispatcher.resume(hook.id)
    await parts.until_status(posted, "delivered")

    assert still == due_before
