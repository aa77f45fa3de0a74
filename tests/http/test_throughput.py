"""`/api/throughput`: what was really sent, by the clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from posthouse.rules.latency import ERROR_MAX
from tests.http.house import House
from tests.receiver import Received, Receiver, Reply

LATENCIES = ("p50Ms", "p95Ms", "arrivedP50Ms", "arrivedP95Ms")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as started:
        started.default = lambda request: Reply(status=422 if is_odd(request) else 200)
        yield started


def is_odd(request: Received) -> bool:
    return b"odd" in request.body


async def _sent(house: House, receiver: Receiver, *types: str) -> list[Any]:
    """Events of these types, each to the target of its name; their deliveries once all have ended."""
    for name in sorted(set(types)):
        await house.add_hook(receiver.url, name)
        body = {"source": "ingest", "target": name, "filter": {"types": [name]}}
        assert (await house.post("/api/bindings", body)).status == 201
    for name in types:
        await house.post("/api/events", {"type": name})
    async with asyncio.timeout(20):
        while True:
            found = (await house.get("/api/deliveries")).json["items"]
            if len(found) == len(types) and all(row["status"] in ("delivered", "dlq") for row in found):
                return [(await house.get(f"/api/deliveries/{row['id']}")).json for row in found]


async def test_every_try_is_in_its_bucket_and_in_the_totals(house: House, receiver: Receiver) -> None:
    deliveries = await _sent(house, receiver, "good", "good", "good", "odd")

    told = (await house.get("/api/throughput")).json

    assert (told["window"], told["bucketMs"], len(told["buckets"])) == ("hour", 60_000, 60)
    assert (told["totals"]["delivered"], told["totals"]["failed"]) == (3, 1)
    for bucket in told["buckets"]:
        ended = [
            attempt["kind"] == "delivered"
            for delivery in deliveries
            for attempt in delivery["attempts"]
            if bucket["at"] <= attempt["startedAt"] + attempt["durationMs"] < bucket["at"] + 60_000
        ]
        assert (bucket["delivered"], bucket["failed"]) == (ended.count(True), ended.count(False))
        assert all((bucket[name] is None) == (bucket["delivered"] == 0) for name in LATENCIES)
    slowest = max(one["attempts"][0]["durationMs"] for one in deliveries if one["status"] == "delivered")
    assert told["totals"]["p95Ms"] == pytest.approx(slowest, rel=ERROR_MAX)


async def test_buckets_follow_each_other_up_to_now_aligned_to_the_clock(house: House) -> None:
    for window, size, count in (("hour", 60_000, 60), ("day", 1_800_000, 48)):
        before = house.services.clock.now()
        told = (await house.get(f"/api/throughput?window={window}")).json
        after = house.services.clock.now()

        ats = [bucket["at"] for bucket in told["buckets"]]
        assert ats == list(range(ats[0], ats[0] + size * count, size))
        assert ats[0] % size == 0
        assert before - size < ats[-1] <= after
        assert all(told["totals"][name] is None for name in LATENCIES)


async def test_of_one_target_by_name_or_number(house: House, receiver: Receiver) -> None:
    await _sent(house, receiver, "good", "good", "odd")
    number = (await house.get("/api/targets/odd")).json["id"]

    tallies = {
        target: (await house.get(f"/api/throughput?window=day&target={target}")).json["totals"]
        for target in ("good", "odd", number)
    }

    assert {target: (one["delivered"], one["failed"]) for target, one in tallies.items()} == {
        "good": (2, 0),
        "odd": (0, 1),
        number: (0, 1),
    }


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/throughput?window=week", 400, "request.invalid"),
        ("/api/throughput?target=nothing", 404, "target.not_found"),
        ("/api/throughput?source=ingest", 400, "request.unknown_parameter"),
    ],
)
async def test_question_that_does_not_fit_is_refused(house: House, path: str, status: int, code: str) -> None:
    answer = await house.get(path)

    assert (answer.status, answer.code) == (status, code)


async def test_reading_it_needs_no_more_than_reading(house: House) -> None:
    made = (await house.post("/api/tokens", {"name": "eyes", "scope": "read"})).json

    assert (await house.get("/api/throughput", token=made["token"])).status == 200
    assert (await house.get("/api/throughput", token=None)).status == 401
