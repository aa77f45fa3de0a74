"""Runs and pushes that a person asks for."""

from __future__ import annotations

import pytest

from posthouse.model.errors import BadInput, NotFound
from posthouse.model.ids import BindingId
from posthouse.model.runs import RunResult
from posthouse.model.targets import Target
from tests.parts import Parts
from tests.pipeline.kinds import ScriptedSnapshot
from tests.pipeline.scripted import (
    ALL,
    DAILY,
    HOUR,
    MINUTE,
    NAME,
    pass_time,
    source_id,
)


async def test_a_run_by_hand_is_for_that_binding_alone_and_moves_no_schedule(
    parts: Parts, kind: ScriptedSnapshot, hook: Target
) -> None:
    first = await parts.bind(NAME, hook, schedule=DAILY)
    second = await parts.bind(NAME, hook, schedule=DAILY, wanted=ALL)
    by_change = await parts.bind(NAME, hook)
    await pass_time(parts, MINUTE)
    before = [await parts.run_state(one) for one in (first, second)]
    parts.advance(HOUR)

    pushed = await parts.collection.run_now(first)
    await parts.rest()
    again = await parts.collection.run_now(by_change)

    after = [await parts.run_state(one) for one in (first, second)]
    events = await parts.events("scripted.*")
    assert [(one.events, one.deliveries, one.note) for one in (pushed, again)] == [(1, 1, "")] * 2
    assert [event.audience for event in events] == [None, (first,), (by_change,)]
    assert [record.delivery.binding_id for record in await parts.deliveries()] == [first, second, first, by_change]
    assert after[1] == before[1]
    assert after[0].settled == before[0].settled
    assert (after[0].ran_at, after[0].result) == (parts.clock.now(), RunResult.SENT)
    assert await parts.gaps() == []
    kind.value = None
    nothing = await parts.collection.run_now(first)
    assert (nothing.events, "nothing to send" in nothing.note) == (0, True)
    assert (await parts.run_state(first)).result is RunResult.NOTHING_TO_TELL


async def test_a_run_by_hand_of_a_source_that_is_off_reads_it_once(
    parts: Parts, kind: ScriptedSnapshot, hook: Target
) -> None:
    binding_id = await parts.bind(NAME, hook, schedule=DAILY)
    await parts.collection.disable(source_id(parts))

    pushed = await parts.collection.run_now(binding_id)
    await parts.rest()

    assert (pushed.deliveries, len(kind.reads)) == (1, 1)


async def test_a_run_by_hand_of_a_stream_or_of_no_binding_is_refused(parts: Parts, hook: Target) -> None:
    binding_id = await parts.bind("ingest", hook)

    with pytest.raises(BadInput) as stream:
        await parts.collection.run_now(binding_id)
    with pytest.raises(NotFound) as nothing:
        await parts.collection.run_now(BindingId(99))

    assert (stream.value.code, nothing.value.code) == ("source.cannot_push", "binding.not_found")


async def test_a_push_goes_to_every_binding_and_moves_no_schedule(parts: Parts, hook: Target) -> None:
    daily = await parts.bind(NAME, hook, schedule=DAILY)
    await parts.bind(NAME, hook)
    before = await parts.run_state(daily)

    pushed = await parts.collection.push(source_id(parts))

    after = await parts.run_state(daily)
    assert (pushed.events, pushed.deliveries) == (1, 2)
    assert (after.settled, after.result) == (before.settled, RunResult.SENT)
