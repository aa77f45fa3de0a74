"""Leases: deliveries claimed by a lane, given back, or taken from one that is gone.

A claim raises the row's fence; whoever writes a result must still hold that number (`results.complete`). Leases last
60 s, longer than any request may take. Those of another instance are recovered at start, under the home's guard;
those of this one when their time on the monotonic clock is over. Either way the delivery counts as tried.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from posthouse.ledger.base import Row, Topic, Transaction, json_text
from posthouse.ledger.ends import gave_up_drafts, settle
from posthouse.ledger.events import Lease
from posthouse.ledger.health import load_health, save_endpoint
from posthouse.ledger.own_events import Author, record_own
from posthouse.model.bindings import Policy
from posthouse.model.deliveries import ENDED, ClaimedDelivery, DeliveryStatus, OutcomeKind
from posthouse.model.ids import BindingId, EndpointId, Millis
from posthouse.model.targets import Health
from posthouse.rules.health import DEFAULT_POLICY, Probed, is_probe_due, step
from posthouse.rules.retry import INTERRUPTED, after_crash, clamp_due

LEASE_S = 60.0
CHUNK = 500
FAR_AWAY = Millis(2**62)
INTERRUPTED_DETAIL = "The daemon stopped while this was being sent; it may have arrived."

_claimed = msgspec.json.Decoder(list[ClaimedDelivery], strict=False)


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What a lane got. `next_due_at`: when the first of those still waiting is due, None where nothing waits."""

    deliveries: list[ClaimedDelivery]
    endpoint: Health
    target: Health
    next_due_at: Millis | None


def claim(tx: Transaction, endpoint_id: EndpointId, limit: int, lease: Lease, now: Millis, jitter: float) -> Claim:
    """Lease up to `limit` due deliveries of an endpoint; of a paused one none but a probe that is due."""
    health = load_health(tx, endpoint_id)
    endpoint = health.endpoint
    if health.is_paused:
        probe: list[ClaimedDelivery] = []
        if not health.target.is_paused and is_probe_due(endpoint, now):
            probe, endpoint = _claim_probe(tx, endpoint_id, endpoint, lease, now, jitter)
        return Claim(deliveries=probe, endpoint=endpoint, target=health.target, next_due_at=None)
    seqs = tx.value("claimable", endpoint_id=endpoint_id, now=now, limit=limit) if limit > 0 else "[]"
    deliveries = _lease(tx, seqs, lease, now, is_probe=False) if seqs != "[]" else []
    if deliveries:
        tx.announce(Topic.LANES, (endpoint_id,))
    next_due_at = tx.value("next_due", endpoint_id=endpoint_id, now=now)
    return Claim(deliveries=deliveries, endpoint=endpoint, target=health.target, next_due_at=next_due_at)


def _claim_probe(
    tx: Transaction, endpoint_id: EndpointId, health: Health, lease: Lease, now: Millis, jitter: float
) -> tuple[list[ClaimedDelivery], Health]:
    """One delivery, another one than the last probe took: the next in the due order, around its end."""
    seq = tx.value(
        "next_probed", endpoint_id=endpoint_id, available_at=health.probed_available_at, seq=health.probed_seq, now=now
    )
    if seq is None:
        seq = tx.value("next_probed", endpoint_id=endpoint_id, available_at=0, seq=0, now=now)
    if seq is None:
        return [], health
    deliveries = _lease(tx, f"[{seq}]", lease, now, is_probe=True)
    place = Probed(available_at=deliveries[0].available_at, seq=seq, jitter=jitter)
    probed, _ = step(health, place, now, DEFAULT_POLICY, lane_concurrency=1)
    save_endpoint(tx, endpoint_id, probed)
    tx.announce(Topic.LANES, (endpoint_id,))
    return deliveries, probed


def _lease(tx: Transaction, seqs: str, lease: Lease, now: Millis, *, is_probe: bool) -> list[ClaimedDelivery]:
    tx.change("mark_claimed", seqs=seqs, owner=lease.owner, until=lease.until, now=now)
    [(text, receipts)] = tx.all("read_claimed", seqs=seqs, now=now, is_probe=int(is_probe))
    found = _claimed.decode(text)
    if receipts:
        found = _with_receipts(tx, found, seqs)
    found.sort(key=lambda delivery: (delivery.available_at, delivery.seq))
    return found


