"""The source `codex-sessions`: the sessions that Codex logged on this machine within a window of days.

In: `<root>/**/*.jsonl`, where the roots are `sessions` and `archived_sessions` in `$CODEX_HOME`, else in `~/.codex`, or
what the settings say; for titles also the list of names beside them. Out: one `codex-sessions.snapshot` event per read,
if any session ended within the window. What a read costs is what was appended since the last one. The same logs give
the same payload, in whatever order they were read. A subagent's session is one of its own, as it is in the logs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec

from posthouse.model.events import EventDraft
from posthouse.model.ids import Millis
from posthouse.model.sources import Emission, SourceShape
from posthouse.sources.agent_logs import codex_source, log_settings
from posthouse.sources.agent_logs.codex_log import Keeping
from posthouse.sources.agent_logs.codex_payload import PROPERTIES, payload, project, sensitive_pointers
from posthouse.sources.agent_logs.codex_reading import read_logs
from posthouse.sources.agent_logs.codex_source import CodexSettings, limits_in_words, logs_of
from posthouse.sources.agent_logs.codex_state import decode, session_of_ended, title_key
from posthouse.sources.agent_logs.codex_totals import Tally
from posthouse.sources.agent_logs.log_settings import no_logs
from posthouse.sources.agent_logs.log_state import ended_on
from posthouse.sources.agent_logs.moments import DAY_MS
from posthouse.sources.agent_logs.overlay import Overlay
from posthouse.sources.base import RESCAN, Preview, Signal, SourceContext

EVENT_TYPE = "codex-sessions.snapshot"


class CodexSessionsSettings(CodexSettings, frozen=True, kw_only=True):
    """As the base says, with a window of a week."""


class CodexSessions:
    """The kind; it holds no state."""

    shape = SourceShape.SNAPSHOT
    is_passive = False
    needs_schedule = False
    settings_type = CodexSessionsSettings
    title = "Codex sessions"
    properties = PROPERTIES
    volatile: tuple[str, ...] = ("generated_at",)

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate and complete; raises BadInput `source.bad_setting` naming the field."""
        return log_settings.parse(CodexSessionsSettings, settings)

    def project(self, data: Any, allowed: Mapping[str, bool]) -> Any:
        """The payload without what is not allowed. Pure; may be repeated with narrower choices."""
        return project(data, allowed)

    def signals(self, context: SourceContext) -> AsyncIterator[Signal]:
        """One at the start if the logs differ from what was read last, then one per burst of changes."""
        return codex_source.signals(context, _keeps(context))

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
        sessions = await _sessions(reading.state, _since(context))
        data = await _payload(context, reading.state)
        found = f"{len(sessions)} session(s) of the last {_days(context)} day(s), from {reading.files} log file(s)."
        return Preview(
            event_type=EVENT_TYPE,
            data=msgspec.Raw(msgspec.json.encode({} if data is None else data)),
            sensitive=sensitive_pointers(data or {}),
            found=found + limits_in_words(reading.limits),
            problems=reading.problems if reading.files or reading.problems else (no_logs(logs.roots),),
        )


def _keeps(context: SourceContext) -> Keeping:
    """What is not told is not kept either, as far as it could name anything."""
    has_names = context.allows("sessions")
    return Keeping(has_names=has_names, has_titles=has_names and context.allows("titles"))


async def _payload(context: SourceContext, state: Overlay) -> dict[str, Any] | None:
    """The payload as the source's own choices allow it, or None where no session is in the window."""
    choices = {one.name: context.allows(one.name) for one in PROPERTIES}
    since, has_titles = _since(context), _keeps(context).has_titles
    sessions = await _sessions(state, since)
    names = await _names(state, sessions) if has_titles else {}
    data = payload(sessions, names, now=context.clock.now(), since=since, has_titles=has_titles)
    return None if data is None else project(data, choices)


async def _sessions(state: Overlay, since: Millis) -> list[Tally]:
    """The sessions that ended at `since` or later."""
    keys = await state.between(ended_on(max(since // DAY_MS, 0)), "ended;")
    found = await state.get_many([session_of_ended(key) for key in keys]) if keys else {}
    return [one for one in (decode(value, Tally) for value in found.values()) if one.end_at >= since]


async def _names(state: Overlay, sessions: list[Tally]) -> dict[str, str]:
    """What the sessions are called, as far as they have a name."""
    found = await state.get_many([title_key(one.id) for one in sessions]) if sessions else {}
    return {one.id: found[title_key(one.id)].decode() for one in sessions if title_key(one.id) in found}


def _since(context: SourceContext) -> Millis:
    return Millis(context.clock.now() - _days(context) * DAY_MS)


def _days(context: SourceContext) -> int:
    return msgspec.json.decode(context.source.settings, type=CodexSessionsSettings).window_days
