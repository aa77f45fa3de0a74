"""Looking at files: the facts of one path, and every file that a selection takes.

Links are not followed, and what is no regular file (a FIFO, a device, a socket) is as good as not there. What may not
be looked at is neither: it is a `Refusal`, so that nothing is told of it. These functions block: call them off the
event loop.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator

import msgspec

from posthouse.rules.files import FileFacts
from posthouse.sources.files.selection import Selection
from posthouse.system.birth import birth_ns


class Refusal(msgspec.Struct, frozen=True):
    """Why a path cannot be judged. Without a reason it is one of this process's own outputs, and no trouble."""

    reason: str = ""


Sight = FileFacts | Refusal | None
"""A regular file, one that cannot be judged, or none."""


class Finding(msgspec.Struct, frozen=True):
    """One step of a walk: some files as they were seen, and folders that may not be listed, with the reason."""

    files: dict[str, Sight]
    refused: dict[str, str]


def look(path: str, outputs: Collection[tuple[int, int]], known: FileFacts | None = None) -> Sight:
    """What is at a path now; `known` spares asking for the birth of a file that is as it was."""
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return Refusal(error.strerror or type(error).__name__)
    return _judge(path, found, outputs, known)


def facts_of(path: str, found: os.stat_result, birth: int | None = None) -> FileFacts:
    """A file's facts; its birth is asked for where it is not given."""
    return FileFacts(
        device=found.st_dev,
        inode=found.st_ino,
        birth_ns=birth_ns(path, found) if birth is None else birth,
        size_bytes=found.st_size,
        modified_ns=found.st_mtime_ns,
        changed_ns=found.st_ctime_ns,
    )


def walk(selection: Selection, outputs: Collection[tuple[int, int]], *, files_per_step: int) -> Iterator[Finding]:
    """Every file that a selection takes, in steps of about so many; each path once. A missing root holds none."""
    files: dict[str, Sight] = {}
    refused: dict[str, str] = {}
    seen: set[str] = set()
    waiting = [str(root) for root in selection.roots()]
    while waiting:
        folder = waiting.pop()
        if folder in seen:
            continue
        seen.add(folder)
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        if selection.enters(entry.path):
                            waiting.append(entry.path)
                    elif selection.takes(entry.path):
                        files[entry.path] = look(entry.path, outputs)
                        if len(files) >= files_per_step:
                            yield Finding(files, refused)
                            files, refused = {}, {}
        except (FileNotFoundError, NotADirectoryError):
            continue  # It vanished, or was never there.
        except OSError as error:
            refused[folder] = error.strerror or type(error).__name__
    yield Finding(files, refused)


def _judge(path: str, found: os.stat_result, outputs: Collection[tuple[int, int]], known: FileFacts | None) -> Sight:
    if not stat.S_ISREG(found.st_mode):
        return None
    if (found.st_dev, found.st_ino) in outputs:
        return Refusal()
    if known is not None and known.changed_ns == found.st_ctime_ns:
        facts = facts_of(path, found, known.birth_ns)
        if facts == known:
            return facts
    return facts_of(path, found)
