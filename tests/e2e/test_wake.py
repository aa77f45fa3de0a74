"""The wake schedule of a real daemon that is killed around its runs: each slot of a date fires once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.e2e.house import receiver
from tests.e2e.processes import ApiError, Daemon, until

DAY_MS = 86_400_000
DELAYS_S = (0.05, 0.35, 0.5)
"""How long after a slot was marked that is due in 300 ms the daemon is killed: before, about, and behind its run."""


def fired(daemon: Daemon) -> list[tuple[str, str]]:
    """Every slot and date that led to a run."""
    found: list[tuple[str, str]] = []
    for row in daemon.api.call("GET", "/api/events?type=wake.due&limit=100")["items"]:
        data: Any = daemon.api.call("GET", f"/api/events/{row['id']}")["data"]
        found += [(one["slot"], one["date"]) for one in data["slots"]]
    return sorted(found)


def mark(daemon: Daemon, hour: int, due_at: int) -> None:
    """Mark an hour whose first slot is due then, as soon as the schedule takes it."""
    later = [due_at + DAY_MS // 2 + minute * 60_000 for minute in (15, 30, 45)]
    body = {"hour": hour, "action": "on", "timeZone": "UTC", "timestamps": [due_at, *later]}

    def is_taken() -> bool:
        try:
            daemon.api.call("POST", "/api/wake-schedule/toggle", body)
        except ApiError as error:
            if error.status != 409:
                raise
            return False
        return True

    until(is_taken, "the hour is marked")


def test_kills_around_a_run_neither_lose_nor_double_it(tmp_path: Path) -> None:
    with receiver(tmp_path / "asked") as url, Daemon(tmp_path) as daemon:
        daemon.start()
        ask = {"kind": "request", "method": "POST", "url": url, "body": "{}"}
        daemon.api.call("POST", "/api/wake-schedule/accounts", {"label": "one", "ask": ask})
        for hour, delay_s in enumerate(DELAYS_S):
            mark(daemon, hour, time.time_ns() // 1_000_000 + 300)
            time.sleep(delay_s)
            daemon.kill()
            daemon.start()
        until(lambda: len(fired(daemon)) >= len(DELAYS_S), "every slot has fired")
        until(lambda: daemon.waiting() == 0, "every account has answered")

        assert [slot for slot, _ in fired(daemon)] == ["00:00", "01:00", "02:00"]
        last = daemon.api.call("GET", "/api/wake-schedule")["lastWake"]
        assert (last["ok"], [one["state"] for one in last["results"]]) == (True, ["answered"])
