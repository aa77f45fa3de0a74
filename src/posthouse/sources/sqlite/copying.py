"""A private copy of a database and its log, which SQLite may recover as if the writer had died at that moment.

The file is copied first, its log afterwards: see `standing` for why that order makes it whole. The copy lies in a
folder of mode 0700 in the system's temporary folder and is deleted after the read. Those that a crash left behind are
deleted an hour later, by the next copy.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from posthouse.model.errors import PosthouseError
from posthouse.sources.sqlite.budget import Budget
from posthouse.sources.sqlite.standing import (
    Standing,
    beside,
    look_at_journal,
    look_at_wal,
    open_file,
    super_name,
)

PREFIX = "posthouse-sqlite-"
CHUNK_BYTES = 16 * 1024 * 1024
LEFT_BEHIND_S = 3_600.0
FREE_BYTES_MIN = 64 * 1024 * 1024
"""So much stays free in the temporary folder."""

# What says that this pair of files cannot be copied by the kernel; then we do it.
_NO_KERNEL_COPY = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF}

Progress = Callable[[int, int], None]


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """A private copy: the database file's path, the heads as they stand in it, and what it took."""

    path: Path
    standing: Standing
    copied_bytes: int


@contextmanager
def private_copy(path: Path, before: Standing, *, bytes_max: int, budget: Budget, progress: Progress) -> Iterator[Copy]:
    """Copy the files as they are, for as long as the block lasts. `before` is how they stood.

    Raises OSError, OutOfTimeError, PosthouseError `source.database_too_large` or `source.copy_no_room`.
    """
    total = sum(size for _, size in _sizes(path))
    _refuse(path, total, bytes_max)
    _delete_left_behind(budget)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        copied = 0
        target = folder / "copy"
        for suffix, _ in _sizes(path):
            copied += _copy(beside(path, suffix), beside(target, suffix), bytes_max - copied, budget=budget)
            progress(copied, max(total, copied))
        standing = Standing(
            main=before.main,
            wal=look_at_wal(beside(target, "-wal")),
            journal=look_at_journal(beside(target, "-journal")),
        )
        if before.journal is not None:
            _set_free(beside(target, "-journal"), is_committed=before.journal.is_committed)
        yield Copy(path=target, standing=standing, copied_bytes=copied)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _no_room(path, total) from error
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sizes(path: Path) -> Iterator[tuple[str, int]]:
    """What is to be copied, in its order, as the files stand when each is asked for."""
    for suffix in ("", "-journal", "-wal"):
        with suppress(FileNotFoundError):
            yield suffix, beside(path, suffix).stat().st_size


def _copy(source: Path, target: Path, bytes_max: int, *, budget: Budget) -> int:
    """Copy the file up to the size that it has now; what is not there is not copied."""
    try:
        with open_file(source) as (reader, found):
            _refuse(source, found.st_size, bytes_max)
            writer = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
            try:
                return _copy_open(reader, writer, found.st_size, budget)
            finally:
                os.close(writer)
    except FileNotFoundError:
        if target.name == "copy":
            raise
        return 0


def _copy_open(reader: int, writer: int, size: int, budget: Budget) -> int:
    copied, is_kernels = 0, sys.platform == "linux"
    while copied < size:
        budget.check()
        length = min(size - copied, CHUNK_BYTES)
        if is_kernels and sys.platform == "linux":
            # It shares blocks where the file system can, and spares the way through our memory where not.
            try:
                done = os.copy_file_range(reader, writer, length)
            except OSError as error:
                if error.errno not in _NO_KERNEL_COPY:
                    raise
                is_kernels = False
                continue
        else:
            done = _write(writer, os.read(reader, min(length, 1024 * 1024)))
        if not done:
            break
        copied += done
    return copied


def _write(writer: int, data: bytes) -> int:
    left = memoryview(data)
    while left:
        left = left[os.write(writer, left) :]
    return len(data)


def _set_free(journal: Path, *, is_committed: bool) -> None:
    """Let the copy's journal speak for itself, not for other databases that the transaction covered.

    Of a transaction that is complete the journal goes: what it would undo is committed. Of any other the name of the
    common journal is cut off, since SQLite would look for that one, and delete it where no database needs it.
    """
    if is_committed:
        journal.unlink(missing_ok=True)
        return
    with suppress(FileNotFoundError), open_file(journal) as (descriptor, found):
        name = super_name(descriptor, found.st_size)
        if name is not None:
            os.truncate(journal, found.st_size - 16 - len(name) - 4)


def _refuse(path: Path, size: int, bytes_max: int) -> None:
    if size > bytes_max:
        raise PosthouseError(
            "source.database_too_large",
            f"{path} is being written to, and to read it whole it would have to be copied: with its log it is over the "
            "setting copy_bytes_max. Raise that, or read a smaller database.",
        )
    if size + FREE_BYTES_MIN > shutil.disk_usage(tempfile.gettempdir()).free:
        raise _no_room(path, size)


def _no_room(path: Path, size: int) -> PosthouseError:
    return PosthouseError(
        "source.copy_no_room",
        f"{tempfile.gettempdir()} has no room for a copy of {path} ({size >> 20} MiB). Make room there, or start the "
        "daemon with another TMPDIR.",
    )


def _delete_left_behind(budget: Budget) -> None:
    """Delete copies that a crash left: none of ours is read for so long."""
    before_s = budget.clock.now() / 1_000 - LEFT_BEHIND_S
    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            if entry.name.startswith(PREFIX):
                with suppress(OSError):
                    found = entry.stat(follow_symlinks=False)
                    if entry.is_dir(follow_symlinks=False) and found.st_mtime < before_s and _is_ours(found):
                        shutil.rmtree(entry.path, ignore_errors=True)


def _is_ours(found: os.stat_result) -> bool:
    return sys.platform == "win32" or found.st_uid == os.getuid()
