"""How a browser signs in: a code of one use and one minute, exchanged for the cookie of a session.

    posthouse open ──token──▶ POST /api/sessions/code ──▶ …/login#code=… ──▶ POST /api/sessions ──▶ Set-Cookie

The code travels in the fragment of a URL, which no server sees and no log holds. The cookie holds 256 random bits and
nothing else, can be read by no script (HttpOnly) and is sent by no other site's page (SameSite=Strict). Browsers keep
cookies apart by host but not by port, so its name holds the port: two daemons on one machine do not sign each other
out. Of codes and cookies only SHA-256 hashes are kept.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable

from posthouse.model.errors import Unauthenticated
from posthouse.system.clock import Clock

CODE_VALID_S = 60.0
CODES_MAX = 16
COOKIE_DAYS = 400
"""As long as browsers keep a cookie at all; when a session ends is for the daemon to say."""


class LoginCodes:
    """The codes that have been given out and not been used, in memory only."""

    def __init__(self, clock: Clock, *, random: Callable[[int], str] = secrets.token_urlsafe) -> None:
        self._clock = clock
        self._random = random
        self._ends_at_s: dict[bytes, float] = {}

    def make(self) -> str:
        """A fresh code, good for one sign-in within a minute. Of more than 16 the oldest is worth nothing any more."""
        self._forget_ended()
        while len(self._ends_at_s) >= CODES_MAX:
            del self._ends_at_s[next(iter(self._ends_at_s))]
        code = self._random(32)
        self._ends_at_s[digest_of(code.encode())] = self._clock.monotonic_s() + CODE_VALID_S
        return code

    def redeem(self, code: str) -> None:
        """Use a code up. Raises Unauthenticated `auth.code_unknown`."""
        self._forget_ended()
        # Looked up by hash: how long that takes tells nothing of the code.
        if self._ends_at_s.pop(digest_of(code.encode("utf-8", "surrogatepass")), None) is None:
            raise Unauthenticated(
                "auth.code_unknown",
                "This login link was used already, or is older than a minute. Run again: posthouse open",
            )

    def _forget_ended(self) -> None:
        now_s = self._clock.monotonic_s()
        self._ends_at_s = {digest: ends_at_s for digest, ends_at_s in self._ends_at_s.items() if ends_at_s > now_s}


def digest_of(secret: bytes) -> bytes:
    """The SHA-256 hash by which a token, cookie or code of 256 random bits is known."""
    return hashlib.sha256(secret).digest()


def cookie_name(host: bytes) -> str:
    """The name of the session's cookie for a Host header: it holds the port."""
    _, _, port = host.rpartition(b"]")[2].rpartition(b":")
    return f"posthouse_{int(port)}" if port.isdigit() and len(port) <= 5 else "posthouse"


def cookie_in(header: bytes, host: bytes) -> bytes | None:
    """The session's cookie in a Cookie header (RFC 6265, 4.2), if it is there."""
    wanted = cookie_name(host).encode()
    for pair in header.split(b";"):
        name, is_pair, value = pair.strip().partition(b"=")
        if is_pair and name == wanted:
            return value
    return None


def set_cookie(host: bytes, value: str) -> str:
    """The Set-Cookie header that starts a session; with an empty value, the one that ends it."""
    age_s = COOKIE_DAYS * 86_400 if value else 0
    return f"{cookie_name(host)}={value}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Strict"


BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_of(user_agent: str) -> str:
    """What a person would call the browser that a User-Agent names: "Firefox on Linux"."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "A browser")
    system = next((f" on {name}" for mark, name in SYSTEMS if mark in user_agent), "")
    return browser + system
