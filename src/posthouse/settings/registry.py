"""The settings themselves: what each is, its bounds, and the line that its page and its help show."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Generic, TypeVar

import msgspec

from posthouse.model.errors import BadInput

T = TypeVar("T", bool, int, float, str)
Value = bool | int | float | str
"""What a setting can be."""

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


class SettingKind(StrEnum):
    """What a value is. `size` is a whole number of bytes that may be written with KiB, MiB or GiB."""

    INTEGER = "integer"
    SIZE = "size"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TEXT = "text"
    CHOICE = "choice"


class TextFormat(StrEnum):
    """What a text must be. `settings.formats` judges it."""

    PLAIN = "plain"
    TIME = "time"
    TIME_OR_OFF = "time_or_off"
    ZONE_OR_LOCAL = "zone_or_local"
    URL_OR_AUTO = "url_or_auto"


class SettingGroup(StrEnum):
    """What a setting is for, as its page calls it; in the order in which they are shown."""

    DELIVERY = "Delivery"
    INGEST = "Taking events"
    COALESCING = "Coalescing"
    NOTIFICATIONS = "Notifications"
    LIVE = "Live and dashboard"
    RETENTION = "Retention"
    SECURITY = "Security"
    NETWORK = "Network"
    LOG = "Log"


_GROUPS = {
    "ingest": SettingGroup.INGEST,
    "disk": SettingGroup.INGEST,
    "coalesce": SettingGroup.COALESCING,
    "commands": SettingGroup.SECURITY,
    "delivery": SettingGroup.DELIVERY,
    "retention": SettingGroup.RETENTION,
    "notifications": SettingGroup.NOTIFICATIONS,
    "live": SettingGroup.LIVE,
    "dashboard": SettingGroup.LIVE,
    "network.allow_private": SettingGroup.SECURITY,
    "api": SettingGroup.NETWORK,
    "log": SettingGroup.LOG,
}
"""By the key, or by its section."""


class Setting(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One setting. `minimum` and `maximum` are inclusive; `choices` are all that a choice may be, `format`
    what a text must be.

    `is_at_start`: the daemon looks at it only when it starts; a change of any other holds at once.
    """

    key: str
    kind: SettingKind
    default: T
    doc: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    format: TextFormat = TextFormat.PLAIN
    is_at_start: bool = False

    @property
    def group(self) -> SettingGroup:
        """What it is for."""
        return _GROUPS.get(self.key) or _GROUPS[self.key.partition(".")[0]]

    @property
    def environment_name(self) -> str:
        """The variable that overrides it: `POSTHOUSE_DELIVERY_CONCURRENCY`."""
        return "POSTHOUSE_" + self.key.replace(".", "_").upper()


SETTINGS: dict[str, Setting[Any]] = {}
"""Every setting by its key, in the order of the data path."""


def _setting(setting: Setting[T]) -> Setting[T]:
    SETTINGS[setting.key] = setting
    return setting


def _size(key: str, default: int, minimum: int, maximum: int, doc: str) -> Setting[int]:
    return _setting(
        Setting(
            key=key,
            kind=SettingKind.SIZE,
            default=default,
            unit="bytes",
            minimum=minimum,
            maximum=maximum,
            doc=doc,
        )
    )


def _integer(key: str, default: int, minimum: int, maximum: int, doc: str, unit: str = "") -> Setting[int]:
    return _setting(
        Setting(
            key=key,
            kind=SettingKind.INTEGER,
            default=default,
            unit=unit,
            minimum=minimum,
            maximum=maximum,
            doc=doc,
        )
    )


def _seconds(key: str, default: float, minimum: float, maximum: float, doc: str) -> Setting[float]:
    return _setting(
        Setting(
            key=key,
            kind=SettingKind.NUMBER,
            default=default,
            unit="s",
            minimum=minimum,
            maximum=maximum,
            doc=doc,
        )
    )


