"""Files that may not be looked at for a while are kept as they were known, and told of when they can be seen again."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from posthouse.sources.files.source import Files
from tests.sources.following_files import Told, files_context, following, mark
from tests.sources.support import MemoryState, decoded, soon

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65_534
PROGRAM = f"""
import asyncio, concurrent.futures.thread, os, sys
from pathlib import Path
import msgspec
from posthouse.sources import watch_inotify
from posthouse.sources.files.source import Files
from tests.sources.following_files import Told, files_context, short
from tests.sources.support import MemoryState

class Aloud(Told):
    async def emit(self, emission):
        await super().emit(emission)
        print(*[" ".join(short(draft)) for draft in emission.events] or ["baseline"], sep=chr(10), flush=True)

async def main(root):
    context = files_context(Aloud(MemoryState()), [root])
    preview = await Files().preview(context)
    print(len(preview.problems), flush=True)
    await Files().run(context)

watch_inotify.BREATH_S = 0.01
if os.getuid() == 0:
    os.setgroups([])
    os.setgid({NOBODY})
    os.setuid({NOBODY})
asyncio.run(main(Path(sys.argv[1])))
"""
"""A source of somebody whom permissions bind: how many problems its preview names, then what it tells, line by line."""


@asynccontextmanager
async def following_as_nobody(root: Path, *, problems: int = 0) -> AsyncIterator[asyncio.StreamReader]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(root), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        assert int(await soon(process.stdout.readline())) == problems
        assert await soon(process.stdout.readline()) == b"baseline\n"
        yield process.stdout
    finally:
        process.kill()
        await process.wait()


async def lines(reader: asyncio.StreamReader, count: int) -> list[str]:
    return [(await soon(reader.readline())).decode().strip() for _ in range(count)]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that anybody may look into, unlike those of a test."""
    with tempfile.TemporaryDirectory(prefix="posthouse-files-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.mark.skipif(sys.platform != "linux", reason="needs a system that can change its user")
async def test_a_lost_permission_removes_nothing_and_what_changed_meanwhile_is_told_later(open_folder: Path) -> None:
    closed = open_folder / "closed"
    closed.mkdir()
    (closed / "a").write_text("1")
    async with following_as_nobody(open_folder) as told:
        closed.chmod(0o700)
        (closed / "a").write_text("12")
        (open_folder / "marker").touch()
        assert await lines(told, 1) == ["created marker"]
        closed.chmod(0o755)
        assert await lines(told, 1) == ["changed a"]
        (closed / "b").touch()
        assert await lines(told, 1) == ["created b"]


@pytest.mark.skipif(sys.platform != "linux", reason="needs a system that can change its user")
async def test_a_folder_that_cannot_be_listed_is_named_and_its_files_are_told_once_it_can(open_folder: Path) -> None:
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    (closed / "a").write_text("1")
    async with following_as_nobody(open_folder, problems=1) as told:
        closed.chmod(0o755)
        assert await lines(told, 1) == ["created a"]


async def test_the_daemons_own_output_is_never_told(tmp_path: Path) -> None:
    log = tmp_path / "daemon.log"
    kept = os.dup(2)
    descriptor = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    try:
        os.dup2(descriptor, 2)
        async with following(tmp_path) as told:
            os.write(2, b"told of something\n")
            log.rename(tmp_path / "daemon.log.1")
            os.write(2, b"told of something\n")
            (tmp_path / "other").touch()
            await told.until_path(tmp_path / "other")
            await mark(told, tmp_path)
            assert told.story() == [("created", "other")]
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(descriptor)


async def test_a_preview_counts_the_files_and_shows_the_newest_without_writing_anything(tmp_path: Path) -> None:
    for number in range(8):
        file = tmp_path / f"{number}.txt"
        file.write_text(f"{number}")
        os.utime(file, ns=(number, number * 1_000_000_000))
    (tmp_path / "link").symlink_to(tmp_path / "0.txt")
    told = Told(MemoryState())
    paths = [tmp_path, tmp_path / "missing", tmp_path / "link"]
    closed = await Files().preview(files_context(told, paths))
    opened = await Files().preview(files_context(told, paths, is_content_told=True))
    assert (told.emissions, told.state.stored) == ([], {})

    data = decoded(closed.data)
    assert (data["files"], [Path(one["path"]).stem for one in data["newest"]]) == (8, ["7", "6", "5", "4", "3"])
    assert "content" not in data["newest"][0]
    assert closed.sensitive == ()
    assert [problem.split(" is ", 1)[1] for problem in closed.problems] == [
        "not there. It is followed once it is.", "a link. Name the file that it points to.",
    ]  # fmt: skip
    assert decoded(opened.data)["newest"][0]["content"]["text"] == "7"
    assert opened.sensitive == tuple(f"/newest/{at}/content" for at in range(5))
    assert closed.event_type == "file.created"
