"""Watching folder trees by inotify(7), which tells of one folder at a time and of nothing below it.

What is kept under watch: every folder of every tree (its children's changes), and every folder above a root (its own
moving or vanishing; and, where the root does not exist, the making of the next folder on the way to it).

    folder made or moved in ─▶ watch it, then list it: a file made before the watch is found by the listing, one made
                               after it is told of; both may happen, which does no harm
    folder moved away       ─▶ its watches and those below are dropped (inotify would go on telling their old paths)
    folder that was refused ─▶ a change of its attributes is looked out for from above, and it is tried again
    spine moved or removed  ─▶ everything is dropped and watched afresh, and a rescan asked for
    IN_Q_OVERFLOW           ─▶ the same

After each reading of the kernel's queue comes a breath in which it fills again: a storm costs a few readings a second,
each of many records at once, and what a record repeats is dropped before anything is made of it.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from posthouse.model.errors import PosthouseError
from posthouse.sources.watch import Changes, Skips, hidden_names, is_deep_enough, is_within, nearest_folder, resolved
from posthouse.system import inotify as kernel
from posthouse.system.inotify import RECORD, Inotify

BREATH_S = 0.25
"""How long the kernel's queue fills between two readings. It holds 16,384 records by default: 65,000 a second."""

BURST_PATHS_MAX = 10_000
"""An item that would hold more paths asks for a rescan instead."""

LISTED_PER_TURN = 32
"""After so many folders the event loop gets its turn."""

_SELF = kernel.DELETE_SELF | kernel.MOVE_SELF | kernel.ONLYDIR | kernel.MASK_ADD
_AWAIT = _SELF | kernel.CREATE | kernel.MOVED_TO
# CLOSE_WRITE beside MODIFY: what was written through memory is told of only when the file is closed.
_TREE = _AWAIT | kernel.MODIFY | kernel.CLOSE_WRITE | kernel.ATTRIB | kernel.DELETE | kernel.MOVED_FROM
_OWN_CHANGE = kernel.DELETE_SELF | kernel.MOVE_SELF | kernel.ATTRIB
_NOT_A_FILE = kernel.ISDIR | kernel.Q_OVERFLOW | kernel.IGNORED | kernel.UNMOUNT


async def watch_inotify(
    roots: Sequence[Path], excluded: Sequence[Path] = (), *, depth: int | None = None, skips: Skips | None = None
) -> AsyncIterator[Changes]:
    """Watch these trees until closed; see `posthouse.sources.watch.watch`."""
    hidden = resolved(excluded)
    wanted = [root for root in map(Path.absolute, roots) if not is_within(resolved([root])[0], hidden)]
    names = hidden_names(wanted, excluded)
    loop = asyncio.get_running_loop()
    while True:
        with _queue() as queue:
            forest = _Forest(queue, wanted, names, depth, skips)
            await forest.plant()
            read_s = loop.time()
            yield Changes(is_rescan=True)
            while not forest.is_lost:
                await _breathe(loop, read_s + BREATH_S)
                await _readable(loop, queue.descriptor)
                await forest.read()
                read_s = loop.time()
                if not forest.is_lost and (changes := forest.told()):
                    yield changes


