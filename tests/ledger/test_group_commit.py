"""Group commit: calls share a commit and nothing else. Whoever fails, fails alone; whoever is answered, is on disk."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator

import apsw
import pytest

from posthouse.ledger.base import Database, Transaction
from posthouse.ledger.events import Inserted, NewEvent, insert
from posthouse.ledger.settings import load_settings, put_setting
from posthouse.model.errors import BadInput, LedgerClosed, LedgerError
from posthouse.model.ids import Millis
from tests.ledger.engines import Engine
from tests.ledger.scene import Scene


class OurBug(Exception):
    """What a ledger function raises by mistake."""


def put_and_raise(tx: Transaction, key: str, error: BaseException) -> None:
    put_setting(tx, key, '"poison"', now=Millis(0))
    raise error


def break_a_constraint(tx: Transaction, key: str) -> None:
    put_setting(tx, key, '"poison"', now=Millis(0))
    tx.change("start_instance", id="twice", machine="m", pid=1, version="1", now=0)
    tx.change("start_instance", id="twice", machine="m", pid=1, version="1", now=0)


def ask_nonsense(tx: Transaction, key: str) -> None:
    put_setting(tx, key, '"poison"', now=Millis(0))
    tx.all("no_such_statement")


@contextlib.asynccontextmanager
async def one_group(database: Database) -> AsyncIterator[None]:
    """Hold the writer until everything that is called inside has been queued: it is then committed together."""
    is_held, is_done = threading.Event(), threading.Event()

    def hold(tx: Transaction) -> None:
        is_held.set()
        assert is_done.wait(30)

    holding = asyncio.ensure_future(database.run(hold))
    await asyncio.to_thread(is_held.wait, 30)
    yield
    await asyncio.sleep(0)
    is_done.set()
    await holding


async def test_hundred_callers_are_all_answered_with_their_own(scene: Scene, engine: Engine) -> None:
    await scene.wire()
    drafts = [await scene.draft() for _ in range(300)]
    groups = [drafts[start : start + 3] for start in range(0, 300, 3)]

    answers = await asyncio.gather(*(scene.insert(*group) for group in groups))

    assert [[one.id for one in answer] for answer in answers] == [[one.event.id for one in group] for group in groups]
    assert engine.rows("SELECT count(*) FROM events") == [(300,)]
    assert len({one.seq for answer in answers for one in answer}) == 300


async def test_answer_comes_after_another_connection_can_see_the_change(scene: Scene, engine: Engine) -> None:
    async def insert_and_look(draft: NewEvent) -> bool:
        await scene.insert(draft)
        return engine.rows(f"SELECT count(*) FROM events WHERE id = '{draft.event.id}'") == [(1,)]

    seen = await asyncio.gather(*[insert_and_look(await scene.draft()) for _ in range(50)])

    assert seen == [True] * 50


POISONS = {
    "our own bug": OurBug("by mistake"),
    "bad input": BadInput("a.code", "no"),
    "an error of the database": apsw.SQLError("by mistake"),
    "an end of iteration": StopIteration("by mistake"),
    "no memory": MemoryError(),
}


@pytest.mark.parametrize("poison", POISONS.values(), ids=POISONS.keys())
async def test_member_that_raises_fails_alone(database: Database, poison: BaseException) -> None:
    async with one_group(database):
        before = asyncio.ensure_future(database.run(put_setting, "before", "1", now=Millis(0)))
        poisoned = asyncio.ensure_future(database.run(put_and_raise, "poison", poison))
        after = asyncio.ensure_future(database.run(put_setting, "after", "2", now=Millis(0)))

    await asyncio.wait_for(asyncio.gather(before, after), 30)
    with pytest.raises((type(poison), LedgerError, RuntimeError)):
        await asyncio.wait_for(poisoned, 30)
    assert await database.read(load_settings) == {"before": "1", "after": "2"}


@pytest.mark.parametrize("poison", [break_a_constraint, ask_nonsense])
async def test_member_whose_statement_fails_fails_alone(database: Database, poison: object) -> None:
    async with one_group(database):
        calls = [
            asyncio.ensure_future(database.run(put_setting, "before", "1", now=Millis(0))),
            asyncio.ensure_future(database.run(poison, "poison")),  # type: ignore[arg-type]
            asyncio.ensure_future(database.run(put_setting, "after", "2", now=Millis(0))),
        ]
    done = await asyncio.gather(*calls, return_exceptions=True)

    assert [isinstance(one, Exception) for one in done] == [False, True, False]
    assert await database.read(load_settings) == {"before": "1", "after": "2"}


async def test_event_that_cannot_be_written_does_not_hold_back_those_it_was_merged_with(
    scene: Scene, engine: Engine
) -> None:
    known = await scene.draft()
    await scene.insert(known)
    drafts = [await scene.draft() for _ in range(4)]
    calls: list[asyncio.Future[list[Inserted]]] = []

    async with one_group(scene.database):
        for items in ([drafts[0]], [drafts[1], known], [drafts[2]], [drafts[3]]):
            calls.append(asyncio.ensure_future(scene.database.run(insert, items)))  # noqa: PERF401
    done = await asyncio.gather(*calls, return_exceptions=True)

    assert [isinstance(one, LedgerError) for one in done] == [False, True, False, False]
    kept = {known.event.id, drafts[0].event.id, drafts[2].event.id, drafts[3].event.id}
    assert {event_id for (event_id,) in engine.rows("SELECT id FROM events")} == kept


async def test_poison_alone_in_its_group_leaves_nothing(database: Database) -> None:
    with pytest.raises(OurBug):
        await database.run(put_and_raise, "poison", OurBug())

    assert await database.read(load_settings) == {}
    await database.run(put_setting, "after", "1", now=Millis(0))
    assert await database.read(load_settings) == {"after": "1"}


async def test_cancelled_caller_disturbs_nobody(database: Database) -> None:
    async with one_group(database):
        cancelled = asyncio.ensure_future(database.run(put_setting, "cancelled", "1", now=Millis(0)))
        other = asyncio.ensure_future(database.run(put_setting, "other", "2", now=Millis(0)))
        await asyncio.sleep(0)
        cancelled.cancel()
    await other

    assert cancelled.cancelled()
    assert (await database.read(load_settings))["other"] == "2"


async def test_caller_whose_loop_is_gone_disturbs_nobody(database: Database) -> None:
    async def call_and_leave() -> None:
        asyncio.ensure_future(database.run(put_setting, "gone", "1", now=Millis(0)))  # noqa: RUF006
        await asyncio.sleep(0)

    def live_briefly() -> None:
        loop = asyncio.new_event_loop()
        loop.run_until_complete(call_and_leave())
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    async with one_group(database):
        await asyncio.to_thread(live_briefly)
        other = asyncio.ensure_future(database.run(put_setting, "other", "2", now=Millis(0)))

    await asyncio.wait_for(other, 30)
    assert await database.read(load_settings) == {"gone": "1", "other": "2"}


async def test_closing_finishes_what_was_called(engine: Engine) -> None:
    database = await engine.open()
    calls = [asyncio.ensure_future(database.run(put_setting, f"k{n}", "1", now=Millis(0))) for n in range(20)]
    await asyncio.sleep(0)

    await database.close()
    await database.close()

    await asyncio.gather(*calls)
    assert engine.rows("SELECT count(*) FROM settings") == [(20,)]


async def test_closed_ledger_refuses_with_its_code(engine: Engine) -> None:
    database = await engine.open()
    await database.close()

    for call in (database.run, database.read):
        with pytest.raises(LedgerClosed) as caught:
            await call(load_settings)
        assert caught.value.code == "ledger.closed"


async def test_reading_sees_one_moment_while_others_write(database: Database) -> None:
    is_read, is_written = threading.Event(), threading.Event()

    def read_twice(tx: Transaction) -> tuple[dict[str, str], dict[str, str]]:
        first = load_settings(tx)
        is_read.set()
        assert is_written.wait(30)
        return first, load_settings(tx)

    reading = asyncio.ensure_future(database.read(read_twice))
    await asyncio.to_thread(is_read.wait, 30)
    await database.run(put_setting, "k", "1", now=Millis(0))
    is_written.set()

    assert await reading == ({}, {})


async def test_reader_cannot_write(database: Database) -> None:
    with pytest.raises(LedgerError):
        await database.read(put_setting, "k", "1", now=Millis(0))

    await database.run(put_setting, "k", "2", now=Millis(0))
    assert await database.read(load_settings) == {"k": "2"}
