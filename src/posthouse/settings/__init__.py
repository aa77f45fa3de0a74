"""Every setting of Posthouse: its key, default, unit and bounds, one line of words, and where its value came from.

In: what the ledger stores (key to JSON text), the environment, and command-line flags. Out: a `Settings`, read as
`settings[DELIVERY_CONCURRENCY]`, which is typed.

    registry   what settings there are          values   one value: parse, judge, describe
    resolve    all of them, from every origin   toml     export and import

docs/reference/settings.md is generated from the registry. Import the parts from their own modules where only they
are needed; this face has what most callers want.
"""

from posthouse.settings.registry import (
    API_HOST,
    API_PORT,
    COALESCE_CAP_S,
    COALESCE_QUIET_S,
    DELIVERY_CONCURRENCY,
    DELIVERY_DEADLINE_S,
    DELIVERY_DRAIN_GRACE_S,
    DELIVERY_PACE_S,
    DELIVERY_RESPONSE_BYTES_MAX,
    DISK_FREE_BYTES_MIN,
    INGEST_AWAITING_BYTES_MAX,
    INGEST_BODY_BYTES_MAX,
    INGEST_EVENT_BYTES_MAX,
    INGEST_ITEMS_MAX,
    LIVE_BUFFER,
    LIVE_LOG_DAYS,
    LIVE_LOG_ENTRIES,
    LOG_FORMAT,
    LOG_LEVEL,
    NETWORK_ALLOW_PRIVATE,
    RETENTION_DAYS,
    SETTINGS,
    SOURCES_ALLOW_COMMANDS,
    Setting,
    SettingKind,
    Value,
    find_setting,
)
from posthouse.settings.resolve import Origin, Settings, resolve
from posthouse.settings.toml import format_toml, parse_toml
from posthouse.settings.values import describe_bounds, describe_value, parse_value

__all__ = [
    "API_HOST",
    "API_PORT",
    "COALESCE_CAP_S",
    "COALESCE_QUIET_S",
    "DELIVERY_CONCURRENCY",
    "DELIVERY_DEADLINE_S",
    "DELIVERY_DRAIN_GRACE_S",
    "DELIVERY_PACE_S",
    "DELIVERY_RESPONSE_BYTES_MAX",
    "DISK_FREE_BYTES_MIN",
    "INGEST_AWAITING_BYTES_MAX",
    "INGEST_BODY_BYTES_MAX",
    "INGEST_EVENT_BYTES_MAX",
    "INGEST_ITEMS_MAX",
    "LIVE_BUFFER",
    "LIVE_LOG_DAYS",
    "LIVE_LOG_ENTRIES",
    "LOG_FORMAT",
    "LOG_LEVEL",
    "NETWORK_ALLOW_PRIVATE",
    "RETENTION_DAYS",
    "SETTINGS",
    "SOURCES_ALLOW_COMMANDS",
    "Origin",
    "Setting",
    "SettingKind",
    "Settings",
    "Value",
    "describe_bounds",
    "describe_value",
    "find_setting",
    "format_toml",
    "parse_toml",
    "parse_value",
    "resolve",
]
