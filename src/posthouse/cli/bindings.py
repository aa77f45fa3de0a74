"""`posthouse bind`, `rebind`, `unbind`, `run` and `bindings`: which source's events go where, when, how, and for how
long they are tried.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import click

from posthouse.cli.binding_options import binding_options, filter_of, policy_of, schedule_of, shape_of, silence_of
from posthouse.cli.client import Api
from posthouse.cli.exits import CommandFailed, ExitCode, failure
from posthouse.cli.invocation import Command, Group, Invocation, pass_invocation
from posthouse.cli.output import Cell, fields, note, print_json, say, table
from posthouse.cli.plan import print_plan
from posthouse.cli.words import (
    ago,
    counted,
    exact_span,
    instant_words,
    next_words,
    run_colour,
    run_words,
    schedule_words,
    span,
)

READ_TIMEOUT_S = 120.0
_HOW_WAITING = click.Choice(["deliver", "dismiss"])


@click.command(cls=Command)
@click.argument("source", metavar="SOURCE")
@click.argument("target", metavar="TARGET")
@click.option("--endpoint", metavar="E", help="Which of the target's endpoints; not needed where it has one.")
@binding_options
@click.option("--dry-run", is_flag=True, help="Show what would leave, when, and how it is protected; bind nothing.")
@pass_invocation
def bind(
    invocation: Invocation, /, source: str, target: str, endpoint: str | None, *, dry_run: bool, **how: Any
) -> None:
    """Send the events of SOURCE to TARGET from now on, and enable SOURCE.

    Without a time it goes whenever SOURCE tells something or has changed.
    """
    wanted: dict[str, Any] = {"source": source, "target": target, "endpoint": endpoint, "schedule": schedule_of(how)}
    wanted |= {"filter": filter_of(how), "policy": policy_of(how), "shape": shape_of(how)} | silence_of(how)
    body = {name: value for name, value in wanted.items() if value}
    if dry_run:
        plan = invocation.api(timeout_s=READ_TIMEOUT_S).post("bindings", "plan", body=body)
        if invocation.is_json:
            print_json(plan)
        else:
            print_plan(plan)
        return
    api = invocation.api()
    made = api.post("bindings", body=body)
    if invocation.is_json:
        print_json(made)
        return
    for line in _explain(api, made, "Bound"):
        say(line)


@click.command(cls=Command)
@click.argument("what", metavar="BINDING | SOURCE TARGET", nargs=-1, required=True)
@click.option("--endpoint", metavar="E", help="Which endpoint, where the target has several.")
@click.option("--on-change", is_flag=True, help="Read the source whenever it changes, and by no clock.")
@binding_options
@click.option("--with", "again", multiple=True, metavar="PROPERTY", help="Leave this property out no longer.")
@pass_invocation
def rebind(invocation: Invocation, /, what: tuple[str, ...], endpoint: str | None, **how: Any) -> None:
    """Change a binding, by its number or by its SOURCE and TARGET: only what is given."""
    api = invocation.api()
    binding_id = _find(api, what, endpoint)
    present = api.get("bindings", binding_id)
    parts = {
        "schedule": schedule_of(how, present["schedule"]),
        "filter": filter_of(how, present["filter"]),
        "policy": policy_of(how, present["policy"]),
        "shape": shape_of(how, present["shape"]),
    }
    change = {name: part for name, part in parts.items() if part} | silence_of(how)
    if not change:
        raise failure("cli.usage", "Say what is to change. See posthouse rebind --help.", ExitCode.USAGE)
    changed = api.patch("bindings", binding_id, body=change)
    if invocation.is_json:
        print_json(changed)
        return
    for line in _explain(api, changed, "Changed"):
        say(line)


@click.command(cls=Command)
@click.argument("what", metavar="BINDING | SOURCE TARGET", nargs=-1, required=True)
@click.option("--endpoint", metavar="E", help="Which endpoint, where the target has several.")
@click.option("--waiting", type=_HOW_WAITING, help="Deliver or dismiss what still waits; asked for otherwise.")
@pass_invocation
def unbind(invocation: Invocation, what: tuple[str, ...], endpoint: str | None, waiting: str | None) -> None:
    """End a binding, by its number or by its SOURCE and TARGET. Says what still waits, and asks about it."""
    api = invocation.api()
    binding_id = _find(api, what, endpoint)
    remove_asking(invocation, api, ("bindings", binding_id), waiting, f"posthouse unbind {binding_id}")
    if invocation.is_json:
        print_json({"id": binding_id, "removed": True, "waiting": waiting})
    else:
        say(f"Binding {binding_id} is gone.")


@click.group(cls=Group, invoke_without_command=True)
@click.option("--source", metavar="S", help="Only those of this source.")
@click.option("--target", metavar="T", help="Only those to this target.")
@click.pass_context
@pass_invocation
def bindings(invocation: Invocation, context: click.Context, source: str | None, target: str | None) -> None:
    """List which source's events go where and when, or show one."""
    if context.invoked_subcommand is not None:
        return
    found = list(invocation.api().items("bindings", query={"source": source, "target": target}))
    if invocation.is_json:
        print_json({"items": found})
        return
    now_ms = time.time_ns() // 1_000_000
    table(
        ["ID", "SOURCE", "TARGET", "ENDPOINT", "ONLY", "WHEN", "NEXT", "LAST"],
        [
            [
                row["id"],
                row["source"],
                row["target"],
                row["endpoint"],
                _filter_words(row["filter"]),
                schedule_words(row["schedule"]),
                next_words(row["nextRunAt"], now_ms, row["schedule"]["zone"]),
                _last_cell(row),
            ]
            for row in found
        ],
        empty="Nothing is bound yet. Try: posthouse bind SOURCE TARGET",
    )


