"""`posthouse source`: kinds with their settings, adding, expecting and removing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.cli.exits import CommandFailed
from posthouse.cli.source_kinds import settings_from, value_words
from tests.cli.support import Scripted, run_cli, run_in_terminal

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["paths", "argv"],
    "properties": {
        "paths": {
            "type": "array", "minItems": 1, "maxItems": 50, "items": {"type": "string"},
            "description": "What is watched.",
        },
        "argv": {"type": "array", "items": {"type": "string"}, "description": "What is run."},
        "query": {"anyOf": [{"type": "string", "description": "What is asked."}, {"type": "null"}], "default": None},
        "quiet_s": {"anyOf": [{"type": "number", "minimum": 0, "maximum": 86400}, {"type": "null"}], "default": None},
        "content": {"enum": ["none", "tail"], "default": "tail"},
        "is_deep": {"type": "boolean", "default": False},
        "codes": {"type": "array", "items": {"type": "integer"}, "default": [0]},
        "env": {"type": "object", "additionalProperties": {"type": "string"}, "default": {}},
        "form": {"$ref": "#/$defs/Form"},
    },
    "$defs": {"Form": {"type": "string", "enum": ["a", "b"], "description": "Its form."}},
}  # fmt: skip
KIND = {
    "kind": "files", "title": "Files", "shape": "stream", "needsSchedule": False, "isDefault": False,
    "canBeAdded": True, "package": None, "problem": None, "settings": SCHEMA,
    "properties": [{"name": "content", "title": "Content", "isSensitive": True, "isSummary": False, "isOn": False}],
}  # fmt: skip
LOST = {
    **KIND,
    "kind": "lost",
    "canBeAdded": False,
    "package": "posthouse-lost",
    "problem": "It is gone.",
    "settings": {},
}
CLOCKED = {**KIND, "kind": "command", "shape": "snapshot", "needsSchedule": True}
ACTIVITY = {"state": "disabled", "secondsLeft": None, "detail": "", "nextRunAt": None, "lastRun": ""}
SOURCE = {
    "id": 4, "kind": "files", "name": "my notes", "title": "Files", "shape": "stream", "needsSchedule": False,
    "isDefault": False, "isEnabled": False, "settings": {"paths": ["/a"]}, "properties": [], "activity": ACTIVITY,
    "bindings": 0, "silenceS": None, "problem": None, "createdAt": 0, "updatedAt": 0,
}  # fmt: skip


@pytest.fixture
def known(daemon: Scripted) -> Scripted:
    """A daemon that knows three kinds and one source."""
    daemon.on("GET", "/api/source-kinds", 200, {"items": [KIND, LOST, CLOCKED], "nextCursor": None})
    daemon.on("GET", "/api/sources/my%20notes", 200, SOURCE)
    daemon.on("POST", "/api/sources", 201, SOURCE)
    daemon.answers["PATCH", "/api/sources/my%20notes"] = lambda asked: (200, {**SOURCE, **asked.body})
    return daemon


def sent(daemon: Scripted, method: str) -> Any:
    (asked,) = [asked for asked in daemon.asked if asked.method == method]
    return asked.body


def test_kinds_are_listed_and_one_is_explained_well_enough_to_use_it(home: Path, known: Scripted) -> None:
    listed = run_cli("source", "kinds", home=home)
    shown = run_cli("source", "kinds", "files", home=home)

    assert "Not available: It is gone." in listed.out
    assert "by the clock, or by hand" in listed.out
    for words in (
        "paths", "list of text (1 to 50 of them)", "needed", "What is watched.", "number, 0 to 86,400",
        "none | tail", "a | b", "Its form.", "whole number", "true | false", "Content (sensitive)",
        "Add one: posthouse source add files NAME paths=… argv=…",
    ):  # fmt: skip
        assert words in shown.out, words
    assert run_cli("source", "kinds", "files", "--json", home=home).json == KIND


def test_unknown_kind_names_those_there_are(home: Path, known: Scripted) -> None:
    ran = run_cli("source", "kinds", "flies", home=home)

    assert ran.code == 5
    assert "Known: files, lost, command. [source.unknown_kind]" in ran.err


def test_source_is_added_with_what_its_settings_are(home: Path, known: Scripted) -> None:
    ran = run_cli(
        "source", "add", "files", "my notes", "paths=~/a", "paths=/b", "query=123", "quiet_s=1.5", "is_deep=true",
        'env={"A": "1"}', "--on", "content", "--expect-within", "26h", home=home,
    )  # fmt: skip

    assert ran.code == 0, ran.err
    assert sent(known, "POST") == {
        "kind": "files",
        "name": "my notes",
        "settings": {
            "paths": ["~/a", "/b"], "query": "123", "quiet_s": 1.5, "is_deep": True, "env": {"A": "1"},
        },
        "properties": {"content": True},
        "silenceS": 93_600,
    }  # fmt: skip
    assert "my notes is added" in ran.out
    assert "posthouse bind 'my notes' TARGET\n" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [["paths"], ["=a"], ["paths=/a", "--on", "x", "--off", "x"], ["paths=/a", "--expect-within", "soon"]],
)
def test_source_that_is_said_wrongly_is_not_added(home: Path, known: Scripted, arguments: list[str]) -> None:
    ran = run_cli("source", "add", "files", "a", *arguments, home=home)

    assert ran.code == 2
    assert "POST" not in {asked.method for asked in known.asked}


def test_setting_is_laid_over_the_others_and_an_empty_one_is_taken_back(home: Path, known: Scripted) -> None:
    ran = run_cli("source", "set", "my notes", "quiet_s=0", "paths=", home=home)

    assert ran.code == 0, ran.err
    assert sent(known, "PATCH") == {"settings": {"quiet_s": 0}}


@pytest.mark.parametrize(
    ("within", "silence_s", "words"),
    [("26h", 93_600, "for 26 h."), ("90m", 5_400, "for 90 min."), ("never", None, "Nothing is expected of my notes")],
)
def test_silence_is_expected_and_not(
    home: Path, known: Scripted, within: str, silence_s: float | None, words: str
) -> None:
    ran = run_cli("source", "expect", "my notes", within, home=home)

    assert sent(known, "PATCH") == {"silenceS": silence_s}
    assert words in ran.out


def test_list_and_status_show_next_runs_and_why_a_source_fails(home: Path, daemon: Scripted) -> None:
    failing = {**ACTIVITY, "state": "failing", "detail": "No such file: a.db", "nextRunAt": 0}
    going = {**ACTIVITY, "state": "watching", "lastRun": "Nothing new"}
    items = [{**SOURCE, "activity": failing}, {**SOURCE, "name": "b", "activity": going}]
    daemon.on("GET", "/api/sources?limit=500", 200, {"items": items, "nextCursor": None})

    ran = run_cli("source", "list", home=home)

    assert "now   Failing: No such file: a.db" in ran.out
    assert "Watching (last run: Nothing new)" in ran.out


IS_BOUND = {"status": 409, "code": "source.is_bound", "detail": "my notes is bound: 7."}
PATH = "/api/sources/my%20notes"


def test_removing_a_source_that_is_bound_is_confirmed(home: Path, daemon: Scripted) -> None:
    daemon.on("DELETE", f"{PATH}?waiting=refuse", 409, IS_BOUND)
    daemon.on("DELETE", f"{PATH}?waiting=deliver", 200, {"waiting": 0})

    ran = run_in_terminal("source", "remove", "my notes", home=home, answers=[("End its bindings too?", "y")])

    assert (ran.code, "my notes is gone." in ran.out) == (0, True)


def test_removing_a_source_that_is_bound_can_be_called_off(home: Path, daemon: Scripted) -> None:
    daemon.on("DELETE", f"{PATH}?waiting=refuse", 409, IS_BOUND)

    ran = run_in_terminal("source", "remove", "my notes", home=home, answers=[("End its bindings too?", "n")])

    assert ran.code == 130
    assert len(daemon.asked) == 1


def test_script_that_removes_a_bound_source_is_told_how_to_say_it(home: Path, daemon: Scripted) -> None:
    daemon.on("DELETE", f"{PATH}?waiting=refuse", 409, IS_BOUND)
    daemon.on("DELETE", f"{PATH}?waiting=dismiss", 200, {"waiting": 0})

    refused = run_cli("source", "remove", "my notes", home=home)
    told = run_cli("source", "remove", "my notes", "--waiting", "dismiss", "--json", home=home)

    assert refused.code == 1
    assert "posthouse source remove 'my notes' --waiting deliver" in refused.err
    assert "[source.is_bound]" in refused.err
    assert told.json == {"name": "my notes", "removed": True, "waiting": "dismiss"}


@pytest.mark.parametrize(
    ("assignments", "settings"),
    [
        (['paths=["/a", "/b"]'], {"paths": ["/a", "/b"]}),
        (["paths=[odd"], {"paths": ["[odd"]}),
        (["argv=1", "argv=true"], {"argv": ["1", "true"]}),
        (["codes=0", "codes=3"], {"codes": [0, 3]}),
        (["paths=/a=b"], {"paths": ["/a=b"]}),
        (["unknown=1"], {"unknown": 1}),
        (["quiet_s=soon"], {"quiet_s": "soon"}),
        (["quiet_s=null"], {"quiet_s": None}),
        (["form=a"], {"form": "a"}),
        (["content=none"], {"content": "none"}),
        (["paths=/a", "paths="], {}),
    ],
)
def test_value_is_what_its_setting_is(assignments: list[str], settings: dict[str, Any]) -> None:
    assert settings_from(assignments, SCHEMA, {}) == settings


def test_present_settings_stay_and_a_given_list_replaces_the_present_one() -> None:
    assert settings_from(["paths=/b"], SCHEMA, {"paths": ["/a"], "query": "x"}) == {"paths": ["/b"], "query": "x"}


@given(st.lists(st.text(max_size=12), max_size=5))
def test_any_assignments_are_settings_or_a_usage_error(assignments: list[str]) -> None:
    if all(one.find("=") > 0 for one in assignments):
        assert json.dumps(settings_from(assignments, SCHEMA, {"query": "x"}))
    else:
        with pytest.raises(CommandFailed) as caught:
            settings_from(assignments, SCHEMA, {"query": "x"})
        assert caught.value.code == "cli.usage"


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ({"type": "number", "minimum": 0.5}, "number, 0.5 or more"),
        ({"type": "integer", "maximum": 1000}, "whole number, up to 1,000"),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 5}, "number, 0 to 5"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, "list of a | b"),
        ({"type": "string"}, "text"),
        ({"type": "object"}, "JSON object"),
        ({"$ref": "#/$defs/Nowhere"}, "JSON"),
        ({}, "JSON"),
    ],
)
def test_what_a_setting_may_be_is_said_in_words(field: dict[str, Any], words: str) -> None:
    assert value_words(field, {}) == words
