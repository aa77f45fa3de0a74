"""What changed while nobody looked is told exactly once at the next start, whatever ended the last run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from posthouse.model.errors import DiskLow
from posthouse.sources import watch_inotify
from posthouse.sources.files import scanning
from posthouse.sources.files.following import Follower
from posthouse.sources.files.known import COVERED
from posthouse.sources.files.scanning import scan
from tests.sources.following_files import Told, files_context, following, mark
from tests.sources.support import MemoryState

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def short_breath(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pause between two readings of the watch, short enough for a test."""
    monkeypatch.setattr(watch_inotify, "BREATH_S", 0.01)


async def look(root: Path, state: MemoryState, **settings: object) -> list[tuple[str, ...]]:
    """A start's first look at everything, and what it told."""
    told = Told(state)
    await scan(Follower(files_context(told, [root], **settings)))  # type: ignore[arg-type]
    return told.story()


async def test_what_changed_while_nobody_looked_is_told_once(tmp_path: Path) -> None:
    for name in ("grown", "gone", "moved", "replaced", "same"):
        (tmp_path / name).write_text(name)
    state = MemoryState()
    assert await look(tmp_path, state) == []
    with (tmp_path / "grown").open("a") as file:
        file.write("!")
    (tmp_path / "gone").unlink()
    (tmp_path / "moved").rename(tmp_path / "elsewhere")
    (tmp_path / "new").write_text("new")
    (tmp_path / "fresh").write_text("replaced")
    (tmp_path / "fresh").replace(tmp_path / "replaced")
    assert sorted(await look(tmp_path, state)) == [
        ("changed", "grown"), ("changed", "replaced"), ("created", "new"), ("removed", "gone"),
        ("renamed", "moved", "elsewhere"),
    ]  # fmt: skip
    assert await look(tmp_path, state) == []


async def test_renames_over_one_another_while_nobody_looked_are_told_in_an_order_that_can_be_replayed(
    tmp_path: Path,
) -> None:
    for name in "abc":
        (tmp_path / name).write_text(name)
    state = MemoryState()
    await look(tmp_path, state)
    (tmp_path / "c").rename(tmp_path / "d")
    (tmp_path / "b").rename(tmp_path / "c")
    (tmp_path / "a").rename(tmp_path / "b")
    assert await look(tmp_path, state) == [("renamed", "c", "d"), ("renamed", "b", "c"), ("renamed", "a", "b")]


async def test_a_running_source_goes_on_where_the_last_run_ended(tmp_path: Path) -> None:
    state = MemoryState()
    async with following(tmp_path, state=state) as told:
        (tmp_path / "a").write_text("1")
        await told.until_path(tmp_path / "a")
    (tmp_path / "a").write_text("12")
    (tmp_path / "b").write_text("1")
    async with following(tmp_path, state=state) as told:
        await told.until(lambda: len(told.story()) == 2)
        await mark(told, tmp_path)
        assert sorted(told.story()) == [("changed", "a"), ("created", "b")]


async def test_a_crash_anywhere_between_two_commits_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("posthouse.sources.files.telling.ROWS_MAX", 3)
    monkeypatch.setattr(scanning, "FILES_PER_STEP", 4)
    for number in range(20):
        (tmp_path / f"{number:02}").write_text("1")
    state = MemoryState()
    await look(tmp_path, state)
    for number in range(10):
        (tmp_path / f"{number:02}").rename(tmp_path / f"moved-{number:02}")
        (tmp_path / f"new-{number:02}").write_text("1")
        (tmp_path / f"{number + 10:02}").write_text("12")
    told = Told(state)

    class Limited(Told):
        """Fails after each commit, as a process that is killed then."""

        async def emit(self, emission: object) -> None:
            await told.emit(emission)  # type: ignore[arg-type]
            raise DiskLow("ledger.full", "killed", retry_after_s=1)

    runs = 0
    while True:
        try:
            await scan(Follower(files_context(Limited(state), [tmp_path])))
            break
        except DiskLow:
            runs += 1
    assert runs >= 10
    assert len(told.story()) == 30
    assert sorted({step[0] for step in told.story()}) == ["changed", "created", "renamed"]


