"""What the sources that read Claude Code's logs share: their settings, where the logs are, and their signals."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import msgspec

from posthouse.sources.agent_logs.claude_log import Keeping
from posthouse.sources.agent_logs.claude_reading import MEMORY
from posthouse.sources.agent_logs.log_following import follow_logs
from posthouse.sources.agent_logs.log_reading import Logs
from posthouse.sources.agent_logs.log_settings import LogSettings
from posthouse.sources.base import Signal, SourceContext

_ROOTS_DOC = (
    "Folders to read instead of the program's own, absolute or from ~; null is $CLAUDE_CONFIG_DIR/projects, else "
    "~/.claude/projects."
)


class ClaudeSettings(LogSettings, frozen=True, kw_only=True):
    """Where the logs are, and of how many days is told."""

    roots: Annotated[tuple[str, ...], msgspec.Meta(description=_ROOTS_DOC)] | None = None


def logs_of(context: SourceContext, keeps: Keeping) -> Logs[Keeping]:
    """The logs that a source is to read."""
    settings = msgspec.json.decode(context.source.settings, type=ClaudeSettings)
    return Logs(roots=_roots(settings), excluded=context.excluded, keeps=keeps)


def signals(context: SourceContext, keeps: Keeping) -> AsyncIterator[Signal]:
    """One at the start if the logs differ from what was read last, then one per burst of changes."""
    return follow_logs(context.state, logs_of(context, keeps), MEMORY)


def _roots(settings: ClaudeSettings) -> tuple[Path, ...]:
    """Resolved when used, since the environment belongs to the machine and not to the settings."""
    if settings.roots is not None:
        return tuple(Path(root).expanduser() for root in settings.roots)
    folder = os.environ.get("CLAUDE_CONFIG_DIR")
    return ((Path(folder) if folder else Path.home() / ".claude") / "projects",)
