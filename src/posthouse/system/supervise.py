"""Runs named workers, starts one again that crashed, and says how each is doing: the one sleep loop of the house.

    start ──▶ running ──returns, or is stopped──▶ stopped
                │  ▲
         crashes│  │after 1, 2, 4 … 60 s
                ▼  │
            restarting          a FATAL error, from any worker, ends the whole group with that error

What always holds: a crash of one worker does not touch another; a worker that ran for 60 s has its crashes forgiven;
no worker outlives the `async with`. Waits go through the `sleep` seam, time through the clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from enum import StrEnum
from types import TracebackType
from typing import Self

import msgspec

from posthouse.model.errors import HomeUnusable, LedgerClosed, LedgerCorrupt, LedgerUnwritable, PosthouseError
from posthouse.model.ids import Millis
from posthouse.system.clock import Clock
from posthouse.system.logging import get_log

FATAL = (LedgerCorrupt, LedgerUnwritable, LedgerClosed, HomeUnusable)
"""A ledger in this state heals by no restart: going on would only pretend."""

BACKOFF_MIN_S, BACKOFF_MAX_S = 1.0, 60.0
STEADY_S = 60.0
"""A worker that ran this long counts as sound again: its next crash waits the shortest time."""

Work = Callable[[], Awaitable[None]]
Sleep = Callable[[float], Awaitable[None]]

_log = get_log(__name__)


class WorkerState(StrEnum):
    """How a worker is doing."""

    RUNNING = "running"
    RESTARTING = "restarting"
    STOPPED = "stopped"


class WorkerReport(msgspec.Struct, frozen=True, kw_only=True):
    """One worker as the health endpoint shows it. `error` is its last crash's code, `internal` for our own bugs."""

    name: str
    state: WorkerState
    since: Millis
    restarts: int = 0
    error: str | None = None


def backoff_s(crashes: int) -> float:
    """The wait after so many crashes in a row, from 1: 1, 2, 4 … 60 s."""
    return min(BACKOFF_MIN_S * 2.0 ** min(crashes - 1, 16), BACKOFF_MAX_S)


class Supervisor:
    """A group of workers, alive within `async with`; leaving it cancels those that still run and waits for them.

    A fatal error cancels the body and every worker, and is raised out of the `async with` as itself.
    """

    def __init__(self, clock: Clock, *, sleep: Sleep = asyncio.sleep) -> None:
        self._clock = clock
        self._sleep = sleep
        self._group = asyncio.TaskGroup()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._reports: dict[str, WorkerReport] = {}
        # Task.cancelling() cannot tell: before Python 3.13, a TaskGroup that failed inside a worker leaves it raised.
        self._ending: set[str] = set()
        self._is_over = False

    def start(self, name: str, work: Work) -> None:
        """Run `work` under a name until it returns. Raises ValueError where that name is running already."""
        if name in self._tasks:
            raise ValueError(f"worker {name!r} is running already")
        self._reports[name] = WorkerReport(name=name, state=WorkerState.RUNNING, since=self._clock.now())
        task = self._group.create_task(self._keep_running(name, work), name=name)
        self._tasks[name] = task
        task.add_done_callback(lambda done: self._forget(name, done))

    async def stop(self, name: str) -> None:
        """Cancel a worker and wait until it has ended. Safe to repeat, and where there is no such worker."""
        task = self._tasks.get(name)
        if task is not None:
            self._ending.add(name)
            task.cancel()
            await asyncio.wait([task])

    async def wait(self) -> None:
        """Return when no worker is left."""
        while self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    async def ended(self, names: Collection[str]) -> None:
        """Return when none of these workers is left."""
        while waiting := [self._tasks[name] for name in names if name in self._tasks]:
            await asyncio.wait(waiting)

    def report(self) -> tuple[WorkerReport, ...]:
        """Every worker that was ever started, in that order."""
        return tuple(self._reports.values())

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over = True
        for task in self._tasks.values():
            task.cancel()
        try:
            await self._group.__aexit__(kind, error, trace)
        except BaseExceptionGroup as group:
            first = _first_of(group)
        else:
            return
        if first is not error:
            raise first

    async def _keep_running(self, name: str, work: Work) -> None:
        crashes = 0
        while True:
            started_s = self._clock.monotonic_s()
            code = await self._run_once(name, work)
            if code is None:
                return
            has_run_s = self._clock.monotonic_s() - started_s
            crashes = 1 if has_run_s >= STEADY_S else crashes + 1
            self._note(name, WorkerState.RESTARTING, error=code)
            await self._sleep(backoff_s(crashes))
            self._note(name, WorkerState.RUNNING, restarts=self._reports[name].restarts + 1)
            _log.info("worker started again", worker=name, crashes=crashes)

    async def _run_once(self, name: str, work: Work) -> str | None:
        """None where the worker has ended, else the code of its crash. What is fatal is raised."""
        try:
            await work()
        except asyncio.CancelledError:
            if self._is_to_end(name):
                raise
            # Something inside cancelled the worker, which nobody had asked to end.
            _log.error("worker cancelled itself", worker=name)
            return "internal"
        except Exception as error:
            fatal = _fatal_in(error)
            if fatal is not None:
                self._is_over = True
                self._note(name, WorkerState.STOPPED, error=fatal.code)
                _log.error("worker met a fatal error", worker=name, code=fatal.code, detail=fatal.message)
                raise fatal from (None if fatal is error else error)
            code = error.code if isinstance(error, PosthouseError) else "internal"
            if isinstance(error, PosthouseError):
                # An expected trouble (a full disk, a busy ledger) says what it is; where it arose is no news.
                _log.warning("worker waits", worker=name, code=code, detail=error.message)
            else:
                _log.error("worker crashed", error=error, worker=name, code=code)
            # One that broke while it was cleaning up was to end, and ends.
            return None if self._is_to_end(name) else code
        return None

    def _is_to_end(self, name: str) -> bool:
        return self._is_over or name in self._ending

    def _note(self, name: str, state: WorkerState, *, error: str | None = None, restarts: int | None = None) -> None:
        old = self._reports[name]
        self._reports[name] = WorkerReport(
            name=name,
            state=state,
            since=self._clock.now(),
            restarts=old.restarts if restarts is None else restarts,
            error=error or old.error,
        )

    def _forget(self, name: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(name) is task:
            del self._tasks[name]
            self._ending.discard(name)
        if self._reports[name].state is not WorkerState.STOPPED:
            self._note(name, WorkerState.STOPPED)


def _fatal_in(error: Exception) -> PosthouseError | None:
    """The fatal error itself, or the first one in a group of a worker's own tasks."""
    if isinstance(error, FATAL):
        return error
    if isinstance(error, ExceptionGroup):
        for member in error.exceptions:
            fatal = _fatal_in(member)
            if fatal is not None:
                return fatal
    return None


def _first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one error that ended a group. Several fatal ones tell of one broken ledger: the first says it."""
    first = group.exceptions[0]
    return _first_of(first) if isinstance(first, BaseExceptionGroup) else first
