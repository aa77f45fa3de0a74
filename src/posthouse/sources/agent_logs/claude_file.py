"""The reading of one log file, step by step, and what it brought since it was last asked.

In: a path, what is known of the file and its open page. Out: `Brought`, after any number of steps: its new pages and
record, the identities that are new, and what its sessions gained. These calls block: make them off the event loop.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import msgspec

from posthouse.sources.agent_logs.claude_log import Folder, Keeping, Page, encode, session_of_path
from posthouse.sources.agent_logs.claude_state import FileState, file_id
from posthouse.sources.agent_logs.claude_totals import Tally, added, tally
from posthouse.sources.jsonl import Cursor, read_slice

STEP_BYTES = 1024 * 1024
HOP_BYTES = 4 * 1024 * 1024
"""How much is read before the event loop hears of it."""


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """What steps brought. `is_anew`: what was known of the file before no longer holds.

    `closed` are pages by their number; `gained` is exact only if the file is not `is_dirty`, and if what is `fresh`
    stands nowhere else. `joined` are the sessions that its open page did not speak of before.
    """

    file: bytes
    former: FileState | None
    state: FileState
    is_anew: bool
    is_dirty: bool
    closed: dict[int, bytes]
    open: bytes
    fresh: list[bytes]
    gained: dict[str, Tally]
    joined: tuple[str, ...]


class LogFile:
    """One file, up to the size that it had when it was found. `is_done`: that has been reached, or nothing more can be.

    `problem` says in words why it cannot.
    """

    def __init__(self, path: str, size: int, keeps: Keeping, known: FileState | None, page: Page | None) -> None:
        self.path = path
        self.file = file_id(path)
        self.is_done = False
        self.problem = ""
        self._size = size
        self._keeps = keeps
        self._former = known
        self._is_anew = False
        self._cursor: Cursor | None = None
        self._begin(known, page)

    def step(self) -> int:
        """Take one slice in; how many bytes that was. Raises OSError, and then nothing has been taken in."""
        part = read_slice(self.path, self._cursor, slice_bytes=STEP_BYTES)
        if part.is_anew and self._cursor is not None:
            self._is_anew = True
            self._begin(None, None)
        before = self._cursor.offset if self._cursor else 0
        self._folder.fold(part.block)
        while self._folder.full:
            self._close(self._folder.full.pop(0))
        self._cursor = part.cursor
        self.is_done = part.is_end or part.cursor.offset >= self._size
        return part.cursor.offset - before

    def take(self) -> Brought | None:
        """What was brought since the last call; None where nothing was read."""
        if self._cursor is None or (self._former is not None and self._cursor == self._former.cursor):
            return None
        folder, page = self._folder, self._folder.page()
        counted = tally([page])
        for session, now in counted.items():
            self._gain(session, now, 1)
        for session, before in self._counted.items():
            self._gain(session, before, -1)
        brought = Brought(
            file=self.file,
            former=self._former,
            state=FileState(
                path=os.fsencode(self.path),
                cursor=self._cursor,
                pages=self._pages,
                malformed=self._malformed + folder.malformed,
                unknown=self._unknown + folder.unknown,
                is_knotted=self._is_knotted,
            ),
            is_anew=self._is_anew,
            is_dirty=self._is_knotted or folder.is_tangled,
            closed=self._closed,
            open=encode(page),
            fresh=folder.fresh,
            gained=self._gained,
            joined=tuple(session for session in self._gained if session not in self._counted),
        )
        self._former, self._is_anew = brought.state, False
        folder.fresh, folder.is_tangled = [], False
        self._count_from(counted)
        return brought

    def _begin(self, known: FileState | None, page: Page | None) -> None:
        self._folder = Folder(session_of_path(self.path), self._keeps, page=page)
        self._cursor = known.cursor if known else None
        self._pages = known.pages if known else 0
        self._malformed = known.malformed if known else 0
        self._unknown = known.unknown if known else 0
        self._is_knotted = known is not None and known.is_knotted
        self._count_from(tally([page]) if page else {})

    def _count_from(self, counted: dict[str, Tally]) -> None:
        """The open page has been counted so far."""
        self._counted = counted
        self._gained: dict[str, Tally] = {}
        self._closed: dict[int, bytes] = {}

    def _close(self, page: Page) -> None:
        self._closed[self._pages] = encode(page)
        self._pages += 1
        for session, now in tally([page]).items():
            self._gain(session, now, 1)

    def _gain(self, session: str, counted: Tally, times: int) -> None:
        """A session has so much more, or less."""
        known = self._gained.get(session)
        self._gained[session] = (
            counted if known is None and times == 1 else added(known or Tally(session), counted, times)
        )


def read_on(logs: Sequence[LogFile], room: int) -> tuple[int, list[Brought]]:
    """Read the files in turn for a while: how many bytes that was, and what it brought.

    Nothing is brought where there is more to read and still `room` for it.
    """
    done = 0
    for log in logs:
        while not log.is_done and done < HOP_BYTES:
            try:
                done += log.step()
            except OSError as error:
                log.is_done = True
                if not isinstance(error, FileNotFoundError):
                    log.problem = f"{log.path} could not be read: {error.strerror or error}."
    is_over = done >= room or all(log.is_done for log in logs)
    return done, [one for log in logs if (one := log.take()) is not None] if is_over else []
