"""Reading Claude Code's logs, and keeping count.

    read what is new (log_reading) ─┬─▶ pages, records ─┐
                                    ├─▶ identities ─────┼─▶ state
                                    └─▶ books ──────────┘
    at the end: look the identities up (claude_index), count families again where they met (claude_families)

What a read costs is what was added: an append is folded into its file's open page, and what it gained is added to its
session, its days and the totals (claude_books). What was counted before all identities were looked up is set right at
the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import msgspec

from posthouse.sources.agent_logs.claude_books import Books
from posthouse.sources.agent_logs.claude_families import Families
from posthouse.sources.agent_logs.claude_file import Brought, ClaudeFile
from posthouse.sources.agent_logs.claude_index import Index
from posthouse.sources.agent_logs.claude_log import Keeping, Page
from posthouse.sources.agent_logs.claude_state import (
    PREFIXES,
    STATE_VERSION,
    TOTALS,
    FileState,
    Reader,
    decode,
    member_key,
)
from posthouse.sources.agent_logs.claude_totals import Tally, added
from posthouse.sources.agent_logs.log_reading import Emit, Logs, Memory, Progress, ReadLogs, Work
from posthouse.sources.agent_logs.log_state import StateBroken, encode, file_key, open_key, page_key
from posthouse.sources.agent_logs.overlay import Overlay
from posthouse.sources.base import Signal, State

MEMORY = Memory(
    version=STATE_VERSION,
    decode_file=partial(decode, wanted=FileState),
    decode_reader=partial(decode, wanted=Reader),
    prefixes=PREFIXES,
    singles=(TOTALS,),
)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What was read. `state` is the state as it stands then, with what is not written yet on top."""

    state: Overlay
    files: int
    read_bytes: int
    unknown_lines: int
    problems: tuple[str, ...]


async def read_logs(state: State, signal: Signal, logs: Logs[Keeping], emit: Emit, progress: Progress) -> Reading:
    """Read what is new in the logs that the signal tells of, or in all. Raises OSError where a root cannot be listed.

    A file that may not be read keeps the facts that are known of it, and is named among the problems.
    """
    try:
        return await _read(state, signal, logs, emit, progress, is_broken=False)
    except StateBroken:
        return await _read(state, signal, logs, emit, progress, is_broken=True)


async def _read(
    state: State, signal: Signal, logs: Logs[Keeping], emit: Emit, progress: Progress, *, is_broken: bool
) -> Reading:
    read = _Read(state, logs, MEMORY, Reader(keeps=logs.keeps), emit, progress)
    reader = await read.run(signal, is_broken=is_broken)
    return Reading(
        state=read.state,
        files=reader.files,
        read_bytes=read.read_bytes,
        unknown_lines=reader.unknown,
        problems=read.problems,
    )


class _Read(ReadLogs[FileState, Reader, Brought, Keeping]):
    """One read."""

    async def _prepare(self) -> None:
        self._index = Index(self.state, self._reader.chunks)
        self._books = Books(self.state)
        self._families = Families(self.state, self._reader, self._index, self._books)

    def _log_file(self, work: Work[FileState], opened: bytes | None) -> ClaudeFile:
        page = decode(opened, Page) if opened is not None else None
        return ClaudeFile(work.path, work.size, self._logs.keeps, work.known, page)

    async def _forget(self, files: Sequence[bytes]) -> None:
        await self._look_up()
        for file in files:
            await self._families.forget(file)
            await self._flush_if_full()

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
        await self.state.load([*self._books.keys_for(gained), *self._index.keys_for_fresh()])
        shared = await self._books.add(gained) if gained else set()
        self._reader.dirty |= {one.file for one in brought if not shared.isdisjoint(one.gained)}

    def _put(self, one: Brought) -> None:
        for number, page in one.closed.items():
            self.state.put(page_key(one.file, number), page)
        for session in one.joined:
            self.state.put(member_key(session, one.file), b"")
        self.state.put(open_key(one.file), one.open)
        self.state.put(file_key(one.file), encode(one.state))

    async def _settle(self) -> None:
        self._index.put_aside()
        await self._books.write()
        self._reader.chunks = self._index.chunks

    async def _finish(self) -> None:
        await self._look_up()
        while await self._families.count_again():
            await self._flush_if_full()
        await self._books.write()
        self._reader.chunks = 0

    async def _look_up(self) -> None:
        """Look up what is not looked up yet."""
        async for meetings in self._index.settle():
            self._families.meet(meetings)
            await self._flush_if_full()

    async def _flush_if_full(self) -> None:
        if self._is_full():
            await self._flush()
