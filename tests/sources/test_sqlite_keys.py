"""Where a stream of rows stands: a table per case, and what holds whatever the keys do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.errors import PosthouseError
from posthouse.sources.sqlite.keys import Cursor, Key, Move, Start, checked_keys, event_key, moved


def at(key: Key | None, epoch: int = 0, column: str = "id") -> Cursor:
    return Cursor(column=column, key=key, epoch=epoch)


@pytest.mark.parametrize(
    ("cursor", "newest", "start", "after", "move"),
    [
        (None, 5, Start.NOW, at(5), Move.BEGUN),
        (None, None, Start.NOW, at(None), Move.BEGUN),
        (None, 5, Start.BEGINNING, at(None), Move.BEGUN),
        (at("x", 3, "name"), 5, Start.NOW, at(5, 4), Move.BEGUN),
        (at(None, 2), 5, Start.NOW, at(None, 2), Move.UNCHANGED),
        (at(5, 2), None, Start.NOW, at(None, 3), Move.EMPTIED),
        (at(5, 2), 4, Start.NOW, at(4, 3), Move.SHRUNK),
        (at(5, 2), 5, Start.NOW, at(5, 2), Move.UNCHANGED),
        (at(5, 2), 6, Start.NOW, at(5, 2), Move.UNCHANGED),
        (at("b"), "a", Start.NOW, at("a", 1), Move.SHRUNK),
    ],
)
def test_a_cursor_moves_as_the_newest_key_says(
    cursor: Cursor | None, newest: Key | None, start: Start, after: Cursor, move: Move
) -> None:
    is_smaller = cursor is not None and type(newest) is type(cursor.key) and str(newest) < str(cursor.key)

    assert moved(cursor, newest, is_smaller=is_smaller, column="id", start=start) == (after, move)


@pytest.mark.parametrize(("key", "newest"), [(5, "a"), ("a", 5)])
def test_keys_of_another_type_end_the_stream(key: Key, newest: Key) -> None:
    with pytest.raises(PosthouseError) as caught:
        moved(at(key), newest, is_smaller=False, column="id", start=Start.NOW)

    assert caught.value.code == "source.key_type_changed"


@pytest.mark.parametrize(
    ("found", "newest", "code"),
    [
        ((1, 1), 1, "source.key_not_unique"),
        ((1, 2.5), 9, "source.key_type"),
        ((b"a",), "b", "source.key_type"),
        (("a\ufffd",), "b", "source.key_type"),
        ((1, "a"), "a", "source.key_type"),
    ],
)
def test_keys_that_are_none_are_named(found: Any, newest: Key, code: str) -> None:
    with pytest.raises(PosthouseError) as caught:
        checked_keys(found, newest, "id")

    assert caught.value.code == code
    assert "id" in caught.value.message


class Told:
    """A table of numbered rows and what a stream over it told, read whenever the test says so."""

    def __init__(self) -> None:
        self.table: list[int] = []
        self.cursor: Cursor | None = None
        self.events: list[str] = []
        self.moves: list[Move] = []

    def read(self) -> None:
        newest = max(self.table, default=None)
        old = self.cursor.key if self.cursor else None
        is_smaller = isinstance(old, int) and newest is not None and newest < old
        cursor, move = moved(self.cursor, newest, is_smaller=is_smaller, column="id", start=Start.BEGINNING)
        keys = checked_keys(
            tuple(sorted(k for k in self.table if cursor.key is None or k > int(cursor.key))), newest, "id"
        )
        self.events += [event_key(1, cursor, key) for key in keys]
        self.cursor = at(keys[-1], cursor.epoch) if keys else cursor
        self.moves.append(move)


acts = st.lists(st.sampled_from(["insert", "insert", "insert", "delete first", "delete last", "empty"]), max_size=40)


@given(acts)
def test_read_after_each_act_every_row_is_told_once_and_no_event_twice(steps: list[str]) -> None:
    told, inserted = Told(), 0
    told.read()
    for step in steps:
        if step == "insert":
            # As SQLite numbers rows: one more than the largest there is, so numbers come again.
            told.table.append(max(told.table, default=0) + 1)
            inserted += 1
        elif step == "empty":
            told.table.clear()
        elif told.table:
            told.table.remove(min(told.table) if step == "delete first" else max(told.table))
        told.read()

    assert len(told.events) == inserted
    assert len(set(told.events)) == inserted


@given(st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(codec="utf-8")), st.integers(0, 2**31))
def test_the_key_of_an_event_is_short_and_of_its_epoch(key: Key, epoch: int) -> None:
    one = event_key(2**31, at(None, epoch), key)

    assert len(one) <= 80
    assert one.isascii()
    assert one != event_key(2**31, at(None, epoch + 1), key)
