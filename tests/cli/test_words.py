"""The plain words: one for every state, and nothing made up."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.cli.output import harmless
from posthouse.cli.words import (
    COLOURS,
    STATUS_WORDS,
    ago,
    counts_words,
    delivery_words,
    exact_span,
    gap_when,
    health_words,
    instant_words,
    lasted,
    millis,
    next_words,
    run_words,
    schedule_words,
    size_words,
    span,
    status_of,
    zoned_words,
)
from posthouse.model.deliveries import DeliveryStatus
from posthouse.model.targets import PauseCause

NOW = 1_767_225_600_000


def row(status: str, **more: Any) -> dict[str, Any]:
    return {"status": status, "isPaused": False, "attempts": 0, "availableAt": NOW, "reason": None, **more}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (row("pending"), "Waiting to send"),
        (row("pending", availableAt=NOW + 20_000), "Waiting to send, in 20 s"),
        (row("in_flight"), "Sending…"),
        (row("delivered"), "Delivered"),
        (row("failed", availableAt=NOW + 240_000), "Failed, next try in 4 min"),
        (row("failed", availableAt=NOW - 1), "Failed, next try is due"),
        (row("dlq", attempts=10), "Gave up after 10 attempts"),
        (row("dlq", attempts=1, reason="http_404"), "Gave up after 1 attempt: http_404"),
        (row("dismissed"), "Dismissed"),
        (row("expired", reason="time_to_live"), "Expired: time_to_live"),
        (row("withheld", reason="quiet hours"), "Withheld: quiet hours"),
        (row("pending", isPaused=True), "Paused: sign in again"),
        (row("target_paused"), "Paused: sign in again"),
        (row("in_flight", isPaused=True), "Sending…"),
        (row("delivered", isPaused=True), "Delivered"),
    ],
)
def test_a_delivery_is_told_in_plain_words(found: dict[str, Any], words: str) -> None:
    assert delivery_words(found, NOW, "sign in again") == words


@pytest.mark.parametrize("status", list(DeliveryStatus))
def test_every_stored_status_has_words_and_a_colour(status: DeliveryStatus) -> None:
    words = delivery_words(row(status.value), NOW)

    assert words != status.value
    assert status.value in COLOURS
    assert status_of(row(status.value)) == status.value


@pytest.mark.parametrize("cause", list(PauseCause))
def test_every_cause_of_a_pause_has_words(cause: PauseCause) -> None:
    words = health_words({"state": "paused", "cause": cause.value})

    assert words.startswith("Paused: ")
    assert "unknown" not in words


def test_only_counters_that_count_something_are_told() -> None:
    counts = dict.fromkeys(STATUS_WORDS, 0)

    assert counts_words(counts) == "Nothing yet"
    assert counts_words({**counts, "dlq": 3, "pending": 1}) == "Waiting to send: 1 · Gave up: 3"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (3_599, "59 min"), (3_600, "1 h"), (86_400, "1 d"), (-5, "0 s")],
)
def test_a_span_is_told_in_its_largest_unit(seconds: float, words: str) -> None:
    assert span(seconds) == words


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 B"), (1_023, "1023 B"), (1_024, "1.0 KiB"), (5 * 1_048_576, "5.0 MiB"), (None, "0 B")]
)
def test_a_size_is_told_in_binary_units(size: int | None, words: str) -> None:
    assert size_words(size) == words


def test_instants_may_be_numbers_or_text() -> None:
    assert millis("2026-01-01T00:00:00Z") == millis(NOW) == NOW
    assert millis(None) is None
    assert millis("soon") is None
    assert (ago(NOW - 500, NOW), ago(NOW - 61_000, NOW), ago(None, NOW)) == ("just now", "1 min ago", "never")


@given(st.text())
def test_harmless_text_holds_nothing_that_moves_a_cursor(text: str) -> None:
    shown = harmless(text)

    assert all(character.isprintable() or character.isspace() for character in shown)
    assert "\x1b" not in shown
    assert "\n" not in shown
    shown.encode()


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ({"mode": "on_change", "zone": "UTC"}, "on change"),
        ({"mode": "interval", "everyS": 900, "zone": "UTC"}, "every 15 min"),
        ({"mode": "interval", "everyS": 5_400, "zone": "UTC"}, "every 90 min"),
        ({"mode": "interval", "everyS": 61, "zone": "UTC"}, "every 61 s"),
        ({"mode": "daily", "at": "00:01", "zone": "Europe/Berlin"}, "daily 00:01 Europe/Berlin"),
        ({"mode": "weekly", "day": "monday", "at": "09:00", "zone": "UTC"}, "weekly mon 09:00 UTC"),
        ({"mode": "cron", "cron": "*/5 * * * *", "zone": "UTC"}, "cron '*/5 * * * *' UTC"),
        ({"mode": "by_moon"}, "by_moon"),
    ],
)
def test_schedule_is_said_as_it_was_given(schedule: dict[str, Any], words: str) -> None:
    assert schedule_words(schedule) == words


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (None, "–"),
        (NOW - 5, "now"),
        (NOW + 999, "now"),
        (NOW + 10_800_000, "in 3 h"),
        (NOW + 86_400_000, "2026-01-02 09:00"),
    ],
)
def test_next_run_is_near_or_at_a_time_of_its_zone(at: int | None, words: str) -> None:
    assert next_words(at, NOW, "Asia/Tokyo") == words


def test_next_run_without_a_zone_is_told_in_local_time() -> None:
    assert next_words(NOW + 86_400_000, NOW) == instant_words(NOW + 86_400_000)[:16]


def test_zone_that_is_unknown_here_is_told_in_utc_and_says_so() -> None:
    for zone in ("Mars/Olympus", "../etc", "", "a\0b"):
        assert zoned_words(NOW, zone) == "2026-01-01 00:00 UTC"


def test_last_run_is_told_with_its_reason() -> None:
    assert run_words(None) == "–"
    assert run_words({"result": "sent", "detail": ""}) == "Sent"
    assert run_words({"result": "failed", "detail": "disk gone"}) == "Could not be read: disk gone"
    assert run_words({"result": "some_new_word", "detail": ""}) == "some_new_word"


def test_gap_that_is_longer_than_was_counted_says_so() -> None:
    gap = {"firstAt": NOW, "lastAt": NOW + 60_000, "zone": "UTC", "count": 1000, "isAtLeast": True}

    assert gap_when(gap) == "2026-01-01 00:00 to 2026-01-01 00:01 UTC, 1000 or more runs"


@given(st.integers(0, 10**9))
def test_exact_duration_loses_nothing(seconds: int) -> None:
    number, unit = exact_span(seconds).split()
    size = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}[unit]

    assert int(number) * size == seconds
    assert exact_span(float(seconds)) == exact_span(seconds)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0842, "84 ms"),
        (4.25, "4.2 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (125, "2 min 5 s"),
        (3_600, "1 h"),
        (3_659, "1 h"),
        (3_780, "1 h 3 min"),
        (86_400 * 2 + 3_600, "2 d 1 h"),
    ],
)
def test_how_long_something_took_has_its_two_largest_units(seconds: float, words: str) -> None:
    assert lasted(seconds) == words
