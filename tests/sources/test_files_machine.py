"""Anything done to a real folder, over the real watch: the told events replayed over the baseline give the folder.

Files are written, replaced, renamed, linked and removed, folders moved, in any order; bursts end at any time, events of
the watch get lost, and the source is killed and started again. Only the clock is the test's own.
"""

from __future__ import annotations

import asyncio
import platform
import shutil
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import cast
from unittest.mock import patch

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from posthouse.sources import watch_inotify
from posthouse.sources.files.following import Follower
from posthouse.sources.files.scanning import scan
from posthouse.sources.files.telling import _time
from posthouse.sources.watch import Changes, watch
from tests.clock import ManualClock
from tests.sources.following_files import Told, files_context
from tests.sources.support import MemoryState, decoded, soon

QUIET_S = 90.0
FOLDERS = st.sampled_from(["d", "e", "d/f"])
FILES = st.builds("/".join, st.lists(st.sampled_from(["d", "e", "f"]), max_size=2).map(lambda names: [*names, "x"])) | (
    st.sampled_from(["a", "b", "c", "d/a", "d/f/a", "e/b"])
)
SIZES = st.integers(0, 3)


class Folder(RuleBasedStateMachine):
    """A folder, the source that follows it, and what a receiver of its events believes."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="posthouse-files-"))
        self.runner = asyncio.Runner()
        self.clock = ManualClock()
        self.told = Told(MemoryState())
        self.replayed = 0
        self.believed: dict[str, tuple[int, str | None]] = {}
        self.markers = 0

    @initialize(files=st.dictionaries(FILES, SIZES, max_size=5))
    def begin(self, files: dict[str, int]) -> None:
        for name, size in files.items():
            self.write(name, size)
        self.believed = self.found()
        self.start()

    @rule(name=FILES, size=SIZES)
    def write(self, name: str, size: int) -> None:
        if self.made_room(name):
            (self.root / name).write_bytes(b"1" * size)
            self.look_at_other_names(name)

    @rule(name=FILES, size=SIZES)
    def replace(self, name: str, size: int) -> None:
        if self.made_room(name):
            (self.root / "new").write_bytes(b"2" * size)
            (self.root / "new").replace(self.root / name)

    @rule(name=FILES)
    def append(self, name: str) -> None:
        if (self.root / name).is_file():
            with (self.root / name).open("ab") as file:
                file.write(b"3")
            self.look_at_other_names(name)

    @rule(name=FILES, other=FILES)
    def rename(self, name: str, other: str) -> None:
        if (self.root / name).is_file() and self.made_room(other):
            (self.root / name).replace(self.root / other)

    @rule(name=FILES, other=FILES)
    def link(self, name: str, other: str) -> None:
        if (self.root / name).is_file() and self.made_room(other) and not (self.root / other).exists():
            (self.root / other).hardlink_to(self.root / name)

    @rule(name=FILES)
    def remove(self, name: str) -> None:
        if (self.root / name).is_file():
            (self.root / name).unlink()

    @rule(name=FOLDERS, other=FOLDERS)
    def move_folder(self, name: str, other: str) -> None:
        source, target = self.root / name, self.root / other
        if source.is_dir() and not target.exists() and target.parent.is_dir() and source not in target.parents:
            source.rename(target)

    @rule(name=FOLDERS)
    def remove_folder(self, name: str) -> None:
        shutil.rmtree(self.root / name, ignore_errors=True)

    @rule()
    def end_bursts(self) -> None:
        self.runner.run(self.settle())
        self.check()

    @rule()
    def listen(self) -> None:
        """Take what the watch tells without ending any burst."""
        self.runner.run(self.hear())
        self.clock.advance(QUIET_S / 2)

    @rule()
    def lose_events(self) -> None:
        self.follower.note(Changes(is_rescan=True))

    @rule()
    def kill_and_start(self) -> None:
        self.runner.run(self.items.aclose())
        self.start()

    def teardown(self) -> None:
        try:
            if hasattr(self, "items"):
                self.runner.run(self.settle())
                self.check()
        finally:
            if hasattr(self, "items"):
                self.runner.run(self.items.aclose())
            self.runner.close()
            shutil.rmtree(self.root)

    def start(self) -> None:
        """As the running source does: all under watch, then a look at everything."""
        context = files_context(
            self.told, [self.root], clock=self.clock, quiet_s=QUIET_S, cap_s=QUIET_S, ignore=["marker-*"]
        )
        self.follower = Follower(context)
        self.items = cast("AsyncGenerator[Changes, None]", watch([self.root]))

        async def begin() -> None:
            assert (await soon(anext(self.items))).is_rescan
            await scan(self.follower)

        self.runner.run(begin())
        self.check()

    async def hear(self) -> None:
        """Take everything that the watch has to tell of what was done so far."""
        self.markers += 1
        marker = self.root / f"marker-{self.markers}"
        marker.touch()
        while True:
            changes = await soon(anext(self.items))
            self.follower.note(changes)
            if str(marker) in changes.paths:
                break
        marker.unlink()

    async def settle(self) -> None:
        await self.hear()
        self.clock.advance(QUIET_S)
        due = self.follower.take()
        await self.follower.settle(due.bursts)
        if due.is_rescan:
            await scan(self.follower)

    def check(self) -> None:
        """Replay what was told since the last time; each event fits what was believed, and the end is the folder."""
        for draft in self.told.drafts[self.replayed :]:
            data = decoded(draft.data)
            path = data["path"]
            match draft.type:
                case "file.removed":
                    del self.believed[path]
                    continue
                case "file.renamed":
                    del self.believed[data["previous_path"]]
                case "file.created":
                    assert path not in self.believed
                case _:
                    assert path in self.believed
            self.believed[path] = (data["size_bytes"], data["modified_at"])
        self.replayed = len(self.told.drafts)
        assert self.believed == self.found()

    def found(self) -> dict[str, tuple[int, str | None]]:
        files = [path for path in self.root.rglob("*") if path.is_file() and not path.name.startswith("marker-")]
        return {str(path): (path.stat().st_size, _time(path.stat().st_mtime_ns // 1_000_000)) for path in files}

    def look_at_other_names(self, name: str) -> None:
        """The system tells of a change only under the name through which it was made; others need a look."""
        if (self.root / name).stat().st_nlink > 1:
            self.lose_events()

    def made_room(self, name: str) -> bool:
        """Make the folders for a file, where no file or folder is in the way."""
        path = self.root / name
        if any(parent.is_file() for parent in path.parents) or path.is_dir():
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        return True


@pytest.mark.skipif(platform.system() != "Linux", reason="elsewhere every item is a rescan")
def test_whatever_happens_the_told_events_replayed_give_the_folder() -> None:
    with patch.object(watch_inotify, "BREATH_S", 0.0):
        run_state_machine_as_test(Folder, settings=settings(max_examples=60, stateful_step_count=25, deadline=None))
