"""From posts to a receiver that is handed several at once: what leaves together, when, and what each is told."""

from __future__ import annotations

import asyncio

from posthouse.model.bindings import BodyFormat, Shape
from tests.parts import Parts, bodies
from tests.pipeline.gates import Gates
from tests.receiver import Received, Receiver, Reply


def sizes(requests: list[Received]) -> list[int]:
    """How many events each request carried."""
    return [len(body) if isinstance(body, list) else 1 for body in bodies(requests)]


async def test_a_full_batch_leaves_at_once_and_the_rest_when_its_time_is_over(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, batch_max=3, batch_wait_s=10)

    posted = await parts.post(4)
    await parts.until_status(posted[:3], "delivered")
    waiting = await parts.statuses(status="pending")
    parts.advance(10)
    await parts.until_status(posted, "delivered")

    assert (sizes(receiver.requests), len(waiting)) == ([3, 1], 1)
    first, second = receiver.requests
    assert [event["id"] for event in bodies([first])[0]] == [one.id for one in posted[:3]]
    assert first.headers["content-type"] == "application/cloudevents-batch+json"
    assert second.headers["content-type"] == "application/cloudevents+json"


async def test_under_load_whatever_waits_goes_together(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.shape_endpoint(hook, concurrency=1)
    await parts.bind("ingest", hook, batch_max=100)
    gates = Gates(receiver)
    (first,) = await parts.post()
    await gates.until_open(1)

    posted = await parts.post_batch(250)
    gates.let_go(1)
    receiver.default = Reply()
    await parts.until_status([first, *posted], "delivered")

    assert sizes(receiver.requests) == [1, 100, 100, 50]


async def test_a_batch_is_sent_again_byte_for_byte_under_its_id(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, batch_max=5, batch_wait_s=10, retry_schedule_s=(5, 5))
    receiver.reply(Reply(status=503), Reply(is_reset=True), Reply(is_reset=True))

    posted = await parts.post_batch(5)
    for tries in (1, 2):
        await parts.until_tried(posted[-1], tries)
        parts.advance(5)
    await parts.until_status(posted, "delivered")

    assert len({request.body for request in receiver.requests}) == 1
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1
    records = await parts.deliveries()
    assert {len(record.attempts) for record in records} == {3}
    assert {attempt.parcel_size for record in records for attempt in record.attempts} == {5}
    assert {attempt.body for record in records for attempt in record.attempts} == {receiver.requests[0].body}


async def test_one_bad_event_takes_no_others_with_it(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, batch_max=5, batch_wait_s=10, shape=Shape(format=BodyFormat.RAW))
    receiver.default = lambda request: Reply(status=400 if b'"n":2}' in request.body else 200)

    posted = await parts.post_batch(5)
    await parts.until_status([one for number, one in enumerate(posted) if number != 2], "delivered")
    await parts.until_status(posted[2], "dlq")

    assert sizes(receiver.requests) == [5, 1, 1, 1, 1, 1]
    assert not (await parts.health(hook)).endpoint.is_paused


async def test_a_slow_batch_does_not_hold_up_another_endpoint(parts: Parts, receiver: Receiver) -> None:
    slow = await parts.add_webhook(receiver.url, name="slow")
    quick = await parts.add_webhook(receiver.url.replace("/hook", "/quick"), name="quick")
    await parts.bind("ingest", slow, batch_max=5)
    await parts.bind("ingest", quick)
    never = asyncio.Event()
    receiver.default = lambda request: Reply() if request.path == "/quick" else Reply(before=never)

    await parts.post_batch(5)

    await parts.until_count(5, target_id=quick.id, status="delivered")


async def test_own_events_are_gathered_too(parts: Parts, receiver: Receiver) -> None:
    gone = await parts.add_webhook(receiver.url, name="gone")
    pager = await parts.add_webhook(receiver.url.replace("/hook", "/pager"), name="pager")
    await parts.bind("ingest", gone, retry_schedule_s=(), is_health_relevant=False)
    await parts.bind("posthouse", pager, batch_max=3, batch_wait_s=60)
    receiver.default = lambda request: Reply(status=200 if request.path == "/pager" else 500)

    await parts.post_batch(3)
    await parts.until_count(3, target_id=pager.id, status="delivered")

    assert sizes([one for one in receiver.requests if one.path == "/pager"]) == [3]
