"""Ids are in order whatever the wall clock does, and carry their instant."""

from __future__ import annotations

import itertools
import time
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.system.clock import SystemClock, format_uuid7, instant_of_uuid7


@given(ms=st.integers(0, 2**48 - 1), counter=st.integers(0, 2**26 - 1), tail=st.integers(0, 2**48 - 1))
def test_formatted_id_is_a_version_7_uuid_that_carries_its_instant(ms: int, counter: int, tail: int) -> None:
    text = format_uuid7(ms, counter, tail)

    parsed = uuid.UUID(text)
    assert str(parsed) == text
    assert parsed.version == 7
    assert parsed.variant == uuid.RFC_4122
    assert instant_of_uuid7(text) == ms


@given(
    st.tuples(st.integers(0, 2**48 - 1), st.integers(0, 2**26 - 1)),
    st.tuples(st.integers(0, 2**48 - 1), st.integers(0, 2**26 - 1)),
)
def test_ids_sort_as_their_instants_and_counters_do(first: tuple[int, int], second: tuple[int, int]) -> None:
    first_id, second_id = format_uuid7(*first, 0), format_uuid7(*second, 0)

    assert (first_id < second_id) == (first < second)


def test_ids_of_one_process_rise_while_the_wall_clock_steps_back(monkeypatch: pytest.MonkeyPatch) -> None:
    instants = itertools.chain([5_000_000_000, 4_000_000_000, 4_000_000_000], itertools.repeat(5_001_000_000))
    monkeypatch.setattr(time, "time_ns", lambda: next(instants))
    clock = SystemClock()

    ids = [clock.uuid7() for _ in range(5)]

    assert ids == sorted(set(ids))


def test_ids_rise_past_a_millisecond_whose_counter_is_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 7_000_000)
    clock = SystemClock()
    before = clock.uuid7()
    clock._counter = 2**26 - 2

    ids = [clock.uuid7() for _ in range(3)]

    assert [before, *ids] == sorted({before, *ids})
    assert instant_of_uuid7(ids[-1]) == 8


@pytest.mark.parametrize("text", ["", "not an id", "00000000-0000-4000-8000-000000000000", "0" * 32])
def test_instant_of_anything_but_a_version_7_uuid_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="UUIDv7"):
        instant_of_uuid7(text)


def test_system_clock_tells_unix_milliseconds_and_draws_jitter_within_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_767_225_600_123_999_999)
    clock = SystemClock()

    assert clock.now() == 1_767_225_600_123
    assert clock.monotonic_s() <= clock.monotonic_s()
    assert all(-1 <= clock.jitter() <= 1 for _ in range(100))
