"""Signing in from the command line: the address is shown, its end awaited, and the result entered for the target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from posthouse.http.target_kinds import view_kind
from posthouse.targets.base import target_kind
from tests.cli.support import Answer, Asked, Scripted, run_cli, run_in_terminal

SHEETS: Any = msgspec.to_builtins(view_kind("google-sheets", target_kind("google-sheets")))
IS_SET = {"isSet": True}
AUTH = {"kind": "oauth", "client_id": "c1", "client_secret": IS_SET, "refresh_token": IS_SET}
NO_BROWSER = {"BROWSER": "", "DISPLAY": "", "WAYLAND_DISPLAY": "", "SSH_CONNECTION": "here"}
URL = "https://accounts.google.com/o/oauth2/v2/auth?client_id=c1"


@pytest.fixture
def google(daemon: Scripted) -> Scripted:
    """A daemon with the kind, a target of it, and a sign-in that is done when it is looked at for the second time."""
    target = {"id": 1, "kind": "google-sheets", "name": "rows", "settings": {"auth": AUTH}, "endpoints": []}
    begun = {"id": "abc", "url": URL, "state": "pending", "words": "Waiting", "validS": 300}
    looks = iter(["pending", "done"])

    def look(_: Asked) -> Answer:
        return 200, {**begun, "state": next(looks), "words": "Signed in."}

    daemon.on("GET", "/api/target-kinds", 200, {"items": [SHEETS], "nextCursor": None})
    daemon.on("POST", "/api/targets/sign-in", 201, begun)
    daemon.answers["GET", "/api/targets/sign-in/abc"] = look
    daemon.on("GET", "/api/targets/rows", 200, target)
    daemon.on("PATCH", "/api/targets/rows", 200, {**target, "secret": None})
    daemon.on("POST", "/api/targets", 201, {"target": target, "secret": None, "check": {"ok": True}})
    daemon.on("POST", "/api/targets/rows/reconnect", 200, {"ok": True, "resumed": 0, "error": None, "diagnosis": None})
    return daemon


def sent(daemon: Scripted, method: str, path: str) -> Any:
    (asked,) = [one for one in daemon.asked if (one.method, one.path) == (method, path)]
    return asked.body


def test_signing_in_again_enters_what_came_of_it_and_reconnects(google: Scripted, home: Path) -> None:
    ran = run_cli("target", "sign-in", "rows", home=home, environ=NO_BROWSER)

    assert ran.code == 0, ran.err
    assert URL in ran.err
    assert sent(google, "POST", "/api/targets/sign-in") == {"target": "rows"}
    entered = sent(google, "PATCH", "/api/targets/rows")
    assert entered == {"settings": {"auth": {**AUTH, "refresh_token": "sign-in:abc"}}}
    assert "signed in and connected again" in ran.out


def test_a_sign_in_that_came_to_nothing_changes_nothing(google: Scripted, home: Path) -> None:
    failed = {"id": "abc", "url": URL, "state": "failed", "words": "You did not allow it.", "validS": 300}
    google.on("GET", "/api/targets/sign-in/abc", 200, failed)

    ran = run_cli("target", "sign-in", "rows", home=home, environ=NO_BROWSER)

    assert (ran.code, "You did not allow it." in ran.err) == (1, True)
    assert "PATCH" not in {one.method for one in google.asked}


def test_adding_a_target_asks_to_sign_in(google: Scripted, home: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("client-secret")
    ran = run_in_terminal(
        "target", "add", "google-sheets", "--name", "rows", "--set", "auth.client_id=c1",
        "--secret-file", f"auth.client_secret={secret}", home=home, answers=[], environ=NO_BROWSER,
    )  # fmt: skip

    assert ran.code == 0, ran.out
    settings = sent(google, "POST", "/api/targets")["settings"]
    assert settings["auth"]["refresh_token"] == "sign-in:abc"
    asked = sent(google, "POST", "/api/targets/sign-in")
    assert (asked["kind"], asked["settings"]["auth"]["client_secret"]) == ("google-sheets", "client-secret")


def test_without_a_terminal_a_token_can_be_given_and_else_it_is_said(
    google: Scripted, home: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("client-secret")
    (tmp_path / "token").write_text("1//a-token")
    arguments = (
        "target", "add", "google-sheets", "--name", "rows", "--set", "auth.client_id=c1",
        "--secret-file", f"auth.client_secret={tmp_path / 'secret'}",
    )  # fmt: skip

    refused = run_cli(*arguments, home=home)
    added = run_cli(*arguments, "--secret-file", f"auth.refresh_token={tmp_path / 'token'}", home=home)

    assert (refused.code, "--secret-file auth.refresh_token=FILE" in refused.err) == (2, True)
    assert added.code == 0, added.err
    assert sent(google, "POST", "/api/targets")["settings"]["auth"]["refresh_token"] == "1//a-token"


def test_a_service_account_asks_for_no_sign_in(google: Scripted, home: Path, tmp_path: Path) -> None:
    (tmp_path / "key.json").write_text("{}")

    ran = run_cli(
        "target", "add", "google-sheets", "--name", "rows", "--set", "auth.kind=service_account",
        "--secret-file", f"auth.file={tmp_path / 'key.json'}", "--set", "spreadsheet=log", home=home,
    )  # fmt: skip

    assert ran.code == 0, ran.err
    assert "/api/targets/sign-in" not in {one.path for one in google.asked}
