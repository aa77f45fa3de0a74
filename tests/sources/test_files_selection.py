"""What the settings select: paths, folders, globs and what is ignored; and which settings are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.errors import BadInput
from posthouse.sources.base import source_kind
from posthouse.sources.files.selection import Selection
from posthouse.sources.files.settings import DEFAULT_IGNORE, FilesSettings


def selection(*paths: str, ignore: tuple[str, ...] = (), excluded: tuple[Path, ...] = ()) -> Selection:
    return Selection(FilesSettings(paths=paths, ignore=ignore), excluded)


@pytest.mark.parametrize(
    ("pattern", "taken", "left"),
    [
        ("/a/b", ["/a/b", "/a/b/c", "/a/b/c/.d"], ["/a/bc", "/a", "/b"]),
        ("/a/b/", ["/a/b/c"], ["/a/bc"]),
        ("/a/*.log", ["/a/x.log", "/a/.log"], ["/a/b/x.log", "/a/x.txt", "/a"]),
        ("/a/*/c", ["/a/b/c"], ["/a/c", "/a/b/b/c", "/a/b/c/d"]),
        ("/a/**/c", ["/a/c", "/a/b/c", "/a/b/b/c"], ["/a/c/d", "/b/c"]),
        ("/a/**", ["/a/b", "/a/b/c"], ["/a", "/b"]),
        ("/a/**/**/c", ["/a/c", "/a/b/c"], ["/a/b"]),
        ("/a/*/", ["/a/b/c", "/a/b/c/d"], ["/a/b"]),
        ("/a/[xy]?.[!l]*", ["/a/x1.txt", "/a/yy.t"], ["/a/z1.txt", "/a/x1.log", "/a/x.txt"]),
        ("/a/[^x]", ["/a/y"], ["/a/x"]),
        ("/a/x[[]1].txt", ["/a/x[1].txt"], ["/a/x1.txt"]),
        ("/", ["/a", "/a/b"], []),
    ],
)
def test_a_pattern_takes_these_files_and_leaves_those(pattern: str, taken: list[str], left: list[str]) -> None:
    chosen = selection(pattern)
    assert [path for path in [*taken, *left] if chosen.takes(path)] == taken


def test_what_is_ignored_is_judged_from_the_folder_that_was_named() -> None:
    chosen = selection("/home/me", "/srv/*/data/**", ignore=("*.tmp", "build/", "/top", "!keep.tmp"))
    assert chosen.takes("/home/me/keep.tmp")
    assert chosen.takes("/home/me/deep/top")
    assert not chosen.takes("/home/me/top")
    assert not chosen.takes("/home/me/x/build/y")
    assert not chosen.takes("/srv/a/data/x.tmp")
    assert not chosen.enters("/home/me/build")


def test_a_folder_that_is_itself_inside_an_ignored_one_can_be_named() -> None:
    chosen = selection("/repo/.git/hooks", "/repo/x.tmp", ignore=(".git/", "*.tmp"))
    assert chosen.takes("/repo/.git/hooks/pre-commit")
    assert chosen.takes("/repo/x.tmp")


def test_only_folders_that_may_hold_files_are_entered() -> None:
    chosen = selection("/a/*/logs/*.log", "/b/file")
    assert [
        folder for folder in ("/", "/a", "/a/x", "/a/x/logs", "/a/x/other", "/a/x/logs/deep", "/b", "/b/x")
        if chosen.enters(folder)
    ] == ["/", "/a", "/a/x", "/a/x/logs", "/b"]  # fmt: skip


def test_what_is_excluded_is_taken_under_no_name(tmp_path: Path) -> None:
    home = tmp_path / "real" / "home"
    home.mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    chosen = selection(str(tmp_path / "link"), str(tmp_path / "real"), str(home), excluded=(home,))
    assert chosen.takes(f"{tmp_path}/real/other")
    assert not chosen.takes(f"{tmp_path}/real/home/ledger.db")
    assert not chosen.takes(f"{tmp_path}/link/home/ledger.db")
    assert home not in chosen.roots()


def test_roots_are_the_folders_there_are_and_else_the_ones_above(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    chosen = selection(*(str(tmp_path / name) for name in ("folder", "file", "missing", "x/*.log")))
    assert chosen.roots() == (tmp_path / "folder", tmp_path, tmp_path / "x")


NAMES = st.sampled_from(["a", "b", "ab"])
PATTERNS = st.lists(st.sampled_from(["a", "b", "*", "**", "a*", "?"]), min_size=1, max_size=5)


@given(PATTERNS, st.lists(NAMES, min_size=1, max_size=6))
def test_every_folder_above_a_file_that_is_taken_is_entered(pattern: list[str], names: list[str]) -> None:
    chosen = selection("/" + "/".join(pattern))
    if chosen.takes("/" + "/".join(names)):
        assert all(chosen.enters("/" + "/".join(names[:depth])) for depth in range(1, len(names)))


def test_the_settings_are_completed_and_kept() -> None:
    kind = source_kind("files")
    parsed = msgspec.json.decode(kind.parse({"paths": ["~/notes", "/srv/**/*.json"]}))
    assert parsed == {
        "quiet_s": None, "cap_s": None, "paths": ["~/notes", "/srv/**/*.json"], "ignore": list(DEFAULT_IGNORE),
        "content": "tail", "content_bytes_max": 65_536,
    }  # fmt: skip
    assert kind.parse(parsed) == kind.parse({"paths": ["~/notes", "/srv/**/*.json"]})


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({}, "paths"),
        ({"paths": []}, "paths"),
        ({"paths": ["/a"] * 51}, "paths"),
        ({"paths": "/a"}, "paths"),
        ({"paths": ["a/b"]}, "paths"),
        ({"paths": ["/a/../b"]}, "paths"),
        ({"paths": ["/a\0b"]}, "paths"),
        ({"paths": ["~nobody-of-that-name/x"]}, "paths"),
        ({"paths": ["/" + "a" * 5_000]}, "paths[0]"),
        ({"paths": ["/a"], "ignore": ["!"]}, "ignore"),
        ({"paths": ["/a"], "content": "all"}, "content"),
        ({"paths": ["/a"], "content_bytes_max": 1_048_577}, "content_bytes_max"),
        ({"paths": ["/a"], "content_bytes_max": 0}, "content_bytes_max"),
        ({"paths": ["/a"], "quiet_s": -1}, "quiet_s"),
        ({"paths": ["/a"], "unknown": 1}, "unknown"),
    ],
)
def test_settings_that_do_not_fit_are_refused_by_their_field(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        source_kind("files").parse(settings)
    assert (caught.value.code, caught.value.field) == ("source.bad_setting", field)
