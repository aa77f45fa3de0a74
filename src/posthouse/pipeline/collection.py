"""Collection: the sources at work. A snapshot source's changes become one read per burst; a stream source runs.

Each enabled source is a worker of its own under the supervisor. What always holds: a source that buffers says so, with
the seconds left; a read that failed moves no state and is tried again; a manual push skips the buffer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import cast

import msgspec

from posthouse.ledger.base import Database
from posthouse.ledger.own_events import Author, about_daemon, record_own
from posthouse.ledger.sources import enable_source
from posthouse.ledger.state import get_state, state_items
from posthouse.model.errors import BadInput, NotFound, PosthouseError
from posthouse.model.events import EventDraft, Severity
from posthouse.model.ids import EndpointId, Millis, SourceId
from posthouse.model.sources import Emission, Scope, Source, SourceShape
from posthouse.pipeline.directory import Known
from posthouse.pipeline.intake import Intake, Posted
from posthouse.pipeline.snapshots import take_snapshot
from posthouse.rules.coalesce import IDLE, Changed, CoalescePolicy, Flush, Read, WakeAt, Woke, seconds_left, step
from posthouse.rules.coalesce import Signal as CoalesceSignal
from posthouse.rules.reading import read_backoff_s
from posthouse.settings import COALESCE_CAP_S, COALESCE_QUIET_S, Settings
from posthouse.sources.base import (
    Preview,
    Signal,
    SnapshotKind,
    SnapshotSettings,
    SourceContext,
    StreamKind,
    source_kind,
)
from posthouse.system.clock import Clock
from posthouse.system.logging import get_log
from posthouse.system.supervise import Supervisor

FLUSH_S = 5.0
"""How long a stop waits for what is buffered to be read."""

_log = get_log(__name__)


class ActivityState(StrEnum):
    """What a source is doing."""

    DISABLED = "disabled"
    PASSIVE = "passive"
    WATCHING = "watching"
    BUFFERING = "buffering"
    READING = "reading"
    FAILING = "failing"


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """What a source is doing now.

    `seconds_left`: until a buffered change is read. `detail`: progress, or why it fails.
    """

    state: ActivityState
    seconds_left: float | None = None
    detail: str = ""


class Pushed(msgspec.Struct, frozen=True, kw_only=True):
    """What a manual push led to."""

    events: int
    deliveries: int
    note: str


class _SourceState:
    """A source's own state, read through the ledger."""

    def __init__(self, database: Database, source_id: SourceId, machine: str) -> None:
        self._database = database
        self._source_id = source_id
        self._machine = machine

    async def get(self, key: str, *, scope: Scope = Scope.MACHINE) -> bytes | None:
        """The value, or None."""
        return await self._database.read(get_state, self._source_id, self._machine, key, scope)

    async def items(self, prefix: str, *, scope: Scope = Scope.MACHINE) -> Mapping[str, bytes]:
        """All pairs whose key begins with the prefix, in key order."""
        return await self._database.read(state_items, self._source_id, self._machine, prefix, scope)


