"""`posthouse replay` and `posthouse dismiss`: one delivery, or all that match.

Bulk work goes in chunks of ids, so that it can show how far it is and stop in between without leaving a chunk half
done. A person confirms it first; a script says `--yes`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

import click

from posthouse.cli.client import Api
from posthouse.cli.deliveries import STATUSES
from posthouse.cli.exits import ExitCode, failure
from posthouse.cli.invocation import Command, Invocation, pass_invocation
from posthouse.cli.output import note, print_json, say
from posthouse.cli.words import counted

_CHUNK = 500
_COUNTED_MAX = 5_000
_SKIPPED_MAX = 100
_SKIPPED_SHOWN = 10
_SKIP_WORDS = {
    "in_flight": "it is being sent",
    "ended": "it has ended",
    "not_found": "there is no such delivery",
}

Chosen = tuple[tuple[str, ...], dict[str, Any]]


def _choosing(function: Callable[..., Any]) -> Callable[..., Any]:
    """The arguments by which both commands choose deliveries."""
    for decorate in (
        click.option("--yes", "-y", is_flag=True, help="Do not ask."),
        click.option("--binding", type=int, metavar="ID", help="All of this binding."),
        click.option("--source", metavar="S", help="All of this source."),
        click.option("--target", metavar="T", help="All to this target."),
        click.option("--status", type=click.Choice(STATUSES), help="All in this status; dlq are those given up."),
        click.argument("ids", metavar="[ID]...", nargs=-1),
    ):
        function = decorate(function)
    return function


@click.command(cls=Command)
@_choosing
@pass_invocation
def replay(invocation: Invocation, /, ids: tuple[str, ...], *, yes: bool, **filters: Any) -> None:
    """Send deliveries again: those given up get a fresh budget, delivered ones are sent once more."""
    _act(invocation, "replay", (ids, filters), yes=yes)


@click.command(cls=Command)
@_choosing
@pass_invocation
def dismiss(invocation: Invocation, /, ids: tuple[str, ...], *, yes: bool, **filters: Any) -> None:
    """End deliveries without sending them. They stay on record and can be replayed."""
    _act(invocation, "dismiss", (ids, filters), yes=yes)


def _act(invocation: Invocation, verb: str, chosen: Chosen, *, yes: bool) -> None:
    ids, filters = chosen
    query = {name: value for name, value in filters.items() if value is not None}
    if bool(ids) == bool(query):
        detail = f"Say which: either IDs, or --status, --target, --source or --binding. See posthouse {verb} --help."
        raise failure("cli.usage", detail, ExitCode.USAGE)
    api = invocation.api()
    total = len(ids) if ids else _confirmed(invocation, api, verb, query, yes=yes)
    every = iter(ids) if ids else (row["id"] for row in api.items("deliveries", query=query))
    result = _in_chunks(api, verb, every, total, is_shown=bool(query) and not invocation.is_json)
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


def _confirmed(invocation: Invocation, api: Api, verb: str, query: Mapping[str, Any], *, yes: bool) -> int:
    """How many match, as far as they are counted, after a person agreed."""
    total = sum(1 for _ in api.items("deliveries", query=query, limit=_COUNTED_MAX))
    if not total or yes:
        return total
    if not invocation.can_ask:
        detail = f"This would {verb} many deliveries at once. Say --yes to do it without being asked."
        raise failure("cli.confirmation_needed", detail, ExitCode.USAGE)
    many = f"{total} or more deliveries" if total == _COUNTED_MAX else counted(total, "delivery", "deliveries")
    click.confirm(f"{verb.capitalize()} {many}?", abort=True, err=True)
    return total


def _in_chunks(api: Api, verb: str, ids: Iterator[str], total: int, *, is_shown: bool) -> dict[str, Any]:
    result: dict[str, Any] = {"matched": 0, "changed": 0, "skipped": []}
    is_shown = is_shown and sys.stderr.isatty()
    with click.progressbar(length=total, label=verb.capitalize(), file=sys.stderr, hidden=not is_shown) as bar:
        while chunk := list(islice(ids, _CHUNK)):
            answer = api.post("deliveries", verb, body={"ids": chunk})
            result["matched"] += answer["matched"]
            result["changed"] += answer["changed"]
            result["skipped"] = (result["skipped"] + answer["skipped"])[:_SKIPPED_MAX]
            bar.update(len(chunk))
    return result
