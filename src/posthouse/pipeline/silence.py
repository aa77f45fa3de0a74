"""Silence: the one worker that tells when something expected has not been heard of, and when it is heard of again.

It sleeps until the first expectation can be breached, and not at all where nothing is expected. What is told and the
mark that it has been told are one transaction, so each silence is told once, whatever crashes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import msgspec

from posthouse.ledger.base import Database, Transaction
from posthouse.ledger.expectations import list_expectations, mark_told
from posthouse.ledger.own_events import Author, about_daemon, record_own
from posthouse.model.events import EventDraft, Severity
from posthouse.model.expectations import Expectation
from posthouse.model.ids import EndpointId, Millis
from posthouse.rules.silence import Effect, Heard, breached_from, look
from posthouse.system.clock import Clock
from posthouse.system.logging import get_log

TIMER_S_MAX = 60.0
"""Looked at afresh after this long while something is expected: timers stand still while a machine sleeps, and that
something silent is heard of again is seen no later."""

RESUMED_S = 60.0
"""The machine has slept where the wall clock ran ahead of the monotonic one by more than this."""

_log = get_log(__name__)


class Silence:
    """The worker. `wake` it when what is expected has changed."""

    def __init__(
        self, *, database: Database, clock: Clock, author: Author, wake_lanes: Callable[[Iterable[EndpointId]], None]
    ) -> None:
        self._database = database
        self._clock = clock
        self._author = author
        self._wake_lanes = wake_lanes
        self._wake = asyncio.Event()
        self._awake_since = clock.now()
        self._ahead_s = self._ahead_of_monotonic_s()

    def wake(self) -> None:
        """Look again at what is expected."""
        self._wake.set()

    async def run(self) -> None:
        """Tell what is due, sleep until the next can be, until cancelled."""
        while True:
            self._wake.clear()
            delay_s = await self.look()
            timer = None if delay_s is None else asyncio.get_running_loop().call_later(delay_s, self._wake.set)
            try:
                await self._wake.wait()
            finally:
                if timer is not None:
                    timer.cancel()

    async def look(self) -> float | None:
        """Tell what is due now; in how many seconds to look again, None where nothing is expected."""
        self._notice_resume()
        now = self._clock.now()
        expected = await self._database.read(list_expectations)
        if any(look(one, now, self._awake_since) is not None for one in expected):
            told, woken = await self._database.run(_tell, now, self._awake_since, self._author)
            self._wake_lanes(woken)
            for draft in told:
                _log.info("told of a silence", type=draft.type, name=draft.subject)
            expected = await self._database.read(list_expectations)
        return _next_in_s(expected, now, self._awake_since)

    def _notice_resume(self) -> None:
        ahead_s = self._ahead_of_monotonic_s()
        if ahead_s - self._ahead_s > RESUMED_S:
            self._awake_since = self._clock.now()
        self._ahead_s = ahead_s

    def _ahead_of_monotonic_s(self) -> float:
        return self._clock.now() / 1000 - self._clock.monotonic_s()


def _next_in_s(expected: Iterable[Expectation], now: Millis, awake_since: Millis) -> float | None:
    waits_s = [
        TIMER_S_MAX if one.told_at is not None else (breached_from(one, awake_since) - now) / 1000 for one in expected
    ]
    return max(min(*waits_s, TIMER_S_MAX), 0.0) if waits_s else None


def _tell(
    tx: Transaction, now: Millis, awake_since: Millis, author: Author
) -> tuple[tuple[EventDraft, ...], frozenset[EndpointId]]:
    """Judge every expectation, record what is to be told, and mark it told."""
    drafts: list[EventDraft] = []
    for one in list_expectations(tx):
        effect = look(one, now, awake_since)
        if effect is None:
            continue
        drafts.append(_draft(one, effect))
        if isinstance(effect, Heard):
            mark_told(tx, one.subject, one.subject_id, None)
        else:
            mark_told(tx, one.subject, one.subject_id, now, silent_since=effect.since)
    return tuple(drafts), record_own(tx, drafts, now, author)


def _draft(one: Expectation, effect: Effect) -> EventDraft:
    data: dict[str, object] = {one.subject.value: one.name, f"{one.subject.value}_id": one.subject_id}
    data |= {"expected_within_s": one.silence_s, "last_heard_at": one.heard_at}
    if isinstance(effect, Heard):
        draft = about_daemon(f"{one.subject.value}.heard", data | {"silent_s": effect.silent_s})
    else:
        draft = about_daemon(f"{one.subject.value}.silent", data, severity=Severity.WARNING)
    return msgspec.structs.replace(draft, subject=one.name)
