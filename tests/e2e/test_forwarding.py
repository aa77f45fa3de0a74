"""Two real daemons, a laptop's and a hub's: what the laptop records is in the hub's ledger once, over kills of both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.processes import Daemon, free_port, until

pytestmark = pytest.mark.timeout(180)
QUICK = {"retryScheduleS": [0.2] * 40}


class Side:
    """A daemon on a port of its own, over all its lives."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.port = free_port()
        self.daemon = Daemon(folder)

    def start(self) -> None:
        self.daemon.start("--port", str(self.port))

    def call(self, method: str, path: str, body: Any = None) -> Any:
        self.daemon.api.close()
        return self.daemon.api.call(method, path, body)

    def forward_to(self, other: Side) -> None:
        """Pass on what is posted here."""
        token = other.call("POST", "/api/tokens", {"name": "from-elsewhere", "scope": "ingest"})["token"]
        settings = {"url": f"http://127.0.0.1:{other.port}", "token": token}
        self.call("POST", "/api/targets", {"kind": "posthouse", "name": "other", "settings": settings})
        self.call("POST", "/api/bindings", {"source": "ingest", "target": "other", "policy": QUICK})

    def events(self) -> list[Any]:
        found = self.call("GET", "/api/events?limit=500&type=parcel.*")
        assert found["nextCursor"] is None
        return list(found["items"])


@pytest.fixture
def sides(tmp_path: Path) -> Iterator[tuple[Side, Side]]:
    laptop, hub = Side(tmp_path / "laptop"), Side(tmp_path / "hub")
    with laptop.daemon, hub.daemon:
        laptop.start()
        hub.start()
        yield laptop, hub


def settled(side: Side) -> bool:
    counts = side.call("GET", "/api/status")["counts"]
    return not any(counts[name] for name in ("pending", "inFlight", "failed", "targetPaused"))


def test_kills_on_either_side_lose_nothing_and_double_nothing(sides: tuple[Side, Side]) -> None:
    laptop, hub = sides
    laptop.forward_to(hub)
    posted = 0
    for turn in range(6):
        for _ in range(20):
            laptop.call("POST", "/api/events", {"type": "parcel.left", "data": {"n": posted}})
            posted += 1
        victim = (laptop, hub)[turn % 2]
        victim.daemon.kill()
        victim.start()
    laptop.call("POST", "/api/targets/other/reconnect")

    until(lambda: settled(laptop), "everything is passed on")

    numbers = [hub.call("GET", f"/api/events/{one['id']}")["data"]["n"] for one in hub.events()]
    assert sorted(numbers) == list(range(posted))


def test_two_that_forward_to_each_other_come_to_rest(sides: tuple[Side, Side]) -> None:
    laptop, hub = sides
    laptop.forward_to(hub)
    hub.forward_to(laptop)

    laptop.call("POST", "/api/events", {"type": "parcel.left", "data": {"n": 1}})
    until(lambda: hub.events() and settled(hub) and settled(laptop), "the event has stopped travelling")

    assert len(hub.events()) == 1
    assert len(laptop.events()) <= 2
    assert json.dumps(laptop.events()).count("parcel.left") == len(laptop.events())
