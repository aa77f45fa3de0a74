"""The options of `posthouse servers add` and `edit`, and the body that they make."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any, TypeVar

import click

from posthouse.cli.exits import ExitCode, failure
from posthouse.cli.values import duration_s, read_secret

F = TypeVar("F", bound=Callable[..., Any])

HEALTH_KINDS = ("http", "tcp", "log", "none")


class Given:
    """What was given, None where it was not."""

    def __init__(self, argv: tuple[str, ...], **options: Any) -> None:
        self.argv = list(argv)
        self.options = options


def server_options(command: F) -> F:
    """The options that say what a server is."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option("--folder", metavar="FOLDER", help="Where it runs; the home folder where not given."),
    click.option("--host", metavar="HOST", help="The address that it listens on [127.0.0.1]."),
    click.option("--port", type=int, metavar="PORT", help="The port that it listens on, 1024 to 65535."),
    click.option("--env", multiple=True, metavar="NAME=VALUE", help="A variable, no secret; can be repeated."),
    click.option(
        "--secret-file", multiple=True, metavar="NAME=FILE", help="A secret variable, read from a file; - is stdin."
    ),
    click.option("--no-secret", multiple=True, metavar="NAME", help="Forget a secret variable; can be repeated."),
    click.option("--health", metavar="HOW", help="http:/path, tcp, log:TEXT or none."),
    click.option("--health-every", metavar="TIME", help="How often it is asked [10s]."),
    click.option(
        "--restart", type=click.Choice(("always", "on_failure", "never")), help="When it is started again [always]."
    ),
    click.option("--autostart/--no-autostart", default=None, help="Whether it starts with Posthouse [yes]."),
    click.option("--keep-running/--no-keep-running", default=None, help="Whether it outlives Posthouse [no]."),
    click.option("--stop-signal", metavar="SIGNAL", help="What asks it to end [SIGTERM]."),
    click.option("--grace", metavar="TIME", help="How long it has to end before it is killed [10s]."),
    click.option("--tunnel", metavar="COMMAND", help="A command that opens it to the internet; '' for none."),
    click.option("--confirm-tunnel", is_flag=True, help="Yes, it is to be open to the internet."),
)


def body_of(given: Given) -> dict[str, Any]:
    """What the API takes. Raises CommandFailed `cli.usage`."""
    options = given.options
    body: dict[str, Any] = {
        "argv": given.argv or None,
        "folder": options["folder"],
        "host": options["host"],
        "port": options["port"],
        "env": _pairs(options["env"], "--env") or None,
        "secretEnv": _secrets(options["secret_file"], options["no_secret"]) or None,
        "health": _health(options["health"], options["health_every"]) or None,
        "restart": options["restart"],
        "autostart": options["autostart"],
        "keepRunning": options["keep_running"],
        "stopSignal": options["stop_signal"],
        "stopGraceS": None if options["grace"] is None else duration_s(options["grace"]),
        "tunnel": None if options["tunnel"] is None else _words(options["tunnel"]),
        "confirmTunnel": options["confirm_tunnel"] or None,
    }
    return {name: value for name, value in body.items() if value is not None}


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise failure("cli.usage", f"--tunnel cannot be read as a command: {error}.", ExitCode.USAGE) from error


def _pairs(lines: tuple[str, ...], option: str) -> dict[str, str]:
    pairs = {}
    for line in lines:
        name, equals, value = line.partition("=")
        if not equals or not name:
            raise failure("cli.usage", f"{option} is written NAME=VALUE, unlike {line[:100]!r}.", ExitCode.USAGE)
        pairs[name] = value
    return pairs


def _secrets(files: tuple[str, ...], gone: tuple[str, ...]) -> dict[str, str | None]:
    found: dict[str, str | None] = dict.fromkeys(gone)
    for name, file in _pairs(files, "--secret-file").items():
        found[name] = read_secret(f"The secret {name}", file=file, variable="", can_ask=False)
    return found


def _health(how: str | None, every: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {} if every is None else {"intervalS": duration_s(every)}
    if how is None:
        return found
    kind, _, rest = how.partition(":")
    if kind not in HEALTH_KINDS:
        raise failure("cli.usage", "--health is http:/path, tcp, log:TEXT or none.", ExitCode.USAGE)
    more = {"http": {"path": rest or "/"}, "log": {"contains": rest}}
    return found | {"kind": kind, **more.get(kind, {})}
