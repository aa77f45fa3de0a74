"""The worker of one source: a stream kind runs; a snapshot kind is read when it changed, and by the clock.

    signals ──gathered──▶ coalesced ──┐
    schedules of its bindings ────────┼──▶ due? ──one read for all of it──▶ committed with its runs
    a person: push, one binding ──────┘             └──failed: nothing is forgotten, left alone for a while

What always holds: one timer, set to the soonest of what is waited for; one read at a time; a read that failed moves no
state, and what asked for it still does; whatever a kind raises ends neither the worker nor any other source.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

from posthouse.model.errors import Conflict, PosthouseError
from posthouse.model.ids import BindingId, SourceId
from posthouse.model.runs import RunResult
from posthouse.model.sources import Source
from posthouse.pipeline.activity import Activity, ActivityState
from posthouse.pipeline.failing import Trouble, broken, contained, is_fatal, words_of
from posthouse.pipeline.gathered import Gathered
from posthouse.pipeline.snapshots import Errand, Taken
from posthouse.pipeline.timetable import Timetable
from posthouse.pipeline.workplace import Workplace
from posthouse.rules.coalesce import IDLE, Changed, CoalescePolicy, Flush, Read, WakeAt, Woke, seconds_left, step
from posthouse.rules.coalesce import Signal as CoalesceSignal
from posthouse.rules.reading import FIRST_S
from posthouse.sources.base import RESCAN, Signal, SnapshotKind, StreamKind, source_kind
from posthouse.sources.inbox import Inbox
from posthouse.system.logging import get_log

CLOCK_TIMER_S_MAX = 60.0
"""Looked at afresh after this long while a run is to come: timers stand still while a machine sleeps."""

_log = get_log(__name__)


class _Worker:
    """What both shapes have: work of the kind's own that is begun again after a failure, not at once."""

    def __init__(self, place: Workplace, source_id: SourceId) -> None:
        self._place = place
        self._clock = place.clock
        self._source_id = source_id
        self._name = place.source(source_id).name
        self._progress = ""
        self._running = Trouble()

    def _source(self) -> Source:
        return self._place.source(self._source_id)

    async def _keep_going(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do a kind's endless work, again and again; returns where it returns."""
        while True:
            begun_s = self._clock.monotonic_s()
            try:
                await contained(work())
            except (OSError, PosthouseError) as error:
                if self._clock.monotonic_s() - begun_s >= FIRST_S:
                    self._running.clear()
                await self._fail(self._running, error)
            else:
                self._running.clear()
                return
            await asyncio.sleep(self._running.left_s(self._clock.monotonic_s()))

    async def _fail(self, trouble: Trouble, error: OSError | PosthouseError) -> None:
        """Note a failure, and tell of the first in a row. Raises the error where the ledger is past healing."""
        if is_fatal(error):
            raise error
        wait_s = trouble.note(error, self._clock.monotonic_s())
        _log.warning("a source could not be read", source=self._name, detail=trouble.words, retry_in_s=wait_s)
        if not trouble.is_told:
            try:
                await self._place.tell_failing(self._source_id, self._name, trouble.words)
                trouble.is_told = True
            except PosthouseError as untold:
                # The ledger itself is in trouble: it is told when it can be.
                if is_fatal(untold):
                    raise
                _log.warning("a failure could not be recorded", source=self._name, code=untold.code)

    def _tell_progress(self, done_bytes: int, total_bytes: int) -> None:
        self._progress = f"{done_bytes >> 20} of {total_bytes >> 20} MiB read"


class StreamWorker(_Worker):
    """A source that tells of things as they happen, and may be told some."""

    def __init__(self, place: Workplace, source_id: SourceId) -> None:
        super().__init__(place, source_id)
        self.inbox = Inbox(self._name)

    async def run(self) -> None:
        """Run the source until cancelled."""
        await self._keep_going(self._run_kind)

    async def flush(self) -> None:
        """Nothing is buffered here."""

    def reschedule(self) -> None:
        """Nothing here goes by the clock."""

    def activity(self) -> Activity:
        """What it is doing now."""
        if self._running.failures:
            return Activity(state=ActivityState.FAILING, detail=self._running.words)
        return Activity(state=ActivityState.WATCHING, detail=self._progress)

    async def _run_kind(self) -> None:
        source = self._source()
        kind = cast("StreamKind", source_kind(source.kind))
        self.inbox.open()
        try:
            await kind.run(self._place.context(source, self._tell_progress, self.inbox))
        finally:
            self.inbox.close()
        raise broken("it ended by itself")


class SnapshotWorker(_Worker):
    """A source that is read."""

    def __init__(self, place: Workplace, source_id: SourceId) -> None:
        super().__init__(place, source_id)
        self._woken = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._reading = asyncio.Lock()
        self._buffer = IDLE
        self._gathered = Gathered()
        self._is_burst_due = False
        self._timetable = Timetable(place.database, source_id, place.clock)
        self._failing = Trouble()

    async def run(self) -> None:
        """Read the source whenever something asks for it, until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_going(self._listen))
                while True:
                    self._woken.clear()
                    await self._do_due()
                    self._set_timer()
                    await self._woken.wait()
        finally:
            self._cancel_timer()

    async def push(self, *, only: BindingId | None = None) -> Taken:
        """Read at once and send it, changed or not: to all bindings, and what was buffered goes along; or to one.

        Raises OSError or PosthouseError where the read failed; then no state has moved.
        """
        errand = Errand(only=only, is_push=only is None)
        buffered = self._buffer
        if errand.is_push:
            self._buffer = IDLE
        try:
            taken = await self._read(errand)
        except BaseException:
            self._buffer = buffered if self._buffer is IDLE else self._buffer
            raise
        by_clock = [one.binding_id for one in self._place.routes(self._source_id) if one.schedule.is_by_clock]
        for result in (RunResult.SENT, RunResult.NOTHING_TO_TELL):
            reached = [one for one in by_clock if taken.results.get(one) is result]
            await self._timetable.note(reached, result)
        return taken

    async def flush(self) -> None:
        """Read what is buffered, if anything is. Raises as `push`."""
        self._step(Flush())
        if self._is_burst_due and self._is_change_wanted():
            await self._read(Errand(is_for_changes=True))

    def reschedule(self) -> None:
        """Its bindings have changed: look again at what is due, and for whom."""
        self._timetable.expire()
        if self._gathered and self._buffer is IDLE and not self._is_burst_due and self._is_change_wanted():
            self._step(Changed())
        self._woken.set()

    def activity(self) -> Activity:
        """What it is doing now."""
        next_at, last_run = self._timetable.next_at, self._timetable.last_run
        if self._timetable.due:
            next_at = self._clock.now()
        left_s = seconds_left(self._buffer, self._clock.monotonic_s(), self._policy())
        state, detail = ActivityState.WATCHING, ""
        if self._reading.locked():
            state, detail, left_s = ActivityState.READING, self._progress, None
        elif self._failing.failures or self._running.failures:
            state, detail = ActivityState.FAILING, self._failing.words or self._running.words
        elif left_s is not None:
            state = ActivityState.BUFFERING
        return Activity(state=state, seconds_left=left_s, detail=detail, next_run_at=next_at, last_run=last_run)

    async def _listen(self) -> None:
        source = self._source()
        kind = cast("SnapshotKind", source_kind(source.kind))
        async for signal in kind.signals(self._place.context(source, self._tell_progress)):
            self._hear(signal)

    def _hear(self, signal: Signal) -> None:
        self._gathered.add(signal)
        if not self._is_change_wanted():
            return
        was_idle = self._buffer is IDLE
        self._step(Changed())
        if was_idle and self._buffer is not IDLE:
            left_s = seconds_left(self._buffer, self._clock.monotonic_s(), self._policy()) or 0.0
            _log.info("buffering changes", source=self._name, read_in_s=round(left_s), paths=len(signal.paths))

    def _is_change_wanted(self) -> bool:
        """Whether changes are read: some binding goes by them, or there is none at all and they are kept to be seen."""
        routes = self._place.routes(self._source_id)
        return not routes or any(not one.schedule.is_by_clock for one in routes)

    def _policy(self) -> CoalescePolicy:
        return self._place.policy(self._source())

    def _step(self, signal: CoalesceSignal) -> None:
        self._buffer, effects = step(self._buffer, signal, self._clock.monotonic_s(), self._policy())
        for effect in effects:
            match effect:
                case Read():
                    self._is_burst_due = True
                    self._woken.set()
                case WakeAt():
                    self._set_timer()

    async def _do_due(self) -> None:
        """One read for whatever is due now, if anything is and the source is not left alone."""
        errand = Errand()
        try:
            self._step(Woke())
            await self._timetable.look()
            if self._failing.left_s(self._clock.monotonic_s()):
                return
            errand = await self._errand()
            if errand.is_for_changes or errand.runs:
                self._log_read(await self._read(errand))
            elif self._failing.failures:
                await self._clear_failing()
        except (OSError, PosthouseError) as error:
            if isinstance(error, Conflict) and error.code == "run.changed":
                return  # An edit came in between: what is due is looked at again, and nothing was written.
            await self._fail(self._failing, error)
            await self._note_failed(errand, error)

    async def _errand(self) -> Errand:
        """For whom there is something to be read now."""
        runs = self._timetable.due
        if {run.binding_id for run in runs} - {one.binding_id for one in self._place.routes(self._source_id)}:
            # The timetable is the ledger's own; what routes there are is known from memory, which may be behind it.
            await self._place.known.reload()
        return Errand(is_for_changes=self._is_burst_due and self._is_change_wanted(), runs=runs)

    async def _read(self, errand: Errand) -> Taken:
        """Read once and commit. Raises OSError or PosthouseError where it failed; then no state has moved."""
        async with self._reading:
            was_due, said = self._is_burst_due, None
            if errand.is_for_changes or errand.is_push:
                self._is_burst_due, said = False, self._gathered.take()
            is_asked_for = bool(errand.runs) or errand.is_by_hand
            try:
                taken = await contained(self._collect(errand, RESCAN if said is None or is_asked_for else said))
            except BaseException:
                self._is_burst_due = self._is_burst_due or was_due
                if said is not None:
                    self._gathered.add(said)
                raise
            finally:
                self._progress = ""
                self._timetable.expire()
                self._woken.set()
        await self._clear_failing()
        return taken

    async def _collect(self, errand: Errand, signal: Signal) -> Taken:
        source = self._source()
        kind = cast("SnapshotKind", source_kind(source.kind))
        emission = await kind.collect(self._place.context(source, self._tell_progress), signal)
        return await self._place.take(source, emission, errand)

    def _log_read(self, taken: Taken) -> None:
        if taken.posted:
            deliveries = sum(one.deliveries for one in taken.posted)
            _log.info("read", source=self._name, events=len(taken.posted), deliveries=deliveries)
        else:
            is_new = RunResult.NOTHING_NEW in taken.results.values()
            _log.info("nothing new" if is_new else "nothing to tell", source=self._name)

    async def _clear_failing(self) -> None:
        was_told = self._failing.is_told
        if self._failing.failures:
            _log.info("a source reads again", source=self._name)
        self._failing.clear()
        if was_told:
            try:
                await self._place.tell_reading(self._source_id, self._name)
            except PosthouseError as untold:
                if is_fatal(untold):
                    raise
                _log.warning("that it reads again could not be recorded", source=self._name, code=untold.code)

    async def _note_failed(self, errand: Errand, error: OSError | PosthouseError) -> None:
        try:
            await self._timetable.note([run.binding_id for run in errand.runs], RunResult.FAILED, words_of(error))
        except PosthouseError as unnoted:
            if is_fatal(unnoted):
                raise
            _log.warning("a failed run could not be recorded", source=self._name, code=unnoted.code)

    def _set_timer(self) -> None:
        """Set the one timer to the soonest of what is waited for."""
        now_s = self._clock.monotonic_s()
        waits_s: list[float] = []
        if self._buffer.wake_s is not None:
            waits_s.append(self._buffer.wake_s - now_s)
        if self._failing.left_s(now_s):
            waits_s.append(self._failing.left_s(now_s))
        if self._timetable.next_at is not None:
            wait_s = min((self._timetable.next_at - self._clock.now()) / 1000, CLOCK_TIMER_S_MAX)
            # One that is over and could not be looked at is looked at when the source is no longer left alone.
            if wait_s > 0 or not self._failing.left_s(now_s):
                waits_s.append(wait_s)
        self._cancel_timer()
        if waits_s:
            delay_s = max(min(waits_s), 0.0)
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._woken.set)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
