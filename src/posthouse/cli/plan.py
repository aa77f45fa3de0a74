"""What `posthouse bind --dry-run` prints: the request that would leave, when, and how it is protected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from posthouse.cli.output import note, say
from posthouse.cli.words import instant_words, size_words


def print_plan(plan: Mapping[str, Any]) -> None:
    """The plan of a binding. Warnings stand beside the answer, so that none is lost in a pipe."""
    request = plan["request"]
    say(f"{request['method']} {request['url']}")
    for name, value in request["headers"]:
        say(f"{name}: {value}")
    say()
    say(plan["note"] if request["body"] is None else request["body"])
    say()
    if plan["bytes"] is not None:
        say(f"Size: {size_words(plan['bytes'])}.")
    if plan["nextRuns"]:
        say(f"Next: {', '.join(instant_words(at) for at in plan['nextRuns'])}.")
    for one in plan["protections"]:
        say(f"{'✓' if one['isGood'] else '!'} {one['words']}")
    for warning in plan["warnings"]:
        note(f"Warning: {warning}", colour="yellow")
    note("Nothing was bound and nothing was sent.")
