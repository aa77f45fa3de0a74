"""Queries are judged as text, columns get names of their own, and values become JSON."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import apsw
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.errors import BadInput
from posthouse.sources.sqlite.queries import checked_query, unique_names
from posthouse.sources.sqlite.tables import describe, fetch
from posthouse.sources.sqlite.values import to_row


def rows_of(query: str, select: str | None = None, **bounds: Any) -> tuple[list[dict[str, Any]], bool]:
    """What a query finds in an empty database."""
    connection = apsw.Connection(":memory:")
    rows = fetch(connection, describe(connection, checked_query(query)), select, **{"rows_max": 100} | bounds)
    return [json.loads(bytes(row)) for row in rows.json], rows.is_cut


@pytest.mark.parametrize(
    ("query", "taken"),
    [
        ("SELECT 1", "SELECT 1"),
        (" select 1 ; ", "select 1"),
        ("SELECT 1; -- all of it", "SELECT 1"),
        ("SELECT ';' AS \";\", `;`, [;] /* ; */ FROM t -- ;\n;", "SELECT ';' AS \";\", `;`, [;] /* ; */ FROM t -- ;"),
        ("-- first\n/* then */ WITH a AS (SELECT 1) SELECT * FROM a", None),
        ("SELECT 'it''s', \"a\"\"b\"", None),
        ("(SELECT 1)", "begin with"),
        ("", "begin with"),
        ("-- nothing", "begin with"),
        ("DELETE FROM t", "begin with"),
        ("PRAGMA user_version", "begin with"),
        ("EXPLAIN SELECT 1", "begin with"),
        ("SELECT 1; SELECT 2", "one statement"),
        ("SELECT 1;;", "one statement"),
        ("SELECT 'a", "not closed"),
        ("SELECT 1 /* a", "not closed"),
        ("SELECT [a", "not closed"),
        ("SELECT (1", "not closed"),
        ("SELECT 1) UNION SELECT (2", "did not open"),
        ("SELECT \0", "NUL"),
    ],
)
def test_a_query_is_one_statement_that_selects(query: str, taken: str | None) -> None:
    if taken is None or taken.upper().startswith("SELECT"):
        assert checked_query(query) == (taken or query)
        return
    with pytest.raises(BadInput, match=taken) as caught:
        checked_query(query)
    assert (caught.value.code, caught.value.field) == ("source.bad_setting", "query")


@given(st.text(alphabet="';\"`[]()/*-\n aSELECT1", max_size=30))
def test_what_is_taken_stays_within_what_is_put_around_it(tail: str) -> None:
    try:
        query = checked_query("SELECT 1 " + tail)
    except BadInput:
        return
    connection = apsw.Connection(":memory:")
    try:
        alone = connection.execute(query).fetchall()
    except apsw.SQLError:
        return

    assert connection.execute(f"SELECT count(*) FROM (\n{query}\n)").fetchall() == [(len(alone),)]


@given(st.lists(st.sampled_from(["a", "a_2", "a_2_2", "b", ""])))
def test_every_column_has_a_name_of_its_own_and_the_first_keeps_its(names: list[str]) -> None:
    unique = unique_names(names)

    assert len(set(unique)) == len(names)
    assert all(one.startswith(name) for one, name in zip(unique, names, strict=True))
    assert [unique[names.index(name)] for name in dict.fromkeys(names)] == list(dict.fromkeys(names))


def test_columns_of_one_name_are_numbered() -> None:
    assert rows_of("SELECT 1 AS a, 2 AS a, 3 AS a_2, 4 AS A")[0] == [{"a": 1, "a_3": 2, "a_2": 3, "A": 4}]


values = (
    st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(st.characters(codec="utf-8")) | st.binary()
)


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), values), st.integers(0, 40))
def test_any_row_is_json_and_no_longer_than_it_may_be(row: dict[str, Any], bytes_max: int) -> None:
    told = json.loads(msgspec.json.encode(to_row(list(row), list(row.values()), bytes_max=bytes_max)))

    assert told.keys() == row.keys()
    left = bytes_max
    for name, value in row.items():
        size = len(value.encode() if isinstance(value, str) else value) if isinstance(value, str | bytes) else 0
        if size > left:
            assert told[name] == {"omitted_bytes": size}
            continue
        left -= size
        if isinstance(value, bytes):
            assert b64decode(told[name]["base64"]) == value
        elif isinstance(value, float):
            assert told[name] == value or told[name] is None
        else:
            assert told[name] == value


def test_values_keep_what_json_can_tell_of_them() -> None:
    query = "SELECT 9007199254740993 AS i, 1e999 AS inf, x'00ff' AS b, NULL AS n, 'é\n' AS t, 1.5 AS r"

    assert rows_of(query)[0] == [
        {"i": 9007199254740993, "inf": None, "b": {"base64": "AP8="}, "n": None, "t": "é\n", "r": 1.5}
    ]


@pytest.mark.parametrize("select", [None, "SELECT * FROM told ORDER BY c0"])
def test_a_text_that_is_no_utf_8_is_told_with_what_can_be_read_of_it(select: str | None) -> None:
    query = "SELECT 1 AS a, 'fine' AS b UNION ALL SELECT 2, CAST(x'ff41' AS TEXT) UNION ALL SELECT 3, x'ff'"

    assert [row["b"] for row in rows_of(query, select)[0]] == ["fine", "\ufffdA", {"base64": "/w=="}]


def test_rows_are_cut_at_their_number_and_at_their_bytes_but_never_to_none() -> None:
    query = "SELECT value, printf('%.*c', 1000, 'x') FROM json_each('[1,2,3]')"

    assert [(len(rows), is_cut) for rows, is_cut in (rows_of(query, rows_max=n) for n in (2, 3))] == [
        (2, True),
        (3, False),
    ]
    assert [(len(rows), is_cut) for rows, is_cut in (rows_of(query, bytes_max=n) for n in (1, 2_500, 4_000))] == [
        (1, True),
        (2, True),
        (3, False),
    ]


def test_a_query_that_finds_nothing_still_has_its_columns() -> None:
    connection = apsw.Connection(":memory:")

    assert describe(connection, "SELECT 1 AS a, 2 AS b WHERE 0").names == ("a", "b")
    assert rows_of("SELECT 1 AS a WHERE 0") == ([], False)
