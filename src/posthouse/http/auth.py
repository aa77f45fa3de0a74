"""Who may do what: judged for every request before anything of it is read.

Three questions, in this order. Is the request meant for us: its Host is a loopback name, an IP address or the
configured host, so that a page whose name was re-bound to this machine gets nothing (DNS rebinding). Did a browser send
it on behalf of another site: an Origin that is not our own, or a Sec-Fetch-Site that says so. Does its bearer token
(RFC 6750) allow it: the home's own token allows all, the others what their scope says. Where there is no token, the
cookie of a browser's session stands for the home's own; what changes anything must then prove to come from our own
pages. Tokens and sessions are known by their SHA-256 hashes, which are kept in memory and read again when they change.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from contextlib import suppress
from ipaddress import ip_address

import msgspec

from posthouse.http.login import LoginCodes, cookie_in, digest_of
from posthouse.ledger.base import Database
from posthouse.ledger.sessions import IDLE_MS, SeenSession, load_sessions, touch_sessions
from posthouse.ledger.tokens import Grant, TokenScope, load_grants, touch_tokens
from posthouse.model.errors import Forbidden, LedgerError, Unauthenticated
from posthouse.model.ids import Millis, SessionId, TokenId
from posthouse.system.clock import Clock

Headers = Iterable[tuple[bytes, bytes]]
"""As ASGI has them: names in lower case."""

HOME_TOKEN = TokenId(0)
"""Stands for the token in the home's file, which the ledger does not know."""

HOSTS_REMEMBERED_MAX = 64
NOTED_EVERY_S = 3_600.0
"""How often the use of a session is written down, so that one in daily use outlives a crash of the daemon."""

_OWN_SITES = (b"same-origin", b"none")

_ALLOWS: dict[TokenScope, frozenset[TokenScope]] = {
    TokenScope.INGEST: frozenset({TokenScope.INGEST}),
    TokenScope.READ: frozenset({TokenScope.READ}),
    TokenScope.ADMIN: frozenset(TokenScope),
}


