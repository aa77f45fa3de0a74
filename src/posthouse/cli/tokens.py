"""`posthouse token`: API tokens for programs, each with no more rights than it needs."""

from __future__ import annotations

import time

import click

from posthouse.cli.invocation import Group, Invocation, pass_invocation
from posthouse.cli.output import note, print_json, say, table
from posthouse.cli.words import ago, instant_words

SCOPES = ("ingest", "read", "admin")


@click.group(cls=Group)
def token() -> None:
    """Make, list and revoke API tokens. The home's own token file stays valid beside them."""


@token.command()
@click.option("--scope", type=click.Choice(SCOPES), default="ingest", show_default=True, help="What it may do.")
@click.option("--name", metavar="N", help="What it is for.")
@pass_invocation
def create(invocation: Invocation, scope: str, name: str | None) -> None:
    """Make a token and print it, this once."""
    made = invocation.api().post("tokens", body={"name": name, "scope": scope})
    if invocation.is_json:
        print_json(made)
        return
    say(made["token"])
    note(f"This is the only time it is shown. It may be used for: {scope}.")


@token.command("list")
@pass_invocation
def list_(invocation: Invocation) -> None:
    """List the tokens, never their text."""
    found = list(invocation.api().items("tokens"))
    now_ms = time.time_ns() // 1_000_000
    if invocation.is_json:
        print_json({"items": found})
        return
    table(
        ["ID", "NAME", "SCOPE", "BEGINS", "MADE", "LAST USED"],
        [
            [
                row["id"],
                row["name"],
                row["scope"],
                row["prefix"],
                instant_words(row["createdAt"]),
                ago(row["lastUsedAt"], now_ms),
            ]
            for row in found
        ],
        empty="No tokens beside the one in the home. Make one with: posthouse token create --scope ingest --name NAME",
    )


@token.command()
@click.argument("reference", metavar="TOKEN")
@pass_invocation
def revoke(invocation: Invocation, reference: str) -> None:
    """Make a token worthless, at once. TOKEN is its ID or name."""
    revoked = invocation.api().delete("tokens", reference)
    if invocation.is_json:
        print_json(revoked)
    else:
        say(f"The token {reference} is revoked.")
