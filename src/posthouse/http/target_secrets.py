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
from posthouse.targets.base import EnteredSettings, extract_secrets, target_kind
from posthouse.targets.webhook_settings import SigningKind, describe_signing, new_signing_secret

SHOWN = {"isSet": True}
"""What stands in the place of a secret in every answer; sent back, it leaves the secret as it is."""

_SIGNING = ("signing", "secret")
_SIGN_WITH = "signWith"


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
    settings = _describe_signing(settings, present)
    known: frozenset[str] = frozenset()
    if present is not None:
        settings = _with_kept_secrets(kind, settings, msgspec.json.decode(present.settings))
        known = frozenset(target_kind(kind).secret_names(present.settings))
    extracted = extract_secrets(kind, settings, scope=scope, known=known)
    return Entered(settings=target_kind(kind).parse(extracted.settings), values=extracted.values)


def enter_for_sign_in(
    kind: str, settings: Mapping[str, Any], *, scope: str, present: Target | None = None
) -> EnteredSettings:
    """Settings as far as they go before a sign-in, laid over those of `present`; neither complete nor judged.

    Raises BadInput `target.unknown_kind`, `target.secret_invalid`, `target.secret_unknown`.
    """
    known: frozenset[str] = frozenset()
    if present is not None:
        saved = msgspec.json.decode(present.settings)
        settings = _with_kept_secrets(kind, saved | dict(settings), saved)
        known = frozenset(target_kind(kind).secret_names(present.settings))
    return extract_secrets(kind, settings, scope=scope, known=known)


def enter_signing(kind: str, settings: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    """The settings with `sign` or `signingSecret` in the form that the kind knows, and what the receiver needs to
    verify, if a secret was made: the shared secret, or of a key pair (`signWith` ed25519) the public key.

    Raises BadInput `target.cannot_sign` or `request.invalid`.
    """
    entered = dict(settings)
    if not entered.keys() & {"sign", "signingSecret"}:
        return entered, None
    if all(field.path != _SIGNING for field in target_kind(kind).secret_fields):
        raise BadInput("target.cannot_sign", f"A {kind} target does not sign what it sends.", field="settings.sign")
    wants, given = entered.pop("sign", None), entered.pop("signingSecret", None)
    signing_kind = _signing_kind(entered.pop(_SIGN_WITH, SigningKind.HMAC))
    if not isinstance(wants, bool | None) or not isinstance(given, str | None):
        raise BadInput("request.invalid", "sign is true or false, signingSecret is text.", field="settings.sign")
    if given is not None:
        entered["signing"] = {"secret": given}
        return entered, None
    if not wants:
        return entered, None
    secret = new_signing_secret(signing_kind)
    entered["signing"] = {"secret": secret}
    return entered, _for_receiver(secret)


def change_signing(target: Target, given: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    """A change of settings in which `sign` begins or ends the signing, and the secret if one was made.

    One that signs already goes on with its secret. Raises as `enter_signing`.
    """
    present = msgspec.json.decode(target.settings).get("signing")
    is_signing = bool(given.get("signing", present))
    entered = {key: value for key, value in given.items() if key != "sign" or not (value is True and is_signing)}
    change, secret = enter_signing(target.kind, entered)
    if given.get("sign") is False and not change.get("signing"):
        change["signing"] = None
    return change, secret


def rotate_signing(target: Target, kind: SigningKind | None = None) -> tuple[dict[str, Any], str]:
    """The change that makes a fresh secret sign beside the present one, and what the receiver needs of it.

    `kind`: None is that of the present one. Raises Conflict `target.not_signed`.
    """
    signing = msgspec.json.decode(target.settings).get("signing")
    if not signing:
        raise Conflict(
            "target.not_signed", f"{target.name} does not sign what it sends. Give it a signing secret first."
        )
    secret = new_signing_secret(kind or SigningKind(signing.get("kind", SigningKind.HMAC)))
    return {"signing": {"secret": secret, "previous": signing["secret"]}}, _for_receiver(secret)


def hide_secrets(target: Target) -> Any:
    """The settings as they are shown: `{"isSet": true}` in the place of every secret, and `sign` where it can sign."""
    settings = msgspec.json.decode(target.settings)
    kind = target_kind(target.kind)
    for field in kind.secret_fields:
        holder = _holder(settings, field.path)
        for key in () if holder is None else field.keys(holder):
            if holder is not None and holder.get(key) is not None:
                holder[key] = SHOWN
        if field.path == _SIGNING:
            settings["sign"] = bool(settings.get("signing"))
    if settings.get("signing"):
        settings[_SIGN_WITH] = settings["signing"].get("kind", SigningKind.HMAC)
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


def _signing_kind(value: object) -> SigningKind:
    try:
        return SigningKind(value)  # type: ignore[arg-type]
    except ValueError as error:
        known = " or ".join(SigningKind)
        raise BadInput("request.invalid", f"signWith is {known}.", field="settings.signWith") from error


def _for_receiver(secret: str) -> str:
    """What verifies: of a key pair the public key, else the secret itself."""
    found: str | None = describe_signing(secret)["publicKey"]
    return found or secret


def _describe_signing(settings: Mapping[str, Any], present: Target | None) -> dict[str, Any]:
    """The settings with what the signing secret says of itself: read from a new one, kept with one that stays.

    Raises BadInput `target.secret_invalid`, and `target.settings_invalid` where `signWith` is not what it signs with.
    """
    entered = dict(settings)
    wanted = entered.pop(_SIGN_WITH, None)
    signing = entered.get("signing")
    if not isinstance(signing, Mapping):
        return entered
    before = (msgspec.json.decode(present.settings) if present is not None else {}).get("signing") or {}
    secret = signing.get("secret")
    if isinstance(secret, str):
        try:
            described = describe_signing(secret)
        except ValueError as error:
            raise BadInput("target.secret_invalid", f"signing.secret: {error}", field="signing.secret") from error
    else:
        described = {"kind": before.get("kind", SigningKind.HMAC.value), "publicKey": before.get("publicKey")}
    if wanted is not None and _signing_kind(wanted) != described["kind"]:
        message = "To sign another way, rotate the secret: then both sign until the receiver has changed over."
        raise BadInput("target.settings_invalid", message, field="settings.signWith")
    entered["signing"] = {**signing, **described}
    return entered


def _with_kept_secrets(kind: str, settings: Mapping[str, Any], present: dict[str, Any]) -> dict[str, Any]:
    """The settings with the present references where `{"isSet": true}` was sent back."""
    result: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(settings))
    for field in target_kind(kind).secret_fields:
        holder, old = _holder(result, field.path), _holder(present, field.path)
        for key in () if holder is None else field.keys(holder):
            if holder is not None and holder.get(key) == SHOWN:
                holder[key] = (old or {}).get(key)
    return result


def _holder(settings: Any, path: tuple[str, ...]) -> dict[str, Any] | None:
    """The object in which a field stands, if there is one."""
    for step in path[:-1]:
        settings = settings.get(step) if isinstance(settings, dict) else None
    return settings if isinstance(settings, dict) else None
