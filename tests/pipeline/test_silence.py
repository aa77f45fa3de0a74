"""Silence over real parts: told of once, over when heard again, and no false alarm after a start or a sleep."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from posthouse.ledger.base import Transaction
from posthouse.ledger.expectations import list_expectations
from posthouse.ledger.own_events import record_own
from posthouse.model.bindings import Filter
from posthouse.model.errors import LedgerFull
from posthouse.model.events import Event, Severity
from posthouse.model.expectations import Subject
from posthouse.model.ids import BindingId, SourceId
from posthouse.model.targets import Target
from tests.parts import HandClock, Parts, running
from tests.pipeline.kinds import ScriptedSnapshot, register
from tests.receiver import Receiver

MINUTE, HOUR = 60, 3_600


@pytest.fixture
async def hook(parts: Parts, receiver: Receiver) -> Target:
    return await parts.add_webhook(receiver.url)


def ingest(parts: Parts) -> SourceId:
    return parts.source("ingest").id


async def pass_time(parts: Parts, seconds: float) -> None:
    """Let time pass, a minute at a time, and everything that is due then be done."""
    while seconds > 0:
        parts.advance(min(seconds, MINUTE))
        await parts.rest()
        seconds -= MINUTE


async def told(parts: Parts) -> list[str]:
    """The types of what was told of silences, oldest first."""
    events = await parts.events("*.silent") + await parts.events("*.heard")
    return [event.type for event in sorted(events, key=lambda one: one.id)]


def data(event: Event) -> dict[str, object]:
    found: dict[str, object] = msgspec.json.decode(event.data)
    return found


async def test_a_source_that_goes_silent_is_told_of_once_and_again_when_it_is_heard(
    parts: Parts, receiver: Receiver, hook: Target
) -> None:
    await parts.bind("posthouse", hook)
    await parts.expect(Subject.SOURCE, ingest(parts), HOUR)
    await parts.post()
    heard_at = parts.clock.now()
    await pass_time(parts, HOUR)
    early = await told(parts)
    await pass_time(parts, 5 * HOUR)
    silent = await told(parts)
    await parts.post()
    await pass_time(parts, MINUTE)

    (first,), (second,) = await parts.events("source.silent"), await parts.events("source.heard")
    assert (early, silent, await told(parts)) == ([], ["source.silent"], ["source.silent", "source.heard"])
    assert (first.severity, second.severity) == (Severity.WARNING, Severity.INFO)
    assert data(first) == {
        "version": 1,
        "source": "ingest",
        "source_id": ingest(parts),
        "expected_within_s": HOUR,
        "last_heard_at": heard_at,
    }
    assert data(second)["silent_s"] == 6 * HOUR
    await receiver.wait_for(2)


async def test_a_binding_that_goes_silent_is_told_of_though_its_source_is_heard(
    parts: Parts, receiver: Receiver, hook: Target
) -> None:
    other = await parts.add_webhook(receiver.url, name="other")
    await parts.bind("ingest", hook)
    picky = await parts.bind("ingest", other, wanted=Filter(types=("never.*",)))
    for subject, subject_id in ((Subject.SOURCE, ingest(parts)), (Subject.BINDING, picky)):
        await parts.expect(subject, subject_id, HOUR)
    for _ in range(4):
        await parts.post()
        await pass_time(parts, 30 * MINUTE)

    (event,) = await parts.events("*.silent")
    assert (event.type, event.subject) == ("binding.silent", "ingest to other")
    assert data(event)["last_heard_at"] is None


async def test_nothing_ticks_where_nothing_is_expected(parts: Parts) -> None:
    await parts.rest()
    without = parts.clock.armed()  # type: ignore[attr-defined]
    await parts.expect(Subject.SOURCE, ingest(parts), HOUR)
    await parts.rest()
    expecting = parts.clock.armed()  # type: ignore[attr-defined]
    await parts.expect(Subject.SOURCE, ingest(parts), None)
    await parts.rest()

    assert MINUTE not in without
    assert MINUTE in expecting
    assert parts.clock.armed() == without  # type: ignore[attr-defined]


async def test_it_looks_again_the_moment_that_something_can_be_silent(parts: Parts) -> None:
    await parts.expect(Subject.SOURCE, ingest(parts), HOUR)
    await pass_time(parts, HOUR - 30)
    parts.advance(30)
    await parts.rest()
    early = await told(parts)
    parts.advance(0.001)
    await parts.rest()

    assert (early, await told(parts)) == ([], ["source.silent"])


async def test_a_start_is_no_alarm_until_what_piled_up_had_time_to_come_in(tmp_path: Path) -> None:
    clock = HandClock()
    async with running(tmp_path, clock) as parts:
        await parts.expect(Subject.SOURCE, ingest(parts), HOUR)
        await parts.rest()
    clock.advance(10 * HOUR)
    async with running(tmp_path, clock) as parts:
        await pass_time(parts, 4 * MINUTE)
        before = await told(parts)
        await parts.post()
        await pass_time(parts, 10 * MINUTE)
        assert (before, await told(parts)) == ([], [])
        await pass_time(parts, HOUR)
        assert await told(parts) == ["source.silent"]
    for _ in range(2):
        async with running(tmp_path, clock) as parts:
            await pass_time(parts, 10 * MINUTE)
            assert await told(parts) == ["source.silent"], "told of once, whatever starts again"


async def test_a_sleep_is_no_alarm_until_what_piled_up_had_time_to_come_in(parts: Parts) -> None:
    assert isinstance(parts.clock, HandClock)
    await parts.expect(Subject.SOURCE, ingest(parts), HOUR)
    await pass_time(parts, 10 * MINUTE)
    parts.clock.jump(8 * HOUR)
    await pass_time(parts, 5 * MINUTE)
    just_awake = await told(parts)
    await pass_time(parts, MINUTE)

    assert (just_awake, await told(parts)) == ([], ["source.silent"])


async def test_an_expectation_that_is_lifted_or_changed_ends_the_silence_without_a_word(parts: Parts) -> None:
    await parts.expect(Subject.SOURCE, ingest(parts), HOUR)
    await pass_time(parts, 2 * HOUR)
    await parts.expect(Subject.SOURCE, ingest(parts), 2 * HOUR)
    await pass_time(parts, HOUR)
    changed = await told(parts)
    await parts.expect(Subject.SOURCE, ingest(parts), None)
    await pass_time(parts, 3 * HOUR)

    assert changed == await told(parts) == ["source.silent"]


async def test_nothing_is_expected_of_a_source_while_it_is_off_and_all_begins_anew_when_it_is_on(
    parts: Parts, hook: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(monkeypatch, "scripted", ScriptedSnapshot("scripted.snapshot"))
    source = (await parts.add_source("scripted")).id
    binding_id: BindingId = await parts.bind("scripted", hook)
    await parts.collection.enable(source)
    await parts.expect(Subject.SOURCE, source, HOUR)
    await parts.expect(Subject.BINDING, binding_id, HOUR)
    await pass_time(parts, 30 * MINUTE)
    await parts.collection.disable(source)
    await pass_time(parts, 2 * HOUR)
    await parts.collection.enable(source)
    await pass_time(parts, HOUR - MINUTE)
    soon = await told(parts)
    await pass_time(parts, 2 * MINUTE)

    assert soon == []
    assert sorted(await told(parts)) == ["binding.silent", "source.silent"]


async def test_what_cannot_be_recorded_is_not_marked_as_told(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    refusals = [LedgerFull("ledger.full", "The disk is full.")]

    def record(tx: Transaction, *arguments: object) -> object:
        woken = record_own(tx, *arguments)  # type: ignore[arg-type]
        if refusals:
            raise refusals.pop()
        return woken

    monkeypatch.setattr("posthouse.pipeline.silence.record_own", record)
    await parts.expect(Subject.SOURCE, ingest(parts), HOUR)
    await pass_time(parts, HOUR)
    parts.advance(1)
    await parts.until(lambda: not refusals)
    await parts.settle()
    undone = (await told(parts), [one.told_at for one in await parts.ledger.inner.read(list_expectations)])
    await pass_time(parts, 2 * MINUTE)

    assert undone == ([], [None])
    assert await told(parts) == ["source.silent"]
