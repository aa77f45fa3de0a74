"""`posthouse servers`: the local programs that Posthouse keeps alive: what there is, what it says, and what to do."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import click

from posthouse.cli.invocation import Command, Group, Invocation, pass_invocation
from posthouse.cli.output import Cell, fields, note, print_json, say, table
from posthouse.cli.programs import asking_for_programs
from posthouse.cli.server_options import Given, body_of, server_options
from posthouse.cli.words import ago, counted, lasted, size_words

STATES: dict[str, tuple[str, str | None]] = {
    "failed": ("Failed", "red"),
    "unhealthy": ("Unhealthy", "yellow"),
    "starting": ("Starting", "cyan"),
    "running": ("Running", "green"),
    "stopping": ("Stopping", "cyan"),
    "stopped": ("Stopped", "bright_black"),
}
"""Words and colours, in the order in which servers are listed: what needs a person comes first."""

EMPTY = "No server is managed yet. Try: posthouse servers add code --preset opencode"

name_argument = click.argument("name", metavar="NAME")


@click.group(cls=Group, invoke_without_command=True)
@click.pass_context
@pass_invocation
def servers(invocation: Invocation, context: click.Context, /) -> None:
    """Show the local servers that are kept alive."""
    if context.invoked_subcommand is None:
        _list(invocation)


@servers.command("add", cls=Command)
@name_argument
@click.option("--preset", type=click.Choice(("opencode",)), help="OpenCode's own server: nothing else is needed.")
@server_options
@click.option("--no-start", is_flag=True, help="Only define it; do not start it now.")
@click.argument("argv", nargs=-1, metavar="[-- CMD…]")
@pass_invocation
def add(invocation: Invocation, /, name: str, preset: str | None, argv: tuple[str, ...], **options: Any) -> None:
    """Define a server, and start it: posthouse servers add web --port 8000 -- python3 -m http.server 8000"""
    api, is_to_start = invocation.api(), not options.pop("no_start")
    body = {"name": name, **({"preset": preset} if preset else {}), **body_of(Given(argv=argv, **options))}
    _warn_of_tunnel(body)
    found = asking_for_programs(invocation, api, lambda: api.post("servers", body=body))
    if is_to_start:
        found = api.post("servers", name, "start")
    _answer(invocation, found)


@servers.command("edit", cls=Command)
@name_argument
@server_options
@click.argument("argv", nargs=-1, metavar="[-- CMD…]")
@pass_invocation
def edit(invocation: Invocation, /, name: str, argv: tuple[str, ...], **options: Any) -> None:
    """Change what is given; it holds from the server's next start on."""
    api, body = invocation.api(), body_of(Given(argv=argv, **options))
    _warn_of_tunnel(body)
    found = asking_for_programs(invocation, api, lambda: api.patch("servers", name, body=body))
    _answer(invocation, found)
    if found["needsRestart"] and not invocation.is_json:
        note(f"It runs as it was before. To take it over: posthouse servers restart {name}")


