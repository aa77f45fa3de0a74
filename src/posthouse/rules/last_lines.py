"""The last lines of what a program said, as a message can carry them. Pure.

In goes what came last of its output, as bytes; out come plain lines: without the sequences that colour a terminal or
move its cursor, and of a line that was overwritten (a progress bar) only what stood there in the end.
Source: ECMA-48 (control sequences), https://invisible-island.net/xterm/ctlseqs/ctlseqs.html (what terminals take).
"""

from __future__ import annotations

import re

LINE_CHARACTERS_MAX = 500
"""What is longer is cut, and says so by an ellipsis."""

_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # control sequences: colours, the cursor
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?"  # strings: titles, links
    r"|\x1b[ -/]*[0-~]"  # single ones
    r"|\x1b"
)
_BREAK = re.compile(r"\n|\x0b|\x0c")


def last_lines(raw: bytes, count: int, *, characters_max: int, is_cut: bool = False) -> tuple[str, ...]:
    """At most `count` of the last lines with something in them, in order, and `characters_max` characters in all.

    `is_cut`: the bytes begin in the middle, so that their first line may be no whole one, and is left out if others
    follow it. Bytes that are no UTF-8 become replacement characters.
    """
    lines = _BREAK.split(_SEQUENCE.sub("", raw.decode("utf-8", "replace")))
    if is_cut and len(lines) > 1:
        del lines[0]
    kept: list[str] = []
    room = characters_max
    for line in reversed(lines):
        shown = _shown(line)
        if not shown:
            continue
        room -= len(shown) + 1
        if len(kept) == count or room < 0:
            break
        kept.append(shown)
    return tuple(reversed(kept))


def _shown(line: str) -> str:
    """What stands in the line in the end, without what cannot be printed."""
    overwritten = [part for part in line.split("\r") if part.strip()]
    text = "".join(
        character for character in (overwritten[-1] if overwritten else "").expandtabs() if character.isprintable()
    ).rstrip()
    return text if len(text) <= LINE_CHARACTERS_MAX else text[: LINE_CHARACTERS_MAX - 1] + "…"
