"""Reading Claude Code's logs from where the last read stopped, with what that changes in the source's state.

    file:<hash>          LogState: cursor, number of pages, counts of what could not be read      (one per file)
    page:<hash>:<n>      Page n of that file's facts; only the last one is ever written again

Nothing is written here: `Reading` holds the puts and deletes, for `collect` to hand over and for `preview` to drop.
A file whose pages were made under another choice about prompts is read anew, so that no prompt stays behind in the
state once its owner has switched previews off.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from hashlib import blake2b
from pathlib import Path

import msgspec

from posthouse.model.sources import StateKey, StatePut
from posthouse.sources.agent_logs.claude_log import (
    STATE_VERSION,
    Folder,
    LogState,
    Page,
    decode_page,
    decode_state,
    encode,
    session_of_path,
)
from posthouse.sources.agent_logs.tree import Listing, list_logs
from posthouse.sources.base import State
from posthouse.sources.jsonl import read_slice

PROBLEMS_MAX = 20


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """All facts as they stand now, and what of the state would have to change for them to be there next time."""

    pages: list[Page]
    puts: tuple[StatePut, ...]
    deletes: tuple[StateKey, ...]
    files: int
    read_bytes: int
    unknown_lines: int
    problems: tuple[str, ...]


async def has_changed(state: State, roots: tuple[Path, ...], excluded: tuple[Path, ...], *, has_prompts: bool) -> bool:
    """Whether a read would find anything new. Raises OSError where a root cannot be listed."""
    listing = await _list(roots, excluded)
    known = _states(await state.items("file:"))
    if any(listing.is_gone(os.fsdecode(one.path)) for one in known.values()):
        return True
    return not all(_is_current(known.get(_file_key(path)), found, has_prompts) for path, found in listing.files.items())


async def read_logs(
    state: State,
    roots: tuple[Path, ...],
    excluded: tuple[Path, ...],
    progress: Callable[[int, int], None],
    *,
    has_prompts: bool,
) -> Reading:
    """Read what is new in every log below the roots. Raises OSError where a root cannot be listed.

    A file that may not be read keeps the facts that are known of it, and is named among the problems.
    """
    listing = await _list(roots, excluded)
    files, pages = dict(await state.items("file:")), dict(await state.items("page:"))
    stored = files.keys() | pages.keys()
    known = {
        key: one
        for key, one in _states(files).items()
        if not listing.is_gone(os.fsdecode(one.path)) and all(page in pages for page in _page_keys(key, one))
    }
    problems = [f"{folder} could not be listed: {reason}." for folder, reason in sorted(listing.unreadable.items())]
    changed = {
        path: found.st_size
        for path, found in sorted(listing.files.items())
        if not _is_current(known.get(_file_key(path)), found, has_prompts)
    }
    total = sum(_left_bytes(known.get(_file_key(path)), size, has_prompts) for path, size in changed.items())
    done = 0
    puts: dict[str, bytes] = {}
    for path, size in changed.items():
        log = _Log(path, size, known.get(_file_key(path)), pages, has_prompts=has_prompts)
        try:
            while not log.is_done:
                done += await asyncio.to_thread(log.step)
                progress(min(done, total), total)
        except FileNotFoundError:
            continue
        except OSError as error:
            problems.append(f"{log.path} could not be read: {error.strerror or error}.")
            continue
        known[log.key] = log.state()
        puts |= log.puts()
    claimed = {page for key, one in known.items() for page in _page_keys(key, one)}
    current = {key: page for key, page in (pages | puts).items() if key in claimed}
    return Reading(
        pages=await asyncio.to_thread(lambda: [decode_page(page) for page in current.values()]),
        puts=tuple(StatePut(key, value) for key, value in puts.items()),
        deletes=tuple(StateKey(key) for key in sorted(stored - known.keys() - claimed)),
        files=len(known),
        read_bytes=done,
        unknown_lines=sum(one.unknown for one in known.values()),
        problems=tuple(problems[:PROBLEMS_MAX] + _skipped(known)),
    )


class _Log:
    """The reading of one file, step by step, up to the size that it had when it was listed."""

    def __init__(
        self, path: str, size: int, known: LogState | None, pages: Mapping[str, bytes], *, has_prompts: bool
    ) -> None:
        self.path = path
        self.key = _file_key(path)
        self.is_done = False
        self._size = size
        self._has_prompts = has_prompts
        self._known = known if known is not None and known.has_prompts == has_prompts else None
        self._cursor = self._known.cursor if self._known else None
        self._folder = self._new_folder(pages)

    def step(self) -> int:
        """Take one slice in; blocks. Answers how many bytes that was. Raises OSError."""
        part = read_slice(self.path, self._cursor)
        if part.is_anew:
            self._known = self._cursor = None
            self._folder = self._new_folder({})
        before = self._cursor.offset if self._cursor else 0
        self._folder.fold(part.lines)
        self._cursor = part.cursor
        self.is_done = part.is_end or part.cursor.offset >= self._size
        return part.cursor.offset - before

    def state(self) -> LogState:
        """Where the reading stands. Only after a step."""
        assert self._cursor is not None
        return LogState(
            version=STATE_VERSION,
            path=os.fsencode(self.path),
            cursor=self._cursor,
            pages=self._folder.number + 1,
            has_prompts=self._has_prompts,
            malformed=self._folder.malformed + (self._known.malformed if self._known else 0),
            unknown=self._folder.unknown + (self._known.unknown if self._known else 0),
        )

    def puts(self) -> dict[str, bytes]:
        """The state's entries that are new: this file's own, and its pages from the one that was open."""
        folder = self._folder
        changed = folder.full | {folder.number: folder.encoded()}
        return {_page_key(self.key, number): page for number, page in changed.items()} | {
            self.key: encode(self.state())
        }

    def _new_folder(self, pages: Mapping[str, bytes]) -> Folder:
        number = self._known.pages - 1 if self._known else 0
        page = decode_page(pages[_page_key(self.key, number)]) if self._known else None
        return Folder(session_of_path(self.path), has_prompts=self._has_prompts, first_page=number, page=page)


async def _list(roots: tuple[Path, ...], excluded: tuple[Path, ...]) -> Listing:
    listing = await asyncio.to_thread(list_logs, roots, excluded)
    for root in roots:
        reason = listing.unreadable.get(str(root.absolute()))
        if reason is not None:
            raise OSError(f"{root} could not be listed: {reason}")
    return listing


def _states(stored: Mapping[str, bytes]) -> dict[str, LogState]:
    """What is known of each file, as far as this version can read it; the rest is read anew."""
    known = {}
    for key, value in stored.items():
        try:
            one = decode_state(value)
        except msgspec.DecodeError:
            continue
        if one.version == STATE_VERSION:
            known[key] = one
    return known


def _left_bytes(known: LogState | None, size: int, has_prompts: bool) -> int:
    if known is None or known.has_prompts != has_prompts:
        return size
    return max(size - known.cursor.offset, 0)


def _is_current(known: LogState | None, found: os.stat_result, has_prompts: bool) -> bool:
    return known is not None and known.has_prompts == has_prompts and known.cursor.is_current(found)


def _file_key(path: str) -> str:
    return "file:" + blake2b(os.fsencode(path), digest_size=16).hexdigest()


def _page_keys(file_key: str, one: LogState) -> list[str]:
    return [_page_key(file_key, number) for number in range(one.pages)]


def _page_key(file_key: str, number: int) -> str:
    return f"page:{file_key.removeprefix('file:')}:{number:06d}"


def _skipped(known: Mapping[str, LogState]) -> list[str]:
    malformed = sum(one.malformed for one in known.values())
    too_long = sum(one.cursor.too_long for one in known.values())
    told = []
    if malformed:
        told.append(f"{malformed} line(s) made no sense and were skipped.")
    if too_long:
        told.append(f"{too_long} line(s) were longer than 16 MiB and were skipped.")
    return told
