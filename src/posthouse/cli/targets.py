"""`posthouse target`: where deliveries go; connected, checked, paused, edited and removed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from posthouse.cli.bindings import remove_asking
from posthouse.cli.exits import CommandFailed, ExitCode
from posthouse.cli.invocation import Group, Invocation, pass_invocation
from posthouse.cli.output import Cell, fields, note, print_json, say, table
from posthouse.cli.target_webhook import WebhookChoices, changed_settings, new_settings, url_warning, webhook_options
from posthouse.cli.words import counted, health_colour, health_words, instant_words

_CHECK_TIMEOUT_S = 90.0


@click.group(cls=Group)
def target() -> None:
    """Connect the places where events go, and look after them."""


@target.group(cls=Group)
def add() -> None:
    """Add a target. It is checked before it is saved."""


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
    if invocation.is_json:
        print_json(answer)
        return
    checked = "saved without a check" if no_check else "checked and saved"
    say(f"{name} is {checked}: {answer['target']['settings']['url']}")
    if answer["secret"]:
        _print_secret(answer["secret"])
    note(f"Next: posthouse bind SOURCE {name}")


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
                row["settings"].get("url"),
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
@webhook_options
@pass_invocation
def edit(invocation: Invocation, /, name: str, new_name: str | None, **options: Any) -> None:
    """Change a target. What waits is sent by the new settings."""
    api = invocation.api(timeout_s=_CHECK_TIMEOUT_S)
    found = api.get("targets", name)
    settings, made_secret = changed_settings(found["settings"], WebhookChoices(**options), can_ask=invocation.can_ask)
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
    if made_secret:
        _print_secret(made_secret)


@target.command("rotate-secret")
@click.argument("name", metavar="TARGET")
@pass_invocation
def rotate_secret(invocation: Invocation, name: str) -> None:
    """Sign with a fresh secret as well as the old one, and print the fresh one, this once."""
    answer = invocation.api().post("targets", name, "rotate-secret")
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
    say(f"Signing secret: {secret}")
    note("This is the only time it is shown. Give it to the receiver, which verifies `webhook-signature` with it.")
