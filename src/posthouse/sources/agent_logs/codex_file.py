"""The reading of one of Codex's logs, and what it brought since it was last asked.

In: a path, and what is known of the file. Out: `Brought`, after any number of steps. These calls block: make them off
the event loop.
"""

from __future__ import annotations

import os

import msgspec

from posthouse.model.rate_limits import RateLimits
from posthouse.sources.agent_logs.codex_log import Folder, Keeping, Open
from posthouse.sources.agent_logs.codex_state import FileState
from posthouse.sources.agent_logs.log_file import LogFile
from posthouse.sources.agent_logs.log_state import encode


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """What steps brought. `is_anew`: what was known of the file before no longer holds.

    `closed` are pages by their number, `value` is `opened` as it is stored. `limits`: the latest that were told of.
    """

    file: bytes
    former: FileState | None
    state: FileState
    is_anew: bool
    opened: Open
    value: bytes
    closed: dict[int, bytes]
    limits: RateLimits | None


class CodexFile(LogFile[Brought]):
    """One file, with its record."""

    def __init__(self, path: str, size: int, keeps: Keeping, known: FileState | None, opened: Open) -> None:
        super().__init__(path, size, known.cursor if known else None)
        self._keeps = keeps
        self._former = known
        self._is_anew = False
        self._closed: dict[int, bytes] = {}
        self._begin(known, opened)

    def take(self) -> Brought | None:
        """As the base says."""
        if self._cursor is None or (self._former is not None and self._cursor == self._former.cursor):
            return None
        opened = self._folder.opened
        state = FileState(
            path=os.fsencode(self.path),
            cursor=self._cursor,
            session=opened.facts.session,
            pages=self._pages,
            malformed=self._malformed + self._folder.malformed,
        )
        brought = Brought(
            file=self.file,
            former=self._former,
            state=state,
            is_anew=self._is_anew,
            opened=opened,
            value=encode(opened),
            closed=self._closed,
            limits=self._folder.limits,
        )
        self._former, self._is_anew, self._closed = state, False, {}
        return brought

    def _begin_anew(self) -> None:
        self._is_anew = True
        self._begin(None, Open())

    def _fold(self, block: bytes) -> None:
        self._folder.fold(block)
        for page in self._folder.full:
            self._closed[self._pages] = encode(page)
            self._pages += 1
        self._folder.full = []

    def _begin(self, known: FileState | None, opened: Open) -> None:
        self._folder = Folder(self._keeps, opened)
        self._pages = known.pages if known else 0
        self._malformed = known.malformed if known else 0
        self._closed = {}
