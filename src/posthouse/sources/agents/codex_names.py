"""What Codex's sessions are called: the file `session_index.jsonl` in its folder, a line for each naming.

Its lines are `{id, thread_name, updated_at}`, and the last one of an id counts. Lines of another shape are passed over.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

import msgspec

from posthouse.model.agents import ID_MAX, TITLE_MAX
from posthouse.sources.jsonl import Cursor, read_slice

NAMES_MAX = 10_000
"""Names that are known; of more, the oldest are forgotten."""


class _Named(msgspec.Struct):
    id: str
    thread_name: str


class SessionNames:
    """Reads on whenever it is asked and the file has changed. Blocks: ask off the event loop, from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._cursor: Cursor | None = None
        self._names: dict[str, str] = {}
        self._lock = threading.Lock()

    def of(self, session_id: str) -> str:
        """A session's name, "" where it has none or the file cannot be read."""
        with self._lock:
            with suppress(OSError):
                self._read()
            return self._names.get(session_id, "")

    def _read(self) -> None:
        is_end = self._cursor is not None and self._cursor.is_current(self._path.lstat())
        while not is_end:
            part = read_slice(str(self._path), self._cursor)
            if part.is_anew:
                self._names.clear()
            for raw in part.lines:
                self._take(raw)
            self._cursor, is_end = part.cursor, part.is_end

    def _take(self, raw: bytes) -> None:
        try:
            named = msgspec.json.decode(raw, type=_Named)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
        self._names.pop(named.id, None)
        self._names[named.id[:ID_MAX]] = named.thread_name[:TITLE_MAX]
        if len(self._names) > NAMES_MAX:
            del self._names[next(iter(self._names))]
