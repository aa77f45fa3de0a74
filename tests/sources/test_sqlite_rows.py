"""New rows of another program's database: each is told once, in order, however the stream is interrupted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import apsw
import pytest

from posthouse.model.errors import PosthouseError
from posthouse.model.sources import Emission
from posthouse.sources.base import SourceContext
from posthouse.sources.sqlite import rows
from posthouse.sources.sqlite.aside import read_aside
from posthouse.sources.sqlite.rows import BATCH_ROWS_MAX, SqliteRows
from posthouse.system.clock import SystemClock
from tests.parts import HandClock
from tests.sources.databases import age, make_database, other_program
from tests.sources.support import MemoryState, context_for, decoded, soon

SCHEMA = "CREATE TABLE log(id INTEGER PRIMARY KEY, level TEXT, at TEXT);"


def insert(*levels: str) -> str:
    return "".join(f"INSERT INTO log(level, at) VALUES ('{level}', 'at ' || '{level}');" for level in levels)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_database(tmp_path / "log.db", schema=SCHEMA)


def change(path: Path, sql: str) -> None:
    """Write as another program would, some time ago."""
    connection = apsw.Connection(str(path))
    connection.execute(sql).fetchall()
    connection.close()
    age(path)


class Stream:
    """A source that reads when the test says so, with its state."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> None:
        monkeypatch.setattr(rows, "PAUSE_S_MIN", 0.0)
        monkeypatch.setattr(rows, "PAUSE_TIMES", 0.0)
        self.state = MemoryState()
        self.emitted: list[Emission] = []
        self.settings = {"path": str(path), "query": "SELECT * FROM log", "key": "id"} | settings
        self.properties: dict[str, bool] = {}

    @property
    def context(self) -> SourceContext:
        return context_for(
            "sqlite-rows",
            self.settings,
            state=self.state,
            emitted=self.emitted,
            properties=self.properties,
            clock=SystemClock(),
        )

    async def read(self) -> list[Any]:
        """What the reads tell that a start or a change leads to: the data of each event."""
        del self.emitted[:]
        stream = rows.RowStream(self.context)
        while await soon(stream.tell()):
            pass
        return [decoded(event.data) for one in self.emitted for event in one.events]

    async def keys(self) -> list[Any]:
        return [data["key"] for data in await self.read()]

    async def refusal(self) -> str:
        stored = dict(self.state.stored)
        with pytest.raises(PosthouseError) as caught:
            await self.read()
        assert self.state.stored == stored
        assert self.emitted == []
        return caught.value.code


