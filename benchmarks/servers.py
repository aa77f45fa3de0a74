"""What managed servers cost and how quickly they are looked after: two at rest, one killed again and again.

The servers are `python3 -m http.server`, asked by HTTP every 10 s. Beside them the daemon looks after desktop activity,
at an X server of the benchmark's own that nobody sits at. A crash counts as noticed when its entry arrives on
the live stream, from the instant at which the signal was sent.
"""

from __future__ import annotations

import asyncio
import os
import queue
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks.processes import PATIENCE_S, Daemon, await_true, cpu_share, run_daemon, run_x_server
from benchmarks.records import Aim, Benchmark, Bound, FigureSpec, Measured, Run, percentile
from posthouse.cli.live_stream import follow
from posthouse.system.home import read_token

FIGURES = (
    FigureSpec(
        name="servers.idle",
        what="two managed servers at rest, asked by HTTP every 10 s: processor of the daemon",
        unit="% of a core",
        aims=(Aim(bound=Bound.AT_MOST, limit=0.2),),
    ),
    FigureSpec(
        name="servers.idle_desktop",
        what="two managed servers at rest and desktop activity at a real Xvfb: processor of the daemon",
        unit="% of a core",
        needs="Xvfb",
        aims=(Aim(bound=Bound.AT_MOST, limit=0.2),),
    ),
    FigureSpec(
        name="servers.noticed",
        what="managed server killed: until its entry on the live stream, median",
        unit="ms",
        aims=(Aim(bound=Bound.AT_MOST, limit=100),),
    ),
    FigureSpec(
        name="servers.noticed_p95", what="managed server killed: until its entry on the live stream, 95 %", unit="ms"
    ),
    FigureSpec(
        name="servers.back",
        what="managed server killed: until it answers again, beyond the first wait of 1 s, median",
        unit="ms",
    ),
    FigureSpec(name="servers.stopped", what="managed server stopped: until that is told, median", unit="ms"),
)

Entry = tuple[float, dict[str, Any]]


async def measure(run: Run) -> list[Measured]:
    """One daemon, two servers; at rest with desktop activity and without it, then crashes of one of them."""
    with run_x_server() as display, run_daemon(run.folder, variables=_desktop_of(display)) as daemon:
        has_desktop = display is not None
        if has_desktop:
            _watch_desktop(daemon)
        daemon.api.patch("settings", "commands.allowed", body={"value": True})
        for name in ("first", "second"):
            _add(daemon, name, run)
        for name in ("first", "second"):
            await_true(lambda name=name: _server(daemon, name)["state"] == "running", "a server")  # type: ignore[misc]
        figures = [Measured(name="servers.idle_desktop", value=await _idle(daemon, run))] if has_desktop else []
        if has_desktop:
            daemon.api.post("sources", "desk", "disable")
        figures.append(Measured(name="servers.idle", value=await _idle(daemon, run)))
        entries: queue.Queue[Entry] = queue.Queue()
        threading.Thread(target=_listen, args=(daemon, entries), daemon=True).start()
        noticed, back, stopped = [], [], []
        for number in range(run.choose(20, 8)):
            crash, again, stop = await asyncio.to_thread(_crash_and_stop, daemon, entries)
            noticed.append(crash)
            back.append(again)
            stopped.append(stop)
            run.progress(0.5 + number / 40)
    return [
        *figures,
        Measured(name="servers.noticed", value=median(noticed), rounds={"noticed": noticed}),
        Measured(name="servers.noticed_p95", value=percentile(noticed, 0.95)),
        Measured(name="servers.back", value=median(back), rounds={"back": back}),
        Measured(name="servers.stopped", value=median(stopped), rounds={"stopped": stopped}),
    ]


BENCHMARK = Benchmark(name="servers", figures=FIGURES, measure=measure)


def _desktop_of(display: int | None) -> dict[str, str]:
    """The variables by which a daemon finds this X server, and no other desktop."""
    found = "" if display is None else f":{display}"
    return {"DISPLAY": found, "WAYLAND_DISPLAY": "", "DBUS_SESSION_BUS_ADDRESS": ""}


def _watch_desktop(daemon: Daemon) -> None:
    """Desktop activity with a session that is open, as it is kept at each look: the start of the X server was input."""
    daemon.api.post("sources", body={"kind": "desktop-activity", "name": "desk"})
    daemon.api.post("sources", "desk", "enable")
    await_true(lambda: daemon.api.get("sources", "desk", "preview")["data"]["open"] is not None, "a session at a desk")


def _add(daemon: Daemon, name: str, run: Run) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    body = {
        "name": name,
        "argv": [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"],
        "folder": str(run.folder),
        "port": port,
        "health": {"kind": "http", "path": "/"},
    }
    daemon.api.post("servers", body=body)
    daemon.api.post("servers", name, "start")


def _server(daemon: Daemon, name: str) -> dict[str, Any]:
    found: dict[str, Any] = daemon.api.get("servers", name)
    return found


def _listen(daemon: Daemon, entries: queue.Queue[Entry]) -> None:
    """Put what the live stream carries, with the instant at which it came, until the daemon has gone."""
    token = read_token(daemon.home)
    for entry in follow(lambda: (daemon.url, token)):
        entries.put((time.monotonic(), entry["event"]))


def _crash_and_stop(daemon: Daemon, entries: queue.Queue[Entry]) -> tuple[float, float, float]:
    """Kill it, wait until it is back, stop it and start it: three times in milliseconds."""
    pid = _server(daemon, "first")["pid"]
    killed_s = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    noticed_s = _wait(entries, lambda event: event["type"] == "error_event")
    back_s = _wait(entries, lambda event: _is_now(event, "running"))
    asked_s = time.monotonic()
    daemon.api.post("servers", "first", "stop")
    stopped_s = _wait(entries, lambda event: _is_now(event, "stopped"))
    # Started by a person, the next crash waits the shortest time again.
    daemon.api.post("servers", "first", "start")
    _wait(entries, lambda event: _is_now(event, "running"))
    return (noticed_s - killed_s) * 1_000, (back_s - killed_s - 1.0) * 1_000, (stopped_s - asked_s) * 1_000


def _wait(entries: queue.Queue[Entry], is_it: Callable[[dict[str, Any]], bool]) -> float:
    while True:
        at_s, event = entries.get(timeout=PATIENCE_S)
        if is_it(event):
            return at_s


def _is_now(event: dict[str, Any], state: str) -> bool:
    payload = event["payload"]
    return bool(event["type"] == "server_update" and payload["server"] == "first" and payload["state"] == state)


async def _idle(daemon: Daemon, run: Run) -> float:
    """The share once it has settled."""
    await asyncio.sleep(run.choose(5.0, 2.0))
    return await cpu_share(daemon.pid, run.choose(60.0, 20.0), lambda part: run.progress(part / 2))
