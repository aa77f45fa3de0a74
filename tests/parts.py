"""The moving parts of the house, put together over a real SQLite ledger, real sockets and real files, without an API.

    async with running(folder, HandClock()) as parts:
        hook = await parts.add_webhook(receiver.url)
        await parts.bind("ingest", hook)
        posted = await parts.post()
        await parts.until_status(posted, "delivered")

Nothing here sleeps: `until` looks again after every call of the ledger. Under a `HandClock` the house's own timers
(retries, probes, quiet windows, expiry) fire only when a test moves the time; the tests' own deadlines stay real.
"""

from __future__ import annotations

import asyncio
import heapq
import inspect
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec

from posthouse.ledger.base import Database
from posthouse.ledger.binding_changes import BindingChange, NewBinding, add_binding, edit_binding
from posthouse.ledger.deliveries import DeliveryQuery, DeliveryRecord, get_delivery, page_deliveries
from posthouse.ledger.directory import load_directory
from posthouse.ledger.endpoints import NewEndpoint
from posthouse.ledger.events import EventQuery, EventRow, get_event, page_events
from posthouse.ledger.expectations import expect
from posthouse.ledger.health import EndpointHealth, load_health
from posthouse.ledger.own_events import Author
from posthouse.ledger.runs import page_gaps, run_states
from posthouse.ledger.sources import edit_source, ensure_sources
from posthouse.ledger.sqlite.database import open_sqlite
from posthouse.ledger.targets import add_target, edit_target
from posthouse.model.bindings import Filter, Policy, Schedule, Shape
from posthouse.model.events import Event, EventDraft
from posthouse.model.expectations import Subject
from posthouse.model.ids import BindingId, EndpointId
from posthouse.model.runs import Gap, RunState
from posthouse.model.sources import Source
from posthouse.model.targets import Target
from posthouse.pipeline.collection import Collection
from posthouse.pipeline.delivery import Dispatcher
from posthouse.pipeline.directory import Known
from posthouse.pipeline.intake import Intake, Posted
from posthouse.pipeline.sender import Sender
from posthouse.pipeline.silence import Silence
from posthouse.pipeline.upkeep import Upkeep
from posthouse.settings import Settings, resolve
from posthouse.sources.base import DEFAULT_KINDS, source_kind
from posthouse.system.clock import Clock
from posthouse.system.disk import DiskGauge
from posthouse.system.http_client import HttpClient
from posthouse.system.idle.base import IdleReading
from posthouse.system.outbound import Outbound
from posthouse.system.secrets import open_secret_store
from posthouse.system.supervise import Supervisor
from posthouse.targets.base import extract_secrets, target_kind
from tests.clock import ManualClock
from tests.watched_ledger import WatchedLedger

