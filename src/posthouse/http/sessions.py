"""`/api/sessions`: who is signed in to the dashboard. A session does what the home's own token does."""

from __future__ import annotations

import secrets
from typing import Annotated

import msgspec
from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from posthouse.http.auth import new_token
from posthouse.http.login import CODE_VALID_S, browser_of, set_cookie
from posthouse.http.problems import problems
from posthouse.http.requests import LIMIT_DEFAULT, Cursor, Limit, Reference, StrictRequest, after, next_cursor
from posthouse.http.services import Services
from posthouse.ledger import sessions as ledger
from posthouse.ledger.sessions import Session
from posthouse.ledger.tokens import Grant
from posthouse.model.errors import NotFound
from posthouse.model.ids import Millis

CURRENT = "current"


class SessionView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A session. `isCurrent`: the one by which this was asked."""

    id: int
    browser: str
    created_at: Millis
    last_used_at: Millis
    is_current: bool


class SessionList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A page of sessions."""

    items: list[SessionView]
    next_cursor: str | None


class LoginCode(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A code for one sign-in, to be given to the dashboard as `/login#code=…` within `validS` seconds."""

    code: str
    valid_s: float

    def __repr__(self) -> str:
        return "LoginCode([hidden])"


class NewSession(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A login code to be exchanged for a session."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]

    def __repr__(self) -> str:
        return "NewSession([hidden])"


@get("/api/sessions", responses=problems())
async def list_sessions(
    request: StrictRequest,
    services: NamedDependency[Services],
    cursor: Cursor = None,
    limit: Limit = LIMIT_DEFAULT,
) -> SessionList:
    """Every session, with when it was last used."""
    await services.access.note_use()
    found = await services.database.read(ledger.list_sessions, after=after(cursor), limit=limit)
    return SessionList(
        items=[view_session(one, request.auth) for one in found],
        next_cursor=next_cursor([one.id for one in found], limit),
    )


@post("/api/sessions/code", responses=problems())
async def make_login_code(services: NamedDependency[Services]) -> LoginCode:
    """Make a code with which a browser can sign in, once and within a minute."""
    return LoginCode(code=services.access.codes.make(), valid_s=CODE_VALID_S)


@post("/api/sessions", responses=problems(413, 415), security=[{}])
async def start_session(
    data: JSONBody[NewSession], request: StrictRequest, services: NamedDependency[Services]
) -> Response[SessionView]:
    """Exchange a login code for a session, whose cookie is set. Needs no token."""
    services.access.codes.redeem(data.code)
    made = new_token(secrets.token_urlsafe, prefix="phs_")
    session = await services.database.run(
        ledger.add_session,
        digest=made.digest,
        browser=browser_of(request.headers.get("user-agent", "")),
        now=services.clock.now(),
    )
    await services.access.load()
    cookie = set_cookie(_host_of(request), made.token)
    view = msgspec.structs.replace(view_session(session, None), is_current=True)
    return Response(view, headers={"set-cookie": cookie})


@delete("/api/sessions/{reference:str}", status_code=200, responses=problems(404))
async def end_session(
    reference: Reference, request: StrictRequest, services: NamedDependency[Services]
) -> Response[SessionView]:
    """Sign a browser out by the number of its session; `current` is the one that asks."""
    asking: Grant = request.auth
    wanted: str | int = reference
    if reference == CURRENT:
        if asking.session_id is None:
            raise NotFound("session.not_found", "This was asked with a token, so there is no current session.")
        wanted = asking.session_id
    session = await services.database.run(ledger.remove_session, wanted)
    await services.access.load()
    view = view_session(session, asking)
    return Response(view, headers={"set-cookie": set_cookie(_host_of(request), "")} if view.is_current else None)


def view_session(session: Session, asking: Grant | None) -> SessionView:
    """A session as the API shows it."""
    return SessionView(
        id=session.id,
        browser=session.browser,
        created_at=session.created_at,
        last_used_at=session.last_used_at,
        is_current=asking is not None and asking.session_id == session.id,
    )


def _host_of(request: StrictRequest) -> bytes:
    return request.headers.get("host", "").encode("latin-1", "replace")
