"""A real daemon with receivers of every temper, for the dashboard to tell of."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from tests.e2e.processes import Daemon, free_port, until
from tests.e2e.test_main_job import log_line
from tests.e2e.test_sources import in_database, settle_back
from tests.receiver import Received, Receiver, Reply
from tests.servers.ntfy import NtfyServer
from tests.web.neighbour import ENTRY, EXIT, HERE, Neighbour

QUICK = {"retryScheduleS": [0.05]}


class Stage:
    """A daemon, and a receiver that takes what it gets until it is told otherwise."""

    def __init__(self, daemon: Daemon, receiver: Receiver, folder: Path) -> None:
        self.daemon = daemon
        self.receiver = receiver
        self.logs = folder / "logs"

    @property
    def url(self) -> str:
        return (self.daemon.home / "address").read_text()

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        # A fresh connection: the browser took its time, and the daemon ends idle ones.
        self.daemon.api.close()
        return await asyncio.to_thread(self.daemon.api.call, method, path, body)

    async def until(self, what: str, check: Any) -> None:
        """Until a question about the status has its answer."""

        def holds() -> object:
            return check(self.daemon.api.call("GET", "/api/status"))

        self.daemon.api.close()
        await asyncio.to_thread(until, holds, what)

    async def add_target(self, name: str, url: str) -> None:
        body = {"kind": "webhook", "name": name, "settings": {"url": url}, "check": False}
        await self.call("POST", "/api/targets", body)

    async def bind(self, source: str, target: str, **more: Any) -> None:
        await self.call("POST", "/api/bindings", {"source": source, "target": target, **more})

    async def emit(self, kind: str, **more: Any) -> None:
        await self.call("POST", "/api/events", {"type": kind, **more})

    async def sleep_through(self, days: int) -> None:
        """Let the daemon not have run for so many days. It listens on another port then."""
        await asyncio.to_thread(self.daemon.stop)
        settle_back(self.daemon.home / "ledger.db", days)
        await asyncio.to_thread(self.daemon.start)

    async def last_run(self, source: str, result: str) -> None:
        """Until the last scheduled run of a source went so."""

        def holds() -> bool:
            bindings = self.daemon.api.call("GET", "/api/bindings")["items"]
            return any(one["source"] == source and (one["lastRun"] or {}).get("result") == result for one in bindings)

        await asyncio.to_thread(until, holds, f"the last run of {source} is {result}")

    async def show_sessions(self) -> None:
        """Let the agent's log have something to tell, at once."""
        for number in (1, 2, 3):
            log_line(self.logs, number)
        settings = {"roots": [str(self.logs)], "quiet_s": 0, "window_days": 30}
        await self.call("PATCH", "/api/sources/claude-sessions", {"settings": settings})

    async def fail_until_paused(self, target: str, kind: str) -> None:
        """Send until the target is paused: one delivery after the other, since a burst counts once."""
        for number in range(1, 30):
            await self.emit(kind, subject=f"number {number}")
            await asyncio.sleep(0.1)
            status = await self.call("GET", "/api/status")
            if next(one for one in status["targets"] if one["name"] == target)["health"]["state"] == "paused":
                return
        raise AssertionError(f"{target} is not paused")

    async def link(self) -> str:
        """A link that signs in, as the command prints it."""
        done = await asyncio.to_thread(self.daemon.cli, "open", "--print")
        return str(done.stdout).strip()

    async def sign_in(self, page: Page) -> None:
        await page.goto(await self.link())
        await page.wait_for_url(f"{self.url}/")


@asynccontextmanager
async def staged(folder: Path) -> AsyncIterator[Stage]:
    """A stage with nothing on it."""
    with Daemon(folder) as daemon:
        await asyncio.to_thread(daemon.start)
        async with Receiver() as receiver:
            yield Stage(daemon, receiver, folder)
        await asyncio.to_thread(daemon.stop)


