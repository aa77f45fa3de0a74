"""The plain words for states, instants and sizes, one way for every command. Pure: the caller hands in the time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

STATUS_WORDS: dict[str, str] = {
    "pending": "Waiting to send",
    "inFlight": "Sending",
    "failed": "Failed, will retry",
    "targetPaused": "Paused",
    "delivered": "Delivered",
    "dlq": "Gave up",
    "dismissed": "Dismissed",
    "expired": "Expired",
    "withheld": "Withheld",
}
"""The counters of the API, in the order of a delivery's life."""

_CAUSE_WORDS: dict[str, str] = {
    "transient": "it does not answer; it is tried again by itself",
    "offline": "this machine has no network; it goes on by itself",
    "auth": "sign in again",
    "gone": "the address is gone",
    "rejected": "it keeps refusing",
    "manual": "by hand",
}

_RUN_WORDS: dict[str, str] = {
    "sent": "Sent",
    "nothing_new": "Nothing new",
    "nothing_to_tell": "Nothing to tell",
    "failed": "Could not be read",
}

_GOOD, _WAITING, _BAD, _DIM = "green", "yellow", "red", "bright_black"
COLOURS: dict[str, str] = {
    "pending": _WAITING,
    "in_flight": "cyan",
    "failed": _WAITING,
    "target_paused": _WAITING,
    "delivered": _GOOD,
    "dlq": _BAD,
    "dismissed": _DIM,
    "expired": _DIM,
    "withheld": _DIM,
}
"""Green is done, yellow waits, red needs a person, grey is over."""


def delivery_words(row: Mapping[str, Any], now_ms: int, pause_words: str = "") -> str:
    """What is going on with one delivery; `pause_words` say why its endpoint is paused."""
    status = status_of(row)
    attempts = int(row.get("attempts") or 0)
    match status:
        case "target_paused":
            return f"Paused: {pause_words}" if pause_words else "Paused"
        case "in_flight":
            return "Sending…"
        case "pending":
            wait = _ahead(row, now_ms)
            return f"Waiting to send, in {wait}" if wait else "Waiting to send"
        case "failed":
            wait = _ahead(row, now_ms)
            return f"Failed, next try in {wait}" if wait else "Failed, next try is due"
        case "dlq":
            tries = "1 attempt" if attempts == 1 else f"{attempts} attempts"
            return f"Gave up after {tries}{_why(row)}"
        case "delivered":
            return "Delivered"
        case "dismissed" | "expired" | "withheld":
            return STATUS_WORDS[status] + _why(row)
        case _:
            return status


def status_of(row: Mapping[str, Any]) -> str:
    """The status that is reported: a waiting row whose endpoint is paused is `target_paused`."""
    status = str(row["status"])
    return "target_paused" if row.get("isPaused") and status in ("pending", "failed") else status


def health_words(health: Mapping[str, Any]) -> str:
    """The state of an endpoint or target."""
    match health.get("state"):
        case "ok":
            return "OK"
        case "resuming":
            return "Resuming, a few at a time"
        case "paused":
            return f"Paused: {pause_words(health)}"
        case other:
            return str(other)


def pause_words(health: Mapping[str, Any]) -> str:
    """Why it is paused, to follow "Paused: "."""
    if health.get("cause") == "manual":
        return _CAUSE_WORDS["manual"]
    return str(health.get("detail") or _CAUSE_WORDS.get(str(health.get("cause")), "for a reason unknown")).rstrip(".")


def health_colour(health: Mapping[str, Any]) -> str:
    """Green, yellow where it heals by itself, red where it waits for a person."""
    match health.get("state"):
        case "ok":
            return _GOOD
        case "paused" if health.get("cause") not in ("transient", "offline"):
            return _BAD
        case _:
            return _WAITING


def millis(value: Any) -> int | None:
    """An instant of the API (Unix milliseconds, or RFC 3339 text) as Unix milliseconds."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value)
    try:
        return int(datetime.fromisoformat(str(value)).timestamp() * 1000)
    except ValueError:
        return None


def instant_words(value: Any) -> str:
    """An instant in local time, to the second."""
    at = millis(value)
    if at is None:
        return "–"
    return datetime.fromtimestamp(at / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def ago(value: Any, now_ms: int) -> str:
    """How long an instant is past."""
    at = millis(value)
    if at is None:
        return "never"
    return "just now" if now_ms - at < 1000 else f"{span((now_ms - at) / 1000)} ago"


def span(seconds: float) -> str:
    """A duration in its largest fitting unit, rounded down: `4 min`."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(int(seconds), 0)} s"


