"""What a lane holds and for how long: pace, leases, a ledger that refuses, crashes, the order of a stop."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest

from posthouse.model.deliveries import AttemptResult, ClaimedParcel
from posthouse.model.errors import LedgerBusy, LedgerFull
from posthouse.model.ids import EndpointId
from posthouse.pipeline.lane import Lane
from posthouse.pipeline.sender import Sender
from posthouse.system.supervise import WorkerState
from tests.parts import HandClock, Parts, numbers, running
from tests.pipeline.gates import Gates
from tests.receiver import Receiver, Reply


async def test_a_retry_does_not_wait_for_a_request_that_hangs(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, retry_schedule_s=(5,))
    never = asyncio.Event()
    receiver.reply(Reply(before=never), Reply(status=500))
    await parts.post()
    await receiver.wait_for(1)
    (posted,) = await parts.post()
    await parts.until_status(posted, "failed")

    parts.advance(5)
    await parts.until_status(posted, "delivered")

    assert sorted(await parts.statuses()) == ["delivered", "in_flight"]


async def test_what_becomes_due_in_the_instant_in_which_a_lane_goes_to_sleep_is_sent(
    parts: Parts, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, retry_schedule_s=(5,))
    receiver.reply(Reply(status=500))
    (posted,) = await parts.post()
    await parts.until_tried(posted, 1)
    await parts.rest()
    wanted, passing_s = Lane._wanted, [5.0]

    def wanted_before_time_passes(lane: Lane) -> int:
        found = wanted(lane)
        if not found and lane._next_turn_at is not None and passing_s:
            parts.advance(passing_s.pop())
        return found

    monkeypatch.setattr(Lane, "_wanted", wanted_before_time_passes)
    parts.dispatcher.apply(parts.settings)

    await parts.until_status(posted, "delivered")
    assert passing_s == []


async def test_what_lies_claimed_behind_a_slow_receiver_is_given_back_uncharged(
    parts: Parts, receiver: Receiver
) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook)
    await parts.until_status(await parts.post_batch(150), "delivered")
    gates = Gates(receiver)
    posted = await parts.post_batch(300)
    await gates.until_open(8)
    await parts.until_count(9, status="in_flight")

    parts.advance(6)
    await parts.until_count(292, status="pending")
    gates.let_go(8)
    receiver.default = Reply()
    await parts.until_status(posted, "delivered")

    assert all(len(record.attempts) == 1 for record in await parts.deliveries())
    assert sorted(numbers(receiver.requests)) == sorted([*range(150), *range(300)])


async def test_a_slow_pace_is_kept_and_its_waiting_claims_nothing(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.shape_endpoint(hook, pace_s=120.0)
    await parts.bind("ingest", hook)
    posted = await parts.post_batch(3)

    seen = []
    for number in (1, 2, 3):
        await parts.until_count(number, status="delivered")
        seen.append((len(receiver.requests), len(await parts.statuses(status="in_flight"))))
        parts.advance(119.9)
        await parts.until(lambda: parts.dispatcher.under_way() == 0)
        seen.append((len(receiver.requests), len(await parts.statuses(status="in_flight"))))
        parts.advance(0.1)

    assert seen == [(1, 0), (1, 0), (2, 0), (2, 0), (3, 0), (3, 0)]
    await parts.until_status(posted, "delivered")
    assert all(len(record.attempts) == 1 for record in await parts.deliveries())


async def test_a_quick_pace_lets_one_leave_at_a_time(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.shape_endpoint(hook, pace_s=0.5)
    await parts.bind("ingest", hook)
    posted = await parts.post_batch(6)

    for number in range(1, 7):
        await receiver.wait_for(number)
        await parts.until_count(number, status="delivered")
        assert len(receiver.requests) == number
        parts.advance(0.5)

    await parts.until_status(posted, "delivered")


async def test_a_full_disk_stops_the_lane_and_costs_no_event(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook)
    gates = Gates(receiver)
    posted = await parts.post_batch(60)
    await gates.until_open(8)
    with full_disk(parts):
        gates.let_all_go()
        await parts.until(lambda: any(isinstance(one, LedgerFull) for one in parts.ledger.refusals))
        await parts.settle()
        asked = len(receiver.requests)
        for _ in range(3):
            refusals = len(parts.ledger.refusals)
            await parts.settle()
            parts.advance(1)
            await parts.until(lambda refusals=refusals: len(parts.ledger.refusals) > refusals)  # type: ignore[misc]
        asked_later = len(receiver.requests)
    parts.advance(1)
    await parts.until_status(posted, "delivered")

    assert asked_later == asked < 60, "nothing is sent while no mark can be written"
    assert sorted(numbers(receiver.requests)) == list(range(60)), "what was sent meanwhile is not sent again"


@contextmanager
def full_disk(parts: Parts) -> Iterator[None]:
    """Let the kernel refuse whatever would make the ledger's log longer than it is."""
    log = Path(f"{parts.ledger.inner.path}-wal")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_program_that_locks_the_ledger_costs_time_and_no_event(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook)
    gates = Gates(receiver)
    posted = await parts.post_batch(40)
    await gates.until_open(8)
    other = await asyncio.to_thread(apsw.Connection, str(parts.ledger.inner.path))
    await asyncio.to_thread(other.execute, "BEGIN EXCLUSIVE")

    gates.let_all_go()
    await parts.until(lambda: any(isinstance(one, LedgerBusy) for one in parts.ledger.refusals))
    asked = len(receiver.requests)
    await asyncio.to_thread(other.execute, "ROLLBACK")
    await asyncio.to_thread(other.close)
    parts.advance(5)
    await parts.until_status(posted, "delivered")

    assert asked < 40
    assert sorted(numbers(receiver.requests)) == list(range(40))


