"""`posthouse notify`: what is sent for what was said, and how it stands in words."""

from __future__ import annotations

import copy
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.support import Scripted, run_cli

FOUND: dict[str, Any] = {
    "config": {
        "enabled": True, "server": "https://ntfy.sh", "topic": "mine", "authToken": "", "hasAuthToken": True,
        "events": {
            "turn-completed": True, "turn-error": True, "permission-required": False, "agent-spawned": False
        },
        "notifySubagents": False, "dedupeS": 5.0, "promptLifetimeS": 3600.0, "turnLifetimeS": 43200.0,
        "quietHours": {"from": "22:00", "until": "07:00", "zone": "local", "priority": 4, "action": "digest"},
        "digestS": 300.0, "awayS": 90.0,
    },
    "eventTypes": [], "defaults": {}, "zoneInForce": "Europe/Berlin",
    "receivers": [
        {"bindingId": 7, "targetId": 2, "target": "ntfy", "kind": "ntfy", "endpoint": "mine", "isPrimary": True,
         "filter": {}, "state": "active"}
    ],
}  # fmt: skip

REST = "the rest goes as one at their end"


def test_how_it_stands_is_said_in_plain_words(home: Path, daemon: Scripted) -> None:
    daemon.on("GET", "/api/notifications", 200, FOUND)

    ran = run_cli("notify", home=home)

    assert ran.code == 0, ran.err
    assert ran.out.splitlines() == [
        "Notifications  on",
        "Topic          mine at https://ntfy.sh, with a token",
        "Told           turn-completed, turn-error",
        "Subagents      only what they ask permission for",
        f"Quiet hours    22:00 to 07:00 Europe/Berlin; priority 4 and up goes at once; {REST}",
        "Digest         what comes within 5 min",
        "At the desk    not before 90 s idle",
        "",
        "RECEIVER  ENDPOINT  KIND  BINDING  SET HERE  STATE",
        "ntfy      mine      ntfy  7        yes       active",
    ]
    assert run_cli("notify", "--json", home=home).json == FOUND


def test_nobody_to_tell_comes_with_how_to_begin(home: Path, daemon: Scripted) -> None:
    nothing = copy.deepcopy(FOUND)
    nothing["config"] |= {"enabled": False, "topic": "", "digestS": 0.0, "awayS": 0.0, "notifySubagents": True}
    nothing["config"]["quietHours"]["from"] = None
    nothing["config"]["events"] = dict.fromkeys(nothing["config"]["events"], False)
    nothing["receivers"] = []
    daemon.on("GET", "/api/notifications", 200, nothing)

    ran = run_cli("notify", home=home)

    assert ran.out.splitlines() == [
        "Notifications  off",
        "Topic          none",
        "Told           nothing",
        "Subagents      their turns too",
        "Quiet hours    none",
        "Digest         each at once",
        "At the desk    told all the same",
    ]
    assert "posthouse notify set --topic TOPIC --enable" in ran.err


@pytest.mark.parametrize(
    ("words", "patch"),
    [
        (["--topic", "mine", "--enable"], {"topic": "mine", "enabled": True}),
        (["--topic", ""], {"topic": ""}),
        (["--disable", "--server", "https://push.example"], {"enabled": False, "server": "https://push.example"}),
        (["--on", "turn-error", "--on", "agent-spawned"], {"events": {"turn-error": True, "agent-spawned": True}}),
        (["--on", "turn-error", "--off", "turn-completed"], {"events": {"turn-error": True, "turn-completed": False}}),
        (["--no-subagents"], {"notifySubagents": False}),
        (["--quiet", "22:00-07:00"], {"quietHours": {"from": "22:00", "until": "07:00"}}),
        (["--quiet", "off"], {"quietHours": {"from": None}}),
        (["--quiet-priority", "none", "--zone", "local"], {"quietHours": {"priority": None, "zone": "local"}}),
        (
            ["--quiet-priority", "4", "--quiet-action", "withhold"],
            {"quietHours": {"priority": 4, "action": "withhold"}},
        ),
        (["--digest", "5m", "--away", "0"], {"digestS": 300.0, "awayS": 0.0}),
        (["--no-token"], {"authToken": ""}),
    ],
)
def test_only_what_was_said_is_sent(home: Path, daemon: Scripted, words: list[str], patch: Any) -> None:
    daemon.on("PUT", "/api/notifications", 200, FOUND)

    ran = run_cli("notify", "set", *words, home=home)

    assert ran.code == 0, ran.err
    assert [asked.body for asked in daemon.asked] == [patch]
    assert "posthouse notify test" in ran.err


