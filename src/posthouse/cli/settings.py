"""`posthouse settings`: every setting with its value, where that came from, and what it may be."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from posthouse.cli.exits import ExitCode, failure
from posthouse.cli.invocation import Group, Invocation, pass_invocation
from posthouse.cli.output import fields, note, print_json, say, table
from posthouse.cli.words import counted


@click.group(cls=Group)
def settings() -> None:
    """See and change settings. Flags override the environment, which overrides what is set here."""


@settings.command("list")
@pass_invocation
def list_(invocation: Invocation) -> None:
    """List every setting, group by group."""
    found = invocation.api().get("settings")["items"]
    if invocation.is_json:
        print_json({"items": found})
        return
    rows = [
        [row["group"] if row["group"] != before else "", row["key"], _standing(row), _origin(row), row["doc"]]
        for row, before in zip(found, [None, *(one["group"] for one in found)], strict=False)
    ]
    table(["GROUP", "SETTING", "VALUE", "FROM", "WHAT"], rows, empty="No settings.")


@settings.command()
@click.argument("key")
@pass_invocation
def get(invocation: Invocation, key: str) -> None:
    """Print one setting's value; the default where it is unset."""
    found = invocation.api().get("settings", key)
    if invocation.is_json:
        print_json(found)
        return
    say(_text(found["value"]))
    if sys.stdout.isatty():
        _print_about(found)


@settings.command("set")
@click.argument("key")
@click.argument("value")
@pass_invocation
def set_(invocation: Invocation, key: str, value: str) -> None:
    """Change one setting."""
    _print_changed(invocation, invocation.api().patch("settings", key, body={"value": value}))


@settings.command()
@click.argument("key")
@pass_invocation
def reset(invocation: Invocation, key: str) -> None:
    """Take one setting back to its default."""
    _print_changed(invocation, invocation.api().delete("settings", key))


@settings.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@pass_invocation
def export(invocation: Invocation, file: Path | None) -> None:
    """Write what was set here as TOML, to FILE or standard output. Secrets are no settings, so none are in it."""
    from posthouse.settings.toml import format_toml  # with the settings' registry, which only this needs

    found = invocation.api().get("settings")["items"]
    stored = {row["key"]: json.dumps(row["stored"]) for row in found if row["stored"] is not None}
    text = format_toml(stored)
    if invocation.is_json:
        print_json({key: json.loads(value) for key, value in stored.items()})
    elif file is None:
        click.echo(text, nl=False)
    else:
        _write(file, text)
        note(f"{counted(len(stored), 'setting')} written to {file}.")


@settings.command("import")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@pass_invocation
def import_(invocation: Invocation, file: Any) -> None:
    """Set what a TOML FILE (- is standard input) holds. Everything is checked before anything is changed."""
    from posthouse.model.errors import BadInput
    from posthouse.settings.toml import parse_toml  # as above

    try:
        values = parse_toml(file.read())
    except UnicodeDecodeError as error:
        raise failure("settings.invalid_toml", "The file is not UTF-8.", ExitCode.USAGE) from error
    except BadInput as error:
        raise failure(error.code, error.message) from error
    api = invocation.api()
    for key, text in values.items():
        api.patch("settings", key, body={"value": json.loads(text)})
    if invocation.is_json:
        print_json({key: json.loads(text) for key, text in values.items()})
    else:
        say(f"{counted(len(values), 'setting')} set.")


def _print_changed(invocation: Invocation, found: dict[str, Any]) -> None:
    if invocation.is_json:
        print_json(found)
        return
    say(f"{found['key']} is {_worded(found, 'value')}")
    if found["origin"] in ("environment", "flag"):
        note(f"What is set here does not count while the {found['origin']} overrides it.", colour="yellow")
    elif found["inForce"] != found["value"]:
        note(f"It holds from the next start; until then it is {_worded(found, 'inForce')}.", colour="yellow")


def _print_about(found: dict[str, Any]) -> None:
    bounds = [
        f"{word} {_text(found[name])}"
        for name, word in (("min", "at least"), ("max", "at most"))
        if found.get(name) is not None
    ]
    note(f"{found['doc']}")
    fields(
        [
            ("Group", found["group"]),
            ("Default", _worded(found, "default")),
            ("May be", ", ".join(bounds) or "anything"),
            ("From", _origin(found)),
            ("Holds", "from the next start" if found["isAtStart"] else "at once"),
            ("In force", _worded(found, "inForce")),
        ]
    )


def _standing(found: dict[str, Any]) -> str:
    """The value, and the one in force where that is another."""
    if found["inForce"] == found["value"]:
        return _worded(found, "value")
    return f"{_worded(found, 'value')} (from the next start; now {_worded(found, 'inForce')})"


def _origin(found: dict[str, Any]) -> str:
    """Where the value came from, and what is stored where that does not count."""
    is_hidden = found["stored"] is not None and found["origin"] != "ledger"
    return f"{found['origin']} (stored: {_worded(found, 'stored')})" if is_hidden else str(found["origin"])


def _worded(found: dict[str, Any], name: str) -> str:
    """The value as a person would write it."""
    if found.get("kind") == "size":
        size = int(found[name])
        for step, unit in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
            if size and size % step == 0:
                return f"{size // step} {unit}"
    return f"{_text(found[name])} {found.get('unit') or ''}".rstrip()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise failure("cli.file_unwritable", f"{file} cannot be written: {error.strerror}.") from error
