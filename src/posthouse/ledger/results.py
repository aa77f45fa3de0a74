"""Results: what a lane's attempts led to, written in one transaction.

For each result whose lease still stands: the pure rules judge it, the delivery moves, the attempt and the request's
body are recorded, the endpoint's and the target's health take the signal. One whose lease was lost changes nothing.
Deliveries that simply arrived at a well endpoint pass without a rule being asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from posthouse.ledger.base import Topic, Transaction, json_text
from posthouse.ledger.ends import gave_up_drafts, settle
from posthouse.ledger.events import Lease
from posthouse.ledger.health import WELL, EndpointHealth, draft_of, load_health, save_endpoint, save_target, tell_health
from posthouse.ledger.leases import Claim, claim, load_policies
from posthouse.ledger.own_events import Author, record_own
from posthouse.ledger.throughput import Ended, count_tries
from posthouse.model.bindings import Policy
from posthouse.model.deliveries import ENDED, AttemptResult, DeliveryStatus, OutcomeKind
from posthouse.model.events import EventDraft
from posthouse.model.ids import BindingId, EndpointId, Millis, ParcelId
from posthouse.model.targets import Health, HealthState
from posthouse.rules.health import (
    DEFAULT_POLICY,
    Tried,
    WentOffline,
    concurrency_of,
    judged_kind,
    scope_of,
    step,
)
from posthouse.rules.retry import Verdict, after_attempt

OFFLINE_CODE = "offline"
"""The outcome code of an attempt that this machine's own network failed."""

SHARED_EXCERPT_BYTES_MAX = 1_024
"""Of an answer that many deliveries share each keeps so much, so that a batch of a thousand does not keep it all so
often."""


class Completed(msgspec.Struct, frozen=True, kw_only=True):
    """What was written. `lost` are the seqs whose lease no longer stood."""

    endpoint: Health
    target: Health
    lost: frozenset[int]
    woken: frozenset[EndpointId]


def complete(
    tx: Transaction,
    endpoint_id: EndpointId,
    results: Sequence[AttemptResult],
    now: Millis,
    concurrency: int,
    author: Author,
) -> Completed:
    """Write the results of one endpoint's attempts, each at most once: its fence must still stand."""
    kept = _standing(tx, results)
    lost = frozenset(result.delivery.seq for result in results) - {result.delivery.seq for result in kept}
    before = load_health(tx, endpoint_id)
    policies = load_policies(tx, {result.delivery.binding_id for result in kept})
    refused = _refused_together(kept)
    verdicts = [
        _judge(result, _policy_of(result, policies), now, is_shared=result.delivery.parcel_id in refused)
        for result in kept
    ]
    after, drafts = _take_signals(before, kept, policies, now, concurrency)
    _write_rows(tx, kept, verdicts, now)
    if after.endpoint is not before.endpoint:
        save_endpoint(tx, endpoint_id, after.endpoint)
    if after.target is not before.target:
        save_target(tx, before.target_id, after.target)
    tell_health(tx, before, after, now)
    ended = {one.delivery.binding_id for one, verdict in zip(kept, verdicts, strict=True) if verdict.status in ENDED}
    settle(tx, ended, now)
    gave_up = [
        one.delivery.seq for one, verdict in zip(kept, verdicts, strict=True) if verdict.status is DeliveryStatus.DLQ
    ]
    drafts += gave_up_drafts(tx, gave_up)
    woken = record_own(tx, drafts, now, author, project_id=before.project_id)
    return Completed(endpoint=after.endpoint, target=after.target, lost=lost, woken=woken)


