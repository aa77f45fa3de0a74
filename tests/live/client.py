"""A model of a dashboard: it takes a snapshot, follows the stream from there, and keeps what both have told it.

While it reads it asserts what the stream promises: entries come in order, each once, without a hole that is not told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

import aiohttp
import msgspec

from posthouse.cli.live_stream import messages
from posthouse.model.live import LiveEntry, Unknown, parse_entry
from tests.http.house import TOKEN, House

DEADLINE_S = 20.0
Lanes = dict[int, dict[str, int]]


class Client:
    """One browser: an id that it keeps, the cursor of the last entry it knows, and the state that it shows."""

    def __init__(self, house: House, *, name: str | None = None) -> None:
        self.house = house
        self.name = name or str(uuid4())
        self.cursor: str | None = None
        self.entries: list[LiveEntry] = []
        self.raw: list[dict[str, Any]] = []
        self.lines: list[bytes] = []
        self.status = 0
        self.is_stale = False
        self.state: dict[str, dict[Any, Any]] = {}
        self._moved = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._response: aiohttp.ClientResponse | None = None

    # What a browser does.

    async def load(self) -> None:
        """Take a snapshot and begin anew from it."""
        answer = await self.house.get("/api/live/snapshot")
        assert answer.status == 200, answer.body
        self.state, self.cursor, self.is_stale = state_of(answer.json), answer.json["cursor"], False

    async def connect(self, *, by_header: bool = True, query: str = "") -> None:
        """Open the stream behind the cursor, and read it from now on; returns when it stands."""
        assert self.house.session is not None
        headers = {"Authorization": f"Bearer {TOKEN}"}
        path = f"/api/live?client={self.name}{query}"
        if self.cursor is not None:
            if by_header:
                headers["Last-Event-ID"] = self.cursor
            else:
                path += f"&cursor={self.cursor}"
        timeout = aiohttp.ClientTimeout(total=None)
        response = await self.house.session.get(self.house.url + path, headers=headers, timeout=timeout)
        self.status, self._response = response.status, response
        self._task = asyncio.create_task(self._read(response))

    async def leave(self) -> None:
        """Drop the connection without a word."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError, aiohttp.ClientError):
                await self._task
            self._task = None
        if self._response is not None:
            # One that was cancelled before it began has closed nothing.
            self._response.close()

    async def until(self, check: Callable[[], object]) -> None:
        """Return when the check holds; looked at whenever something has been read."""
        async with asyncio.timeout(DEADLINE_S):
            while not check():
                self._moved.clear()
                await self._moved.wait()

    async def until_over(self) -> None:
        """Return when the server has ended the stream."""
        async with asyncio.timeout(DEADLINE_S):
            assert self._task is not None
            await self._task

    async def until_level(self) -> None:
        """Return when it knows everything that is in the log now, or is told that it cannot."""
        answer = await self.house.get("/api/live/poll")
        last = offset(answer.json["cursor"])
        await self.until(lambda: self.cursor is not None and offset(self.cursor) >= last)

    @property
    def types(self) -> list[str]:
        return [str(entry.event.__struct_config__.tag) for entry in self.entries]

    def of_type(self, name: str) -> list[Any]:
        return [entry.event.payload for entry in self.entries if entry.event.__struct_config__.tag == name]

    # What it reads.

    async def _read(self, response: aiohttp.ClientResponse) -> None:
        event: list[bytes] = []
        try:
            async for line in response.content:
                self.lines.append(line)
                event.append(line)
                if line == b"\n":
                    for message in messages(event):
                        self._take(message.id, message.data)
                    event = []
                self._moved.set()
        except (aiohttp.ClientError, RuntimeError):
            # The server was gone in the middle of something: whatever is half is asked for again.
            pass
        finally:
            response.close()
            self._moved.set()

    def _take(self, cursor: str, data: str) -> None:
        if not data:
            self.cursor = cursor
            return
        entry = parse_entry(data)
        assert not isinstance(entry, Unknown)
        kind = entry.event.__struct_config__.tag
        if kind == "reload":
            self.is_stale = True
        elif cursor:
            assert cursor == entry.cursor == entry.id
            if self.cursor is not None:
                assert offset(cursor) == offset(self.cursor) + 1, (cursor, self.cursor)
        self.cursor = cursor or self.cursor
        self.entries.append(entry)
        self.raw.append(msgspec.json.decode(data))
        fold(self.state, msgspec.json.decode(data)["event"])


def offset(cursor: str) -> int:
    """The number in a cursor."""
    return int(cursor.rpartition(":")[2])


def state_of(snapshot: dict[str, Any]) -> dict[str, dict[Any, Any]]:
    """What a dashboard shows, from a snapshot: of health, what is not well."""
    return {
        "lanes": {one["endpointId"]: _lane(one) for one in snapshot["lanes"]},
        "health": {
            (one["targetId"], one["endpointId"]): _health(one) for one in snapshot["health"] if one["state"] != "ok"
        },
        "sources": {one["name"]: one["isEnabled"] for one in snapshot["sources"]},
        "bindings": {one["id"]: one["state"] for one in snapshot["bindings"]},
        "targets": {one["id"]: one["name"] for one in snapshot["targets"]},
    }


def fold(state: dict[str, dict[Any, Any]], event: dict[str, Any]) -> None:
    """What an entry does to it."""
    payload = event["payload"]
    if not state:
        return
    match event["type"], payload.get("subject"), payload.get("action"):
        case "delivery_update", _, _:
            state["lanes"][payload["endpointId"]] = _lane(payload)
        case "target_health", _, _:
            state["health"][payload["targetId"], payload["endpointId"]] = _health(payload)
            if payload["state"] == "ok":
                del state["health"][payload["targetId"], payload["endpointId"]]
        case "source_update", _, ("added" | "disabled" | "enabled") as action:
            state["sources"][payload["source"]] = action == "enabled"
        case "source_update", _, "removed":
            state["sources"].pop(payload["source"])
        case "settings_update", "binding", "removed":
            state["bindings"].pop(payload["id"])
        case "settings_update", "binding", action:
            state["bindings"][payload["id"]] = "closing" if action == "closing" else "active"
        case "settings_update", "target", "removed":
            state["targets"].pop(payload["id"])
        case "settings_update", "target", _:
            state["targets"][payload["id"]] = payload["name"]


def _lane(update: dict[str, Any]) -> tuple[dict[str, int], list[tuple[str, str, int]]]:
    counts = {name: count for name, count in update["counts"].items() if count}
    return counts, [(one["id"], one["status"], one["attempts"]) for one in update["newest"]]


def _health(update: dict[str, Any]) -> tuple[str, ...]:
    return tuple(update[name] for name in ("state", "cause", "reason", "detail", "since"))
