"""A package of hostile source kinds runs inside a real daemon, and whoever else uses that daemon notices nothing."""

from __future__ import annotations

import json
import shutil
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.installing import install
from tests.e2e.processes import PROJECT, ApiError, Daemon, ReceiverProcess, until
from tests.e2e.producers import event, fresh

WORKING = (
    "Blocks", "Burns", "Exits", "Interrupts", "Recurses", "Exhausts", "Ignores", "Floods", "Garbles", "Threads",
    "Hangs", "Quarrels",
)  # fmt: skip
"""Those of which a source can be added."""

UNUSABLE = {"Refuses": "source.broken", "Misfit": "source.kind_unavailable", "Nobody": "source.kind_unavailable"}
FAILING = ("Exits", "Interrupts", "Recurses", "Exhausts", "Garbles")
EVENTS = 300
LOGGED = '{"at":'
HELD = "SELECT status, charged, last_code FROM deliveries JOIN events ON events.seq = event_seq WHERE type = '{}'"


def kind_of(name: str) -> str:
    return f"hostile-{name.lower()}"


def hostile_project(folder: Path) -> Path:
    """The hostile package, with one kind whose import never ends and one with a name of Posthouse's own."""
    folder.mkdir()
    shutil.copy(Path(__file__).with_name("hostile_kinds.py"), folder)
    (folder / "hostile_import.py").write_text("import time\ntime.sleep(100_000)\n")
    entries = [f'{kind_of(name)} = "hostile_kinds:{name}"' for name in (*WORKING, *UNUSABLE)]
    entries += ['hostile-import = "hostile_import:Kind"', 'ingest = "hostile_kinds:Blocks"']
    head = '[project]\nname = "hostile"\nversion = "1.0"\n[project.entry-points."posthouse.sources"]\n'
    (folder / "pyproject.toml").write_text(head + "\n".join(entries))
    return folder


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder in which the hostile package is installed."""
    install(hostile_project(tmp_path / "project"), tmp_path / "site")
    return tmp_path / "site"


@pytest.fixture
def daemon(tmp_path: Path, site: Path) -> Iterator[Daemon]:
    with Daemon(tmp_path, PYTHONPATH=f"{site}:{PROJECT}") as found:
        found.start()
        yield found


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[ReceiverProcess]:
    with ReceiverProcess(tmp_path, "receiver", fail_rate=0.0, seed=1) as found:
        found.start()
        yield found


def refusal(daemon: Daemon, name: str) -> dict[str, Any]:
    """How adding a source of a kind is refused."""
    with pytest.raises(ApiError) as refused:
        daemon.api.call("POST", "/api/sources", {"kind": kind_of(name), "name": name})
    return dict(refused.value.problem)


def state_of(daemon: Daemon, name: str) -> str:
    return str(daemon.api.call("GET", f"/api/sources/{name}")["activity"]["state"])


def received(receiver: ReceiverProcess, event_type: str) -> list[Any]:
    """The data of the events of a type that were accepted."""
    bodies = [json.loads(one["body"]) for one in receiver.received()]
    return [one["data"] for one in bodies if one["type"] == event_type]


def post_events(daemon: Daemon) -> list[str]:
    """Post events one after another, asking for the daemon's health in between; prints how long each took."""
    posted, took_ms = [], []
    for _ in range(EVENTS):
        posted.append(fresh())
        before_s = time.monotonic()
        daemon.api.call("POST", "/api/events", event(posted[-1]))
        took_ms.append((time.monotonic() - before_s) * 1000)
        assert daemon.api.call("GET", "/api/health")["status"] == "ok"
    print(f"answers to posted events: median {statistics.median(took_ms):.0f} ms, slowest {max(took_ms):.0f} ms")
    return posted


