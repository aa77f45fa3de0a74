"""The settings of an n8n target and of its webhooks, and how what a person enters becomes them.

    {"url": "https://n8n.example.com", "key": <secret>, "webhooks": "",
     "auth": {"kind": "none"} | {"kind": "header", …} | {"kind": "bearer", …} | {"kind": "basic", …}}

`key` is an API key, without which the webhooks are entered by hand. `auth` is what the webhook nodes ask for: the API
does not give it away. `webhooks` is where production webhooks are, where that is not `<url>/webhook`. An endpoint is
`{"url": "…", "method": "POST", "auth": "headerAuth", "workflow": "…", "node": "…"}`; `auth` as n8n calls it, empty
where it is not known.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from yarl import URL

from posthouse.model.errors import BadInput
from posthouse.targets.base import Choice, Field, FieldKind, SecretField, SecretRef, When
from posthouse.targets.entering import check_password, convert
from posthouse.targets.headers import check_header_value
from posthouse.targets.urls import parse_url
from posthouse.targets.webhook_settings import (
    BasicAuth,
    BearerAuth,
    HeaderAuth,
    NoAuth,
    WebhookSettings,
)
from posthouse.targets.webhook_settings import parse_settings as parse_webhook

Method = Literal["POST", "PUT", "PATCH"]
METHODS: tuple[Method, ...] = ("POST", "PUT", "PATCH")
"""Those that carry a body, the one that is preferred first."""

_TEST = ("webhook-test", "form-test", "mcp-test")
_AUTH = ("auth", "kind")


class N8nSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of it, in canonical form: addresses without a slash at their end."""

    url: str
    key: SecretRef | None = None
    auth: NoAuth | HeaderAuth | BearerAuth | BasicAuth = NoAuth()
    webhooks: str = ""

    def references(self) -> tuple[str, ...]:
        """The names of all secrets in here."""
        found = WebhookSettings(url=self.url, auth=self.auth).references()
        return found if self.key is None else (self.key.secret, *found)

    @property
    def webhook_base(self) -> str:
        """Where production webhooks are."""
        return self.webhooks or f"{self.url}/webhook"


class WebhookNode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One production webhook."""

    url: str
    method: Method = "POST"
    auth: str = ""
    workflow: str = ""
    node: str = ""


SECRET_FIELDS = (
    SecretField(path=("key",), check=check_header_value),
    SecretField(path=("auth", "value"), check=check_header_value),
    SecretField(path=("auth", "token"), check=check_header_value),
    SecretField(path=("auth", "password"), check=check_password),
)

FIELDS = (
    Field(
        path=("url",),
        label="Address of n8n",
        kind=FieldKind.URL,
        is_required=True,
        placeholder="https://n8n.example.com",
        help="Where you open n8n, not the URL of a webhook.",
    ),
    Field(
        path=("key",),
        label="API key",
        kind=FieldKind.SECRET,
        help="From n8n's settings, n8n API. With it your webhooks are found; without one you add them by their URL.",
    ),
    Field(
        path=_AUTH,
        label="What the webhooks ask for",
        kind=FieldKind.CHOICE,
        default="none",
        help="The authentication of the Webhook nodes. n8n does not give these secrets away.",
        choices=(
            Choice(value="none", label="None"),
            Choice(value="header", label="A header (Header Auth)"),
            Choice(value="basic", label="User name and password (Basic Auth)"),
            Choice(value="bearer", label="A token (JWT Auth)"),
        ),
    ),
    Field(
        path=("auth", "name"),
        label="Name of the header",
        is_required=True,
        placeholder="x-api-key",
        when=When(path=_AUTH, value="header"),
    ),
    Field(
        path=("auth", "value"),
        label="Value of the header",
        kind=FieldKind.SECRET,
        is_required=True,
        when=When(path=_AUTH, value="header"),
    ),
    Field(
        path=("auth", "token"),
        label="Token",
        kind=FieldKind.SECRET,
        is_required=True,
        when=When(path=_AUTH, value="bearer"),
    ),
    Field(path=("auth", "username"), label="User name", is_required=True, when=When(path=_AUTH, value="basic")),
    Field(
        path=("auth", "password"),
        label="Password",
        kind=FieldKind.SECRET,
        is_required=True,
        when=When(path=_AUTH, value="basic"),
    ),
    Field(
        path=("webhooks",),
        label="Address of the webhooks",
        kind=FieldKind.URL,
        is_advanced=True,
        placeholder="https://hooks.example.com/webhook",
        help="Only where production URLs begin with something else than the address of n8n and /webhook.",
    ),
)

ENDPOINT_FIELDS = (
    Field(
        path=("url",),
        label="Production URL",
        kind=FieldKind.URL,
        is_required=True,
        placeholder="https://n8n.example.com/webhook/…",
    ),
    Field(
        path=("method",),
        label="HTTP method",
        kind=FieldKind.CHOICE,
        default="POST",
        choices=tuple(Choice(value=method, label=method) for method in METHODS),
    ),
)


def parse_settings(settings: dict[str, Any]) -> N8nSettings:
    """Settings with references in the place of secrets, in canonical form.

    Raises BadInput with the field: what `webhook_settings.parse_settings` raises.
    """
    parsed = convert(settings, N8nSettings)
    url = _parse_base(parsed.url, field="url")
    if "webhook" in URL(url).parts:
        message = "This is the address of one webhook. Give the address of n8n itself; webhooks are its endpoints."
        raise BadInput("target.url_invalid", message, field="url")
    webhooks = parsed.webhooks and _parse_base(parsed.webhooks, field="webhooks")
    auth = parse_webhook({"url": url, "auth": settings.get("auth", {"kind": "none"})}).auth
    return msgspec.structs.replace(parsed, url=url, webhooks=webhooks, auth=auth)


def parse_webhook_node(settings: dict[str, Any]) -> WebhookNode:
    """An endpoint's settings. Raises BadInput `target.settings_invalid` or `target.url_invalid` with the field."""
    parsed = convert(settings, WebhookNode)
    return msgspec.structs.replace(parsed, url=_refuse_test(parse_url(parsed.url), field="url"))


def _parse_base(text: str, *, field: str) -> str:
    url = _refuse_test(parse_url(text, field=field), field=field)
    if "?" in url:
        raise BadInput("target.url_invalid", "The address of n8n has no query (?…).", field=field)
    return url.rstrip("/")


def _refuse_test(url: str, *, field: str) -> str:
    if any(part in _TEST for part in URL(url).parts):
        message = (
            "This is n8n's test URL, which works once, and only while the editor listens. "
            "Take the production URL: it has /webhook/ where this has /webhook-test/."
        )
        raise BadInput("target.url_invalid", message, field=field)
    return url
