"""An exclusive right that stands in a file: one process holds it, and the file says which.

    acquire ──▶ held ──release, or the end of the process, however it ends──▶ free

What always holds: the kernel keeps the lock (flock(2), on Windows a locked byte) and gives it back when its holder
dies. The process id in the file outlives only a crash. No child inherits the lock: Python opens files without
inheritance (PEP 446). The file stays: unlinking it would let two processes lock two files of one name.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

# Windows locks byte ranges against reading too: this one lies far behind the process id that others may read.
_LOCKED_OFFSET = 1 << 30


class LockFile:
    """The lock of one path. `crashed_pid`: who held it before and never gave it back; None after a clean release.

    `holder`: whose process id stood in it when it could not be had; None where that is not known.
    """

    def __init__(self, path: Path) -> None:
        self.crashed_pid: int | None = None
        self.holder: int | None = None
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take it at once; False where another one holds it. Raises OSError where the file cannot be written."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _lock(descriptor):
            self.holder = _read_pid(descriptor)
            os.close(descriptor)
            return False
        try:
            self.crashed_pid = _read_pid(descriptor)
            _write_pid(descriptor, str(os.getpid()))
        except OSError:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Give it back and leave word of that. Safe to repeat."""
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        try:
            _write_pid(descriptor, "")
            _unlock(descriptor)
        finally:
            os.close(descriptor)


def _lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            os.lseek(descriptor, _LOCKED_OFFSET, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _unlock(descriptor: int) -> None:
    """Closing alone would leave the lock to a child that is just being started and still has the descriptor."""
    if sys.platform == "win32":
        os.lseek(descriptor, _LOCKED_OFFSET, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def _read_pid(descriptor: int) -> int | None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    text = os.read(descriptor, 20).decode("ascii", "replace").strip()
    return int(text) if text.isdecimal() else None


def _write_pid(descriptor: int, text: str) -> None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.ftruncate(descriptor, 0)
    os.write(descriptor, text.encode())
