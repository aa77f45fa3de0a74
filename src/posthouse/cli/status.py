"""`posthouse status`: what flows, what waits, and what needs a person."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import click

from posthouse.cli.invocation import Command, Invocation, pass_invocation
from posthouse.cli.output import Cell, fields, note, print_json, say, table
from posthouse.cli.words import ago, counts_words, health_colour, health_words, next_words, size_words, span

_ACTIVITY_WORDS = {
    "disabled": ("Disabled", "bright_black"),
    "watching": ("Watching", "green"),
    "buffering": ("Gathering changes", "cyan"),
    "reading": ("Reading", "cyan"),
    "failing": ("Failing", "red"),
    "passive": ("Ready", "green"),
}


@click.command(cls=Command)
@pass_invocation
def status(invocation: Invocation) -> None:
    """Show what flows, what waits, and what needs you."""
    answer = invocation.api().get("status")
    if invocation.is_json:
        print_json(answer)
        return
    now_ms = time.time_ns() // 1_000_000
    ledger = answer["ledger"]
    fields(
        [
            ("Posthouse", f"{answer['version']} at {answer['url']}, up for {span(answer['uptimeS'])}"),
            ("Home", answer["home"]),
            ("Ledger", f"{size_words(ledger['sizeBytes'])}, {size_words(ledger['freeBytes'])} free on its disk"),
            ("Events", answer["events"]),
            ("Deliveries", counts_words(answer["counts"])),
        ]
    )
    say()
    table(
        ["SOURCE", "EVENTS", "LAST", "BINDINGS", "NEXT", "STATE"],
        [
            [
                source["name"],
                source["events"],
                ago(source["lastEventAt"], now_ms),
                source["bindings"],
                next_words(source["activity"]["nextRunAt"], now_ms),
                activity_cell(source["activity"]),
            ]
            for source in answer["sources"]
        ],
        empty="No sources.",
    )
    say()
    table(
        ["TARGET", "HEALTH", "WAITING", "LAST DELIVERED"],
        [
            [
                target["name"],
                Cell(health_words(target["health"]), health_colour(target["health"])),
                target["queued"],
                ago(target["lastDeliveredAt"], now_ms),
            ]
            for target in answer["targets"]
        ],
        empty="No targets yet. Add one with: posthouse target add webhook --name NAME --url URL",
    )
    for item in answer["attention"]:
        note(f"\nNeeds you: {item['what']}\n  {item['do']}", colour="yellow")


def activity_cell(activity: Mapping[str, Any]) -> Cell:
    """What a source is doing: the seconds left where it gathers changes, why it fails, how its last run went."""
    words, colour = _ACTIVITY_WORDS.get(activity["state"], (str(activity["state"]), None))
    left = activity.get("secondsLeft")
    if left is not None:
        words += f", reads in {left:.0f} s"
    detail, last_run = activity.get("detail"), activity.get("lastRun")
    if detail:
        words += f": {detail}"
    elif last_run:
        words += f" (last run: {last_run})"
    return Cell(words, colour)
