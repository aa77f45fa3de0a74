"""What a kept process says, in files of bounded size: the one that it appends to, and the ones of before.

    output.log ──over its size──▶ is copied to output.1.log, and cut to nothing
    output.1.log ─▶ output.2.log ─▶ … ─▶ the last one goes

The process holds the file open all the time, and knows nothing of this: it appends (open(2), O_APPEND), so after the
cut it goes on at the beginning. Renaming would leave it with a file that nobody looks into. What always holds: no file
of before is larger than twice the size, and what was copied is on the disk before the original is cut, but for the
last moment's. What the process says between the copying and the cut, and what is over twice the size by then, is lost:
it is counted, and is nothing unless the process floods.

Everything here reads and writes files, and is to be called in a thread. One `Output` per file, in one daemon.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

import msgspec

PIECE_BYTES = 1024 * 1024
LINE_BYTES_MAX = 64 * 1024
"""How much is copied at once; of a line that is longer than this, the tail tells the end."""


class Place(msgspec.Struct, frozen=True):
    """A place in what was said. `turn` tells the file from what lay there before the last cut."""

    turn: str = ""
    offset: int = 0


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """What was said behind a place, and the place behind that.

    `is_torn`: something between them is missing, as it was cut meanwhile; what is left of it lies in the older files.
    """

    data: bytes
    place: Place
    is_torn: bool


class Rotated(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the file: how much of it was kept, and how much was lost."""

    kept_bytes: int
    lost_bytes: int


class Output:
    """The files of one server: `path`, to be cut above `bytes_max`, and `files` ones of before, 1 or more."""

    def __init__(self, path: Path, *, bytes_max: int, files: int) -> None:
        self.path = path
        self._bytes_max = bytes_max
        self._files = files
        # Reading and cutting exclude one another, so that a place is never taken for one in another turn.
        self._lock = threading.Lock()

    def earlier(self, number: int) -> Path:
        """The path of an older file; 1 is the newest: `output.1.log`."""
        return self.path.with_name(f"{self.path.stem}.{number}{self.path.suffix}")

    def rotate(self) -> Rotated | None:
        """Cut the file if it is over its size; None where it is not, or is not there. Raises OSError."""
        with self._lock:
            try:
                descriptor = os.open(self.path, os.O_RDWR)
            except FileNotFoundError:
                return None
            try:
                size = os.fstat(descriptor).st_size
                return self._cut(descriptor, size) if size > self._bytes_max else None
            finally:
                os.close(descriptor)

    def read_from(self, place: Place, bytes_max: int) -> Piece:
        """What was said behind a place, `bytes_max` at most; from the file's start where the place was cut away.

        Where there is no file, nothing was said. Raises OSError where it cannot be read.
        """
        with self._lock:
            turn = self._turn()
            try:
                descriptor = os.open(self.path, os.O_RDONLY)
            except FileNotFoundError:
                return Piece(data=b"", place=Place(turn, 0), is_torn=place.offset > 0)
            try:
                is_torn = place.turn != turn or place.offset > os.fstat(descriptor).st_size
                offset = 0 if is_torn else place.offset
                data = os.pread(descriptor, bytes_max, offset)
            finally:
                os.close(descriptor)
        return Piece(data=data, place=Place(turn, offset + len(data)), is_torn=is_torn)

    def end(self) -> Place:
        """The place behind all that was said so far."""
        with self._lock:
            try:
                return Place(self._turn(), self.path.stat().st_size)
            except FileNotFoundError:
                return Place(self._turn(), 0)

    def tail(self, lines: int) -> tuple[list[bytes], Place]:
        """The last lines, without their ends, and the place behind them; of what was cut, the newest older file's too.

        Reads 64 KiB per line at the most, and 1 MiB of each file.
        """
        with self._lock:
            turn = self._turn()
            bytes_max = min(lines * LINE_BYTES_MAX, PIECE_BYTES)
            newest, size = _last(self.path, bytes_max)
            older = b"" if newest.count(b"\n") >= lines else _last(self.earlier(1), bytes_max)[0]
        return (older + newest).splitlines()[-lines:] if lines > 0 else [], Place(turn, size)

    def _cut(self, descriptor: int, size: int) -> Rotated:
        begin = max(size - 2 * self._bytes_max, 0)
        end = begin + 2 * self._bytes_max
        draft = self.path.with_name(f"{self.path.name}.copy")
        draft.unlink(missing_ok=True)
        target = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            done = _copy(descriptor, begin, end, target)
            os.fsync(target)
            for number in range(self._files - 1, 0, -1):
                if self.earlier(number).exists():
                    self.earlier(number).replace(self.earlier(number + 1))
            # The copy is in its place before the original is cut: a crash in between repeats a part, and loses none.
            draft.replace(self.earlier(1))
            # What was said while the disk was at work.
            done = _copy(descriptor, done, end, target)
        finally:
            os.close(target)
        lost = begin + max(os.fstat(descriptor).st_size - done, 0)
        os.ftruncate(descriptor, 0)
        return Rotated(kept_bytes=done - begin, lost_bytes=lost)

    def _turn(self) -> str:
        """Each cut makes a new file of before, so that file tells the turns apart, in a later life too."""
        try:
            found = self.earlier(1).stat()
        except FileNotFoundError:
            return ""
        return f"{found.st_mtime_ns}-{found.st_ino}"


def _copy(descriptor: int, begin: int, end: int, target: int) -> int:
    """Copy from `begin` to `end`, or to where the file ends; where that was."""
    while begin < end and (piece := os.pread(descriptor, min(PIECE_BYTES, end - begin), begin)):
        begin += len(piece)
        rest = memoryview(piece)
        while rest:
            rest = rest[os.write(target, rest) :]
    return begin


def _last(path: Path, bytes_max: int) -> tuple[bytes, int]:
    """The last bytes of a file, and its size; nothing where it is not there."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return b"", 0
    try:
        size = os.fstat(descriptor).st_size
        data = os.pread(descriptor, bytes_max, max(size - bytes_max, 0))
        # What came in meanwhile is read from the place on.
        return data[: size - max(size - bytes_max, 0)], size
    finally:
        os.close(descriptor)
