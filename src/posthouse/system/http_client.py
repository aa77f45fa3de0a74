"""HTTP/1.1 over aiohttp: the implementation behind `outbound.Outbound`.

One session per client, built at the first request; connections are kept alive and not limited here, since lanes limit
themselves. aiohttp's own timeouts, cookies, redirects, decompression and environment proxies are off. What always
holds: the address that is dialled was judged in the very call that makes its socket; no exception that leaves here
carries a URL's path, its query, or a header.

A kept connection may have been closed by the other side just before it was reused. If such an exchange dies before an
answer begins, it is made once more on a fresh connection (RFC 9112 section 9.3.1: the client knows that its requests
can be repeated, because receivers drop duplicates by their id).
"""

from __future__ import annotations

import asyncio
import errno
import re
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import lru_cache

import aiohttp
from aiohttp.connector import AddrInfoType, Connection
from yarl import URL

from posthouse.system.addresses import is_dialable
from posthouse.system.outbound import ExchangeFailed, Request, Response, StreamRequest

_KEEP_ALIVE_S = 15.0
_READ_BUFFER_BYTES = 16_384
_PIECE_BYTES = 262_144
_NO_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=None)
# Answers are kept as excerpts, so they are asked for uncompressed.
_ADDED_HEADERS = (("accept-encoding", "identity"),)
# What a connection that died before its answer began raises; one that dies later raises ClientPayloadError.
_DIED_UNANSWERED = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, aiohttp.ClientConnectionResetError)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

_CODE_BY_ERRNO = {
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "reset",
    errno.ECONNABORTED: "reset",
    errno.EPIPE: "reset",
    errno.ETIMEDOUT: "timeout",
}

_SENTENCE = {
    "dns": "The name {place} could not be resolved.",
    "refused": "{place} refused the connection.",
    "reset": "{place} closed the connection before it had answered.",
    "timeout": "{place} did not answer in time.",
    "unreachable": "{place} cannot be reached",
    "tls": "No secure connection to {place}",
    "bad_answer": "{place} sent something that is not a whole HTTP answer.",
    "blocked_address": "{place} leads to an address that must not be dialled",
    "bad_url": "The URL cannot be used: it must be absolute, http or https, ASCII, without user name or fragment.",
    "bad_header": "A header's name is not a token, or its value is not printable ASCII.",
}


class HttpClient:
    """Sends requests.

    `allow_private` lets loopback and private addresses be dialled. `tls` replaces the system's trusted certificates.
    """

    def __init__(self, *, allow_private: bool = True, tls: ssl.SSLContext | None = None) -> None:
        self._allow_private = allow_private
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: Request) -> Response:
        """Make one exchange within its deadline. Raises ExchangeFailed."""
        url = _checked_url(request)
        exchange = _Exchange(self._allow_private)
        _current.set(exchange)
        try:
            async with asyncio.timeout(request.deadline_s):
                try:
                    return await _exchange(self._kept_session(), url, request)
                except _DIED_UNANSWERED as error:
                    is_fresh = exchange.has_dialled or isinstance(error, aiohttp.ClientConnectorError)
                    if is_fresh or not request.is_repeatable:
                        raise
                    exchange.is_repeat = True
                async with self._new_session(is_kept=False) as session:
                    return await _exchange(session, url, request)
        except (aiohttp.ClientError, OSError, UnicodeError) as error:
            failure = _failure(error, exchange, url.host_port_subcomponent or "")
        # Raised here, outside the handler, so that the library's error, which holds the URL, is not its context.
        raise failure

    @asynccontextmanager
    async def stream(self, request: StreamRequest) -> AsyncIterator[Streamed]:
        """Ask for an answer without end, and have it once its headers are there; its connection ends with the block.

        Raises ExchangeFailed, as reading the answer does.
        """
        url = _checked_url(request)
        exchange = _Exchange(self._allow_private)
        _current.set(exchange)
        place = url.host_port_subcomponent or ""
        async with self._new_session(is_kept=False) as session:
            failure = None
            try:
                async with asyncio.timeout(request.connect_deadline_s):
                    response = await session.get(url, headers=request.headers + _ADDED_HEADERS, allow_redirects=False)
            except (aiohttp.ClientError, OSError, UnicodeError) as error:
                failure = _failure(error, exchange, place)
            if failure is not None:
                raise failure
            try:
                yield Streamed(response, request.idle_deadline_s, exchange, place)
            finally:
                response.close()

    async def close(self) -> None:
        """Close every connection. A later `send` opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _kept_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = self._new_session(is_kept=True)
        return self._session

    def _new_session(self, *, is_kept: bool) -> aiohttp.ClientSession:
        connector = _Connector(
            limit=0,
            keepalive_timeout=_KEEP_ALIVE_S if is_kept else None,
            force_close=not is_kept,
            socket_factory=_open_socket,
            ssl=True if self._tls is None else self._tls,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=_NO_TIMEOUT,
            auto_decompress=False,
            read_bufsize=_READ_BUFFER_BYTES,
        )


class Streamed:
    """An answer that is still coming. Header names are lower case."""

    def __init__(
        self, response: aiohttp.ClientResponse, idle_deadline_s: float, exchange: _Exchange, place: str
    ) -> None:
        self.status = response.status
        self.headers = _received_headers(response)
        self._content = response.content
        self._idle_deadline_s = idle_deadline_s
        self._exchange = exchange
        self._place = place

    async def chunks(self) -> AsyncIterator[bytes]:
        """What comes, as it comes, none of it empty, until the other side ends the answer properly.

        Raises ExchangeFailed: `timeout` where nothing came in time, `reset` or `bad_answer` where it broke off.
        """
        while True:
            failure = None
            chunk = b""
            try:
                async with asyncio.timeout(self._idle_deadline_s):
                    chunk = await self._content.readany()
            except (aiohttp.ClientError, OSError) as error:
                failure = _failure(error, self._exchange, self._place)
            if failure is not None:
                raise failure
            if not chunk:
                return
            yield chunk


class _Exchange:
    """What is known of the exchange that is going on in this context."""

    __slots__ = ("allow_private", "blocked", "has_dialled", "is_connected", "is_repeat")

    def __init__(self, allow_private: bool) -> None:
        self.allow_private = allow_private
        self.blocked = ""
        self.has_dialled = False
        self.is_connected = False
        self.is_repeat = False


_current: ContextVar[_Exchange] = ContextVar("exchange")


class _Connector(aiohttp.TCPConnector):
    """Notes when a connection is in hand: from then on some of the request may have left."""

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[aiohttp.tracing.Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        connection = await super().connect(req, traces, timeout)
        _current.get().is_connected = True
        return connection


def _open_socket(info: AddrInfoType) -> socket.socket:
    """Make the socket for one address, if it may be dialled; literal addresses come through here as well."""
    exchange = _current.get()
    address = str(info[4][0])
    exchange.has_dialled = True
    if not is_dialable(address, allow_private=exchange.allow_private):
        exchange.blocked = address
        raise OSError(errno.EACCES, "blocked address")
    exchange.blocked = ""
    connection = socket.socket(info[0], info[1], info[2])
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:
        connection.close()
        raise
    return connection


async def _exchange(session: aiohttp.ClientSession, url: URL, request: Request) -> Response:
    """One request and its answer, in the library's own terms."""
    body = request.body
    headers = request.headers + _ADDED_HEADERS
    is_large = len(body) > _PIECE_BYTES
    response = await session.request(
        request.method,
        url,
        headers=(*headers, ("content-length", str(len(body)))) if is_large else headers,
        data=_pieces(body) if is_large else body or None,
        allow_redirects=False,
    )
    try:
        answer, is_cut = await _read(response.content, request.response_bytes_max)
    finally:
        # An answer that was read to its end has given its connection back; of any other, the connection is closed.
        if not response.closed:
            response.close()
    return Response(status=response.status, headers=_received_headers(response), body=answer, is_cut=is_cut)


