"""Watching folder trees on the real file system: nothing in a new folder is missed, losses ask for a rescan."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from posthouse.model.errors import PosthouseError
from posthouse.sources import watch_inotify
from posthouse.sources.watch import Changes, Skips, is_within, nearest_folder, watch, watch_elsewhere
from posthouse.system.inotify import Inotify
from tests.sources.support import soon

pytestmark = pytest.mark.skipif(platform.system() != "Linux", reason="inotify is Linux's own")


@pytest.fixture(autouse=True)
def short_breath(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pause between two readings, short enough for a test of many items."""
    monkeypatch.setattr(watch_inotify, "BREATH_S", 0.01)


@asynccontextmanager
async def watching(
    *roots: Path, excluded: tuple[Path, ...] = (), depth: int | None = None, skips: Skips | None = None
) -> AsyncIterator[AsyncIterator[Changes]]:
    """A watch whose first item has come."""
    async with aclosing(watch(roots, excluded=excluded, depth=depth, skips=skips)) as items:  # type: ignore[type-var]
        assert (await soon(anext(items))).is_rescan
        yield items


async def until(items: AsyncIterator[Changes], is_enough: Callable[[set[str], bool], bool]) -> tuple[set[str], bool]:
    """Items until what they tell is enough: all paths, and whether a rescan was asked for."""
    paths: set[str] = set()
    is_rescan = False
    while not is_enough(paths, is_rescan):
        changes = await soon(anext(items))
        paths |= set(changes.paths)
        is_rescan |= changes.is_rescan
    return paths, is_rescan


async def until_path(items: AsyncIterator[Changes], path: Path) -> set[str]:
    """Items until this path was told of."""
    return (await until(items, lambda paths, _: str(path) in paths))[0]


async def until_rescan(items: AsyncIterator[Changes]) -> bool:
    """Items until a rescan is asked for."""
    return (await until(items, lambda _, is_rescan: is_rescan))[1]


async def test_writes_renames_and_removals_are_told(tmp_path: Path) -> None:
    async with watching(tmp_path) as items:
        (tmp_path / "a").write_text("1")
        assert str(tmp_path / "a") in await until_path(items, tmp_path / "a")
        (tmp_path / "a").rename(tmp_path / "b")
        assert str(tmp_path / "b") in await until_path(items, tmp_path / "b")
        (tmp_path / "b").unlink()
        assert str(tmp_path / "b") in await until_path(items, tmp_path / "b")


async def test_a_file_in_a_folder_made_together_with_its_parents_is_not_missed(tmp_path: Path) -> None:
    async with watching(tmp_path) as items:
        for number in range(20):
            deep = tmp_path / f"{number}" / "b" / "c"
            deep.mkdir(parents=True)
            (deep / "log").write_text("1")
            assert str(deep / "log") in await until_path(items, deep / "log")
            with (deep / "log").open("a") as file:
                file.write("2")
            assert str(deep / "log") in await until_path(items, deep / "log")


