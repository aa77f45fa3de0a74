"""Throughput: what is counted while attempts are recorded is what a recount over the attempts finds."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posthouse.ledger.leases import recover
from posthouse.ledger.targets import get_target
from posthouse.ledger.throughput import (
    DAY_MS,
    FOLDED_AFTER_MS,
    HALF_HOUR_MS,
    HOUR_MS,
    MINUTE_MS,
    Tally,
    Throughput,
    ThroughputBucket,
    ThroughputWindow,
    read_throughput,
    tidy_throughput,
)
from posthouse.model.bindings import Filter
from posthouse.model.deliveries import OutcomeKind
from posthouse.model.ids import EndpointId, Millis
from posthouse.rules.latency import ERROR_MAX
from tests.clock import ManualClock
from tests.ledger.engines import ENGINES, Engine
from tests.ledger.scene import Scene, tried
from tests.rules.test_latency import exact

DELIVERED, TRANSIENT, REJECTED = OutcomeKind.DELIVERED, OutcomeKind.TRANSIENT, OutcomeKind.REJECTED
Try = tuple[Millis, bool, int, int]
"""When it ended, whether it arrived, how long the request took, how long the whole way."""

ATTEMPTS = """
    SELECT a.started_at + a.duration_ms, a.kind = 'delivered', a.duration_ms,
        a.started_at + a.duration_ms - e.recorded_at, d.endpoint_id
    FROM attempts AS a JOIN deliveries AS d ON d.seq = a.delivery_seq JOIN events AS e ON e.seq = d.event_seq
