"""Reading another program's database without a lock and without a trace: the loop around `look`, query and `look`.

    no log is live ──▶ open the file itself, as one that never changes ──▶ query ──▶ is it still the same? ──▶ done
    a log is live  ──▶ copy file and log into a private folder ──▶ are they one state? ──▶ query the copy ──▶ done
         ▲                                                                   no │
         └──────────────── wait, longer each time, ten times at most ◀─────────┘ ──▶ source.database_busy

SQLite's `immutable` keeps it from locking, from looking for logs and from writing; a private copy it may recover as it
likes. Whatever the query, only reading gets through: an authorizer, `query_only`, defensive mode, and limits. What a
query found in a file that changed meanwhile, an error too, is forgotten.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import apsw
import msgspec

from posthouse.model.errors import BadInput, PosthouseError
from posthouse.sources.sqlite.budget import Budget, OutOfTimeError
from posthouse.sources.sqlite.copying import Progress, private_copy
from posthouse.sources.sqlite.standing import Standing, is_copy_whole, look, settles_in_ms
from posthouse.sources.watch import is_within, resolved
from posthouse.system.logging import redact

T = TypeVar("T")

WAITS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64)
"""The waits between the tries of one read."""

INTERRUPT_STEPS = 20_000
"""After so many of SQLite's steps a query is asked whether its time is up: about every millisecond."""

VALUE_BYTES_MAX = 64 * 1024 * 1024
"""No value and no row of the database may be longer: it is held in memory whole."""

MESSAGE_CHARACTERS_MAX = 300

