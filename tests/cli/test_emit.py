"""`posthouse emit`: written down by the daemon, or by the spool; never lost, never doubled."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.support import TOKEN, Asked, Scripted, run_cli

TAKEN = {"events": [{"id": "0190-event", "deliveries": 2, "duplicate": False}]}


def spooled(home: Path) -> list[Path]:
    return sorted((home / "spool").glob("*.json"))


def test_an_event_is_posted_with_a_key_that_was_made_first(home: Path, daemon: Scripted) -> None:
    daemon.on("POST", "/api/events", 202, TAKEN)

    ran = run_cli("emit", "build.done", "--data", '{"ok": 1.10}', "--origin", "ci", "--severity", "error", home=home)

    assert (ran.code, ran.out) == (0, "Written down: 0190-event, 2 deliveries to make.\n")
    (asked,) = daemon.asked
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    body = dict(asked.body)
    assert len(body.pop("key")) == 36
    assert isinstance(body.pop("at"), int)
    assert body == {"type": "build.done", "origin": "ci", "severity": "error", "data": {"ok": 1.1}}
    assert spooled(home) == []


def test_json_tells_what_happened(home: Path, daemon: Scripted) -> None:
    daemon.on("POST", "/api/events", 202, TAKEN)

    ran = run_cli("emit", "a", "--key", "build/17", "--json", home=home)

    assert ran.json == {
        "id": "0190-event",
        "deliveries": 2,
        "duplicate": False,
        "key": "build/17",
        "spooled": False,
    }


def test_without_a_daemon_the_event_is_spooled_under_its_key(tmp_path: Path) -> None:
    home = tmp_path / "never-started"

    ran = run_cli("emit", "a.b", "--data", "-", "--subject", "é", "--json", home=home, stdin='{"n": 0.10}')

    (path,) = spooled(home)
    assert ran.code == 0
    assert ran.json == {
        "key": path.stem,
        "spooled": True,
        "path": str(path),
        "reason": "daemon.not_started",
    }
    assert b'"data": {"n": 0.10}' in path.read_bytes()
    event = json.loads(path.read_bytes())
    assert (event["type"], event["subject"], event["key"]) == ("a.b", "é", path.stem)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_key_of_ones_own_that_is_no_file_name_stands_inside_the_file(home: Path) -> None:
    run_cli("emit", "a", "--key", "../../build/17", home=home)

    (path,) = spooled(home)
    assert json.loads(path.read_bytes())["key"] == "../../build/17"


def test_a_lost_answer_is_spooled_under_the_key_that_was_posted(home: Path, daemon: Scripted) -> None:
    daemon.answers["POST", "/api/events"] = lambda asked: None

    ran = run_cli("emit", "a", home=home)

    (path,) = spooled(home)
    assert ran.code == 0
    assert "did not confirm" in ran.out
    assert daemon.asked[0].body["key"] == path.stem == json.loads(path.read_bytes())["key"]


@pytest.mark.parametrize(
    ("status", "code"), [(500, "internal"), (503, "daemon.stopping"), (507, "disk.low"), (429, "busy")]
)
def test_a_daemon_that_cannot_take_it_now_leads_to_the_spool(
    home: Path, daemon: Scripted, status: int, code: str
) -> None:
    daemon.on("POST", "/api/events", status, {"status": status, "code": code, "detail": "Not now."})

    ran = run_cli("emit", "a", "--json", home=home)

    assert (ran.code, ran.json["spooled"], ran.json["reason"]) == (0, True, code)
    assert len(spooled(home)) == 1


def test_an_event_that_the_daemon_refuses_is_not_spooled(home: Path, daemon: Scripted) -> None:
    problem = {"status": 400, "code": "event.type_missing", "detail": "An event needs a type.", "field": "type"}
    daemon.on("POST", "/api/events", 400, problem)

    ran = run_cli("emit", "a", home=home)

    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "An event needs a type. (field type) [event.type_missing]\n"
    assert spooled(home) == []


def test_a_wrong_token_is_told_and_not_spooled(home: Path, daemon: Scripted) -> None:
    daemon.on("POST", "/api/events", 401, {"status": 401, "code": "auth.unknown", "detail": "Unknown token."})

    ran = run_cli("emit", "a", home=home, environ={"POSTHOUSE_TOKEN": "ph_other"})

    assert ran.code == 4
    assert daemon.asked[0].headers["authorization"] == "Bearer ph_other"
    assert spooled(home) == []


def test_a_daemon_that_was_named_has_no_spool_here(home: Path) -> None:
    ran = run_cli("emit", "a", "--url", "http://127.0.0.1:1", "--key", "k1", home=home)

    assert ran.code == 75
    assert "--key k1" in ran.err
    assert spooled(home) == []


def test_a_spool_that_cannot_be_written_is_worth_another_try(tmp_path: Path) -> None:
    home = tmp_path / "file"
    home.write_text("not a folder")

    ran = run_cli("emit", "a", home=home)

    assert ran.code == 75
    assert "[spool.unwritable]" in ran.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["emit", "a", "--data", "{"], "event.data_invalid"),
        (["emit", "a", "--data", "NaN"], "event.data_invalid"),
        (["emit", "a", "--data", "[" * 100_000], "event.data_invalid"),
        (["emit", "a", "--data", "@/no/such/file"], "cli.data_unreadable"),
        (["emit", ""], "event.type_invalid"),
        (["emit", "x" * 201], "event.type_invalid"),
        (["emit", "a\x1b[31m"], "event.type_invalid"),
        (["emit", "a", "--severity", "fatal"], "cli.usage"),
        (["emit"], "cli.usage"),
    ],
)
def test_what_cannot_be_an_event_is_refused_before_anything_is_sent(
    home: Path, daemon: Scripted, arguments: list[str], code: str
) -> None:
    ran = run_cli(*arguments, "--json", home=home)

    assert (ran.code, ran.out) == (2, "")
    assert json.loads(ran.err)["code"] == code
    assert daemon.asked == []
    assert spooled(home) == []


def test_data_from_a_file_goes_as_it_is(home: Path, daemon: Scripted, tmp_path: Path) -> None:
    bodies: list[Asked] = []

    def take(asked: Asked) -> tuple[int, object]:
        bodies.append(asked)
        return 200, {"events": [{"id": "first", "deliveries": 0, "duplicate": True}]}

    daemon.answers["POST", "/api/events"] = take
    file = tmp_path / "data.json"
    file.write_bytes(b' {"big": 12345678901234567890123, "text": "\xc3\xa9"}\n')

    ran = run_cli("emit", "a", "--data", f"@{file}", home=home)

    assert bodies[0].body["data"] == {"big": 12345678901234567890123, "text": "é"}
    assert ran.out == "Already known under this key: first. Nothing was added.\n"


def test_data_that_is_not_utf_8_is_refused(home: Path, daemon: Scripted) -> None:
    ran = run_cli("emit", "a", "--data", "-", home=home, stdin='{"a": 1}'.encode("utf-16"))

    assert ran.code == 2
    assert daemon.asked == []
