"""What is asked of an OpenCode server over HTTP: its stream of events, and what stands.

`GET /global/event` tells of all folders at once (`/event` only of one), and sends a heartbeat every 10 s. Sessions are
listed over all projects; whether they are at work, and what they ask, is known by folder only. A folder that is asked
about is opened by the server, so only those are in which something went on.

Source: the server's own document (`GET /doc`) of version 1.18, https://opencode.ai/docs/server/.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import TypeVar, cast
from urllib.parse import quote, urlencode

from posthouse.sources.addresses import Headers
from posthouse.sources.agents.opencode_sessions import Sessions, is_open
from posthouse.sources.agents.opencode_standing import Found, Place
from posthouse.sources.agents.opencode_words import (
    MessageInfo,
    SessionInfo,
    busy_in,
    last_message_in,
    prompts_in,
    questions_in,
    sessions_in,
)
from posthouse.system.http_client import HttpClient, Streamed
from posthouse.system.outbound import Request, Response, StreamRequest

SILENCE_S = 30.0
"""A stream that says nothing for so long, three heartbeats, is lost."""

ASK_S = 10.0
ANSWER_BYTES_MAX = 8 * 1024 * 1024
LOOKED_AT_MAX = 100
"""Sessions that are looked at after a connection, the newest."""

FOLDERS_MAX = 20

T = TypeVar("T")


class Unfit(Exception):
    """What answers is no OpenCode, or will not let us in: a sentence."""


class OpenCodeApi:
    """One server. `headers` let us in; without any, the user name and password are the environment's, as OpenCode's."""

    def __init__(self, url: str, client: HttpClient, headers: Headers = ()) -> None:
        self._url = url
        self._client = client
        self._headers = headers or _headers()

    @asynccontextmanager
    async def events(self) -> AsyncGenerator[AsyncGenerator[bytes, None], None]:
        """The bytes of the stream of events. Raises ExchangeFailed and Unfit, and while it is read ExchangeFailed."""
        request = StreamRequest(
            url=f"{self._url}/global/event",
            headers=(("accept", "text/event-stream"), *self._headers),
            connect_deadline_s=ASK_S,
            idle_deadline_s=SILENCE_S,
        )
        async with self._client.stream(request) as answer:
            self._check(answer)
            async with aclosing(cast("AsyncGenerator[bytes, None]", answer.chunks())) as chunks:
                yield chunks

    async def look(self, sessions: Sessions, *, since: float, is_first: bool) -> Found:
        """What the server says of the sessions in which something went on since (its own clock), and of open ones.

        What it does not say, or says so that it makes no sense, is left out. Raises ExchangeFailed.
        """
        found, gone = await self._sessions_since(sessions, since)
        newest_first = dict.fromkeys(one.directory for one in reversed(found))
        places = {folder: await self._look_into(folder) for folder in list(newest_first)[:FOLDERS_MAX]}
        busy = {one for place in places.values() for one in place.busy or ()}
        last = {}
        for info in found:
            message = await self._last_message(info) if info.id in busy or not is_first else None
            if message is not None:
                last[info.id] = message
        return Found(sessions=tuple(found), gone=gone, places=places, last=last)

    def _check(self, answer: Streamed) -> None:
        if answer.status == 401:
            raise Unfit(
                f"The OpenCode server at {self._url} wants a password: give the daemon OPENCODE_SERVER_PASSWORD "
                "(and OPENCODE_SERVER_USERNAME, where it is not opencode) in its environment."
            )
        if 300 <= answer.status < 400:
            raise Unfit(f"What answers at {self._url} is a redirect, which is not followed. Is the address right?")
        if answer.status != 200 or not answer.headers.get("content-type", "").startswith("text/event-stream"):
            raise Unfit(f"What answers at {self._url} is no OpenCode server (status {answer.status}).")

    async def _sessions_since(self, sessions: Sessions, since: float) -> tuple[list[SessionInfo], tuple[str, ...]]:
        """The sessions, oldest first, and the ids of those that were open and are gone."""
        query: dict[str, str | int] = {"limit": LOOKED_AT_MAX, "start": int(since)}
        listed = _read(sessions_in, await self._body("/experimental/session", query))
        if listed is None:
            # Older servers list the sessions of one project only.
            listed = _read(sessions_in, await self._body("/session", query)) or []
        found = {one.id: one for one in listed if one.time.updated >= since}
        gone = []
        for session_id in [one.id for one in sessions.values() if is_open(one) and one.id not in found]:
            answer = await self._ask(f"/session/{quote(session_id, safe='')}", {})
            if answer.status == 404:
                gone.append(session_id)
            elif answer.status == 200:
                found |= {one.id: one for one in _read(sessions_in, b"[%b]" % answer.body) or []}
        return sorted(found.values(), key=lambda one: one.time.updated), tuple(gone)

    async def _look_into(self, folder: str) -> Place:
        where: dict[str, str | int] = {"directory": folder}
        prompts = _read(prompts_in, await self._body("/permission", where))
        questions = _read(questions_in, await self._body("/question", where))
        busy = _read(busy_in, await self._body("/session/status", where))
        return Place(busy=busy, prompts=None if prompts is None else tuple(prompts), questions=tuple(questions or ()))

    async def _last_message(self, info: SessionInfo) -> MessageInfo | None:
        query: dict[str, str | int] = {"limit": 1, "directory": info.directory}
        return _read(last_message_in, await self._body(f"/session/{quote(info.id, safe='')}/message", query))

    async def _body(self, path: str, query: dict[str, str | int]) -> bytes | None:
        """The answer, None where it is no success or not whole."""
        answer = await self._ask(path, query)
        return answer.body if answer.status == 200 and not answer.is_cut else None

    async def _ask(self, path: str, query: dict[str, str | int]) -> Response:
        url = f"{self._url}{path}?{urlencode(query)}".removesuffix("?")
        request = Request(
            method="GET",
            url=url,
            headers=self._headers,
            deadline_s=ASK_S,
            response_bytes_max=ANSWER_BYTES_MAX,
        )
        return await self._client.send(request)


def _headers() -> Headers:
    password = os.environ.get("OPENCODE_SERVER_PASSWORD")
    if not password:
        return ()
    user = os.environ.get("OPENCODE_SERVER_USERNAME") or "opencode"
    return (("authorization", "Basic " + b64encode(f"{user}:{password}".encode()).decode()),)


def _read(reader: Callable[[bytes], T], body: bytes | None) -> T | None:
    """What the answer says, None where there is none, or it makes no sense."""
    if body is None:
        return None
    try:
        return reader(body)
    except ValueError:
        return None
