"""`posthouse target`: where deliveries go; connected, checked, paused, edited and removed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import click

from posthouse.cli.bindings import remove_asking
from posthouse.cli.client import Api
from posthouse.cli.exits import CommandFailed, ExitCode, failure
from posthouse.cli.invocation import Command, Group, Invocation, pass_invocation
from posthouse.cli.output import Cell, fields, note, print_json, say, table
from posthouse.cli.programs import asking_for_programs
from posthouse.cli.target_endpoints import endpoint, endpoints
from posthouse.cli.target_fields import changed_settings as changed_fields
from posthouse.cli.target_fields import find_kind, is_secret_file, print_kind, print_kinds
from posthouse.cli.target_fields import new_settings as new_fields
from posthouse.cli.target_sign_in import sign_in_again, signed_in
from posthouse.cli.target_webhook import WebhookChoices, changed_settings, new_settings, url_warning, webhook_options
from posthouse.cli.words import counted, health_colour, health_words, instant_words

_CHECK_TIMEOUT_S = 90.0
_ANY_KIND = "KIND"
"""Stands in the help for the kinds that have no command of their own."""


@click.group(cls=Group)
def target() -> None:
    """Connect the places where events go, and look after them."""


class _Kinds(Group):
    """A command for every kind: a webhook has options of its own, all others are asked for by their description."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), _ANY_KIND]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, cmd_name) or _adding(cmd_name)


@target.group(cls=_Kinds)
def add() -> None:
    """Add a target. It is checked before it is saved. See the kinds: posthouse target kinds"""


def _adding(kind_name: str) -> click.Command:
    """The command that adds a target of a kind, whether or not there is such a kind."""

    @click.command(kind_name, cls=Command)
    @click.option("--name", metavar="N", help="What to call it; asked for otherwise.")
    @click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="A setting of it.")
    @click.option(
        "--secret-file", "secret_files", multiple=True, metavar="FIELD=F", help="A secret of it; - is standard input."
    )
    @click.option("--no-check", is_flag=True, help="Save it without asking it first.")
    @pass_invocation
    def adding(
        invocation: Invocation,
        /,
        name: str | None,
        assignments: tuple[str, ...],
        secret_files: tuple[str, ...],
        *,
        no_check: bool,
    ) -> None:
        """Add a target of any kind; what is needed and was not said is asked for.

        Secrets are never arguments: give them in a file, in POSTHOUSE_TARGET_<FIELD>, or type them when asked.
        """
        api = invocation.api(timeout_s=_CHECK_TIMEOUT_S)
        kind = find_kind(api, kind_name)
        if name is None and not invocation.can_ask:
            raise failure("cli.usage", "Say what to call it: --name N", ExitCode.USAGE)
        name = name or str(click.prompt("What to call it", default=kind_name, err=True))
        settings = new_fields(kind["fields"], assignments, secret_files, can_ask=invocation.can_ask)
        settings = signed_in(api, kind, settings, can_ask=invocation.can_ask)
        body = {"kind": kind_name, "name": name, "settings": settings, "check": not no_check}
        answer = asking_for_programs(invocation, api, lambda: api.post("targets", body=body))
        _print_made(invocation, name, answer, is_checked=not no_check)

    return adding


@target.command()
@click.argument("kind", metavar="[KIND]", required=False)
@pass_invocation
def kinds(invocation: Invocation, kind: str | None) -> None:
    """List the kinds of targets that can be added, or show what one needs."""
    api = invocation.api()
    found = find_kind(api, kind) if kind else api.get("target-kinds")
    if invocation.is_json:
        print_json(found)
    elif kind:
        print_kind(found)
    else:
        print_kinds(found["items"])


target.add_command(endpoints)
target.add_command(endpoint)
target.add_command(sign_in_again)


@add.command()
@click.option("--name", required=True, metavar="N", help="What to call it.")
@webhook_options
@click.option("--no-check", is_flag=True, help="Save it without posting a posthouse.check event to it first.")
@pass_invocation
def webhook(invocation: Invocation, /, name: str, *, no_check: bool, **options: Any) -> None:
    """Add a webhook: events are POSTed to a URL, signed as Standard Webhooks where --sign is given.

    Secrets are never arguments: give them in a file, in POSTHOUSE_TARGET_SECRET or POSTHOUSE_SIGNING_SECRET, or type
    them when asked.
    """
    settings = new_settings(WebhookChoices(**options), can_ask=invocation.can_ask)
    if warning := url_warning(settings["url"]):
        note(warning, colour="yellow")
    body = {"kind": "webhook", "name": name, "settings": settings, "check": not no_check}
    answer = invocation.api(timeout_s=_CHECK_TIMEOUT_S).post("targets", body=body)
    _print_made(invocation, name, answer, is_checked=not no_check)


