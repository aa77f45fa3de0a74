"""What the sources that read Codex's logs share: their settings, where the logs are, their signals, what limits say."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import msgspec

from posthouse.model.rate_limits import RateLimits, RateWindow
from posthouse.sources.agent_logs.codex_log import Keeping
from posthouse.sources.agent_logs.codex_reading import MEMORY
from posthouse.sources.agent_logs.log_following import follow_logs
from posthouse.sources.agent_logs.log_reading import Logs
from posthouse.sources.agent_logs.log_settings import LogSettings
from posthouse.sources.agent_logs.moments import time_of
from posthouse.sources.base import Signal, SourceContext

_ROOTS_DOC = (
    "Folders to read instead of the program's own, absolute or from ~; null is sessions and archived_sessions in "
    "$CODEX_HOME, else in ~/.codex."
)


class CodexSettings(LogSettings, frozen=True, kw_only=True):
    """Where the logs are, and of how many days is told."""

    roots: Annotated[tuple[str, ...], msgspec.Meta(description=_ROOTS_DOC)] | None = None


def logs_of(context: SourceContext, keeps: Keeping) -> Logs[Keeping]:
    """The logs that a source is to read."""
    settings = msgspec.json.decode(context.source.settings, type=CodexSettings)
    return Logs(roots=_roots(settings), excluded=context.excluded, keeps=keeps)


def signals(context: SourceContext, keeps: Keeping) -> AsyncIterator[Signal]:
    """One at the start if the logs differ from what was read last, then one per burst of changes."""
    return follow_logs(context.state, logs_of(context, keeps), MEMORY)


def limits_in_words(limits: RateLimits | None) -> str:
    """What is known of the account's limits, as sentences that can follow another; "" where it is nothing."""
    windows = [one for one in (limits.primary, limits.secondary) if one is not None] if limits else []
    if limits is None or not windows:
        return ""
    told = "; ".join(_window(one) for one in windows)
    return f" Of the account's limits, as of {time_of(limits.heard_at)}: {told}."


def _window(one: RateWindow) -> str:
    minutes = one.window_minutes
    if not minutes:
        length = "of a window"
    elif minutes % 1_440 == 0:
        length = f"of {minutes // 1_440} day(s)"
    elif minutes % 60 == 0:
        length = f"of {minutes // 60} hour(s)"
    else:
        length = f"of {minutes} minute(s)"
    until = "" if one.resets_at is None else f", until {time_of(one.resets_at)}"
    return f"{one.used_percent:g} % {length} used{until}"


def _roots(settings: CodexSettings) -> tuple[Path, ...]:
    """Resolved when used, since the environment belongs to the machine and not to the settings."""
    if settings.roots is not None:
        return tuple(Path(root).expanduser() for root in settings.roots)
    folder = os.environ.get("CODEX_HOME")
    home = Path(folder).expanduser() if folder else Path.home() / ".codex"
    return (home / "sessions", home / "archived_sessions")
