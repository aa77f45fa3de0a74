"""The settings of both kinds are judged when they are made, and stay as they are."""

from __future__ import annotations

from typing import Any

import pytest

from posthouse.model.errors import BadInput
from posthouse.sources.base import source_kind
from posthouse.sources.sqlite.rows import SqliteRows
from posthouse.sources.sqlite.snapshot import SqliteSnapshot
from tests.sources.support import decoded


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({}, "path"),
        ({"path": "/a"}, "query"),
        ({"path": "a.db", "query": "SELECT 1"}, "path"),
        ({"path": "", "query": "SELECT 1"}, "path"),
        ({"path": "/a\0", "query": "SELECT 1"}, "path"),
        ({"path": "/a", "query": "DELETE FROM t"}, "query"),
        ({"path": "/a", "query": "SELECT 1; SELECT 2"}, "query"),
        ({"path": "/a", "query": "SELECT 1", "rows_max": 0}, "rows_max"),
        ({"path": "/a", "query": "SELECT 1", "rows_max": 100_001}, "rows_max"),
        ({"path": "/a", "query": "SELECT 1", "deadline_s": 61}, "deadline_s"),
        ({"path": "/a", "query": "SELECT 1", "copy_bytes_max": -1}, "copy_bytes_max"),
        ({"path": "/a", "query": "SELECT 1", "quiet_s": -1}, "quiet_s"),
        ({"path": "/a", "query": "SELECT 1", "mode": "rw"}, "mode"),
    ],
)
def test_a_setting_of_a_snapshot_that_does_not_fit_is_named(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        SqliteSnapshot().parse(settings)

    assert (caught.value.code, caught.value.field) == ("source.bad_setting", field)


def test_a_snapshot_is_known_by_its_name_and_its_settings_stay_as_they_are() -> None:
    assert isinstance(source_kind("sqlite"), SqliteSnapshot)
    parsed = SqliteSnapshot().parse({"path": "~/a.db", "query": "SELECT 1", "quiet_s": 5})

    assert decoded(parsed)["rows_max"] == 1_000
    assert SqliteSnapshot().parse(decoded(parsed)) == parsed


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"key": ""}, "key"),
        ({"start": "later"}, "start"),
        ({"type": ""}, "type"),
        ({"type": "a\nb"}, "type"),
        ({"query": "SELECT 1; SELECT 2"}, "query"),
        ({"path": "log.db"}, "path"),
        ({"quiet_s": 1}, "quiet_s"),
        ({"deadline_s": 0}, "deadline_s"),
    ],
)
def test_a_setting_of_rows_that_does_not_fit_is_named(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        SqliteRows().parse({"path": "/a", "query": "SELECT 1 AS a", "key": "a"} | settings)

    assert (caught.value.code, caught.value.field) == ("source.bad_setting", field)


def test_rows_are_known_by_their_name_and_their_settings_stay_as_they_are() -> None:
    assert isinstance(source_kind("sqlite-rows"), SqliteRows)
    parsed = SqliteRows().parse({"path": "~/a.db", "query": "SELECT id FROM log", "key": "id"})

    assert decoded(parsed)["start"] == "now"
    assert SqliteRows().parse(decoded(parsed)) == parsed
