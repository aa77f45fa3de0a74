"""When a file was made, in nanoseconds: with its inode it tells a file from a later one that was given the same inode.

Linux tells it by statx(2) alone, which Python 3.11 does not wrap; other systems by stat. A file system that does not
keep it, or a libc without the call, gives 0.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

_AT_FDCWD = -100
_AT_SYMLINK_NOFOLLOW = 0x100
_STATX_BTIME = 0x800
_BUFFER_BYTES = 256
_MASK = struct.Struct("=I")
_TIME = struct.Struct("=qI")
_BIRTH_OFFSET = 80

_statx = getattr(ctypes.CDLL(None), "statx", None) if sys.platform == "linux" else None


def birth_ns(path: str, found: os.stat_result) -> int:
    """The time of birth of a path that `os.lstat` has found, a link not followed; 0 where it cannot be told."""
    if _statx is None:
        return round(getattr(found, "st_birthtime", 0) * 1e9)
    buffer = ctypes.create_string_buffer(_BUFFER_BYTES)
    if _statx(_AT_FDCWD, os.fsencode(path), _AT_SYMLINK_NOFOLLOW, _STATX_BTIME, buffer) != 0:
        return 0
    if not _MASK.unpack_from(buffer, 0)[0] & _STATX_BTIME:
        return 0
    seconds, nanoseconds = _TIME.unpack_from(buffer, _BIRTH_OFFSET)
    return int(seconds * 1_000_000_000 + nanoseconds)