async def play_everything(stage: Stage) -> None:
    """Something in every state that people meet: delivered, given up, paused, waiting, dismissed."""

    def temper(request: Received) -> Reply:
        is_strange = b"invoice.odd" in request.body
        body = b'{"error": "Unknown field: total", "workflow": "books"}' if is_strange else b'{"ok": true}'
        return Reply(status=422 if is_strange else 200, headers={"content-type": "application/json"}, body=body)

    stage.receiver.default = temper
    await stage.add_target("n8n", stage.receiver.url)
    await stage.add_target("books", stage.receiver.url)
    await stage.add_target("phone", f"http://127.0.0.1:{free_port()}/topic")
    await stage.show_sessions()
    await stage.bind("claude-sessions", "n8n")
    await stage.bind("ingest", "n8n", filter={"types": ["build.*", "backup.*"]})
    await stage.bind("ingest", "books", filter={"types": ["invoice.*"]})
    await stage.bind("ingest", "phone", filter={"types": ["alert.*"]}, policy=QUICK)
    await stage.call("POST", "/api/sources/claude-sessions/push")
    for number in range(1, 9):
        data = {"ok": number != 5, "seconds": 40 + number, "branch": "main", "commit": f"{number:07x}"}
        await stage.emit("build.finished", subject=f"shop #{number}", data=data)
    await stage.emit("backup.done", subject="/home", data={"files": 18_204, "bytes": 9_812_334_511})
    await stage.emit("invoice.paid", subject="2026-118", data={"total": "48.00", "currency": "EUR"})
    await stage.emit("invoice.odd", subject="2026-119", data={"total": None, "note": "<script>alert(1)</script>"})
    await stage.until("the odd invoice is given up", lambda status: status["counts"]["dlq"] >= 1)
    await stage.fail_until_paused("phone", "alert.raised")
    await stage.until("all else is settled", lambda status: status["counts"]["inFlight"] == 0)


async def play_schedules(stage: Stage) -> None:
    """Daily runs: three that were missed, one that found nothing new, and a database that is gone."""
    stock, till = stage.logs.parent / "stock.db", stage.logs.parent / "till.db"
    await stage.add_target("hook", stage.receiver.url)
    for name, path in (("stock", stock), ("till", till)):
        in_database(path, "CREATE TABLE things (item TEXT, count INTEGER)", "INSERT INTO things VALUES ('tea', 4)")
        settings = {"path": str(path), "query": "SELECT * FROM things"}
        await stage.call("POST", "/api/sources", {"kind": "sqlite", "name": name, "settings": settings})
        await stage.bind(name, "hook", schedule={"mode": "daily", "at": "00:01", "zone": "Asia/Tokyo"})
    await stage.sleep_through(4)
    for name in ("stock", "till"):
        await stage.last_run(name, "sent")
    till.unlink()
    await stage.sleep_through(1)
    await stage.last_run("stock", "nothing_new")
    await stage.last_run("till", "failed")


async def play_settings(stage: Stage) -> None:
    """Settings of more than one origin, and tokens."""
    await stage.call("PATCH", "/api/settings/ingest.event_bytes_max", {"value": "2 MiB"})
    await stage.call("POST", "/api/tokens", {"name": "ci", "scope": "ingest"})
    await stage.call("POST", "/api/tokens", {"name": "home-assistant", "scope": "read"})


async def play_agents(stage: Stage) -> None:
    """Agents in every state, one with a subagent and a permission prompt."""
    claude = {"agent_id": "claude-1", "tool": "claude-code", "project": "shop", "title": "Fix the tests"}
    prompt = {"id": "p1", "permission": "Bash", "description": "rm -r build", "metadata": {"command": "rm -r build"}}
    await stage.emit("agent.turn-started", data=claude | {"turn_id": "t1"})
    below = {"agent_id": "sub-1", "tool": "claude-code", "title": "Look for callers", "parent_id": "claude-1"}
    await stage.emit("agent.turn-started", data=below)
    await stage.emit("agent.permission-required", data=claude | {"prompt": prompt})
    codex = {"agent_id": "codex-1", "tool": "codex", "project": "books", "title": "Write the changelog"}
    await stage.emit("agent.turn-started", data=codex)
    await stage.emit("agent.turn-error", data=codex | {"error": "429: rate limit reached, after 5 retries"})
    opencode = {"agent_id": "open-1", "tool": "opencode", "project": "posthouse"}
    await stage.emit("agent.turn-started", data=opencode)
    await stage.emit("agent.turn-completed", data=opencode)
    old = {"agent_id": "old-1", "tool": "run", "title": "make test"}
    await stage.emit("agent.turn-started", data=old)
    await stage.emit("agent.ended", data=old)


