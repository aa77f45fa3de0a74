"""`/api/tokens`: tokens of a narrower scope than the home's own. A token is shown once, when it is made."""

from __future__ import annotations

import secrets
from typing import Annotated

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from posthouse.http.auth import new_token
from posthouse.http.problems import problems
from posthouse.http.requests import LIMIT_DEFAULT, Cursor, Limit, Reference, after, next_cursor
from posthouse.http.services import Services
from posthouse.ledger import tokens as ledger
from posthouse.ledger.tokens import PREFIX_CHARACTERS, Token, TokenScope
from posthouse.model.ids import Millis


class TokenView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is known of a token. `prefix` is how it begins; `lastUsedAt` is as of the last minutes."""

    id: int
    name: str
    scope: TokenScope
    prefix: str
    created_at: Millis
    last_used_at: Millis | None


class TokenList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A page of tokens."""

    items: list[TokenView]
    next_cursor: str | None


class NewToken(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A token to be made. Without a name it is called after its scope and its first characters."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None
    scope: TokenScope


class MadeToken(TokenView, frozen=True, kw_only=True, rename="camel"):
    """A token just made: the only time that it is shown."""

    token: str


@get("/api/tokens", responses=problems())
async def list_tokens(
    services: NamedDependency[Services], cursor: Cursor = None, limit: Limit = LIMIT_DEFAULT
) -> TokenList:
    """Every token but the home's own."""
    await services.access.note_use()
    found = await services.database.read(ledger.list_tokens, after=after(cursor), limit=limit)
    return TokenList(
        items=[view_token(token) for token in found], next_cursor=next_cursor([one.id for one in found], limit)
    )


@post("/api/tokens", responses=problems(409, 413, 415))
async def create_token(data: JSONBody[NewToken], services: NamedDependency[Services]) -> MadeToken:
    """Make a token; it is in the answer and nowhere else."""
    made = new_token(secrets.token_urlsafe)
    token = await services.database.run(
        ledger.add_token,
        name=data.name or f"{data.scope}-{made.token[:PREFIX_CHARACTERS]}",
        scope=data.scope,
        digest=made.digest,
        prefix=made.token[:PREFIX_CHARACTERS],
        now=services.clock.now(),
    )
    await services.access.load()
    return MadeToken(**msgspec.structs.asdict(view_token(token)), token=made.token)


@delete("/api/tokens/{reference:str}", status_code=200, responses=problems(404))
async def revoke_token(reference: Reference, services: NamedDependency[Services]) -> TokenView:
    """Revoke a token; what was accepted under it stays."""
    token = await services.database.run(ledger.remove_token, reference)
    await services.access.load()
    return view_token(token)


def view_token(token: Token) -> TokenView:
    """A token as the API shows it."""
    return TokenView(
        id=token.id,
        name=token.name,
        scope=token.scope,
        prefix=token.prefix,
        created_at=token.created_at,
        last_used_at=token.last_used_at,
    )
