"""The reading of one of Claude Code's logs, and what it brought since it was last asked.

In: a path, what is known of the file and its open page. Out: `Brought`, after any number of steps: its new pages and
record, the identities that are new, and what its sessions gained. These calls block: make them off the event loop.
"""

from __future__ import annotations

import os

import msgspec

from posthouse.sources.agent_logs.claude_log import Folder, Keeping, Page, encode, session_of_path
from posthouse.sources.agent_logs.claude_state import FileState
from posthouse.sources.agent_logs.claude_totals import Tally, added, tally
from posthouse.sources.agent_logs.log_file import LogFile


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


class ClaudeFile(LogFile[Brought]):
    """One file, with the page that still grows."""

    def __init__(self, path: str, size: int, keeps: Keeping, known: FileState | None, page: Page | None) -> None:
        super().__init__(path, size, known.cursor if known else None)
        self._keeps = keeps
        self._former = known
        self._is_anew = False
        self._begin(known, page)

    def take(self) -> Brought | None:
        """As the base says."""
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

    def _begin_anew(self) -> None:
        self._is_anew = True
        self._begin(None, None)

    def _fold(self, block: bytes) -> None:
        self._folder.fold(block)
        while self._folder.full:
            self._close(self._folder.full.pop(0))

    def _begin(self, known: FileState | None, page: Page | None) -> None:
        self._folder = Folder(session_of_path(self.path), self._keeps, page=page)
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
