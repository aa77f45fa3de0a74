"""What makes Claude Code tell Posthouse: the program that it runs, where its settings are, and what is written there.

The settings themselves are changed by pure rules (`rules.claude_settings`); this is what `posthouse hooks` needs too.
A project's hooks go into `settings.local.json`: they name a program on this machine, and that file is the one of a
project's two that is not meant to be shared.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from posthouse.rules import claude_settings

ADAPTER = "claude-code"
"""The name of the folder in the spool."""

_IS_WINDOWS = sys.platform == "win32"
_PROGRAMS = Path(__file__).parents[1] / "sources" / "agents" / "hooks"

PROGRAM_NAME = "claude-code.ps1" if _IS_WINDOWS else "claude-code"
"""The name of the program under `<home>/hooks`."""

PROGRAM = (_PROGRAMS / ("claude-code.ps1" if _IS_WINDOWS else "claude-code.sh")).read_text("utf-8")

NOTE = "Sessions that run already keep the hooks they began with; new ones are heard."
"""What to tell a person after installing."""


def config_path(environ: Mapping[str, str]) -> Path:
    """The user's settings: in $CLAUDE_CONFIG_DIR, else in ~/.claude."""
    named = environ.get("CLAUDE_CONFIG_DIR")
    return (Path(named).expanduser() if named else Path.home() / ".claude") / "settings.json"


def project_path(folder: Path) -> Path | None:
    """A project's own settings on this machine."""
    return folder / ".claude" / "settings.local.json"


def plan(existing: str, program: Path) -> str:
    """The settings with our hooks in them, "" where there are none yet. Raises BadInput."""
    return claude_settings.install(existing, _command(program))


def unplan(existing: str, program: Path) -> str:  # noqa: ARG001 (hooks of ours are known whatever home they belong to)
    """The settings without any hook of ours. Raises BadInput."""
    return claude_settings.remove(existing)


def is_installed(existing: str, program: Path) -> bool:
    """Whether our hooks are all there, for this home, and not switched off. Raises BadInput."""
    return plan(existing, program) == existing and not claude_settings.are_all_off(existing)


def _command(program: Path) -> str:
    make = claude_settings.windows_command if _IS_WINDOWS else claude_settings.posix_command
    return make(str(program))
