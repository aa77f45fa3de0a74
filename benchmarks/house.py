"""The daemon's own parts in this process, over a fresh ledger: what is measured without HTTP in front of it.

The parts are the real ones, wired as the composition root wires them, with the interpreter's switch interval that the
daemon sets. Secrets lie in an encrypted file in the benchmark's folder.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from posthouse.daemon.composition import SWITCH_INTERVAL_S
from posthouse.ledger.base import Transaction
from posthouse.ledger.binding_changes import NewBinding, add_binding
from posthouse.ledger.directory import load_directory
from posthouse.ledger.endpoints import NewEndpoint, list_endpoints
from posthouse.ledger.events import Lease, NewDelivery, NewEvent, insert
from posthouse.ledger.own_events import Author
from posthouse.ledger.sources import ensure_sources
from posthouse.ledger.sqlite.database import SqliteDatabase, open_sqlite
from posthouse.ledger.targets import add_target
from posthouse.model.bindings import Policy
from posthouse.model.deliveries import ClaimedDelivery, DeliveryStatus
from posthouse.model.events import Event
from posthouse.model.ids import DEFAULT_PROJECT, DeliveryId, EndpointId, EventId, Millis
from posthouse.model.sources import Source
from posthouse.pipeline.delivery import Dispatcher
from posthouse.pipeline.directory import Known
from posthouse.pipeline.intake import Intake, Lanes
from posthouse.pipeline.lane_updates import LaneUpdates
from posthouse.pipeline.live import Live
from posthouse.pipeline.sender import Sender
from posthouse.settings import resolve
from posthouse.system.clock import SystemClock
from posthouse.system.disk import DiskGauge
from posthouse.system.http_client import HttpClient
from posthouse.system.secrets import SecretStore, open_secret_store
from posthouse.system.supervise import Supervisor
from posthouse.targets.base import extract_secrets, target_kind
from posthouse.targets.standard_webhooks import new_secret

EVENT_TYPE = "benchmark.happened"
MACHINE = "benchmark"
OWNER = "benchmark"
FILL_STEP = 2_000
LOOK_S = 0.02


class NoLanes:
    """For intake alone: nothing is ever sent, everything waits."""

    def reserve(self, endpoint_id: EndpointId) -> Lease | None:
        """No slot is free."""
        return None

    def offer(self, delivery: ClaimedDelivery) -> None:
        """Never called, since nothing was reserved."""

    def cancel(self, endpoint_id: EndpointId) -> None:
        """Never called, since nothing was reserved."""

    def wake(self, endpoint_ids: Iterable[EndpointId]) -> None:
        """Nobody sleeps here."""


class House:
    """A ledger and what works on it. Made by `open_house`."""

    def __init__(self, folder: Path, database: SqliteDatabase, known: Known, store: SecretStore) -> None:
        self.database = database
        self.known = known
        self.clock = SystemClock()
        self.settings = resolve({}, {}, {})
        self._folder = folder
        self._store = store
        self._author = Author(machine=MACHINE, fresh_id=self.clock.uuid7)

        self.source = next(one for one in known.directory.sources.values() if one.kind == "ingest")

    async def bind_webhook(self, url: str, *, name: str = "hook", batch_max: int = 1) -> EndpointId:
        """A signed webhook, bound to the source; its only endpoint."""
        entered = {"url": url, "signing": {"secret": new_secret()}}
        extracted = extract_secrets("webhook", entered, scope=self.clock.uuid7())
        for secret, value in extracted.values.items():
            await self._store.put(secret, value)
        settings = target_kind("webhook").parse(extracted.settings)
        endpoint_id = await self.database.run(_add_webhook, name, settings, self.source, batch_max, self.clock.now())
        await self.known.reload()
        return endpoint_id

    def intake(self, lanes: Lanes | None = None) -> Intake:
        """An intake, in front of lanes that send nothing where none are given."""
        return Intake(
            database=self.database,
            known=self.known,
            lanes=lanes or NoLanes(),
            clock=self.clock,
            disk=DiskGauge(self._folder, self.clock),
            machine=MACHINE,
            settings=self.settings,
            expect_expiry=lambda _: None,
        )

    def dispatcher(self, supervisor: Supervisor, outbound: HttpClient) -> Dispatcher:
        """All lanes, asleep until `start`; what the live stream tells of them is written and read all the while."""
        live = Live(database=self.database, clock=self.clock, settings=self.settings)
        supervisor.start("live", live.run)
        supervisor.start("lane-updates", LaneUpdates(database=self.database, clock=self.clock).run)
        sender = Sender(
            known=self.known, outbound=outbound, secrets=self._store, clock=self.clock, settings=self.settings
        )
        return Dispatcher(
            database=self.database,
            known=self.known,
            sender=sender,
            clock=self.clock,
            supervisor=supervisor,
            author=self._author,
            owner=OWNER,
            settings=self.settings,
            notice_crash=lambda: None,
            expect_expiry=lambda _at: None,
        )

    def new_event(self, data: msgspec.Raw) -> NewEvent:
        """An event with a delivery for each of the source's bindings, planned without the rules' help."""
        directory, now = self.known.directory, self.clock.now()
        event = Event(
            id=EventId(self.clock.uuid7()),
            project_id=self.source.project_id,
            source_id=self.source.id,
            machine=MACHINE,
            type=EVENT_TYPE,
            at=now,
            recorded_at=now,
            data=data,
        )
        deliveries = tuple(
            NewDelivery(
                id=DeliveryId(self.clock.uuid7()),
                binding_id=route.binding_id,
                endpoint_id=route.endpoint_id,
                revision=route.revision,
                available_at=now,
                batch_max=route.batch_max,
            )
            for route in directory.routes.get(self.source.id, ())
        )
        return NewEvent(event=event, deliveries=deliveries, routing=directory.routing)

    async def fill(self, count: int, data: msgspec.Raw) -> None:
        """Insert so many events with their deliveries, in sets, without waking anybody."""
        for start in range(0, count, FILL_STEP):
            step = [self.new_event(data) for _ in range(min(FILL_STEP, count - start))]
            await self.database.run(insert, step)

    async def delivered(self) -> int:
        """How many deliveries have arrived, by the counters."""
        return await self.database.read(_count_delivered)

    async def await_delivered(self, count: int, *, within_s: float) -> None:
        """Return when so many have arrived. Raises TimeoutError."""
        async with asyncio.timeout(within_s):
            # Nothing tells us: the counters are the ledger's, and asking them costs the lane next to nothing.
            while await self.delivered() < count:  # noqa: ASYNC110
                await asyncio.sleep(LOOK_S)


@asynccontextmanager
async def open_house(folder: Path) -> AsyncIterator[House]:
    """Make a ledger in the folder; it is closed at the end of the block."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    folder.mkdir(parents=True, exist_ok=True)
    database = await open_sqlite(folder / "ledger.db")
    try:
        await database.run(ensure_sources, ["ingest", "posthouse"], SystemClock().now())
        known = Known(database, await database.read(load_directory))
        yield House(folder, database, known, _secret_store(folder))
    finally:
        await database.close()


