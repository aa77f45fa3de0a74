"""The one seam through which HTTP leaves this machine.

`Outbound.send` makes one exchange under one deadline, reads at most so many bytes of the answer, follows no redirect,
keeps no cookie, and judges the address that is actually dialled. What can go wrong on the wire is raised as
`ExchangeFailed` with a stable code, never as a library's own exception. The implementation is `http_client.HttpClient`,
kept apart so that what only needs these names does not load an HTTP library.
"""

from __future__ import annotations

from typing import Protocol

import msgspec


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request. `deadline_s` bounds everything from name lookup to the last byte of the answer.

    `url` is absolute, http or https, ASCII (already percent-encoded, the host in its IDNA form), without userinfo or
    fragment. `host` and `content-length` are added; every other header is the caller's. Header names are tokens,
    values printable ASCII and tabs.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    deadline_s: float = 25.0
    response_bytes_max: int = 16_384

    def __repr__(self) -> str:
        # Headers and the URL's query may carry credentials.
        return f"Request({self.method} {self.url.partition('?')[0]!r}, {len(self.body)} bytes)"


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """One answer; `body` is cut at the request's limit and `is_cut` says so. Header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes
    is_cut: bool


class ExchangeFailed(Exception):
    """No whole answer came. `detail` is for people and holds neither path, query nor header values.

    `code`: dns, refused, reset, tls, timeout, unreachable, blocked_address, bad_answer, bad_url, bad_header.
    `is_maybe_sent`: some of the request may have reached the other side.
    """

    def __init__(self, code: str, detail: str, *, is_maybe_sent: bool) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.is_maybe_sent = is_maybe_sent


class Outbound(Protocol):
    """What sends HTTP requests."""

    async def send(self, request: Request) -> Response:
        """Make one exchange. Raises ExchangeFailed."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...
