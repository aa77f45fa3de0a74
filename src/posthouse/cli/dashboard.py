"""`posthouse open` and `posthouse sessions`: getting into the dashboard, and who is in."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import click

from posthouse.cli.invocation import Command, Group, Invocation, pass_invocation
from posthouse.cli.output import note, print_json, say, table
from posthouse.cli.words import ago, instant_words


@click.command("open", cls=Command)
@click.option("--print", "is_to_print", is_flag=True, help="Print the address instead of opening a browser.")
@pass_invocation
def open_dashboard(invocation: Invocation, *, is_to_print: bool) -> None:
    """Open the dashboard in the browser, signed in. The address works once, and for a minute."""
    api = invocation.api()
    made = api.post("sessions", "code")
    # Behind the #, so that the code reaches the page and no server's log.
    url = f"{_address(api.url)}/login#code={made['code']}"
    if invocation.is_json:
        print_json({"url": url, "validS": made["validS"]})
    elif is_to_print or not has_browser() or not open_in_browser(url):
        say(url)
        note(f"Open this in a browser on this machine within {made['validS']:g} seconds. It works once.")
    else:
        say(f"Opened {_address(api.url)} in your browser.")


@click.group(cls=Group, invoke_without_command=True)
@click.pass_context
@pass_invocation
def sessions(invocation: Invocation, context: click.Context) -> None:
    """List the browsers that are signed in to the dashboard, or sign one out."""
    if context.invoked_subcommand is not None:
        return
    found = list(invocation.api().items("sessions"))
    if invocation.is_json:
        print_json({"items": found})
        return
    now_ms = time.time_ns() // 1_000_000
    table(
        ["ID", "BROWSER", "SIGNED IN", "LAST USED"],
        [[row["id"], row["browser"], instant_words(row["createdAt"]), ago(row["lastUsedAt"], now_ms)] for row in found],
        empty="No browser is signed in. Sign in with: posthouse open",
    )


@sessions.command()
@click.argument("session_id", metavar="ID", type=int, required=False)
@click.option("--all", "is_every", is_flag=True, help="Sign every browser out.")
@pass_invocation
def revoke(invocation: Invocation, session_id: int | None, *, is_every: bool) -> None:
    """Sign a browser out, at once."""
    if (session_id is None) != is_every:
        raise click.UsageError("Say which: an ID of `posthouse sessions`, or --all.")
    api = invocation.api()
    wanted: list[Any] = [row["id"] for row in list(api.items("sessions"))] if is_every else [session_id]
    ended = [api.delete("sessions", one) for one in wanted]
    if invocation.is_json:
        print_json({"items": ended})
    elif not ended:
        say("No browser was signed in.")
    for one in [] if invocation.is_json else ended:
        say(f"{one['browser']} (session {one['id']}) is signed out.")


def _address(url: str) -> str:
    """The daemon's URL for a browser: where it listens on every address, this machine's own."""
    return url.replace("//0.0.0.0", "//127.0.0.1", 1).replace("//[::]", "//[::1]", 1)


def has_browser() -> bool:
    """Whether opening one would show a person a window: a text browser in this terminal is not meant."""
    if os.environ.get("BROWSER"):
        return True
    if os.environ.get("SSH_CONNECTION"):
        return False
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_in_browser(url: str) -> bool:
    """Open a page, and say whether a browser took it."""
    import webbrowser  # 10 ms that only this command pays

    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False
