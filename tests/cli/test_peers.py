"""`posthouse peers`: the board on a terminal, and what is asked of the daemon."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.cli.support import Scripted, run_cli


def peer(name: str, state: str = "online", **more: Any) -> dict[str, Any]:
    seen = time.time_ns() // 1_000_000 - 305_000
    return {
        "id": f"{name}:desk:", "name": name, "user": name, "host": "desk", "group": "Letters", "state": state,
        "since": seen, "lastSeen": seen, "addresses": ["10.0.7.2"], "instanceId": None, "client": "iptux",
        "isSelf": False, **more,
    }  # fmt: skip


def test_the_board_says_who_is_there_and_when_they_were_heard(home: Path, daemon: Scripted) -> None:
    items = [
        peer("me", isSelf=True, instanceId="i0"),
        peer("ann"),
        peer("bob", "suspect", instanceId="i1"),
        peer("cy", "left", addresses=[]),
    ]
    daemon.on("GET", "/api/peers", 200, {"isOn": True, "online": 1, "items": items, "nextCursor": None})

    ran = run_cli("peers", home=home)

    lines = ran.out.splitlines()
    assert ran.code == 0
    assert lines[0].split() == ["NAME", "HOST", "GROUP", "STATE", "LAST", "SEEN", "ADDRESS", "RUNS"]
    assert lines[1].startswith("me (this machine)")
    assert [word in lines[2] for word in ("ann", "Online", "5 min ago", "10.0.7.2", "iptux")] == [True] * 5
    assert "Silent, being asked" in lines[3]
    assert lines[3].endswith("Posthouse")
    assert "Left" in lines[4]
    assert lines[5] == "1 peer is online."
    assert run_cli("peers", "--json", home=home).json["online"] == 1


def test_whoever_is_alone_is_told_so(home: Path, daemon: Scripted) -> None:
    found = {"isOn": True, "online": 0, "items": [peer("me", isSelf=True)], "nextCursor": None}
    daemon.on("GET", "/api/peers", 200, found)

    out = run_cli("peers", home=home).out

    assert "me (this machine)" in out
    assert out.splitlines()[-1] == "Nobody else was heard of yet."


def test_off_is_said_and_how_to_switch_it_on(home: Path, daemon: Scripted) -> None:
    daemon.on("GET", "/api/peers", 200, {"isOn": False, "online": 0, "items": [], "nextCursor": None})
    daemon.on("POST", "/api/sources/peers/enable", 200, {"isEnabled": True})
    daemon.on("POST", "/api/sources/peers/disable", 200, {"isEnabled": False})

    ran = run_cli("peers", home=home)

    assert ran.out == ""
    assert "posthouse peers on" in ran.err
    assert "announced on the local network" in run_cli("peers", "on", home=home).out
    assert "announced no more" in run_cli("peers", "off", home=home).out


def test_the_timing_is_shown_and_changed(home: Path, daemon: Scripted) -> None:
    found = {"heartbeatInterval": 15, "peerTimeout": 30, "preset": "fast", "presets": {}}
    daemon.on("GET", "/api/peers/config", 200, found)
    daemon.on("PUT", "/api/peers/config", 200, found)

    assert "every 15 s" in run_cli("peers", "config", home=home).out
    assert run_cli("peers", "config", "--heartbeat", "20s", "--timeout", "2m", home=home).code == 0
    assert run_cli("peers", "config", "--fast", home=home).code == 0

    bodies = [one.body for one in daemon.asked if one.method == "PUT"]
    assert bodies == [{"heartbeatInterval": 20.0, "peerTimeout": 120.0}, {"preset": "fast"}]


def test_what_was_counted_is_shown(home: Path, daemon: Scripted) -> None:
    counted = {
        "heartbeatsSent": 7,
        "timeoutsDetected": 2,
        "peersCleanedUp": 1,
        "packetsDropped": 5,
        "packetsNotUnderstood": 12,
    }
    never = {"lastHeartbeatAt": None, "lastTimeoutCheck": None, "lastCleanupAt": None}
    daemon.on("GET", "/api/peers/stats", 200, {**counted, **never})

    out = run_cli("peers", "stats", home=home).out

    assert "7, last never" in out
    assert "2, last looked never" in out
    assert "12 made no sense, 5 dropped in a flood" in out


def test_a_word_is_sent_and_its_receipt_told(home: Path, daemon: Scripted) -> None:
    for confirmed, words in ((True, "ann has it."), (False, "did not confirm")):
        answer = {"to": peer("ann"), "sentAt": 1, "isConfirmed": confirmed}
        daemon.on("POST", "/api/peers/messages", 200, answer)
        assert words in run_cli("peers", "send", "ann", "hello", home=home).out
    assert daemon.asked[0].body == {"to": "ann", "text": "hello"}
    assert run_cli("peers", "send", "ann", " ", home=home).code == 2
