"""Deliveries as people and programs read them: one with its attempts, or those that fit a filter, page by page."""

from __future__ import annotations

import msgspec

from posthouse.ledger.base import Row, Transaction, json_text
from posthouse.ledger.events import get_event
from posthouse.ledger.searching import (
    SCAN,
    SEQ_MAX,
    Page,
    is_whole_id,
    newest_of,
    page_of,
    parameters,
    period,
    words_of,
)
from posthouse.model.deliveries import WAITING, Attempt, Delivery, DeliveryStatus, OutcomeKind
from posthouse.model.errors import NotFound
from posthouse.model.events import Event
from posthouse.model.ids import DEFAULT_PROJECT, Millis, ProjectId

TARGET_PAUSED = "target_paused"
"""The status that is reported but not stored: waiting, while its endpoint or target is paused."""

WALKS_MAX = 20
"""Beyond so many bindings, one walk through all rows is quicker than one walk for each."""


class DeliveryQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which deliveries, before which position, newest first: those that fit every part that is given.

    `status` is a stored one or `target_paused`, or several; `type` a glob over the type of the event; `code` that of
    the last attempt. `text` is looked for in type, subject, code and detail of the last failure, and the names of
    source, target and endpoint, and at the beginning of the ids of delivery and event; a whole id that is known finds
    its own, and nothing else. The period is that in which the delivery was made, without `until` itself.
    """

    status: str | tuple[str, ...] | None = None
    source_id: int | None = None
    target_id: int | None = None
    endpoint_id: int | None = None
    binding_id: int | None = None
    event_id: str | None = None
    type: str | None = None
    code: str | None = None
    text: str | None = None
    since: Millis | None = None
    until: Millis | None = None
    before: int = SEQ_MAX
    limit: int = 50

    @property
    def statuses(self) -> tuple[str, ...]:
        """The statuses asked for; none is all of them."""
        return () if self.status is None else (self.status,) if isinstance(self.status, str) else self.status


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """How many fit. `next_before`: where to count on, None where all were counted."""

    count: int
    next_before: int | None


class DeliveryRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery, whole: its row, its event, its attempts in order."""

    delivery: Delivery
    event: Event
    attempts: tuple[Attempt, ...]


def page_deliveries(tx: Transaction, query: DeliveryQuery, *, scan: int = SCAN) -> Page[Delivery]:
    """One step of a search, over at most `scan` deliveries."""
    seqs, next_before = _matching(tx, query, scan, limit=query.limit)
    items = [delivery_of(row) for row in tx.all("read_deliveries", seqs=json_text(seqs))]
    return page_of(items, seqs, next_before, query.limit)


def count_deliveries(tx: Transaction, query: DeliveryQuery, *, scan: int = SCAN) -> Counted:
    """How many there are: all at once where the counters know it, else one step over at most `scan` deliveries."""
    uncounted = (query.event_id, query.type, query.code, query.text, query.since, query.until)
    if query.before == SEQ_MAX and all(part is None for part in uncounted):
        return Counted(count=_Counters(tx, query).fitting(), next_before=None)
    seqs, next_before = _matching(tx, query, scan, limit=scan)
    return Counted(count=len(seqs), next_before=next_before)


def made_from(tx: Transaction, seq: int) -> Millis | None:
    """When the first delivery from a position on was made."""
    row = tx.one("delivery_from", seq=seq)
    return None if row is None else row[1]


def get_delivery(tx: Transaction, delivery_id: str, *, project_id: ProjectId = DEFAULT_PROJECT) -> DeliveryRecord:
    """One delivery, whole. Raises NotFound `delivery.not_found`."""
    row = tx.one("get_delivery", id=delivery_id, project_id=project_id)
    if row is None:
        raise NotFound("delivery.not_found", f"There is no delivery {delivery_id}. Retention may have removed it.")
    delivery = delivery_of(row)
    return DeliveryRecord(
        delivery=delivery,
        event=get_event(tx, delivery.event_id, project_id=project_id),
        attempts=tuple(_attempt(found) for found in tx.all("attempts_of_delivery", seq=delivery.seq)),
    )


def deliveries_of_event(tx: Transaction, event_id: str, *, project_id: ProjectId = DEFAULT_PROJECT) -> list[Delivery]:
    """All deliveries of an event, in ledger order."""
    ids = [row[0] for row in tx.all("deliveries_of_event", id=event_id, project_id=project_id)]
    rows = [tx.one("get_delivery", id=delivery_id, project_id=project_id) for delivery_id in ids]
    return [delivery_of(row) for row in rows if row is not None]


