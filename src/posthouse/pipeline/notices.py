"""What the settings `notifications.*` come to as a policy, where the dashboard is, and who sits at the desk."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, time, tzinfo

from posthouse.model.agents import AgentEvent
from posthouse.model.errors import BadInput
from posthouse.rules.notices import NoticePolicy, Presence, QuietHours
from posthouse.settings import (
    DASHBOARD_URL,
    NOTIFICATIONS_AGENT_SPAWNED,
    NOTIFICATIONS_AWAY_S,
    NOTIFICATIONS_DEDUPE_S,
    NOTIFICATIONS_DIGEST_S,
    NOTIFICATIONS_ENABLED,
    NOTIFICATIONS_PERMISSION_REQUIRED,
    NOTIFICATIONS_PROMPT_LIFETIME_S,
    NOTIFICATIONS_QUIET_ACTION,
    NOTIFICATIONS_QUIET_FROM,
    NOTIFICATIONS_QUIET_PRIORITY,
    NOTIFICATIONS_QUIET_UNTIL,
    NOTIFICATIONS_QUIET_ZONE,
    NOTIFICATIONS_SUBAGENTS,
    NOTIFICATIONS_TURN_COMPLETED,
    NOTIFICATIONS_TURN_ERROR,
    NOTIFICATIONS_TURN_LIFETIME_S,
    Settings,
)
from posthouse.system.idle.base import IdleReading
from posthouse.system.zones import load_zone, local_zone_name

LOCAL, AUTO = "local", "auto"

AskPresence = Callable[[], Awaitable[IdleReading | None]]
"""Looks how long the desk has been idle; None where nobody can say."""

SWITCHES = {
    AgentEvent.TURN_COMPLETED: NOTIFICATIONS_TURN_COMPLETED,
    AgentEvent.TURN_ERROR: NOTIFICATIONS_TURN_ERROR,
    AgentEvent.PERMISSION_REQUIRED: NOTIFICATIONS_PERMISSION_REQUIRED,
    AgentEvent.SPAWNED: NOTIFICATIONS_AGENT_SPAWNED,
}
"""The setting that switches each kind of notification."""


def notice_policy(settings: Settings) -> NoticePolicy:
    """The policy. A time or zone that is none makes no quiet hours."""
    # Finding out a zone takes memory, which most who run a daemon need not spend.
    is_timed = settings[NOTIFICATIONS_DIGEST_S] > 0 or _time(settings[NOTIFICATIONS_QUIET_FROM]) is not None
    zone = _zone(settings[NOTIFICATIONS_QUIET_ZONE]) if is_timed else UTC
    return NoticePolicy(
        is_enabled=settings[NOTIFICATIONS_ENABLED],
        told=frozenset(kind for kind, setting in SWITCHES.items() if settings[setting]),
        is_telling_subagents=settings[NOTIFICATIONS_SUBAGENTS],
        dedupe_s=settings[NOTIFICATIONS_DEDUPE_S],
        prompt_lifetime_s=settings[NOTIFICATIONS_PROMPT_LIFETIME_S],
        turn_lifetime_s=settings[NOTIFICATIONS_TURN_LIFETIME_S],
        quiet=_quiet_hours(settings, zone),
        quiet_priority=settings[NOTIFICATIONS_QUIET_PRIORITY],
        is_quiet_withheld=settings[NOTIFICATIONS_QUIET_ACTION] == "withhold",
        digest_s=settings[NOTIFICATIONS_DIGEST_S],
        away_s=settings[NOTIFICATIONS_AWAY_S],
        zone=zone or UTC,
    )


def dashboard_url(settings: Settings, own_url: Callable[[], str]) -> str:
    """Where people reach the dashboard, without a slash at its end. `own_url`: where the daemon listens."""
    url = settings[DASHBOARD_URL]
    return (own_url() if url == AUTO else url).rstrip("/")


def presence_of(reading: IdleReading | None) -> Presence | None:
    """What a look at the desk says, as the rules want it."""
    return None if reading is None else Presence(idle_s=reading.idle_s, is_locked=reading.is_locked)


def _quiet_hours(settings: Settings, zone: tzinfo | None) -> QuietHours | None:
    begin, end = _time(settings[NOTIFICATIONS_QUIET_FROM]), _time(settings[NOTIFICATIONS_QUIET_UNTIL])
    if zone is None or begin is None or end is None:
        return None
    return QuietHours(begin=begin, end=end, zone=zone)


def _zone(name: str) -> tzinfo | None:
    try:
        return load_zone(local_zone_name() if name == LOCAL else name)
    except BadInput:
        return None


def _time(text: str) -> time | None:
    hour, colon, minute = text.partition(":")
    if not (colon and hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60):
        return None
    return time(int(hour), int(minute))
