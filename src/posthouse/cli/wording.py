"""`posthouse wording`: what a filter, a message or a body would make of a source's newest events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from posthouse.cli.binding_options import filter_of, shape_of
from posthouse.cli.invocation import Command, Invocation, pass_invocation
from posthouse.cli.output import fields, note, print_json, say, table
from posthouse.cli.wording_options import WHERE, wording_options

READ_TIMEOUT_S = 120.0
_UNUSED = {"types": (), "origins": (), "severity_min": None, "preset": None, "headers": (), "without": ()}


@click.command(cls=Command)
@click.argument("source", metavar="SOURCE")
@click.option("--event", metavar="ID", help="Try it on this event, instead of the newest five.")
@click.option("--fields", "is_fields", is_flag=True, help="List what of the newest event can be said.")
@click.option("--format", "format_", type=click.Choice(["cloudevents", "raw"]), help="How the body is wrapped.")
@WHERE
@wording_options
@pass_invocation
def wording(invocation: Invocation, /, source: str, event: str | None, is_fields: bool, **how: Any) -> None:
    """Try a filter, a message or a body on the newest events of SOURCE. Nothing is sent or kept.

    What pleases goes to posthouse bind with the same options.
    """
    given = {**_UNUSED, **how}
    wanted = {"source": source, "event": event, "filter": filter_of(given), "shape": shape_of(given)}
    body = {name: value for name, value in wanted.items() if value}
    found = invocation.api(timeout_s=READ_TIMEOUT_S).post("templates", "preview", body=body)
    if invocation.is_json:
        print_json(found)
    elif is_fields:
        rows = [[one["expression"], one["sample"]] for one in found["fields"]]
        table(["EXPRESSION", "SAYS"], rows, empty=f"{source} has told nothing yet.")
    elif not found["events"]:
        say(f"{source} has told nothing yet. Try: posthouse emit TYPE")
    else:
        _show(found["events"])


def _show(events: list[Mapping[str, Any]]) -> None:
    for number, one in enumerate(events):
        if number:
            say()
        error, message = one["error"], one["message"]
        pairs: list[tuple[str, object]] = [("Event", f"{one['type']} {one['subject'] or ''}".strip())]
        pairs.append(("Goes", {True: "yes", False: "no, the filter keeps it", None: "nobody knows"}[one["isWanted"]]))
        if message is not None:
            pairs += [("Title", message["title"]), ("Message", message["body"])]
            pairs += [("Priority", message["priority"]), ("Tags", ", ".join(message["tags"]) or "none")]
            pairs += [("Opens", message["click"])] if message["click"] else []
        if one["body"] is not None:
            pairs.append(("Body", one["body"]))
        fields(pairs)
        if error is not None:
            place = f"{error['field']}, character {error['position'] + 1}"
            note(f"This event would be given up. {place}: {error['detail']}", colour="red")
