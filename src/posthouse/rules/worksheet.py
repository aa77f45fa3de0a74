"""What is to be written into a worksheet so that it holds some rows: new headers, cells that change, rows that come.

Comes in: the first row as it is, the rows that are known by key, and rows to hold. Goes out: a `Plan`, data only. What
always holds: a header that is there stays where it is, and new ones come behind the last; no cell is written under a
header that the row does not name; a plan that was carried out leads, made again, to the same cells; and a row that a
later delivery wrote is not written over by an earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from posthouse.rules.rows import ID_COLUMN, Cell, Row, key_text

ID_LENGTH = 36
"""Whatever else someone wrote into the column of the deliveries says nothing."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A row to be held, and the delivery that says so. Ids of deliveries rise with time (UUIDv7)."""

    row: Row
    delivery: str


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A row that is there: where, from 0, and which delivery wrote it ("" where nobody knows)."""

    index: int
    delivery: str = ""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Neighbouring cells of one row to be written; both indices from 0."""

    row: int
    column: int
    values: tuple[Cell, ...]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """`headers`: new ones, from column `headers_at`. `changes`: of rows that are there. `rows`: to be appended."""

    headers: tuple[str, ...]
    headers_at: int
    changes: tuple[Change, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be written. New headers alone never are: they come with a row."""
        return not self.changes and not self.rows

    @property
    def columns(self) -> int:
        """How many columns it needs."""
        return self.headers_at + len(self.headers)


def key_column(rows: Iterable[Row]) -> str | None:
    """The column by which rows are found again, where any is. Rows of one event have the same."""
    return next((row.key for row in rows if row.key is not None), None)


def standing_rows(keys: Sequence[Cell], deliveries: Sequence[Cell], *, first: int = 1) -> dict[str, Standing]:
    """The rows that are there by their keys, from two columns of cells that begin at row `first`.

    Of rows with the same key the first is meant.
    """
    found: dict[str, Standing] = {}
    for offset, key in enumerate(keys):
        text = key_text(key) if key is not None else ""
        if text and text not in found:
            delivery = deliveries[offset] if offset < len(deliveries) else None
            is_id = isinstance(delivery, str) and len(delivery) == ID_LENGTH
            found[text] = Standing(index=first + offset, delivery=str(delivery) if is_id else "")
    return found


def plan(headers: Sequence[str], standing: Mapping[str, Standing], entries: Sequence[Entry]) -> Plan:
    """What to write so that the sheet holds the entries. `headers`: the first row, "" for an empty cell."""
    places = _places(headers)
    wanted: list[Entry] = []
    newest: dict[str, int] = {}
    for entry in entries:
        key = entry.row.key and key_text(entry.row.cells[entry.row.key])
        if not key:
            wanted.append(entry)
        elif key in newest:
            # Within one parcel the later of two rows with one key is laid over the earlier.
            before = wanted[newest[key]].row
            row = msgspec.structs.replace(entry.row, cells=before.cells | entry.row.cells)
            wanted[newest[key]] = Entry(row=row, delivery=entry.delivery)
        elif key not in standing or standing[key].delivery <= entry.delivery:
            newest[key] = len(wanted)
            wanted.append(entry)
    return _written(headers, places, standing, wanted)


def _written(
    headers: Sequence[str], places: dict[str, int], standing: Mapping[str, Standing], wanted: Sequence[Entry]
) -> Plan:
    new = [name for name in _names(wanted) if name not in places]
    places = places | {name: len(headers) + number for number, name in enumerate(new)}
    changes: list[Change] = []
    rows: list[tuple[Cell, ...]] = []
    for entry in wanted:
        cells = {places[name]: value for name, value in (entry.row.cells | {ID_COLUMN: entry.delivery}).items()}
        key = entry.row.key and key_text(entry.row.cells[entry.row.key])
        there = standing.get(key) if key else None
        if there is None:
            rows.append(tuple(cells.get(column) for column in range(max(cells) + 1)))
        else:
            changes += _runs(there.index, cells)
    return Plan(headers=tuple(new), headers_at=len(headers), changes=tuple(changes), rows=tuple(rows))


def _names(entries: Sequence[Entry]) -> Iterable[str]:
    """Every column that the entries name, in the order in which they come, and the deliveries' own first."""
    return dict.fromkeys([ID_COLUMN, *(name for entry in entries for name in entry.row.cells)]) if entries else ()


def _places(headers: Sequence[str]) -> dict[str, int]:
    """Where each header stands; of two that are the same, the first."""
    places: dict[str, int] = {}
    for index, name in enumerate(headers):
        if name.strip():
            places.setdefault(name.strip(), index)
    return places


def _runs(row: int, cells: Mapping[int, Cell]) -> list[Change]:
    """The cells of a row as few changes: neighbours together, and nothing between them that is not named."""
    runs: list[list[int]] = []
    for column in sorted(cells):
        if runs and runs[-1][-1] == column - 1:
            runs[-1].append(column)
        else:
            runs.append([column])
    return [Change(row=row, column=run[0], values=tuple(cells[column] for column in run)) for run in runs]
