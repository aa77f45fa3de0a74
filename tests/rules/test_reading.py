"""How long a source whose reads fail is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.rules.reading import LONGEST_S, read_backoff_s


@pytest.mark.parametrize(
    ("is_forbidden", "waits_s"),
    [(False, [300, 600, 1_200, 2_400, 3_600, 3_600]), (True, [900, 1_800, 3_600, 3_600, 3_600, 3_600])],
)
def test_waits_double_up_to_an_hour(is_forbidden: bool, waits_s: list[float]) -> None:
    assert [read_backoff_s(failures, is_forbidden=is_forbidden) for failures in range(1, 7)] == waits_s


@given(st.integers(1, 10**9), st.booleans())
def test_a_wait_is_bounded_and_never_shorter_than_the_one_before(failures: int, is_forbidden: bool) -> None:
    wait_s = read_backoff_s(failures, is_forbidden=is_forbidden)

    assert 300 <= wait_s <= LONGEST_S
    assert wait_s <= read_backoff_s(failures + 1, is_forbidden=is_forbidden)


@given(st.integers(1, 10**9))
def test_a_missing_permission_is_left_alone_at_least_as_long_as_anything_else(failures: int) -> None:
    assert read_backoff_s(failures, is_forbidden=True) >= read_backoff_s(failures, is_forbidden=False)
