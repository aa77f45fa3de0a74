"""What time does to the ledger: expiry, leases that end, retention in steps, clocks that jump."""

from __future__ import annotations

from pathlib import Path

from posthouse.ledger.retention import STEP, free_pages, sweep
from posthouse.model.bindings import Policy
from posthouse.model.events import EventDraft
from posthouse.model.targets import Target
from posthouse.pipeline import upkeep as upkeep_module
from posthouse.rules.retry import wait_max_s
from posthouse.settings import resolve
from tests.clock import ManualClock
from tests.parts import HandClock, Parts, raw, running, start
from tests.pipeline.gates import Gates
from tests.pipeline.scripted import DAILY, NAME, pass_time
from tests.receiver import Receiver, Reply
from tests.watched_ledger import Hold

DAY_S = 86_400.0


async def test_a_time_limit_that_comes_while_it_looks_is_not_overlooked(tmp_path: Path, receiver: Receiver) -> None:
    async with running(tmp_path, HandClock(), is_started=False) as parts:
        hook = await parts.add_webhook(receiver.url)
        await parts.bind("ingest", hook)
        await parts.dispatcher.pause(hook.id)
        hold = parts.ledger.holds[upkeep_module._next_ends] = Hold()
        await start(parts)
        await hold.reached.wait()

        (posted,) = await parts.post(expires_at=parts.clock.now() + 10_000)
        hold.over.set()
        await parts.settle()
        parts.advance(10)
        await parts.until_status(posted, "expired")

        assert receiver.requests == []


async def test_a_lost_lease_counts_as_a_try_and_its_late_answer_changes_nothing(
    parts: Parts, receiver: Receiver
) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, retry_schedule_s=(5, 5))
    gates = Gates(receiver)
    (posted,) = await parts.post()
    await gates.until_open(1)
    # What a lane that crashes does for its lost leases.
    parts.upkeep.wake()
    await parts.settle()

    parts.advance(60.1)
    await gates.until_open(2)
    gates.let_go()
    await parts.settle()
    meanwhile = await parts.delivery_of(posted)
    gates.let_go()
    await parts.until_status(posted, "delivered")

    record = await parts.delivery_of(posted)
    assert (meanwhile.delivery.status, [one.code for one in meanwhile.attempts]) == ("in_flight", ["interrupted"])
    assert [(one.code, one.is_charged) for one in record.attempts] == [("interrupted", True), ("http_200", True)]
    assert len({one.headers["webhook-id"] for one in receiver.requests}) == 1


async def test_retention_removes_the_old_in_steps_and_keeps_what_a_person_may_need(
    parts: Parts, receiver: Receiver
) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook)
    receiver.reply(Reply(status=400))
    (given_up,) = await parts.post(event_type="parcel.refused")
    await parts.until_status(given_up, "dlq")
    many = await parts.post_batch(2 * STEP)
    (newest,) = await parts.post(key="again")
    await parts.until_status([*many, newest], "delivered")
    steps_before = parts.ledger.calls[sweep]

    parts.advance(29 * DAY_S)
    await parts.until(lambda: parts.ledger.calls[sweep] > steps_before)
    await parts.settle()
    early = len(await parts.events("parcel.*"))
    steps_before = parts.ledger.calls[sweep]
    parts.advance(2 * DAY_S)
    await parts.until(lambda: parts.ledger.calls[sweep] >= steps_before + 3)
    await parts.settle()

    assert early == 2 * STEP + 2
    assert [event.id for event in await parts.events("parcel.*")] == [given_up.id, newest.id]
    assert (await parts.delivery_of(given_up)).attempts[0].status_code == 400
    (again,) = await parts.post(key="again")
    assert (again.is_duplicate, again.id) == (True, newest.id)


async def test_a_shorter_retention_begins_at_once_and_forgets_keys_with_their_events(
    parts: Parts, receiver: Receiver
) -> None:
    (old,) = await parts.post(key="again")
    parts.advance(2 * DAY_S)
    await parts.post()
    await parts.settle()
    before = len(await parts.events("parcel.*"))

    parts.upkeep.apply(resolve({}, {}, {"retention.days": "1"}))
    await parts.until_gone(old)

    assert before == 2
    (fresh,) = await parts.post(key="again")
    assert not fresh.is_duplicate


async def test_space_that_retention_freed_is_given_back(parts: Parts) -> None:
    source = parts.source("ingest")
    drafts = [EventDraft(type="parcel.heavy", data=raw({"ballast": "x" * 40_000})) for _ in range(200)]
    *_, last, _ = await parts.intake.post(source, drafts, size_bytes=1)
    pages = await parts.ledger.inner.read(lambda tx: tx.value("ledger_size"))

    parts.advance(31 * DAY_S)
    await parts.until_gone(last)

    async def is_given_back() -> bool:
        return await parts.ledger.inner.read(free_pages) <= upkeep_module.FREE_PAGES_KEPT

    await parts.until(is_given_back)
    assert await parts.ledger.inner.read(lambda tx: tx.value("ledger_size")) < pages / 2


async def test_due_times_that_a_jumping_clock_left_far_ahead_are_brought_back(parts: Parts, receiver: Receiver) -> None:
    assert isinstance(parts.clock, ManualClock)
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, retry_schedule_s=(60,))
    parts.clock.jump(3_650 * DAY_S)
    receiver.reply(Reply(status=500))
    (posted,) = await parts.post()
    await parts.until_status(posted, "failed")

    parts.clock.jump(-3_650 * DAY_S)
    parts.advance(3_600)

    async def is_brought_back() -> bool:
        available_at = (await parts.delivery_of(posted)).delivery.available_at
        return available_at - parts.clock.now() <= wait_max_s(Policy(retry_schedule_s=(60,))) * 1000

    await parts.until(is_brought_back)
    parts.advance(wait_max_s(Policy(retry_schedule_s=(60,))))
    await parts.until_status(posted, "delivered")


async def test_old_gaps_leave_with_the_retention(parts: Parts, hook: Target) -> None:
    await parts.bind(NAME, hook, schedule=DAILY)
    for _ in range(3):
        await pass_time(parts, 86_400)
    kept = await parts.gaps()
    parts.upkeep.apply(resolve({}, {}, {"retention.days": "1"}))
    await pass_time(parts, 1)
    await parts.collection.disable(parts.source(NAME).id)
    await pass_time(parts, 2 * 86_400)

    assert [gap.missed.count for gap in kept] == [2]
    assert await parts.gaps() == []
