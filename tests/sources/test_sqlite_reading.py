"""Another program's database is read in one committed state, whatever it does, and it never notices."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from posthouse.model.errors import PosthouseError
from posthouse.model.ids import Millis
from posthouse.sources.sqlite.budget import Budget
from posthouse.sources.sqlite.reading import WAITS_S, read_database
from tests.clock import ManualClock
from tests.sources.databases import (
    BALANCE,
    IN_BALANCE,
    MOVE_ALL,
    OtherProgram,
    age,
    budget,
    make_database,
    other_program,
    own_locks,
    place,
    read,
    restless_writer,
    trace,
)

WAL = "PRAGMA journal_mode = WAL;"
IN_TRANSACTION = "PRAGMA cache_size = 4; BEGIN IMMEDIATE;" + MOVE_ALL
"""With so small a cache most pages are written to the file before the commit."""

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="/proc/locks is Linux's own")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a database is to be, alone in its folder."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    return folder / "app's data#1?.db"


def after_each_file(*acts: Callable[[], None]) -> Callable[[int, int], None]:
    """As the progress of a copy: after the first file that is copied the first act, and so on."""
    waiting = list(acts)

    def progress(_done: int, _total: int) -> None:
        if waiting:
            waiting.pop(0)()

    return progress


def nothing() -> None:
    """The act of a program that does nothing."""


def obeyed(program: OtherProgram, text: str) -> Callable[[], None]:
    """What lets the other program run this, which must meet no lock."""

    def act() -> None:
        assert isinstance(program.sql(text), list), text

    return act


@pytest.mark.parametrize("begin", ["PRAGMA journal_mode = DELETE;", WAL])
def test_a_database_at_rest_is_read_in_place_and_without_a_trace(path: Path, begin: str) -> None:
    make_database(path, begin)
    age(path)
    before = trace(path.parent)

    reading = read(path)

    assert reading.value == [IN_BALANCE]
    assert (reading.copied_bytes, reading.tries) == (0, 1)
    assert trace(path.parent) == before


@linux_only
@pytest.mark.parametrize("begin", ["PRAGMA journal_mode = DELETE;", WAL])
def test_no_lock_is_held_and_no_file_made_while_a_query_runs(path: Path, begin: str) -> None:
    make_database(path, begin)
    with other_program(path, begin) as program:
        assert isinstance(program.sql(MOVE_ALL), list)
        before = trace(path.parent)

        def work(connection: apsw.Connection) -> Any:
            rows = connection.execute("SELECT n FROM plus")
            first = next(rows)
            assert own_locks(path) == []
            assert trace(path.parent).keys() == before.keys()
            return first

        reading = read_database(place(path), work, budget=budget())

        assert reading.value == (7,)
        assert trace(path.parent) == before


@linux_only
def test_a_lock_of_ours_would_be_seen(path: Path) -> None:
    """What the test above rests on."""
    make_database(path)
    connection = apsw.Connection(str(path))
    connection.execute("BEGIN IMMEDIATE")

    assert own_locks(path) != []
    connection.close()


@pytest.mark.parametrize("lock", ["BEGIN EXCLUSIVE", "BEGIN IMMEDIATE"])
def test_a_database_that_another_program_has_locked_is_read_at_once(path: Path, lock: str) -> None:
    make_database(path)
    age(path)
    with other_program(path, lock) as program:
        reading = read(path)

        assert reading.value == [IN_BALANCE]
        assert reading.tries == 1
        assert isinstance(program.sql(MOVE_ALL + "COMMIT"), list)


@pytest.mark.parametrize("mode", ["DELETE", "TRUNCATE", "PERSIST"])
@pytest.mark.parametrize("synchronous", ["FULL", "OFF"])
def test_of_a_transaction_that_already_wrote_to_the_file_nothing_is_seen(
    path: Path, mode: str, synchronous: str
) -> None:
    make_database(path, f"PRAGMA journal_mode = {mode};")
    begin = f"PRAGMA journal_mode = {mode}; PRAGMA synchronous = {synchronous};"
    with other_program(path, begin + IN_TRANSACTION) as program:
        before = trace(path.parent)

        reading = read(path, BALANCE + ", (SELECT max(n) FROM plus) AS newest")

        assert reading.value == [(*IN_BALANCE, 0)]
        assert reading.copied_bytes > 0
        assert trace(path.parent) == before
        assert isinstance(program.sql("COMMIT"), list)
    age(path)
    assert read(path, "SELECT min(n), max(n) FROM plus").value == [(7, 7)]


def test_a_transaction_that_goes_on_writing_between_our_copies_does_no_harm(path: Path) -> None:
    make_database(path)
    with other_program(path, IN_TRANSACTION) as program:
        more = after_each_file(obeyed(program, MOVE_ALL * 2))

        reading = read(path, BALANCE + ", (SELECT max(n) FROM plus) AS newest", progress=more)

        assert reading.value == [(*IN_BALANCE, 0)]
        assert reading.tries == 1


@pytest.mark.parametrize("mode", ["DELETE", "TRUNCATE", "PERSIST"])
@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK", "COMMIT; BEGIN IMMEDIATE;" + MOVE_ALL])
@pytest.mark.parametrize("at", [0, 1])
def test_a_transaction_that_ends_between_our_copies_is_read_anew(path: Path, mode: str, end: str, at: int) -> None:
    make_database(path, f"PRAGMA journal_mode = {mode};")
    with other_program(path, f"PRAGMA journal_mode = {mode};" + IN_TRANSACTION) as program:
        acts = [nothing] * at + [obeyed(program, end)]

        reading = read(path, BALANCE + ", (SELECT max(n) FROM plus) AS newest", progress=after_each_file(*acts))

        assert reading.value == [(*IN_BALANCE, 0 if end == "ROLLBACK" else 7)]
        assert reading.tries > 1


def test_a_journal_left_by_a_killed_program_is_heeded_and_left(path: Path) -> None:
    make_database(path)
    with other_program(path, IN_TRANSACTION) as program:
        program.kill()
    before = trace(path.parent)
    assert path.with_name(path.name + "-journal").stat().st_size > 0

    reading = read(path, BALANCE + ", (SELECT max(n) FROM plus) AS newest")

    assert reading.value == [(*IN_BALANCE, 0)]
    assert trace(path.parent) == before


def test_a_log_left_by_a_killed_program_is_heeded_and_left(path: Path) -> None:
    make_database(path, WAL)
    with other_program(path, MOVE_ALL) as program:
        assert isinstance(program.sql("BEGIN IMMEDIATE;" + MOVE_ALL), list)
        program.kill()
    before = trace(path.parent)

    assert read(path, "SELECT min(n), max(n) FROM plus").value == [(7, 7)]
    assert trace(path.parent) == before


@pytest.mark.parametrize(
    ("act", "is_same_log"),
    [
        ("PRAGMA wal_checkpoint(PASSIVE)", True),
        (MOVE_ALL + "PRAGMA wal_checkpoint(PASSIVE)", True),
        (MOVE_ALL, True),
        ("PRAGMA wal_checkpoint(TRUNCATE)", False),
        ("PRAGMA wal_checkpoint(RESTART);" + MOVE_ALL, False),
        ("PRAGMA wal_checkpoint(TRUNCATE);" + MOVE_ALL, False),
        ("PRAGMA journal_mode = DELETE;" + MOVE_ALL, False),
    ],
)
@pytest.mark.parametrize("at", [0, 1])
def test_what_happens_to_a_log_between_our_copies_is_read_right(
    path: Path, act: str, is_same_log: bool, at: int
) -> None:
    make_database(path, WAL)
    with other_program(path, MOVE_ALL) as program:
        acts = [nothing] * at + [obeyed(program, act)]

        reading = read(
            path, BALANCE + ", (SELECT max(n) - min(n) FROM plus) AS spread", progress=after_each_file(*acts)
        )

        assert reading.value == [(*IN_BALANCE, 0)]
        assert (reading.tries == 1) is is_same_log


def test_a_commit_while_a_query_runs_in_place_is_read_anew(path: Path) -> None:
    make_database(path)
    age(path)
    with other_program(path) as program:
        waiting = [obeyed(program, MOVE_ALL)]

        def work(connection: apsw.Connection) -> Any:
            rows = connection.execute("SELECT n FROM plus ORDER BY id")
            first = next(rows)
            if waiting:
                waiting.pop()()
            return {first, *rows}

        reading = read_database(place(path), work, budget=budget())

        assert reading.value == {(7,)}
        assert reading.tries > 1


def test_an_error_in_a_file_that_changed_meanwhile_is_forgotten(path: Path) -> None:
    make_database(path)
    age(path)
    with other_program(path) as program:
        waiting = [obeyed(program, MOVE_ALL)]

        def work(_connection: apsw.Connection) -> str:
            if waiting:
                waiting.pop()()
                raise apsw.CorruptError("torn")
            return "whole"

        assert read_database(place(path), work, budget=budget()).value == "whole"


def test_a_database_that_is_replaced_while_it_is_copied_is_read_anew(path: Path) -> None:
    make_database(path, WAL)
    other = make_database(path.with_name("other"), WAL, schema="CREATE TABLE plus(n); CREATE TABLE minus(n);")

    def replace() -> None:
        other.replace(path)

    with other_program(path, MOVE_ALL):
        reading = read(path, progress=after_each_file(replace))

        assert reading.tries > 1


def test_a_database_that_never_rests_is_busy_after_a_few_tries(path: Path) -> None:
    make_database(path)
    tries = 0

    def work(_connection: apsw.Connection) -> None:
        nonlocal tries
        tries += 1
        age(path, tries)

    age(path)
    with pytest.raises(PosthouseError) as caught:
        read_database(place(path), work, budget=budget())

    assert caught.value.code == "source.database_busy"
    assert tries == len(WAITS_S) + 1


@pytest.mark.parametrize(
    "begin",
    [
        WAL + "PRAGMA wal_autocheckpoint = 10; PRAGMA synchronous = NORMAL",
        WAL + "PRAGMA wal_autocheckpoint = 1000; PRAGMA synchronous = OFF",
        "PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; PRAGMA cache_size = 4",
        "PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF",
        "PRAGMA journal_mode = PERSIST; PRAGMA synchronous = NORMAL",
    ],
)
def test_a_program_that_commits_without_rest_is_read_right_and_never_meets_a_lock(path: Path, begin: str) -> None:
    make_database(path, begin + ";")
    names = {path.name + suffix for suffix in ("", "-wal", "-shm", "-journal")}
    found: Counter[str] = Counter()
    with restless_writer(path, begin) as told:
        for _ in range(25):
            found[outcome(path)] += 1
            assert {one.name for one in path.parent.iterdir()} <= names
    commits, locks = told

    assert found.keys() <= {"right", "source.database_busy"}
    assert found["right"] > 0
    assert commits > 0
    assert locks == 0


def outcome(path: Path) -> str:
    """What came of one read: right, wrong, or the code of its error."""
    try:
        return "right" if read(path).value == [IN_BALANCE] else "wrong"
    except PosthouseError as error:
        return error.code


# Dies where the journal over two databases is to be deleted, or the first one behind it: before and after the commit.
TWO_DATABASES = """
import apsw, os, sys
class Dying(apsw.VFS):
    def __init__(self):
        super().__init__("dying", "", maxpathname=0)
    def xDelete(self, name, sync):
        if ("-mj" in name) == (sys.argv[3] == "before"):
            os.kill(os.getpid(), 9)
        super().xDelete(name, sync)
