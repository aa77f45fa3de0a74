"""Settings as TOML, to be carried from one machine to another.

Out: only what the ledger stores, one table per section. In: everything is judged before anything is taken.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping

from posthouse.model.errors import BadInput
from posthouse.settings.registry import SETTINGS, find_setting
from posthouse.settings.values import judge, parse, to_json


def format_toml(stored: Mapping[str, str]) -> str:
    """What the ledger stores, as TOML with one table per section; settings at their defaults are not in it."""
    lines: list[str] = []
    section = ""
    for key, setting in SETTINGS.items():
        if key not in stored:
            continue
        table, _, name = key.partition(".")
        if table != section:
            lines += ["", f"[{table}]"] if lines else [f"[{table}]"]
            section = table
        # JSON's numbers, booleans and escapes are TOML's as well, but for the one character that only TOML escapes.
        lines.append(f"{name} = {to_json(parse(setting, stored[key]))}".replace("\x7f", "\\u007f"))
    return "".join(line + "\n" for line in lines)


def parse_toml(text: str) -> dict[str, str]:
    """The settings of a TOML text, as canonical JSON by key.

    Raises BadInput `settings.invalid_toml` where it is no TOML, `settings.invalid` with every other error there is.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput("settings.invalid_toml", f"This is not TOML: {error}.") from error
    except RecursionError as error:
        raise BadInput("settings.invalid_toml", "This TOML is nested too deeply.") from error
    parsed: dict[str, str] = {}
    errors: list[str] = []
    for key, value in _flatten(document):
        try:
            setting = find_setting(key)
            parsed[key] = to_json(judge(setting, value, str(value)))
        except BadInput as error:
            errors.append(error.message)
    if errors:
        raise BadInput("settings.invalid", "\n".join(errors))
    return parsed


def _flatten(document: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Keys as `section.name`. What is nested deeper is handed on whole, and is refused as a value or a key."""
    for section, table in document.items():
        if isinstance(table, dict):
            for name, value in table.items():
                yield f"{section}.{name}", value
        else:
            yield section, table
