"""Finding deliveries and events: step after step over short reads, until a page is full or enough was looked at.

A page that was cut short says how far back it looked, and goes on from there: no request walks through the
whole ledger.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from posthouse.ledger.base import Database, Transaction
from posthouse.ledger.deliveries import Counted, DeliveryQuery, count_deliveries, made_from, page_deliveries
from posthouse.ledger.events import EventQuery, EventRow, page_events, recorded_from
from posthouse.ledger.searching import SEQ_MAX, Page
from posthouse.model.deliveries import Delivery
from posthouse.model.ids import Millis

STEPS_MAX = 20
"""Steps of `SCAN` rows each that one request may take."""

T = TypeVar("T")


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A page. `next_before` is where to go on; `searched_to`, where the page was cut short, the instant it came to."""

    next_before: int | None
    searched_to: Millis | None = None


class FoundDeliveries(Found, frozen=True, kw_only=True):
    """Deliveries that fit, newest first."""

    items: list[Delivery]


class FoundEvents(Found, frozen=True, kw_only=True):
    """Events that fit, newest first."""

    items: list[EventRow]


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How many fit so far, of those before `start`; `next_before` is where to count on, None where all were counted."""

    count: int
    start: int
    next_before: int | None


async def find_deliveries(database: Database, query: DeliveryQuery) -> FoundDeliveries:
    """A page of deliveries."""
    items, next_before = await _pages(database, page_deliveries, query)
    searched_to = await _cut_at(database, made_from, next_before, is_full=len(items) >= query.limit)
    return FoundDeliveries(items=items, next_before=next_before, searched_to=searched_to)


async def find_events(database: Database, query: EventQuery) -> FoundEvents:
    """A page of events."""
    items, next_before = await _pages(database, page_events, query)
    searched_to = await _cut_at(database, recorded_from, next_before, is_full=len(items) >= query.limit)
    return FoundEvents(items=items, next_before=next_before, searched_to=searched_to)


async def count(database: Database, query: DeliveryQuery) -> Count:
    """How many deliveries fit: all of them where the counters know it, else as far as one request may look."""
    start, first = await database.read(_begin_count, query)
    total, before = first.count, first.next_before
    for _ in range(STEPS_MAX - 1):
        if before is None:
            break
        step = await database.read(count_deliveries, msgspec.structs.replace(query, before=before))
        total, before = total + step.count, step.next_before
    return Count(count=total, start=start, next_before=before)


async def _pages(
    database: Database, page: Callable[[Transaction, Any], Page[T]], query: DeliveryQuery | EventQuery
) -> tuple[list[T], int | None]:
    items: list[T] = []
    before: int | None = query.before
    for _ in range(STEPS_MAX):
        if before is None or len(items) >= query.limit:
            break
        step = msgspec.structs.replace(query, before=before, limit=query.limit - len(items))
        found = await database.read(page, step)
        items += found.items
        before = found.next_before
    return items, before


async def _cut_at(
    database: Database, instant: Callable[[Transaction, int], Millis | None], before: int | None, *, is_full: bool
) -> Millis | None:
    return None if before is None or is_full else await database.read(instant, before)


def _begin_count(tx: Transaction, query: DeliveryQuery) -> tuple[int, Counted]:
    """The first step, and the position behind all that there is, as one look sees both."""
    start = tx.all("where_the_ledger_stands")[0][1] + 1 if query.before == SEQ_MAX else query.before
    return start, count_deliveries(tx, query)
