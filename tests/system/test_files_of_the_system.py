"""What the system tells of files: when they were born, which are our own outputs, and what changes in a folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from posthouse.system.birth import birth_ns
from posthouse.system.own_outputs import own_outputs

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's own")


def test_a_births_time_stays_while_a_file_is_written_and_renamed(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.touch()
    born = birth_ns(str(file), file.lstat())
    file.write_text("1")
    file = file.rename(tmp_path / "b")
    os.utime(file, (1, 1))
    assert birth_ns(str(file), file.lstat()) == born


def test_the_birth_of_what_is_gone_is_not_told(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.touch()
    found = file.lstat()
    file.unlink()
    assert sys.platform != "linux" or birth_ns(str(file), found) == 0


def test_own_outputs_are_the_regular_files_behind_them(tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = (
        "import os; from posthouse.system.own_outputs import own_outputs; os.write(1, repr(own_outputs()).encode())"
    )
    with log.open("wb") as file:
        subprocess.run([sys.executable, "-c", program], stdout=file, stderr=subprocess.DEVNULL, check=True, timeout=60)
    found = log.stat()
    assert log.read_text("ascii") == repr(frozenset({(found.st_dev, found.st_ino)}))


def test_outputs_that_are_closed_or_no_files_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    monkeypatch.setattr("posthouse.system.own_outputs.OUTPUTS", (reader, writer))
    assert own_outputs() == frozenset()
    os.close(writer)


@LINUX
def test_a_queue_gives_whole_records_and_nothing_where_none_wait(tmp_path: Path) -> None:
    from posthouse.system import inotify

    with inotify.Inotify() as queue:
        watch = queue.add(str(tmp_path), inotify.CREATE)
        assert queue.read() == b""
        (tmp_path / "a").touch()
        piece = queue.read()
        told, mask, cookie, length = inotify.RECORD.unpack_from(piece)
        assert (told, mask, cookie) == (watch, inotify.CREATE, 0)
        assert piece[inotify.RECORD.size :] == b"a".ljust(length, b"\0")
        queue.remove(watch)
        with pytest.raises(OSError, match="Invalid argument"):
            queue.remove(watch)
        with pytest.raises(FileNotFoundError):
            queue.add(str(tmp_path / "missing"), inotify.CREATE)
