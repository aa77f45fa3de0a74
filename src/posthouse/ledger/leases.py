"""Leases: deliveries claimed by a lane, given back, or taken from one that is gone.

A claim raises the row's fence; whoever writes a result must still hold that number (`results.complete`). Leases last
60 s, longer than any request may take. Those of another instance are recovered at start, under the home's guard;
those of this one when their time on the monotonic clock is over. Either way the delivery counts as tried.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from msgspec.structs import replace

from posthouse.ledger.base import Row, Topic, Transaction, json_text
from posthouse.ledger.ends import gave_up_drafts, settle
from posthouse.ledger.events import Lease
from posthouse.ledger.health import load_health, save_endpoint
from posthouse.ledger.own_events import Author, record_own
from posthouse.ledger.parcels import Together, take_due, take_probe
from posthouse.ledger.throughput import Ended, count_tries
from posthouse.model.bindings import Policy
from posthouse.model.deliveries import ENDED, ClaimedDelivery, ClaimedParcel, DeliveryStatus, OutcomeKind
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

    parcels: list[ClaimedParcel]
    endpoint: Health
    target: Health
    next_due_at: Millis | None

    @property
    def deliveries(self) -> list[ClaimedDelivery]:
        """All that its parcels hold."""
        return [delivery for parcel in self.parcels for delivery in parcel.deliveries]


def claim(
    tx: Transaction,
    endpoint_id: EndpointId,
    limit: int,
    lease: Lease,
    now: Millis,
    jitter: float,
    fresh_id: Callable[[], str],
) -> Claim:
    """Lease due deliveries of an endpoint, for up to `limit` requests; of a paused one none but a probe that is due."""
    health = load_health(tx, endpoint_id)
    endpoint = health.endpoint
    if health.is_paused:
        probe: list[ClaimedParcel] = []
        if not health.target.is_paused and is_probe_due(endpoint, now):
            probe, endpoint = _claim_probe(tx, endpoint_id, endpoint, lease, now, jitter, fresh_id)
        return Claim(parcels=probe, endpoint=endpoint, target=health.target, next_due_at=None)
    parcels: list[ClaimedParcel] = []
    if limit > 0:
        [(seqs, joined)] = tx.all("claimable", endpoint_id=endpoint_id, now=now, limit=limit)
        if joined:
            parcels = _claim_parcels(tx, endpoint_id, limit, lease, now, fresh_id)
        elif seqs != "[]":
            parcels = _claim_single(tx, seqs, lease, now)
    if parcels:
        tx.announce(Topic.LANES, (endpoint_id,))
    next_due_at = tx.value("next_due", endpoint_id=endpoint_id, now=now)
    return Claim(parcels=parcels, endpoint=endpoint, target=health.target, next_due_at=next_due_at)


def _claim_probe(
    tx: Transaction,
    endpoint_id: EndpointId,
    health: Health,
    lease: Lease,
    now: Millis,
    jitter: float,
    fresh_id: Callable[[], str],
) -> tuple[list[ClaimedParcel], Health]:
    """One delivery, another one than the last probe took: the next in the due order, around its end."""
    row = tx.one(
        "next_probed", endpoint_id=endpoint_id, available_at=health.probed_available_at, seq=health.probed_seq, now=now
    ) or tx.one("next_probed", endpoint_id=endpoint_id, available_at=0, seq=0, now=now)
    if row is None:
        return [], health
    seq, available_at = row
    taken = _Taken(tx, lease, now)
    take_probe(tx, seq, now, fresh_id, taken.take)
    probed, _ = step(
        health, Probed(available_at=available_at, seq=seq, jitter=jitter), now, DEFAULT_POLICY, lane_concurrency=1
    )
    save_endpoint(tx, endpoint_id, probed)
    tx.announce(Topic.LANES, (endpoint_id,))
    return taken.read(is_probe=True), probed


def _claim_single(tx: Transaction, seqs: str, lease: Lease, now: Millis) -> list[ClaimedParcel]:
    """All at once, each by itself."""
    tx.change("mark_claimed", seqs=seqs, owner=lease.owner, until=lease.until, now=now)
    found = _read_claimed(tx, seqs, now, is_probe=False)
    found.sort(key=lambda delivery: (delivery.available_at, delivery.seq))
    return [ClaimedParcel((delivery,)) for delivery in found]


def _claim_parcels(
    tx: Transaction, endpoint_id: EndpointId, limit: int, lease: Lease, now: Millis, fresh_id: Callable[[], str]
) -> list[ClaimedParcel]:
    """One request after another, each with what may go with it."""
    taken = _Taken(tx, lease, now)
    take_due(tx, endpoint_id, limit, now, fresh_id, taken.take)
    return taken.read(is_probe=False)


class _Taken:
    """What one claim takes, request by request; it is read at the end, all at once."""

    def __init__(self, tx: Transaction, lease: Lease, now: Millis) -> None:
        self._tx = tx
        self._lease = lease
        self._now = now
        self._requests: list[Together] = []

    def take(self, together: Together) -> None:
        """Lease what goes together."""
        self._tx.change(
            "mark_parcel", seqs=json_text(together.seqs), parcel_id=together.parcel_id, owner=self._lease.owner,
            until=self._lease.until, now=self._now,
        )  # fmt: skip
        self._requests.append(together)

    def read(self, *, is_probe: bool) -> list[ClaimedParcel]:
        """What was taken, with all that sending it needs, in the order in which it was taken."""
        seqs = json_text([seq for request in self._requests for seq in request.seqs])
        found = {one.seq: one for one in _read_claimed(self._tx, seqs, self._now, is_probe=is_probe)}
        return [
            ClaimedParcel(
                tuple(
                    found[seq] if one.parcel_id is None else replace(found[seq], parcel_id=one.parcel_id)
                    for seq in one.seqs
                )
            )
            for one in self._requests
        ]


def _read_claimed(tx: Transaction, seqs: str, now: Millis, *, is_probe: bool) -> list[ClaimedDelivery]:
    [(text, receipts)] = tx.all("read_claimed", seqs=seqs, now=now, is_probe=int(is_probe))
    found = _claimed.decode(text)
    return _with_receipts(tx, found, seqs) if receipts else found


def _with_receipts(tx: Transaction, found: list[ClaimedDelivery], seqs: str) -> list[ClaimedDelivery]:
    """The same with their receipts, which msgspec cannot decode as one of `Raw | None`."""
    receipts = {seq: msgspec.Raw(text.encode()) for seq, text in tx.all("read_receipts", seqs=seqs)}
    return [replace(one, receipt=receipts.get(one.seq)) for one in found]


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
    """Take back about 500 leases: other instances' (`monotonic_ms` None), or this one's that ended before it.

    Parcels are taken back whole. Each lease counts as a try that was interrupted. Call again until `count` is 0.
    """
    if monotonic_ms is None:
        rows = tx.all("orphaned_leases", owner=owner, limit=CHUNK)
    else:
        rows = tx.all("expired_leases", owner=owner, monotonic_ms=monotonic_ms, limit=CHUNK)
    policies = load_policies(tx, {row[2] for row in rows})
    results, attempts, gave_up = [], [], []
    for seq, project_id, binding_id, charged, number, revision, started_at, _, _, parcel_id in rows:
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
             revision, None, None, None, None, None, 1, 0, parcel_id or None)
        )  # fmt: skip
        if verdict.status is DeliveryStatus.DLQ:
            gave_up.append((seq, binding_id))
    if rows:
        tx.change("write_results", rows=json_text(results), now=now)
        tx.change("insert_attempts", rows=json_text(attempts), excerpts=b"")
        # Begun at row[6], project row[1]; nobody knows how long it took.
        count_tries(tx, [Ended(row[1], row[8], row[6], 0, None) for row in rows])
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
    """The policy in a row of its eight columns."""
    schedule, kinds, time_to_live_s, is_health_relevant, is_strict_order, batch_max, batch_wait_s, is_notification = row
    return Policy(
        retry_schedule_s=tuple(msgspec.json.decode(schedule)),
        retry_kinds=tuple(OutcomeKind(kind) for kind in msgspec.json.decode(kinds)),
        time_to_live_s=time_to_live_s,
        is_health_relevant=bool(is_health_relevant),
        is_strict_order=bool(is_strict_order),
        batch_max=batch_max,
        batch_wait_s=batch_wait_s,
        is_notification=bool(is_notification),
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


def hold_until(tx: Transaction, until: Millis, now: Millis) -> frozenset[EndpointId]:
    """Let what quiet hours hold back go at `until`; the endpoints that have any."""
    return frozenset(row[0] for row in tx.all("release_quiet", until=until, now=now))


def endpoints_due(tx: Transaction) -> frozenset[EndpointId]:
    """Every endpoint that has something waiting."""
    return frozenset(row[0] for row in tx.all("endpoints_due"))
