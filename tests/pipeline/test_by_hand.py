"""What people do to lanes: pause, resume, re-point, replay, dismiss."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from posthouse.ledger.deliveries import DeliveryQuery
from posthouse.model.bindings import BodyFormat, Shape
from posthouse.pipeline.delivery import BULK_STEP
from tests.parts import Parts, bodies, numbers
from tests.pipeline.gates import Gates
from tests.receiver import Receiver, Reply


async def test_a_pause_by_hand_lets_no_further_request_begin(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook)
    gates = Gates(receiver)
    posted = await parts.post_batch(60)
    await gates.until_open(8)

    await parts.dispatcher.pause(hook.id, "moving house")
    gates.let_go(8)
    await parts.until_count(52, status="target_paused")
    await parts.until_count(8, status="delivered")
    asked, left = len(receiver.requests), await parts.statuses(status="target_paused")
    receiver.default = Reply()
    resumed = await parts.dispatcher.resume(hook.id)
    await parts.until_status(posted, "delivered")

    assert (asked, resumed) == (8, 52)
    assert left == ["pending"] * 52, "what was claimed is given back uncharged"
    assert all(len(record.attempts) == 1 for record in await parts.deliveries())
    assert [event.type for event in await parts.events("target.*")] == ["target.paused", "target.recovered"]


async def test_what_is_posted_during_a_pause_waits_for_its_end(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook)
    await parts.until_status(await parts.post(), "delivered")
    await parts.dispatcher.pause(hook.id)

    waiting = await parts.post(3)
    parts.advance(86_400)
    await parts.look(hook)
    asked = len(receiver.requests)
    await parts.dispatcher.resume(hook.id)
    await parts.until_status(waiting, "delivered")

    assert asked == 1


async def test_an_edit_of_address_headers_and_credentials_applies_to_what_waits(
    parts: Parts, receiver: Receiver
) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, retry_schedule_s=(60,))
    receiver.reply(Reply(status=500))
    (posted,) = await parts.post()
    await parts.until_status(posted, "failed")

    new_url = receiver.url.replace("/hook", "/moved")
    await parts.edit_webhook(
        hook, url=new_url, headers={"x-dock": "7"}, auth={"kind": "bearer", "token": "tok-hidden-9"}
    )
    parts.advance(60)
    await parts.until_status(posted, "delivered")

    (old, new) = receiver.requests
    assert (old.path, new.path) == ("/hook", "/moved")
    assert (new.headers["x-dock"], new.headers["authorization"]) == ("7", "Bearer tok-hidden-9")
    assert "webhook-signature" not in new.headers
    assert old.headers["webhook-id"] == new.headers["webhook-id"]
    (_, attempt) = (await parts.delivery_of(posted)).attempts
    assert ("authorization", "[hidden]") in attempt.request_headers


async def test_replaying_a_delivered_one_opens_the_next_generation(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook)
    (posted,) = await parts.post()
    await parts.until_status(posted, "delivered")

    first = await parts.delivery_of(posted)
    done = await parts.dispatcher.replay([first.delivery.id])
    await parts.until_count(2, event_id=posted.id, status="delivered")

    second = await parts.delivery_of(posted)
    assert (done.matched, done.changed) == (1, 1)
    assert (first.delivery.generation, second.delivery.generation) == (1, 2)
    assert [one.headers["webhook-id"] for one in receiver.requests] == [first.delivery.id, second.delivery.id]
    assert len({body["id"] for body in bodies(receiver.requests)}) == 1


async def test_replaying_one_that_was_given_up_has_a_fresh_budget(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, retry_schedule_s=(5,), is_health_relevant=False)
    receiver.default = Reply(status=500)
    (posted,) = await parts.post()
    await parts.until_tried(posted, 1)
    parts.advance(5)
    await parts.until_status(posted, "dlq")

    delivery_id = (await parts.delivery_of(posted)).delivery.id
    await parts.dispatcher.replay([delivery_id])
    await parts.until_tried(posted, 3)
    parts.advance(5)
    await parts.until_tried(posted, 4)

    record = await parts.delivery_of(posted)
    assert (record.delivery.id, record.delivery.status, len(record.attempts)) == (delivery_id, "dlq", 4)


async def test_replaying_one_that_waits_sends_it_now(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, retry_schedule_s=(3_600,))
    receiver.reply(Reply(status=500))
    (posted,) = await parts.post()
    await parts.until_status(posted, "failed")

    await parts.dispatcher.replay([(await parts.delivery_of(posted)).delivery.id])
    await parts.until_status(posted, "delivered")

    assert len(receiver.requests) == 2


async def test_a_filter_is_replayed_and_dismissed_in_steps_to_its_end(parts: Parts, receiver: Receiver) -> None:
    many = 2 * BULK_STEP + 50
    hook = await parts.add_webhook(receiver.url)
    other = await parts.add_webhook(receiver.url.replace("/hook", "/other"), name="other")
    for target in (hook, other):
        await parts.bind("ingest", target)
        await parts.dispatcher.pause(target.id)
    await parts.post_batch(many)

    dismissed = await parts.dispatcher.dismiss(DeliveryQuery(target_id=hook.id, status="target_paused"))
    replayed = await parts.dispatcher.replay(DeliveryQuery(target_id=hook.id, status="dismissed"))
    await parts.dispatcher.resume(hook.id)
    await parts.until(lambda: len(receiver.requests) == many)
    await parts.until(lambda: parts.dispatcher.under_way() == 0)

    assert (dismissed.matched, dismissed.changed) == (many, many)
    assert (replayed.matched, replayed.changed) == (many, many)
    assert sorted(numbers(receiver.requests)) == list(range(many))
    assert await parts.statuses(target_id=other.id) == ["pending"] * many


async def test_what_cannot_be_dismissed_is_named_with_its_reason(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook)
    (posted,) = await parts.post()
    await parts.until_status(posted, "delivered")
    delivery_id = (await parts.delivery_of(posted)).delivery.id

    done = await parts.dispatcher.dismiss([delivery_id, "no-such-delivery"])

    assert (done.matched, done.changed) == (2, 0)
    assert {(one.id, one.reason) for one in done.skipped} == {(delivery_id, "ended"), ("no-such-delivery", "not_found")}


async def test_a_raw_body_and_headers_of_a_binding_reach_the_receiver(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, shape=Shape(format=BodyFormat.RAW, headers={"x-room": "3"}))

    await parts.until_status(await parts.post(), "delivered")

    (request,) = receiver.requests
    assert (json.loads(request.body), request.headers["x-room"]) == ({"n": 0}, "3")


OFFLINE_SCRIPT = """
import asyncio, json, sys
from pathlib import Path
from posthouse.system.clock import SystemClock
from tests.parts import running

async def main():
    async with running(Path(sys.argv[1]), SystemClock()) as parts:
        hook = await parts.add_webhook("http://192.0.2.1/hook")
        await parts.bind("ingest", hook, retry_schedule_s=())
        (posted,) = await parts.post()
        await parts.until_paused(hook, "offline")
        record = await parts.delivery_of(posted)
        health = await parts.health(hook)
        print(json.dumps([record.delivery.status, [(a.code, a.is_charged) for a in record.attempts],
                          health.endpoint.consecutive_failures, health.endpoint.probe_at is not None]))

asyncio.run(main())
"""


def test_a_machine_without_a_network_blames_and_charges_nobody(tmp_path: Path) -> None:
    command = ["unshare", "--net", sys.executable, "-c", OFFLINE_SCRIPT, str(tmp_path)]
    try:
        can_unshare = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        can_unshare = False
    if not can_unshare:
        pytest.skip("this user may not make a network of its own (unshare --net)")

    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, cwd=Path(__file__).parents[2]
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["failed", [["offline", False]], 0, True]
