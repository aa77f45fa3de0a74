"""How much a lane keeps claimed and how long it holds back, for every number there may be."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.deliveries import Outcome, OutcomeKind
from posthouse.rules.http_outcome import RETRY_AFTER_S_MAX
from posthouse.rules.pacing import (
    HOLD_S,
    STOCK_AGE_S_MAX,
    STOCK_MAX,
    STOCK_S,
    Bucket,
    hold_s,
    opens_at_s,
    stock_of,
    used_by,
)

LEASE_S = 60.0
DEADLINE_S = 25.0
CHECK_S = 30.0

concurrencies = st.integers(1, 256)
durations = st.floats(0, 100)
paces = st.floats(0.001, 3_600)


def limited(retry_after_s: float | None) -> Outcome:
    return Outcome(kind=OutcomeKind.RATE_LIMITED, code="http_429", status_code=429, retry_after_s=retry_after_s)


@given(concurrencies, durations)
def test_a_lane_without_a_pace_keeps_what_can_be_under_way_and_never_too_much(concurrency: int, mean_s: float) -> None:
    stock = stock_of(concurrency, mean_s, 0.0)

    assert concurrency <= stock <= max(concurrency, STOCK_MAX)


@given(concurrencies, durations, paces)
def test_a_lane_with_a_pace_keeps_one_or_what_leaves_before_it_goes_stale(
    concurrency: int, mean_s: float, pace_s: float
) -> None:
    stock = stock_of(concurrency, mean_s, pace_s)

    assert 1 <= stock <= STOCK_MAX
    assert stock == 1 or (stock - 1) * pace_s < STOCK_AGE_S_MAX


@given(concurrencies, durations, durations)
def test_slower_requests_never_make_the_stock_larger(concurrency: int, one_s: float, other_s: float) -> None:
    quick, slow = sorted((one_s, other_s))

    assert stock_of(concurrency, quick, 0.0) >= stock_of(concurrency, slow, 0.0)


@pytest.mark.parametrize(
    ("concurrency", "mean_s", "pace_s", "stock"),
    [
        (8, 1.0, 0.0, 16),
        (8, 25.0, 0.0, 8),
        (8, 0.001, 0.0, STOCK_MAX),
        (8, 0.0, 0.0, STOCK_MAX),
        (8, 1.0, 0.5, 4),
        (8, 1.0, 10.0, 1),
        (1, 25.0, 0.1, 1),
    ],
)
def test_the_stock_follows_what_can_be_sent_in_two_seconds(
    concurrency: int, mean_s: float, pace_s: float, stock: int
) -> None:
    assert stock_of(concurrency, mean_s, pace_s) == stock


def test_a_lease_outlasts_the_stock_a_request_and_the_check_that_may_follow() -> None:
    assert STOCK_S < STOCK_AGE_S_MAX <= LEASE_S - DEADLINE_S - CHECK_S


@pytest.mark.parametrize("kind", [kind for kind in OutcomeKind if kind is not OutcomeKind.RATE_LIMITED])
def test_only_a_rate_limit_makes_a_lane_hold_back(kind: OutcomeKind) -> None:
    assert hold_s(Outcome(kind=kind, code="any", retry_after_s=60.0)) == 0.0


def test_a_rate_limit_without_a_time_holds_for_five_seconds() -> None:
    assert hold_s(limited(None)) == HOLD_S == 5.0


@given(st.floats(allow_nan=False))
def test_a_rate_limit_holds_for_as_long_as_it_says_within_a_day(asked_s: float) -> None:
    held_s = hold_s(limited(asked_s))

    assert 0.0 <= held_s <= RETRY_AFTER_S_MAX
    assert math.isclose(held_s, min(max(asked_s, 0.0), RETRY_AFTER_S_MAX))


def starts(bucket: Bucket, looks_s: list[float]) -> list[float]:
    """When requests start, where one is wanted at each of these instants and goes if it may."""
    used_until_s, found = 0.0, []
    for now_s in looks_s:
        if now_s >= opens_at_s(bucket, used_until_s):
            used_until_s = used_by(bucket, used_until_s, now_s)
            found.append(now_s)
    return found


looks = st.lists(st.integers(0, 4_000), max_size=60).map(
    lambda steps: [1_000 + sum(steps[:n]) / 8 for n in range(len(steps))]
)
buckets = st.builds(Bucket, st.integers(1, 80).map(lambda n: n / 8), st.integers(1, 20))


@given(buckets, looks)
def test_no_window_ever_has_more_than_the_burst_and_what_was_refilled(bucket: Bucket, looks_s: list[float]) -> None:
    found = starts(bucket, looks_s)

    for first, begin in enumerate(found):
        for last in range(first, len(found)):
            assert last - first + 1 <= bucket.burst + (found[last] - begin) / bucket.refill_s


@given(buckets, looks)
def test_one_that_is_held_back_would_have_been_too_many(bucket: Bucket, looks_s: list[float]) -> None:
    """Against a plain count of tokens: nothing waits that need not."""
    tokens, filled_at_s, found = float(bucket.burst), looks_s[0] if looks_s else 0.0, []
    for now_s in looks_s:
        tokens = min(float(bucket.burst), tokens + (now_s - filled_at_s) / bucket.refill_s)
        filled_at_s = now_s
        if tokens >= 1 - 1e-9:
            tokens -= 1
            found.append(now_s)

    assert starts(bucket, looks_s) == pytest.approx(found)


def test_a_burst_goes_at_once_and_then_one_at_each_refill() -> None:
    bucket = Bucket(5.0, 3)

    assert starts(bucket, [1_000.0] * 5 + [1_004.9, 1_005.0, 1_009.9, 1_010.0]) == [1_000.0] * 3 + [1_005.0, 1_010.0]
