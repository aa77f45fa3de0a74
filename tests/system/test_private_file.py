"""Files that are replaced whole and read by their owner alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from posthouse.system.private_file import create_private, write_private


def test_file_is_replaced_and_nothing_else_stays(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"a much longer old content")

    write_private(path, b"new")

    assert path.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_file_is_private_whatever_the_umask_and_the_old_mode(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"")
    path.chmod(0o666)
    before = os.umask(0)
    try:
        write_private(path, b"new")
        create_private(tmp_path / "b", b"new")
    finally:
        os.umask(before)

    assert {stat.S_IMODE(entry.stat().st_mode) for entry in tmp_path.iterdir()} == {0o600}


def test_failed_replacement_leaves_the_old_file_and_no_temporary_one(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    path.mkdir()

    with pytest.raises(OSError, match=r".+"):
        write_private(path, b"new")

    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


def test_file_that_exists_is_not_created_again(tmp_path: Path) -> None:
    create_private(tmp_path / "a", b"first")

    with pytest.raises(FileExistsError):
        create_private(tmp_path / "a", b"second")

    assert (tmp_path / "a").read_bytes() == b"first"
    assert len(list(tmp_path.iterdir())) == 1


def test_link_is_replaced_and_what_it_points_to_left_alone(tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(b"mine")
    (tmp_path / "a").symlink_to(tmp_path / "victim")

    write_private(tmp_path / "a", b"new")

    assert (tmp_path / "victim").read_bytes() == b"mine"
    assert (tmp_path / "a").read_bytes() == b"new"
