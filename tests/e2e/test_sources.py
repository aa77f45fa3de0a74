"""Sources and schedules as their user meets them: a real daemon, its command line, a real receiver, `kill -9`."""

from __future__ import annotations

import json
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.house import House, received, receiver
from tests.e2e.processes import until

DAY_MS = 86_400_000


class Place:
    """A house with a receiver bound to nothing yet."""

    def __init__(self, house: House, record: Path, folder: Path) -> None:
        self.house = house
        self.folder = folder
        self._record = record

    def cli(self, *arguments: str) -> str:
        ran = self.house.cli(*arguments)
        assert ran.code == 0, ran.err
        return ran.out

    def got(self, *types: str) -> list[dict[str, Any]]:
        """The events of these types that the receiver accepted."""
        return [one for one in received(self._record) if one["type"] in types]

    def wait_for(self, count: int, *types: str) -> list[dict[str, Any]]:
        until(lambda: len(self.got(*types)) >= count, f"{count} of {', '.join(types)} arrive")
        return self.got(*types)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    folder = tmp_path / "things"
    folder.mkdir()
    record = tmp_path / "received.jsonl"
    with receiver(record) as url, House(tmp_path / "home").running() as house:
        made = Place(house, record, folder)
        made.cli("target", "add", "webhook", "--name", "hook", "--url", url)
        yield made


def in_database(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def settle_back(ledger: Path, days: int) -> None:
    """Let every daily run since so many days be still to come, as if the daemon had not run since."""
    with closing(sqlite3.connect(ledger)) as connection, connection:
        (period,) = connection.execute("SELECT date(period, ?) FROM runs", (f"-{days} days",)).fetchone()
        connection.execute("UPDATE runs SET settled_at = settled_at - ?, period = ?", (days * DAY_MS, period))


def test_a_changed_file_is_told_of_once_also_over_a_kill(place: Place) -> None:
    place.cli("source", "add", "files", "notes", f"paths={json.dumps([str(place.folder)])}", "quiet_s=0")
    place.cli("bind", "notes", "hook")
    until(lambda: place.house.ask("source", "show", "notes")["activity"]["state"] == "watching", "it watches")

    (place.folder / "one.md").write_text("first\n")
    (created,) = place.wait_for(1, "file.created")
    place.house.stop(signal.SIGKILL)
    (place.folder / "one.md").write_text("first\nsecond\n")
    place.house.start()
    (changed,) = place.wait_for(1, "file.changed")

    assert created["data"]["path"] == changed["data"]["path"] == str(place.folder / "one.md")
    assert changed["data"]["size_bytes"] == 13
    assert "content" not in changed["data"]
    # One that was not yet noted as delivered when the kill came is sent again, under its id.
    told = place.got("file.created", "file.changed", "file.removed", "file.renamed")
    assert {one["id"] for one in told} == {created["id"], changed["id"]}


def test_rows_of_somebody_elses_database_arrive_in_order(place: Place) -> None:
    path = place.folder / "app.db"
    in_database(path, "PRAGMA journal_mode = WAL", "CREATE TABLE sales (id INTEGER PRIMARY KEY, item TEXT)")
    settings = [f"path={path}", "query=SELECT id, item FROM sales", "key=id", "start=beginning", "type=sale.made"]
    place.cli("source", "add", "sqlite-rows", "sales", *settings)
    place.cli("bind", "sales", "hook")

    in_database(path, "INSERT INTO sales (item) VALUES ('tea'), ('milk')")
    in_database(path, "INSERT INTO sales (item) VALUES ('bread')")

    rows = [one["data"]["row"] for one in place.wait_for(3, "sale.made")]
    assert sorted(rows, key=lambda row: row["id"]) == [
        {"id": 1, "item": "tea"},
        {"id": 2, "item": "milk"},
        {"id": 3, "item": "bread"},
    ]


def test_a_command_runs_only_where_it_is_allowed_and_its_failure_is_shown(place: Place) -> None:
    script = place.folder / "load.py"
    script.write_text("print('{\"load\": 3}')")
    place.cli("source", "add", "command", "load", f"argv={json.dumps([sys.executable, str(script)])}")
    place.cli("bind", "load", "hook", "--every", "1h")

    refused = place.house.cli("source", "push", "load")
    assert refused.code != 0
    assert "commands.allowed" in refused.err
    place.cli("settings", "set", "commands.allowed", "true")
    place.cli("source", "push", "load")
    (told,) = place.wait_for(1, "command.snapshot")
    script.write_text("import sys; print('no disk', file=sys.stderr); sys.exit(3)")
    failed = place.house.cli("source", "push", "load")

    assert (told["data"]["output"], told["data"]["exit_code"]) == ({"load": 3}, 0)
    assert failed.code != 0
    assert "3" in failed.err
    assert "no disk" in failed.err


def test_missed_days_are_one_run_and_a_gap_that_can_be_run(place: Place) -> None:
    path = place.folder / "app.db"
    in_database(path, "CREATE TABLE stock (item TEXT, count INTEGER)", "INSERT INTO stock VALUES ('tea', 4)")
    place.cli("source", "add", "sqlite", "stock", f"path={path}", "query=SELECT * FROM stock")
    place.cli("bind", "stock", "hook", "--daily", "00:01", "--zone", "Asia/Tokyo")
    (binding,) = place.house.ask("bindings")["items"]
    assert binding["schedule"] == {"mode": "daily", "at": "00:01", "zone": "Asia/Tokyo"} | dict.fromkeys(
        ("everyS", "day", "cron")
    )
    assert "daily 00:01" in place.cli("bindings")

    place.house.stop()
    settle_back(place.house.home / "ledger.db", days=4)
    place.house.start()
    (told,) = place.wait_for(1, "sqlite.snapshot")
    (gap,) = place.house.ask("gaps")["items"]
    place.cli("gaps", "run", str(gap["id"]))
    place.wait_for(2, "sqlite.snapshot")

    assert told["data"]["rows"] == [{"item": "tea", "count": 4}]
    assert (gap["reason"], gap["count"]) == ("missed", 3)
    assert place.house.ask("gaps")["items"][0]["ranAt"] is not None
    assert place.house.ask("bindings")["items"][0]["lastRun"]["result"] == "sent"


def test_every_source_shows_what_may_leave_and_hides_what_may_not(place: Place) -> None:
    path = place.folder / "app.db"
    in_database(path, "CREATE TABLE diary (entry TEXT)", "INSERT INTO diary VALUES ('walnut')")
    place.cli("source", "add", "sqlite", "diary", f"path={path}", "query=SELECT * FROM diary")
    shown = place.cli("source", "preview", "diary")

    place.cli("source", "properties", "diary", "--off", "rows")
    hidden = place.cli("source", "preview", "diary")
    place.cli("bind", "diary", "hook")
    place.cli("source", "push", "diary")
    told = place.wait_for(1, "sqlite.snapshot")[-1]

    assert "walnut" in shown
    assert "walnut" not in hidden
    assert "rows" not in told["data"]
    assert told["data"]["row_count"] == 1
    assert "walnut" not in (place.house.home / "ledger.db-wal").read_bytes().decode("latin-1")
