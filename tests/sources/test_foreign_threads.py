"""Third parties' kinds that block, flood or never end hold nobody up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from posthouse.model.errors import PosthouseError
from posthouse.model.sources import Emission
from posthouse.sources.base import (
    RESCAN,
    Signal,
    SourceContext,
)
from posthouse.sources.foreign import kind, room
from tests.sources.foreign_kinds import Daemon, Gate, Snapshot, Well, cancelled, failure_of, note, threads_of, wrapped
from tests.sources.support import soon


@pytest.fixture
def daemon() -> Daemon:
    return Daemon()


@pytest.fixture
def gate() -> Iterator[Gate]:
    found = Gate()
    yield found
    found.is_open.set()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long."""
    for name in ("STOP_S", "GLANCE_S"):
        monkeypatch.setattr(kind, name, 0.02)


@pytest.mark.usefixtures("impatient")
async def test_one_that_blocks_its_thread_is_left_behind_and_heard_no_more(
    daemon: Daemon, gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    class Blocks(Well):
        async def run(self, context: SourceContext) -> None:
            gate.hold()
            await context.emit(Emission(events=(note(),)))

    running = asyncio.ensure_future(wrapped(Blocks()).run(daemon.context))
    await asyncio.to_thread(gate.is_held.wait, 60)
    await cancelled(running)
    (thread,) = threads_of(daemon.name)
    gate.is_open.set()
    await asyncio.to_thread(thread.join, 60)

    assert not thread.is_alive()
    assert daemon.emitted == []
    assert "its thread is left behind" in caplog.text


@pytest.mark.usefixtures("impatient")
async def test_one_that_ignores_its_cancellation_is_left_behind(daemon: Daemon, gate: Gate) -> None:
    ends: list[str] = []

    class Ignores(Well):
        async def run(self, context: SourceContext) -> None:
            while not gate.is_open.is_set():
                try:
                    await context.emit(Emission())
                    await asyncio.sleep(0)
                except (asyncio.CancelledError, PosthouseError):
                    continue
            try:
                await context.emit(Emission(events=(note(),)))
            except PosthouseError as error:
                ends.append(error.code)

    running = asyncio.ensure_future(wrapped(Ignores()).run(daemon.context))
    await soon(daemon.came.wait())
    await cancelled(running)
    (thread,) = threads_of(daemon.name)
    gate.is_open.set()
    await asyncio.to_thread(thread.join, 60)

    assert ends == ["source.broken"]
    assert daemon.data() == []


@pytest.mark.usefixtures("impatient")
async def test_after_three_that_hang_a_source_is_refused_until_one_ends(daemon: Daemon, gate: Gate) -> None:
    class Hangs(Snapshot):
        async def preview(self, context: SourceContext) -> Any:
            gate.hold()
            return await super().preview(context)

    found = wrapped(Hangs())
    for _ in range(kind.LEFT_MAX):
        gate.is_held.clear()
        looking = asyncio.ensure_future(found.preview(daemon.context))
        await asyncio.to_thread(gate.is_held.wait, 60)
        await cancelled(looking)

    refused = await failure_of(found.preview(daemon.context))
    threads = threads_of(daemon.name)
    gate.is_open.set()
    for thread in threads:
        await asyncio.to_thread(thread.join, 60)
    again = await soon(found.preview(daemon.context))

    assert "have not ended" in refused.message
    assert len(threads) == kind.LEFT_MAX
    assert again.found == "one note"


@pytest.mark.usefixtures("impatient")
async def test_a_read_or_a_preview_past_its_time_is_broken(
    daemon: Daemon, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kind, "READ_S", 0.02)
    monkeypatch.setattr(kind, "PREVIEW_S", 0.02)

    class Hangs(Snapshot):
        async def preview(self, context: SourceContext) -> Any:
            await asyncio.get_running_loop().create_future()

        async def collect(self, context: SourceContext, signal: Signal) -> Any:
            gate.hold()

    found = wrapped(Hangs())

    assert "did not answer within" in (await failure_of(found.preview(daemon.context))).message
    assert "did not answer within" in (await failure_of(found.collect(daemon.context, RESCAN))).message


async def test_the_daemon_goes_on_while_a_kind_burns_the_processor(daemon: Daemon, gate: Gate) -> None:
    class Burns(Well):
        async def run(self, context: SourceContext) -> None:
            gate.is_held.set()
            while not gate.is_open.is_set():
                pass
            await super().run(context)

    running = asyncio.ensure_future(wrapped(Burns()).run(daemon.context))
    await asyncio.to_thread(gate.is_held.wait, 60)
    turns = 0
    for _ in range(1_000):
        await asyncio.sleep(0)
        turns += 1
    gate.is_open.set()
    await cancelled(running)

    assert turns == 1_000


async def test_signals_without_end_are_taken_no_faster_than_they_are_wanted(daemon: Daemon) -> None:
    yielded = [0]

    class Floods(Snapshot):
        async def signals(self, context: SourceContext) -> AsyncIterator[Any]:
            while True:
                yielded[0] += 1
                yield RESCAN

    signals = wrapped(Floods()).signals(daemon.context)
    for _ in range(3):
        assert await soon(anext(signals)) == RESCAN
    await signals.aclose()  # type: ignore[attr-defined]

    assert yielded[0] <= 4


async def test_more_than_a_hundred_emissions_at_once_are_refused(daemon: Daemon) -> None:
    class Floods(Well):
        async def run(self, context: SourceContext) -> None:
            await asyncio.gather(*(context.emit(Emission()) for _ in range(10_000)))

    error = await failure_of(wrapped(Floods()).run(daemon.context))

    assert f"awaits more than {room.ASKED_MAX} things at once" in error.message


async def test_progress_without_end_is_told_as_fast_as_it_is_looked_at(daemon: Daemon) -> None:
    class Tells(Well):
        async def run(self, context: SourceContext) -> None:
            for done in range(50_000):
                context.progress(done, 50_000)
            await context.emit(Emission())
            await super().run(context)

    running = asyncio.ensure_future(wrapped(Tells()).run(daemon.context))
    await soon(daemon.came.wait())
    await cancelled(running)

    assert daemon.progress[-1] == (49_999, 50_000)
    assert len(daemon.progress) < 50_000


@pytest.mark.parametrize("told", [(-1, 2), (True, 2), ("1", "2"), (1 << 80, 2)])
async def test_progress_that_is_none_is_broken(told: Any, daemon: Daemon) -> None:
    class Tells(Well):
        async def run(self, context: SourceContext) -> None:
            context.progress(*told)

    assert (await failure_of(wrapped(Tells()).run(daemon.context))).code == "source.broken"


async def test_emit_may_be_called_from_a_thread_of_its_own(daemon: Daemon) -> None:
    class Threads(Well):
        async def run(self, context: SourceContext) -> None:
            thread = threading.Thread(target=asyncio.run, args=(context.emit(Emission(events=(note(),))),))
            thread.start()
            await asyncio.to_thread(thread.join)
            await super().run(context)

    running = asyncio.ensure_future(wrapped(Threads()).run(daemon.context))
    await soon(daemon.came.wait())
    await cancelled(running)

    assert daemon.threads == {threading.main_thread().name}
    assert len(daemon.emitted) == 1


async def test_a_thread_ends_with_its_last_call_and_takes_its_tasks_along(daemon: Daemon) -> None:
    ends: list[str] = []

    class Leaves(Snapshot):
        async def collect(self, context: SourceContext, signal: Signal) -> Any:
            async def linger() -> None:
                try:
                    await asyncio.get_running_loop().create_future()
                finally:
                    ends.append("cancelled")

            self.task = asyncio.ensure_future(linger())
            await asyncio.sleep(0)
            return Emission()

    found = wrapped(Leaves())
    assert await soon(found.collect(daemon.context, RESCAN)) == Emission()
    for thread in threads_of(daemon.name):
        await asyncio.to_thread(thread.join, 60)

    assert ends == ["cancelled"]
    assert threads_of(daemon.name) == []


async def test_a_cancellation_before_the_first_step_ends_it(daemon: Daemon) -> None:
    running = asyncio.ensure_future(wrapped(Well()).run(daemon.context))
    await asyncio.sleep(0)
    await cancelled(running)

    for thread in threads_of(daemon.name):
        await asyncio.to_thread(thread.join, 60)
    assert threads_of(daemon.name) == []


async def test_an_error_in_a_task_that_nobody_awaits_is_logged_without_its_words(
    daemon: Daemon, caplog: pytest.LogCaptureFixture
) -> None:
    class Leaves(Snapshot):
        async def collect(self, context: SourceContext, signal: Signal) -> Any:
            async def fail() -> None:
                raise ValueError("the payload")

            task = asyncio.ensure_future(fail())
            await asyncio.wait([task])
            del task
            return Emission()

    await soon(wrapped(Leaves()).collect(daemon.context, RESCAN))
    for thread in threads_of(daemon.name):
        await asyncio.to_thread(thread.join, 60)

    assert "left an error to nobody" in caplog.text
    assert "payload" not in caplog.text
