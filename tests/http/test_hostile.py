"""Arbitrary input: never a 500, never anything taken by halves, and what is taken can be read back."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from typing import TypeVar
from urllib.parse import quote, quote_from_bytes, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from posthouse.http.cloud_event_forms import parse_cloud_event
from posthouse.http.event_fields import DEPTH_MAX
from posthouse.http.event_forms import Form, Limits, parse_event, parse_events
from posthouse.http.sources import MASK, mask
from posthouse.model.errors import BadInput
from tests.http.house import TOKEN

T = TypeVar("T")
FORMS = [form.value for form in Form]
LIMITS = Limits(event_bytes_max=10_000, items_max=20)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=4),
    max_leaves=12,
)
field_names = st.sampled_from(
    ["type", "origin", "subject", "severity", "at", "key", "expiresAt", "correlationKey", "supersedeKey", "data", "x"]
)
events = st.dictionaries(field_names, json_values, max_size=6).map(lambda event: {"type": "t"} | event)
bodies = st.one_of(
    st.binary(max_size=200),
    json_values.map(lambda value: json.dumps(value).encode()),
    events.map(lambda event: json.dumps(event).encode()),
    st.lists(events, max_size=4).map(lambda many: json.dumps(many).encode()),
    st.lists(events, max_size=4).map(lambda many: b"\n".join(json.dumps(one).encode() for one in many)),
)


class Client:
    """One kept connection to a house in another thread."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)

    def ask(
        self, method: str, path: str, body: bytes | None = None, content_type: str = "application/json"
    ) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": content_type}
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def close(self) -> None:
        self._connection.close()


@pytest.fixture(scope="module")
def client(threaded_house: str) -> Iterator[Client]:
    opened = Client(threaded_house)
    yield opened
    opened.close()


@given(body=bodies, content_type=st.sampled_from(FORMS))
@hypothesis_settings(max_examples=100)
def test_any_body_is_taken_whole_or_refused_whole(client: Client, body: bytes, content_type: str) -> None:
    before = _count(client)

    status, raw = client.ask("POST", "/api/events", body, content_type)

    answer = msgspec.json.decode(raw)
    if status in (200, 202):
        new = [taken for taken in answer["events"] if not taken["duplicate"]]
        assert _count(client) == before + len(new)
        for taken in answer["events"]:
            assert client.ask("GET", f"/api/events/{taken['id']}")[0] == 200
    else:
        assert status in (400, 413), (status, raw)
        assert answer["code"].startswith("event.")
        assert _count(client) == before


def _count(client: Client) -> int:
    status, raw = client.ask("GET", "/api/status")
    assert status == 200
    return int(msgspec.json.decode(raw)["events"])


@given(path=st.text(st.characters(codec="utf-8"), max_size=30), query=st.binary(max_size=30))
@hypothesis_settings(max_examples=40)
def test_any_path_and_query_is_answered_without_a_500(client: Client, path: str, query: bytes) -> None:
    for method in ("GET", "DELETE"):
        for noun in ("sources", "targets", "bindings", "gaps", "deliveries", "events", "settings", "tokens"):
            status, raw = client.ask(method, f"/api/{noun}/{quote(path, safe='')}?cursor={quote_from_bytes(query)}")
            # 409: ids of the sources that are there from the start.
            assert status in (200, 400, 404, 405, 409), (method, noun, status, raw)


source_kinds = st.sampled_from(
    ["files", "sqlite", "sqlite-rows", "command", "claude-sessions", "ingest", "no such kind"]
)
source_settings = st.dictionaries(
    st.sampled_from(["paths", "path", "query", "key", "argv", "quiet_s", "content", "rows_max", "x"]),
    json_values,
    max_size=4,
)


@given(kind=source_kinds, name=st.text(max_size=12) | st.just("n"), settings=source_settings, properties=json_values)
@hypothesis_settings(max_examples=60)
def test_any_source_is_added_whole_or_refused_whole(
    client: Client, kind: str, name: str, settings: object, properties: object
) -> None:
    before = _names(client)
    body = {"kind": kind, "name": name, "settings": settings, "properties": properties}

    status, raw = client.ask("POST", "/api/sources", json.dumps(body).encode())

    if status == 201:
        made = msgspec.json.decode(raw)
        assert _names(client) == before | {made["name"]}
        assert client.ask("GET", f"/api/sources/{made['id']}/preview")[0] in (200, 400, 500)
        assert client.ask("DELETE", f"/api/sources/{made['id']}")[0] == 200
    else:
        assert status in (400, 409), (status, raw)
        assert msgspec.json.decode(raw)["code"].startswith(("source.", "request."))
    assert _names(client) == before


schedules = st.dictionaries(
    st.sampled_from(["mode", "everyS", "at", "day", "cron", "zone", "x"]),
    json_values
    | st.sampled_from(["on_change", "interval", "daily", "weekly", "cron", "monday", "07:00", "* * * * *", "UTC"]),
    max_size=4,
)


