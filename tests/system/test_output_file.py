"""What servers say stays within its bounds, while they say it, and is read on where one was."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posthouse.system.output_file import Output, Piece, Place, Rotated
from tests.system.kept import DEADLINE_S, ear_in, start_python

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="sessions and signals are Unix's own")


def output_in(folder: Path, bytes_max: int = 100, files: int = 2) -> Output:
    return Output(folder / "output.log", bytes_max=bytes_max, files=files)


def say(output: Output, data: bytes) -> None:
    with output.path.open("ab") as file:
        file.write(data)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() if path.is_file() else b"" for path in folder.iterdir()}


def test_it_is_cut_above_its_size_only_and_so_many_are_kept(tmp_path: Path) -> None:
    output = output_in(tmp_path)
    assert output.rotate() is None
    say(output, b"a" * 100)
    assert output.rotate() is None

    for letter in b"bcd":
        say(output, bytes([letter]) * 101)
        assert output.rotate() is not None

    assert files(tmp_path) == {"output.log": b"", "output.1.log": b"d" * 101, "output.2.log": b"c" * 101}
    assert output.earlier(1).stat().st_mode & 0o777 == 0o600


def test_what_is_over_twice_the_size_is_lost_and_counted(tmp_path: Path) -> None:
    output = output_in(tmp_path, files=1)
    say(output, b"x" * 300 + b"y" * 200)

    assert output.rotate() == Rotated(kept_bytes=200, lost_bytes=300)
    assert files(tmp_path) == {"output.log": b"", "output.1.log": b"y" * 200}


def test_a_copy_that_a_crash_left_is_in_nobodys_way(tmp_path: Path) -> None:
    output = output_in(tmp_path)
    (tmp_path / "output.log.copy").write_bytes(b"half")
    say(output, b"x" * 150)

    assert output.rotate() == Rotated(kept_bytes=150, lost_bytes=0)
    assert files(tmp_path) == {"output.log": b"", "output.1.log": b"x" * 150}


def test_one_reads_on_where_one_was_and_hears_of_a_cut(tmp_path: Path) -> None:
    output = output_in(tmp_path)
    assert output.read_from(Place(), 10) == Piece(data=b"", place=Place("", 0), is_torn=False)
    say(output, b"abcdef")
    first = output.read_from(Place(), 4)
    second = output.read_from(first.place, 10)
    assert (first.data, second.data, second.is_torn) == (b"abcd", b"ef", False)
    assert output.read_from(second.place, 10).data == b""
    assert output.end() == second.place

    say(output, b"x" * 100)
    output.rotate()
    # As long as before, and yet not the same.
    say(output, b"uvwxyz!")
    torn = output.read_from(second.place, 10)

    assert (torn.data, torn.is_torn) == (b"uvwxyz!", True)
    assert output_in(tmp_path).read_from(torn.place, 10) == Piece(data=b"", place=torn.place, is_torn=False)
    output.path.write_bytes(b"cut")
    assert output.read_from(torn.place, 10).is_torn
    output.path.unlink()
    assert output.read_from(torn.place, 10).is_torn
    assert output.end().offset == 0


def test_the_last_lines_reach_into_the_file_of_before(tmp_path: Path) -> None:
    output = output_in(tmp_path, bytes_max=10)
    assert output.tail(5) == ([], Place("", 0))
    say(output, b"one\ntwo\nthree\nfour")
    output.rotate()
    say(output, b"teen\nfive\n")

    assert output.tail(3)[0] == [b"three", b"fourteen", b"five"]
    assert output.tail(1)[0] == [b"five"]
    assert output.tail(0)[0] == []
    assert output.tail(99)[0] == [b"one", b"two", b"three", b"fourteen", b"five"]
    assert output.tail(1)[1] == output.end()


def test_a_line_without_an_end_costs_a_bounded_look(tmp_path: Path) -> None:
    output = output_in(tmp_path, bytes_max=10_000_000)
    say(output, b"x" * 3_000_000)

    lines, place = output.tail(2)

    assert [len(one) for one in lines] == [131_072]
    assert place.offset == 3_000_000


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=40)
@given(st.lists(st.one_of(st.binary(min_size=1, max_size=60), st.none()), max_size=20))
def test_a_reader_who_keeps_up_misses_nothing(tmp_path: Path, said: list[bytes | None]) -> None:
    for path in tmp_path.iterdir():
        path.unlink()
    output, place, heard, last = output_in(tmp_path, bytes_max=80), Place(), b"", False
    for data in said:
        if data is None:
            last = output.rotate() is not None or last
        else:
            say(output, data)
            piece = output.read_from(place, 1_000)
            # A cut is told of, if there was one, even where nothing was missed.
            assert piece.is_torn is last
            heard, place, last = heard + piece.data, piece.place, False

    assert heard == b"".join(one for one in said if one is not None)


@POSIX
async def test_a_flood_is_cut_while_it_goes_on_and_nothing_is_torn_but_at_the_cuts(tmp_path: Path) -> None:
    line, size = b"one line of the flood\n", 100_000
    code = f"""
is_over = []
signal.signal(15, lambda *_: is_over.append(1))
said = 0
while not is_over:
    said += os.write(1, {line!r})
say(said)
"""
    output = output_in(tmp_path, bytes_max=size)
    cuts: list[Rotated] = []
    with ear_in(tmp_path) as ear:
        child = start_python(code, tmp_path)
        async with asyncio.timeout(DEADLINE_S):
            while len(cuts) < 4:
                rotated = await asyncio.to_thread(output.rotate)
                if rotated is not None:
                    cuts.append(rotated)
                    assert output.earlier(1).stat().st_size == rotated.kept_bytes <= 2 * size
        child.terminate()
        said = await ear.pid()
        assert (await child.ended()).code == 0

    found = files(tmp_path)
    assert sorted(found) == ["ear", "output.1.log", "output.2.log", "output.log"]
    # What comes in between the last look at the size and the cut is counted by nobody.
    assert sum(one.kept_bytes + one.lost_bytes for one in cuts) + len(found["output.log"]) <= said
    # It appends, so what came behind a cut begins the file: no hole of zeros, no line over another.
    assert found["output.log"] == line * (len(found["output.log"]) // len(line))
    assert found["output.1.log"].replace(line, b"") in line + line