class _Counters:
    """How many deliveries there are by binding and status: they answer a count, or say which walk is the shortest."""

    def __init__(self, tx: Transaction, query: DeliveryQuery) -> None:
        self._rows = tx.all("counters_by_binding")
        self._statuses = query.statuses
        self.stored = sorted({one for status in query.statuses for one in _stored_as(status)})
        named = {
            "binding_id": query.binding_id,
            "source_id": query.source_id,
            "endpoint_id": query.endpoint_id,
            "target_id": query.target_id,
        }
        self.bindings: frozenset[int] | None = None
        if any(value is not None for value in named.values()):
            self.bindings = frozenset(row[0] for row in tx.all("chosen_bindings", **named))

    def fitting(self) -> int:
        """How many have one of the statuses, as reported, and one of the bindings."""
        return sum(
            count
            for binding, status, count, is_paused in self._rows
            if self._has(binding)
            and (not self._statuses or (TARGET_PAUSED if is_paused and status in WAITING else status) in self._statuses)
        )

    def is_shorter_by_binding(self) -> bool:
        """Whether fewer rows lie under the bindings than in the statuses."""
        if self.bindings is None or len(self.bindings) > WALKS_MAX:
            return False
        in_statuses = sum(row[2] for row in self._rows if not self.stored or row[1] in self.stored)
        under_bindings = sum(row[2] for row in self._rows if row[0] in self.bindings)
        return bool(under_bindings <= in_statuses)

    def _has(self, binding: int) -> bool:
        return self.bindings is None or binding in self.bindings


def _matching(tx: Transaction, query: DeliveryQuery, scan: int, *, limit: int) -> tuple[list[int], int | None]:
    """The positions of at most `limit` deliveries that fit, of at most `scan` looked at; where to go on."""
    oldest, before = period(tx, "delivery_from", query.since, query.until, query.before)
    counters = _Counters(tx, query)
    span = {"oldest": oldest, "before": before, "scan": scan}
    text = query.text
    if known := _known_as(tx, query):
        walks = [tx.all("deliveries_known_as", id=known, project_id=DEFAULT_PROJECT, **span)]
        text = text if query.event_id is not None else None
    elif counters.is_shorter_by_binding():
        walks = [tx.all("deliveries_under_binding", binding_id=one, **span) for one in counters.bindings or ()]
    elif counters.stored:
        walks = [tx.all("deliveries_in_status", status=one, **span) for one in counters.stored]
    else:
        walks = [tx.all("deliveries_between", **span)]
    seqs, next_before = newest_of(walks, scan)
    found = tx.all(
        "match_deliveries",
        seqs=json_text(seqs),
        bindings=None if counters.bindings is None else json_text(sorted(counters.bindings)),
        statuses=json_text(query.statuses) if query.statuses else None,
        since=query.since,
        until=query.until,
        code=query.code,
        type=query.type,
        limit=limit,
        **parameters(words_of(text)),
    )
    return [row[0] for row in found], next_before


def _known_as(tx: Transaction, query: DeliveryQuery) -> str | None:
    """The whole id that the query is about."""
    if query.event_id is not None:
        return query.event_id
    text = None if query.text is None else query.text.strip().lower()
    if text is None or not is_whole_id(text):
        return None
    everywhere = {"oldest": 0, "before": SEQ_MAX, "scan": 1}
    return text if tx.all("deliveries_known_as", id=text, project_id=DEFAULT_PROJECT, **everywhere) else None


def _stored_as(status: str) -> frozenset[str]:
    return frozenset(WAITING) if status == TARGET_PAUSED else frozenset((DeliveryStatus(status),))


def delivery_of(row: Row) -> Delivery:
    """The delivery in a row of its columns in the record's order."""
    values = dict(zip(Delivery.__struct_fields__, row, strict=True))
    values["status"] = DeliveryStatus(values["status"])
    values["is_paused"] = bool(values["is_paused"])
    return Delivery(**values)


def _attempt(row: Row) -> Attempt:
    values = dict(zip(Attempt.__struct_fields__, row, strict=True))
    headers = values["request_headers"]
    values["request_headers"] = tuple(tuple(pair) for pair in msgspec.json.decode(headers)) if headers else ()
    values["kind"] = OutcomeKind(values["kind"])
    values["body_hash"] = values["body_hash"] or None
    values["is_probe"], values["is_charged"] = bool(values["is_probe"]), bool(values["is_charged"])
    return Attempt(**values)
