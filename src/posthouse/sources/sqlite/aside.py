"""The work of one read in a thread of its own, beside the event loop and beside everybody else's threads.

A thread that hangs in the system (a drive that is gone, a disk that does not answer) cannot be ended. It is waited for
a little longer than its deadline, then left: the read fails, and no other is begun on that database until it came back.
So such a drive costs one thread, not those that other sources need.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

import apsw

from posthouse.model.errors import PosthouseError
from posthouse.sources.base import SourceContext
from posthouse.sources.sqlite.budget import Budget, OutOfTimeError
from posthouse.sources.sqlite.reading import Place, Reading, read_database

T = TypeVar("T")

LATE_S = 5.0
"""How long a thread may take to notice that its time is up."""

ENDS_S = 1.0
"""How long a cancelled read is waited for."""

_hanging: dict[Path, threading.Thread] = {}


async def read_aside(
    context: SourceContext, place: Place, work: Callable[[apsw.Connection], T], *, deadline_s: float
) -> Reading[T]:
    """`read_database` off the loop. Cancelling ends the thread's work and waits for it for a moment.

    Raises what that raises, and PosthouseError `source.database_deadline` or `source.database_hangs`.
    """
    _refuse_hanging(place)
    loop = asyncio.get_running_loop()
    budget = Budget(context.clock, deadline_s)
    result: Future[Reading[T]] = Future()

    def tell(done_bytes: int, total_bytes: int) -> None:
        loop.call_soon_threadsafe(lambda: context.progress(done_bytes, total_bytes))

    def run() -> None:
        try:
            result.set_result(read_database(place, work, budget=budget, progress=tell))
        except BaseException as error:  # It is raised where the result is awaited.
            result.set_exception(error)

    thread = threading.Thread(target=run, name="sqlite-source", daemon=True)
    thread.start()
    done = asyncio.wrap_future(result)
    if not await _is_done(done, budget):
        _hanging[place.path] = thread
        _refuse_hanging(place)
    try:
        return await done
    except OutOfTimeError as error:
        raise PosthouseError(
            "source.database_deadline",
            f"Reading {place.path} took longer than {deadline_s:g} s. Let the query ask for less, or raise deadline_s.",
        ) from error


async def _is_done(done: asyncio.Future[Reading[T]], budget: Budget) -> bool:
    """Wait until the read is over, or late. Cancelled, it stops the read first."""
    # Of one that is left behind nobody will ask what became of it.
    done.add_done_callback(lambda one: one.cancelled() or one.exception())
    try:
        await asyncio.wait([done], timeout=budget.deadline_s + LATE_S)
    finally:
        budget.stop()
        if not done.done():
            await asyncio.wait([done], timeout=ENDS_S)
    return done.done()


def _refuse_hanging(place: Place) -> None:
    thread = _hanging.get(place.path)
    if thread is not None and thread.is_alive():
        raise PosthouseError(
            "source.database_hangs",
            f"The system does not answer a read of {place.path}. Its drive is probably gone; it is tried again.",
        )
    _hanging.pop(place.path, None)
