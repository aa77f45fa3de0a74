"""`posthouse notify`: who is told what agents do, and what became of each message."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import click

from posthouse.cli.exits import CommandFailed, ExitCode, failure
from posthouse.cli.invocation import Group, Invocation, pass_invocation
from posthouse.cli.output import Cell, fields, note, print_json, say, table
from posthouse.cli.values import duration_s, read_secret
from posthouse.cli.words import ago, exact_span

EVENTS = ("turn-completed", "turn-error", "permission-required", "agent-spawned")
FATE_WORDS: dict[str, tuple[str, str]] = {
    "waiting": ("Waiting", "yellow"),
    "sending": ("Sending", "cyan"),
    "sent": ("Sent", "green"),
    "withheld": ("Withheld", "bright_black"),
    "merged": ("Merged", "bright_black"),
    "expired": ("Expired", "bright_black"),
    "failed": ("Failed", "red"),
    "dismissed": ("Dismissed", "bright_black"),
}
"""What became of a message in a word, and its colour."""


@click.group(cls=Group, invoke_without_command=True)
@click.pass_context
@pass_invocation
def notify(invocation: Invocation, context: click.Context, /) -> None:
    """Show what is told of agents, and to whom."""
    if context.invoked_subcommand is None:
        _print(invocation, invocation.api().get("notifications"))


@notify.command("set")
@click.option("--topic", metavar="TOPIC", help="The ntfy topic that is told; '' lets it go while all is off.")
@click.option("--server", metavar="URL", help="The ntfy server, unless it is https://ntfy.sh.")
@click.option("--token-file", metavar="FILE", help="A file with the server's access token; - is standard input.")
@click.option("--no-token", is_flag=True, help="Forget the token that is stored.")
@click.option("--on", multiple=True, type=click.Choice(EVENTS), help="Tell of this event; can be repeated.")
@click.option("--off", multiple=True, type=click.Choice(EVENTS), help="Do not tell of this event; can be repeated.")
@click.option("--subagents/--no-subagents", default=None, help="Tell of subagents' turns, too.")
@click.option("--quiet", metavar="FROM-UNTIL", help="Quiet hours, as 22:00-07:00, or off.")
@click.option("--quiet-priority", metavar="1-5", help="From this priority on quiet hours are passed over, or none.")
@click.option(
    "--quiet-action",
    type=click.Choice(("digest", "withhold")),
    help="What comes in quiet hours goes at their end as one digest, or is withheld.",
)
@click.option("--zone", metavar="ZONE", help="The time zone of quiet hours, as Europe/Berlin, or local.")
@click.option("--digest", metavar="TIME", help="What comes within this time is one message (5m); 0 tells each at once.")
@click.option("--away", metavar="TIME", help="Tell only when the desktop was idle for so long (5m); 0 is always.")
@click.option("--enable/--disable", default=None, help="Switch notifications on, or all of them off.")
@pass_invocation
def set_(invocation: Invocation, /, **options: Any) -> None:
    """Change what is given, and leave the rest. No server is asked: see whether it answers with `notify test`."""
    patch = patch_of(options)
    if options["token_file"] is not None:
        patch["authToken"] = read_secret("The token", file=options["token_file"], variable="", can_ask=False)
    if not patch:
        raise failure("cli.usage", "Say what is to change, such as --topic my-topic --enable.", ExitCode.USAGE)
    found = invocation.api().put("notifications", body=patch)
    _print(invocation, found)
    if not invocation.is_json and found["config"]["enabled"] and found["config"]["topic"]:
        note("Try it: posthouse notify test")


@notify.command()
@pass_invocation
def test(invocation: Invocation) -> None:
    """Send a test message to the ntfy topic, and say what its server answered."""
    try:
        found = invocation.api().post("notifications", "test")
    except CommandFailed as failed:
        # The answer came from the server beyond the daemon, which another try at once would hardly change.
        if failed.code == "notifications.test_failed":
            failed.exit_code = ExitCode.FAILED
        raise
    if invocation.is_json:
        print_json(found)
    else:
        say(f"Sent: the server answered {found['status']}. Look at your phone.", colour="green")


@notify.command()
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="At most so many.")
@pass_invocation
def recent(invocation: Invocation, limit: int) -> None:
    """List the newest messages, what became of each, and why."""
    found = invocation.api().get("notifications", "recent", query={"limit": limit})
    if invocation.is_json:
        print_json(found)
        return
    now_ms = time.time_ns() // 1_000_000
    table(
        ["WHEN", "WHAT", "OF", "TO", "FATE", "WHY"],
        [
            [
                ago(row["at"], now_ms),
                row["eventType"].removeprefix("agent."),
                ": ".join(part for part in (row["project"], row["title"] or (row["agentId"] or "")[:8]) if part),
                f"{row['receiver']['target']}/{row['receiver']['endpoint']}",
                Cell(*FATE_WORDS.get(row["fate"], (row["fate"], ""))),
                row["words"],
            ]
            for row in found["items"]
        ],
        empty="Nobody was told of anything yet.",
    )


def patch_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """What the options change, as the API takes it; of the token only that it is to be forgotten."""
    if both := sorted({*options["on"]} & {*options["off"]}):
        raise failure("cli.usage", f"{both[0]} cannot be both on and off.", ExitCode.USAGE)
    if options["no_token"] and options["token_file"] is not None:
        raise failure("cli.usage", "Give --token-file or --no-token, not both.", ExitCode.USAGE)
    events = dict.fromkeys(options["on"], True) | dict.fromkeys(options["off"], False)
    wanted: dict[str, Any] = {
        "enabled": options["enable"],
        "topic": options["topic"],
        "server": options["server"],
        "authToken": "" if options["no_token"] else None,
        "events": events or None,
        "notifySubagents": options["subagents"],
        "quietHours": _quiet_of(options) or None,
        "digestS": None if options["digest"] is None else duration_s(options["digest"]),
        "awayS": None if options["away"] is None else duration_s(options["away"]),
    }
    return {name: value for name, value in wanted.items() if value is not None}


def _quiet_of(options: Mapping[str, Any]) -> dict[str, Any]:
    quiet: dict[str, Any] = {}
    if options["quiet"] is not None:
        begins, dash, ends = options["quiet"].strip().partition("-")
        if begins.lower() == "off" and not dash:
            quiet["from"] = None
        elif not (begins.strip() and ends.strip()):
            detail = f"{options['quiet']!r} is no pair of times such as 22:00-07:00, nor off."
            raise failure("cli.usage", detail, ExitCode.USAGE)
        else:
            quiet |= {"from": begins.strip(), "until": ends.strip()}
    if (priority := options["quiet_priority"]) is not None:
        if priority not in ("none", "1", "2", "3", "4", "5"):
            raise failure("cli.usage", f"{priority!r} is no priority from 1 to 5, nor none.", ExitCode.USAGE)
        quiet["priority"] = None if priority == "none" else int(priority)
    if options["quiet_action"] is not None:
        quiet["action"] = options["quiet_action"]
    if options["zone"] is not None:
        quiet["zone"] = options["zone"]
    return quiet


def _print(invocation: Invocation, found: Mapping[str, Any]) -> None:
    if invocation.is_json:
        print_json(found)
        return
    config = found["config"]
    told = [name for name in EVENTS if config["events"][name]]
    fields(
        [
            ("Notifications", "on" if config["enabled"] else "off"),
            ("Topic", _topic_words(config)),
            ("Told", ", ".join(told) or "nothing"),
            ("Subagents", "their turns too" if config["notifySubagents"] else "only what they ask permission for"),
            ("Quiet hours", quiet_words(config["quietHours"], found["zoneInForce"])),
            ("Digest", f"what comes within {exact_span(config['digestS'])}" if config["digestS"] else "each at once"),
            (
                "At the desk",
                f"not before {exact_span(config['awayS'])} idle" if config["awayS"] else "told all the same",
            ),
        ]
    )
    rows = [
        [row["target"], row["endpoint"], row["kind"], row["bindingId"], "yes" if row["isPrimary"] else "", row["state"]]
        for row in found["receivers"]
    ]
    if rows:
        say()
        table(["RECEIVER", "ENDPOINT", "KIND", "BINDING", "SET HERE", "STATE"], rows, empty="")
    else:
        note("Nobody is told. Begin with: posthouse notify set --topic TOPIC --enable")


def _topic_words(config: Mapping[str, Any]) -> str:
    if not config["topic"]:
        return "none"
    return f"{config['topic']} at {config['server']}{', with a token' if config['hasAuthToken'] else ''}"


def quiet_words(quiet: Mapping[str, Any], zone: str) -> str:
    """When nobody is woken, and what becomes of what comes then."""
    if quiet["from"] is None or quiet["from"] == quiet["until"]:
        return "none"
    passes = "" if quiet["priority"] is None else f"; priority {quiet['priority']} and up goes at once"
    rest = "the rest goes as one at their end" if quiet["action"] == "digest" else "the rest is withheld"
    return f"{quiet['from']} to {quiet['until']} {zone}{passes}; {rest}"