class _Forest:
    """The watches on all trees, and what they told since the last item. `is_lost`: plant another, then rescan."""

    def __init__(
        self, queue: Inotify, roots: Sequence[Path], hidden: frozenset[str], depth: int | None, skips: Skips | None
    ) -> None:
        self.is_lost = False
        self._queue = queue
        self._roots = tuple(roots)
        self._hidden = hidden
        self._depth = depth
        self._skips = skips
        self._is_told = False
        self._paths: dict[str, None] = {}
        self._moved: list[str] = []
        self._is_too_much = False
        self._watches: dict[str, int] = {}
        self._folders: dict[int, str] = {}
        self._trees: dict[int, str] = {}
        self._refused: set[str] = set()
        self._spine: set[str] = set()

    async def plant(self) -> None:
        """Watch every tree that is there, and await those that are not."""
        for root in self._roots:
            way = [*reversed(root.parents), root]
            self._spine.update(map(str, way))
            for folder in way[:-1]:
                self._watch(str(folder), _SELF)
            while not await self._cover(str(root)):
                nearest = nearest_folder(root)
                self._watch(str(nearest), _AWAIT)
                if nearest != root and nearest_folder(root) == nearest:
                    break
            self._await_change(way)
        self._is_told = True

    async def read(self) -> None:
        """Take all that waits in the kernel's queue, and keep the watches in step with it."""
        seen: set[bytes] = set()
        while not self.is_lost and (piece := self._queue.read()):
            for watch, mask, name in self._of_folders(piece, seen):
                await self._take(watch, mask, name)
            await asyncio.sleep(0)

    def told(self) -> Changes | None:
        """What was told since the last call, if anything was."""
        changes = None
        if self._is_too_much:
            changes = Changes(is_rescan=True)
        elif self._paths:
            changes = Changes(paths=tuple(self._paths), moved_folders=tuple(self._moved))
        self._paths, self._moved, self._is_too_much = {}, [], False
        return changes

    def _of_folders(self, piece: bytes, seen: set[bytes]) -> Iterator[tuple[int, int, str]]:
        """Note the files that records tell of, and give the records of anything else: watch, mask and name.

        A record of a file that repeats one that was seen says nothing new. One of a folder may: it was made again.
        """
        at, end, head = 0, len(piece), RECORD.size
        while at < end:
            watch, mask, _, length = RECORD.unpack_from(piece, at)
            record = piece[at : at + head + length]
            at += head + length
            if length and not mask & _NOT_A_FILE:
                if record in seen:
                    continue
                seen.add(record)
                tree = self._trees.get(watch)
                if tree is not None:
                    self._note(tree + _name(record))
                    continue
            yield watch, mask, _name(record) if length else ""

    async def _take(self, watch: int, mask: int, name: str) -> None:
        """What one record of a folder, or of a watch itself, tells."""
        folder = self._folders.get(watch)
        if mask & kernel.Q_OVERFLOW:
            self.is_lost = True
        elif folder is None:
            return
        elif mask & kernel.IGNORED:
            self._forget(watch)
        elif mask & kernel.UNMOUNT:
            self.is_lost = True
        elif not name:
            self.is_lost |= folder in self._spine and bool(mask & _OWN_CHANGE)
        elif watch not in self._trees:
            self.is_lost |= _join(folder, name) in self._spine
        else:
            await self._take_folder(_join(folder, name), mask)

    async def _take_folder(self, path: str, mask: int) -> None:
        if path in self._hidden:
            return
        self._note(path)
        below = path + "/"
        if mask & kernel.MOVED_FROM:
            self._moved.append(path)
            self._drop([one for one in self._watches if one == path or one.startswith(below)])
        elif mask & (kernel.CREATE | kernel.MOVED_TO) or self._was_refused(path, below):
            await self._cover(path)

    async def _cover(self, top: str) -> bool:
        """Watch a folder and all below, noting every file in them; False where the top is not there."""
        is_root = Path(top) in self._roots
        if not is_root and not self._is_entered(top):
            return True
        if not self._watch(top, _TREE if is_root else _TREE | kernel.DONT_FOLLOW, is_tree=True):
            return os.path.isdir(top)  # noqa: PTH112 - Path.is_dir raises where it may not look
        waiting, listed = [top], 0
        while waiting:
            for path, is_folder in _children(waiting.pop()):
                if not is_folder:
                    self._note(path)
                elif self._is_entered(path) and self._watch(path, _TREE | kernel.DONT_FOLLOW, is_tree=True):
                    waiting.append(path)
            listed += 1
            if listed % LISTED_PER_TURN == 0:
                await asyncio.sleep(0)
        return True

    def _note(self, path: str) -> None:
        """Tell of a path; while everything is planted nothing is told, since a rescan is asked for anyway."""
        if self._is_told and not self._is_too_much:
            self._paths[path] = None
            if len(self._paths) > BURST_PATHS_MAX:
                self._paths, self._moved, self._is_too_much = {}, [], True

    def _is_entered(self, path: str) -> bool:
        """Whether a folder below a root is watched."""
        return (
            path not in self._hidden
            and (self._depth is None or is_deep_enough(Path(path), self._roots, self._depth))
            and not (self._skips is not None and self._skips(path))
        )

    def _await_change(self, way: Sequence[Path]) -> None:
        """Look out, from the folder above, for what a watch of its own does not tell of anything on the way to a root.

        That is a link that is pointed elsewhere, and a folder without permission that gets it back.
        """
        for folder in way[1:]:
            if str(folder) in self._refused:
                self._watch(str(folder.parent), _AWAIT | kernel.ATTRIB)
            if os.path.islink(folder):  # noqa: PTH114 - Path.is_symlink raises where it may not look
                self._watch(str(folder.parent), _AWAIT)

    def _was_refused(self, path: str, below: str) -> bool:
        """Whether this folder, or one below it, could not be watched when it was tried."""
        return any(one == path or one.startswith(below) for one in self._refused)

    def _watch(self, folder: str, mask: int, *, is_tree: bool = False) -> bool:
        """Set or widen one watch; False where the folder vanished, is none, or may not be read."""
        if folder in self._hidden:
            return False
        try:
            watch = self._queue.add(folder, mask)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.ENOMEM):
                raise _limit(error) from error
            if error.errno in (errno.EACCES, errno.EPERM):
                self._refused.add(folder)
            return False
        self._refused.discard(folder)
        former = self._folders.get(watch)
        if former is not None and former != folder:
            del self._watches[former]
        self._watches[folder], self._folders[watch] = watch, folder
        if is_tree or watch in self._trees:
            self._trees[watch] = _join(folder, "")
        return True

    def _drop(self, folders: Sequence[str]) -> None:
        for folder in folders:
            watch = self._watches[folder]
            with suppress(OSError):  # The folder is gone, and its watch with it.
                self._queue.remove(watch)
            self._forget(watch)

    def _forget(self, watch: int) -> None:
        folder = self._folders.pop(watch)
        self._trees.pop(watch, None)
        if self._watches.get(folder) == watch:
            del self._watches[folder]


