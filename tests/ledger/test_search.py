"""Searching: step after step finds what a look at every row would find, in order, and nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posthouse.ledger.deliveries import TARGET_PAUSED, DeliveryQuery, count_deliveries, page_deliveries
from posthouse.ledger.events import EventQuery, EventRow, page_events
from posthouse.ledger.searching import SLACK_MS
from posthouse.ledger.sqlite.database import open_sqlite
from posthouse.model.deliveries import WAITING, Delivery, OutcomeKind
from posthouse.model.ids import Millis
from posthouse.rules.health import PausedByHand
from tests.clock import START, ManualClock
from tests.ledger.scene import Scene

WORDS = ("build", "BUILD 5", "50% off", "a_b", "Ärger", "ärger", "x", "hook")
QUERIED = ("build", "5", "%", "_", "Ä", "ä", "b_", "http_4", "HOOK", "no such thing", "0%", "other", " build  5 ")
ENDS = (None, OutcomeKind.DELIVERED, OutcomeKind.REJECTED, OutcomeKind.TRANSIENT)
DETAILS = ("", "Unknown field: total", "the build is odd", "Ärger")
STATUSES = ("pending", "failed", "in_flight", "delivered", "dlq", TARGET_PAUSED)

posts = st.tuples(
    st.sampled_from(("build.done", "build.odd", "alert")),
    st.none() | st.sampled_from(WORDS),
    st.sampled_from(ENDS),
    st.sampled_from(DETAILS),
    st.integers(-SLACK_MS // 16_000, SLACK_MS // 1_000),
)
queries = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(STATUSES) | st.lists(st.sampled_from(STATUSES), min_size=1, max_size=3).map(tuple),
        "source_id": st.sampled_from((1, 2)),
        "target_id": st.sampled_from((1, 2, 3)),
        "endpoint_id": st.sampled_from((1, 2)),
        "binding_id": st.sampled_from((1, 2)),
        "type": st.sampled_from(("build.*", "alert", "x")),
        "code": st.sampled_from(("http_200", "http_400", "http_503")),
        "text": st.sampled_from(QUERIED),
        "since": st.integers(-10, 2_000).map(lambda at_s: START + at_s * 1_000),
        "until": st.integers(-10, 2_000).map(lambda at_s: START + at_s * 1_000),
    },
)


async def search(scene: Scene, query: DeliveryQuery, scan: int) -> list[Delivery]:
    """Every step after another."""
    found: list[Delivery] = []
    while True:
        page = await scene.database.read(page_deliveries, query, scan=scan)
        assert len(page.items) <= query.limit
        found += page.items
        if page.next_before is None:
            return found
        assert page.next_before < query.before
        query = msgspec.structs.replace(query, before=page.next_before)


async def count(scene: Scene, query: DeliveryQuery, scan: int) -> int:
    total = 0
    while True:
        step = await scene.database.read(count_deliveries, query, scan=scan)
        total += step.count
        if step.next_before is None:
            return total
        query = msgspec.structs.replace(query, before=step.next_before)


def fits(one: Delivery, detail: str, query: dict[str, Any]) -> bool:
    """Whether a delivery fits, said as plainly as can be."""
    reported = TARGET_PAUSED if one.is_paused and one.status in WAITING else one.status.value
    statuses = query.get("status", STATUSES)
    text = " ".join(query.get("text", "").split()).casefold()
    is_error = one.last_code is not None and one.status != "delivered"
    texts = [one.event_type, one.subject, one.source, one.target, one.endpoint, one.last_code, detail * is_error]
    return (
        reported in ((statuses,) if isinstance(statuses, str) else statuses)
        and all(query.get(name, getattr(one, name)) == getattr(one, name) for name in ("source_id", "target_id"))
        and all(query.get(name, getattr(one, name)) == getattr(one, name) for name in ("endpoint_id", "binding_id"))
        and one.event_type.startswith(query.get("type", "").rstrip("*"))
        and query.get("code", one.last_code) == one.last_code
        and query.get("since", 0) <= one.created_at < query.get("until", 2**60)
        and (any(text in (each or "").casefold() for each in texts) or one.id.startswith(text or " "))
    )


async def filled(scene: Scene, posted: Sequence[tuple[Any, ...]]) -> dict[str, str]:
    """Two targets, of which one is paused, and what was posted, tried once or not; each one's last detail."""
    hook, other = await scene.wire("hook"), await scene.wire("Other")
    details: dict[str, str] = {}
    for kind, subject, end, detail, passed_s in posted:
        await scene.post(type=kind, subject=subject)
        for endpoint_id in (hook, other):
            if end is not None and (claimed := (await scene.claim(endpoint_id, 1)).deliveries):
                await scene.finish(claimed[0], end, detail=detail)
                details[claimed[0].id] = detail if end is not OutcomeKind.DELIVERED else details.get(claimed[0].id, "")
        scene.clock.jump(passed_s)
    await scene.signal_endpoint(other, PausedByHand())
    return details


@settings(max_examples=40, deadline=None)
@given(
    posted=st.lists(posts, max_size=12),
    asked=st.lists(queries, min_size=1, max_size=8),
    scan=st.integers(1, 9),
    limit=st.integers(1, 4),
)
def test_steps_find_what_a_look_at_every_row_finds(
    tmp_path_factory: pytest.TempPathFactory,
    posted: list[tuple[Any, ...]],
    asked: list[dict[str, Any]],
    scan: int,
    limit: int,
) -> None:
    async def run() -> None:
        database = await open_sqlite(tmp_path_factory.mktemp("search") / "ledger.db")
        scene = Scene(database, ManualClock())
        await scene.set_up()
        details = await filled(scene, posted)
        every = await search(scene, DeliveryQuery(limit=500), 10_000)
        assert [one.seq for one in every] == sorted((one.seq for one in every), reverse=True)
        assert len(every) == 2 * len(posted)
        for parts in asked:
            expected = [one.id for one in every if fits(one, details.get(one.id, ""), parts)]
            query = DeliveryQuery(**parts, limit=limit)
            assert [one.id for one in await search(scene, query, scan)] == expected, parts
            assert await count(scene, query, scan) == len(expected), parts
        await database.close()

    asyncio.run(run())


