"""`posthouse target endpoints` and `target endpoint`: the addresses within a target."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from posthouse.cli.exits import ExitCode, failure
from posthouse.cli.invocation import Command, Group, Invocation, pass_invocation
from posthouse.cli.output import Cell, note, print_json, say, table
from posthouse.cli.target_fields import find_kind, new_settings
from posthouse.cli.words import health_colour, health_words, instant_words

ASK_TIMEOUT_S = 90.0


@click.command(cls=Command)
@click.argument("name", metavar="TARGET")
@click.option("--refresh", is_flag=True, help="Ask the target which it has now. What is bound stays.")
@pass_invocation
def endpoints(invocation: Invocation, name: str, *, refresh: bool) -> None:
    """List the addresses within a target and how they are."""
    api = invocation.api(timeout_s=ASK_TIMEOUT_S)
    found = api.post("targets", name, "endpoints", "refresh") if refresh else api.get("targets", name, "endpoints")
    if invocation.is_json:
        print_json(found)
        return
    table(
        ["ENDPOINT", "HEALTH", "BINDINGS", "WAITING", "NEXT PROBE", "SETTINGS"],
        [
            [
                row["name"],
                Cell("Gone", "yellow") if row["goneAt"] else Cell(health_words(row), health_colour(row)),
                row["bindings"],
                row["queued"],
                instant_words(row["nextProbeAt"]),
                json.dumps(row["settings"], ensure_ascii=False) if row["settings"] else "",
            ]
            for row in found["items"]
        ],
        empty="No endpoints. Ask the target for them: posthouse target endpoints TARGET --refresh",
    )
    if refresh:
        note(refreshed_words(name, found))


@click.group(cls=Group)
def endpoint() -> None:
    """Add a further address to a target, or remove one."""


@endpoint.command()
@click.argument("name", metavar="TARGET")
@click.argument("endpoint_name", metavar="ENDPOINT")
@click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="A setting of the endpoint.")
@pass_invocation
def add(invocation: Invocation, name: str, endpoint_name: str, assignments: tuple[str, ...]) -> None:
    """Add ENDPOINT to TARGET, where its kind lets people name some."""
    api = invocation.api()
    kind = find_kind(api, api.get("targets", name)["kind"])
    if not kind["endpointFields"]:
        detail = f"{name} is a {kind['title']} target, whose endpoints cannot be named by hand."
        raise failure("endpoint.not_addable", detail, ExitCode.FAILED)
    settings = new_settings(kind["endpointFields"], assignments, (), can_ask=invocation.can_ask)
    made = api.post("targets", name, "endpoints", body={"name": endpoint_name, "settings": settings})
    if invocation.is_json:
        print_json(made)
        return
    say(f"{name} has the endpoint {endpoint_name} now.")
    note(f"Next: posthouse bind SOURCE {name} --endpoint {endpoint_name}")


@endpoint.command()
@click.argument("name", metavar="TARGET")
@click.argument("endpoint_name", metavar="ENDPOINT")
@pass_invocation
def remove(invocation: Invocation, name: str, endpoint_name: str) -> None:
    """Remove ENDPOINT from TARGET, once nothing uses it. What was delivered there is kept."""
    removed = invocation.api().delete("targets", name, "endpoints", endpoint_name)
    if invocation.is_json:
        print_json(removed)
    else:
        say(f"{removed['name']} is removed from {name}.")


def refreshed_words(name: str, found: Mapping[str, Any]) -> str:
    """What asking a target came to, in a sentence or two."""
    parts = []
    if found["added"]:
        parts.append(f"New: {', '.join(found['added'])}.")
    if found["gone"]:
        parts.append(f"Gone: {', '.join(found['gone'])}.")
    if found["missed"]:
        parts.append(f"No longer offered, but bound, and so kept: {', '.join(found['missed'])}.")
    return " ".join(parts) or f"{name} has nothing new."
