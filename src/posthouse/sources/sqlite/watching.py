"""When a database may have changed: its file, its log or its journal was written, made, moved or removed.

The folder is watched, not the files: logs come and go, and a database may be replaced by another file of its name.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import cast

from posthouse.sources.sqlite.standing import beside
from posthouse.sources.watch import Changes, watch

SUFFIXES = ("", "-wal", "-journal")


async def changes_of(path: Path, excluded: Sequence[Path]) -> AsyncGenerator[None, None]:
    """One item at the start, then one whenever something may have changed, until closed.

    A link is followed, and followed anew where it was made to point elsewhere. Nothing is missed between two items.
    Raises PosthouseError `source.watch_limit`.
    """
    while True:
        link, real = _link_and_real(path)
        names = {str(link)} | {str(beside(real, suffix)) for suffix in SUFFIXES}
        roots = sorted({link.parent, real.parent})
        items = cast("AsyncGenerator[Changes, None]", watch(roots, excluded=excluded, depth=0))
        async with aclosing(items):
            async for changes in items:
                if changes.is_rescan or not names.isdisjoint(changes.paths):
                    yield
                if _link_and_real(path) != (link, real):
                    break


def _link_and_real(path: Path) -> tuple[Path, Path]:
    """Where the path itself lies, and the file that it leads to."""
    return Path(os.path.realpath(path.parent)) / path.name, Path(os.path.realpath(path))
