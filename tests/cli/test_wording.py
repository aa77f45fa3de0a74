"""`posthouse wording`, and the options of `bind` and `rebind` that ask, reshape and word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.support import Scripted, run_cli
from tests.cli.test_schedules import ROW, sent

MESSAGE = {"title": "Build 7", "body": "It took 3 s", "priority": 4, "tags": ["ci", "red"], "click": "https://ci/7"}
TRIED = {
    "id": "e1", "type": "build.finished", "at": 0, "subject": "shop", "isWanted": True, "message": MESSAGE,
    "body": '{"n":7}', "error": None,
}  # fmt: skip
FAILED = {
    **TRIED, "isWanted": None, "message": None, "body": None,
    "error": {
        "code": "expression.failed", "detail": "length() cannot take this.", "field": "filter.where", "position": 4,
    },
}  # fmt: skip
FOUND = {"events": [TRIED, FAILED], "fields": [{"expression": "data.n", "sample": "7"}]}


@pytest.fixture
def bound(daemon: Scripted) -> Scripted:
    """A daemon that holds one binding, and takes every change."""
    daemon.on("POST", "/api/bindings", 201, ROW)
    daemon.on("GET", "/api/bindings/7", 200, ROW)
    daemon.answers["PATCH", "/api/bindings/7"] = lambda asked: (200, {**ROW, **asked.body})
    daemon.on("GET", "/api/targets/2", 200, {"settings": {"url": "http://h/"}})
    daemon.on("GET", "/api/sources/1", 200, {"properties": []})
    daemon.on("POST", "/api/templates/preview", 200, FOUND)
    return daemon


def test_what_would_be_told_is_shown_event_by_event(bound: Scripted, home: Path) -> None:
    ran = run_cli("wording", "ci", "--title", "Build {{ data.n }}", "--where", "length(data.n)", home=home)

    message = {"title": "Build {{ data.n }}"}
    assert ran.code == 0
    assert sent(bound, "POST") == {"source": "ci", "filter": {"where": "length(data.n)"}, "shape": {"message": message}}
    assert "Build 7" in ran.out
    assert "ci, red" in ran.out
    assert "filter.where, character 5: length() cannot take this." in ran.err


def test_what_can_be_said_is_listed(bound: Scripted, home: Path) -> None:
    ran = run_cli("wording", "ci", "--fields", home=home)

    assert ran.code == 0
    assert ran.out.split()[-2:] == ["data.n", "7"]


@pytest.mark.parametrize(
    ("options", "part", "wanted"),
    [
        (["--where", "data.n > `3`"], "filter", {"where": "data.n > `3`"}),
        (["--select", "data.{n: n}"], "shape", {"select": "data.{n: n}"}),
        (["--title", "a", "--priority", "5"], "shape", {"message": {"title": "a", "priority": "5"}}),
        (
            ["--tags", "ci, {{ join(',', data.tags) }},,late"],
            "shape",
            {"message": {"tags": ["ci", "{{ join(',', data.tags) }}", "late"]}},
        ),
        (["--click", "https://a/{{ id }}"], "shape", {"message": {"click": "https://a/{{ id }}"}}),
    ],
)
def test_a_binding_asks_and_words(bound: Scripted, home: Path, options: list[str], part: str, wanted: Any) -> None:
    assert run_cli("bind", "notes", "hook", *options, home=home).code == 0
    assert sent(bound, "POST")[part] == wanted


def test_a_document_is_read_from_its_file(bound: Scripted, home: Path, tmp_path: Path) -> None:
    document = tmp_path / "body.json"
    document.write_text('{"text": "{{ type }}"}')

    assert run_cli("bind", "notes", "hook", "--body-template", str(document), home=home).code == 0

    assert sent(bound, "POST")["shape"] == {"format": "template", "body": '{"text": "{{ type }}"}'}


def test_a_document_that_is_not_there_is_a_usage_error(bound: Scripted, home: Path, tmp_path: Path) -> None:
    ran = run_cli("bind", "notes", "hook", "--body-template", str(tmp_path / "none.json"), home=home)

    assert (ran.code, bound.asked) == (2, [])
    assert "none.json cannot be read" in ran.err


def test_words_are_changed_part_by_part_and_taken_out_by_nothing(bound: Scripted, home: Path) -> None:
    message: dict[str, Any] = {"title": "a", "body": "b", "priority": None, "tags": [], "click": None}
    worded: dict[str, Any] = {**ROW, "filter": {"types": ["t"], "where": "data.n"}, "shape": {"message": message}}
    bound.on("GET", "/api/bindings/7", 200, worded)

    run_cli("rebind", "7", "--title", "", "--body", "c", "--where", "", home=home)

    changed = sent(bound, "PATCH")
    assert changed["filter"] == {"types": ["t"], "where": None}
    assert changed["shape"]["message"] == message | {"title": None, "body": "c"}
