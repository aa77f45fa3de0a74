"""The `posthouse` program: a static table of commands, each loaded when it is called.

What always holds: nothing but this table and click is loaded for `--help`, a failure is one sentence with a stable
code on standard error, and the exit code means what `exits.EXIT_CODES` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple

import click

from posthouse.cli.exits import EXIT_CODES, CommandFailed, ExitCode, failure
from posthouse.cli.invocation import Group, Invocation
from posthouse.cli.output import print_failure


class Entry(NamedTuple):
    """Where a command lives, and its line in the overview."""

    section: str
    module: str
    attribute: str
    summary: str


_RUN, _WIRE, _LOOK, _KEEP = "Run", "Wire", "Look", "Keep"

COMMANDS: dict[str, Entry] = {
    "up": Entry(_RUN, "up", "up", "Run the daemon."),
    "open": Entry(_RUN, "dashboard", "open_dashboard", "Open the dashboard, signed in."),
    "demo": Entry(_RUN, "demo", "demo", "Watch a dead receiver cost time and no event; no account needed."),
    "emit": Entry(_RUN, "emit", "emit", "Hand one event over, whether the daemon runs or not."),
    "run": Entry(_RUN, "run", "run", "Run a command, and tell when it is done or has failed."),
    "source": Entry(_WIRE, "sources", "source", "What notices: kinds, add, list, preview, enable, set, remove."),
    "target": Entry(_WIRE, "targets", "target", "Where it goes: add, list, test, reconnect, pause, edit, remove."),
    "bind": Entry(_WIRE, "bindings", "bind", "Send a source's events to a target."),
    "rebind": Entry(_WIRE, "bindings", "rebind", "Change when, what or how a binding sends."),
    "unbind": Entry(_WIRE, "bindings", "unbind", "Stop sending a source's events to a target."),
    "bindings": Entry(_WIRE, "bindings", "bindings", "Which source's events go where, when, and how it went."),
    "hooks": Entry(_WIRE, "hooks", "hooks", "Make coding agents tell what they do: install, status, remove."),
    "wording": Entry(
        _WIRE, "wording", "wording", "Try a filter or words on a source's newest events; nothing is sent."
    ),
    "notify": Entry(_WIRE, "notify", "notify", "Be told what agents do: set, test, recent."),
    "wake": Entry(_WIRE, "wake", "wake", "Wake accounts at marked hours: on, off, now, accounts, account add."),
    "status": Entry(_LOOK, "status", "status", "What flows, what waits, and what needs you."),
    "health": Entry(_LOOK, "health", "health", "Whether the daemon and its workers are well."),
    "servers": Entry(_RUN, "servers", "servers", "Keep local servers alive: add, start, stop, logs, sessions."),
    "watch": Entry(_LOOK, "watch", "watch", "The agents and the flow on one screen, live."),
    "agents": Entry(_LOOK, "agents", "agents", "Which coding agents run, what each does, and who waits for you."),
    "peers": Entry(_LOOK, "peers", "peers", "Which hosts are there on the local network; on, off, config, send."),
    "live": Entry(_LOOK, "live", "live", "Follow what happens, as it happens."),
    "events": Entry(_LOOK, "events", "events", "What was noticed and written down."),
    "deliveries": Entry(_LOOK, "deliveries", "deliveries", "What is owed to targets, and how each one went."),
    "throughput": Entry(_LOOK, "throughput", "throughput", "How much was delivered, and how quickly."),
    "gaps": Entry(_LOOK, "gaps", "gaps", "Scheduled runs that led to no delivery, and why."),
    "replay": Entry(_KEEP, "bulk", "replay", "Send deliveries again."),
    "dismiss": Entry(_KEEP, "bulk", "dismiss", "End waiting or failed deliveries without sending them."),
    "settings": Entry(_KEEP, "settings", "settings", "List, get, set, reset, export and import settings."),
    "token": Entry(_KEEP, "tokens", "token", "Make, list and revoke API tokens."),
    "sessions": Entry(_KEEP, "dashboard", "sessions", "Which browsers are signed in to the dashboard; sign one out."),
}


class LazyGroup(Group):
    """The overview, drawn from the table alone."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name, in the table's order."""
        return [*COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load the one command that was called."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(import_module(f"posthouse.cli.{entry.module}"), entry.attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 (click's shape)
        """The sections, without loading a command."""
        for section in dict.fromkeys(entry.section for entry in COMMANDS.values()):
            with formatter.section(section):
                formatter.write_dl(
                    [(name, entry.summary) for name, entry in COMMANDS.items() if entry.section == section]
                )


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="\b\nExit codes:\n" + "\n".join(f"  {int(code):>3}  {text}" for code, text in EXIT_CODES.items()),
)
@click.version_option(package_name="posthouse", message="posthouse %(version)s")
def root() -> None:
    """What happens on this machine becomes a guaranteed, visible delivery."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and answer its exit code. Never raises but for our own bugs."""
    invocation = Invocation()
    try:
        result = root.main(arguments, prog_name="posthouse", standalone_mode=False, obj=invocation)
    except CommandFailed as failed:
        print_failure(failed, is_json=invocation.is_json)
        return failed.exit_code
    except click.ClickException as error:
        if invocation.is_json or not isinstance(error, click.UsageError):
            print_failure(failure("cli.usage", error.format_message(), ExitCode.USAGE), is_json=invocation.is_json)
        else:
            error.show()
        return ExitCode.USAGE
    except click.Abort:
        click.echo("Interrupted.", err=True)
        return ExitCode.INTERRUPTED
    return result if isinstance(result, int) else ExitCode.OK
