"""A small OpenCode server, as faithful as Posthouse needs it: its event stream and what it answers when it is asked.

Follows the document of the real server (`GET /doc`, version 1.18) and what it was seen to do (`test_real_opencode`):
`/global/event` wraps each event with its folder, begins with `server.connected` and holds the connection;
`/experimental/session` lists sessions over all folders, newest first, from `start` on; `/session/status`, `/permission`
and `/question` answer for one folder; a password is asked for by 401. What happens, a test says: `say` emits an event
and changes nothing else, `sessions`, `busy`, `prompts`, `questions` and `messages` are what stands.
Left out: doing any work, and heartbeats that come by themselves.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiohttp import web

FOLDER = "/home/me/work"
DEADLINE_S = 20.0


class OpenCodeServer:
    """What stands, and who listens. `refusal`: how the stream is answered instead; `password`: what is asked for."""

    def __init__(self) -> None:
        self.url = ""
        self.sessions: dict[str, dict[str, Any]] = {}
        self.busy: set[str] = set()
        self.prompts: list[dict[str, Any]] = []
        self.questions: list[dict[str, Any]] = []
        self.messages: dict[str, dict[str, Any]] = {}
        self.refusal: web.Response | None = None
        self.password = ""
        self.is_old = False
        self.asked: list[str] = []
        self.connections = 0
        self._listeners: list[web.StreamResponse] = []
        self._requests: list[web.Request] = []
        self._ended = asyncio.Event()
        self._moved = asyncio.Condition()

    def session(self, session_id: str, *, updated: int, folder: str = FOLDER, **more: Any) -> dict[str, Any]:
        """Let there be a session, or change it."""
        info: dict[str, Any] = {
            "id": session_id,
            "slug": "calm-cabin",
            "projectID": "global",
            "directory": folder,
            "version": "1.18.33",
        }
        info |= {"title": f"New session - {session_id}", "time": {"created": updated, "updated": updated}, **more}
        self.sessions[session_id] = info
        return info

    def message(self, session_id: str, *, turn: str, at: int, **more: Any) -> None:
        """Let an answer to the message `turn` be the session's last message."""
        info = {
            "id": f"msg_{at}",
            "sessionID": session_id,
            "role": "assistant",
            "parentID": turn,
            "time": {"created": at},
        }
        self.messages[session_id] = {"info": info | more, "parts": []}

    async def say(self, kind: str, folder: str = FOLDER, **properties: Any) -> None:
        """Emit an event."""
        await self.write(wrapped(kind, folder, **properties))

    async def write(self, data: bytes) -> None:
        """Send bytes to everyone who listens, as one chunk."""
        for listener in self._listeners:
            await listener.write(data)

    async def connected(self, count: int) -> None:
        """Return when the stream was opened so many times, and what stands was asked for since."""
        async with asyncio.timeout(DEADLINE_S), self._moved:
            await self._moved.wait_for(lambda: self.connections >= count)

    def reset(self) -> None:
        """Break every stream off, in the middle of whatever it was at."""
        for request in self._requests:
            if request.transport is not None:
                request.transport.abort()
        self._requests.clear()
        self._listeners.clear()
        self.end()

    def end(self) -> None:
        """End every stream properly."""
        ended, self._ended = self._ended, asyncio.Event()
        ended.set()

    async def events(self, request: web.Request) -> web.StreamResponse:
        """`GET /global/event`."""
        self._check(request)
        if self.refusal is not None:
            status, headers = self.refusal.status, self.refusal.headers.copy()
            return web.Response(status=status, headers=headers, body=self.refusal.body)
        response = web.StreamResponse(headers={"content-type": "text/event-stream", "cache-control": "no-cache"})
        await response.prepare(request)
        ended = self._ended
        connected = {"payload": {"id": "evt_1", "type": "server.connected", "properties": {}}}
        await response.write(b"data: %b\n\n" % json.dumps(connected).encode())
        self._listeners.append(response)
        self._requests.append(request)
        async with self._moved:
            self.connections += 1
            self._moved.notify_all()
        try:
            await ended.wait()
        finally:
            if request in self._requests:
                self._listeners.remove(response)
                self._requests.remove(request)
        with suppress(ConnectionError):
            await response.write_eof()
        return response

    async def ask(self, request: web.Request) -> web.Response:
        """Everything else."""
        self._check(request)
        self.asked.append(request.path_qs)
        folder = request.query.get("directory", "")
        match request.path.split("/")[1:]:
            case ["experimental", "session"] if not self.is_old:
                return self._listed(request)
            case ["session"]:
                return self._listed(request)
            case ["session", "status"]:
                there = [one for one in self.busy if self.sessions[one]["directory"] == folder]
                return web.json_response({one: {"type": "busy"} for one in there})
            case ["permission"]:
                return web.json_response(self._of_folder(self.prompts, folder))
            case ["question"] if not self.is_old:
                return web.json_response(self._of_folder(self.questions, folder))
            case ["session", session_id, "message"] if session_id in self.sessions:
                last = self.messages.get(session_id)
                return web.json_response([] if last is None else [last])
            case ["session", session_id] if session_id in self.sessions:
                return web.json_response(self.sessions[session_id])
        return web.json_response({"name": "NotFoundError", "data": {"message": "Not found"}}, status=404)

    def _listed(self, request: web.Request) -> web.Response:
        start, limit = float(request.query.get("start", 0)), int(request.query.get("limit", 100))
        newest_first = sorted(self.sessions.values(), key=lambda one: -one["time"]["updated"])
        return web.json_response([one for one in newest_first if one["time"]["updated"] >= start][:limit])

    def _of_folder(self, entries: list[dict[str, Any]], folder: str) -> list[dict[str, Any]]:
        return [one for one in entries if self.sessions[one["sessionID"]]["directory"] == folder]

    def _check(self, request: web.Request) -> None:
        wanted = "Basic " + b64encode(f"opencode:{self.password}".encode()).decode()
        if self.password and request.headers.get("authorization") != wanted:
            raise web.HTTPUnauthorized


def wrapped(kind: str, folder: str = FOLDER, **properties: Any) -> bytes:
    """An event as it is sent."""
    payload = {"id": "evt_2", "type": kind, "properties": properties}
    return b"data: %b\n\n" % json.dumps({"directory": folder, "project": "global", "payload": payload}).encode()


@asynccontextmanager
async def opencode_server(port: int = 0) -> AsyncIterator[OpenCodeServer]:
    """The server on 127.0.0.1 for as long as the block runs."""
    server = OpenCodeServer()
    app = web.Application()
    app.router.add_get("/global/event", server.events)
    app.router.add_get("/{tail:.*}", server.ask)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield server
    finally:
        server.end()
        await runner.cleanup()
