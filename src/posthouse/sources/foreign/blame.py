"""What is told of an error in a third party's code: its type and where it arose, not its text; it may be a payload."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from traceback import walk_tb

from posthouse.model.errors import BadInput, PosthouseError
from posthouse.sources.foreign.checks import Wrong, text, type_name

BROKEN = "source.broken"
MESSAGE_MAX = 500


def blame(error: BaseException, kind: str, module: str) -> Exception:
    """The error as the daemon takes it. Raises nothing, whatever the error is.

    An OSError, and what was raised on purpose (PosthouseError, as `source.unreadable`), keep their words; all others
    become `source.broken`.
    """
    try:
        return _blame(innermost(error), kind, module)
    except BaseException:
        # An error whose own attributes raise.
        return broken(kind, "an error that cannot be read")


class Broken(PosthouseError):
    """`source.broken`: a third party's code broke."""


def broken(kind: str, what: str) -> Broken:
    """`source.broken`, saying what broke."""
    return Broken(BROKEN, f"The code of source kind {kind} broke: {what}.")


def where(error: BaseException, module: str) -> str:
    """The innermost line of the third party's own code that an error came through: ` at file.py:12`, or nothing."""
    root = _root_of(module)
    place = ""
    for frame, line in walk_tb(error.__traceback__):
        path = frame.f_code.co_filename
        if not place or root is None or path.startswith(root):
            place = f" at {Path(path).name}:{line}"
    return place


def innermost(error: BaseException) -> BaseException:
    """The first error of a group, which a TaskGroup raises for its tasks; any other itself."""
    for _ in range(10):
        if not isinstance(error, BaseExceptionGroup):
            break
        error = error.exceptions[0]
    return error


def refusal(error: BadInput) -> BadInput:
    """A refusal of settings, in clean words."""
    field = None if error.field is None else text(error.field, "a field", longest=200)
    return BadInput("source.bad_setting", text(error.message, "a message", longest=MESSAGE_MAX), field=field)


def _blame(error: BaseException, kind: str, module: str) -> Exception:
    match error:
        case Wrong():
            return broken(kind, f"{error}{where(error, module)}")
        case Broken():
            return Broken(BROKEN, text(error.message, "a message", longest=MESSAGE_MAX))
        case asyncio.CancelledError():
            return broken(kind, "it cancelled itself")
        case PosthouseError():
            return PosthouseError("source.unreadable", text(error.message, "a message", longest=MESSAGE_MAX))
        case OSError() if type(error.errno) is int and type(error.strerror) is str:
            name = error.filename if type(error.filename) is str else None
            return OSError(error.errno, error.strerror[:MESSAGE_MAX], name)
    return broken(kind, type_name(error) + where(error, module))


def _root_of(module: str) -> str | None:
    """Where the third party's code lies: its package's folder, or its file."""
    top = sys.modules.get(module.partition(".")[0])
    file = getattr(top, "__file__", None)
    if not isinstance(file, str):
        return None
    return str(Path(file).parent) if Path(file).name == "__init__.py" else file
