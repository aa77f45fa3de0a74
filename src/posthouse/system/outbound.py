"""The one seam through which HTTP leaves this machine.

`Outbound.send` makes one exchange under one deadline, reads at most so many bytes of the answer, follows no redirect,
keeps no cookie, and judges the address that is actually dialled. What can go wrong on the wire is raised as
`ExchangeFailed` with a stable code, never as a library's own exception. The implementation is `http_client.HttpClient`,
kept apart so that what only needs these names does not load an HTTP library. It also follows answers that have no end
(`HttpClient.stream`), under the same rules.
"""

from __future__ import annotations

from typing import Protocol

import msgspec


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request. `deadline_s` bounds everything from name lookup to the last byte of the answer.

    `url` is absolute, http or https, ASCII (already percent-encoded, the host in its IDNA form), without userinfo or
    fragment. `host` and `content-length` are added; every other header is the caller's. Header names are tokens,
    values printable ASCII and tabs. `is_repeatable`: where a kept connection turns out to be dead, it may be sent again
    over a fresh one, although the other side may have got it; not for what takes effect twice.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    deadline_s: float = 25.0
    response_bytes_max: int = 16_384
    is_repeatable: bool = True

    def __repr__(self) -> str:
        return f"Request({self.method} {origin_of(self.url)!r}, {len(self.body)} bytes)"


class StreamRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A GET whose answer is read as it comes; `url` and `headers` as in a `Request`.

    `connect_deadline_s` bounds everything from name lookup to the answer's headers, `idle_deadline_s` the wait for each
    next byte after them. The whole has no deadline.
    """

    url: str
    headers: tuple[tuple[str, str], ...] = ()
    connect_deadline_s: float = 10.0
    idle_deadline_s: float = 30.0

    def __repr__(self) -> str:
        return f"StreamRequest({origin_of(self.url)!r})"


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


def origin_of(url: str) -> str:
    """Scheme and host of a URL, for people: its query, and with many services its path too, may carry credentials."""
    return "/".join(url.split("/", 3)[:3]).partition("?")[0]
