"""Secrets in a target's settings: taken out when they are entered, and never shown again.

A secret goes into the secret store before the settings that name it are committed, and leaves it after the last
settings that named it are gone; so a crash in between may leave a secret too many, never one too few.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from posthouse.model.errors import BadInput, Conflict
from posthouse.model.targets import Target
from posthouse.system.secrets import SecretStore
from posthouse.targets.base import extract_secrets, target_kind
from posthouse.targets.standard_webhooks import new_secret

SHOWN = {"isSet": True}
"""What stands in the place of a secret in every answer; sent back, it leaves the secret as it is."""

_SIGNING = ("signing", "secret")


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """Canonical settings, and the new secrets by the names under which they refer to them."""

    settings: msgspec.Raw
    values: dict[str, str]

    def __repr__(self) -> str:
        return f"Entered(<{len(self.values)} hidden>)"


def enter_settings(kind: str, settings: Mapping[str, Any], *, scope: str, present: Target | None = None) -> Entered:
    """What a person entered, judged. `scope` is fresh; `present` is the target that these settings are to change.

    Raises BadInput `target.unknown_kind`, `target.secret_invalid`, `target.secret_unknown` and what the kind raises.
    """
    known: frozenset[str] = frozenset()
    if present is not None:
        settings = _with_kept_secrets(kind, settings, msgspec.json.decode(present.settings))
        known = frozenset(target_kind(kind).secret_names(present.settings))
    extracted = extract_secrets(kind, settings, scope=scope, known=known)
    return Entered(settings=target_kind(kind).parse(extracted.settings), values=extracted.values)


def enter_signing(kind: str, settings: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    """The settings with `sign` or `signingSecret` in the form that the kind knows, and the secret if one was made.

    Raises BadInput `target.cannot_sign` or `request.invalid`.
    """
    entered = dict(settings)
    if not entered.keys() & {"sign", "signingSecret"}:
        return entered, None
    if all(field.path != _SIGNING for field in target_kind(kind).secret_fields):
        raise BadInput("target.cannot_sign", f"A {kind} target does not sign what it sends.", field="settings.sign")
    wants, given = entered.pop("sign", None), entered.pop("signingSecret", None)
    if not isinstance(wants, bool | None) or not isinstance(given, str | None):
        raise BadInput("request.invalid", "sign is true or false, signingSecret is text.", field="settings.sign")
    if given is not None:
        entered["signing"] = {"secret": given}
        return entered, None
    if not wants:
        return entered, None
    secret = new_secret()
    entered["signing"] = {"secret": secret}
    return entered, secret


def rotate_signing(target: Target) -> tuple[dict[str, Any], str]:
    """The change that makes a fresh secret sign beside the present one, and that secret.

    Raises Conflict `target.not_signed`.
    """
    signing = msgspec.json.decode(target.settings).get("signing")
    if not signing:
        raise Conflict(
            "target.not_signed", f"{target.name} does not sign what it sends. Give it a signing secret first."
        )
    secret = new_secret()
    return {"signing": {"secret": secret, "previous": signing["secret"]}}, secret


def hide_secrets(target: Target) -> Any:
    """The settings as they are shown: `{"isSet": true}` in the place of every secret."""
    settings = msgspec.json.decode(target.settings)
    for field in target_kind(target.kind).secret_fields:
        holder = _holder(settings, field.path)
        if holder is not None and holder.get(field.path[-1]) is not None:
            holder[field.path[-1]] = SHOWN
    return settings


@asynccontextmanager
async def store_secrets(store: SecretStore, values: Mapping[str, str]) -> AsyncIterator[None]:
    """Store new secrets for what is done inside; where that fails they are taken back.

    Where it is cancelled they stay: the commit that names them may be under way.
    """
    try:
        for name, value in values.items():
            await store.put(name, value)
        yield
    except Exception:
        for name in values:
            await store.delete(name)
        raise


async def forget_secrets(store: SecretStore, before: Target, *, but: Target) -> None:
    """Delete the secrets that a target's settings no longer name."""
    kind = target_kind(before.kind)
    kept = set(kind.secret_names(but.settings))
    for name in kind.secret_names(before.settings):
        if name not in kept:
            await store.delete(name)


def _with_kept_secrets(kind: str, settings: Mapping[str, Any], present: dict[str, Any]) -> dict[str, Any]:
    """The settings with the present references where `{"isSet": true}` was sent back."""
    result: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(settings))
    for field in target_kind(kind).secret_fields:
        holder, old = _holder(result, field.path), _holder(present, field.path)
        if holder is not None and holder.get(field.path[-1]) == SHOWN:
            holder[field.path[-1]] = (old or {}).get(field.path[-1])
    return result


def _holder(settings: Any, path: tuple[str, ...]) -> dict[str, Any] | None:
    """The object in which a field stands, if there is one."""
    for step in path[:-1]:
        settings = settings.get(step) if isinstance(settings, dict) else None
    return settings if isinstance(settings, dict) else None
