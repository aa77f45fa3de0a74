"""Disks and locks for tests that need real trouble: a small file system, another process that holds a lock."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HOLD_LOCK = """
import sys, apsw
connection = apsw.Connection(sys.argv[1])
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own of this size, on `folder/disk`. Skips where this user may mount nothing.

    Only root on Linux may. The suite's CI runs as such, so there a skip would hide that nothing was tried: it fails.
    """
    path = folder / "disk"
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)]
    can_mount = sys.platform == "linux" and os.geteuid() == 0
    if not can_mount or subprocess.run(command, capture_output=True).returncode != 0:
        give_up("a file system of a given size can be mounted by root on Linux alone", is_root=can_mount)
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def remount_read_only(path: Path) -> None:
    """Let nobody write to a mounted disk any more, root neither."""
    subprocess.run(["mount", "-o", "remount,ro", str(path)], check=True)


def give_up(reason: str, *, is_root: bool) -> None:
    """Skip; but fail where CI runs as root on Linux and so should have been able to."""
    if os.environ.get("CI") and is_root:
        pytest.fail(reason)
    pytest.skip(reason)


@contextlib.contextmanager
def locked_by_another(path: Path) -> Iterator[None]:
    """Another process holds the database's lock as long as this lasts."""
    command = [sys.executable, "-c", HOLD_LOCK, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "held\n"
            yield
        finally:
            process.kill()
