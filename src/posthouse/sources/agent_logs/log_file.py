"""The reading of one log file, step by step; what it brings is its format's own matter.

In: a path, and where the reading stands. Out: `take` gives what steps brought since it was last asked. These calls
block: make them off the event loop.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

from posthouse.sources.agent_logs.log_state import file_id
from posthouse.sources.jsonl import Cursor, read_slice

B = TypeVar("B")

STEP_BYTES = 1024 * 1024
HOP_BYTES = 4 * 1024 * 1024
"""How much is read before the event loop hears of it."""


class LogFile(ABC, Generic[B]):
    """One file, up to the size that it had when it was found. `is_done`: that has been reached, or nothing more can be.

    `problem` says in words why it cannot.
    """

    def __init__(self, path: str, size: int, cursor: Cursor | None) -> None:
        self.path = path
        self.file = file_id(path)
        self.is_done = False
        self.problem = ""
        self._size = size
        self._cursor = cursor

    def step(self) -> int:
        """Take one slice in; how many bytes that was. Raises OSError, and then nothing has been taken in."""
        part = read_slice(self.path, self._cursor, slice_bytes=STEP_BYTES)
        if part.is_anew and self._cursor is not None:
            self._cursor = None
            self._begin_anew()
        before = self._cursor.offset if self._cursor else 0
        self._fold(part.block)
        self._cursor = part.cursor
        self.is_done = part.is_end or part.cursor.offset >= self._size
        return part.cursor.offset - before

    @abstractmethod
    def take(self) -> B | None:
        """What was brought since the last call; None where nothing was read."""

    @abstractmethod
    def _begin_anew(self) -> None:
        """What was known of the file does not hold any more: it is another one, or was rewritten."""

    @abstractmethod
    def _fold(self, block: bytes) -> None:
        """Take in whole lines."""


def read_on(logs: Sequence[LogFile[B]], room: int) -> tuple[int, list[B]]:
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
