"""Managed servers through the API of a whole house: defined, started, read, stopped; secrets never shown."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from posthouse.http import server_output
from posthouse.http.output_streams import STREAMS_MAX
from posthouse.http.server_state import state_of_one
from tests.http.house import TOKEN, House, living
from tests.sources.servers_room import free_port, needs_linux, no_program_is_left, python

pytestmark = needs_linux

SECRET = "hunter2-hunter2"
DEADLINE_S = 60.0


@pytest.fixture
async def house(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """A house whose sources of servers and agents are at work."""
    (tmp_path / "runtime").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    ready: asyncio.Future[House] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()

    async def live() -> None:
        async with living(home, kinds=("agents", "ingest", "posthouse", "servers")) as lived:
            sources = lived.services.known.directory.sources.values()
            for source in [one for one in sources if one.kind in ("agents", "servers")]:
                await lived.services.collection.enable(source.id)
            ready.set_result(lived)
            await over.wait()

    with no_program_is_left(tmp_path):
        task = asyncio.create_task(live())
        waiting: set[asyncio.Future[Any]] = {ready, task}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            await task
        yield await ready
        over.set()
        await task


async def allow(house: House) -> None:
    assert (await house.patch("/api/settings/commands.allowed", {"value": True})).status == 200


def server(tmp_path: Path, code: str, **more: Any) -> dict[str, Any]:
    return {"name": "web", "argv": python(code), "folder": str(tmp_path), **more}


async def until(house: House, state: str) -> Any:
    """The server, once it is in this state."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            found = (await house.get("/api/servers/web")).json
            if found["state"] == state:
                return found


async def test_a_server_is_defined_started_read_and_removed(house: House, tmp_path: Path) -> None:
    assert (await house.get("/api/servers")).json == {"items": [], "nextCursor": None}
    refused = await house.post("/api/servers", server(tmp_path, "hang()"))
    assert (refused.status, refused.code) == (400, "source.commands_off")
    await allow(house)

    made = await house.post("/api/servers", server(tmp_path, "say('ready', os.environ['KEY'][:3]); hang()",
        secretEnv={"KEY": SECRET}))  # fmt: skip
    assert made.status == 201
    assert made.json["state"] == "stopped"
    assert made.json["definition"]["secretEnv"] == ["KEY"]
    assert (await house.post("/api/servers/web/start")).status == 200
    running = await until(house, "running")
    listed = (await house.get("/api/servers")).json["items"]

    assert running["figures"]["processes"] == 1
    assert running["figures"]["memoryBytes"] > 0
    assert listed[0]["pid"] == running["pid"]
    said: dict[str, Any] = {"lines": []}
    async with asyncio.timeout(DEADLINE_S):
        while not said["lines"]:
            said = (await house.get("/api/servers/web/output?lines=5")).json
    assert said["lines"] == ["ready hun"]
    assert (await house.delete("/api/servers/web")).code == "server.not_stopped"
    assert (await house.post("/api/servers/web/stop")).status == 200
    await until(house, "stopped")
    gone = await house.delete("/api/servers/web")
    assert gone.status == 200
    assert (await house.get("/api/servers/web")).code == "server.not_found"
    assert SECRET.encode() not in made.body + gone.body
    events = (await house.get("/api/events?type=server.status")).json["items"]
    assert {one["subject"] for one in events} == {"web"}


async def test_secrets_leave_the_store_with_the_last_definition_that_names_them(house: House, tmp_path: Path) -> None:
    await allow(house)
    await house.post("/api/servers", server(tmp_path, "hang()", secretEnv={"ONE": SECRET, "TWO": SECRET}))
    names = await _refs(house)
    patched = await house.patch("/api/servers/web", {"secretEnv": {"ONE": None}, "autostart": False})
    assert patched.json["definition"]["secretEnv"] == ["TWO"]
    assert patched.json["definition"]["autostart"] is False
    assert await house.secrets.get(names["ONE"]) is None
    assert await house.secrets.get(names["TWO"]) == SECRET
    refused = await house.patch("/api/servers/web", {"secretEnv": {"THREE": SECRET}, "port": 80})
    assert (refused.code, refused.json["field"]) == ("server.port_invalid", "port")
    assert await _refs(house) == {"TWO": names["TWO"]}
    await house.delete("/api/servers/web")
    assert await house.secrets.get(names["TWO"]) is None


