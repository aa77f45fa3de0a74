"""One reader of growing JSON-lines files, for every source that follows a log.

In: a path and the `Cursor` that the last read left behind. Out: a `Slice` of whole lines and the cursor after them.
A cursor always stands behind a newline (or inside a line that is too long to be taken), so a last line without its
newline is left for the next read. A file that was truncated, replaced or rewritten is begun anew, and the slice says
so; its reader then forgets what it made of the old content. No decoding happens here. Memory is bounded by
`SLICE_BYTES` plus the longest line allowed, whatever the file's size.

These functions block: call them off the event loop (`asyncio.to_thread`), one slice at a time.
"""

from __future__ import annotations

import os
import stat
from hashlib import blake2b
from io import FileIO

import msgspec

SLICE_BYTES = 4 * 1024 * 1024
"""How much one call reads at most, unless a single line is longer."""

LINE_BYTES_MAX = 16 * 1024 * 1024
"""A line longer than this is skipped and counted."""

MARK_BYTES = 1024
"""How much of the head, and of what stands before the cursor, the fingerprint covers."""

# A FIFO or a link put in a log's place must neither hang us nor lead us elsewhere. Windows knows none of these.
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class Cursor(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """How far a file has been read.

    `offset`: bytes taken. `seen`: bytes looked at, which is more where the last line is torn. `mark`: fingerprint of
    the head and of the bytes before `offset`. `is_skipping`: the offset stands inside a line that is too long.
    `too_long`: how many such lines were skipped so far.
    """

    device: int
    inode: int
    offset: int = 0
    seen: int = 0
    modified_ns: int = 0
    mark: bytes = b""
    is_skipping: bool = False
    too_long: int = 0

    def is_current(self, found: os.stat_result) -> bool:
        """Whether the file has not changed since it was read to its end."""
        return (
            (found.st_dev, found.st_ino) == (self.device, self.inode)
            and found.st_size == self.seen
            and found.st_mtime_ns == self.modified_ns
        )


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """Some whole lines. `is_anew`: they begin the file again.

    `block`: the lines as they stand, each with its newline, without those that are too long. `is_end`: nothing more
    can be taken from the file as it stood when this slice was read.
    """

    block: bytes
    cursor: Cursor
    is_anew: bool
    is_end: bool

    @property
    def lines(self) -> list[bytes]:
        """The lines without their newlines, blank ones left out."""
        return lines_of(self.block)


def lines_of(block: bytes) -> list[bytes]:
    """Some whole lines without their newlines, blank ones left out."""
    return [line for line in block.split(b"\n") if line and not line.isspace()]


def read_slice(
    path: str | bytes,
    cursor: Cursor | None,
    *,
    slice_bytes: int = SLICE_BYTES,
    line_bytes_max: int = LINE_BYTES_MAX,
) -> Slice:
    """Read on from the cursor; None begins at the start. Raises OSError, also where it is not a regular file."""
    with FileIO(os.open(path, _OPEN_FLAGS), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise OSError(f"not a regular file: {os.fsdecode(path)}")
        is_anew = cursor is None or not _is_same(file, found, cursor)
        if cursor is None or is_anew:
            cursor = Cursor(device=found.st_dev, inode=found.st_ino)
        data = _read(file, cursor.offset, min(slice_bytes, found.st_size - cursor.offset))
        if not cursor.is_skipping:
            data = _extend_to_newline(file, cursor.offset, data, end=found.st_size, line_bytes_max=line_bytes_max)
        block, taken, is_skipping, too_long = _cut(data, cursor.is_skipping, line_bytes_max)
        seen = cursor.offset + len(data)
        after = Cursor(
            device=found.st_dev,
            inode=found.st_ino,
            offset=cursor.offset + taken,
            seen=seen,
            modified_ns=found.st_mtime_ns,
            mark=_mark(file, cursor.offset + taken),
            is_skipping=is_skipping,
            too_long=cursor.too_long + too_long,
        )
    # No data although the size promised some means that the file shrank under us; the next read will notice.
    return Slice(block=block, cursor=after, is_anew=is_anew, is_end=seen >= found.st_size or not data)


def _is_same(file: FileIO, found: os.stat_result, cursor: Cursor) -> bool:
    return (
        (found.st_dev, found.st_ino) == (cursor.device, cursor.inode)
        and found.st_size >= cursor.offset
        and _mark(file, cursor.offset) == cursor.mark
    )


def _mark(file: FileIO, offset: int) -> bytes:
    if offset == 0:
        return b""
    length = min(offset, MARK_BYTES)
    return blake2b(_read(file, 0, length) + _read(file, offset - length, length), digest_size=16).digest()


def _read(file: FileIO, offset: int, length: int) -> bytes:
    """Exactly `length` bytes, or fewer where the file ends before."""
    file.seek(offset)
    parts: list[bytes] = []
    while length > 0 and (part := file.read(length)):
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _extend_to_newline(file: FileIO, offset: int, data: bytes, *, end: int, line_bytes_max: int) -> bytes:
    """More of the file, where what was read holds no newline yet and the line may still be taken."""
    if b"\n" in data:
        return data
    parts, length = [data], len(data)
    while length <= line_bytes_max and offset + length < end:
        part = _read(file, offset + length, min(SLICE_BYTES, end - offset - length))
        if not part:
            break
        parts.append(part)
        length += len(part)
        if b"\n" in part:
            break
    return b"".join(parts)


def _cut(data: bytes, is_skipping: bool, line_bytes_max: int) -> tuple[bytes, int, bool, int]:
    """The whole lines, how many bytes are done with, whether a long line goes on, how many were too long."""
    start = 0
    if is_skipping:
        start = data.find(b"\n") + 1
        if start == 0:
            return b"", len(data), True, 0
    taken = data.rfind(b"\n") + 1
    block, too_long = data[start : max(taken, start)], 0
    if len(block) > line_bytes_max:
        lines = [line + b"\n" for line in block[:-1].split(b"\n")]
        kept = [line for line in lines if len(line) <= line_bytes_max + 1]
        block, too_long = b"".join(kept), len(lines) - len(kept)
    if len(data) - taken > line_bytes_max:
        return block, len(data), True, too_long + 1
    return block, taken, False, too_long
