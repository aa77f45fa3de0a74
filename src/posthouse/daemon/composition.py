"""The composition root: builds every part in the order of the data path and runs them until asked to stop.

    guard ▷ ledger ▷ secrets ▷ lanes ▷ intake ▷ sources, spool ▷ http

Nesting is the order of stopping. A stop refuses posts with 503, reads what is buffered, ends the sources, lets what is
being sent end within its grace, gives the rest back uncharged, notes a clean stop and closes the ledger. A worker that
crashes is started again; a broken ledger stops the daemon loudly. An unclean stop is told of at the next start.
"""

from __future__ import annotations

import asyncio
import os
import platform
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from posthouse.daemon.lives import note_start, note_stop
from posthouse.daemon.welcome import welcome
from posthouse.http.app import build_app
from posthouse.http.auth import Access
from posthouse.http.cloud_event_forms import parse_cloud_event
from posthouse.http.event_forms import parse_event
from posthouse.http.output_streams import OutputStreams
from posthouse.http.server import HttpServer
from posthouse.http.services import Services
from posthouse.ledger.directory import load_directory
from posthouse.ledger.instances import Instance
from posthouse.ledger.own_events import Author
from posthouse.ledger.sources import ensure_sources
from posthouse.ledger.sqlite.database import SqliteDatabase, open_sqlite
from posthouse.pipeline.collection import Collection
from posthouse.pipeline.configuration import Configuration, load_configuration
from posthouse.pipeline.delivery import Dispatcher
from posthouse.pipeline.directory import Known
from posthouse.pipeline.event_updates import EventUpdates
from posthouse.pipeline.intake import Intake
from posthouse.pipeline.lane_updates import LaneUpdates
from posthouse.pipeline.live import Live
from posthouse.pipeline.sender import Sender
from posthouse.pipeline.silence import Silence
from posthouse.pipeline.spool import Spool
from posthouse.pipeline.upkeep import Upkeep
from posthouse.settings import (
    API_HOST,
    API_PORT,
    INGEST_EVENT_BYTES_MAX,
    LOG_FORMAT,
    LOG_LEVEL,
    NETWORK_ALLOW_PRIVATE,
    Setting,
    Settings,
)
from posthouse.sources.agents.spooled import FOLDER as AGENTS
from posthouse.sources.base import DEFAULT_KINDS, load_kinds
from posthouse.sources.foreign.leaving import end_despite_threads
from posthouse.system.clock import Clock, SystemClock
from posthouse.system.disk import DiskGauge
from posthouse.system.home import InstanceGuard, ensure_token, make_home
from posthouse.system.http_client import HttpClient
from posthouse.system.idle.presence import Presence
from posthouse.system.logging import configure_logging, get_log
from posthouse.system.private_file import write_private
from posthouse.system.secrets import SecretStore, open_secret_store
from posthouse.system.supervise import Supervisor
from posthouse.targets.sign_in import SignIns

LEDGER_FILE = "ledger.db"
SPOOL_FOLDER = "spool"
ADDRESS_FILE = "address"
SWITCH_INTERVAL_S = 0.000_5
"""How long a thread keeps the interpreter while another wants it. The ledger's writer comes back from each statement to
a busy event loop: at the default of 5 ms a commit could be held up for many times its own length."""

LAST_WORDS_S = 5.0
"""How long a process that failed has to say so, where the code of a third party would keep it from ending."""

STREAMS_END_S = 3.0
"""How long a stop waits for streams to take their last entries; the server cuts off what is left."""

T = TypeVar("T", bool, int, float, str)

_log = get_log(__name__)


def run(home: Path, *, host: str | None = None, port: int | None = None) -> int:
    """Run the daemon until SIGINT or SIGTERM; answers 0.

    Raises HomeUnusable, LedgerError kinds, BadInput `settings.invalid`, PosthouseError `api.address_in_use`.
    """
    flags = {key: str(value) for key, value in ((API_HOST.key, host), (API_PORT.key, port)) if value is not None}
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    make_home(home)
    is_in_order = False
    try:
        with InstanceGuard(home), asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_live(home, flags, os.environ))
        is_in_order = True
    finally:
        # What went wrong is still to be said, by the caller.
        end_despite_threads(0 if is_in_order else 1, within_s=0.0 if is_in_order else LAST_WORDS_S)
    return 0


