"""How a command ends: its exit code, and the failure that carries a problem to the one place that prints it.

Exit codes: 0 done · 1 refused · 2 used wrongly · 3 daemon not reachable · 4 not allowed · 5 no such thing ·
75 temporary, worth another try (EX_TEMPFAIL of sysexits.h) · 130 interrupted.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any


class ExitCode(IntEnum):
    """What a script reads after a command."""

    OK = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    AUTH = 4
    NOT_FOUND = 5
    TEMPORARY = 75
    INTERRUPTED = 130


EXIT_CODES: dict[ExitCode, str] = {
    ExitCode.OK: "Done.",
    ExitCode.FAILED: "What was asked for was refused or failed; the message says why.",
    ExitCode.USAGE: "The command was used wrongly; nothing was sent.",
    ExitCode.UNREACHABLE: "The daemon cannot be reached.",
    ExitCode.AUTH: "The token is missing, unknown, or not allowed to do this.",
    ExitCode.NOT_FOUND: "There is no such source, target, binding, event, delivery, gap, setting, token or session.",
    ExitCode.TEMPORARY: "It cannot be done right now (busy, stopping, disk low); try again.",
    ExitCode.INTERRUPTED: "Interrupted from the keyboard.",
}


class CommandFailed(Exception):
    """A command cannot do what was asked. `problem` is an RFC 9457 object with `code` and `detail`."""

    def __init__(self, problem: Mapping[str, Any], exit_code: ExitCode) -> None:
        super().__init__(problem.get("detail", ""))
        self.problem = dict(problem)
        self.exit_code = exit_code

    @property
    def code(self) -> str:
        """The stable code that scripts match on."""
        return str(self.problem.get("code", "unknown"))

    @property
    def detail(self) -> str:
        """The plain sentence."""
        return str(self.problem.get("detail") or self.problem.get("title") or "It failed without saying why.")


class Unreachable(CommandFailed):
    """No answer came. `is_maybe_taken`: the request may have been carried out all the same."""

    def __init__(self, code: str, detail: str, *, is_maybe_taken: bool) -> None:
        super().__init__({"code": code, "detail": detail}, ExitCode.UNREACHABLE)
        self.is_maybe_taken = is_maybe_taken


def failure(code: str, detail: str, exit_code: ExitCode = ExitCode.FAILED) -> CommandFailed:
    """A failure found here, before or after the daemon was asked."""
    return CommandFailed({"code": code, "detail": detail}, exit_code)


def exit_code_of_status(status: int) -> ExitCode:
    """Which exit code an HTTP answer other than 2xx leads to."""
    match status:
        case 401 | 403:
            return ExitCode.AUTH
        case 404:
            return ExitCode.NOT_FOUND
        case 429 | 502 | 503 | 504 | 507:
            return ExitCode.TEMPORARY
        case _:
            return ExitCode.FAILED
