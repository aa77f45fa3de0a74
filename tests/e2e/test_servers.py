"""A managed server of a real daemon: over a kill -9 of the daemon, a crash, a restart, and an orderly stop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from posthouse.sources.servers.opencode import authorization
from posthouse.system.home import read_token
from tests.e2e.house import House
from tests.e2e.processes import free_port, until
from tests.opencode_program import OPENCODE, START_TIMEOUT_S
from tests.sources.servers_room import is_there, needs_linux, no_program_is_left

pytestmark = needs_linux

PASSWORD = "planted-word"


def server(house: House, name: str = "web") -> dict[str, Any]:
    found: dict[str, Any] = house.ask("servers", "show", name)
    return found


def test_a_server_outlives_a_killed_daemon_and_is_restarted_after_a_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runtime").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    port, house = free_port(), House(tmp_path / "home")
    with no_program_is_left(tmp_path / "work"), house.running():
        house.ask("settings", "set", "commands.allowed", "true")
        added = house.cli(
            *("servers", "add", "web", "--port", str(port), "--folder", str(tmp_path / "work")),
            *("--health", "http:/", "--", sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"),
        )
        assert added.code == 0, added.err
        until(lambda: server(house)["state"] == "running", "it runs")
        first = server(house)["pid"]

        house.stop(signal.SIGKILL)
        assert is_there(first)
        house.start()
        until(lambda: server(house)["figures"] is not None, "it was found again")
        assert server(house)["pid"] == first
        assert house.ask("servers", "logs", "web")["lines"]

        os.kill(first, signal.SIGKILL)
        until(lambda: server(house)["state"] == "running" and server(house)["pid"] != first, "it runs again")
        second = server(house)
        assert second["restarts"] == 1
        (error,) = house.ask("events", "--type", "server.error")["items"]
        assert error["severity"] == "error"

        house.stop()
        assert not is_there(second["pid"])


@pytest.mark.timeout(600)
def test_a_real_opencode_is_adopted_restarted_after_a_crash_and_shows_its_sessions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, port, work = OPENCODE.path_or_skip(), free_port(), tmp_path / "work"
    for folder in (tmp_path / "runtime", work, tmp_path / "opencode-home"):
        folder.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    variables = {
        "HOME": str(tmp_path / "opencode-home"),
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
        "OPENCODE_DISABLE_DEFAULT_PLUGINS": "1",
        "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
        "OPENCODE_DISABLE_MODELS_FETCH": "1",
    }
    command = [str(program), "serve", "--hostname", "127.0.0.1", "--port", str(port)]
    house = House(tmp_path / "home")
    with no_program_is_left(work), house.running():
        house.ask("settings", "set", "commands.allowed", "true")
        by_hand = subprocess.Popen(
            command, cwd=work, env={"PATH": os.environ["PATH"], **variables, "OPENCODE_SERVER_PASSWORD": PASSWORD},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until(lambda: is_well(port), "it listens", deadline_s=START_TIMEOUT_S)
        options = [part for name, value in variables.items() for part in ("--env", f"{name}={value}")]
        (tmp_path / "password").write_text(PASSWORD)
        options += ["--secret-file", f"OPENCODE_SERVER_PASSWORD={tmp_path / 'password'}"]
        added = house.cli(
            *("servers", "add", "code", "--preset", "opencode", "--port", str(port), "--folder", str(work)),
            *(*options, "--", str(program)),
        )
        assert added.code == 0, added.err
        until(lambda: server(house, "code")["state"] == "running", "it was adopted", deadline_s=START_TIMEOUT_S)
        adopted = server(house, "code")
        assert (adopted["pid"], adopted["isAdopted"]) == (by_hand.pid, True)
        assert adopted["version"] == OPENCODE.version

        by_hand.kill()
        by_hand.wait()
        until(lambda: is_another(house, by_hand.pid), "it runs again", deadline_s=START_TIMEOUT_S)
        made = json.loads(ask(port, "/session", b"{}"))
        (shown,) = house.ask("servers", "sessions", "code")["items"]
        assert (shown["id"], shown["folder"]) == (made["id"], str(work))
        until(lambda: any(one["id"] == made["id"] for one in house.ask("agents")["items"]), "its agent is heard")
        assert server(house, "code")["sessions"] == 1
        assert moves(house, made["id"]) == [shown["state"]]
        assert house.ask("servers", "disconnect", "code", made["id"])["items"] == []
        until(lambda: set(moves(house, made["id"])) == {shown["state"], "disconnected", "ended"}, "its end is told")
        house.ask("servers", "stop", "code")
        until(lambda: server(house, "code")["state"] == "stopped", "it has stopped")


def moves(house: House, session: str) -> list[str]:
    """What the live stream has told of a session, oldest first."""
    url, token = (house.home / "address").read_text(), read_token(house.home)
    request = urllib.request.Request(f"{url}/api/live/snapshot", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        activity = json.load(answer)["activity"]
    told = [one["event"]["payload"] for one in activity if one["event"]["type"] == "session_update"]
    return [one["action"] for one in reversed(told) if one["sessionId"] == session]


def is_another(house: House, pid: int) -> bool:
    found = server(house, "code")
    return bool(found["state"] == "running" and found["pid"] != pid)


def ask(port: int, path: str, body: bytes | None = None) -> bytes:
    headers = {"content-type": "application/json", **dict(authorization("", PASSWORD))}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=body, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: bytes = answer.read()
    return found


def is_well(port: int) -> bool:
    try:
        return b"healthy" in ask(port, "/global/health")
    except OSError:
        return False
