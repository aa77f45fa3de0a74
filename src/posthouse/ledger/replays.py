"""Replay and dismissal: what a person decides over single deliveries, or over all that a filter finds.

    replay   dlq                                      the same row, with a fresh budget
             delivered, dismissed, expired, withheld  the next generation, a new row
             pending, failed                          due now
    dismiss  pending, failed, dlq                     ended
    hasten   failed                                   due now, when its target was resumed or reconnected

Anything else is skipped with its reason. A replay uses the binding's newest revision and may outlive the event's own
time limit, since a person asked for it now; the binding's time to live counts afresh.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from posthouse.ledger.base import Row, Topic, Transaction, json_text
from posthouse.ledger.ends import settle
from posthouse.ledger.events import BEHIND, NO_LINE
from posthouse.model.deliveries import DeliveryStatus
from posthouse.model.ids import DEFAULT_PROJECT, BindingId, EndpointId, Millis, ProjectId

BY_HAND = "by_hand"

HASTEN_STEP = 1_000
"""How many retries are hastened in one transaction, so that a million of them hold nobody up."""


class Skipped(msgspec.Struct, frozen=True):
    """A delivery that was left as it is. `reason`: in_flight, binding_removed, replayed_already, ended, not_found."""

    id: str
    reason: str


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """What was done. `woken` are the endpoints concerned."""

    changed: int
    skipped: tuple[Skipped, ...]
    woken: frozenset[EndpointId]


def replay(
    tx: Transaction,
    ids: Sequence[str],
    now: Millis,
    fresh_id: Callable[[], str],
    *,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> Changed:
    """Send these deliveries (500 at most in one call) again or sooner; one that is named twice, once."""
    ids = list(dict.fromkeys(ids))
    rows = tx.all("find_deliveries", ids=json_text(ids), project_id=project_id)
    skipped = _missing(ids, rows)
    woken: set[EndpointId] = set()
    lines: set[BindingId] = set()
    for row in sorted(rows):
        reason = _replay_one(tx, row, now, fresh_id)
        if reason is None:
            woken.add(row[5])
            lines.add(row[4])
        else:
            skipped.append(Skipped(row[1], reason))
    settle(tx, lines, now)
    tx.announce(Topic.LANES, woken)
    return Changed(changed=len(ids) - len(skipped), skipped=tuple(skipped), woken=frozenset(woken))


def _replay_one(tx: Transaction, row: Row, now: Millis, fresh_id: Callable[[], str]) -> str | None:
    """Replay one row of `find_deliveries`; why not, where it was left."""
    seq, _, _, _, _, _, status, generation, _, _, revision, state, ttl_s, is_strict, newest, _ = row
    if state == "removed":
        return "binding_removed"
    expires_at = None if ttl_s is None else now + round(ttl_s * 1000)
    in_line = BEHIND if is_strict else NO_LINE
    match DeliveryStatus(status):
        case DeliveryStatus.IN_FLIGHT:
            return "in_flight"
        case DeliveryStatus.PENDING | DeliveryStatus.FAILED:
            tx.change("hasten", seq=seq, now=now)
        case DeliveryStatus.DLQ:
            tx.change("revive", seq=seq, now=now, expires_at=expires_at, revision=revision, in_line=in_line)
        case DeliveryStatus.DELIVERED | DeliveryStatus.DISMISSED | DeliveryStatus.EXPIRED | DeliveryStatus.WITHHELD:
            if newest != generation:
                return "replayed_already"
            tx.change(
                "next_generation",
                seq=seq,
                new_seq=tx.all("where_the_ledger_stands")[0][1] + 1,
                id=fresh_id(),
                now=now,
                expires_at=expires_at,
                revision=revision,
                in_line=in_line,
            )
    return None


def dismiss(tx: Transaction, ids: Sequence[str], now: Millis, *, project_id: ProjectId = DEFAULT_PROJECT) -> Changed:
    """End these deliveries (500 at most in one call) unsent."""
    ids = list(dict.fromkeys(ids))
    rows = tx.all("find_deliveries", ids=json_text(ids), project_id=project_id)
    skipped = _missing(ids, rows)
    ending = []
    for row in rows:
        match DeliveryStatus(row[6]):
            case DeliveryStatus.PENDING | DeliveryStatus.FAILED | DeliveryStatus.DLQ:
                ending.append(row)
            case DeliveryStatus.IN_FLIGHT:
                skipped.append(Skipped(row[1], "in_flight"))
            case _:
                skipped.append(Skipped(row[1], "ended"))
    if ending:
        tx.change("dismiss", seqs=json_text([row[0] for row in ending]), reason=BY_HAND, now=now)
        settle(tx, {row[4] for row in ending}, now)
        tx.announce(Topic.LANES, {row[5] for row in ending})
    return Changed(changed=len(ending), skipped=tuple(skipped), woken=frozenset(EndpointId(row[5]) for row in ending))


def hasten_failed(tx: Transaction, endpoint_id: EndpointId, now: Millis, *, limit: int = HASTEN_STEP) -> bool:
    """Let up to `limit` of an endpoint's retries be due now, the soonest first; whether those were all.

    What they were charged stands. Deliveries that were never tried keep their time, which is the binding's. Safe to
    repeat.
    """
    hastened = tx.change("hasten_failed", endpoint_id=endpoint_id, now=now, limit=limit)
    if hastened:
        tx.announce(Topic.LANES, (endpoint_id,))
    return hastened < limit


def join_line(tx: Transaction, binding_id: BindingId, now: Millis, *, is_strict_order: bool) -> None:
    """Put what a binding has waiting in line, or free it, after its order was changed."""
    tx.change("join_line", binding_id=binding_id, in_line=BEHIND if is_strict_order else NO_LINE)
    settle(tx, [binding_id], now)


def _missing(ids: Sequence[str], rows: Sequence[Row]) -> list[Skipped]:
    found = {row[1] for row in rows}
    return [Skipped(one, "not_found") for one in ids if one not in found]
