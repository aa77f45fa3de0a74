"""Log lines on stderr: one sentence in lower case and named fields; for people on a terminal, as JSON for programs.

    12:03:44 warning  endpoint paused  endpoint=orders reason=http_401
    {"at":"2026-01-31T12:03:44.120Z","level":"warning","message":"endpoint paused","logger":"…","endpoint":"orders",…}

What always holds: one event is one line (a traceback is a field of it, or stands indented below); a field whose name
speaks of a secret is hidden; bytes are told by their number only, since they may be a payload; credentials in URLs
and known token shapes are cut out of any text. Built on the standard library: see docs/decisions/logging.md.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from typing import Final, TextIO

LEVELS: Final = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

_TEXT_CHARACTERS_MAX = 2_000
_HIDDEN = "[hidden]"
_SECRET_NAME = re.compile(
    r"secret|token|passw|credential|authori[sz]ation|cookie|signature|(api|access|private|signing|encryption)_?key",
    re.IGNORECASE,
)
_SECRET_TEXT = (
    # scheme://user:password@host, and everything behind the question mark
    (re.compile(r"\b([a-z][a-z0-9+.-]{0,20}://)[^/\s@\"']{1,500}@", re.IGNORECASE), rf"\1{_HIDDEN}@"),
    (re.compile(r"\b(https?://[^\s?\"']{1,2000}\?)[^\s\"']+", re.IGNORECASE), rf"\1{_HIDDEN}"),
    (re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), rf"\1 {_HIDDEN}"),
    (re.compile(r"\b(ph[a-z]?_|whsec_|whsk_|sk-|xox[a-z]-|gh[a-z]_)[A-Za-z0-9._/+=-]{8,}"), rf"\1{_HIDDEN}"),
)
_PLAIN = re.compile(r"[^\s\"'=\\\x00-\x1f\x7f]+")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Log:
    """What a module logs with: a sentence, and fields by name. Cheap where the level is off."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, message: str, /, **fields: object) -> None:
        """For whoever is looking for a fault."""
        self._write(logging.DEBUG, message, None, fields)

    def info(self, message: str, /, **fields: object) -> None:
        """A transition that an owner may want to read."""
        self._write(logging.INFO, message, None, fields)

    def warning(self, message: str, /, **fields: object) -> None:
        """Something that costs time, or will need a person."""
        self._write(logging.WARNING, message, None, fields)

    def error(self, message: str, /, *, error: BaseException | None = None, **fields: object) -> None:
        """Something broke; `error` adds its traceback."""
        self._write(logging.ERROR, message, error, fields)

    def _write(self, level: int, message: str, error: BaseException | None, fields: dict[str, object]) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, message, exc_info=error, extra={"fields": fields})


def get_log(name: str) -> Log:
    """The log of a module, by `__name__`."""
    return Log(name)


def configure_logging(*, level: str, style: str, stream: TextIO | None = None) -> None:
    """Send all lines to stderr. `level` is one of LEVELS, `style` is `auto`, `text` or `json`. Safe to repeat.

    Lines of other libraries are shown from `warning` up.
    """
    stream = stream or sys.stderr
    is_text = style == "text" or (style == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TextFormatter() if is_text else JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("posthouse").setLevel(LEVELS[level])
    logging.captureWarnings(True)
    # A closed or full stderr must not turn every line into a traceback of its own.
    logging.raiseExceptions = False


class TextFormatter(logging.Formatter):
    """Lines for people, in local time."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, with the traceback indented below it."""
        at = datetime.fromtimestamp(record.created).astimezone()
        parts = [f"{at:%H:%M:%S} {record.levelname.lower():<7}  {_escape(redact(record.getMessage()))}"]
        fields = " ".join(f"{name}={_quote(value)}" for name, value in _fields_of(record).items())
        if fields:
            parts.append(fields)
        below = "".join(f"\n    {_escape(line)}" for line in _traceback_of(record).splitlines())
        return "  ".join(parts) + below


class JsonFormatter(logging.Formatter):
    """Lines for programs, in UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object; a field never hides the line's own `at`, `level`, `message` or `logger`."""
        at = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "message": redact(record.getMessage()),
            "logger": record.name,
        }
        for name, value in _fields_of(record).items():
            line.setdefault(name, value)
        trace = _traceback_of(record)
        if trace:
            line["traceback"] = trace
        return _escape(json.dumps(line, ensure_ascii=False, separators=(",", ":")))


def redact(text: str) -> str:
    """The text with credentials cut out, and cut to a length that fits a log."""
    for pattern, replacement in _SECRET_TEXT:
        text = pattern.sub(replacement, text)
    return text if len(text) <= _TEXT_CHARACTERS_MAX else text[:_TEXT_CHARACTERS_MAX] + "…"


def _fields_of(record: logging.LogRecord) -> dict[str, object]:
    fields: dict[str, object] = getattr(record, "fields", {})
    return {name: _show(name, value) for name, value in fields.items() if value is not None}


def _show(name: str, value: object) -> object:
    if _SECRET_NAME.search(name):
        return _HIDDEN
    match value:
        case bool() | int() | float():
            return value
        case bytes() | bytearray() | memoryview():
            return f"[{len(value)} bytes]"
        case list() | tuple() | set() | frozenset():
            return [_show(name, item) for item in list(value)[:20]]
        case dict():
            return {str(key): _show(str(key), item) for key, item in list(value.items())[:20]}
        case _:
            return redact(str(value))


def _quote(value: object) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and not _UNSAFE.search(value):
        return value
    return _escape(json.dumps(value, ensure_ascii=False))


def _escape(text: str) -> str:
    """Whatever could move the cursor, break the line or turn the text around, made visible."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _traceback_of(record: logging.LogRecord) -> str:
    if not record.exc_info or record.exc_info[1] is None:
        return ""
    lines = "".join(traceback.format_exception(record.exc_info[1], limit=20)).splitlines()
    kept = lines if len(lines) <= 100 else [*lines[:50], "…", *lines[-50:]]
    return "\n".join(redact(line) for line in kept)
