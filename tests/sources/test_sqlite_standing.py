"""What two looks at a database's files say of what lay between them, and what is looked at besides databases."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from posthouse.model.errors import PosthouseError
from posthouse.sources.sqlite.standing import (
    JOURNAL_MAGIC,
    MAGIC,
    RECENT_MS,
    Journal,
    Main,
    Standing,
    Wal,
    is_copy_whole,
    look,
    open_file,
    settles_in_ms,
    super_name,
)
from tests.sources.databases import make_database

DAY_MS = 86_400_000
NOW_MS = 1_795_000_000_123

ROLLBACK, LOGGED = (MAGIC + b"\x10\x00" + bytes([mode, mode]) + bytes(80) for mode in (1, 2))


def main(modified_ms: int = NOW_MS - DAY_MS, *, head: bytes = ROLLBACK, inode: int = 7) -> Main:
    return Main(device=1, inode=inode, size=8_192, modified_ns=modified_ms * 1_000_000, changed_ns=5, head=head)


def journal(number: int = 1, *, pages: int = 3, is_committed: bool = False, magic: bytes = JOURNAL_MAGIC) -> Journal:
    head = magic + pages.to_bytes(4) + number.to_bytes(4) + bytes(12)
    return Journal(inode=9, head=head, is_committed=is_committed)


def whole(before: Standing, *, was_settled: bool = True, after: Standing | None = None, copied: Any = None) -> bool:
    """Whether the copy is whole where nothing changed but what is said."""
    return is_copy_whole(before, after or before, copied or before, was_settled=was_settled)


def but(standing: Standing, **more: Any) -> Standing:
    changed: Standing = msgspec.structs.replace(standing, **more)
    return changed


WITH_LOG = Standing(main=main(head=LOGGED), wal=Wal(head=b"salt 1"))
WITH_JOURNAL = Standing(main=main(), journal=journal())
CHANGED = main(NOW_MS)
CHANGED_LOGGED = main(NOW_MS, head=LOGGED)


def test_a_log_covers_what_changes_in_the_file_while_it_stays_the_same_log() -> None:
    assert whole(WITH_LOG, was_settled=False)
    assert whole(WITH_LOG, after=but(WITH_LOG, main=CHANGED_LOGGED), was_settled=False)
    assert not whole(WITH_LOG, after=but(WITH_LOG, wal=Wal(head=b"salt 2")))
    assert not whole(WITH_LOG, after=but(WITH_LOG, wal=None))
    assert not whole(WITH_LOG, copied=but(WITH_LOG, wal=Wal(head=b"salt 2")))
    assert not whole(WITH_LOG, copied=but(WITH_LOG, wal=None))
    assert not whole(WITH_LOG, after=but(WITH_LOG, main=main(head=LOGGED, inode=8)))


def test_a_journal_undoes_what_changes_in_the_file_while_it_stays_the_same_transaction() -> None:
    assert whole(WITH_JOURNAL, was_settled=False)
    assert whole(WITH_JOURNAL, after=Standing(main=CHANGED, journal=journal(pages=9)), was_settled=False)
    assert not whole(WITH_JOURNAL, after=but(WITH_JOURNAL, journal=journal(2)))
    assert not whole(WITH_JOURNAL, after=but(WITH_JOURNAL, journal=None))
    assert not whole(WITH_JOURNAL, copied=but(WITH_JOURNAL, journal=journal(2)))
    assert not whole(WITH_JOURNAL, copied=but(WITH_JOURNAL, journal=journal(magic=bytes(8))))
    assert not whole(WITH_JOURNAL, copied=but(WITH_JOURNAL, journal=None))
    assert not whole(WITH_JOURNAL, after=but(WITH_JOURNAL, main=main(inode=8)))


@pytest.mark.parametrize(
    "before",
    [
        Standing(main=main(), wal=Wal(head=b"salt 1")),
        Standing(main=main(head=LOGGED), wal=Wal(head=b"salt 1"), journal=journal()),
        Standing(main=main(), journal=journal(is_committed=True)),
        Standing(main=main(), journal=journal(magic=b"\x01" * 8)),
    ],
)
def test_where_a_log_mends_nothing_the_file_must_be_as_it_was(before: Standing) -> None:
    assert whole(before)
    assert not whole(before, was_settled=False)
    assert not whole(before, after=but(before, main=main(NOW_MS, head=before.main.head)))


logs = st.none() | st.builds(Wal, head=st.sampled_from([b"salt 1", b"salt 2"]))
journals = st.none() | st.builds(journal, st.sampled_from([1, 2]), pages=st.sampled_from([1, 2]))
mains = st.builds(
    main, st.sampled_from([0, NOW_MS]), head=st.sampled_from([ROLLBACK, LOGGED]), inode=st.sampled_from([7, 8])
)
changes = st.fixed_dictionaries({}, optional={"main": mains, "wal": logs, "journal": journals})


@given(st.builds(Standing, main=mains, wal=logs, journal=journals), changes, changes, st.booleans())
def test_a_whole_copy_has_the_logs_of_both_looks(
    before: Standing, later: dict[str, Any], between: dict[str, Any], was_settled: bool
) -> None:
    after, copied = but(before, **later), but(before, **between)
    if not is_copy_whole(before, after, copied, was_settled=was_settled):
        return

    assert before.main.inode == after.main.inode
    assert before.wal == after.wal == copied.wal
    numbers = {one.journal and one.journal.head[12:16] for one in (before, after, copied)}
    assert len(numbers) == 1
    assert before.wal is not None or before.journal is not None
    if before.main != after.main:
        assert (before.wal is None) != (before.journal is None)


@given(st.integers(-DAY_MS, DAY_MS))
def test_a_time_settles_just_when_no_later_write_could_bear_it(age_ms: int) -> None:
    one = main(NOW_MS - age_ms)
    assume(one.modified_ns % 1_000_000_000)
    left_ms = settles_in_ms(one, NOW_MS)

    assert (left_ms == 0) == (abs(age_ms) >= RECENT_MS)
    assert settles_in_ms(one, NOW_MS + left_ms) == 0 or age_ms < 0


@pytest.mark.parametrize(("age_ms", "left_ms"), [(0, 2_000), (500, 1_500), (2_000, 0), (-5_000, 0)])
def test_a_file_system_that_knows_whole_seconds_only_is_given_two_of_them(age_ms: int, left_ms: int) -> None:
    assert settles_in_ms(main(1_795_000_000_000), 1_795_000_000_000 + age_ms) == left_ms


def journal_file(folder: Path, name: bytes, *, total: int | None = None, magic: bytes = JOURNAL_MAGIC) -> Path:
    """A journal whose end points to another."""
    path = folder / "journal"
    end = len(name).to_bytes(4) + (sum(name) if total is None else total).to_bytes(4) + magic
    path.write_bytes(bytes(600) + name + end)
    return path


def name_in(path: Path) -> bytes | None:
    with open_file(path) as (descriptor, found):
        return super_name(descriptor, found.st_size)


@given(st.binary(min_size=1, max_size=300).filter(lambda name: b"\0" not in name))
def test_the_name_at_a_journals_end_is_read_and_checked(tmp_path_factory: pytest.TempPathFactory, name: bytes) -> None:
    folder = tmp_path_factory.mktemp("journal")
    signed = sum(byte - 256 if byte > 127 else byte for byte in name) % 2**32

    assert name_in(journal_file(folder, name)) == name
    assert name_in(journal_file(folder, name, total=signed)) == name
    assert name_in(journal_file(folder, name, total=sum(name) + 1)) is None
    assert name_in(journal_file(folder, name, magic=bytes(8))) is None


@given(st.binary(max_size=100))
def test_any_end_of_a_journal_is_survived(tmp_path_factory: pytest.TempPathFactory, end: bytes) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal"
    path.write_bytes(end + JOURNAL_MAGIC)

    name = name_in(path)

    assert name is None or name in end


def test_a_database_is_known_by_its_head(tmp_path: Path) -> None:
    path = make_database(tmp_path / "a.db", "PRAGMA journal_mode = WAL;")

    found = look(path)

    assert found.main.is_in_wal_mode
    assert found.has_no_log


def test_an_empty_file_is_an_empty_database(tmp_path: Path) -> None:
    (tmp_path / "a.db").touch()

    assert look(tmp_path / "a.db").main.size == 0


@pytest.mark.parametrize("content", [b"hello", MAGIC, os.urandom(4_096), b"SQLite format 2\0" + bytes(4_080)])
def test_another_kind_of_file_is_no_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(content)

    with pytest.raises(PosthouseError) as caught:
        look(path)

    assert caught.value.code == "source.not_a_database"
    assert str(path) in caught.value.message


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        look(tmp_path)
    with pytest.raises(FileNotFoundError):
        look(tmp_path / "gone" / "a.db")
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(OSError, match="Not a regular file"):
            look(tmp_path / "pipe")


def test_a_log_that_is_no_file_is_refused(tmp_path: Path) -> None:
    path = make_database(tmp_path / "a.db")
    (tmp_path / "a.db-wal").mkdir()

    with pytest.raises(IsADirectoryError):
        look(path)
