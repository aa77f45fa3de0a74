"""Access to Google on somebody's behalf: the tokens that requests carry, got with a refresh token or a signed claim.

An access token is asked for a minute before the last one ends, once however many ask, and kept in memory beside the
connections that it is used over. A refresh token that the answer brings takes the old one's place in the secret store.
Sources: RFC 6749 sections 5 and 6 (tokens), RFC 7523 (a signed claim as grant), RFC 7636 (PKCE), Google's own pages
"OAuth 2.0 for Mobile & Desktop Apps" and "Using OAuth 2.0 for Server to Server Applications".
"""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

import msgspec

from posthouse.model.deliveries import Outcome, OutcomeKind
from posthouse.model.ids import Millis
from posthouse.system.outbound import Outbound, Request
from posthouse.targets.http_exchange import exchange
from posthouse.targets.webhook import USER_AGENT

GOOGLE_AUTH = "https://accounts.google.com/o/oauth2/v2/auth"
GOOGLE_TOKEN = "https://oauth2.googleapis.com/token"  # noqa: S105 (an address)
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CLAIM_VALID_S = 3_600
"""Google takes no claim that is valid for longer."""

EARLY_S = 60.0
ANSWER_BYTES_MAX = 65_536


class AccountKey(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of a service account's key file."""

    client_email: str
    private_key: str
    token_uri: str = GOOGLE_TOKEN
    private_key_id: str = ""


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """One way to an access token: where to post a form, and the form, made when it is needed.

    `identity` is the same as long as the form would get a token for the same account with the same leave. `hidden`: the
    secrets behind it. `refused`: the code of the outcome where the grant itself is refused.
    """

    url: str
    identity: bytes
    form: Callable[[], dict[str, str]]
    hidden: tuple[str, ...]
    refused: str

    def __repr__(self) -> str:
        return f"Grant({self.url!r}, <hidden>)"


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What a token endpoint answers (RFC 6749, 5.1)."""

    access_token: str
    expires_in: float = 3_600.0
    refresh_token: str | None = None
    scope: str = ""

    def __repr__(self) -> str:
        return "Token(<hidden>)"


class GoogleRefused(Exception):
    """No token, or no answer, came; `outcome` is what came of asking, for a delivery that would have needed it."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.code)
        self.outcome = outcome


class _Problem(msgspec.Struct):
    """What a token endpoint answers when it refuses (RFC 6749, 5.2)."""

    error: str
    error_description: str = ""


class _Kept:
    """The access token of one account, and the lock under which it is got."""

    __slots__ = ("ends_at_s", "lock", "token")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.token: str | None = None
        self.ends_at_s = 0.0


_kept: WeakKeyDictionary[Outbound, dict[bytes, _Kept]] = WeakKeyDictionary()
"""By what sends the requests: tokens live as long as its connections."""

KEPT_MAX = 64


def refresh_grant(*, url: str, client_id: str, client_secret: str | None, refresh_token: str) -> Grant:
    """What a refresh token is exchanged with (RFC 6749, 6)."""
    form = {"grant_type": "refresh_token", "client_id": client_id, "refresh_token": refresh_token}
    if client_secret is not None:
        form["client_secret"] = client_secret
    hidden = (refresh_token,) if client_secret is None else (refresh_token, client_secret)
    identity = _digest(url, *form.values())
    return Grant(url=url, identity=identity, form=lambda: form, hidden=hidden, refused="consent_expired")


def claim_grant(key: AccountKey, *, url: str, scope: str, now: Millis) -> Grant:
    """A claim signed with a service account's key (RFC 7523)."""
    identity = _digest(url, scope, key.client_email, key.private_key)
    return Grant(url=url, identity=identity, form=lambda: _claim(key, url, scope, now), hidden=(), refused="google_key")


def read_account_key(text: str) -> AccountKey:
    """What a key file says. Raises ValueError, without anything of the file."""
    try:
        key = msgspec.json.decode(text, type=AccountKey)
    except msgspec.MsgspecError as error:
        raise ValueError("must be the JSON key file of a service account") from error
    if not key.client_email or not key.private_key.startswith("-----BEGIN "):
        raise ValueError("must be the JSON key file of a service account")
    return key


def check_service_account(value: str) -> None:
    """Raise ValueError, without the value, for what is no key file with a usable RSA key."""
    key = read_account_key(value)
    try:
        _sign(key.private_key, b"")
    except Exception as error:
        # What a broken key raises is not specified, and may hold parts of it.
        raise ValueError("has no private key that can sign") from error


async def access_token(outbound: Outbound, grant: Grant, *, deadline_s: float, now: Millis, now_s: float) -> Token:
    """The access token that is kept, or a fresh one; with a `refresh_token` only where that is a new one to be kept.

    Raises GoogleRefused. `now_s` is monotonic.
    """
    by_identity = _kept.setdefault(outbound, {})
    kept = by_identity.setdefault(grant.identity, _Kept())
    while len(by_identity) > KEPT_MAX:
        del by_identity[next(iter(by_identity))]
    async with kept.lock:
        if kept.token is not None and now_s < kept.ends_at_s - EARLY_S:
            return Token(access_token=kept.token)
        token = await fetch_token(outbound, grant, deadline_s=deadline_s, now=now)
        kept.token, kept.ends_at_s = token.access_token, now_s + token.expires_in
    return token


def forget_token(outbound: Outbound, grant: Grant) -> None:
    """Ask for a fresh access token next time: this one was refused."""
    _kept.get(outbound, {}).pop(grant.identity, None)


async def fetch_token(outbound: Outbound, grant: Grant, *, deadline_s: float, now: Millis) -> Token:
    """Post the form. Raises GoogleRefused."""
    request = Request(
        method="POST",
        url=grant.url,
        headers=(
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "application/json"),
            ("user-agent", USER_AGENT),
        ),
        body=urlencode(await asyncio.to_thread(grant.form)).encode(),
        deadline_s=deadline_s,
        response_bytes_max=ANSWER_BYTES_MAX,
    )
    outcome = await exchange(outbound, request, hidden=(), now=now)
    if outcome.kind is OutcomeKind.DELIVERED:
        try:
            return msgspec.json.decode(outcome.excerpt, type=Token, strict=False)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            detail = "What answered at the token endpoint gave no token."
            outcome = msgspec.structs.replace(outcome, kind=OutcomeKind.TRANSIENT, code="bad_answer", detail=detail)
    # Whatever an answer holds beside its error may be a secret; nothing of the delivery itself was sent.
    judged = _refused(outcome, grant)
    raise GoogleRefused(msgspec.structs.replace(judged, excerpt=b"", is_maybe_sent=False))


