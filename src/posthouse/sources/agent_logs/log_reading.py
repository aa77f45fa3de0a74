"""Reading agents' logs from where the last read stopped: what is the same for all of their formats.

    told of paths ──▶ those files ─┐
    rescan ──▶ list the tree ──────┴▶ read what is new, in chunks of 32 MiB ──▶ the format's own counting ──▶ state

A long read goes in chunks, each made durable by `emit` with all that belongs to it, and may be broken off after any:
the next one goes on from there. Nothing else is written here: what is not emitted gathers in the overlay, for `collect`
to hand over and for `preview` to drop.

State that is of another version or made under other choices (so that nothing stays behind once its owner has switched
it off), or that turns out to be broken, is dropped, and everything is read anew. A log that its program has compressed
(`.jsonl.zst`, after a while) keeps what is known of it.
"""

from __future__ import annotations

import asyncio
import os
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from posthouse.model.sources import Emission
from posthouse.sources.agent_logs.log_file import LogFile, read_on
from posthouse.sources.agent_logs.log_state import READER, StateBroken, encode, file_id, file_key, open_key
from posthouse.sources.agent_logs.overlay import Overlay
from posthouse.sources.agent_logs.tree import Listing, list_logs, look_at, truly_gone
from posthouse.sources.base import Signal, State
from posthouse.sources.jsonl import Cursor

CHUNK_BYTES = 32 * 1024 * 1024
"""How much of the logs is read before it is made durable."""

CHANGES_BYTES_MAX = 8 * 1024 * 1024
"""How much of the state may wait to be written before it is made durable, at the next point where it is whole."""

GROUP_FILES = 128
"""So many files are begun at once."""

DROPPED_MAX = 20_000
"""So many keys may be dropped in one step."""

PROBLEMS_MAX = 20

Emit = Callable[[Emission], Awaitable[None]]
Progress = Callable[[int, int], None]


class KnownFile(Protocol):
    """What is remembered of every file: its path in the file system's own bytes, and where its reading stands."""

    @property
    def path(self) -> bytes:
        """Its path."""
        ...

    @property
    def cursor(self) -> Cursor:
        """Where its reading stands."""
        ...


class KnownReader(Protocol):
    """What is remembered of every reading. `is_untold`: facts were written that no finished read has told of."""

    version: int
    files: int
    malformed: int
    too_long: int
    is_untold: bool

    @property
    def keeps(self) -> Any:
        """Under which choices it was read."""
        ...


F = TypeVar("F", bound=KnownFile)
R = TypeVar("R", bound=KnownReader)
B = TypeVar("B")
K = TypeVar("K")


class Logs(msgspec.Struct, Generic[K], frozen=True, kw_only=True):
    """Which logs are read, and what is kept of them."""

    roots: tuple[Path, ...]
    excluded: tuple[Path, ...]
    keeps: K


class Memory(msgspec.Struct, Generic[F, R], frozen=True, kw_only=True):
    """How a format is remembered: its version, its records, and the keys that hold everything but the reader's record.

    Decoding raises StateBroken.
    """

    version: int
    decode_file: Callable[[bytes], F]
    decode_reader: Callable[[bytes], R]
    prefixes: tuple[str, ...]
    singles: tuple[str, ...]

    def reader(self, stored: bytes | None) -> R | None:
        """The reader's record; None where there is none, or one of another version."""
        if stored is None:
            return None
        try:
            found = self.decode_reader(stored)
        except StateBroken:
            return None
        return found if found.version == self.version else None


async def has_changed(state: State, logs: Logs[K], memory: Memory[F, R]) -> bool:
    """Whether a read would find anything new, or has something left to do. Raises OSError as `run`."""
    listing = await _list(logs)
    try:
        reader = memory.reader(await state.get(READER))
        files = [memory.decode_file(value) for value in (await state.items("file:")).values()]
    except StateBroken:
        return True
    if reader is None or reader.keeps != logs.keeps:
        return bool(listing.files or files)
    known = {os.fsdecode(one.path): one for one in files}
    if reader.is_untold or await _gone([path for path in known if listing.is_gone(path)]):
        return True
    return not all(path in known and known[path].cursor.is_current(found) for path, found in listing.files.items())


