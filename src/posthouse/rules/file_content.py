"""A file's content as it is told: cut to whole lines, as text, as JSON, as JSON lines, or as base64.

In: the bytes of one stretch of a file, and where they stand in it. Out: a `Content`. What always holds: what is told
are bytes of the file in their order, no line of text is cut except where one alone exceeds the stretch, and `truncated`
says whether anything was left out.
"""

from __future__ import annotations

from base64 import b64encode
from enum import StrEnum
from typing import Any

import msgspec

DEPTH_MAX = 90
"""JSON that is nested deeper is told as text: it stands a few levels deep in the event itself."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Extent(StrEnum):
    """How much of a file is told: nothing, its last bytes, or all of it."""

    NONE = "none"
    TAIL = "tail"
    WHOLE = "whole"


class Form(StrEnum):
    """What a file's name says that it holds."""

    PLAIN = "plain"
    JSON = "json"
    LINES = "jsonl"


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """Some bytes of a file of `size_bytes`, beginning at `offset`.

    `is_tail`: the file has more in front, and the first byte is only there to see whether a line ends with it.
    `grown_from`: what was told up to there before, where the file only grew since.
    """

    data: bytes
    offset: int
    size_bytes: int
    is_tail: bool = False
    grown_from: int | None = None

    @property
    def is_cut(self) -> bool:
        """Whether it is not all of the file."""
        return self.is_tail or len(self.data) < self.size_bytes


class Content(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Content as it stands in an event; which of `text`, `json` and `lines` it has, `encoding` says."""

    encoding: str
    truncated: bool
    text: str | None = None
    json: Any = msgspec.UNSET
    lines: list[Any] | None = None
    parse_error: str | None = None


def form_of(path: str) -> Form:
    """The form by the name's ending."""
    name = path.lower()
    if name.endswith(".json"):
        return Form.JSON
    return Form.LINES if name.endswith((".jsonl", ".ndjson")) else Form.PLAIN


def stretch_of(extent: Extent, size_bytes: int, bytes_max: int) -> tuple[int, int]:
    """Which bytes to read: from where, and how many. Of a tail, one byte more than is told."""
    if not is_tail_of(extent, size_bytes, bytes_max):
        return 0, min(size_bytes, bytes_max)
    return size_bytes - bytes_max - 1, bytes_max + 1


def is_tail_of(extent: Extent, size_bytes: int, bytes_max: int) -> bool:
    """Whether only the last bytes are told."""
    return extent is Extent.TAIL and size_bytes > bytes_max


def shape(form: Form, stretch: Stretch) -> Content:
    """The content in the form that the name promises, or as text with `parse_error` where it is not that."""
    try:
        if form is Form.JSON and not stretch.is_cut:
            return Content(encoding="json", json=_parse(stretch.data), truncated=False)
        if form is Form.LINES:
            return _lines(stretch)
    except ValueError as error:
        return msgspec.structs.replace(_plain(stretch), parse_error=str(error))
    return _plain(stretch)


def _plain(stretch: Stretch) -> Content:
    try:
        return Content(encoding="utf-8", text=_cut(stretch).decode("utf-8"), truncated=stretch.is_cut)
    except UnicodeDecodeError:
        data = stretch.data[1:] if stretch.is_tail else stretch.data
        return Content(encoding="base64", text=b64encode(data).decode("ascii"), truncated=stretch.is_cut)


def _cut(stretch: Stretch) -> bytes:
    """From the beginning of a line, and to the end of one where the file goes on; else between two characters."""
    data, start = stretch.data, 0
    end = len(data)
    if stretch.is_tail:
        start = data.find(b"\n") + 1
        if start in (0, end):
            start = _next_character(data, 1)
    elif stretch.is_cut:
        end = data.rfind(b"\n") + 1
        if end <= start:
            end = _last_character(data)
    return data[start:end]


def _next_character(data: bytes, start: int) -> int:
    """The first place from `start` on that is not inside a UTF-8 character, at most three bytes on."""
    for at in range(start, min(start + 4, len(data))):
        if data[at] & 0xC0 != 0x80:
            return at
    return start


def _last_character(data: bytes) -> int:
    """Where the last UTF-8 character begins if it is torn; else the end."""
    for length in range(1, min(4, len(data)) + 1):
        lead = data[-length]
        if lead & 0xC0 != 0x80:
            needed = 4 if lead >= 0xF0 else 3 if lead >= 0xE0 else 2 if lead >= 0xC0 else 1
            return len(data) - length if needed > length else len(data)
    return len(data)


def _lines(stretch: Stretch) -> Content:
    """The whole lines; of a file that only grew, those that ended since. A last line without its newline waits."""
    data = stretch.data
    first = data.find(b"\n") + 1 if stretch.is_tail else 0
    start, is_truncated = first, stretch.is_cut
    if stretch.grown_from is not None and stretch.grown_from >= stretch.offset:
        before = data.rfind(b"\n", 0, stretch.grown_from - stretch.offset) + 1
        start = max(before, first)
        is_truncated = stretch.is_tail and before == 0
    end = data.rfind(b"\n") + 1
    lines: list[Any] = []
    for line in data[start:end].split(b"\n") if end > start else ():
        if line.strip():
            lines.append(_parse(line, f"line {len(lines) + 1} of those here: "))
    return Content(encoding="jsonl", lines=lines, truncated=is_truncated)


def _parse(data: bytes, where: str = "") -> Any:
    """The JSON. Raises ValueError with words that hold nothing of it."""
    try:
        value = msgspec.json.decode(data.removeprefix(BYTE_ORDER_MARK))
    except UnicodeDecodeError as error:
        raise ValueError(f"{where}it is not UTF-8") from error
    except msgspec.DecodeError as error:
        raise ValueError(f"{where}{error}") from error
    except RecursionError as error:
        raise ValueError(f"{where}it is nested too deeply") from error
    if _is_too_deep(value):
        raise ValueError(f"{where}it is nested too deeply")
    return value


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEPTH_MAX):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return False
    return True
