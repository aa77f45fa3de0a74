"""`/api/deliveries` and `/api/events` as they are read: lists, filters, attempts, replay and dismissal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from tests.http.house import House
from tests.receiver import Receiver, Reply


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as started:
        yield started


async def _bound(house: House, receiver: Receiver, **settings: Any) -> None:
    await house.add_hook(receiver.url, **settings)
    assert (await house.post("/api/bindings", {"source": "ingest", "target": "hook"})).status == 201


async def _ended(house: House, status: str, count: int = 1) -> list[Any]:
    """The deliveries of that status, as soon as there are so many."""
    async with asyncio.timeout(20):
        while True:
            found: list[Any] = (await house.get(f"/api/deliveries?status={status}")).json["items"]
            if len(found) >= count:
                return found


async def test_delivery_shows_what_was_sent_and_what_came_back(house: House, receiver: Receiver) -> None:
    await _bound(house, receiver, auth={"kind": "bearer", "token": "very-secret"})
    receiver.default = Reply(body=b"thanks")
    taken = (await house.post("/api/events", {"type": "t", "origin": "ci", "data": {"n": 1}})).json["events"][0]

    (row,) = await _ended(house, "delivered")
    answer = await house.get(f"/api/deliveries/{row['id']}")

    whole = answer.json
    (attempt,) = whole["attempts"]
    sent = receiver.requests[0]
    assert (row["eventId"], row["attempts"], row["target"], row["source"]) == (taken["id"], 1, "hook", "ingest")
    assert (whole["event"]["type"], whole["event"]["origin"]) == ("t", "ci")
    assert (attempt["kind"], attempt["statusCode"], attempt["responseExcerpt"]) == ("delivered", 200, "thanks")
    assert attempt["request"]["body"].encode() == sent.body
    assert attempt["request"]["url"] == receiver.url
    assert ["authorization", "[hidden]"] in attempt["request"]["headers"]
    assert (attempt["diagnosis"], attempt["parcel"]) == (None, None)
    assert b"very-secret" not in answer.body


async def test_attempt_tells_with_how_many_others_it_went(house: House, receiver: Receiver) -> None:
    await house.add_hook(receiver.url)
    policy = {"batchMax": 3, "batchWaitS": 60}
    assert (await house.post("/api/bindings", {"source": "ingest", "target": "hook", "policy": policy})).status == 201
    await house.post("/api/events", [{"type": "t", "data": {"n": n}} for n in range(3)])

    rows = await _ended(house, "delivered", 3)
    attempts = [(await house.get(f"/api/deliveries/{row['id']}")).json["attempts"][0] for row in rows]

    (sent,) = receiver.requests
    assert {attempt["request"]["body"].encode() for attempt in attempts} == {sent.body}
    assert [attempt["parcel"] for attempt in attempts] == [{"id": sent.headers["webhook-id"], "deliveries": 3}] * 3


async def test_failed_attempt_comes_with_its_diagnosis(house: House, receiver: Receiver) -> None:
    await _bound(house, receiver)
    receiver.default = Reply(status=404, body=b"\xff\xfe no such hook")
    await house.post("/api/events", {"type": "t"})

    (row,) = await _ended(house, "dlq")
    (attempt,) = (await house.get(f"/api/deliveries/{row['id']}")).json["attempts"]

    assert (row["lastStatusCode"], attempt["statusCode"], attempt["kind"]) == (404, 404, "rejected")
    assert all(attempt["diagnosis"][part] for part in ("what", "advice", "risk"))
    assert attempt["responseExcerpt"].endswith("no such hook")


async def test_given_up_delivery_is_replayed_by_id(house: House, receiver: Receiver) -> None:
    await _bound(house, receiver)
    receiver.reply(Reply(status=404))
    await house.post("/api/events", {"type": "t"})
    (row,) = await _ended(house, "dlq")

    answer = await house.post("/api/deliveries/replay", {"ids": [row["id"], "no-such-delivery"]})

    assert (answer.json["matched"], answer.json["changed"]) == (2, 1)
    assert answer.json["skipped"] == [{"id": "no-such-delivery", "reason": "not_found"}]
    (again,) = await _ended(house, "delivered")
    assert again["id"] == row["id"]


async def test_dismissal_by_filter_ends_only_what_it_finds(house: House, receiver: Receiver) -> None:
    await _bound(house, receiver)
    await house.post("/api/targets/hook/pause")
    await house.post("/api/events", [{"type": "t"}] * 5)
    (binding,) = (await house.get("/api/bindings")).json["items"]

    none = await house.post("/api/deliveries/dismiss", {"filter": {"status": "dlq"}})
    chosen = {"target": "hook", "source": "ingest", "binding": binding["id"]}
    every = await house.post("/api/deliveries/dismiss", {"filter": chosen})

    assert (none.json["matched"], every.json["matched"], every.json["changed"]) == (0, 5, 5)
    assert len(await _ended(house, "dismissed", 5)) == 5


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "request.invalid"),
        ({"ids": [], "filter": None}, 400, "request.invalid"),
        ({"ids": ["a"], "filter": {}}, 400, "request.invalid"),
        ({"ids": "a"}, 400, "request.invalid"),
        ({"filter": {"state": "dlq"}}, 400, "request.invalid"),
        ({"filter": {"status": "lost"}}, 400, "request.invalid"),
        ({"filter": {"target": "nothing"}}, 404, "target.not_found"),
    ],
)
@pytest.mark.parametrize("verb", ["replay", "dismiss"])
async def test_unclear_choice_changes_nothing(
    house: House, verb: str, body: dict[str, Any], status: int, code: str
) -> None:
    answer = await house.post(f"/api/deliveries/{verb}", body)

    assert (answer.status, answer.code) == (status, code)


async def test_deliveries_are_paged_newest_first_without_gap_or_repeat(house: House, receiver: Receiver) -> None:
    await _bound(house, receiver)
    await house.post("/api/targets/hook/pause")
    await house.post("/api/events", [{"type": f"t{number}"} for number in range(7)])

    pages, cursor = [], None
    while True:
        path = "/api/deliveries?target=hook&limit=3" + (f"&cursor={cursor}" if cursor else "")
        page = (await house.get(path)).json
        pages.append([row["eventType"] for row in page["items"]])
        cursor = page["nextCursor"]
        if cursor is None:
            break

    assert pages == [["t6", "t5", "t4"], ["t3", "t2", "t1"], ["t0"]]


async def test_deliveries_are_filtered_by_the_type_of_their_event(house: House, receiver: Receiver) -> None:
    await _bound(house, receiver)
    for kind in ("build.done", "build.failed", "order.paid"):
        assert (await house.post("/api/events", {"type": kind})).status == 202
    await _ended(house, "delivered", 3)

    async def types(query: str) -> list[str]:
        return [one["eventType"] for one in (await house.get(f"/api/deliveries?{query}")).json["items"]]

    assert await types("type=build.*") == ["build.failed", "build.done"]
    assert await types("type=order.paid&status=delivered&source=ingest&target=hook") == ["order.paid"]
    assert await types("type=build.*&status=dlq") == []
    assert (await house.get("/api/deliveries?type=")).code == "request.invalid"
    replayed = await house.post("/api/deliveries/replay", {"filter": {"type": "order.*"}})
    assert (replayed.json["matched"], replayed.json["changed"]) == (1, 1)


async def test_events_are_filtered_and_paged(house: House) -> None:
    posted = [{"type": f"build.{number}", "origin": "ci"} for number in range(3)]
    await house.post("/api/events", [*posted, {"type": "other", "subject": "s", "data": "ä"}])

    every = (await house.get("/api/events?source=ingest")).json["items"]
    builds = (await house.get("/api/events?type=build.*&origin=ci&limit=2")).json
    rest = (await house.get(f"/api/events?type=build.*&cursor={builds['nextCursor']}")).json

    assert [event["type"] for event in every] == ["other", "build.2", "build.1", "build.0"]
    assert (every[0]["subject"], every[0]["dataBytes"], every[0]["deliveries"]) == ("s", 4, 0)
    assert [event["type"] for event in builds["items"]] == ["build.2", "build.1"]
    assert ([event["type"] for event in rest["items"]], rest["nextCursor"]) == (["build.0"], None)


async def test_event_shows_what_became_of_it(house: House, receiver: Receiver) -> None:
    await _bound(house, receiver)
    taken = (await house.post("/api/events", {"type": "t", "data": {"a": [1]}})).json["events"][0]
    await _ended(house, "delivered")

    event = (await house.get(f"/api/events/{taken['id']}")).json

    assert event["data"] == {"a": [1]}
    assert [(row["target"], row["status"]) for row in event["deliveries"]] == [("hook", "delivered")]
    assert msgspec.json.decode(receiver.requests[0].body)["id"] == event["id"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/deliveries?status=lost", 400, "request.invalid"),
        ("/api/deliveries?status=dlq,lost", 400, "request.invalid"),
        ("/api/deliveries?status=", 400, "request.invalid"),
        ("/api/deliveries?q=", 400, "request.invalid"),
        ("/api/deliveries?since=-1", 400, "request.invalid"),
        ("/api/deliveries/count?limit=5", 400, "request.unknown_parameter"),
        ("/api/events?until=soon", 400, "request.invalid"),
        ("/api/deliveries?stauts=dlq", 400, "request.unknown_parameter"),
        ("/api/deliveries?limit=0", 400, "request.invalid"),
        ("/api/deliveries?limit=501", 400, "request.invalid"),
        ("/api/deliveries?cursor=abc", 400, "request.cursor_invalid"),
        ("/api/deliveries?binding=0", 400, "request.invalid"),
        ("/api/deliveries?target=nothing", 404, "target.not_found"),
        ("/api/deliveries?source=nothing", 404, "source.not_found"),
        ("/api/deliveries/nothing", 404, "delivery.not_found"),
        ("/api/events/nothing", 404, "event.not_found"),
        ("/api/events?source=nothing", 404, "source.not_found"),
        ("/api/events?cursor=-1", 400, "request.cursor_invalid"),
    ],
)
async def test_question_that_does_not_fit_is_refused(house: House, path: str, status: int, code: str) -> None:
    answer = await house.get(path)

    assert (answer.status, answer.code) == (status, code)


async def test_deliveries_are_searched_by_what_people_remember(house: House, receiver: Receiver) -> None:
    await _bound(house, receiver)
    receiver.default = lambda sent: Reply(status=422 if b"odd" in sent.body else 200, body=b"Unknown field: total")
    posted = [{"type": "invoice.paid", "subject": "2026-118"}, {"type": "invoice.odd", "subject": "2026-119"}]
    await house.post("/api/events", posted)
    await _ended(house, "dlq")
    await _ended(house, "delivered")

    async def subjects(query: str) -> list[str]:
        return [one["subject"] for one in (await house.get(f"/api/deliveries?{query}")).json["items"]]

    assert await subjects("q=ODD") == ["2026-119"]
    assert await subjects("q=2026-11") == ["2026-119", "2026-118"]
    assert await subjects("q=http_422") == ["2026-119"]
    assert await subjects("q=hook&status=delivered,failed") == ["2026-118"]
    assert await subjects("code=http_200") == ["2026-118"]
    assert await subjects("until=1") == []
    assert await subjects("since=1&status=dlq,delivered") == ["2026-119", "2026-118"]
    assert await subjects("endpoint=99") == []
    (event,) = (await house.get("/api/events?q=2026-119")).json["items"]
    assert await subjects(f"q={event['id']}") == ["2026-119"]


async def test_filter_is_counted(house: House, receiver: Receiver) -> None:
    await _bound(house, receiver)
    await house.post("/api/targets/hook/pause")
    await house.post("/api/events", [{"type": f"t{number % 2}"} for number in range(5)])

    by_counters = (await house.get("/api/deliveries/count?status=target_paused&target=hook")).json
    by_looking = (await house.get("/api/deliveries/count?type=t0")).json

    assert (by_counters["count"], by_counters["isAtLeast"], by_counters["nextCursor"]) == (5, False, None)
    assert (by_looking["count"], by_looking["isAtLeast"], by_looking["nextCursor"]) == (3, False, None)
    assert by_counters["startCursor"] == by_looking["startCursor"]


async def test_filter_is_dismissed_in_chunks_and_without_what_came_later(house: House, receiver: Receiver) -> None:
    await _bound(house, receiver)
    await house.post("/api/targets/hook/pause")
    await house.post("/api/events", [{"type": "t"}] * 5)
    cursor = (await house.get("/api/deliveries/count?target=hook")).json["startCursor"]

    chunks = []
    while cursor is not None:
        await house.post("/api/events", {"type": "later"})
        body = {"filter": {"status": ["pending", "target_paused"], "q": "hook"}, "limit": 2, "cursor": cursor}
        done = (await house.post("/api/deliveries/dismiss", body)).json
        chunks.append((done["matched"], done["changed"], len(done["skipped"])))
        cursor = done["nextCursor"]

    assert chunks == [(2, 2, 0), (2, 2, 0), (1, 1, 0)]
    assert {row["eventType"] for row in await _ended(house, "dismissed", 5)} == {"t"}
    assert len(await _ended(house, "target_paused", 3)) == 3


@pytest.mark.parametrize(
    "body",
    [
        {"ids": ["a"], "limit": 5},
        {"ids": ["a"], "cursor": "5"},
        {"filter": {}, "limit": 1_001},
        {"filter": {}, "cursor": "abc"},
        {"filter": {"status": []}, "limit": 0},
        {"filter": {"q": ""}},
        {"filter": {"since": -1}},
    ],
)
async def test_chunk_that_makes_no_sense_is_refused(house: House, body: dict[str, Any]) -> None:
    answer = await house.post("/api/deliveries/replay", body)

    assert (answer.status, answer.code.startswith("request.")) == (400, True)
