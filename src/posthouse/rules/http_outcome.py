"""What an HTTP answer means for a delivery: status code to outcome kind, and `Retry-After` to seconds.

    2xx                               delivered
    401, 403                          auth
    410                               gone
    429, and 503 with Retry-After     rate_limited
    408, 425                          transient
    other 4xx, 3xx (never followed)   rejected
    everything else                   transient

Sources: RFC 9110 sections 15 (status codes), 10.2.3 (Retry-After) and 5.6.7 (HTTP-date); RFC 6585 (429); RFC 8470
(425).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from posthouse.model.deliveries import OutcomeKind
from posthouse.model.ids import Millis

RETRY_AFTER_S_MAX = 86_400.0
"""No receiver can hold a delivery back for longer than a day with one answer."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SECONDS = re.compile(r"[0-9]+")
_TIME = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})"
_DATES = (
    re.compile(rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT"),
    re.compile(
        rf"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT"
    ),
    re.compile(rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) {_MONTH} (?P<day>[ 0-9][0-9]) {_TIME} (?P<year>[0-9]{{4}})"),
)


def outcome_kind(status: int, *, has_retry_after: bool) -> OutcomeKind:
    """The kind that the table above gives a status code; any integer has one."""
    match status:
        case 401 | 403:
            return OutcomeKind.AUTH
        case 410:
            return OutcomeKind.GONE
        case 429:
            return OutcomeKind.RATE_LIMITED
        case 408 | 425:
            return OutcomeKind.TRANSIENT
        case 503 if has_retry_after:
            return OutcomeKind.RATE_LIMITED
    if 200 <= status < 300:
        return OutcomeKind.DELIVERED
    return OutcomeKind.REJECTED if 300 <= status < 500 else OutcomeKind.TRANSIENT


def retry_after_s(value: str, now: Millis) -> float | None:
    """How long a `Retry-After` header asks to wait: 0 to 86,400 s, or None where the value means nothing.

    Takes both forms, seconds and HTTP-date (all three spellings of it). A date that has passed gives 0.
    """
    text = value.strip(" \t")
    if _SECONDS.fullmatch(text):
        # A float takes any number of digits (an integer does not): a very long one becomes infinity.
        return min(float(text), RETRY_AFTER_S_MAX)
    instant = _http_date(text, now)
    if instant is None:
        return None
    wait_s = (instant - _EPOCH) / timedelta(seconds=1) - now / 1000
    return min(max(wait_s, 0.0), RETRY_AFTER_S_MAX)


def _http_date(text: str, now: Millis) -> datetime | None:
    """The instant of an HTTP-date, or None. The name of the weekday is not compared with the date."""
    found = next((match for pattern in _DATES if (match := pattern.fullmatch(text))), None)
    if found is None:
        return None
    year = int(found["year"])
    if len(found["year"]) == 2:
        year = _full_year(year, now)
    try:
        return datetime(
            year,
            _MONTHS.index(found["month"]) + 1,
            int(found["day"]),
            int(found["hour"]),
            int(found["minute"]),
            # A leap second is written as 60, which the calendar of the standard library does not know.
            59 if found["second"] == "60" else int(found["second"]),
            tzinfo=UTC,
        )
    except ValueError:
        return None


def _full_year(two_digits: int, now: Millis) -> int:
    """The year meant by its last two digits: this century's, unless that lies more than 50 years ahead."""
    this_year = (_EPOCH + timedelta(milliseconds=now)).year
    year = this_year - this_year % 100 + two_digits
    return year - 100 if year > this_year + 50 else year
