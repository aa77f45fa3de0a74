"""`posthouse deliveries`: what is owed to targets, how each one went, and why."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from posthouse.cli.client import Api
from posthouse.cli.exits import ExitCode, failure
from posthouse.cli.invocation import Group, Invocation, pass_invocation
from posthouse.cli.output import Cell, fields, print_json, say, table
from posthouse.cli.values import instant
from posthouse.cli.words import COLOURS, ago, counted, delivery_words, instant_words, pause_words, status_of

STATUSES = (
    "pending",
    "in_flight",
    "failed",
    "target_paused",
    "delivered",
    "dlq",
    "dismissed",
    "expired",
    "withheld",
)


def statuses(text: str) -> list[str]:
    """Statuses with commas between them."""
    found = [one.strip() for one in text.split(",")]
    for one in found:
        if one not in STATUSES:
            raise failure("cli.usage", f"{one!r} is no status. There is {', '.join(STATUSES)}.", ExitCode.USAGE)
    return found


def choosing(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options by which every command over deliveries chooses them; `filter_of` makes of them what the API takes."""
    for decorate in (
        click.option("--until", type=instant, metavar="TIME", help="Only those made longer ago, or before a date."),
        click.option("--since", type=instant, metavar="TIME", help="Only those made since (2h, 7d, 2026-03-01)."),
        click.option("--search", metavar="TEXT", help="Only those with this in subject, type, error, names or id."),
        click.option("--code", metavar="CODE", help="Only those whose last attempt met this, such as http_404."),
        click.option("--type", "event_type", metavar="GLOB", help="Only those of events of this type."),
        click.option("--binding", type=int, metavar="ID", help="Only those of this binding."),
        click.option("--endpoint", type=int, metavar="ID", help="Only those to this endpoint."),
        click.option("--source", metavar="S", help="Only those of this source."),
        click.option("--target", metavar="T", help="Only those to this target."),
        click.option(
            "--status",
            type=statuses,
            metavar="STATUS[,STATUS]...",
            help=f"Only those in these: {', '.join(STATUSES)}. dlq are those given up.",
        ),
    ):
        function = decorate(function)
    return function


def filter_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """The filter that the options come to, without what was not given."""
    named = {_API_NAMES.get(name, name): value for name, value in options.items()}
    return {name: value for name, value in named.items() if value is not None}


def query_of(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The filter as parameters of an address."""
    return {name: ",".join(value) if isinstance(value, list) else value for name, value in chosen.items()}


_API_NAMES = {"event_type": "type", "search": "q"}


@click.group(cls=Group, invoke_without_command=True)
@choosing
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many.")
@click.pass_context
@pass_invocation
def deliveries(invocation: Invocation, context: click.Context, /, limit: int, **options: Any) -> None:
    """List deliveries, the newest first, or show one."""
    if context.invoked_subcommand is not None:
        return
    api = invocation.api()
    found = list(api.items("deliveries", query=query_of(filter_of(options)), limit=limit))
    if invocation.is_json:
        print_json({"items": found})
        return
    now_ms = time.time_ns() // 1_000_000
    reasons = _pause_reasons(api, found)
    table(
        ["MADE", "EVENT", "TARGET", "STATUS", "ID"],
        [
            [
                ago(row["createdAt"], now_ms),
                row["eventType"],
                row["target"],
                Cell(delivery_words(row, now_ms, reasons.get(row["endpointId"], "")), COLOURS.get(status_of(row))),
                row["id"],
            ]
            for row in found
        ],
        empty="No deliveries here.",
    )


@deliveries.command()
@click.argument("delivery_id", metavar="ID")
@click.option("--body", "show_body", is_flag=True, help="Show the body that was sent, too.")
@pass_invocation
def show(invocation: Invocation, delivery_id: str, *, show_body: bool) -> None:
    """Show one delivery with every attempt: what was sent, what came back, and what that means."""
    api = invocation.api()
    found = api.get("deliveries", delivery_id)
    if invocation.is_json:
        print_json(found)
        return
    row = {**found, "attempts": len(found["attempts"])}
    reasons = _pause_reasons(api, [row])
    words = delivery_words(row, time.time_ns() // 1_000_000, reasons.get(row["endpointId"], ""))
    fields(
        [
            ("Delivery", row["id"]),
            ("Status", words),
            ("Event", f"{row['eventType']} {row['eventId']}"),
            ("From", row["source"]),
            ("To", f"{row['target']} / {row['endpoint']} (binding {row['bindingId']}, revision {row['revision']})"),
            ("Made", instant_words(row["createdAt"])),
        ]
    )
    for attempt in found["attempts"]:
        _print_attempt(attempt, show_body=show_body)


def _print_attempt(attempt: Mapping[str, Any], *, show_body: bool) -> None:
    kind = "Probe" if attempt["isProbe"] else "Attempt"
    answer = attempt["statusCode"] or attempt["code"]
    when = instant_words(attempt["startedAt"])
    say(
        f"\n{kind} {attempt['number']}: {answer} after {attempt['durationMs']} ms, {when}",
        colour="green" if attempt["kind"] == "delivered" else "red",
    )
    diagnosis = attempt["diagnosis"]
    if diagnosis:
        fields([("What", diagnosis["what"]), ("To do", diagnosis["advice"]), ("At risk", diagnosis["risk"])])
    if attempt["detail"]:
        say(attempt["detail"])
    if attempt["parcel"]:
        others = counted(attempt["parcel"]["deliveries"] - 1, "other")
        say(f"Sent together with {others}, as {attempt['parcel']['id']}")
    request = attempt["request"]
    if request:
        say(f"→ {request['method']} {request['url']}")
        for name, value in request["headers"]:
            say(f"  {name}: {value}")
        if show_body:
            say("The body is no longer kept." if request["body"] is None else request["body"])
    if attempt["responseExcerpt"]:
        say(f"← {attempt['responseExcerpt']}")


def _pause_reasons(api: Api, rows: Sequence[Mapping[str, Any]]) -> dict[Any, str]:
    """Why the endpoints of these rows are paused, in plain words; asked for only where one is."""
    targets = {row["targetId"] for row in rows if status_of(row) == "target_paused"}
    reasons: dict[Any, str] = {}
    for target in targets:
        health = api.get("targets", target, "health")
        is_paused_whole = not any(endpoint["state"] == "paused" for endpoint in health["endpoints"])
        above = pause_words(api.get("targets", target)["health"]) if is_paused_whole else ""
        for endpoint in health["endpoints"]:
            reasons[endpoint["id"]] = pause_words(endpoint) if endpoint["state"] == "paused" else above
    return reasons