class _Worker:
    """One enabled source at work."""

    def __init__(self, collection: Collection, source_id: SourceId) -> None:
        self._collection = collection
        self._source_id = source_id
        self._clock = collection.clock
        self._due = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._reading = asyncio.Lock()
        self._is_read_due = False
        self._read_from_s = 0.0
        self.buffer = IDLE
        self.failures = 0
        self.error = ""
        self.progress = ""

    async def run(self) -> None:
        """Run the source until cancelled."""
        source = self._collection.source(self._source_id)
        kind = source_kind(source.kind)
        if kind.shape is SourceShape.STREAM:
            await cast("StreamKind", kind).run(self._collection.context(source, self._tell_progress))
            return
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listen(cast("SnapshotKind", kind), source))
                while True:
                    await self._due.wait()
                    self._due.clear()
                    self._signal(Woke())
                    if self._is_read_due and self._clock.monotonic_s() < self._read_from_s:
                        # Left alone after a failure, whatever changes meanwhile.
                        self._set_timer(self._read_from_s)
                    elif self._is_read_due:
                        self._is_read_due = False
                        await self._read_or_back_off()
        finally:
            self._set_timer(None)

    async def read(self, *, is_forced: bool) -> list[Posted]:
        """Read once and commit. Raises OSError or PosthouseError where the read failed; then no state has moved."""
        async with self._reading:
            source = self._collection.source(self._source_id)
            kind = cast("SnapshotKind", source_kind(source.kind))
            try:
                emission = await kind.collect(self._collection.context(source, self._tell_progress), Signal())
            finally:
                self.progress = ""
            return await self._collection.take(source, emission, is_forced=is_forced)

    async def push(self) -> list[Posted]:
        """Read at once and send what it says; what was buffered goes along. Raises as `read`."""
        buffered, was_due = self.buffer, self._is_read_due
        self.buffer, self._is_read_due = IDLE, False
        try:
            posted = await self.read(is_forced=True)
        except BaseException:
            self.buffer = buffered if self.buffer is IDLE else self.buffer
            self._is_read_due = self._is_read_due or was_due
            self._due.set()
            raise
        self.failures, self.error, self._read_from_s = 0, "", 0.0
        return posted

    async def flush(self) -> None:
        """Read what is buffered, if anything is."""
        self._signal(Flush())
        if self._is_read_due:
            self._is_read_due = False
            await self.read(is_forced=False)

    def activity(self) -> Activity:
        """What it is doing now."""
        if self._reading.locked():
            return Activity(state=ActivityState.READING, detail=self.progress)
        left_s = seconds_left(self.buffer, self._clock.monotonic_s(), self._policy())
        if self.failures:
            return Activity(state=ActivityState.FAILING, seconds_left=left_s, detail=self.error)
        if left_s is not None:
            return Activity(state=ActivityState.BUFFERING, seconds_left=left_s)
        return Activity(state=ActivityState.WATCHING)

    async def _listen(self, kind: SnapshotKind, source: Source) -> None:
        async for signal in kind.signals(self._collection.context(source, self._tell_progress)):
            was_idle = self.buffer is IDLE
            self._signal(Changed())
            if was_idle and self.buffer is not IDLE:
                left_s = seconds_left(self.buffer, self._clock.monotonic_s(), self._policy()) or 0.0
                _log.info("buffering changes", source=source.name, read_in_s=round(left_s), paths=len(signal.paths))

    def _policy(self) -> CoalescePolicy:
        return self._collection.policy(self._collection.source(self._source_id))

    def _signal(self, signal: CoalesceSignal) -> None:
        self.buffer, effects = step(self.buffer, signal, self._clock.monotonic_s(), self._policy())
        for effect in effects:
            match effect:
                case Read():
                    self._is_read_due = True
                    self._due.set()
                case WakeAt(at_s=at_s):
                    self._set_timer(at_s)

    def _set_timer(self, at_s: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if at_s is not None:
            delay_s = max(at_s - self._clock.monotonic_s(), 0.0)
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._due.set)

    async def _read_or_back_off(self) -> None:
        try:
            posted = await self.read(is_forced=False)
        except (OSError, PosthouseError) as error:
            await self._note_failure(error)
            return
        name = self._collection.source(self._source_id).name
        if self.failures:
            _log.info("a source reads again", source=name)
        self.failures, self.error, self._read_from_s = 0, "", 0.0
        _log.info("read", source=name, events=len(posted), deliveries=sum(one.deliveries for one in posted))

    async def _note_failure(self, error: OSError | PosthouseError) -> None:
        self.failures += 1
        self.error = error.message if isinstance(error, PosthouseError) else f"{error.strerror}: {error.filename}"
        wait_s = read_backoff_s(self.failures, is_forbidden=isinstance(error, PermissionError))
        name = self._collection.source(self._source_id).name
        _log.warning("a source could not be read", source=name, detail=self.error, retry_in_s=wait_s)
        self._is_read_due = True
        self._read_from_s = self._clock.monotonic_s() + wait_s
        self._set_timer(self._read_from_s)
        if self.failures == 1:
            await self._collection.tell_failing(name, self.error)

    def _tell_progress(self, done_bytes: int, total_bytes: int) -> None:
        self.progress = f"{done_bytes >> 20} of {total_bytes >> 20} MiB read"