@bindings.command("run")
@click.argument("what", metavar="BINDING | SOURCE TARGET", nargs=-1, required=True)
@click.option("--endpoint", metavar="E", help="Which endpoint, where the target has several.")
@pass_invocation
def run_now(invocation: Invocation, what: tuple[str, ...], endpoint: str | None) -> None:
    """Read the source of a binding now and send it for that binding alone, changed or not."""
    api = invocation.api(timeout_s=READ_TIMEOUT_S)
    print_pushed(invocation, api.post("bindings", _find(api, what, endpoint), "run"))


@bindings.command()
@click.argument("binding_id", metavar="ID", type=click.IntRange(1))
@pass_invocation
def show(invocation: Invocation, binding_id: int) -> None:
    """Show one binding: when it is read, what goes, how it is tried, and how its last run went."""
    api = invocation.api()
    row = api.get("bindings", binding_id)
    if invocation.is_json:
        print_json(row)
        return
    now_ms = time.time_ns() // 1_000_000
    last = row["lastRun"]
    fields(
        [
            ("Binding", f"{row['id']}, made {ago(row['createdAt'], now_ms)}, revision {row['revision']}"),
            ("From", row["source"]),
            ("To", f"{row['target']} / {row['endpoint']}"),
            ("When", schedule_words(row["schedule"])),
            ("Next", next_words(row["nextRunAt"], now_ms, row["schedule"]["zone"])),
            ("Last", f"{_last_cell(row).text}, {instant_words(last['at'])}" if last else _last_cell(row).text),
            *((line[0], line[1]) for line in _how_lines(api, row)),
        ]
    )


def print_pushed(invocation: Invocation, pushed: Mapping[str, Any]) -> None:
    """What a read by hand led to."""
    if invocation.is_json:
        print_json(pushed)
        return
    made = counted(pushed["deliveries"], "delivery", "deliveries")
    say(f"{counted(pushed['events'], 'event')}, {made} to make. {pushed['note'] or ''}".strip())


def remove_asking(
    invocation: Invocation, api: Api, path: Sequence[str | int], waiting: str | None, command: str
) -> None:
    """Remove a binding or target; where deliveries wait for it, a person says what becomes of them."""
    try:
        api.delete(*path, query={"waiting": waiting or "refuse"})
        return
    except CommandFailed as failed:
        if not failed.code.endswith(".has_waiting"):
            raise
        count = failed.problem.get("waiting")
        told = (
            counted(count, "delivery still waits", "deliveries still wait") if isinstance(count, int) else failed.detail
        )
        if not invocation.can_ask:
            detail = f"{told}. Deliver or dismiss them: {command} --waiting deliver|dismiss"
            told_problem = {**failed.problem, "detail": detail, "field": None}
            raise CommandFailed(told_problem, ExitCode.FAILED) from failed
    note(f"{told}. Deliver sends them first; dismiss ends them unsent.")
    answer = click.prompt("What shall become of them?", type=click.Choice(["deliver", "dismiss", "cancel"]), err=True)
    if answer == "cancel":
        raise click.Abort
    api.delete(*path, query={"waiting": answer})


