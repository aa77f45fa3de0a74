"""The source `codex-stats`: what Codex used on this machine, by UTC day.

In: the logs that `codex-sessions` reads, of which it keeps nothing but counts. Out: one `codex-stats.snapshot` event
per read, if there was ever anything to count:

    source, version, generated_at
    metrics[{metric_key "token.openai.codex", period_from, period_to, value,
             tags{input, cached_input, output, reasoning_output}}]
                         one per UTC day of the window, which ends with yesterday; oldest first, zero days included

A period is a UTC day, from its first instant to the next day's first (which is not part of it). `value` is input +
output; cached input is part of input, reasoning part of output. A session over midnight counts on both days, each with
what its counters rose by on it. What has no instant is of no day.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any

import msgspec

from posthouse.model.events import EventDraft
from posthouse.model.ids import Millis
from posthouse.model.sources import Emission, Property, SourceShape
from posthouse.sources.agent_logs import codex_source, log_settings
from posthouse.sources.agent_logs.codex_log import NO_USE, Keeping, Use
from posthouse.sources.agent_logs.codex_payload import used
from posthouse.sources.agent_logs.codex_reading import Reading, read_logs
from posthouse.sources.agent_logs.codex_source import CodexSettings, limits_in_words, logs_of
from posthouse.sources.agent_logs.codex_state import decode_use
from posthouse.sources.agent_logs.log_settings import no_logs
from posthouse.sources.agent_logs.log_state import day_key, day_of
from posthouse.sources.agent_logs.moments import DAY_MS, time_of
from posthouse.sources.agent_logs.overlay import Overlay
from posthouse.sources.base import RESCAN, Preview, Signal, SourceContext

SOURCE = "codex-stats"
PAYLOAD_VERSION = 1
EVENT_TYPE = "codex-stats.snapshot"
METRIC_KEY = "token.openai.codex"
COUNTS_ONLY = Keeping(has_names=False, has_titles=False)
DAYS_DOC = "Of how many days is told, of which yesterday is the last."

PROPERTIES: tuple[Property, ...] = (Property(name="metrics", title="What was used on each day", is_summary=True),)


class CodexStatsSettings(CodexSettings, frozen=True, kw_only=True):
    """As the base says, with a window of one day: yesterday."""

    window_days: Annotated[int, msgspec.Meta(ge=1, le=30, description=DAYS_DOC)] = 1


class CodexStats:
    """The kind; it holds no state."""

    shape = SourceShape.SNAPSHOT
    is_passive = False
    needs_schedule = False
    settings_type = CodexStatsSettings
    title = "Codex usage"
    properties = PROPERTIES
    volatile: tuple[str, ...] = ("generated_at",)

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate and complete; raises BadInput `source.bad_setting` naming the field."""
        return log_settings.parse(CodexStatsSettings, settings)

    def project(self, data: Any, allowed: Mapping[str, bool]) -> Any:
        """The payload without what is not allowed. Pure; may be repeated with narrower choices."""
        return project(data, allowed)

    def signals(self, context: SourceContext) -> AsyncIterator[Signal]:
        """One at the start if the logs differ from what was read last, then one per burst of changes."""
        return codex_source.signals(context, COUNTS_ONLY)

    async def collect(self, context: SourceContext, signal: Signal) -> Emission:
        """Read what is new and tell of the days. Raises OSError where a root cannot be listed."""
        logs = logs_of(context, COUNTS_ONLY)
        reading = await read_logs(context.state, signal, logs, context.emit, context.progress)
        data = await _payload(context, reading)
        events = () if data is None else (EventDraft(type=EVENT_TYPE, data=msgspec.Raw(msgspec.json.encode(data))),)
        return msgspec.structs.replace(reading.state.drain(), events=events)

    async def preview(self, context: SourceContext) -> Preview:
        """What a read would tell now; what it read is forgotten again."""
        logs, kept_back = logs_of(context, COUNTS_ONLY), Overlay(context.state)
        reading = await read_logs(kept_back, RESCAN, logs, kept_back.take, context.progress)
        data = await _payload(context, reading)
        found = f"{reading.sessions} session(s), from {reading.files} log file(s)."
        return Preview(
            event_type=EVENT_TYPE,
            data=msgspec.Raw(msgspec.json.encode({} if data is None else data)),
            found=found + limits_in_words(reading.limits),
            problems=reading.problems if reading.files or reading.problems else (no_logs(logs.roots),),
        )


def project(data: dict[str, Any], allowed: Mapping[str, bool]) -> dict[str, Any]:
    """The payload with every property left out that is not allowed; the argument is not changed. May be repeated."""
    on = {one.name: allowed.get(one.name, one.default) for one in PROPERTIES}
    return {name: value for name, value in data.items() if on.get(name, True)}


def payload(days: Mapping[int, Use], *, now: Millis, window_days: int) -> dict[str, Any]:
    """Everything there is to tell; `days` are those of the window on which anything was used."""
    today = now // DAY_MS
    return {
        "source": SOURCE,
        "version": PAYLOAD_VERSION,
        "generated_at": time_of(now),
        "metrics": [_metric(day, days.get(day, NO_USE)) for day in range(max(today - window_days, 0), today)],
    }


async def _payload(context: SourceContext, reading: Reading) -> dict[str, Any] | None:
    """The payload as the source's own choices allow it, or None where there is no session."""
    if not reading.sessions:
        return None
    now = context.clock.now()
    window_days = msgspec.json.decode(context.source.settings, type=CodexStatsSettings).window_days
    today = now // DAY_MS
    found = await reading.state.between(day_key(max(today - window_days, 0)), day_key(today))
    days = {day_of(key): decode_use(value) for key, value in found.items()}
    data = payload(days, now=now, window_days=window_days)
    return project(data, {one.name: context.allows(one.name) for one in PROPERTIES})


def _metric(day: int, use: Use) -> dict[str, Any]:
    fresh, cached, output, reasoning = use
    return {
        "metric_key": METRIC_KEY,
        "period_from": time_of(Millis(day * DAY_MS)),
        "period_to": time_of(Millis((day + 1) * DAY_MS)),
        "value": used(use),
        "tags": {"input": fresh, "cached_input": cached, "output": output, "reasoning_output": reasoning},
    }
