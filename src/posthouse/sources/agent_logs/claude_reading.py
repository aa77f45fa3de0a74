"""Reading Claude Code's logs from where the last read stopped, and keeping count.

    told of paths ──▶ those files ─┐                        ┌─▶ pages, records ─┐
    rescan ──▶ list the tree ──────┴▶ read what is new ─────┼─▶ identities ─────┼─▶ state
                                      (chunks of 32 MiB)    └─▶ books ──────────┘
    at the end: look the identities up (claude_index), count families again where they met (claude_families)

What a read costs is what was added: an append is folded into its file's open page, and what it gained is added to its
session, its days and the totals (claude_books). A long read goes in chunks, each made durable by `emit` with all that
belongs to it, and may be broken off after any: the next one goes on from there, and what was counted before all
identities were looked up is set right at the end. Nothing else is written here: what is not emitted gathers in the
overlay, for `collect` to hand over and for `preview` to drop.

State that is of another version or made under other choices (so that no prompt stays behind once its owner has switched
previews off), or that turns out to be broken, is dropped, and everything is read anew.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from posthouse.model.sources import Emission
from posthouse.sources.agent_logs.claude_books import Books
from posthouse.sources.agent_logs.claude_families import Families
from posthouse.sources.agent_logs.claude_file import Brought, LogFile, read_on
from posthouse.sources.agent_logs.claude_index import Index
from posthouse.sources.agent_logs.claude_log import Keeping, Page
from posthouse.sources.agent_logs.claude_state import (
    PREFIXES,
    READER,
    STATE_VERSION,
    TOTALS,
    FileState,
    Reader,
    StateBroken,
    decode,
    encode,
    file_id,
    file_key,
    member_key,
    open_key,
    page_key,
)
from posthouse.sources.agent_logs.claude_totals import Tally, added
from posthouse.sources.agent_logs.overlay import Overlay
from posthouse.sources.agent_logs.tree import Listing, list_logs, look_at
from posthouse.sources.base import Signal, State

CHUNK_BYTES = 32 * 1024 * 1024
"""How much of the logs is read before it is made durable."""

CHANGES_BYTES_MAX = 8 * 1024 * 1024
"""How much of the state may wait to be written before it is made durable, at the next point where it is whole."""

GROUP_FILES = 128
"""So many files are begun at once."""

DROPPED_MAX = 20_000
"""So many keys may be dropped in one step."""

PROBLEMS_MAX = 20


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What was read. `state` is the state as it stands then, with what is not written yet on top."""

    state: Overlay
    files: int
    read_bytes: int
    unknown_lines: int
    problems: tuple[str, ...]


class Logs(msgspec.Struct, frozen=True, kw_only=True):
    """Which logs are read, and what is kept of them."""

    roots: tuple[Path, ...]
    excluded: tuple[Path, ...]
    keeps: Keeping


async def has_changed(state: State, logs: Logs) -> bool:
    """Whether a read would find anything new, or has something left to do. Raises OSError as `read_logs`."""
    listing = await _list(logs)
    try:
        reader = _reader(await state.get(READER))
        files = [decode(value, FileState) for value in (await state.items("file:")).values()]
    except StateBroken:
        return True
    if reader is None or reader.keeps != logs.keeps:
        return bool(listing.files or files)
    known = {os.fsdecode(one.path): one for one in files}
    if reader.is_untold or any(listing.is_gone(path) for path in known):
        return True
    return not all(path in known and known[path].cursor.is_current(found) for path, found in listing.files.items())


async def read_logs(
    state: State,
    signal: Signal,
    logs: Logs,
    emit: Callable[[Emission], Awaitable[None]],
    progress: Callable[[int, int], None],
) -> Reading:
    """Read what is new in the logs that the signal tells of, or in all. Raises OSError where a root cannot be listed.

    A file that may not be read keeps the facts that are known of it, and is named among the problems.
    """
    try:
        return await _Read(state, logs, emit, progress).run(signal, is_broken=False)
    except StateBroken:
        return await _Read(state, logs, emit, progress).run(signal, is_broken=True)


class _Work(msgspec.Struct, frozen=True):
    """A file that is to be read: up to which size, and what is known of it."""

    path: str
    size: int
    known: FileState | None

    @property
    def left_bytes(self) -> int:
        return max(self.size - self.known.cursor.offset, 0) if self.known else self.size


