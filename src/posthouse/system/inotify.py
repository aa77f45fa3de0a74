"""inotify(7), the kernel's own way to tell of changes in folders, by its three system calls.

In: folders and what to be told about each. Out: the records as the kernel wrote them, many in one piece of bytes, which
`RECORD` takes apart. Nothing here waits: a descriptor is readable when there is something to read. Linux only.
"""

from __future__ import annotations

import ctypes
import os
import struct
from types import TracebackType
from typing import Final, Self

MODIFY: Final = 0x2
ATTRIB: Final = 0x4
CLOSE_WRITE: Final = 0x8
MOVED_FROM: Final = 0x40
MOVED_TO: Final = 0x80
CREATE: Final = 0x100
DELETE: Final = 0x200
DELETE_SELF: Final = 0x400
MOVE_SELF: Final = 0x800
UNMOUNT: Final = 0x2000
Q_OVERFLOW: Final = 0x4000
IGNORED: Final = 0x8000
ONLYDIR: Final = 0x0100_0000
DONT_FOLLOW: Final = 0x0200_0000
MASK_ADD: Final = 0x2000_0000
ISDIR: Final = 0x4000_0000

RECORD: Final = struct.Struct("=iIII")
"""The head of a record: watch descriptor, mask, cookie, and the length of the name behind it, which ends in zeros."""

PIECE_BYTES: Final = 256 * 1024
"""How much one `read` takes at most: some four thousand records."""

_INIT_FLAGS = os.O_CLOEXEC | os.O_NONBLOCK if hasattr(os, "O_CLOEXEC") and hasattr(os, "O_NONBLOCK") else 0


class Inotify:
    """One queue of the kernel's, with its watches. Raises OSError where the system allows no further one."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.descriptor: int = self._checked(self._libc.inotify_init1(_INIT_FLAGS))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.descriptor)

    def add(self, path: str, mask: int) -> int:
        """Watch a path, or widen its watch with MASK_ADD; the watch's descriptor. Raises OSError."""
        return self._checked(self._libc.inotify_add_watch(self.descriptor, os.fsencode(path), ctypes.c_uint32(mask)))

    def remove(self, watch: int) -> None:
        """Watch no longer. Raises OSError where the watch has ended by itself."""
        self._checked(self._libc.inotify_rm_watch(self.descriptor, watch))

    def read(self) -> bytes:
        """Whole records, as many as wait and fit; nothing where none wait."""
        try:
            return os.read(self.descriptor, PIECE_BYTES)
        except BlockingIOError:
            return b""

    @staticmethod
    def _checked(answer: int) -> int:
        if answer < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return answer
