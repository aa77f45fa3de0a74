"""What the sources that read Claude Code's logs share: their settings, where the logs are, and their signals."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import msgspec

from posthouse.model.errors import BadInput
from posthouse.sources.agent_logs.claude_log import Keeping
from posthouse.sources.agent_logs.claude_reading import Logs, has_changed
from posthouse.sources.base import CoalescedSettings, Signal, SourceContext, parse_settings
from posthouse.sources.watch import Changes, watch

ROOTS_MAX = 20
_ROOTS_DOC = (
    "Folders to read instead of the program's own, absolute or from ~; null is $CLAUDE_CONFIG_DIR/projects, else "
    "~/.claude/projects."
)

DAYS_DOC = "Of how many days is told, today included."


class ClaudeSettings(CoalescedSettings, frozen=True, kw_only=True):
    """Where the logs are, and of how many days is told."""

    roots: Annotated[tuple[str, ...], msgspec.Meta(description=_ROOTS_DOC)] | None = None
    window_days: Annotated[int, msgspec.Meta(ge=1, le=30, description=DAYS_DOC)] = 7


def parse(settings_type: type[ClaudeSettings], settings: dict[str, Any]) -> msgspec.Raw:
    """Validate and complete; raises BadInput `source.bad_setting` naming the field."""
    if not _are_roots(settings.get("roots")):
        message = f"roots must be null or 1 to {ROOTS_MAX} paths that begin with / (or a drive) or ~."
        raise BadInput("source.bad_setting", message, field="roots")
    return parse_settings(settings_type, settings)


def logs_of(context: SourceContext, keeps: Keeping) -> Logs:
    """The logs that a source is to read."""
    settings = msgspec.json.decode(context.source.settings, type=ClaudeSettings)
    return Logs(roots=_roots(settings), excluded=context.excluded, keeps=keeps)


async def signals(context: SourceContext, keeps: Keeping) -> AsyncIterator[Signal]:
    """One at the start if the logs differ from what was read last, then one per burst of changes."""
    logs = logs_of(context, keeps)
    async for changes in watch(logs.roots, excluded=logs.excluded):
        if changes.is_rescan or changes.moved_folders:
            if await has_changed(context.state, logs):
                yield Signal(is_rescan=True)
        elif paths := _log_paths(changes):
            yield Signal(paths=paths)


def no_logs(logs: Logs) -> str:
    """What a preview says where there are none."""
    return f"There are no logs in {', '.join(map(str, logs.roots))}."


def _roots(settings: ClaudeSettings) -> tuple[Path, ...]:
    """Resolved when used, since the environment belongs to the machine and not to the settings."""
    if settings.roots is not None:
        return tuple(Path(root).expanduser() for root in settings.roots)
    folder = os.environ.get("CLAUDE_CONFIG_DIR")
    return ((Path(folder) if folder else Path.home() / ".claude") / "projects",)


def _log_paths(changes: Changes) -> tuple[str, ...]:
    return tuple(path for path in changes.paths if path.endswith(".jsonl"))


def _are_roots(value: object) -> bool:
    if value is None:
        return True
    return isinstance(value, (list, tuple)) and 1 <= len(value) <= ROOTS_MAX and all(_is_path(one) for one in value)


def _is_path(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value and (value[:1] == "~" or Path(value).is_absolute())
