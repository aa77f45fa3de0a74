"""How people write durations, days, headers and secrets, and what is made of it. A secret is never an argument."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import click

from posthouse.cli.exits import ExitCode, failure

_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0}
_DURATION = re.compile(r"\s*(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|m|min|h|d)?\s*")
_SECRET_BYTES_MAX = 64 * 1024
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def duration_s(text: str) -> float:
    """`90`, `5s`, `10m`, `2h` or `1d` in seconds."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise failure("cli.usage", f"{text!r} is not a time such as 5s, 10m, 2h or 1d.", ExitCode.USAGE)
    return float(match[1]) * _UNITS_S[match[2] or "s"]


def instant_ms(text: str, now_ms: int) -> int:
    """A time ago (`2h`), or a date with or without a time, local where it names no zone, as Unix milliseconds."""
    if _DURATION.fullmatch(text):
        return max(now_ms - round(duration_s(text) * 1_000), 0)
    try:
        return max(round(datetime.fromisoformat(text.strip()).timestamp() * 1_000), 0)
    except (ValueError, OverflowError, OSError) as error:
        detail = f"{text!r} is neither a time ago, such as 2h or 7d, nor a date such as 2026-03-01 or 2026-03-01T09:30."
        raise failure("cli.usage", detail, ExitCode.USAGE) from error


def instant(text: str) -> int:
    """A time ago or a date, as `instant_ms`, seen from now."""
    return instant_ms(text, time.time_ns() // 1_000_000)


def whole_seconds(text: str) -> int:
    """A duration as whole seconds: `15m` is 900."""
    seconds = duration_s(text)
    if not seconds.is_integer():
        raise failure("cli.usage", f"{text!r} is no whole number of seconds.", ExitCode.USAGE)
    return int(seconds)


def limit_s(text: str) -> float | None:
    """A duration, or None for `never`."""
    return None if text.strip() == "never" else duration_s(text)


def weekly_slot(text: str) -> tuple[str, str | None]:
    """`mon 09:00`, or a day alone, as the day's whole name and the time; the daemon judges the time."""
    day, _, at = text.strip().lower().partition(" ")
    found = [name for name in _WEEKDAYS if len(day) >= 2 and name.startswith(day)]
    if len(found) != 1:
        raise failure("cli.usage", f"{text!r} is not a day and time such as 'mon 09:00'.", ExitCode.USAGE)
    return found[0], at.strip() or None


def header_pairs(lines: Iterable[str]) -> dict[str, str]:
    """`Name: value` lines as a mapping."""
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise failure("cli.usage", f"A header is written 'Name: value', unlike {line!r}.", ExitCode.USAGE)
        headers[name.strip()] = value.strip()
    return headers


def read_secret(what: str, *, file: str | None, variable: str, can_ask: bool) -> str:
    """A secret from a file (- is standard input), an environment variable, or a prompt that does not echo."""
    if file is not None:
        return _read_file(what, file)
    if variable in os.environ:
        return os.environ[variable]
    if can_ask:
        return str(click.prompt(what, hide_input=True, err=True))
    detail = f"{what} is needed: give it in a file (- is standard input) or in the variable {variable}."
    raise failure("cli.secret_needed", detail, ExitCode.USAGE)


def _read_file(what: str, file: str) -> str:
    try:
        if file == "-":
            raw = sys.stdin.buffer.read(_SECRET_BYTES_MAX + 1)
        else:
            with Path(file).open("rb") as stream:
                raw = stream.read(_SECRET_BYTES_MAX + 1)
        text = raw.decode().rstrip("\r\n")
    except OSError as error:
        raise failure("cli.file_unreadable", f"{file} cannot be read: {error.strerror}.", ExitCode.USAGE) from error
    except UnicodeDecodeError as error:
        raise failure("cli.secret_invalid", f"{what} is not UTF-8 text.", ExitCode.USAGE) from error
    if not text or len(raw) > _SECRET_BYTES_MAX:
        raise failure("cli.secret_invalid", f"{what} is empty or longer than 64 KiB.", ExitCode.USAGE)
    return text
