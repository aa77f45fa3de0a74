"""From one HTTP exchange to an outcome: what every target that speaks HTTP has in common.

Comes in: a request and what must not be shown of it. Goes out: an `Outcome`, and the request as it may be kept. What
always holds: neither contains a secret, even where the receiver sends back what it was sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit

import msgspec

from posthouse.model.deliveries import Outcome, OutcomeKind, SentRequest
from posthouse.model.ids import Millis
from posthouse.rules.http_outcome import outcome_kind, retry_after_s
from posthouse.system.addresses import is_local_address
from posthouse.system.network import has_route
from posthouse.system.outbound import ExchangeFailed, Outbound, Request, Response
from posthouse.targets.headers import HIDDEN

_OFFLINE_CODES = frozenset(("dns", "unreachable", "timeout"))
EXCERPT_BYTES_MAX = 16_384
ECHO_LENGTH_MIN = 6
"""Shorter secrets are not looked for in answers: they would be found everywhere."""


async def exchange(outbound: Outbound, request: Request, *, hidden: Iterable[str], now: Millis) -> Outcome:
    """Send the request and say what came of it. `hidden` are the secret texts that the request carries."""
    return (await _send(outbound, request, hidden, now))[0]


async def ask(
    outbound: Outbound, request: Request, *, hidden: Iterable[str], now: Millis
) -> tuple[Outcome, Response | None]:
    """As `exchange`, with the answer itself, which may be long and hold secrets; None where there was none."""
    outcome, response = await _send(outbound, request, hidden, now)
    return msgspec.structs.replace(outcome, excerpt=outcome.excerpt[:EXCERPT_BYTES_MAX]), response


async def _send(
    outbound: Outbound, request: Request, hidden: Iterable[str], now: Millis
) -> tuple[Outcome, Response | None]:
    try:
        response = await outbound.send(request)
    except ExchangeFailed as failure:
        return _failed(failure, request.url), None
    return _answered(response, hidden, now), response


def out_of_time() -> Outcome:
    """For what of a parcel was not begun within the deadline: nobody is to blame, and it goes with the next attempt."""
    detail = "What went before it took all the time that there was."
    return Outcome(kind=OutcomeKind.TRANSIENT, code="out_of_time", detail=detail, is_chargeable=False)


def shown(request: Request, *, secret_header: str | None, url: str | None = None) -> SentRequest:
    """The request as it may be kept and shown: without the value of the secret header and of the URL's query.

    `url` stands in the place of one that is a secret itself.
    """
    headers = request.headers
    if secret_header is not None:
        headers = tuple([(name, HIDDEN if name == secret_header else value) for name, value in headers])
    return SentRequest(method=request.method, url=url or shown_url(request.url), headers=headers, body=request.body)


@lru_cache(maxsize=1024)
def shown_url(url: str) -> str:
    """The URL with each value of its query replaced by `[hidden]`: many services put a token there."""
    parts = urlsplit(url)
    if not parts.query:
        return url
    names = (pair.partition("=") for pair in parts.query.split("&"))
    # A query without `=` is all value.
    query = "&".join(f"{name}={HIDDEN}" if sign else HIDDEN for name, sign, _ in names)
    return urlunsplit(parts._replace(query=query))


def _answered(response: Response, hidden: Iterable[str], now: Millis) -> Outcome:
    header = response.headers.get("retry-after")
    wait_s = None if header is None else retry_after_s(header, now)
    kind = outcome_kind(response.status, has_retry_after=wait_s is not None)
    return Outcome(
        kind=kind,
        code=f"http_{response.status}",
        status_code=response.status,
        retry_after_s=wait_s,
        detail="" if kind is OutcomeKind.DELIVERED else f"The receiver answered {response.status}.",
        excerpt=_without(response.body, hidden),
    )


def _failed(failure: ExchangeFailed, url: str) -> Outcome:
    """Every failure on the wire is worth another try. Nobody is charged for one that this machine's network caused."""
    is_blameless = failure.code in _OFFLINE_CODES and not is_local_address(_host(url)) and not has_route()
    return Outcome(
        kind=OutcomeKind.TRANSIENT,
        code=failure.code,
        detail=failure.detail,
        is_maybe_sent=failure.is_maybe_sent,
        is_chargeable=not is_blameless,
    )


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _without(body: bytes, hidden: Iterable[str]) -> bytes:
    """The body with secrets blotted out; a service that echoes its request must not bring them into the ledger."""
    size = len(body)
    for secret in hidden:
        if len(secret) >= ECHO_LENGTH_MIN:
            body = body.replace(secret.encode(), HIDDEN.encode())
    return body[:size]
