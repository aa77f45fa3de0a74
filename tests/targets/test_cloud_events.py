"""Events as CloudEvents, read back by the specification's own library."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from cloudevents.core.formats.json import JSONFormat
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.events import Severity
from posthouse.model.ids import Millis
from posthouse.rules.timestamps import rfc3339
from posthouse.targets.cloud_events import CONTENT_TYPE, join_batch, source_of, to_json
from tests.targets.cases import make_event

plain = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), min_size=1, max_size=30)
URI_REFERENCE = re.compile(r"/([A-Za-z0-9._~-]|%[0-9A-F]{2}|/)*")


def test_event_is_written_in_order_with_its_data_untouched() -> None:
    data = msgspec.Raw(b'{"a" :  1.50, "b":"\\u00fc"}')

    text = to_json(make_event(), data, source_name="claude-sessions")

    assert text == (
        b'{"specversion":"1.0","id":"019b7652-4c00-7000-8000-000000000001","source":"/posthouse/desk/claude-sessions",'
        b'"type":"agent.turn-completed","subject":"posthouse","time":"2025-12-31T23:59:58.500Z",'
        b'"datacontenttype":"application/json","severity":"success","recordedtime":"2026-01-01T00:00:00.000Z",'
        b'"data":{"a" :  1.50, "b":"\\u00fc"}}'
    )


def test_what_says_nothing_is_left_out_and_what_does_is_there() -> None:
    bare = json.loads(to_json(make_event(subject=""), msgspec.Raw(b"null"), source_name="s"))
    full = json.loads(to_json(make_event(correlation_key="run 1", hops=2), msgspec.Raw(b"[]"), source_name="s"))

    assert not {"subject", "correlationkey", "hops"} & set(bare)
    assert bare["data"] is None
    assert (full["correlationkey"], full["hops"], full["data"]) == ("run 1", 2, [])


@given(plain, plain, plain, st.sampled_from(Severity), plain | st.none())
def test_any_event_is_valid_to_another_library(
    event_type: str, machine: str, origin: str, severity: Severity, subject: str | None
) -> None:
    event = make_event(type=event_type, machine=machine, origin=origin, severity=severity, subject=subject)

    body = to_json(event, msgspec.Raw(b'{"x":1}'), source_name="ingest")

    read = from_structured_event(HTTPMessage({"content-type": CONTENT_TYPE}, body), JSONFormat())
    assert (read.get_type(), read.get_id(), read.get_subject()) == (event_type, event.id, subject)
    assert read.get_data() == {"x": 1}
    assert all(re.fullmatch(r"[a-z0-9]{1,20}", name) for name in json.loads(body))


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_source_is_a_uri_reference_whatever_the_names(machine: str, name: str, origin: str) -> None:
    try:
        source = source_of(machine, name, origin)
    except UnicodeEncodeError:
        # Half a surrogate pair is no text; JSON never brings one in.
        return
    assert URI_REFERENCE.fullmatch(source)
    assert source.count("/") == 1 + sum(bool(part) for part in (machine, name, origin))


def test_several_events_are_one_array() -> None:
    one = to_json(make_event(), msgspec.Raw(b"1"), source_name="s")

    assert [entry["data"] for entry in json.loads(join_batch([one, one]))] == [1, 1]


@given(st.integers(0, 253_402_300_799_999))
def test_instant_comes_back_from_its_text(instant: int) -> None:
    text = rfc3339(Millis(instant))

    assert datetime.fromisoformat(text) == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=instant)
    assert len(text) == 24


@pytest.mark.parametrize(("instant", "expected"), [(-1, "1970-01-01T00:00:00.000Z"), (2**62, "9999-12-31T23:59:59")])
def test_instant_outside_the_calendar_is_held_at_its_end(instant: int, expected: str) -> None:
    assert rfc3339(Millis(instant)).startswith(expected)