class _Read:
    """One read."""

    def __init__(
        self,
        state: State,
        logs: Logs,
        emit: Callable[[Emission], Awaitable[None]],
        progress: Callable[[int, int], None],
    ) -> None:
        self._state = Overlay(state)
        self._logs = logs
        self._emit = emit
        self._progress = progress
        self._problems: list[str] = []
        self._read_bytes = 0

    async def run(self, signal: Signal, *, is_broken: bool) -> Reading:
        """Read, count, and leave the state whole."""
        is_told = bool(signal.paths) and not signal.is_rescan
        if is_told:
            # What an append needs, in one look.
            files = [file_id(path) for path in signal.paths[:GROUP_FILES]]
            await self._state.load([READER, *map(file_key, files), *map(open_key, files)])
        stored = await self._state.get(READER)
        reader = None if is_broken else _reader(stored)
        if reader is None or reader.keeps != self._logs.keeps:
            await self._drop()
            reader, stored, is_told = Reader(keeps=self._logs.keeps), None, False
        self._reader, self._stored = reader, stored
        self._index = Index(self._state, reader.chunks)
        self._books = Books(self._state)
        self._families = Families(self._state, reader, self._index, self._books)
        works, gone = await (self._told(signal.paths) if is_told else self._all())
        if gone:
            await self._forget(gone)
        await self._read_files(works)
        await self._settle()
        while await self._families.count_again():
            await self._flush_if_full()
        await self._books.write()
        self._finish()
        return Reading(
            state=self._state,
            files=reader.files,
            read_bytes=self._read_bytes,
            unknown_lines=reader.unknown,
            problems=tuple(self._problems[:PROBLEMS_MAX] + _skipped(reader)),
        )

    async def _drop(self) -> None:
        """Forget everything, a part at a time; the reader's own record last, so that it may be broken off."""
        for prefix in PREFIXES:
            for digit in "0123456789abcdef":
                for key in await self._state.items(prefix + digit):
                    self._state.delete(key)
                if self._state.count > DROPPED_MAX:
                    await self._emit(self._state.drain())
        for key in await self._state.get_many([TOTALS, READER]):
            self._state.delete(key)

    async def _told(self, paths: Sequence[str]) -> tuple[list[_Work], list[bytes]]:
        """What is to be done about these paths: files to read, and files that are gone."""
        seen = await asyncio.to_thread(look_at, paths, self._logs.roots, self._logs.excluded)
        keys = {file_key(file_id(path)): path for path in (*seen.files, *seen.gone)}
        known = {keys[key]: decode(value, FileState) for key, value in (await self._state.get_many(list(keys))).items()}
        works = self._works(seen.files, known)
        self._problems += [f"{path} could not be read: {why}." for path, why in seen.unreadable.items()]
        return works, [file_id(path) for path in seen.gone if path in known]

    async def _all(self) -> tuple[list[_Work], list[bytes]]:
        """The same about everything below the roots."""
        listing = await _list(self._logs)
        self._problems += [f"{path} could not be listed: {why}." for path, why in sorted(listing.unreadable.items())]
        stored = await self._state.items("file:")
        known = {os.fsdecode(one.path): one for one in (decode(value, FileState) for value in stored.values())}
        gone = [file_id(path) for path in sorted(known) if listing.is_gone(path)]
        return self._works(listing.files, known), gone

    def _works(self, found: Mapping[str, os.stat_result], known: Mapping[str, FileState]) -> list[_Work]:
        return [
            _Work(path, status.st_size, known.get(path))
            for path, status in sorted(found.items())
            if path not in known or not known[path].cursor.is_current(status)
        ]

    async def _forget(self, files: Sequence[bytes]) -> None:
        await self._settle()
        for file in files:
            await self._families.forget(file)
            await self._flush_if_full()

    async def _read_files(self, works: Sequence[_Work]) -> None:
        total, room = sum(one.left_bytes for one in works), CHUNK_BYTES
        for group in _groups(works):
            logs = await self._begin(group)
            while not all(log.is_done for log in logs):
                done, brought = await asyncio.to_thread(read_on, logs, room)
                self._read_bytes += done
                room -= done
                self._progress(min(self._read_bytes, total), total)
                await self._apply(brought)
                if room <= 0:
                    await self._flush()
                    room = CHUNK_BYTES
            self._problems += [log.problem for log in logs if log.problem]

    async def _begin(self, group: Sequence[_Work]) -> list[LogFile]:
        keys = [open_key(file_id(one.path)) for one in group if one.known]
        pages = await self._state.get_many(keys) if keys else {}
        logs = []
        for one in group:
            page = None
            if one.known:
                value = pages.get(open_key(file_id(one.path)))
                if value is None:
                    raise StateBroken(f"{one.path} lacks its open page")
                page = decode(value, Page)
            logs.append(LogFile(one.path, one.size, self._logs.keeps, one.known, page))
        return logs

    async def _apply(self, brought: Sequence[Brought]) -> None:
        """Take over what was read, so that the state is whole again."""
        replaced = {one.file for one in brought if one.is_anew and one.former}
        if replaced:
            await self._forget(sorted(replaced))
        gained: dict[str, Tally] = {}
        for one in brought:
            self._put(one)
            if one.former and one.file not in replaced:
                self._reader.count(one.former, -1)
            self._reader.count(one.state, 1)
            self._index.add(one.fresh, one.file)
            if one.is_dirty:
                self._reader.dirty.add(one.file)
            for session, more in one.gained.items():
                gained[session] = added(gained[session], more) if session in gained else more
        await self._state.load([*self._books.keys_for(gained), *self._index.keys_for_fresh()])
        shared = await self._books.add(gained) if gained else set()
        self._reader.dirty |= {one.file for one in brought if not shared.isdisjoint(one.gained)}

    def _put(self, one: Brought) -> None:
        for number, page in one.closed.items():
            self._state.put(page_key(one.file, number), page)
        for session in one.joined:
            self._state.put(member_key(session, one.file), b"")
        self._state.put(open_key(one.file), one.open)
        self._state.put(file_key(one.file), encode(one.state))

    async def _settle(self) -> None:
        """Look up what is not looked up yet."""
        async for meetings in self._index.settle():
            self._families.meet(meetings)
            await self._flush_if_full()

    async def _flush_if_full(self) -> None:
        if self._state.size > CHANGES_BYTES_MAX:
            await self._flush()

    async def _flush(self) -> None:
        """Make everything so far durable."""
        self._index.put_aside()
        await self._books.write()
        self._reader.chunks, self._reader.is_untold = self._index.chunks, True
        self._stored = encode(self._reader)
        self._state.put(READER, self._stored)
        await self._emit(self._state.drain())

    def _finish(self) -> None:
        self._reader.chunks, self._reader.is_untold = 0, False
        value = encode(self._reader) if self._reader.files else None
        if value is None and self._stored is not None:
            self._state.delete(READER)
        elif value is not None and value != self._stored:
            self._state.put(READER, value)