async def play_notifications(stage: Stage) -> None:
    """A phone that is told of agents, with something that is told and something that is not."""
    stage.receiver.default = NtfyServer(path="/hook").answer
    config = {"enabled": True, "topic": "mine", "server": stage.receiver.url, "authToken": "tk_any"}
    await stage.call("PUT", "/api/notifications", config)
    await play_agents(stage)
    await stage.emit("agent.turn-completed", data={"agent_id": "sub-1"})
    await stage.until("all is settled", lambda status: status["counts"]["pending"] + status["counts"]["inFlight"] == 0)
    await stage.call("PUT", "/api/notifications", {"quietHours": {"from": "22:00", "priority": 4}})


async def play_wake(stage: Stage) -> None:
    """Marked hours, an account that answers, one that refuses, and one whose program may not run."""

    def temper(request: Received) -> Reply:
        return Reply(status=429, body=b"Limit reached until 15:00") if b"Home" in request.body else Reply()

    stage.receiver.default = temper
    for label in ("Work", "Home"):
        ask = {"kind": "request", "url": stage.receiver.url, "method": "POST", "body": label}
        await stage.call("POST", "/api/wake-schedule/accounts", {"label": label, "ask": ask})
    await stage.call("POST", "/api/wake-schedule/accounts", {"label": "Claude at work", "preset": "claude"})
    for hour in (6, 11, 22):
        await stage.call("POST", "/api/wake-schedule/toggle", {"hour": hour, "action": "on"})
    await stage.call("POST", "/api/wake-schedule/wake", {})


async def play_servers(stage: Stage) -> None:
    """Servers: one that runs, one that ends again and again, one that was never started."""
    await stage.call("PATCH", "/api/settings/commands.allowed", {"value": True})
    port = free_port()
    files = [sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", str(port)]
    await stage.call("POST", "/api/servers", {"name": "docs", "argv": files, "port": port, "health": {"kind": "http"}})
    broken = [sys.executable, "-c", "raise SystemExit('There is no configuration.')"]
    await stage.call("POST", "/api/servers", {"name": "broken", "argv": broken, "restart": "never"})
    await stage.call("POST", "/api/servers", {"name": "shop", "argv": ["make", "serve"], "autostart": False})
    for name in ("docs", "broken"):
        await stage.call("POST", f"/api/servers/{name}/start")

    def are_settled() -> bool:
        states = [one["state"] for one in stage.daemon.api.call("GET", "/api/servers")["items"]]
        return "running" in states and "starting" not in states

    await asyncio.to_thread(until, are_settled, "one runs, and one has ended")


@asynccontextmanager
async def play_peers(stage: Stage) -> AsyncIterator[None]:
    """Two neighbours who are there, and one who has left."""
    ann = Neighbour("127.0.0.2")
    bert = Neighbour("127.0.0.3", ann.port, user="bert", host="workshop")
    cora = Neighbour("127.0.0.4", ann.port, user="cora", host="laptop")
    hosts = [ann.address, bert.address, cora.address]
    settings = {"port": ann.port, "address": HERE, "hosts": hosts, "mdns": False}
    await stage.call("PATCH", "/api/sources/peers", {"settings": settings})
    await stage.call("POST", "/api/sources/peers/enable")

    def online() -> int:
        return int(stage.daemon.api.call("GET", "/api/peers")["online"])

    def are_heard() -> bool:
        for one, entry in ((ann, "Ann\0sales\0"), (bert, "Bert\0\0"), (cora, "Cora\0sales\0")):
            one.say(ENTRY, entry)
        return online() == 3

    def is_one_gone() -> bool:
        cora.say(EXIT)
        return online() == 2

    try:
        await asyncio.to_thread(until, are_heard, "three are online")
        await asyncio.to_thread(until, is_one_gone, "one has left")
        yield
    finally:
        for one in (ann, bert, cora):
            one.socket.close()


def data_of(received: Received) -> Any:
    """The data of a CloudEvent that arrived."""
    return json.loads(received.body)["data"]
