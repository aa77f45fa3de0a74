"""Texts that must fit: cut on a character's boundary, and freed from what cannot be seen."""

from __future__ import annotations

from unicodedata import category


def cut_bytes(text: str, limit: int, *, note: str = "") -> str:
    """The text in at most `limit` bytes of UTF-8; what is cut ends on a whole character and with the note.

    Raises ValueError where the note alone is longer.
    """
    data = text.encode("utf-8", "replace")
    if len(data) <= limit:
        return data.decode()
    room = limit - len(note.encode())
    if room < 0:
        raise ValueError(f"a note of {len(note.encode())} bytes does not fit into {limit}")
    return data[:room].decode("utf-8", "ignore") + note


def without_controls(text: str, *, keep: str = "") -> str:
    """The text without control characters (Unicode's category Cc), but for those in `keep`.

    Line breaks become one line feed, or a space where that is not kept.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\n" not in keep:
        text = text.replace("\n", " ")
    return "".join(one for one in text if one in keep or category(one) != "Cc")


def cut_units(text: str, limit: int, *, note: str = "") -> str:
    """The text in at most `limit` units of UTF-16, as chat services count; what is cut ends on a whole character."""
    data = text.encode("utf-16-le", "replace")
    if len(data) <= 2 * limit:
        return data.decode("utf-16-le")
    room = 2 * (limit - len(note.encode("utf-16-le")) // 2)
    if room < 0:
        raise ValueError(f"a note of {len(note)} characters does not fit into {limit}")
    return data[:room].decode("utf-16-le", "ignore") + note


def visible_lines(text: str) -> str:
    """The text with its line breaks, and without what cannot be seen."""
    return "".join(one if one.isprintable() or one == "\n" else " " for one in text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """The text on one line, without what cannot be seen."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
