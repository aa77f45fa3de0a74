"""Time zones by their IANA names, from the system's database or, where it has none, the tzdata package's."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from posthouse.model.errors import BadInput


def load_zone(name: str) -> ZoneInfo:
    """The zone of that name. Raises BadInput `schedule.unknown_zone`."""
    try:
        # Only plain names reach the file system; zoneinfo refuses those that lead out of its folders.
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadInput(
            "schedule.unknown_zone",
            f"There is no time zone {name[:100]!r}. Use an IANA name such as Europe/Berlin or UTC.",
            field="schedule.zone",
        ) from error


def local_zone_name() -> str:
    """The IANA name of this machine's zone; UTC where it cannot be told."""
    import tzlocal  # costs as much as the rest of a command, and is asked only when a schedule names no zone

    try:
        name: str | None = tzlocal.get_localzone_name()
    except (LookupError, OSError, ValueError):
        return "UTC"
    return name or "UTC"
