"""What a command prints: tables, fields, JSON and errors.

Answers go to standard output, everything else to standard error. Text from elsewhere is made harmless first: a control
character in an event's type must not move the cursor of who reads it. Colours appear on a terminal only, and never
under NO_COLOR (https://no-color.org).
"""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import click

from posthouse.cli.exits import CommandFailed

_CELL_MAX = 60


class Cell:
    """A table's cell with a colour."""

    __slots__ = ("colour", "text")

    def __init__(self, text: str, colour: str | None) -> None:
        self.text = text
        self.colour = colour


def harmless(text: object, *, keep_lines: bool = False) -> str:
    """The text with what no terminal can print (controls, format characters) as escapes; line breaks may stay."""
    return "".join(
        character
        if character.isprintable() or unicodedata.category(character) == "Zs" or (keep_lines and character in "\n\t")
        else character.encode("unicode_escape", "backslashreplace").decode("ascii")
        for character in str(text)
    )


def say(text: object = "", *, colour: str | None = None) -> None:
    """One line of the answer."""
    _echo(click.style(harmless(text, keep_lines=True), fg=colour))


def note(text: object, *, colour: str | None = None) -> None:
    """One line beside the answer: a warning, or what to do next."""
    _echo(click.style(harmless(text, keep_lines=True), fg=colour), is_error=True)


def print_json(value: Any) -> None:
    """The answer for programs."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_failure(failed: CommandFailed, *, is_json: bool) -> None:
    """One plain sentence and its code, or the problem object, on standard error."""
    if is_json:
        click.echo(json.dumps(failed.problem, ensure_ascii=False, indent=2), err=True)
        return
    where = [f"{word} {failed.problem[word]}" for word in ("field", "index", "line") if failed.problem.get(word)]
    place = f" ({', '.join(where)})" if where else ""
    note(f"{failed.detail}{place} [{failed.code}]", colour="red")
    diagnosis = failed.problem.get("diagnosis")
    if diagnosis:
        note(f"What to do: {diagnosis['advice']}")


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Columns as wide as their content, at most 60 characters each but the last."""
    cells = [[cell if isinstance(cell, Cell) else Cell(_text(cell), None) for cell in row] for row in rows]
    if not cells:
        say(empty)
        return
    texts = [[_cut(cell.text, is_last=index == len(row) - 1) for index, cell in enumerate(row)] for row in cells]
    widths = [max(_width(row[column]) for row in [list(headings), *texts]) for column in range(len(headings))]
    _echo(click.style(_line(list(headings), widths, [None] * len(headings)), bold=True))
    for row, shown in zip(cells, texts, strict=True):
        _echo(_line(shown, widths, [cell.colour for cell in row]))


def fields(pairs: Iterable[tuple[str, object]]) -> None:
    """Names and values, aligned."""
    shown = [(name, harmless(_text(value), keep_lines=True)) for name, value in pairs]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        _echo(f"{click.style(name.ljust(width), bold=True)}  {value}")


def pretty(value: Any) -> str:
    """JSON for people's eyes."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def _echo(text: str, *, is_error: bool = False) -> None:
    """Print; click takes the colours out where this is no terminal, and we where the person wants none."""
    click.echo(text, err=is_error, color=False if os.environ.get("NO_COLOR") else None)


def _text(value: object) -> str:
    if value is None or value == "":
        return "–"
    return "yes" if value is True else "no" if value is False else str(value)


def _cut(text: str, *, is_last: bool) -> str:
    shown = harmless(text)
    return shown if is_last or len(shown) <= _CELL_MAX else shown[: _CELL_MAX - 1] + "…"


def _width(text: str) -> int:
    """Columns on a terminal: wide characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def _line(texts: list[str], widths: list[int], colours: Sequence[str | None]) -> str:
    padded = [text + " " * (width - _width(text)) for text, width in zip(texts, widths, strict=True)]
    padded[-1] = texts[-1]
    return "  ".join(
        click.style(text, fg=colour) if colour else text for text, colour in zip(padded, colours, strict=True)
    ).rstrip()
