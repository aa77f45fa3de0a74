"""`POST /api/events`: every form, every refusal, and nothing taken by halves."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from cloudevents.v1.conversion import to_structured
from cloudevents.v1.http import CloudEvent

from posthouse.model.events import EventDraft
from tests.http.house import TOKEN, Answer, House

NDJSON = "application/x-ndjson"
CLOUD_EVENT = "application/cloudevents+json"
CLOUD_EVENTS = "application/cloudevents-batch+json"


async def _post(house: House, raw: bytes, content_type: str | None = "application/json") -> Answer:
    return await house.post("/api/events", raw=raw, content_type=content_type)


async def _stored(house: House, answer: Answer, index: int = 0) -> Any:
    event_id = answer.json["events"][index]["id"]
    return (await house.get(f"/api/events/{event_id}")).json


async def test_event_is_in_the_ledger_when_it_is_acknowledged(house: House) -> None:
    body = {
        "type": "build.done",
        "origin": "ci",
        "subject": "main",
        "severity": "warning",
        "at": 1_700_000_000_123,
        "key": "k1",
        "expiresAt": "2100-01-01T00:00:00Z",
        "correlationKey": "c",
        "supersedeKey": "s",
        "data": {"n": 1, "text": "äöü ☂"},
    }

    answer = await house.post("/api/events", body)

    assert answer.status == 202
    (taken,) = answer.json["events"]
    assert (taken["deliveries"], taken["duplicate"]) == (0, False)
    stored = await _stored(house, answer)
    assert {name: stored[name] for name in body if name != "expiresAt"} == {
        name: value for name, value in body.items() if name != "expiresAt"
    }
    assert stored["expiresAt"] == 4_102_444_800_000
    assert (stored["source"], stored["machine"], stored["hops"], stored["deliveries"]) == ("ingest", "here", 0, [])


async def test_only_a_type_is_needed(house: House) -> None:
    answer = await house.post("/api/events", {"type": "t"})

    stored = await _stored(house, answer)
    assert (stored["severity"], stored["origin"], stored["subject"], stored["data"]) == ("info", "", None, {})
    assert stored["at"] == stored["recordedAt"]


async def test_at_may_be_rfc_3339(house: House) -> None:
    answer = await house.post("/api/events", {"type": "t", "at": "2026-01-01T01:00:00.250+01:00"})

    assert (await _stored(house, answer))["at"] == 1_767_225_600_250


@pytest.mark.parametrize(
    "data", ["null", "[]", '"x"', "1.5", '{"a":[{"b":{}}]}', '{"a":1,"a":2}', "123456789012345678901"]
)
async def test_data_is_kept_as_it_came(house: House, data: str) -> None:
    answer = await _post(house, b'{"type":"t","data":%s}' % data.encode())

    event_id = answer.json["events"][0]["id"]
    whole = await house.get(f"/api/events/{event_id}")
    assert b'"data":%s,' % data.encode() in whole.body


async def test_array_answers_in_its_order(house: House) -> None:
    answer = await house.post("/api/events", [{"type": f"t{n}"} for n in range(3)])

    assert answer.status == 202
    assert [(await _stored(house, answer, index))["type"] for index in range(3)] == ["t0", "t1", "t2"]


async def test_lines_may_be_blank_or_end_in_crlf(house: House) -> None:
    answer = await _post(house, b'\n{"type":"a"}\r\n\n  \n{"type":"b"}', NDJSON)

    assert answer.status == 202
    assert len(answer.json["events"]) == 2


async def test_cloud_event_of_the_reference_library_is_taken(house: House) -> None:
    attributes = {"type": "com.example.built", "source": "https://ci.example/main", "id": "a-1", "subject": "s"}
    attributes["time"] = "2026-01-01T00:00:00Z"
    headers, body = to_structured(CloudEvent(attributes, {"n": 1}))

    answer = await house.post("/api/events", raw=body, content_type=headers["content-type"])

    stored = await _stored(house, answer)
    assert answer.status == 202
    assert (stored["type"], stored["origin"], stored["key"], stored["subject"]) == (
        "com.example.built",
        "https://ci.example/main",
        "a-1",
        "s",
    )
    assert (stored["at"], stored["data"], stored["hops"]) == (1_767_225_600_000, {"n": 1}, 0)


async def test_binary_cloud_event_keeps_its_bytes_and_their_type(house: House) -> None:
    body = {"specversion": "1.0", "id": "1", "source": "s", "type": "t", "datacontenttype": "image/png"}

    answer = await _post(house, msgspec.json.encode({**body, "data_base64": "aGk="}), CLOUD_EVENT)

    assert (await _stored(house, answer))["data"] == {"contentType": "image/png", "base64": "aGk="}


async def test_batch_of_cloud_events_knows_its_duplicates_by_source_and_id(house: House) -> None:
    one = {"specversion": "1.0", "id": "1", "source": "a", "type": "t"}
    batch = [one, {**one, "source": "b"}, {**one, "data": 2}]

    answer = await _post(house, msgspec.json.encode(batch), CLOUD_EVENTS)

    assert [taken["duplicate"] for taken in answer.json["events"]] == [False, False, True]
    assert answer.json["events"][2]["id"] == answer.json["events"][0]["id"]


async def test_event_of_another_posthouse_counts_its_hops_and_ends_at_the_eighth(house: House) -> None:
    own = {"specversion": "1.0", "source": "/posthouse/there/ingest", "type": "t", "severity": "error"}

    first = await _post(house, msgspec.json.encode({**own, "id": "1"}), CLOUD_EVENT)
    last = await _post(house, msgspec.json.encode({**own, "id": "2", "hops": 7}), CLOUD_EVENT)
    beyond = await _post(house, msgspec.json.encode({**own, "id": "3", "hops": 8}), CLOUD_EVENT)

    stored = await _stored(house, first)
    assert (stored["hops"], stored["severity"]) == (1, "error")
    assert (await _stored(house, last))["hops"] == 8
    assert (beyond.status, beyond.code) == (400, "event.too_many_hops")


async def test_repeated_key_is_answered_with_the_first_id_and_200(house: House) -> None:
    first = await house.post("/api/events", {"type": "a", "key": "k", "origin": "o"})

    again = await house.post("/api/events", {"type": "b", "key": "k", "origin": "o"})
    other = await house.post("/api/events", {"type": "b", "key": "k", "origin": "p"})
    mixed = await house.post("/api/events", [{"type": "b", "key": "k", "origin": "o"}, {"type": "c"}])

    assert (again.status, other.status, mixed.status) == (200, 202, 202)
    assert again.json["events"] == [{"id": first.json["events"][0]["id"], "deliveries": 0, "duplicate": True}]
    assert [taken["duplicate"] for taken in mixed.json["events"]] == [True, False]


async def test_same_key_from_many_at_once_makes_one_event(house: House) -> None:
    answers = await asyncio.gather(*(house.post("/api/events", {"type": "a", "key": "k"}) for _ in range(20)))

    assert sorted(answer.status for answer in answers) == [200] * 19 + [202]
    assert len({answer.json["events"][0]["id"] for answer in answers}) == 1


@pytest.mark.parametrize(
    ("raw", "code", "field"),
    [
        (b"", "event.not_json", None),
        (b"{", "event.not_json", None),
        (b"\xff", "event.not_json", None),
        (b'{"type":"\xff"}', "event.not_json", None),
        (b'\xef\xbb\xbf{"type":"t"}', "event.not_json", None),
        (b'{"type":"t"} 1', "event.not_json", None),
        (b'{"type":"\\ud800"}', "event.not_json", None),
        (b'{"type":"t","data":NaN}', "event.not_json", None),
        (b'{"type":"t","data":Infinity}', "event.not_json", None),
        (b'{"type":"t","data":"\x00"}', "event.not_json", None),
        (b'{"type":"t","data":"\xff"}', "event.data_invalid", "data"),
        (b'{"type":"t","data":1e999}', "event.data_invalid", "data"),
        (b'{"type":"t","data":' + b"9" * 5000 + b"}", "event.data_invalid", "data"),
        (b'{"type":"t","data":' + b"[" * 101 + b"]" * 101 + b"}", "event.too_deep", "data"),
        (b'{"type":"t","data":' + b"[" * 50_000 + b"]" * 50_000 + b"}", "event.too_deep", "data"),
        (b'{"type":"t","data":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}", "event.too_deep", "data"),
        (b"3", "event.invalid", None),
        (b"null", "event.invalid", None),
        (b"{}", "event.type_missing", "type"),
        (b'{"type":""}', "event.type_invalid", "type"),
        (b'{"type":3}', "event.type_invalid", "type"),
        (b'{"type":null}', "event.type_invalid", "type"),
        (b'{"type":"a\\u0000"}', "event.type_invalid", "type"),
        (b'{"type":"a\\n"}', "event.type_invalid", "type"),
        (b'{"type":"' + b"a" * 201 + b'"}', "event.type_invalid", "type"),
        (b'{"type":"t","typ":1}', "event.unknown_field", "typ"),
        (b'{"type":"t","expires_at":1}', "event.unknown_field", "expires_at"),
        (b'{"type":"t","at":1.5}', "event.at_invalid", "at"),
        (b'{"type":"t","at":true}', "event.at_invalid", "at"),
        (b'{"type":"t","at":-1}', "event.at_invalid", "at"),
        (b'{"type":"t","at":99999999999999999999}', "event.at_invalid", "at"),
        (b'{"type":"t","at":"yesterday"}', "event.at_invalid", "at"),
        (b'{"type":"t","at":"2026-01-01T00:00:00"}', "event.at_invalid", "at"),
        (b'{"type":"t","at":"1969-12-31T23:59:59Z"}', "event.at_invalid", "at"),
        (b'{"type":"t","severity":"loud"}', "event.severity_invalid", "severity"),
        (b'{"type":"t","key":""}', "event.key_invalid", "key"),
        (b'{"type":"t","subject":["a"]}', "event.subject_invalid", "subject"),
        (b"[]", "event.none", None),
        (b" \n", "event.not_json", None),
    ],
)
async def test_event_that_does_not_fit_is_refused_with_its_reason(
    house: House, raw: bytes, code: str, field: str | None
) -> None:
    answer = await _post(house, raw)

    assert (answer.status, answer.code, answer.json.get("field")) == (400, code, field)
    assert await house.count_events() == 0


@pytest.mark.parametrize(
    ("raw", "content_type", "code", "where"),
    [
        (b'[{"type":"a"},{"type":"b"},{"typ":"c"}]', "application/json", "event.unknown_field", {"index": 2}),
        (b'[{"type":"a"},3]', "application/json", "event.invalid", {"index": 1}),
        (b'{"type":"a"}\n\n{"type":3}\n', NDJSON, "event.type_invalid", {"line": 3}),
        (b'{"type":"a"}\n{"type"\n:"b"}', NDJSON, "event.not_json", {"line": 2}),
        (b"\n\n", NDJSON, "event.none", {}),
        (b'[{"id":"1"}]', CLOUD_EVENTS, "event.specversion_missing", {"index": 0}),
        (b'{"specversion":"0.3","id":"1","source":"s","type":"t"}', CLOUD_EVENT, "event.specversion_invalid", {}),
        (b'{"specversion":"1.0","id":"","source":"s","type":"t"}', CLOUD_EVENT, "event.id_invalid", {}),
        (b'{"specversion":"1.0","id":"1","source":"s","type":"t","time":"now"}', CLOUD_EVENT, "event.time_invalid", {}),
        (
            b'{"specversion":"1.0","id":"1","source":"s","type":"t","data":1,"data_base64":""}',
            CLOUD_EVENT,
            "event.data_invalid",
            {},
        ),
        (
            b'{"specversion":"1.0","id":"1","source":"s","type":"t","data_base64":"?"}',
            CLOUD_EVENT,
            "event.data_invalid",
            {},
        ),
    ],
)
async def test_one_bad_event_refuses_all_and_says_which(
    house: House, raw: bytes, content_type: str, code: str, where: dict[str, int]
) -> None:
    answer = await _post(house, raw, content_type)

    assert (answer.status, answer.code) == (400, code)
    assert {name: answer.json[name] for name in ("index", "line") if name in answer.json} == where
    assert await house.count_events() == 0


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin-1",
        "",
        "application/jso",
        None,
    ],
)
async def test_other_content_types_are_415(house: House, content_type: str | None) -> None:
    answer = await _post(house, b'{"type":"t"}', content_type)

    assert (answer.status, answer.code) == (415, "request.content_type_unsupported")


@pytest.mark.parametrize(
    "content_type", ["application/json;charset=UTF-8", "Application/JSON", 'application/json; charset="utf-8"']
)
async def test_content_type_is_matched_with_its_parameters(house: House, content_type: str) -> None:
    assert (await _post(house, b'{"type":"t"}', content_type)).status == 202


async def test_encoded_body_is_415(house: House) -> None:
    answer = await house.post("/api/events", raw=b"x", headers={"Content-Encoding": "gzip"})

    assert (answer.status, answer.code) == (415, "request.encoding_unsupported")


async def test_event_over_its_limit_is_413_and_one_at_it_is_taken(house: House) -> None:
    await house.patch("/api/settings/ingest.event_bytes_max", {"value": "1 KiB"})
    frame = len(b'{"type":"t","data":""}')
    fits = b'{"type":"t","data":"%s"}' % (b"x" * (1024 - frame))
    over = b'{"type":"t","data":"%s"}' % (b"x" * (1025 - frame))

    assert (await _post(house, fits)).status == 202
    assert (await _post(house, over)).code == "event.too_large"
    of_many = await _post(house, b"[" + fits + b"," + over + b"]")
    of_lines = await _post(house, fits + b"\n" + over, NDJSON)

    assert (of_many.status, of_many.code, of_many.json["index"]) == (413, "event.too_large", 1)
    assert (of_lines.status, of_lines.code, of_lines.json["line"]) == (413, "event.too_large", 2)
    assert await house.count_events() == 1


async def test_too_many_events_are_413(house: House) -> None:
    await house.patch("/api/settings/ingest.items_max", {"value": 2})

    as_array = await house.post("/api/events", [{"type": "t"}] * 3)
    as_lines = await _post(house, b'{"type":"t"}\n' * 3, NDJSON)

    assert (as_array.status, as_array.code) == (413, "event.too_many")
    assert (as_lines.status, as_lines.code) == (413, "event.too_many")
    assert await house.count_events() == 0


async def _exchange(house: House, *parts: bytes) -> tuple[bytes, bytes]:
    """Speak HTTP by hand: the head and the rest of what comes until the server closes."""
    host, _, port = house.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        for part in parts:
            writer.write(part)
        await writer.drain()
        async with asyncio.timeout(20):
            raw = await reader.read()
    finally:
        writer.close()
    head, _, rest = raw.partition(b"\r\n\r\n")
    return head, rest


def _head(*lines: str) -> bytes:
    fixed = ("POST /api/events HTTP/1.1", "Host: localhost", f"Authorization: Bearer {TOKEN}")
    return "\r\n".join([*fixed, "Content-Type: application/json", *lines, "", ""]).encode()


async def test_body_said_to_be_too_large_is_refused_before_it_is_sent(house: House) -> None:
    head, body = await _exchange(house, _head("Content-Length: 9999999999"))

    assert head.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in head.lower()
    assert msgspec.json.decode(body)["code"] == "request.too_large"


async def test_body_that_grows_over_its_limit_is_refused_while_it_grows(house: House) -> None:
    await house.patch("/api/settings/ingest.event_bytes_max", {"value": 1024})
    await house.patch("/api/settings/ingest.body_bytes_max", {"value": 2048})
    chunk = b"400\r\n" + b" " * 0x400 + b"\r\n"

    head, body = await _exchange(house, _head("Transfer-Encoding: chunked"), chunk, chunk, chunk)

    assert head.startswith(b"HTTP/1.1 413")
    assert msgspec.json.decode(body)["code"] == "request.too_large"
    assert await house.count_events() == 0


async def test_body_in_chunks_is_put_together(house: House) -> None:
    parts = (b'8\r\n{"type":\r\n', b'5\r\n"t"} \r\n', b"0\r\n\r\n")

    head, body = await _exchange(house, _head("Transfer-Encoding: chunked", "Connection: close"), *parts)

    assert head.startswith(b"HTTP/1.1 202")
    assert len(msgspec.json.decode(body)["events"]) == 1


async def test_client_that_leaves_in_the_middle_leaves_nothing_behind(house: House) -> None:
    host, _, port = house.url.removeprefix("http://").partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(_head("Content-Length: 100") + b'{"type":"t"}')
    await writer.drain()
    writer.close()
    await writer.wait_closed()

    assert (await house.post("/api/events", {"type": "after"})).status == 202
    assert await house.count_events() == 1


async def test_stopping_daemon_answers_503_and_when_to_come_back(house: House) -> None:
    house.services.intake.stop()

    answer = await house.post("/api/events", {"type": "t"})

    assert (answer.status, answer.code) == (503, "daemon.stopping")
    assert int(answer.headers["retry-after"]) > 0


async def test_full_disk_answers_507_and_takes_nothing(house: House) -> None:
    await house.patch("/api/settings/disk.free_bytes_min", {"value": "1024 GiB"})

    answer = await house.post("/api/events", {"type": "t"})

    assert (answer.status, answer.code) == (507, "disk.low")
    assert await house.count_events() == 0


async def test_too_much_awaiting_its_commit_answers_429_with_retry_after(house: House) -> None:
    for key in ("ingest.event_bytes_max", "ingest.body_bytes_max", "ingest.awaiting_bytes_max"):
        await house.patch(f"/api/settings/{key}", {"value": 1024})
    held, release = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold(_tx: object) -> None:
        loop.call_soon_threadsafe(held.set)
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result(20)

    holding = asyncio.create_task(house.database.run(hold))
    await held.wait()
    source = next(one for one in house.services.known.directory.sources.values() if one.kind == "ingest")
    first = asyncio.create_task(house.services.intake.post(source, [EventDraft(type="first")], size_bytes=1000))
    await asyncio.sleep(0)

    refused = await house.post("/api/events", {"type": "t", "subject": "x" * 100})
    release.set()
    await asyncio.gather(holding, first)
    again = await house.post("/api/events", {"type": "t"})

    assert (refused.status, refused.code) == (429, "ingest.busy")
    assert int(refused.headers["retry-after"]) > 0
    assert again.status == 202


async def test_event_counts_the_deliveries_that_it_makes(house: House) -> None:
    await house.add_hook("http://127.0.0.1:9/", "one")
    await house.add_hook("http://127.0.0.1:9/", "two")
    for target in ("one", "two"):
        body = {"source": "ingest", "target": target, "filter": {"types": ["a.*"]}}
        assert (await house.post("/api/bindings", body)).status == 201

    answer = await house.post("/api/events", [{"type": "a.b"}, {"type": "b"}])

    assert [taken["deliveries"] for taken in answer.json["events"]] == [2, 0]
