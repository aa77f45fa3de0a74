"""Content of files: told only where its owner lets it out, whole or as a tail, and never half written."""

from __future__ import annotations

import os
from io import FileIO
from pathlib import Path
from typing import Any

import pytest

from posthouse.sources import watch_inotify
from posthouse.sources.base import source_kind
from posthouse.sources.files import reading as reading_module
from posthouse.sources.files.following import Follower
from posthouse.sources.files.scanning import scan
from posthouse.sources.watch import Changes
from tests.clock import ManualClock
from tests.sources.following_files import Told, files_context, following
from tests.sources.support import MemoryState

QUIET_S = 90.0


@pytest.fixture(autouse=True)
def short_breath(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pause between two readings of the watch, short enough for a test."""
    monkeypatch.setattr(watch_inotify, "BREATH_S", 0.01)


class Hand:
    """A follower whose time and watch a test moves by hand."""

    def __init__(self, root: Path, **settings: Any) -> None:
        self.clock = ManualClock()
        self.told = Told(MemoryState())
        self.follower = Follower(
            files_context(
                self.told, [root], clock=self.clock, quiet_s=QUIET_S, cap_s=300.0, is_content_told=True, **settings
            )
        )

    async def burst(self, path: Path) -> list[dict[str, Any]]:
        """Tell of a change and let a quiet window pass; everything told of the path since the beginning."""
        self.follower.note(Changes(paths=(str(path),)))
        return await self.window(path)

    async def window(self, path: Path) -> list[dict[str, Any]]:
        self.clock.advance(QUIET_S)
        due = self.follower.take()
        await self.follower.settle(due.bursts)
        return self.told.of(path)


@pytest.fixture
async def hand(tmp_path: Path) -> Hand:
    hand = Hand(tmp_path)
    await scan(hand.follower)
    return hand


async def test_content_is_off_until_its_owner_lets_it_out(tmp_path: Path) -> None:
    async with following(tmp_path, content="whole") as told:
        (tmp_path / "a").write_text("private")
        assert "content" not in await told.until_path(tmp_path / "a")
    (prop,) = source_kind("files").properties
    assert (prop.name, prop.is_sensitive, prop.default) == ("content", True, False)


async def test_content_none_tells_none_even_where_it_is_let_out(tmp_path: Path) -> None:
    async with following(tmp_path, content="none", is_content_told=True) as told:
        (tmp_path / "a").write_text("private")
        assert "content" not in await told.until_path(tmp_path / "a")


async def test_content_is_told_in_the_form_that_it_has(tmp_path: Path) -> None:
    async with following(tmp_path, is_content_told=True) as told:
        (tmp_path / "a.txt").write_text("héllo\n")
        (tmp_path / "a.json").write_text('{"a": [1, 2]}')
        (tmp_path / "a.bin").write_bytes(b"\xff\x00")
        text = await told.until_path(tmp_path / "a.txt")
        assert text["content"] == {"encoding": "utf-8", "truncated": False, "text": "héllo\n"}
        data = await told.until_path(tmp_path / "a.json")
        assert data["content"] == {"encoding": "json", "truncated": False, "json": {"a": [1, 2]}}
        binary = await told.until_path(tmp_path / "a.bin")
        assert binary["content"] == {"encoding": "base64", "truncated": False, "text": "/wA="}


async def test_of_a_growing_log_of_json_lines_each_whole_line_is_told_once(tmp_path: Path, hand: Hand) -> None:
    log = tmp_path / "log.jsonl"
    lines: list[Any] = []
    for text in ('{"n":1}\n{"n":', "2}\n", '{"n":3}\n'):
        with log.open("a") as file:
            file.write(text)
        lines.append((await hand.burst(log))[-1]["content"]["lines"])
    assert lines == [[{"n": 1}], [{"n": 2}], [{"n": 3}]]


async def test_a_large_file_is_told_by_its_tail_or_its_beginning(tmp_path: Path) -> None:
    for extent, text in (("tail", "third\n"), ("whole", "first\n")):
        root = tmp_path / extent
        root.mkdir()
        hand = Hand(root, content=extent, content_bytes_max=8)
        await scan(hand.follower)
        (root / "log").write_text("first\nsecond\nthird\n")
        (data,) = await hand.burst(root / "log")
        assert data["content"] == {"encoding": "utf-8", "truncated": True, "text": text}


async def test_json_that_is_not_whole_yet_waits_for_another_window(tmp_path: Path, hand: Hand) -> None:
    file = tmp_path / "a.json"
    file.write_text('{"a":')
    assert await hand.burst(file) == []
    file.write_text('{"a":1}')
    (data,) = await hand.burst(file)
    assert data["content"]["json"] == {"a": 1}
    assert data["change"] == "created"


async def test_json_that_stays_broken_is_told_as_text_after_three_more_windows(tmp_path: Path, hand: Hand) -> None:
    file = tmp_path / "a.json"
    file.write_text('{"a":')
    first_at = hand.clock.now()
    assert await hand.burst(file) == []
    for _ in range(2):
        assert await hand.window(file) == []
    (data,) = await hand.window(file)
    assert data["content"]["text"] == '{"a":'
    assert data["content"]["parse_error"]
    assert data["first_change_at"] == "2026-01-01T00:00:00.000Z"
    assert hand.clock.now() - first_at == 4 * QUIET_S * 1_000
    assert await hand.window(file) == [data]


async def test_a_file_that_changes_while_it_is_read_is_read_again_later(
    tmp_path: Path, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "log"
    file.write_text("half")

    class Growing(FileIO):
        """Somebody writes between the look at the file and the end of its reading."""

        def seek(self, offset: int, whence: int = 0, /) -> int:
            with file.open("a") as writer:
                writer.write(" and half")
            return super().seek(offset, whence)

    with monkeypatch.context() as patch:
        patch.setattr(reading_module, "FileIO", Growing)
        assert await hand.burst(file) == []
    (data,) = await hand.window(file)
    assert data["content"]["text"] == "half and half"
    assert data["size_bytes"] == 13


async def test_a_file_that_never_stands_still_is_told_without_content_in_the_end(
    tmp_path: Path, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "log"
    file.write_text("1")

    class Growing(FileIO):
        def read(self, size: int | None = -1, /) -> bytes:
            with file.open("a") as writer:
                writer.write("1")
            return super().read(-1 if size is None else size) or b""

    monkeypatch.setattr(reading_module, "FileIO", Growing)
    assert await hand.burst(file) == []
    for _ in range(2):
        assert await hand.window(file) == []
    (data,) = await hand.window(file)
    assert data["content"] == {"unreadable": "It kept changing while it was read."}


async def test_a_link_or_fifo_put_in_a_files_place_is_neither_followed_nor_waited_for(
    tmp_path: Path, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path.parent / f"{tmp_path.name}-secret"
    secret.write_text("secret")
    os_open = os.open
    for kind in ("link", "fifo"):
        file = tmp_path / kind
        file.write_text("1")

        def swap(path: str, flags: int, mode: int = 0o777, *, file: Path = file, kind: str = kind) -> int:
            file.unlink()
            file.symlink_to(secret) if kind == "link" else os.mkfifo(file)
            return os_open(path, flags, mode)

        with monkeypatch.context() as patch:
            patch.setattr(os, "open", swap)
            told = await hand.burst(file)
        assert [one.get("content") for one in told] in ([], [{"unreadable": "Too many levels of symbolic links"}])
        assert [one for one in await hand.window(file) if "secret" in str(one)] == []


async def test_the_projection_leaves_the_content_out_without_a_trace(tmp_path: Path, hand: Hand) -> None:
    (tmp_path / "a").write_text("private")
    (data,) = await hand.burst(tmp_path / "a")
    kind = source_kind("files")
    assert kind.project(data, {"content": True}) == data
    assert "content" not in kind.project(data, {"content": False})
    assert "content" not in kind.project(data, {})
    assert "content" in data