def _with_receipts(tx: Transaction, found: list[ClaimedDelivery], seqs: str) -> list[ClaimedDelivery]:
    """The same with their receipts, which msgspec cannot decode as one of `Raw | None`."""
    receipts = {seq: msgspec.Raw(text.encode()) for seq, text in tx.all("read_receipts", seqs=seqs)}
    return [msgspec.structs.replace(one, receipt=receipts.get(one.seq)) for one in found]


def release(tx: Transaction, deliveries: Sequence[ClaimedDelivery], now: Millis) -> int:
    """Give unsent deliveries back uncharged; how many of the leases still stood."""
    tx.announce(Topic.LANES, {one.endpoint_id for one in deliveries})
    return tx.change("release", leases=json_text([(one.seq, one.fence) for one in deliveries]), now=now)


class Recovered(msgspec.Struct, frozen=True, kw_only=True):
    """How many deliveries were taken back, and the endpoints they now wait for."""

    count: int
    woken: frozenset[EndpointId]


def recover(
    tx: Transaction, owner: str, monotonic_ms: int | None, now: Millis, jitter: float, author: Author
) -> Recovered:
    """Take back at most 500 leases: other instances' (`monotonic_ms` None), or this one's that ended before it.

    Each counts as a try that was interrupted. Call again until `count` is 0.
    """
    if monotonic_ms is None:
        rows = tx.all("orphaned_leases", owner=owner, limit=CHUNK)
    else:
        rows = tx.all("expired_leases", owner=owner, monotonic_ms=monotonic_ms, limit=CHUNK)
    policies = load_policies(tx, {row[2] for row in rows})
    results, attempts, gave_up = [], [], []
    for seq, project_id, binding_id, charged, number, revision, started_at, _, _ in rows:
        verdict = after_crash(charged=charged, policy=policies[binding_id], now=now, jitter=jitter)
        ended_at = now if verdict.status in ENDED else None
        results.append(
            (
                seq,
                verdict.status,
                verdict.reason,
                verdict.available_at,
                charged + 1,
                ended_at,
                1,
                INTERRUPTED,
                None,
                None,
            )
        )
        attempts.append(
            (project_id, seq, number, started_at, 0, OutcomeKind.TRANSIENT, INTERRUPTED, None, INTERRUPTED_DETAIL, 0, 1,
             revision, None, None, None, None, None, 1, 0)
        )  # fmt: skip
        if verdict.status is DeliveryStatus.DLQ:
            gave_up.append((seq, binding_id))
    if rows:
        tx.change("write_results", rows=json_text(results), now=now)
        tx.change("insert_attempts", rows=json_text(attempts), excerpts=b"")
        tx.announce(Topic.LANES, {row[8] for row in rows})
    settle(tx, {binding_id for _, binding_id in gave_up}, now)
    told = record_own(tx, gave_up_drafts(tx, [seq for seq, _ in gave_up]), now, author)
    return Recovered(count=len(rows), woken=told.union(row[8] for row in rows))


def next_lease_end(tx: Transaction, owner: str) -> int | None:
    """When the first lease of this instance ends, in milliseconds on its monotonic clock."""
    found: int | None = tx.value("next_lease_end", owner=owner)
    return found


def load_policies(tx: Transaction, binding_ids: set[BindingId]) -> dict[BindingId, Policy]:
    """The policies of some bindings."""
    rows = tx.all("binding_policies", ids=json_text(sorted(binding_ids)))
    return {row[0]: policy_of(row[1:]) for row in rows}


def policy_of(row: Row) -> Policy:
    """The policy in a row of its five columns."""
    schedule, kinds, time_to_live_s, is_health_relevant, is_strict_order = row
    return Policy(
        retry_schedule_s=tuple(msgspec.json.decode(schedule)),
        retry_kinds=tuple(OutcomeKind(kind) for kind in msgspec.json.decode(kinds)),
        time_to_live_s=time_to_live_s,
        is_health_relevant=bool(is_health_relevant),
        is_strict_order=bool(is_strict_order),
    )


def clamp_far_due(tx: Transaction, now: Millis) -> int:
    """Pull due times that the clock's jump left beyond their policies' longest wait back to it; how many."""
    rows = tx.all("bindings_of_endpoints")
    policies = load_policies(tx, {row[1] for row in rows})
    return sum(
        tx.change(
            "clamp_due",
            endpoint_id=endpoint_id,
            binding_id=binding_id,
            latest=clamp_due(FAR_AWAY, now, policies[binding_id]),
            now=now,
        )
        for endpoint_id, binding_id in rows
    )


def endpoints_due(tx: Transaction) -> frozenset[EndpointId]:
    """Every endpoint that has something waiting."""
    return frozenset(row[0] for row in tx.all("endpoints_due"))