@given(source=st.sampled_from(["claude-sessions", "ingest"]), schedule=schedules, silence=json_values)
@hypothesis_settings(max_examples=60)
def test_any_schedule_is_taken_whole_or_refused_whole(
    client: Client, source: str, schedule: object, silence: object
) -> None:
    hook = {"kind": "webhook", "name": "hook", "settings": {"url": "http://127.0.0.1:9/"}, "check": False}
    client.ask("POST", "/api/targets", json.dumps(hook).encode())
    body = {"source": source, "target": "hook", "schedule": schedule, "silenceS": silence}

    status, raw = client.ask("POST", "/api/bindings", json.dumps(body).encode())

    listed = msgspec.json.decode(client.ask("GET", "/api/bindings")[1])["items"]
    if status == 201:
        made = msgspec.json.decode(raw)
        assert [one["id"] for one in listed] == [made["id"]]
        again = json.dumps({"schedule": made["schedule"], "silenceS": made["silenceS"]}).encode()
        assert client.ask("PATCH", f"/api/bindings/{made['id']}", again)[0] == 200
        assert client.ask("DELETE", f"/api/bindings/{made['id']}?waiting=dismiss")[0] == 200
        assert client.ask("POST", f"/api/sources/{source}/disable")[0] in (200, 400)
    else:
        assert status == 400, (status, raw)
        assert msgspec.json.decode(raw)["code"].startswith(("schedule.", "request."))
        assert listed == []


times = st.sampled_from(["22:00", "7:00", "off", "24:00"]) | st.text(max_size=6)
configs = st.fixed_dictionaries(
    {},
    optional={
        "enabled": st.booleans() | json_values,
        "topic": st.text(max_size=8) | st.sampled_from(["mine", "other", ""]),
        "server": st.sampled_from(["http://127.0.0.1:9", "https://push.example/x/"]) | st.text(max_size=12),
        "authToken": st.sampled_from(["", "tk_x"]) | st.text(max_size=8),
        "events": st.dictionaries(st.sampled_from(["turn-error", "agent-spawned", "x"]), st.booleans(), max_size=3),
        "quietHours": st.fixed_dictionaries(
            {},
            optional={"from": times | st.none(), "until": times, "zone": st.sampled_from(["UTC", "x"]) | json_values},
        ),
        "dedupeS": st.floats(-1, 4_000) | json_values,
        "x": json_values,
    },
)


@given(config=configs)
@hypothesis_settings(max_examples=60)
def test_any_notifications_are_taken_whole_or_refused_whole(client: Client, config: dict[str, object]) -> None:
    before = client.ask("GET", "/api/notifications")[1]

    status, raw = client.ask("PUT", "/api/notifications", json.dumps(config).encode())

    after = client.ask("GET", "/api/notifications")[1]
    if status == 200:
        assert raw == after
        events = msgspec.json.decode(raw)["config"]["events"]
        assert events | config.get("events", {}) == events
    else:
        # 404: without the source of agents nobody can be told of them.
        assert status in (400, 404), (status, raw)
        assert after == before


def _names(client: Client) -> set[str]:
    status, raw = client.ask("GET", "/api/sources")
    assert status == 200
    return {one["name"] for one in msgspec.json.decode(raw)["items"]}


def _attempt(parse: Callable[[bytes], T], text: bytes) -> T | BadInput:
    """What parsing gives, the refusal included; anything else goes through."""
    try:
        return parse(text)
    except BadInput as error:
        return error


@given(body=bodies, form=st.sampled_from(list(Form)))
def test_parsing_gives_drafts_or_bad_input_and_nothing_else(body: bytes, form: Form) -> None:
    result = _attempt(lambda text: parse_events(form, text, LIMITS), body)

    if isinstance(result, BadInput):
        assert result.code.startswith("event.")
        assert result.message.isprintable()
        return
    assert 1 <= len(result) <= LIMITS.items_max
    for draft in result:
        assert "\x00" not in draft.type + draft.origin + (draft.subject or "") + (draft.key or "")
        json.loads(bytes(draft.data))


@given(data=json_values)
def test_data_comes_through_byte_for_byte(data: object) -> None:
    text = json.dumps(data, ensure_ascii=False).encode(errors="surrogatepass")

    plain = _attempt(parse_event, b'{"type":"t","data":%s}' % text)
    enveloped = _attempt(parse_cloud_event, b'{"specversion":"1.0","id":"1","source":"s","type":"t","data":%s}' % text)

    if isinstance(plain, BadInput) or isinstance(enveloped, BadInput):
        assert isinstance(plain, BadInput)
        assert isinstance(enveloped, BadInput)
        assert plain.code == enveloped.code
        assert plain.code in ("event.data_invalid", "event.not_json")
    else:
        assert bytes(plain.data) == bytes(enveloped.data) == text


@given(depth=st.integers(1, 300), is_object=st.booleans())
def test_depth_is_limited_exactly(depth: int, is_object: bool) -> None:
    text = '{"a":' * depth + "1" + "}" * depth if is_object else "[" * depth + "]" * depth

    result = _attempt(parse_event, b'{"type":"t","data":%s}' % text.encode())

    is_refused = isinstance(result, BadInput) and result.code == "event.too_deep"
    assert is_refused == (depth > DEPTH_MAX)


def _pointers(value: object, here: str = "") -> Iterator[str]:
    yield here
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _pointers(child, f"{here}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _pointers(child, f"{here}/{index}")


@given(value=json_values, data=st.data())
def test_mask_hides_what_the_pointer_names_and_nothing_else(value: object, data: st.DataObject) -> None:
    pointer = data.draw(st.sampled_from(list(_pointers(value))))

    masked = mask(value, pointer)

    at: object = masked
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        at = at[int(key)] if isinstance(at, list) else at[key]  # type: ignore[index]
    assert at == MASK
    assert len(list(_pointers(masked))) <= len(list(_pointers(value)))
    assert mask(value, "/not there/at all") == value