"""


async def finish(
    scene: Scene, endpoint_id: EndpointId, kind: OutcomeKind, took_ms: int, wait_ms: int = 0, **event: Any
) -> None:
    """Post one, let it wait, send it, and write how that ended."""
    await scene.post(**event)
    scene.clock.advance(wait_ms / 1000)
    delivery = await scene.claim_one(endpoint_id)
    started_at = scene.clock.now()
    scene.clock.advance(took_ms / 1000)
    result = msgspec.structs.replace(tried(delivery, kind, started_at), duration_ms=took_ms)
    await scene.complete(endpoint_id, result)


async def wire(scene: Scene, target: str) -> EndpointId:
    """A target that takes events of the type that is its name, and never pauses."""
    [endpoint_id] = await scene.add_target(target)
    await scene.bind(endpoint_id, wanted=Filter(types=(target,)), is_health_relevant=False)
    return endpoint_id


@asynccontextmanager
async def fresh_scene(engine_name: str) -> AsyncIterator[tuple[Scene, Engine]]:
    """A ledger for one example of many."""
    with tempfile.TemporaryDirectory() as folder:
        engine = ENGINES[engine_name](Path(folder))
        database = await engine.open()
        scene = Scene(database, ManualClock())
        await scene.set_up()
        yield scene, engine
        await database.close()


async def look(scene: Scene, window: ThroughputWindow, target: str | None = None) -> Throughput:
    target_id = None if target is None else (await scene.database.read(get_target, target)).id
    return await scene.database.read(read_throughput, window, scene.clock.now(), target_id=target_id)


async def tidy(scene: Scene) -> None:
    for _ in range(1_000):
        if await scene.database.run(tidy_throughput, scene.clock.now()):
            return
    raise AssertionError("it is never tidy")


def tries_of(engine: Engine, endpoint_id: EndpointId | None = None) -> list[Try]:
    """Every attempt of the ledger, or of one endpoint."""
    rows = engine.rows(ATTEMPTS)
    return [(at, bool(came), took, way) for at, came, took, way, of in rows if endpoint_id in (None, of)]


def assert_tally(tally: Tally, tries: list[Try]) -> None:
    """The figures are those of these tries: the counts exactly, the latencies within what is promised."""
    took = [took for _, came, took, _ in tries if came]
    way = [max(way, 0) for _, came, _, way in tries if came]
    assert (tally.delivered, tally.failed) == (len(took), len(tries) - len(took))
    told = (tally.p50_ms, tally.p95_ms, tally.arrived_p50_ms, tally.arrived_p95_ms)
    if not took:
        assert told == (None,) * 4
        return
    wanted = (exact(took, 50), exact(took, 95), exact(way, 50), exact(way, 95))
    for figure, value in zip(told, wanted, strict=True):
        assert figure is not None
        assert abs(figure - value) <= value * ERROR_MAX


def assert_recounted(found: Throughput, window: ThroughputWindow, now: Millis, tries: list[Try]) -> None:
    """Each bucket, and all of them, hold what a recount puts there."""
    size = window.bucket_ms
    ats = [bucket.at for bucket in found.buckets]
    assert ats == list(range(ats[0], ats[0] + size * window.buckets, size))
    assert ats[-1] <= now < ats[-1] + size
    assert all(at % size == 0 for at in ats)
    for bucket in found.buckets:
        assert_tally(bucket, [one for one in tries if bucket.at <= one[0] < bucket.at + size])
    assert_tally(found.totals, [one for one in tries if ats[0] <= one[0] < ats[-1] + size])


def sent_in(found: Throughput) -> Iterator[ThroughputBucket]:
    return (bucket for bucket in found.buckets if bucket.delivered or bucket.failed)


async def test_an_empty_ledger_has_every_bucket_and_no_latency(scene: Scene) -> None:
    for window, count in ((ThroughputWindow.HOUR, 60), (ThroughputWindow.DAY, 48)):
        found = await look(scene, window)

        assert len(found.buckets) == count
        assert list(sent_in(found)) == []
        assert found.totals == Tally(
            delivered=0, failed=0, p50_ms=None, p95_ms=None, arrived_p50_ms=None, arrived_p95_ms=None
        )


async def test_what_was_sent_stands_in_its_minute_with_how_long_it_took(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    scene.clock.advance((MINUTE_MS - scene.clock.now() % MINUTE_MS) / 1000)
    minute = scene.clock.now()
    for took_ms in (10, 20, 30):
        await finish(scene, endpoint_id, DELIVERED, took_ms, wait_ms=1_000)
    await finish(scene, endpoint_id, REJECTED, 5)

    [bucket] = sent_in(await look(scene, ThroughputWindow.HOUR))

    assert bucket.at == minute
    assert (bucket.delivered, bucket.failed, bucket.p50_ms, bucket.p95_ms) == (3, 1, 20, 30)
    assert bucket.arrived_p50_ms == pytest.approx(1_020, rel=ERROR_MAX)


async def test_a_try_counts_in_the_minute_in_which_it_ended(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    scene.clock.advance((MINUTE_MS - scene.clock.now() % MINUTE_MS) / 1000 - 1)
    await finish(scene, endpoint_id, DELIVERED, 2_000)

    [bucket] = sent_in(await look(scene, ThroughputWindow.HOUR))

    assert bucket.at == scene.clock.now() - scene.clock.now() % MINUTE_MS


async def test_a_failed_try_has_no_latency(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    await finish(scene, endpoint_id, TRANSIENT, 250)

    totals = (await look(scene, ThroughputWindow.HOUR)).totals

    assert (totals.delivered, totals.failed, totals.p50_ms, totals.arrived_p95_ms) == (0, 1, None, None)


async def test_an_interrupted_try_counts_as_failed_when_it_was_begun(scene: Scene, engine: Engine) -> None:
    endpoint_id = await scene.wire()
    await scene.post()
    await scene.claim(endpoint_id, owner="another")
    scene.clock.advance(600)
    await scene.database.run(recover, "this-instance", None, scene.clock.now(), 0.0, scene.author)

    found = await look(scene, ThroughputWindow.HOUR)

    assert found.totals.failed == 1
    assert_recounted(found, ThroughputWindow.HOUR, scene.clock.now(), tries_of(engine))


async def test_a_lost_lease_counts_nothing(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    await scene.post()
    delivery = await scene.claim_one(endpoint_id)
    for _ in range(2):
        await scene.finish(delivery, DELIVERED)

    assert (await look(scene, ThroughputWindow.HOUR)).totals.delivered == 1


async def test_one_target_is_told_apart_from_all(scene: Scene, engine: Engine) -> None:
    first, second = await wire(scene, "a"), await wire(scene, "b")
    await finish(scene, first, DELIVERED, 10, type="a")
    await finish(scene, second, REJECTED, 10, type="b")

    for target, endpoint_id in (("a", first), ("b", second), (None, None)):
        found = await look(scene, ThroughputWindow.HOUR, target)
        assert_recounted(found, ThroughputWindow.HOUR, scene.clock.now(), tries_of(engine, endpoint_id))


steps = st.tuples(
    st.sampled_from("ab"),
    st.sampled_from([DELIVERED, DELIVERED, REJECTED]),
    st.one_of(st.integers(0, 60), st.integers(0, 50_000)),
    st.sampled_from([0, 1, 700, MINUTE_MS, 7 * MINUTE_MS, HALF_HOUR_MS, 3 * HOUR_MS]),
    st.booleans(),
)


@pytest.mark.parametrize("name", sorted(ENGINES))
@settings(max_examples=40)
@given(plan=st.lists(steps, min_size=1, max_size=12))
async def test_buckets_are_what_a_recount_of_the_attempts_finds(
    name: str, plan: list[tuple[str, OutcomeKind, int, int, bool]]
) -> None:
    async with fresh_scene(name) as (scene, engine):
        endpoints = {target: await wire(scene, target) for target in "ab"}
        for target, kind, took_ms, wait_ms, is_tidied in plan:
            await finish(scene, endpoints[target], kind, took_ms, wait_ms, type=target)
            if is_tidied:
                await tidy(scene)

        for window in ThroughputWindow:
            for which, endpoint_id in (*endpoints.items(), (None, None)):
                found = await look(scene, window, which)
                assert_recounted(found, window, scene.clock.now(), tries_of(engine, endpoint_id))


async def test_minutes_become_half_hours_and_no_figure_changes(scene: Scene, engine: Engine) -> None:
    endpoint_id = await wire(scene, "a")
    for minute in range(300):
        kind = DELIVERED if minute % 7 else REJECTED
        await finish(scene, endpoint_id, kind, minute, wait_ms=MINUTE_MS - minute, type="a")
    before = {window: await look(scene, window) for window in ThroughputWindow}
    rows = engine.rows("SELECT count(*) FROM throughput")[0][0]

    await tidy(scene)

    assert {window: await look(scene, window) for window in ThroughputWindow} == before
    assert_recounted(before[ThroughputWindow.DAY], ThroughputWindow.DAY, scene.clock.now(), tries_of(engine))
    old = scene.clock.now() - FOLDED_AFTER_MS - HALF_HOUR_MS
    assert engine.rows(f"SELECT at FROM throughput WHERE at < {old} AND at % {HALF_HOUR_MS} <> 0") == []
    assert engine.rows("SELECT count(*) FROM throughput")[0][0] < rows


async def test_what_no_day_looks_at_any_more_is_forgotten(scene: Scene, engine: Engine) -> None:
    endpoint_id = await scene.wire()
    await finish(scene, endpoint_id, DELIVERED, 10)
    scene.clock.advance(2 * DAY_MS / 1000 - 60)
    await tidy(scene)
    kept = engine.rows("SELECT sum(count) FROM throughput WHERE measure = 'taken'")

    scene.clock.advance(HALF_HOUR_MS / 1000 + 120)
    await tidy(scene)

    assert kept == [(1,)]
    assert engine.rows("SELECT count(*) FROM throughput") == [(0,)]
