"""The kind `files` on the real file system: each change is told once, and by its name."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest

from posthouse.sources import watch_inotify
from posthouse.sources.files import following as following_module
from posthouse.sources.files import gathering
from tests.sources.following_files import following, mark


@pytest.fixture(autouse=True)
def short_breath(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pause between two readings of the watch, short enough for a test."""
    monkeypatch.setattr(watch_inotify, "BREATH_S", 0.01)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


async def test_what_exists_at_the_first_start_is_the_baseline_and_is_not_told(root: Path) -> None:
    (root / "there").write_text("1")
    async with following(root) as told:
        await mark(told, root)
        assert told.story() == []
        (root / "there").write_text("12")
        await told.until_path(root / "there")
        assert told.story() == [("changed", "there")]


async def test_a_new_file_is_created_once_with_its_facts(root: Path) -> None:
    async with following(root) as told:
        (root / "new").write_text("hello")
        data = await told.until_path(root / "new")
        assert told.story() == [("created", "new")]
        assert data.items() >= {
            "source": "files", "version": 1, "path": str(root / "new"), "change": "created", "size_bytes": 5,
        }.items()  # fmt: skip
        assert data["modified_at"].endswith("Z")
        assert data["first_change_at"].endswith("Z")
        assert "content" not in data


async def test_an_append_a_rewrite_and_a_truncation_are_told_apart(root: Path) -> None:
    file = root / "log"
    file.write_text("12345")
    async with following(root) as told:
        with file.open("a") as log:
            log.write("678")
        grew = await told.until_path(file)
        assert (grew["change"], grew["size_before_bytes"], grew["appended_bytes"]) == ("grew", 5, 3)
        file.write_text("87654321")
        await told.until(lambda: len(told.of(file)) == 2)
        assert told.of(file)[-1]["change"] == "rewritten"
        os.truncate(file, 2)
        await told.until(lambda: len(told.of(file)) == 3)
        assert told.of(file)[-1].items() >= {"change": "shrank", "size_bytes": 2, "size_before_bytes": 8}.items()
        assert "appended_bytes" not in told.of(file)[-1]


async def test_an_atomic_replacement_is_one_change_of_the_target(root: Path) -> None:
    target = root / "settings"
    target.write_text("old")
    async with following(root, ignore=[]) as told:
        (root / "settings.new").write_text("newer")
        (root / "settings.new").replace(target)
        data = await told.until_path(target)
        await mark(told, root)
        assert told.story() == [("changed", "settings")]
        assert data["change"] == "replaced"


async def test_a_rename_is_told_once_and_the_file_keeps_its_story(root: Path) -> None:
    (root / "a").write_text("1")
    async with following(root) as told:
        (root / "a").rename(root / "b")
        data = await told.until_path(root / "b")
        assert data["previous_path"] == str(root / "a")
        (root / "b").write_text("12")
        await told.until(lambda: len(told.of(root / "b")) == 2)
        assert told.story() == [("renamed", "a", "b"), ("changed", "b")]


async def test_a_rotated_log_is_renamed_and_its_successor_created(root: Path) -> None:
    log = root / "log"
    log.write_text("old lines\n")
    async with following(root) as told:
        log.rename(root / "log.1")
        with (root / "log.1").open("a") as late:
            late.write("a late line\n")
        log.write_text("new\n")
        await told.until_path(log)
        assert told.story() == [("renamed", "log", "log.1"), ("created", "log")]
        assert told.of(root / "log.1")[0]["appended_bytes"] == 12


async def test_a_renamed_folder_tells_of_each_file_once(root: Path) -> None:
    (root / "one" / "deep").mkdir(parents=True)
    for name in ("a", "deep/b", "deep/c"):
        (root / "one" / name).write_text(name)
    async with following(root) as told:
        (root / "one").rename(root / "two")
        await told.until_path(root / "two" / "a")
        await mark(told, root)
        assert sorted(told.story()) == [("renamed", "a", "a"), ("renamed", "b", "b"), ("renamed", "c", "c")]
        with (root / "two" / "deep" / "b").open("a") as file:
            file.write("!")
        await told.until_path(root / "two" / "deep" / "b", "file.changed")


async def test_a_folder_moved_out_of_sight_tells_of_each_file_as_removed(root: Path, tmp_path: Path) -> None:
    (root / "one").mkdir()
    (root / "one" / "a").touch()
    async with following(root) as told:
        (root / "one").rename(tmp_path / "away")
        await told.until_path(root / "one" / "a", "file.removed")
        (tmp_path / "away").rename(root / "back")
        await told.until_path(root / "back" / "a", "file.created")
        assert told.story() == [("removed", "a"), ("created", "a")]


async def test_a_deleted_folder_tells_of_each_file(root: Path) -> None:
    (root / "one" / "two").mkdir(parents=True)
    (root / "one" / "a").touch()
    (root / "one" / "two" / "b").touch()
    async with following(root) as told:
        shutil.rmtree(root / "one")
        await told.until(lambda: len(told.story()) == 2)
        assert sorted(told.story()) == [("removed", "a"), ("removed", "b")]


async def test_a_file_made_and_removed_within_a_burst_is_nothing(root: Path) -> None:
    async with following(root) as told:
        for number in range(20):
            (root / f"{number}").touch()
            (root / f"{number}").unlink()
        await mark(told, root)
        assert told.story() == []


