"""`posthouse agents`: which coding agents there are, what each one does, and who waits for a person."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import click

from posthouse.cli.invocation import Command, Invocation, pass_invocation
from posthouse.cli.output import Cell, print_json, say, table
from posthouse.cli.words import ago

STATES: dict[str, tuple[str, str | None]] = {
    "waiting": ("Waiting for you", "yellow"),
    "failed": ("Failed", "red"),
    "working": ("Working", "cyan"),
    "idle": ("Idle", "green"),
    "ended": ("Ended", "bright_black"),
}
"""Words and colours, in the order in which agents are listed: whoever needs a person comes first."""

TAG_CHARACTERS = 8
EMPTY = "No agent was heard of yet. docs/agents.md says how they are heard."


@click.command(cls=Command)
@click.option("--state", type=click.Choice([*STATES]), help="Only agents in this state.")
@click.option("--all", "is_all", is_flag=True, help="Those that have ended in the last day, too.")
@pass_invocation
def agents(invocation: Invocation, state: str | None, is_all: bool) -> None:
    """Show the coding agents that run, and first of all what they ask you for."""
    answer = invocation.api().get("agents", query={"state": state})
    if invocation.is_json:
        print_json(answer)
        return
    now_ms = time.time_ns() // 1_000_000
    found = [one for one in answer["items"] if is_all or state == "ended" or one["state"] != "ended"]
    prompts = [(one, prompt) for one in found for prompt in one["prompts"]]
    if prompts:
        _print_prompts(prompts, now_ms)
        say()
    _print_board(found, now_ms)


def _print_prompts(prompts: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]], now_ms: int) -> None:
    """What is asked for; it is answered where the agent runs."""
    table(
        ["ASKS FOR", "SINCE", "AGENT", "WHAT"],
        [
            [
                Cell(prompt["permission"] or "permission", "yellow"),
                ago(prompt["since"], now_ms),
                name_words(agent),
                prompt["description"],
            ]
            for agent, prompt in sorted(prompts, key=lambda one: one[1]["since"])
        ],
        empty="",
    )


def _print_board(found: Sequence[Mapping[str, Any]], now_ms: int) -> None:
    has_machines = len({one["machine"] for one in found}) > 1
    headings = ["AGENT", "STATE", "SINCE", "TOOL", "PROJECT", *(["MACHINE"] if has_machines else []), "TITLE"]
    table(
        headings,
        [
            [
                ("  " if one["parentId"] else "") + one["id"][:TAG_CHARACTERS],
                state_cell(one),
                ago(one["since"], now_ms),
                one["tool"],
                one["project"],
                *([one["machine"]] if has_machines else []),
                one["title"],
            ]
            for one in in_order(found)
        ],
        empty=EMPTY,
    )


def in_order(found: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Agents by how much they need a person, each followed by those that work for it."""
    ranks = {state: rank for rank, state in enumerate(STATES)}
    there = {(one["machine"], one["id"]) for one in found}
    below: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    roots = []
    for one in sorted(found, key=lambda one: ranks.get(one["state"], len(ranks))):
        above = (one["machine"], one["parentId"] or "")
        if above in there:
            below.setdefault(above, []).append(one)
        else:
            roots.append(one)
    ordered: list[Mapping[str, Any]] = []
    waiting = roots[::-1]
    while waiting:
        one = waiting.pop()
        ordered.append(one)
        waiting += below.pop((one["machine"], one["id"]), [])[::-1]
    # Whoever works for itself in a circle stands under nobody.
    return ordered + [one for group in below.values() for one in group]


def state_cell(agent: Mapping[str, Any]) -> Cell:
    """The state in a word and a colour; of a failed agent also why."""
    words, colour = STATES.get(agent["state"], (str(agent["state"]), None))
    error = agent["error"].partition("\n")[0] if agent["state"] == "failed" else ""
    return Cell(f"{words}: {error}" if error else words, colour)


def name_words(agent: Mapping[str, Any]) -> str:
    """What people know an agent by."""
    return str(agent["title"] or agent["project"] or agent["tool"] or agent["id"][:TAG_CHARACTERS])
