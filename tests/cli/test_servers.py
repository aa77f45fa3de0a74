"""`posthouse servers`: what is sent for what was said, and how servers look on a terminal."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.cli.support import Asked, Scripted, run_cli, run_in_terminal

OFF = {
    "type": "about:blank", "title": "Bad Request", "status": 400, "code": "source.commands_off",
    "detail": "Programs may not be run here yet.",
}  # fmt: skip


def server(name: str = "web", state: str = "running", **more: Any) -> dict[str, Any]:
    definition = {
        "preset": "", "argv": ["serve"], "command": ["serve", "it"], "folder": "", "env": {}, "secretEnv": ["KEY"],
        "host": "127.0.0.1", "port": 8000, "restart": "always", "autostart": True, "keepRunning": False,
        "stopSignal": "SIGTERM", "stopGraceS": 10.0, "tunnel": [],
        "health": {"kind": "none", "path": "/", "contains": "", "intervalS": 10.0, "timeoutS": 5.0},
    }  # fmt: skip
    return {
        "name": name, "definition": definition, "state": state, "since": time.time_ns() // 1_000_000 - 125_000,
        "detail": "", "pid": 4_242, "port": 8000, "url": "http://127.0.0.1:8000", "version": None, "restarts": 2,
        "nextStartAt": None, "needsRestart": False, "isAdopted": False, "sessions": None, "tunnel": None,
        "figures": {"cpuPercent": 1.25, "memoryBytes": 10_485_760, "threads": 1, "uptimeS": 61.0, "processes": 1},
        **more,
    }  # fmt: skip


def test_servers_are_listed_with_what_needs_a_person_first(home: Path, daemon: Scripted) -> None:
    failed = server("broken", "failed", detail="It \x1b[2J ended", figures=None, pid=None)
    daemon.on("GET", "/api/servers", 200, {"items": [server(), failed], "nextCursor": None})

    lines = run_cli("servers", home=home).out.splitlines()

    assert lines[0].split()[:4] == ["SERVER", "STATE", "SINCE", "WHERE"]
    assert lines[1].startswith("broken")
    assert "It \\x1b[2J ended" in lines[1]
    assert "1.2 %" in lines[2]
    assert "10.0 MiB" in lines[2]


def test_none_at_all_says_how_to_begin(home: Path, daemon: Scripted) -> None:
    daemon.on("GET", "/api/servers", 200, {"items": [], "nextCursor": None})

    assert "servers add code --preset opencode" in run_cli("servers", home=home).out


def test_what_was_said_is_what_is_defined_and_started(home: Path, daemon: Scripted, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2\n")
    daemon.on("POST", "/api/servers", 201, server(state="stopped"))
    daemon.on("POST", "/api/servers/web/start", 200, server(state="starting"))

    ran = run_cli(
        *("servers", "add", "web", "--port", "8000", "--health", "http:/up", "--health-every", "5s", "--env", "A=b=c"),
        *("--secret-file", f"KEY={secret}", "--grace", "3s", "--no-autostart", "--", "serve", "--port", "8000"),
        home=home,
    )

    assert ran.code == 0, ran.err
    assert ran.out == "web: starting\n"
    assert daemon.asked[0].body == {
        "name": "web", "argv": ["serve", "--port", "8000"], "port": 8000, "env": {"A": "b=c"},
        "secretEnv": {"KEY": "hunter2"}, "health": {"kind": "http", "path": "/up", "intervalS": 5.0},
        "stopGraceS": 3.0, "autostart": False,
    }  # fmt: skip


def test_an_edit_sends_only_what_was_given(home: Path, daemon: Scripted) -> None:
    daemon.on("PATCH", "/api/servers/web", 200, server(needsRestart=True))

    ran = run_cli(
        *("servers", "edit", "web", "--tunnel", "tell 'it all'", "--confirm-tunnel", "--no-secret", "KEY"), home=home
    )

    assert daemon.asked[0].body == {"tunnel": ["tell", "it all"], "confirmTunnel": True, "secretEnv": {"KEY": None}}
    assert "everyone on the internet" in ran.err
    assert "posthouse servers restart web" in ran.err


def test_a_person_is_asked_once_whether_programs_may_run(home: Path, daemon: Scripted) -> None:
    allowed: list[Any] = []

    def answer(asked: Asked) -> tuple[int, Any]:
        return (200, server(state="starting")) if allowed else (400, OFF)

    def allow(asked: Asked) -> tuple[int, Any]:
        allowed.append(asked.body)
        return 200, {}

    daemon.answers["POST", "/api/servers/web/start"] = answer
    daemon.answers["PATCH", "/api/settings/commands.allowed"] = allow

    refused = run_cli("servers", "start", "web", home=home)
    ran = run_in_terminal("servers", "start", "web", home=home, answers=[("Allow it?", "y")])

    assert (refused.code, "source.commands_off" in refused.err) == (1, True)
    assert ran.code == 0, ran.out
    assert allowed == [{"value": True}]


def test_output_is_shown_and_followed_from_where_it_ended(home: Path, daemon: Scripted) -> None:
    daemon.on("GET", "/api/servers/web/output?lines=2", 200, {"lines": ["one", "two"], "cursor": "t:7"})
    said = b'event: output\nid: t:13\ndata: {"text": "three\\n", "cursor": "t:13"}\n\n'
    streams = [(200, said), (404, {**OFF, "status": 404, "code": "server.not_found", "detail": "It is gone."})]
    daemon.answers["GET", "/api/servers/web/output/stream"] = lambda _: streams.pop(0)

    ran = run_cli("servers", "logs", "web", "-n", "2", "--follow", home=home)

    assert ran.out == "one\ntwo\nthree\n"
    assert (ran.code, "server.not_found" in ran.err) == (5, True)
    cursors = [one.headers["last-event-id"] for one in daemon.asked if one.path.endswith("/stream")]
    assert cursors == ["t:7", "t:13"]


def test_one_server_is_shown_with_its_tunnel(home: Path, daemon: Scripted) -> None:
    tunnel = {"state": "running", "detail": "", "since": 0, "url": "https://x.example.net"}
    daemon.on("GET", "/api/servers/web", 200, server(tunnel=tunnel, sessions=3))

    out = run_cli("servers", "show", "web", home=home).out

    assert "https://x.example.net (running)" in out
    assert "1 min 1 s" in out


def test_sessions_are_listed_and_disconnected(home: Path, daemon: Scripted) -> None:
    one = {"id": "ses_1", "title": "Sort", "folder": "/x", "state": "working", "parentId": None, "updatedAt": 0}
    daemon.on("GET", "/api/servers/web/sessions", 200, {"items": [one], "nextCursor": None})
    daemon.on("DELETE", "/api/servers/web/sessions/ses_1", 200, {"items": [], "nextCursor": None})

    assert "ses_1" in run_cli("servers", "sessions", "web", home=home).out
    assert run_cli("servers", "disconnect", "web", "ses_1", home=home).out == "It has no sessions.\n"


def test_what_cannot_be_read_is_sent_nowhere(home: Path, daemon: Scripted) -> None:
    for options in (["--health", "smell"], ["--env", "A"], ["--tunnel", "'"], ["--grace", "soon"]):
        ran = run_cli("servers", "edit", "web", *options, home=home)
        assert ran.code == 2, ran.err
    assert daemon.asked == []
