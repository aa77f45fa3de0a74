"""Intake: from drafts to committed events with their deliveries.

Comes in: what was posted, emitted, spooled or collected. Goes out: ids, after the commit; then the lanes are woken.
What always holds: nothing is acknowledged before it is on disk; a source's state moves in the transaction of the events
it led to; when the routing changed under a plan, the plan is made again.

A single event whose lane has a free slot and nothing waiting is born in flight: one commit before its request leaves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from itertools import repeat
from typing import Protocol

import msgspec

from posthouse.ledger.base import Database
from posthouse.ledger.events import Inserted, Lease, NewDelivery, NewEvent, insert
from posthouse.ledger.state import NewEmission, commit_emission
from posthouse.model.deliveries import ClaimedDelivery
from posthouse.model.errors import BadInput, Busy, Stopping
from posthouse.model.events import Event, EventDraft
from posthouse.model.ids import BindingId, DeliveryId, EndpointId, EventId, Millis
from posthouse.model.live import LiveEvent
from posthouse.model.runs import RunDone
from posthouse.model.sources import Source, StateKey, StatePut
from posthouse.pipeline.directory import Known
from posthouse.pipeline.notices import AskPresence, notice_policy, presence_of
from posthouse.rules.expressions import Facts, filter_facts
from posthouse.rules.notices import Presence, is_free, is_presence_asked
from posthouse.rules.routing import ABOUT_TARGET, Planned, Route, check_hops, plan
from posthouse.settings import DISK_FREE_BYTES_MIN, INGEST_AWAITING_BYTES_MAX, Settings
from posthouse.system.clock import Clock
from posthouse.system.disk import DiskGauge

BUSY_RETRY_S = 1.0

Fingerprints = Sequence[Mapping[BindingId, str]]
"""Of each event of a snapshot, in order: the bindings that it is for, and the fingerprint of what each would see."""


class Lanes(Protocol):
    """What intake asks of delivery."""

    def reserve(self, endpoint_id: EndpointId) -> Lease | None:
        """A free slot of the endpoint's lane, if nothing waits before it."""
        ...

    def offer(self, delivery: ClaimedDelivery) -> None:
        """Send this now: it was committed as in flight under a reserved slot."""
        ...

    def cancel(self, endpoint_id: EndpointId) -> None:
        """Give a reserved slot back unused."""
        ...

    def wake(self, endpoint_ids: Iterable[EndpointId]) -> None:
        """Something is waiting for these endpoints."""
        ...


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one draft: its event (the first one's, where it was a duplicate) and the deliveries made now."""

    id: EventId
    deliveries: int
    is_duplicate: bool


class Intake:
    """Where every event enters."""

    def __init__(
        self, *, database: Database, known: Known, lanes: Lanes, clock: Clock, disk: DiskGauge, machine: str,
        settings: Settings, expect_expiry: Callable[[Millis], None], presence: AskPresence | None = None,
    ) -> None:  # fmt: skip
        """`presence`: looks at the desk, where only those who are away are to be notified; None knows of no desk."""
        self._database = database
        self._known = known
        self._lanes = lanes
        self._clock = clock
        self._disk = disk
        self._machine = machine
        self._expect_expiry = expect_expiry
        self._ask_presence = presence
        self._is_stopping = False
        self._awaiting_bytes = 0
        self.apply(settings)

    def apply(self, settings: Settings) -> None:
        """Take over changed settings."""
        self._awaiting_bytes_max = settings[INGEST_AWAITING_BYTES_MAX]
        self._free_bytes_min = settings[DISK_FREE_BYTES_MIN]
        self._notices = notice_policy(settings)

    def stop(self) -> None:
        """Take no more posts; what sources have noticed is still written."""
        self._is_stopping = True

    async def post(self, source: Source, drafts: Sequence[EventDraft], *, size_bytes: int) -> list[Posted]:
        """Write drafts for a source, all or none; returns after the commit, one answer per draft in order.

        Safe to repeat for drafts with a key. Raises Stopping, DiskLow, Busy (more than
        `ingest.awaiting_bytes_max` await their commit), BadInput `event.too_many_hops`, LedgerError kinds.
        """
        if self._is_stopping:
            raise Stopping("daemon.stopping", "The daemon is stopping. Send it again when it is back.", retry_after_s=5)
        self._admit(size_bytes)
        for index, draft in enumerate(drafts):
            _refuse_reserved(draft, index)
        self._awaiting_bytes += size_bytes
        try:
            return await self._write(source, drafts)
        finally:
            self._awaiting_bytes -= size_bytes

    async def take(
        self,
        source: Source,
        drafts: Sequence[EventDraft],
        *,
        state_puts: Sequence[StatePut] = (),
        state_deletes: Sequence[StateKey] = (),
        fingerprints: Fingerprints | None = None,
        is_staggered: bool = False,
        runs: Sequence[RunDone] = (),
        updates: Sequence[LiveEvent] = (),
    ) -> list[Posted]:
        """Write what a source noticed together with the state it leads to and the runs that asked for it.

        `updates` go into the live log in the same commit.

        `fingerprints`: for each draft of a snapshot the bindings that it changed for, with what to compare the next one
        with; None for streams. Raises as `post`, without Busy, and Conflict `run.changed` where a run has been settled
        or its schedule edited meanwhile; then nothing was written.
        """
        self._admit(0)
        return await self._write(
            source, drafts, state_puts=state_puts, state_deletes=state_deletes, fingerprints=fingerprints,
            is_staggered=is_staggered, runs=runs, updates=updates, is_emission=True,
        )  # fmt: skip

    def facts(self, source: Source, draft: EventDraft) -> Facts:
        """What a filter may see of a draft: the same as of the event that it becomes."""
        return filter_facts(draft, source_name=source.name, machine=self._machine, now=self._clock.now())

    def _admit(self, size_bytes: int) -> None:
        self._disk.require(self._free_bytes_min)
        # One that is alone is always let in, however big: its own limit is the body's.
        if self._awaiting_bytes and self._awaiting_bytes + size_bytes > self._awaiting_bytes_max:
            raise Busy(
                "ingest.busy",
                f"{self._awaiting_bytes} bytes are waiting for the disk, the limit is {self._awaiting_bytes_max}. "
                f"Send it again in {BUSY_RETRY_S:.0f} s.",
                retry_after_s=BUSY_RETRY_S,
            )

    async def _write(
        self,
        source: Source,
        drafts: Sequence[EventDraft],
        *,
        state_puts: Sequence[StatePut] = (),
        state_deletes: Sequence[StateKey] = (),
        fingerprints: Fingerprints | None = None,
        is_staggered: bool = False,
        runs: Sequence[RunDone] = (),
        updates: Sequence[LiveEvent] = (),
        is_emission: bool = False,
    ) -> list[Posted]:
        events = [self._event(source, draft) for draft in drafts]
        presence = await self._presence(source, events)
        while True:
            items = self._plan(source, events, fingerprints, presence, is_staggered=is_staggered)
            reserved = [one.endpoint_id for item in items for one in item.deliveries if one.lease is not None]
            if is_emission:
                emission = NewEmission(
                    source_id=source.id,
                    machine=self._machine,
                    events=tuple(items),
                    state_puts=tuple(state_puts),
                    state_deletes=tuple(state_deletes),
                    runs=tuple(runs),
                    updates=tuple(updates),
                    now=self._clock.now(),
                )
                inserted = await self._commit(self._database.run(commit_emission, emission), reserved)
            else:
                inserted = await self._commit(self._database.run(insert, items), reserved)
            if not any(one.is_stale for one in inserted):
                self._wake(items, inserted)
                return [Posted(id=one.id, deliveries=one.deliveries, is_duplicate=one.is_duplicate) for one in inserted]
            await self._known.reload()

    async def _presence(self, source: Source, events: Sequence[Event]) -> Presence | None:
        """Whether somebody is at the desk, where that matters for any of these events; asked once for all."""
        directory = self._known.directory
        if self._ask_presence is None or self._notices.away_s <= 0 or not directory.notifying:
            return None
        is_told = any(route.is_notification for route in directory.routes.get(source.id, ()))
        if not is_told or not any(is_presence_asked(event.type, self._notices) for event in events):
            return None
        return presence_of(await self._ask_presence())

    async def _commit(self, writing: Awaitable[list[Inserted]], reserved: list[EndpointId]) -> list[Inserted]:
        """Await the commit; what it left in flight goes to its lanes, even where the caller was cancelled meanwhile."""
        if not reserved:
            return await writing
        commit = asyncio.ensure_future(writing)
        commit.add_done_callback(lambda _: self._use_slots(commit, reserved))
        return await asyncio.shield(commit)

    def _use_slots(self, commit: asyncio.Future[list[Inserted]], reserved: list[EndpointId]) -> None:
        """Offer what was born in flight, and give back the slots that were not used."""
        unused = list(reserved)
        if not commit.cancelled() and commit.exception() is None:
            for claimed in (claimed for one in commit.result() for claimed in one.claimed):
                unused.remove(claimed.endpoint_id)
                self._lanes.offer(claimed)
        for endpoint_id in unused:
            self._lanes.cancel(endpoint_id)

    def _event(self, source: Source, draft: EventDraft) -> Event:
        now = self._clock.now()
        return Event(
            id=EventId(self._clock.uuid7()),
            project_id=source.project_id,
            source_id=source.id,
            machine=self._machine,
            type=draft.type,
            at=now if draft.at is None else draft.at,
            recorded_at=now,
            severity=draft.severity,
            origin=draft.origin,
            subject=draft.subject,
            data=draft.data,
            key=draft.key,
            expires_at=draft.expires_at,
            supersede_key=draft.supersede_key,
            correlation_key=draft.correlation_key,
            audience=draft.audience,
            hops=draft.hops,
        )

    def _plan(
        self,
        source: Source,
        events: Sequence[Event],
        fingerprints: Fingerprints | None,
        presence: Presence | None,
        *,
        is_staggered: bool,
    ) -> list[NewEvent]:
        directory = self._known.directory
        routes = directory.routes.get(source.id, ())
        is_lone = len(events) == 1
        strict = {route.binding_id for route in routes if route.is_strict_order}
        return [
            NewEvent(
                event=event,
                routing=directory.routing,
                deliveries=self._deliveries(event, source, routes, strict, marks, presence, is_staggered, is_lone),
            )
            for event, marks in zip(events, repeat(None) if fingerprints is None else fingerprints, strict=False)
        ]

    def _deliveries(
        self,
        event: Event,
        source: Source,
        routes: Sequence[Route],
        strict: set[BindingId],
        marks: Mapping[BindingId, str] | None,
        presence: Presence | None,
        is_staggered: bool,
        is_lone: bool,
    ) -> tuple[NewDelivery, ...]:
        if marks is not None:
            routes = [route for route in routes if route.binding_id in marks]
        if not routes:
            return ()
        return tuple(
            NewDelivery(
                id=DeliveryId(self._clock.uuid7()),
                binding_id=one.binding_id,
                endpoint_id=one.endpoint_id,
                revision=one.revision,
                available_at=one.available_at,
                expires_at=one.expires_at,
                is_strict_order=one.binding_id in strict,
                batch_max=one.batch_max,
                fingerprint=None if marks is None else marks[one.binding_id],
                is_unjudged=one.is_unjudged,
                notice=one.notice,
                lease=self._reserve(one, event) if is_lone and one.binding_id not in strict else None,
            )
            for one in plan(
                event,
                routes,
                source_name=source.name,
                is_staggered=is_staggered,
                notices=self._notices,
                presence=presence,
            )
        )

    def _reserve(self, planned: Planned, event: Event) -> Lease | None:
        """A slot of its lane, where it may leave at once and nothing in the ledger has a say in it."""
        if planned.batch_max > 1 or planned.available_at > event.recorded_at:
            return None
        if planned.expires_at is not None and planned.expires_at <= event.recorded_at:
            return None
        if planned.notice is not None and not is_free(planned.notice):
            return None
        return self._lanes.reserve(planned.endpoint_id)

    def _wake(self, items: Sequence[NewEvent], inserted: Sequence[Inserted]) -> None:
        waiting = {
            new.endpoint_id
            for item, one in zip(items, inserted, strict=True)
            if one.deliveries
            for new in item.deliveries
            if new.lease is None and not new.is_withheld
        }
        if waiting:
            self._lanes.wake(waiting)
        for item in items:
            for new in item.deliveries:
                if new.expires_at is not None and not new.is_withheld:
                    self._expect_expiry(new.expires_at)


def _refuse_reserved(draft: EventDraft, index: int) -> None:
    """Only the daemon says that an event is about a target: it would be kept from that target."""
    try:
        if draft.correlation_key is not None and draft.correlation_key.startswith(ABOUT_TARGET):
            raise BadInput(
                "event.reserved_correlation_key",
                f"A correlation key may not begin with {ABOUT_TARGET!r}: those are the daemon's own.",
                field="correlationKey",
            )
        if draft.hops:
            check_hops(draft.hops)
    except BadInput as error:
        error.index = index
        raise
