"""Latencies in bins: a percentile out of them is the exact one, or as near to it as is promised."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.rules.latency import ERROR_MAX, bin_of, percentile_of, value_of

WEEK_MS = 7 * 86_400_000
durations = st.one_of(st.integers(0, 40), st.integers(0, 30_000), st.integers(0, WEEK_MS))


def exact(values: list[int], percent: int) -> int:
    """The nearest rank: the smallest value that at least this share does not exceed."""
    ordered = sorted(values)
    return next(value for place, value in enumerate(ordered, 1) if place * 100 >= percent * len(ordered))


@given(st.lists(durations, min_size=1), st.integers(1, 100))
def test_percentile_of_bins_is_as_near_to_the_exact_one_as_promised(values: list[int], percent: int) -> None:
    found = percentile_of(Counter(map(bin_of, values)), percent)

    assert found is not None
    assert abs(found - exact(values, percent)) <= ERROR_MAX * exact(values, percent)


@given(st.lists(st.integers(0, 31), min_size=1), st.integers(1, 100))
def test_percentile_of_short_times_is_exact(values: list[int], percent: int) -> None:
    assert percentile_of(Counter(map(bin_of, values)), percent) == exact(values, percent)


def test_bins_follow_each_other_without_a_gap() -> None:
    numbers = [bin_of(ms) for ms in range(70_000)]

    assert numbers[0] == 0
    assert {after - before for before, after in pairwise(numbers)} == {0, 1}
    assert [bin_of(value_of(number)) for number in range(400)] == list(range(400))


def test_time_that_a_clock_ran_backwards_counts_as_none() -> None:
    assert bin_of(-5) == bin_of(0) == 0


@pytest.mark.parametrize("percent", [1, 50, 95, 100])
def test_nothing_has_no_percentile(percent: int) -> None:
    assert percentile_of({}, percent) is None
    assert percentile_of({7: 0}, percent) is None
