"""Collection: the sources at work. A snapshot source's changes become one read per burst; a stream source runs.

Each enabled source is a worker of its own under the supervisor. What always holds: a source that buffers says so, with
the seconds left; a read that failed moves no state and is tried again; a manual push skips the buffer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from posthouse.ledger.base import Database, Transaction
from posthouse.ledger.expectations import expect_anew
from posthouse.ledger.own_events import Author
from posthouse.ledger.sources import enable_source, get_source
from posthouse.model.errors import BadInput, NotFound, PosthouseError
from posthouse.model.ids import BindingId, EndpointId, Millis, SourceId
from posthouse.model.sources import Source, SourceShape
from posthouse.pipeline.activity import Activity, ActivityState, Pushed
from posthouse.pipeline.directory import Known
from posthouse.pipeline.failing import contained, words_of
from posthouse.pipeline.intake import Intake
from posthouse.pipeline.snapshots import Taken
from posthouse.pipeline.source_worker import SnapshotWorker, StreamWorker
from posthouse.pipeline.timetable import pass_source_over
from posthouse.pipeline.workplace import Workplace
from posthouse.settings import Settings
from posthouse.sources.base import Preview, source_kind
from posthouse.sources.inbox import Command, Inbox
from posthouse.system.clock import Clock
from posthouse.system.idle.presence import Presence
from posthouse.system.logging import get_log
from posthouse.system.secrets import SecretStore
from posthouse.system.supervise import Supervisor

__all__ = ["Activity", "ActivityState", "Collection", "Pushed"]

FLUSH_S = 5.0
"""How long a stop waits for what is buffered to be read."""

_log = get_log(__name__)


class Collection:
    """All sources."""

    def __init__(
        self, *, database: Database, known: Known, intake: Intake, clock: Clock, supervisor: Supervisor, author: Author,
        excluded: tuple[Path, ...], settings: Settings, wake_lanes: Callable[[Iterable[EndpointId]], None],
        wake_silence: Callable[[], None], spool: Path | None = None, presence: Presence | None = None,
        home: Path | None = None, secrets: SecretStore | None = None,
    ) -> None:  # fmt: skip
        self._place = Workplace(
            database=database, known=known, intake=intake, clock=clock, author=author, excluded=excluded,
            settings=settings, wake_lanes=wake_lanes, spool=spool, presence=presence, home=home,
            secrets=secrets,
        )  # fmt: skip
        self._database = database
        self._known = known
        self._clock = clock
        self._supervisor = supervisor
        self._wake_silence = wake_silence
        self._workers: dict[SourceId, SnapshotWorker | StreamWorker] = {}

    def apply(self, settings: Settings) -> None:
        """Take over changed settings; they hold from the next change on."""
        self._place.settings = settings

    def start(self) -> None:
        """Start every enabled source that has work of its own."""
        for source in self._known.directory.sources.values():
            if source.is_enabled and not source_kind(source.kind).is_passive:
                self._start(source)

    async def stop(self) -> None:
        """Read what is buffered, then end every source; all of them side by side."""
        async with asyncio.TaskGroup() as group:
            for source_id, worker in self._workers.items():
                group.create_task(self._flush(source_id, worker))
        async with asyncio.TaskGroup() as group:
            for source_id in list(self._workers):
                group.create_task(self._end(source_id))

    async def enable(self, source_id: SourceId) -> None:
        """Switch a source on, for good. Safe to repeat.

        What the schedules of its bindings asked for while it was off is not caught up; it stands as a gap.
        """
        await self._database.run(_enable, source_id, self._clock.now())
        await self._known.reload()
        source = self._place.source(source_id)
        if not source_kind(source.kind).is_passive:
            self._start(source)
        self._wake_silence()

    async def disable(self, source_id: SourceId) -> None:
        """Switch a source off, for good; what it has told is kept and delivered. Safe to repeat."""
        if source_kind(self._place.source(source_id).kind).is_passive:
            raise BadInput("source.always_on", "This source is the daemon's own and cannot be switched off.")
        await self._database.run(enable_source, source_id, is_enabled=False, now=self._clock.now())
        await self._known.reload()
        await self._end(source_id)

    async def end(self, source_id: SourceId) -> None:
        """End what still runs of a source that was removed. Safe to repeat."""
        await self._end(source_id)

    async def restart(self, source_id: SourceId) -> None:
        """Let a source that runs take over changed settings."""
        if source_id in self._workers:
            await self._end(source_id)
            self._start(self._place.source(source_id))

    async def push(self, source_id: SourceId) -> Pushed:
        """Read a snapshot source now and send what it says, changed or not.

        Raises BadInput `source.cannot_push` for a stream, PosthouseError `source.unreadable` where the read failed.
        """
        source = self._place.source(source_id)
        return _pushed(source, await self._read_now(source, None))

    async def run_now(self, binding_id: BindingId) -> Pushed:
        """Read now for one binding, and send it what is found, changed or not; its schedule goes on as it was.

        Raises NotFound `binding.not_found`, and as `push`.
        """
        for source_id, routes in self._known.directory.routes.items():
            if any(route.binding_id == binding_id for route in routes):
                source = self._place.source(source_id)
                return _pushed(source, await self._read_now(source, binding_id))
        raise NotFound("binding.not_found", f"There is no binding {binding_id}.")

    def reschedule(self, source_id: SourceId) -> None:
        """The bindings of a source have changed (and `Known` has been reloaded): look again what is due, and when."""
        worker = self._workers.get(source_id)
        if worker is not None:
            worker.reschedule()

    async def preview(self, source_id: SourceId, properties: Mapping[str, bool] | None = None) -> Preview:
        """What the source would tell now, or with these choices of properties over its own; consumes nothing.

        Raises PosthouseError kinds, `source.unreadable` and `source.broken` among them.
        """
        source = self._place.source(source_id)
        source = msgspec.structs.replace(source, properties=source.properties | dict(properties or {}))
        try:
            return await contained(source_kind(source.kind).preview(self._place.preview_context(source)))
        except OSError as error:
            raise _unreadable(source, error) from error

    async def command(self, source_id: SourceId, name: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """Tell a source at work something, and get its answer.

        Raises BadInput `source.unknown_command` where its kind is not told such things, and as `Inbox.ask`.
        """
        source = self._place.source(source_id)
        known: frozenset[str] = getattr(source_kind(source.kind), "commands", frozenset())
        if name not in known:
            there = ", ".join(sorted(known)) or "none"
            raise BadInput("source.unknown_command", f"{source.name} knows no {name[:100]!r}. It knows: {there}.")
        worker = self._workers.get(source_id)
        inbox = worker.inbox if isinstance(worker, StreamWorker) else Inbox(source.name)
        return await inbox.ask(Command(name=name, arguments=dict(arguments or {})))

    def activity(self, source_id: SourceId) -> Activity:
        """What a source is doing."""
        source = self._place.source(source_id)
        if source_kind(source.kind).is_passive:
            return Activity(state=ActivityState.PASSIVE)
        worker = self._workers.get(source_id)
        return worker.activity() if worker else Activity(state=ActivityState.DISABLED)

    async def _read_now(self, source: Source, only: BindingId | None) -> Taken:
        if source_kind(source.kind).shape is not SourceShape.SNAPSHOT:
            message = f"{source.name} tells of things as they happen: there is nothing to push."
            raise BadInput("source.cannot_push", message)
        worker = self._workers.get(source.id)
        if not isinstance(worker, SnapshotWorker):
            worker = SnapshotWorker(self._place, source.id)
        try:
            return await worker.push(only=only)
        except OSError as error:
            raise _unreadable(source, error) from error

    async def _flush(self, source_id: SourceId, worker: SnapshotWorker | StreamWorker) -> None:
        try:
            async with asyncio.timeout(FLUSH_S):
                await worker.flush()
        except (OSError, TimeoutError, PosthouseError) as error:
            _log.warning("what was buffered waits for the next start", source=source_id, detail=words_of(error))

    def _start(self, source: Source) -> None:
        if source.id not in self._workers:
            is_snapshot = source_kind(source.kind).shape is SourceShape.SNAPSHOT
            worker = SnapshotWorker(self._place, source.id) if is_snapshot else StreamWorker(self._place, source.id)
            self._workers[source.id] = worker
            self._supervisor.start(_name(source.id), worker.run)

    async def _end(self, source_id: SourceId) -> None:
        self._workers.pop(source_id, None)
        await self._supervisor.stop(_name(source_id))


def _enable(tx: Transaction, source_id: SourceId, now: Millis) -> None:
    """Switch a source on; where it was off, what it should have told meanwhile is passed over."""
    if not get_source(tx, source_id).is_enabled:
        pass_source_over(tx, source_id, now)
        expect_anew(tx, source_id, now)
    enable_source(tx, source_id, is_enabled=True, now=now)


def _unreadable(source: Source, error: OSError) -> PosthouseError:
    return PosthouseError("source.unreadable", f"{source.name} could not be read: {words_of(error)}.")


def _pushed(source: Source, taken: Taken) -> Pushed:
    deliveries = sum(one.deliveries for one in taken.posted)
    if deliveries:
        note = ""
    elif taken.posted:
        note = "Recorded, but nothing is bound to it: see posthouse bind."
    else:
        note = f"{source.name} has nothing to send."
    return Pushed(events=len(taken.posted), deliveries=deliveries, note=note)


def _name(source_id: SourceId) -> str:
    return f"source-{source_id}"
