"""How a person signs in at a service: OAuth 2 with PKCE, in their own browser, which comes back to this machine.

    begin ──▶ url ──browser──▶ the service ──redirect──▶ 127.0.0.1 ──code──▶ token endpoint ──▶ refresh token
                                                (state must match, once)       (verifier)       (kept in memory)

A sign-in is pending for five minutes at most. Its refresh token lies in memory only, and for ten minutes: what is
entered for a target as `sign-in:<id>` is replaced by it on its way into the secret store, so that it is in no answer,
no log and no browser. Sources: RFC 6749 section 4.1, RFC 7636 (S256), RFC 8252 sections 6 and 7.3, RFC 9700 2.1.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from enum import StrEnum
from hmac import compare_digest
from typing import Any
from urllib.parse import urlencode

import msgspec

from posthouse.model.errors import BadInput, NotFound
from posthouse.system.clock import Clock
from posthouse.system.loopback import Loopback, Page
from posthouse.system.outbound import Outbound
from posthouse.targets.base import FieldKind, SignInPlan, target_kind
from posthouse.targets.google_accounts import GoogleRefused, Grant, code_challenge, fetch_token

SIGN_IN_S = 300.0
KEPT_S = 600.0
"""How long what came of a sign-in can be used."""

PENDING_MAX = 8
EXCHANGE_S = 25.0
PREFIX = "sign-in:"


class SignInState(StrEnum):
    """Where a sign-in stands."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in as others see it. `url`: where a person signs in. `words`: how it stands, for people."""

    id: str
    url: str
    state: SignInState
    words: str