async def _refs(house: House) -> dict[str, str]:
    source = next(one for one in house.services.known.directory.sources.values() if one.kind == "servers")
    state = await house.database.read(state_of_one, source.id, "here", "web")
    found: dict[str, str] = json.loads(state["server/web"])["secret_env"]
    return found


async def test_output_is_followed_and_gone_on_with_where_it_was_left(house: House, tmp_path: Path) -> None:
    await allow(house)
    code = "say('first')\nwhile not os.path.exists('go'): time.sleep(0.01)\nsay('second'); hang()"
    await house.post("/api/servers", server(tmp_path, code))
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as session:
        url = f"{house.url}/api/servers/web/output/stream"
        async with session.get(url) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            await house.post("/api/servers/web/start")
            first = await _next_output(stream)
            assert first["text"] == "first\n"
        (tmp_path / "go").touch()
        async with session.get(url, headers={"Last-Event-ID": first["cursor"]}) as stream:
            assert (await _next_output(stream))["text"] == "second\n"
    assert (await house.get("/api/servers/web/output/stream?cursor=nonsense")).code == "request.cursor_invalid"
    assert (await house.get("/api/servers/nobody/output")).code == "server.not_found"


async def test_streams_of_output_are_few_and_end_when_the_daemon_stops(house: House, tmp_path: Path) -> None:
    await allow(house)
    await house.post("/api/servers", server(tmp_path, "say('first'); hang()"))
    streams, path = house.services.output_streams, "/api/servers/web/output/stream"
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as session:
        async with session.get(house.url + path) as stream:
            await house.post("/api/servers/web/start")
            assert (await _next_output(stream))["text"] == "first\n"
            with ExitStack() as others:
                for _ in range(STREAMS_MAX - 1):
                    others.enter_context(streams.entered())
                refused = await house.get(path)
                assert (refused.status, refused.code) == (429, "server.too_many_streams")
                assert refused.headers["retry-after"] == "15"
            streams.close()
            async with asyncio.timeout(DEADLINE_S):
                assert b"event:" not in await stream.content.read()
        stopped = await house.get(path)
    assert (stopped.status, stopped.code) == (503, "daemon.stopping")


async def test_a_stream_of_output_that_was_left_leaves_its_place(house: House, tmp_path: Path) -> None:
    await allow(house)
    await house.post("/api/servers", server(tmp_path, "say('first'); hang()"))
    await house.post("/api/servers/web/start")
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as session,
        asyncio.timeout(DEADLINE_S),
    ):
        with ExitStack() as others:
            for _ in range(STREAMS_MAX - 1):
                others.enter_context(house.services.output_streams.entered())
            for _ in range(3):
                status = 0
                while status != 200:
                    async with session.get(f"{house.url}/api/servers/web/output/stream") as stream:
                        status = stream.status
                        if status == 200:
                            assert await stream.content.readline() == b"retry: 2000\n"


async def test_a_stream_of_output_ends_when_its_token_is_revoked(house: House, tmp_path: Path) -> None:
    await allow(house)
    code = "say('first')\nwhile not os.path.exists('go'): time.sleep(0.01)\nsay('second'); hang()"
    await house.post("/api/servers", server(tmp_path, code))
    made = (await house.post("/api/tokens", {"name": "reader", "scope": "read"})).json
    url = f"{house.url}/api/servers/web/output/stream"
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {made['token']}"}) as session,
        session.get(url) as stream,
    ):
        await house.post("/api/servers/web/start")
        assert (await _next_output(stream))["text"] == "first\n"
        assert (await house.delete(f"/api/tokens/{made['id']}")).status == 200
        (tmp_path / "go").touch()
        async with asyncio.timeout(DEADLINE_S):
            assert b"second" not in await stream.content.read()
        async with session.get(url) as again:
            assert again.status == 401


async def test_a_quiet_stream_of_output_ends_with_its_server(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_output, "BEAT_S", 0.01)
    await allow(house)
    await house.post("/api/servers", server(tmp_path, "hang()"))
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as session,
        session.get(f"{house.url}/api/servers/web/output/stream") as stream,
    ):
        assert (await house.delete("/api/servers/web")).status == 200
        async with asyncio.timeout(DEADLINE_S):
            assert b"event:" not in await stream.content.read()