_LIMITS = {
    apsw.SQLITE_LIMIT_LENGTH: VALUE_BYTES_MAX,
    apsw.SQLITE_LIMIT_SQL_LENGTH: 1_000_000,
    apsw.SQLITE_LIMIT_ATTACHED: 0,
    apsw.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_READS = {apsw.SQLITE_SELECT, apsw.SQLITE_READ, apsw.SQLITE_RECURSIVE}


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Which database, and how much of it may be copied. `excluded` are folders that must never be read."""

    path: Path
    copy_bytes_max: int
    excluded: tuple[Path, ...] = ()


class Reading(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """What the work made of it. `copied_bytes` is 0 where the file itself was read. `tries` counts from 1."""

    value: T
    copied_bytes: int
    tries: int


def read_database(
    place: Place,
    work: Callable[[apsw.Connection], T],
    *,
    budget: Budget,
    progress: Progress = lambda _done, _total: None,
) -> Reading[T]:
    """Let `work` read one committed state; blocks. It may be called several times, and only its last result counts.

    Raises OSError, OutOfTimeError, and PosthouseError: `source.database_busy`, `source.database_damaged`,
    `source.not_a_database`, `source.query_failed`, `source.query_refused` and what copying raises.
    """
    path = Path(os.path.realpath(place.path))
    if is_within(path, resolved(place.excluded)):
        raise BadInput(
            "source.own_database", f"{place.path} is one of Posthouse's own files, which its own sources never read."
        )
    for tries, wait_s in enumerate((*WAITS_S, None), start=1):
        budget.check()
        before = look(path)
        settles_ms = settles_in_ms(before.main, budget.clock.now())
        if not before.has_no_log:
            reading = _read_copy(path, before, place, work, budget, progress, was_settled=settles_ms == 0)
        elif settles_ms == 0:
            reading = _read_in_place(path, before, work, budget)
        else:
            reading = None
        if reading is not None:
            return msgspec.structs.replace(reading, tries=tries)
        if wait_s is not None:
            budget.wait(max(wait_s, settles_ms / 1_000 if before.has_no_log else 0.0))
    raise PosthouseError(
        "source.database_busy",
        f"{place.path} was being written to all the time, so that no moment could be read. It is tried again.",
    )


def _read_in_place(
    path: Path, before: Standing, work: Callable[[apsw.Connection], T], budget: Budget
) -> Reading[T] | None:
    """None where the file changed meanwhile."""
    error: apsw.Error | PosthouseError | None = None
    try:
        value = _query(path.as_uri() + "?mode=ro&immutable=1", work, budget)
    except (apsw.Error, PosthouseError) as caught:
        error = caught
    if look(path).main != before.main:
        return None
    if error is not None:
        raise _translated(error, path) from error
    return Reading(value=value, copied_bytes=0, tries=1)


def _read_copy(
    path: Path,
    before: Standing,
    place: Place,
    work: Callable[[apsw.Connection], T],
    budget: Budget,
    progress: Progress,
    *,
    was_settled: bool,
) -> Reading[T] | None:
    """None where the copy is not one state."""
    with private_copy(path, before, bytes_max=place.copy_bytes_max, budget=budget, progress=progress) as copy:
        if not is_copy_whole(before, look(path), copy.standing, was_settled=was_settled):
            return None
        try:
            value = _query(copy.path.as_uri() + "?mode=rw", work, budget)
        except (apsw.Error, PosthouseError) as error:
            raise _translated(error, path) from error
        return Reading(value=value, copied_bytes=copy.copied_bytes, tries=1)


def _query(uri: str, work: Callable[[apsw.Connection], T], budget: Budget) -> T:
    """Open, guard, work, close. Raises what the work raises, OutOfTimeError where it was interrupted."""
    is_copy = uri.endswith("rw")
    flags = apsw.SQLITE_OPEN_URI | (apsw.SQLITE_OPEN_READWRITE if is_copy else apsw.SQLITE_OPEN_READONLY)
    connection = apsw.Connection(uri, flags=flags)
    try:
        _guard(connection, budget)
        return work(connection)
    except apsw.InterruptError as error:
        raise OutOfTimeError from error
    finally:
        connection.close(True)


def _guard(connection: apsw.Connection, budget: Budget) -> None:
    """Let nothing through but reading, within the time."""
    for option, is_on in (
        (apsw.SQLITE_DBCONFIG_DEFENSIVE, 1),
        (apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
        (apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0),
        (apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1),
    ):
        connection.config(option, is_on)
    for limit, value in _LIMITS.items():
        connection.limit(limit, value)
    connection.set_progress_handler(budget.is_over, INTERRUPT_STEPS)
    # A log is recovered without shared memory that way: the copy is ours alone.
    connection.execute(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA query_only = ON; PRAGMA cell_size_check = ON"
    ).fetchall()
    connection.authorizer = _authorize


def _authorize(action: int, first: str | None, second: str | None, _database: str | None, _inside: str | None) -> int:
    is_function = action == apsw.SQLITE_FUNCTION and second != "load_extension"
    # FTS5 asks for this itself whenever it is queried.
    is_version = action == apsw.SQLITE_PRAGMA and first == "data_version" and second is None
    return apsw.SQLITE_OK if action in _READS or is_function or is_version else apsw.SQLITE_DENY


def _translated(error: apsw.Error | PosthouseError, path: Path) -> PosthouseError:
    """SQLite's words as ours. The extended code in them is of no use to a person."""
    if isinstance(error, PosthouseError):
        return error
    words = redact(str(error))[:MESSAGE_CHARACTERS_MAX]
    match error:
        case apsw.NotADBError():
            return PosthouseError(
                "source.not_a_database", f"{path} is no database that SQLite can read: {words}. It may be encrypted."
            )
        case apsw.CorruptError():
            return PosthouseError(
                "source.database_damaged", f"{path} is damaged: {words}. Let SQLite look at it: PRAGMA integrity_check."
            )
        case apsw.IOError() | apsw.CantOpenError():
            return PosthouseError("source.unreadable", f"{path} could not be read: {words}.")
        case apsw.AuthError() | apsw.ReadOnlyError() | apsw.PermissionsError():
            return PosthouseError(
                "source.query_refused", f"The query does more than read ({words}). Only SELECT gets through here."
            )
    return PosthouseError("source.query_failed", f"The query over {path} failed: {words}.")
