"""Whatever the code of a source does ends neither its worker nor any other source."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from posthouse.model.errors import LedgerCorrupt, PosthouseError
from posthouse.model.ids import SourceId
from posthouse.pipeline.activity import ActivityState
from posthouse.sources.base import Signal, SourceContext
from posthouse.system.supervise import WorkerState
from tests.parts import HandClock, Parts, running
from tests.pipeline.kinds import ScriptedSnapshot, ScriptedStream, register
from tests.pipeline.scripted import MINUTE, NAME, activity, begin
from tests.receiver import Receiver

STREAM = "streaming"
BREAKAGES: list[BaseException] = [
    TypeError("a planted secret"),
    RecursionError("a planted secret"),
    MemoryError("a planted secret"),
    SystemExit("a planted secret"),
    KeyboardInterrupt("a planted secret"),
    asyncio.CancelledError("a planted secret"),
    GeneratorExit("a planted secret"),
    BaseExceptionGroup("a planted secret", [SystemExit(1), ValueError("x")]),
]


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> ScriptedStream:
    made = ScriptedStream()
    register(monkeypatch, STREAM, made)
    return made


def restarts(parts: Parts) -> int:
    return sum(one.restarts for one in parts.supervisor.report())


async def failing(parts: Parts) -> list[dict[str, object]]:
    """What the daemon told of sources that fail."""
    return [msgspec.json.decode(event.data) for event in await parts.events("source.failing")]


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda one: type(one).__name__)
async def test_whatever_a_read_raises_is_a_read_that_failed(
    parts: Parts, kind: ScriptedSnapshot, breakage: BaseException
) -> None:
    source = await begin(parts)
    kind.fail_with(breakage)
    kind.say("a")
    await parts.rest()
    broken = activity(parts)
    with pytest.raises(PosthouseError) as caught:
        await parts.collection.push(source)
    parts.advance(4 * MINUTE)
    await parts.rest()
    tried = len(kind.reads)
    kind.fail_with(None)
    parts.advance(MINUTE)
    await parts.rest()

    name = type(breakage).__name__
    assert (broken.state, broken.detail) == (ActivityState.FAILING, f"The source's own code failed: {name}.")
    assert caught.value.code == "source.broken"
    assert tried == 2, "once by itself and once by hand"
    assert activity(parts).state is ActivityState.WATCHING
    assert len(await parts.events("scripted.snapshot")) == 1
    assert [one["detail"] for one in await failing(parts)] == [broken.detail]
    assert restarts(parts) == 0


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda one: type(one).__name__)
async def test_a_watch_that_breaks_is_begun_again_after_a_wait_and_reads_go_on(
    parts: Parts, kind: ScriptedSnapshot, breakage: BaseException
) -> None:
    async def breaks() -> None:
        raise breakage

    kind.in_signals = breaks
    source = await begin(parts)
    broken = activity(parts)
    pushed = await parts.collection.push(source)
    parts.advance(4 * MINUTE)
    await parts.rest()
    watches = kind.watches
    kind.in_signals = None
    parts.advance(MINUTE)
    await parts.rest()
    kind.value = 2
    kind.say("a")
    await parts.rest()

    assert (broken.state, watches, kind.watches) == (ActivityState.FAILING, 1, 2)
    assert pushed.events == 1
    assert len(await parts.events("scripted.snapshot")) == 2
    assert restarts(parts) == 0


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda one: type(one).__name__)
async def test_a_stream_that_breaks_is_begun_again_after_a_wait(
    parts: Parts, stream: ScriptedStream, breakage: BaseException
) -> None:
    works = stream.during

    async def breaks(_: SourceContext) -> None:
        raise breakage

    stream.during = breaks
    await begin(parts, STREAM)
    broken = activity(parts, STREAM)
    runs = [stream.runs]
    for wait_s in (299, 1, 599, 1):
        parts.advance(wait_s)
        await parts.rest()
        runs.append(stream.runs)
    stream.during = works
    parts.advance(20 * MINUTE)
    await parts.rest()

    assert broken.detail == f"The source's own code failed: {type(breakage).__name__}."
    assert (runs, stream.runs) == ([1, 1, 2, 2, 3], 4)
    assert len(await failing(parts)) == 1
    assert restarts(parts) == 0


async def test_a_stream_that_ends_by_itself_is_begun_again(parts: Parts, stream: ScriptedStream) -> None:
    async def ends(_: SourceContext) -> None:
        return

    stream.during = ends
    await begin(parts, STREAM)
    detail = activity(parts, STREAM).detail
    parts.advance(5 * MINUTE)
    await parts.rest()

    assert detail == "The source's own code failed: it ended by itself."
    assert stream.runs == 2


async def test_a_stream_that_had_run_for_long_waits_only_the_shortest_time(
    parts: Parts, stream: ScriptedStream
) -> None:
    over = asyncio.Event()

    async def fails_later(_: SourceContext) -> None:
        await over.wait()
        over.clear()
        raise ValueError

    stream.during = fails_later
    await begin(parts, STREAM)
    for _ in range(3):
        parts.advance(10 * MINUTE)
        over.set()
        await parts.rest()
        parts.advance(5 * MINUTE)
        await parts.rest()

    assert stream.runs == 4


@pytest.mark.parametrize("name", [NAME, STREAM])
async def test_code_that_swallows_its_cancellation_still_ends(
    parts: Parts, kind: ScriptedSnapshot, stream: ScriptedStream, name: str
) -> None:
    async def swallow(_: SourceContext) -> None:
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            return

    kind.during = stream.during = swallow
    source = await begin(parts, name)
    kind.say("a")
    await parts.rest()

    async with asyncio.timeout(20):
        await parts.collection.disable(source)

    assert activity(parts, name).state is ActivityState.DISABLED
    (worker,) = (one for one in parts.supervisor.report() if one.name == f"source-{source}")
    assert worker.state is WorkerState.STOPPED
    assert await failing(parts) == []


async def test_code_that_cancels_its_own_task_is_broken_and_not_ended(parts: Parts, kind: ScriptedSnapshot) -> None:
    async def cancel(_: SourceContext) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.get_running_loop().create_future()

    await begin(parts)
    kind.during = cancel
    kind.say("a")
    await parts.rest()
    kind.fail_with(None)
    parts.advance(5 * MINUTE)
    await parts.rest()

    assert len(await parts.events("scripted.snapshot")) == 1
    assert restarts(parts) == 0


async def test_one_broken_source_does_not_touch_another(
    parts: Parts, kind: ScriptedSnapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ScriptedSnapshot("other.snapshot")
    register(monkeypatch, "other", other)
    await begin(parts)
    await begin(parts, "other")
    kind.fail_with(SystemExit(3))
    kind.say("a")
    await parts.rest()
    other.say("a")
    await parts.rest()

    assert len(await parts.events("other.snapshot")) == 1
    assert activity(parts, "other").state is ActivityState.WATCHING


async def test_what_a_kind_returns_that_is_no_emission_is_a_read_that_failed(
    parts: Parts, kind: ScriptedSnapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def collect(context: SourceContext, signal: Signal) -> object:
        return {"events": 1}

    monkeypatch.setattr(kind, "collect", collect)
    await begin(parts)
    kind.say("a")
    await parts.rest()

    assert activity(parts).detail == "The source's own code failed: AttributeError."


async def test_a_ledger_past_healing_ends_the_daemon_and_no_kind_hides_it(
    tmp_path: Path, kind: ScriptedSnapshot
) -> None:
    with pytest.raises(LedgerCorrupt):
        async with running(tmp_path, HandClock()) as parts:
            await begin(parts)
            kind.fail_with(LedgerCorrupt("ledger.corrupt", "The ledger is damaged."))
            kind.say("a")
            await asyncio.get_running_loop().create_future()


async def test_a_stop_waits_for_no_source_longer_than_its_time(
    parts: Parts, kind: ScriptedSnapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("posthouse.pipeline.collection.FLUSH_S", 0.01)

    async def hang(_: SourceContext) -> None:
        await asyncio.get_running_loop().create_future()

    kind.during = hang
    await begin(parts, quiet_s=90.0)
    kind.say("a")
    await parts.rest()

    await parts.collection.stop()

    assert kind.reads == [Signal(paths=("a",))]
    assert activity(parts).state is ActivityState.DISABLED


async def test_a_failure_that_cannot_be_recorded_yet_is_told_of_when_it_can_be(
    parts: Parts, kind: ScriptedSnapshot, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await parts.bind("posthouse", await parts.add_webhook(receiver.url))
    await begin(parts)
    tell = parts.collection._place.tell_failing
    refusals = [PosthouseError("ledger.full", "The disk is full.")]

    async def refuse(source_id: SourceId, name: str, detail: str) -> None:
        if refusals:
            raise refusals.pop()
        await tell(source_id, name, detail)

    monkeypatch.setattr(parts.collection._place, "tell_failing", refuse)
    kind.fail_with(ValueError())
    kind.say("a")
    await parts.rest()
    untold = await failing(parts)
    parts.advance(5 * MINUTE)
    await parts.rest()

    assert untold == []
    assert len(await failing(parts)) == 1
    assert len(await parts.deliveries()) == 1
    assert restarts(parts) == 0


async def test_a_preview_that_breaks_or_cannot_read_says_so(
    parts: Parts, kind: ScriptedSnapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = await begin(parts)
    found = []
    for error in (SystemExit("a planted secret"), FileNotFoundError(2, "No such file or directory", "/srv/notes")):

        async def preview(_: SourceContext, error: BaseException = error) -> None:
            raise error

        monkeypatch.setattr(kind, "preview", preview)
        with pytest.raises(PosthouseError) as caught:
            await parts.collection.preview(source)
        found.append((caught.value.code, caught.value.message))

    assert found == [
        ("source.broken", "The source's own code failed: SystemExit."),
        ("source.unreadable", "scripted could not be read: No such file or directory: /srv/notes."),
    ]


async def test_what_a_broken_source_says_is_nowhere(
    parts: Parts, kind: ScriptedSnapshot, caplog: pytest.LogCaptureFixture
) -> None:
    await begin(parts)
    kind.fail_with(ValueError("a planted secret"))
    kind.say("a")
    await parts.rest()

    lines = [f"{record.getMessage()} {record.__dict__}" for record in caplog.records]
    assert any("kinds.py:" in line for line in lines), "its author is told where"
    assert not any("planted" in line for line in lines)
    assert not any(b"planted" in bytes(event.data) for event in await parts.events("*"))