def test_token_comes_from_a_file_or_standard_input(home: Path, daemon: Scripted) -> None:
    daemon.on("PUT", "/api/notifications", 200, FOUND)
    (home / "secret").write_text("tk_file\n")

    run_cli("notify", "set", "--token-file", str(home / "secret"), home=home)
    ran = run_cli("notify", "set", "--token-file", "-", "--json", home=home, stdin="tk_typed\n")

    assert [asked.body for asked in daemon.asked] == [{"authToken": "tk_file"}, {"authToken": "tk_typed"}]
    assert ran.json == FOUND
    assert "tk_" not in ran.out + ran.err


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--on", "turn-ended"],
        ["--on", "turn-error", "--off", "turn-error"],
        ["--quiet", "22:00"],
        ["--quiet", "-07:00"],
        ["--quiet-priority", "6"],
        ["--digest", "soon"],
        ["--token-file", "/no/such/file"],
        ["--token-file", "-", "--no-token"],
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_sent(home: Path, daemon: Scripted, words: list[str]) -> None:
    ran = run_cli("notify", "set", *words, home=home)

    assert ran.code == 2, ran.err
    assert daemon.asked == []


def test_test_says_what_the_server_answered(home: Path, daemon: Scripted) -> None:
    daemon.on("POST", "/api/notifications/test", 200, {"ok": True, "status": 200})

    ran = run_cli("notify", "test", home=home)

    assert (ran.code, ran.out) == (0, "Sent: the server answered 200. Look at your phone.\n")
    assert run_cli("notify", "test", "--json", home=home).json == {"ok": True, "status": 200}


def test_failed_test_ends_with_the_servers_words(home: Path, daemon: Scripted) -> None:
    diagnosis = {"what": "w", "advice": "Renew the token.", "risk": "r"}
    detail = "The server answered 403 Forbidden: forbidden"
    problem = {"status": 502, "code": "notifications.test_failed", "detail": detail, "diagnosis": diagnosis}
    daemon.on("POST", "/api/notifications/test", 502, problem)

    ran = run_cli("notify", "test", home=home)

    assert ran.code == 1
    assert ran.err.splitlines() == [f"{detail} [notifications.test_failed]", "What to do: Renew the token."]


def test_recent_messages_come_with_what_became_of_them_and_why(home: Path, daemon: Scripted) -> None:
    row = {
        "deliveryId": "d", "eventId": "e", "eventType": "agent.turn-completed", "agentId": "0123456789",
        "tool": "codex", "project": "shop", "title": "Mend it", "at": time.time_ns() // 1_000_000 - 120_500,
        "receiver": {"target": "ntfy", "endpoint": "mine"}, "fate": "withheld", "reason": "at_desk",
        "words": "You were at the desk.", "updatedAt": 0,
    }  # fmt: skip
    other = {**row, "title": "", "project": "", "fate": "sent", "words": "The receiver took it.", "eventType": "x.y"}
    daemon.on("GET", "/api/notifications/recent?limit=2", 200, {"items": [row, other], "nextCursor": None})
    daemon.on("GET", "/api/notifications/recent?limit=50", 200, {"items": [], "nextCursor": None})

    ran = run_cli("notify", "recent", "--limit", "2", home=home)

    assert ran.out.splitlines() == [
        "WHEN       WHAT            OF             TO         FATE      WHY",
        "2 min ago  turn-completed  shop: Mend it  ntfy/mine  Withheld  You were at the desk.",
        "2 min ago  x.y             01234567       ntfy/mine  Sent      The receiver took it.",
    ]
    assert run_cli("notify", "recent", home=home).out == "Nobody was told of anything yet.\n"