DEADLINE_S = 20.0
MACHINE = "test-machine"
SIGNING_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class _HandTimer:
    """What `loop.call_later` answers under a HandClock."""

    def __init__(self, callback: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        self.callback = callback
        self.arguments = arguments
        self._is_cancelled = False

    def cancel(self) -> None:
        self._is_cancelled = True

    def cancelled(self) -> bool:
        return self._is_cancelled


class HandClock(ManualClock):
    """A manual clock whose loop's relative timers obey it: `advance` lets those fire whose time has come."""

    def __init__(self, *, jitter: float = 0.0) -> None:
        super().__init__(jitter=jitter)
        self._timers: list[tuple[float, int, _HandTimer]] = []
        self._numbers = count()

    def rule(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take over this loop's `call_later`, on which `asyncio.sleep` stands too; `call_at` stays real."""
        loop.call_later = self._call_later  # type: ignore[method-assign, assignment]

    def advance(self, seconds: float) -> None:
        """Let both times pass together; timers that became due run in their order at the loop's next turn."""
        super().advance(seconds)
        while self._timers and self._timers[0][0] <= self.monotonic_s():
            _, _, timer = heapq.heappop(self._timers)
            if not timer.cancelled():
                asyncio.get_running_loop().call_soon(timer.callback, *timer.arguments)

    def armed(self) -> list[float]:
        """In how many seconds each armed timer fires, soonest first."""
        return sorted(at_s - self.monotonic_s() for at_s, _, timer in self._timers if not timer.cancelled())

    def _call_later(
        self, delay: float, callback: Callable[..., object], *arguments: Any, context: Any = None
    ) -> _HandTimer:
        timer = _HandTimer(callback, arguments)
        if delay <= 0:
            asyncio.get_running_loop().call_soon(lambda: None if timer.cancelled() else callback(*arguments))
        else:
            heapq.heappush(self._timers, (self.monotonic_s() + delay, next(self._numbers), timer))
        return timer


class Parts:
    """Everything between an event's arrival and its last attempt."""

    def __init__(
        self,
        *,
        folder: Path,
        ledger: WatchedLedger,
        clock: Clock,
        settings: Settings,
        supervisor: Supervisor,
        outbound: Outbound,
        known: Known,
        sender: type[Sender],
    ) -> None:
        database: Database = ledger
        author = Author(machine=MACHINE, fresh_id=clock.uuid7)
        self.folder, self.ledger, self.clock, self.settings = folder, ledger, clock, settings
        self.supervisor, self.known, self.owner = supervisor, known, str(uuid4())
        self.secrets = open_secret_store(folder, environ={"POSTHOUSE_SECRETS": "file"}, config_dir=folder)
        self.sender = sender(known=known, outbound=outbound, secrets=self.secrets, clock=clock, settings=settings)
        self.upkeep = Upkeep(
            database=database, secrets=self.secrets, clock=clock, author=author, owner=self.owner, settings=settings,
            wake_lanes=lambda ids: self.dispatcher.wake(ids),
        )  # fmt: skip
        self.dispatcher = Dispatcher(
            database=database, known=known, sender=self.sender, clock=clock, supervisor=supervisor, author=author,
            owner=self.owner, settings=settings, notice_crash=self.upkeep.wake, expect_expiry=self.upkeep.expect,
        )  # fmt: skip
        self.intake = Intake(
            database=database, known=known, lanes=self.dispatcher, clock=clock, disk=DiskGauge(folder, clock),
            machine=MACHINE, settings=settings, expect_expiry=self.upkeep.expect, presence=self._look_at_desk,
        )  # fmt: skip
        self.desk: IdleReading | None = None
        self.desk_looks = 0
        self._chosen: dict[str, str] = {}
        self.silence = Silence(database=database, clock=clock, author=author, wake_lanes=self.dispatcher.wake)
        self.collection = Collection(
            database=database, known=known, intake=self.intake, clock=clock, supervisor=supervisor, author=author,
            excluded=(folder / "excluded",), settings=settings, wake_lanes=self.dispatcher.wake,
            wake_silence=self.silence.wake, home=folder, secrets=self.secrets,
        )  # fmt: skip

    # What a person sets up.

    async def add_webhook(self, url: str, *, name: str = "hook", **settings: Any) -> Target:
        """A signed webhook target with its one endpoint."""
        entered = {"url": url, "signing": {"secret": SIGNING_SECRET}} | settings
        target = await self.ledger.run(
            add_target,
            kind="webhook",
            name=name,
            settings=await self._stored(entered),
            endpoints=[NewEndpoint(name="default")],
            now=self.clock.now(),
        )
        await self.known.reload()
        return target

    async def add_phone(self, url: str, *, name: str = "phone", topic: str = "agents") -> Target:
        """An ntfy target with its one topic."""
        kind = target_kind("ntfy")
        topics = [NewEndpoint(name=topic, settings=kind.parse_endpoint({"topic": topic}))]
        settings = kind.parse({"url": url, "topic": topic})
        now = self.clock.now()
        target = await self.ledger.run(add_target, kind="ntfy", name=name, settings=settings, endpoints=topics, now=now)
        await self.known.reload()
        return target

    def choose(self, **settings: object) -> None:
        """Change settings, by key with `__` for the dot, for intake and for what is sent from now on."""
        self._chosen |= {key.replace("__", "."): str(value) for key, value in settings.items()}
        chosen = resolve({}, {}, {"disk.free_bytes_min": "0"} | self._chosen)
        self.intake.apply(chosen)
        self.sender.apply(chosen)
        self.upkeep.apply(chosen)

    async def _look_at_desk(self) -> IdleReading | None:
        """What the test says of the desk; None is that nobody can say."""
        self.desk_looks += 1
        return self.desk

    async def edit_webhook(self, target: Target, **settings: Any) -> None:
        """Replace the settings of a webhook."""
        await self.ledger.run(edit_target, target.id, settings=await self._stored(settings), now=self.clock.now())
        await self.known.reload()

    async def _stored(self, entered: dict[str, Any]) -> msgspec.Raw:
        """Settings as the ledger keeps them, their secrets in the store."""
        extracted = extract_secrets("webhook", entered, scope=self.clock.uuid7())
        for secret, value in extracted.values.items():
            await self.secrets.put(secret, value)
        return target_kind("webhook").parse(extracted.settings)

    async def shape_endpoint(self, target: Target, **columns: float) -> None:
        """Give an endpoint a concurrency or pace of its own, which the directory reads."""

        def change(tx: Any) -> None:
            for column, value in columns.items():
                tx._execute(f"UPDATE endpoints SET {column} = ? WHERE id = ?", (value, self.endpoint(target)))

        await self.ledger.run(change)
        await self.known.reload()
        self.dispatcher.apply(self.settings)

    async def bind(
        self,
        source: str,
        target: Target,
        *,
        wanted: Filter | None = None,
        shape: Shape | None = None,
        schedule: Schedule | None = None,
        **policy: Any,
    ) -> BindingId:
        """Bind a source to a target's one endpoint; `policy` as the record's fields."""
        new = NewBinding(
            source_id=self.source(source).id,
            endpoint_id=self.endpoint(target),
            filter=wanted or Filter(),
            shape=shape or Shape(),
            schedule=schedule or Schedule(),
            policy=Policy(**policy),
        )
        row = await self.ledger.run(add_binding, new, now=self.clock.now())
        await self.known.reload()
        self.collection.reschedule(new.source_id)
        return row.binding.id

    async def edit_binding(self, binding_id: BindingId, **change: Any) -> None:
        """Replace what is given of a binding, as a person would; fields as the record's."""
        row = await self.ledger.run(edit_binding, binding_id, BindingChange(**change), now=self.clock.now())
        await self.known.reload()
        self.collection.reschedule(row.binding.source_id)

    async def add_source(self, kind: str) -> Source:
        """A source of this kind, named after it, as yet off."""
        await self.ledger.run(ensure_sources, [kind], self.clock.now())
        await self.known.reload()
        return self.source(kind)

    async def expect(self, subject: Subject, subject_id: int, silence_s: float | None) -> None:
        """Expect something of a source or binding, as a person would."""
        await self.ledger.run(expect, subject, subject_id, silence_s, self.clock.now())
        self.silence.wake()

    async def set_up_source(
        self, name: str, *, settings: dict[str, Any] | None = None, properties: dict[str, bool] | None = None
    ) -> Source:
        """Give a source its settings and choices."""
        source = self.source(name)
        parsed = None if settings is None else source_kind(source.kind).parse(settings)
        await self.ledger.run(edit_source, source.id, settings=parsed, properties=properties, now=self.clock.now())
        await self.known.reload()
        return self.source(name)

    # What happens.

    async def post(self, count: int = 1, *, event_type: str = "parcel.left", **fields: Any) -> list[Posted]:
        """Post events one by one, as a producer does; `n` counts them in their data."""
        return [await self.post_one(EventDraft(type=event_type, data=raw({"n": n}), **fields)) for n in range(count)]

    async def post_one(self, draft: EventDraft) -> Posted:
        (posted,) = await self.intake.post(self.source("ingest"), [draft], size_bytes=len(draft.data))
        return posted

    async def post_batch(self, count: int) -> list[Posted]:
        """Post events in one request: none of them is born in flight."""
        drafts = [EventDraft(type="parcel.left", data=raw({"n": n})) for n in range(count)]
        return await self.intake.post(self.source("ingest"), drafts, size_bytes=count)

    def advance(self, seconds: float) -> None:
        """Move the hand clock."""
        assert isinstance(self.clock, ManualClock)
        self.clock.advance(seconds)

    def fill_disk(self) -> None:
        """Let intake find less free space than it keeps, so that nothing can be taken."""
        self.intake._free_bytes_min = 1 << 80

    def empty_disk(self) -> None:
        """There is room again."""
        self.intake.apply(self.settings)

    # What can be seen.

    def source(self, name: str) -> Source:
        return next(one for one in self.known.directory.sources.values() if one.name == name)

    def endpoint(self, target: Target) -> EndpointId:
        """A target's one endpoint."""
        (endpoint,) = (one for one in self.known.directory.endpoints.values() if one.target_id == target.id)
        return endpoint.id

    async def health(self, target: Target) -> EndpointHealth:
        return await self.ledger.inner.read(load_health, self.endpoint(target))

    async def deliveries(self, **query: Any) -> list[DeliveryRecord]:
        """Whole deliveries, oldest first."""
        page = (await self.ledger.inner.read(page_deliveries, DeliveryQuery(limit=500, **query))).items
        return [await self.ledger.inner.read(get_delivery, one.id) for one in reversed(page)]

    async def delivery_of(self, posted: Posted) -> DeliveryRecord:
        """The one delivery of an event, its newest generation."""
        return (await self.deliveries(event_id=posted.id))[-1]

    async def statuses(self, **query: Any) -> list[str]:
        """The status of every delivery, oldest first."""
        page = (await self.ledger.inner.read(page_deliveries, DeliveryQuery(limit=500, **query))).items
        return [one.status.value for one in reversed(page)]

    async def events(self, types: str) -> list[Event]:
        """Events whose type matches a glob, oldest first."""
        query = EventQuery(type=types, limit=500)
        rows: list[EventRow] = (await self.ledger.inner.read(page_events, query)).items
        return [await self.ledger.inner.read(get_event, row.id) for row in reversed(rows)]

    # Waiting.

    async def until(self, check: Callable[[], bool | Awaitable[bool]]) -> None:
        """Return when the check holds; looked at now and after every call of the ledger. Raises TimeoutError."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                self.ledger.moved.clear()
                found = check()
                if await found if inspect.isawaitable(found) else found:
                    return
                await self.ledger.moved.wait()

    async def until_status(self, posted: Posted | Iterable[Posted], status: str) -> None:
        """Return when the newest delivery of each event has this status."""
        wanted = [posted] if isinstance(posted, Posted) else list(posted)

        async def all_there() -> bool:
            return all([(await self.delivery_of(one)).delivery.status == status for one in wanted])

        await self.until(all_there)

    async def until_tried(self, posted: Posted, times: int) -> None:
        """Return when an event's delivery waits for its next try after so many, or has ended."""

        async def is_tried() -> bool:
            record = await self.delivery_of(posted)
            return len(record.attempts) >= times and record.delivery.status != "in_flight"

        await self.until(is_tried)

    async def until_paused(self, target: Target, cause: str) -> None:
        """Return when the endpoint or its target is paused for this cause."""

        async def is_paused() -> bool:
            health = await self.health(target)
            return cause in (health.endpoint.cause, health.target.cause)

        await self.until(is_paused)

    async def until_gone(self, posted: Posted) -> None:
        """Return when the ledger no longer has an event."""

        async def is_gone() -> bool:
            rows = (await self.ledger.inner.read(page_events, EventQuery(limit=500))).items
            return posted.id not in [row.id for row in rows]

        await self.until(is_gone)

    async def until_count(self, count: int, **query: Any) -> None:
        """Return when so many deliveries are found."""

        async def are_there() -> bool:
            return len(await self.statuses(**query)) >= count

        await self.until(are_there)

    async def settle(self) -> None:
        """Let everything that is under way inside the house come to rest: some rounds through the ledger's queue."""
        for _ in range(10):
            await self.ledger.inner.run(lambda _: None)
            await self.ledger.inner.read(lambda _: None)

    async def rest(self) -> None:
        """Let the house do all that is due: return when some rounds have passed without a call of the ledger."""
        async with asyncio.timeout(DEADLINE_S):
            idle = 0
            while idle < 3:
                before = self.ledger.calls.total()
                await self.settle()
                idle = idle + 1 if self.ledger.calls.total() == before else 0

    async def gaps(self) -> list[Gap]:
        """Every gap, oldest first."""
        return [row.gap for row in reversed(await self.ledger.inner.read(page_gaps, limit=500))]

    async def run_state(self, binding_id: BindingId) -> RunState:
        return (await self.ledger.inner.read(run_states, [binding_id]))[binding_id]

    async def look(self, target: Target) -> None:
        """Wake the lane and return when it has looked twice since: whatever it wanted to send is then under way."""
        endpoint_id = self.endpoint(target)
        for _ in range(2):
            before = self.ledger.turns[endpoint_id]
            self.dispatcher.wake([endpoint_id])
            await self.until(lambda before=before: self.ledger.turns[endpoint_id] > before)  # type: ignore[misc]


@asynccontextmanager
async def running(
    folder: Path, clock: Clock, *, sender: type[Sender] = Sender, is_started: bool = True, **settings: object
) -> AsyncIterator[Parts]:
    """The parts at work, lanes and upkeep started; settings by key with `__` for the dot.

    Leaving cuts everything off, as a crash would; a test that wants the order of a stop says so itself.
    """
    if isinstance(clock, HandClock):
        clock.rule(asyncio.get_running_loop())
    flags = {"disk.free_bytes_min": "0"} | {key.replace("__", "."): str(value) for key, value in settings.items()}
    inner = await open_sqlite(folder / "ledger.db")
    outbound = HttpClient()
    try:
        ledger = WatchedLedger(inner)
        # The board of agents is at work from the start, which would be felt wherever commits and timers are counted.
        await ledger.run(ensure_sources, [kind for kind in DEFAULT_KINDS if kind != "agents"], clock.now())
        known = Known(ledger, await ledger.read(load_directory))
        async with Supervisor(clock) as supervisor:
            parts = Parts(
                folder=folder, ledger=ledger, clock=clock, settings=resolve({}, {}, flags), supervisor=supervisor,
                outbound=outbound, known=known, sender=sender,
            )  # fmt: skip
            if is_started:
                await start(parts)
            yield parts
    finally:
        await outbound.close()
        await inner.close()


async def start(parts: Parts) -> None:
    """What the daemon does at its start, in its order."""
    await parts.upkeep.recover_orphans()
    await parts.dispatcher.start()
    parts.supervisor.start("upkeep", parts.upkeep.run)
    parts.collection.start()
    parts.supervisor.start("silence", parts.silence.run)


def raw(value: object) -> msgspec.Raw:
    """JSON text as an event carries it."""
    return msgspec.Raw(msgspec.json.encode(value))


def bodies(requests: Sequence[Any]) -> list[Any]:
    """The decoded bodies of requests."""
    return [json.loads(one.body) for one in requests]


def numbers(requests: Sequence[Any]) -> list[int]:
    """The `n` of every request's event, in the order of arrival."""
    return [body["data"]["n"] for body in bodies(requests)]
