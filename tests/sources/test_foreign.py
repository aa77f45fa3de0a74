"""Third parties' kinds at work: what fits goes through, and whatever they raise is theirs alone."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest

from posthouse.model.errors import BadInput, LedgerCorrupt, PosthouseError
from posthouse.model.ids import SourceId
from posthouse.model.sources import Emission, StatePut
from posthouse.sources.base import (
    RESCAN,
    Signal,
    SourceContext,
)
from tests.sources.foreign_kinds import Daemon, Snapshot, Well, cancelled, failure_of, note, wrapped
from tests.sources.support import decoded, soon


@pytest.fixture
def daemon() -> Daemon:
    return Daemon()


# What works goes through.


async def test_a_stream_emits_in_a_thread_of_its_own_and_commits_on_the_daemons(daemon: Daemon) -> None:
    class Emits(Well):
        async def run(self, context: SourceContext) -> None:
            seen = threading.current_thread().name
            put = StatePut("thread", seen.encode())
            await context.emit(Emission(events=(note(),), state_puts=(put,)))
            assert await context.state.get("thread") == seen.encode()
            assert await context.state.get_many(["thread", "no"]) == {"thread": seen.encode()}
            assert await context.state.items("th") == await context.state.between("th", "ti")
            context.progress(1, 2)
            await context.emit(Emission())
            await super().run(context)

    running = asyncio.ensure_future(wrapped(Emits()).run(daemon.context))
    await soon(daemon.came.wait())
    while len(daemon.emitted) < 2:
        daemon.came.clear()
        await soon(daemon.came.wait())

    await cancelled(running)

    assert daemon.threads == {threading.main_thread().name}
    assert daemon.state.stored == {"thread": f"source {daemon.name}".encode()}
    assert daemon.progress == [(1, 2)]


async def test_what_is_off_is_in_no_event_of_a_stream_and_in_no_preview(daemon: Daemon) -> None:
    class Emits(Well):
        async def run(self, context: SourceContext) -> None:
            await context.emit(Emission(events=(note(),)))
            await super().run(context)

    found = wrapped(Emits())
    running = asyncio.ensure_future(found.run(daemon.context))
    await soon(daemon.came.wait())
    await cancelled(running)

    assert daemon.data() == [{"words": "hi"}]
    assert decoded((await soon(found.preview(daemon.context))).data) == {"words": "hi"}


async def test_signals_and_reads_of_one_source_share_a_thread(daemon: Daemon) -> None:
    seen: list[str] = []

    class Looks(Snapshot):
        async def signals(self, context: SourceContext) -> AsyncIterator[Any]:
            seen.append(str(threading.get_ident()))
            yield Signal(paths=("/a",))
            yield Signal(paths=tuple(f"/{n}" for n in range(2_000)))
            yield Signal(paths=("bad\ud800name",))
            await asyncio.get_running_loop().create_future()

        async def collect(self, context: SourceContext, signal: Signal) -> Any:
            seen.append(str(threading.get_ident()))
            return Emission(events=(note(data=msgspec.Raw(msgspec.json.encode(signal.paths))),))

    found = wrapped(Looks())
    signals = found.signals(daemon.context)
    said = [await soon(anext(signals)) for _ in range(3)]
    emission = await soon(found.collect(daemon.context, said[0]))
    await signals.aclose()  # type: ignore[attr-defined]

    assert said == [Signal(paths=("/a",)), RESCAN, RESCAN]
    assert decoded(emission.events[0].data) == ["/a"]
    assert len(set(seen)) == 1
    assert str(threading.get_ident()) not in seen


async def test_two_sources_of_one_kind_have_a_thread_each(daemon: Daemon) -> None:
    seen: list[int] = []

    class Notes(Well):
        async def run(self, context: SourceContext) -> None:
            seen.append(threading.get_ident())
            await context.emit(Emission())
            await super().run(context)

    found = wrapped(Notes())
    other = msgspec.structs.replace(daemon.context.source, id=SourceId(2))
    contexts = (daemon.context, msgspec.structs.replace(daemon.context, source=other))
    tasks = [asyncio.ensure_future(found.run(context)) for context in contexts]
    while len(daemon.emitted) < 2:
        daemon.came.clear()
        await soon(daemon.came.wait())
    for task in tasks:
        await cancelled(task)

    assert len(set(seen)) == 2


async def test_what_is_emitted_while_it_ends_is_committed(daemon: Daemon) -> None:
    class Flushes(Well):
        async def run(self, context: SourceContext) -> None:
            try:
                await context.emit(Emission())
                await super().run(context)
            finally:
                await context.emit(Emission(events=(note(),)))

    running = asyncio.ensure_future(wrapped(Flushes()).run(daemon.context))
    await soon(daemon.came.wait())
    await cancelled(running)

    assert daemon.data() == [{"words": "hi"}]


async def test_an_error_of_the_ledger_comes_through_as_itself(daemon: Daemon) -> None:
    class Emits(Well):
        async def run(self, context: SourceContext) -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(context.emit(Emission()))

    daemon.error = LedgerCorrupt("ledger.corrupt", "It is damaged.")

    assert await failure_of(wrapped(Emits()).run(daemon.context)) is daemon.error


async def test_what_is_raised_on_purpose_keeps_its_words_and_no_more(daemon: Daemon) -> None:
    raised: list[Exception] = []

    class Raises(Snapshot):
        async def collect(self, context: SourceContext, signal: Signal) -> Any:
            raise raised.pop()

    found = wrapped(Raises())
    raised += [LedgerCorrupt("ledger.corrupt", "The disk of notes is away.")]
    error = await failure_of(found.collect(daemon.context, RESCAN))
    raised += [PermissionError(13, "Permission denied", "/notes")]
    with pytest.raises(PermissionError) as caught:
        await soon(found.collect(daemon.context, RESCAN))

    assert (type(error), error.code, error.message) == (
        PosthouseError,
        "source.unreadable",
        "The disk of notes is away.",
    )
    assert (caught.value.errno, caught.value.filename) == (13, "/notes")
    assert caught.value.__traceback__ is not None


def test_a_refused_setting_names_its_field() -> None:
    with pytest.raises(BadInput) as caught:
        wrapped(Well()).parse({"words": 7})
    assert (caught.value.code, caught.value.field) == ("source.bad_setting", "words")
    assert decoded(wrapped(Well()).parse({})) == {"words": "hello"}


# What does not.


class EvilError(Exception):
    def __str__(self) -> str:
        raise SystemExit

    @property
    def __traceback__(self) -> Any:  # type: ignore[override]
        raise MemoryError


def endless() -> None:
    endless()


def leak_secret() -> None:
    raise ValueError("the payload")


def cancel() -> None:
    raise asyncio.CancelledError


def thrown(error: BaseException) -> Callable[[], None]:
    def throw() -> None:
        raise error

    return throw


TROUBLES: dict[str, Callable[[], None]] = {
    "ValueError at test_foreign.py": leak_secret,
    "SystemExit at test_foreign.py": lambda: sys.exit(1),
    "KeyboardInterrupt": thrown(KeyboardInterrupt()),
    "MemoryError": thrown(MemoryError()),
    "GeneratorExit": thrown(GeneratorExit()),
    "RecursionError": endless,
    "cancelled itself": cancel,
    "StopIteration|RuntimeError": thrown(StopIteration()),
    "cannot be read|EvilError": thrown(EvilError()),
    "ValueError": thrown(ExceptionGroup("the payload", [ValueError("the payload")])),
}


@pytest.mark.parametrize("words", TROUBLES)
async def test_whatever_is_raised_becomes_one_error_without_a_payload(words: str, daemon: Daemon) -> None:
    trouble = TROUBLES[words]

    class Breaks(Snapshot):
        async def collect(self, context: SourceContext, signal: Signal) -> Any:
            trouble()

        async def run(self, context: SourceContext) -> None:
            trouble()

        async def preview(self, context: SourceContext) -> Any:
            trouble()

        async def signals(self, context: SourceContext) -> AsyncIterator[Any]:
            trouble()
            yield RESCAN

        def parse(self, settings: dict[str, Any]) -> Any:
            trouble()

        def project(self, data: Any, allowed: Any) -> Any:
            trouble()

    found = wrapped(Breaks())
    errors = [
        await failure_of(found.collect(daemon.context, RESCAN)),
        await failure_of(found.run(daemon.context)),
        await failure_of(found.preview(daemon.context)),
        await failure_of(anext(found.signals(daemon.context))),
    ]
    for pure in (lambda: found.parse({}), lambda: found.project({"a": 1}, {})):
        with pytest.raises(PosthouseError) as caught:
            pure()
        errors.append(caught.value)

    assert {error.code for error in errors} == {"source.broken"}
    assert "payload" not in str([error.message for error in errors])
    for error in errors:
        assert any(one in error.message for one in words.split("|")), error.message


@pytest.mark.parametrize("trouble", [lambda: sys.exit(1), thrown(KeyboardInterrupt())])
async def test_a_task_of_its_own_that_ends_the_loop_breaks_its_source_alone(trouble: Any, daemon: Daemon) -> None:
    class Breaks(Well):
        async def run(self, context: SourceContext) -> None:
            async def break_it() -> None:
                trouble()

            task = asyncio.ensure_future(break_it())
            await super().run(context)
            del task

    error = await failure_of(wrapped(Breaks()).run(daemon.context))

    assert error.code == "source.broken"


@pytest.mark.parametrize("name", ["stop", "close"])
async def test_a_loop_that_it_stops_or_closes_harms_nobody_else(name: str, daemon: Daemon) -> None:
    class Breaks(Well):
        async def run(self, context: SourceContext) -> None:
            loop = asyncio.get_running_loop()
            loop.stop()
            await asyncio.sleep(0)
            if name == "close":
                await asyncio.to_thread(lambda: (loop.stop(), loop.call_soon_threadsafe(lambda: None)))
            await context.emit(Emission())

    error = await failure_of(wrapped(Breaks()).run(daemon.context))

    assert error.message.endswith("run returned; it is to go on until it is cancelled.")
    assert len(daemon.emitted) == 1
