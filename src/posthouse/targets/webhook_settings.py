"""The settings of a webhook target, and how what a person enters becomes them.

    {"url": "https://…",
     "auth": {"kind": "none"}
           | {"kind": "header", "name": "x-api-key", "value": <secret>}
           | {"kind": "bearer", "token": <secret>}
           | {"kind": "basic", "username": "…", "password": <secret>},
     "headers": {"x-team": "blue"},
     "signing": null | {"secret": <secret>, "previous": null | <secret>}}

A <secret> is entered as text and kept as `{"secret": name}`. While `previous` is set, both sign: that is a rotation.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import msgspec
from yarl import URL

from posthouse.model.errors import BadInput
from posthouse.system.addresses import AddressClass, classify_address
from posthouse.targets.base import SecretField, SecretRef
from posthouse.targets.headers import check_header_name, check_header_value, check_headers
from posthouse.targets.standard_webhooks import signing_key

URL_LENGTH_MAX = 2_048
_URL_TEXT = re.compile(r"[!#-;=?-\[\]_a-z~]+")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST_NAME = re.compile(r"(?=.{1,254}$)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")
_NUMERIC_HOST = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*\.?", re.IGNORECASE)


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


class Signing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The secret that signs, and during a rotation the one before it."""

    secret: SecretRef
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


def _check_password(value: str) -> None:
    # RFC 7617 forbids control characters; UTF-8 is what it recommends for the rest.
    if not value or len(value) > 1_024 or not value.isprintable():
        raise ValueError("must be 1 to 1,024 printable characters")


def _check_signing_secret(value: str) -> None:
    signing_key(value)


def _field(*path: str, check: Callable[[str], None]) -> SecretField:
    return SecretField(path=path, check=check)


SECRET_FIELDS = (
    _field("auth", "value", check=check_header_value),
    _field("auth", "token", check=check_header_value),
    _field("auth", "password", check=_check_password),
    _field("signing", "secret", check=_check_signing_secret),
    _field("signing", "previous", check=_check_signing_secret),
)


def parse_settings(settings: dict[str, Any]) -> WebhookSettings:
    """Settings with references in the place of secrets, in canonical form.

    Raises BadInput with the field: `target.settings_invalid`, `target.url_invalid`, `target.username_invalid` and what
    `check_headers` raises.
    """
    try:
        parsed = msgspec.convert(settings, WebhookSettings)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$.")
        raise BadInput("target.settings_invalid", f"{what}.", field=where.rstrip("`") or None) from error
    headers = check_headers(parsed.headers)
    auth = parsed.auth
    match auth:
        case HeaderAuth(name=name):
            auth = msgspec.structs.replace(auth, name=check_header_name(name, field="auth.name"))
            if auth.name in headers:
                message = f"The header {auth.name} is set by auth already."
                raise BadInput("target.header_invalid", message, field=f"headers.{auth.name}")
        case BasicAuth(username=username):
            if ":" in username or len(username) > 256 or not username.isprintable():
                message = "A user name is at most 256 printable characters without a colon."
                raise BadInput("target.username_invalid", message, field="auth.username")
    return msgspec.structs.replace(parsed, url=parse_url(parsed.url), auth=auth, headers=headers)


def parse_url(text: str) -> str:
    """An http or https URL as it goes over the wire. Raises BadInput `target.url_invalid`; never repeats the URL.

    One that is fit to be sent stays as it was entered, byte for byte, since receivers compare or sign URLs.
    """
    if not 1 <= len(text) <= URL_LENGTH_MAX:
        raise _bad_url(f"It must be 1 to {URL_LENGTH_MAX} characters long.")
    if any(character.isspace() or not character.isprintable() for character in text):
        raise _bad_url("It contains a space or an invisible character.")
    try:
        url = URL(text, encoded=_is_clean(text))
        port = url.port
    except ValueError as error:
        raise _bad_url("It cannot be read as a URL.") from error
    if url.scheme not in ("http", "https"):
        raise _bad_url("It must begin with http:// or https://.")
    host = url.raw_host
    if not host or not port:
        raise _bad_url("It names no host, or port 0.")
    if url.raw_user is not None or url.raw_password is not None:
        raise _bad_url("It contains a user name or password: give them as auth, where they are kept as secrets.")
    if "#" in text:
        raise _bad_url("It has a fragment (#…), which is never sent.")
    _check_host(host)
    canonical = str(url)
    if len(canonical) > URL_LENGTH_MAX or not _is_clean(canonical):
        raise _bad_url(f"It cannot be percent-encoded, or is longer than {URL_LENGTH_MAX} characters when it is.")
    return canonical


def _is_clean(text: str) -> bool:
    """Whether a URL holds only characters that RFC 3986 allows, and no lone percent sign."""
    return _URL_TEXT.fullmatch(text) is not None and _LONE_PERCENT.search(text) is None


def _check_host(host: str) -> None:
    if ":" not in host and _NUMERIC_HOST.fullmatch(host) is None:
        if _HOST_NAME.fullmatch(host) is None:
            raise _bad_url("Its host is not a name that can be looked up.")
        return
    try:
        ip_address(host.partition("%")[0])
    except ValueError as error:
        raise _bad_url("Its host is a number that is not an IP address in the usual form.") from error
    if classify_address(host) is AddressClass.FORBIDDEN:
        raise _bad_url("Its address is link-local, multicast, reserved or a cloud's metadata service.")


def _bad_url(why: str) -> BadInput:
    return BadInput("target.url_invalid", f"The URL cannot be used. {why}", field="url")
