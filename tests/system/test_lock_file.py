"""One process holds a lock, the others are told which, and the kernel gives it back when that one dies."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from posthouse.system.lock_file import LockFile

HOLDER = """
import sys
from pathlib import Path
from posthouse.system.lock_file import LockFile
lock = LockFile(Path(sys.argv[1]))
print(lock.acquire(), flush=True)
sys.stdin.read()
"""


def test_it_is_held_by_one_and_given_back_even_by_a_killed_one(tmp_path: Path) -> None:
    path = tmp_path / "server.lock"
    lock = LockFile(path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"True"
        assert not lock.acquire()
        assert lock.holder == holder.pid
        holder.kill()

    assert lock.acquire()
    assert lock.crashed_pid == holder.pid
    assert path.stat().st_mode & 0o777 == 0o600
    other = LockFile(path)
    assert not other.acquire()
    assert other.holder == os.getpid()
    lock.release()
    lock.release()
    assert other.acquire()
    assert other.crashed_pid is None
    other.release()


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        LockFile(tmp_path / "no-such-folder" / "lock").acquire()