def code_challenge(verifier: str) -> str:
    """The challenge of a PKCE verifier, method S256 (RFC 7636, 4.2)."""
    return _encoded(sha256(verifier.encode()).digest())


def _refused(outcome: Outcome, grant: Grant) -> Outcome:
    """What the endpoint's own error adds to the status code."""
    problem = _problem(outcome)
    if problem is None:
        return outcome
    detail = f"Google said: {_without(problem.error_description or problem.error, grant.hidden)[:300]}"
    code = grant.refused if problem.error == "invalid_grant" else "google_client"
    return msgspec.structs.replace(outcome, kind=OutcomeKind.AUTH, code=code, detail=detail)


def _claim(key: AccountKey, url: str, scope: str, now: Millis) -> dict[str, str]:
    issued_s = now // 1000
    header = {"alg": "RS256", "typ": "JWT"} | ({"kid": key.private_key_id} if key.private_key_id else {})
    claim = {"iss": key.client_email, "scope": scope, "aud": url, "iat": issued_s, "exp": issued_s + CLAIM_VALID_S}
    text = f"{_encoded(msgspec.json.encode(header))}.{_encoded(msgspec.json.encode(claim))}"
    return {"grant_type": JWT_GRANT, "assertion": f"{text}.{_encoded(_sign(key.private_key, text.encode()))}"}


def _problem(outcome: Outcome) -> _Problem | None:
    if outcome.status_code not in (400, 401, 403):
        return None
    try:
        return msgspec.json.decode(outcome.excerpt, type=_Problem)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _without(text: str, hidden: tuple[str, ...]) -> str:
    for secret in hidden:
        text = text.replace(secret, "[hidden]")
    return text


def _digest(*parts: str) -> bytes:
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()


def _encoded(data: bytes) -> str:
    """Base64 for URLs, without padding (RFC 7515)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _sign(private_key: str, data: bytes) -> bytes:
    """RSASSA-PKCS1-v1_5 with SHA-256, which JWTs call RS256 (RFC 7518, 3.3)."""
    # 20 ms to load, which only service accounts pay.
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key: Any = load_pem_private_key(private_key.encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("not an RSA key")
    return key.sign(data, PKCS1v15(), SHA256())
