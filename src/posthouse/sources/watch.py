"""What changed in some folder trees, as an async iterator: inotify on Linux, watchfiles elsewhere.

The first item comes once everything is under watch and asks for a rescan: whoever then looks and afterwards reads the
following items misses nothing. An item with `is_rescan` comes again where events were lost (the kernel's queue ran
over) or a root appeared, vanished or moved. A root that does not exist is awaited by watching its nearest existing
parent. Excluded folders are never watched. Waiting costs nothing: nothing here polls on Linux.
"""

from __future__ import annotations

import asyncio
import os
import platform
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from watchfiles._rust_notify import RustNotify

ELSEWHERE_DEBOUNCE_MS = 400
ELSEWHERE_STEP_MS = 200


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """Paths of files and folders that were made, written, moved or removed. `is_rescan`: look at everything."""

    paths: tuple[str, ...] = ()
    is_rescan: bool = False


def watch(roots: Sequence[Path], *, excluded: Sequence[Path] = ()) -> AsyncIterator[Changes]:
    """Watch these folders and all below, until closed. Links are followed at the roots, not below them.

    Raises PosthouseError `source.watch_limit` where the system allows no more watches.
    """
    if platform.system() == "Linux":
        # Imported here because neither library can be loaded everywhere.
        from posthouse.sources.watch_inotify import watch_inotify

        return watch_inotify(roots, excluded)
    return watch_elsewhere(roots, excluded)


def is_within(path: Path, folders: Sequence[Path]) -> bool:
    """Whether the path is one of the folders or lies below one. Purely by name."""
    return any(path == folder or folder in path.parents for folder in folders)


def resolved(paths: Sequence[Path]) -> tuple[Path, ...]:
    """The paths without links and dots, whether they exist or not."""
    return tuple(Path(os.path.realpath(path)) for path in paths)


def nearest_folder(path: Path) -> Path:
    """The path itself or the nearest parent that is a folder."""
    while not path.is_dir() and path != path.parent:
        path = path.parent
    return path


async def watch_elsewhere(roots: Sequence[Path], excluded: Sequence[Path] = ()) -> AsyncIterator[Changes]:
    """The same through watchfiles, whose native watchers are recursive and do not tell of lost events.

    Therefore every item asks for a rescan. Its thread looks for a stop every 200 ms.
    """
    from watchfiles._rust_notify import RustNotify  # An optional dependency, not installed on Linux.

    hidden = resolved(excluded)
    wanted = tuple(root for root in resolved(roots) if not is_within(root, hidden))
    while True:
        points = sorted({nearest_folder(root) for root in wanted})
        with RustNotify([str(point) for point in points], False, False, 0, True, True) as notify:
            yield Changes(is_rescan=True)
            while sorted({nearest_folder(root) for root in wanted}) == points:
                paths = [path for path in await _next_paths(notify) if is_within(path, wanted)]
                paths = [path for path in paths if not is_within(path, hidden)]
                if paths:
                    yield Changes(paths=tuple(map(str, paths)), is_rescan=True)


async def _next_paths(notify: RustNotify) -> list[Path]:
    """What the native watcher tells next. Its thread has always ended when this returns or raises."""
    stop = threading.Event()
    work = asyncio.get_running_loop().run_in_executor(
        None, notify.watch, ELSEWHERE_DEBOUNCE_MS, ELSEWHERE_STEP_MS, 0, stop
    )
    try:
        found = await asyncio.shield(work)
    except asyncio.CancelledError:
        stop.set()
        await work
        raise
    return [Path(path) for _, path in found] if isinstance(found, set) else []