async def test_a_tree_moved_in_is_told_of_and_one_moved_away_is_left(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    (outside / "x").mkdir(parents=True)
    (outside / "x" / "log").write_text("1")
    root.mkdir()
    async with watching(root) as items:
        (outside / "x").rename(root / "x")
        assert str(root / "x" / "log") in await until_path(items, root / "x" / "log")
        (root / "x").rename(root / "y")
        assert str(root / "y" / "log") in await until_path(items, root / "y" / "log")
        (root / "y").rename(outside / "y")
        assert str(root / "y") in await until_path(items, root / "y")
        (outside / "y" / "log").write_text("2")
        (root / "end").touch()
        assert str(root / "y" / "log") not in await until_path(items, root / "end")


async def test_a_root_that_does_not_exist_is_awaited_from_its_nearest_parent(tmp_path: Path) -> None:
    root = tmp_path / "a" / "b" / "c"
    async with watching(root) as items:
        (tmp_path / "noise").touch()
        root.mkdir(parents=True)
        assert await until_rescan(items)
        (root / "log").write_text("1")
        assert str(root / "log") in await until_path(items, root / "log")


async def test_a_root_that_vanishes_and_comes_back_is_watched_again(tmp_path: Path) -> None:
    root = tmp_path / "a" / "b"
    root.mkdir(parents=True)
    async with watching(root) as items:
        shutil.rmtree(tmp_path / "a")
        assert await until_rescan(items)
        root.mkdir(parents=True)
        assert await until_rescan(items)
        (root / "log").write_text("1")
        assert str(root / "log") in await until_path(items, root / "log")


async def test_a_folder_above_the_root_that_is_renamed_asks_for_a_rescan(tmp_path: Path) -> None:
    root = tmp_path / "a" / "b"
    root.mkdir(parents=True)
    async with watching(root) as items:
        (tmp_path / "a").rename(tmp_path / "z")
        assert await until_rescan(items)
        (tmp_path / "z").rename(tmp_path / "a")
        assert await until_rescan(items)
        (root / "log").write_text("1")
        assert str(root / "log") in await until_path(items, root / "log")


async def test_excluded_folders_are_never_watched(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    (hidden / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(hidden)
    async with watching(tmp_path, tmp_path / "link" / "deep", excluded=(hidden,)) as items:
        (hidden / "deep" / "secret").touch()
        (hidden / "new").mkdir()
        (tmp_path / "end").touch()
        assert await until_path(items, tmp_path / "end") == {str(tmp_path / "end")}


async def test_depth_0_tells_of_a_root_folders_own_children_only(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    async with watching(tmp_path, depth=0) as items:
        (tmp_path / "deep" / "unseen").touch()
        (tmp_path / "new").mkdir()
        (tmp_path / "new" / "unseen").touch()
        (tmp_path / "end").touch()
        told = await until_path(items, tmp_path / "end")
        assert told == {str(tmp_path / "new"), str(tmp_path / "end")}


async def test_depth_counts_the_folders_below_a_root(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    async with watching(tmp_path, depth=1) as items:
        (tmp_path / "a" / "b" / "unseen").touch()
        (tmp_path / "a" / "seen").touch()
        assert await until_path(items, tmp_path / "a" / "seen") == {str(tmp_path / "a" / "seen")}


async def test_folders_that_are_skipped_are_not_watched_even_if_made_later(tmp_path: Path) -> None:
    def skips(folder: str) -> bool:
        return folder.endswith("node_modules")

    (tmp_path / "node_modules").mkdir()
    async with watching(tmp_path, skips=skips) as items:
        (tmp_path / "node_modules" / "unseen").touch()
        (tmp_path / "app" / "node_modules").mkdir(parents=True)
        assert str(tmp_path / "app") in await until_path(items, tmp_path / "app")
        (tmp_path / "app" / "node_modules" / "unseen").touch()
        (tmp_path / "end").touch()
        assert not [path for path in await until_path(items, tmp_path / "end") if path.endswith("unseen")]


async def test_a_folder_that_is_moved_away_is_told_apart_from_one_that_is_made(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "x").mkdir(parents=True)
    async with watching(root) as items:
        (root / "x").rename(outside)
        moved = await soon(anext(items))
        assert moved == Changes(paths=(str(root / "x"),), moved_folders=(str(root / "x"),))
        outside.rename(root / "y")
        made = await soon(anext(items))
        assert made == Changes(paths=(str(root / "y"),))


async def test_a_name_that_is_no_utf_8_can_be_opened_as_it_is_told(tmp_path: Path) -> None:
    async with watching(tmp_path) as items:
        name = os.fsencode(tmp_path) + b"/\xff\xfe.log"
        Path(os.fsdecode(name)).write_bytes(b"1")
        (path,) = await until_path(items, Path(os.fsdecode(name)))
        assert Path(path).read_bytes() == b"1"


async def test_a_link_that_is_a_root_is_followed_when_it_is_pointed_elsewhere(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    (tmp_path / "current").symlink_to("one")
    async with watching(tmp_path / "current") as items:
        (tmp_path / "next").symlink_to("two")
        (tmp_path / "next").rename(tmp_path / "current")
        assert await until_rescan(items)
        (tmp_path / "two" / "log").touch()
        assert await until_path(items, tmp_path / "current" / "log")


async def test_two_roots_share_one_watch(tmp_path: Path) -> None:
    roots = tmp_path / "a", tmp_path / "b"
    roots[0].mkdir()
    async with watching(*roots) as items:
        roots[1].mkdir()
        assert await until_rescan(items)
        for root in roots:
            (root / "log").touch()
            assert str(root / "log") in await until_path(items, root / "log")


async def test_more_new_files_than_an_item_holds_ask_for_a_rescan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_inotify, "BURST_PATHS_MAX", 5)
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    for number in range(10):
        (outside / f"{number}").touch()
    async with watching(root) as items:
        outside.rename(root / "in")
        assert await until_rescan(items)


async def test_a_system_without_watches_left_is_told_in_plain_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(inotify: Inotify, path: str, mask: int) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Inotify, "add", refuse)
    with pytest.raises(PosthouseError, match="max_user_watches") as caught:
        await soon(anext(watch([tmp_path])))
    assert caught.value.code == "source.watch_limit"


async def test_elsewhere_every_item_asks_for_a_rescan_and_missing_roots_are_awaited(tmp_path: Path) -> None:
    pytest.importorskip("watchfiles")
    root = tmp_path / "a" / "b"
    hidden = root / "hidden"
    async with aclosing(watch_elsewhere([root], [hidden])) as items:  # type: ignore[type-var]
        assert (await soon(anext(items))).is_rescan
        root.mkdir(parents=True)
        assert await until_rescan(items)
        hidden.mkdir()
        (hidden / "secret").touch()
        (root / "log").touch()
        paths, is_rescan = await until(items, lambda paths, _: str(root / "log") in paths)
        assert is_rescan
        assert not any("hidden" in path for path in paths)


async def test_a_watch_that_is_cancelled_ends_at_once(tmp_path: Path) -> None:
    for items in (watch([tmp_path]), watch_elsewhere([tmp_path])):
        await soon(anext(items))
        async with asyncio.TaskGroup() as group:
            waiting: asyncio.Task[Changes] = group.create_task(anext(items))  # type: ignore[arg-type]
            await asyncio.sleep(0)
            waiting.cancel()
        assert waiting.cancelled()


def test_containment_is_by_whole_names() -> None:
    assert is_within(Path("/a/b"), [Path("/a")])
    assert is_within(Path("/a"), [Path("/a")])
    assert not is_within(Path("/ab"), [Path("/a")])


def test_the_nearest_folder_is_the_path_itself_where_it_exists(tmp_path: Path) -> None:
    assert nearest_folder(tmp_path) == tmp_path
    assert nearest_folder(tmp_path / "x" / "y") == tmp_path
