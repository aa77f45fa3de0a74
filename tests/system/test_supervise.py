"""Workers run, crash, wait and start again; a broken ledger ends them all; nothing outlives the group."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.errors import (
    HomeUnusable,
    LedgerBusy,
    LedgerClosed,
    LedgerCorrupt,
    LedgerUnwritable,
    PosthouseError,
)
from posthouse.system.supervise import BACKOFF_MAX_S, BACKOFF_MIN_S, STEADY_S, Supervisor, Work, WorkerState, backoff_s
from tests.clock import ManualClock


class Sleeper:
    """Notes each wait, lets the clock pass it, and gives the loop one turn."""

    def __init__(self, clock: ManualClock) -> None:
        self.waits_s: list[float] = []
        self._clock = clock

    async def __call__(self, seconds: float) -> None:
        self.waits_s.append(seconds)
        self._clock.advance(seconds)
        await asyncio.sleep(0)


async def for_ever() -> None:
    await asyncio.Event().wait()


def crashing(times: int, error: Callable[[], BaseException]) -> Work:
    """A worker that raises so many times and then returns."""
    left = times

    async def work() -> None:
        nonlocal left
        if left:
            left -= 1
            raise error()

    return work


def state_of(supervisor: Supervisor, name: str) -> WorkerState:
    return next(report.state for report in supervisor.report() if report.name == name)


async def test_worker_that_returns_is_done_and_not_started_again(clock: ManualClock) -> None:
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1

    async with Supervisor(clock, sleep=Sleeper(clock)) as supervisor:
        supervisor.start("once", work)
        await supervisor.wait()

        assert runs == 1
        assert state_of(supervisor, "once") is WorkerState.STOPPED


async def test_crashed_worker_starts_again_after_waits_that_double(clock: ManualClock) -> None:
    sleeper = Sleeper(clock)
    work = crashing(8, lambda: RuntimeError("broken"))

    async with Supervisor(clock, sleep=sleeper) as supervisor:
        supervisor.start("shaky", work)
        await supervisor.wait()

    assert sleeper.waits_s == [1, 2, 4, 8, 16, 32, 60, 60]
    (report,) = supervisor.report()
    assert (report.restarts, report.error, report.state) == (8, "internal", WorkerState.STOPPED)


async def test_worker_that_ran_a_minute_has_its_crashes_forgiven(clock: ManualClock) -> None:
    sleeper = Sleeper(clock)
    lives_s = iter([0, 0, STEADY_S, STEADY_S - 0.1])

    async def work() -> None:
        life_s = next(lives_s, None)
        if life_s is not None:
            clock.advance(life_s)
            raise RuntimeError("broken")

    async with Supervisor(clock, sleep=sleeper) as supervisor:
        supervisor.start("shaky", work)
        await supervisor.wait()

    assert sleeper.waits_s == [1, 2, 1, 2]


async def test_report_says_what_a_waiting_worker_waits_for_and_since_when(clock: ManualClock) -> None:
    is_waiting, may_go_on = asyncio.Event(), asyncio.Event()

    async def hold(seconds: float) -> None:
        is_waiting.set()
        await may_go_on.wait()

    work = crashing(1, lambda: LedgerBusy("ledger.busy", "locked"))
    async with Supervisor(clock, sleep=hold) as supervisor:
        supervisor.start("intake", work)
        clock.advance(5)
        await is_waiting.wait()

        (report,) = supervisor.report()
        assert (report.state, report.error, report.restarts) == (WorkerState.RESTARTING, "ledger.busy", 0)
        assert report.since == clock.now()

        may_go_on.set()
        await supervisor.wait()


async def test_crash_of_one_worker_leaves_the_others_running(clock: ManualClock) -> None:
    crash = crashing(3, lambda: OSError("broken"))
    has_ended = asyncio.Event()

    async def shaky() -> None:
        await crash()
        has_ended.set()

    async with Supervisor(clock, sleep=Sleeper(clock)) as supervisor:
        supervisor.start("sound", for_ever)
        supervisor.start("shaky", shaky)
        await has_ended.wait()

        assert state_of(supervisor, "sound") is WorkerState.RUNNING

    assert state_of(supervisor, "sound") is WorkerState.STOPPED


@pytest.mark.parametrize("kind", [LedgerCorrupt, LedgerUnwritable, LedgerClosed, HomeUnusable])
async def test_broken_ledger_ends_every_worker_and_is_raised_as_itself(
    clock: ManualClock, kind: type[PosthouseError]
) -> None:
    broken = kind("ledger.broken", "gone")
    body_was_cancelled = False

    with pytest.raises(kind) as caught:
        async with Supervisor(clock, sleep=Sleeper(clock)) as supervisor:
            supervisor.start("sound", for_ever)
            supervisor.start("broken", crashing(1, lambda: broken))
            try:
                await for_ever()
            except asyncio.CancelledError:
                body_was_cancelled = True
                raise

    assert caught.value is broken
    assert body_was_cancelled
    assert {report.state for report in supervisor.report()} == {WorkerState.STOPPED}


async def test_broken_ledger_inside_a_workers_own_task_group_is_found(clock: ManualClock) -> None:
    async def fail() -> None:
        raise LedgerCorrupt("ledger.corrupt", "damaged")

    async def work() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(for_ever())
            group.create_task(fail())

    with pytest.raises(LedgerCorrupt) as caught:
        async with Supervisor(clock, sleep=Sleeper(clock)) as supervisor:
            supervisor.start("lanes", work)
            await for_ever()

    assert caught.value.code == "ledger.corrupt"


async def test_failure_inside_a_workers_own_task_group_restarts_it(clock: ManualClock) -> None:
    sleeper = Sleeper(clock)
    runs = 0

    async def fail() -> None:
        raise OSError("broken")

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            async with asyncio.TaskGroup() as group:
                group.create_task(for_ever())
                group.create_task(fail())

    async with Supervisor(clock, sleep=sleeper) as supervisor:
        supervisor.start("lanes", work)
        await supervisor.wait()

    assert (runs, sleeper.waits_s) == (2, [1])


async def test_broken_ledger_of_an_outer_group_ends_the_inner_one(clock: ManualClock) -> None:
    inner_ended = False

    with pytest.raises(LedgerClosed):
        async with Supervisor(clock) as outer:
            try:
                async with Supervisor(clock) as inner:
                    inner.start("source", for_ever)
                    outer.start("lanes", crashing(1, lambda: LedgerClosed("ledger.closed", "gone")))
                    await for_ever()
            finally:
                inner_ended = state_of(inner, "source") is WorkerState.STOPPED

    assert inner_ended


async def test_error_of_the_body_ends_the_workers_and_is_raised_as_itself(clock: ManualClock) -> None:
    with pytest.raises(KeyError, match="body"):
        async with Supervisor(clock) as supervisor:
            supervisor.start("sound", for_ever)
            raise KeyError("body")

    assert state_of(supervisor, "sound") is WorkerState.STOPPED


async def test_stopped_worker_ends_and_its_name_can_be_used_again(clock: ManualClock) -> None:
    async with Supervisor(clock) as supervisor:
        supervisor.start("source", for_ever)
        await supervisor.stop("source")
        await supervisor.stop("source")
        await supervisor.stop("unknown")

        assert state_of(supervisor, "source") is WorkerState.STOPPED
        supervisor.start("source", for_ever)
        assert state_of(supervisor, "source") is WorkerState.RUNNING


async def test_one_name_runs_once(clock: ManualClock) -> None:
    async with Supervisor(clock) as supervisor:
        supervisor.start("source", for_ever)
        with pytest.raises(ValueError, match="source"):
            supervisor.start("source", for_ever)


async def test_worker_can_be_stopped_while_it_waits_to_start_again(clock: ManualClock) -> None:
    is_waiting = asyncio.Event()

    async def hold(seconds: float) -> None:
        is_waiting.set()
        await for_ever()

    async with Supervisor(clock, sleep=hold) as supervisor:
        supervisor.start("shaky", crashing(1, lambda: OSError("broken")))
        await is_waiting.wait()
        await supervisor.stop("shaky")

        assert state_of(supervisor, "shaky") is WorkerState.STOPPED


async def test_worker_that_cancels_itself_is_started_again(clock: ManualClock) -> None:
    sleeper = Sleeper(clock)
    work = crashing(1, asyncio.CancelledError)

    async with Supervisor(clock, sleep=sleeper) as supervisor:
        supervisor.start("odd", work)
        await supervisor.wait()

    assert sleeper.waits_s == [1]


async def test_worker_that_breaks_while_cleaning_up_is_not_started_again(clock: ManualClock) -> None:
    sleeper = Sleeper(clock)
    runs = 0
    is_running = asyncio.Event()

    async def work() -> None:
        nonlocal runs
        runs += 1
        is_running.set()
        try:
            await for_ever()
        finally:
            raise OSError("cleaning up failed")

    async with Supervisor(clock, sleep=sleeper) as supervisor:
        supervisor.start("messy", work)
        await is_running.wait()

    assert (runs, sleeper.waits_s) == (1, [])


async def test_cancelling_the_body_ends_the_workers(clock: ManualClock) -> None:
    supervisor = Supervisor(clock)
    is_running = asyncio.Event()

    async def body() -> None:
        async with supervisor:
            supervisor.start("sound", for_ever)
            is_running.set()
            await for_ever()

    task = asyncio.create_task(body())
    await is_running.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert state_of(supervisor, "sound") is WorkerState.STOPPED


@given(st.integers(1, 10_000))
def test_backoff_never_falls_and_stays_within_its_bounds(crashes: int) -> None:
    assert BACKOFF_MIN_S <= backoff_s(crashes) <= backoff_s(crashes + 1) <= BACKOFF_MAX_S
