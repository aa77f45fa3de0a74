"""What one read of a stream of rows asks of a database, all of it within one committed state. It blocks."""

from __future__ import annotations

from typing import cast

import apsw
import msgspec

from posthouse.model.errors import BadInput
from posthouse.sources.sqlite.keys import Cursor, Key, Move, Start, checked_key, checked_keys, moved, not_unique
from posthouse.sources.sqlite.tables import Rows, Table, column, describe, fetch


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Where the stream stands and why, the rows behind that with their keys, and how many rows have no key."""

    cursor: Cursor
    move: Move
    rows: Rows
    keys: tuple[Key, ...]
    without_key: int


def look_behind(
    connection: apsw.Connection, query: str, name: str, cursor: Cursor | None, *, start: Start, rows_max: int
) -> Found:
    """The rows behind the cursor, in the order of the key, whose column is called `name`.

    Raises apsw.Error, PosthouseError `source.key_…`.
    """
    table, number = _table(connection, query, name)
    key = column(number)
    newest, is_smaller = _newest(connection, table, key, name, cursor)
    told, move = moved(cursor, newest, is_smaller=is_smaller, column=name, start=start)
    without_key = _count(connection, table, f"{key} IS NULL")
    if told.key is None:
        which, bindings = f"{key} IS NOT NULL", cast("tuple[Key, ...]", ())
    else:
        which, bindings = f"{key} > ?1", (told.key,)
        if _count(connection, table, f"{key} = ?1", *bindings) > 1:
            raise not_unique(name)
    select = f"SELECT * FROM told WHERE {which} ORDER BY {key}"  # noqa: S608 (our own names)
    rows = fetch(connection, table, select, bindings, rows_max=rows_max, key=number)
    keys = checked_keys(rows.keys, newest, name)
    return Found(cursor=told, move=move, rows=rows, keys=keys, without_key=without_key)


def look_at_newest(connection: apsw.Connection, query: str, name: str) -> Found:
    """The row with the largest key alone, if there is one. Raises as `look_behind`."""
    table, number = _table(connection, query, name)
    key = column(number)
    select = f"SELECT * FROM told WHERE {key} IS NOT NULL ORDER BY {key} DESC LIMIT 1"  # noqa: S608 (our own names)
    rows = fetch(connection, table, select, rows_max=1, key=number)
    return Found(
        cursor=Cursor(column=name),
        move=Move.UNCHANGED,
        rows=rows,
        keys=checked_keys(rows.keys, None, name),
        without_key=_count(connection, table, f"{key} IS NULL"),
    )


def _table(connection: apsw.Connection, query: str, name: str) -> tuple[Table, int]:
    table = describe(connection, query)
    if name not in table.names:
        there = ", ".join(table.names[:20])
        raise BadInput("source.key_missing", f"The query has no column {name!r}. It has: {there}.", field="key")
    return table, table.names.index(name)


def _newest(
    connection: apsw.Connection, table: Table, key: str, name: str, cursor: Cursor | None
) -> tuple[Key | None, bool]:
    """The newest key, and whether the database itself holds it to be smaller than the cursor's."""
    select = f"SELECT {key}, {key} < ?1 FROM told WHERE {key} IS NOT NULL ORDER BY {key} DESC LIMIT 1"  # noqa: S608
    told = None if cursor is None else cursor.key
    try:
        found = connection.execute(table.around(select), (told,)).fetchall()
    except UnicodeDecodeError:
        found = [(b"", 0)]
    return (checked_key(found[0][0], name), bool(found[0][1])) if found else (None, False)


def _count(connection: apsw.Connection, table: Table, which: str, *bindings: Key) -> int:
    sql = table.around(f"SELECT count(*) FROM told WHERE {which}")  # noqa: S608 (our own names)
    return cast("int", connection.execute(sql, bindings).fetchall()[0][0])