INGEST_EVENT_BYTES_MAX = _size(
    "ingest.event_bytes_max", 1 * MIB, 1 * KIB, 64 * MIB, "The largest single event that ingest takes."
)
INGEST_BODY_BYTES_MAX = _size(
    "ingest.body_bytes_max", 8 * MIB, 1 * KIB, 256 * MIB, "The largest request body that ingest takes."
)
INGEST_AWAITING_BYTES_MAX = _size(
    "ingest.awaiting_bytes_max",
    64 * MIB,
    1 * KIB,
    4 * GIB,
    "How much may await its commit at once; above it, ingest answers 429.",
)
INGEST_ITEMS_MAX = _integer("ingest.items_max", 10_000, 1, 100_000, "The most events that one request may carry.")
DISK_FREE_BYTES_MIN = _size(
    "disk.free_bytes_min",
    256 * MIB,
    0,
    1_024 * GIB,
    "The free space below which ingest answers 507 and sources wait.",
)
COALESCE_QUIET_S = _seconds(
    "coalesce.quiet_s", 90.0, 0.0, 86_400.0, "How long a snapshot source must be quiet before it is read; 0 is at once."
)
COALESCE_CAP_S = _seconds(
    "coalesce.cap_s",
    300.0,
    0.0,
    86_400.0,
    "The longest wait from the first change to the reading, however busy the source stays.",
)
COMMANDS_ALLOWED = _setting(
    Setting(
        key="commands.allowed",
        kind=SettingKind.BOOLEAN,
        default=False,
        doc="Whether sources, targets and probes may run programs on this machine, as the user of the daemon.",
    )
)
DELIVERY_CONCURRENCY = _integer(
    "delivery.concurrency",
    8,
    1,
    256,
    "How many requests one endpoint gets at a time, unless it has a number of its own.",
)
DELIVERY_PACE_S = _seconds(
    "delivery.pace_s", 0.0, 0.0, 3_600.0, "The least time between two requests to one endpoint; 0 is no limit."
)
DELIVERY_DEADLINE_S = _seconds(
    "delivery.deadline_s",
    25.0,
    1.0,
    50.0,
    "The limit on one whole exchange with a target; stays below the 60 s lease.",
)
DELIVERY_RESPONSE_BYTES_MAX = _size(
    "delivery.response_bytes_max", 16 * KIB, 0, 1 * MIB, "How much of a target's answer is read and kept."
)
DELIVERY_DRAIN_GRACE_S = _seconds(
    "delivery.drain_grace_s", 10.0, 0.0, 60.0, "How long a stop waits for requests that are under way."
)
RETENTION_DAYS = _integer(
    "retention.days",
    30,
    1,
    3_650,
    "How long delivered and unwanted events are kept; what was given up stays until a person ends it.",
    unit="days",
)


def _switch(key: str, default: bool, doc: str) -> Setting[bool]:
    return _setting(Setting(key=key, kind=SettingKind.BOOLEAN, default=default, doc=doc))


def _text(key: str, text_format: TextFormat, default: str, doc: str) -> Setting[str]:
    return _setting(Setting(key=key, kind=SettingKind.TEXT, format=text_format, default=default, doc=doc))


