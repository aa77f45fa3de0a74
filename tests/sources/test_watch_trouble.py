"""Watching when it goes hard: a queue that really runs over, storms, and permissions that come and go."""

from __future__ import annotations

import asyncio
import os
import platform
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from posthouse.sources import watch_inotify
from posthouse.sources.watch import Changes, watch
from tests.sources.support import soon

pytestmark = pytest.mark.skipif(platform.system() != "Linux", reason="inotify is Linux's own")

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65_534
WATCHER = f"""
import asyncio, os, sys
from pathlib import Path
import msgspec
from posthouse.sources import watch_inotify
from posthouse.sources.watch import watch

async def main(root):
    async for changes in watch([root]):
        print(msgspec.json.encode(changes).decode(), flush=True)

watch_inotify.BREATH_S = 0.01
if os.getuid() == 0:
    os.setgroups([])
    os.setgid({NOBODY})
    os.setuid({NOBODY})
asyncio.run(main(Path(sys.argv[1])))
"""
"""A watch by somebody whom permissions bind, each item a line."""


class Watcher:
    """The items of a watch in a process of its own."""

    def __init__(self, lines: asyncio.StreamReader) -> None:
        self._lines = lines

    async def next(self) -> Changes:
        line = await soon(self._lines.readline())
        assert line, "the watch ended"
        return msgspec.json.decode(line, type=Changes)

    async def rescan(self) -> None:
        """Items until one asks for a rescan."""
        while not (await self.next()).is_rescan:
            pass

    async def path(self, path: Path) -> None:
        """Items until this path was told of."""
        while str(path) not in (await self.next()).paths:
            pass


@asynccontextmanager
async def watching_as_nobody(root: Path) -> AsyncIterator[Watcher]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WATCHER, str(root), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        watcher = Watcher(process.stdout)
        await watcher.rescan()
        yield watcher
    finally:
        process.kill()
        await process.wait()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that anybody may look into, unlike those of a test."""
    with tempfile.TemporaryDirectory(prefix="posthouse-watch-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


async def test_a_root_whose_permission_is_lost_and_regained_asks_for_a_rescan(open_folder: Path) -> None:
    root = open_folder / "root"
    root.mkdir(mode=0o755)
    async with watching_as_nobody(root) as watcher:
        root.chmod(0o700)
        await watcher.rescan()
        (root / "made-unseen").touch()
        root.chmod(0o755)
        await watcher.rescan()
        (root / "log").touch()
        await watcher.path(root / "log")


async def test_a_root_that_may_not_be_read_at_the_start_is_watched_once_it_may(open_folder: Path) -> None:
    root = open_folder / "root"
    root.mkdir(mode=0o700)
    async with watching_as_nobody(root) as watcher:
        root.chmod(0o755)
        await watcher.rescan()
        (root / "log").touch()
        await watcher.path(root / "log")


async def test_a_folder_above_the_root_that_opens_again_is_noticed(open_folder: Path) -> None:
    above = open_folder / "above"
    root = above / "root"
    root.mkdir(parents=True)
    above.chmod(0o700)
    async with watching_as_nobody(root) as watcher:
        above.chmod(0o755)
        await watcher.rescan()
        (root / "log").touch()
        await watcher.path(root / "log")


async def test_a_folder_in_the_tree_that_opens_again_is_listed_and_watched(open_folder: Path) -> None:
    closed = open_folder / "closed"
    (closed / "deep").mkdir(parents=True)
    (closed / "deep" / "there").touch()
    closed.chmod(0o700)
    async with watching_as_nobody(open_folder) as watcher:
        closed.chmod(0o755)
        await watcher.path(closed / "deep" / "there")
        (closed / "deep" / "log").touch()
        await watcher.path(closed / "deep" / "log")


async def test_a_queue_that_runs_over_asks_for_a_rescan_and_the_watch_goes_on(tmp_path: Path) -> None:
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text("ascii"))
    sub = tmp_path / "sub"
    async with aclosing(watch([tmp_path])) as items:  # type: ignore[type-var]
        assert (await soon(anext(items))).is_rescan
        for number in range(limit // 2 + 1_000):
            # Each is at least two records: made, and closed after writing. The loop reads nothing meanwhile.
            os.close(os.open(tmp_path / f"{number}", os.O_CREAT | os.O_WRONLY))
        sub.mkdir()
        told = await soon(anext(items))
        while not told.is_rescan:
            told = await soon(anext(items))
        (sub / "log").touch()
        while str(sub / "log") not in told.paths:
            told = await soon(anext(items))


async def test_a_storm_is_told_in_few_items_and_no_file_is_missed(tmp_path: Path) -> None:
    names = [tmp_path / f"{number}.log" for number in range(100)]
    for name in names:
        name.touch()
    async with aclosing(watch([tmp_path])) as items:  # type: ignore[type-var]
        assert (await soon(anext(items))).is_rescan
        for _ in range(50):
            for name in names:
                with name.open("a") as file:
                    file.write("line\n")
        told: set[str] = set()
        count = 0
        while told < {str(name) for name in names}:
            changes = await soon(anext(items))
            assert not changes.is_rescan
            assert len(set(changes.paths)) == len(changes.paths)
            told |= set(changes.paths)
            count += 1
        assert count <= 2


async def test_an_atomic_replacement_a_truncation_and_a_deletion_are_told_by_their_names(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("old")
    async with aclosing(watch([tmp_path])) as items:  # type: ignore[type-var]
        assert (await soon(anext(items))).is_rescan
        (tmp_path / "temporary").write_text("new")
        (tmp_path / "temporary").replace(target)
        assert set((await soon(anext(items))).paths) == {str(target), str(tmp_path / "temporary")}
        os.truncate(target, 0)
        assert (await soon(anext(items))).paths == (str(target),)
        target.unlink()
        assert (await soon(anext(items))).paths == (str(target),)


async def test_changes_after_a_breath_are_told_at_once_and_those_within_it_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaths: list[float] = []
    breathe = watch_inotify._breathe

    async def count(loop: asyncio.AbstractEventLoop, until_s: float) -> None:
        (tmp_path / f"{len(breaths)}-within").touch()
        breaths.append(until_s - loop.time())
        await breathe(loop, loop.time())

    monkeypatch.setattr(watch_inotify, "_breathe", count)
    async with aclosing(watch([tmp_path])) as items:  # type: ignore[type-var]
        assert (await soon(anext(items))).is_rescan
        (tmp_path / "first").touch()
        first = await soon(anext(items))
        assert set(first.paths) == {str(tmp_path / "first"), str(tmp_path / "0-within")}
        (tmp_path / "second").touch()
        second = await soon(anext(items))
        assert set(second.paths) == {str(tmp_path / "second"), str(tmp_path / "1-within")}
    assert all(breath <= watch_inotify.BREATH_S for breath in breaths)
