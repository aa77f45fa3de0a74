"""The records of the stream: version 1 is read for ever (`version_1.ndjson`), and what is not known is passed over."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.cli.live import words_of
from posthouse.cli.live_stream import Message, messages
from posthouse.model.live import EVENT_TYPES, UNLOGGED, LiveEntry, Unknown, parse_entry, type_of

LINES = (Path(__file__).parent / "version_1.ndjson").read_text("utf-8").splitlines()


def test_every_type_has_an_example_of_version_1() -> None:
    assert [json.loads(line)["event"]["type"] for line in LINES] == list(EVENT_TYPES)
    assert EVENT_TYPES.keys() > UNLOGGED


@pytest.mark.parametrize("line", LINES)
def test_version_1_is_read_as_it_was_written(line: str) -> None:
    entry = parse_entry(line)

    assert isinstance(entry, LiveEntry)
    assert type_of(entry.event) == json.loads(line)["event"]["type"]
    written, read = json.loads(line), json.loads(msgspec.json.encode(entry))
    payload = written["event"]["payload"]
    assert read["event"]["payload"] | payload == read["event"]["payload"]
    assert read | {"event": {**read["event"], "payload": payload}} == written
    assert words_of(json.loads(line)["event"])


@pytest.mark.parametrize("line", LINES)
def test_fields_that_came_later_are_passed_over(line: str) -> None:
    later = json.loads(line)
    later["event"]["payload"]["addedLater"] = {"deep": [1]}

    assert parse_entry(json.dumps(later)) == parse_entry(line)


@pytest.mark.parametrize(("event_type", "version"), [("server_status", 2), ("never_heard_of", 1), ("pong", 99)])
def test_a_type_or_version_that_is_not_known_is_told_as_such(event_type: str, version: int) -> None:
    data = {
        "id": "a:1",
        "cursor": "a:1",
        "timestamp": 0,
        "event": {"type": event_type, "payload": {"version": version}},
    }

    assert parse_entry(json.dumps(data)) == Unknown("a:1", event_type, version)


def test_an_action_that_came_later_is_passed_over() -> None:
    line = next(line for line in LINES if '"source_update"' in line)
    later = line.replace('"action":"added"', '"action":"danced"')

    assert later != line
    assert parse_entry(later) == Unknown("5f0c:7", "source_update", 1)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"event": 1}', '{"cursor":"a:1","event":{"type":"pong","payload":{}}}']
)
def test_what_is_no_entry_is_refused(text: str) -> None:
    with pytest.raises(msgspec.MsgspecError):
        parse_entry(text)


@given(
    said=st.lists(
        st.tuples(
            st.text(alphabet="0123456789abcdef:", max_size=12), st.text(alphabet='{}":abc é', min_size=1, max_size=20)
        )
    )
)
def test_messages_are_read_as_they_were_sent(said: list[tuple[str, str]]) -> None:
    text = "retry: 2000\n: hello\n\n" + "".join(f"id: {one}\nevent: x\ndata: {data}\n\n" for one, data in said)

    assert list(messages(text.encode().splitlines(keepends=True))) == [Message(*one) for one in said]
