"""What fails in a source, kept to itself: whatever a kind raises becomes a failure with words, and a wait.

A kind is somebody else's code. What it raises on purpose (OSError, PosthouseError) says what is wrong; anything else,
SystemExit and KeyboardInterrupt among it, is `source.broken` and tells of the exception's type alone, since its text
may be a payload.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable
from typing import TypeVar, cast

from posthouse.model.errors import PosthouseError
from posthouse.rules.reading import read_backoff_s
from posthouse.system.logging import get_log
from posthouse.system.supervise import FATAL

DETAIL_CHARACTERS_MAX = 500

T = TypeVar("T")

_log = get_log(__name__)


async def contained(work: Awaitable[T]) -> T:
    """Await what a kind does. Raises OSError and PosthouseError as they are, all else as `source.broken`.

    It runs in a task of its own, so that whoever waits here is cancelled when it is to be, whatever the kind makes of
    it, and is not when the kind only cancels itself.
    """
    async with asyncio.TaskGroup() as group:
        task = group.create_task(_caught(work))
    result, error = task.result()
    if isinstance(error, OSError | PosthouseError):
        raise error
    if error is not None:
        _log.error("a source's own code failed", type=type(error).__name__, at=_where(error))
        raise broken(type(error).__name__) from error
    return cast("T", result)


async def _caught(work: Awaitable[T]) -> tuple[T | None, BaseException | None]:
    """The result or the error: what leaves a task as SystemExit would end the whole loop."""
    try:
        return await work, None
    except BaseException as error:
        return None, error


def _where(error: BaseException) -> str:
    """The line that raised it: what its author needs, without the text, which may be a payload."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""


def broken(what: str) -> PosthouseError:
    """What a kind did that no kind may do."""
    return PosthouseError("source.broken", f"The source's own code failed: {what}.")


def words_of(error: BaseException) -> str:
    """What is wrong, in a short sentence for people."""
    if isinstance(error, PosthouseError):
        words = error.message
    elif isinstance(error, OSError) and error.strerror:
        words = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    else:
        words = type(error).__name__
    return words[:DETAIL_CHARACTERS_MAX]


def is_fatal(error: BaseException) -> bool:
    """Whether the ledger is past healing, so that the daemon must stop."""
    return isinstance(error, FATAL)


class Trouble:
    """Failures in a row, and until when whatever fails is left alone."""

    def __init__(self) -> None:
        self.failures = 0
        self.words = ""
        self.is_told = False
        self._until_s = 0.0

    def note(self, error: BaseException, now_s: float) -> float:
        """One more failure; how long it is left alone, in seconds."""
        self.failures += 1
        self.words = words_of(error)
        wait_s = read_backoff_s(self.failures, is_forbidden=isinstance(error, PermissionError))
        self._until_s = now_s + wait_s
        return wait_s

    def clear(self) -> None:
        """It works again."""
        self.failures, self.words, self.is_told, self._until_s = 0, "", False, 0.0

    def left_s(self, now_s: float) -> float:
        """How much longer it is left alone; 0 where it may be tried."""
        return max(self._until_s - now_s, 0.0)
