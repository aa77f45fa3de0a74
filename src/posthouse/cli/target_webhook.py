"""What a person says of a webhook on the command line, as the settings of a webhook target.

    {"url", "auth": {"kind": "none" | "header" | "bearer" | "basic", …}, "headers": {…}, "signing": null | {"secret"}}

The keys that are not said are left out, so that an edit changes only what it names. Secrets come from files, the
environment or a prompt.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import click

from posthouse.cli.exits import ExitCode, failure
from posthouse.cli.values import header_pairs, read_secret

AUTH_VARIABLE = "POSTHOUSE_TARGET_SECRET"
SIGNING_VARIABLE = "POSTHOUSE_SIGNING_SECRET"


class WebhookChoices(NamedTuple):
    """The options as they were given; None or empty where they were not."""

    url: str | None
    auth: str | None
    auth_header: str | None
    user: str | None
    token_file: str | None
    sign: bool
    sign_with: str | None
    secret_file: str | None
    headers: tuple[str, ...]


def webhook_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that both adding and editing take."""
    for decorate in (
        click.option("--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="A header for every request."),
        click.option(
            "--secret-file", metavar="F", help="Sign with the whsec_ or whsk_ secret in this file; - is standard input."
        ),
        click.option(
            "--sign-with",
            type=click.Choice(["hmac", "ed25519"]),
            help="Sign with a shared secret, or with a key pair, of which the receiver needs the public key only.",
        ),
        click.option("--sign", is_flag=True, help="Sign with a secret that is made now and shown once."),
        click.option("--token-file", metavar="F", help="The token, header value or password; - is standard input."),
        click.option("--user", metavar="NAME", help="The user name for --auth basic."),
        click.option("--auth-header", metavar="NAME", help="The header's name for --auth header, e.g. X-API-Key."),
        click.option(
            "--auth", type=click.Choice(["none", "header", "bearer", "basic"]), help="How the receiver knows it is you."
        ),
        click.option("--url", "url", metavar="URL", help="Where to POST to."),
    ):
        function = decorate(function)
    return function


def new_settings(choices: WebhookChoices, *, can_ask: bool) -> dict[str, Any]:
    """The settings of a new webhook. With `"sign": true` the daemon makes a signing secret and answers it once."""
    if not choices.url:
        raise failure("cli.usage", "Say where to POST to: --url URL.", ExitCode.USAGE)
    settings, _ = changed_settings({}, choices._replace(sign=False, sign_with=None), can_ask=can_ask)
    if (choices.sign or choices.sign_with) and choices.secret_file is None:
        settings["sign"] = True
        if choices.sign_with:
            settings["signWith"] = choices.sign_with
    return settings


def changed_settings(
    now: Mapping[str, Any], choices: WebhookChoices, *, can_ask: bool
) -> tuple[dict[str, Any], str | None]:
    """Those settings that the options change, and what verifies where a secret was made; `now` are the present ones."""
    settings: dict[str, Any] = {}
    if choices.url:
        settings["url"] = choices.url
    if choices.headers:
        settings["headers"] = dict(now.get("headers") or {}) | header_pairs(choices.headers)
    auth = choices.auth or _implied_auth(now, choices)
    if auth:
        settings["auth"] = _auth(auth, now.get("auth") or {}, choices, can_ask=can_ask)
    secret = None
    if choices.secret_file is not None:
        entered = read_secret("Signing secret", file=choices.secret_file, variable=SIGNING_VARIABLE, can_ask=False)
        settings["signing"] = {"secret": entered}
    elif choices.sign or choices.sign_with:
        from posthouse.targets.webhook_settings import (  # only this option needs it
            SigningKind,
            describe_signing,
            new_signing_secret,
        )

        made = new_signing_secret(SigningKind(choices.sign_with or "hmac"))
        settings["signing"] = {"secret": made}
        secret = describe_signing(made)["publicKey"] or made
    return settings, secret


def url_warning(url: str) -> str | None:
    """What a person should know before sending over plain http to another machine."""
    from urllib.parse import urlsplit

    from posthouse.system.addresses import is_local_address

    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return None
    if parts.scheme.lower() != "http" or not host or is_local_address(host):
        return None
    return (
        f"{host} is another machine and the URL begins with http: whoever is on the way can read your events "
        "and credentials. Use https where it offers it."
    )


def _implied_auth(now: Mapping[str, Any], choices: WebhookChoices) -> str | None:
    """Which kind `--token-file`, `--user` or `--auth-header` alone speak of: the present one, or the one that fits."""
    if choices.token_file is None and choices.user is None and choices.auth_header is None:
        return None
    present = (now.get("auth") or {}).get("kind")
    if present and present != "none":
        return str(present)
    return "basic" if choices.user else "header" if choices.auth_header else "bearer"


def _auth(kind: str, now: Mapping[str, Any], choices: WebhookChoices, *, can_ask: bool) -> dict[str, Any]:
    def secret(what: str) -> str | dict[str, bool]:
        is_kept = kind == now.get("kind") and choices.auth is None and choices.token_file is None
        if is_kept and AUTH_VARIABLE not in os.environ:
            return {"isSet": True}
        return read_secret(what, file=choices.token_file, variable=AUTH_VARIABLE, can_ask=can_ask)

    match kind:
        case "header":
            name = choices.auth_header or now.get("name")
            if not name:
                raise failure("cli.usage", "--auth header needs --auth-header NAME.", ExitCode.USAGE)
            return {"kind": "header", "name": name, "value": secret(f"Value of the header {name}")}
        case "bearer":
            return {"kind": "bearer", "token": secret("Bearer token")}
        case "basic":
            user = choices.user or now.get("username")
            if not user:
                raise failure("cli.usage", "--auth basic needs --user NAME.", ExitCode.USAGE)
            return {"kind": "basic", "username": user, "password": secret(f"Password of {user}")}
        case _:
            return {"kind": "none"}
