"""What a query finds in another program's database becomes a payload; changes of it are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, cast

import pytest

from posthouse.model.errors import PosthouseError
from posthouse.model.sources import Emission
from posthouse.sources.base import RESCAN, Signal, SourceContext
from posthouse.sources.sqlite.snapshot import SqliteSnapshot
from posthouse.system.clock import SystemClock
from tests.sources.databases import age, make_database, other_program
from tests.sources.support import context_for, decoded, soon

SCHEMA = "CREATE TABLE jobs(id INTEGER PRIMARY KEY, state TEXT); INSERT INTO jobs VALUES (1, 'done'), (2, 'tulip');"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "theirs").mkdir()
    found = make_database(tmp_path / "theirs" / "jobs.db", schema=SCHEMA)
    age(found)
    return found


def context(path: Path, query: str = "SELECT * FROM jobs ORDER BY id", **more: Any) -> SourceContext:
    properties = more.pop("properties", None)
    settings = {"path": str(path), "query": query, **more}
    return context_for("sqlite", settings, clock=SystemClock(), properties=properties)


async def payload(one: SourceContext) -> dict[str, Any]:
    """The data of the one event that a read makes."""
    emission = await soon(SqliteSnapshot().collect(one, RESCAN))
    assert isinstance(emission, Emission)
    (event,) = emission.events
    assert event.type == "sqlite.snapshot"
    data = decoded(event.data)
    assert data.pop("generated_at").endswith("Z")
    return cast("dict[str, Any]", data)


async def test_the_rows_of_a_query_are_one_event(path: Path) -> None:
    assert await payload(context(path)) == {
        "source": "sqlite",
        "version": 1,
        "row_count": 2,
        "rows": [{"id": 1, "state": "done"}, {"id": 2, "state": "tulip"}],
    }


async def test_no_rows_are_told_too(path: Path) -> None:
    data = await payload(context(path, "SELECT * FROM jobs WHERE id > 99"))

    assert (data["row_count"], data["rows"]) == (0, [])


async def test_rows_that_are_left_out_are_said_to_be(path: Path) -> None:
    data = await payload(context(path, rows_max=1))

    assert (data["row_count"], len(data["rows"]), data["truncated"]) == (1, 1, True)


async def test_of_rows_that_are_off_only_their_number_stays(path: Path) -> None:
    one = context(path, properties={"rows": False})

    assert await payload(one) == {"source": "sqlite", "version": 1, "row_count": 2}
    preview = await soon(SqliteSnapshot().preview(one))
    assert b"tulip" not in bytes(preview.data)
    assert "tulip" not in preview.found


def test_projection_leaves_the_rows_out_and_nothing_else() -> None:
    data = {"source": "sqlite", "row_count": 1, "rows": [{"a": 1}]}

    assert SqliteSnapshot().project(data, {"rows": True}) == data
    assert SqliteSnapshot().project(data, {"rows": False}) == {"source": "sqlite", "row_count": 1}


async def test_preview_says_what_was_read_and_how(path: Path) -> None:
    preview = await soon(SqliteSnapshot().preview(context(path, rows_max=1)))

    assert "1 row(s), and there are more" in preview.found
    assert str(path) in preview.found
    with other_program(path, "PRAGMA journal_mode = WAL; INSERT INTO jobs(state) VALUES ('new')"):
        preview = await soon(SqliteSnapshot().preview(context(path)))
        assert "3 row(s)" in preview.found
        assert "being written to" in preview.found


async def test_a_database_that_is_gone_is_an_error_and_its_return_is_read(path: Path) -> None:
    away = path.with_name("away")
    path.rename(away)
    with pytest.raises(FileNotFoundError):
        await payload(context(path))
    away.rename(path)

    assert (await payload(context(path)))["row_count"] == 2


async def test_a_link_leads_to_the_database_and_its_log(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(path)
    with other_program(path, "PRAGMA journal_mode = WAL; INSERT INTO jobs(state) VALUES ('new')"):
        assert (await payload(context(link)))["row_count"] == 3


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT * FROM nothing", "source.query_failed"),
        ("SELECT ?", "source.query_failed"),
        ("WITH a AS (SELECT 1) DELETE FROM jobs", "source.query_refused"),
        ("SELECT zeroblob(100000000)", "source.query_failed"),
    ],
)
async def test_a_query_that_cannot_be_run_says_why(path: Path, query: str, code: str) -> None:
    with pytest.raises(PosthouseError) as caught:
        await payload(context(path, query))

    assert caught.value.code == code
    assert "\n" not in caught.value.message


async def told(signals: AsyncIterator[Signal]) -> asyncio.Task[Signal]:
    """The next signal, waited for beside the test."""

    async def following() -> Signal:
        return await anext(signals)

    return asyncio.create_task(following())


async def test_a_change_of_the_database_is_told_and_one_beside_it_is_not(path: Path) -> None:
    signals = cast("Any", SqliteSnapshot().signals(context(path)))
    async with aclosing(signals):
        assert (await soon(anext(signals))).paths == (str(path),)
        waiting = await told(signals)
        path.with_name("other.db").write_text("1")
        for _ in range(20):
            await asyncio.to_thread(path.stat)
        assert not waiting.done()
        with other_program(path, "UPDATE jobs SET state = 'x'") as program:
            assert await soon(waiting)
            waiting = await told(signals)
            assert isinstance(program.sql("PRAGMA journal_mode = WAL; UPDATE jobs SET state = 'y'"), list)
            assert await soon(waiting)


async def test_a_link_that_is_made_to_point_elsewhere_is_followed(path: Path, tmp_path: Path) -> None:
    link, other = tmp_path / "link.db", make_database(tmp_path / "other.db", schema=SCHEMA)
    link.symlink_to(path)
    signals = cast("Any", SqliteSnapshot().signals(context(link)))
    async with aclosing(signals):
        await soon(anext(signals))
        waiting = await told(signals)
        (tmp_path / "new").symlink_to(other)
        (tmp_path / "new").rename(link)
        await soon(waiting)
        waiting = await told(signals)
        with other_program(other, "UPDATE jobs SET state = 'x'"):
            await soon(waiting)
