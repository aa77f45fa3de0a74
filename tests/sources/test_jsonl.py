"""The reader of growing JSON-lines files: cursors, torn and over-long lines, files that change under it."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.sources.jsonl import Cursor, Slice, read_slice


def append(path: Path, content: bytes) -> None:
    """Write at the end, as a program that logs does."""
    with path.open("ab") as file:
        file.write(content)


def read_all(
    path: Path, cursor: Cursor | None, *, slice_bytes: int = 64, line_bytes_max: int = 100
) -> tuple[list[bytes], Cursor, bool]:
    """Every line up to the end, the cursor there, and whether any slice began anew."""
    lines: list[bytes] = []
    is_anew = False
    while True:
        part: Slice = read_slice(str(path), cursor, slice_bytes=slice_bytes, line_bytes_max=line_bytes_max)
        lines = part.lines if part.is_anew else lines + part.lines
        cursor, is_anew = part.cursor, is_anew or part.is_anew
        if part.is_end:
            return lines, cursor, is_anew


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of two lines."""
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"n":1}\n{"n":2}\n')
    return path


def test_an_append_is_read_from_where_the_last_read_stopped(log: Path) -> None:
    _, cursor, _ = read_all(log, None)
    append(log, b'{"n":3}\n')
    lines, cursor, is_anew = read_all(log, cursor)
    assert (lines, is_anew) == ([b'{"n":3}'], False)
    assert cursor.is_current(log.stat())


def test_a_torn_last_line_is_left_until_its_newline_comes(log: Path) -> None:
    append(log, b'{"n":')
    lines, cursor, _ = read_all(log, None)
    assert lines == [b'{"n":1}', b'{"n":2}']
    assert cursor.is_current(log.stat())
    append(log, b"3}\n")
    assert not cursor.is_current(log.stat())
    assert read_all(log, cursor)[0] == [b'{"n":3}']


def test_a_truncated_file_is_begun_anew(log: Path) -> None:
    _, cursor, _ = read_all(log, None)
    log.write_bytes(b'{"n":9}\n')
    lines, _, is_anew = read_all(log, cursor)
    assert (lines, is_anew) == ([b'{"n":9}'], True)


def test_a_file_that_another_was_renamed_over_is_begun_anew(log: Path) -> None:
    _, cursor, _ = read_all(log, None)
    other = log.with_name("other")
    other.write_bytes(log.read_bytes() + b'{"n":3}\n')
    other.rename(log)
    lines, _, is_anew = read_all(log, cursor)
    assert (len(lines), is_anew) == (3, True)


@pytest.mark.parametrize("content", [b'{"n":7}\n{"n":2}\n{"n":3}\n', b'{"n":1}\n{"n":7}\n{"n":3}\n'])
def test_a_file_rewritten_in_place_is_noticed_by_its_head_or_what_stood_before_the_cursor(
    log: Path, content: bytes
) -> None:
    _, cursor, _ = read_all(log, None)
    inode = log.stat().st_ino
    log.write_bytes(content)
    assert log.stat().st_ino == inode
    lines, _, is_anew = read_all(log, cursor)
    assert (len(lines), is_anew) == (3, True)


def test_a_line_that_is_too_long_is_skipped_and_counted_once(log: Path) -> None:
    append(log, b"x" * 500)
    _, cursor, _ = read_all(log, None)
    assert (cursor.too_long, cursor.is_skipping) == (1, True)
    append(log, b"x" * 500)
    _, cursor, _ = read_all(log, cursor)
    append(log, b'\n{"n":3}\n')
    lines, cursor, is_anew = read_all(log, cursor)
    assert (lines, cursor.too_long, cursor.is_skipping, is_anew) == ([b'{"n":3}'], 1, False, False)


def test_a_line_above_the_real_limit_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "huge.jsonl"
    path.write_bytes(b'{"n":1}\n' + b"x" * (16 * 1024 * 1024 + 1) + b"\n" + b"y" * (16 * 1024 * 1024) + b"\n{}\n")
    lines: list[bytes] = []
    cursor, is_end = None, False
    while not is_end:
        part = read_slice(str(path), cursor)
        lines += part.lines
        cursor, is_end = part.cursor, part.is_end
    assert cursor is not None
    assert ([len(line) for line in lines], cursor.too_long) == ([7, 16 * 1024 * 1024, 2], 1)


def test_blank_lines_and_carriage_returns_are_no_lines(tmp_path: Path) -> None:
    path = tmp_path / "blank.jsonl"
    path.write_bytes(b"\n\r\n  \n{}\r\n\n")
    assert read_all(path, None)[0] == [b"{}\r"]


def test_an_empty_file_has_a_cursor_at_its_start(tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    path.touch()
    lines, cursor, _ = read_all(path, None)
    assert (lines, cursor.offset) == ([], 0)
    assert cursor.is_current(path.stat())


def test_a_fifo_or_a_link_in_a_logs_place_is_refused_without_waiting(tmp_path: Path, log: Path) -> None:
    os.mkfifo(tmp_path / "fifo.jsonl")
    (tmp_path / "link.jsonl").symlink_to(log)
    for name in ("fifo.jsonl", "link.jsonl"):
        with pytest.raises(OSError, match=r"regular|symbolic|level"):
            read_slice(str(tmp_path / name), None)


_lines = st.lists(st.binary(max_size=150).map(lambda raw: raw.replace(b"\n", b"")), max_size=12)


@given(lines=_lines, tail=st.binary(max_size=150), data=st.data())
def test_any_split_of_the_writes_and_reads_gives_the_same_lines(
    lines: list[bytes], tail: bytes, data: st.DataObject
) -> None:
    tail = tail.replace(b"\n", b"")
    content = b"".join(line + b"\n" for line in lines) + tail
    cuts = sorted(data.draw(st.sets(st.integers(0, len(content)), max_size=6)))
    found: list[bytes] = []
    cursor: Cursor | None = None
    with TemporaryDirectory() as folder:
        path = Path(folder) / "log.jsonl"
        for start, end in zip([0, *cuts], [*cuts, len(content)], strict=True):
            append(path, content[start:end])
            is_first = cursor is None
            more, cursor, is_anew = read_all(path, cursor, slice_bytes=data.draw(st.integers(1, 300)))
            assert is_anew == is_first
            found += more
    assert cursor is not None
    assert found == [line for line in lines if len(line) <= 100 and line.strip()]
    assert cursor.too_long == sum(len(line) > 100 for line in [*lines, tail])
