"""A room: one source's thread with an event loop of its own, and the calls of third-party code at work in it.

    daemon's loop                                   the room's thread
    Call.next() ◀── mailbox ── Asked, Said, Ended ── the kind's coroutine, on the room's loop
        └── does what was asked, replies ─────────▶  `await context.emit(…)` goes on

The daemon's side only waits for its mailbox, and answers what is asked in the task of whoever called: an emission is
committed there, and an error of the ledger arises there. The thread begins with a room's first call and ends after its
last. What always holds: once a call has ended or was left behind, nothing it still does is heard.
"""

from __future__ import annotations

import asyncio
import threading
from asyncio import CancelledError
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

import msgspec

from posthouse.model.errors import PosthouseError
from posthouse.sources.foreign.blame import blame, broken, innermost
from posthouse.system.logging import get_log

ASKED_MAX = 100
"""How much a call may have asked for that is not answered yet."""

TIDY_S = 1.0
"""How long a thread that is to end waits for the tasks that its calls have left."""

CLOSED = "it closed its event loop"
AFTER_END = "it goes on after its end"

T = TypeVar("T")

_log = get_log(__name__)


class Said(msgspec.Struct, frozen=True):
    """The kind handed something over (a signal), and goes on when it is told to."""

    value: Any
    go_on: Callable[[], None]


class Ended(msgspec.Struct, frozen=True):
    """The call has ended: with a value, or with an error that is ours."""

    value: Any = None
    error: Exception | None = None


class _Overdue:
    """So long nobody waits."""


class _Told:
    """There is progress to tell."""


class _Asked(msgspec.Struct, frozen=True):
    """Something to be done on the daemon's loop, and where its result is awaited."""

    action: Callable[[], Awaitable[Any]]
    loop: asyncio.AbstractEventLoop
    reply: asyncio.Future[Any]


OVERDUE: Final = _Overdue()
TOLD: Final = _Told()


