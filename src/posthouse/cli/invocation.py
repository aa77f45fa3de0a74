"""One call of the program: what it was told everywhere (home, URL, JSON), and the classes its commands are made of.

`--home`, `--url` and `--json` may stand before or after a command. The home is the flag, else POSTHOUSE_HOME, else the
platform's data folder. The daemon's URL is the flag, else POSTHOUSE_URL, else what the daemon wrote into `address` in
the home when it started. The token is POSTHOUSE_TOKEN, else the file `token` in the home, which is never sent to
another machine.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from posthouse.cli.exits import ExitCode, Unreachable, failure

if TYPE_CHECKING:
    from posthouse.cli.client import Api

ADDRESS_FILE = "address"


class Invocation:
    """What this call was told. Nothing is read before it is asked for."""

    def __init__(self) -> None:
        self.home_flag: str | None = None
        self.url_flag: str | None = None
        self.is_json = False

    @property
    def home(self) -> Path:
        """The home that this call is about; it need not exist."""
        from posthouse.system.home import find_home  # `--help` needs no home

        return find_home(self.home_flag, os.environ)

    @property
    def named_url(self) -> str | None:
        """The daemon's URL where the caller named one."""
        return self.url_flag or os.environ.get("POSTHOUSE_URL") or None

    @property
    def url(self) -> str:
        """The daemon's URL. Raises Unreachable where no daemon has ever started in this home."""
        if self.named_url:
            return self.named_url
        home = self.home
        try:
            return (home / ADDRESS_FILE).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            detail = f"No daemon runs in {home}. Start it with: posthouse up"
            raise Unreachable("daemon.not_started", detail, is_maybe_taken=False) from error

    @property
    def can_ask(self) -> bool:
        """Whether a person can be asked something."""
        return not self.is_json and sys.stdin.isatty() and sys.stderr.isatty()

    def api(self, *, timeout_s: float | None = None) -> Api:
        """The daemon's API, with this call's token."""
        url = self.url  # where the daemon is away, this says so before anything is imported to ask it
        from posthouse.cli.client import TIMEOUT_S, Api  # 20 ms of http.client that `--help` is spared

        return Api(url, self.token_for(url), timeout_s=TIMEOUT_S if timeout_s is None else timeout_s)

    def token_for(self, url: str) -> str | None:
        """The token to send there. The home's own goes to this machine only."""
        from urllib.parse import urlsplit

        from posthouse.model.errors import PosthouseError
        from posthouse.system.addresses import is_local_address  # these, too, only where the daemon is asked
        from posthouse.system.home import read_token

        if named := os.environ.get("POSTHOUSE_TOKEN"):
            return named
        if not is_local_address(_host(urlsplit, url)):
            return None
        try:
            return read_token(self.home)
        except PosthouseError as error:
            raise failure(error.code, error.message, ExitCode.AUTH) from error


def _host(split: Any, url: str) -> str:
    try:
        return split(url).hostname or ""
    except ValueError:
        return ""


pass_invocation = click.make_pass_decorator(Invocation, ensure=True)


def everywhere() -> list[click.Option]:
    """The options that every command takes."""
    return [
        _option("--json", "is_json", "Print JSON, as the API answers it.", is_flag=True),
        _option("--home", "home_flag", "The folder in which everything lies.", metavar="DIR"),
        _option("--url", "url_flag", "The daemon's URL.", metavar="URL"),
    ]


def _add_everywhere(command: click.Command) -> None:
    """Give a command those options of every command that it does not itself use (a webhook has a `--url`, too)."""
    own = {flag for parameter in command.params for flag in parameter.opts}
    command.params.extend(option for option in everywhere() if own.isdisjoint(option.opts))


class Command(click.Command):
    """A command that takes the options of every command."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _add_everywhere(self)


class Group(click.Group):
    """A group of such commands, and one itself."""

    command_class = Command

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _add_everywhere(self)


def _option(flag: str, name: str, text: str, **kwargs: Any) -> click.Option:
    def remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:  # noqa: ARG001 (click's shape)
        if value:
            setattr(context.ensure_object(Invocation), name, value)

    # Eager, so that a complaint about another option is already told in JSON.
    return click.Option([flag, name], expose_value=False, is_eager=True, callback=remember, help=text, **kwargs)