async def test_what_cannot_be_given_back_now_is_given_back_later(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook)
    gates = Gates(receiver)
    await parts.post_batch(40)
    await gates.until_open(8)
    await parts.settle()
    with full_disk(parts):
        parts.advance(6)
        await parts.until(lambda: any(isinstance(one, LedgerFull) for one in parts.ledger.refusals))
    await parts.settle()
    parts.advance(1)
    await parts.until_count(32, status="pending")

    assert worker(parts, hook).restarts == 0


class Unwritable(Sender):
    """A sender one of whose results holds what no ledger can write, as a bug of ours might."""

    async def send(self, claimed: ClaimedParcel) -> list[AttemptResult]:
        results = await super().send(claimed)
        if b'"n":1}' in bytes(claimed.deliveries[0].event.data):
            outcome = msgspec.structs.replace(results[0].outcome, detail="\ud800")
            results = [msgspec.structs.replace(result, outcome=outcome) for result in results]
        return results


class Breaking(Sender):
    """A sender that breaks at one payload, as a bug of ours might."""

    async def _is_check_passed(self, endpoint_id: EndpointId, checks_before: int) -> bool:
        raise RuntimeError("a bug of ours")


async def test_a_lane_that_crashes_starts_again_and_the_others_go_on(tmp_path: Path, receiver: Receiver) -> None:
    async with running(tmp_path, HandClock(), sender=Unwritable) as parts:
        poisoned = await parts.add_webhook(receiver.url, name="poisoned")
        sound = await parts.add_webhook(receiver.url.replace("/hook", "/sound"), name="sound")
        await parts.bind("ingest", poisoned, retry_schedule_s=(5,) * 5)
        await parts.post_batch(6)
        await parts.until(lambda: worker(parts, poisoned).state is WorkerState.RESTARTING)

        await parts.bind("ingest", sound)
        await parts.post_batch(1)
        await parts.until_count(1, target_id=sound.id, status="delivered")
        # What the crash cut off is leased for a minute, then counts as tried; what crashes it each time ends in dlq.
        for _ in range(60):
            parts.advance(10)
            await parts.settle()
        statuses = sorted(await parts.statuses(target_id=poisoned.id))

        assert statuses == ["delivered"] * 6 + ["dlq"]
        assert (worker(parts, poisoned).state, worker(parts, sound).restarts) == (WorkerState.RUNNING, 0)


async def test_an_attempt_that_breaks_inside_fails_alone(tmp_path: Path, receiver: Receiver) -> None:
    async with running(tmp_path, HandClock(), sender=Breaking) as parts:
        hook = await parts.add_webhook(receiver.url)
        await parts.bind("ingest", hook, retry_schedule_s=(5,))
        receiver.default = lambda request: Reply(status=401) if b'"n":1' in request.body else Reply()

        posted = await parts.post_batch(6)
        bad = posted.pop(1)
        await parts.until_status(posted, "delivered")
        await parts.until_tried(bad, 1)

        (attempt,) = (await parts.delivery_of(bad)).attempts
        assert (attempt.kind, attempt.code, attempt.is_charged) == ("transient", "internal", True)
        assert worker(parts, hook).restarts == 0


def worker(parts: Parts, target: Any) -> Any:
    return next(one for one in parts.supervisor.report() if one.name == f"lane-{parts.endpoint(target)}")


async def test_a_stop_lets_what_is_under_way_end_and_gives_the_rest_back(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook)
    gates = Gates(receiver)
    await parts.post_batch(40)
    await gates.until_open(8)

    stopping = asyncio.ensure_future(parts.dispatcher.stop())
    await parts.until_count(32, status="pending")
    gates.let_go(8)
    await asyncio.wait_for(stopping, 20)

    assert len(receiver.requests) == 8
    assert sorted(await parts.statuses()) == ["delivered"] * 8 + ["pending"] * 32
    assert all(not record.attempts for record in await parts.deliveries(status="pending"))


async def test_a_stop_does_not_wait_for_the_turn_of_a_slow_pace(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.shape_endpoint(hook, pace_s=1.5)
    await parts.bind("ingest", hook)
    await parts.post_batch(5)
    await parts.until_count(1, status="delivered")

    await asyncio.wait_for(parts.dispatcher.stop(), 20)

    assert sorted(await parts.statuses()) == ["delivered"] + ["pending"] * 4
    assert len(receiver.requests) == 1


async def test_what_overstays_the_grace_is_cut_off_and_counts_as_tried_at_the_next_start(
    tmp_path: Path, receiver: Receiver
) -> None:
    Gates(receiver)
    clock = HandClock()
    async with running(tmp_path, clock, delivery__drain_grace_s=0) as parts:
        hook = await parts.add_webhook(receiver.url)
        await parts.bind("ingest", hook)
        await parts.post_batch(10)
        await receiver.wait_for(8)
        await parts.dispatcher.stop()
    receiver.default = Reply()
    async with running(tmp_path, clock) as parts:
        await parts.until_count(10, status="delivered")

        interrupted = [r for r in await parts.deliveries() if r.attempts[0].code == "interrupted"]
        assert len(interrupted) == 8
        assert len({one.headers["webhook-id"] for one in receiver.requests}) == 10


async def test_a_post_that_is_cut_off_during_its_commit_is_still_sent_at_once(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook)
    await parts.until_status(await parts.post(), "delivered")
    await parts.look(hook)

    posting = asyncio.ensure_future(parts.post())
    await asyncio.sleep(0)
    posting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await posting
    await receiver.wait_for(2)
    await parts.until_count(2, status="delivered")

    assert [len(record.attempts) for record in await parts.deliveries()] == [1, 1]
    assert parts.dispatcher.under_way() == 0
