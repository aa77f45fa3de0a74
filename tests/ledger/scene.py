"""Words for what a ledger test does: post, claim, answer, look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from posthouse.ledger.base import Database
from posthouse.ledger.binding_changes import NewBinding, add_binding
from posthouse.ledger.bindings import routes
from posthouse.ledger.deliveries import DeliveryRecord, get_delivery
from posthouse.ledger.endpoints import NewEndpoint, list_endpoints
from posthouse.ledger.events import Inserted, Lease, NewDelivery, NewEvent, insert
from posthouse.ledger.health import EndpointHealth, Moved, load_health, signal_endpoint, signal_target
from posthouse.ledger.leases import Claim, claim
from posthouse.ledger.own_events import Author
from posthouse.ledger.results import Completed, complete
from posthouse.ledger.sources import ensure_sources, get_source
from posthouse.ledger.targets import add_target, get_target
from posthouse.model.bindings import Filter, Policy
from posthouse.model.deliveries import AttemptResult, ClaimedDelivery, Outcome, OutcomeKind, SentRequest
from posthouse.model.events import Event
from posthouse.model.ids import DEFAULT_PROJECT, BindingId, DeliveryId, EndpointId, EventId, Millis
from posthouse.rules.health import Signal
from posthouse.rules.notices import NoticePolicy
from posthouse.rules.routing import plan
from tests.clock import ManualClock

OWNER = "this-instance"
LEASE_MS = 60_000
CONCURRENCY = 8
EVERYTHING = Filter()
STATUS_CODES = {
    OutcomeKind.DELIVERED: 200,
    OutcomeKind.AUTH: 401,
    OutcomeKind.GONE: 410,
    OutcomeKind.RATE_LIMITED: 429,
    OutcomeKind.REJECTED: 400,
    OutcomeKind.TRANSIENT: 503,
}


def answer(kind: OutcomeKind, **fields: Any) -> Outcome:
    """An outcome as a receiver's status code leads to it."""
    status_code = STATUS_CODES[kind]
    given: dict[str, Any] = {"kind": kind, "code": f"http_{status_code}", "status_code": status_code}
    return Outcome(**(given | fields))


def tried(
    delivery: ClaimedDelivery,
    kind: OutcomeKind,
    at: Millis,
    *,
    body: bytes | None = b"{}",
    is_check_passed: bool | None = None,
    **outcome_fields: Any,
) -> AttemptResult:
    """One finished try of a claimed delivery, begun at an instant."""
    request = None if body is None else SentRequest(method="POST", url="http://127.0.0.1/", headers=(), body=body)
    return AttemptResult(
        delivery=delivery,
        outcome=answer(kind, **outcome_fields),
        started_at=at,
        duration_ms=3,
        jitter=0.0,
        request=request,
        body_hash=None if body is None else body.ljust(32, b"\0")[:32],
        is_check_passed=is_check_passed,
    )


