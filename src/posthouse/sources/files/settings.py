"""The settings of the kind `files`, and what only it can judge about them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
from pathspec import GitIgnoreSpec

from posthouse.model.errors import BadInput
from posthouse.rules.file_content import Extent
from posthouse.sources.base import CoalescedSettings, SourceContext, parse_settings

DEFAULT_IGNORE = (
    ".git/", ".hg/", ".svn/", "node_modules/", "__pycache__/", ".venv/", ".cache/", ".mypy_cache/", ".pytest_cache/",
    ".DS_Store", "Thumbs.db", "*.swp", "*.swo", "*.swx", "*~", ".#*", "#*#", ".*.kate-swp", "4913", ".goutputstream-*",
    "*.tmp", "*.temp", "*.part", "*.partial", "*.crdownload",
)  # fmt: skip
"""What programs make for themselves: version control, caches, and files on their way to another name."""

PathText = Annotated[str, msgspec.Meta(min_length=1, max_length=4_096)]
PatternText = Annotated[str, msgspec.Meta(max_length=1_000)]
PATHS_DOC = "Files, folders (with all below them) and globs (*, ?, [..], and ** for any depth), absolute or from ~."
IGNORE_DOC = "What is left out, as in a .gitignore, relative to each folder that is named."
CONTENT_DOC = "How much of a file is told while the property content is on: none, tail or whole."
BYTES_DOC = "The most of one file's content that is told, in bytes."


class FilesSettings(CoalescedSettings, frozen=True, kw_only=True):
    """What is watched, what of it is left out, and how much of a file's content is told."""

    paths: Annotated[tuple[PathText, ...], msgspec.Meta(min_length=1, max_length=50, description=PATHS_DOC)]
    ignore: Annotated[tuple[PatternText, ...], msgspec.Meta(max_length=500, description=IGNORE_DOC)] = DEFAULT_IGNORE
    content: Annotated[Extent, msgspec.Meta(description=CONTENT_DOC)] = Extent.TAIL
    content_bytes_max: Annotated[int, msgspec.Meta(ge=1, le=1_048_576, description=BYTES_DOC)] = 65_536


def parse_files_settings(settings: dict[str, Any]) -> msgspec.Raw:
    """A person's settings in canonical form. Raises BadInput `source.bad_setting` naming the field."""
    raw = parse_settings(FilesSettings, settings)
    parsed = msgspec.json.decode(raw, type=FilesSettings)
    for text in parsed.paths:
        _check_path(text)
    for text in parsed.ignore:
        try:
            GitIgnoreSpec.from_lines([text])
        except ValueError as error:
            raise _bad("ignore", f"{text[:100]!r} is no pattern of a .gitignore.") from error
    return raw


def settings_of(context: SourceContext) -> FilesSettings:
    """The settings of a source."""
    return msgspec.json.decode(context.source.settings, type=FilesSettings)


def expanded(text: str) -> str:
    """A path of the settings as this machine has it. Raises RuntimeError where it names an unknown user's home."""
    return str(Path(text).expanduser()) + ("/" if text.endswith("/") else "")


def _check_path(text: str) -> None:
    shown = text[:100]
    try:
        path = Path(expanded(text))
    except RuntimeError as error:
        raise _bad("paths", f"{shown!r} names the home of a user whom this machine does not know.") from error
    if "\0" in text or not path.is_absolute():
        raise _bad("paths", f"{shown!r} must begin with / or ~.")
    if ".." in path.parts:
        raise _bad("paths", f"{shown!r} holds '..'; write the path without it.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise _bad("paths", f"{shown!r} is no text in UTF-8.") from error


def _bad(field: str, message: str) -> BadInput:
    return BadInput("source.bad_setting", message, field=field)