async def test_a_change_of_permissions_or_a_touch_back_in_time_is_judged_by_the_facts(root: Path) -> None:
    file = root / "a"
    file.write_text("1")
    async with following(root) as told:
        file.chmod(0o600)
        await mark(told, root)
        assert told.story() == []
        os.utime(file, ns=(1, 1))
        data = await told.until_path(file)
        assert (data["change"], data["modified_at"]) == ("rewritten", "1970-01-01T00:00:00.000Z")


async def test_links_and_specials_are_not_followed_nor_told(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("1")
    async with following(root) as told:
        (root / "link").symlink_to(outside / "secret")
        (root / "folder-link").symlink_to(outside)
        os.mkfifo(root / "fifo")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(root / "socket"))
            (outside / "secret").write_text("12")
            await mark(told, root)
        assert told.story() == []


async def test_a_name_that_is_no_utf_8_is_shown_with_replacement_and_told_apart_by_its_bytes(root: Path) -> None:
    names = [os.fsdecode(os.fsencode(root) + b"/\xff"), os.fsdecode(os.fsencode(root) + b"/\xfe\n")]
    async with following(root) as told:
        for name in names:
            Path(name).touch()
        await told.until(lambda: len(told.story()) == 2)
        shown = root / "\N{REPLACEMENT CHARACTER}"
        assert {draft.subject for draft in told.drafts} == {str(shown), f"{shown}\N{REPLACEMENT CHARACTER}"}
        assert len({data["path_base64"] for path in (shown, f"{shown}\N{REPLACEMENT CHARACTER}")
                    for data in told.of(Path(path))}) == 2  # fmt: skip
        Path(names[0]).unlink()
        await told.until_path(shown, "file.removed")


async def test_what_is_excluded_or_ignored_is_never_told(root: Path) -> None:
    home = root / "home"
    home.mkdir()
    async with following(root, excluded=(home,), ignore=["*.tmp", "node_modules/", "/only-here"]) as told:
        (home / "ledger").touch()
        (root / "a.tmp").touch()
        (root / "app" / "node_modules" / "x").mkdir(parents=True)
        (root / "app" / "node_modules" / "x" / "y").touch()
        (root / "only-here").touch()
        (root / "app" / "only-here").touch()
        await told.until_path(root / "app" / "only-here")
        await mark(told, root)
        assert told.story() == [("created", "only-here")]


async def test_a_single_file_is_followed_through_its_replacement_and_return(root: Path) -> None:
    file = root / "one.tmp"
    async with following(file) as told:
        (root / "other").touch()
        file.write_text("1")
        await told.until_path(file, "file.created")
        (root / "other").replace(file)
        await told.until_path(file, "file.changed")
        file.unlink()
        await told.until_path(file, "file.removed")
        file.write_text("1")
        await told.until(lambda: len(told.story()) == 4)
        assert [step[0] for step in told.story()] == ["created", "changed", "removed", "created"]


async def test_a_named_path_may_become_a_folder_and_a_file_again(root: Path) -> None:
    path = root / "thing"
    async with following(path) as told:
        path.mkdir()
        (path / "inside").touch()
        await told.until_path(path / "inside", "file.created")
        shutil.rmtree(path)
        await told.until_path(path / "inside", "file.removed")
        path.write_text("1")
        await told.until_path(path, "file.created")
        path.write_text("12")
        await told.until_path(path, "file.changed")


async def test_a_glob_follows_folders_that_are_made_later(root: Path) -> None:
    async with following(root / "*" / "logs" / "**" / "*.log") as told:
        for folder in ("a/logs", "b/logs/2026/01", "c/other"):
            (root / folder).mkdir(parents=True)
            (root / folder / "x.log").touch()
            (root / folder / "x.txt").touch()
        await told.until(lambda: len(told.story()) == 2)
        (root / "b" / "logs" / "y.log").touch()
        await told.until_path(root / "b" / "logs" / "y.log")
        assert {draft.subject for draft in told.drafts} == {
            str(root / "a/logs/x.log"), str(root / "b/logs/2026/01/x.log"), str(root / "b/logs/y.log"),
        }  # fmt: skip


async def test_a_root_made_later_is_followed(root: Path) -> None:
    deep = root / "not" / "yet"
    async with following(deep / "*.log", deep) as told:
        deep.mkdir(parents=True)
        (deep / "a.log").touch()
        await told.until_path(deep / "a.log")
        (deep / "b.txt").touch()
        await told.until_path(deep / "b.txt")


async def test_more_paths_than_are_held_lead_to_a_look_at_everything(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "PENDING_MAX", 10)
    async with following(root) as told:
        for number in range(100):
            (root / f"{number}").write_text("1")
        await told.until(lambda: len(told.story()) == 100)
        assert {step[0] for step in told.story()} == {"created"}


async def test_a_moved_folder_with_more_files_than_are_held_leads_to_a_look_at_everything(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following_module, "MOVED_MAX", 10)
    (root / "one").mkdir()
    for number in range(100):
        (root / "one" / f"{number}").touch()
    async with following(root) as told:
        (root / "one").rename(root.parent / "away")
        await told.until(lambda: len(told.story()) == 100)
        assert {step[0] for step in told.story()} == {"removed"}


async def test_a_thousand_files_at_once_are_told_in_emissions_of_bounded_size(root: Path) -> None:
    for number in range(1_200):
        (root / f"old-{number}").touch()
    async with following(root) as told:
        assert sum(len(one.state_puts) for one in told.emissions) == 1_201
        for number in range(1_200):
            (root / f"new-{number}").touch()
        await told.until(lambda: len(told.story()) == 1_200)
        assert max(len(one.state_puts) for one in told.emissions) <= 501
        assert max(len(one.events) for one in told.emissions) <= 500
