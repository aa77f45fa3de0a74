"""Delivery: a lane per endpoint, and what people do to them (test, reconnect, pause, resume, replay, dismiss).

A lane is made when something first waits for its endpoint, and runs under the supervisor, so that one that crashes
starts again without touching the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence

import msgspec

from posthouse.ledger.base import Database
from posthouse.ledger.deliveries import DeliveryQuery, page_deliveries
from posthouse.ledger.endpoints import queued_by_endpoint
from posthouse.ledger.events import Lease
from posthouse.ledger.health import Moved, load_health, signal_endpoint, signal_target
from posthouse.ledger.leases import endpoints_due
from posthouse.ledger.own_events import Author
from posthouse.ledger.replays import Changed, Skipped, dismiss, hasten_failed, replay
from posthouse.model.deliveries import ClaimedDelivery
from posthouse.model.errors import NotFound
from posthouse.model.ids import EndpointId, Millis, TargetId
from posthouse.model.targets import Endpoint, PauseCause, Target
from posthouse.pipeline.directory import Known
from posthouse.pipeline.finding import STEPS_MAX
from posthouse.pipeline.lane import Lane
from posthouse.pipeline.pace import Pace
from posthouse.pipeline.sender import Sender
from posthouse.rules.health import PausedByHand, Reconnected, ResumedByHand, Signal
from posthouse.rules.pacing import Bucket
from posthouse.settings import DELIVERY_CONCURRENCY, DELIVERY_DRAIN_GRACE_S, Settings
from posthouse.system.clock import Clock
from posthouse.system.supervise import Supervisor
from posthouse.targets.base import ONE_AT_A_TIME, CheckResult, target_kind

BULK_STEP = 200
SKIPPED_MAX = 100
PAUSED_BY_HAND = "It answers, but was paused by hand: resume it to let deliveries go."

LIFTED_BY_A_PERSON = frozenset({PauseCause.GONE, PauseCause.REJECTED})
"""Pauses that end when a person retries or dismisses what caused them."""


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What a test or a reconnect found. `resumed`: how many deliveries now go again; `note`: why none does."""

    is_ok: bool
    resumed: int
    check: CheckResult
    note: str = ""


class BulkResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay or dismissal did; `skipped` are the first 100 that were left.

    `next_before`: where one that was to stop after so many goes on, None where nothing is left.
    """

    matched: int
    changed: int
    skipped: tuple[Skipped, ...]
    next_before: int | None = None


class Dispatcher:
    """All lanes."""

    def __init__(
        self, *, database: Database, known: Known, sender: Sender, clock: Clock, supervisor: Supervisor, author: Author,
        owner: str, settings: Settings, notice_crash: Callable[[], None], expect_expiry: Callable[[Millis], None],
    ) -> None:  # fmt: skip
        self._database = database
        self._known = known
        self._sender = sender
        self._clock = clock
        self._supervisor = supervisor
        self._author = author
        self._owner = owner
        self._settings = settings
        self._notice_crash = notice_crash
        self._expect_expiry = expect_expiry
        self._lanes: dict[EndpointId, Lane] = {}
        self._endpoint_paces: dict[EndpointId, Pace] = {}
        self._target_paces: dict[TargetId, Pace] = {}
        self._is_stopping = False

    async def start(self) -> None:
        """Make the lanes that have something waiting."""
        self.wake(await self._database.read(endpoints_due))

    def apply(self, settings: Settings) -> None:
        """Take over changed settings or endpoints."""
        self._settings = settings
        endpoints = self._known.directory.endpoints
        for endpoint_id, lane in self._lanes.items():
            endpoint = endpoints.get(endpoint_id)
            if endpoint is not None:
                lane.apply(settings, concurrency=self._concurrency_of(endpoint), pace=self._pace_of(endpoint))

    async def stop(self) -> None:
        """Let what is being sent end within the grace, then cut it off; everything unsent is given back."""
        self._is_stopping = True
        for lane in self._lanes.values():
            lane.stop()
        names = [_name(endpoint_id) for endpoint_id in self._lanes]
        try:
            async with asyncio.timeout(self._settings[DELIVERY_DRAIN_GRACE_S]):
                await self._supervisor.ended(names)
        except TimeoutError:
            for name in names:
                await self._supervisor.stop(name)

    def reserve(self, endpoint_id: EndpointId) -> Lease | None:
        """A free slot of the endpoint's lane, if nothing waits before it."""
        lane = self._lane(endpoint_id)
        return None if lane is None else lane.reserve()

    def offer(self, delivery: ClaimedDelivery) -> None:
        """Send this now: it was committed as in flight under a reserved slot."""
        self._lanes[delivery.endpoint_id].offer(delivery)

    def cancel(self, endpoint_id: EndpointId) -> None:
        """Give a reserved slot back unused."""
        self._lanes[endpoint_id].cancel()

    def wake(self, endpoint_ids: Iterable[EndpointId]) -> None:
        """Something is waiting for these endpoints."""
        for endpoint_id in endpoint_ids:
            lane = self._lane(endpoint_id)
            if lane is not None:
                lane.wake()

    def under_way(self) -> int:
        """How many deliveries all lanes hold."""
        return sum(lane.under_way for lane in self._lanes.values())

    async def check(self, target: Target) -> CheckResult:
        """Ask a target, saved or not, whether it would take a delivery."""
        return await self._sender.check(target)

    async def test(self, target_id: TargetId) -> Tried:
        """Check a saved target; changes nothing."""
        return Tried(is_ok=(check := await self.check(self._target(target_id))).is_ok, resumed=0, check=check)

    async def reconnect(self, target_id: TargetId) -> Tried:
        """Check a target and, where it passes, resume it and its endpoints at a careful pace."""
        check = await self.check(self._target(target_id))
        if not check.is_ok:
            return Tried(is_ok=False, resumed=0, check=check)
        resumed = await self._lift(target_id, Reconnected())
        await self._known.reload()
        if self._target(target_id).health.is_paused:
            return Tried(is_ok=True, resumed=0, check=check, note=PAUSED_BY_HAND)
        return Tried(is_ok=True, resumed=resumed, check=check)

    async def pause(self, target_id: TargetId, reason: str = "") -> None:
        """Send nothing more to a target until a person resumes it."""
        await self._signal_target(self._target(target_id).id, PausedByHand(reason))
        for endpoint_id in self._endpoints(target_id):
            if endpoint_id in self._lanes:
                self._lanes[endpoint_id].look()

    async def resume(self, target_id: TargetId) -> int:
        """End every pause of a target and its endpoints; how many deliveries now go again."""
        return await self._lift(self._target(target_id).id, ResumedByHand())

    async def replay(self, wanted: DeliveryQuery | Sequence[str], *, at_most: int | None = None) -> BulkResult:
        """Send deliveries again or sooner: those named, or all (or the first so many) that a query finds.

        What is written after it began is not among them: it goes from the newest to the oldest.
        """
        return await self._in_steps(wanted, self._replay, at_most)

    async def dismiss(self, wanted: DeliveryQuery | Sequence[str], *, at_most: int | None = None) -> BulkResult:
        """End deliveries unsent: those named, or all (or the first so many) that a query finds."""
        return await self._in_steps(wanted, self._dismiss, at_most)

    def _lane(self, endpoint_id: EndpointId) -> Lane | None:
        lane = self._lanes.get(endpoint_id)
        if lane is None and not self._is_stopping:
            endpoint = self._known.directory.endpoints.get(endpoint_id)
            lane = Lane(
                endpoint_id,
                database=self._database,
                sender=self._sender,
                clock=self._clock,
                author=self._author,
                owner=self._owner,
                settings=self._settings,
                concurrency=self._concurrency_of(endpoint) if endpoint else None,
                pace=self._pace_of(endpoint) if endpoint else None,
                wake_others=self.wake,
                expect_expiry=self._expect_expiry,
            )
            self._lanes[endpoint_id] = lane
            self._supervisor.start(_name(endpoint_id), self._run_of(lane))
        return lane

    def _pace_of(self, endpoint: Endpoint) -> Pace | None:
        """The endpoint's own pace, else the one that all of its target share, where its service publishes one."""
        if endpoint.pace_s is not None:
            pace = self._endpoint_paces.setdefault(endpoint.id, Pace())
            pace.bucket = Bucket(endpoint.pace_s)
            return pace
        target = self._known.directory.targets.get(endpoint.target_id)
        # An endpoint may outlive its target for a moment.
        published = None if target is None else target_kind(target.kind).pacing(target.settings)
        if target is None or published is None:
            return None
        pace = self._target_paces.setdefault(target.id, Pace())
        pace.bucket = published
        return pace

    def _concurrency_of(self, endpoint: Endpoint) -> int | None:
        """The endpoint's own; 1 where its kind takes no two deliveries at a time."""
        target = self._known.directory.targets.get(endpoint.target_id)
        return 1 if target is not None and target.kind in ONE_AT_A_TIME else endpoint.concurrency

    def _run_of(self, lane: Lane) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            try:
                await lane.run()
            except Exception:
                # What it was sending is leased until its lease ends: someone must look then.
                self._notice_crash()
                raise

        return run

    def _target(self, target_id: TargetId) -> Target:
        target = self._known.directory.targets.get(target_id)
        if target is None:
            raise NotFound("target.not_found", f"There is no target {target_id}.")
        return target

    def _endpoints(self, target_id: TargetId) -> list[EndpointId]:
        return [one.id for one in self._known.directory.endpoints.values() if one.target_id == target_id]

    async def _lift(self, target_id: TargetId, signal: Signal) -> int:
        await self._signal_target(target_id, signal)
        for endpoint_id in self._endpoints(target_id):
            await self._signal_endpoint(endpoint_id, signal)
            await self._hasten(endpoint_id)
        queued = sum((await self._database.read(queued_by_endpoint, target_id)).values())
        self.wake(self._endpoints(target_id))
        return queued

    async def _hasten(self, endpoint_id: EndpointId) -> None:
        """Let retries go now that someone says it works again, where no pause stands in their way."""
        if (await self._database.read(load_health, endpoint_id)).is_paused:
            return
        now = self._clock.now()
        while not await self._database.run(hasten_failed, endpoint_id, now):
            pass

    async def _signal_target(self, target_id: TargetId, signal: Signal) -> None:
        moved = await self._database.run(
            signal_target, target_id, signal, self._clock.now(), self._concurrency, self._author
        )
        self._woken(moved)

    async def _signal_endpoint(self, endpoint_id: EndpointId, signal: Signal) -> None:
        moved = await self._database.run(
            signal_endpoint, endpoint_id, signal, self._clock.now(), self._concurrency, self._author
        )
        self._woken(moved)

    @property
    def _concurrency(self) -> int:
        return self._settings[DELIVERY_CONCURRENCY]

    def _woken(self, moved: Moved) -> None:
        self.wake(moved.woken)

    async def _replay(self, ids: Sequence[str]) -> Changed:
        return await self._database.run(replay, ids, self._clock.now(), self._clock.uuid7)

    async def _dismiss(self, ids: Sequence[str]) -> Changed:
        return await self._database.run(dismiss, ids, self._clock.now())

    async def _in_steps(
        self,
        wanted: DeliveryQuery | Sequence[str],
        act: Callable[[Sequence[str]], Awaitable[Changed]],
        at_most: int | None,
    ) -> BulkResult:
        """Short transactions one after another, so that a million rows hold nobody up."""
        matched = changed = 0
        skipped: list[Skipped] = []
        woken: set[EndpointId] = set()
        next_before: int | None = None
        async for ids, place in self._pages(wanted, at_most):
            next_before = place
            if not ids:
                continue
            done = await act(ids)
            matched += len(ids)
            changed += done.changed
            skipped += done.skipped[: SKIPPED_MAX - len(skipped)]
            woken |= done.woken
        for endpoint_id in woken:
            health = await self._database.read(load_health, endpoint_id)
            if health.endpoint.is_paused and health.endpoint.cause in LIFTED_BY_A_PERSON:
                await self._signal_endpoint(endpoint_id, ResumedByHand())
        self.wake(woken)
        return BulkResult(matched=matched, changed=changed, skipped=tuple(skipped), next_before=next_before)

    async def _pages(
        self, wanted: DeliveryQuery | Sequence[str], at_most: int | None
    ) -> AsyncIterator[tuple[list[str], int | None]]:
        """The ids in steps, each with where the next one goes on."""
        if not isinstance(wanted, DeliveryQuery):
            for start in range(0, len(wanted), BULK_STEP):
                yield list(wanted[start : start + BULK_STEP]), None
            return
        before: int | None = wanted.before
        left, looks = at_most, 0
        while before is not None and (left is None or (left > 0 and looks < STEPS_MAX)):
            limit = BULK_STEP if left is None else min(BULK_STEP, left)
            page = await self._database.read(
                page_deliveries, msgspec.structs.replace(wanted, before=before, limit=limit)
            )
            before = page.next_before
            left, looks = None if left is None else left - len(page.items), looks + 1
            yield [delivery.id for delivery in page.items], before


def _name(endpoint_id: EndpointId) -> str:
    return f"lane-{endpoint_id}"
