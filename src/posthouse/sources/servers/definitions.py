"""What a managed server is, as its owner defines it, and what is refused of that.

In: what a person entered. Out: a `Definition`, complete and judged, or BadInput that names the field. A definition
holds no secret: `secret_env` names variables and where in the secret store their values lie. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from enum import StrEnum
from pathlib import Path
from signal import Signals
from typing import Annotated, Any

import msgspec

from posthouse.model.errors import BadInput
from posthouse.rules.process import Restart, checked_port

OPENCODE = "opencode"
OPENCODE_PORT = 4096
PRESETS = ("", OPENCODE)

SERVERS_MAX = 50


def known_signals(names: Container[str]) -> tuple[str, ...]:
    """Of the signals that may ask a server to end those that a system has: Windows knows the first two."""
    return tuple(name for name in ("SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP") if name in names)


STOP_SIGNALS = known_signals(Signals.__members__)

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,49}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9a-fA-F:.]{2,45}")
_OWN = "POSTHOUSE_"

Word = Annotated[str, msgspec.Meta(max_length=4_096)]
Argv = Annotated[tuple[Word, ...], msgspec.Meta(max_length=100)]
Variables = Annotated[dict[str, Word], msgspec.Meta(max_length=50)]


class HealthKind(StrEnum):
    """How a server is asked whether it is well. log: a line of its output says that it is ready."""

    HTTP = "http"
    TCP = "tcp"
    LOG = "log"
    NONE = "none"


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How it is asked, and how often. `path`: of http, answered with 200 to 299. `contains`: of log, a plain text."""

    kind: HealthKind = HealthKind.NONE
    path: Annotated[str, msgspec.Meta(max_length=1_000)] = "/"
    contains: Annotated[str, msgspec.Meta(max_length=200)] = ""
    interval_s: Annotated[float, msgspec.Meta(ge=1, le=3_600)] = 10.0
    timeout_s: Annotated[float, msgspec.Meta(ge=0.1, le=60)] = 5.0


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """A managed server.

    `argv`: the program and its arguments; no shell reads them. `folder`: where it runs, "" is the home folder. `env`:
    variables beside the few that every program inherits. `secret_env`: variable to its name in the secret store.
    `port`: where it listens, None where it listens nowhere that matters. `autostart`: it is started with Posthouse.
    `keep_running`: it goes on when Posthouse stops. `stop_grace_s`: so long after the stop signal it is killed.
    `tunnel`: a command that makes the server reachable from elsewhere, empty for none. `revision` rises with each edit.
    """

    name: str
    argv: Argv = ()
    folder: Word = ""
    env: Variables = {}
    secret_env: Variables = {}
    host: str = "127.0.0.1"
    port: int | None = None
    health: Health = Health()
    restart: Restart = Restart.ALWAYS
    autostart: bool = True
    keep_running: bool = False
    stop_signal: str = "SIGTERM"
    stop_grace_s: Annotated[float, msgspec.Meta(ge=0.1, le=300)] = 10.0
    preset: str = ""
    tunnel: Argv = ()
    revision: int = 0

    @property
    def url(self) -> str | None:
        """Where it is reached by HTTP, None where it has no port."""
        if self.port is None:
            return None
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def command(self) -> tuple[str, ...]:
        """What is run: of a preset its program with the arguments that the preset needs."""
        if self.preset == OPENCODE:
            return (*self.argv, "serve", "--hostname", self.host, "--port", str(self.port))
        return self.argv


def complete(given: Mapping[str, Any], *, before: Definition | None = None) -> Definition:
    """What a person entered as a definition, laid over the one before, judged whole.

    Raises BadInput `server.invalid` naming the field.
    """
    base: dict[str, Any] = {} if before is None else msgspec.to_builtins(before)
    if "health" in given and isinstance(given["health"], Mapping):
        given = {**given, "health": {**base.get("health", {}), **given["health"]}}
    merged = {**base, **given, "revision": 0 if before is None else before.revision + 1}
    if before is None and merged.get("preset") == OPENCODE:
        merged = _with_opencode(merged)
    try:
        definition = msgspec.convert(merged, Definition)
    except msgspec.ValidationError as error:
        words, _, path = str(error).partition(" - at `$.")
        field = path.rstrip("`")
        raise BadInput("server.invalid", f"{field or 'The definition'}: {words}.", field=field or None) from error
    check(definition)
    return definition