NOTIFICATIONS_ENABLED = _switch("notifications.enabled", False, "Whether anybody is notified of agents at all.")
NOTIFICATIONS_TURN_COMPLETED = _switch(
    "notifications.turn_completed", True, "Whether an agent's finished turn is told."
)
NOTIFICATIONS_TURN_ERROR = _switch("notifications.turn_error", True, "Whether a turn that failed for good is told.")
NOTIFICATIONS_PERMISSION_REQUIRED = _switch(
    "notifications.permission_required", True, "Whether a permission that an agent waits for is told."
)
NOTIFICATIONS_AGENT_SPAWNED = _switch("notifications.agent_spawned", False, "Whether a new agent is told.")
NOTIFICATIONS_SUBAGENTS = _switch(
    "notifications.subagents", False, "Whether turns of subagents are told too; their permission prompts always are."
)
NOTIFICATIONS_DEDUPE_S = _seconds(
    "notifications.dedupe_s", 5.0, 0.0, 3_600.0, "Within this time, one permission prompt is told once; 0 is off."
)
NOTIFICATIONS_PROMPT_LIFETIME_S = _seconds(
    "notifications.prompt_lifetime_s",
    3_600.0,
    10.0,
    2_592_000.0,
    "How long a permission prompt is worth telling; what could not be sent by then has expired.",
)
NOTIFICATIONS_TURN_LIFETIME_S = _seconds(
    "notifications.turn_lifetime_s",
    43_200.0,
    10.0,
    2_592_000.0,
    "How long the end of a turn, or a new agent, is worth telling; what could not be sent by then has expired.",
)
NOTIFICATIONS_QUIET_FROM = _text(
    "notifications.quiet_from",
    TextFormat.TIME_OR_OFF,
    "off",
    "When quiet hours begin, as HH:MM in their zone; off is no quiet hours.",
)
NOTIFICATIONS_QUIET_UNTIL = _text(
    "notifications.quiet_until", TextFormat.TIME, "07:00", "When quiet hours end, as HH:MM in their zone."
)
NOTIFICATIONS_QUIET_ZONE = _text(
    "notifications.quiet_zone",
    TextFormat.ZONE_OR_LOCAL,
    "local",
    "The IANA time zone of quiet hours; local is this machine's.",
)
NOTIFICATIONS_QUIET_PRIORITY = _integer(
    "notifications.quiet_priority",
    6,
    1,
    6,
    "From this priority on (1 to 5) quiet hours and digests are passed over; 6 is none.",
)
NOTIFICATIONS_QUIET_ACTION = _setting(
    Setting(
        key="notifications.quiet_action",
        kind=SettingKind.CHOICE,
        default="digest",
        choices=("digest", "withhold"),
        doc="What comes in quiet hours waits for their end as one digest, or is withheld.",
    )
)
NOTIFICATIONS_DIGEST_S = _seconds(
    "notifications.digest_s", 0.0, 0.0, 86_400.0, "What comes within this time is one message; 0 tells each at once."
)
NOTIFICATIONS_AWAY_S = _seconds(
    "notifications.away_s",
    0.0,
    0.0,
    86_400.0,
    "Notify only when the desktop has been idle for so long, or is locked; 0 is always.",
)
LIVE_BUFFER = _integer(
    "live.buffer",
    100,
    10,
    10_000,
    "How many entries of the live stream are kept in memory; who has missed more is served from the ledger.",
)
LIVE_LOG_ENTRIES = _integer(
    "live.log_entries", 10_000, 1_000, 1_000_000, "How many entries of the live stream the ledger keeps."
)
LIVE_LOG_DAYS = _integer(
    "live.log_days", 7, 1, 365, "How long the ledger keeps entries of the live stream.", unit="days"
)
DASHBOARD_FEED_ENTRIES = _integer(
    "dashboard.feed_entries",
    10,
    5,
    200,
    "How many entries the live page shows until it is asked for more.",
)
DASHBOARD_URL = _text(
    "dashboard.url",
    TextFormat.URL_OR_AUTO,
    "auto",
    "Where people reach the dashboard, for links in messages; auto is the address on which the daemon listens.",
)
NETWORK_ALLOW_PRIVATE = _setting(
    Setting(
        key="network.allow_private",
        kind=SettingKind.BOOLEAN,
        default=True,
        is_at_start=True,
        doc="Whether targets may be on private or loopback addresses; link-local and metadata addresses never may.",
    )
)
API_HOST = _setting(
    Setting(
        key="api.host",
        kind=SettingKind.TEXT,
        default="127.0.0.1",
        is_at_start=True,
        doc="The address on which the daemon listens.",
    )
)
API_PORT = _setting(
    Setting(
        key="api.port",
        kind=SettingKind.INTEGER,
        default=8484,
        minimum=0,
        maximum=65_535,
        is_at_start=True,
        doc="The port on which the daemon listens; 0 is any free one.",
    )
)
LOG_LEVEL = _setting(
    Setting(
        key="log.level",
        kind=SettingKind.CHOICE,
        default="info",
        choices=("debug", "info", "warning", "error"),
        is_at_start=True,
        doc="The least important lines that are logged.",
    )
)
LOG_FORMAT = _setting(
    Setting(
        key="log.format",
        kind=SettingKind.CHOICE,
        default="auto",
        choices=("auto", "text", "json"),
        is_at_start=True,
        doc="How log lines look: text for people, json for programs, auto chooses text on a terminal.",
    )
)

NOT_ABOVE: tuple[tuple[Setting[int], Setting[int]], ...] = (
    (INGEST_EVENT_BYTES_MAX, INGEST_BODY_BYTES_MAX),
    (INGEST_BODY_BYTES_MAX, INGEST_AWAITING_BYTES_MAX),
)
"""Pairs of which the first may not be above the second, or what the first allows could never be taken."""


def find_setting(key: str) -> Setting[Any]:
    """The setting of that key. Raises BadInput `settings.unknown_key`, with the nearest key there is."""
    found = SETTINGS.get(key)
    if found is None:
        hint = nearest(key, SETTINGS)
        raise BadInput("settings.unknown_key", f"There is no setting {key[:100]!r}.{hint}", field=key[:100])
    return found


def nearest(word: str, known: Mapping[str, object]) -> str:
    """A sentence that names the nearest known word, or where all of them stand."""
    import difflib  # only a mistake needs it, and it costs as much as this whole module

    near = difflib.get_close_matches(word[:100], known, n=1, cutoff=0.6)
    return f" Did you mean {near[0]}?" if near else " See docs/reference/settings.md for all of them."