async def test_each_row_from_now_on_is_one_event(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change(path, insert("old"))
    stream = Stream(path, monkeypatch)
    assert await stream.read() == []

    change(path, insert("a", "b"))

    assert await stream.read() == [
        {"source": "sqlite-rows", "version": 1, "key": 2, "row": {"id": 2, "level": "a", "at": "at a"}},
        {"source": "sqlite-rows", "version": 1, "key": 3, "row": {"id": 3, "level": "b", "at": "at b"}},
    ]
    assert {event.type for one in stream.emitted for event in one.events} == {"sqlite.row"}
    assert await stream.read() == []


async def test_from_the_beginning_the_rows_that_are_there_come_first(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(path, insert("a", "b"))

    assert await Stream(path, monkeypatch, start="beginning", type="app.logged").keys() == [1, 2]


async def test_from_now_on_in_an_empty_table_the_first_row_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    age(path)
    stream = Stream(path, monkeypatch)
    assert await stream.keys() == []
    change(path, insert("a"))

    assert await stream.keys() == [1]


async def test_many_rows_come_in_batches_each_with_where_it_leads(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "READ_ROWS_MAX", 700)
    count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1600)"
    change(path, f"INSERT INTO log(level) {count} SELECT 'x' FROM n")
    stream = Stream(path, monkeypatch, start="beginning")

    assert await stream.keys() == list(range(1, 1_601))
    assert [len(one.events) for one in stream.emitted] == [BATCH_ROWS_MAX, 200, BATCH_ROWS_MAX, 200, 200]
    for one in stream.emitted:
        (put,) = one.state_puts
        assert decoded(one.events[-1].data)["key"] == decoded(put.value)["key"]  # type: ignore[arg-type]


async def test_a_batch_that_is_not_committed_is_told_again_with_the_same_keys(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(path, insert("a", "b"))
    stream = Stream(path, monkeypatch, start="beginning")
    await stream.read()
    first = [event.key for event in stream.emitted[0].events]
    stream.state.stored.clear()

    await stream.read()

    assert [event.key for event in stream.emitted[0].events] == first
    assert len(set(first)) == 2


async def test_keys_may_be_texts_in_the_order_of_the_database(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change(path, insert("a", "C", "é"))
    query = "SELECT at, level COLLATE NOCASE AS level FROM log"
    stream = Stream(path, monkeypatch, query=query, key="level", start="beginning")
    assert await stream.keys() == ["a", "C", "é"]
    change(path, insert("ö", "b"))

    assert await stream.keys() == ["ö"]


async def test_a_number_that_is_given_away_again_is_told_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change(path, insert("a", "b"))
    stream = Stream(path, monkeypatch, start="beginning")
    await stream.read()
    seen = {event.key for one in stream.emitted for event in one.events}
    change(path, "DELETE FROM log WHERE id = 2")
    assert await stream.keys() == []
    change(path, insert("c"))

    assert await stream.read() == [
        {"source": "sqlite-rows", "version": 1, "key": 2, "row": {"id": 2, "level": "c", "at": "at c"}}
    ]
    assert not seen & {event.key for one in stream.emitted for event in one.events}


async def test_a_table_that_was_emptied_is_told_from_its_first_row_and_that_is_logged(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    change(path, insert("a", "b", "c"))
    stream = Stream(path, monkeypatch)
    await stream.read()
    change(path, "DELETE FROM log")
    assert await stream.keys() == []
    assert "all rows are gone" in caplog.text
    change(path, insert("d"))

    assert await stream.keys() == [1]


async def test_a_table_that_shrank_is_told_behind_what_is_left_and_that_is_logged(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    change(path, insert("a", "b", "c"))
    stream = Stream(path, monkeypatch)
    await stream.read()
    change(path, "DELETE FROM log WHERE id > 1")

    assert await stream.keys() == []
    assert "newest rows are gone" in caplog.text
    change(path, insert("d"))
    assert await stream.keys() == [2]


async def test_rows_without_a_key_are_passed_over_and_that_is_logged_once(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    change(path, insert("a") + "INSERT INTO log(level) VALUES ('b'), ('c')")
    stream = Stream(path, monkeypatch, key="at", start="beginning")

    assert await stream.keys() == ["at a"]
    assert caplog.text.count("rows without a key cannot be told") == 1
    preview = await soon(SqliteRows().preview(stream.context))
    assert "2 row(s) have no key" in preview.problems[0]


async def test_a_key_that_is_another_column_now_begins_anew(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    change(path, insert("a", "b"))
    stream = Stream(path, monkeypatch)
    await stream.read()
    stream.settings["key"] = "at"

    assert await stream.keys() == []
    assert "the key is another column" in caplog.text
    change(path, insert("c"))
    assert await stream.keys() == ["at c"]


@pytest.mark.parametrize(
    ("more", "settings", "code"),
    [
        ("INSERT INTO log(level) VALUES ('a')", {"key": "level"}, "source.key_not_unique"),
        (
            "INSERT INTO log(level) VALUES (1.5)",
            {"query": "SELECT id + 0.5 AS k FROM log", "key": "k"},
            "source.key_type",
        ),
        ("SELECT 1", {"query": "SELECT CAST(x'ff' AS TEXT) AS k", "key": "k"}, "source.key_type"),
        ("SELECT 1", {"query": "SELECT x'01' AS k", "key": "k"}, "source.key_type"),
        ("SELECT 1", {"query": "SELECT 1 AS k UNION ALL SELECT 'a'", "key": "k"}, "source.key_type"),
        ("SELECT 1", {"key": "number"}, "source.key_missing"),
        ("DROP TABLE log", {}, "source.query_failed"),
    ],
)
async def test_keys_that_could_lose_a_row_are_errors(
    path: Path, monkeypatch: pytest.MonkeyPatch, more: str, settings: dict[str, Any], code: str
) -> None:
    change(path, insert("a") + more)

    assert await Stream(path, monkeypatch, start="beginning", **settings).refusal() == code


async def test_a_second_row_under_the_key_told_last_is_an_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change(path, insert("a", "b"))
    stream = Stream(path, monkeypatch, key="level", start="beginning")
    assert await stream.keys() == ["a", "b"]
    change(path, insert("b"))

    assert await stream.refusal() == "source.key_not_unique"


async def test_keys_of_another_type_are_an_error_until_they_are_mended(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(path, "CREATE TABLE loose(k); INSERT INTO loose VALUES (1)")
    stream = Stream(path, monkeypatch, query="SELECT k FROM loose", key="k", start="beginning")
    assert await stream.keys() == [1]
    change(path, "INSERT INTO loose VALUES (2), ('x')")
    assert await stream.refusal() == "source.key_type_changed"
    change(path, "DELETE FROM loose WHERE k = 'x'")

    assert await stream.keys() == [2]


async def test_a_database_that_is_gone_is_a_precise_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.unlink()

    assert await Stream(path, monkeypatch).refusal() == "source.unreadable"


async def test_rows_that_are_off_leave_the_key_only(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change(path, insert("tulip"))
    stream = Stream(path, monkeypatch, start="beginning")
    stream.properties = {"rows": False}

    assert await stream.read() == [{"source": "sqlite-rows", "version": 1, "key": 1}]
    assert b"tulip" not in bytes((await soon(SqliteRows().preview(stream.context))).data)
    data = {"key": 1, "row": {"level": "tulip"}}
    assert SqliteRows().project(data, {"rows": False}) == {"key": 1}
    assert SqliteRows().project(data, {"rows": True}) == data


async def test_preview_shows_the_next_row_or_the_newest_and_moves_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    age(path)
    stream = Stream(path, monkeypatch)
    assert (await soon(SqliteRows().preview(stream.context))).problems
    change(path, insert("a", "b"))

    assert decoded((await soon(SqliteRows().preview(stream.context))).data)["key"] == 2
    await stream.read()
    change(path, insert("c", "d"))
    preview = await soon(SqliteRows().preview(stream.context))
    assert decoded(preview.data)["key"] == 3
    assert "next" in preview.found
    assert await stream.keys() == [3, 4]


@asynccontextmanager
async def running(context: SourceContext) -> AsyncIterator[asyncio.Task[None]]:
    """The source at work, until the block is left."""
    task = asyncio.create_task(SqliteRows().run(context))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def turn_until(is_enough: Any) -> None:
    """Let the loop turn until something holds."""
    async with asyncio.timeout(20):
        while not is_enough():
            await asyncio.to_thread(is_enough)


async def test_rows_that_another_program_inserts_are_told_as_they_come(path: Path) -> None:
    emitted: list[Emission] = []
    settings = {"path": str(path), "query": "SELECT * FROM log", "key": "id"}
    context = context_for("sqlite-rows", settings, emitted=emitted, clock=SystemClock())

    def keys() -> list[int]:
        return [decoded(event.data)["key"] for one in emitted for event in one.events]

    with other_program(path, "PRAGMA journal_mode = WAL;" + insert("old")) as program:
        async with running(context):
            await turn_until(lambda: emitted)
            assert keys() == []
            for number in range(2, 5):
                assert isinstance(program.sql(insert("new")), list)
                await turn_until(lambda number=number: keys()[-1:] == [number])
    assert keys() == [2, 3, 4]


async def test_a_read_is_followed_by_a_pause_before_the_next(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = HandClock()
    clock.rule(asyncio.get_running_loop())
    emitted: list[Emission] = []
    settings = {"path": str(path), "query": "SELECT * FROM log", "key": "id", "start": "beginning"}
    context = context_for("sqlite-rows", settings, emitted=emitted, clock=clock)
    reads = 0

    async def slow(*arguments: Any, **more: Any) -> Any:
        nonlocal reads
        reads += 1
        reading = await read_aside(*arguments, **more)
        clock.advance(3.0)
        return reading

    monkeypatch.setattr(rows, "read_aside", slow)
    change(path, insert("a"))
    async with running(context):
        await turn_until(lambda: clock.armed() == [30.0])
        change(path, insert("b"))
        clock.advance(29.0)
        await asyncio.to_thread(path.stat)
        assert reads == 1
        clock.advance(1.0)
        await turn_until(lambda: len(emitted) == 2)
    assert reads == 2


async def test_a_read_that_failed_ends_the_work_with_its_error(path: Path) -> None:
    settings = {"path": str(path), "query": "SELECT * FROM nothing", "key": "id"}
    context = context_for("sqlite-rows", settings, clock=SystemClock())
    age(path)

    with pytest.raises(PosthouseError) as caught:
        await soon(SqliteRows().run(context))

    assert caught.value.code == "source.query_failed"