def make_key(folder: Path) -> Path:
    """A key file for the encrypted file of secrets."""
    key = folder / "benchmark.key"
    key.write_bytes(secrets.token_bytes(32))
    key.chmod(0o600)
    return key


def data_of(size: int) -> msgspec.Raw:
    """An event's data: JSON of so many bytes."""
    empty = len(msgspec.json.encode({"text": ""}))
    return msgspec.Raw(msgspec.json.encode({"text": "x" * (size - empty)}))


def bodies_of(events: Sequence[NewEvent]) -> list[bytes]:
    """The events as JSON: what a plain log of them would hold."""
    return [msgspec.json.encode(one.event) for one in events]


def _secret_store(folder: Path) -> SecretStore:
    environ = {"POSTHOUSE_SECRETS": "file", "POSTHOUSE_KEY_FILE": str(make_key(folder))}
    return open_secret_store(folder, environ=environ, config_dir=folder)


def _count_delivered(tx: Transaction) -> int:
    rows = tx.all("delivery_counts", project_id=DEFAULT_PROJECT)
    return sum(count for _, _, status, count, _ in rows if status == DeliveryStatus.DELIVERED)


def _add_webhook(
    tx: Transaction, name: str, settings: msgspec.Raw, source: Source, batch_max: int, now: Millis
) -> EndpointId:
    endpoint = NewEndpoint(name="default", settings=msgspec.Raw(b"{}"))
    target = add_target(tx, kind="webhook", name=name, settings=settings, endpoints=[endpoint], now=now)
    (added,) = list_endpoints(tx, target.id)
    policy = Policy(batch_max=batch_max)
    add_binding(tx, NewBinding(source_id=source.id, endpoint_id=added.id, policy=policy), now=now)
    return added.id