async def _live(home: Path, flags: Mapping[str, str], environ: Mapping[str, str]) -> None:
    """One life of the daemon, between the opening and the closing of the ledger."""
    clock = SystemClock()
    database = await open_sqlite(home / LEDGER_FILE)
    try:
        configuration = await load_configuration(database, clock, environ=environ, flags=flags)
        settings = configuration.settings
        configure_logging(level=settings[LOG_LEVEL], style=settings[LOG_FORMAT])
        secrets = await asyncio.to_thread(open_secret_store, home, environ=environ)
        instance = Instance(
            id=clock.uuid7(),
            machine=platform.node() or "localhost",
            pid=os.getpid(),
            version=version("posthouse"),
            started_at=clock.now(),
        )
        await database.run(ensure_sources, DEFAULT_KINDS, instance.started_at)
        daemon = Daemon(
            home=home, database=database, configuration=configuration, secrets=secrets, clock=clock, instance=instance
        )
        await daemon.serve()
        await database.run(note_stop, instance, clock.now(), daemon.author)
    finally:
        await database.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """The running parts, in the order of the data path."""

    disk: DiskGauge
    upkeep: Upkeep
    dispatcher: Dispatcher
    intake: Intake
    silence: Silence
    live: Live
    output_streams: OutputStreams
    lane_updates: LaneUpdates
    event_updates: EventUpdates
    collection: Collection
    spool: Spool
    access: Access
    sign_ins: SignIns
    server: HttpServer


