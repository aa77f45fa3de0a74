"""Reading a file's content whole or not at all: the file must be the same before and after.

Blocks: call it off the event loop. Memory is bounded by `content_bytes_max`.
"""

from __future__ import annotations

import os
from io import FileIO

import msgspec

from posthouse.rules.file_content import Content, Extent, Form, Stretch, form_of, is_tail_of, shape, stretch_of
from posthouse.rules.files import FileFacts, Outcome
from posthouse.sources.files.settings import FilesSettings

# A FIFO or a link put in the file's place must neither hang us nor lead us elsewhere. Windows knows none of these.
_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a read gave. `is_torn`: the file changed meanwhile, or is not whole yet; read it again later.

    `unreadable` says why there is no content.
    """

    content: Content | None = None
    is_torn: bool = False
    unreadable: str = ""


def read_content(outcome: Outcome, settings: FilesSettings) -> Reading:
    """The content that is told with what was found of a file."""
    facts = outcome.found
    if facts is None or settings.content is Extent.NONE:
        return Reading()
    try:
        data, offset = _read(outcome.path, facts, settings)
    except _Changing:
        return Reading(is_torn=True, unreadable="It kept changing while it was read.")
    except (FileNotFoundError, NotADirectoryError):
        return Reading(is_torn=True, unreadable="It was gone when it was read.")
    except OSError as error:
        return Reading(unreadable=error.strerror or type(error).__name__)
    form = form_of(outcome.path)
    grown_from = outcome.grown_from if settings.content is Extent.TAIL else None
    is_tail = is_tail_of(settings.content, facts.size_bytes, settings.content_bytes_max)
    stretch = Stretch(data=data, offset=offset, size_bytes=facts.size_bytes, is_tail=is_tail, grown_from=grown_from)
    content = shape(form, stretch)
    return Reading(content=content, is_torn=form is Form.JSON and content.parse_error is not None)


class _Changing(Exception):
    """The file is not, or no longer, the one whose facts are told."""


def _read(path: str, facts: FileFacts, settings: FilesSettings) -> tuple[bytes, int]:
    offset, length = stretch_of(settings.content, facts.size_bytes, settings.content_bytes_max)
    with FileIO(os.open(path, _OPEN_FLAGS), "rb") as file:
        _require(file, facts)
        file.seek(offset)
        parts: list[bytes] = []
        left = length
        while left > 0 and (part := file.read(left)):
            parts.append(part)
            left -= len(part)
        _require(file, facts)
    return b"".join(parts), offset


def _require(file: FileIO, facts: FileFacts) -> None:
    found = os.fstat(file.fileno())
    if (found.st_ino, found.st_size, found.st_mtime_ns) != (facts.inode, facts.size_bytes, facts.modified_ns):
        raise _Changing
