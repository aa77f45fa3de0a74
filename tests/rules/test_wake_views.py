"""What people are shown of the wake schedule."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.ids import Millis
from posthouse.rules.wake import Toggle, WakePolicy, WakeState, step
from posthouse.rules.wake_views import PendingRetry, WaitingRetry, pending_retry, reset_hour, schedule_of
from tests.rules.zones import at


def waiting(account: str, next_retry_at: int, *, run: str = "run 1", retries_left: int = 3) -> WaitingRetry:
    return WaitingRetry(
        run=run,
        account=account,
        reason=f"reason of {run}",
        retries_left=retries_left,
        next_retry_at=Millis(next_retry_at),
    )


def test_schedule_is_by_hour_and_minute() -> None:
    state = WakeState()
    for hour in (9, 0):
        toggle = Toggle(hour=hour, is_on=True, zone="UTC")
        state, _ = step(state, toggle, at("2026-01-05 08:00Z"), WakePolicy(), {"UTC": ZoneInfo("UTC")})

    assert schedule_of(WakeState()) == {}
    assert schedule_of(state) == {
        "0": {str(minute): at(f"2026-01-06 00:{minute:02}Z") for minute in (0, 15, 30, 45)},
        "9": {str(minute): at(f"2026-01-05 09:{minute:02}Z") for minute in (0, 15, 30, 45)},
    }


@pytest.mark.parametrize(
    ("hour", "window", "reset"), [(0, 5, 5), (19, 5, 0), (22, 5, 3), (9, 24, 9), (9, 168, 9), (23, 1, 0)]
)
def test_window_ends_so_many_hours_later(hour: int, window: int, reset: int) -> None:
    assert reset_hour(hour, window) == reset


def test_window_is_five_hours_where_nothing_else_is_known() -> None:
    assert reset_hour(20) == 1


def test_nothing_waits_where_nothing_failed() -> None:
    assert pending_retry([]) is None


def test_soonest_retry_is_told_with_all_accounts_of_its_run() -> None:
    found = pending_retry(
        [
            waiting("work", 2_000, retries_left=6),
            waiting("home", 1_000, retries_left=2),
            waiting("other", 1_500, run="run 2", retries_left=5),
        ]
    )

    assert found == PendingRetry(
        retries_left=2, next_retry_at=Millis(1_000), reason="reason of run 1", accounts=("home", "work")
    )


def test_of_equally_soon_retries_that_with_the_most_left_is_told() -> None:
    found = pending_retry([waiting("a", 1_000, retries_left=1), waiting("b", 1_000, run="run 2", retries_left=4)])

    assert found is not None
    assert (found.retries_left, found.reason, found.accounts) == (4, "reason of run 2", ("b",))


@given(
    st.lists(
        st.builds(
            waiting,
            st.sampled_from("abc"),
            st.integers(0, 3),
            run=st.sampled_from("xy"),
            retries_left=st.integers(1, 6),
        ),
        min_size=1,
    ),
)
def test_order_in_which_they_are_known_changes_nothing(retries: list[WaitingRetry]) -> None:
    one, other = pending_retry(retries), pending_retry(reversed(retries))

    assert one is not None
    assert other is not None
    assert one.next_retry_at == min(each.next_retry_at for each in retries)
    assert (one.next_retry_at, one.retries_left) == (other.next_retry_at, other.retries_left)
