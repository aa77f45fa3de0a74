"""A lane: the queue of one endpoint, with its own concurrency and pace.

                      ┌────────────── one turn, one transaction ──────────────┐
    stock ◀──claimed──┤  write the results that have come · claim the next    │◀──results
      │               └────────────────────────────────────────────────────────┘      ▲
      └──▶ sending, `concurrency` at a time ───────────────────────────────────────────┘

A turn is taken when results have come, when the stock runs low, or when something wakes the lane: a commit that left
something waiting, the next due time, a probe's time, a person. In between it does nothing. While one turn waits for the
disk, what is in stock goes on being sent, unless there is a doubt: a failure is among the results, or a person has
paused the target. Then the turn's verdict is awaited.

What always holds: nothing is sent without a committed claim; when results cannot be committed nothing more is sent
until they are; what is claimed but may not be sent (a pause, a hold, a stop) or has lain in stock too long for its
lease is given back uncharged; one lane's trouble is invisible to every other.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

import msgspec

from posthouse.ledger.base import Database
from posthouse.ledger.events import Lease
from posthouse.ledger.leases import LEASE_S, release
from posthouse.ledger.own_events import Author
from posthouse.ledger.results import Advanced, advance, complete
from posthouse.model.deliveries import AttemptResult, ClaimedDelivery, ClaimedParcel, OutcomeKind
from posthouse.model.errors import LedgerError
from posthouse.model.ids import EndpointId, Millis
from posthouse.model.targets import Health
from posthouse.pipeline.pace import Pace
from posthouse.pipeline.sender import Sender
from posthouse.rules.health import concurrency_of
from posthouse.rules.pacing import STOCK_AGE_S_MAX, STOCK_S, Bucket, hold_s, stock_of
from posthouse.settings import DELIVERY_CONCURRENCY, DELIVERY_PACE_S, Settings
from posthouse.system.clock import Clock
from posthouse.system.logging import get_log
from posthouse.system.supervise import FATAL, backoff_s

SMOOTHING = 0.1
"""Weight of the latest request in the mean duration."""

TIMER_S_MAX = 60.0
"""Timers run on the monotonic clock, which stands still while a machine sleeps: due times are looked at afresh after
this long at the latest."""

_log = get_log(__name__)


class _Stocked(msgspec.Struct, frozen=True):
    """A claimed parcel that is not being sent yet, and since when it lies here on the monotonic clock."""

    parcel: ClaimedParcel
    since_s: float

    @property
    def is_probe(self) -> bool:
        return self.parcel.deliveries[0].is_probe


class Lane:
    """One endpoint's queue. `run` is its life; everything else only leaves something for it."""

    def __init__(
        self, endpoint_id: EndpointId, *, database: Database, sender: Sender, clock: Clock, author: Author, owner: str,
        settings: Settings, concurrency: int | None, pace: Pace | None,
        wake_others: Callable[[Iterable[EndpointId]], None], expect_expiry: Callable[[Millis], None],
    ) -> None:  # fmt: skip
        self.endpoint_id = endpoint_id
        self._database = database
        self._sender = sender
        self._clock = clock
        self._author = author
        self._owner = owner
        self._wake_others = wake_others
        self._expect_expiry = expect_expiry
        self._wake = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._stock: deque[_Stocked] = deque()
        self._results: list[AttemptResult] = []
        self._reserved = self._sending = self._senders = 0
        self._doubts = self._doubts_settled = 0
        self._is_stalled = self._is_stopping = False
        self._mean_s = 1.0
        self._mean_size = 1.0
        self._hold_until_s = 0.0
        self._endpoint, self._target = Health(), Health()
        self._next_turn_at: Millis | None = Millis(0)
        self._own_pace = Pace()
        self.apply(settings, concurrency=concurrency, pace=pace)

    def apply(self, settings: Settings, *, concurrency: int | None, pace: Pace | None) -> None:
        """Take over changed settings; the endpoint's own come first. `pace`: None is that of the settings."""
        self._concurrency = concurrency or settings[DELIVERY_CONCURRENCY]
        self._own_pace.bucket = Bucket(settings[DELIVERY_PACE_S])
        self._pace = pace or self._own_pace
        self.wake()

    def wake(self) -> None:
        """Something is waiting, or has changed: take a turn."""
        self._next_turn_at = Millis(0)
        self._wake.set()

    def look(self) -> None:
        """Someone may have forbidden what is in stock: send nothing more before the next turn has looked."""
        self._doubts += 1
        self.wake()

    @property
    def under_way(self) -> int:
        """How many requests' worth it holds: in stock, reserved or being sent."""
        return len(self._stock) + self._reserved + self._sending

    def reserve(self) -> Lease | None:
        """A free slot for a delivery that is about to be inserted, if nothing waits before it."""
        is_free = (
            self._next_turn_at is None
            and self.under_way < self._allowed()
            and self._pace.is_free
            and not (self._is_stopping or self._is_stalled or self._is_in_doubt or self._is_held())
        )
        if not is_free:
            return None
        self._reserved += 1
        return self._lease()

    def cancel(self) -> None:
        """Give a reserved slot back unused."""
        self._reserved -= 1
        self._wake.set()

    def offer(self, delivery: ClaimedDelivery) -> None:
        """Take over a delivery that was born in flight under a reserved slot."""
        self._reserved -= 1
        self._stock.append(_Stocked(ClaimedParcel((delivery,)), self._clock.monotonic_s()))
        self._wake.set()

    async def run(self) -> None:
        """Take turns until stopped or cancelled."""
        self.wake()
        async with asyncio.TaskGroup() as group:
            while not self._is_stopping or self.under_way or self._results:
                self._wake.clear()
                self._start_senders(group)
                if self._results or self._is_in_doubt or self._wanted():
                    await self._take_turn()
                elif self._stock and not self._may_send(self._stock[0]):
                    await self._give_back()
                else:
                    await self._sleep()

    def stop(self) -> None:
        """Claim no more, give back what is unsent, and let `run` end when what is being sent has ended."""
        self._is_stopping = True
        self._wake.set()

    def _allowed(self) -> int:
        """How many may be under way at once, by the health last seen."""
        return min(concurrency_of(one, self._concurrency) for one in (self._endpoint, self._target))

    def _is_held(self) -> bool:
        return self._clock.monotonic_s() < self._hold_until_s

    @property
    def _is_in_doubt(self) -> bool:
        return self._doubts != self._doubts_settled

    def _may_send(self, stocked: _Stocked) -> bool:
        """Whether a claimed parcel may leave now: a pause lets only its probe pass, and a lease must last."""
        if self._is_stopping or self._is_stale(stocked) or self._is_held():
            return False
        return self._allowed() > 0 or (stocked.is_probe and not self._target.is_paused)

    def _is_stale(self, stocked: _Stocked) -> bool:
        return self._clock.monotonic_s() - stocked.since_s >= STOCK_AGE_S_MAX

    def _claims_from_s(self) -> float:
        """Before this nothing is claimed: a lane that holds back, or whose pace is slow, would only let it lie."""
        is_slow = self._pace.bucket.refill_s >= STOCK_S
        return max(self._hold_until_s, self._pace.opens_at_s if is_slow else 0.0)

    def _wanted(self) -> int:
        """How many requests to claim for now; 0 while nothing can be due, or the stock is more than half full."""
        if self._next_turn_at is None or self._is_stopping or self._next_turn_at > self._clock.now():
            return 0
        if self._clock.monotonic_s() < self._claims_from_s():
            return 0
        allowed = self._allowed()
        if allowed < self._concurrency:
            # Paused: a probe, when nothing is under way. Resuming: as many as its pace allows.
            return max(max(allowed, 1) - self.under_way, 0)
        stock = stock_of(self._concurrency, self._mean_s, self._pace.bucket.refill_s, self._mean_size)
        missing = stock - self.under_way
        return missing if missing * 2 >= stock else 0

    async def _take_turn(self) -> None:
        """Write the results, claim the next. Where nothing can be committed, wait and try again, sending nothing."""
        results, self._results = self._results, []
        wanted, doubts, now = self._wanted(), self._doubts, self._clock.now()
        planned_at, self._next_turn_at = self._next_turn_at, None if wanted else self._next_turn_at
        try:
            advanced = await self._database.run(
                advance, self.endpoint_id, results, wanted, self.under_way, self._lease(), now,
                self._concurrency, self._clock.jitter(), self._author,
            )  # fmt: skip
        except LedgerError as error:
            if isinstance(error, FATAL):
                raise
            self._results = results + self._results
            self._next_turn_at = planned_at
            await self._wait_for_ledger(error)
        except Exception:
            await self._write_singly(results)
            raise
        else:
            self._is_stalled = False
            self._doubts_settled = doubts
            self._tell_expiries(one.delivery for one in results if one.outcome.kind is not OutcomeKind.DELIVERED)
            self._take_over(advanced, wanted, now)

    def _take_over(self, advanced: Advanced, wanted: int, asked_at: Millis) -> None:
        claim = advanced.claim
        self._endpoint, self._target = claim.endpoint, claim.target
        now_s = self._clock.monotonic_s()
        self._stock.extend([_Stocked(parcel, now_s) for parcel in claim.parcels])
        if claim.parcels:
            self._mean_size = sum([len(parcel.deliveries) for parcel in claim.parcels]) / len(claim.parcels)
        if advanced.completed is not None and advanced.completed.woken:
            self._wake_others(advanced.completed.woken)
        if self._target.is_paused:
            next_turn_at = None
        elif self._endpoint.is_paused:
            # A probe that found nothing waiting is not due again before something is.
            is_idle = wanted > 0 and not claim.parcels and (self._endpoint.probe_at or 0) <= asked_at
            next_turn_at = None if claim.parcels or is_idle else self._endpoint.probe_at
        else:
            next_turn_at = claim.next_due_at
        # What woke the lane while the turn was on its way has set 0, and stands.
        if self._next_turn_at is None or (wanted == 0 and self._next_turn_at != 0):
            self._next_turn_at = next_turn_at

    async def _wait_for_ledger(self, error: LedgerError) -> None:
        self._is_stalled = True
        _log.warning("a lane waits for the ledger", endpoint=self.endpoint_id, code=error.code)
        self._wake.clear()
        self._wake_at(self._clock.monotonic_s() + error_wait_s(error))
        await self._wake.wait()

    async def _write_singly(self, results: list[AttemptResult]) -> None:
        """What one request led to and cannot be written must not hold the rest: its leases end, and count as tries."""
        for parcel_id, some in groupby(results, lambda result: result.delivery.parcel_id or result.delivery.id):
            try:
                await self._database.run(
                    complete, self.endpoint_id, list(some), self._clock.now(), self._concurrency, self._author
                )
            except FATAL:
                raise
            except Exception as error:
                _log.error("a result could not be written", error=error, parcel=parcel_id)

    async def _give_back(self) -> None:
        kept = [one for one in self._stock if self._may_send(one)]
        unsent = [one for one in self._stock if not self._may_send(one)]
        self._stock = deque(kept)
        if any(self._is_stale(one) for one in unsent):
            # Requests take longer than the latest ones told: hold less.
            self._mean_s = max(self._mean_s, STOCK_AGE_S_MAX)
        self._next_turn_at = Millis(0)
        try:
            leased = [delivery for one in unsent for delivery in one.parcel.deliveries]
            await self._database.run(release, leased, self._clock.now())
        except LedgerError as error:
            if isinstance(error, FATAL):
                raise
            self._stock.extendleft(reversed(unsent))
            await self._wait_for_ledger(error)
        else:
            self._tell_expiries(leased)

    def _tell_expiries(self, deliveries: Iterable[ClaimedDelivery]) -> None:
        """These may be waiting again: while they were in flight, nobody looked at their time limits."""
        for one in deliveries:
            if one.expires_at is not None:
                self._expect_expiry(one.expires_at)

    def _start_senders(self, group: asyncio.TaskGroup) -> None:
        limit = max(self._allowed(), 1)
        while self._senders < limit and (parcel := self._next_in_stock()) is not None:
            self._senders += 1
            group.create_task(self._send_stock(parcel))

    def _next_in_stock(self) -> ClaimedParcel | None:
        """The next parcel, if it may leave at this very moment; its turn in the pace is then taken."""
        if not self._stock or self._is_stalled or self._is_in_doubt or not self._may_send(self._stock[0]):
            return None
        if not self._pace.take(self._clock.monotonic_s()):
            return None
        self._sending += 1
        return self._stock.popleft().parcel

    async def _send_stock(self, first: ClaimedParcel) -> None:
        """Send one after another while there is something in stock and the pace allows so many."""
        parcel: ClaimedParcel | None = first
        try:
            while parcel is not None:
                try:
                    await self._send(parcel)
                finally:
                    self._sending -= 1
                parcel = self._next_in_stock() if self._senders <= max(self._allowed(), 1) else None
        finally:
            self._senders -= 1
            self._wake.set()

    async def _send(self, parcel: ClaimedParcel) -> None:
        results = await self._sender.send(parcel)
        self._mean_s += SMOOTHING * (results[0].duration_ms / 1000 - self._mean_s)
        failed = [result.outcome for result in results if result.outcome.kind is not OutcomeKind.DELIVERED]
        if failed:
            self._doubts += 1
            self._hold_until_s = max(self._hold_until_s, self._clock.monotonic_s() + max(map(hold_s, failed)))
        self._results += results
        self._wake.set()

    def _lease(self) -> Lease:
        return Lease(owner=self._owner, until=round((self._clock.monotonic_s() + LEASE_S) * 1000))

    async def _sleep(self) -> None:
        """Wait until something wakes it, or the first instant at which there may be something to do."""
        instants = [] if self._is_stopping else list(self._instants_s())
        if instants:
            self._wake_at(min(instants))
        await self._wake.wait()
        self._clear_timer()

    def _instants_s(self) -> Iterator[float]:
        """When something will be due, go stale, or have its turn; what is due already waits for what is under way."""
        now_s = self._clock.monotonic_s()
        if self._stock:
            yield self._stock[0].since_s + STOCK_AGE_S_MAX
            if not self._pace.is_free and now_s < self._pace.opens_at_s:
                yield self._pace.opens_at_s
        if self._next_turn_at is not None:
            due_s = max(now_s + (self._next_turn_at - self._clock.now()) / 1000, self._claims_from_s())
            # It may have become due since it was last looked at; with nothing under way nothing else would wake it.
            if due_s > now_s or not self.under_way:
                yield due_s

    def _wake_at(self, at_s: float) -> None:
        self._clear_timer()
        delay_s = min(max(at_s - self._clock.monotonic_s(), 0.0), TIMER_S_MAX)
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._wake.set)

    def _clear_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def error_wait_s(error: LedgerError) -> float:
    """How long to leave the ledger alone after it refused: what it asked for, else one second."""
    return error.retry_after_s or backoff_s(1)
