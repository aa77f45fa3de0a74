"""Finding log files: every regular `*.jsonl` below some roots, with what could not be looked into.

Links are not followed below the roots, so that a loop or a link out of the tree leads nowhere. Blocks: call it off
the event loop.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

import msgspec

from posthouse.sources.watch import is_within, resolved

COMPRESSED = ".zst"
"""What a program may add to the name of a log that it has compressed."""


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """What was found: files by path with their status, and the folders that could not be listed, with the reason."""

    files: dict[str, os.stat_result]
    unreadable: dict[str, str]

    def is_gone(self, path: str) -> bool:
        """Whether a file that was known is no longer there, as far as could be looked."""
        return path not in self.files and not is_within(Path(path), [Path(folder) for folder in self.unreadable])


def list_logs(roots: Sequence[Path], excluded: Sequence[Path] = ()) -> Listing:
    """Every log file below the roots. A root that does not exist holds none; a folder that may not be read is told."""
    files: dict[str, os.stat_result] = {}
    unreadable: dict[str, str] = {}
    hidden = resolved(excluded)
    waiting = [str(root.absolute()) for root in roots]
    while waiting:
        folder = waiting.pop()
        if hidden and is_within(Path(os.path.realpath(folder)), hidden):
            continue
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.name.endswith(".jsonl") and entry.is_file(follow_symlinks=False):
                        files[entry.path] = entry.stat(follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            continue  # It vanished, or was never there.
        except OSError as error:
            unreadable[folder] = error.strerror or type(error).__name__
    return Listing(files=files, unreadable=unreadable)


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What there is at some paths: log files with their status, what is gone, and what may not be looked at."""

    files: dict[str, os.stat_result]
    gone: list[str]
    unreadable: dict[str, str]


def look_at(paths: Sequence[str], roots: Sequence[Path], excluded: Sequence[Path] = ()) -> Seen:
    """What there is at these paths, as far as they could be logs below the roots; nothing is listed."""
    seen = Seen(files={}, gone=[], unreadable={})
    hidden, within = resolved(excluded), [root.absolute() for root in roots]
    for path in sorted(set(paths)):
        if not path.endswith(".jsonl") or not is_within(Path(path), within):
            continue
        if hidden and is_within(Path(os.path.realpath(path)), hidden):
            continue
        try:
            status = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            seen.gone.append(path)
        except OSError as error:
            seen.unreadable[path] = error.strerror or type(error).__name__
        else:
            if stat.S_ISREG(status.st_mode):
                seen.files[path] = status
            else:
                seen.gone.append(path)
    return seen


def truly_gone(paths: Sequence[str]) -> list[str]:
    """Of these paths, at which there is no log any more, those whose log was not merely compressed."""
    return [path for path in paths if not os.path.lexists(path + COMPRESSED)]