class Collection:
    """All sources."""

    def __init__(
        self, *, database: Database, known: Known, intake: Intake, clock: Clock, supervisor: Supervisor, author: Author,
        excluded: tuple[Path, ...], settings: Settings, wake_lanes: Callable[[Iterable[EndpointId]], None],
    ) -> None:  # fmt: skip
        self.clock = clock
        self._database = database
        self._known = known
        self._intake = intake
        self._supervisor = supervisor
        self._author = author
        self._excluded = excluded
        self._wake_lanes = wake_lanes
        self._settings = settings
        self._workers: dict[SourceId, _Worker] = {}

    def apply(self, settings: Settings) -> None:
        """Take over changed settings; they hold from the next change on."""
        self._settings = settings

    def start(self) -> None:
        """Start every enabled source that has work of its own."""
        for source in self._known.directory.sources.values():
            if source.is_enabled and not source_kind(source.kind).is_passive:
                self._start(source.id)

    async def stop(self) -> None:
        """Read what is buffered, then end every source."""
        for source_id, worker in self._workers.items():
            try:
                async with asyncio.timeout(FLUSH_S):
                    await worker.flush()
            except (OSError, TimeoutError, PosthouseError) as error:
                _log.warning("what was buffered waits for the next start", source=source_id, detail=str(error))
        for source_id in list(self._workers):
            await self._end(source_id)

    async def enable(self, source_id: SourceId) -> None:
        """Switch a source on, for good. Safe to repeat."""
        await self._switch(source_id, is_enabled=True)
        if not source_kind(self.source(source_id).kind).is_passive:
            self._start(source_id)

    async def disable(self, source_id: SourceId) -> None:
        """Switch a source off, for good; what it has told is kept and delivered. Safe to repeat."""
        if source_kind(self.source(source_id).kind).is_passive:
            raise BadInput("source.always_on", "This source is the daemon's own and cannot be switched off.")
        await self._switch(source_id, is_enabled=False)
        await self._end(source_id)

    async def restart(self, source_id: SourceId) -> None:
        """Let a source that runs take over changed settings."""
        if source_id in self._workers:
            await self._end(source_id)
            self._start(source_id)

    async def push(self, source_id: SourceId) -> Pushed:
        """Read a snapshot source now and send what it says, changed or not.

        Raises BadInput `source.cannot_push` for a stream, PosthouseError `source.unreadable` where the read failed.
        """
        source = self.source(source_id)
        if source_kind(source.kind).shape is not SourceShape.SNAPSHOT:
            message = f"{source.name} tells of things as they happen: there is nothing to push."
            raise BadInput("source.cannot_push", message)
        worker = self._workers.get(source_id) or _Worker(self, source_id)
        try:
            posted = await worker.push()
        except OSError as error:
            raise PosthouseError(
                "source.unreadable", f"{source.name} could not be read: {error.strerror}: {error.filename}."
            ) from error
        return _pushed(source, posted)

    async def preview(self, source_id: SourceId) -> Preview:
        """What the source would tell now; consumes nothing."""
        source = self.source(source_id)
        return await source_kind(source.kind).preview(self.context(source, lambda _done, _total: None))

    def activity(self, source_id: SourceId) -> Activity:
        """What a source is doing."""
        source = self.source(source_id)
        if source_kind(source.kind).is_passive:
            return Activity(state=ActivityState.PASSIVE)
        worker = self._workers.get(source_id)
        return worker.activity() if worker else Activity(state=ActivityState.DISABLED)

    def source(self, source_id: SourceId) -> Source:
        """The source as it is configured now."""
        source = self._known.directory.sources.get(source_id)
        if source is None:
            raise NotFound("source.not_found", f"There is no source {source_id}.")
        return source

    def policy(self, source: Source) -> CoalescePolicy:
        """How a source's changes are gathered: its own settings first, then the daemon's."""
        own = msgspec.json.decode(source.settings, type=SnapshotSettings)
        return CoalescePolicy(
            quiet_s=self._settings[COALESCE_QUIET_S] if own.quiet_s is None else own.quiet_s,
            cap_s=self._settings[COALESCE_CAP_S] if own.cap_s is None else own.cap_s,
        )

    def context(self, source: Source, progress: Callable[[int, int], None]) -> SourceContext:
        """What a source is given."""

        async def emit(emission: Emission) -> None:
            await self._intake.take(
                source, emission.events, state_puts=emission.state_puts, state_deletes=emission.state_deletes
            )

        return SourceContext(
            source=source,
            state=_SourceState(self._database, source.id, self._author.machine),
            clock=self.clock,
            emit=emit,
            progress=progress,
            excluded=self._excluded,
        )

    async def take(self, source: Source, emission: Emission, *, is_forced: bool) -> list[Posted]:
        """Commit what one read found."""
        return await take_snapshot(
            source, emission, database=self._database, known=self._known, intake=self._intake, is_forced=is_forced
        )

    async def tell_failing(self, name: str, detail: str) -> None:
        """Record that a source cannot be read."""
        draft: EventDraft = about_daemon(
            "source.failing", {"source": name, "detail": detail}, severity=Severity.WARNING
        )
        woken = await self._database.run(record_own, [draft], self.clock.now(), self._author)
        self._wake_lanes(woken)

    def _start(self, source_id: SourceId) -> None:
        if source_id not in self._workers:
            self._workers[source_id] = _Worker(self, source_id)
            self._supervisor.start(_name(source_id), self._workers[source_id].run)

    async def _end(self, source_id: SourceId) -> None:
        self._workers.pop(source_id, None)
        await self._supervisor.stop(_name(source_id))

    async def _switch(self, source_id: SourceId, *, is_enabled: bool) -> None:
        now: Millis = self.clock.now()
        await self._database.run(enable_source, source_id, is_enabled=is_enabled, now=now)
        await self._known.reload()


def _pushed(source: Source, posted: list[Posted]) -> Pushed:
    deliveries = sum(one.deliveries for one in posted)
    if not posted:
        note = f"{source.name} has nothing to send."
    elif not deliveries:
        note = "Recorded, but nothing is bound to it: see posthouse bind."
    else:
        note = ""
    return Pushed(events=len(posted), deliveries=deliveries, note=note)


def _name(source_id: SourceId) -> str:
    return f"source-{source_id}"
