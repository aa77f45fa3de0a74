"""What changed in some folder trees, as an async iterator: inotify on Linux, watchfiles elsewhere.

The first item comes once everything is under watch and asks for a rescan: whoever then looks and afterwards reads the
following items misses nothing. An item with `is_rescan` comes again where events were lost (the kernel's queue ran
over) or a root appeared, vanished, moved or became readable. A root that does not exist is awaited by watching its
nearest existing parent. Excluded folders are never watched. Waiting costs nothing: nothing here polls on Linux. Under a
storm it costs little: the first change is told at once, then what gathers in a breath is told in one item.
"""

from __future__ import annotations

import asyncio
import os
import platform
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from watchfiles._rust_notify import RustNotify

ELSEWHERE_DEBOUNCE_MS = 400
ELSEWHERE_STEP_MS = 200


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """Paths of files and folders that were made, written, moved or removed. `is_rescan`: look at everything.

    A path is as `os.fsdecode` gives it, so that it can be opened whatever its encoding. `moved_folders` are those of
    the paths that were folders and were moved away: of what is in them nothing else is told.
    """

    paths: tuple[str, ...] = ()
    moved_folders: tuple[str, ...] = ()
    is_rescan: bool = False


Skips = Callable[[str], bool]
"""Whether a folder below a root, by its path, is to be left unwatched together with all below it."""


def watch(
    roots: Sequence[Path], *, excluded: Sequence[Path] = (), depth: int | None = None, skips: Skips | None = None
) -> AsyncIterator[Changes]:
    """Watch these folders and all below, until closed. Links are followed at the roots, not below them.

    `depth` is how many folders below a root are watched: with 0 only its own children are told of. Raises
    PosthouseError `source.watch_limit` where the system allows no more watches.
    """
    if platform.system() == "Linux":
        # Imported here because it can be loaded on Linux only.
        from posthouse.sources.watch_inotify import watch_inotify

        return watch_inotify(roots, excluded, depth=depth, skips=skips)
    return watch_elsewhere(roots, excluded, depth=depth, skips=skips)


def is_within(path: Path, folders: Sequence[Path]) -> bool:
    """Whether the path is one of the folders or lies below one. Purely by name."""
    return any(path == folder or folder in path.parents for folder in folders)


def resolved(paths: Sequence[Path]) -> tuple[Path, ...]:
    """The paths without links and dots, whether they exist or not."""
    return tuple(Path(os.path.realpath(path)) for path in paths)


def hidden_names(roots: Sequence[Path], excluded: Sequence[Path]) -> frozenset[str]:
    """The excluded folders by their own names, and by those that they have below the roots."""
    hidden = resolved(excluded)
    names = {str(folder) for folder in hidden}
    for root in roots:
        (real,) = resolved([root])
        names.update(str(root / folder.relative_to(real)) for folder in hidden if is_within(folder, (real,)))
    return frozenset(names)


def nearest_folder(path: Path) -> Path:
    """The path itself or the nearest parent that is a folder, as far as may be looked."""
    while not os.path.isdir(path) and path != path.parent:  # noqa: PTH112 - Path.is_dir raises where it may not look
        path = path.parent
    return path


def is_deep_enough(path: Path, roots: Sequence[Path], depth: int | None) -> bool:
    """Whether a folder lies no more than `depth` folders below one of the roots. Purely by name."""
    if depth is None:
        return True
    return any(is_within(path, (root,)) and len(path.parts) - len(root.parts) <= depth for root in roots)


async def watch_elsewhere(
    roots: Sequence[Path], excluded: Sequence[Path] = (), *, depth: int | None = None, skips: Skips | None = None
) -> AsyncIterator[Changes]:
    """The same through watchfiles, whose native watchers are recursive and do not tell of lost events.

    Therefore every item asks for a rescan. Its thread looks for a stop every 200 ms.
    """
    from watchfiles._rust_notify import RustNotify  # An optional dependency, not installed on Linux.

    hidden = resolved(excluded)
    wanted = tuple(root for root in resolved(roots) if not is_within(root, hidden))

    def is_told(path: Path) -> bool:
        if not is_within(path, wanted) or is_within(path, hidden) or not is_deep_enough(path.parent, wanted, depth):
            return path in wanted
        folders = [folder for folder in path.parents if is_within(folder, wanted) and folder not in wanted]
        return skips is None or not any(map(skips, map(str, folders)))

    while True:
        points = sorted({nearest_folder(root) for root in wanted})
        with RustNotify([str(point) for point in points], False, False, 0, depth != 0, True) as notify:
            yield Changes(is_rescan=True)
            while sorted({nearest_folder(root) for root in wanted}) == points:
                paths = [path for path in await _next_paths(notify) if is_told(path)]
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
