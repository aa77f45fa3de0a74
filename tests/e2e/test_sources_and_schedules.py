"""Sources that a person adds, and bindings that go by the clock, through the program and the real daemon."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.house import House, received, receiver
from tests.e2e.processes import until


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path / "home").running() as running:
        yield running


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Somebody's database."""
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, what TEXT)")
        database.execute("INSERT INTO orders (what) VALUES ('tea')")
        database.commit()
    return path


def test_a_source_is_added_bound_by_the_clock_run_changed_and_removed(house: House, shop: Path, tmp_path: Path) -> None:
    record = tmp_path / "received"
    with receiver(record) as url:
        house.ask("target", "add", "webhook", "--name", "hook", "--url", url)
        explained = house.cli("source", "kinds", "sqlite")
        added = house.cli("source", "add", "sqlite", "orders", f"path={shop}", "query=SELECT * FROM orders")
        shown = house.cli("source", "preview", "orders")
        bound = house.cli(
            "bind", "orders", "hook", "--daily", "07:30", "--zone", "Asia/Tokyo", "--expect-within", "26h"
        )
        ran = house.cli("bindings", "run", "orders", "hook")
        until(lambda: len(received(record)) == 2, "the check and the run have arrived")
        changed = house.cli("rebind", "orders", "hook", "--weekly", "mon 09:00", "--preset", "summary")
        listed = house.cli("bindings")
        gaps = house.cli("gaps")
        kept = house.cli("source", "remove", "orders")
        removed = house.cli("source", "remove", "orders", "--waiting", "deliver")

    assert "One SELECT" in explained.out
    assert "orders is added" in added.out
    assert '"what": "tea"' in shown.out
    assert "When: daily 07:30 Asia/Tokyo, next " in bound.out
    assert "Told of: when it had nothing to deliver for 26 h." in bound.out
    assert ran.out == "1 event, 1 delivery to make.\n"
    assert received(record)[1]["data"]["rows"] == [{"id": 1, "what": "tea"}]
    assert "When: weekly mon 09:00 Asia/Tokyo" in changed.out
    assert "Kept here: rows." in changed.out
    assert "Sent" in listed.out
    assert gaps.out == "No gaps: every scheduled run led to a delivery.\n"
    assert (kept.code, "[source.is_bound]" in kept.err) == (1, True)
    assert (removed.code, removed.out) == (0, "orders is gone.\n")
    assert house.ask("bindings")["items"] == []
    assert "orders" not in house.cli("source", "list").out


def test_what_cannot_be_is_refused_with_what_to_do(house: House) -> None:
    house.ask("target", "add", "webhook", "--name", "hook", "--url", "http://127.0.0.1:9/", "--no-check")
    house.ask("source", "add", "command", "free", "argv=df", "argv=-k")

    unscheduled = house.cli("bind", "free", "hook")
    streaming = house.cli("bind", "ingest", "hook", "--daily")
    unknown = house.cli("bind", "free", "hook", "--daily", "--zone", "Mars/Olympus")
    twice = house.cli("source", "add", "command", "free", "argv=df")
    default = house.cli("source", "remove", "claude-sessions")

    assert [one.code for one in (unscheduled, streaming, unknown, twice, default)] == [1] * 5
    assert "[schedule.needed]" in unscheduled.err
    assert "[schedule.needs_snapshot]" in streaming.err
    assert "[schedule.unknown_zone]" in unknown.err
    assert "[source.exists]" in twice.err
    assert "[source.is_default]" in default.err
