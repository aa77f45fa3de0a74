"""`posthouse up`: run the daemon in the foreground until it is told to stop."""

from __future__ import annotations

import click

from posthouse.cli.exits import CommandFailed, exit_code_of_status
from posthouse.cli.invocation import Command, Invocation, pass_invocation


@click.command(cls=Command)
@click.option("--host", metavar="HOST", help="The address to listen on (setting api.host).")
@click.option("--port", type=click.IntRange(0, 65_535), help="The port to listen on; 0 is any free one (api.port).")
@pass_invocation
def up(invocation: Invocation, host: str | None, port: int | None) -> int:
    """Run the daemon until it is interrupted. It says what it sees, where to look, and what to do next."""
    # The daemon is everything that the quick commands must not load.
    from posthouse.daemon import run
    from posthouse.model.errors import PosthouseError

    try:
        return run(invocation.home, host=host, port=port)
    except PosthouseError as error:
        problem = {"code": error.code, "status": error.status, "detail": error.message}
        raise CommandFailed(problem, exit_code_of_status(error.status)) from error
