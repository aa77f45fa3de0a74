"""Requests to Google Sheets with an access token, all of one call within one deadline.

Comes in: a target's context. Goes out: outcomes, or what an answer says. Always holds: no outcome holds a token or any
other secret, and one that came of reading says that nothing was sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar

import msgspec

from posthouse.model.deliveries import Outcome, OutcomeKind
from posthouse.system.outbound import Request
from posthouse.targets.base import TargetContext
from posthouse.targets.credentials import read_secret, secret_missing
from posthouse.targets.google_accounts import (
    GOOGLE_TOKEN,
    GoogleRefused,
    Grant,
    access_token,
    claim_grant,
    forget_token,
    read_account_key,
    refresh_grant,
)
from posthouse.targets.google_sheets_settings import GOOGLE, OAuth, ServiceAccount, SheetsSettings
from posthouse.targets.google_sheets_wire import address, judged
from posthouse.targets.http_exchange import exchange
from posthouse.targets.webhook import USER_AGENT

READ_BYTES_MAX = 64 * 2**20
"""Two columns of a full spreadsheet."""

ON_LOOP_BYTES_MAX = 2**20
"""Longer answers are decoded in a thread."""

T = TypeVar("T")


async def open_access(context: TargetContext) -> Access:
    """Access with a token that is good for a minute at least.

    Raises SecretsUnavailable, Conflict `target.secret_missing`, GoogleRefused.
    """
    settings = settings_of(bytes(context.target.settings))
    clock = context.clock
    ends_at_s = clock.monotonic_s() + context.deadline_s
    grant = await _grant(settings, context)
    token = await access_token(
        context.outbound, grant, deadline_s=context.deadline_s, now=clock.now(), now_s=clock.monotonic_s()
    )
    if token.refresh_token is not None and isinstance(settings.auth, OAuth):
        # RFC 6749, 6: a new one takes the old one's place.
        await context.secrets.put(settings.auth.refresh_token.secret, token.refresh_token)
    return Access(context, settings, token=token.access_token, grant=grant, ends_at_s=ends_at_s)


class Access:
    """Requests with an access token, all within one deadline."""

    def __init__(
        self, context: TargetContext, settings: SheetsSettings, *, token: str, grant: Grant, ends_at_s: float
    ) -> None:
        self.context = context
        self.settings = settings
        self._token = token
        self._grant = grant
        self._ends_at_s = ends_at_s

    def address(self, verb: str = "", query: Sequence[tuple[str, str]] = ()) -> str:
        """A URL within the target's spreadsheet."""
        return address(self.settings.url, self.settings.spreadsheet, verb, query)

    def request(self, method: str, url: str, body: bytes = b"") -> Request:
        """A request that is ready to leave."""
        content = (("content-type", "application/json"),) if body else ()
        return Request(
            method=method,
            url=url,
            headers=(*content, ("user-agent", USER_AGENT), ("authorization", f"Bearer {self._token}")),
            body=body,
            deadline_s=self.context.deadline_s,
            response_bytes_max=self.context.response_bytes_max,
            # Rows that are appended twice are there twice; what is read may be read again.
            is_repeatable=method == "GET",
        )

    async def send(self, request: Request, *, response_bytes_max: int | None = None) -> Outcome:
        """One exchange. A token that is refused is forgotten."""
        limit = response_bytes_max or request.response_bytes_max
        request = msgspec.structs.replace(request, deadline_s=self._left_s(), response_bytes_max=limit)
        hidden = (self._token, *self._grant.hidden)
        context = self.context
        outcome = judged(await exchange(context.outbound, request, hidden=hidden, now=context.clock.now()))
        if outcome.status_code == 401:
            forget_token(context.outbound, self._grant)
        return outcome

    async def ask(self, method: str, url: str, body: bytes = b"", *, into: type[T]) -> T:
        """What an answer says. Raises GoogleRefused with the outcome, of which nothing was sent."""
        outcome = await self.send(self.request(method, url, body), response_bytes_max=READ_BYTES_MAX)
        excerpt = outcome.excerpt
        if outcome.kind is OutcomeKind.DELIVERED:
            try:
                if len(excerpt) <= ON_LOOP_BYTES_MAX:
                    return msgspec.json.decode(excerpt, type=into)
                return await asyncio.to_thread(msgspec.json.decode, excerpt, type=into)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                detail = "What Google answered is not what it says it answers."
                outcome = msgspec.structs.replace(outcome, kind=OutcomeKind.TRANSIENT, code="bad_answer", detail=detail)
        cut = excerpt[: self.context.response_bytes_max]
        raise GoogleRefused(msgspec.structs.replace(outcome, excerpt=cut, is_maybe_sent=False))

    def _left_s(self) -> float:
        """How much of the deadline is left; a request without any fails at once."""
        return max(self._ends_at_s - self.context.clock.monotonic_s(), 0.001)


def token_url(settings: SheetsSettings) -> str:
    """Where tokens are got."""
    return GOOGLE_TOKEN if settings.url == GOOGLE else f"{settings.url}/token"


@lru_cache(maxsize=512)
def settings_of(canonical: bytes) -> SheetsSettings:
    """What `parse` made, decoded once."""
    return msgspec.json.decode(canonical, type=SheetsSettings)


async def _grant(settings: SheetsSettings, context: TargetContext) -> Grant:
    store = context.secrets
    match settings.auth:
        case OAuth(client_id=client_id, client_secret=secret, refresh_token=ref):
            return refresh_grant(
                url=token_url(settings),
                client_id=client_id,
                client_secret=None if secret is None else await read_secret(store, secret.secret),
                refresh_token=await read_secret(store, ref.secret),
            )
        case ServiceAccount(file=ref):
            try:
                key = read_account_key(await read_secret(store, ref.secret))
                url = key.token_uri if settings.url == GOOGLE else token_url(settings)
                return claim_grant(key, url=url, scope=settings.scope, now=context.clock.now())
            except ValueError as error:
                raise secret_missing(f"The key file {error}. Enter it again and reconnect.") from error
