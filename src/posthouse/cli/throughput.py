"""`posthouse throughput`: how much was delivered over the last hour or day, and how quickly, in small pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from posthouse.cli.invocation import Command, Invocation, pass_invocation
from posthouse.cli.output import Cell, print_json, say, table
from posthouse.cli.words import took_words

_BARS = "▁▂▃▄▅▆▇█"
_WINDOWS = {"hour": ("The last hour", "2 minutes", 2), "day": ("The last day", "half an hour", 1)}
"""How each is told, what one bar stands for, and how many buckets that is: both fit 80 columns."""


@click.command(cls=Command)
@click.option("--window", type=click.Choice(list(_WINDOWS)), default="hour", show_default=True, help="How far back.")
@click.option("--target", metavar="T", help="Only what is sent to this target.")
@pass_invocation
def throughput(invocation: Invocation, window: str, target: str | None) -> None:
    """Show how much was delivered, how many tries failed, and how long it took."""
    answer = invocation.api().get("throughput", query={"window": window, "target": target})
    if invocation.is_json:
        print_json(answer)
        return
    words, step_words, step = _WINDOWS[window]
    buckets, totals = answer["buckets"], answer["totals"]
    if not totals["delivered"] and not totals["failed"]:
        say(f"{words}: nothing was sent.")
        return

    def bars(field: str, join: Callable[[list[int]], int]) -> str:
        return sparkline([_joined(buckets[at : at + step], field, join) for at in range(0, len(buckets), step)])

    say(f"{words}, one bar for {step_words}, the present one last:")
    table(
        ["", "IN ALL", ""],
        [
            ["Delivered", totals["delivered"], Cell(bars("delivered", sum), "green")],
            ["Failed tries", totals["failed"], Cell(bars("failed", sum), "red" if totals["failed"] else None)],
            ["Half within", took_words(totals["p50Ms"]), bars("p50Ms", max)],
            ["95 % within", took_words(totals["p95Ms"]), bars("p95Ms", max)],
        ],
        empty="",
    )
    if totals["delivered"]:
        half, most = took_words(totals["arrivedP50Ms"]), took_words(totals["arrivedP95Ms"])
        say(f"From being noticed to having arrived: half within {half}, 95 % within {most}.")


def sparkline(values: Sequence[int | None]) -> str:
    """A bar for each value, the tallest for the highest; a dot for nothing, whether none or 0."""
    top = max((value for value in values if value), default=0)
    return "".join(_BARS[-(-value * len(_BARS) // top) - 1] if value else "·" for value in values)


def _joined(buckets: list[dict[str, Any]], field: str, join: Callable[[list[int]], int]) -> int | None:
    known = [bucket[field] for bucket in buckets if bucket[field] is not None]
    return join(known) if known else None
