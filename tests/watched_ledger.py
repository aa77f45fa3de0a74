"""The real ledger, watched: a test waits for what happens in it, counts calls, and holds reads back."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from posthouse.ledger.base import Listener, Transaction
from posthouse.ledger.results import advance
from posthouse.ledger.sqlite.database import SqliteDatabase
from posthouse.model.ids import EndpointId

P = ParamSpec("P")
R = TypeVar("R")


class Hold:
    """A read whose answer is kept back, by a test that wants something to happen in between."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.over = asyncio.Event()


class WatchedLedger:
    """The real ledger, telling when a call has been answered, and how often each lane took a turn."""

    def __init__(self, inner: SqliteDatabase) -> None:
        self.inner = inner
        self.turns: Counter[EndpointId] = Counter()
        self.calls: Counter[object] = Counter()
        self.refusals: list[BaseException] = []
        self.moved = asyncio.Event()
        self.holds: dict[object, Hold] = {}

    async def run(self, function: Callable[Concatenate[Transaction, P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await self.inner.run(function, *args, **kwargs)
        except Exception as error:
            self.refusals.append(error)
            raise
        finally:
            self.calls[function] += 1
            if function is advance:
                self.turns[EndpointId(args[0])] += 1  # type: ignore[arg-type]
            self.moved.set()

    async def read(self, function: Callable[Concatenate[Transaction, P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await self.inner.read(function, *args, **kwargs)
        finally:
            self.calls[function] += 1
            self.moved.set()
            held = self.holds.get(function)
            if held is not None:
                held.reached.set()
                await held.over.wait()

    def listen(self, listener: Listener) -> Callable[[], None]:
        return self.inner.listen(listener)

    async def close(self) -> None:
        await self.inner.close()
