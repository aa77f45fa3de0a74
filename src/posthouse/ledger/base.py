"""What a ledger engine is: a database that runs functions over transactions and commits them before it answers.

A *ledger function* is synchronous, short (20 ms at most; long work is cut in steps by its caller), takes a
`Transaction` first and ids and instants as arguments, and can be run again after a rollback. It is called as
`await database.run(function, …)`. SQL stands in named statements per engine; `Transaction` runs one by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import msgspec

P = ParamSpec("P")
R = TypeVar("R")

Row = tuple[Any, ...]
Parameters = Mapping[str, Any]


class Topic(StrEnum):
    """What a transaction can announce. lanes: the endpoints whose deliveries moved. events: the positions of events
    that nothing takes. live: the live log has grown. followed: the sources that events of agents are recorded of.
    """

    LANES = "lanes"
    EVENTS = "events"
    LIVE = "live"
    FOLLOWED = "followed"


Announced = Mapping[Topic, frozenset[int]]
Listener = Callable[[Announced], None]


class Transaction(Protocol):
    """One transaction's view of the ledger. Valid only while its function runs."""

    def all(self, statement: str, **parameters: Any) -> list[Row]:
        """Every row of a named statement."""
        ...

    def one(self, statement: str, **parameters: Any) -> Row | None:
        """The first row of a named statement, or None."""
        ...

    def value(self, statement: str, **parameters: Any) -> Any:
        """The first column of the first row, or None."""
        ...

    def change(self, statement: str, **parameters: Any) -> int:
        """Run a named statement that writes; how many rows it changed (triggers' rows not counted)."""
        ...

    def announce(self, topic: Topic, keys: Iterable[int] = ()) -> None:
        """Have listeners told of this topic, with these keys, once this transaction is committed.

        One that is undone may be told of all the same: a listener looks into the ledger, and finds nothing.
        """
        ...


class Database(Protocol):
    """An open ledger."""

    async def run(self, function: Callable[Concatenate[Transaction, P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a ledger function and commit; returns after its changes are on disk.

        An exception out of the function undoes its changes alone and is raised here. Raises LedgerError kinds.
        """
        ...

    async def read(self, function: Callable[Concatenate[Transaction, P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a ledger function that only reads, over one snapshot, beside the writer."""
        ...

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Have this called on the running loop after each commit that announced something; answers what ends that.

        Called with the topics and their keys since the last call. It must not block.
        """
        ...

    async def close(self) -> None:
        """Finish what was called, close every connection; later calls raise LedgerClosed."""
        ...


Merging = Callable[[Transaction, Sequence[Any]], list[Any]]
"""A set-valued function: a list in, one result per item out, in order."""


def set_valued(function: Merging) -> Merging:
    """Mark a function `(tx, items) -> results` whose waiting calls an engine may merge into one."""
    function.is_set_valued = True  # type: ignore[attr-defined]
    return function


def is_set_valued(function: object) -> bool:
    """Whether waiting calls of this function may be merged."""
    return getattr(function, "is_set_valued", False)


def json_text(value: object) -> str:
    """A value as the JSON text that statements take: a record's column, or a whole set of rows."""
    return msgspec.json.encode(value).decode()
