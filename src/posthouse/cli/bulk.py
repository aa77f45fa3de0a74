"""`posthouse replay` and `posthouse dismiss`: some deliveries, or all that match.

Bulk work goes in chunks, so that it can show how far it is and stop in between without leaving a chunk half done. It
takes what was counted when it began, and nothing that came later. A person confirms it first; a script says `--yes`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import click

from posthouse.cli.client import Api
from posthouse.cli.deliveries import choosing, filter_of, query_of
from posthouse.cli.exits import CommandFailed, ExitCode, failure
from posthouse.cli.invocation import Command, Invocation, pass_invocation
from posthouse.cli.output import note, print_json, say
from posthouse.cli.words import counted

_CHUNK = 500
_SKIPPED_MAX = 100
_SKIPPED_SHOWN = 10
_SKIP_WORDS = {
    "in_flight": "it is being sent",
    "ended": "it has ended",
    "not_found": "there is no such delivery",
}


def _choosing(function: Callable[..., Any]) -> Callable[..., Any]:
    """The arguments by which both commands choose deliveries."""
    function = click.option("--yes", "-y", is_flag=True, help="Do not ask.")(function)
    return click.argument("ids", metavar="[ID]...", nargs=-1)(choosing(function))


@click.command(cls=Command)
@_choosing
@pass_invocation
def replay(invocation: Invocation, /, ids: tuple[str, ...], *, yes: bool, **filters: Any) -> None:
    """Send deliveries again: those given up get a fresh budget, delivered ones are sent once more."""
    _act(invocation, "replay", ids, filter_of(filters), yes=yes)


@click.command(cls=Command)
@_choosing
@pass_invocation
def dismiss(invocation: Invocation, /, ids: tuple[str, ...], *, yes: bool, **filters: Any) -> None:
    """End deliveries without sending them. They stay on record and can be replayed."""
    _act(invocation, "dismiss", ids, filter_of(filters), yes=yes)


def _act(invocation: Invocation, verb: str, ids: tuple[str, ...], chosen: Mapping[str, Any], *, yes: bool) -> None:
    if bool(ids) == bool(chosen):
        detail = f"Say which: either IDs, or options such as --status or --target. See posthouse {verb} --help."
        raise failure("cli.usage", detail, ExitCode.USAGE)
    api = invocation.api()
    if ids:
        total, chunks = len(ids), _named(api, verb, ids)
    else:
        total, start = _counted(api, chosen)
        if total and not yes:
            _confirm(invocation, verb, total)
        chunks = _found(api, verb, chosen, start)
    result = _in_chunks(verb, chunks, total, is_shown=not ids and not invocation.is_json)
    if invocation.is_json:
        print_json(result)
    else:
        _print_result(verb, result)
    if ids and not result["changed"]:
        detail = (
            "None of these deliveries could be sent again." if verb == "replay" else "None of them could be dismissed."
        )
        raise failure("delivery.nothing_changed", detail)


def _print_result(verb: str, result: Mapping[str, Any]) -> None:
    if not result["matched"]:
        say("No delivery matches.")
        return
    done = "to be sent again" if verb == "replay" else "dismissed"
    say(f"{result['changed']} of {counted(result['matched'], 'delivery', 'deliveries')} {done}.")
    for skipped in result["skipped"][:_SKIPPED_SHOWN]:
        note(f"Left alone: {skipped['id']}: {_SKIP_WORDS.get(skipped['reason'], skipped['reason'])}")


def _counted(api: Api, chosen: Mapping[str, Any]) -> tuple[int, str]:
    """How many match, and the cursor that leaves out what comes from now on."""
    query = query_of(chosen)
    answer = api.get("deliveries", "count", query=query)
    total, start = answer["count"], answer["startCursor"]
    while answer["nextCursor"]:
        answer = api.get("deliveries", "count", query={**query, "cursor": answer["nextCursor"]})
        total += answer["count"]
    return total, start


def _confirm(invocation: Invocation, verb: str, total: int) -> None:
    """Go on only if a person agrees."""
    many = counted(total, "delivery", "deliveries")
    if not invocation.can_ask:
        detail = f"This would {verb} {many} at once. Say --yes to do it without being asked."
        raise failure("cli.confirmation_needed", detail, ExitCode.USAGE)
    click.confirm(f"{verb.capitalize()} {many}?", abort=True, err=True)


Chunks = Iterator[Mapping[str, Any]]


def _named(api: Api, verb: str, ids: tuple[str, ...]) -> Chunks:
    """Answers to chunks of ids."""
    for start in range(0, len(ids), _CHUNK):
        yield api.post("deliveries", verb, body={"ids": ids[start : start + _CHUNK]})


def _found(api: Api, verb: str, chosen: Mapping[str, Any], cursor: str | None) -> Chunks:
    """Answers to chunks of what a filter finds."""
    while cursor:
        answer = api.post("deliveries", verb, body={"filter": chosen, "limit": _CHUNK, "cursor": cursor})
        yield answer
        cursor = answer["nextCursor"]


def _in_chunks(verb: str, chunks: Chunks, total: int, *, is_shown: bool) -> dict[str, Any]:
    """Work through the chunks; what breaks it off says how far it came."""
    result: dict[str, Any] = {"matched": 0, "changed": 0, "skipped": []}
    is_shown = is_shown and sys.stderr.isatty()
    try:
        with click.progressbar(
            length=total, label=verb.capitalize(), file=sys.stderr, hidden=not is_shown, show_pos=True
        ) as bar:
            for answer in chunks:
                result["matched"] += answer["matched"]
                result["changed"] += answer["changed"]
                result["skipped"] = (result["skipped"] + answer["skipped"])[:_SKIPPED_MAX]
                bar.update(answer["matched"])
    except (CommandFailed, KeyboardInterrupt):
        if result["matched"]:
            note(f"Stopped after {result['matched']} of {total}. What was done stays done; the same command goes on.")
        raise
    return result
