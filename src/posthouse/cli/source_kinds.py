"""The kinds of sources as a person sees them, and what a person's KEY=VALUE is by a kind's JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from posthouse.cli.client import Api
from posthouse.cli.exits import ExitCode, failure
from posthouse.cli.output import Cell, fields, note, say, table

_READ_WORDS = {"stream": "as things happen", "snapshot": "whenever it changes, or by the clock"}


def find_kind(api: Api, name: str) -> dict[str, Any]:
    """One kind by its name."""
    found = api.get("source-kinds")["items"]
    for kind in found:
        if kind["kind"] == name:
            return dict(kind)
    known = ", ".join(kind["kind"] for kind in found)
    raise failure("source.unknown_kind", f"There is no source kind {name!r}. Known: {known}.", ExitCode.NOT_FOUND)


def print_kinds(kinds: Sequence[Mapping[str, Any]]) -> None:
    """All kinds, a line each."""
    table(
        ["KIND", "WHAT", "READ", "NOTE"],
        [[kind["kind"], kind["title"], _read_words(kind), _remark(kind)] for kind in kinds],
        empty="No kinds.",
    )
    note("See what one needs: posthouse source kinds KIND")


def print_kind(kind: Mapping[str, Any]) -> None:
    """One kind with its settings and properties, and how a source of it is added."""
    pairs = [("Kind", kind["kind"]), ("What", kind["title"]), ("Read", _read_words(kind))]
    pairs += [("From", kind["package"])] if kind["package"] else []
    fields(pairs + ([("Problem", kind["problem"])] if kind["problem"] else []))
    schema = kind["settings"]
    required = set(schema.get("required", ()))
    # What must be given comes first.
    settings = sorted(schema.get("properties", {}).items(), key=lambda item: item[0] not in required)
    say()
    table(
        ["SETTING", "VALUE", "DEFAULT", "WHAT"],
        [
            [
                name,
                value_words(field, schema),
                Cell("needed", "yellow") if name in required else _default_words(field),
                _part(field, schema).get("description") or field.get("description"),
            ]
            for name, field in settings
        ],
        empty="It has no settings.",
    )
    say()
    table(
        ["PROPERTY", "STARTS", "WHAT"],
        [
            [
                one["name"],
                "on" if one["isOn"] else "off",
                one["title"] + (" (sensitive)" if one["isSensitive"] else ""),
            ]
            for one in kind["properties"]
        ],
        empty="It has no properties to choose from.",
    )
    if kind["canBeAdded"]:
        needed = "".join(f" {name}=…" for name, _ in settings if name in required)
        say()
        say(f"Add one: posthouse source add {kind['kind']} NAME{needed}")


def settings_from(assignments: Iterable[str], schema: Mapping[str, Any], present: Mapping[str, Any]) -> dict[str, Any]:
    """The present settings with KEY=VALUE laid over them. What is no text is JSON; an empty value takes one out.

    A list is given as JSON, or one text of it at a time under the same key.
    """
    settings = dict(present)
    lists: dict[str, list[Any]] = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals or not key:
            raise failure("cli.usage", f"{assignment!r} is not KEY=VALUE.", ExitCode.USAGE)
        value = _value(text, schema.get("properties", {}).get(key, {}), schema)
        if not text:
            settings.pop(key, None)
            lists.pop(key, None)
        elif isinstance(value, list):
            lists.setdefault(key, []).extend(value)
        else:
            settings[key] = value
    return settings | lists


def value_words(field: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """What a setting may be: `number, 0 to 86,400`, `text`, `list of text (1 to 50 of them)`."""
    part = _part(field, schema)
    if "enum" in part:
        return " | ".join(str(one) for one in part["enum"])
    match part.get("type"):
        case "array":
            count = _bounds(part.get("minItems"), part.get("maxItems"))
            words = f"list of {value_words(part.get('items', {}), schema)}"
            return f"{words} ({count.removeprefix(', ')} of them)" if count else words
        case "string":
            return "text"
        case "integer":
            return "whole number" + _number_bounds(part)
        case "number":
            return "number" + _number_bounds(part)
        case "boolean":
            return "true | false"
        case "object":
            return "JSON object"
        case _:
            return "JSON"


def _value(text: str, field: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    """One value: text where the setting is text, JSON else; of a list one of its members, or the whole."""
    part = _part(field, schema)
    if part.get("type") == "string":
        return text
    if part.get("type") == "array":
        whole = _json(text)
        return whole if isinstance(whole, list) else [_value(text, part.get("items", {}), schema)]
    return _json(text)


def _json(text: str) -> Any:
    """JSON, or the text itself: the daemon says what does not fit."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _part(field: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of a value that is there: not null, and not by reference."""
    for one in field.get("anyOf", ()):
        if one.get("type") != "null":
            return _part({**{k: v for k, v in field.items() if k == "description"}, **one}, schema)
    reference = field.get("$ref", "")
    if reference.startswith("#/$defs/"):
        found: Mapping[str, Any] = schema.get("$defs", {}).get(reference.removeprefix("#/$defs/"), {})
        return found
    return field


def _default_words(field: Mapping[str, Any]) -> str:
    default = field.get("default")
    if default is None:
        return "–"
    return default if isinstance(default, str) and default else json.dumps(default, ensure_ascii=False)


def _number_bounds(part: Mapping[str, Any]) -> str:
    return _bounds(part.get("minimum", part.get("exclusiveMinimum")), part.get("maximum", part.get("exclusiveMaximum")))


def _bounds(low: float | None, high: float | None) -> str:
    match low, high:
        case None, None:
            return ""
        case None, _:
            return f", up to {high:,}"
        case _, None:
            return f", {low:,} or more"
        case _:
            return f", {low:,} to {high:,}"


def _read_words(kind: Mapping[str, Any]) -> str:
    return "by the clock, or by hand" if kind["needsSchedule"] else _READ_WORDS[kind["shape"]]


def _remark(kind: Mapping[str, Any]) -> Cell | str:
    if kind["problem"]:
        return Cell(f"Not available: {kind['problem']}", "red")
    return "" if kind["canBeAdded"] else "there from the start"
