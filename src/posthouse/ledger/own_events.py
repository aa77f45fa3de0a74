"""The daemon's own events (source `posthouse`), recorded in the transaction of what they tell of.

Their routing is computed inside that transaction, since they arise there. An event about a target is correlated with
it, and never planned to that very target. The end of a delivery that carried an own event makes no further event, so
that two targets in trouble cannot keep telling each other about it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from posthouse.ledger.base import Transaction
from posthouse.ledger.bindings import routes
from posthouse.ledger.events import NewDelivery, NewEvent, insert
from posthouse.ledger.live import tell
from posthouse.model.events import Event, EventDraft, Severity
from posthouse.model.ids import DEFAULT_PROJECT, DeliveryId, EndpointId, EventId, Millis, ProjectId, TargetId
from posthouse.rules.live import own_entry
from posthouse.rules.routing import ABOUT_TARGET, plan

VERSION = 1
OWN_SOURCE = "posthouse"


class Author(msgspec.Struct, frozen=True, kw_only=True):
    """Who writes: the machine's name, and where fresh UUIDv7 ids come from."""

    machine: str
    fresh_id: Callable[[], str]


def about_target(
    event_type: str,
    target_id: TargetId,
    target_name: str,
    data: dict[str, object],
    *,
    severity: Severity = Severity.WARNING,
) -> EventDraft:
    """An own event that tells of a target."""
    body = {"version": VERSION, "target": target_name, "target_id": target_id, **data}
    return EventDraft(
        type=event_type,
        severity=severity,
        subject=target_name,
        correlation_key=f"{ABOUT_TARGET}{target_id}",
        data=msgspec.Raw(msgspec.json.encode(body)),
    )


def about_daemon(event_type: str, data: dict[str, object], *, severity: Severity = Severity.INFO) -> EventDraft:
    """An own event that tells of the daemon or one of its sources."""
    return EventDraft(
        type=event_type, severity=severity, data=msgspec.Raw(msgspec.json.encode({"version": VERSION, **data}))
    )


def record_own(
    tx: Transaction,
    drafts: Sequence[EventDraft],
    now: Millis,
    author: Author,
    *,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> frozenset[EndpointId]:
    """Write own events with their deliveries, and say so in the live log.

    Answers the endpoints that now have something waiting.
    """
    if not drafts:
        return frozenset()
    for draft in drafts:
        told = own_entry(draft, now)
        if told is not None:
            tell(tx, told[0], now, level=told[1], project_id=project_id)
    row = tx.one("own_source", project_id=project_id)
    if row is None:
        return frozenset()
    source_id = row[0]
    routing, by_source = routes(tx)
    items, woken = [], set()
    for draft in drafts:
        event = Event(
            id=EventId(author.fresh_id()),
            project_id=project_id,
            source_id=source_id,
            machine=author.machine,
            type=draft.type,
            at=draft.at or now,
            recorded_at=now,
            severity=draft.severity,
            subject=draft.subject,
            data=draft.data,
            correlation_key=draft.correlation_key,
        )
        deliveries = []
        strict = {route.binding_id: route.is_strict_order for route in by_source.get(source_id, ())}
        for planned in plan(event, by_source.get(source_id, ()), source_name=OWN_SOURCE, is_staggered=False):
            woken.add(planned.endpoint_id)
            deliveries.append(
                NewDelivery(
                    id=DeliveryId(author.fresh_id()),
                    binding_id=planned.binding_id,
                    endpoint_id=planned.endpoint_id,
                    revision=planned.revision,
                    available_at=planned.available_at,
                    expires_at=planned.expires_at,
                    is_strict_order=strict[planned.binding_id],
                    is_unjudged=planned.is_unjudged,
                    batch_max=planned.batch_max,
                )
            )
        items.append(NewEvent(event=event, deliveries=tuple(deliveries), routing=routing))
    insert(tx, items)
    return frozenset(woken)
