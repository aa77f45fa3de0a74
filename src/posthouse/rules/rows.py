"""A payload as rows of a table: which list is the list, what each row's columns are called, and what its key is.

Comes in: an event's data as JSON values, and what is known of the event itself. Goes out: rows of plain cells by the
names of their columns. Always holds: the same payload gives the same rows; no two values of a row share a column;
nothing is left out but null, which is an empty cell, and an empty object, which has no values.

    a list whose objects each have a key of their own   a row per object, found again by its key
    else the only list of objects, and nothing nested   a row per object, with the plain values around the list
    else                                                one row, of the payload as a whole

Nested names are joined by dots (`tokens.input`). A list within a row is text: its words with commas, else JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

Cell = str | float | int | bool | None

KEYS = ("id", "uuid", "key", "date", "day", "period_from")
"""What an object's key may be called, the surest name first."""

ID_COLUMN = "_posthouse"
"""The column that says which delivery wrote a row. No value of a payload ever stands in it."""

DEPTH_MAX = 8
COLUMNS_MAX = 500
"""What is nested deeper, or would need more columns, is kept as JSON in one cell."""

TEXT_CHARACTERS_MAX = 50_000
"""As much as a cell of a spreadsheet holds. Longer text is cut with a note; the ledger has all of it."""

NOTE = "… (shortened; Posthouse has all of it)"
_EXACT_MAX = 2**53
"""Greater integers lose digits in a spreadsheet, whose numbers are doubles (IEEE 754): they are kept as text."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row. `key`: the column by which it is found again; None where it is always a new row."""

    cells: dict[str, Cell]
    key: str | None = None


def rows_of(data: Any, *, about: Mapping[str, Cell]) -> tuple[Row, ...]:
    """The rows of a payload. `about`: columns that say of which event it is, for rows without a key."""
    found = _the_list(data)
    if found is None:
        return (Row(cells=cells_of(data, first=about.items())),)
    name, items = found
    key = key_of(items)
    if key is not None:
        return tuple(Row(cells=cells_of(item, key=key), key=key) for item in items)
    beside = [(each, value) for each, value in data.items() if each != name] if name else []
    around = [*about.items(), *beside]
    return tuple(Row(cells=cells_of(item, first=around)) for item in items)


def key_of(items: Sequence[Mapping[str, Any]]) -> str | None:
    """The name under which each of the objects has a value of its own, if there is one."""
    for name in KEYS:
        values = [item.get(name) for item in items]
        texts = {key_text(value) for value in values if _is_key(value)}
        if len(texts) == len(items):
            return name
    return None


def key_text(value: Any) -> str:
    """A key as it is compared: 7, 7.0 and "7" are one."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def cells_of(item: Any, *, first: Iterable[tuple[str, Any]] = (), key: str | None = None) -> dict[str, Cell]:
    """The cells of one row: what comes first, then the item's. `key` keeps its name, whatever else there is."""
    pairs: list[tuple[str, Any]] = []
    for depth in (DEPTH_MAX, 1, 0):
        pairs = list(_pairs(item, depth))
        if len(pairs) <= COLUMNS_MAX:
            break
    cells: dict[str, Cell] = {}
    if key is not None:
        cells[key] = cell_of(item[key])
        if (key, item[key]) in pairs:
            pairs.remove((key, item[key]))
    for name, value in (*first, *pairs):
        cells[_free(_column(name), cells)] = cell_of(value)
    return cells


def cell_of(value: Any) -> Cell:
    """A JSON value as a cell's: a number, true or false, nothing, or text."""
    match value:
        case None | bool():
            return value
        case float():
            return value
        case int():
            return value if abs(value) <= _EXACT_MAX else str(value)
        case str():
            text = value
        case list() if all(isinstance(one, str) and one and not _needs_quotes(one) for one in value):
            text = ", ".join(value)
        case _:
            text = _json(value)
    return text if len(text) <= TEXT_CHARACTERS_MAX else text[: TEXT_CHARACTERS_MAX - len(NOTE)] + NOTE


def _the_list(data: Any) -> tuple[str, list[dict[str, Any]]] | None:
    """The list that a payload is about, and its name ("" where it is the payload itself)."""
    if isinstance(data, list):
        return ("", data) if _is_table(data) else None
    if not isinstance(data, dict):
        return None
    tables = [(name, value) for name, value in data.items() if _is_table(value)]
    for name, items in tables:
        if key_of(items) is not None:
            return name, items
    nested = [name for name, value in data.items() if isinstance(value, dict | list)]
    return tables[0] if len(tables) == len(nested) == 1 else None


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) and one for one in value)


def _is_key(value: Any) -> bool:
    return (isinstance(value, str) and bool(value.strip())) or (isinstance(value, int) and not isinstance(value, bool))


def _pairs(value: Any, depth: int, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that gets a cell, with its dotted name."""
    if not isinstance(value, dict) or (depth == 0 and value):
        yield path or "data", value
        return
    for name, inner in value.items():
        yield from _pairs(inner, depth - 1, f"{path}.{_column(name)}" if path else _column(name))


def _column(name: str) -> str:
    """A name as a header can be found again: on one line, without spaces around it, never empty."""
    return " ".join(name.split())[:200] or "unnamed"


def _free(name: str, taken: Mapping[str, Any]) -> str:
    """The name, or the next like it that is free: `a.b` may come from one key or from two."""
    number, free = 1, name
    while free in taken or free == ID_COLUMN:
        number += 1
        free = f"{name} ({number})"
    return free


def _needs_quotes(text: str) -> bool:
    return "," in text or text != text.strip()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if value else ""
