"""A real ledger file, driven without the write thread: each function in a transaction of its own, lost by a crash."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import apsw
import msgspec

from posthouse.ledger.base import Transaction
from posthouse.ledger.binding_changes import NewBinding, add_binding
from posthouse.ledger.endpoints import NewEndpoint
from posthouse.ledger.sources import ensure_sources
from posthouse.ledger.sqlite.database import WRITER_PRAGMAS, SqliteTransaction
from posthouse.ledger.sqlite.migrate import load_migrations, migrate
from posthouse.ledger.statements import load_statements
from posthouse.ledger.targets import add_target
from posthouse.model.bindings import Filter, Policy
from posthouse.model.ids import EndpointId, SourceId
from tests.clock import START

P = ParamSpec("P")
R = TypeVar("R")

PLAIN, STRICT, TIMED, GATHERED, LINED = 1, 2, 3, 4, 5
BINDINGS = {
    # binding: endpoint, filter, policy
    PLAIN: (1, Filter(types=("plain", "all")), Policy(retry_schedule_s=(10, 2_000))),
    STRICT: (2, Filter(types=("strict", "all")), Policy(retry_schedule_s=(10,), is_strict_order=True)),
    TIMED: (
        1,
        Filter(types=("timed", "all")),
        Policy(retry_schedule_s=(), time_to_live_s=60, is_health_relevant=False),
    ),
    GATHERED: (
        1,
        Filter(types=("gathered", "all")),
        Policy(retry_schedule_s=(10, 2_000), time_to_live_s=4_000, batch_max=3, batch_wait_s=20),
    ),
    LINED: (2, Filter(types=("lined", "all")), Policy(retry_schedule_s=(10,), is_strict_order=True, batch_max=3)),
}
ENDPOINTS = {1: 1, 2: 2}
STATEMENTS = load_statements("posthouse.ledger.sqlite")


class Books:
    """The real ledger's file, and one connection to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.open()

    def open(self) -> None:
        self.connection = apsw.Connection(str(self.path))
        self.connection.execute(WRITER_PRAGMAS + "PRAGMA synchronous = OFF;").fetchall()
        self._transaction = SqliteTransaction(self.connection, STATEMENTS)

    def run(self, function: Callable[Concatenate[Transaction, P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a ledger function and commit."""
        self.connection.execute("BEGIN IMMEDIATE")
        answer = function(self._transaction, *args, **kwargs)
        self.connection.execute("COMMIT")
        return answer

    def crash(self, function: Callable[Concatenate[Transaction, P], R], /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Run a ledger function and lose the connection before the commit."""
        self.connection.execute("BEGIN IMMEDIATE")
        function(self._transaction, *args, **kwargs)
        self.connection.close(True)
        self.open()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()


def make_template(folder: Path) -> Path:
    """A configured, empty ledger, to be copied for every run."""
    path = folder / "template.db"
    connection = apsw.Connection(str(path))
    migrate(connection, load_migrations())
    connection.close()
    books = Books(path)
    books.run(ensure_sources, ("ingest", "posthouse"), START)
    for name in ("one", "two"):
        raw = msgspec.Raw(b"{}")
        books.run(
            add_target, kind="webhook", name=name, settings=raw, endpoints=[NewEndpoint(name="default")], now=START
        )
    for endpoint_id, wanted, policy in BINDINGS.values():
        new = NewBinding(source_id=SourceId(1), endpoint_id=EndpointId(endpoint_id), filter=wanted, policy=policy)
        books.run(add_binding, new, now=START)
    books.connection.close()
    return path
