"""Private copies stay private and go away; what hangs, is too large or takes too long costs one read and no more."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import apsw
import pytest

from posthouse.model.errors import BadInput, PosthouseError
from posthouse.sources.sqlite import aside, copying
from posthouse.sources.sqlite.aside import read_aside
from posthouse.sources.sqlite.budget import OutOfTimeError
from posthouse.sources.sqlite.reading import read_database
from posthouse.system.clock import SystemClock
from tests.sources.databases import (
    IN_BALANCE,
    MOVE_ALL,
    age,
    budget,
    make_database,
    other_program,
    place,
    read,
    trace,
)
from tests.sources.support import Progress, context_for, soon

WAL = "PRAGMA journal_mode = WAL;"
MODES = ["PRAGMA journal_mode = DELETE;", WAL]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's temporary folder, for this test alone."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "theirs").mkdir()
    return make_database(tmp_path / "theirs" / "a.db", WAL)


def refused(path: Path, **more: Any) -> PosthouseError:
    with pytest.raises(PosthouseError) as caught:
        read_database(place(path, **more), lambda _: None, budget=budget())
    return caught.value


def test_a_copy_is_its_owners_alone_and_is_gone_after_the_read(path: Path, temporary: Path) -> None:
    with other_program(path, MOVE_ALL):

        def work(connection: apsw.Connection) -> list[int]:
            copy = Path(connection.filename)
            assert copy.is_relative_to(temporary)
            connection.execute("SELECT count(*) FROM plus").fetchall()
            return [os.stat(one).st_mode & 0o777 for one in (copy.parent, *copy.parent.iterdir())]

        modes = read_database(place(path), work, budget=budget()).value

    assert modes[0] == 0o700
    assert set(modes[1:]) == {0o600}
    assert list(temporary.iterdir()) == []


def test_a_copy_that_a_crash_left_behind_is_deleted_later(path: Path, temporary: Path) -> None:
    for name, age_s in (("posthouse-sqlite-old", 7_200), ("posthouse-sqlite-new", 60), ("someone-else", 7_200)):
        (temporary / name).mkdir()
        (temporary / name / "copy").touch()
        age(temporary / name, age_s)

    with other_program(path, MOVE_ALL):
        read(path)

    assert {one.name for one in temporary.iterdir()} == {"posthouse-sqlite-new", "someone-else"}


def test_only_what_is_being_written_to_is_too_large_to_be_copied(path: Path, temporary: Path) -> None:
    age(path)
    assert read_database(place(path, copy_bytes_max=0), lambda _: "read", budget=budget()).value == "read"

    with other_program(path, MOVE_ALL):
        size = sum(path.with_name(path.name + suffix).stat().st_size for suffix in ("", "-wal"))
        assert refused(path, copy_bytes_max=size - 1).code == "source.database_too_large"
        assert read_database(place(path, copy_bytes_max=size), lambda _: "read", budget=budget()).value == "read"
    assert list(temporary.iterdir()) == []


def test_a_temporary_folder_without_room_is_named(path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "FREE_BYTES_MIN", 1 << 60)
    with other_program(path, MOVE_ALL):
        error = refused(path)

    assert error.code == "source.copy_no_room"
    assert str(temporary) in error.message


@pytest.mark.skipif(sys.platform != "linux", reason="the other way is the only one elsewhere")
@pytest.mark.usefixtures("temporary")
def test_files_that_the_kernel_cannot_copy_are_copied_by_hand(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> int:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "copy_file_range", refuse)
    with other_program(path, MOVE_ALL):
        assert read(path).value == [IN_BALANCE]


@pytest.mark.parametrize("begin", MODES)
def test_a_damaged_database_is_called_damaged(tmp_path: Path, begin: str) -> None:
    path = make_database(tmp_path / "a.db", begin)
    content = bytearray(path.read_bytes())
    content[2 * 4_096 :] = b"\xa5" * (len(content) - 2 * 4_096)
    path.write_bytes(content)
    age(path)

    with pytest.raises(PosthouseError) as caught:
        read(path)

    assert caught.value.code == "source.database_damaged"
    assert str(path) in caught.value.message


def test_a_database_cut_off_in_the_middle_is_called_damaged(tmp_path: Path) -> None:
    path = make_database(tmp_path / "a.db")
    os.truncate(path, 3 * 4_096)
    age(path)

    with pytest.raises(PosthouseError) as caught:
        read(path)

    assert caught.value.code == "source.database_damaged"


def test_one_of_our_own_files_is_never_read(path: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(path)

    for name in (path, tmp_path / "link"):
        with pytest.raises(BadInput) as caught:
            read_database(place(name, excluded=(path.parent,)), lambda _: None, budget=budget())
        assert caught.value.code == "source.own_database"


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("INSERT INTO plus VALUES (0, 0, '')", apsw.AuthError),
        ("DROP TABLE plus", apsw.AuthError),
        ("PRAGMA query_only = OFF", apsw.AuthError),
        ("PRAGMA journal_mode = DELETE", apsw.AuthError),
        ("ATTACH 'other.db' AS other", apsw.AuthError),
        ("VACUUM INTO 'other.db'", apsw.AuthError),
        ("BEGIN EXCLUSIVE", apsw.AuthError),
        ("SELECT load_extension('x')", apsw.SQLError),
        ("CREATE TEMP TABLE x(y)", apsw.AuthError),
    ],
)
@pytest.mark.parametrize("is_live", [False, True])
def test_nothing_but_reading_gets_through(path: Path, sql: str, error: type[apsw.Error], is_live: bool) -> None:
    def work(connection: apsw.Connection) -> str:
        with pytest.raises(error):
            connection.execute(sql).fetchall()
        return "refused"

    age(path)
    with other_program(path, MOVE_ALL if is_live else ""):
        before = trace(path.parent)
        assert read_database(place(path), work, budget=budget()).value == "refused"
        assert trace(path.parent) == before


def test_full_text_tables_and_json_can_be_read(tmp_path: Path) -> None:
    schema = "CREATE VIRTUAL TABLE notes USING fts5(body); INSERT INTO notes VALUES ('two horses'), ('one cow');"
    path = make_database(tmp_path / "a.db", schema=schema)
    age(path)

    assert read(path, "SELECT body FROM notes WHERE notes MATCH 'horses'").value == [("two horses",)]
    assert read(path, "SELECT value FROM json_each('[1]')").value == [(1,)]


async def test_a_query_without_an_end_is_ended(path: Path) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    context = context_for("sqlite", {"path": str(path), "query": "SELECT 1"}, clock=SystemClock())

    with pytest.raises(PosthouseError) as caught:
        await soon(read_aside(context, place(path), lambda one: one.execute(endless).fetchall(), deadline_s=0.2))

    assert caught.value.code == "source.database_deadline"


async def test_a_cancelled_read_ends_in_its_thread(path: Path) -> None:
    begun, ended = threading.Event(), threading.Event()

    def work(connection: apsw.Connection) -> None:
        begun.set()
        try:
            connection.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT count(*) FROM n")
        finally:
            ended.set()

    context = context_for("sqlite", {"path": str(path), "query": "SELECT 1"}, clock=SystemClock())
    reading = asyncio.create_task(read_aside(context, place(path), work, deadline_s=60))
    assert await asyncio.to_thread(begun.wait, 20)

    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading

    assert await asyncio.to_thread(ended.wait, 20)


async def test_a_read_that_hangs_in_the_system_keeps_no_other_waiting(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aside, "LATE_S", 0.1)
    monkeypatch.setattr(aside, "ENDS_S", 0.1)
    healthy = make_database(tmp_path / "healthy.db")
    for one in (path, healthy):
        age(one)
    context = context_for("sqlite", {"path": str(path), "query": "SELECT 1"}, clock=SystemClock())
    drive_is_back, has_ended = threading.Event(), threading.Event()

    def hang(_connection: apsw.Connection) -> None:
        drive_is_back.wait(60)
        has_ended.set()

    for _ in range(2):
        with pytest.raises(PosthouseError) as caught:
            await soon(read_aside(context, place(path), hang, deadline_s=0.1))
        assert caught.value.code == "source.database_hangs"
        assert not has_ended.is_set()
    assert (await soon(read_aside(context, place(healthy), lambda _: 1, deadline_s=10))).value == 1

    drive_is_back.set()
    assert await asyncio.to_thread(has_ended.wait, 20)
    for thread in threading.enumerate():
        if thread.name == "sqlite-source":
            thread.join(20)
    assert (await soon(read_aside(context, place(path), lambda _: 1, deadline_s=10))).value == 1


async def test_a_long_copy_tells_how_far_it_is(path: Path) -> None:
    progress = Progress()
    context = context_for("sqlite", {"path": str(path), "query": "SELECT 1"}, clock=SystemClock(), progress=progress)
    with other_program(path, MOVE_ALL):
        await soon(read_aside(context, place(path), lambda _: 1, deadline_s=10))
    await asyncio.sleep(0)

    assert progress[0][0] == path.stat().st_size
    assert progress[-1][0] == progress[-1][1]


def test_time_that_is_up_ends_a_copy(path: Path) -> None:
    with other_program(path, MOVE_ALL):
        stopped = budget()
        stopped.stop()
        with pytest.raises(OutOfTimeError):
            read_database(place(path), lambda _: 1, budget=stopped)
