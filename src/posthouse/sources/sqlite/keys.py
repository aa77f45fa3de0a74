"""How far a stream of rows has come, and what a look at the newest key says about it. Pure.

    cursor        newest key            ─▶ cursor                      what it is called
    none yet      any                   ─▶ it, or before the first     BEGUN        (start: now, or beginning)
    of a column   the key is another    ─▶ as where there is none      BEGUN        in the next epoch
    k             none: no row          ─▶ before the first            EMPTIED      in the next epoch
    k             smaller than k        ─▶ the newest key              SHRUNK       in the next epoch
    k             of another type       ─▶ source.key_type_changed
    k             k, or larger          ─▶ k                           UNCHANGED

An epoch is a stretch in which no key means two rows: it is part of every event's key, so that a number which a program
gives away a second time is told a second time.
"""

from __future__ import annotations

from enum import StrEnum
from hashlib import blake2b

import msgspec

from posthouse.model.errors import PosthouseError
from posthouse.sources.sqlite.values import SQLiteValue

Key = int | str


class Start(StrEnum):
    """Where a new stream begins: behind the rows that are there, or before them."""

    NOW = "now"
    BEGINNING = "beginning"


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """All rows up to `key` were told; None is before the first. `column` is the key's name."""

    version: int = 1
    column: str
    key: Key | None = None
    epoch: int = 0


class Move(StrEnum):
    """What a look at the newest key means."""

    UNCHANGED = "unchanged"
    BEGUN = "begun"
    EMPTIED = "emptied"
    SHRUNK = "shrunk"


def moved(
    cursor: Cursor | None, newest: Key | None, *, is_smaller: bool, column: str, start: Start
) -> tuple[Cursor, Move]:
    """Where the stream stands, given the newest key there is; `is_smaller` than the cursor's, as the database orders.

    Raises PosthouseError `source.key_type_changed`.
    """
    if cursor is None or cursor.column != column:
        epoch = 0 if cursor is None else cursor.epoch + 1
        key = newest if start is Start.NOW else None
        return Cursor(column=column, key=key, epoch=epoch), Move.BEGUN
    if cursor.key is None:
        return cursor, Move.UNCHANGED
    if newest is None:
        return Cursor(column=column, key=None, epoch=cursor.epoch + 1), Move.EMPTIED
    if type(newest) is not type(cursor.key):
        raise PosthouseError(
            "source.key_type_changed",
            f"The keys in {column} were {_words(cursor.key)} and the largest is now {_words(newest)}, so that what "
            "comes after the last row told cannot be said. Mend the rows, or add the source anew.",
        )
    if is_smaller:
        return Cursor(column=column, key=newest, epoch=cursor.epoch + 1), Move.SHRUNK
    return cursor, Move.UNCHANGED


def checked_keys(found: tuple[SQLiteValue, ...], newest: Key | None, column: str) -> tuple[Key, ...]:
    """The keys of rows in their order. Raises PosthouseError `source.key_type` or `source.key_not_unique`."""
    keys: list[Key] = []
    for value in found:
        key = checked_key(value, column)
        if newest is not None and type(key) is not type(newest):
            raise _mixed(column)
        if keys and keys[-1] == key:
            raise not_unique(column)
        keys.append(key)
    return tuple(keys)


def checked_key(value: SQLiteValue, column: str) -> Key:
    """The value as a key. Raises PosthouseError `source.key_type`."""
    if isinstance(value, int) or (isinstance(value, str) and "\ufffd" not in value):
        return value
    raise PosthouseError(
        "source.key_type", f"A key in {column} is neither a whole number nor a text in UTF-8. Choose another column."
    )


def not_unique(column: str) -> PosthouseError:
    """Two rows bear one key."""
    return PosthouseError(
        "source.key_not_unique",
        f"Two rows have the same key in {column}, so that one of them could be missed. Choose a column, or let the "
        "query make one, that no two rows share.",
    )


def event_key(source_id: int, cursor: Cursor, key: Key) -> str:
    """What makes a row's event idempotent: at most 80 characters."""
    mark = str(key) if isinstance(key, int) else blake2b(key.encode(), digest_size=16).hexdigest()
    return f"{source_id}:{cursor.epoch}:{mark}"


def _mixed(column: str) -> PosthouseError:
    return PosthouseError(
        "source.key_type", f"Some keys in {column} are whole numbers and some are texts. Choose a column of one type."
    )


def _words(key: Key) -> str:
    return "whole numbers" if isinstance(key, int) else "texts"
