"""A target's settings from what a person says on the command line, for any kind, by the kind's own description.

In go the fields of `GET /api/target-kinds`, KEY=VALUE assignments (KEY is a field's path with dots) and files with
secrets; out comes the JSON that the API takes. What is needed and was not said is asked for where a person is there. A
secret is never an argument: it comes from a file, the environment (POSTHOUSE_TARGET_<KEY>), or a prompt that does not
echo. Whether a value is good is for the daemon to say. Of a field that holds secrets by name, KEY is followed by a dot
and the name.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from posthouse.cli.client import Api
from posthouse.cli.exits import ExitCode, failure
from posthouse.cli.output import Cell, fields, note, say, table
from posthouse.cli.values import header_pairs, read_secret

_LONE = ("secret", "sign_in")
"""One secret. The second is filled by signing in, or given like the first."""

_SECRET = (*_LONE, "secrets")
"""What is never an argument."""

_YES, _NO = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}

FieldOf = Mapping[str, Any]


def find_kind(api: Api, name: str) -> dict[str, Any]:
    """One kind of target by its name."""
    found = api.get("target-kinds")["items"]
    for kind in found:
        if kind["kind"] == name:
            return dict(kind)
    known = ", ".join(kind["kind"] for kind in found)
    raise failure("target.unknown_kind", f"There is no target kind {name!r}. Known: {known}.", ExitCode.NOT_FOUND)


def print_kinds(kinds: Sequence[Mapping[str, Any]]) -> None:
    """All kinds, a line each."""
    table(["KIND", "WHAT", ""], [[kind["kind"], kind["title"], kind["summary"]] for kind in kinds], empty="No kinds.")
    note("See what one needs: posthouse target kinds KIND")


def print_kind(kind: Mapping[str, Any]) -> None:
    """One kind with its settings, and how a target of it is added."""
    fields([("Kind", kind["kind"]), ("What", kind["title"]), ("", kind["summary"])])
    say()
    table(
        ["SETTING", "VALUE", "DEFAULT", "WHAT"],
        [[key_of(one), _value_words(one), _default_cell(one), _what_words(one)] for one in kind["fields"]],
        empty="It has no settings.",
    )
    needed = "".join(
        f" --set {key_of(one)}=…"
        for one in kind["fields"]
        if one["isRequired"] and one["kind"] not in _SECRET and one["whenPath"] is None
    ) + "".join(
        f" --secret-file {key_of(one)}.NAME=FILE" for one in kind["fields"] if one["isRequired"] and _has_names(one)
    )
    say()
    say(f"Add one: posthouse target add {kind['kind']} --name NAME{needed}")


def new_settings(
    kind_fields: Sequence[FieldOf], assignments: Iterable[str], secret_files: Iterable[str], *, can_ask: bool
) -> dict[str, Any]:
    """The settings of something new. What was not said has its default."""
    said = _said(kind_fields, assignments)
    files = _files(kind_fields, secret_files)
    values = {key_of(one): one["default"] for one in kind_fields if one["default"] is not None} | said
    _complete(kind_fields, values, files, can_ask=can_ask)
    return _nested(_asked(kind_fields, values))


def changed_settings(
    kind_fields: Sequence[FieldOf],
    present: Mapping[str, Any],
    assignments: Iterable[str],
    secret_files: Iterable[str],
    *,
    can_ask: bool,
) -> dict[str, Any]:
    """Those settings that are to change; `present` are all as the API shows them. An empty VALUE takes one out."""
    said = _said(kind_fields, assignments)
    files = _files(kind_fields, secret_files)
    tops = {key.partition(".")[0] for key in (*said, *files)}
    concerned = [one for one in kind_fields if one["path"][0] in tops]
    values = {key_of(one): value for one in kind_fields if (value := _at(present, one["path"])) is not None}
    values |= {
        key: _without(values.get(key), value) if _names_secrets(key, kind_fields) else value
        for key, value in said.items()
    }
    _complete(concerned, values, files, can_ask=can_ask, every=kind_fields)
    changed = _nested(one for one in _asked(kind_fields, values) if one[0]["path"][0] in tops)
    return {top: changed.get(top) for top in sorted(tops)}


def key_of(field: FieldOf) -> str:
    """How a field is called here: `auth.token`."""
    return ".".join(field["path"])


def is_secret_file(text: str, kind_fields: Sequence[FieldOf]) -> bool:
    """Whether this is FIELD=FILE for one of these fields."""
    key, equals, _ = text.partition("=")
    return bool(equals) and any(
        (one["kind"] in _LONE and key_of(one) == key) or _name_in(one, key) is not None for one in kind_fields
    )


def _said(kind_fields: Sequence[FieldOf], assignments: Iterable[str]) -> dict[str, Any]:
    """KEY=VALUE as values by key; an empty one is None."""
    by_key = {key_of(one): one for one in kind_fields}
    values: dict[str, Any] = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals or not key:
            raise failure("cli.usage", f"{assignment!r} is not KEY=VALUE.", ExitCode.USAGE)
        field = by_key.get(key)
        if field is None and (holder := _holder_of(key, kind_fields)) is not None:
            if text:
                detail = f"{key} is a secret, and no argument: use --secret-file {key}=FILE, or a prompt."
                raise failure("cli.usage", detail, ExitCode.USAGE)
            values.setdefault(key_of(holder), {})[_name_in(holder, key)] = None
            continue
        if field is None:
            known = ", ".join(by_key) or "none"
            raise failure("cli.usage", f"There is no setting {key!r} here. There is: {known}.", ExitCode.USAGE)
        values[key] = _value(field, text, values.get(key))
    return values


def _value(field: FieldOf, text: str, before: Any) -> Any:
    match field["kind"]:
        case "secrets":
            key = key_of(field)
            detail = f"{key} holds secrets by name, and no argument: use --secret-file {key}.NAME=FILE, or a prompt."
            raise failure("cli.usage", detail, ExitCode.USAGE)
        case "secret" | "sign_in":
            key = key_of(field)
            detail = f"{key} is a secret, and no argument: use --secret-file {key}=FILE, {_variable(key)}, or a prompt."
            raise failure("cli.usage", detail, ExitCode.USAGE)
        case _ if not text:
            return None
        case "switch":
            if text.lower() not in _YES | _NO:
                raise failure("cli.usage", f"{key_of(field)} is yes or no, not {text!r}.", ExitCode.USAGE)
            return text.lower() in _YES
        case "lines":
            return [*(before or []), text]
        case "headers":
            return {**(before or {}), **header_pairs([text])}
        case _:
            return text


def _files(kind_fields: Sequence[FieldOf], secret_files: Iterable[str]) -> dict[str, str]:
    files = {}
    for text in secret_files:
        if not is_secret_file(text, kind_fields):
            known = ", ".join(_secret_words(one) for one in kind_fields if one["kind"] in _SECRET) or "none"
            detail = f"{text!r} is not FIELD=FILE for one of the secrets here: {known}."
            raise failure("cli.usage", detail, ExitCode.USAGE)
        key, _, file = text.partition("=")
        files[key] = file
    return files


def _complete(
    concerned: Sequence[FieldOf],
    values: dict[str, Any],
    files: Mapping[str, str],
    *,
    can_ask: bool,
    every: Sequence[FieldOf] | None = None,
) -> None:
    """Read the secrets, and ask for whatever else is needed. Raises CommandFailed with all that is missing."""
    fields_of_all = every or concerned
    missing = []
    for field in concerned:
        key = key_of(field)
        is_missing = field["isRequired"] and field["kind"] not in _SECRET and values.get(key) is None
        if is_missing and is_asked(field, values, fields_of_all):
            if can_ask:
                values[key] = _prompt(field)
            else:
                missing.append(key)
    if missing:
        detail = "Say what is needed: " + ", ".join(f"--set {key}=…" for key in missing)
        raise failure("cli.usage", detail, ExitCode.USAGE)
    for field in concerned:
        key, variable = key_of(field), _variable(key_of(field))
        if field["kind"] in _LONE and is_asked(field, values, fields_of_all):
            is_said = key in files or variable in os.environ
            if is_said or (field["isRequired"] and field["kind"] == "secret" and key not in values):
                values[key] = read_secret(field["label"], file=files.get(key), variable=variable, can_ask=can_ask)
        elif _has_names(field) and is_asked(field, values, fields_of_all):
            _complete_names(field, values, files, can_ask=can_ask)


def _complete_names(field: FieldOf, values: dict[str, Any], files: Mapping[str, str], *, can_ask: bool) -> None:
    """Read the secrets that a field holds by name; where one is needed and none was said, a person is asked."""
    key = key_of(field)
    found: dict[str, Any] = dict(values.get(key) or {})
    for said, file in files.items():
        if (name := _name_in(field, said)) is not None:
            found[name] = read_secret(name, file=file, variable=_variable(said), can_ask=can_ask)
    if field["isRequired"] and not found:
        if not can_ask:
            detail = f"Say what is needed: --secret-file {key}.NAME=FILE"
            raise failure("cli.secret_needed", detail, ExitCode.USAGE)
        if field["help"]:
            note(field["help"])
        ask = f"{field['label']}: a name for it"
        while name := str(click.prompt(ask, default="" if found else None, show_default=False, err=True)).strip():
            found[name] = read_secret(f"Value of {name}", file=None, variable=_variable(f"{key}.{name}"), can_ask=True)
            ask = "Another one? Its name, or nothing"
    values[key] = found or None


def _has_names(field: FieldOf) -> bool:
    return bool(field["kind"] == "secrets")


def _name_in(field: FieldOf, key: str) -> str | None:
    """Of `urls.phone` the name, where the field is `urls` and holds secrets by name."""
    prefix = key_of(field) + "."
    return key.removeprefix(prefix) if _has_names(field) and key.startswith(prefix) and key != prefix else None


def _holder_of(key: str, kind_fields: Sequence[FieldOf]) -> FieldOf | None:
    return next((one for one in kind_fields if _name_in(one, key) is not None), None)


def _names_secrets(key: str, kind_fields: Sequence[FieldOf]) -> bool:
    return any(_has_names(one) and key_of(one) == key for one in kind_fields)


def _without(present: Mapping[str, Any] | None, taken_out: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (present or {}).items() if name not in taken_out}


def _secret_words(field: FieldOf) -> str:
    return f"{key_of(field)}.NAME" if _has_names(field) else key_of(field)


def _prompt(field: FieldOf) -> Any:
    if field["help"]:
        note(field["help"])
    if field["kind"] == "choice":
        return click.prompt(field["label"], type=click.Choice([one["value"] for one in field["choices"]]), err=True)
    return _value(field, str(click.prompt(field["label"], err=True)), None)


def _asked(kind_fields: Sequence[FieldOf], values: Mapping[str, Any]) -> list[tuple[FieldOf, Any]]:
    """The fields that count by what else is chosen, with their values; what is empty is left out."""
    return [
        (field, values[key_of(field)])
        for field in kind_fields
        if values.get(key_of(field)) is not None and is_asked(field, values, kind_fields)
    ]


def is_asked(field: FieldOf, values: Mapping[str, Any], kind_fields: Sequence[FieldOf]) -> bool:
    """Whether a field counts, by what else is chosen."""
    if field["whenPath"] is None:
        return True
    key = ".".join(field["whenPath"])
    default = next((one["default"] for one in kind_fields if key_of(one) == key), None)
    return bool(values.get(key, default) == field["whenValue"])


def _nested(pairs: Iterable[tuple[FieldOf, Any]]) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for field, value in pairs:
        holder = settings
        for step in field["path"][:-1]:
            holder = holder.setdefault(step, {})
        holder[field["path"][-1]] = value
    return settings


def _at(settings: Any, path: Sequence[str]) -> Any:
    for step in path:
        settings = settings.get(step) if isinstance(settings, Mapping) else None
    return settings


def _variable(key: str) -> str:
    return "POSTHOUSE_TARGET_" + key.replace(".", "_").upper()


def _value_words(field: FieldOf) -> str:
    match field["kind"]:
        case "choice":
            return " | ".join(one["value"] for one in field["choices"])
        case "switch":
            return "yes | no"
        case "lines":
            return "text, once for each"
        case "headers":
            return "'Name: value', once for each"
        case "secrets":
            return "names with a secret each"
        case "sign_in":
            return "asked for in a browser"
        case kind:
            return str(kind)


def _default_cell(field: FieldOf) -> Cell | str:
    if field["isRequired"]:
        return Cell("needed", "yellow")
    default = field["default"]
    if default is None:
        return "–"
    return default if isinstance(default, str) else json.dumps(default)


def _what_words(field: FieldOf) -> str:
    words = field["label"]
    if field["whenPath"] is not None:
        words += f", where {'.'.join(field['whenPath'])} is {field['whenValue']}"
    return f"{words}. {field['help']}" if field["help"] else words
