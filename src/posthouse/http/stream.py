"""`GET /api/live`: the live stream as server-sent events, a bare ASGI handler beside the framework.

    id: <epoch>:<offset>          the cursor to come back with, as Last-Event-ID or ?cursor=
    event: delivery_update        the event's type
    data: {"id": …, "timestamp": …, "cursor": …, "event": {"type": …, "payload": …}}

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html. What always holds: every entry behind the
client's cursor comes in order and once, or `reload` in its place; a comment comes every 15 s, at which the token is
judged again; a client that reads too slowly is cut with a reason, and one that reads nothing at all after 30 s.
"""

from __future__ import annotations

import asyncio
import contextlib
from urllib.parse import parse_qsl

from posthouse.http.auth import Access
from posthouse.http.ingest import Receive, Scope, Send
from posthouse.ledger.base import Database
from posthouse.ledger.live_critical import register_client
from posthouse.ledger.tokens import TokenScope
from posthouse.model.errors import BadInput, PosthouseError
from posthouse.model.live import Cut
from posthouse.pipeline.live import Live, Stream
from posthouse.rules.live import Cursor, is_client, parse_cursor
from posthouse.system.clock import Clock
from posthouse.system.logging import get_log

BEAT_S = 15.0
BEAT = b": still here\n\n"
GREETING = b"retry: 2000\n: Posthouse\n\n"
"""A client that was cut comes back after 2 s."""

SEND_S = 30.0
SEEN_EVERY_S = 3_600.0
"""How often a client whose stream stays open is noted as seen."""

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
NO_EPOCH = Cursor("", 0)
"""Stands for a Last-Event-ID that is none of ours: a browser sends what it was once given, and cannot mend it."""

_log = get_log(__name__)


class StreamRoute:
    """The route. `open` refuses what is to be refused; `serve` sends until either side ends it."""

    def __init__(self, *, access: Access, live: Live, database: Database, clock: Clock) -> None:
        self._access = access
        self._live = live
        self._database = database
        self._clock = clock

    async def open(self, scope: Scope) -> Stream:
        """The stream that a request asks for.

        Raises as `Access.judge`, BadInput `request.unknown_parameter`, `request.cursor_invalid` or
        `live.client_invalid`, Busy `live.too_many_streams` or `live.too_many_clients`, Stopping.
        """
        self._access.judge(scope["headers"], TokenScope.READ)
        cursor, client = _asked(scope)
        self._live.refuse_more()
        if client:
            await self._database.run(register_client, client, self._clock.now())
        return await self._live.open(cursor, client)

    async def serve(self, stream: Stream, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what the stream gives until it is over, or its client has gone."""
        try:
            async with asyncio.TaskGroup() as group:
                beside = [
                    group.create_task(_until_gone(receive, stream)),
                    group.create_task(self._beat(stream, scope)),
                ]
                await _send_all(stream, send)
                for task in beside:
                    task.cancel()
        except* TimeoutError:
            _log.info("a stream was cut: its client reads nothing", client=stream.client)
        except* PosthouseError as group_of_errors:
            # The ledger cannot be read now: the client comes back with its cursor.
            _log.warning("a stream was cut", error=group_of_errors.exceptions[0])
        finally:
            self._live.leave(stream)

    async def _beat(self, stream: Stream, scope: Scope) -> None:
        """Show every 15 s that the stream is alive, and see whether it still may be."""
        seen_s = self._clock.monotonic_s()
        while True:
            await asyncio.sleep(BEAT_S)
            try:
                self._access.judge(scope["headers"], TokenScope.READ)
            except PosthouseError as error:
                stream.cut(Cut(reason="auth", message=error.message))
                return
            stream.remark(BEAT)
            if stream.client and self._clock.monotonic_s() - seen_s >= SEEN_EVERY_S:
                seen_s = self._clock.monotonic_s()
                with contextlib.suppress(PosthouseError):
                    await self._database.run(register_client, stream.client, self._clock.now())


def read_client(text: str) -> str:
    """The id that a client gives itself. Raises BadInput `live.client_invalid`."""
    if not is_client(text):
        raise BadInput(
            "live.client_invalid",
            "A client's id is 1 to 64 letters, digits, '.', '_', '~' or '-': a random UUID, for example.",
            field="client",
        )
    return text


def read_cursor(text: str) -> Cursor:
    """The cursor that a client gives. Raises BadInput `request.cursor_invalid`."""
    cursor = parse_cursor(text)
    if cursor is None:
        raise BadInput("request.cursor_invalid", "This cursor did not come from here.", field="cursor")
    return cursor


def _asked(scope: Scope) -> tuple[Cursor | None, str]:
    """From where a request wants the stream, and for which client ("" where it says none)."""
    cursor, client = None, ""
    for name, value in scope["headers"]:
        if name == b"last-event-id" and value:
            cursor = parse_cursor(value.decode("latin-1")) or NO_EPOCH
    for key, text in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True):
        match key:
            case "cursor":
                # The header is newer: a browser comes back with it to the address that it began with.
                cursor = cursor or read_cursor(text)
            case "client":
                client = read_client(text)
            case _:
                message = f"There is no parameter {key[:100]!r} here; there is client, cursor."
                raise BadInput("request.unknown_parameter", message, field=key[:100])
    return cursor, client


async def _send_all(stream: Stream, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    data: bytes | None = GREETING
    while data is not None:
        async with asyncio.timeout(SEND_S):
            await send({"type": "http.response.body", "body": data, "more_body": True})
        data = await stream.take()
    async with asyncio.timeout(SEND_S):
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_gone(receive: Receive, stream: Stream) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.end()