dying = Dying()
connection = apsw.Connection(sys.argv[1], vfs="dying")
connection.execute("ATTACH ? AS other", (sys.argv[2],))
connection.execute("PRAGMA cache_size = 4; BEGIN IMMEDIATE; UPDATE main.plus SET n = n + 7;")
connection.execute("UPDATE main.minus SET n = n - 7; UPDATE other.plus SET n = n + 7; COMMIT")
"""


@pytest.mark.parametrize(("moment", "newest"), [("before", 0), ("after", 7)])
def test_a_transaction_over_two_databases_is_seen_as_a_whole(path: Path, moment: str, newest: int) -> None:
    make_database(path)
    other = make_database(path.with_name("other.db"))
    died = os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", TWO_DATABASES, str(path), str(other), moment])
    assert died == -9
    before = trace(path.parent)
    assert any("-mj" in name for name in before) is (moment == "before")
    for one in (path, other):
        age(one)

    assert read(path, BALANCE + ", (SELECT max(n) FROM plus)").value == [(*IN_BALANCE, newest)]
    assert read(other, "SELECT min(n), max(n) FROM plus").value == [(newest, newest)]
    assert trace(path.parent).keys() == before.keys()


def test_a_commit_over_two_databases_after_the_copy_does_not_reach_into_it(path: Path) -> None:
    make_database(path)
    other = make_database(path.with_name("other.db"))
    os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", TWO_DATABASES, str(path), str(other), "before"])
    (common,) = path.parent.glob("*-mj*")

    def work(connection: apsw.Connection) -> Any:
        common.unlink()  # What another program's commit would do.
        return connection.execute("SELECT max(n) FROM plus").fetchall()

    assert read_database(place(path), work, budget=budget()).value == [(0,)]


@pytest.mark.parametrize(("age_ms", "is_read"), [(-10, False), (0, False), (19, False), (20, True), (-30, True)])
def test_a_file_is_not_read_in_place_while_its_time_could_hide_a_change(path: Path, age_ms: int, is_read: bool) -> None:
    make_database(path)
    now_ms = path.stat().st_mtime_ns // 1_000_000 + age_ms
    clock = ManualClock(Millis(now_ms))

    if is_read:
        assert read_database(place(path), lambda _: "read", budget=Budget(clock, 60)).tries == 1
    else:
        with pytest.raises(PosthouseError) as caught:
            read_database(place(path), lambda _: "read", budget=Budget(clock, 60))
        assert caught.value.code == "source.database_busy"
