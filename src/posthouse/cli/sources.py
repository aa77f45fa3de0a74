"""`posthouse source`: what notices, and what of it may leave."""

from __future__ import annotations

import json
import shlex
import time
from typing import Any

import click

from posthouse.cli.bindings import READ_TIMEOUT_S, print_pushed, remove_asking
from posthouse.cli.exits import CommandFailed, ExitCode, failure
from posthouse.cli.invocation import Group, Invocation, pass_invocation
from posthouse.cli.output import Cell, fields, note, pretty, print_json, say, table
from posthouse.cli.programs import asking_for_programs
from posthouse.cli.source_kinds import find_kind, print_kind, print_kinds, settings_from
from posthouse.cli.status import activity_cell
from posthouse.cli.values import limit_s
from posthouse.cli.words import counted, exact_span, next_words


@click.group(cls=Group)
def source() -> None:
    """See and add what notices, look at its real data, and choose what of it may leave."""


@source.command("list")
@pass_invocation
def list_(invocation: Invocation) -> None:
    """List the sources."""
    found = list(invocation.api().items("sources"))
    if invocation.is_json:
        print_json({"items": found})
        return
    now_ms = time.time_ns() // 1_000_000
    table(
        ["SOURCE", "WHAT", "BINDINGS", "NEXT", "STATE"],
        [
            [
                row["name"],
                row["title"],
                row["bindings"],
                next_words(row["activity"]["nextRunAt"], now_ms),
                activity_cell(row["activity"]),
            ]
            for row in found
        ],
        empty="No sources.",
    )


@source.command()
@click.argument("kind", metavar="[KIND]", required=False)
@pass_invocation
def kinds(invocation: Invocation, kind: str | None) -> None:
    """List the kinds of sources, or show what the settings and properties of one are."""
    api = invocation.api()
    found = api.get("source-kinds")["items"] if kind is None else [find_kind(api, kind)]
    if invocation.is_json:
        print_json({"items": found} if kind is None else found[0])
    elif kind is None:
        print_kinds(found)
    else:
        print_kind(found[0])


@source.command()
@click.argument("kind", metavar="KIND")
@click.argument("name", metavar="NAME")
@click.argument("assignments", metavar="[KEY=VALUE]...", nargs=-1)
@click.option("--on", "on", multiple=True, metavar="PROPERTY", help="Let this property out.")
@click.option("--off", "off", multiple=True, metavar="PROPERTY", help="Keep this property in.")
@click.option("--expect-within", metavar="TIME", help="Tell when nothing was heard of it for so long, e.g. '26h'.")
@pass_invocation
def add(
    invocation: Invocation,
    kind: str,
    name: str,
    assignments: tuple[str, ...],
    *,
    on: tuple[str, ...],
    off: tuple[str, ...],
    expect_within: str | None,
) -> None:
    """Add a source of a KIND with its settings (see `source kinds KIND`). It notices nothing before it is bound.

    A VALUE is text, or JSON where the setting is no text. A setting that is a list may be given several times.
    """
    choices = _choices(on, off)
    silence_s = None if expect_within is None else limit_s(expect_within)
    api = invocation.api()
    settings = settings_from(assignments, find_kind(api, kind)["settings"], {})
    wanted = {"kind": kind, "name": name, "settings": settings, "properties": choices, "silenceS": silence_s}
    found = api.post("sources", body=wanted)
    if invocation.is_json:
        print_json(found)
        return
    typed = shlex.quote(found["name"])
    say(f"{found['name']} is added. It is off until it is bound.")
    note(f"See what it would send: posthouse source preview {typed}")
    note(f"Then: posthouse bind {typed} TARGET{' --daily' if found['needsSchedule'] else ''}")


