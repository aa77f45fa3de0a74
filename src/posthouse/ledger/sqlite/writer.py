"""The write thread: every waiting call runs under its own savepoint, and one commit makes them all durable.

    callers ──Call──▶ queue ──▶ [ BEGIN · call · call · call · COMMIT ] ──▶ futures resolve

While one commit waits for the disk the next group gathers, so the group's size follows the load and a lone call waits
for nobody. Neighbouring calls of one set-valued function are run as one (their items joined). What always holds:
- a future resolves with a result only after the commit that holds its changes;
- a call that raises undoes itself alone; when an error ended the whole transaction (a full disk rolls everything
  back), each call of the group is run again by itself, so that only those fail that must.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from queue import Empty, SimpleQueue
from typing import Any, Protocol

import apsw

from posthouse.ledger.base import Listener, Topic, Transaction, is_set_valued
from posthouse.ledger.sqlite.errors import translate

GROUP_MAX = 2_000
"""Calls committed together at most: bounds how long the first of them waits."""


class Call:
    """One waiting call, and where its answer goes."""

    __slots__ = ("args", "error", "function", "future", "kwargs", "loop", "result")

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.function = function
        self.args = args
        self.kwargs = kwargs
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.result: Any = None
        self.error: BaseException | None = None


class AnnouncingTransaction(Transaction, Protocol):
    """A transaction that keeps what was announced in it."""

    announced: dict[Topic, set[int]]


class _Listening:
    """A listener on its loop: told of what has come together since it was last told, so that no commit waits for it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, listener: Listener) -> None:
        self._loop = loop
        self._listener = listener
        self._lock = threading.Lock()
        self._gathered: dict[Topic, set[int]] = {}

    def add(self, announced: Mapping[Topic, Iterable[int]]) -> None:
        """From the writer's thread: pass this on at the loop's next turn."""
        with self._lock:
            is_awaited = bool(self._gathered)
            for topic, keys in announced.items():
                self._gathered.setdefault(topic, set()).update(keys)
        if not is_awaited:
            # Whoever closed their loop meanwhile no longer listens.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._pass_on)

    def _pass_on(self) -> None:
        with self._lock:
            gathered, self._gathered = self._gathered, {}
        self._listener({topic: frozenset(keys) for topic, keys in gathered.items()})


class Writer:
    """Owns the one writing connection and its thread, from `start` to `stop`."""

    def __init__(self, connection: apsw.Connection, transaction: AnnouncingTransaction, path: str) -> None:
        self._connection = connection
        self._transaction = transaction
        self._path = path
        self._queue: SimpleQueue[Call | None] = SimpleQueue()
        self._listening: list[_Listening] = []
        self._thread = threading.Thread(target=self._work, name="ledger-writer", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def submit(self, call: Call) -> None:
        """Queue a call; its future resolves after the commit."""
        self._queue.put(call)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call this on the running loop after commits that announced something; answers what ends that."""
        listening = _Listening(asyncio.get_running_loop(), listener)
        # Replaced, never changed: the writer's thread goes through the list that it has.
        self._listening = [*self._listening, listening]

        def end() -> None:
            self._listening = [one for one in self._listening if one is not listening]

        return end

    def stop(self) -> None:
        """Finish what is queued, then end the thread. Blocks."""
        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        is_open = True
        while is_open:
            first = self._queue.get()
            if first is None:
                break
            group = [first]
            while len(group) < GROUP_MAX:
                try:
                    call = self._queue.get_nowait()
                except Empty:
                    break
                if call is None:
                    is_open = False
                    break
                group.append(call)
            try:
                self._commit(group)
            except BaseException as error:
                # Not even a rollback was possible. The thread lives on, or nobody would ever be answered again.
                self._refuse(group, error)
            self._tell()
            _answer(group)

    def _commit(self, group: list[Call]) -> None:
        """Run and commit the group; every call leaves with its result or its error."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except apsw.Error as error:
            # What kept this one from beginning (another program's lock, a full disk) keeps them all: each waiting for
            # it in turn would only hold up whoever comes next.
            self._refuse(group, error)
            return
        try:
            for calls in _joined(group):
                self._run(calls, is_alone=len(group) == 1)
            self._connection.execute("COMMIT")
        except BaseException as error:
            self._rollback()
            if len(group) == 1:
                group[0].error = self._translated(error)
                return
            for call in group:
                call.result = call.error = None
                self._commit([call])

    def _run(self, calls: list[Call], *, is_alone: bool) -> None:
        """Run calls of one function inside the open transaction. Raises only where the whole transaction is over."""
        if is_alone:
            _invoke(self._transaction, calls)
            return
        self._connection.execute("SAVEPOINT member")
        try:
            _invoke(self._transaction, calls)
        except BaseException as error:
            if not self._connection.in_transaction:
                raise
            self._connection.execute("ROLLBACK TO member; RELEASE member")
            if len(calls) == 1:
                calls[0].error = self._translated(error)
                return
            for call in calls:
                self._run([call], is_alone=False)
        else:
            self._connection.execute("RELEASE member")

    def _tell(self) -> None:
        """Tell the listeners what was announced. What was rolled back is told, too: they look for themselves."""
        announced = self._transaction.announced
        if announced:
            for listening in self._listening:
                listening.add(announced)
            announced.clear()

    def _refuse(self, group: list[Call], error: BaseException) -> None:
        for call in group:
            call.error = self._translated(error)

    def _rollback(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _translated(self, error: BaseException) -> BaseException:
        if isinstance(error, StopIteration):
            # No future takes one: it would end whatever awaits it as if nothing had happened.
            translated: Exception = RuntimeError("a ledger function raised StopIteration")
        elif isinstance(error, apsw.Error):
            translated = translate(error, self._path)
        else:
            return error
        translated.__cause__ = error
        return translated


def _joined(group: list[Call]) -> Iterator[list[Call]]:
    """Neighbours of one set-valued function together, every other call by itself."""
    for function, calls in groupby(group, key=lambda call: call.function):
        if is_set_valued(function):
            yield list(calls)
        else:
            yield from ([call] for call in calls)


def _invoke(transaction: Transaction, calls: list[Call]) -> None:
    """Run one call, or several of one set-valued function as one."""
    if len(calls) == 1:
        call = calls[0]
        call.result = call.function(transaction, *call.args, **call.kwargs)
        return
    results = calls[0].function(transaction, [item for call in calls for item in call.args[0]])
    start = 0
    for call in calls:
        end = start + len(call.args[0])
        call.result = results[start:end]
        start = end


def _answer(group: list[Call]) -> None:
    """Resolve the futures on their loops, one wake-up per loop."""
    for loop, calls in groupby(group, key=lambda call: call.loop):
        # Whoever closed their loop meanwhile no longer waits.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_resolve, list(calls))


def _resolve(calls: Iterable[Call]) -> None:
    for call in calls:
        if call.future.done():
            continue
        if call.error is not None:
            call.future.set_exception(call.error)
        else:
            call.future.set_result(call.result)
