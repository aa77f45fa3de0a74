"""What a source's signals say reaches its reads whole, and what it emits stays."""

from __future__ import annotations

import asyncio

import pytest

from posthouse.ledger.state import get_state
from posthouse.model.errors import PosthouseError
from posthouse.model.events import EventDraft
from posthouse.model.sources import Emission, Scope, StatePut
from posthouse.pipeline.activity import ActivityState
from posthouse.pipeline.gathered import PATHS_MAX, Gathered
from posthouse.sources.base import RESCAN, Signal, SourceContext
from tests.parts import MACHINE, Parts
from tests.pipeline.kinds import ScriptedSnapshot
from tests.pipeline.scripted import MINUTE, activity, begin


def test_signals_are_merged_without_repeats_and_beyond_the_limit_everything_is_looked_at() -> None:
    gathered = Gathered()
    assert gathered.take() is None
    for paths in (("a", "b"), ("b", "c")):
        gathered.add(Signal(paths=paths))
    merged = gathered.take()
    for number in range(PATHS_MAX):
        gathered.add(Signal(paths=(str(number),)))
    most = gathered.take()
    gathered.add(Signal(paths=tuple(map(str, range(PATHS_MAX + 1)))))
    gathered.add(Signal(paths=("a",)))
    too_many = gathered.take()
    gathered.add(RESCAN)
    gathered.add(Signal(paths=("a",)))

    assert merged == Signal(paths=("a", "b", "c"))
    assert most is not None
    assert (len(most.paths), most.is_rescan) == (PATHS_MAX, False)
    assert (too_many, gathered.take(), gathered.take()) == (RESCAN, RESCAN, None)


async def test_a_read_is_handed_all_that_was_said_since_the_last_one(parts: Parts, kind: ScriptedSnapshot) -> None:
    await begin(parts, quiet_s=90.0)
    for path in ("a", "b", "a"):
        kind.say(path)
    await parts.rest()
    parts.advance(90)
    await parts.rest()
    kind.say("c")
    await parts.rest()
    parts.advance(90)
    await parts.rest()

    assert kind.reads == [Signal(paths=("a", "b")), Signal(paths=("c",))]


async def test_nothing_is_forgotten_after_a_read_that_failed(parts: Parts, kind: ScriptedSnapshot) -> None:
    await begin(parts)
    kind.fail_with(FileNotFoundError(2, "No such file or directory", "/srv/notes"))
    kind.say("a")
    await parts.rest()
    kind.say("b")
    await parts.rest()
    kind.fail_with(None)
    parts.advance(5 * MINUTE)
    await parts.rest()

    assert kind.reads == [Signal(paths=("a",)), Signal(paths=("a", "b"))]
    assert activity(parts).state is ActivityState.WATCHING


async def test_what_is_said_during_a_read_is_for_the_next_one(parts: Parts, kind: ScriptedSnapshot) -> None:
    await begin(parts)
    over = asyncio.Event()

    async def wait(_: SourceContext) -> None:
        await over.wait()

    kind.during = wait
    kind.say("a")
    await parts.rest()
    kind.say("b")
    await parts.rest()
    reading = activity(parts).state
    over.set()
    await parts.rest()

    assert reading is ActivityState.READING
    assert kind.reads == [Signal(paths=("a",)), Signal(paths=("b",))]


async def test_a_push_looks_at_everything_and_takes_along_what_was_said(parts: Parts, kind: ScriptedSnapshot) -> None:
    source = await begin(parts, quiet_s=90.0)
    kind.say("a")
    await parts.rest()
    await parts.collection.push(source)
    parts.advance(90)
    await parts.rest()

    assert kind.reads == [RESCAN]


async def test_a_push_that_failed_forgets_nothing(parts: Parts, kind: ScriptedSnapshot) -> None:
    source = await begin(parts, quiet_s=90.0)
    kind.say("a")
    await parts.rest()
    kind.fail_with(FileNotFoundError(2, "No such file or directory", "/srv/notes"))
    with pytest.raises(PosthouseError) as caught:
        await parts.collection.push(source)
    kind.fail_with(None)
    parts.advance(90)
    await parts.rest()

    assert caught.value.code == "source.unreadable"
    assert kind.reads == [RESCAN, Signal(paths=("a",))]


async def test_state_that_is_emitted_during_a_read_stays_though_the_read_fails(
    parts: Parts, kind: ScriptedSnapshot
) -> None:
    source = await begin(parts)
    kind.puts = (StatePut("end", b"1"),)

    async def in_chunks(context: SourceContext) -> None:
        await context.emit(Emission(state_puts=(StatePut("chunk", b"1"),)))
        assert await context.state.get("chunk") == b"1"
        raise FileNotFoundError(2, "No such file or directory", "/srv/notes")

    kind.during = in_chunks
    kind.say("a")
    await parts.rest()

    found = [await parts.ledger.inner.read(get_state, source, MACHINE, key, Scope.MACHINE) for key in ("chunk", "end")]
    assert found == [b"1", None]


async def test_a_snapshot_that_emits_an_event_is_broken(parts: Parts, kind: ScriptedSnapshot) -> None:
    await begin(parts)

    async def emit(context: SourceContext) -> None:
        await context.emit(Emission(events=(EventDraft(type="a"),)))

    kind.during = emit
    kind.say("a")
    await parts.rest()

    assert "emits state only" in activity(parts).detail
    assert await parts.events("a") == []


async def test_a_preview_must_emit_nothing(parts: Parts, kind: ScriptedSnapshot) -> None:
    source = await begin(parts)

    with pytest.raises(PosthouseError) as caught:
        await parts.collection.preview(source)

    assert (caught.value.code, caught.value.message) == (
        "source.broken",
        "The source's own code failed: a preview must emit nothing.",
    )