@pytest.mark.timeout(300)
def test_hostile_kinds_harm_nobody_and_the_daemon_stops_in_order(daemon: Daemon, receiver: ReceiverProcess) -> None:
    daemon.cli("target", "add", "webhook", "--name", "hook", "--url", receiver.url)
    daemon.cli("bind", "ingest", "hook", "--filter", "kill.parcel")
    for name in WORKING:
        daemon.api.call("POST", "/api/sources", {"kind": kind_of(name), "name": name})
        daemon.cli("bind", name, "hook")
    assert {name: refusal(daemon, name)["code"] for name in UNUSABLE} == UNUSABLE
    assert "still being loaded" in refusal(daemon, "import")["detail"]

    posted = post_events(daemon)

    until(lambda: {one["n"] for one in received(receiver, "kill.parcel")} == set(posted), "all events are delivered")
    for name in FAILING:
        until(lambda name=name: state_of(daemon, name) == "failing", f"{name} is seen to fail")  # type: ignore[misc]
    listed = {one["name"]: one for one in daemon.cli_json("source", "list")["items"]}
    assert set(WORKING) < set(listed)
    assert listed["ingest"]["activity"]["state"] == "passive"
    kinds = {one["kind"]: one["problem"] for one in daemon.cli_json("source", "kinds")["items"]}
    assert {name for name, problem in kinds.items() if problem} == {*map(kind_of, UNUSABLE), "hostile-import"} - {
        kind_of("Refuses")
    }
    assert "Exits" in daemon.cli("status").stdout

    before_s = time.monotonic()
    code = daemon.stop()
    print(f"stopped in {time.monotonic() - before_s:.1f} s")

    assert code == 0
    assert daemon.ledger_copy(HELD.format("hostile.event")) == [("failed", 0, "source_unavailable")]
    assert received(receiver, "hostile.event") == []
    assert daemon.ledger_copy("SELECT data ->> 'is_clean' FROM events WHERE type = 'daemon.stopped'") == [(1,)]
    assert "the payload" not in daemon.output
    # What the hostile ones print may stand before a line of the log.
    lines = [json.loads(line[line.index(LOGGED) :]) for line in daemon.output.splitlines() if LOGGED in line]
    left = {one["source"] for one in lines if "thread is left behind" in one["message"]}
    assert left >= {"Blocks", "Burns", "Ignores", "Hangs"}


@pytest.mark.timeout(300)
def test_what_a_kind_has_told_waits_while_its_package_is_gone(
    tmp_path: Path, daemon: Daemon, site: Path, receiver: ReceiverProcess
) -> None:
    daemon.cli("target", "add", "webhook", "--name", "hook", "--url", receiver.url)
    daemon.api.call("POST", "/api/sources", {"kind": kind_of("Quarrels"), "name": "Quarrels"})
    daemon.cli("bind", "Quarrels", "hook")
    until(lambda: daemon.waiting() == 1, "it has told something")
    assert daemon.stop() == 0
    shutil.rmtree(site)

    daemon.start()

    (shown,) = [one for one in daemon.cli_json("source", "list")["items"] if one["name"] == "Quarrels"]
    assert "No installed package brings" in shown["problem"]
    assert "No installed package brings" in daemon.cli("source", "preview", "Quarrels", check=False).stderr
    until(lambda: state_of(daemon, "Quarrels") == "failing", "it is seen to fail")
    daemon.cli("source", "disable", "Quarrels")
    daemon.cli("source", "enable", "Quarrels")
    assert refusal(daemon, "Quarrels")["code"] == "source.unknown_kind"
    assert daemon.waiting() == 1
    assert daemon.stop() == 0

    project = tmp_path / "project"
    code = (project / "hostile_kinds.py").read_text().replace("threading.current_thread() is", "False and")
    (project / "hostile_kinds.py").write_text(code)
    install(project, site)
    daemon.start()

    until(lambda: received(receiver, "hostile.event")[:1] == [{"words": "kept in"}], "it is delivered", deadline_s=120)
    assert daemon.stop() == 0
