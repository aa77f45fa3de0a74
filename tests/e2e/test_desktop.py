"""Desktop activity of a real daemon at a real X server: over a kill -9, a stop, a removal, and without any desktop."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.house import House
from tests.e2e.processes import until
from tests.system.idle.desktops import needed, x_server


@pytest.fixture
def display(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[int]:
    """An X server that is all of a desktop that the daemon can find."""
    _hide_desktops(monkeypatch, tmp_path)
    with x_server() as number:
        monkeypatch.setenv("DISPLAY", f":{number}")
        yield number


def _hide_desktops(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder / "runtime"))


def touch() -> None:
    subprocess.run([needed("xdotool"), "key", "a"], check=True, env=dict(os.environ))


def sessions(house: House) -> list[dict[str, Any]]:
    """What was told of sessions, oldest first."""
    found = house.ask("events", "--type", "desktop.session")["items"]
    return [house.ask("events", "show", one["id"])["data"] for one in reversed(found)]


def open_session(house: House) -> dict[str, Any] | None:
    data = house.ask("source", "preview", "desk")["data"]
    session: dict[str, Any] | None = data["open"]
    return session


def kept(house: House) -> dict[str, Any]:
    """What the source has in the ledger."""
    with closing(sqlite3.connect(house.home / "ledger.db")) as ledger:
        ((value,),) = ledger.execute("SELECT value FROM source_state WHERE key = 'desktop'")
    found: dict[str, Any] = json.loads(value)["desktop"]
    return found


def add(house: House, *settings: str) -> None:
    house.ask("source", "add", "desktop-activity", "desk", *settings)
    house.ask("source", "enable", "desk")


def test_a_session_lasts_over_a_kill_and_ends_with_an_orderly_stop(tmp_path: Path, display: int) -> None:
    house = House(tmp_path / "home")
    with house.running():
        touch()
        add(house, "poll_s=60")
        until(lambda: open_session(house) is not None, "a session is open")
        begun, before = open_session(house), kept(house)
        assert begun is not None
        house.stop(signal.SIGKILL)

        touch()
        house.start()
        until(lambda: kept(house)["boot"] != before["boot"], "it has looked again")
        assert sessions(house) == []
        house.stop()
        house.start()
        (told,) = sessions(house)

    assert told["start_timestamp"] == begun["start_timestamp"]
    assert (told["ended_by"], told["probe"]) == ("shutdown", "x11")


def test_idleness_ends_it_at_the_last_input(tmp_path: Path, display: int) -> None:
    house = House(tmp_path / "home")
    with house.running():
        touch()
        add(house, "threshold_s=5", "poll_s=3")
        until(lambda: sessions(house) != [], "the session is over")
        (told, *_) = sessions(house)

    assert (told["ended_by"], told["duration_minutes"], told["idle_threshold_seconds"]) == ("idle", 0, 5)


def test_a_source_that_is_removed_tells_of_its_open_session(tmp_path: Path, display: int) -> None:
    house = House(tmp_path / "home")
    with house.running():
        touch()
        add(house)
        until(lambda: open_session(house) is not None, "a session is open")
        house.ask("source", "remove", "desk")

        assert [one["ended_by"] for one in sessions(house)] == ["shutdown"]
        assert house.stop() == 0


def test_a_machine_without_a_desktop_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _hide_desktops(monkeypatch, tmp_path)
    house = House(tmp_path / "home")
    with house.running():
        add(house)
        until(lambda: house.ask("source", "show", "desk")["activity"]["state"] == "failing", "it fails")
        shown = house.ask("source", "show", "desk")
        preview = house.ask("source", "preview", "desk")

    assert shown["activity"]["detail"].startswith("Nobody can say whether somebody sits at this machine (Wayland: ")
    assert preview["problems"] == [shown["activity"]["detail"]]
    assert preview["data"] == {"source": "desktop-activity", "version": 1, "open": None, "recent": []}