class Access:
    """Judges requests. `load` is called once before the first one, and after every change of the tokens."""

    def __init__(self, database: Database, clock: Clock, *, home_token: str, host: Callable[[], str]) -> None:
        self._database = database
        self._clock = clock
        self._host = host
        self.codes = LoginCodes(clock)
        self._home_digest = digest_of(home_token.encode())
        self._home_grant = Grant(HOME_TOKEN, TokenScope.ADMIN)
        self._grants: dict[bytes, Grant] = {}
        self._used_at: dict[TokenId, Millis] = {}
        self._sessions: dict[bytes, SeenSession] = {}
        self._sessions_used_at: dict[SessionId, Millis] = {}
        self._noted_at_s = clock.monotonic_s()
        self._good_hosts: set[bytes] = set()

    async def load(self) -> None:
        """Read the tokens and sessions again."""
        self._grants = await self._database.read(load_grants)
        self._sessions = await self._database.read(load_sessions)

    async def note_use(self) -> None:
        """Write down when tokens and sessions were last used; safe to repeat. For lists, upkeep and the end."""
        self._noted_at_s = self._clock.monotonic_s()
        used, self._used_at = self._used_at, {}
        if used:
            await self._database.run(touch_tokens, used)
        # These stay in memory: how long a session is idle is judged by them.
        if self._sessions_used_at:
            await self._database.run(touch_sessions, dict(self._sessions_used_at))

    async def note_use_if_due(self) -> None:
        """Write it down where that was not done for an hour; a ledger that cannot take it now stops no request."""
        if self._sessions_used_at and self._clock.monotonic_s() - self._noted_at_s > NOTED_EVERY_S:
            with suppress(LedgerError):
                await self.note_use()

    def judge(self, headers: Headers, needed: TokenScope | None) -> Grant | None:
        """Who asks, if the request may pass; None where nothing is needed.

        Raises Forbidden `auth.host_refused`, `auth.cross_site`, `auth.origin_missing` or `auth.scope`, Unauthenticated
        `auth.token_missing`, `auth.token_unknown` or `auth.session_unknown`.
        """
        host = origin = site = authorization = cookies = b""
        for name, value in headers:
            if name == b"authorization":
                authorization = value
            elif name == b"host":
                host = value
            elif name == b"origin":
                origin = value
            elif name == b"sec-fetch-site":
                site = value
            elif name == b"cookie":
                cookies = value
        if host not in self._good_hosts:
            self._judge_host(host)
        if origin or site:
            _judge_site(host, origin, site)
        if needed is None:
            return None
        cookie = cookie_in(cookies, host) if cookies and not authorization else None
        if cookie is None:
            return self._judge_token(authorization, needed)
        # What changes something by a cookie alone must come from our own pages, and a browser of today says so.
        if needed is not TokenScope.READ and not (origin or site == b"same-origin"):
            raise Forbidden(
                "auth.origin_missing",
                "A session changes things from the dashboard only. Elsewhere, send the API token.",
            )
        return self._judge_session(cookie)

    def judge_host(self, headers: Headers) -> None:
        """Whether a request that asks for nothing secret is meant for us. Raises Forbidden `auth.host_refused`."""
        host = next((value for name, value in headers if name == b"host"), b"")
        if host not in self._good_hosts:
            self._judge_host(host)

    def _judge_session(self, cookie: bytes) -> Grant:
        session = self._sessions.get(digest_of(cookie))
        now = self._clock.now()
        if session is None or now - self._sessions_used_at.get(session.id, session.last_used_at) > IDLE_MS:
            raise Unauthenticated("auth.session_unknown", "This session has ended. Run: posthouse open")
        self._sessions_used_at[session.id] = now
        return Grant(HOME_TOKEN, TokenScope.ADMIN, session.id)

    def _judge_host(self, host: bytes) -> None:
        name = _host_name(host)
        if not (_is_address(name) or name == "localhost" or name.endswith(".localhost") or name == self._host()):
            raise Forbidden(
                "auth.host_refused",
                f"This request is for {name[:100]!r}, which is not a name of this Posthouse. "
                "Use 127.0.0.1 or localhost, or set api.host to that name.",
            )
        if len(self._good_hosts) < HOSTS_REMEMBERED_MAX:
            self._good_hosts.add(host)

    def _judge_token(self, authorization: bytes, needed: TokenScope) -> Grant:
        scheme, _, token = authorization.partition(b" ")
        if scheme.lower() != b"bearer" or not token:
            raise Unauthenticated(
                "auth.token_missing",
                "Send the API token: 'Authorization: Bearer …'. It is in the file `token` at home.",
            )
        digest = digest_of(token.strip())
        # Looked up by hash: how long that takes tells nothing of the token.
        is_home = hmac.compare_digest(digest, self._home_digest)
        grant = self._home_grant if is_home else self._grants.get(digest)
        if grant is None:
            raise Unauthenticated("auth.token_unknown", "This API token is unknown here, or was revoked.")
        if needed not in _ALLOWS[grant.scope]:
            raise Forbidden("auth.scope", f"This token is for {grant.scope} only; this needs one for {needed}.")
        if not is_home:
            self._used_at[grant.token_id] = self._clock.now()
        return grant


class TokenSecret(msgspec.Struct, frozen=True):
    """A fresh token or session: given out once, and only its digest is kept."""

    token: str
    digest: bytes

    def __repr__(self) -> str:
        return "TokenSecret([hidden])"


def new_token(random: Callable[[int], str], *, prefix: str = "pht_") -> TokenSecret:
    """A token of 256 random bits. `random` gives text of so many random bytes (`secrets.token_urlsafe`)."""
    token = prefix + random(32)
    return TokenSecret(token, digest_of(token.encode()))


def _judge_site(host: bytes, origin: bytes, site: bytes) -> None:
    is_own = not origin or origin.partition(b"://")[2].lower() == host.lower()
    if not is_own or (site and site not in _OWN_SITES):
        raise Forbidden("auth.cross_site", "A browser sent this on behalf of another site. Nothing was done.")


def _host_name(host: bytes) -> str:
    """The name in a Host header, without its port (RFC 9110, 7.2)."""
    text = host.decode("latin-1").lower()
    if text.startswith("["):
        return text.partition("]")[0][1:]
    return text.partition(":")[0].rstrip(".")


def _is_address(name: str) -> bool:
    """A literal address cannot have been re-bound: whoever is named by it is whom the browser asked."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