class Work(msgspec.Struct, Generic[F], frozen=True):
    """A file that is to be read: up to which size, and what is known of it."""

    path: str
    size: int
    known: F | None

    @property
    def left_bytes(self) -> int:
        """How much of it is new."""
        return max(self.size - self.known.cursor.offset, 0) if self.known else self.size


class ReadLogs(ABC, Generic[F, R, B, K]):
    """One read. What it reads is folded and counted by the format, of which this is the outside."""

    def __init__(
        self, state: State, logs: Logs[K], memory: Memory[F, R], fresh: R, emit: Emit, progress: Progress
    ) -> None:
        self.state = Overlay(state)
        self.read_bytes = 0
        self._logs = logs
        self._memory = memory
        self._reader = fresh
        self._emit = emit
        self._progress = progress
        self._problems: list[str] = []
        self._stored: bytes | None = None

    async def run(self, signal: Signal, *, is_broken: bool) -> R:
        """Read, count, and leave the state whole. `is_broken`: what is remembered cannot be used.

        Raises OSError where a root cannot be listed, StateBroken where what is remembered turns out to be.
        """
        is_told = bool(signal.paths) and not signal.is_rescan
        if is_told:
            # What an append needs, in one look.
            files = [file_id(path) for path in signal.paths[:GROUP_FILES]]
            await self.state.load([READER, *self._memory.singles, *map(file_key, files), *map(open_key, files)])
        stored = await self.state.get(READER)
        reader = None if is_broken else self._memory.reader(stored)
        if reader is None or reader.keeps != self._logs.keeps:
            await self._drop()
            stored, is_told = None, False
        else:
            self._reader = reader
        self._stored = stored
        await self._prepare()
        works, gone = await (self._told(signal.paths) if is_told else self._all())
        if gone:
            await self._forget(gone)
        await self._read_files(works)
        await self._finish()
        self._reader.is_untold = False
        value = encode(self._reader) if self._reader.files else None
        if value is None and self._stored is not None:
            self.state.delete(READER)
        elif value is not None and value != self._stored:
            self.state.put(READER, value)
        return self._reader

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be read, in sentences."""
        told = self._problems[:PROBLEMS_MAX]
        if self._reader.malformed:
            told.append(f"{self._reader.malformed} line(s) made no sense and were skipped.")
        if self._reader.too_long:
            told.append(f"{self._reader.too_long} line(s) were longer than 16 MiB and were skipped.")
        return tuple(told)

    @abstractmethod
    async def _prepare(self) -> None:
        """The reader's record is known: make ready."""

    @abstractmethod
    def _log_file(self, work: Work[F], opened: bytes | None) -> LogFile[B]:
        """Begin a file; `opened` is what lies under its open key, None of a file that is not known."""

    @abstractmethod
    async def _apply(self, brought: Sequence[B]) -> None:
        """Take over what was read, so that the state is whole again."""

    @abstractmethod
    async def _forget(self, files: Sequence[bytes]) -> None:
        """Nothing of these files counts any more."""

    @abstractmethod
    async def _settle(self) -> None:
        """Bring what gathered beside the state into its changes: they are about to be made durable."""

    @abstractmethod
    async def _finish(self) -> None:
        """Everything has been read: count what is left to be counted."""

    def _is_full(self) -> bool:
        """Whether so much waits to be written that a chunk is made durable before its time."""
        return self.state.size > CHANGES_BYTES_MAX

    async def _flush(self) -> None:
        """Make everything so far durable."""
        await self._settle()
        self._reader.is_untold = True
        self._stored = encode(self._reader)
        self.state.put(READER, self._stored)
        await self._emit(self.state.drain())

    async def _drop(self) -> None:
        """Forget everything, a part at a time; the reader's own record last, so that it may be broken off."""
        for prefix in self._memory.prefixes:
            for digit in "0123456789abcdef":
                for key in await self.state.items(prefix + digit):
                    self.state.delete(key)
                if self.state.count > DROPPED_MAX:
                    await self._emit(self.state.drain())
        for key in await self.state.get_many([*self._memory.singles, READER]):
            self.state.delete(key)

    async def _told(self, paths: Sequence[str]) -> tuple[list[Work[F]], list[bytes]]:
        """What is to be done about these paths: files to read, and files that are gone."""
        seen = await asyncio.to_thread(look_at, paths, self._logs.roots, self._logs.excluded)
        keys = {file_key(file_id(path)): path for path in (*seen.files, *seen.gone)}
        found = await self.state.get_many(list(keys))
        known = {keys[key]: self._memory.decode_file(value) for key, value in found.items()}
        self._problems += [f"{path} could not be read: {why}." for path, why in seen.unreadable.items()]
        gone = await _gone([path for path in seen.gone if path in known])
        return self._works(seen.files, known), [file_id(path) for path in gone]

    async def _all(self) -> tuple[list[Work[F]], list[bytes]]:
        """The same about everything below the roots."""
        listing = await _list(self._logs)
        self._problems += [f"{path} could not be listed: {why}." for path, why in sorted(listing.unreadable.items())]
        stored = await self.state.items("file:")
        known = {os.fsdecode(one.path): one for one in map(self._memory.decode_file, stored.values())}
        gone = await _gone([path for path in sorted(known) if listing.is_gone(path)])
        return self._works(listing.files, known), [file_id(path) for path in gone]

    def _works(self, found: Mapping[str, os.stat_result], known: Mapping[str, F]) -> list[Work[F]]:
        return [
            Work(path, status.st_size, known.get(path))
            for path, status in sorted(found.items())
            if path not in known or not known[path].cursor.is_current(status)
        ]

    async def _read_files(self, works: Sequence[Work[F]]) -> None:
        total, room = sum(one.left_bytes for one in works), CHUNK_BYTES
        for group in _groups(works):
            logs = await self._begin(group)
            while not all(log.is_done for log in logs):
                done, brought = await asyncio.to_thread(read_on, logs, room)
                self.read_bytes += done
                room -= done
                self._progress(min(self.read_bytes, total), total)
                await self._apply(brought)
                if room <= 0 or self._is_full():
                    await self._flush()
                    room = CHUNK_BYTES
            self._problems += [log.problem for log in logs if log.problem]

    async def _begin(self, group: Sequence[Work[F]]) -> list[LogFile[B]]:
        keys = [open_key(file_id(one.path)) for one in group if one.known]
        found = await self.state.get_many(keys) if keys else {}
        logs = []
        for one in group:
            opened = found.get(open_key(file_id(one.path))) if one.known else None
            if one.known and opened is None:
                raise StateBroken(f"{one.path} lacks its open page")
            logs.append(self._log_file(one, opened))
        return logs


async def _list(logs: Logs[K]) -> Listing:
    listing = await asyncio.to_thread(list_logs, logs.roots, logs.excluded)
    for root in logs.roots:
        reason = listing.unreadable.get(str(root.absolute()))
        if reason is not None:
            raise OSError(f"{root} could not be listed: {reason}")
    return listing


async def _gone(paths: Sequence[str]) -> list[str]:
    return await asyncio.to_thread(truly_gone, paths) if paths else []


def _groups(works: Sequence[Work[F]]) -> Iterator[list[Work[F]]]:
    """The files in parts that are read together: a chunk's worth, or one file."""
    group: list[Work[F]] = []
    size = 0
    for one in works:
        if group and (len(group) >= GROUP_FILES or size + one.left_bytes > CHUNK_BYTES):
            yield group
            group, size = [], 0
        group.append(one)
        size += one.left_bytes
    if group:
        yield group
