"""How many events fit into one body, how many requests a lane of batches holds, and what waits for company."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from posthouse.rules.batches import BODY_BYTES_MAX, ENVELOPE_BYTES, fitting
from posthouse.rules.pacing import STOCK_MAX, stock_of
from posthouse.rules.routing import plan
from tests.rules.test_routing import event, route


@given(st.lists(st.integers(0, 2 * BODY_BYTES_MAX), min_size=1, max_size=50))
def test_as_many_as_fit_and_always_the_first(sizes: list[int]) -> None:
    count = fitting(sizes)

    bodies = [sum(sizes[:some]) + some * ENVELOPE_BYTES for some in range(len(sizes) + 1)]
    assert count >= 1
    assert count == 1 or bodies[count] <= BODY_BYTES_MAX
    assert count == len(sizes) or bodies[count + 1] > BODY_BYTES_MAX


@given(st.integers(1, 64), st.floats(0.001, 60), st.floats(1, 1_000))
def test_a_lane_of_batches_holds_no_more_deliveries_beyond_what_it_sends(
    concurrency: int, mean_s: float, mean_size: float
) -> None:
    stock = stock_of(concurrency, mean_s, 0.0, mean_size)

    assert stock >= concurrency
    assert stock == concurrency or stock * mean_size <= STOCK_MAX


def test_only_a_binding_that_gathers_lets_its_deliveries_wait() -> None:
    routes = [route(1, batch_max=1, batch_wait_s=10.0), route(2, batch_max=5, batch_wait_s=10.0), route(3, batch_max=5)]
    planned = plan(event(), routes, source_name="ingest", is_staggered=False)

    recorded_at = event().recorded_at
    assert [one.available_at - recorded_at for one in planned] == [0, 10_000, 0]
    assert [one.batch_max for one in planned] == [1, 5, 5]
