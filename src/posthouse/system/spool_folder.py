"""A spool's files: listed, read and set aside without ever following a link or blocking on a pipe.

What is refused goes into a folder of its own, each with a `.reason` file beside it that says why. Links, folders,
sockets and pipes are never opened. Everything here blocks, and belongs into a thread.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from posthouse.model.errors import BadInput
from posthouse.rules.spooling import free_name


def names_in(folder: Path, *, is_folder: bool = False) -> list[str]:
    """The names of the regular files (or of the folders) in a folder, sorted; links are neither. None without it."""
    try:
        with os.scandir(folder) as entries:
            return sorted(
                entry.name
                for entry in entries
                if (entry.is_dir(follow_symlinks=False) if is_folder else entry.is_file(follow_symlinks=False))
            )
    except FileNotFoundError:
        return []


def read_regular(path: Path, size: int) -> bytes | None:
    """At most so many bytes of a regular file; None where it is anything else by now. Raises OSError."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags), "rb") as file:
        return file.read(size) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else None


def set_aside(path: Path, bad: Path, reason: BadInput) -> Path:
    """Move a refused file into the folder `bad`, with its reason beside it; where it is now. Raises OSError."""
    bad.mkdir(mode=0o700, exist_ok=True)
    kept = bad / free_name(path.name, frozenset(names_in(bad)))
    path.rename(kept)
    kept.with_name(kept.name + ".reason").write_text(f"{reason.message} [{reason.code}]\n", "utf-8")
    return kept


def printable(name: str) -> str:
    """A file's name as text that can be logged, whatever its encoding."""
    return os.fsencode(name).decode("utf-8", "replace")
