"""The source `claude-sessions`: the sessions that Claude Code logged on this machine within a window of days.

In: `<root>/**/*.jsonl`, where the root is `$CLAUDE_CONFIG_DIR/projects`, else `~/.claude/projects`, or what the
settings say. Out: one `claude-sessions.snapshot` event per read, if any session ended within the window. What a read
costs is what was appended since the last one. The same logs give the same payload, in whatever order they were read.
"""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from posthouse.model.errors import BadInput
from posthouse.model.events import EventDraft
from posthouse.model.ids import Millis
from posthouse.model.sources import Emission, SourceShape
from posthouse.sources.agent_logs.claude_payload import PROPERTIES, payload, project, sensitive_pointers
from posthouse.sources.agent_logs.claude_reading import Reading, has_changed, read_logs
from posthouse.sources.agent_logs.claude_totals import join
from posthouse.sources.base import Preview, Signal, SnapshotSettings, SourceContext
from posthouse.sources.watch import Changes, watch

EVENT_TYPE = "claude-sessions.snapshot"
DAY_MS = 86_400_000
ROOTS_MAX = 20
SIGNAL_PATHS_MAX = 20
WAIT_S_MAX = 86_400.0


class ClaudeSessionsSettings(SnapshotSettings, frozen=True, kw_only=True):
    """`roots`: folders to read instead of the program's own, absolute or from `~`. `window_days`: 1 to 30."""

    roots: tuple[str, ...] | None = None
    window_days: int = 7


class ClaudeSessions:
    """The kind; it holds no state."""

    shape = SourceShape.SNAPSHOT
    is_passive = False
    title = "Claude Code sessions"
    properties = PROPERTIES
    volatile: tuple[str, ...] = ("generated_at",)

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate and complete; raises BadInput `source.bad_setting` naming the field."""
        known = ClaudeSessionsSettings.__struct_fields__
        for name in settings:
            if name not in known:
                raise _bad(name, f"There is no setting {name!r}. Known: {', '.join(sorted(known))}.")
        for name in ("quiet_s", "cap_s"):
            if settings.get(name) is not None and not _is_wait(settings[name]):
                raise _bad(name, f"{name} must be a number of seconds from 0 to {WAIT_S_MAX:.0f}.")
        days = settings.get("window_days", 7)
        if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= 30:
            raise _bad("window_days", "window_days must be a whole number of days from 1 to 30.")
        if not _are_roots(settings.get("roots")):
            raise _bad("roots", f"roots must be null or 1 to {ROOTS_MAX} paths that begin with / (or a drive) or ~.")
        return msgspec.Raw(msgspec.json.encode(msgspec.convert(settings, ClaudeSessionsSettings)))

    def project(self, data: Any, allowed: Mapping[str, bool]) -> Any:
        """The payload without what is not allowed. Pure; may be repeated with narrower choices."""
        return project(data, allowed)

    async def signals(self, context: SourceContext) -> AsyncIterator[Signal]:
        """One at the start if the logs differ from what was read last, then one per burst of changes."""
        roots = _roots(_settings(context))
        async for changes in watch(roots, excluded=context.excluded):
            paths = _log_paths(changes)
            has_prompts = context.allows("first_prompt_preview")
            is_told = bool(paths) and not changes.is_rescan
            if is_told or await has_changed(context.state, roots, context.excluded, has_prompts=has_prompts):
                yield Signal(paths=paths)

    async def collect(self, context: SourceContext, signal: Signal) -> Emission:  # noqa: ARG002 - a read covers all logs
        """Read what is new and tell of all sessions in the window. Raises OSError where a root cannot be listed."""
        reading = await _read(context)
        data = await _payload(context, reading)
        events = () if data is None else (EventDraft(type=EVENT_TYPE, data=msgspec.Raw(msgspec.json.encode(data))),)
        return Emission(events=events, state_puts=reading.puts, state_deletes=reading.deletes)

    async def preview(self, context: SourceContext) -> Preview:
        """What a read would tell now; what it read is forgotten again."""
        reading = await _read(context)
        data = await _payload(context, reading)
        sessions = 0 if data is None else data["summary"]["sessions_in_window"]
        days = _settings(context).window_days
        found = f"{sessions} session(s) of the last {days} day(s), from {reading.files} log file(s)."
        if reading.unknown_lines:
            found += f" {reading.unknown_lines} line(s) of other kinds were passed over."
        problems = reading.problems
        if not reading.files and not problems:
            places = ", ".join(str(root) for root in _roots(_settings(context)))
            problems = (f"There are no logs in {places}.",)
        return Preview(
            event_type=EVENT_TYPE,
            data=msgspec.Raw(msgspec.json.encode({} if data is None else data)),
            sensitive=sensitive_pointers(data or {}),
            found=found,
            problems=problems,
        )


async def _read(context: SourceContext) -> Reading:
    return await read_logs(
        context.state,
        _roots(_settings(context)),
        context.excluded,
        context.progress,
        has_prompts=context.allows("first_prompt_preview"),
    )


async def _payload(context: SourceContext, reading: Reading) -> dict[str, Any] | None:
    """The payload as the source's own choices allow it, or None where no session is in the window."""
    choices = {one.name: context.allows(one.name) for one in PROPERTIES}
    now = context.clock.now()
    data = payload(
        await asyncio.to_thread(join, reading.pages),
        now=now,
        since=Millis(now - _settings(context).window_days * DAY_MS),
        has_prompts=choices["first_prompt_preview"],
    )
    return None if data is None else project(data, choices)


def _settings(context: SourceContext) -> ClaudeSessionsSettings:
    return msgspec.json.decode(context.source.settings, type=ClaudeSessionsSettings)


def _roots(settings: ClaudeSessionsSettings) -> tuple[Path, ...]:
    """Resolved when used, since the environment belongs to the machine and not to the settings."""
    if settings.roots is not None:
        return tuple(Path(root).expanduser() for root in settings.roots)
    folder = os.environ.get("CLAUDE_CONFIG_DIR")
    return ((Path(folder) if folder else Path.home() / ".claude") / "projects",)


def _log_paths(changes: Changes) -> tuple[str, ...]:
    return tuple(path for path in changes.paths if path.endswith(".jsonl"))[:SIGNAL_PATHS_MAX]


def _is_wait(value: object) -> bool:
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and math.isfinite(value)
        and 0 <= value <= WAIT_S_MAX
    )


def _are_roots(value: object) -> bool:
    if value is None:
        return True
    return isinstance(value, (list, tuple)) and 1 <= len(value) <= ROOTS_MAX and all(_is_path(one) for one in value)


def _is_path(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value and (value[:1] == "~" or Path(value).is_absolute())


def _bad(field: str, message: str) -> BadInput:
    return BadInput("source.bad_setting", message, field=field)
