"""The real ledger beside the simple model: whatever is done to both in any order, both hold the same afterwards.

Functions run on the real file, without the write thread (it has its own tests) and without waiting for the disk. A
crash closes the connection without giving anything back.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any, ClassVar

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from posthouse.ledger import events, health, leases, replays, results, retention
from posthouse.ledger.binding_changes import BindingChange, edit_binding
from posthouse.ledger.bindings import routes
from posthouse.ledger.events import Lease, NewDelivery, NewEvent
from posthouse.ledger.own_events import Author
from posthouse.model.deliveries import AttemptResult, ClaimedDelivery, DeliveryStatus, OutcomeKind
from posthouse.model.events import Event
from posthouse.model.ids import DEFAULT_PROJECT, BindingId, DeliveryId, EndpointId, EventId, Millis, SourceId, TargetId
from posthouse.rules.health import PausedByHand, Reconnected, ResumedByHand, Signal
from posthouse.rules.routing import plan
from tests.clock import ManualClock
from tests.ledger.books import BINDINGS, ENDPOINTS, GATHERED, LINED, STRICT, Books, make_template
from tests.ledger.engines import FAULTS
from tests.ledger.model import CONCURRENCY, UNENDED, Model
from tests.ledger.scene import LEASE_MS, tried

ROWS = """
    SELECT d.seq, d.id, e.id, d.binding_id, d.endpoint_id, d.generation, d.available_at, d.expires_at, d.supersede_key,
        d.status, d.attempts, d.charged, d.fence, d.lease_owner, d.lease_until,
        d.in_line = 2 AND d.status IN ('pending', 'failed', 'in_flight'), d.parcel_id
    FROM deliveries AS d JOIN events AS e ON e.seq = d.event_seq ORDER BY d.seq
"""
TRIES = """
    SELECT d.id FROM deliveries AS d
    WHERE d.attempts - (d.status = 'in_flight') <> (SELECT count(*) FROM attempts AS a WHERE a.delivery_seq = d.seq)