def _queue() -> Inotify:
    try:
        return Inotify()
    except OSError as error:
        raise _limit(error) from error


async def _breathe(loop: asyncio.AbstractEventLoop, until_s: float) -> None:
    """Wait until this time of the loop, if it has not come yet."""
    if until_s > loop.time():
        over = loop.create_future()
        timer = loop.call_at(until_s, _settle, over)
        try:
            await over
        finally:
            timer.cancel()


async def _readable(loop: asyncio.AbstractEventLoop, descriptor: int) -> None:
    """Wait until there is something to read."""
    ready = loop.create_future()
    loop.add_reader(descriptor, _settle, ready)
    try:
        await ready
    finally:
        loop.remove_reader(descriptor)


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _children(folder: str) -> Iterator[tuple[str, bool]]:
    """What is in a folder as far as may be looked: the path, and whether it is a folder itself."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            yield entry.path, entry.is_dir(follow_symlinks=False)


def _name(record: bytes) -> str:
    return os.fsdecode(record[RECORD.size :].rstrip(b"\0"))


def _join(folder: str, name: str) -> str:
    return folder + name if folder.endswith("/") else f"{folder}/{name}"


def _limit(error: OSError) -> PosthouseError:
    return PosthouseError(
        "source.watch_limit",
        f"The system allows no more file watches ({error.strerror}). Raise fs.inotify.max_user_watches and "
        "fs.inotify.max_user_instances, or watch fewer folders.",
    )