def took_words(ms: int | None) -> str:
    """How long something took: `84 ms`, `2.4 s`, `3 min`; a dash where nothing did."""
    if ms is None:
        return "–"
    if ms < 1_000:
        return f"{ms} ms"
    return f"{ms / 1000:.1f} s" if ms < 60_000 else span(ms / 1000)


def lasted(seconds: float) -> str:
    """How long something took, in its two largest units: `2 min 5 s`, `1 h 3 min`, `4.2 s`, `84 ms`."""
    if seconds < 10:
        return took_words(int(seconds * 1000))
    for size, unit, smaller, smaller_unit in ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= size:
            whole, rest = divmod(int(seconds), size)
            return f"{whole} {unit} {rest // smaller} {smaller_unit}" if rest >= smaller else f"{whole} {unit}"
    return f"{int(seconds)} s"


def exact_span(seconds: float) -> str:
    """A duration in the largest unit that it is a whole number of: `90 min`, not `1 h`."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds) if seconds == int(seconds) else seconds} s"


def zoned_words(value: Any, zone: str) -> str:
    """An instant in a zone, to the minute; in UTC, saying so, where this machine does not know the zone."""
    from zoneinfo import ZoneInfo  # only what goes by the clock needs it

    at = millis(value)
    if at is None:
        return "–"
    moment = datetime.fromtimestamp(at / 1000, UTC)
    try:
        return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
    except (LookupError, ValueError, OSError):
        return moment.strftime("%Y-%m-%d %H:%M UTC")


def schedule_words(schedule: Mapping[str, Any]) -> str:
    """When a binding's source is read for it: `daily 00:01 Europe/Berlin`."""
    zone = schedule.get("zone") or ""
    match schedule.get("mode"):
        case "on_change":
            return "on change"
        case "interval":
            return f"every {exact_span(schedule['everyS'])}"
        case "daily":
            return f"daily {schedule['at']} {zone}".rstrip()
        case "weekly":
            return f"weekly {str(schedule['day'])[:3]} {schedule['at']} {zone}".rstrip()
        case "cron":
            return f"cron '{schedule['cron']}' {zone}".rstrip()
        case other:
            return str(other)


def next_words(value: Any, now_ms: int, zone: str | None = None) -> str:
    """When the next run is: `in 3 h`, or its date and time in the zone (without one, local) where that is further."""
    at = millis(value)
    if at is None:
        return "–"
    if at - now_ms < 1000:
        return "now"
    if at - now_ms < 86_400_000:
        return f"in {span((at - now_ms) / 1000)}"
    return instant_words(at)[:-3] if zone is None else zoned_words(at, zone)


def run_words(last_run: Mapping[str, Any] | None) -> str:
    """How the last run went."""
    if last_run is None:
        return "–"
    words = _RUN_WORDS.get(str(last_run["result"]), str(last_run["result"]))
    detail = last_run.get("detail")
    return f"{words}: {detail}" if detail else words


def run_colour(last_run: Mapping[str, Any] | None) -> str | None:
    """Green is sent, red is failed."""
    return None if last_run is None else {"sent": _GOOD, "failed": _BAD}.get(str(last_run["result"]))


def gap_when(gap: Mapping[str, Any]) -> str:
    """The runs of a gap, in the zone that their schedule is meant in."""
    first, last, zone = gap["firstAt"], gap["lastAt"], gap["zone"]
    if gap["count"] == 1:
        return f"{zoned_words(first, zone)} {zone}"
    many = f"{gap['count']}{' or more' if gap['isAtLeast'] else ''} runs"
    return f"{zoned_words(first, zone)} to {zoned_words(last, zone)} {zone}, {many}"


def size_words(count: Any) -> str:
    """A number of bytes."""
    left = float(count or 0)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if left < 1024:
            return f"{left:.0f} {unit}" if unit == "B" else f"{left:.1f} {unit}"
        left /= 1024
    return f"{left:.1f} TiB"


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 event`, `2 events`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def counts_words(counts: Mapping[str, Any]) -> str:
    """The counters that are not zero, in plain words."""
    parts = [f"{words}: {counts[name]}" for name, words in STATUS_WORDS.items() if counts.get(name)]
    return " · ".join(parts) or "Nothing yet"


def _ahead(row: Mapping[str, Any], now_ms: int) -> str:
    due = millis(row.get("availableAt"))
    return span((due - now_ms) / 1000) if due is not None and due - now_ms >= 1000 else ""


def _why(row: Mapping[str, Any]) -> str:
    return f": {row['reason']}" if row.get("reason") else ""
