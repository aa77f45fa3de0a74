"""The ledger on SQLite: one file, one writing thread, short read-only connections beside it.

WAL with `synchronous=FULL`: a commit is on disk when it returns (https://www.sqlite.org/wal.html), with `fullfsync` on
macOS, where a plain fsync leaves data in the drive's cache. The file and its companions have mode 0600. Whoever opens
it holds the home's instance guard: SQLite's own locks only keep foreign programs apart from us.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import apsw

from posthouse.ledger.base import Listener, Row, Topic, Transaction
from posthouse.ledger.sqlite.errors import translate
from posthouse.ledger.sqlite.migrate import load_migrations, migrate, refuse_newer
from posthouse.ledger.sqlite.writer import Call, Writer
from posthouse.ledger.statements import load_statements
from posthouse.model.errors import LedgerClosed, LedgerUnwritable

P = ParamSpec("P")
R = TypeVar("R")

PAGE_BYTES = 4096
BUSY_TIMEOUT_MS = 5_000
READERS_MAX = 3
CHECKPOINT_PAGES = 2_000
"""Checkpoint after this many pages of log (16 MiB): rarer than the default, since events and bodies write much."""

WRITER_PRAGMAS = f"""
PRAGMA page_size = {PAGE_BYTES};
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -4096;
PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES};
PRAGMA journal_size_limit = 67108864;
PRAGMA application_id = 0x504f5354;
"""
MAC_PRAGMAS = "PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;"


class SqliteTransaction:
    """A transaction's view over one connection."""

    __slots__ = ("_changes", "_execute", "_statements", "announced")

    def __init__(self, connection: apsw.Connection, statements: Mapping[str, str]) -> None:
        self._execute = connection.execute
        self._changes = connection.changes
        self._statements = statements
        self.announced: dict[Topic, set[int]] = {}

    def all(self, statement: str, **parameters: Any) -> list[Row]:
        """Every row of a named statement."""
        return self._execute(self._statements[statement], parameters).fetchall()

    def one(self, statement: str, **parameters: Any) -> Row | None:
        """The first row of a named statement, or None."""
        rows = self._execute(self._statements[statement], parameters).fetchall()
        return rows[0] if rows else None

    def value(self, statement: str, **parameters: Any) -> Any:
        """The first column of the first row, or None."""
        rows = self._execute(self._statements[statement], parameters).fetchall()
        return rows[0][0] if rows else None

    def change(self, statement: str, **parameters: Any) -> int:
        """Run a named statement that writes; how many rows it changed (triggers' rows not counted)."""
        self._execute(self._statements[statement], parameters).fetchall()
        return self._changes()

    def announce(self, topic: Topic, keys: Iterable[int] = ()) -> None:
        """Have listeners told of this topic, with these keys, once this transaction is committed."""
        self.announced.setdefault(topic, set()).update(keys)


class SqliteDatabase:
    """An open ledger file. Made by `open_sqlite`."""

    def __init__(self, path: Path, connection: apsw.Connection, statements: Mapping[str, str]) -> None:
        self.path = path
        self._connection = connection
        self._statements = statements
        self._writer = Writer(connection, SqliteTransaction(connection, statements), str(path))
        self._writer.start()
        self._readers = ThreadPoolExecutor(READERS_MAX, thread_name_prefix="ledger-reader")
        self._local = threading.local()
        self._reading: list[apsw.Connection] = []
        self._is_closed = False

    async def run(self, function: Callable[Concatenate[Transaction, P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a ledger function and commit; returns after its changes are on disk."""
        call = Call(function, args, kwargs)
        self._refuse_closed()
        self._writer.submit(call)
        result: R = await call.future
        return result

    async def read(self, function: Callable[Concatenate[Transaction, P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a ledger function that only reads, over one snapshot, beside the writer."""
        self._refuse_closed()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, lambda: self._read(function, *args, **kwargs))

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Have this called on the running loop after each commit that announced something; answers what ends that."""
        return self._writer.listen(listener)

    async def close(self) -> None:
        """Finish what was called, fold the log into the file, close every connection."""
        if self._is_closed:
            return
        self._is_closed = True
        await asyncio.to_thread(self._close)

    def _refuse_closed(self) -> None:
        if self._is_closed:
            raise LedgerClosed("ledger.closed", "The ledger is closed: the daemon is stopping.")

    def _close(self) -> None:
        self._writer.stop()
        self._readers.shutdown()
        for connection in self._reading:
            connection.close()
        # Where it fails the log stays beside the file, and is folded in at the next start.
        with contextlib.suppress(apsw.Error):
            self._connection.execute("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._connection.close()

    def _read(self, function: Callable[Concatenate[Transaction, P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            connection, transaction = self._reader()
            connection.execute("BEGIN")
            try:
                return function(transaction, *args, **kwargs)
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
        except apsw.Error as error:
            raise translate(error, str(self.path)) from error

    def _reader(self) -> tuple[apsw.Connection, SqliteTransaction]:
        """The read-only connection of the present thread."""
        found: tuple[apsw.Connection, SqliteTransaction] | None = getattr(self._local, "reader", None)
        if found is None:
            connection = apsw.Connection(str(self.path), flags=apsw.SQLITE_OPEN_READONLY)
            connection.set_busy_timeout(BUSY_TIMEOUT_MS)
            connection.execute("PRAGMA cache_size = -1024")
            found = (connection, SqliteTransaction(connection, self._statements))
            self._local.reader = found
            self._reading.append(connection)
        return found


async def open_sqlite(path: Path) -> SqliteDatabase:
    """Open or make the ledger at `path`, at the newest version. Raises LedgerError kinds."""
    return await asyncio.to_thread(_open, path)


def _open(path: Path) -> SqliteDatabase:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise LedgerUnwritable(
            "ledger.unwritable", f"{path} may not be written ({error.strerror}). Check the folder's owner and mode."
        ) from error
    try:
        connection = apsw.Connection(str(path), statementcachesize=256)
        try:
            connection.set_busy_timeout(BUSY_TIMEOUT_MS)
            migrations = load_migrations()
            refuse_newer(connection, migrations)
            connection.execute(WRITER_PRAGMAS + (MAC_PRAGMAS if sys.platform == "darwin" else "")).fetchall()
            migrate(connection, migrations)
        except BaseException:
            connection.close()
            raise
    except apsw.Error as error:
        raise translate(error, str(path)) from error
    return SqliteDatabase(path, connection, load_statements("posthouse.ledger.sqlite"))