def check(definition: Definition) -> None:
    """Raise BadInput `server.invalid`, naming the field, or `server.port_invalid`, for what no server can be."""
    if _NAME.fullmatch(definition.name) is None:
        raise _bad("name", "A server's name is 1 to 50 of a-z, 0-9 and -, and begins with a letter or digit.")
    if definition.preset not in PRESETS:
        raise _bad("preset", f"There is no preset {definition.preset[:50]!r}. There is opencode.")
    _check_argv("argv", definition.argv)
    if not definition.argv:
        raise _bad("argv", "Say which program to run.")
    if definition.preset == OPENCODE and len(definition.argv) != 1:
        raise _bad("argv", "Of the preset opencode only the program is given; its arguments are made.")
    if definition.tunnel:
        _check_argv("tunnel", definition.tunnel)
    if definition.folder and not (Path(definition.folder).is_absolute() or definition.folder[:1] == "~"):
        raise _bad("folder", "The folder is a path that begins with / (or a drive) or ~.")
    _check_variables(definition)
    if _HOST.fullmatch(definition.host) is None:
        raise _bad("host", "The host is a name or an IP address.")
    if definition.port is not None:
        try:
            checked_port(definition.port)
        except BadInput as error:
            raise BadInput(error.code, error.message, field="port") from error
    _check_health(definition)
    if definition.stop_signal not in STOP_SIGNALS:
        raise _bad("stop_signal", f"The stop signal on this system is one of {', '.join(STOP_SIGNALS)}.")
    if any("\0" in text for text in (*definition.argv, *definition.tunnel, definition.folder)):
        raise _bad("argv", "No word may hold a NUL character.")


def _with_opencode(given: dict[str, Any]) -> dict[str, Any]:
    """What the preset says of what was not given."""
    given = {key: value for key, value in given.items() if value is not None}
    health: Any = given.get("health", {})
    if isinstance(health, Mapping):
        health = {"kind": "http", "path": "/global/health"} | dict(health)
    return {"port": OPENCODE_PORT} | given | {"health": health, "argv": given.get("argv") or (OPENCODE,)}


def _check_argv(field: str, argv: tuple[str, ...]) -> None:
    if not argv:
        return
    program = argv[0]
    is_name = bool(program) and not re.search(r"[/\\]", program)
    if not (is_name or Path(program).is_absolute()):
        raise _bad(field, "The program is an absolute path, or a name that is found on PATH.")


def _check_variables(definition: Definition) -> None:
    for name in (*definition.env, *definition.secret_env):
        if _VARIABLE.fullmatch(name) is None or name.startswith(_OWN):
            message = f"{name[:100]!r} cannot be a variable: use letters, digits and _, and do not begin with {_OWN}."
            raise _bad("env", message)
    for name in definition.env.keys() & definition.secret_env.keys():
        raise _bad("secret_env", f"{name} is given twice, as a plain and as a secret variable.")
    if any("\0" in value for value in definition.env.values()):
        raise _bad("env", "No variable may hold a NUL character.")


def _check_health(definition: Definition) -> None:
    health = definition.health
    if health.kind in (HealthKind.HTTP, HealthKind.TCP) and definition.port is None:
        raise _bad("port", f"To ask by {health.kind} whether it is well, say on which port it listens.")
    if health.kind is HealthKind.HTTP and not (
        health.path.startswith("/") and health.path.isascii() and health.path.isprintable() and " " not in health.path
    ):
        raise _bad("health.path", "The path begins with / and is printable ASCII without spaces.")
    if health.kind is HealthKind.LOG and not health.contains:
        raise _bad("health.contains", "Say which text in its output tells that it is ready.")


def _bad(field: str, message: str) -> BadInput:
    return BadInput("server.invalid", message, field=field)