class Scene:
    """An open ledger with its sources, and a clock that stands."""

    def __init__(self, database: Database, clock: ManualClock) -> None:
        self.database = database
        self.clock = clock
        self.author = Author(machine="here", fresh_id=clock.uuid7)

    async def set_up(self) -> None:
        await self.database.run(ensure_sources, ("ingest", "posthouse"), self.clock.now())

    async def add_target(self, name: str, *endpoints: str) -> list[EndpointId]:
        """Add a target; its endpoints' ids."""
        target = await self.database.run(
            add_target,
            kind="webhook",
            name=name,
            settings=msgspec.Raw(b'{"url":"http://127.0.0.1/"}'),
            endpoints=[NewEndpoint(name=one) for one in endpoints or ("default",)],
            now=self.clock.now(),
        )
        return [endpoint.id for endpoint in await self.database.read(list_endpoints, target.id)]

    async def bind(
        self, endpoint_id: EndpointId, *, source: str = "ingest", wanted: Filter = EVERYTHING, **policy: Any
    ) -> BindingId:
        source_id = (await self.database.read(get_source, source)).id
        new = NewBinding(source_id=source_id, endpoint_id=endpoint_id, filter=wanted, policy=Policy(**policy))
        return (await self.database.run(add_binding, new, now=self.clock.now())).binding.id

    async def wire(self, name: str = "hook", **policy: Any) -> EndpointId:
        """A target with one endpoint, bound to everything that is posted."""
        [endpoint_id] = await self.add_target(name)
        await self.bind(endpoint_id, **policy)
        return endpoint_id

    async def draft(
        self,
        *,
        lease: Lease | None = None,
        fingerprint: str | None = None,
        notices: NoticePolicy | None = None,
        can_update: bool = False,
        **fields: Any,
    ) -> NewEvent:
        """A new event with the deliveries that the present routing plans for it.

        `notices`: by what bindings that notify are judged; `can_update`: their targets can replace what they were sent.
        """
        number, by_source = await self.database.read(routes)
        source_id = (await self.database.read(get_source, "ingest")).id
        now = self.clock.now()
        given: dict[str, Any] = {
            "id": EventId(self.clock.uuid7()),
            "project_id": DEFAULT_PROJECT,
            "source_id": source_id,
            "machine": "here",
            "type": "thing.happened",
            "at": now,
            "recorded_at": now,
        }
        event = Event(**(given | fields))
        found = [msgspec.structs.replace(route, can_update=can_update) for route in by_source.get(source_id, ())]
        strict = {route.binding_id for route in found if route.is_strict_order}
        deliveries = tuple(
            NewDelivery(
                id=DeliveryId(self.clock.uuid7()),
                binding_id=one.binding_id,
                endpoint_id=one.endpoint_id,
                revision=one.revision,
                available_at=one.available_at,
                expires_at=one.expires_at,
                is_strict_order=one.binding_id in strict,
                batch_max=one.batch_max,
                fingerprint=fingerprint,
                lease=lease,
                notice=one.notice,
            )
            for one in plan(event, found, source_name="source", is_staggered=False, notices=notices)
        )
        return NewEvent(event=event, deliveries=deliveries, routing=number)

    async def insert(self, *items: NewEvent) -> list[Inserted]:
        return await self.database.run(insert, list(items))

    async def post(self, count: int = 1, **fields: Any) -> list[DeliveryId]:
        """Insert events one after another; the ids of all their deliveries, in order."""
        ids = []
        for _ in range(count):
            item = await self.draft(**fields)
            await self.insert(item)
            ids += [new.id for new in item.deliveries]
        return ids

    def lease(self, owner: str = OWNER) -> Lease:
        return Lease(owner=owner, until=round(self.clock.monotonic_s() * 1000) + LEASE_MS)

    async def claim(self, endpoint_id: EndpointId, limit: int = 100, *, owner: str = OWNER) -> Claim:
        return await self.database.run(
            claim, endpoint_id, limit, self.lease(owner), self.clock.now(), 0.0, self.clock.uuid7
        )

    async def claim_one(self, endpoint_id: EndpointId) -> ClaimedDelivery:
        """Claim the one delivery that can be claimed now."""
        [delivery] = (await self.claim(endpoint_id)).deliveries
        return delivery

    async def complete(self, endpoint_id: EndpointId, *results: AttemptResult) -> Completed:
        return await self.database.run(complete, endpoint_id, list(results), self.clock.now(), CONCURRENCY, self.author)

    async def finish(self, delivery: ClaimedDelivery, kind: OutcomeKind, **fields: Any) -> Completed:
        """A moment later its try ends so."""
        self.clock.advance(0.001)
        started_at = self.clock.now()
        self.clock.advance(0.001)
        return await self.complete(delivery.endpoint_id, tried(delivery, kind, started_at, **fields))

    async def try_one(self, endpoint_id: EndpointId, kind: OutcomeKind, **fields: Any) -> DeliveryId:
        """Claim one and let its try end so; which one it was."""
        [delivery] = (await self.claim(endpoint_id, 1)).deliveries
        await self.finish(delivery, kind, **fields)
        return delivery.id

    async def try_all(self, endpoint_id: EndpointId, kind: OutcomeKind = OutcomeKind.DELIVERED) -> list[DeliveryId]:
        """Claim and finish all that is due."""
        claimed = (await self.claim(endpoint_id)).deliveries
        for delivery in claimed:
            await self.finish(delivery, kind)
        return [delivery.id for delivery in claimed]

    async def signal_endpoint(self, endpoint_id: EndpointId, signal: Signal) -> Moved:
        now = self.clock.now()
        return await self.database.run(signal_endpoint, endpoint_id, signal, now, CONCURRENCY, self.author)

    async def signal_target(self, name: str, signal: Signal) -> Moved:
        target = await self.database.read(get_target, name)
        now = self.clock.now()
        return await self.database.run(signal_target, target.id, signal, now, CONCURRENCY, self.author)

    async def health(self, endpoint_id: EndpointId) -> EndpointHealth:
        return await self.database.read(load_health, endpoint_id)

    async def look(self, delivery_id: str) -> DeliveryRecord:
        return await self.database.read(get_delivery, delivery_id)

    async def statuses(self, ids: Sequence[str]) -> list[str]:
        return [(await self.look(one)).delivery.status.value for one in ids]

    async def reasons(self, ids: Sequence[str]) -> list[str | None]:
        return [(await self.look(one)).delivery.reason for one in ids]