async def test_whole_id_finds_its_own_wherever_it_lies(scene: Scene) -> None:
    await scene.wire("a")
    await scene.wire("b")
    ids = await scene.post(3)
    event_id = (await scene.look(ids[0])).event.id
    await scene.post(subject=f"about {ids[0]}")

    assert [one.id for one in await search(scene, DeliveryQuery(text=ids[0].upper()), 1)] == [ids[0]]
    assert [one.id for one in await search(scene, DeliveryQuery(text=f" {event_id} "), 1)] == [ids[1], ids[0]]
    assert [one.id for one in await search(scene, DeliveryQuery(text=event_id, target_id=2), 1)] == [ids[1]]
    assert len(await search(scene, DeliveryQuery(text=ids[0][:20]), 5)) == 8


async def test_whole_id_that_nothing_has_is_looked_for_as_text(scene: Scene) -> None:
    await scene.wire()
    order = "0190aaaa-0000-7000-8000-000000000000"
    [delivery_id] = await scene.post(subject=f"order {order}")

    assert [one.id for one in await search(scene, DeliveryQuery(text=order), 5)] == [delivery_id]


async def test_step_looks_at_no_more_than_it_may(scene: Scene) -> None:
    await scene.wire()
    await scene.post(10)

    first = await scene.database.read(page_deliveries, DeliveryQuery(text="no such thing"), scan=4)
    found = await scene.database.read(count_deliveries, DeliveryQuery(type="thing.*"), scan=4)

    newest = await search(scene, DeliveryQuery(), 100)
    assert (first.items, first.next_before) == ([], newest[3].seq)
    assert (found.count, found.next_before) == (4, newest[3].seq)


async def test_counters_answer_a_count_whatever_its_size(scene: Scene) -> None:
    hook = await scene.wire("hook")
    await scene.wire("other")
    await scene.post(3)
    await scene.try_one(hook, OutcomeKind.REJECTED)
    await scene.signal_endpoint(hook, PausedByHand())

    async def counted(**parts: Any) -> tuple[int, int | None]:
        step = await scene.database.read(count_deliveries, DeliveryQuery(**parts), scan=1)
        return step.count, step.next_before

    assert await counted() == (6, None)
    assert await counted(status=("dlq", TARGET_PAUSED)) == (3, None)
    assert await counted(status="pending", target_id=1) == (0, None)
    assert await counted(status="pending", source_id=1) == (3, None)


async def test_clock_that_was_set_back_hides_nothing_of_a_period(scene: Scene) -> None:
    await scene.wire()
    [early] = await scene.post()
    scene.clock.jump(3_600)
    [late] = await scene.post()
    scene.clock.jump(-SLACK_MS / 1_000)
    [set_back] = await scene.post()

    since = Millis(START + 3_600_000)
    assert [one.id for one in await search(scene, DeliveryQuery(since=since), 1)] == [late]
    assert [one.id for one in await search(scene, DeliveryQuery(until=since), 1)] == [set_back, early]


def naive_events(rows: Sequence[EventRow], keys: dict[str, str | None], query: dict[str, Any]) -> list[str]:
    text = query.get("text", "").casefold()
    return [
        row.id
        for row in rows
        if row.type.startswith(query.get("type", "").rstrip("*"))
        and query.get("origin", row.origin) == row.origin
        and query.get("since", 0) <= row.recorded_at < query.get("until", 2**60)
        and any(
            text in (each or "").casefold() for each in (row.type, row.subject, row.source, row.origin, keys[row.id])
        )
    ]


@pytest.mark.parametrize("scan", [1, 3, 100])
@pytest.mark.parametrize(
    "parts",
    [
        {"text": "BUILD"},
        {"text": "order-7"},
        {"text": "ci", "type": "build.*"},
        {"text": "%"},
        {"origin": "me", "text": "ingest"},
        {"since": START + 2_000, "until": START + 5_000},
    ],
)
async def test_events_are_found_as_a_look_at_every_row_finds_them(
    scene: Scene, parts: dict[str, Any], scan: int
) -> None:
    keys: dict[str, str | None] = {}
    for number in range(9):
        draft = await scene.draft(
            type=("build.done", "alert")[number % 2],
            subject=(None, "50% off", "the build")[number % 3],
            origin=("ci", "me")[number % 2],
            key=f"order-{number}" if number % 4 else None,
        )
        await scene.insert(draft)
        keys[draft.event.id] = draft.event.key
        scene.clock.jump(1)
    every = (await scene.database.read(page_events, EventQuery(limit=500))).items

    found: list[str] = []
    before: int | None = EventQuery().before
    while before is not None:
        page = await scene.database.read(page_events, EventQuery(**parts, before=before, limit=2), scan=scan)
        found += [row.id for row in page.items]
        before = page.next_before

    assert found == naive_events(every, keys, parts)
    assert found


async def test_event_is_found_by_its_whole_id(scene: Scene) -> None:
    ids = []
    for _ in range(3):
        draft = await scene.draft()
        await scene.insert(draft)
        ids.append(draft.event.id)

    page = await scene.database.read(page_events, EventQuery(text=ids[0].upper()), scan=1)

    assert [row.id for row in page.items] == [ids[0]]