@source.command()
@click.argument("name", metavar="SOURCE")
@click.option(
    "--waiting", type=click.Choice(["deliver", "dismiss"]), help="Deliver or dismiss what still waits; asked otherwise."
)
@pass_invocation
def remove(invocation: Invocation, name: str, waiting: str | None) -> None:
    """Remove a source with its bindings and all that it remembers. The events that it told stay on record."""
    api = invocation.api()
    command = f"posthouse source remove {shlex.quote(name)}"
    try:
        remove_asking(invocation, api, ("sources", name), waiting, command)
    except CommandFailed as failed:
        if failed.code != "source.is_bound":
            raise
        if not invocation.can_ask:
            detail = f"{name} is bound, and its bindings go with it. To end them too: {command} --waiting deliver"
            raise CommandFailed({**failed.problem, "detail": detail, "field": None}, ExitCode.FAILED) from failed
        click.confirm(f"{name} is bound, and nothing waits. End its bindings too?", abort=True, err=True)
        api.delete("sources", name, query={"waiting": "deliver"})
    if invocation.is_json:
        print_json({"name": name, "removed": True, "waiting": waiting})
    else:
        say(f"{name} is gone.")


@source.command()
@click.argument("name", metavar="SOURCE")
@click.argument("within", metavar="TIME|never")
@pass_invocation
def expect(invocation: Invocation, name: str, within: str) -> None:
    """Tell (as an event of the source `posthouse`) when nothing was heard of a source for so long, e.g. 26h."""
    found = invocation.api().patch("sources", name, body={"silenceS": limit_s(within)})
    if invocation.is_json:
        print_json(found)
    elif found["silenceS"] is None:
        say(f"Nothing is expected of {found['name']} any more.")
    else:
        say(f"It is told of when nothing was heard of {found['name']} for {exact_span(found['silenceS'])}.")


@source.command()
@click.argument("name", metavar="SOURCE")
@pass_invocation
def show(invocation: Invocation, name: str) -> None:
    """Show one source with its settings and properties."""
    found = invocation.api().get("sources", name)
    if invocation.is_json:
        print_json(found)
        return
    silence_s = found["silenceS"]
    pairs = [
        ("Source", found["name"]),
        ("What", found["title"]),
        ("Kind", f"{found['kind']} ({found['shape']})"),
        ("State", activity_cell(found["activity"]).text),
        ("Next run", next_words(found["activity"]["nextRunAt"], time.time_ns() // 1_000_000)),
        ("Bindings", found["bindings"]),
        ("Told of", "–" if silence_s is None else f"when nothing was heard of it for {exact_span(silence_s)}"),
        ("Settings", json.dumps(found["settings"], ensure_ascii=False)),
    ]
    fields(pairs if found["problem"] is None else [*pairs, ("Problem", found["problem"])])
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
    api = invocation.api(timeout_s=READ_TIMEOUT_S)
    query = {"reveal": "true" if reveal else None}
    found = asking_for_programs(invocation, api, lambda: api.get("sources", name, "preview", query=query))
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
    print_pushed(invocation, invocation.api(timeout_s=READ_TIMEOUT_S).post("sources", name, "push"))


@source.command()
@click.argument("name", metavar="SOURCE")
@click.option("--on", "on", multiple=True, metavar="PROPERTY", help="Let this property out.")
@click.option("--off", "off", multiple=True, metavar="PROPERTY", help="Keep this property in.")
@pass_invocation
def properties(invocation: Invocation, name: str, on: tuple[str, ...], off: tuple[str, ...]) -> None:
    """Show which properties may leave, or switch some on or off. What is off leaves no trace."""
    api = invocation.api()
    choices = _choices(on, off)
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
    """Change a source's own settings (see `source kinds KIND`). An empty VALUE takes a setting back to its default."""
    api = invocation.api()
    present = api.get("sources", name)
    settings = settings_from(assignments, find_kind(api, present["kind"])["settings"], present["settings"])
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


def _choices(on: tuple[str, ...], off: tuple[str, ...]) -> dict[str, bool]:
    both = sorted(set(on) & set(off))
    if both:
        raise failure("cli.usage", f"{', '.join(both)} cannot be both on and off.", ExitCode.USAGE)
    return dict.fromkeys(on, True) | dict.fromkeys(off, False)
