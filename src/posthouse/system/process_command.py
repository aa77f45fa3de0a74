"""The command that a process was started with, as the system has it."""

from __future__ import annotations


def command_of(pid: int) -> tuple[str, ...]:
    """The program and its arguments; empty where there is no such process, or where this user may not see it."""
    import psutil  # memory that is spared where nobody asks

    try:
        return tuple(psutil.Process(pid).cmdline())
    except (psutil.Error, OSError):
        return ()
