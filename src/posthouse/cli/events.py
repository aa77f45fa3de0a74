"""`posthouse events`: what was noticed and written down."""

from __future__ import annotations

import click

from posthouse.cli.invocation import Group, Invocation, pass_invocation
from posthouse.cli.output import Cell, fields, pretty, print_json, say, table
from posthouse.cli.values import instant
from posthouse.cli.words import instant_words

SEVERITY_COLOURS = {"success": "green", "warning": "yellow", "error": "red"}


@click.group(cls=Group, invoke_without_command=True)
@click.option("--source", metavar="S", help="Only those of this source.")
@click.option("--type", "type_", metavar="TYPE", help="Only those of this type.")
@click.option("--origin", metavar="NAME", help="Only those that this poster told of.")
@click.option("--search", metavar="TEXT", help="Only those with this in subject, type, key, origin, source or id.")
@click.option("--since", type=instant, metavar="TIME", help="Only those since (2h, 7d, 2026-03-01).")
@click.option("--until", type=instant, metavar="TIME", help="Only those longer ago, or before a date.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many.")
@click.pass_context
@pass_invocation
def events(
    invocation: Invocation,
    context: click.Context,
    source: str | None,
    type_: str | None,
    origin: str | None,
    search: str | None,
    since: int | None,
    until: int | None,
    limit: int,
) -> None:
    """List events, the newest first, or show one."""
    if context.invoked_subcommand is not None:
        return
    query = {"source": source, "type": type_, "origin": origin, "q": search, "since": since, "until": until}
    found = list(invocation.api().items("events", query=query, limit=limit))
    if invocation.is_json:
        print_json({"items": found})
        return
    table(
        ["AT", "TYPE", "SEVERITY", "ORIGIN", "SUBJECT", "ID"],
        [
            [
                instant_words(event["at"]),
                event["type"],
                Cell(event["severity"], SEVERITY_COLOURS.get(event["severity"])),
                event.get("origin"),
                event.get("subject"),
                event["id"],
            ]
            for event in found
        ],
        empty="No events yet. Try: posthouse emit hello.world",
    )


@events.command()
@click.argument("event_id", metavar="ID")
@pass_invocation
def show(invocation: Invocation, event_id: str) -> None:
    """Show one event with its data and what became of it."""
    event = invocation.api().get("events", event_id)
    if invocation.is_json:
        print_json(event)
        return
    shown = {name: value for name, value in event.items() if name not in ("data", "deliveries")}
    fields(
        (name, instant_words(value) if name.endswith("At") or name == "at" else value) for name, value in shown.items()
    )
    say(f"\nData\n{pretty(event.get('data'))}\n")
    table(
        ["TARGET", "STATUS", "ATTEMPTS", "ID"],
        [[row["target"], row["status"], row["attempts"], row["id"]] for row in event.get("deliveries") or []],
        empty="No binding wanted it.",
    )
