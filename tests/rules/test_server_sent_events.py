"""The reader of server-sent events, against the standard's own examples and against itself cut in any way."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from posthouse.rules.server_sent_events import EventStream, ServerSentEvent

WORDS = (b"data", b"event", b"id", b"retry", b":", b" ", b"x", b"data: a\n", b"0123456789")
MARKS = (b"\r", b"\n", b"\r\n", b"\n\n", b"\xc3\xa9", b"\xff", b"\0", b"\xef\xbb\xbf")
STREAMS = st.lists(st.sampled_from(WORDS + MARKS), max_size=40).map(b"".join)


def read(*chunks: bytes, limit: int = 1_000) -> list[ServerSentEvent]:
    stream = EventStream(event_bytes_max=limit)
    return [event for chunk in chunks for event in stream.feed(chunk)]


@pytest.mark.parametrize(
    ("said", "events"),
    [
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", [("message", "YHOO\n+2\n10", "")]),
        (b": test stream\n\ndata: first event\nid: 1\n\n", [("message", "first event", "1")]),
        (b"data:second event\nid\n\n", [("message", "second event", "")]),
        (b"data:  third event\n\n", [("message", " third event", "")]),
        (b"data\n\ndata\ndata\n\ndata:", [("message", "", ""), ("message", "\n", "")]),
        (b"event: add\ndata: 73857293\n\n", [("add", "73857293", "")]),
        (b"event: add\n\ndata: a\n\n", [("message", "a", "")]),
        (b"id: 1\ndata: a\n\ndata: b\n\n", [("message", "a", "1"), ("message", "b", "1")]),
        (b"id: 1\0\ndata: a\n\n", [("message", "a", "")]),
        (b"retry: 10\nunknown: x\ndata: a\n\n", [("message", "a", "")]),
        (b"data: a\r\rdata: b\r\n\r\ndata: c\n\n", [("message", letter, "") for letter in "abc"]),
        (b"\xef\xbb\xbfdata: a\n\n\xef\xbb\xbfdata: b\n\n", [("message", "a", "")]),
        (b"data: \xff\n\n", [("message", "\N{REPLACEMENT CHARACTER}", "")]),
        (b"data: of no end", []),
    ],
)
def test_a_stream_is_read_as_the_standard_says(said: bytes, events: list[tuple[str, str, str]]) -> None:
    assert read(said) == events


@given(said=STREAMS, cuts=st.lists(st.integers(0, 200)), limit=st.integers(1, 30))
@example(said=b"\xef\xbb\xbfdata: a\r\n\r\ndata: b\r\rdata: c\n\n", cuts=list(range(40)), limit=30)
def test_however_a_stream_is_cut_its_events_are_the_same(said: bytes, cuts: list[int], limit: int) -> None:
    places = [0, *sorted(cut for cut in cuts if cut < len(said)), len(said)]
    chunks = [said[start:end] for start, end in pairwise(places)]

    assert read(*chunks, limit=limit) == read(said, limit=limit)
    assert read(*(said[place : place + 1] for place in range(len(said))), limit=limit) == read(said, limit=limit)


@given(
    said=st.lists(
        st.tuples(
            st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), min_size=1),
            st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"])),
            st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])), min_size=1),
        )
    ),
    end=st.sampled_from(["\n", "\r", "\r\n"]),
)
def test_what_was_written_is_read(said: list[tuple[str, str, list[str]]], end: str) -> None:
    lines = [
        line
        for kind, one, data in said
        for line in (f"event: {kind}", f"id: {one}", *(f"data: {part}" for part in data), "")
    ]

    events = EventStream().feed("".join(line + end for line in lines).encode())

    assert events == [ServerSentEvent(kind, "\n".join(data), one) for kind, one, data in said]


def test_an_event_that_is_too_large_is_passed_over_and_its_neighbours_are_read() -> None:
    stream = EventStream(event_bytes_max=10)
    said = b"data: a\n\ndata: 0123456789\n\nid: 7\ndata: 12345\ndata: 12345\n\ndata: b\n\n"

    events = [event for place in range(len(said)) for event in stream.feed(said[place : place + 1])]

    assert events == [("message", "a", ""), ("message", "b", "7")]
    assert (stream.passed_over, stream.last_id) == (2, "7")


def test_a_line_without_end_keeps_no_memory() -> None:
    stream = EventStream(event_bytes_max=1_000)

    for _ in range(100):
        stream.feed(b"x" * 900)

    assert sum(map(len, stream._line)) <= 1_000
    assert stream.feed(b"\n\ndata: a\n\n") == [("message", "a", "")]
