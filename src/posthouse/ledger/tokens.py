"""API tokens in the ledger: only their SHA-256 hashes and first characters, never the tokens themselves."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from posthouse.ledger.base import Row, Transaction
from posthouse.ledger.names import clean_name, describe_near, id_in
from posthouse.model.errors import Conflict, NotFound
from posthouse.model.ids import DEFAULT_PROJECT, Millis, ProjectId, SessionId, TokenId

PAGE_MAX = 500
PREFIX_CHARACTERS = 8


class TokenScope(StrEnum):
    """What a token allows: posting events, reading everything that is not a secret, or all of it."""

    INGEST = "ingest"
    READ = "read"
    ADMIN = "admin"


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a token. `prefix` is its first eight characters, by which people tell it from others."""

    id: TokenId
    project_id: ProjectId
    name: str
    scope: TokenScope
    prefix: str
    created_at: Millis
    last_used_at: Millis | None


class Grant(msgspec.Struct, frozen=True):
    """What the holder of a token may do, or of the session by which a browser asks in its place."""

    token_id: TokenId
    scope: TokenScope
    session_id: SessionId | None = None


def add_token(
    tx: Transaction,
    *,
    name: str,
    scope: TokenScope,
    digest: bytes,
    prefix: str,
    now: Millis,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> Token:
    """Keep a new token. Raises BadInput `token.name_invalid`, Conflict `token.name_taken`."""
    name = clean_name(name, noun="token")
    if tx.one("get_token", project_id=project_id, id=None, name=name) is not None:
        raise Conflict("token.name_taken", f"There is a token {name!r} already. Choose another name.", field="name")
    token_id = tx.value(
        "add_token", project_id=project_id, name=name, scope=scope.value, hash=digest, prefix=prefix, now=now
    )
    return get_token(tx, token_id, project_id=project_id)


def list_tokens(
    tx: Transaction, *, after: int = 0, limit: int = PAGE_MAX, project_id: ProjectId = DEFAULT_PROJECT
) -> list[Token]:
    """Tokens in the order of their ids, from the one after `after`."""
    return [_token_of(row) for row in tx.all("page_tokens", project_id=project_id, after=after, limit=limit)]


def get_token(tx: Transaction, reference: str | int, *, project_id: ProjectId = DEFAULT_PROJECT) -> Token:
    """One token by its id or name. Raises NotFound `token.not_found`, with the names that are near."""
    row = tx.one("get_token", project_id=project_id, id=id_in(str(reference)), name=str(reference))
    if row is None:
        known = (name for (name,) in tx.all("token_names", project_id=project_id))
        message = f"There is no token {str(reference)[:100]!r}.{describe_near(str(reference), known)}"
        raise NotFound("token.not_found", message)
    return _token_of(row)


def remove_token(tx: Transaction, reference: str | int, *, project_id: ProjectId = DEFAULT_PROJECT) -> Token:
    """Revoke a token; what it was. Raises NotFound `token.not_found`."""
    token = get_token(tx, reference, project_id=project_id)
    tx.change("remove_token", project_id=project_id, id=token.id)
    return token


def load_grants(tx: Transaction, *, project_id: ProjectId = DEFAULT_PROJECT) -> dict[bytes, Grant]:
    """What every token allows, by its SHA-256 hash."""
    rows = tx.all("token_grants", project_id=project_id)
    return {digest: Grant(token_id, TokenScope(scope)) for digest, token_id, scope in rows}


def touch_tokens(
    tx: Transaction, used_at: Mapping[TokenId, Millis], *, project_id: ProjectId = DEFAULT_PROJECT
) -> None:
    """Note when tokens were last used. Safe to repeat; a token that is gone is passed over."""
    for token_id, at in used_at.items():
        tx.change("touch_token", project_id=project_id, id=token_id, at=at)


def _token_of(row: Row) -> Token:
    token_id, project_id, name, scope, prefix, created_at, last_used_at = row
    return Token(
        id=token_id,
        project_id=project_id,
        name=name,
        scope=TokenScope(scope),
        prefix=prefix,
        created_at=created_at,
        last_used_at=last_used_at,
    )
