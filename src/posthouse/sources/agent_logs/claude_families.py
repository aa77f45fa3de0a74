"""Families: the files that share sessions or identities, which are counted together.

A *family* is a connected component of files: two hold facts of one session (`member:`), or one identity (`tie:`). The
join over the pages of one family gives for its sessions exactly what a join over everything would. The ordinary family
is one session's file, whose counts are only added to; a family is counted again from its pages where a sum would not
be exact, and then costs its own size, in time and in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

import msgspec

from posthouse.sources.agent_logs.claude_books import Books
from posthouse.sources.agent_logs.claude_index import IDENTITY_BYTES, Index, Meeting
from posthouse.sources.agent_logs.claude_log import Page
from posthouse.sources.agent_logs.claude_state import (
    FileState,
    Reader,
    decode,
    member_key,
    members_of,
    tie_key,
    ties_of,
)
from posthouse.sources.agent_logs.claude_totals import Tally, tally
from posthouse.sources.agent_logs.log_state import StateBroken, encode, file_key, open_key, page_key
from posthouse.sources.agent_logs.overlay import Overlay


class Families:
    """Counts families again, and takes files out of them."""

    def __init__(self, state: Overlay, reader: Reader, index: Index, books: Books) -> None:
        self._state = state
        self._reader = reader
        self._index = index
        self._books = books

    def meet(self, meetings: Iterable[Meeting]) -> None:
        """Files turned out to share an identity: they are family, to be counted again."""
        for files in meetings:
            self._reader.dirty |= files
            self._tie(files)

    async def forget(self, file: bytes) -> None:
        """Nothing of this file counts any more; what is left of its family is to be counted again.

        The index must be settled before.
        """
        family = await self._family(file)
        one, pages = family.pop(file)
        sessions = sessions_in(pages)
        for other in await self._tied(file):
            self._state.delete(tie_key(file, other))
            self._state.delete(tie_key(other, file))
        # Two of the rest may have been tied only by way of this one: all are counted together once more.
        self._tie(frozenset(family))
        alone = [session for session in sessions if await self._members(session) == {file}]
        await self._books.replace(alone, {})
        for session in sessions:
            self._state.delete(member_key(session, file))
        identities = {identity for page in pages for identity in page.identities()}
        await self._index.remove(identity[:IDENTITY_BYTES] + file for identity in identities)
        for key in (file_key(file), open_key(file), *(page_key(file, number) for number in range(one.pages))):
            self._state.delete(key)
        self._reader.count(one, -1)
        self._reader.dirty = self._reader.dirty - {file} | family.keys()

    async def count_again(self) -> bool:
        """Count the family of one dirty file; False where there is none."""
        if not self._reader.dirty:
            return False
        family = await self._family(next(iter(self._reader.dirty)))
        counted, knotted, shared = await asyncio.to_thread(_count, {file: pages for file, (_, pages) in family.items()})
        await self._books.replace(counted, counted)
        for file, (one, _) in family.items():
            if one.is_knotted != (file in knotted):
                self._state.put(file_key(file), encode(msgspec.structs.replace(one, is_knotted=file in knotted)))
            for other in await self._tied(file):
                self._state.delete(tie_key(file, other))
        for files in shared:
            self._tie(files)
        self._reader.dirty -= family.keys()
        return True

    def _tie(self, files: Meeting) -> None:
        """Tie each of these files to the first of them."""
        ordered = sorted(files)
        for other in ordered[1:]:
            self._state.put(tie_key(ordered[0], other), b"")
            self._state.put(tie_key(other, ordered[0]), b"")

    async def _family(self, file: bytes) -> dict[bytes, tuple[FileState, list[Page]]]:
        """The files of a file's family, each with its record and pages."""
        family: dict[bytes, tuple[FileState, list[Page]]] = {}
        waiting, sessions = {file}, set[str]()
        while waiting:
            one = waiting.pop()
            family[one] = await self._pages(one)
            near = await self._tied(one)
            for session in sessions_in(family[one][1]) - sessions:
                sessions.add(session)
                near |= await self._members(session)
            waiting |= near - family.keys()
        return family

    async def _members(self, session: str) -> set[bytes]:
        return {_last_of(key) for key in await self._state.items(members_of(session))}

    async def _tied(self, file: bytes) -> set[bytes]:
        return {_last_of(key) for key in await self._state.items(ties_of(file))}

    async def _pages(self, file: bytes) -> tuple[FileState, list[Page]]:
        """A file's record and all its pages, the open one last. Raises StateBroken where one is missing."""
        value = await self._state.get(file_key(file))
        if value is None:
            raise StateBroken(f"{file.hex()} is not known")
        one = decode(value, FileState)
        keys = [*(page_key(file, number) for number in range(one.pages)), open_key(file)]
        found = await self._state.get_many(keys)
        if len(found) != len(keys):
            raise StateBroken(f"{file.hex()} lacks a page")
        return one, [decode(found[key], Page) for key in keys]


def sessions_in(pages: Iterable[Page]) -> set[str]:
    """The sessions that any of these pages speaks of."""
    return {facts.id for page in pages for facts in page.sessions}


def _count(held: Mapping[bytes, list[Page]]) -> tuple[dict[str, Tally], set[bytes], set[Meeting]]:
    """The family counted; which files' open page holds an identity that stands elsewhere too; who shares identities."""
    counted = tally([page for pages in held.values() for page in pages])
    places: dict[bytes, list[tuple[bytes, bool]]] = {}
    for file, pages in held.items():
        for page in pages:
            place = (file, page is pages[-1])
            for identity in page.identities():
                places.setdefault(identity, []).append(place)
    met = [found for found in places.values() if len(found) > 1]
    knotted = {file for found in met for file, is_open in found if is_open}
    shared = {frozenset(file for file, _ in found) for found in met}
    return counted, knotted, {files for files in shared if len(files) > 1}


def _last_of(key: str) -> bytes:
    return bytes.fromhex(key.rpartition(":")[2])