async def test_a_baseline_that_was_cut_short_is_finished_without_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("posthouse.sources.files.telling.ROWS_MAX", 3)
    for number in range(20):
        (tmp_path / f"{number}").touch()
    told = Told(MemoryState())
    context = files_context(told, [tmp_path])

    async def refuse_later(emission: object) -> None:
        if len(told.emissions) == 3:
            raise DiskLow("ledger.full", "The disk is full.", retry_after_s=1)
        await told.emit(emission)  # type: ignore[arg-type]

    with pytest.raises(DiskLow):
        await scan(Follower(msgspec.structs.replace(context, emit=refuse_later)))
    assert COVERED not in told.state.stored
    await scan(Follower(context))
    assert told.story() == []
    assert len(told.state.stored) == 21


async def test_other_paths_make_a_new_baseline_and_what_no_longer_fits_is_forgotten(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a").touch()
    state = MemoryState()
    one, two = tmp_path / "one", tmp_path / "two"

    async def look_at(*paths: Path) -> list[tuple[str, ...]]:
        told = Told(state)
        await scan(Follower(files_context(told, paths)))
        return told.story()

    assert await look_at(one) == []
    (one / "b").touch()
    assert await look_at(one, two) == [("created", "b")]
    (one / "b").unlink()
    (two / "a").write_text("1")
    assert await look_at(two) == [("changed", "a")]
    assert len(state.stored) == 2


async def test_other_ignored_patterns_are_taken_over_without_events(tmp_path: Path) -> None:
    (tmp_path / "a.log").touch()
    (tmp_path / "a.txt").touch()
    state = MemoryState()
    assert await look(tmp_path, state, ignore=["*.log"]) == []
    assert await look(tmp_path, state, ignore=["*.txt"]) == []
    (tmp_path / "a.log").write_text("1")
    (tmp_path / "a.txt").write_text("1")
    assert await look(tmp_path, state, ignore=["*.txt"]) == [("changed", "a.log")]


async def test_a_device_number_that_changed_with_a_restart_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    state = MemoryState()
    await look(tmp_path, state)
    (key,) = (key for key in state.stored if key != COVERED)
    row = msgspec.msgpack.decode(state.stored[key])
    row[1][0] += 1
    state.stored[key] = msgspec.msgpack.encode(row)
    assert await look(tmp_path, state) == []
    assert msgspec.msgpack.decode(state.stored[key])[1][0] == (tmp_path / "a").stat().st_dev


async def test_renames_are_found_for_as_many_files_as_are_held_and_told_apart_beyond(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "AWAY_MAX", 5)
    (tmp_path / "one").mkdir()
    for number in range(8):
        (tmp_path / "one" / f"{number}").touch()
    state = MemoryState()
    await look(tmp_path, state)
    (tmp_path / "one").rename(tmp_path / "two")
    told = [step[0] for step in await look(tmp_path, state)]
    assert sorted(told) == ["created"] * 3 + ["removed"] * 3 + ["renamed"] * 5


PROGRAM = """
import asyncio, sys
from pathlib import Path
import msgspec
from tests.sources.following_files import Told, files_context
from tests.sources.support import MemoryState
from posthouse.sources.files.source import Files

class OnDisk(Told):
    '''Writes state and events in one rename, as the ledger commits them in one transaction.'''

    async def emit(self, emission):
        await super().emit(emission)
        new = store.with_name("new")
        new.write_bytes(msgspec.msgpack.encode([self.state.stored, before + [d.subject for d in self.drafts]]))
        new.replace(store)
        print(len(self.drafts), flush=True)

root, store = Path(sys.argv[1]), Path(sys.argv[2])
state, before = MemoryState(), []
if store.exists():
    state.stored, before = msgspec.msgpack.decode(store.read_bytes())
asyncio.run(Files().run(files_context(OnDisk(state), [root])))
"""


def test_a_source_that_is_killed_again_and_again_tells_of_each_file_once(tmp_path: Path) -> None:
    root, store = tmp_path / "root", tmp_path / "store"
    root.mkdir()

    def run_until(enough: int) -> None:
        """A process that is killed as soon as it has told of so many."""
        command = [sys.executable, "-c", PROGRAM, str(root), str(store)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ}) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if int(line) >= enough:
                    break
            process.kill()

    run_until(0)
    for turn in range(4):
        for number in range(700):
            (root / f"{turn}-{number}").write_text("1")
        run_until(1)
    if len(subjects(store)) < 2_800:
        run_until(2_800 - len(subjects(store)))
    assert sorted(subjects(store)) == sorted(str(path) for path in root.iterdir())


def subjects(store: Path) -> list[str]:
    stored: list[str] = msgspec.msgpack.decode(store.read_bytes())[1]
    return stored
