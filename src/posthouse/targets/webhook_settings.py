"""The settings of a webhook target, and how what a person enters becomes them.

    {"url": "https://…",
     "auth": {"kind": "none"}
           | {"kind": "header", "name": "x-api-key", "value": <secret>}
           | {"kind": "bearer", "token": <secret>}
           | {"kind": "basic", "username": "…", "password": <secret>},
     "headers": {"x-team": "blue"},
     "signing": null | {"kind": "hmac" | "ed25519", "secret": <secret>, "publicKey": null | "whpk_…",
                        "previous": null | <secret>}}

A <secret> is entered as text and kept as `{"secret": name}`. While `previous` is set, both sign: that is a rotation.
`kind` and `publicKey` say what `secret` is, and are worked out from it where it is entered (`describe_signing`).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import msgspec

from posthouse.model.errors import BadInput
from posthouse.targets.base import Choice, Field, FieldKind, SecretField, SecretRef, When
from posthouse.targets.entering import check_password, check_username, convert
from posthouse.targets.headers import check_header_name, check_header_value, check_headers
from posthouse.targets.standard_webhooks import PRIVATE_PREFIX, new_secret, signing_key
from posthouse.targets.urls import parse_url


class NoAuth(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="none", forbid_unknown_fields=True):
    """No credentials."""


class HeaderAuth(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="header", forbid_unknown_fields=True):
    """A secret in a header of the receiver's choice."""

    name: str
    value: SecretRef


class BearerAuth(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="bearer", forbid_unknown_fields=True):
    """`Authorization: Bearer …` (RFC 6750)."""

    token: SecretRef


class BasicAuth(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="basic", forbid_unknown_fields=True):
    """`Authorization: Basic …` (RFC 7617), in UTF-8."""

    username: str
    password: SecretRef


class SigningKind(StrEnum):
    """A shared secret (`v1`), or a key pair (`v1a`) of which the receiver needs the public half only."""

    HMAC = "hmac"
    ED25519 = "ed25519"


class Signing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The secret that signs, and during a rotation the one before it. `public_key`: what verifies, of a key pair."""

    kind: SigningKind = SigningKind.HMAC
    secret: SecretRef
    public_key: str | None = None
    previous: SecretRef | None = None


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of it, in canonical form."""

    url: str
    auth: NoAuth | HeaderAuth | BearerAuth | BasicAuth = NoAuth()
    headers: dict[str, str] = {}
    signing: Signing | None = None

    def references(self) -> tuple[str, ...]:
        """The names of all secrets in here."""
        found: list[SecretRef] = []
        match self.auth:
            case HeaderAuth(value=ref) | BearerAuth(token=ref) | BasicAuth(password=ref):
                found.append(ref)
        if self.signing is not None:
            found.append(self.signing.secret)
            if self.signing.previous is not None:
                found.append(self.signing.previous)
        return tuple(ref.secret for ref in found)


def _check_signing_secret(value: str) -> None:
    signing_key(value)


def _field(*path: str, check: Callable[[str], None]) -> SecretField:
    return SecretField(path=path, check=check)


SECRET_FIELDS = (
    _field("auth", "value", check=check_header_value),
    _field("auth", "token", check=check_header_value),
    _field("auth", "password", check=check_password),
    _field("signing", "secret", check=_check_signing_secret),
    _field("signing", "previous", check=_check_signing_secret),
)

AUTH = ("auth", "kind")

FIELDS = (
    Field(path=("url",), label="URL", kind=FieldKind.URL, is_required=True, placeholder="https://example.com/hook"),
    Field(
        path=("sign",),
        label="Sign every request",
        kind=FieldKind.SWITCH,
        default=True,
        help="The receiver can prove that it came from here, and was not changed. The secret is shown once.",
    ),
    Field(
        path=("signWith",),
        label="Sign with",
        kind=FieldKind.CHOICE,
        is_advanced=True,
        default=SigningKind.HMAC.value,
        choices=(
            Choice(value=SigningKind.HMAC.value, label="Shared secret (v1)"),
            Choice(value=SigningKind.ED25519.value, label="Key pair (v1a)"),
        ),
        help="Of a key pair the receiver needs the public key only: nobody but Posthouse can sign with it.",
    ),
    Field(
        path=AUTH,
        label="Credentials",
        kind=FieldKind.CHOICE,
        default="none",
        choices=(
            Choice(value="none", label="None"),
            Choice(value="bearer", label="Bearer token"),
            Choice(value="header", label="A header"),
            Choice(value="basic", label="User name and password"),
        ),
    ),
    Field(
        path=("auth", "token"),
        label="Token",
        kind=FieldKind.SECRET,
        is_required=True,
        when=When(path=AUTH, value="bearer"),
    ),
    Field(
        path=("auth", "name"),
        label="Name of the header",
        is_required=True,
        placeholder="x-api-key",
        when=When(path=AUTH, value="header"),
    ),
    Field(
        path=("auth", "value"),
        label="Value of the header",
        kind=FieldKind.SECRET,
        is_required=True,
        when=When(path=AUTH, value="header"),
    ),
    Field(path=("auth", "username"), label="User name", is_required=True, when=When(path=AUTH, value="basic")),
    Field(
        path=("auth", "password"),
        label="Password",
        kind=FieldKind.SECRET,
        is_required=True,
        when=When(path=AUTH, value="basic"),
    ),
    Field(
        path=("headers",),
        label="More headers",
        kind=FieldKind.HEADERS,
        is_advanced=True,
        help="Sent with every request. They are no secrets: what is one belongs into the credentials.",
    ),
)
"""What a person enters. `sign` makes a signing secret of the kind `signWith` (see the API's `TargetInput`)."""


def new_signing_secret(kind: SigningKind) -> str:
    """A fresh shared secret or private key."""
    match kind:
        case SigningKind.HMAC:
            return new_secret()
        case SigningKind.ED25519:
            from posthouse.targets.key_pairs import new_private_key  # cryptography costs memory; few sign so

            return new_private_key()


def describe_signing(secret: str) -> dict[str, Any]:
    """What a signing secret says of itself in the settings, `kind` and `publicKey`. Raises ValueError."""
    if not secret.startswith(PRIVATE_PREFIX):
        return {"kind": SigningKind.HMAC.value, "publicKey": None}
    from posthouse.targets.key_pairs import public_key  # as above

    return {"kind": SigningKind.ED25519.value, "publicKey": public_key(secret)}


def parse_settings(settings: dict[str, Any]) -> WebhookSettings:
    """Settings with references in the place of secrets, in canonical form.

    Raises BadInput with the field: `target.settings_invalid`, `target.url_invalid`, `target.username_invalid` and what
    `check_headers` raises.
    """
    parsed = convert(settings, WebhookSettings)
    headers = check_headers(parsed.headers)
    auth = parsed.auth
    match auth:
        case HeaderAuth(name=name):
            auth = msgspec.structs.replace(auth, name=check_header_name(name, field="auth.name"))
            if auth.name in headers:
                message = f"The header {auth.name} is set by auth already."
                raise BadInput("target.header_invalid", message, field=f"headers.{auth.name}")
        case BasicAuth(username=username):
            check_username(username, field="auth.username")
    return msgspec.structs.replace(parsed, url=parse_url(parsed.url), auth=auth, headers=headers)
