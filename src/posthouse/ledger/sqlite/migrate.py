"""Numbered, forward-only migrations. `PRAGMA user_version` is the number of the newest one applied.

Each runs in a transaction of its own, so that a crash leaves a ledger of one version or the next. A file
`migrations/NNNN_word.sql` is never edited after a release.
"""

from __future__ import annotations

from importlib.resources import files

import apsw

from posthouse.model.errors import LedgerError


def load_migrations() -> list[tuple[int, str]]:
    """Every migration's number and text, in order from 1 without a gap."""
    folder = files("posthouse.ledger.sqlite") / "migrations"
    found = sorted(
        (int(entry.name[:4]), entry.read_text("utf-8")) for entry in folder.iterdir() if entry.name.endswith(".sql")
    )
    if [number for number, _ in found] != list(range(1, len(found) + 1)):
        raise ValueError("migrations are not numbered 1, 2, 3 …")
    return found


def refuse_newer(connection: apsw.Connection, migrations: list[tuple[int, str]]) -> int:
    """The number of the newest migration applied. Writes nothing.

    Raises LedgerError `ledger.too_new` where the file was written by a newer Posthouse.
    """
    newest = migrations[-1][0]
    present = int(connection.pragma("user_version"))
    if present > newest:
        raise LedgerError(
            "ledger.too_new",
            f"The ledger is of version {present}, this program knows {newest}. Start the newer Posthouse that made it.",
        )
    return present


def migrate(connection: apsw.Connection, migrations: list[tuple[int, str]]) -> int:
    """Bring the database to the newest version and return its number. Raises as `refuse_newer`."""
    present = refuse_newer(connection, migrations)
    for number, text in migrations[present:]:
        connection.execute("BEGIN EXCLUSIVE")
        try:
            connection.execute(text)
            connection.pragma("user_version", number)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    return migrations[-1][0]
