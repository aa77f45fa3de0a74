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


class Setting(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One setting. `minimum` and `maximum` are inclusive; `choices` are all that a choice may be."""

    key: str
    kind: SettingKind
    default: T
    doc: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()

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
SOURCES_ALLOW_COMMANDS = _setting(
    Setting(
        key="sources.allow_commands",
        kind=SettingKind.BOOLEAN,
        default=False,
        doc="Whether command sources may run programs on this machine, as the user that the daemon runs as.",
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
NETWORK_ALLOW_PRIVATE = _setting(
    Setting(
        key="network.allow_private",
        kind=SettingKind.BOOLEAN,
        default=True,
        doc="Whether targets may be on private or loopback addresses; link-local and metadata addresses never may.",
    )
)
API_HOST = _setting(
    Setting(key="api.host", kind=SettingKind.TEXT, default="127.0.0.1", doc="The address on which the daemon listens.")
)
API_PORT = _integer("api.port", 8484, 0, 65_535, "The port on which the daemon listens; 0 is any free one.")
LOG_LEVEL = _setting(
    Setting(
        key="log.level",
        kind=SettingKind.CHOICE,
        default="info",
        choices=("debug", "info", "warning", "error"),
        doc="The least important lines that are logged.",
    )
)
LOG_FORMAT = _setting(
    Setting(
        key="log.format",
        kind=SettingKind.CHOICE,
        default="auto",
        choices=("auto", "text", "json"),
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
