"""The last lines of what a program said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.rules.last_lines import LINE_CHARACTERS_MAX, last_lines


@pytest.mark.parametrize(
    ("raw", "lines"),
    [
        (b"", ()),
        (b"one\ntwo\n", ("one", "two")),
        (b"one\r\ntwo\r\n", ("one", "two")),
        (b"one\n\n   \ntwo", ("one", "two")),
        (b"  indented\n", ("  indented",)),
        (b"\x1b[1;31mred\x1b[0m plain\n", ("red plain",)),
        (b"\x1b]0;a title\x07text\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\\n", ("textlink",)),
        (b"\x1b(Btext\x1b=\x1b7\x1b\n", ("text",)),
        (b"10 %\r50 %\r100 %\n", ("100 %",)),
        (b"100 %\r\x1b[K\n", ("100 %",)),
        (b"bell\x07 and null\x00\n", ("bell and null",)),
        (b"\xff\xfe broken\n", ("\ufffd\ufffd broken",)),
        ("é wide 漢\n".encode(), ("é wide 漢",)),
        (b"\x1b[31munfinished \x1b[", ("unfinished",)),
    ],
)
def test_lines_are_what_a_person_would_have_read(raw: bytes, lines: tuple[str, ...]) -> None:
    assert last_lines(raw, 20, characters_max=1_000) == lines


def test_only_the_last_lines_are_kept_in_their_order() -> None:
    assert last_lines(b"1\n2\n\n3\n", 2, characters_max=1_000) == ("2", "3")


def test_a_first_line_that_begins_in_the_middle_is_left_out_unless_it_is_alone() -> None:
    assert last_lines(b"lf a line\nwhole\n", 9, characters_max=99, is_cut=True) == ("whole",)
    assert last_lines(b"lf a line", 9, characters_max=99, is_cut=True) == ("lf a line",)


def test_a_long_line_is_cut_and_says_so() -> None:
    (line,) = last_lines(b"x" * 9_000, 3, characters_max=4_000)

    assert (len(line), line[-1]) == (LINE_CHARACTERS_MAX, "…")


@given(st.binary(max_size=2_000), st.integers(1, 30), st.integers(0, 600), st.booleans())
def test_whatever_was_said_the_bounds_hold_and_nothing_moves_a_cursor(
    raw: bytes, count: int, characters_max: int, is_cut: bool
) -> None:
    lines = last_lines(raw, count, characters_max=characters_max, is_cut=is_cut)

    assert len(lines) <= count
    assert sum(len(line) + 1 for line in lines) <= characters_max + 1
    assert all(line.strip() and line.isprintable() for line in lines)
