"""Status codes to outcome kinds, and Retry-After to seconds."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.deliveries import OutcomeKind
from posthouse.model.ids import Millis
from posthouse.rules.http_outcome import RETRY_AFTER_S_MAX, outcome_kind, retry_after_s

NOW = Millis(1_767_225_600_000)  # Thursday, 2026-01-01T00:00:00Z
instants = st.integers(0, 4_102_444_800_000).map(Millis)  # to the year 2100


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, OutcomeKind.DELIVERED),
        (204, OutcomeKind.DELIVERED),
        (299, OutcomeKind.DELIVERED),
        (300, OutcomeKind.REJECTED),
        (301, OutcomeKind.REJECTED),
        (399, OutcomeKind.REJECTED),
        (400, OutcomeKind.REJECTED),
        (401, OutcomeKind.AUTH),
        (403, OutcomeKind.AUTH),
        (404, OutcomeKind.REJECTED),
        (408, OutcomeKind.TRANSIENT),
        (410, OutcomeKind.GONE),
        (413, OutcomeKind.REJECTED),
        (425, OutcomeKind.TRANSIENT),
        (429, OutcomeKind.RATE_LIMITED),
        (499, OutcomeKind.REJECTED),
        (500, OutcomeKind.TRANSIENT),
        (503, OutcomeKind.TRANSIENT),
        (599, OutcomeKind.TRANSIENT),
        (100, OutcomeKind.TRANSIENT),
        (0, OutcomeKind.TRANSIENT),
        (999, OutcomeKind.TRANSIENT),
    ],
)
def test_a_status_code_has_the_kind_of_the_table(status: int, kind: OutcomeKind) -> None:
    assert outcome_kind(status, has_retry_after=False) is kind


def test_503_with_retry_after_is_a_rate_limit_and_only_503_is_changed_by_it() -> None:
    changed = [
        status
        for status in range(1000)
        if outcome_kind(status, has_retry_after=True) is not outcome_kind(status, has_retry_after=False)
    ]
    assert changed == [503]
    assert outcome_kind(503, has_retry_after=True) is OutcomeKind.RATE_LIMITED


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 120\t", 120.0),
        ("0120", 120.0),
        ("86400", 86_400.0),
        ("86401", RETRY_AFTER_S_MAX),
        ("9" * 10_000, RETRY_AFTER_S_MAX),
        ("Thu, 01 Jan 2026 00:02:00 GMT", 120.0),
        ("Thursday, 01-Jan-26 00:02:00 GMT", 120.0),
        ("Thu Jan  1 00:02:00 2026", 120.0),
        ("Sun Jan 11 00:00:00 2026", RETRY_AFTER_S_MAX),
        ("Wed, 31 Dec 2025 23:59:59 GMT", 0.0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 0.0),
        ("Friday, 01-Jan-77 00:00:00 GMT", 0.0),
        ("Wednesday, 01-Jan-76 00:00:00 GMT", RETRY_AFTER_S_MAX),
        ("Thu, 01 Jan 2026 00:00:60 GMT", 59.0),
    ],
)
def test_both_forms_of_retry_after_are_understood(value: str, seconds: float) -> None:
    assert retry_after_s(value, NOW) == seconds


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "soon",
        "-5",
        "+5",
        "1.5",
        "1e3",
        "inf",
        "nan",
        "1_000",
        "５",
        "12 0",
        "120\n",
        "Thu, 01 Jan 2026 00:02:00",
        "Thu, 01 Jan 2026 00:02:00 CET",
        "Thu, 32 Jan 2026 00:02:00 GMT",
        "Thu, 30 Feb 2026 00:02:00 GMT",
        "Thu, 01 Jan 2026 24:00:00 GMT",
        "Thu, 01 Jan 2026 00:00:61 GMT",
        "Thu, 01 Jan 0000 00:00:00 GMT",
        "Thu, 01 Jän 2026 00:02:00 GMT",
        "2026-01-01T00:02:00Z",
    ],
)
def test_garbage_means_nothing(value: str) -> None:
    assert retry_after_s(value, NOW) is None


@given(st.text() | st.from_regex(r"[A-Za-z]{3,9},? [0-9 A-Za-z:-]{5,30}( GMT)?"), instants)
def test_any_text_gives_none_or_seconds_within_bounds(value: str, now: Millis) -> None:
    seconds = retry_after_s(value, now)
    assert seconds is None or 0 <= seconds <= RETRY_AFTER_S_MAX


@given(st.datetimes(datetime(1971, 1, 1), datetime(2099, 12, 31)), instants)  # noqa: DTZ001
def test_every_http_date_gives_its_distance_from_now(moment: datetime, now: Millis) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    expected = min(max(moment.timestamp() - now / 1000, 0.0), RETRY_AFTER_S_MAX)
    asctime = moment.strftime("%a %b ") + f"{moment.day:2} " + moment.strftime("%H:%M:%S %Y")
    for written in (format_datetime(moment, usegmt=True), asctime):
        assert retry_after_s(written, now) == pytest.approx(expected, abs=0.001)


@given(st.integers(0, 10**30), instants)
def test_seconds_are_taken_as_they_are_up_to_a_day(seconds: int, now: Millis) -> None:
    assert retry_after_s(str(seconds), now) == min(seconds, RETRY_AFTER_S_MAX)
