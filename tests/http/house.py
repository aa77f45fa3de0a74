"""A whole daemon in this process, on real files and a real loopback socket, for tests of its API."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from posthouse.http.app import build_app
from posthouse.http.auth import Access
from posthouse.http.output_streams import OutputStreams
from posthouse.http.server import HttpServer
from posthouse.http.services import Services
from posthouse.ledger.directory import load_directory
from posthouse.ledger.own_events import Author
from posthouse.ledger.sources import ensure_sources
from posthouse.ledger.sqlite.database import SqliteDatabase, open_sqlite
from posthouse.pipeline.collection import Collection
from posthouse.pipeline.configuration import load_configuration
from posthouse.pipeline.delivery import Dispatcher
from posthouse.pipeline.directory import Known
from posthouse.pipeline.event_updates import EventUpdates
from posthouse.pipeline.intake import Intake
from posthouse.pipeline.lane_updates import LaneUpdates
from posthouse.pipeline.live import Live
from posthouse.pipeline.sender import Sender
from posthouse.pipeline.silence import Silence
from posthouse.settings import API_HOST
from posthouse.system.clock import Clock, SystemClock
from posthouse.system.disk import DiskGauge
from posthouse.system.http_client import HttpClient
from posthouse.system.secrets import SecretStore, open_secret_store
from posthouse.system.supervise import Supervisor
from posthouse.targets.sign_in import SignIns

TOKEN = "ph_" + "t" * 43
KINDS = ("claude-sessions", "ingest", "posthouse", "wake-schedule")


@dataclass
class Answer:
    """An answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def code(self) -> str:
        """The code of a refusal, which must be problem details."""
        assert self.headers["content-type"] == "application/problem+json", (self.status, self.body)
        assert self.json["status"] == self.status
        return str(self.json["code"])


@dataclass
class House:
    """A running daemon's API, and a client that may do everything."""

    url: str
    services: Services
    database: SqliteDatabase
    secrets: SecretStore
    problems: list[str]
    workers: Supervisor
    stopping: asyncio.Event
    session: aiohttp.ClientSession | None = field(default=None)

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = TOKEN,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        content_type: str | None = "application/json",
    ) -> Answer:
        """One exchange. `raw` is sent as it is, `body` as JSON."""
        sent = dict(headers or {})
        if token is not None:
            sent.setdefault("Authorization", f"Bearer {token}")
        content = raw if raw is not None else None if body is None else msgspec.json.encode(body)
        data = None if content is None else io.BytesIO(content)
        if data is not None and content_type is not None:
            sent.setdefault("Content-Type", content_type)
        assert self.session is not None
        skipped = ("Content-Type",) if content_type is None else ()
        async with self.session.request(
            method,
            self.url + path,
            data=data,
            headers=sent,
            skip_auto_headers=skipped,
            allow_redirects=False,
        ) as response:
            return Answer(response.status, {k.lower(): v for k, v in response.headers.items()}, await response.read())

    async def get(self, path: str, **options: Any) -> Answer:
        return await self.ask("GET", path, **options)

    async def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        return await self.ask("POST", path, body, **options)

    async def patch(self, path: str, body: Any, **options: Any) -> Answer:
        return await self.ask("PATCH", path, body, **options)

    async def delete(self, path: str, **options: Any) -> Answer:
        return await self.ask("DELETE", path, **options)

    async def add_hook(self, url: str, name: str = "hook", **settings: Any) -> Any:
        """A webhook that is not checked first."""
        body = {"kind": "webhook", "name": name, "settings": {"url": url, **settings}, "check": False}
        answer = await self.post("/api/targets", body)
        assert answer.status == 201, answer.body
        return answer.json["target"]

    async def count_events(self) -> int:
        """How many events the ledger keeps, of all sources."""
        count: int = await self.database.read(lambda tx: sum(row[1] for row in tx.all("event_counts", project_id=1)))
        return count


@asynccontextmanager
async def living(
    home: Path,
    *,
    environ: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    kinds: tuple[str, ...] = KINDS,
) -> AsyncIterator[House]:
    """A house that lives as long as the block."""
    clock = clock or SystemClock()
    database = await open_sqlite(home / "ledger.db")
    outbound = HttpClient(allow_private=True)
    await database.run(ensure_sources, kinds, clock.now())
    configuration = await load_configuration(database, clock, environ=environ or {}, flags={})
    settings = configuration.settings
    known = Known(database, await database.read(load_directory))
    secrets = open_secret_store(home, environ={"POSTHOUSE_SECRETS": "file"}, config_dir=home / "config")
    author = Author(machine="here", fresh_id=clock.uuid7)
    disk = DiskGauge(home, clock)
    problems: list[str] = []
    stopping = asyncio.Event()
    async with Supervisor(clock) as supervisor:
        sender = Sender(known=known, outbound=outbound, secrets=secrets, clock=clock, settings=settings)
        dispatcher = Dispatcher(
            database=database, known=known, sender=sender, clock=clock, supervisor=supervisor, author=author,
            owner="test", settings=settings, notice_crash=lambda: None, expect_expiry=lambda _at: None,
        )  # fmt: skip
        intake = Intake(
            database=database, known=known, lanes=dispatcher, clock=clock, disk=disk, machine="here",
            settings=settings, expect_expiry=lambda _at: None,
        )  # fmt: skip
        silence = Silence(database=database, clock=clock, author=author, wake_lanes=dispatcher.wake)
        collection = Collection(
            database=database, known=known, intake=intake, clock=clock, supervisor=supervisor, author=author,
            excluded=(home,), settings=settings, wake_lanes=dispatcher.wake, wake_silence=silence.wake,
            home=home, secrets=secrets,
        )  # fmt: skip
        live = Live(database=database, clock=clock, settings=settings)
        for part in (intake, sender, dispatcher, collection, live):
            configuration.listen(part.apply)
        access = Access(database, clock, home_token=TOKEN, host=lambda: configuration.settings[API_HOST])
        await access.load()
        server = HttpServer(host="127.0.0.1", port=0)
        sign_ins = SignIns(outbound=outbound, clock=clock)
        services = Services(
            database=database, known=known, intake=intake, collection=collection, dispatcher=dispatcher,
            silence=silence, live=live, configuration=configuration, access=access, secrets=secrets,
            sign_ins=sign_ins, outbound=outbound, output_streams=OutputStreams(),
            clock=clock, disk=disk, workers=supervisor.report, problems=lambda: problems, is_stopping=stopping.is_set,
            home=home, ledger_path=database.path, machine="here", version="0.1.0", url=lambda: server.url,
            started_at=clock.now(),
        )  # fmt: skip
        await live.load()
        supervisor.start("live", live.run)
        supervisor.start("lane-updates", LaneUpdates(database=database, clock=clock).run)
        supervisor.start("event-updates", EventUpdates(database=database, clock=clock).run)
        server.bind(build_app(services))
        supervisor.start("http", server.run)
        house = House(server.url, services, database, secrets, problems, supervisor, stopping)
        async with aiohttp.ClientSession() as house.session:
            yield house
        await collection.stop()
        await dispatcher.stop()
        sign_ins.close()
        services.output_streams.close()
        await live.close(5.0)
        await server.stop()
        await supervisor.ended(["http"])
    await outbound.close()
    await database.close()
