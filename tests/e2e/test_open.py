"""`posthouse open` and `posthouse sessions` against the real daemon."""

from __future__ import annotations

import json
import stat
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.house import House


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One daemon for the tests of this file."""
    home = tmp_path_factory.mktemp("house") / "home"
    with House(home).running() as running:
        yield running


def sign_in(link: str) -> str:
    """Exchange the code of a link; the cookie."""
    base, _, code = link.partition("/login#code=")
    request = urllib.request.Request(
        f"{base}/api/sessions", json.dumps({"code": code}).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(answer.headers["set-cookie"]).partition(";")[0]


def test_printed_link_signs_in_and_the_session_is_listed_and_revoked(house: House) -> None:
    ran = house.cli("open", "--print")
    assert ran.code == 0
    link = ran.out.strip()
    assert link.startswith((house.home / "address").read_text())
    assert "60 seconds" in ran.err

    cookie = sign_in(link)

    assert "A browser" in house.cli("sessions").out
    (session,) = house.ask("sessions")["items"]
    assert house.cli("sessions", "revoke", str(session["id"])).out.startswith("A browser (session")
    request = urllib.request.Request(f"{link.partition('/login')[0]}/api/status", headers={"cookie": cookie})
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(request, timeout=30)
    assert "No browser is signed in" in house.cli("sessions").out


def test_link_is_opened_in_the_browser_that_is_named(house: House, tmp_path: Path) -> None:
    browser, seen = tmp_path / "browser", tmp_path / "seen"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" >{seen}\n')
    browser.chmod(browser.stat().st_mode | stat.S_IXUSR)

    ran = house.cli("open", environ={"BROWSER": str(browser)})

    assert ran.code == 0
    assert ran.out == f"Opened {(house.home / 'address').read_text()} in your browser.\n"
    assert sign_in(seen.read_text()).startswith("posthouse_")
    assert "#code=" not in ran.out + ran.err


def test_without_a_browser_the_link_is_printed(house: House) -> None:
    environ = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "BROWSER": "", "SSH_CONNECTION": "a b"}

    assert "/login#code=" in house.cli("open", environ=environ).out


def test_every_browser_is_signed_out_at_once(house: House) -> None:
    for _ in range(2):
        sign_in(house.ask("open")["url"])

    ran = house.cli("sessions", "revoke", "--all")

    assert ran.code == 0
    assert house.ask("sessions")["items"] == []
    assert house.cli("sessions", "revoke", "--all").out == "No browser was signed in.\n"


@pytest.mark.parametrize("arguments", [[], ["1", "--all"], ["x"]])
def test_revoke_wants_to_know_which(house: House, arguments: list[str]) -> None:
    assert house.cli("sessions", "revoke", *arguments).code == 2


def test_session_that_is_not_there_is_told_of(house: House) -> None:
    ran = house.cli("sessions", "revoke", "999")

    assert ran.code == 5
    assert "session.not_found" in ran.err


def test_without_a_daemon_it_says_what_to_do(tmp_path: Path) -> None:
    ran = House(tmp_path / "home").cli("open")

    assert ran.code == 3
    assert "posthouse up" in ran.err
