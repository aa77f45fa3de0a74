"""A payload as rows: which list is meant, what its columns are called, and that nothing is lost on the way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.rules.rows import COLUMNS_MAX, ID_COLUMN, NOTE, TEXT_CHARACTERS_MAX, cell_of, cells_of, rows_of

ABOUT = {"event.type": "order.created"}


def test_each_session_is_a_row_found_by_its_id() -> None:
    payload = {
        "source": "claude-sessions",
        "generated_at": "2026-01-01T00:00:00.000Z",
        "sessions": [
            {"id": "s2", "tokens": {"input": 7, "output": 1}, "models": ["opus", "haiku"], "git_branch": None},
            {"id": "s1", "tokens": {"input": 3, "output": 0}, "models": [], "git_branch": "main"},
        ],
        "model_distribution": [{"model": "opus", "share": 1.0}],
    }

    first, second = rows_of(payload, about=ABOUT)

    assert (first.key, second.key) == ("id", "id")
    assert first.cells == {
        "id": "s2",
        "tokens.input": 7,
        "tokens.output": 1,
        "models": "opus, haiku",
        "git_branch": None,
    }
    assert second.cells["models"] == ""


def test_each_day_is_a_row_found_by_its_date() -> None:
    payload = {
        "daily_breakdown": [{"date": "2026-01-01", "tokens_by_model": {"opus": 5}}, {"date": "2026-01-02"}],
        "model_totals": [{"model": "opus", "total_tokens": 5}],
    }

    rows = rows_of(payload, about=ABOUT)

    assert [row.cells for row in rows] == [
        {"date": "2026-01-01", "tokens_by_model.opus": 5},
        {"date": "2026-01-02"},
    ]


def test_each_period_is_a_row_found_by_its_beginning() -> None:
    payload = {"metrics": [{"metric_key": "token", "period_from": "2025-12-31T00:00:00.000Z", "tags": {"input": 5}}]}
    (row,) = rows_of(payload, about={})
    assert row.key == "period_from"
    assert row.cells == {"period_from": "2025-12-31T00:00:00.000Z", "metric_key": "token", "tags.input": 5}


def test_items_without_a_key_are_rows_that_say_where_they_belong() -> None:
    payload = {"order": 7, "items": [{"name": "ink", "count": 2}, {"name": "ink", "count": 1}]}

    rows = rows_of(payload, about=ABOUT)

    assert [row.key for row in rows] == [None, None]
    assert rows[1].cells == {"event.type": "order.created", "order": 7, "name": "ink", "count": 1}


@pytest.mark.parametrize(
    ("payload", "cells"),
    [
        ({"turns": 3, "user": {"name": "Ada"}}, {"turns": 3, "user.name": "Ada"}),
        ({"summary": {"n": 1}, "models": [{"model": "a"}]}, {"summary.n": 1, "models": '[{"model":"a"}]'}),
        ({"rows": []}, {"rows": ""}),
        ([1, "a"], {"data": '[1,"a"]'}),
        ("ready", {"data": "ready"}),
        (None, {"data": None}),
        ({}, {}),
    ],
)
def test_whatever_else_is_one_row(payload: Any, cells: dict[str, Any]) -> None:
    (row,) = rows_of(payload, about=ABOUT)

    assert row.key is None
    assert row.cells == ABOUT | cells


@pytest.mark.parametrize("ids", [["a", "a"], ["a", None], ["a", ""], ["a", True], [7, "7"]])
def test_a_key_that_is_not_everyones_own_is_none(ids: list[Any]) -> None:
    rows = rows_of({"items": [{"id": one} for one in ids]}, about={})

    assert [row.key for row in rows] == [None, None]


def test_names_that_would_meet_are_kept_apart() -> None:
    cells = cells_of({"a.b": 1, "a": {"b": 2}, ID_COLUMN: "mine", "": 3, "event.type": "own"}, first=ABOUT.items())

    assert cells == {
        "event.type": "order.created",
        "a.b": 1,
        "a.b (2)": 2,
        f"{ID_COLUMN} (2)": "mine",
        "unnamed": 3,
        "event.type (2)": "own",
    }


def test_what_a_cell_cannot_hold_is_text() -> None:
    assert cell_of(2**53) == 2**53
    assert cell_of(2**53 + 1) == "9007199254740993"
    assert cell_of(["a", "b, c"]) == '["a","b, c"]'
    long = cell_of("x" * (TEXT_CHARACTERS_MAX + 1))
    assert isinstance(long, str)
    assert (len(long), long.endswith(NOTE)) == (TEXT_CHARACTERS_MAX, True)


def test_more_columns_than_anyone_can_use_are_kept_as_json() -> None:
    wide = {"numbers": {str(number): number for number in range(COLUMNS_MAX + 1)}, "id": "a"}
    wider = {str(number): number for number in range(COLUMNS_MAX + 1)}

    assert json.loads(str(cells_of(wide)["numbers"])) == wide["numbers"]
    assert json.loads(str(cells_of(wider)["data"])) == wider


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=25,
)


@given(data=st.dictionaries(st.text(max_size=6), VALUES, max_size=6))
def test_every_value_of_an_object_has_a_cell_of_its_own(data: dict[str, Any]) -> None:
    cells = cells_of(data)

    assert len(cells) == len(list(_values(data)))
    assert sorted(map(repr, cells.values())) == sorted(repr(cell_of(value)) for value in _values(data))
    assert all(name == " ".join(name.split()) and name != ID_COLUMN for name in cells)


@given(data=VALUES)
def test_the_same_payload_gives_the_same_rows(data: Any) -> None:
    again = json.loads(json.dumps(data))

    assert rows_of(data, about=ABOUT) == rows_of(again, about=ABOUT)


def _values(value: Any, depth: int = 8) -> Any:
    """What has to be found again: everything but empty objects, down to the depth at which JSON takes over."""
    if not isinstance(value, dict) or (depth == 0 and value):
        yield value
        return
    for inner in value.values():
        yield from _values(inner, depth - 1)
