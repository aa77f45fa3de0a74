"""A listener on this machine's loopback address, for the one page that a browser is sent back to (RFC 8252, 7.3).

Comes in: GET requests of a browser. Goes out: for each, what `answer` says, as a page that loads nothing and links
nowhere. Always holds: it is bound to 127.0.0.1 alone, on a free port; a request has 8 KiB and 10 s; whoever names
another host (a page that was made to point here) is refused.
"""

from __future__ import annotations

import asyncio
import html
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs, urlsplit

import msgspec

HOST = "127.0.0.1"
REQUEST_BYTES_MAX = 8_192
REQUEST_S = 10.0
CONNECTIONS_MAX = 16

_STATUS = {200: "OK", 400: "Bad Request", 404: "Not Found"}


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What a person is shown: a heading and a sentence."""

    title: str
    words: str
    status: int = 200


Answer = Callable[[dict[str, str]], Awaitable[Page]]
"""From the names and values of a query to a page; of several values of one name the first."""

_NOT_FOUND = Page(title="Nothing here", words="There is nothing at this address.", status=404)
_BAD = Page(title="Not understood", words="This request was not understood.", status=400)


class Loopback:
    """Listens from `start` to `close`; closing it does not cut off an answer that is on its way."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._server: asyncio.Server | None = None
        self._open = 0
        self.port = 0

    @property
    def url(self) -> str:
        """Where a browser is to be sent."""
        return f"http://{HOST}:{self.port}/"

    async def start(self) -> None:
        """Listen on a free port. Raises OSError."""
        self._server = await asyncio.start_server(self._serve, HOST, 0, limit=REQUEST_BYTES_MAX)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Listen no more. May be repeated."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= CONNECTIONS_MAX:
                async with asyncio.timeout(REQUEST_S):
                    head = await reader.readuntil(b"\r\n\r\n")
                writer.write(_rendered(await self._page(head)))
                async with asyncio.timeout(REQUEST_S):
                    await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            # A browser that goes away, or says nothing: there is nobody to answer.
            pass
        finally:
            self._open -= 1
            writer.close()

    async def _page(self, head: bytes) -> Page:
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        method, _, rest = first.partition(" ")
        target = rest.rpartition(" ")[0]
        if method != "GET" or headers.get("host") != f"{HOST}:{self.port}":
            return _BAD
        try:
            parts = urlsplit(target)
            query = parse_qs(parts.query, keep_blank_values=True, max_num_fields=50)
        except ValueError:
            return _BAD
        if parts.path != "/":
            return _NOT_FOUND
        return await self._answer({name: values[0] for name, values in query.items()})


def _rendered(page: Page) -> bytes:
    title, words = html.escape(page.title), html.escape(page.words)
    body = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title} – Posthouse</title>"
        "<style>:root{color-scheme:light dark;font:1.1rem/1.5 system-ui}"
        "body{max-width:32rem;margin:20vh auto;padding:0 1rem}</style>"
        f"<main><h1>{title}</h1><p>{words}</p></main>"
    ).encode()
    head = (
        f"HTTP/1.1 {page.status} {_STATUS[page.status]}\r\n"
        "content-type: text/html; charset=utf-8\r\n"
        f"content-length: {len(body)}\r\n"
        "content-security-policy: default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'\r\n"
        "referrer-policy: no-referrer\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\n"
        "connection: close\r\n\r\n"
    )
    return head.encode() + body
