"""`posthouse health`: whether the daemon and its workers are well. Needs no token; exits 1 where they are not."""

from __future__ import annotations

import time

import click

from posthouse.cli.exits import ExitCode
from posthouse.cli.invocation import Command, Invocation, pass_invocation
from posthouse.cli.output import Cell, fields, print_json, say, table
from posthouse.cli.words import ago, size_words

_COLOURS = {"ok": "green", "running": "green", "degraded": "red", "restarting": "red"}


@click.command(cls=Command)
@pass_invocation
def health(invocation: Invocation) -> int:
    """Show whether the daemon and its workers are well; exit code 1 where they are not."""
    answer = invocation.api(timeout_s=5.0).get("health")
    code = ExitCode.OK if answer["status"] == "ok" else ExitCode.FAILED
    if invocation.is_json:
        print_json(answer)
        return code
    now_ms = time.time_ns() // 1_000_000
    ledger = answer["ledger"]
    fields(
        [
            ("Daemon", f"{answer['status']}, version {answer['version']}, started {ago(answer['startedAt'], now_ms)}"),
            ("Ledger", f"{'ok' if ledger['ok'] else 'in trouble'}, {size_words(ledger['freeBytes'])} free"),
        ]
    )
    say()
    table(
        ["WORKER", "STATE", "SINCE", "RESTARTS", "LAST ERROR"],
        [
            [
                worker["name"],
                Cell(worker["state"], _COLOURS.get(worker["state"])),
                ago(worker["since"], now_ms),
                worker["restarts"],
                worker["error"],
            ]
            for worker in answer["workers"]
        ],
        empty="No workers.",
    )
    return code
