"""The source `claude-stats`: what Claude Code used on this machine, by UTC day and by model.

In: the logs that `claude-sessions` reads, of which it keeps nothing but counts. Out: one `claude-stats.snapshot` event
per read, if there is anything to tell:

    source, version, generated_at
    daily_breakdown[{date, messages, sessions, tool_calls, tokens_by_model{model: tokens}, total_tokens}]
                         one row per UTC day of the window, oldest first, zero-filled, today last
    model_totals[{model, input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens, total_tokens}]
                         over all logs there are, most first
    summary{total_sessions, total_messages, first_session_date, days_active, peak_hour}     over all logs there are

Messages are prompts. Tokens are input + output; `tokens_by_model` and `model_totals` leave out what no model is named
for, `total_tokens` of a day does not. A response, its tokens and its tool uses are of the day of its earliest copy; a
session is of each day on which it has a prompt or a response of its own. `peak_hour` is the UTC hour (0 to 23) with
the most prompts, the earliest of several; null where there are none. What has no instant is of no day.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any

import msgspec

from posthouse.model.events import EventDraft
from posthouse.model.ids import Millis
from posthouse.model.sources import Emission, Property, SourceShape
from posthouse.sources.agent_logs import claude_source, log_settings
from posthouse.sources.agent_logs.claude_log import Keeping
from posthouse.sources.agent_logs.claude_reading import read_logs
from posthouse.sources.agent_logs.claude_source import ClaudeSettings, logs_of
from posthouse.sources.agent_logs.claude_state import TOTALS, DayTotals, Totals, decode
from posthouse.sources.agent_logs.claude_totals import Use
from posthouse.sources.agent_logs.log_settings import DAYS_DOC, no_logs
from posthouse.sources.agent_logs.log_state import day_key, day_of
from posthouse.sources.agent_logs.moments import DAY_MS, date_of, time_of
from posthouse.sources.agent_logs.overlay import Overlay
from posthouse.sources.base import RESCAN, Preview, Signal, SourceContext

SOURCE = "claude-stats"
PAYLOAD_VERSION = 1
EVENT_TYPE = "claude-stats.snapshot"
COUNTS_ONLY = Keeping(has_names=False, has_branches=False, has_prompts=False)

PROPERTIES: tuple[Property, ...] = (
    Property(name="daily_breakdown", title="What was used on each day", is_summary=True),
    Property(name="model_totals", title="What each model has used in all", is_summary=True),
)


class ClaudeStatsSettings(ClaudeSettings, frozen=True, kw_only=True):
    """As the base says, with a window of 30 days."""

    window_days: Annotated[int, msgspec.Meta(ge=1, le=30, description=DAYS_DOC)] = 30


class ClaudeStats:
    """The kind; it holds no state."""

    shape = SourceShape.SNAPSHOT
    is_passive = False
    needs_schedule = False
    settings_type = ClaudeStatsSettings
    title = "Claude Code usage"
    properties = PROPERTIES
    volatile: tuple[str, ...] = ("generated_at",)

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate and complete; raises BadInput `source.bad_setting` naming the field."""
        return log_settings.parse(ClaudeStatsSettings, settings)

    def project(self, data: Any, allowed: Mapping[str, bool]) -> Any:
        """The payload without what is not allowed. Pure; may be repeated with narrower choices."""
        return project(data, allowed)

    def signals(self, context: SourceContext) -> AsyncIterator[Signal]:
        """One at the start if the logs differ from what was read last, then one per burst of changes."""
        return claude_source.signals(context, COUNTS_ONLY)

    async def collect(self, context: SourceContext, signal: Signal) -> Emission:
        """Read what is new and tell of what there is. Raises OSError where a root cannot be listed."""
        logs = logs_of(context, COUNTS_ONLY)
        reading = await read_logs(context.state, signal, logs, context.emit, context.progress)
        data = await _payload(context, reading.state)
        events = () if data is None else (EventDraft(type=EVENT_TYPE, data=msgspec.Raw(msgspec.json.encode(data))),)
        return msgspec.structs.replace(reading.state.drain(), events=events)

    async def preview(self, context: SourceContext) -> Preview:
        """What a read would tell now; what it read is forgotten again."""
        logs, kept_back = logs_of(context, COUNTS_ONLY), Overlay(context.state)
        reading = await read_logs(kept_back, RESCAN, logs, kept_back.take, context.progress)
        data = await _payload(context, reading.state)
        summary = {} if data is None else data["summary"]
        return Preview(
            event_type=EVENT_TYPE,
            data=msgspec.Raw(msgspec.json.encode({} if data is None else data)),
            found=f"{summary.get('total_messages', 0)} message(s) in {summary.get('total_sessions', 0)} session(s), "
            f"from {reading.files} log file(s).",
            problems=reading.problems if reading.files or reading.problems else (no_logs(logs.roots),),
        )


def project(data: dict[str, Any], allowed: Mapping[str, bool]) -> dict[str, Any]:
    """The payload with every property left out that is not allowed; the argument is not changed. May be repeated."""
    on = {one.name: allowed.get(one.name, one.default) for one in PROPERTIES}
    return {name: value for name, value in data.items() if on.get(name, True)}


def payload(totals: Totals, days: Mapping[int, DayTotals], *, now: Millis, window_days: int) -> dict[str, Any]:
    """Everything there is to tell; `days` are those of the window on which anything happened."""
    today = now // DAY_MS
    return {
        "source": SOURCE,
        "version": PAYLOAD_VERSION,
        "generated_at": time_of(now),
        "daily_breakdown": [
            _day(number, days.get(number, DayTotals())) for number in range(today - window_days + 1, today + 1)
        ],
        "model_totals": [
            _model(model, use)
            for model, use in sorted(totals.models.items(), key=lambda item: (-_used(item[1]), item[0]))
            if model
        ],
        "summary": {
            "total_sessions": totals.sessions,
            "total_messages": totals.prompts,
            "first_session_date": date_of(totals.first_day) if totals.first_day else None,
            "days_active": totals.days_active,
            "peak_hour": min(totals.hours, key=lambda hour: (-totals.hours[hour], hour), default=None),
        },
    }


async def _payload(context: SourceContext, state: Overlay) -> dict[str, Any] | None:
    """The payload as the source's own choices allow it, or None where there is nothing to tell."""
    value = await state.get(TOTALS)
    if value is None:
        return None
    now = context.clock.now()
    window_days = msgspec.json.decode(context.source.settings, type=ClaudeStatsSettings).window_days
    today = now // DAY_MS
    found = await state.between(day_key(max(today - window_days + 1, 0)), day_key(today + 1))
    days = {day_of(key): decode(day, DayTotals) for key, day in found.items()}
    data = payload(decode(value, Totals), days, now=now, window_days=window_days)
    return project(data, {one.name: context.allows(one.name) for one in PROPERTIES})


def _day(number: int, totals: DayTotals) -> dict[str, Any]:
    day = totals.day
    return {
        "date": date_of(number),
        "messages": day.prompts,
        "sessions": totals.sessions,
        "tool_calls": day.tool_uses,
        "tokens_by_model": {model: _used(use) for model, use in sorted(day.models.items()) if model},
        "total_tokens": sum(_used(use) for use in day.models.values()),
    }


def _model(model: str, use: Use) -> dict[str, Any]:
    _, fresh, output, cache_read, cache_creation = use
    return {
        "model": model,
        "input_tokens": fresh,
        "output_tokens": output,
        "cache_read_tokens": cache_read,
        "cache_creation_tokens": cache_creation,
        "total_tokens": fresh + output,
    }


def _used(use: Use) -> int:
    return use[1] + use[2]
