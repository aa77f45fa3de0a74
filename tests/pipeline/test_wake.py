"""The wake schedule from the clock to its accounts: once per slot and date, whatever crashes, sleeps or fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from posthouse.http.wake_accounts import add_account
from posthouse.ledger.results import advance
from posthouse.ledger.state import get_state
from posthouse.ledger.wakes import Answer, answers_to, retries_of
from posthouse.model.deliveries import AttemptResult, ClaimedParcel
from posthouse.model.errors import BadInput
from posthouse.model.events import Event
from posthouse.model.ids import BindingId
from posthouse.model.sources import Scope
from posthouse.pipeline.sender import Sender
from posthouse.rules.wake import SUPERSEDE_KEY
from posthouse.sources.wake.keeping import LAST, Account, LastRun
from posthouse.sources.wake.source import TOGGLE, WAKE
from posthouse.targets.base import target_kind
from tests.parts import MACHINE, HandClock, Parts, running
from tests.receiver import Receiver, Reply

MINUTE, HOUR, DAY = 60, 3_600, 86_400
NAME = "wake-schedule"
Life = Callable[..., AbstractAsyncContextManager[Parts]]


@pytest.fixture
def living(tmp_path: Path) -> tuple[HandClock, Life]:
    """A clock that goes on from one life of the house to the next, and such a life."""
    clock = HandClock()
    return clock, partial(running, tmp_path, clock)


async def account(parts: Parts, label: str, url: str) -> BindingId:
    settings = target_kind("probe").parse({"ask": {"kind": "request", "url": url}})
    woken = await parts.ledger.run(
        add_account, parts.source(NAME), MACHINE, label, settings, Account(), parts.clock.now()
    )
    await parts.known.reload()
    return woken.row.binding.id


async def mark(parts: Parts, hour: int, **more: Any) -> None:
    """Mark an hour, once the source takes what it is told."""
    arguments = {"hour": hour, "is_on": True, "zone": "UTC", **more}
    await parts.until(lambda: parts.collection._workers[parts.source(NAME).id].inbox._is_open)  # type: ignore[union-attr]
    await parts.collection.command(parts.source(NAME).id, TOGGLE, arguments)
    await parts.rest()


async def runs(parts: Parts) -> list[Any]:
    """The reason of each run, oldest first."""
    return [decoded(event)["reason"] for event in await parts.events("wake.due")]


async def slots(parts: Parts) -> list[tuple[str, str]]:
    """Every slot and date that led to a run, in order."""
    told = [decoded(event)["slots"] for event in await parts.events("wake.due")]
    return [(one["slot"], one["date"]) for run in told for one in run]


def decoded(event: Event) -> Any:
    return msgspec.json.decode(event.data)


async def answers(parts: Parts) -> list[Answer]:
    """What became of the last run."""
    source_id = parts.source(NAME).id
    stored = await parts.ledger.inner.read(get_state, source_id, MACHINE, LAST, Scope.MACHINE)
    assert stored is not None
    return await parts.ledger.inner.read(answers_to, source_id, msgspec.json.decode(stored, type=LastRun).key)


async def retries(parts: Parts, *bindings: BindingId) -> list[Answer]:
    return await parts.ledger.inner.read(retries_of, bindings, SUPERSEDE_KEY)


async def until_asked(parts: Parts, receiver: Receiver, times: int) -> None:
    """So many requests have come, and what became of them is written."""
    await receiver.wait_for(times)

    async def is_written() -> bool:
        return all(one.delivery.status != "in_flight" for one in await parts.deliveries())

    await parts.until(is_written)


async def pass_time(parts: Parts, seconds: float) -> None:
    """Let time pass, minute by minute, and everything that is due then be done."""
    while seconds > 0:
        parts.advance(min(seconds, MINUTE))
        await parts.rest()
        seconds -= MINUTE


@pytest.fixture
async def service() -> Any:
    async with Receiver() as receiver:
        yield receiver


async def test_without_marked_hours_no_timer_is_set_and_nothing_is_written(living: tuple[HandClock, Life]) -> None:
    clock, life = living
    async with life() as parts:
        await parts.rest()
        timers = len(clock.armed())
        await mark(parts, 9)
        marked = len(clock.armed())
        arguments = {"hour": 9, "is_on": False}
        await parts.collection.command(parts.source(NAME).id, TOGGLE, arguments)
        await parts.rest()

        assert marked == timers + 1
        assert len(clock.armed()) == timers
        assert await parts.events("wake.*") == []


async def test_each_slot_is_one_run_that_asks_everybody_and_ends_before_the_next(
    living: tuple[HandClock, Life], service: Receiver
) -> None:
    clock, life = living
    async with life() as parts:
        await account(parts, "one", service.url)
        await account(parts, "two", service.url)
        await mark(parts, 1)
        clock.advance(HOUR)
        await until_asked(parts, service, 2)
        clock.advance(15 * MINUTE)
        await until_asked(parts, service, 4)

        assert await runs(parts) == ["scheduled probe(s) 1:00", "scheduled probe(s) 1:15"]
        first, second = await parts.events("wake.due")
        assert first.expires_at == second.recorded_at - 1
        assert [(one.target, one.status) for one in await answers(parts)] == [
            ("one", "delivered"),
            ("two", "delivered"),
        ]


async def test_slots_that_the_daemon_missed_fire_once_together_and_older_ones_are_told_as_skipped(
    living: tuple[HandClock, Life], service: Receiver
) -> None:
    clock, life = living
    async with life() as parts:
        await account(parts, "one", service.url)
        await mark(parts, 1)
        await mark(parts, 3)
    clock.advance(2 * DAY + 5 * HOUR)
    for _ in range(2):
        async with life() as parts:
            await parts.rest()
            told = await runs(parts)
            (skipped,) = await parts.events("wake.skipped")

            assert told == ["scheduled probe(s) 3:00, 3:15, 3:30, 3:45 (boot recovery)"]
            assert decoded(skipped)["count"] == 4 * 3 + 4 * 2
            assert skipped.severity == "warning"


async def test_a_slot_that_sleep_put_off_fires_on_waking(living: tuple[HandClock, Life]) -> None:
    clock, life = living
    async with life() as parts:
        await mark(parts, 1)
        clock.jump(3 * HOUR + 5 * MINUTE)
        await parts.rest()
        asleep = await runs(parts)
        await pass_time(parts, MINUTE)

        assert asleep == [], "timers stood still"
        assert await runs(parts) == ["scheduled probe(s) 1:15, 1:30, 1:45 (resume)"]
        assert [decoded(one)["count"] for one in await parts.events("wake.skipped")] == [1]


async def test_only_the_account_that_failed_is_asked_again_six_times_every_five_minutes(
    living: tuple[HandClock, Life], service: Receiver
) -> None:
    clock, life = living
    service.default = lambda request: Reply(status=401 if request.path == "/spent" else 200)
    base = service.url.rpartition("/")[0]
    async with life() as parts:
        await account(parts, "well", f"{base}/well")
        spent = await account(parts, "spent", f"{base}/spent")
        await mark(parts, 1)
        clock.advance(HOUR + 45 * MINUTE)
        await until_asked(parts, service, 2)
        left = []
        for times in range(1, 7):
            (waiting,) = await retries(parts, spent)
            left.append((waiting.retries_left, waiting.available_at - clock.now()))
            clock.advance(300)
            await until_asked(parts, service, 2 + times)
        clock.advance(300)
        await parts.rest()

        assert left == [(number, 300_000) for number in (6, 5, 4, 3, 2, 1)]
        assert [one.path for one in service.requests].count("/well") == 1
        assert await retries(parts, spent) == []
        said = {one.target: (one.status, one.attempts, one.status_code) for one in await answers(parts)}
        assert said == {"well": ("delivered", 1, 200), "spent": ("dlq", 7, 401)}
        assert {one.health.state for one in parts.known.directory.targets.values()} == {"ok"}


async def test_a_newer_run_takes_the_place_of_a_pending_retry_with_a_fresh_budget(
    living: tuple[HandClock, Life], service: Receiver
) -> None:
    clock, life = living
    service.default = Reply(status=500)
    async with life() as parts:
        one = await account(parts, "one", service.url)
        await mark(parts, 1)
        clock.advance(HOUR)
        await until_asked(parts, service, 1)
        clock.advance(300)
        await until_asked(parts, service, 2)
        before = await retries(parts, one)
        service.reply(Reply(status=200))
        await parts.collection.command(parts.source(NAME).id, WAKE, {"bindings": None})
        await until_asked(parts, service, 3)
        after = await retries(parts, one)
        await pass_time(parts, 9 * MINUTE)

        assert ([waiting.retries_left for waiting in before], after) == ([5], [])
        assert len(service.requests) == 3, "what the newer run replaced is tried no more, success or not"
        assert await parts.statuses() == ["dismissed", "delivered"]


async def test_no_retry_comes_at_or_behind_the_next_slot(living: tuple[HandClock, Life], service: Receiver) -> None:
    clock, life = living
    service.default = Reply(status=500)
    async with life() as parts:
        one = await account(parts, "one", service.url)
        await mark(parts, 1)
        clock.advance(HOUR)
        await until_asked(parts, service, 1)
        for times in (2, 3):
            clock.advance(300)
            await until_asked(parts, service, times)
        untimely = await retries(parts, one)
        clock.advance(300)
        await until_asked(parts, service, 4)
        await parts.rest()

        assert untimely == [], "the third would be due with the next slot"
        assert len(service.requests) == 4
        first, second = await parts.deliveries()
        assert (first.delivery.status, len(first.attempts)) in (("expired", 3), ("dismissed", 3))
        assert len(second.attempts) == 1


async def test_a_wake_by_hand_in_between_settles_no_slot(living: tuple[HandClock, Life], service: Receiver) -> None:
    clock, life = living
    async with life() as parts:
        await account(parts, "one", service.url)
        await parts.rest()
        await parts.collection.command(parts.source(NAME).id, WAKE, {"bindings": None})
        await until_asked(parts, service, 1)
        await mark(parts, 1)
        await parts.collection.command(parts.source(NAME).id, WAKE, {"bindings": None})
        clock.advance(HOUR)
        await until_asked(parts, service, 3)

        assert await runs(parts) == ["manual wake", "manual wake", "scheduled probe(s) 1:00"]


async def test_a_toggle_that_does_not_fit_changes_nothing(living: tuple[HandClock, Life]) -> None:
    _, life = living
    async with life() as parts:
        await mark(parts, 1)
        with pytest.raises(BadInput) as caught:
            await mark(parts, 1, timestamps=(0.0, 0.0, 0.0, 0.0))

        assert caught.value.code == "wake.timestamps_invalid"
        assert parts.collection.activity(parts.source(NAME).id).state == "watching"


class _NeverSends(Sender):
    """Killed before a request leaves."""

    async def send(self, claimed: ClaimedParcel) -> list[AttemptResult]:
        await asyncio.get_running_loop().create_future()
        raise AssertionError


class _NeverTells(Sender):
    """Killed when the answer has come and before it is written."""

    async def send(self, claimed: ClaimedParcel) -> list[AttemptResult]:
        await super().send(claimed)
        await asyncio.get_running_loop().create_future()
        raise AssertionError


@pytest.mark.parametrize("killed", ["before its commit", "before sending", "while sending", "before the result"])
async def test_a_crash_at_any_step_of_a_run_neither_loses_nor_doubles_it(
    living: tuple[HandClock, Life], service: Receiver, killed: str
) -> None:
    clock, life = living
    sender = {"before sending": _NeverSends, "before the result": _NeverTells}.get(killed, Sender)
    if killed == "while sending":
        service.reply(Reply(before=asyncio.Event()))
    async with life(sender=sender) as parts:
        await account(parts, "one", service.url)
        await mark(parts, 1)
        if killed == "before its commit":
            parts.fill_disk()
        clock.advance(HOUR)
        if killed in ("while sending", "before the result"):
            await service.wait_for(1)
        elif killed == "before sending":
            await parts.until(lambda: parts.ledger.calls[advance] > 0 or bool(parts.dispatcher.under_way()))
        await parts.rest()
    for _ in range(2):
        async with life() as parts:
            asked = 1 if killed in ("before its commit", "before sending") else 2
            await until_asked(parts, service, asked)
            await parts.rest()

            assert await slots(parts) == [("01:00", "2026-01-01")]
            assert await parts.statuses() == ["delivered"]
            assert len(service.requests) == asked


async def test_another_first_fire_on_a_date_that_fired_is_a_run_of_its_own(living: tuple[HandClock, Life]) -> None:
    clock, life = living
    async with life() as parts:
        for _ in range(2):
            given = tuple(float(clock.now() - 1_000 + n) for n in range(4))
            await mark(parts, 9, timestamps=given)
            await parts.rest()
            parts.advance(MINUTE)

        assert len(await runs(parts)) == 2
