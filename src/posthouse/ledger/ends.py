"""What follows when deliveries end: the next in a strict line goes, a closing binding closes, giving up is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from posthouse.ledger.base import Transaction, json_text
from posthouse.ledger.live import tell_configured
from posthouse.ledger.own_events import about_target
from posthouse.model.events import EventDraft, Severity
from posthouse.model.ids import BindingId, Millis
from posthouse.model.live import Configured


def settle(tx: Transaction, binding_ids: Iterable[BindingId], now: Millis) -> None:
    """Let the next of each strict line go, and remove closing bindings that have nothing left. Safe to repeat."""
    for binding_id in binding_ids:
        row = tx.one("binding_end_facts", binding_id=binding_id)
        if row is None:
            continue
        is_strict_order, state = row
        if is_strict_order:
            tx.change("promote_head", binding_id=binding_id)
        if state == "closing" and tx.value("count_unended", binding_id=binding_id) == 0:
            tx.change("close_binding", binding_id=binding_id)
            tell_configured(tx, Configured.BINDING, "removed", now, subject_id=binding_id)


def gave_up_drafts(tx: Transaction, seqs: Sequence[int]) -> list[EventDraft]:
    """The events that tell of deliveries given up; none for those that carried an own event."""
    if not seqs:
        return []
    drafts = []
    rows = tx.all("gave_up_facts", seqs=json_text(seqs))
    for delivery_id, event_id, event_type, target_id, target_name, attempts, reason, code, status_code in rows:
        data: dict[str, object] = {
            "delivery_id": delivery_id,
            "event_id": event_id,
            "event_type": event_type,
            "attempts": attempts,
            "reason": reason,
            "code": code,
            "status_code": status_code,
        }
        drafts.append(about_target("delivery.gave-up", target_id, target_name, data, severity=Severity.ERROR))
    return drafts
