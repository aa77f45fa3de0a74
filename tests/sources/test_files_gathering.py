"""Bursts: each path for itself, within bounds, over a clock that the test moves."""

from __future__ import annotations

import asyncio
import tracemalloc
from pathlib import Path

import pytest

from posthouse.model.ids import Millis
from posthouse.rules.coalesce import CoalescePolicy
from posthouse.sources.files.following import Follower
from posthouse.sources.files.gathering import PENDING_MAX, SETTLE_S, Gathering, may_wait
from posthouse.sources.files.source import Files
from posthouse.sources.watch import Changes
from tests.parts import HandClock
from tests.sources.following_files import Told, files_context
from tests.sources.support import MemoryState, soon

POLICY = CoalescePolicy(quiet_s=90.0, cap_s=300.0)


def note(gathering: Gathering, path: str, at_s: float) -> None:
    gathering.note(path, at_s, Millis(round(at_s * 1_000)))


def taken(gathering: Gathering, at_s: float) -> list[str]:
    return list(gathering.take(at_s).bursts)


def test_each_path_has_a_quiet_window_of_its_own() -> None:
    gathering = Gathering(POLICY)
    note(gathering, "a", 0)
    note(gathering, "b", 50)
    assert gathering.next_s() == 90
    assert taken(gathering, 90) == ["a"]
    assert gathering.next_s() == 140
    assert taken(gathering, 140) == ["b"]
    assert gathering.next_s() is None


def test_steady_changes_of_a_path_are_over_at_the_cap_with_the_first_and_last_instant() -> None:
    gathering = Gathering(POLICY)
    for second in range(0, 301, 10):
        note(gathering, "a", second)
    burst = gathering.take(300).bursts["a"]
    assert (burst.first_at, burst.last_at) == (0, 300_000)


def test_at_once_is_a_moment_in_which_nothing_changes() -> None:
    gathering = Gathering(CoalescePolicy(quiet_s=0.0, cap_s=0.0))
    note(gathering, "a", 10)
    assert taken(gathering, 10) == []
    assert taken(gathering, 10 + SETTLE_S) == ["a"]


def test_a_path_is_put_off_three_times_and_keeps_its_first_instant() -> None:
    gathering = Gathering(POLICY)
    note(gathering, "a", 0)
    for window in range(1, 5):
        burst = gathering.take(90.0 * window).bursts["a"]
        assert (burst.first_at, burst.windows) == (0, window - 1)
        assert may_wait(burst) == (window < 4)
        gathering.put_off("a", burst, 90.0 * window)


def test_more_paths_than_are_held_become_a_look_at_everything_in_bounded_memory() -> None:
    gathering = Gathering(POLICY)
    tracemalloc.start()
    for number in range(100_000):
        note(gathering, f"/some/folder/or/other/{number}", number / 10_000)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(gathering.paths()) <= PENDING_MAX
    assert used < 20 * 2**20
    assert gathering.take(1_000).is_rescan


@pytest.mark.parametrize("gap_s", [30.0, 89.0])
async def test_a_burst_in_a_running_source_is_one_event_after_the_quiet_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gap_s: float
) -> None:
    clock = HandClock()
    clock.rule(asyncio.get_running_loop())
    told = Told(MemoryState())
    context = files_context(told, [tmp_path], clock=clock, quiet_s=90.0, cap_s=300.0)
    noted: asyncio.Queue[Changes] = asyncio.Queue()
    note_changes = Follower.note

    def note_and_say(follower: Follower, changes: Changes) -> None:
        note_changes(follower, changes)
        noted.put_nowait(changes)

    monkeypatch.setattr(Follower, "note", note_and_say)
    async with asyncio.TaskGroup() as group:
        working = group.create_task(Files().run(context))
        await told.until(lambda: bool(told.emissions))
        file = tmp_path / "log"
        for _ in range(3):
            clock.advance(gap_s)
            with file.open("a") as log:
                log.write("line\n")
            while str(file) not in (await soon(noted.get())).paths:
                pass
            assert told.drafts == []
        clock.advance(90.0)
        data = await told.until_path(file)
        assert data["size_bytes"] == 15
        assert len(told.drafts) == 1
        working.cancel()
