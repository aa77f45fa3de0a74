"""What the text of a setting may be: a named format each, judged in one place.

Pure but for the zones, which are looked up in the system's database. A text that does not fit is told by
`settings.values`, with what would.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from posthouse.model.errors import BadInput
from posthouse.settings.registry import TextFormat

OFF, LOCAL, AUTO = "off", "local", "auto"

_WORDS = {
    TextFormat.PLAIN: "text without spaces, 1 to 253 characters",
    TextFormat.TIME: "a time of day as HH:MM",
    TextFormat.TIME_OR_OFF: f"a time of day as HH:MM, or {OFF}",
    TextFormat.ZONE_OR_LOCAL: f"an IANA time zone such as Europe/Berlin, or {LOCAL}",
    TextFormat.URL_OR_AUTO: f"an address with http:// or https:// and no query, or {AUTO}",
}
_PLAIN = re.compile(r"[!-~]{1,253}")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


def describe_format(text_format: TextFormat) -> str:
    """What a text of this format may be, in words."""
    return _WORDS[text_format]


def parse_text(text_format: TextFormat, text: str) -> str | None:
    """The text in its canonical form (`7:05` is `07:05`), or None where it does not fit."""
    return _PARSERS[text_format](text) if _PLAIN.fullmatch(text) else None


def _as_time(text: str) -> str | None:
    match = _TIME.fullmatch(text)
    return match and f"{int(match[1]):02}:{match[2]}"


def _or(word: str, parse: Callable[[str], str | None]) -> Callable[[str], str | None]:
    return lambda text: word if text.lower() == word else parse(text)


def _as_zone(text: str) -> str | None:
    from posthouse.system.zones import load_zone  # the command line reads settings too, and mostly without a zone

    try:
        return load_zone(text).key
    except BadInput:
        return None


def _as_url(text: str) -> str | None:
    """An address that a path can be put behind: without a user, a query or a fragment, and no slash at its end."""
    try:
        parts = urlsplit(text)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return text.rstrip("/") if is_whole and "@" not in parts.netloc and not set(text) & set("?#") else None


_PARSERS: dict[TextFormat, Callable[[str], str | None]] = {
    TextFormat.PLAIN: lambda text: text,
    TextFormat.TIME: _as_time,
    TextFormat.TIME_OR_OFF: _or(OFF, _as_time),
    TextFormat.ZONE_OR_LOCAL: _or(LOCAL, _as_zone),
    TextFormat.URL_OR_AUTO: _or(AUTO, _as_url),
}
