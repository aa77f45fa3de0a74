"""`posthouse source`: what notices, and what of it may leave."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import click

from posthouse.cli.exits import ExitCode, failure
from posthouse.cli.invocation import Group, Invocation, pass_invocation
from posthouse.cli.output import Cell, fields, note, pretty, print_json, say, table
from posthouse.cli.status import activity_cell
from posthouse.cli.words import counted


@click.group(cls=Group)
def source() -> None:
    """See what notices, look at its real data, and choose what of it may leave."""


@source.command("list")
@pass_invocation
def list_(invocation: Invocation) -> None:
    """List the sources."""
    found = list(invocation.api().items("sources"))
    if invocation.is_json:
        print_json({"items": found})
        return
    table(
        ["SOURCE", "WHAT", "STATE", "BINDINGS"],
        [[row["name"], row["title"], activity_cell(row["activity"]), row["bindings"]] for row in found],
        empty="No sources.",
    )


@source.command()
@click.argument("name", metavar="SOURCE")
@pass_invocation
def show(invocation: Invocation, name: str) -> None:
    """Show one source with its settings and properties."""
    found = invocation.api().get("sources", name)
    if invocation.is_json:
        print_json(found)
        return
    fields(
        [
            ("Source", found["name"]),
            ("What", found["title"]),
            ("Kind", f"{found['kind']} ({found['shape']})"),
            ("State", activity_cell(found["activity"]).text),
            ("Bindings", found["bindings"]),
            ("Settings", json.dumps(found["settings"], ensure_ascii=False)),
        ]
    )
    say()
    _print_properties(found)


@source.command()
@click.argument("name", metavar="SOURCE")
@pass_invocation
def enable(invocation: Invocation, name: str) -> None:
    """Start noticing."""
    _switch(invocation, name, "enable", "is enabled: it notices from now on.")


@source.command()
@click.argument("name", metavar="SOURCE")
@pass_invocation
def disable(invocation: Invocation, name: str) -> None:
    """Stop noticing. What was noticed is still delivered."""
    _switch(invocation, name, "disable", "is disabled: it notices nothing more. What waits is still delivered.")


@source.command()
@click.argument("name", metavar="SOURCE")
@click.option("--reveal", is_flag=True, help="Show sensitive values too.")
@pass_invocation
def preview(invocation: Invocation, name: str, *, reveal: bool) -> None:
    """Show what would be sent now: your own data, with sensitive values masked. Consumes and sends nothing."""
    api = invocation.api(timeout_s=120.0)
    found = api.get("sources", name, "preview", query={"reveal": "true" if reveal else None})
    if invocation.is_json:
        print_json(found)
        return
    say(pretty(found["data"]))
    note(f"Event type {found['eventType']}. {found['found']}".strip())
    if found["sensitive"] and not reveal:
        note(f"Masked: {counted(len(found['sensitive']), 'sensitive value')}. Show them with --reveal.")
    for problem in found["problems"]:
        note(problem, colour="yellow")


@source.command()
@click.argument("name", metavar="SOURCE")
@pass_invocation
def push(invocation: Invocation, name: str) -> None:
    """Read it and send it now, changed or not."""
    pushed = invocation.api(timeout_s=120.0).post("sources", name, "push")
    if invocation.is_json:
        print_json(pushed)
        return
    made = counted(pushed["deliveries"], "delivery", "deliveries")
    say(f"{counted(pushed['events'], 'event')}, {made} to make. {pushed['note'] or ''}".strip())


@source.command()
@click.argument("name", metavar="SOURCE")
@click.option("--on", "on", multiple=True, metavar="PROPERTY", help="Let this property out.")
@click.option("--off", "off", multiple=True, metavar="PROPERTY", help="Keep this property in.")
@pass_invocation
def properties(invocation: Invocation, name: str, on: tuple[str, ...], off: tuple[str, ...]) -> None:
    """Show which properties may leave, or switch some on or off. What is off leaves no trace."""
    api = invocation.api()
    choices = dict.fromkeys(on, True) | dict.fromkeys(off, False)
    if set(on) & set(off):
        _refuse(f"{', '.join(sorted(set(on) & set(off)))} cannot be both on and off.")
    found = api.patch("sources", name, body={"properties": choices}) if choices else api.get("sources", name)
    if invocation.is_json:
        print_json({"items": found["properties"]})
    else:
        _print_properties(found)


@source.command("set")
@click.argument("name", metavar="SOURCE")
@click.argument("assignments", metavar="KEY=VALUE", nargs=-1, required=True)
@pass_invocation
def set_(invocation: Invocation, name: str, assignments: tuple[str, ...]) -> None:
    """Change a source's own settings (see `source show`). A VALUE is JSON, or else text; an empty one resets."""
    api = invocation.api()
    settings: dict[str, Any] = dict(api.get("sources", name)["settings"])
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals or not key:
            _refuse(f"{assignment!r} is not KEY=VALUE.")
        if text:
            settings[key] = _value(text)
        else:
            settings.pop(key, None)
    found = api.patch("sources", name, body={"settings": settings})
    if invocation.is_json:
        print_json(found)
    else:
        say(f"{found['name']} now has {json.dumps(found['settings'], ensure_ascii=False)}")


def _switch(invocation: Invocation, name: str, verb: str, words: str) -> None:
    answer = invocation.api().post("sources", name, verb)
    if invocation.is_json:
        print_json(answer)
    else:
        say(f"{name} {words}")


def _print_properties(found: dict[str, Any]) -> None:
    table(
        ["PROPERTY", "LEAVES", "WHAT"],
        [
            [
                row["name"],
                Cell("yes", "green") if row["isOn"] else Cell("no", "bright_black"),
                row["title"] + (" (sensitive)" if row["isSensitive"] else ""),
            ]
            for row in found["properties"]
        ],
        empty="This source has no properties to choose from.",
    )


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _refuse(detail: str) -> NoReturn:
    raise failure("cli.usage", detail, ExitCode.USAGE)
