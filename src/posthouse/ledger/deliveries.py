"""Deliveries as people and programs read them: one with its attempts, or a page of many."""

from __future__ import annotations

from typing import Any

import msgspec

from posthouse.ledger.base import Row, Transaction
from posthouse.ledger.events import SEQ_MAX, get_event
from posthouse.model.deliveries import Attempt, Delivery, DeliveryStatus, OutcomeKind
from posthouse.model.errors import NotFound
from posthouse.model.events import Event
from posthouse.model.ids import DEFAULT_PROJECT, ProjectId

TARGET_PAUSED = "target_paused"
"""The status that is reported but not stored: waiting, while its endpoint or target is paused."""


class DeliveryQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which deliveries, before which position, newest first.

    `status` is a stored one or `target_paused`, `type` a glob over the type of the event.
    """

    status: str | None = None
    source_id: int | None = None
    target_id: int | None = None
    binding_id: int | None = None
    event_id: str | None = None
    type: str | None = None
    before: int = SEQ_MAX
    limit: int = 50


class DeliveryRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery, whole: its row, its event, its attempts in order."""

    delivery: Delivery
    event: Event
    attempts: tuple[Attempt, ...]


def page_deliveries(tx: Transaction, query: DeliveryQuery) -> list[Delivery]:
    """A page of deliveries, newest first."""
    wanted: dict[str, Any] = {
        "source_id": query.source_id,
        "target_id": query.target_id,
        "binding_id": query.binding_id,
        "event_id": query.event_id,
        "type": query.type,
        "before": query.before,
        "limit": query.limit,
    }
    if query.status is None:
        return [_delivery(row) for row in tx.all("page_deliveries", **wanted)]
    is_paused = query.status == TARGET_PAUSED
    statuses = (DeliveryStatus.PENDING, DeliveryStatus.FAILED) if is_paused else (DeliveryStatus(query.status),)
    found = [
        _delivery(row)
        for status in statuses
        for row in tx.all("page_deliveries_by_status", status=status, is_paused=int(is_paused), **wanted)
    ]
    return sorted(found, key=lambda delivery: -delivery.seq)[: query.limit]


def get_delivery(tx: Transaction, delivery_id: str, *, project_id: ProjectId = DEFAULT_PROJECT) -> DeliveryRecord:
    """One delivery, whole. Raises NotFound `delivery.not_found`."""
    row = tx.one("get_delivery", id=delivery_id, project_id=project_id)
    if row is None:
        raise NotFound("delivery.not_found", f"There is no delivery {delivery_id}. Retention may have removed it.")
    delivery = _delivery(row)
    return DeliveryRecord(
        delivery=delivery,
        event=get_event(tx, delivery.event_id, project_id=project_id),
        attempts=tuple(_attempt(found) for found in tx.all("attempts_of_delivery", seq=delivery.seq)),
    )


def deliveries_of_event(tx: Transaction, event_id: str, *, project_id: ProjectId = DEFAULT_PROJECT) -> list[Delivery]:
    """All deliveries of an event, in ledger order."""
    ids = [row[0] for row in tx.all("deliveries_of_event", id=event_id, project_id=project_id)]
    rows = [tx.one("get_delivery", id=delivery_id, project_id=project_id) for delivery_id in ids]
    return [_delivery(row) for row in rows if row is not None]


def _delivery(row: Row) -> Delivery:
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