def _find(api: Api, what: tuple[str, ...], endpoint: str | None) -> int:
    match what:
        case (number,) if number.isdecimal():
            return int(number)
        case (source, target):
            bound = list(api.items("bindings", query={"source": source, "target": target}))
            found = [row for row in bound if row["state"] == "active"]
            if endpoint is not None:
                found = [row for row in found if row["endpoint"] == endpoint]
        case _:
            raise failure("cli.usage", "Name a binding's number, or a SOURCE and a TARGET.", ExitCode.USAGE)
    if not found:
        detail = f"Nothing binds {source} to {target}. See: posthouse bindings"
        raise failure("binding.not_found", detail, ExitCode.NOT_FOUND)
    if len(found) > 1:
        numbers = ", ".join(str(row["id"]) for row in found)
        detail = f"Several bindings fit: {numbers}. Name one of these numbers."
        raise failure("binding.ambiguous", detail, ExitCode.USAGE)
    return int(found[0]["id"])


def _last_cell(row: Mapping[str, Any]) -> Cell:
    if row["state"] != "active":
        return Cell("Ending: delivers what waits", "yellow")
    return Cell(run_words(row["lastRun"]), run_colour(row["lastRun"]))


def _explain(api: Api, row: Mapping[str, Any], done: str) -> list[str]:
    """What will be sent where and when, by what the daemon now holds."""
    url = api.get("targets", row["targetId"])["settings"].get("url", "")
    now_ms = time.time_ns() // 1_000_000
    when = schedule_words(row["schedule"])
    if row["nextRunAt"] is not None:
        when += f", next {next_words(row['nextRunAt'], now_ms, row['schedule']['zone'])}"
    return [
        f"{done} (number {row['id']}): {row['source']} → {row['target']} {url}".rstrip(),
        f"  When: {when}.",
        *(f"  {name}: {words}." for name, words in _how_lines(api, row)),
    ]


def _how_lines(api: Api, row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What goes, what stays, how it is tried, and of what silence is told."""
    shape, policy = row["shape"], row["policy"]
    properties = api.get("sources", row["sourceId"])["properties"]
    sent = [one["name"] for one in properties if _leaves(one, shape)]
    kept = [one["name"] for one in properties if one["name"] not in sent]
    lines = [("Events", f"{_filter_words(row['filter'])}, as {shape.get('format', 'cloudevents')}")]
    worded = [name for name, text in (shape.get("message") or {}).items() if text]
    if worded:
        lines.append(("Worded", ", ".join(worded)))
    if shape.get("select"):
        lines.append(("Selected", shape["select"]))
    if sent:
        lines.append(("Sent", ", ".join(sent)))
    if kept:
        lines.append(("Kept here", ", ".join(kept)))
    waits, limit = policy["retryScheduleS"], policy.get("timeToLiveS")
    tries = f"{len(waits) + 1}" + (f" over {span(sum(waits))}" if waits else "")
    lines.append(("Tries", tries + (f", for {span(limit)} at most" if limit is not None else "")))
    if policy["batchMax"] > 1:
        wait_s = policy["batchWaitS"]
        waits = f", after {exact_span(wait_s)} at the latest" if wait_s else ", as many as wait"
        lines.append(("Batches", f"up to {policy['batchMax']} events in a request{waits}"))
    if policy["isNotification"]:
        lines.append(("Notifies", "a person, as the settings notifications.* say"))
    if policy["isStrictOrder"]:
        lines.append(("Order", "strict, one at a time"))
    if not policy["isHealthRelevant"]:
        lines.append(("Health", "failures do not count against the endpoint"))
    if row["silenceS"] is not None:
        lines.append(("Told of", f"when it had nothing to deliver for {exact_span(row['silenceS'])}"))
    return lines


def _leaves(one: Mapping[str, Any], shape: Mapping[str, Any]) -> bool:
    """Whether a property leaves through a binding, as the daemon decides it."""
    is_kept = {"summary": not one["isSummary"], "no_sensitive": one["isSensitive"]}.get(shape["preset"], False)
    return bool(one["isOn"]) and shape["properties"].get(one["name"], True) and not is_kept


def _filter_words(filter_: Mapping[str, Any]) -> str:
    parts = [", ".join(filter_.get("types") or []) or "all"]
    if filter_.get("origins"):
        parts.append("from " + ", ".join(filter_["origins"]))
    if filter_.get("severityMin"):
        parts.append(f"{filter_['severityMin']} or graver")
    if filter_.get("where"):
        parts.append(f"where {filter_['where']}")
    return " ".join(parts)
