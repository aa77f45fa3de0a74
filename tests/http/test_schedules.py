"""`/api/bindings` by the clock: schedules, their runs, what silence is told of, and a run by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from posthouse.ledger.expectations import mark_told
from posthouse.ledger.runs import begin_run, note_run
from posthouse.model.expectations import Subject
from posthouse.model.ids import BindingId, Millis
from posthouse.model.runs import RunResult, Slot
from posthouse.system.zones import local_zone_name
from tests.http import kinds
from tests.http.house import House

HOOK = "http://127.0.0.1:9/"
DAY_MS = 86_400_000


@pytest.fixture(autouse=True)
def own_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds.register(monkeypatch)


@pytest.fixture
def note(tmp_path: Path) -> Path:
    """The file that the sources read."""
    path = tmp_path / "note.json"
    path.write_text(json.dumps({"text": "hello", "author": "me", "secret": "psst"}))
    return path


async def _make(house: House, note: Path, kind: str = "note", **schedule: Any) -> Any:
    await house.add_hook(HOOK)
    await house.post("/api/sources", {"kind": kind, "name": "mine", "settings": {"path": str(note)}})
    return await house.post("/api/bindings", {"source": "mine", "target": "hook", **schedule})


@pytest.mark.parametrize(
    ("schedule", "shown"),
    [
        ({"mode": "interval", "everyS": 900}, {"everyS": 900, "zone": None}),
        ({"mode": "daily"}, {"at": "00:01", "zone": None}),
        ({"mode": "daily", "at": "07:30", "zone": "Europe/Berlin"}, {"at": "07:30", "zone": "Europe/Berlin"}),
        ({"mode": "weekly", "day": "monday", "at": "09:00", "zone": "UTC"}, {"day": "monday", "at": "09:00"}),
        ({"mode": "cron", "cron": " */5  * * * *", "zone": "Asia/Kolkata"}, {"cron": "*/5 * * * *"}),
    ],
)
async def test_schedule_is_completed_and_shown_with_its_next_run(
    house: House, note: Path, schedule: dict[str, Any], shown: dict[str, Any]
) -> None:
    answer = await _make(house, note, schedule=schedule)

    made = answer.json
    expected = (
        {"mode": schedule["mode"]} | shown | ({"zone": local_zone_name()} if shown.get("zone", 1) is None else {})
    )
    assert answer.status == 201, answer.body
    assert {name: made["schedule"][name] for name in expected} == expected
    assert 0 < made["nextRunAt"] - made["createdAt"] <= 8 * DAY_MS
    assert made["lastRun"] is None
    assert (await house.get(f"/api/bindings/{made['id']}")).json == made
    assert (await house.patch(f"/api/bindings/{made['id']}", {"schedule": made["schedule"]})).status == 200


@pytest.mark.parametrize(
    ("schedule", "code", "field"),
    [
        ({"mode": "interval"}, "schedule.invalid", "schedule.everyS"),
        ({"mode": "interval", "everyS": 59}, "schedule.invalid", "schedule.everyS"),
        ({"mode": "interval", "everyS": 10**30}, "schedule.invalid", "schedule.everyS"),
        ({"mode": "interval", "everyS": 60.5}, "request.invalid", "schedule.everyS"),
        ({"mode": "interval", "everyS": 60, "at": "00:01"}, "schedule.invalid", "schedule.at"),
        ({"mode": "daily", "at": "24:00"}, "schedule.invalid", "schedule.at"),
        ({"mode": "daily", "at": "00:01\n"}, "schedule.invalid", "schedule.at"),
        ({"mode": "daily", "at": "٠٠:٠١"}, "schedule.invalid", "schedule.at"),
        ({"mode": "weekly"}, "schedule.invalid", "schedule.day"),
        ({"mode": "weekly", "day": "mon"}, "request.invalid", "schedule.day"),
        ({"mode": "cron"}, "schedule.invalid", "schedule.cron"),
        ({"mode": "cron", "cron": "* * * * * *"}, "schedule.invalid", "schedule.cron"),
        ({"mode": "cron", "cron": "0 0 30 2 *"}, "schedule.invalid", "schedule.cron"),
        ({"mode": "cron", "cron": "* " * 100_000}, "schedule.invalid", "schedule.cron"),
        ({"mode": "on_change", "at": "00:01"}, "schedule.invalid", "schedule.at"),
        ({"mode": "daily", "zone": "Mars/Olympus"}, "schedule.unknown_zone", "schedule.zone"),
        ({"mode": "daily", "zone": ""}, "schedule.unknown_zone", "schedule.zone"),
        ({"mode": "daily", "zone": "../../etc/passwd"}, "schedule.unknown_zone", "schedule.zone"),
        ({"mode": "daily", "zone": "/etc/localtime"}, "schedule.unknown_zone", "schedule.zone"),
        ({"mode": "daily", "zone": "Europe"}, "schedule.unknown_zone", "schedule.zone"),
        ({"mode": "daily", "zone": "UTC\x00"}, "schedule.unknown_zone", "schedule.zone"),
        ({"mode": "daily", "zone": "A" * 100_000}, "schedule.unknown_zone", "schedule.zone"),
        ({"mode": "on_change", "zone": "Mars/Olympus"}, "schedule.unknown_zone", "schedule.zone"),
        ({"mode": "daily", "every": 5}, "request.invalid", "schedule"),
    ],
)
async def test_schedule_that_does_not_fit_is_refused(
    house: House, note: Path, schedule: dict[str, Any], code: str, field: str
) -> None:
    answer = await _make(house, note, schedule=schedule)

    assert (answer.status, answer.code, answer.json.get("field")) == (400, code, field)
    assert len(answer.body) < 2_000
    assert (await house.get("/api/bindings")).json["items"] == []


async def test_source_that_cannot_say_when_it_changed_needs_a_schedule(house: House, note: Path) -> None:
    refused = await _make(house, note, "clocked")
    taken = await house.post(
        "/api/bindings", {"source": "mine", "target": "hook", "schedule": {"mode": "interval", "everyS": 60}}
    )
    changed = await house.patch(f"/api/bindings/{taken.json['id']}", {"schedule": {"mode": "on_change"}})

    assert (refused.status, refused.code) == (400, "schedule.needed")
    assert taken.status == 201
    assert changed.code == "schedule.needed"


async def test_same_binding_at_another_time_is_another_binding(house: House, note: Path) -> None:
    first = await _make(house, note, schedule={"mode": "daily", "at": "07:00", "zone": "UTC"})
    later = await house.post(
        "/api/bindings",
        {"source": "mine", "target": "hook", "schedule": {"mode": "daily", "at": "08:00", "zone": "UTC"}},
    )

    clash = await house.patch(f"/api/bindings/{later.json['id']}", {"schedule": first.json["schedule"]})

    assert (first.status, later.status) == (201, 201)
    assert (clash.status, clash.code) == (409, "binding.exists")


async def test_zone_makes_no_other_binding_of_one_that_goes_by_no_clock(house: House, note: Path) -> None:
    await _make(house, note, schedule={"mode": "on_change"})

    answer = await house.post(
        "/api/bindings",
        {"source": "mine", "target": "hook", "schedule": {"mode": "on_change", "zone": "Europe/Berlin"}},
    )

    assert answer.code == "binding.exists"


async def test_schedule_is_changed_and_ended(house: House, note: Path) -> None:
    made = (await _make(house, note, schedule={"mode": "interval", "everyS": 3600})).json
    path = f"/api/bindings/{made['id']}"

    daily = (await house.patch(path, {"schedule": {"mode": "daily", "at": "12:00", "zone": "Asia/Tokyo"}})).json
    ended = (await house.patch(path, {"schedule": {"mode": "on_change"}})).json

    assert (daily["schedule"]["at"], daily["schedule"]["everyS"], daily["revision"]) == ("12:00", None, 1)
    assert daily["nextRunAt"] is not None
    assert (ended["schedule"]["mode"], ended["nextRunAt"]) == ("on_change", None)


async def test_last_run_is_shown_and_what_is_due_is_due_now(house: House, note: Path) -> None:
    made = (await _make(house, note, schedule={"mode": "interval", "everyS": 60})).json
    await house.post("/api/sources/mine/disable")
    binding_id, at = BindingId(made["id"]), Millis(made["createdAt"])
    await house.database.run(note_run, [binding_id], RunResult.FAILED, "No such file: note.json", at)
    await house.database.run(begin_run, binding_id, Slot(Millis(at - 600_000), str(at - 600_000)))

    off = (await house.get(f"/api/bindings/{made['id']}")).json
    await house.database.run(lambda tx: tx.change(
        "enable_source", project_id=1, id=made["sourceId"], is_enabled=1, now=at
    ))  # fmt: skip
    on = (await house.get(f"/api/bindings/{made['id']}")).json

    assert off["lastRun"] == {"at": at, "result": "failed", "detail": "No such file: note.json"}
    assert off["nextRunAt"] is None
    assert at <= on["nextRunAt"] <= house.services.clock.now()


async def test_zone_that_this_machine_does_not_know_hides_no_binding(house: House, note: Path) -> None:
    made = (await _make(house, note, schedule={"mode": "daily", "zone": "Europe/Berlin"})).json
    await house.post("/api/sources/mine/disable")
    lost = json.dumps({"mode": "daily", "at": "00:01", "zone": "Nowhere/Any"})

    def lose(tx: Any) -> None:
        columns = ("retry_schedule_s", "retry_kinds")
        tx.change(
            "edit_binding", project_id=1, id=made["id"], mode="daily", schedule=lost, filter="{}", revision=1, now=0,
            time_to_live_s=None, is_health_relevant=1, is_strict_order=0, batch_max=1, batch_wait_s=0.0,
            is_notification=0,
            **dict.fromkeys(columns, "[]"),
        )  # fmt: skip

    await house.database.run(lose)
    await house.database.run(lambda tx: tx.change(
        "enable_source", project_id=1, id=made["sourceId"], is_enabled=1, now=0
    ))  # fmt: skip

    (shown,) = (await house.get("/api/bindings")).json["items"]

    assert (shown["schedule"]["zone"], shown["nextRunAt"]) == ("Nowhere/Any", None)


async def test_silence_is_set_kept_and_cleared(house: House, note: Path) -> None:
    path = f"/api/bindings/{(await _make(house, note, silenceS=93_600)).json['id']}"

    kept = (await house.patch(path, {"shape": {"preset": "summary"}})).json
    changed = (await house.patch(path, {"silenceS": 60})).json
    cleared = (await house.patch(path, {"silenceS": None})).json

    assert [one["silenceS"] for one in (kept, changed, cleared)] == [93_600, 60, None]
    assert kept["shape"]["preset"] == "summary"


async def test_run_by_hand_reads_for_this_binding_alone(house: House, note: Path) -> None:
    made = (await _make(house, note, schedule={"mode": "daily", "zone": "UTC"})).json
    await house.add_hook(HOOK, "other")
    await house.post("/api/bindings", {"source": "mine", "target": "other"})
    for name in ("hook", "other"):
        await house.post(f"/api/targets/{name}/pause")

    first = await house.post(f"/api/bindings/{made['id']}/run")
    again = await house.post(f"/api/bindings/{made['id']}/run")

    deliveries = (await house.get("/api/deliveries")).json["items"]
    shown = (await house.get(f"/api/bindings/{made['id']}")).json
    assert (first.status, first.json["events"], first.json["deliveries"]) == (200, 1, 1)
    assert again.json["deliveries"] == 1
    assert {one["target"] for one in deliveries} == {"hook"}
    assert shown["lastRun"]["result"] == "sent"
    assert shown["nextRunAt"] == made["nextRunAt"]


async def test_run_by_hand_says_why_it_cannot_be(house: House, note: Path) -> None:
    made = (await _make(house, note, schedule={"mode": "daily"})).json
    await house.post("/api/bindings", {"source": "ingest", "target": "hook"})
    stream = (await house.get("/api/bindings?source=ingest")).json["items"][0]

    note.unlink()
    unreadable = await house.post(f"/api/bindings/{made['id']}/run")
    of_stream = await house.post(f"/api/bindings/{stream['id']}/run")
    unknown = await house.post("/api/bindings/999/run")

    assert (unreadable.status, unreadable.code) == (500, "source.unreadable")
    assert (of_stream.status, of_stream.code) == (400, "source.cannot_push")
    assert (unknown.status, unknown.code) == (404, "binding.not_found")


async def test_binding_that_is_being_removed_is_not_run(house: House, note: Path) -> None:
    made = (await _make(house, note, schedule={"mode": "daily"})).json
    await house.post("/api/targets/hook/pause")
    await house.post(f"/api/bindings/{made['id']}/run")
    await house.delete(f"/api/bindings/{made['id']}?waiting=deliver")

    shown = (await house.get(f"/api/bindings/{made['id']}")).json
    answer = await house.post(f"/api/bindings/{made['id']}/run")

    assert (shown["state"], shown["nextRunAt"]) == ("closing", None)
    assert (answer.status, answer.code) == (409, "binding.closing")


async def test_silence_that_was_told_of_needs_a_person(house: House, note: Path) -> None:
    made = (await _make(house, note, silenceS=93_600)).json
    await house.patch("/api/sources/mine", {"silenceS": 3_600})
    since = Millis(made["createdAt"] - 3 * DAY_MS)
    await house.database.run(mark_told, Subject.BINDING, made["id"], since, silent_since=since)
    await house.database.run(mark_told, Subject.SOURCE, made["sourceId"], since, silent_since=since)

    told = {one["what"] for one in (await house.get("/api/status")).json["attention"]}
    await house.post("/api/sources/mine/disable")
    off = (await house.get("/api/status")).json["attention"]

    assert told == {
        "mine was not heard of for 3 d; something is expected every 1 h.",
        "mine to hook had nothing to deliver for 3 d; something is expected every 26 h.",
    }
    assert off == []