@servers.command("show", cls=Command)
@name_argument
@pass_invocation
def show(invocation: Invocation, name: str) -> None:
    """Show one server with what it is, how it is, and what it uses."""
    found = invocation.api().get("servers", name)
    if invocation.is_json:
        print_json(found)
        return
    fields(_facts(found, time.time_ns() // 1_000_000))


@servers.command("start", cls=Command)
@name_argument
@pass_invocation
def start(invocation: Invocation, name: str) -> None:
    """Start a server; one that listens on its port already is taken over as it is."""
    api = invocation.api()
    _answer(invocation, asking_for_programs(invocation, api, lambda: api.post("servers", name, "start")))


@servers.command("stop", cls=Command)
@name_argument
@pass_invocation
def stop(invocation: Invocation, name: str) -> None:
    """Stop a server; it is killed where its grace is not enough."""
    _answer(invocation, invocation.api().post("servers", name, "stop"))


@servers.command("restart", cls=Command)
@name_argument
@pass_invocation
def restart(invocation: Invocation, name: str) -> None:
    """Stop a server and start it again, as it is defined now."""
    api = invocation.api()
    _answer(invocation, asking_for_programs(invocation, api, lambda: api.post("servers", name, "restart")))


@servers.command("remove", cls=Command)
@name_argument
@pass_invocation
def remove(invocation: Invocation, name: str) -> None:
    """Forget a server that has stopped, with its output and its secrets."""
    found = invocation.api().delete("servers", name)
    if invocation.is_json:
        print_json(found)
    else:
        say(f"{name} is not managed any more.")


@servers.command("logs", cls=Command)
@name_argument
@click.option("-n", "--lines", type=click.IntRange(1, 5_000), default=100, show_default=True, help="The last so many.")
@click.option("-f", "--follow", "is_following", is_flag=True, help="Go on with what comes, until interrupted.")
@pass_invocation
def logs(invocation: Invocation, name: str, lines: int, is_following: bool) -> None:
    """Show what a server has said."""
    found = invocation.api().get("servers", name, "output", query={"lines": lines})
    if invocation.is_json and not is_following:
        print_json(found)
        return
    for line in found["lines"]:
        say(line)
    if is_following:
        _follow(invocation, name, found["cursor"])


@servers.command("sessions", cls=Command)
@name_argument
@pass_invocation
def sessions(invocation: Invocation, name: str) -> None:
    """List the sessions of an OpenCode server, newest first."""
    _print_sessions(invocation, invocation.api().get("servers", name, "sessions"))


@servers.command("disconnect", cls=Command)
@name_argument
@click.argument("session_id", metavar="SESSION")
@pass_invocation
def disconnect(invocation: Invocation, name: str, session_id: str) -> None:
    """Delete a session at an OpenCode server, with all that was said in it."""
    _print_sessions(invocation, invocation.api().delete("servers", name, "sessions", session_id))


def _list(invocation: Invocation) -> None:
    found = invocation.api().get("servers")
    if invocation.is_json:
        print_json(found)
        return
    now_ms, ranks = time.time_ns() // 1_000_000, {state: rank for rank, state in enumerate(STATES)}
    table(
        ["SERVER", "STATE", "SINCE", "WHERE", "PID", "CPU", "MEMORY", "RESTARTS", "WHY"],
        [
            [
                one["name"],
                _state(one),
                ago(one["since"], now_ms) if one["since"] else "",
                one["url"] or "",
                one["pid"],
                _cpu(one["figures"]),
                _memory(one["figures"]),
                one["restarts"] or "",
                one["detail"] if one["state"] != "running" else "",
            ]
            for one in sorted(found["items"], key=lambda one: (ranks.get(one["state"], len(ranks)), one["name"]))
        ],
        empty=EMPTY,
    )


def _answer(invocation: Invocation, found: Mapping[str, Any]) -> None:
    if invocation.is_json:
        print_json(found)
        return
    words, colour = STATES.get(found["state"], (str(found["state"]), None))
    why = f": {found['detail']}" if found["detail"] else ""
    say(f"{found['name']}: {words.lower()}{why}", colour=colour)


def _facts(one: Mapping[str, Any], now_ms: int) -> list[tuple[str, object]]:
    definition, figures, tunnel = one["definition"], one["figures"] or {}, one["tunnel"]
    uptime_s = figures.get("uptimeS")
    facts = [
        ("Server", one["name"]),
        ("State", f"{_state(one).text}{': ' + one['detail'] if one['detail'] else ''}"),
        ("Since", ago(one["since"], now_ms) if one["since"] else ""),
        ("Command", " ".join(definition["command"])),
        ("Folder", definition["folder"] or "the home folder"),
        ("Where", one["url"]),
        ("Version", one["version"]),
        ("Process", one["pid"]),
        ("Processor", _cpu(one["figures"])),
        ("Memory", _memory(one["figures"])),
        ("Up", None if uptime_s is None else lasted(uptime_s)),
        ("Restarts", one["restarts"]),
        ("Sessions", one["sessions"]),
        ("Restart", definition["restart"]),
        ("With Posthouse", "starts" if definition["autostart"] else "does not start"),
        ("Without it", "goes on" if definition["keepRunning"] else "stops"),
        ("Secret variables", ", ".join(definition["secretEnv"])),
    ]
    if one["needsRestart"]:
        facts.append(("Edited", "it runs as it was before, until it is restarted"))
    if tunnel is not None:
        facts.append(("Tunnel", f"{tunnel['url'] or 'no address yet'} ({tunnel['state']})"))
    return facts


def _state(one: Mapping[str, Any]) -> Cell:
    return Cell(*STATES.get(one["state"], (str(one["state"]), None)))


def _cpu(figures: Mapping[str, Any] | None) -> str:
    percent = (figures or {}).get("cpuPercent")
    return "" if percent is None else f"{percent:.1f} %"


def _memory(figures: Mapping[str, Any] | None) -> str:
    count = (figures or {}).get("memoryBytes")
    return "" if count is None else size_words(count)


def _follow(invocation: Invocation, name: str, cursor: str) -> None:
    from posthouse.cli.live_stream import follow  # what only this needs

    def where() -> tuple[str, str | None]:
        url = invocation.url
        return url, invocation.token_for(url)

    for said in follow(where, path=f"/api/servers/{quote(name, safe='')}/output/stream", cursor=cursor):
        if invocation.is_json:
            click.echo(_json_line(said))
        elif "text" in said:
            click.echo(_shown(said["text"]), nl=False)
        else:
            note("… something was cut here …")


def _json_line(said: Any) -> str:
    import json

    return json.dumps(said, ensure_ascii=False)


def _shown(text: str) -> str:
    from posthouse.cli.output import harmless

    return harmless(text, keep_lines=True)


def _print_sessions(invocation: Invocation, found: Mapping[str, Any]) -> None:
    if invocation.is_json:
        print_json(found)
        return
    now_ms = time.time_ns() // 1_000_000
    table(
        ["SESSION", "STATE", "UPDATED", "FOLDER", "TITLE"],
        [
            [one["id"], one["state"], ago(one["updatedAt"], now_ms), one["folder"], one["title"]]
            for one in found["items"]
        ],
        empty="It has no sessions.",
    )
    if found["items"]:
        note(counted(len(found["items"]), "session"))


def _warn_of_tunnel(body: Mapping[str, Any]) -> None:
    if body.get("tunnel"):
        note("A tunnel opens this server to everyone on the internet who knows its address.", colour="yellow")
