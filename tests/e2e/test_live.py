"""The live stream of the real daemon, which is killed without warning: nothing in it is lost, and the stop is owed."""

from __future__ import annotations

import json
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.e2e.processes import PROJECT, Api, Daemon, until

KILLS = 4


def poll_all(api: Api, cursor: str) -> list[Any]:
    """Every entry behind a cursor."""
    found: list[Any] = []
    while True:
        page = api.call("GET", f"/api/live/poll?cursor={cursor}&limit=500")
        if not page["items"]:
            return found
        found += page["items"]
        cursor = page["cursor"]


def test_after_kills_the_stream_goes_on_without_a_hole_and_each_stop_is_owed(tmp_path: Path) -> None:
    with Daemon(tmp_path) as daemon:
        daemon.start()
        api = Api(daemon.home)
        first = api.call("GET", "/api/live/poll")["cursor"]
        assert api.call("GET", "/api/live/critical?client=browser")["owed"] == 0
        for number in range(KILLS):
            api.call("PATCH", "/api/settings/delivery.concurrency", {"value": number + 1})
            daemon.kill()
            api.close()
            daemon.start()
        entries = poll_all(api, first)
        owed = api.call("GET", "/api/live/critical?client=browser")["items"]
        acknowledged = api.call("POST", "/api/live/ack", {"client": "browser", "ids": [owed[0]["id"]]})
        daemon.kill()
        api.close()
        daemon.start()
        after = api.call("GET", "/api/live/critical?client=browser")["items"]
        api.close()
        assert daemon.stop() == 0

    offsets = [int(one["cursor"].rpartition(":")[2]) for one in entries]
    assert offsets == list(range(int(first.rpartition(":")[2]) + 1, offsets[-1] + 1))
    assert {one["cursor"].partition(":")[0] for one in entries} == {first.partition(":")[0]}
    values = [one["event"]["payload"]["value"] for one in entries if one["event"]["type"] == "settings_update"]
    assert values == list(range(1, KILLS + 1))
    assert [one["event"]["payload"]["status"] for one in owed] == ["stopped"] * KILLS
    assert acknowledged == {"owed": KILLS - 1}
    assert [one["id"] for one in after][: KILLS - 1] == [one["id"] for one in owed[1:]]
    assert len(after) == KILLS


def test_the_command_follows_the_stream_over_a_restart(tmp_path: Path) -> None:
    with Daemon(tmp_path) as daemon:
        daemon.start()
        api = Api(daemon.home)
        seen = tmp_path / "seen"
        command = [sys.executable, "-m", "posthouse.cli", "live", "--json", "--type", "settings_*"]
        with seen.open("wb") as out, subprocess.Popen(
            [*command, "--home", str(daemon.home)], cwd=PROJECT, stdout=out, stderr=subprocess.DEVNULL
        ) as follower:  # fmt: skip
            try:
                number = 0

                def follows() -> bool:
                    nonlocal number
                    number += 1
                    api.call("PATCH", "/api/settings/delivery.concurrency", {"value": number % 200 + 1})
                    return b"settings_update" in seen.read_bytes()

                until(follows, "the command shows an entry")
                daemon.kill()
                api.close()
                daemon.start()
                api.call("PATCH", "/api/settings/delivery.concurrency", {"value": 255})
                until(lambda: b'"value":255' in seen.read_bytes(), "the command has come back")
            finally:
                follower.terminate()
        api.close()
        daemon.stop()

    offsets = [int(json.loads(line)["id"].rpartition(":")[2]) for line in seen.read_bytes().splitlines()]
    assert offsets == sorted(set(offsets))


def test_streams_are_told_that_the_daemon_stops_and_end(tmp_path: Path) -> None:
    with Daemon(tmp_path) as daemon:
        daemon.start()
        address = urlsplit((daemon.home / "address").read_text())
        connection = HTTPConnection(str(address.hostname), address.port or 0, timeout=30)
        token = (daemon.home / "token").read_text().strip()
        connection.request("GET", "/api/live", headers={"Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        assert b"retry" in response.readline()
        assert daemon.stop() == 0
        said = response.read()
        connection.close()

    assert said.index(b'"status":"stopping"') < said.index(b'"reason":"stopping"')
