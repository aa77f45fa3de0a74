"""Watching folder trees by inotify(7), which tells of one folder at a time and of nothing below it.

What is kept under watch: every folder of every tree (its children's changes), and every folder above a root (its own
moving or vanishing; and, where the root does not exist, the making of the next folder on the way to it).

    folder made or moved in ─▶ watch it, then list it: a file made before the watch is found by the listing, one made
                               after it is told of; both may happen, which does no harm
    folder moved away       ─▶ its watches and those below are dropped (inotify would go on telling their old paths)
    spine moved or removed  ─▶ everything is dropped and watched afresh, and a rescan asked for
    IN_Q_OVERFLOW           ─▶ the same

`asyncinotify` is the thinnest kept binding (ctypes, no thread); its own recursive mode is not used, because it knows
neither overflow nor missing roots and lists a folder without telling of what is in it.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path

from asyncinotify import Event, Inotify, Mask, Watch

from posthouse.model.errors import PosthouseError
from posthouse.sources.watch import Changes, is_within, nearest_folder, resolved

BURST_PATHS_MAX = 1_000
"""An item holds about so many paths at most."""

LISTED_PER_TURN = 32
"""After so many folders the event loop gets its turn."""

_SELF = Mask.DELETE_SELF | Mask.MOVE_SELF | Mask.ONLYDIR | Mask.MASK_ADD
_AWAIT = _SELF | Mask.CREATE | Mask.MOVED_TO
_TREE = _AWAIT | Mask.MODIFY | Mask.CLOSE_WRITE | Mask.ATTRIB | Mask.DELETE | Mask.MOVED_FROM


async def watch_inotify(roots: Sequence[Path], excluded: Sequence[Path] = ()) -> AsyncIterator[Changes]:
    """Watch these trees until closed; see `posthouse.sources.watch.watch`."""
    hidden = resolved(excluded)
    wanted = [root.absolute() for root in roots]
    try:
        inotify = Inotify(sync_timeout=0, cache_size=64)
    except OSError as error:
        raise _limit(error) from error
    with inotify:
        forest = _Forest(inotify, [root for root in wanted if not is_within(resolved([root])[0], hidden)], hidden)
        await forest.plant()
        yield Changes(is_rescan=True)
        while True:
            event: Event | None = await inotify.get()
            while event is not None:
                await forest.take(event)
                event = inotify.sync_get() if len(forest.paths) < BURST_PATHS_MAX else None
            if forest.is_lost:
                await forest.plant()
                yield Changes(is_rescan=True)
            elif forest.paths:
                paths = tuple(forest.paths)
                forest.paths.clear()
                yield Changes(paths=paths)


class _Forest:
    """The watches on all trees, and what they told since the last item. `is_lost`: plant again, then rescan."""

    def __init__(self, inotify: Inotify, roots: Sequence[Path], hidden: Sequence[Path]) -> None:
        self.paths: dict[str, None] = {}
        self.is_lost = False
        self._inotify = inotify
        self._roots = tuple(roots)
        self._hidden = tuple(hidden)
        self._spine: set[Path] = set()
        self._watches: dict[Path, Watch] = {}

    async def plant(self) -> None:
        """Drop every watch and set all of them afresh."""
        self._drop(list(self._watches))
        self._spine.clear()
        for root in self._roots:
            for folder in reversed(root.parents):
                self._watch(folder, _SELF)
            self._spine.update(root.parents, {root})
            while not await self._cover(root):
                nearest = nearest_folder(root)
                self._watch(nearest, _AWAIT)
                if nearest != root and nearest_folder(root) == nearest:
                    break
        self.paths.clear()
        self.is_lost = False

    async def take(self, event: Event) -> None:
        """Note what one event tells, and keep the watches in step with it."""
        mask, watch = event.mask, event.watch
        if Mask.Q_OVERFLOW in mask:
            self.is_lost = True
        if watch is None or self._watches.get(watch.path) is not watch:
            return
        if Mask.IGNORED in mask:
            del self._watches[watch.path]
        elif event.name is None:
            self.is_lost |= watch.path in self._spine and bool(mask & (Mask.DELETE_SELF | Mask.MOVE_SELF))
        elif not is_within(watch.path, self._roots):
            self.is_lost |= watch.path / event.name in self._spine
        else:
            await self._take_child(watch.path / event.name, mask)

    async def _take_child(self, path: Path, mask: Mask) -> None:
        if Mask.ISDIR in mask and self._is_hidden(path):
            return
        self.paths[_printable(path)] = None
        if Mask.ISDIR in mask:
            if Mask.MOVED_FROM in mask:
                self._drop([folder for folder in self._watches if is_within(folder, (path,))])
            elif mask & (Mask.CREATE | Mask.MOVED_TO | Mask.ATTRIB):
                await self._cover(path)

    async def _cover(self, top: Path) -> bool:
        """Watch a folder and all below, noting every file in them; False where the top is not there."""
        is_root = top in self._roots
        if not self._watch(top, _TREE if is_root else _TREE | Mask.DONT_FOLLOW):
            return top.is_dir()
        waiting, listed = [top], 0
        while waiting:
            folder = waiting.pop()
            with suppress(OSError), os.scandir(folder) as entries:
                for entry in entries:
                    path = folder / entry.name
                    if not entry.is_dir(follow_symlinks=False):
                        self._note(path)
                    elif not self._is_hidden(path) and self._watch(path, _TREE | Mask.DONT_FOLLOW):
                        waiting.append(path)
            listed += 1
            if listed % LISTED_PER_TURN == 0:
                await asyncio.sleep(0)
        return True

    def _note(self, path: Path) -> None:
        if len(self.paths) < BURST_PATHS_MAX:
            self.paths[_printable(path)] = None
        else:
            self.is_lost = True

    def _is_hidden(self, path: Path) -> bool:
        return bool(self._hidden) and is_within(resolved([path])[0], self._hidden)

    def _watch(self, folder: Path, mask: Mask) -> bool:
        """Set or widen one watch; False where the folder vanished, is none, or may not be read."""
        if self._is_hidden(folder):
            return False
        try:
            watch = self._inotify.add_watch(folder, mask)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.ENOMEM):
                raise _limit(error) from error
            return False
        if watch.path != folder and self._watches.get(watch.path) is watch:
            del self._watches[watch.path]
        watch.path = folder
        self._watches[folder] = watch
        return True

    def _drop(self, folders: Sequence[Path]) -> None:
        for folder in folders:
            with suppress(OSError):  # The folder is gone, and its watch with it.
                self._inotify.rm_watch(self._watches[folder])
            del self._watches[folder]


def _printable(path: Path) -> str:
    return os.fsencode(path).decode("utf-8", "replace")


def _limit(error: OSError) -> PosthouseError:
    return PosthouseError(
        "source.watch_limit",
        f"The system allows no more file watches ({error.strerror}). Raise fs.inotify.max_user_watches and "
        "fs.inotify.max_user_instances, or watch fewer folders.",
    )
