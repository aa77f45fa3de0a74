"""The source `claude-sessions`: the sessions that Claude Code logged on this machine within a window of days.

In: `<root>/**/*.jsonl`, where the root is `$CLAUDE_CONFIG_DIR/projects`, else `~/.claude/projects`, or what the
settings say. Out: one `claude-sessions.snapshot` event per read, if any session ended within the window. What a read
costs is what was appended since the last one. The same logs give the same payload, in whatever order they were read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec

from posthouse.model.events import EventDraft
from posthouse.model.ids import Millis
from posthouse.model.sources import Emission, SourceShape
from posthouse.sources.agent_logs import claude_source, log_settings
from posthouse.sources.agent_logs.claude_log import Keeping
from posthouse.sources.agent_logs.claude_payload import PROPERTIES, payload, project, sensitive_pointers
from posthouse.sources.agent_logs.claude_reading import read_logs
from posthouse.sources.agent_logs.claude_source import ClaudeSettings, logs_of
from posthouse.sources.agent_logs.claude_state import decode
from posthouse.sources.agent_logs.claude_totals import Session, Tally, session_of
from posthouse.sources.agent_logs.log_settings import no_logs
from posthouse.sources.agent_logs.log_state import ended_on
from posthouse.sources.agent_logs.moments import DAY_MS
from posthouse.sources.agent_logs.overlay import Overlay
from posthouse.sources.base import RESCAN, Preview, Signal, SourceContext

EVENT_TYPE = "claude-sessions.snapshot"


class ClaudeSessionsSettings(ClaudeSettings, frozen=True, kw_only=True):
    """As the base says, with a window of a week."""


class ClaudeSessions:
    """The kind; it holds no state."""

    shape = SourceShape.SNAPSHOT
    is_passive = False
    needs_schedule = False
    settings_type = ClaudeSessionsSettings
    title = "Claude Code sessions"
    properties = PROPERTIES
    volatile: tuple[str, ...] = ("generated_at",)

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate and complete; raises BadInput `source.bad_setting` naming the field."""
        return log_settings.parse(ClaudeSessionsSettings, settings)

    def project(self, data: Any, allowed: Mapping[str, bool]) -> Any:
        """The payload without what is not allowed. Pure; may be repeated with narrower choices."""
        return project(data, allowed)

    def signals(self, context: SourceContext) -> AsyncIterator[Signal]:
        """One at the start if the logs differ from what was read last, then one per burst of changes."""
        return claude_source.signals(context, _keeps(context))

    async def collect(self, context: SourceContext, signal: Signal) -> Emission:
        """Read what is new and tell of all sessions in the window. Raises OSError where a root cannot be listed."""
        logs = logs_of(context, _keeps(context))
        reading = await read_logs(context.state, signal, logs, context.emit, context.progress)
        data = await _payload(context, reading.state)
        events = () if data is None else (EventDraft(type=EVENT_TYPE, data=msgspec.Raw(msgspec.json.encode(data))),)
        return msgspec.structs.replace(reading.state.drain(), events=events)

    async def preview(self, context: SourceContext) -> Preview:
        """What a read would tell now; what it read is forgotten again."""
        logs, kept_back = logs_of(context, _keeps(context)), Overlay(context.state)
        reading = await read_logs(kept_back, RESCAN, logs, kept_back.take, context.progress)
        data = await _payload(context, reading.state)
        sessions = 0 if data is None else data["summary"]["sessions_in_window"]
        found = f"{sessions} session(s) of the last {_days(context)} day(s), from {reading.files} log file(s)."
        if reading.unknown_lines:
            found += f" {reading.unknown_lines} line(s) of other kinds were passed over."
        return Preview(
            event_type=EVENT_TYPE,
            data=msgspec.Raw(msgspec.json.encode({} if data is None else data)),
            sensitive=sensitive_pointers(data or {}),
            found=found,
            problems=reading.problems if reading.files or reading.problems else (no_logs(logs.roots),),
        )


def _keeps(context: SourceContext) -> Keeping:
    """What is not told is not kept either, as far as it could name anything."""
    has_names = context.allows("sessions")
    return Keeping(
        has_names=has_names,
        has_branches=has_names and context.allows("git_branches"),
        has_prompts=has_names and context.allows("first_prompt_preview"),
    )


async def _payload(context: SourceContext, state: Overlay) -> dict[str, Any] | None:
    """The payload as the source's own choices allow it, or None where no session is in the window."""
    choices = {one.name: context.allows(one.name) for one in PROPERTIES}
    now = context.clock.now()
    since = Millis(now - _days(context) * DAY_MS)
    data = payload(await _sessions(state, since), now=now, since=since, has_prompts=choices["first_prompt_preview"])
    return None if data is None else project(data, choices)


async def _sessions(state: Overlay, since: Millis) -> list[Session]:
    """The sessions that ended on the day of `since` or later."""
    found = await state.between(ended_on(max(since // DAY_MS, 0)), "ended;")
    return [session_of(decode(value, Tally)) for value in found.values()]


def _days(context: SourceContext) -> int:
    return msgspec.json.decode(context.source.settings, type=ClaudeSessionsSettings).window_days
