"""A ledger without a database: lists and plain loops, to say what the real one must do.

It decides with the same pure rules (they have their own tests) and does everything else in the simplest way there is:
what waits, who is next, who holds what, what a crash leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from posthouse.ledger.events import Lease, NewEvent
from posthouse.model.bindings import Policy
from posthouse.model.deliveries import WAITING, AttemptResult, ClaimedDelivery, DeliveryStatus, OutcomeKind
from posthouse.model.ids import Millis
from posthouse.model.targets import Health
from posthouse.rules.health import DEFAULT_POLICY, Probed, Signal, Tried, is_probe_due, judged_kind, scope_of, step
from posthouse.rules.retry import Verdict, after_attempt, after_crash, clamp_due

CONCURRENCY = 8
FAR_AWAY = Millis(2**62)
UNENDED = WAITING | {DeliveryStatus.IN_FLIGHT}


@dataclass
class Row:
    """One delivery."""

    seq: int
    id: str
    event_id: str
    binding_id: int
    endpoint_id: int
    generation: int
    available_at: Millis
    expires_at: Millis | None
    supersede_key: str | None
    status: DeliveryStatus = DeliveryStatus.PENDING
    attempts: int = 0
    charged: int = 0
    fence: int = 0
    lease: Lease | None = None
    parcel: str | None = None
    """None: by itself; "": waits for others; else its parcel."""

    @property
    def is_waiting(self) -> bool:
        return self.status in WAITING


@dataclass
class Model:
    """What the ledger must hold."""

    policies: dict[int, Policy]
    endpoints: dict[int, int]
    """Each endpoint's target."""
    rows: list[Row] = field(default_factory=list)
    heads: dict[int, Row | None] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    endpoint_health: dict[int, Health] = field(default_factory=dict)
    target_health: dict[int, Health] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    """Of how many deliveries each parcel was made."""
    last_seq: int = 0
    own_events: int = 0
    events: int = 0

    def row(self, delivery_id: str) -> Row:
        return next(row for row in self.rows if row.id == delivery_id)

    def health_of(self, endpoint_id: int) -> tuple[Health, Health]:
        """An endpoint's health and its target's."""
        target_id = self.endpoints[endpoint_id]
        return self.endpoint_health.get(endpoint_id, Health()), self.target_health.get(target_id, Health())

    def insert(self, items: Sequence[NewEvent]) -> list[tuple[str, bool]]:
        """Each event's id, or that of the first with its key, and whether it was a duplicate."""
        answers, new_rows = [], []
        for item in items:
            event = item.event
            if event.key is not None and event.key in self.keys:
                answers.append((self.keys[event.key], True))
                continue
            if event.key is not None:
                self.keys[event.key] = event.id
            answers.append((event.id, False))
            self.events += 1
            self.last_seq += 1
            for new in item.deliveries:
                self.last_seq += 1
                row = Row(
                    seq=self.last_seq, id=new.id, event_id=event.id, binding_id=new.binding_id,
                    endpoint_id=new.endpoint_id, generation=1, available_at=new.available_at,
                    expires_at=new.expires_at, supersede_key=event.supersede_key,
                )  # fmt: skip
                if new.lease is not None:
                    self._lease(row, new.lease)
                elif self._batch_max(row) > 1:
                    row.parcel = ""
                self.rows.append(row)
                new_rows.append(row)
        now = items[0].event.recorded_at
        for row in new_rows:
            self._supersede_older_than(row, now)
        for row in new_rows:
            if row.parcel == "" and _wait_ms(self.policies[row.binding_id]):
                self._let_full_go(row.binding_id, now)
        self._promote()
        return answers

    def _supersede_older_than(self, newer: Row, now: Millis) -> None:
        for row in self.rows:
            is_same = (row.binding_id, row.supersede_key) == (newer.binding_id, newer.supersede_key)
            if row.supersede_key is None or not is_same or row.seq >= newer.seq:
                continue
            if row.is_waiting:
                row.status = DeliveryStatus.DISMISSED
            elif row.status is DeliveryStatus.IN_FLIGHT:
                row.expires_at = now

    def _batch_max(self, row: Row) -> int:
        return self.policies[row.binding_id].batch_max

    def _let_full_go(self, binding_id: int, now: Millis) -> None:
        """What is not due and fills parcels is due now."""
        size = self.policies[binding_id].batch_max
        resting = [row for row in self.rows if row.binding_id == binding_id and row.parcel == "" and row.is_waiting]
        resting = sorted((one for one in resting if one.available_at > now), key=_due_order)
        for row in resting[: len(resting) // size * size if size > 1 else 0]:
            row.available_at = now

    def claim(
        self, endpoint_id: int, limit: int, lease: Lease, now: Millis, fresh_id: Callable[[], str]
    ) -> list[list[Row]]:
        """What goes in each request."""
        endpoint, target = self.health_of(endpoint_id)
        if endpoint.is_paused or target.is_paused:
            row = self._probe(endpoint_id, endpoint, now) if not target.is_paused else None
            if row is None:
                return []
            return [self._take([row] if not row.parcel else self._mates(row, now), row, lease, fresh_id)]
        found: list[list[Row]] = []
        while len(found) < limit:
            due = [row for row in self._claimable(endpoint_id, now) if row.available_at <= now]
            if not due:
                break
            found.append(self._take(self._mates(due[0], now), due[0], lease, fresh_id))
        return found

    def _mates(self, first: Row, now: Millis) -> list[Row]:
        """A delivery and what goes with it."""
        ours = [row for row in self.rows if row.binding_id == first.binding_id and _is_timely(row, now)]
        if first.parcel is None:
            return [first]
        if first.parcel:
            return [row for row in ours if row.parcel == first.parcel and row.is_waiting]
        size = self._batch_max(first)
        if not self.policies[first.binding_id].is_strict_order:
            return sorted((row for row in ours if row.parcel == "" and row.is_waiting), key=_due_order)[:size]
        found = [first]
        for row in sorted(ours, key=lambda one: one.seq):
            if row.seq <= first.seq or row.status not in UNENDED:
                continue
            if row.parcel != "" or len(found) == size:
                break
            found.append(row)
        return found

    def _take(self, rows: list[Row], first: Row, lease: Lease, fresh_id: Callable[[], str]) -> list[Row]:
        parcel = first.parcel
        if not parcel or self.sizes[parcel] != len(rows):
            parcel = fresh_id() if len(rows) > 1 else None
        if parcel is not None:
            self.sizes[parcel] = len(rows)
        for row in rows:
            row.parcel = parcel
            self._lease(row, lease)
        return sorted(rows, key=lambda row: row.seq)

    def _probe(self, endpoint_id: int, health: Health, now: Millis) -> Row | None:
        candidates = self._claimable(endpoint_id, now)
        if not is_probe_due(health, now) or not candidates:
            return None
        met: set[str] = set()
        for row in list(candidates):
            if row.parcel and row.parcel in met:
                candidates.remove(row)
            met.add(row.parcel or "")
        place = (health.probed_available_at, health.probed_seq)
        row = next((one for one in candidates if (one.available_at, one.seq) > place), candidates[0])
        signal = Probed(available_at=row.available_at, seq=row.seq, jitter=0.0)
        self.endpoint_health[endpoint_id], _ = step(health, signal, now, DEFAULT_POLICY, lane_concurrency=1)
        return row

    def _claimable(self, endpoint_id: int, now: Millis) -> list[Row]:
        """What waits and may be sent, in due order."""
        found = [
            row
            for row in self.rows
            if row.endpoint_id == endpoint_id and row.is_waiting and _is_timely(row, now) and self._is_free(row)
        ]
        return sorted(found, key=_due_order)

    def _is_free(self, row: Row) -> bool:
        return not self.policies[row.binding_id].is_strict_order or self.heads.get(row.binding_id) is row

    def _lease(self, row: Row, lease: Lease) -> None:
        row.status, row.lease = DeliveryStatus.IN_FLIGHT, lease
        row.attempts += 1
        row.fence += 1

    def stands(self, delivery: ClaimedDelivery) -> bool:
        row = self.row(delivery.id)
        return row.status is DeliveryStatus.IN_FLIGHT and row.fence == delivery.fence

    def complete(self, endpoint_id: int, results: Iterable[AttemptResult], now: Millis) -> None:
        standing = [result for result in results if self.stands(result.delivery)]
        felt: set[tuple[str, str]] = set()
        for result in standing:
            delivery = result.delivery
            mates = [one for one in standing if one.delivery.parcel_id == delivery.parcel_id is not None]
            kinds = {judged_kind(one.outcome.kind, is_check_passed=one.is_check_passed) for one in mates}
            row, policy = self.row(delivery.id), self.policies[delivery.binding_id]
            verdict = after_attempt(
                outcome=result.outcome, policy=policy, charged=row.charged, is_due=delivery.is_due,
                is_probe=delivery.is_probe, is_check_passed=result.is_check_passed, available_at=row.available_at,
                now=now, jitter=0.0, is_shared=len(mates) > 1 and kinds == {OutcomeKind.REJECTED},
            )  # fmt: skip
            self._judge(row, verdict)
            if verdict.is_parted:
                row.parcel = None
            request = (delivery.parcel_id or delivery.id, result.outcome.code)
            if request not in felt:
                self._feel(endpoint_id, result, policy, now)
            felt.add(request)
        self._promote()

    def _feel(self, endpoint_id: int, result: AttemptResult, policy: Policy, now: Millis) -> None:
        outcome = result.outcome
        signal = Tried(
            kind=outcome.kind, code=outcome.code, status_code=outcome.status_code, detail=outcome.detail,
            delivery_id=result.delivery.id, started_at=result.started_at, is_probe=result.delivery.is_probe,
            is_check_passed=result.is_check_passed, is_chargeable=outcome.is_chargeable,
            is_relevant=policy.is_health_relevant, jitter=0.0,
        )  # fmt: skip
        scope = scope_of(judged_kind(outcome.kind, is_check_passed=result.is_check_passed))
        is_delivered = outcome.kind is OutcomeKind.DELIVERED
        if is_delivered or scope == "target":
            self.signal_target(self.endpoints[endpoint_id], signal, now)
        if is_delivered or scope == "endpoint":
            self.signal_endpoint(endpoint_id, signal, now)

    def signal_endpoint(self, endpoint_id: int, signal: Signal, now: Millis) -> None:
        before = self.endpoint_health.get(endpoint_id, Health())
        after, effects = step(before, signal, now, DEFAULT_POLICY, lane_concurrency=CONCURRENCY)
        self.endpoint_health[endpoint_id] = after
        self._tell(len(effects))

    def signal_target(self, target_id: int, signal: Signal, now: Millis) -> None:
        before = self.target_health.get(target_id, Health())
        after, effects = step(before, signal, now, DEFAULT_POLICY, lane_concurrency=CONCURRENCY)
        self.target_health[target_id] = after
        self._tell(len(effects))

    def recover(self, rows: Iterable[Row], now: Millis) -> None:
        for row in rows:
            policy = self.policies[row.binding_id]
            self._judge(row, after_crash(charged=row.charged, policy=policy, now=now, jitter=0.0))
        self._promote()

    def _judge(self, row: Row, verdict: Verdict) -> None:
        row.status, row.available_at, row.lease = verdict.status, verdict.available_at, None
        row.charged += verdict.is_charged
        if verdict.status is DeliveryStatus.DLQ:
            self._tell(1)

    def _tell(self, count: int) -> None:
        self.own_events += count
        self.last_seq += count

    def release(self, delivery: ClaimedDelivery) -> None:
        if self.stands(delivery):
            row = self.row(delivery.id)
            row.attempts -= 1
            row.status = DeliveryStatus.FAILED if row.attempts else DeliveryStatus.PENDING
            row.lease = None

    def expire(self, now: Millis) -> None:
        for row in self.rows:
            if row.is_waiting and row.expires_at is not None and row.expires_at <= now:
                row.status = DeliveryStatus.EXPIRED
        self._promote()

    def clamp(self, now: Millis) -> None:
        for row in self.rows:
            if row.is_waiting and self._is_free(row):
                row.available_at = min(row.available_at, clamp_due(FAR_AWAY, now, self.policies[row.binding_id]))

    def replay(self, delivery_id: str, new_id: str, now: Millis) -> None:
        row = self.row(delivery_id)
        ttl_s = self.policies[row.binding_id].time_to_live_s
        expires_at = None if ttl_s is None else Millis(now + round(ttl_s * 1000))
        if row.is_waiting:
            row.available_at = min(row.available_at, now)
        elif row.status is DeliveryStatus.DLQ:
            row.status, row.charged, row.available_at, row.expires_at = DeliveryStatus.PENDING, 0, now, expires_at
        elif row.status is not DeliveryStatus.IN_FLIGHT and self._is_newest(row):
            self.last_seq += 1
            changes: dict[str, Any] = {"generation": row.generation + 1, "available_at": now, "expires_at": expires_at}
            named = {"event_id": row.event_id, "binding_id": row.binding_id, "endpoint_id": row.endpoint_id}
            changes["parcel"] = "" if self._batch_max(row) > 1 else None
            self.rows.append(
                Row(seq=self.last_seq, id=new_id, supersede_key=row.supersede_key, **named, **changes)  # type: ignore[arg-type]
            )
        self._promote()

    def hasten(self, endpoint_id: int, now: Millis) -> None:
        for row in self.rows:
            if row.endpoint_id == endpoint_id and row.status is DeliveryStatus.FAILED and self._is_free(row):
                row.available_at = min(row.available_at, now)

    def _is_newest(self, row: Row) -> bool:
        same = (row.event_id, row.binding_id)
        return row.generation == max(one.generation for one in self.rows if (one.event_id, one.binding_id) == same)

    def dismiss(self, delivery_id: str) -> None:
        row = self.row(delivery_id)
        if row.is_waiting or row.status is DeliveryStatus.DLQ:
            row.status = DeliveryStatus.DISMISSED
        self._promote()

    def set_batch(self, binding_id: int, policy: Policy, now: Millis) -> None:
        self.policies[binding_id] = policy
        for row in self.rows:
            if row.binding_id == binding_id and row.status is DeliveryStatus.PENDING and not row.attempts:
                if row.parcel == "":
                    row.available_at = min(row.available_at, now)
                if not row.parcel:
                    row.parcel = "" if policy.batch_max > 1 else None

    def _promote(self) -> None:
        """Give every strict line a head that has not ended, if there is one."""
        for binding_id, policy in self.policies.items():
            head = self.heads.get(binding_id)
            if policy.is_strict_order and (head is None or head.status not in UNENDED):
                line = [row for row in self.rows if row.binding_id == binding_id and row.status in UNENDED]
                self.heads[binding_id] = min(line, key=lambda row: row.seq, default=None)


def _wait_ms(policy: Policy) -> int:
    """How long a delivery waits for others."""
    return round(policy.batch_wait_s * 1000)


def _due_order(row: Row) -> tuple[int, int]:
    return row.available_at, row.seq


def _is_timely(row: Row, now: Millis) -> bool:
    return row.expires_at is None or row.expires_at > now
