"""Targets of any kind from the command line, by what the daemon says of their kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from posthouse.cli.exits import CommandFailed
from posthouse.cli.target_fields import changed_settings, new_settings
from posthouse.http.target_kinds import view_kind
from posthouse.targets.base import target_kind
from tests.boards import Boards
from tests.cli.support import Asked, Scripted, run_cli, run_in_terminal

KIND: Any = msgspec.to_builtins(view_kind("boards", Boards()))
HOOK: Any = msgspec.to_builtins(view_kind("webhook", target_kind("webhook")))
TOKEN = {"isSet": True}
PRESENT = {
    "server": "https://a.test",
    "login": {"kind": "token", "user": "ann", "token": TOKEN},
    "tags": ["old"],
    "note": "n",
    "is_loud": False,
    "headers": {},
}


def daemon_with_kinds(daemon: Scripted) -> None:
    daemon.on("GET", "/api/target-kinds", 200, {"items": [HOOK, KIND], "nextCursor": None})
    target = {"id": 1, "kind": "boards", "name": "house", "settings": PRESENT, "endpoints": []}
    daemon.on("GET", "/api/targets/house", 200, target)
    daemon.on("POST", "/api/targets", 201, {"target": target, "secret": None, "check": {"ok": True}})
    daemon.on("PATCH", "/api/targets/house", 200, {**target, "secret": None})


def sent(daemon: Scripted, method: str) -> list[Asked]:
    return [asked for asked in daemon.asked if asked.method == method]


def new(*assignments: str, files: tuple[str, ...] = ()) -> Any:
    return new_settings(KIND["fields"], assignments, files, can_ask=False)


def changed(*assignments: str, files: tuple[str, ...] = ()) -> Any:
    return changed_settings(KIND["fields"], PRESENT, assignments, files, can_ask=False)


def test_what_is_said_stands_in_its_place_and_the_rest_has_its_default() -> None:
    assert new("server=https://a.test", "tags=a", "tags=b=c", "headers=X-A: 1", "headers=X-B: 2", "is_loud=yes") == {
        "server": "https://a.test",
        "login": {"kind": "none"},
        "tags": ["a", "b=c"],
        "headers": {"X-A": "1", "X-B": "2"},
        "is_loud": True,
    }


def test_all_that_is_missing_is_told_at_once() -> None:
    with pytest.raises(CommandFailed, match=r"--set server=…, --set login.user=…"):
        changed_settings(KIND["fields"], {}, ["server=", "login.kind=token"], ["login.token=-"], can_ask=False)


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("server", "not KEY=VALUE"),
        ("=x", "not KEY=VALUE"),
        ("colour=red", "There is: server, login.kind"),
        ("is_loud=perhaps", "yes or no"),
        ("headers=x", "Name: value"),
        ("login.token=s3cret", "--secret-file login.token=FILE"),
    ],
)
def test_what_does_not_fit_the_description_is_a_usage_error(assignment: str, words: str) -> None:
    with pytest.raises(CommandFailed, match=words) as caught:
        new("server=https://a.test", assignment)

    assert "s3cret" not in caught.value.detail


def test_secrets_come_from_files_and_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = ("server=https://a.test", "login.kind=token", "login.user=ann")
    (tmp_path / "token").write_text("from a file\n")

    from_file = new(*said, files=(f"login.token={tmp_path / 'token'}",))
    monkeypatch.setenv("POSTHOUSE_TARGET_LOGIN_TOKEN", "from the environment")
    from_environment = new(*said)

    assert from_file["login"] == {"kind": "token", "user": "ann", "token": "from a file"}
    assert from_environment["login"]["token"] == "from the environment"


def test_a_change_names_only_what_it_touches_and_keeps_the_secrets_beside_it() -> None:
    assert changed("note=new") == {"note": "new"}
    assert changed("note=") == {"note": None}
    assert changed("login.user=bob") == {"login": {"kind": "token", "user": "bob", "token": TOKEN}}
    assert changed("login.kind=none") == {"login": {"kind": "none"}}
    assert changed("tags=a") == {"tags": ["a"]}


def test_a_person_is_asked_for_what_is_missing_and_the_secret_is_not_shown(home: Path, daemon: Scripted) -> None:
    daemon_with_kinds(daemon)

    ran = run_in_terminal(
        "target", "add", "boards", "--set", "login.kind=token", home=home,
        answers=[
            ("What to call it", "house"), ("Server:", "https://a.test"), ("User:", "ann"), ("Token:", "t0p-s3cret"),
        ],
    )  # fmt: skip

    assert (ran.code, "t0p-s3cret" in ran.out) == (0, False)
    assert "house is checked and saved." in ran.out
    assert sent(daemon, "POST")[0].body == {
        "kind": "boards",
        "name": "house",
        "settings": {
            "server": "https://a.test",
            "login": {"kind": "token", "user": "ann", "token": "t0p-s3cret"},
            "is_loud": False,
        },
        "check": True,
    }


def test_a_script_is_told_what_to_say_and_nothing_is_sent(home: Path, daemon: Scripted) -> None:
    daemon_with_kinds(daemon)

    unnamed = run_cli("target", "add", "boards", home=home)
    bare = run_cli("target", "add", "boards", "--name", "house", home=home)
    unknown = run_cli("target", "add", "pigeon", "--name", "p", home=home)

    assert (unnamed.code, "--name N" in unnamed.err) == (2, True)
    assert (bare.code, "--set server=…" in bare.err) == (2, True)
    assert (unknown.code, "Known: webhook, boards." in unknown.err) == (5, True)
    assert sent(daemon, "POST") == []


def test_any_kind_is_edited_by_its_description(home: Path, daemon: Scripted, tmp_path: Path) -> None:
    daemon_with_kinds(daemon)
    (tmp_path / "token").write_text("fresh")

    done = run_cli(
        "target", "edit", "house", "--name", "home", "--set", "note=",
        "--secret-file", f"login.token={tmp_path / 'token'}", home=home,
    )  # fmt: skip
    refused = run_cli("target", "edit", "house", "--sign", home=home)

    assert (done.code, done.out) == (0, "home is changed.\n")
    assert sent(daemon, "PATCH")[0].body == {
        "name": "home",
        "settings": {"login": {"kind": "token", "user": "ann", "token": "fresh"}, "note": None},
    }
    assert (refused.code, "a webhook's" in refused.err) == (2, True)


def test_a_webhooks_signing_secret_may_lie_in_a_path_with_an_equals_sign(
    home: Path, daemon: Scripted, tmp_path: Path
) -> None:
    daemon_with_kinds(daemon)
    target = {"id": 1, "kind": "webhook", "name": "hook", "settings": {"url": "https://a.test"}, "endpoints": []}
    daemon.on("GET", "/api/targets/hook", 200, target)
    daemon.on("PATCH", "/api/targets/hook", 200, {**target, "secret": None})
    file = tmp_path / "a=b"
    file.write_text("whsec_x")

    ran = run_cli("target", "edit", "hook", "--secret-file", str(file), "--set", "auth.kind=none", home=home)

    assert ran.code == 0
    assert sent(daemon, "PATCH")[0].body["settings"] == {
        "auth": {"kind": "none"}, "signing": {"secret": "whsec_x"},
    }  # fmt: skip


def test_kinds_are_listed_and_shown(home: Path, daemon: Scripted) -> None:
    daemon_with_kinds(daemon)

    listed = run_cli("target", "kinds", home=home)
    shown = run_cli("target", "kinds", "boards", home=home)
    as_json = run_cli("target", "kinds", "boards", "--json", home=home)

    assert "Message boards" in listed.out
    assert "posthouse target add boards --name NAME --set server=…" in shown.out
    assert "where login.kind is token" in shown.out
    assert as_json.json == KIND


ROW = {
    "id": 4, "name": "Hall", "state": "ok", "cause": None, "reason": "", "detail": "", "since": 0, "queued": 2,
    "consecutiveFailures": 0, "nextProbeAt": None, "settings": {"board": "8"}, "isEntered": False, "goneAt": None,
    "bindings": 1,
}  # fmt: skip


def test_endpoints_are_listed_and_asked_for_anew(home: Path, daemon: Scripted) -> None:
    daemon.on("GET", "/api/targets/house/endpoints", 200, {"items": [ROW], "nextCursor": None})
    fresh = {"items": [ROW], "added": ["Hall"], "gone": [], "missed": ["Attic"]}
    daemon.on("POST", "/api/targets/house/endpoints/refresh", 200, fresh)

    listed = run_cli("target", "endpoints", "house", home=home)
    refreshed = run_cli("target", "endpoints", "house", "--refresh", home=home)

    assert "Hall" in listed.out
    assert "New: Hall. No longer offered, but bound, and so kept: Attic." in refreshed.err
    assert run_cli("target", "endpoints", "house", "--refresh", "--json", home=home).json == fresh


def test_endpoint_is_added_by_its_description_and_removed(home: Path, daemon: Scripted) -> None:
    daemon_with_kinds(daemon)
    daemon.on("POST", "/api/targets/house/endpoints", 201, {**ROW, "isEntered": True})
    daemon.on("DELETE", "/api/targets/house/endpoints/Hall", 200, ROW)

    added = run_cli("target", "endpoint", "add", "house", "Hall", "--set", "board=8", home=home)
    bare = run_cli("target", "endpoint", "add", "house", "Hall", home=home)
    removed = run_cli("target", "endpoint", "remove", "house", "Hall", home=home)

    assert added.out == "house has the endpoint Hall now.\n"
    assert sent(daemon, "POST")[0].body == {"name": "Hall", "settings": {"board": "8"}}
    assert (bare.code, "--set board=…" in bare.err) == (2, True)
    assert removed.out == "Hall is removed from house.\n"


def test_kind_whose_endpoints_are_its_own_takes_none_by_hand(home: Path, daemon: Scripted) -> None:
    daemon_with_kinds(daemon)
    daemon.on("GET", "/api/targets/hook", 200, {"kind": "webhook"})

    ran = run_cli("target", "endpoint", "add", "hook", "more", home=home)

    assert (ran.code, "[endpoint.not_addable]" in ran.err) == (1, True)


def test_secrets_that_people_name_come_from_files_and_go_by_an_empty_value(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k3y\n")
    present = {**PRESENT, "keys": {"attic": TOKEN, "cellar": TOKEN}}

    made = new("server=https://a.test", files=(f"keys.Attic={tmp_path / 'key'}",))
    added = changed_settings(KIND["fields"], present, [], [f"keys.porch={tmp_path / 'key'}"], can_ask=False)
    taken = changed_settings(KIND["fields"], present, ["keys.attic="], [], can_ask=False)
    last = changed_settings(KIND["fields"], present, ["keys.attic=", "keys.cellar="], [], can_ask=False)

    assert made["keys"] == {"Attic": "k3y"}
    assert added == {"keys": {"attic": TOKEN, "cellar": TOKEN, "porch": "k3y"}}
    assert taken == {"keys": {"cellar": TOKEN}}
    assert last == {"keys": None}


@pytest.mark.parametrize("assignment", ["keys=s3cret", "keys.attic=s3cret"])
def test_a_secret_that_people_name_is_no_argument_either(assignment: str) -> None:
    with pytest.raises(CommandFailed, match=r"--secret-file keys\.") as caught:
        new("server=https://a.test", assignment)

    assert "s3cret" not in caught.value.detail


APPRISE: Any = {
    **KIND,
    "kind": "ringers",
    "fields": [{**KIND["fields"][-1], "isRequired": True, "isAdvanced": False, "help": ""}],
}


def test_a_person_names_the_secrets_that_are_needed_and_a_script_is_told_how(home: Path, daemon: Scripted) -> None:
    daemon_with_kinds(daemon)
    daemon.on("GET", "/api/target-kinds", 200, {"items": [APPRISE], "nextCursor": None})

    script = run_cli("target", "add", "ringers", "--name", "house", home=home)
    ran = run_in_terminal(
        "target", "add", "ringers", "--name", "house", home=home,
        answers=[
            ("a name for it:", "attic"), ("Value of attic:", "k3y-1"),
            ("Another one?", "cellar"), ("Value of cellar:", "k3y-2"), ("Another one?", ""),
        ],
    )  # fmt: skip

    assert script.code == 2
    assert "--secret-file keys.NAME=FILE" in script.err
    assert (ran.code, "k3y" in ran.out) == (0, False)
    assert sent(daemon, "POST")[-1].body["settings"] == {"keys": {"attic": "k3y-1", "cellar": "k3y-2"}}


OFF = {"status": 422, "code": "target.commands_off", "detail": "Programs may not be run on this machine yet."}


@pytest.mark.parametrize("answer", ["y", "n"])
def test_a_person_is_asked_once_whether_programs_may_run(home: Path, daemon: Scripted, answer: str) -> None:
    daemon_with_kinds(daemon)
    daemon.on("POST", "/api/targets", 422, OFF)
    daemon.on("PATCH", "/api/settings/commands.allowed", 200, {"key": "commands.allowed", "value": True})

    script = run_cli("target", "add", "boards", "--name", "house", "--set", "server=https://a.test", home=home)
    assert (script.code, sent(daemon, "PATCH")) == (1, [])
    ran = run_in_terminal(
        "target", "add", "boards", "--name", "house", "--set", "server=https://a.test", home=home,
        answers=[("Allow it?", answer)],
    )  # fmt: skip

    # Still refused here: asked once, it is not asked again.
    assert (ran.code, ran.out.count("Allow it?")) == (1, 1)
    assert [one.body for one in sent(daemon, "PATCH")] == ([{"value": True}] if answer == "y" else [])
    assert len(sent(daemon, "POST")) == (3 if answer == "y" else 2)
