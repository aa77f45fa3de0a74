"""Searching the ledger: newest first, a bounded walk at a time, with a place to go on from.

What a filter may find are *candidates*: the rows of one or several walks along an index, newest first. One step looks
at no more than `SCAN` of them, so it costs the same with a thousand rows and a million. It answers what fits, and the
position before which the next step goes on; a step may find nothing and still not be the last.

Periods are found by position, since rows are written in the order of time: no index over instants is kept. A clock
that was set back breaks that order, so the walk begins and ends `SLACK_MS` further out than asked, and every row is
then compared with the period itself. Only rows written just before a clock was set back by more than that may be
missed.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import merge
from itertools import islice
from typing import Any, Generic, TypeVar

import msgspec

from posthouse.ledger.base import Row, Transaction
from posthouse.model.ids import Millis

T = TypeVar("T")

SEQ_MAX = 2**62
SCAN = 10_000
"""How many rows one step looks at, at most: some 15 ms of reading."""

SLACK_MS = 5 * 60_000
ID_CHARACTERS = 36


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """What was found, newest first. `next_before`: everything from this position on was looked at; None at the end."""

    items: list[T]
    next_before: int | None


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What is searched for, as patterns of LIKE: anywhere in a text, and at the beginning of an id.

    SQLite takes no notice of case for A to Z alone; so that an Ä is found by an ä, both forms are looked for.
    """

    small: str | None = None
    capital: str | None = None
    prefix: str | None = None


def words_of(text: str | None) -> Words:
    """The patterns of a searched text; spaces count as one."""
    plain = " ".join((text or "").split())
    if not plain:
        return Words()
    escaped = plain.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    small, capital = escaped.lower(), escaped.upper()
    return Words(small=f"%{small}%", capital=f"%{capital}%", prefix=f"{small}%")


def is_whole_id(text: str | None) -> bool:
    """Whether this is written as the ids of events and deliveries are (RFC 9562, 4)."""
    if text is None or len(text) != ID_CHARACTERS:
        return False
    parts = text.lower().split("-")
    return [len(part) for part in parts] == [8, 4, 4, 4, 12] and not set("".join(parts)) - set("0123456789abcdef")


def period(tx: Transaction, statement: str, since: Millis | None, until: Millis | None, before: int) -> tuple[int, int]:
    """The positions [first, last) between which everything of a period lies, and before `before`.

    `statement` answers the first row from a position on, and its instant.
    """
    oldest = 0 if since is None else _position(tx, statement, since - SLACK_MS)
    newest = before if until is None else min(before, _position(tx, statement, until + SLACK_MS))
    return oldest, newest


def newest_of(walks: Iterable[list[Row]], scan: int) -> tuple[list[int], int | None]:
    """The newest positions of several walks of at most `scan` rows each; where to go on, None where nothing is left."""
    seqs = [row[0] for row in islice(merge(*walks, reverse=True), scan)]
    return seqs, seqs[-1] if len(seqs) == scan else None


def page_of(items: list[T], seqs: list[int], next_before: int | None, limit: int) -> Page[T]:
    """A page of what was found at these positions: one that is full goes on behind its last item."""
    return Page(items=items, next_before=seqs[limit - 1] if len(seqs) >= limit else next_before)


def parameters(words: Words) -> dict[str, Any]:
    """The patterns as the statements take them."""
    return msgspec.structs.asdict(words)


def _position(tx: Transaction, statement: str, at: int) -> int:
    """A position before which the rows are older than `at`, and from which on they are not, by halving."""
    low, high = 0, SEQ_MAX
    while low < high:
        middle = (low + high) // 2
        row = tx.one(statement, seq=middle)
        if row is None or row[0] >= high or row[1] >= at:
            high = middle
        else:
            low = row[0] + 1
    return low
