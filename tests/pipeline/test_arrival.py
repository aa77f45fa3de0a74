"""From a post to its receiver: signed, once, in order where order was asked for, and nobody held up by another."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac

import pytest

from posthouse.ledger.binding_changes import NewBinding, add_binding
from posthouse.model.bindings import BodyFormat, Filter, Shape
from posthouse.model.events import EventDraft, Severity
from tests.parts import SIGNING_SECRET, Parts, bodies, numbers, raw
from tests.receiver import Received, Receiver, Reply


def signature_of(request: Received) -> str:
    """What Standard Webhooks says the signature must be."""
    key = base64.b64decode(SIGNING_SECRET.removeprefix("whsec_"))
    signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def ids(requests: list[Received]) -> list[str]:
    return [request.headers["webhook-id"] for request in requests]


async def test_a_posted_event_arrives_signed_and_its_delivery_is_on_record(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook)

    posted = await parts.post_one(
        EventDraft(type="parcel.left", subject="Box 7", origin="dock", severity=Severity.WARNING, data=raw({"kg": 3}))
    )
    (request,) = await receiver.wait_for(1)
    await parts.until_status(posted, "delivered")

    (body,) = bodies([request])
    assert (body["id"], body["type"], body["subject"], body["data"]) == (posted.id, "parcel.left", "Box 7", {"kg": 3})
    assert request.headers["webhook-signature"] == signature_of(request)
    record = await parts.delivery_of(posted)
    (attempt,) = record.attempts
    assert posted.deliveries == 1
    assert request.headers["webhook-id"] == record.delivery.id
    assert (attempt.kind, attempt.status_code, attempt.body, attempt.is_charged) == (
        "delivered",
        200,
        request.body,
        True,
    )
    assert parts.dispatcher.under_way() == 0


async def test_an_event_that_no_binding_wants_is_kept_and_sent_to_nobody(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, wanted=Filter(types=("letter.*",)))

    (unwanted,) = await parts.post(event_type="parcel.left")
    (wanted,) = await parts.post(event_type="letter.left")
    await parts.until_status(wanted, "delivered")

    assert (unwanted.deliveries, wanted.deliveries) == (0, 1)
    assert [event.type for event in await parts.events("*.left")] == ["parcel.left", "letter.left"]
    assert len(receiver.requests) == 1


async def test_the_wire_id_stays_the_same_over_every_attempt(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, retry_schedule_s=(5, 10), is_health_relevant=False)
    # A kept connection that dies unanswered is tried again at once on a fresh one, within the same attempt.
    receiver.reply(Reply(status=500), Reply(is_reset=True), Reply(is_reset=True))

    (posted,) = await parts.post()
    for tries, wait_s in ((1, 5), (2, 10)):
        await parts.until_tried(posted, tries)
        parts.advance(wait_s)
    await parts.until_status(posted, "delivered")

    record = await parts.delivery_of(posted)
    assert set(ids(receiver.requests)) == {record.delivery.id}
    assert [one.code for one in record.attempts] == ["http_500", "reset", "http_200"]
    assert {body["id"] for body in bodies(receiver.requests)} == {posted.id}


async def test_a_retry_leaves_at_its_due_time_and_not_before(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, retry_schedule_s=(60,))
    receiver.reply(Reply(status=503))
    (posted,) = await parts.post()
    await parts.until_status(posted, "failed")

    parts.advance(59.9)
    await parts.look(hook)
    early = len(receiver.requests)
    parts.advance(0.1)
    await parts.until_status(posted, "delivered")

    assert (early, len(receiver.requests)) == (1, 2)


async def test_retries_end_with_the_budget_and_giving_up_is_told(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, retry_schedule_s=(5,), is_health_relevant=False)
    receiver.default = Reply(status=500)

    (posted,) = await parts.post()
    await parts.until_status(posted, "failed")
    parts.advance(5)
    await parts.until_status(posted, "dlq")

    record = await parts.delivery_of(posted)
    (told,) = await parts.events("delivery.gave-up")
    assert (len(record.attempts), record.delivery.reason) == (2, "gave_up")
    assert record.delivery.id.encode() in bytes(told.data)


async def test_a_lone_event_leaves_without_waiting_for_a_claim(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook)
    await parts.until_status(await parts.post(), "delivered")
    await parts.look(hook)
    turns = parts.ledger.turns[parts.endpoint(hook)]
    answer = asyncio.Event()
    receiver.reply(Reply(before=answer))

    (posted,) = await parts.post()
    await receiver.wait_for(2)
    turns_before_the_request = parts.ledger.turns[parts.endpoint(hook)] - turns
    status_under_way = (await parts.delivery_of(posted)).delivery.status
    answer.set()
    await parts.until_status(posted, "delivered")

    assert (turns_before_the_request, status_under_way) == (0, "in_flight")


async def test_a_plan_made_under_old_routing_is_made_again_and_keeps_no_slot(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    other = await parts.add_webhook(receiver.url, name="other")
    await parts.bind("ingest", hook)
    await parts.until_status(await parts.post(), "delivered")
    await parts.look(hook)
    new = NewBinding(source_id=parts.source("ingest").id, endpoint_id=parts.endpoint(other))
    await parts.ledger.run(add_binding, new, now=parts.clock.now())

    (posted,) = await parts.post()
    await parts.until_count(2, event_id=posted.id, status="delivered")

    assert (posted.deliveries, parts.dispatcher.under_way()) == (2, 0)
    assert await parts.statuses(event_id=posted.id) == ["delivered", "delivered"]


async def test_a_burst_is_sent_eight_at_a_time(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook)
    answer = asyncio.Event()
    receiver.default = Reply(before=answer)

    posted = await parts.post_batch(20)
    await receiver.wait_for(8)
    posted += await parts.post_batch(1)
    at_once = len(receiver.requests)
    answer.set()
    await parts.until_status(posted, "delivered")

    assert at_once == 8
    assert sorted(numbers(receiver.requests)) == sorted([0, *range(20)])


@pytest.mark.parametrize("answer", [Reply(status=500), Reply(status=400), Reply(is_closed=True)])
async def test_a_poisonous_payload_does_not_delay_the_others(parts: Parts, receiver: Receiver, answer: Reply) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, retry_schedule_s=(5, 5))
    receiver.default = lambda request: answer if b'"n":3' in request.body else Reply()

    posted = await parts.post_batch(10)
    poison = posted.pop(3)
    await parts.until_status(posted, "delivered")
    for _ in range(2):
        parts.advance(5)
        more = await parts.post(2)
        await parts.until_status(more, "delivered")
    await parts.until_status(poison, "dlq")

    assert not (await parts.health(hook)).is_paused


async def test_a_slow_endpoint_does_not_delay_another(parts: Parts, receiver: Receiver) -> None:
    slow = await parts.add_webhook(receiver.url.replace("/hook", "/slow"), name="slow")
    quick = await parts.add_webhook(receiver.url, name="quick")
    for hook in (slow, quick):
        await parts.bind("ingest", hook)
    never = asyncio.Event()
    receiver.default = lambda request: Reply(before=never) if request.path == "/slow" else Reply()

    await parts.post_batch(30)
    await parts.until_count(30, target_id=quick.id, status="delivered")

    assert await parts.statuses(target_id=slow.id, status="delivered") == []


async def test_strict_order_holds_under_failures(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, retry_schedule_s=(5, 5), is_strict_order=True, is_health_relevant=False)
    receiver.default = lambda request: Reply(status=500) if b'"n":2' in request.body else Reply()

    posted = await parts.post_batch(5)
    for tries in (1, 2):
        await parts.until_tried(posted[2], tries)
        assert await parts.statuses() == ["delivered", "delivered", "failed", "pending", "pending"]
        parts.advance(5)
    await parts.until_status([*posted[:2], *posted[3:]], "delivered")

    assert numbers(receiver.requests) == [0, 1, 2, 2, 2, 3, 4]
    assert (await parts.delivery_of(posted[2])).delivery.status == "dlq"


async def test_a_time_limit_ends_the_head_of_a_strict_line_and_the_next_goes(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, retry_schedule_s=(600,), is_strict_order=True)
    receiver.reply(Reply(status=500))
    (first,) = await parts.post(expires_at=parts.clock.now() + 60_000)
    (second,) = await parts.post()
    await parts.until_status(first, "failed")

    parts.advance(61)
    await parts.until_status(first, "expired")
    await parts.until_status(second, "delivered")

    assert len(receiver.requests) == 2


async def test_an_event_about_a_target_is_never_sent_to_it(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url.replace("/hook", "/dead"), name="dead")
    watcher = await parts.add_webhook(receiver.url, name="watcher")
    for target in (hook, watcher):
        await parts.bind("posthouse", target)
    await parts.bind("ingest", hook, shape=Shape(format=BodyFormat.RAW))
    receiver.default = lambda request: Reply(status=410) if request.path == "/dead" else Reply()

    await parts.post()
    await parts.until_count(1, target_id=watcher.id, status="delivered")

    (told,) = await parts.events("target.paused")
    assert [one.delivery.target for one in await parts.deliveries(event_id=told.id)] == ["watcher"]
    assert [body["type"] for body in bodies([one for one in receiver.requests if one.path == "/hook"])] == [
        "target.paused"
    ]
