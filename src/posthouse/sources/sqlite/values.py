"""SQLite's values as JSON. Pure.

NULL, INTEGER    as they are, integers of 64 bits unrounded
REAL             as it is; null where JSON has no such number (infinity)
TEXT             as it is; bytes that are not UTF-8 become U+FFFD
BLOB             {"base64": "…"}
too long         {"omitted_bytes": n}, where the row has no room left for a text or blob of n bytes
"""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Sequence

SQLiteValue = None | int | float | str | bytes
JsonValue = None | int | float | str | dict[str, str] | dict[str, int]

ROW_BYTES_MAX = 1024 * 1024
"""Texts and blobs of a row are told up to so many bytes in all, in the columns' order."""


def to_row(
    names: Sequence[str], values: Sequence[SQLiteValue], *, bytes_max: int = ROW_BYTES_MAX
) -> dict[str, JsonValue]:
    """One row as an object; `names` are all different."""
    row: dict[str, JsonValue] = {}
    left = bytes_max
    for name, value in zip(names, values, strict=True):
        size = _size(value)
        if size > left:
            row[name] = {"omitted_bytes": size}
        else:
            left -= size
            row[name] = _to_json(value)
    return row


def _size(value: SQLiteValue) -> int:
    match value:
        case str():
            return len(value.encode())
        case bytes():
            return len(value)
    return 0


def _to_json(value: SQLiteValue) -> JsonValue:
    match value:
        case float():
            return value if math.isfinite(value) else None
        case bytes():
            return {"base64": b64encode(value).decode()}
    return value
