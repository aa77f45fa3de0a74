"""One value at a time: from a person's text or JSON to a judged value, and back to words.

Pure. What is out of bounds is told with the setting's key, what it may be, and what was given.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from posthouse.model.errors import BadInput
from posthouse.settings.formats import describe_format, parse_text
from posthouse.settings.registry import GIB, KIB, MIB, Setting, SettingKind, Value, find_setting

_TEXT_CHARACTERS_MAX = 1_000


def parse_value(key: str, text: str) -> str:
    """The canonical JSON of a value that a person or program wrote, as plain text or JSON.

    Raises BadInput `settings.unknown_key` or `settings.invalid_value`. Bounds that hold between two settings are
    judged by `resolve`: call it with the new value in place before storing.
    """
    setting = find_setting(key)
    return to_json(parse(setting, text))


def describe_bounds(setting: Setting[Any]) -> str:
    """What a value may be, in words: `a whole number from 1 to 256`."""
    match setting.kind:
        case SettingKind.BOOLEAN:
            return "true or false"
        case SettingKind.CHOICE:
            return "one of " + ", ".join(setting.choices)
        case SettingKind.TEXT:
            return describe_format(setting.format)
        case SettingKind.INTEGER | SettingKind.SIZE | SettingKind.NUMBER:
            noun = "a number" if setting.kind is SettingKind.NUMBER else "a whole number"
            unit = {"": "", "s": " of seconds"}.get(setting.unit, f" of {setting.unit}")
            low, high = (describe_value(setting, bound) for bound in (setting.minimum, setting.maximum))
            return f"{noun}{unit} from {low} to {high}"


def describe_value(setting: Setting[Any], value: object) -> str:
    """A value as a person would write it: `8 MiB`, `90`, `true`."""
    if setting.kind is SettingKind.SIZE and isinstance(value, int | float):
        for unit, size in (("GiB", GIB), ("MiB", MIB), ("KiB", KIB)):
            if value >= size and value % size == 0:
                return f"{value // size:.0f} {unit}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}" if value < 1e6 else f"{value:.0f}"
    return str(value)


def parse(setting: Setting[Any], text: str) -> Value:
    """The value in a person's text or in JSON. Raises BadInput `settings.invalid_value`."""
    text = text.strip()
    if len(text) > _TEXT_CHARACTERS_MAX:
        raise _invalid(setting, f"{len(text)} characters of text")
    try:
        value: object = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        value = text
    if setting.kind in (SettingKind.TEXT, SettingKind.CHOICE) and not isinstance(value, str):
        value = text
    return judge(setting, value, text)


def judge(setting: Setting[Any], value: object, text: str) -> Value:
    """The value, if it is of the setting's kind and within its bounds; `text` is how it was given.

    Raises BadInput `settings.invalid_value`.
    """
    parsed = _PARSERS[setting.kind](value)
    if setting.kind is SettingKind.TEXT and isinstance(parsed, str):
        parsed = parse_text(setting.format, parsed)
    if parsed is None or not _is_within(setting, parsed):
        raise _invalid(setting, repr(text if len(text) <= 60 else text[:60] + "…"))
    return parsed


def _as_boolean(value: object) -> bool | None:
    words = {"true": True, "on": True, "yes": True, "1": True, "false": False, "off": False, "no": False, "0": False}
    return value if isinstance(value, bool) else words.get(str(value).lower())


def _as_integer(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _as_number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _as_size(value: object) -> int | None:
    if not isinstance(value, str):
        return _as_integer(value)
    match = re.fullmatch(r"([0-9]{1,15})\s*([kmg])ib", value.lower())
    return int(match[1]) * {"k": KIB, "m": MIB, "g": GIB}[match[2]] if match else None


def _as_text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _as_choice(value: object) -> str | None:
    return value.lower() if isinstance(value, str) else None


_PARSERS: dict[SettingKind, Callable[[object], Value | None]] = {
    SettingKind.BOOLEAN: _as_boolean,
    SettingKind.INTEGER: _as_integer,
    SettingKind.NUMBER: _as_number,
    SettingKind.SIZE: _as_size,
    SettingKind.TEXT: _as_text,
    SettingKind.CHOICE: _as_choice,
}


def _is_within(setting: Setting[Any], value: Value) -> bool:
    if setting.choices:
        return value in setting.choices
    if isinstance(value, str) or setting.minimum is None or setting.maximum is None:
        return True
    # Written so that a NaN, which compares with nothing, is outside.
    return setting.minimum <= value <= setting.maximum


def _invalid(setting: Setting[Any], got: str) -> BadInput:
    return BadInput(
        "settings.invalid_value",
        f"{setting.key} must be {describe_bounds(setting)}, not {got}.",
        field=setting.key,
    )


def to_json(value: Value) -> str:
    """The canonical JSON that the ledger stores."""
    return msgspec.json.encode(value).decode()
