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
    health_words,
    millis,
    size_words,
    span,
    status_of,
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
