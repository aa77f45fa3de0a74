"""Finding log files: every regular `*.jsonl` below some roots, with what could not be looked into.

Links are not followed below the roots, so that a loop or a link out of the tree leads nowhere. Blocks: call it off
the event loop.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from posthouse.sources.watch import is_within, resolved


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
