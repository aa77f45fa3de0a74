"""Damaged, foreign, newer and half-migrated files: said clearly, or survived; never taken for sound.

the header overwritten           refused at opening          ledger.corrupt
a page in the middle overwritten refused where it is read    ledger.corrupt, at opening or later
the end cut off                  refused where it is read    ledger.corrupt, at opening or later
nothing left of the file         a new ledger begins: no byte tells that there was another
the log (-wal) overwritten       survived: what was folded into the file is there
the log's end torn               survived: every whole commit before the tear is there
the log's index (-shm) gone      survived: nothing is lost
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from posthouse.ledger.events import EventQuery, page_events
from posthouse.ledger.settings import load_settings, put_setting
from posthouse.ledger.sqlite.database import open_sqlite
from posthouse.ledger.sqlite.migrate import load_migrations, migrate
from posthouse.model.errors import LedgerCorrupt, LedgerError
from posthouse.model.ids import Millis
from tests.clock import ManualClock
from tests.ledger.engines import SqliteEngine
from tests.ledger.scene import Scene

EVENTS = 300
PAGE = 4096
NEWEST = load_migrations()[-1][0]
NEXT = (NEWEST + 1, "CREATE TABLE coming (a INTEGER) STRICT; ALTER TABLE settings ADD COLUMN extra TEXT;")
DIE_IN_MIGRATION = """
import os, signal, sys, apsw
from posthouse.ledger.sqlite.migrate import load_migrations, migrate
connection = apsw.Connection(sys.argv[1])
connection.execute("PRAGMA journal_mode = WAL")
connection.set_profile(lambda sql, took: os.kill(os.getpid(), signal.SIGKILL) if sys.argv[2] in sql else None)
migrate(connection, [*load_migrations(), (int(sys.argv[4]), sys.argv[3])])
"""


async def filled(folder: Path, clock: ManualClock) -> Path:
    """A closed ledger with some hundred events in it."""
    engine = SqliteEngine(folder)
    scene = Scene(await engine.open(), clock)
    await scene.set_up()
    await scene.wire()
    await scene.insert(*[await scene.draft(subject="x" * 2_000) for _ in range(EVENTS)])
    await scene.database.close()
    return engine.path


async def read_all(path: Path) -> int:
    """Open it, read every event, write one more thing; how many events there were."""
    database = await open_sqlite(path)
    try:
        found = (await database.read(page_events, EventQuery(limit=10 * EVENTS))).items
        await database.run(put_setting, "k", "1", now=Millis(0))
        return len(found)
    finally:
        await database.close()


def overwrite(path: Path, start: int, length: int) -> None:
    with open(path, "r+b") as file:
        file.seek(start)
        file.write(b"garbage!" * (length // 8))


@pytest.mark.parametrize(
    "content", [b"garbage!" * 1_000, b"x" * 600, b"SQLite format 3\0" + b"\xff" * 4_080], ids=["long", "short", "magic"]
)
async def test_file_that_is_no_ledger_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(content)

    with pytest.raises(LedgerCorrupt) as caught:
        await open_sqlite(path)

    assert caught.value.code == "ledger.corrupt"
    assert path.read_bytes() == content


async def test_overwritten_header_is_refused_at_opening(tmp_path: Path, clock: ManualClock) -> None:
    path = await filled(tmp_path, clock)
    overwrite(path, 0, 96)

    with pytest.raises(LedgerCorrupt):
        await open_sqlite(path)


async def test_overwritten_pages_are_never_taken_for_sound(tmp_path: Path, clock: ManualClock) -> None:
    path = await filled(tmp_path, clock)
    middle = path.stat().st_size // PAGE // 2 * PAGE
    overwrite(path, middle, 20 * PAGE)

    with pytest.raises(LedgerCorrupt) as caught:
        await read_all(path)

    assert caught.value.code == "ledger.corrupt"


@pytest.mark.parametrize("part", [0.3, 0.7, 0.95])
async def test_file_that_lost_its_end_is_never_taken_for_sound(tmp_path: Path, clock: ManualClock, part: float) -> None:
    path = await filled(tmp_path, clock)
    os.truncate(path, int(path.stat().st_size * part) // PAGE * PAGE)

    with pytest.raises(LedgerCorrupt) as caught:
        await read_all(path)

    assert caught.value.code == "ledger.corrupt"


async def crashed(folder: Path, clock: ManualClock) -> Path:
    """Copies of the files of a ledger that was never closed: one event folded into the file, two in its log."""
    engine = SqliteEngine(folder)
    database = await engine.open()
    scene = Scene(database, clock)
    await scene.set_up()
    await scene.insert(await scene.draft(subject="folded"))
    await database.close()
    scene = Scene(await engine.open(), clock)
    for subject in ("first", "second"):
        await scene.insert(await scene.draft(subject=subject))
    copy = folder / "copy"
    copy.mkdir()
    for path in folder.glob("ledger.db*"):
        shutil.copy(path, copy / path.name)
    await scene.database.close()
    return copy / "ledger.db"


def log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def keep_all(path: Path) -> int:
    return 3


def garble_log(path: Path) -> int:
    overwrite(log_of(path), 0, log_of(path).stat().st_size)
    return 1


def garble_frames(path: Path) -> int:
    overwrite(log_of(path), 32, log_of(path).stat().st_size - 32)
    return 1


def tear_log(path: Path) -> int:
    os.truncate(log_of(path), log_of(path).stat().st_size - 100)
    return 2


def append_to_log(path: Path) -> int:
    with open(log_of(path), "ab") as file:
        file.write(b"garbage!" * 1_000)
    return 3


def drop_index(path: Path) -> int:
    path.with_name(path.name + "-shm").unlink()
    return 3


DAMAGE = [keep_all, garble_log, garble_frames, tear_log, append_to_log, drop_index]


@pytest.mark.parametrize("damage", DAMAGE, ids=[one.__name__ for one in DAMAGE])
async def test_damaged_log_costs_no_more_than_its_damaged_commits(
    tmp_path: Path, clock: ManualClock, damage: Callable[[Path], int]
) -> None:
    path = await crashed(tmp_path, clock)

    expected = damage(path)

    assert await read_all(path) == expected
    assert SqliteEngine(path.parent).faults() == []


async def test_newer_ledger_is_refused_and_left_as_it_is(tmp_path: Path, clock: ManualClock) -> None:
    path = await filled(tmp_path, clock)
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    before = path.read_bytes()

    with pytest.raises(LedgerError) as caught:
        await open_sqlite(path)

    assert caught.value.code == "ledger.too_new"
    assert path.read_bytes() == before


async def test_file_without_a_byte_becomes_a_new_ledger(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").touch()

    assert await read_all(tmp_path / "ledger.db") == 0


def test_failed_migration_leaves_the_version_before(tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / "ledger.db"))
    migrate(connection, load_migrations())

    with pytest.raises(apsw.SQLError):
        migrate(connection, [*load_migrations(), (NEXT[0], NEXT[1] + " CREATE TABLE settings (a);")])

    assert connection.pragma("user_version") == NEWEST
    assert tables(connection) & {"coming"} == set()
    assert migrate(connection, [*load_migrations(), NEXT]) == NEXT[0]
    assert tables(connection) >= {"coming", "settings"}


@pytest.mark.parametrize(
    ("moment", "version"),
    [
        ("CREATE TABLE deliveries", 0),
        ("COMMIT", 1),
        ("CREATE TABLE runs", 1),
        ("CREATE TABLE coming", NEWEST),
        ("ALTER TABLE settings", NEWEST),
    ],
)
def test_crash_in_a_migration_leaves_one_version_or_the_next(tmp_path: Path, moment: str, version: int) -> None:
    path = tmp_path / "ledger.db"

    arguments = [str(path), moment, NEXT[1], str(NEXT[0])]
    done = subprocess.run([sys.executable, "-c", DIE_IN_MIGRATION, *arguments], capture_output=True)

    connection = apsw.Connection(str(path))
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert connection.pragma("user_version") == version
    assert ("deliveries" in tables(connection), "coming" in tables(connection)) == (version > 0, False)
    assert migrate(connection, [*load_migrations(), NEXT]) == NEXT[0]
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def tables(connection: apsw.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}


async def test_reopening_changes_nothing(tmp_path: Path, clock: ManualClock) -> None:
    path = await filled(tmp_path, clock)

    assert await read_all(path) == await read_all(path) == EVENTS
    database = await open_sqlite(path)
    assert await database.read(load_settings) == {"k": "1"}
    await database.close()