class SignIns:
    """Those that are under way, and what came of the latest."""

    def __init__(
        self, *, outbound: Outbound, clock: Clock, random: Callable[[int], str] = secrets.token_urlsafe
    ) -> None:
        self._outbound = outbound
        self._clock = clock
        self._random = random
        self._known: dict[str, _Going] = {}

    async def begin(self, plan: SignInPlan) -> SignIn:
        """Listen for a browser, and say where it is to be sent. Of more than eight the oldest ends."""
        self._forget_old()
        while len(self._known) >= PENDING_MAX:
            self._known.pop(next(iter(self._known))).listener.close()
        going = _Going(plan, self._outbound, self._clock, self._random)
        await going.listen()
        self._known[going.id] = going
        return going.view()

    def look(self, sign_in_id: str) -> SignIn:
        """How it stands. Raises NotFound `target.sign_in_not_found`."""
        self._forget_old()
        if sign_in_id not in self._known:
            raise NotFound("target.sign_in_not_found", "There is no such sign-in, or it is over. Begin a new one.")
        return self._known[sign_in_id].view()

    def enter(self, kind: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The settings with what a person signed in for, where they say `sign-in:<id>`.

        Raises NotFound `target.sign_in_not_found`, BadInput `target.sign_in_unfinished`.
        """
        result = dict(settings)
        for field in target_kind(kind).fields:
            if field.kind is not FieldKind.SIGN_IN:
                continue
            holder = result
            for step in field.path[:-1]:
                inner = holder.get(step)
                if not isinstance(inner, Mapping):
                    break
                holder[step] = holder = dict(inner)
            else:
                entered = holder.get(field.path[-1])
                if isinstance(entered, str) and entered.startswith(PREFIX):
                    holder[field.path[-1]] = self._token(entered.removeprefix(PREFIX), ".".join(field.path))
        return result

    def close(self) -> None:
        """Listen for nobody any more, and forget everything."""
        for going in self._known.values():
            going.listener.close()
        self._known.clear()

    def _token(self, sign_in_id: str, field: str) -> str:
        seen = self.look(sign_in_id)
        token = self._known[sign_in_id].refresh_token
        if token is None:
            raise BadInput("target.sign_in_unfinished", f"Nobody has signed in yet. {seen.words}", field=field)
        return token

    def _forget_old(self) -> None:
        for sign_in_id, going in list(self._known.items()):
            if going.is_over():
                going.listener.close()
                del self._known[sign_in_id]


class _Going:
    """One sign-in: its listener, what only it knows, and what came of it."""

    def __init__(self, plan: SignInPlan, outbound: Outbound, clock: Clock, random: Callable[[int], str]) -> None:
        self.id = random(16)
        self.refresh_token: str | None = None
        self.listener = Loopback(self._come_back)
        self._plan = plan
        self._outbound = outbound
        self._clock = clock
        self._nonce = random(32)
        # 32 random bytes are the 43 characters that RFC 7636, 4.1 recommends.
        self._verifier = random(32)
        self._began_s = clock.monotonic_s()
        self._state = SignInState.PENDING
        self._words = "Waiting for you to sign in, in the browser."
        self._is_taken = False

    async def listen(self) -> None:
        """Be there for the browser, for five minutes."""
        await self.listener.start()
        asyncio.get_running_loop().call_later(SIGN_IN_S, self.listener.close)

    def view(self) -> SignIn:
        """It as others see it."""
        if self._state is SignInState.PENDING and not self._is_taken and self._age_s() >= SIGN_IN_S:
            self._end(SignInState.FAILED, "Nobody signed in within five minutes. Begin again.")
        return SignIn(id=self.id, url=self._url(), state=self._state, words=self._words)

    def is_over(self) -> bool:
        """Whether nobody can have use of it any more."""
        return self._age_s() >= KEPT_S

    async def _come_back(self, query: dict[str, str]) -> Page:
        """What the browser brings: a code, or an error, under the state that it was sent away with."""
        if self._is_taken or not compare_digest(query.get("state", "").encode(), self._nonce.encode()):
            return Page(title="Not this one", words="This page belongs to no sign-in that is under way.", status=400)
        self._is_taken = True
        if "code" in query:
            await self._exchange(query["code"])
        elif query.get("error") == "access_denied":
            self._end(SignInState.FAILED, "You did not allow it. Nothing was changed.")
        else:
            self._end(SignInState.FAILED, "The service refused the sign-in. Look at the client id, then begin again.")
        title = "You are signed in" if self._state is SignInState.DONE else "Not signed in"
        return Page(title=title, words=f"{self._words} You can close this page and go back to Posthouse.")

    async def _exchange(self, code: str) -> None:
        plan = self._plan
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": plan.client_id,
            "redirect_uri": self.listener.url,
            "code_verifier": self._verifier,
        }
        hidden: tuple[str, ...] = (code, self._verifier)
        if plan.client_secret is not None:
            form["client_secret"] = plan.client_secret
            hidden = (*hidden, plan.client_secret)
        grant = Grant(url=plan.token_url, identity=b"", form=lambda: form, hidden=hidden, refused="consent_expired")
        try:
            token = await fetch_token(self._outbound, grant, deadline_s=EXCHANGE_S, now=self._clock.now())
        except GoogleRefused as refused:
            self._end(SignInState.FAILED, f"The sign-in did not come about. {refused.outcome.detail}".strip())
            return
        if token.scope and not set(plan.scope.split()) <= set(token.scope.split()):
            self._end(SignInState.FAILED, "What Posthouse asked for was not ticked. Begin again and allow it.")
        elif token.refresh_token is None:
            self._end(SignInState.FAILED, "The service gave no lasting leave. Begin again.")
        else:
            self.refresh_token = token.refresh_token
            self._end(SignInState.DONE, "Signed in.")

    def _end(self, state: SignInState, words: str) -> None:
        self._state, self._words = state, words
        self.listener.close()

    def _age_s(self) -> float:
        return self._clock.monotonic_s() - self._began_s

    def _url(self) -> str:
        query = {
            "response_type": "code",
            "client_id": self._plan.client_id,
            "redirect_uri": self.listener.url,
            "scope": self._plan.scope,
            "state": self._nonce,
            "code_challenge": code_challenge(self._verifier),
            "code_challenge_method": "S256",
            **self._plan.parameters,
        }
        return f"{self._plan.auth_url}?{urlencode(query)}"
