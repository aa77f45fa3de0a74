"""How a database's files stand at one moment, and what two such looks say about what lay between them.

SQLite keeps a database in one file, and beside it, while it is being changed, a log: `-journal` with the old pages (in
rollback mode), or `-wal` with the new ones. A look opens each file, reads its head, and closes it: no lock is asked for
or taken. Two facts of the formats (https://www.sqlite.org/fileformat2.html) carry everything here:

- In rollback mode no page of the file is overwritten before its old content is in the journal, and the journal's head
  holds a random number that is another one in the next transaction. So a copy of the file and then of the journal, with
  the same hot journal before and after, is the last committed state once the journal was played back, whatever was
  written to the file meanwhile.
- In WAL mode the file is only ever overwritten with pages that stand in the log, and the log is begun anew under
  another salt. So a copy of the file and then of the log, with the same head of the log before and after, is the last
  committed state, however often it was checkpointed meanwhile. A torn end of the log fails its checksum.

Where neither log lives, the file is all there is, and it has to be the same before and after.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from posthouse.model.errors import PosthouseError

MAGIC = b"SQLite format 3\0"
JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")
HEAD_BYTES = 100
WAL_HEAD_BYTES = 32
JOURNAL_HEAD_BYTES = 28
SUPER_NAME_BYTES_MAX = 4_096

RECENT_MS = 20
"""File times advance in steps of up to 10 ms: within twice that, two writes may bear the same time."""

COARSE_RECENT_MS = 2_000
"""The same where a file system knows whole seconds only (FAT: every second one)."""

_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class Main(msgspec.Struct, frozen=True, kw_only=True):
    """The database file itself. Its head holds the change counter, which every commit in rollback mode raises."""

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int
    head: bytes

    @property
    def is_in_wal_mode(self) -> bool:
        """Whether its commits go to a write-ahead log."""
        return self.head[18:20] == b"\x02\x02"


class Wal(msgspec.Struct, frozen=True, kw_only=True):
    """A write-ahead log with something in it. The head holds its salts, which no two of them share."""

    head: bytes


class Journal(msgspec.Struct, frozen=True, kw_only=True):
    """A hot rollback journal: a transaction is under way, or died.

    `is_committed`: it was part of a transaction over several databases that is complete, and is only to be deleted.
    """

    inode: int
    head: bytes
    is_committed: bool

    @property
    def transaction(self) -> tuple[int, bytes] | None:
        """What tells this transaction from every other; None where the head is none that SQLite would heed."""
        return (self.inode, self.head[12:]) if self.head[:8] == JOURNAL_MAGIC else None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """All files of a database, at about one moment: the file itself was looked at first."""

    main: Main
    wal: Wal | None = None
    journal: Journal | None = None

    @property
    def has_no_log(self) -> bool:
        """Whether the file alone is the whole database."""
        return self.wal is None and self.journal is None


def settles_in_ms(main: Main, now_ms: int) -> int:
    """How long until a change of the file could no longer hide behind its present time; 0 where it cannot. Pure."""
    is_coarse = main.modified_ns % 1_000_000_000 == 0
    age_ms = now_ms - main.modified_ns // 1_000_000
    recent_ms = COARSE_RECENT_MS if is_coarse else RECENT_MS
    # Far in the future is settled too: whoever writes now gives it the present time.
    return max(recent_ms - age_ms, 1) if -recent_ms < age_ms < recent_ms else 0


def is_copy_whole(before: Standing, after: Standing, copied: Standing, *, was_settled: bool) -> bool:
    """Whether what was copied between two looks, the file first, is one committed state. Pure.

    `copied` holds the logs' heads as they stand in the copy. `was_settled`: the file's time could hide no change.
    What the logs undo or cover may have changed in the file; where they do not, it must be as it was.
    """
    if (before.main.device, before.main.inode) != (after.main.device, after.main.inode):
        return False
    if before.has_no_log or not _are_same_logs(before, after, copied):
        return False
    is_file_mended = (before.journal is None and before.main.is_in_wal_mode) or (
        before.wal is None and before.journal is not None and _is_undone(before.journal)
    )
    return is_file_mended or (was_settled and before.main == after.main)


def _are_same_logs(before: Standing, after: Standing, copied: Standing) -> bool:
    if not before.wal == after.wal == copied.wal:
        return False
    if before.journal is None or after.journal is None or copied.journal is None:
        return before.journal is after.journal is copied.journal is None
    if before.journal.transaction is None:
        return before.journal == after.journal and copied.journal.head == before.journal.head
    is_same = before.journal.transaction == after.journal.transaction
    return is_same and copied.journal.transaction is not None and copied.journal.head[12:] == before.journal.head[12:]


def _is_undone(journal: Journal) -> bool:
    """Whether playing it back undoes all that its transaction wrote to the file."""
    return journal.transaction is not None and not journal.is_committed


def look(path: Path) -> Standing:
    """How the files stand now; blocks. Links are followed, as SQLite does.

    Raises OSError, PosthouseError `source.not_a_database` where it is none: another kind of file, or encrypted.
    """
    with open_file(path) as (descriptor, found):
        head = read_at(descriptor, 0, HEAD_BYTES)
        if found.st_size and (len(head) < HEAD_BYTES or not head.startswith(MAGIC)):
            raise PosthouseError(
                "source.not_a_database",
                f"{path} does not begin as an SQLite database does: it is another kind of file, or it is encrypted.",
            )
        main = Main(
            device=found.st_dev,
            inode=found.st_ino,
            size=found.st_size,
            modified_ns=found.st_mtime_ns,
            changed_ns=found.st_ctime_ns,
            head=head,
        )
    return Standing(main=main, wal=look_at_wal(beside(path, "-wal")), journal=look_at_journal(beside(path, "-journal")))


def look_at_wal(path: Path) -> Wal | None:
    """The log, or None where there is none or nothing in it. Raises OSError."""
    try:
        with open_file(path) as (descriptor, found):
            return Wal(head=read_at(descriptor, 0, WAL_HEAD_BYTES)) if found.st_size else None
    except FileNotFoundError:
        return None


def look_at_journal(path: Path) -> Journal | None:
    """The journal, or None where there is none or it is cold: empty, or with a head that was wiped. Raises OSError."""
    try:
        with open_file(path) as (descriptor, found):
            head = read_at(descriptor, 0, JOURNAL_HEAD_BYTES)
            if head[:1] in (b"", b"\0"):
                return None
            name = super_name(descriptor, found.st_size)
            return Journal(inode=found.st_ino, head=head, is_committed=name is not None and not os.path.lexists(name))
    except FileNotFoundError:
        return None


def super_name(descriptor: int, size: int) -> bytes | None:
    """The name of the journal over several databases that a journal's end points to, if it does.

    Layout: page number (4 bytes), name, its length (4), the sum of its bytes (4), the magic (8). Raises OSError.
    """
    end = read_at(descriptor, max(size - 16, 0), 16)
    length, total = int.from_bytes(end[:4]), int.from_bytes(end[4:8])
    if end[8:] != JOURNAL_MAGIC or not 0 < length < min(SUPER_NAME_BYTES_MAX, size - 16):
        return None
    name = read_at(descriptor, size - 16 - length, length)
    # SQLite sums up C's `char`, which has a sign on some machines.
    sums = {sum(name), sum(byte - 256 if byte > 127 else byte for byte in name)}
    return name if b"\0" not in name and total in {one % 2**32 for one in sums} else None


@contextmanager
def open_file(path: Path) -> Iterator[tuple[int, os.stat_result]]:
    """A regular file opened for reading, without ever waiting for it. Raises OSError, also for anything else."""
    descriptor = os.open(path, _OPEN_FLAGS)
    try:
        found = os.fstat(descriptor)
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "Not a regular file", str(path))
        yield descriptor, found
    finally:
        os.close(descriptor)


def read_at(descriptor: int, offset: int, length: int) -> bytes:
    """So many bytes from there, or fewer where the file ends. Raises OSError."""
    os.lseek(descriptor, offset, os.SEEK_SET)
    return os.read(descriptor, length)


def beside(path: Path, suffix: str) -> Path:
    """The path of a log: SQLite appends to the whole name."""
    return path.with_name(path.name + suffix)
