"""`posthouse peers`: which hosts are on the local network, when each was heard last, and a word to one of them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import click

from posthouse.cli.exits import ExitCode, failure
from posthouse.cli.invocation import Group, Invocation, pass_invocation
from posthouse.cli.output import Cell, fields, note, print_json, say, table
from posthouse.cli.values import duration_s
from posthouse.cli.words import ago, counted, exact_span, instant_words

STATES: dict[str, tuple[str, str]] = {
    "online": ("Online", "green"),
    "suspect": ("Silent, being asked", "yellow"),
    "offline": ("Offline", "red"),
    "left": ("Left", "bright_black"),
}
"""Words and colours, in the order in which peers are listed."""

OFF_WORDS = "Peers are off: this machine neither looks for others nor shows itself. Switch it on: posthouse peers on"
ON_WORDS = (
    "On: this machine is announced on the local network by its user's and its own name, to everybody there, "
    "and hears who else is."
)
SEND_TIMEOUT_S = 10.0


@click.group(cls=Group, invoke_without_command=True)
@click.pass_context
@pass_invocation
def peers(invocation: Invocation, context: click.Context, /) -> None:
    """List the hosts on the local network, and when each was heard last."""
    if context.invoked_subcommand is None:
        _print(invocation, invocation.api().get("peers"))


@peers.command()
@pass_invocation
def on(invocation: Invocation) -> None:
    """Look for others, and announce this machine to everybody on the local network."""
    found = invocation.api().post("sources", "peers", "enable")
    if invocation.is_json:
        print_json(found)
    else:
        say(ON_WORDS, colour="green")


@peers.command()
@pass_invocation
def off(invocation: Invocation) -> None:
    """Say good-bye to everybody, and look no more. Who was known stays listed."""
    found = invocation.api().post("sources", "peers", "disable")
    if invocation.is_json:
        print_json(found)
    else:
        say("Off: this machine is announced no more.")


@peers.command()
@click.option("--heartbeat", metavar="TIME", help="How often this machine is heard (60s); 10 s to 10 min.")
@click.option("--timeout", "timeout", metavar="TIME", help="How long a peer may be silent (3m); 30 s to 1 h.")
@click.option("--fast", "preset", flag_value="fast", help="Notice within 40 s that somebody vanished.")
@click.option("--standard", "preset", flag_value="standard", help="A heartbeat a minute, a timeout of three.")
@pass_invocation
def config(invocation: Invocation, heartbeat: str | None, timeout: str | None, preset: str | None) -> None:
    """Show how soon others count as gone, or change it; it holds at once."""
    patch: dict[str, Any] = {}
    if heartbeat is not None:
        patch["heartbeatInterval"] = duration_s(heartbeat)
    if timeout is not None:
        patch["peerTimeout"] = duration_s(timeout)
    if preset is not None:
        patch["preset"] = preset
    api = invocation.api()
    found = api.put("peers", "config", body=patch) if patch else api.get("peers", "config")
    if invocation.is_json:
        print_json(found)
        return
    fields(
        [
            ("Heartbeat", f"every {exact_span(found['heartbeatInterval'])}"),
            ("Timeout", f"{exact_span(found['peerTimeout'])} of silence"),
            ("Preset", found["preset"]),
        ]
    )


@peers.command()
@pass_invocation
def stats(invocation: Invocation) -> None:
    """Show what was sent, noticed and forgotten, and when last."""
    found = invocation.api().get("peers", "stats")
    if invocation.is_json:
        print_json(found)
        return
    fields(
        [
            ("Heartbeats sent", f"{found['heartbeatsSent']}, last {_when(found['lastHeartbeatAt'])}"),
            ("Timeouts", f"{found['timeoutsDetected']}, last looked {_when(found['lastTimeoutCheck'])}"),
            ("Forgotten peers", f"{found['peersCleanedUp']}, last looked {_when(found['lastCleanupAt'])}"),
            ("Packets", f"{found['packetsNotUnderstood']} made no sense, {found['packetsDropped']} dropped in a flood"),
        ]
    )


@peers.command()
@click.argument("name", metavar="NAME")
@click.argument("text", metavar="TEXT")
@pass_invocation
def send(invocation: Invocation, name: str, text: str) -> None:
    """Send TEXT to the peer NAME: a name, user@host, host or address. It goes unencrypted."""
    if not text.strip():
        raise failure("cli.usage", "Say something: the text is empty.", ExitCode.USAGE)
    found = invocation.api(timeout_s=SEND_TIMEOUT_S).post("peers", "messages", body={"to": name, "text": text})
    if invocation.is_json:
        print_json(found)
    elif found["isConfirmed"]:
        say(f"{found['to']['name']} has it.", colour="green")
    else:
        say(f"Sent, but {found['to']['host']} did not confirm it: it may not have come.", colour="yellow")


def _print(invocation: Invocation, found: Mapping[str, Any]) -> None:
    if invocation.is_json:
        print_json(found)
        return
    now_ms = time.time_ns() // 1_000_000
    if found["items"]:
        _print_board(found, now_ms)
    if found["isOn"] and all(one["isSelf"] for one in found["items"]):
        say("Nobody else was heard of yet.")
    elif found["items"]:
        say(counted(found["online"], "peer is online", "peers are online") + ".")
    if not found["isOn"]:
        note(OFF_WORDS)


def _print_board(found: Mapping[str, Any], now_ms: int) -> None:
    table(
        ["NAME", "HOST", "GROUP", "STATE", "LAST SEEN", "ADDRESS", "RUNS"],
        [
            [
                f"{one['name']} (this machine)" if one["isSelf"] else one["name"],
                one["host"],
                one["group"],
                Cell(*STATES.get(one["state"], (one["state"], ""))),
                ago(one["lastSeen"], now_ms),
                ", ".join(one["addresses"]),
                "Posthouse" if one["instanceId"] else one["client"],
            ]
            for one in found["items"]
        ],
        empty="Nobody was heard of yet.",
    )


def _when(at: int | None) -> str:
    return "never" if at is None else instant_words(at)