"""

kinds = st.sampled_from(OutcomeKind)
outcomes = st.sampled_from([OutcomeKind.TRANSIENT, OutcomeKind.TRANSIENT, OutcomeKind.DELIVERED, OutcomeKind.REJECTED])
endpoint_ids = st.sampled_from(sorted(ENDPOINTS)).map(EndpointId)
signals: st.SearchStrategy[Signal] = st.sampled_from([PausedByHand(), ResumedByHand(), ResumedByHand(), Reconnected()])


class LedgerMachine(RuleBasedStateMachine):
    """What people, lanes, clocks and crashes may do, in any order."""

    claims = Bundle("claims")
    deliveries = Bundle("deliveries")
    template: Path
    met: ClassVar[set[str]] = set()
    """Every status that any run came upon: what was never met was not compared either."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="posthouse-model-")
        path = Path(self.folder.name) / "ledger.db"
        shutil.copy(self.template, path)
        self.books = Books(path)
        self.model = Model({number: policy for number, (_, _, policy) in BINDINGS.items()}, ENDPOINTS)
        self.clock = ManualClock()
        self.instance = 1
        self.carried: dict[str, list[str]] = {}
        self.author = Author(machine="here", fresh_id=self.clock.uuid7)

    @property
    def now(self) -> Millis:
        return self.clock.now()

    @property
    def monotonic_ms(self) -> int:
        return round(self.clock.monotonic_s() * 1000)

    def lease(self) -> Lease:
        return Lease(owner=f"instance {self.instance}", until=self.monotonic_ms + LEASE_MS)

    @rule(
        target=deliveries,
        types=st.lists(
            st.sampled_from(["all", "plain", "strict", "timed", "gathered", "gathered", "lined"]),
            min_size=1,
            max_size=4,
        ),
        keys=st.lists(st.sampled_from([None, "a", "b"]), min_size=4, max_size=4),
        supersede_key=st.sampled_from([None, None, "s"]),
        expires_in_s=st.sampled_from([None, None, 5, 100]),
    )
    def insert(
        self, types: list[str], keys: list[str | None], supersede_key: str | None, expires_in_s: int | None
    ) -> Any:
        expires_at = None if expires_in_s is None else Millis(self.now + 1000 * expires_in_s)
        drafts = [
            self.draft(one, key=key, supersede_key=supersede_key, expires_at=expires_at)
            for one, key in zip(types, keys, strict=False)
        ]
        return self.write(drafts)

    @rule(target=claims)
    def insert_in_flight(self) -> Any:
        endpoint, target = self.model.health_of(1)
        if endpoint.is_paused or target.is_paused:
            return multiple()
        draft = self.draft("plain", lease=self.lease())
        [inserted] = self.books.run(events.insert, [draft])
        self.model.insert([draft])
        assert [one.id for one in inserted.claimed] == [new.id for new in draft.deliveries]
        return multiple(*inserted.claimed)

    @rule()
    def insert_and_crash_before_the_commit(self) -> None:
        self.books.crash(events.insert, [self.draft("all", key="lost")])
        self.restart()

    @rule(target=claims, endpoint_id=endpoint_ids, limit=st.integers(0, 4))
    def claim(self, endpoint_id: EndpointId, limit: int) -> Any:
        return multiple(*self.claim_both(endpoint_id, limit))

    @rule(
        claimed=st.lists(consumes(claims), min_size=1, max_size=4),
        kind=kinds,
        other=kinds,
        is_check_passed=st.sampled_from([None, True, False]),
        is_chargeable=st.sampled_from([True, True, True, False]),
        took_s=st.sampled_from([0, 1, 25]),
    )
    def complete(
        self,
        claimed: list[ClaimedDelivery],
        kind: OutcomeKind,
        other: OutcomeKind,
        is_check_passed: bool | None,
        is_chargeable: bool,
        took_s: int,
    ) -> None:
        started_at = self.now
        self.clock.advance(took_s)
        judged: dict[str, Any] = {"is_check_passed": is_check_passed, "is_chargeable": is_chargeable}
        ours = [one for one in claimed if one.endpoint_id == claimed[0].endpoint_id]
        self.finish([tried(one, kind if index else other, started_at, **judged) for index, one in enumerate(ours)])

    @rule(endpoint_id=endpoint_ids, kind=outcomes, count=st.integers(1, 3), wait_s=st.sampled_from([1, 10, 20, 900]))
    def send(self, endpoint_id: EndpointId, kind: OutcomeKind, count: int, wait_s: int) -> None:
        """What a lane does all day; with waits this long every retry comes due, and every probe."""
        for _ in range(count):
            self.clock.advance(wait_s)
            claimed = self.claim_both(endpoint_id, 1)
            started_at = self.now
            self.clock.advance(1)
            if claimed:
                self.finish([tried(one, kind, started_at) for one in claimed])

    @rule(endpoint_id=endpoint_ids)
    def pause_by_trouble_and_probe_in_vain(self, endpoint_id: EndpointId) -> None:
        """Probes take what is due at first, and then what is not."""
        self.write([self.draft("all") for _ in range(3)])
        self.send(endpoint_id, OutcomeKind.TRANSIENT, 3, 1)
        self.send(endpoint_id, OutcomeKind.TRANSIENT, 5, 900)

    @rule(types=st.sampled_from(["gathered", "lined"]), kind=kinds, ended=st.integers(0, 2))
    def send_a_parcel_again_after_some_of_it_ended(self, types: str, kind: OutcomeKind, ended: int) -> None:
        self.write([self.draft(types) for _ in range(3)])
        endpoint_id = EndpointId(1 if types == "gathered" else 2)
        self.send(endpoint_id, kind, 1, 1)
        for row in [row for row in self.model.rows if row.endpoint_id == endpoint_id and row.parcel][-ended or 99 :]:
            self.dismiss(row.id)
        self.send(endpoint_id, OutcomeKind.TRANSIENT, 2, 10)

    @rule(endpoint_id=endpoint_ids, successes=st.integers(0, 4))
    def pause_and_resume_a_target(self, endpoint_id: EndpointId, successes: int) -> None:
        self.write([self.draft("all") for _ in range(3)])
        self.signal(endpoint_id, PausedByHand(), True)
        self.send(endpoint_id, OutcomeKind.DELIVERED, 1, 1)
        self.signal(endpoint_id, ResumedByHand(), True)
        self.send(endpoint_id, OutcomeKind.DELIVERED, successes, 1)

    @rule(target=claims, endpoint_id=endpoint_ids)
    def lose_a_lease_to_a_later_claim(self, endpoint_id: EndpointId) -> Any:
        lost = self.claim_both(endpoint_id, 1)
        self.clock.advance(61)
        self.end_leases()
        self.clock.advance(20)
        return multiple(*lost, *self.claim_both(endpoint_id, 1))

    @rule(delivery=consumes(claims))
    def release(self, delivery: ClaimedDelivery) -> None:
        stands = self.model.stands(delivery)
        assert self.books.run(leases.release, [delivery], self.now) == stands
        self.model.release(delivery)

    @rule()
    def end_leases(self) -> None:
        owner = f"instance {self.instance}"
        expected = [row for row in self.model.rows if row.lease and row.lease.until < self.monotonic_ms]
        done = self.books.run(leases.recover, owner, self.monotonic_ms, self.now, 0.0, self.author)
        assert done.count == len(expected)
        self.model.recover(expected, self.now)

    @rule()
    def crash(self) -> None:
        self.books.connection.close(True)
        self.books.open()
        self.restart()

    def restart(self) -> None:
        """Start anew: whatever an earlier instance held is taken back."""
        self.instance += 1
        expected = [row for row in self.model.rows if row.lease]
        owner = f"instance {self.instance}"
        done = self.books.run(leases.recover, owner, None, self.now, 0.0, self.author)
        assert done.count == len(expected)
        self.model.recover(expected, self.now)

    @rule(endpoint_id=endpoint_ids, signal=signals, is_target=st.booleans())
    def signal(self, endpoint_id: EndpointId, signal: Signal, is_target: bool) -> None:
        """A person, or a check that passed, at an endpoint or its target."""
        if is_target:
            target_id = TargetId(ENDPOINTS[endpoint_id])
            self.books.run(health.signal_target, target_id, signal, self.now, CONCURRENCY, self.author)
            self.model.signal_target(target_id, signal, self.now)
        else:
            self.books.run(health.signal_endpoint, endpoint_id, signal, self.now, CONCURRENCY, self.author)
            self.model.signal_endpoint(endpoint_id, signal, self.now)

    @rule(delivery_id=deliveries)
    def replay(self, delivery_id: str) -> None:
        fresh_id = self.clock.uuid7()
        self.books.run(replays.replay, [delivery_id], self.now, lambda: fresh_id)
        self.model.replay(delivery_id, fresh_id, self.now)

    @rule(batch_max=st.integers(1, 3), batch_wait_s=st.sampled_from([0.0, 20.0]))
    def change_the_batch(self, batch_max: int, batch_wait_s: float) -> None:
        policy = msgspec.structs.replace(self.model.policies[GATHERED], batch_max=batch_max, batch_wait_s=batch_wait_s)
        change = BindingChange(policy=policy)
        self.books.run(edit_binding, BindingId(GATHERED), change, now=self.now)
        if policy != self.model.policies[GATHERED]:
            self.model.set_batch(GATHERED, policy, self.now)

    @rule(delivery_id=deliveries)
    def dismiss(self, delivery_id: str) -> None:
        self.books.run(replays.dismiss, [delivery_id], self.now)
        self.model.dismiss(delivery_id)

    @rule(endpoint_id=endpoint_ids, limit=st.integers(1, 3))
    def hasten(self, endpoint_id: EndpointId, limit: int) -> None:
        """As after a reconnect: in small steps, until there is nothing left."""
        while not self.books.run(replays.hasten_failed, endpoint_id, self.now, limit=limit):
            pass
        self.model.hasten(endpoint_id, self.now)

    @rule()
    def expire(self) -> None:
        self.books.run(retention.expire, self.now)
        self.model.expire(self.now)

    @rule()
    def clamp(self) -> None:
        self.books.run(leases.clamp_far_due, self.now)
        self.model.clamp(self.now)

    @rule(seconds=st.sampled_from([0.001, 1, 10, 30, 61, 900]))
    def let_time_pass(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule(seconds=st.sampled_from([-100_000_000, -86_400, -60, 60, 86_400, 100_000_000]))
    def set_the_clock(self, seconds: float) -> None:
        self.clock.jump(seconds)

    def claim_both(self, endpoint_id: EndpointId, limit: int) -> list[ClaimedDelivery]:
        lease = self.lease()
        fresh = [self.clock.uuid7() for _ in range(limit + 1)]
        claim = self.books.run(leases.claim, endpoint_id, limit, lease, self.now, 0.0, iter(fresh).__next__)
        expected = self.model.claim(endpoint_id, limit, lease, self.now, iter(fresh).__next__)
        found = [
            [(one.id, one.seq, one.fence, one.attempt, one.charged, one.parcel_id) for one in parcel.deliveries]
            for parcel in claim.parcels
        ]
        assert found == [
            [(row.id, row.seq, row.fence, row.attempts, row.charged, row.parcel) for row in rows] for rows in expected
        ]
        for parcel in claim.parcels:
            content: list[str] = [one.id for one in parcel.deliveries]
            assert self.carried.setdefault(parcel.id, content) == content, "a wire id stood for something else"
        return claim.deliveries

    def finish(self, tries: list[AttemptResult]) -> None:
        lost = {one.delivery.seq for one in tries} - {
            one.delivery.seq for one in tries if self.model.stands(one.delivery)
        }
        endpoint_id = tries[0].delivery.endpoint_id
        done = self.books.run(results.complete, endpoint_id, tries, self.now, CONCURRENCY, self.author)
        self.model.complete(endpoint_id, tries, self.now)
        assert done.lost == lost

    def draft(self, event_type: str, *, lease: Lease | None = None, **fields: Any) -> NewEvent:
        number, by_source = self.books.run(routes)
        event = Event(
            id=EventId(self.clock.uuid7()), project_id=DEFAULT_PROJECT, source_id=SourceId(1), machine="here",
            type=event_type, at=self.now, recorded_at=self.now, **fields,
        )  # fmt: skip
        deliveries = tuple(
            NewDelivery(
                id=DeliveryId(self.clock.uuid7()), binding_id=one.binding_id, endpoint_id=one.endpoint_id,
                revision=one.revision, available_at=one.available_at, expires_at=one.expires_at,
                is_strict_order=one.binding_id in (STRICT, LINED), batch_max=one.batch_max,
                lease=lease,
            )
            for one in plan(event, by_source[SourceId(1)], source_name="source", is_staggered=False)
        )  # fmt: skip
        return NewEvent(event=event, deliveries=deliveries, routing=number)

    def write(self, drafts: list[NewEvent]) -> Any:
        inserted = self.books.run(events.insert, drafts)
        assert [(one.id, one.is_duplicate) for one in inserted] == self.model.insert(drafts)
        kept = [draft for draft, one in zip(drafts, inserted, strict=True) if not one.is_duplicate]
        return multiple(*(new.id for draft in kept for new in draft.deliveries))

    @invariant()
    def both_hold_the_same(self) -> None:
        assert self.books.rows(ROWS) == [
            (
                row.seq, row.id, row.event_id, row.binding_id, row.endpoint_id, row.generation, row.available_at,
                row.expires_at, row.supersede_key, row.status, row.attempts, row.charged, row.fence,
                row.lease.owner if row.lease else None, row.lease.until if row.lease else None,
                int(self.model.heads.get(row.binding_id) is row and row.status in UNENDED), row.parcel,
            )
            for row in sorted(self.model.rows, key=lambda row: row.seq)
        ]  # fmt: skip
        self.met.update(row.status for row in self.model.rows)
        counts = dict(self.books.rows("SELECT source_id, count(*) FROM events GROUP BY source_id"))
        assert (counts.get(1, 0), counts.get(2, 0)) == (self.model.events, self.model.own_events)

    @invariant()
    def both_know_the_same_health(self) -> None:
        for endpoint_id in ENDPOINTS:
            found = self.books.run(health.load_health, EndpointId(endpoint_id))
            assert (found.endpoint, found.target) == self.model.health_of(endpoint_id)

    @invariant()
    def the_books_do_not_contradict_themselves(self) -> None:
        for fault, sql in {**FAULTS, "an attempt is missing, or one too many": TRIES}.items():
            assert self.books.rows(sql) == [], fault

    def teardown(self) -> None:
        assert self.books.rows("PRAGMA integrity_check") == [("ok",)]
        self.books.connection.close()
        self.folder.cleanup()


def test_real_ledger_and_simple_model_agree(tmp_path: Path) -> None:
    LedgerMachine.template = make_template(tmp_path)

    run_state_machine_as_test(LedgerMachine, settings=settings(max_examples=150, stateful_step_count=50, deadline=None))

    # Nothing withholds yet: that is for the rules of notifications.
    assert LedgerMachine.met == set(DeliveryStatus) - {DeliveryStatus.WITHHELD}