def _reader(stored: bytes | None) -> Reader | None:
    """The reader's record; None where there is none, or one of another version."""
    if stored is None:
        return None
    try:
        found = decode(stored, Reader)
    except StateBroken:
        return None
    return found if found.version == STATE_VERSION else None


async def _list(logs: Logs) -> Listing:
    listing = await asyncio.to_thread(list_logs, logs.roots, logs.excluded)
    for root in logs.roots:
        reason = listing.unreadable.get(str(root.absolute()))
        if reason is not None:
            raise OSError(f"{root} could not be listed: {reason}")
    return listing


def _groups(works: Sequence[_Work]) -> Iterator[list[_Work]]:
    """The files in parts that are read together: a chunk's worth, or one file."""
    group: list[_Work] = []
    size = 0
    for one in works:
        if group and (len(group) >= GROUP_FILES or size + one.left_bytes > CHUNK_BYTES):
            yield group
            group, size = [], 0
        group.append(one)
        size += one.left_bytes
    if group:
        yield group


def _skipped(reader: Reader) -> list[str]:
    told = []
    if reader.malformed:
        told.append(f"{reader.malformed} line(s) made no sense and were skipped.")
    if reader.too_long:
        told.append(f"{reader.too_long} line(s) were longer than 16 MiB and were skipped.")
    return told
