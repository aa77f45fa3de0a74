"""The options by which a binding asks for events, reshapes and words them, and the part of its shape that they make.

What is given as an empty text is taken out again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from posthouse.cli.exits import ExitCode, failure

PARTS = ("title", "body", "priority", "click")
_DOCUMENT_BYTES_MAX = 256 * 1024


def wording_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """What every command that words an event takes."""
    for decorate in reversed(WORDING):
        function = decorate(function)
    return function


def wording_of(how: Mapping[str, Any], present: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a shape that are named, over those that there are; {} where none is."""
    shape: dict[str, Any] = {}
    if how["select"] is not None:
        shape["select"] = how["select"] or None
    if how["body_template"] is not None:
        shape |= {"format": "template", "body": _read(how["body_template"])}
    elif how["format_"] and present.get("body"):
        shape["body"] = None
    message = {part: how[f"message_{part}"] or None for part in PARTS if how[f"message_{part}"] is not None}
    if how["message_tags"] is not None:
        message["tags"] = [tag.strip() for tag in _split(how["message_tags"]) if tag.strip()]
    if message:
        whole = {**(present.get("message") or {}), **message}
        shape["message"] = whole if any(whole.values()) else None
    return shape


def _split(text: str) -> list[str]:
    """A text at its commas, but for those within {{ }}."""
    parts, depth = [""], 0
    for one, following in zip(text, f"{text[1:]} ", strict=True):
        depth += (one + following == "{{") - (one + following == "}}" and depth > 0)
        if one == "," and not depth:
            parts.append("")
        else:
            parts[-1] += one
    return parts


def _read(file: str) -> str:
    try:
        with click.open_file(file, "rb") as stream:
            return bytes(stream.read(_DOCUMENT_BYTES_MAX)).decode()
    except OSError as error:
        raise failure("cli.file_unreadable", f"{file} cannot be read: {error.strerror}.", ExitCode.USAGE) from error
    except UnicodeDecodeError as error:
        detail = f"{Path(file).name} is not UTF-8 text."
        raise failure("cli.file_unreadable", detail, ExitCode.USAGE) from error


WHERE = click.option("--where", metavar="EXPR", help="Only events of which this is true, e.g. 'data.seconds > `60`'.")
WORDING = (
    click.option("--select", metavar="EXPR", help="Send this instead of the whole data, e.g. 'data.{id: id}'."),
    click.option("--title", "message_title", metavar="TEXT", help="Word the title, e.g. 'Build {{ data.number }}'."),
    click.option("--body", "message_body", metavar="TEXT", help="Word the message."),
    click.option("--priority", "message_priority", metavar="TEXT", help="1 (least) to 5, or a template that says it."),
    click.option("--tags", "message_tags", metavar="TAG,…", help="Tags of the message, with commas between them."),
    click.option("--click", "message_click", metavar="URL", help="What opens when the message is clicked."),
    click.option(
        "--body-template", metavar="FILE", help="Send this JSON document; its texts are templates. - is standard input."
    ),
)