class Room:
    """A thread with a loop. Calls enter from the daemon's thread, and leave from the room's own."""

    def __init__(self, name: str, kind: str, module: str) -> None:
        self.kind = kind
        self.module = module
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(self._note)
        self._lock = threading.Lock()
        self._calls: set[Call] = set()
        self._is_over = False
        self._thread = threading.Thread(target=self._live, name=f"source {name}", daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether its thread still runs."""
        return self._thread.is_alive()

    def enter(self, call: Call) -> bool:
        """Let a call in; False where the room's last call has left already."""
        with self._lock:
            if self._is_over:
                return False
            if not self._calls and not self._thread.is_alive():
                self._thread.start()
            self._calls.add(call)
        try:
            self.loop.call_soon_threadsafe(call.begin)
        except RuntimeError:
            call.break_off(broken(self.kind, CLOSED))
        return True

    def leave(self, call: Call) -> None:
        """The call has ended; the last one ends the thread."""
        with self._lock:
            self._calls.discard(call)
            self._is_over = not self._calls
        if self._is_over:
            self.loop.stop()

    def _live(self) -> None:
        asyncio.set_event_loop(self.loop)
        while not self._is_over:
            try:
                self.loop.run_forever()
            except BaseException as error:
                # A task that the kind made for itself raised what ends a loop: SystemExit, KeyboardInterrupt.
                self._break(blame(error, self.kind, self.module))
            if self.loop.is_closed():
                self._break(broken(self.kind, CLOSED))
                return
        with suppress(BaseException):
            self._tidy()

    def _break(self, error: Exception) -> None:
        for call in tuple(self._calls):
            call.break_off(error)

    def _tidy(self) -> None:
        try:
            left = asyncio.all_tasks(self.loop)
            for task in left:
                task.cancel()
            if left:
                self.loop.run_until_complete(asyncio.wait(left, timeout=TIDY_S))
            self.loop.run_until_complete(asyncio.wait_for(self.loop.shutdown_asyncgens(), TIDY_S))
        finally:
            self.loop.close()

    def _note(self, _: asyncio.AbstractEventLoop, told: dict[str, Any]) -> None:
        """What their loop would print, with its text: told by its type and place."""
        error = told.get("exception")
        if isinstance(error, BaseException):
            what = str(blame(error, self.kind, self.module))
            _log.warning("the code of a source kind left an error to nobody", kind=self.kind, detail=what)


class Call:
    """One coroutine of a kind at work in a room. `next` and `end` are the daemon's side; the rest runs in the room."""

    def __init__(self, work: Callable[[Call], Awaitable[Any]], progress: Callable[[int, int], None]) -> None:
        self._work = work
        self._progress = progress
        self._daemon = asyncio.get_running_loop()
        self._mail: asyncio.Queue[Any] = asyncio.Queue()
        self.room: Room
        self._task: asyncio.Task[Ended] | None = None
        self._may_ask = threading.Semaphore(ASKED_MAX)
        self._latest: tuple[int, int] | None = None
        self._ours: deque[Exception] = deque(maxlen=ASKED_MAX)
        self._is_to_end = self._is_over = self.has_ended = False

    def enter(self, room: Room) -> bool:
        """Go into a room, to begin at once; False where it is over."""
        self.room = room
        return room.enter(self)

    async def next(self) -> Said | Ended | _Overdue:
        """What the kind hands over, or how it ended; what it asks for meanwhile is done."""
        while True:
            message = await self._mail.get()
            match message:
                case _Asked():
                    await self._answer(message)
                case _Told():
                    self._tell()
                case _:
                    self.has_ended = self.has_ended or isinstance(message, Ended)
                    return message  # type: ignore[no-any-return] # the mailbox holds nothing else

    def expect_within(self, limit_s: float) -> asyncio.TimerHandle:
        """From so many seconds on, `next` answers OVERDUE, once."""
        return self._daemon.call_later(limit_s, self._mail.put_nowait, OVERDUE)

    async def end(self, patience_s: float) -> bool:
        """Ask it to end, and wait so long; False where it is left behind. What it emits until then is committed."""
        timer = self.expect_within(patience_s)
        try:
            if not self.has_ended:
                self._is_to_end = True
                _soon(self.room.loop, self._cancel)
                while not isinstance(await self.next(), Ended | _Overdue):
                    pass
        finally:
            timer.cancel()
            self._is_over = True
            while not self._mail.empty():
                self._refuse(self._mail.get_nowait())
        return self.has_ended

    async def ask(self, action: Callable[[], Awaitable[T]]) -> T:
        """Have something done on the daemon's loop; awaited on whichever loop the kind's code runs.

        Raises PosthouseError `source.broken` where the call is over, or asks for too much at once.
        """
        if self._is_over:
            raise broken(self.room.kind, AFTER_END)
        if not self._may_ask.acquire(blocking=False):
            raise broken(self.room.kind, f"it awaits more than {ASKED_MAX} things at once")
        try:
            loop = asyncio.get_running_loop()
            reply: asyncio.Future[T] = loop.create_future()
            self.post(_Asked(action, loop, reply))
            return await reply
        finally:
            self._may_ask.release()

    async def say(self, value: Any) -> None:
        """Hand something over; returns when it was taken."""
        loop = asyncio.get_running_loop()
        taken = asyncio.Event()
        self.post(Said(value, lambda: _soon(loop, taken.set)))
        await taken.wait()

    def tell(self, done: int, total: int) -> None:
        """Tell of progress; only the latest is kept until it is looked at."""
        is_new = self._latest is None
        self._latest = (done, total)
        if is_new:
            self.post(TOLD)

    def post(self, message: object) -> None:
        """Into the daemon's mailbox, from any thread; nowhere, where the daemon has gone."""
        _soon(self._daemon, self._receive, message)

    def begin(self) -> None:
        """Start the coroutine, in the room."""
        self._task = self.room.loop.create_task(self._run())
        self._task.add_done_callback(self._finish)
        if self._is_to_end:
            self._task.cancel()

    def break_off(self, error: Exception) -> None:
        """The room's loop has broken: end with this error, whatever the coroutine does."""
        self.post(Ended(error=error))
        self.room.leave(self)

    async def _run(self) -> Ended:
        try:
            return Ended(value=await self._work(self))
        except BaseException as error:
            # Theirs, whatever it is: SystemExit and KeyboardInterrupt must not reach the loop.
            cause = innermost(error)
            for one in self._ours:
                if one is cause:
                    return Ended(error=one)
            return Ended(error=blame(error, self.room.kind, self.room.module))

    def _finish(self, task: asyncio.Task[Ended]) -> None:
        # Cancelled before its first step it has not come as far as to say so.
        self.post(Ended(error=blame(CancelledError(), "", "")) if task.cancelled() else task.result())
        self.room.leave(self)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _receive(self, message: object) -> None:
        if self._is_over:
            self._refuse(message)
        else:
            self._mail.put_nowait(message)

    def _refuse(self, message: object) -> None:
        """What is asked when nobody listens any more is answered all the same: it would wait for ever."""
        if isinstance(message, _Asked):
            _soon(message.loop, _reply, message.reply, None, broken(self.room.kind, AFTER_END))

    def _tell(self) -> None:
        latest, self._latest = self._latest, None
        if latest is not None and not self._is_over:
            self._progress(*latest)

    async def _answer(self, asked: _Asked) -> None:
        """Do what was asked, and say how it went. A PosthouseError that they let through is then raised as itself."""
        try:
            result = await asked.action()
        except CancelledError:
            _soon(asked.loop, asked.reply.cancel)
            raise
        except Exception as error:
            if isinstance(error, PosthouseError):
                self._ours.append(error)
            _soon(asked.loop, _reply, asked.reply, None, error)
        else:
            _soon(asked.loop, _reply, asked.reply, result, None)


def _reply(reply: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    if reply.done():
        return
    if error is None:
        reply.set_result(result)
    else:
        reply.set_exception(error)


def _soon(loop: asyncio.AbstractEventLoop, callback: Callable[..., object], *arguments: object) -> None:
    """On that loop, from any thread; not at all where it is closed."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(callback, *arguments)
