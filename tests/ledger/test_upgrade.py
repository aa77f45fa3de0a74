"""A ledger that version 0.1 wrote (`version_1.sql` is a dump of one, as its own code left it) is opened by this one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
import pytest

from posthouse.ledger.bindings import list_bindings
from posthouse.ledger.directory import load_directory
from posthouse.ledger.events import EventQuery, page_events
from posthouse.ledger.runs import page_gaps, run_states
from posthouse.ledger.settings import load_settings
from posthouse.ledger.sqlite.database import open_sqlite
from posthouse.ledger.sqlite.migrate import load_migrations
from posthouse.ledger.state import get_state
from posthouse.ledger.throughput import ThroughputWindow, read_throughput
from posthouse.model.bindings import BodyFormat, Schedule
from posthouse.model.ids import Millis, SourceId
from posthouse.model.sources import Scope
from tests.clock import START, ManualClock
from tests.ledger.engines import SqliteEngine
from tests.ledger.scene import Scene
from tests.ledger.test_throughput import assert_recounted, tries_of

DUMP = Path(__file__).parent / "version_1.sql"
Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def old(tmp_path: Path) -> SqliteEngine:
    """The ledger of version 1, as a file."""
    engine = SqliteEngine(tmp_path)
    connection = apsw.Connection(str(engine.path))
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA foreign_keys = OFF")
    connection.execute(DUMP.read_text("utf-8"))
    connection.pragma("user_version", 1)
    connection.close()
    return engine


def contents(engine: SqliteEngine) -> Rows:
    """Every row of every table of version 1, in the columns that it had there, in the order of rows."""
    connection = apsw.Connection(":memory:")
    connection.execute(load_migrations()[0][1])
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    names = {name: [row[1] for row in connection.execute(f"PRAGMA table_info({name})")] for name in tables}
    return {name: sorted(engine.rows(f"SELECT {', '.join(names[name])} FROM {name}"), key=repr) for name in names}


async def test_everything_that_version_1_wrote_is_still_there(old: SqliteEngine) -> None:
    before = contents(old)

    database = await open_sqlite(old.path)
    await database.close()

    assert old.rows("PRAGMA user_version") == [(load_migrations()[-1][0],)]
    assert len(before["deliveries"]) == 20
    assert contents(old) == before
    assert old.faults() == []


async def test_old_bindings_go_by_changes_and_nothing_has_been_missed(old: SqliteEngine) -> None:
    database = await open_sqlite(old.path)
    bindings = await database.read(list_bindings)
    directory = await database.read(load_directory)
    states = await database.read(run_states, [one.binding.id for one in bindings])
    gaps = await database.read(page_gaps)
    cursor = await database.read(get_state, SourceId(1), "here", "file:1", Scope.MACHINE)
    shared = await database.read(get_state, SourceId(1), "there", "seen", Scope.INSTALLATION)
    await database.close()

    assert [one.binding.schedule for one in bindings] == [Schedule()] * 5
    assert [one.binding.shape.format for one in bindings][1] is BodyFormat.RAW
    assert sorted(route.binding_id for some in directory.routes.values() for route in some) == [1, 2, 4, 5]
    assert (states, gaps) == ({}, [])
    assert (cursor, shared) == (b"\x00\xff\x01cursor", b"{}")


async def test_what_an_old_ledger_tried_within_a_day_of_its_last_try_is_in_the_throughput(old: SqliteEngine) -> None:
    database = await open_sqlite(old.path)
    [(last,)] = old.rows("SELECT max(started_at + duration_ms) FROM attempts")
    found = await database.read(read_throughput, ThroughputWindow.DAY, last)
    await database.close()

    assert found.totals.delivered > 0
    assert found.totals.failed > 0
    assert_recounted(found, ThroughputWindow.DAY, last, tries_of(old))


async def test_an_upgraded_ledger_goes_on_where_the_old_one_stood(old: SqliteEngine) -> None:
    clock = ManualClock(Millis(START + 3_600_000))
    clock._counter = 10_000
    scene = Scene(await open_sqlite(old.path), clock)
    [first, *_] = await scene.database.read(list_bindings)
    endpoint_id = first.binding.endpoint_id
    events = (await scene.database.read(page_events, EventQuery())).items
    duplicate = await scene.insert(await scene.draft(key="key-1"))
    waiting = await scene.try_all(endpoint_id)
    await scene.post()
    fresh = await scene.try_all(endpoint_id)
    await scene.database.close()

    assert len(events) == 8
    assert duplicate[0].is_duplicate
    assert len(waiting) >= 3
    assert len(fresh) == 1
    assert old.faults() == []


async def test_permission_to_run_programs_stands_under_its_new_name(old: SqliteEngine) -> None:
    connection = apsw.Connection(str(old.path))
    connection.execute("INSERT INTO settings VALUES (1, 'sources.allow_commands', 'true', 1767225600000)")
    connection.close()

    database = await open_sqlite(old.path)
    stored = await database.read(load_settings)
    await database.close()

    assert stored == {"commands.allowed": "true", "retention.days": "30"}