@target.command("list")
@pass_invocation
def list_(invocation: Invocation) -> None:
    """List the targets and how they are."""
    found = list(invocation.api().items("targets"))
    if invocation.is_json:
        print_json({"items": found})
        return
    table(
        ["TARGET", "KIND", "HEALTH", "ADDRESS"],
        [
            [
                row["name"],
                row["kind"],
                Cell(health_words(row["health"]), health_colour(row["health"])),
                _address(row["settings"]),
            ]
            for row in found
        ],
        empty="No targets yet. Add one with: posthouse target add webhook --name NAME --url URL",
    )


@target.command()
@click.argument("name", metavar="TARGET")
@pass_invocation
def show(invocation: Invocation, name: str) -> None:
    """Show one target with its settings (never its secrets) and its health."""
    api = invocation.api()
    found, health = api.get("targets", name), api.get("targets", name, "health")
    if invocation.is_json:
        print_json({**found, "health": health})
        return
    fields(
        [
            ("Target", found["name"]),
            ("Kind", found["kind"]),
            ("Health", health_words(found["health"])),
            ("Waiting", health["queued"]),
            ("Added", instant_words(found["createdAt"])),
            ("Settings", json.dumps(found["settings"], ensure_ascii=False)),
        ]
    )
    say()
    table(
        ["ENDPOINT", "HEALTH", "WAITING", "FAILURES IN A ROW", "NEXT PROBE"],
        [
            [
                row["name"],
                Cell(health_words(row), health_colour(row)),
                row["queued"],
                row["consecutiveFailures"],
                instant_words(row["nextProbeAt"]),
            ]
            for row in health["endpoints"]
        ],
        empty="No endpoints.",
    )


@target.command()
@click.argument("name", metavar="TARGET")
@pass_invocation
def test(invocation: Invocation, name: str) -> int:
    """Post a signed posthouse.check event to it, and say what came back."""
    return _try(invocation, name, "test", f"{name} answered as it should.")


@target.command()
@click.argument("name", metavar="TARGET")
@pass_invocation
def reconnect(invocation: Invocation, name: str) -> int:
    """Check it, and where that passes, send what waits, a few at a time at first."""
    return _try(invocation, name, "reconnect", f"{name} is connected again.")


@target.command()
@click.argument("name", metavar="TARGET")
@pass_invocation
def pause(invocation: Invocation, name: str) -> int:
    """Send nothing to it until it is resumed. What comes meanwhile waits."""
    return _try(invocation, name, "pause", f"{name} is paused. Go on with: posthouse target resume {name}")


@target.command()
@click.argument("name", metavar="TARGET")
@pass_invocation
def resume(invocation: Invocation, name: str) -> int:
    """Send again what waits, a few at a time at first."""
    return _try(invocation, name, "resume", f"{name} goes on.")


@target.command()
@click.argument("name", metavar="TARGET")
@click.option("--name", "new_name", metavar="N", help="Call it this from now on.")
@click.option(
    "--set", "assignments", multiple=True, metavar="KEY=VALUE", help="A setting; an empty VALUE takes it out."
)
@webhook_options
@pass_invocation
def edit(
    invocation: Invocation, /, name: str, new_name: str | None, assignments: tuple[str, ...], **options: Any
) -> None:
    """Change a target. What waits is sent by the new settings.

    --set KEY=VALUE and --secret-file FIELD=F change a target of any kind; the other options are those of a webhook.
    """
    api = invocation.api(timeout_s=_CHECK_TIMEOUT_S)
    found = api.get("targets", name)
    settings, made_secret = _changed(invocation, api, found, assignments, options)
    body: dict[str, Any] = {"settings": settings} if settings else {}
    if new_name:
        body["name"] = new_name
    if not body:
        raise click.UsageError("Say what to change, e.g. --url URL. See posthouse target edit --help.")
    if settings and (warning := url_warning(str(settings.get("url", "")))):
        note(warning, colour="yellow")
    answer = api.patch("targets", name, body=body)
    if invocation.is_json:
        print_json({**answer, "secret": made_secret} if made_secret else answer)
        return
    say(f"{new_name or name} is changed.")
    if secret := made_secret or answer.get("secret"):
        _print_secret(secret)