class Advanced(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of a lane: what its results led to (None where it had none), and what it may send next."""

    completed: Completed | None
    claim: Claim


def advance(
    tx: Transaction,
    endpoint_id: EndpointId,
    results: Sequence[AttemptResult],
    limit: int,
    under_way: int,
    lease: Lease,
    now: Millis,
    concurrency: int,
    jitter: float,
    author: Author,
) -> Advanced:
    """Write a lane's results and claim its next deliveries in one transaction.

    `limit`: how many requests it can make; `under_way`: how many it holds beside these results, which bounds what a
    resuming endpoint is given.
    """
    completed = complete(tx, endpoint_id, results, now, concurrency, author) if results else None
    known = completed or load_health(tx, endpoint_id)
    for health in (known.endpoint, known.target):
        if health.state is HealthState.RESUMING:
            limit = min(limit, max(concurrency_of(health, concurrency) - under_way, 0))
    return Advanced(completed=completed, claim=claim(tx, endpoint_id, limit, lease, now, jitter, author.fresh_id))


def _standing(tx: Transaction, results: Sequence[AttemptResult]) -> list[AttemptResult]:
    """Those whose lease still stands, the first of each lease."""
    leases = json_text([(result.delivery.seq, result.delivery.fence) for result in results])
    standing: list[int] = msgspec.json.decode(tx.value("standing_leases", leases=leases))
    first = {results[index].delivery.seq: index for index in sorted(standing, reverse=True)}
    return [results[index] for index in sorted(first.values())]


def _policy_of(result: AttemptResult, policies: dict[BindingId, Policy]) -> Policy:
    """The policy of its binding; where its kind takes no part in health, nothing that the binding says changes that."""
    policy = policies[result.delivery.binding_id]
    return policy if result.is_health_relevant else msgspec.structs.replace(policy, is_health_relevant=False)


def _refused_together(kept: Sequence[AttemptResult]) -> set[ParcelId | None]:
    """The parcels of several deliveries that were refused as a whole: whose fault it was cannot be told."""
    kinds: dict[ParcelId, list[OutcomeKind]] = {}
    for result in kept:
        if result.delivery.parcel_id is not None:
            kind = judged_kind(result.outcome.kind, is_check_passed=result.is_check_passed)
            kinds.setdefault(result.delivery.parcel_id, []).append(kind)
    return {one for one, found in kinds.items() if len(found) > 1 and set(found) == {OutcomeKind.REJECTED}}


def _judge(result: AttemptResult, policy: Policy, now: Millis, *, is_shared: bool) -> Verdict:
    delivery = result.delivery
    return after_attempt(
        outcome=result.outcome,
        policy=policy,
        charged=delivery.charged,
        is_due=delivery.is_due,
        is_probe=delivery.is_probe,
        is_check_passed=result.is_check_passed,
        is_shared=is_shared,
        available_at=delivery.available_at,
        now=now,
        jitter=result.jitter,
    )


def _take_signals(
    before: EndpointHealth,
    kept: Sequence[AttemptResult],
    policies: dict[BindingId, Policy],
    now: Millis,
    concurrency: int,
) -> tuple[EndpointHealth, list[EventDraft]]:
    """Both healths after the results, and the events that tell of it. What one request led to is felt once."""
    drafts: list[EventDraft] = []
    endpoint, target = before.endpoint, before.target
    felt: set[tuple[ParcelId, str]] = set()
    for result in kept:
        if result.delivery.parcel_id is not None:
            if (result.delivery.parcel_id, result.outcome.code) in felt:
                continue
            felt.add((result.delivery.parcel_id, result.outcome.code))
        outcome = result.outcome
        is_delivered = outcome.kind is OutcomeKind.DELIVERED
        if not result.is_health_relevant or (is_delivered and endpoint == WELL and target == WELL):
            continue
        signal = _signal(result, policies[result.delivery.binding_id])
        kind = judged_kind(outcome.kind, is_check_passed=result.is_check_passed)
        if is_delivered or scope_of(kind) == "target":
            target, effects = step(target, signal, now, DEFAULT_POLICY, lane_concurrency=concurrency)
            drafts += [draft_of(effect, before, scope="target") for effect in effects]
        if is_delivered or scope_of(kind) == "endpoint":
            endpoint, effects = step(endpoint, signal, now, DEFAULT_POLICY, lane_concurrency=concurrency)
            drafts += [draft_of(effect, before, scope="endpoint") for effect in effects]
    after = msgspec.structs.replace(
        before,
        endpoint=before.endpoint if endpoint == before.endpoint else endpoint,
        target=before.target if target == before.target else target,
    )
    return after, drafts


def _signal(result: AttemptResult, policy: Policy) -> Tried | WentOffline:
    outcome = result.outcome
    if outcome.code == OFFLINE_CODE:
        return WentOffline(jitter=result.jitter)
    return Tried(
        kind=outcome.kind,
        code=outcome.code,
        status_code=outcome.status_code,
        detail=outcome.detail,
        delivery_id=result.delivery.id,
        started_at=result.started_at,
        is_probe=result.delivery.is_probe,
        is_check_passed=result.is_check_passed,
        is_chargeable=outcome.is_chargeable,
        is_relevant=policy.is_health_relevant,
        jitter=result.jitter,
    )


def _write_rows(tx: Transaction, kept: Sequence[AttemptResult], verdicts: Sequence[Verdict], now: Millis) -> None:
    if not kept:
        return
    moves, attempts, bodies, excerpts, body_rows = [], [], [], [], []
    shared: dict[tuple[ParcelId, bytes], tuple[Any, ...]] = {}
    excerpt_at = body_at = 1
    for result, verdict in zip(kept, verdicts, strict=True):
        delivery, outcome = result.delivery, result.outcome
        ended_at = now if verdict.status in ENDED else None
        receipt = None if outcome.receipt is None else bytes(outcome.receipt).decode()
        moves.append(
            (delivery.seq, verdict.status, verdict.reason, verdict.available_at, delivery.charged + verdict.is_charged,
             ended_at, int(delivery.is_maybe_sent or outcome.is_maybe_sent), outcome.code, outcome.status_code, receipt)
        )  # fmt: skip
        excerpt = outcome.excerpt if delivery.parcel_id is None else outcome.excerpt[:SHARED_EXCERPT_BYTES_MAX]
        attempts.append(_attempt_row(result, verdict, excerpt_at, len(excerpt)))
        excerpts.append(excerpt)
        excerpt_at += len(excerpt)
        if result.request is not None and result.body_hash is not None:
            body, body_hash = result.request.body, result.body_hash
            if delivery.parcel_id is None:
                body_rows.append((delivery.event.project_id, delivery.event_seq, body_hash.hex(), body_at, len(body)))
            elif (delivery.parcel_id, body_hash) in shared:
                continue
            else:
                shared[delivery.parcel_id, body_hash] = (delivery.parcel_id, body_hash.hex(), body_at, len(body))
            bodies.append(body)
            body_at += len(body)
    tx.change("write_results", rows=json_text(moves), now=now)
    tx.change("insert_attempts", rows=json_text(attempts), excerpts=b"".join(excerpts))
    count_tries(tx, [_ended(result) for result in kept])
    tx.announce(Topic.LANES, {result.delivery.endpoint_id for result in kept})
    if body_rows:
        tx.change("insert_bodies", rows=json_text(body_rows), bodies=b"".join(bodies))
    if shared:
        tx.change("insert_parcel_bodies", rows=json_text(list(shared.values())), bodies=b"".join(bodies))
    parted = [result.delivery.seq for result, verdict in zip(kept, verdicts, strict=True) if verdict.is_parted]
    if parted:
        tx.change("part", seqs=json_text(parted))


def _attempt_row(result: AttemptResult, verdict: Verdict, excerpt_at: int, excerpt_size: int) -> tuple[Any, ...]:
    delivery, outcome, request = result.delivery, result.outcome, result.request
    return (
        delivery.event.project_id, delivery.seq, delivery.attempt, result.started_at, result.duration_ms, outcome.kind,
        outcome.code, outcome.status_code, outcome.detail, int(delivery.is_probe), int(verdict.is_charged),
        delivery.revision, request and request.method, request and request.url,
        None if request is None else json_text(request.headers), result.body_hash and result.body_hash.hex(),
        outcome.retry_after_s, excerpt_at, excerpt_size, delivery.parcel_id,
    )  # fmt: skip


def _ended(result: AttemptResult) -> Ended:
    event, is_delivered = result.delivery.event, result.outcome.kind is OutcomeKind.DELIVERED
    at = Millis(result.started_at + result.duration_ms)
    recorded_at = event.recorded_at if is_delivered else None
    return Ended(event.project_id, result.delivery.endpoint_id, at, result.duration_ms, recorded_at)
