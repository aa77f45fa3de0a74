"""Upkeep: what time does to the ledger. Deliveries expire, lost leases end, what is old leaves, space is given back.

One worker that sleeps until the first of these is due. Retention runs hourly, in steps of a few milliseconds between
which the writer serves others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from posthouse.ledger.base import Database, Transaction
from posthouse.ledger.instances import forget_instances
from posthouse.ledger.leases import FAR_AWAY, clamp_far_due, endpoints_due, hold_until, next_lease_end, recover
from posthouse.ledger.live import trim_live_log
from posthouse.ledger.live_critical import forget_clients
from posthouse.ledger.own_events import Author
from posthouse.ledger.retention import expire, free_pages, next_expiry, sweep, vacuum_some
from posthouse.ledger.runs import trim_gaps
from posthouse.ledger.throughput import tidy_throughput
from posthouse.model.errors import SecretsUnavailable
from posthouse.model.ids import EndpointId, Millis
from posthouse.pipeline.notices import notice_policy
from posthouse.pipeline.removals import forget_removed_sources, forget_removed_targets
from posthouse.rules.notices import QuietHours, quiet_until
from posthouse.settings import LIVE_LOG_DAYS, LIVE_LOG_ENTRIES, RETENTION_DAYS, Settings
from posthouse.system.clock import Clock
from posthouse.system.logging import get_log
from posthouse.system.secrets import SecretStore

SWEEP_EVERY_S = 3_600.0
THOROUGH_EVERY = 24
DAY_MS = 86_400_000
FREE_PAGES_KEPT = 512
"""Empty pages left in the file for what comes next (4 MiB); more are given back."""

TIMER_S_MAX = 60.0
"""Looked at afresh after this long while something has a time limit: timers stand still while a machine sleeps."""

_log = get_log(__name__)


class Upkeep:
    """The worker. `wake` it when something with an earlier time limit has come, or a lane has crashed."""

    def __init__(
        self, *, database: Database, secrets: SecretStore, clock: Clock, author: Author, owner: str, settings: Settings,
        wake_lanes: Callable[[Iterable[EndpointId]], None],
    ) -> None:  # fmt: skip
        self._database = database
        self._clock = clock
        self._secrets = secrets
        self._author = author
        self._owner = owner
        self._wake_lanes = wake_lanes
        self._wake = asyncio.Event()
        self._swept_at_s: float | None = None
        self._sweeps = 0
        self._next_look_at = Millis(0)
        self._quiet: QuietHours | None = None
        self._is_quiet_moved = False
        self.apply(settings)

    def apply(self, settings: Settings) -> None:
        """Take over changed settings; a shorter retention, and other quiet hours, begin at once."""
        self._retention_ms = settings[RETENTION_DAYS] * DAY_MS
        self._log_ms = settings[LIVE_LOG_DAYS] * DAY_MS
        self._log_entries = settings[LIVE_LOG_ENTRIES]
        self._swept_at_s = None
        quiet, before = notice_policy(settings).quiet, self._quiet
        self._quiet, self._is_quiet_moved = quiet, self._is_quiet_moved and quiet == before
        self._wake.set()

    def wake(self) -> None:
        """Look again at what is due."""
        self._wake.set()

    def expect(self, expires_at: Millis) -> None:
        """A delivery with a time limit has come: look again if it ends before the next look."""
        if expires_at < self._next_look_at:
            self._wake.set()

    async def run(self) -> None:
        """Do what is due, sleep until the next, until cancelled."""
        while True:
            self._wake.clear()
            # Whatever comes while it looks may be past what it has looked at: then it looks again.
            self._next_look_at = FAR_AWAY
            await self.do_due()
            delay_s = await self._next_in_s()
            self._next_look_at = Millis(self._clock.now() + round(delay_s * 1000))
            timer = asyncio.get_running_loop().call_later(delay_s, self._wake.set)
            try:
                await self._wake.wait()
            finally:
                timer.cancel()

    async def do_due(self) -> None:
        """Everything that is due now, once."""
        await self._expire()
        await self._end_leases()
        if not self._is_quiet_moved:
            await self._move_quiet()
        if self._swept_at_s is None or self._clock.monotonic_s() - self._swept_at_s >= SWEEP_EVERY_S:
            self._swept_at_s = self._clock.monotonic_s()
            await self._sweep()

    async def recover_orphans(self) -> int:
        """Take back every lease that another instance left; at start, under the instance guard."""
        return await self._recover(None)

    async def _expire(self) -> None:
        while (done := await self._database.run(expire, self._clock.now())).count:
            self._wake_lanes(done.woken)

    async def _move_quiet(self) -> None:
        """What earlier quiet hours hold back goes by those of now, also where they were changed while nobody ran."""
        quiet, now = self._quiet, self._clock.now()
        self._wake_lanes(await self._database.run(hold_until, quiet_until(quiet, now) or now, now))
        self._is_quiet_moved = quiet == self._quiet

    async def _end_leases(self) -> None:
        count = await self._recover(round(self._clock.monotonic_s() * 1000))
        if count:
            _log.warning("leases ended without a result", count=count)

    async def _recover(self, monotonic_ms: int | None) -> int:
        count = 0
        while True:
            done = await self._database.run(
                recover, self._owner, monotonic_ms, self._clock.now(), self._clock.jitter(), self._author
            )
            if not done.count:
                return count
            count += done.count
            self._wake_lanes(done.woken)

    async def _sweep(self) -> None:
        now = self._clock.now()
        before = Millis(now - self._retention_ms)
        clamped = await self._database.run(clamp_far_due, now)
        if clamped:
            _log.warning("the clock has jumped: due times were brought back", count=clamped)
            self._wake_lanes(await self._database.read(endpoints_due))
        removed = await self._remove_old(before)
        log_before = Millis(now - self._log_ms)
        while not await self._database.run(trim_live_log, log_before, self._log_entries):
            pass
        while not await self._database.run(tidy_throughput, now):
            pass
        await self._database.run(forget_clients, now)
        await self._database.run(trim_gaps, before)
        await self._database.run(forget_instances, self._owner, before=before)
        await forget_removed_sources(self._database)
        try:
            await forget_removed_targets(self._database, self._secrets, self._clock)
        except SecretsUnavailable as error:
            _log.warning("the secrets of a removed target are still there", code=error.code)
        if removed:
            _log.info("retention removed events", count=removed)
        empty = await self._database.read(free_pages)
        while empty > FREE_PAGES_KEPT:
            left = await self._database.run(vacuum_some)
            if left >= empty:
                break
            empty = left

    async def _remove_old(self, before: Millis) -> int:
        """Sweep until what is left is young; once a day to the very end, as a clock may have been set back."""
        is_thorough = self._sweeps % THOROUGH_EVERY == 0
        self._sweeps += 1
        removed, after = 0, 0
        while True:
            step = await self._database.run(sweep, before, after)
            removed += step.removed
            if step.after is None or (step.is_young and not is_thorough):
                return removed
            after = step.after

    async def _next_in_s(self) -> float:
        """Seconds until the next thing is due: expiry or the end of a lease within a minute, else the next sweep."""
        expiry, lease_end = await self._database.read(_next_ends, self._owner)
        now_s = self._clock.monotonic_s()
        soonest_s = SWEEP_EVERY_S if self._swept_at_s is None else self._swept_at_s + SWEEP_EVERY_S - now_s
        if expiry is not None:
            soonest_s = min(soonest_s, (expiry - self._clock.now()) / 1000, TIMER_S_MAX)
        if lease_end is not None:
            soonest_s = min(soonest_s, lease_end / 1000 - now_s + 0.001)
        return max(soonest_s, 0.0)


def _next_ends(tx: Transaction, owner: str) -> tuple[Millis | None, int | None]:
    """The next expiry and the next lease's end, of one moment: a delivery may go from one to the other in between."""
    return next_expiry(tx), next_lease_end(tx, owner)
