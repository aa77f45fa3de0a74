"""Running a query over an open, guarded connection: its columns, and its rows as JSON.

The query is a person's; what stands around it is ours, with its columns renamed by position, so that no name of theirs
can mean something else. All of it blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import apsw
import msgspec

from posthouse.sources.sqlite.queries import unique_names
from posthouse.sources.sqlite.values import SQLiteValue, to_row

ROWS_BYTES_MAX = 8 * 1024 * 1024
"""How much JSON one reading makes of rows at most."""

Values = tuple[SQLiteValue, ...]


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A query with its columns by unique names."""

    query: str
    names: tuple[str, ...]

    def around(self, select: str) -> str:
        """SQL in which the query's rows are the table `told`, its columns `c0`, `c1` and so on."""
        columns = ", ".join(column(number) for number in range(len(self.names)))
        return f"WITH told({columns}) AS (\n{self.query}\n) {select}"


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """Rows as JSON objects, with the value that one column has in each besides. `is_cut`: there were more."""

    json: tuple[msgspec.Raw, ...]
    keys: tuple[SQLiteValue, ...] = ()
    is_cut: bool = False


def column(number: int) -> str:
    """What a column is called inside `Table.around`."""
    return f"c{number}"


def describe(connection: apsw.Connection, query: str) -> Table:
    """Prepare the query without running it. Raises apsw.Error."""
    names: list[str] = []

    def trace(cursor: apsw.Cursor, _sql: str, _bindings: object) -> bool:
        if not cursor.is_readonly:
            raise apsw.AuthError("the query would write")
        names.extend(name for name, *_ in cursor.get_description())
        return False

    cursor = connection.cursor()
    cursor.exec_trace = trace
    try:
        cursor.execute(query)
    except apsw.ExecTraceAbort:
        pass
    finally:
        cursor.close()
    return Table(query=query, names=tuple(unique_names(names)))


def fetch(
    connection: apsw.Connection,
    table: Table,
    select: str | None = None,
    bindings: Sequence[SQLiteValue] = (),
    *,
    rows_max: int,
    bytes_max: int = ROWS_BYTES_MAX,
    key: int | None = None,
) -> Rows:
    """The rows of the query itself, or of `select` around it, which must have the same columns. Raises apsw.Error.

    At most `rows_max` rows and about `bytes_max` bytes of JSON, but one row at least. `key`: the column whose values
    are wanted too, by position.
    """
    sql = table.query if select is None else table.around(select)
    try:
        return _gather(table.names, _plain(connection, sql, bindings), rows_max, bytes_max, key)
    except UnicodeDecodeError:
        mended = _mended(connection, sql, bindings, len(table.names))
        return _gather(table.names, mended, rows_max, bytes_max, key)


def _gather(names: Sequence[str], rows: Iterator[Values], rows_max: int, bytes_max: int, key: int | None) -> Rows:
    json: list[msgspec.Raw] = []
    keys: list[SQLiteValue] = []
    left = bytes_max
    for values in rows:
        text = msgspec.json.encode(to_row(names, values))
        left -= len(text) + 1
        if len(json) == rows_max or (left < 0 and json):
            return Rows(json=tuple(json), keys=tuple(keys), is_cut=True)
        json.append(msgspec.Raw(text))
        if key is not None:
            keys.append(values[key])
    return Rows(json=tuple(json), keys=tuple(keys))


def _plain(connection: apsw.Connection, sql: str, bindings: Sequence[SQLiteValue]) -> Iterator[Values]:
    """Every row. Raises UnicodeDecodeError where a text is not UTF-8."""
    for row in connection.execute(sql, tuple(bindings)):
        yield cast("Values", row)


def _mended(connection: apsw.Connection, sql: str, bindings: Sequence[SQLiteValue], columns: int) -> Iterator[Values]:
    """Every row, its texts fetched as bytes and decoded with U+FFFD for what is not UTF-8."""
    inner = Table(query=sql, names=("",) * columns)
    both = ", ".join(
        f"CASE typeof({name}) WHEN 'text' THEN CAST({name} AS BLOB) ELSE {name} END, typeof({name}) = 'text'"
        for name in map(column, range(columns))
    )
    for row in connection.execute(inner.around(f"SELECT {both} FROM told"), tuple(bindings)):  # noqa: S608 (our own names)
        yield tuple(
            value.decode("utf-8", "replace") if is_text and isinstance(value, bytes) else value
            for value, is_text in zip(row[::2], row[1::2], strict=True)
        )
