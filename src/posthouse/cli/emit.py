"""`posthouse emit`: hand one event over, whether the daemon runs or not.

The key is made first, so that whatever becomes of the request, trying again cannot double the event: the daemon keeps
one event per (origin, key). Where the daemon is away, out of room or silent, the event becomes a file in the spool,
which the daemon takes in at once or at its next start. A daemon named by `--url` may be another machine's: then there
is no spool to fall back to, and the exit code says that it is worth another try.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import NoReturn

import click

from posthouse.cli.exits import CommandFailed, ExitCode, Unreachable, failure
from posthouse.cli.invocation import Command, Invocation, pass_invocation
from posthouse.cli.output import print_json, say
from posthouse.cli.words import counted
from posthouse.model.errors import PosthouseError
from posthouse.system.clock import SystemClock
from posthouse.system.home import make_home
from posthouse.system.private_file import write_private

_TIMEOUT_S = 10.0
_TYPE_CHARACTERS_MAX = 200
_SPOOLED = (
    "The daemon is away: the event was written to the spool ({path}). It is taken in when the daemon next starts."
)
_SPOOLED_UNSURE = (
    "The daemon did not confirm the event: it was written to the spool ({path}) under the same key, "
    "so it is taken in once."
)


@click.command(cls=Command)
@click.argument("type_", metavar="TYPE")
@click.option("--data", metavar="JSON|@FILE|-", help="The event's data: JSON, a file that holds it, or - for stdin.")
@click.option("--origin", metavar="NAME", help="Who says so; bindings can filter on it.")
@click.option("--subject", metavar="S", help="What it is about.")
@click.option("--severity", type=click.Choice(["info", "success", "warning", "error"]), help="How much it matters.")
@click.option("--key", metavar="KEY", help="Idempotency key; one is made where none is given.")
@pass_invocation
def emit(
    invocation: Invocation,
    type_: str,
    data: str | None,
    origin: str | None,
    subject: str | None,
    severity: str | None,
    key: str | None,
) -> None:
    """Hand one event over: to the daemon, or to its spool while it is away. It is never doubled."""
    clock = SystemClock()
    made_key = clock.uuid7()
    told = {"origin": origin, "subject": subject, "severity": severity}
    head: dict[str, str | int] = {"type": _checked_type(type_), "key": key or made_key, "at": clock.now()}
    head |= {name: value for name, value in told.items() if value is not None}
    body = _body(head, _read_data(data))
    try:
        answer = invocation.api(timeout_s=_TIMEOUT_S).call("POST", ("events",), body=body)
    except CommandFailed as failed:
        _fall_back(invocation, failed, body, name=made_key, key=str(head["key"]))
        return
    event = answer["events"][0]
    if invocation.is_json:
        print_json({**event, "key": head["key"], "spooled": False})
    elif event["duplicate"]:
        say(f"Already known under this key: {event['id']}. Nothing was added.")
    else:
        say(f"Written down: {event['id']}, {counted(event['deliveries'], 'delivery', 'deliveries')} to make.")


def _fall_back(invocation: Invocation, failed: CommandFailed, body: bytes, *, name: str, key: str) -> None:
    is_away = isinstance(failed, Unreachable) or failed.exit_code is ExitCode.TEMPORARY
    if not (is_away or int(failed.problem.get("status") or 0) >= 500):
        raise failed
    if invocation.named_url:
        detail = (
            f"{failed.detail} Nothing was spooled, because the daemon was named by its URL; try again with --key {key}"
        )
        raise failure(failed.code, detail, ExitCode.TEMPORARY) from failed
    path = _spool(invocation.home, name, body)
    if invocation.is_json:
        print_json({"key": key, "spooled": True, "path": str(path), "reason": failed.code})
        return
    is_unsure = isinstance(failed, Unreachable) and failed.is_maybe_taken
    say((_SPOOLED_UNSURE if is_unsure else _SPOOLED).format(path=path))


def _spool(home: Path, name: str, body: bytes) -> Path:
    """Put the event where the daemon will find it: whole or not at all."""
    path = home / "spool" / f"{name}.json"
    try:
        make_home(home)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        write_private(path, body)
    except (OSError, PosthouseError) as error:
        why = error.message if isinstance(error, PosthouseError) else error.strerror or type(error).__name__
        detail = f"The daemon is away, and the event could not be written to {path.parent} either: {why}"
        raise failure("spool.unwritable", detail, ExitCode.TEMPORARY) from error
    return path


def _checked_type(text: str) -> str:
    if not 1 <= len(text) <= _TYPE_CHARACTERS_MAX or not text.isprintable():
        _refuse("event.type_invalid", f"TYPE must have 1 to {_TYPE_CHARACTERS_MAX} printable characters.")
    return text


def _read_data(text: str | None) -> bytes:
    """The data as JSON text, as it was given: numbers keep every digit."""
    if text is None:
        return b"{}"
    try:
        raw = (
            sys.stdin.buffer.read()
            if text == "-"
            else Path(text[1:]).read_bytes()
            if text[:1] == "@"
            else text.encode()
        )
    except OSError as error:
        _refuse("cli.data_unreadable", f"{text[1:]} cannot be read: {error.strerror}.")
    except UnicodeEncodeError:
        _refuse("event.data_invalid", "--data is not valid UTF-8.")
    try:
        json.loads(raw.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        _refuse("event.data_invalid", f"--data is not JSON: {error}.")
    return raw.strip()


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _body(head: dict[str, str | int], data: bytes) -> bytes:
    try:
        return json.dumps(head, ensure_ascii=False).encode()[:-1] + b', "data": ' + data + b"}"
    except UnicodeEncodeError:
        _refuse("event.text_invalid", "TYPE, --origin, --subject and --key must be valid UTF-8.")


def _refuse(code: str, detail: str) -> NoReturn:
    raise failure(code, detail, ExitCode.USAGE)