def _received_headers(response: aiohttp.ClientResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    """A large body piece by piece, each written when the one before has left: none fills the loop's buffers."""
    for start in range(0, len(body), _PIECE_BYTES):
        yield body[start : start + _PIECE_BYTES]


async def _read(content: aiohttp.StreamReader, limit: int) -> tuple[bytes, bool]:
    """At most `limit` bytes, and whether there was more."""
    body = await content.read(limit + 1)
    while len(body) <= limit and not content.at_eof():
        body += await content.read(limit + 1 - len(body))
    return (body[:limit], True) if len(body) > limit else (body, False)


def _checked_url(request: Request | StreamRequest) -> URL:
    """Where the request goes. Raises ExchangeFailed where it must not be sent."""
    url = _parse_url(request.url)
    if url is None or not _are_headers_valid(request.headers):
        code = "bad_url" if url is None else "bad_header"
        raise ExchangeFailed(code, _SENTENCE[code], is_maybe_sent=False)
    return url


@lru_cache(maxsize=1024)
def _parse_url(text: str) -> URL | None:
    if not text.isascii() or not text.isprintable() or " " in text:
        return None
    try:
        url = URL(text, encoded=True)
        is_usable = url.scheme in ("http", "https") and bool(url.host) and bool(url.port)
    except ValueError:
        return None
    return url if is_usable and url.raw_user is None and url.raw_password is None and not url.raw_fragment else None


def _are_headers_valid(headers: tuple[tuple[str, str], ...]) -> bool:
    values = "".join([value for _, value in headers])
    return values.isascii() and values.isprintable() and all(_is_token(name) for name, _ in headers)


@lru_cache(maxsize=1024)
def _is_token(name: str) -> bool:
    return _TOKEN.fullmatch(name) is not None


def _failure(error: Exception, exchange: _Exchange, place: str) -> ExchangeFailed:
    """Say what happened in the seam's own words."""
    is_maybe_sent = exchange.is_connected or exchange.is_repeat
    code = "blocked_address" if exchange.blocked and not is_maybe_sent else _code(error)
    sentence = _SENTENCE[code].format(place=place)
    match code:
        case "blocked_address":
            sentence += f" ({exchange.blocked})."
        case "tls":
            sentence += f": {_tls_reason(error)}."
        case "unreachable":
            sentence += f": {_os_reason(error)}."
    return ExchangeFailed(code, sentence, is_maybe_sent=is_maybe_sent)


def _code(error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorDNSError() | UnicodeError():
            return "dns"
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return "tls"
        case aiohttp.InvalidURL():
            return "bad_url"
        case aiohttp.ClientConnectorError():
            return _CODE_BY_ERRNO.get(error.errno or 0, "unreachable")
        case aiohttp.ServerDisconnectedError():
            return "reset"
        case aiohttp.ClientResponseError() | aiohttp.ClientPayloadError():
            return "bad_answer"
        case TimeoutError():
            return "timeout"
        case _:
            return _CODE_BY_ERRNO.get(getattr(error, "errno", None) or 0, "reset")


def _tls_reason(error: Exception) -> str:
    """The library's short reason, such as `self-signed certificate`; it never holds a URL."""
    cause: object = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    reason = getattr(cause, "verify_message", None) or getattr(cause, "reason", None)
    return str(reason or type(cause).__name__).replace("_", " ").lower()


def _os_reason(error: Exception) -> str:
    cause = getattr(error, "os_error", error)
    return str(getattr(cause, "strerror", None) or type(cause).__name__).lower()