@target.command("rotate-secret")
@click.argument("name", metavar="TARGET")
@click.option("--with", "kind", type=click.Choice(["hmac", "ed25519"]), help="Change over to this; else as now.")
@pass_invocation
def rotate_secret(invocation: Invocation, name: str, kind: str | None) -> None:
    """Sign with a fresh secret as well as the old one, and print what the receiver needs of it."""
    answer = invocation.api().post("targets", name, "rotate-secret", query={"with": kind})
    if invocation.is_json:
        print_json(answer)
    else:
        _print_secret(answer["secret"])


@target.command()
@click.argument("name", metavar="TARGET")
@click.option(
    "--waiting",
    type=click.Choice(["deliver", "dismiss"]),
    help="Deliver or dismiss what still waits; asked for otherwise.",
)
@pass_invocation
def remove(invocation: Invocation, name: str, waiting: str | None) -> None:
    """Remove a target with its bindings and secrets. Says what still waits, and asks about it."""
    remove_asking(invocation, invocation.api(), ("targets", name), waiting, f"posthouse target remove {name}")
    if invocation.is_json:
        print_json({"name": name, "removed": True, "waiting": waiting})
    else:
        say(f"{name} is removed.")


def _changed(
    invocation: Invocation, api: Api, found: Mapping[str, Any], assignments: Sequence[str], options: Mapping[str, Any]
) -> tuple[dict[str, Any], str | None]:
    """What is to change of a target's settings, and the signing secret where one was made here."""
    file = options["secret_file"]
    settings: dict[str, Any] = {}
    if assignments or (file and "=" in file) or found["kind"] != "webhook":
        kind_fields = find_kind(api, found["kind"])["fields"]
        is_field = file is not None and is_secret_file(file, kind_fields)
        files = [file] if is_field else []
        if is_field:
            options = {**options, "secret_file": None}
        if found["kind"] != "webhook" and any(options.values()):
            detail = f"That option is a webhook's. Of {found['name']} change: --set KEY=VALUE, --secret-file FIELD=F"
            raise failure("cli.usage", detail, ExitCode.USAGE)
        settings = changed_fields(kind_fields, found["settings"], assignments, files, can_ask=invocation.can_ask)
    changed, secret = changed_settings(found["settings"], WebhookChoices(**options), can_ask=invocation.can_ask)
    return settings | changed, secret


def _address(settings: Mapping[str, Any]) -> str | None:
    """Where it sends to, unless that is a secret itself."""
    url = settings.get("url")
    return url if isinstance(url, str) else None


def _print_made(invocation: Invocation, name: str, answer: Mapping[str, Any], *, is_checked: bool) -> None:
    if invocation.is_json:
        print_json(answer)
        return
    made = answer["target"]
    address = _address(made["settings"])
    say(
        f"{name} is {'checked and saved' if is_checked else 'saved without a check'}"
        + (f": {address}" if address else ".")
    )
    if answer["secret"]:
        _print_secret(answer["secret"])
    several = [one["name"] for one in made.get("endpoints", ()) if not one["goneAt"]]
    which = " --endpoint E" if len(several) > 1 else ""
    note(f"Next: posthouse bind SOURCE {name}{which}" + (f" ({', '.join(several)})" if which else ""))


def _try(invocation: Invocation, name: str, verb: str, words: str) -> int:
    """Act on a target and say how it went; a refusal by the target itself is exit code 1."""
    answer = invocation.api(timeout_s=_CHECK_TIMEOUT_S).post("targets", name, verb)
    if invocation.is_json:
        print_json(answer)
    elif answer["ok"]:
        going = counted(answer["resumed"], "delivery goes", "deliveries go")
        resumed = f" {going} out now." if answer["resumed"] else ""
        say(words + resumed)
    else:
        raise CommandFailed(_problem(name, answer), ExitCode.FAILED)
    return ExitCode.OK if answer["ok"] else ExitCode.FAILED


def _problem(name: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    detail = answer["error"] or f"{name} did not answer as it should."
    return {"code": "target.check_failed", "detail": detail, "diagnosis": answer["diagnosis"]}


def _print_secret(secret: str) -> None:
    if secret.startswith("whpk_"):
        say(f"Public key: {secret}")
        note("Give it to the receiver, which verifies `webhook-signature` with it. It is shown with the target, too.")
        return
    say(f"Signing secret: {secret}")
    note("This is the only time it is shown. Give it to the receiver, which verifies `webhook-signature` with it.")