class Daemon:
    """The running parts, wired."""

    def __init__(
        self, *, home: Path, database: SqliteDatabase, configuration: Configuration, secrets: SecretStore, clock: Clock,
        instance: Instance,
    ) -> None:  # fmt: skip
        self._home = home
        self._database = database
        self._configuration = configuration
        self._secrets = secrets
        self._clock = clock
        self._instance = instance
        self.author = Author(machine=instance.machine, fresh_id=clock.uuid7)
        self._presence = Presence(os.environ, clock)
        self._stop = asyncio.Event()
        self._is_stopping = False

    async def serve(self) -> None:
        """Run until SIGINT or SIGTERM; every part has ended when it returns."""
        _listen_to_signals(self._stop)
        settings, clock = self._configuration.settings, self._clock
        known = Known(self._database, await self._database.read(load_directory))
        outbound = HttpClient(allow_private=settings[NETWORK_ALLOW_PRIVATE])
        try:
            async with Supervisor(clock) as supervisor:
                await self._run_parts(supervisor, known, outbound, settings)
        finally:
            self._presence.close()
            await outbound.close()

    async def _run_parts(self, supervisor: Supervisor, known: Known, outbound: HttpClient, settings: Settings) -> None:
        parts = self._build(supervisor, known, outbound, settings)
        services = self._services(parts, supervisor, known, outbound)
        await parts.access.load()
        # The last thing that may be refused: before it nothing has begun, so that there is nothing to tell of.
        parts.server.bind(build_app(services))
        await self._database.run(note_start, self._instance, self.author)
        # Off the loop, since an import may take its time; whoever needs a kind later finds it loaded.
        await asyncio.to_thread(load_kinds, {one.kind for one in known.directory.sources.values()})
        await self._start(parts, supervisor)
        sys.stdout.write(await welcome(services))
        sys.stdout.flush()
        await self._stop.wait()
        await self._stop_in_order(parts, supervisor)

    def _build(self, supervisor: Supervisor, known: Known, outbound: HttpClient, settings: Settings) -> _Parts:
        """Every part from the bottom of the data path to its top; none has begun."""
        clock, database, author, owner = self._clock, self._database, self.author, self._instance.id
        disk = DiskGauge(self._home, clock)
        server = HttpServer(host=settings[API_HOST], port=settings[API_PORT])
        sender = Sender(
            known=known,
            outbound=outbound,
            secrets=self._secrets,
            clock=clock,
            settings=settings,
            own_url=lambda: server.url,
        )
        upkeep = Upkeep(
            database=database,
            clock=clock,
            secrets=self._secrets,
            author=author,
            owner=owner,
            settings=settings,
            wake_lanes=lambda endpoint_ids: dispatcher.wake(endpoint_ids),  # noqa: PLW0108 - it is made below
        )
        dispatcher = Dispatcher(
            database=database,
            known=known,
            sender=sender,
            clock=clock,
            supervisor=supervisor,
            author=author,
            owner=owner,
            settings=settings,
            notice_crash=upkeep.wake,
            expect_expiry=upkeep.expect,
        )
        intake = Intake(
            database=database,
            known=known,
            lanes=dispatcher,
            clock=clock,
            disk=disk,
            machine=author.machine,
            settings=settings,
            expect_expiry=upkeep.expect,
            presence=self._presence.read,
        )
        silence = Silence(database=database, clock=clock, author=author, wake_lanes=dispatcher.wake)
        collection = Collection(
            database=database,
            known=known,
            intake=intake,
            clock=clock,
            supervisor=supervisor,
            author=author,
            excluded=(self._home.resolve(),),
            settings=settings,
            wake_lanes=dispatcher.wake,
            wake_silence=silence.wake,
            spool=self._home / SPOOL_FOLDER,
            presence=self._presence,
            home=self._home,
            secrets=self._secrets,
        )
        live = Live(database=database, clock=clock, settings=settings)
        for part in (intake, sender, dispatcher, collection, upkeep, live):
            self._configuration.listen(part.apply)
        host = partial(self._setting, API_HOST)
        return _Parts(
            disk=disk,
            upkeep=upkeep,
            dispatcher=dispatcher,
            intake=intake,
            silence=silence,
            live=live,
            output_streams=OutputStreams(),
            lane_updates=LaneUpdates(database=database, clock=clock),
            event_updates=EventUpdates(database=database, clock=clock),
            collection=collection,
            spool=self._spool(intake, known),
            access=Access(database, clock, home_token=ensure_token(self._home), host=host),
            sign_ins=SignIns(outbound=outbound, clock=clock),
            server=server,
        )

    def _services(self, parts: _Parts, supervisor: Supervisor, known: Known, outbound: HttpClient) -> Services:
        """What the API works with."""
        return Services(
            database=self._database,
            known=known,
            intake=parts.intake,
            collection=parts.collection,
            dispatcher=parts.dispatcher,
            silence=parts.silence,
            live=parts.live,
            output_streams=parts.output_streams,
            configuration=self._configuration,
            access=parts.access,
            secrets=self._secrets,
            sign_ins=parts.sign_ins,
            outbound=outbound,
            clock=self._clock,
            disk=parts.disk,
            workers=supervisor.report,
            problems=parts.spool.problems,
            is_stopping=lambda: self._is_stopping,
            home=self._home,
            ledger_path=self._database.path,
            machine=self.author.machine,
            version=self._instance.version,
            url=lambda: parts.server.url,
            started_at=self._instance.started_at,
        )

    async def _start(self, parts: _Parts, supervisor: Supervisor) -> None:
        """Take back what an unclean stop left under way, then let every part begin."""
        recovered = await parts.upkeep.recover_orphans()
        if recovered:
            _log.warning("deliveries were interrupted by an unclean stop and go again", count=recovered)
        await parts.live.load()
        supervisor.start("live", parts.live.run)
        supervisor.start("lane-updates", parts.lane_updates.run)
        supervisor.start("event-updates", parts.event_updates.run)
        await parts.dispatcher.start()
        supervisor.start("upkeep", parts.upkeep.run)
        write_private(self._home / ADDRESS_FILE, parts.server.url.encode())
        supervisor.start("http", parts.server.run)
        parts.collection.start()
        supervisor.start("silence", parts.silence.run)
        supervisor.start("spool", parts.spool.run)

    async def _stop_in_order(self, parts: _Parts, supervisor: Supervisor) -> None:
        self._is_stopping = True
        _log.info("stopping", under_way=parts.dispatcher.under_way())
        parts.intake.stop()
        parts.sign_ins.close()
        await parts.live.tell_stopping()
        await supervisor.stop("spool")
        await parts.collection.stop()
        await parts.dispatcher.stop()
        await parts.access.note_use()
        parts.output_streams.close()
        await parts.live.close(STREAMS_END_S)
        await parts.server.stop()

    def _spool(self, intake: Intake, known: Known) -> Spool:
        (source,) = (one for one in known.directory.sources.values() if one.kind == "ingest")
        return Spool(
            self._home / SPOOL_FOLDER,
            intake,
            source,
            parse=parse_event,
            adapters={"cloudevents": parse_cloud_event},
            elsewhere=frozenset({AGENTS}),
            event_bytes_max=partial(self._setting, INGEST_EVENT_BYTES_MAX),
        )

    def _setting(self, setting: Setting[T]) -> T:
        """A setting as it stands now."""
        return self._configuration.settings[setting]


def _listen_to_signals(stop: asyncio.Event) -> None:
    """The first SIGINT or SIGTERM stops in order; after it, SIGINT interrupts at once as usual."""
    loop = asyncio.get_running_loop()

    def on_signal() -> None:
        stop.set()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, on_signal)
        except NotImplementedError:
            # Windows: the handler runs between two steps of the loop instead.
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, which is twice as fast, where there is one (there is none for Windows)."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
