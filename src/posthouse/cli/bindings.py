"""`posthouse bind`, `unbind` and `bindings`: which source's events go where, how, and for how long they are tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from posthouse.cli.client import Api
from posthouse.cli.exits import CommandFailed, ExitCode, failure
from posthouse.cli.invocation import Command, Invocation, pass_invocation
from posthouse.cli.output import note, print_json, say, table
from posthouse.cli.values import duration_s, header_pairs
from posthouse.cli.words import counted, span

_HOW_WAITING = click.Choice(["deliver", "dismiss"])


@click.command(cls=Command)
@click.argument("source", metavar="SOURCE")
@click.argument("target", metavar="TARGET")
@click.option("--endpoint", metavar="E", help="Which of the target's endpoints; not needed where it has one.")
@click.option("--mode", type=click.Choice(["on_change"]), help="When the source is read for it.")
@click.option("--filter", "types", multiple=True, metavar="TYPEGLOB", help="Only these event types, e.g. 'build.*'.")
@click.option("--origin", "origins", multiple=True, metavar="GLOB", help="Only from these posters.")
@click.option(
    "--severity-min", type=click.Choice(["info", "success", "warning", "error"]), help="Only these and graver ones."
)
@click.option("--format", "format_", type=click.Choice(["cloudevents", "raw"]), help="How the body is wrapped.")
@click.option("--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="A header for these requests.")
@click.option("--without", multiple=True, metavar="PROPERTY", help="Leave this property of the source out.")
@click.option("--retry", metavar="WAITS", help="The waits between tries, e.g. '5s,1m,10m'; 'none' tries once.")
@click.option("--expires-after", metavar="TIME", help="Give up sending what is older, e.g. '2h'.")
@click.option("--strict-order", is_flag=True, help="One at a time, in order; a failing one holds up the rest.")
@click.option("--ignore-health", is_flag=True, help="Failures do not count against the endpoint.")
@pass_invocation
def bind(
    invocation: Invocation, /, source: str, target: str, endpoint: str | None, mode: str | None, **how: Any
) -> None:
    """Send the events of SOURCE to TARGET from now on, and enable SOURCE."""
    wanted: dict[str, Any] = {"source": source, "target": target, "endpoint": endpoint, "mode": mode}
    wanted |= {"filter": _filter(how), "policy": _policy(how), "shape": _shape(how)}
    api = invocation.api()
    made = api.post("bindings", body={name: value for name, value in wanted.items() if value})
    if invocation.is_json:
        print_json(made)
        return
    for line in _explain(api, source, target, made):
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


@click.command(cls=Command)
@click.option("--source", metavar="S", help="Only those of this source.")
@click.option("--target", metavar="T", help="Only those to this target.")
@pass_invocation
def bindings(invocation: Invocation, source: str | None, target: str | None) -> None:
    """List which source's events go where."""
    found = list(invocation.api().items("bindings", query={"source": source, "target": target}))
    if invocation.is_json:
        print_json({"items": found})
        return
    table(
        ["ID", "SOURCE", "TARGET", "ENDPOINT", "ONLY", "AS", "TRIES", "STATE"],
        [
            [
                row["id"],
                row["source"],
                row["target"],
                row["endpoint"],
                _filter_words(row["filter"]),
                row["shape"].get("format", "cloudevents"),
                len(row["policy"]["retryScheduleS"]) + 1,
                "Active" if row["state"] == "active" else "Ending: delivers what waits",
            ]
            for row in found
        ],
        empty="Nothing is bound yet. Try: posthouse bind SOURCE TARGET",
    )


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
            bound = api.items("bindings", query={"source": source, "target": target})
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


def _filter(how: Mapping[str, Any]) -> dict[str, Any]:
    wanted = {"types": list(how["types"]), "origins": list(how["origins"]), "severityMin": how["severity_min"]}
    return {name: value for name, value in wanted.items() if value}


def _policy(how: Mapping[str, Any]) -> dict[str, Any]:
    policy: dict[str, Any] = {}
    if how["retry"] is not None:
        waits = how["retry"].strip()
        policy["retryScheduleS"] = [] if waits == "none" else [duration_s(part) for part in waits.split(",")]
    if how["expires_after"] is not None:
        policy["timeToLiveS"] = duration_s(how["expires_after"])
    if how["strict_order"]:
        policy["isStrictOrder"] = True
    if how["ignore_health"]:
        policy["isHealthRelevant"] = False
    return policy


def _shape(how: Mapping[str, Any]) -> dict[str, Any]:
    wanted = {
        "format": how["format_"],
        "headers": header_pairs(how["headers"]),
        "properties": dict.fromkeys(how["without"], False),
    }
    return {name: value for name, value in wanted.items() if value}


def _explain(api: Api, source: str, target: str, made: Mapping[str, Any]) -> list[str]:
    """What will be sent where, by what the daemon now holds."""
    found_source, found_target = api.get("sources", source), api.get("targets", target)
    url = found_target["settings"].get("url", "")
    narrowed = made["shape"].get("properties", {})
    sent = [row["name"] for row in found_source["properties"] if row["isOn"] and narrowed.get(row["name"], True)]
    kept = [row["name"] for row in found_source["properties"] if row["name"] not in sent]
    policy = made["policy"]
    lines = [f"Bound (number {made['id']}): {found_source['name']} → {found_target['name']} {url}".rstrip()]
    lines.append(f"  Events: {_filter_words(made['filter'])}, as {made['shape'].get('format', 'cloudevents')}.")
    if sent:
        lines.append(f"  Sent: {', '.join(sent)}.")
    if kept:
        lines.append(f"  Kept here: {', '.join(kept)}.")
    waits = policy["retryScheduleS"]
    tries = f"  Tries: {len(waits) + 1}" + (f" over {span(sum(waits))}" if waits else "")
    limit = policy.get("timeToLiveS")
    lines.append(tries + (f", for {span(limit)} at most." if limit is not None else "."))
    return lines


def _filter_words(filter_: Mapping[str, Any]) -> str:
    parts = [", ".join(filter_.get("types") or []) or "all"]
    if filter_.get("origins"):
        parts.append("from " + ", ".join(filter_["origins"]))
    if filter_.get("severityMin"):
        parts.append(f"{filter_['severityMin']} or graver")
    return " ".join(parts)
