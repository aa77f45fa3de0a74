"""The gauge tells the real free space, asks the system at most once a second, and refuses below the floor."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from posthouse.model.errors import DiskLow, HomeUnusable
from posthouse.system.disk import DiskGauge
from tests.clock import ManualClock


def test_gauge_tells_what_this_user_may_still_write(home: Path, clock: ManualClock) -> None:
    gauge = DiskGauge(home, clock)

    assert 0 < gauge.free_bytes() <= shutil.disk_usage(home).total


def test_gauge_asks_the_system_again_only_after_a_second(
    home: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([100, 200])
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=next(answers)))
    gauge = DiskGauge(home, clock)

    at_first = gauge.free_bytes()
    clock.advance(0.999)
    still = gauge.free_bytes()
    clock.advance(0.001)
    afterwards = gauge.free_bytes()

    assert (at_first, still, afterwards) == (100, 100, 200)


def test_floor_is_free_space_that_is_still_enough(
    home: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=5 << 20))
    gauge = DiskGauge(home, clock)

    gauge.require(5 << 20)
    with pytest.raises(DiskLow) as caught:
        gauge.require((5 << 20) + 1)

    assert caught.value.code == "disk.low"
    assert "5 MiB" in caught.value.message


def test_home_that_went_away_is_told_as_missing(home: Path, clock: ManualClock) -> None:
    gauge = DiskGauge(home / "gone", clock)

    with pytest.raises(HomeUnusable) as caught:
        gauge.free_bytes()

    assert caught.value.code == "home.missing"
