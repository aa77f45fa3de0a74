"""Reading Codex's logs, and keeping count.

    read what is new (log_reading) ─┬─▶ records, pages ─┐
                                    └─▶ books ──────────┴─▶ state

What a read costs is what was added: an append is folded into its file's record, from which its session is counted; the
days gain what the session gained. Only a session with several files is counted from the pages of all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from functools import partial

import msgspec

from posthouse.model.rate_limits import RateLimits
from posthouse.sources.agent_logs.codex_books import Books
from posthouse.sources.agent_logs.codex_file import Brought, CodexFile
from posthouse.sources.agent_logs.codex_log import Keeping, Open, Page
from posthouse.sources.agent_logs.codex_state import (
    LIMITS,
    MEMBERS_MAX,
    PREFIXES,
    STATE_VERSION,
    TITLES,
    FileState,
    Members,
    Reader,
    decode,
    decode_members,
    members_key,
    rate_limits,
)
from posthouse.sources.agent_logs.codex_titles import read_titles
from posthouse.sources.agent_logs.codex_totals import Held, Tally, tally_of, tally_together
from posthouse.sources.agent_logs.log_reading import Emit, Logs, Memory, Progress, ReadLogs, Work
from posthouse.sources.agent_logs.log_state import StateBroken, encode, file_key, open_key, page_key, session_key
from posthouse.sources.agent_logs.overlay import Overlay
from posthouse.sources.base import Signal, State

MEMORY = Memory(
    version=STATE_VERSION,
    decode_file=partial(decode, wanted=FileState),
    decode_reader=partial(decode, wanted=Reader),
    prefixes=PREFIXES,
    singles=(LIMITS, TITLES),
)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What was read. `state` is the state as it stands then, with what is not written yet on top."""

    state: Overlay
    files: int
    sessions: int
    limits: RateLimits | None
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
        state=read.state, files=reader.files, sessions=reader.sessions, limits=read.limits, problems=read.problems
    )


class _Read(ReadLogs[FileState, Reader, Brought, Keeping]):
    """One read. `limits`: the account's, as far as they are known."""

    limits: RateLimits | None = None

    async def _prepare(self) -> None:
        self._books = Books(self.state)
        self.limits = self._kept_limits = await rate_limits(self.state)

    def _log_file(self, work: Work[FileState], opened: bytes | None) -> CodexFile:
        known = decode(opened, Open) if opened is not None else Open()
        return CodexFile(work.path, work.size, self._logs.keeps, work.known, known)

    async def _apply(self, brought: Sequence[Brought]) -> None:
        """Take over what was read, so that the state is whole again."""
        replaced = [one.file for one in brought if one.is_anew and one.former]
        if replaced:
            await self._forget(replaced)
        joined: dict[str, list[bytes]] = {}
        for one in brought:
            for number, page in one.closed.items():
                self.state.put(page_key(one.file, number), page)
            self.state.put(open_key(one.file), one.value)
            self.state.put(file_key(one.file), encode(one.state))
            if one.former and not one.is_anew:
                self._reader.count(one.former, -1)
            self._reader.count(one.state, 1)
            if one.state.session and (one.is_anew or not one.former or not one.former.session):
                joined.setdefault(one.state.session, []).append(one.file)
            self._note_limits(one.limits)
        opened = {one.file: one.opened for one in brought}
        await self._count({one.state.session for one in brought if one.state.session}, opened, joined=joined)

    async def _forget(self, files: Sequence[bytes]) -> None:
        """Nothing of these files counts any more."""
        found = await self.state.get_many([file_key(file) for file in files])
        left: dict[str, list[bytes]] = {}
        for file in files:
            if file_key(file) not in found:
                raise StateBroken(f"{file.hex()} is not known")
            one = decode(found[file_key(file)], FileState)
            for key in (file_key(file), open_key(file), *(page_key(file, number) for number in range(one.pages))):
                self.state.delete(key)
            self._reader.count(one, -1)
            if one.session:
                left.setdefault(one.session, []).append(file)
        await self._count(left.keys(), {}, left=left)

    async def _count(
        self,
        sessions: Collection[str],
        opened: Mapping[bytes, Open],
        *,
        joined: Mapping[str, Sequence[bytes]] | None = None,
        left: Mapping[str, Sequence[bytes]] | None = None,
    ) -> None:
        """Count these sessions anew: from their one file, or from all of them. Some files joined them, or left."""
        if not sessions:
            return
        found = await self.state.get_many([key for one in sessions for key in (members_key(one), session_key(one))])
        for session in sessions:
            value = found.get(members_key(session))
            known = decode_members(value) if value is not None else []
            members = _members(known, joined.get(session, ()) if joined else (), left.get(session, ()) if left else ())
            if not members:
                self.state.delete(members_key(session))
            elif members != known:
                self.state.put(members_key(session), encode(members))
            before = found.get(session_key(session))
            former = decode(before, Tally) if before is not None else None
            self._books.replace(former, await self._tally(members, opened))

    async def _tally(self, members: Sequence[bytes], opened: Mapping[bytes, Open]) -> Tally | None:
        if not members:
            return None
        if len(members) == 1:
            (file,) = members
            return tally_of((opened.get(file) or await self._open(file)).facts)
        held = [await self._held(file) for file in members]
        return await asyncio.to_thread(tally_together, held)

    async def _held(self, file: bytes) -> Held:
        """A file's record with all its pages, the open one last. Raises StateBroken where one is missing."""
        value = await self.state.get(file_key(file))
        if value is None:
            raise StateBroken(f"{file.hex()} is not known")
        keys = [page_key(file, number) for number in range(decode(value, FileState).pages)]
        found = await self.state.get_many(keys) if keys else {}
        if len(found) != len(keys):
            raise StateBroken(f"{file.hex()} lacks a page")
        opened = await self._open(file)
        return Held(file, opened.facts, [*(decode(found[key], Page) for key in keys), opened.page])

    async def _open(self, file: bytes) -> Open:
        value = await self.state.get(open_key(file))
        if value is None:
            raise StateBroken(f"{file.hex()} lacks its record")
        return decode(value, Open)

    def _note_limits(self, limits: RateLimits | None) -> None:
        if limits is not None and (self.limits is None or limits.heard_at >= self.limits.heard_at):
            self.limits = limits

    async def _settle(self) -> None:
        await self._books.write()
        self._reader.sessions += self._books.gained
        self._books.gained = 0
        if self.limits is not None and self.limits != self._kept_limits:
            self.state.put(LIMITS, msgspec.json.encode(self.limits))
            self._kept_limits = self.limits

    async def _finish(self) -> None:
        if self._logs.keeps.has_titles:
            await read_titles(self.state, self._logs.roots, self._logs.excluded)
        await self._settle()
        # Without a log there is nothing left to know.
        if not self._reader.files:
            for key in await self.state.get_many([LIMITS]):
                self.state.delete(key)


def _members(known: Sequence[bytes], joined: Sequence[bytes], left: Sequence[bytes]) -> Members:
    return sorted({*known, *joined} - {*left})[:MEMBERS_MAX]
