"""Asking whether programs may be run on this machine: once, in plain words, where something was refused for that."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from posthouse.cli.client import Api
from posthouse.cli.exits import CommandFailed
from posthouse.cli.invocation import Invocation
from posthouse.cli.output import note

SETTING = "commands.allowed"
REFUSALS = frozenset({"target.commands_off", "source.commands_off"})

T = TypeVar("T")


def asking_for_programs(invocation: Invocation, api: Api, act: Callable[[], T]) -> T:
    """Do it; where that needs programs to be allowed and a person is there to allow them, do it again.

    Raises CommandFailed as `act` does, and where they stay forbidden.
    """
    try:
        return act()
    except CommandFailed as failed:
        if failed.code not in REFUSALS or not invocation.can_ask:
            raise
        note("This runs a program, and programs may not be run here yet.", colour="yellow")
        note("Once they may, whoever can change sources, targets or servers can run anything as the daemon's user.")
        if not click.confirm("Allow it?", default=False, err=True):
            raise
        api.patch("settings", SETTING, body={"value": True})
        note(f"Allowed. To take it back: posthouse settings reset {SETTING}")
        return act()
