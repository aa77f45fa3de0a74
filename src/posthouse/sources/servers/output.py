"""Where the output of managed servers lies, and how a place in it is written for those who come back to it.

<home>/servers/<name>/output.log, output.1.log …       <home>/servers/<name>/tunnel.log …
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from posthouse.system.output_file import Output, Place

OUTPUT, TUNNEL_OUTPUT = "output.log", "tunnel.log"
BYTES_MAX = 8 * 1024 * 1024
FILES = 3
PIECE_BYTES = 64 * 1024
_DIGITS_MAX = 16


@lru_cache(maxsize=256)
def output_of(path: Path) -> Output:
    """The output in this file; the same for all who ask, so that reading and cutting exclude one another."""
    return Output(path, bytes_max=BYTES_MAX, files=FILES)


def cursor_of(place: Place) -> str:
    """A place as text: `<turn>:<offset>`."""
    return f"{place.turn}:{place.offset}"


def place_of(cursor: str) -> Place | None:
    """The place that a text stands for; None where it is none of ours."""
    turn, colon, offset = cursor.rpartition(":")
    is_place = colon and offset.isascii() and offset.isdecimal() and len(offset) <= _DIGITS_MAX
    return Place(turn, int(offset)) if is_place and len(cursor) <= 100 else None
