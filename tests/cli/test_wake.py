"""`posthouse wake`: what is sent for what was said, and how the schedule stands in words."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from posthouse.cli.exits import CommandFailed
from posthouse.cli.wake import account_of, hours_line
from tests.cli.support import Scripted, run_cli

ACCOUNT: dict[str, Any] = {
    "id": 3, "label": "work", "preset": None, "windowHours": 5, "targetId": 2, "endpointId": 2, "problem": None,
    "ask": {"kind": "request", "method": "POST", "url": "https://example.com/v1"},
}  # fmt: skip


def view() -> dict[str, Any]:
    """What the daemon says now: its instants lie where they do whenever a test is run."""
    now = time.time_ns() // 1_000_000
    return {
        "schedule": {"22": {str(minute): now + 7_300_000 + minute * 60_000 for minute in (0, 15, 30, 45)}},
        "timeZone": "UTC",
        "resetOffsetHours": 5,
        "probeSlotMinutes": 15,
        "lastWake": {
            "firedAt": now - 125_000, "ok": False, "reason": "scheduled probe(s) 9:15",
            "results": [
                {"accountId": 3, "label": "work", "ok": False, "status": 429, "error": "come back\nat nine",
                 "state": "retrying", "attempts": 1, "nextRetryAt": now + 235_000, "deliveryId": "d"},
                {"accountId": 4, "label": "home", "ok": True, "status": None, "error": "", "state": "answered",
                 "attempts": 1, "nextRetryAt": None, "deliveryId": "e"},
            ],
        },
        "pendingRetry": {
            "retriesLeft": 6, "nextRetryAt": now + 235_000, "reason": "scheduled probe(s) 9:15", "accounts": ["work"]
        },
        "zones": {"22": "UTC"},
        "accounts": [ACCOUNT],
        "resets": [{"label": "codex-stats", "at": now + 7_300_000, "source": "codex-stats"}],
        "isOn": True,
    }  # fmt: skip


def test_the_day_the_last_wake_and_the_retry_are_shown_at_a_glance(home: Path, daemon: Scripted) -> None:
    shown = view()
    daemon.on("GET", "/api/wake-schedule", 200, shown)

    ran = run_cli("wake", home=home)

    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert lines[0].split() == [f"{hour:02}" for hour in range(24)]
    assert [lines[1][hour * 3 : hour * 3 + 1] for hour in (3, 22, 0)] == ["○", "●", "·"]
    assert lines[4:9] == [
        "22:00               next in 2 h",
        "Accounts            work",
        "codex-stats resets  in 2 h",
        "Last wake           2 min ago: scheduled probe(s) 9:15",
        "Next retry          in 3 min: work (6 tries left)",
    ]
    assert lines[10:] == [
        "ACCOUNT  RESULT              WHAT IT SAID",
        "work     Failed, will retry  HTTP 429: come back at nine",
        "home     Answered            –",
    ]
    assert run_cli("wake", "--json", home=home).json == shown


def test_an_empty_schedule_says_how_to_begin(home: Path, daemon: Scripted) -> None:
    empty = view()
    empty |= {"schedule": {}, "lastWake": None, "pendingRetry": None, "accounts": [], "resets": [], "isOn": False}
    daemon.on("GET", "/api/wake-schedule", 200, empty)

    ran = run_cli("wake", home=home)

    assert "posthouse wake account add LABEL" in ran.out
    assert "Last wake  none" in ran.out
    assert "posthouse source enable wake-schedule" in ran.err


@pytest.mark.parametrize(
    ("words", "body"),
    [
        (("on", "22"), {"hour": 22, "action": "on"}),
        (("on", "22", "--zone", "Asia/Tokyo"), {"hour": 22, "action": "on", "timeZone": "Asia/Tokyo"}),
        (("off", "22"), {"hour": 22, "action": "off"}),
    ],
)
def test_marking_and_clearing_send_what_was_said(
    home: Path, daemon: Scripted, words: tuple[str, ...], body: dict[str, Any]
) -> None:
    shown = view()
    daemon.on("POST", "/api/wake-schedule/toggle", 200, shown)

    assert run_cli("wake", *words, "--json", home=home).json == shown
    assert daemon.asked[-1].body == body


def test_an_hour_that_is_none_is_refused_before_anything_is_sent(home: Path, daemon: Scripted) -> None:
    assert run_cli("wake", "on", "24", home=home).code == 2
    assert daemon.asked == []


def test_a_wake_by_hand_names_whom_it_wakes(home: Path, daemon: Scripted) -> None:
    run = {"firedAt": 1_795_339_200_000, "reason": "manual wake", "accounts": ["work"]}
    daemon.on("POST", "/api/wake-schedule/wake", 200, run)

    assert run_cli("wake", "now", home=home).out == "Waking work.\n"
    assert daemon.asked[-1].body == {}
    assert run_cli("wake", "now", "work", "4", "--json", home=home).json == run
    assert daemon.asked[-1].body == {"accounts": ["work", "4"]}


def test_accounts_are_listed_added_checked_and_removed(home: Path, daemon: Scripted) -> None:
    daemon.on("GET", "/api/wake-schedule/accounts", 200, {"items": [ACCOUNT], "nextCursor": None})
    daemon.on("POST", "/api/wake-schedule/accounts", 201, ACCOUNT)
    daemon.on("POST", "/api/wake-schedule/accounts/work/check", 200, {"ok": False, "status": 401, "error": "no"})
    daemon.on("DELETE", "/api/wake-schedule/accounts/work", 200, {"items": [], "nextCursor": None})

    assert run_cli("wake", "accounts", home=home).out.splitlines() == [
        "ACCOUNT  WINDOW  ASKED BY                     PROBLEM",
        "work     5 h     POST https://example.com/v1  –",
    ]
    added = run_cli(
        *("wake", "account", "add", "work", "--url", "https://example.com/v1", "--body", "{}"),
        *("--secret-header", "authorization=KEY"),
        home=home, environ={"KEY": "Bearer sk-1"},
    )  # fmt: skip
    assert (added.code, added.out) == (0, "work is woken from now on, by POST https://example.com/v1.\n")
    assert daemon.asked[-1].body == {
        "label": "work",
        "ask": {
            "kind": "request", "url": "https://example.com/v1", "method": "POST", "body": "{}",
            "secret_headers": {"authorization": "Bearer sk-1"},
        },
    }  # fmt: skip
    checked = run_cli("wake", "account", "check", "work", home=home)
    assert (checked.code, checked.out) == (1, "work did not: HTTP 401: no\n")
    assert run_cli("wake", "account", "remove", "work", home=home).out == "work is woken no more.\n"
    assert run_cli("wake", "account", "remove", "none", home=home).code == 5


def test_a_program_of_ones_own_is_taken_word_for_word(home: Path, daemon: Scripted) -> None:
    daemon.on("POST", "/api/wake-schedule/accounts", 201, ACCOUNT)

    run_cli("wake", "account", "add", "mine", "--window", "24", "--", "ask", "--url", "x y", home=home)

    argv = ["ask", "--url", "x y"]
    assert daemon.asked[-1].body == {
        "label": "mine", "windowHours": 24, "ask": {"kind": "command", "argv": argv}
    }  # fmt: skip


NOTHING: dict[str, Any] = {
    "label": "a", "preset": None, "url": None, "command": (), "window": None, "method": None, "body": None,
    "headers": (), "secret_headers": (), "variables": (),
}  # fmt: skip


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"preset": "claude", "url": "http://x"},
        {"preset": "codex", "command": ("codex",)},
        {"preset": "codex", "body": "hi"},
        {"url": "http://x", "variables": ("HOME",)},
        {"url": "http://x", "secret_headers": ("authorization",)},
        {"url": "http://x", "secret_headers": ("authorization=UNSET",)},
        {"preset": "claude", "variables": ("UNSET",)},
    ],
)
def test_what_does_not_go_together_is_said(options: dict[str, Any]) -> None:
    with pytest.raises(CommandFailed) as caught:
        account_of(NOTHING | options, {"HOME": "/home/me"})

    assert caught.value.code == "cli.usage"


def test_variables_of_this_shell_go_along_with_a_preset() -> None:
    options = NOTHING | {"preset": "codex", "variables": ("CODEX_HOME",)}

    assert account_of(options, {"CODEX_HOME": "/two"}) == {
        "label": "a", "preset": "codex", "env": {"CODEX_HOME": "/two"}
    }  # fmt: skip


def test_a_window_that_ends_past_midnight_ends_the_next_day() -> None:
    _, signs = hours_line({"schedule": {"22": {}, "0": {}}, "resetOffsetHours": 5})

    assert [hour for hour in range(24) if signs[hour * 3] == "○"] == [3, 5]
