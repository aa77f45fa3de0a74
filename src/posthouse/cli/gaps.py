"""`posthouse gaps`: the scheduled runs that led to no delivery, why, and running one after all."""

from __future__ import annotations

import click

from posthouse.cli.bindings import READ_TIMEOUT_S, print_pushed
from posthouse.cli.invocation import Group, Invocation, pass_invocation
from posthouse.cli.output import print_json, table
from posthouse.cli.words import gap_when, instant_words


@click.group(cls=Group, invoke_without_command=True)
@click.option("--source", metavar="S", help="Only those of this source.")
@click.option("--binding", type=click.IntRange(1), metavar="N", help="Only those of this binding.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many.")
@click.pass_context
@pass_invocation
def gaps(invocation: Invocation, context: click.Context, source: str | None, binding: int | None, limit: int) -> None:
    """List scheduled runs that led to no delivery, the newest first, or run one after all."""
    if context.invoked_subcommand is not None:
        return
    query = {"source": source, "binding": binding}
    found = list(invocation.api().items("gaps", query=query, limit=limit))
    if invocation.is_json:
        print_json({"items": found})
        return
    table(
        ["ID", "BINDING", "SOURCE", "TARGET", "RUNS", "WHY"],
        [
            [
                gap["id"],
                gap["bindingId"],
                gap["source"],
                gap["target"],
                gap_when(gap),
                gap["words"] + (f" (run by hand {instant_words(gap['ranAt'])})" if gap["ranAt"] else ""),
            ]
            for gap in found
        ],
        empty="No gaps: every scheduled run led to a delivery.",
    )


@gaps.command()
@click.argument("gap_id", metavar="ID", type=click.IntRange(1))
@pass_invocation
def run(invocation: Invocation, gap_id: int) -> None:
    """Read the source of a gap's binding now and send it, changed or not."""
    print_pushed(invocation, invocation.api(timeout_s=READ_TIMEOUT_S).post("gaps", gap_id, "run"))