async def _next_output(stream: aiohttp.ClientResponse) -> Any:
    async with asyncio.timeout(DEADLINE_S):
        async for line in stream.content:
            if line.startswith(b"data: ") and b'"text"' in line:
                return json.loads(line.removeprefix(b"data: "))
    raise AssertionError("the stream has ended")


async def test_what_cannot_be_is_refused_with_a_code(house: House, tmp_path: Path) -> None:
    await allow(house)
    tunnelled = await house.post("/api/servers", server(tmp_path, "hang()", tunnel=["true"]))
    assert (tunnelled.status, tunnelled.code) == (400, "server.tunnel_unconfirmed")
    assert (await house.post("/api/servers", server(tmp_path, "hang()", colour="red"))).code == "request.invalid"
    assert (await house.post("/api/servers/web/start")).code == "server.not_found"
    await house.post("/api/servers", server(tmp_path, "hang()"))
    assert (await house.post("/api/servers", server(tmp_path, "hang()"))).code == "server.exists"
    assert (await house.get("/api/servers/web/sessions")).code == "server.has_no_sessions"


async def test_sessions_of_an_opencode_are_listed_and_disconnected(house: House, tmp_path: Path) -> None:
    await allow(house)
    fake = tmp_path / "opencode"
    fake.write_text(f"#!{sys.executable} -S\n{FAKE}")
    fake.chmod(0o755)
    made = await house.post(
        "/api/servers",
        {"name": "web", "preset": "opencode", "argv": [str(fake)], "folder": str(tmp_path), "port": free_port()},
    )
    assert made.status == 201, made.body
    assert made.json["definition"]["command"][1:3] == ["serve", "--hostname"]
    await house.post("/api/servers/web/start")
    found = await until(house, "running")
    assert found["version"] == "9.9.9"
    assert (await until(house, "running"))["sessions"] == 2
    listed = (await house.get("/api/servers/web/sessions")).json["items"]
    assert [(one["id"], one["state"]) for one in listed] == [("ses_b", "idle"), ("ses_a", "idle")]
    await _agrees(house, "turn-started", "working", turn_id="t1")
    await _agrees(house, "permission-required", "waiting", prompt={"id": "p1"})
    await _agrees(house, "turn-completed", "idle", turn_id="t1")
    left = await house.delete("/api/servers/web/sessions/ses_a")
    assert [one["id"] for one in left.json["items"]] == ["ses_b"]
    assert (await house.delete("/api/servers/web/sessions/ses_a")).code == "server.session_not_found"
    await house.post("/api/servers/web/stop")
    await until(house, "stopped")
    assert (await house.get("/api/servers/web/sessions")).code == "server.not_started"


async def _agrees(house: House, kind: str, state: str, **said: Any) -> None:
    """What is said of a session moves it on the live stream, and with it in the list."""
    cursor = (await house.get("/api/live/poll")).json["cursor"]
    data = {"agent_id": "ses_a", "tool": "opencode", **said}
    assert (await house.post("/api/events", {"type": f"agent.{kind}", "data": data})).status in (200, 201, 202)
    moved: list[Any] = []
    async with asyncio.timeout(DEADLINE_S):
        while not moved:
            entries = (await house.get(f"/api/live/poll?cursor={cursor}")).json["items"]
            moved = [one["event"]["payload"] for one in entries if one["event"]["type"] == "session_update"]
    assert [(one["sessionId"], one["action"]) for one in moved] == [("ses_a", state)]
    listed = (await house.get("/api/servers/web/sessions")).json["items"]
    assert {one["id"]: one["state"] for one in listed} == {"ses_a": state, "ses_b": "idle"}


FAKE = """
import http.server, json, sys
sessions = {"ses_a": 1, "ses_b": 2}
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        if self.path == "/global/health":
            self.answer(200, {"healthy": True, "version": "9.9.9"})
        elif self.path.startswith("/experimental/session"):
            self.answer(200, [
                {"id": one, "title": one, "directory": "/x", "time": {"created": at, "updated": at}}
                for one, at in sessions.items()
            ])
        else:
            self.answer(404, {})
    def do_DELETE(self):
        known = sessions.pop(self.path.rpartition("/")[2], None)
        self.answer(200 if known else 404, True)
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[-1])), Handler).serve_forever()
"""
