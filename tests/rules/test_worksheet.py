"""The plan of a write, carried out on a small sheet: columns never shift, and twice is the same as once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from posthouse.rules.rows import ID_COLUMN, Cell, Row
from posthouse.rules.worksheet import Change, Entry, Plan, key_column, plan, standing_rows

FIRST, SECOND, THIRD = (f"019b7652-4c00-7000-8000-00000000000{number}" for number in (1, 2, 3))


class Table:
    """A sheet as a list of rows, the first of them headers."""

    def __init__(self, *headers: str) -> None:
        self.rows: list[list[Cell]] = [list(headers)]

    def hold(self, *entries: Entry) -> Plan:
        """Plan and carry it out."""
        headers = [str(one) for one in self.rows[0]]
        keys, deliveries = (self.column(name) for name in (key_column(one.row for one in entries), ID_COLUMN))
        made = plan(headers, standing_rows(keys, deliveries), entries)
        self.rows[0] += made.headers
        for change in made.changes:
            self.write(change)
        self.rows += [list(row) for row in made.rows]
        return made

    def write(self, change: Change) -> None:
        row = self.rows[change.row]
        row += [None] * (change.column + len(change.values) - len(row))
        row[change.column : change.column + len(change.values)] = change.values

    def column(self, name: str | None) -> list[Cell]:
        if name not in self.rows[0]:
            return []
        index = self.rows[0].index(name)
        return [row[index] if index < len(row) else None for row in self.rows[1:]]

    def records(self) -> list[dict[Cell, Cell]]:
        """Each row by its headers, without empty cells and without who wrote it."""
        found = [dict(zip(self.rows[0], row, strict=False)) for row in self.rows[1:]]
        return [{name: one for name, one in row.items() if one is not None and name != ID_COLUMN} for row in found]


def entry(delivery: str, key: str | None = None, **cells: Cell) -> Entry:
    return Entry(row=Row(cells=cells, key=key), delivery=delivery)


def test_an_empty_sheet_gets_headers_and_rows() -> None:
    made = plan([], {}, [entry(FIRST, a=1, b="x")])

    assert (made.headers_at, made.headers) == (0, (ID_COLUMN, "a", "b"))
    assert made.rows == ((FIRST, 1, "x"),)


def test_a_new_field_appends_a_column_and_moves_none() -> None:
    table = Table("mine", "b", "", "a", ID_COLUMN)

    table.hold(entry(FIRST, a=1, b=2, c=3))

    assert table.rows == [["mine", "b", "", "a", ID_COLUMN, "c"], [None, 2, None, 1, FIRST, 3]]


def test_a_row_with_a_key_is_changed_where_it_is_and_only_what_it_names() -> None:
    table = Table("id", "note", "n", ID_COLUMN)
    table.rows += [["a", "by hand", 1, FIRST], ["b", "by hand", 1, FIRST]]

    made = table.hold(entry(SECOND, "id", id="b", n=2), entry(SECOND, "id", id="c", n=3))

    assert made.changes == (
        Change(row=2, column=0, values=("b",)),
        Change(row=2, column=2, values=(2, SECOND)),
    )
    assert table.rows[1:] == [
        ["a", "by hand", 1, FIRST],
        ["b", "by hand", 2, SECOND],
        ["c", None, 3, SECOND],
    ]


def test_what_became_null_is_emptied() -> None:
    table = Table()
    table.hold(entry(FIRST, "id", id="a", branch="main"))

    table.hold(entry(SECOND, "id", id="a", branch=None))

    assert table.records() == [{"id": "a"}]


def test_an_earlier_delivery_does_not_write_over_a_later_one() -> None:
    table = Table()
    table.hold(entry(SECOND, "id", id="a", n=2))

    made = table.hold(entry(FIRST, "id", id="a", n=1))

    assert made.is_empty
    assert table.records() == [{"id": "a", "n": 2}]


def test_what_a_person_wrote_into_the_hidden_column_holds_nothing_up() -> None:
    table = Table("id", "n", ID_COLUMN)
    table.rows.append(["a", 1, "zzz"])

    table.hold(entry(FIRST, "id", id="a", n=2))

    assert table.records() == [{"id": "a", "n": 2}]


def test_of_two_rows_with_one_key_in_a_parcel_the_later_counts() -> None:
    table = Table()

    made = table.hold(entry(FIRST, "id", id="a", n=1, old=1), entry(SECOND, "id", id="a", n=2))

    assert len(made.rows) == 1
    assert table.records() == [{"id": "a", "n": 2, "old": 1}]


def test_a_number_and_its_text_are_one_key() -> None:
    table = Table("id", "n", ID_COLUMN)
    table.rows.append([7.0, 1, FIRST])

    table.hold(entry(SECOND, "id", id=7, n=2))

    assert len(table.rows) == 2


NAMES = st.sampled_from(["id", "a", "b", "c", "d"])
CELLS = st.none() | st.integers(0, 9) | st.sampled_from(["x", "=1+1", ""])
ROWS = st.dictionaries(NAMES.filter(lambda name: name != "id"), CELLS, max_size=4)
HEADERS = st.lists(st.sampled_from(["id", "a", "b", "mine", "", ID_COLUMN, " c "]), max_size=7)


@given(headers=HEADERS, parcels=st.lists(st.dictionaries(st.sampled_from("pqr"), ROWS, max_size=3), max_size=4))
def test_columns_stay_values_arrive_and_twice_is_once(
    headers: list[str], parcels: list[dict[str, dict[str, Cell]]]
) -> None:
    table = Table(*headers)
    latest: dict[str, dict[str, Cell]] = {}
    for number, parcel in enumerate(parcels):
        before = list(table.rows[0])
        delivery = f"019b7652-4c00-7000-8000-00000000{number:04d}"
        entries = [entry(delivery, "id", id=key, **row) for key, row in parcel.items()]
        for key, row in parcel.items():
            latest[key] = latest.get(key, {}) | row

        table.hold(*entries)
        once = [list(row) for row in table.rows]
        made = table.hold(*entries)

        assert table.rows[0][: len(before)] == before
        assert not made.headers
        assert not made.rows
        assert table.rows == once
    places = {str(name).strip(): index for index, name in reversed(list(enumerate(table.rows[0])))}
    found = {row[places["id"]]: row for row in table.rows[1:]} if latest else {}
    assert len(found) == len(table.rows) - 1 == len(latest)
    for key, cells in latest.items():
        there = found[key]
        assert {name: there[places[name]] if places[name] < len(there) else None for name in cells} == cells
