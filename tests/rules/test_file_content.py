"""A file's content as it is told: whole lines, JSON where it is that, base64 where it is no text."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.rules.file_content import Content, Extent, Form, Stretch, form_of, is_tail_of, shape, stretch_of


def told(
    whole: bytes,
    form: Form = Form.PLAIN,
    *,
    extent: Extent = Extent.TAIL,
    most: int = 100,
    grown_from: int | None = None,
) -> Content:
    offset, length = stretch_of(extent, len(whole), most)
    data = whole[offset : offset + length]
    is_tail = is_tail_of(extent, len(whole), most)
    return shape(form, Stretch(data=data, offset=offset, size_bytes=len(whole), is_tail=is_tail, grown_from=grown_from))


def test_names_say_the_form() -> None:
    assert [form_of(name) for name in ("/a/b.JSON", "/a.jsonl", "a.ndjson", "a.json5", "json")] == [
        Form.JSON, Form.LINES, Form.LINES, Form.PLAIN, Form.PLAIN,
    ]  # fmt: skip


def test_small_text_is_told_whole() -> None:
    assert told(b"one\ntwo") == Content(encoding="utf-8", text="one\ntwo", truncated=False)
    assert told(b"") == Content(encoding="utf-8", text="", truncated=False)


def test_a_tail_begins_with_a_whole_line() -> None:
    assert told(b"first\nsecond\nthird\n", most=13) == Content(encoding="utf-8", text="second\nthird\n", truncated=True)
    assert told(b"first\nsecond\nthird\n", most=12) == Content(encoding="utf-8", text="third\n", truncated=True)


def test_a_tail_of_one_long_line_begins_with_a_whole_character() -> None:
    text = "ä" * 10
    assert told(text.encode(), most=5).text == "ää"
    assert told((text + "\n").encode(), most=5).text == "ää\n"


def test_a_tail_of_all_but_one_byte_is_a_tail() -> None:
    assert told(b"a\nbc", most=3) == Content(encoding="utf-8", text="bc", truncated=True)
    assert told(b"abcd", most=3) == Content(encoding="utf-8", text="bcd", truncated=True)


def test_the_beginning_of_a_large_file_ends_with_a_whole_line_or_character() -> None:
    whole = told(b"first\nsecond\n", extent=Extent.WHOLE, most=9)
    assert whole == Content(encoding="utf-8", text="first\n", truncated=True)
    assert told("ä€".encode() * 9, extent=Extent.WHOLE, most=6).text == "ä€"


def test_what_is_no_utf_8_is_base64() -> None:
    content = told(b"\x00\xff\xfe", most=100)
    assert (content.encoding, b64decode(content.text or "")) == ("base64", b"\x00\xff\xfe")
    assert b64decode(told(b"\xff" * 50, most=7).text or "") == b"\xff" * 7


def test_json_is_parsed() -> None:
    content = told(b'\xef\xbb\xbf{"a": [1, null]}\n', Form.JSON)
    assert (content.encoding, content.json, content.truncated) == ("json", {"a": [1, None]}, False)
    assert msgspec.json.encode(told(b"null", Form.JSON)) == b'{"encoding":"json","truncated":false,"json":null}'


@pytest.mark.parametrize("torn", [b"", b'{"a": 1', b"[NaN]", b'"\xff"', b"[" * 500 + b"]" * 500, b"[" * 99 + b"]" * 99])
def test_json_that_does_not_parse_is_text_with_the_reason(torn: bytes) -> None:
    content = told(torn, Form.JSON, most=10_000)
    assert content.encoding in {"utf-8", "base64"}
    assert content.parse_error


def test_json_that_is_too_large_is_told_as_the_text_of_its_tail() -> None:
    content = told(b'{"a":\n' + b"1" * 50 + b"\n}", Form.JSON, most=10)
    assert (content.encoding, content.truncated, content.parse_error) == ("utf-8", True, None)


def lines(content: Content) -> tuple[list[Any] | None, bool]:
    assert content.encoding == "jsonl", content.parse_error
    return content.lines, content.truncated


def test_only_whole_lines_of_json_are_told() -> None:
    assert lines(told(b'1\n\n{"a":2}\n{"torn', Form.LINES)) == ([1, {"a": 2}], False)
    assert lines(told(b'{"torn', Form.LINES)) == ([], False)


def test_of_lines_that_were_appended_only_those_are_told() -> None:
    assert lines(told(b"1\n2\n3\n", Form.LINES, grown_from=4)) == ([3], False)


def test_a_line_that_was_torn_before_is_told_once_it_is_whole() -> None:
    assert lines(told(b"1\n22\n3\n", Form.LINES, grown_from=3)) == ([22, 3], False)
    assert lines(told(b"1\n22", Form.LINES, grown_from=3)) == ([], False)


def test_more_appended_lines_than_fit_are_cut_to_the_last_and_said_to_be() -> None:
    assert lines(told(b"1\n22\n33\n44\n", Form.LINES, grown_from=2, most=6)) == ([33, 44], True)
    assert lines(told(b"1\n22\n33\n44\n", Form.LINES, grown_from=5, most=6)) == ([33, 44], False)
    assert lines(told(b"1" * 20 + b"\n2\n", Form.LINES, grown_from=15, most=9)) == ([2], True)


def test_a_line_that_is_no_json_makes_all_of_them_text() -> None:
    content = told(b"1\nno\n", Form.LINES)
    assert (content.encoding, content.text) == ("utf-8", "1\nno\n")
    assert str(content.parse_error).startswith("line 2")


@given(st.text(max_size=60), st.integers(1, 80), st.sampled_from([Extent.TAIL, Extent.WHOLE]))
def test_text_is_always_told_as_text_of_the_file_within_the_limit(text: str, most: int, extent: Extent) -> None:
    whole = text.encode()
    content = told(whole, extent=extent, most=most)
    if content.encoding == "base64":
        # Fewer bytes than one character has are no text.
        assert most < 4
        return
    piece = (content.text or "").encode()
    assert len(piece) <= most
    assert whole.endswith(piece) if extent is Extent.TAIL else whole.startswith(piece)
    assert content.truncated == (len(whole) > most)


@given(st.lists(st.integers(0, 10_000), max_size=30), st.data())
def test_lines_told_after_each_growth_are_all_lines_once(numbers: list[int], data: st.DataObject) -> None:
    whole = b"".join(b"%d\n" % number for number in numbers)
    seen: list[Any] = []
    size = 0
    while size < len(whole):
        grown = data.draw(st.integers(size + 1, len(whole)))
        content = told(whole[:grown], Form.LINES, most=1_000, grown_from=size or None)
        seen += content.lines or []
        size = grown
    assert seen == numbers


@given(st.binary(max_size=80), st.integers(1, 90), st.sampled_from(list(Form)), st.sampled_from(list(Extent)[1:]))
def test_any_bytes_can_be_told_and_encoded(whole: bytes, most: int, form: Form, extent: Extent) -> None:
    content = told(whole, form, extent=extent, most=most, grown_from=len(whole) // 2)
    read = msgspec.json.decode(msgspec.json.encode(content))
    assert (read["encoding"], read["truncated"]) == (content.encoding, content.truncated)
