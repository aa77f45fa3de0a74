"""Other programs with a database: real processes that hold it open, lock it, write to it without rest, and die.

What they write keeps an invariant: the numbers in `plus` and `minus` add up to nothing in every committed state, over
enough pages that a torn read would be seen.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

from posthouse.sources.sqlite.budget import Budget
from posthouse.sources.sqlite.reading import Place, Reading, read_database
from posthouse.sources.sqlite.tables import describe, fetch
from posthouse.system.clock import SystemClock

ROWS = 400

SCHEMA = f"""
CREATE TABLE plus(id INTEGER PRIMARY KEY, n INTEGER NOT NULL, ballast TEXT NOT NULL);
CREATE TABLE minus(id INTEGER PRIMARY KEY, n INTEGER NOT NULL, ballast TEXT NOT NULL);
WITH RECURSIVE number(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < {ROWS})
INSERT INTO plus SELECT i, 0, printf('%.*c', 200, 'x') FROM number;
INSERT INTO minus SELECT * FROM plus;
"""

BALANCE = (
    "SELECT (SELECT sum(n) FROM plus) + (SELECT sum(n) FROM minus) AS balance, (SELECT count(*) FROM plus) AS rows"
)
IN_BALANCE = (0, ROWS)

MOVE_ALL = "UPDATE plus SET n = n + 7; UPDATE minus SET n = n - 7;"
"""Touches every page of both tables."""

# Reads one JSON text of SQL a line, answers each with one line: its rows, or the name of what was raised.
_OBEYING = """
import apsw, json, sys
connection = apsw.Connection(sys.argv[1])
connection.set_busy_timeout(0)
for line in sys.stdin:
    try:
        answer = [list(row) for row in connection.execute(json.loads(line))]
    except apsw.Error as error:
        answer = type(error).__name__
    print(json.dumps(answer), flush=True)
"""

# Commits without rest until its input ends, then says how many commits there were and how many met a lock.
_RESTLESS = """
import apsw, json, random, sys, threading
connection = apsw.Connection(sys.argv[1])
connection.set_busy_timeout(0)
connection.execute(sys.argv[2]).fetchall()
is_over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), is_over.set())).start()
commits = locks = 0
while not is_over.is_set():
    try:
        connection.execute("BEGIN IMMEDIATE")
        for _ in range(random.randint(1, 8)):
            first, second, n = random.randint(1, 400), random.randint(1, 400), random.randint(1, 1_000_000)
            connection.execute("UPDATE plus SET n = n + ? WHERE id = ?", (n, first))
            connection.execute("UPDATE minus SET n = n - ? WHERE id = ?", (n, second))
        connection.execute(random.choice(["COMMIT", "COMMIT", "COMMIT", "ROLLBACK"]))
        commits += 1
    except apsw.BusyError:
        locks += 1
    if commits == 1:
        print("begun", flush=True)
print(json.dumps([commits, locks]), flush=True)
"""


class OtherProgram:
    """Another program with the database open, which does what it is told and never waits for a lock."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def sql(self, text: str) -> Any:
        """The rows, or the name of the error that SQLite raised."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(text) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def kill(self) -> None:
        """kill -9: what was not committed stays as it lies."""
        self.process.kill()
        self.process.wait()


@contextmanager
def other_program(path: Path, begin: str = "") -> Iterator[OtherProgram]:
    """A program that has the database open, after it ran `begin`."""
    with _running(_OBEYING, str(path)) as process:
        program = OtherProgram(process)
        if begin:
            assert isinstance(program.sql(begin), list)
        yield program


@contextmanager
def restless_writer(path: Path, begin: str) -> Iterator[list[int]]:
    """A program that commits all the time. The list has its commits and the locks it met, once it is left."""
    told: list[int] = []
    with _running(_RESTLESS, str(path), begin) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "begun\n"
        yield told
        process.stdin.close()
        told += json.loads(process.stdout.readlines()[-1])


@contextmanager
def _running(code: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def make_database(path: Path, begin: str = "PRAGMA journal_mode = DELETE;", schema: str = SCHEMA) -> Path:
    """A database that nobody has open."""
    connection = apsw.Connection(str(path))
    connection.execute(begin + schema).fetchall()
    connection.close()
    return path


def age(path: Path, seconds: float = 10.0) -> None:
    """Let the file have been written some time ago."""
    found = path.stat()
    at_ns = found.st_mtime_ns - int(seconds * 1e9)
    os.utime(path, ns=(at_ns, at_ns))


def place(path: Path, **more: Any) -> Place:
    """The database, with room to copy it."""
    return Place(path=path, **{"copy_bytes_max": 1 << 30} | more)


def budget(deadline_s: float = 60.0) -> Budget:
    """Time enough."""
    return Budget(SystemClock(), deadline_s)


def read(path: Path, query: str = BALANCE, **more: Any) -> Reading[list[tuple[Any, ...]]]:
    """The rows that a query finds, read as the sources do."""

    def work(connection: apsw.Connection) -> list[tuple[Any, ...]]:
        table = describe(connection, query)
        rows = fetch(connection, table, rows_max=100_000)
        return [tuple(json.loads(bytes(row)).values()) for row in rows.json]

    return read_database(place(path), work, budget=budget(), **more)


def trace(folder: Path) -> dict[str, tuple[int, int, int]]:
    """What lies in a folder, so that any trace of us would be seen."""
    return {one.name: (one.stat().st_ino, one.stat().st_size, one.stat().st_mtime_ns) for one in folder.iterdir()}


def own_locks(path: Path) -> list[str]:
    """The lines of /proc/locks that say that this process holds a lock on a file in the folder."""
    inodes = {str(one.stat().st_ino) for one in path.parent.iterdir()}
    lines = Path("/proc/locks").read_text("ascii").splitlines()
    return [line for line in lines if f" {os.getpid()} " in line and line.split()[5].rpartition(":")[2] in inodes]
