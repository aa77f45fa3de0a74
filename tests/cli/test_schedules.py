"""`posthouse bind`, `rebind`, `run`, `bindings` and `gaps` as far as they go by the clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.support import Scripted, run_cli

POLICY = {
    "retryScheduleS": [5, 300], "retryKinds": ["transient"], "timeToLiveS": None, "isHealthRelevant": True,
    "isStrictOrder": False, "batchMax": 1, "batchWaitS": 0.0, "isNotification": False,
}  # fmt: skip
SCHEDULE = {"mode": "daily", "everyS": None, "at": "00:01", "day": None, "cron": None, "zone": "Europe/Berlin"}
ROW = {
    "id": 7, "sourceId": 1, "source": "notes", "targetId": 2, "target": "hook", "endpointId": 3, "endpoint": "default",
    "state": "active", "schedule": SCHEDULE, "nextRunAt": None, "lastRun": None, "silenceS": None,
    "filter": {"types": [], "origins": [], "severityMin": None}, "policy": POLICY,
    "shape": {"format": "raw", "headers": {"x-team": "blue"}, "preset": "full", "properties": {"rows": False}},
    "revision": 1, "createdAt": 0, "updatedAt": 0,
}  # fmt: skip
PROPERTIES = [
    {"name": "count", "title": "How many", "isSensitive": False, "isSummary": True, "isOn": True},
    {"name": "rows", "title": "Which", "isSensitive": False, "isSummary": False, "isOn": True},
    {"name": "text", "title": "What", "isSensitive": True, "isSummary": False, "isOn": True},
]


@pytest.fixture
def bound(daemon: Scripted) -> Scripted:
    """A daemon that holds one binding, and takes every change."""

    daemon.on("POST", "/api/bindings", 201, ROW)
    daemon.on("GET", "/api/bindings/7", 200, ROW)
    daemon.answers["PATCH", "/api/bindings/7"] = lambda asked: (200, {**ROW, **asked.body})
    daemon.on("GET", "/api/targets/2", 200, {"settings": {"url": "http://h/"}})
    daemon.on("GET", "/api/sources/1", 200, {"properties": PROPERTIES})
    return daemon


def sent(daemon: Scripted, method: str) -> Any:
    (asked,) = [asked for asked in daemon.asked if asked.method == method]
    return asked.body


@pytest.mark.parametrize(
    ("options", "schedule"),
    [
        (["--every", "15m"], {"mode": "interval", "everyS": 900}),
        (["--every", "1d", "--zone", "UTC"], {"mode": "interval", "everyS": 86_400, "zone": "UTC"}),
        (["--daily"], {"mode": "daily", "at": "00:01"}),
        (["--daily", "07:30", "--zone", "Asia/Tokyo"], {"mode": "daily", "at": "07:30", "zone": "Asia/Tokyo"}),
        (["--weekly", "mon 09:00"], {"mode": "weekly", "day": "monday", "at": "09:00"}),
        (["--weekly", "Thursday"], {"mode": "weekly", "day": "thursday"}),
        (["--cron", "*/5 * * * *"], {"mode": "cron", "cron": "*/5 * * * *"}),
    ],
)
def test_binding_by_the_clock_asks_for_its_schedule(
    home: Path, bound: Scripted, options: list[str], schedule: dict[str, Any]
) -> None:
    ran = run_cli("bind", "notes", "hook", *options, home=home)

    assert ran.code == 0, ran.err
    assert sent(bound, "POST") == {"source": "notes", "target": "hook", "schedule": schedule}


def test_binding_says_when_what_and_of_what_silence_it_tells(home: Path, bound: Scripted) -> None:
    made = {**ROW, "silenceS": 93_600, "shape": {**ROW["shape"], "preset": "no_sensitive"}}  # type: ignore[dict-item]
    bound.on("POST", "/api/bindings", 201, made)

    ran = run_cli("bind", "notes", "hook", "--daily", "--preset", "no-sensitive", "--expect-within", "26h", home=home)

    assert sent(bound, "POST") == {
        "source": "notes", "target": "hook", "schedule": {"mode": "daily", "at": "00:01"},
        "shape": {"preset": "no_sensitive"}, "silenceS": 93_600,
    }  # fmt: skip
    assert ran.out.splitlines() == [
        "Bound (number 7): notes → hook http://h/",
        "  When: daily 00:01 Europe/Berlin.",
        "  Events: all, as raw.",
        "  Sent: count.",
        "  Kept here: rows, text.",
        "  Tries: 3 over 5 min.",
        "  Told of: when it had nothing to deliver for 26 h.",
    ]


def test_dry_run_shows_what_would_leave_and_binds_nothing(home: Path, bound: Scripted) -> None:
    plan = {
        "request": {"method": "POST", "url": "http://nas/", "headers": [["x-team", "blue"]], "body": '{"n": 1}'},
        "bytes": 8, "note": "", "nextRuns": [1_700_000_000_000],
        "protections": [
            {"code": "transport", "isGood": False, "words": "Over plain http."},
            {"code": "signature", "isGood": True, "words": "Signed."},
        ],
        "warnings": ["Anyone on the way can read it."],
    }  # fmt: skip
    bound.on("POST", "/api/bindings/plan", 200, plan)

    ran = run_cli("bind", "notes", "hook", "--daily", "--dry-run", home=home)
    told = run_cli("bind", "notes", "hook", "--daily", "--dry-run", "--json", home=home)

    assert ran.code == 0, ran.err
    assert [asked.path for asked in bound.asked] == ["/api/bindings/plan"] * 2
    assert bound.asked[0].body == {
        "source": "notes", "target": "hook", "schedule": {"mode": "daily", "at": "00:01"},
    }  # fmt: skip
    lines = ran.out.splitlines()
    assert lines[:4] == ["POST http://nas/", "x-team: blue", "", '{"n": 1}']
    assert "! Over plain http." in lines
    assert "✓ Signed." in lines
    assert "Warning: Anyone on the way can read it." in ran.err
    assert "Nothing was bound" in ran.err
    assert told.json == plan


@pytest.mark.parametrize(
    "options",
    [
        ["--every", "soon"],
        ["--every", "1.5"],
        ["--weekly", "someday 09:00"],
        ["--weekly", "t 09:00"],
        ["--daily", "--every", "5m"],
        ["--daily", "noon"],
        ["--zone", "UTC"],
        ["--preset", "most"],
        ["--expect-within", "long"],
    ],
)
def test_options_that_do_not_fit_ask_the_daemon_nothing(home: Path, bound: Scripted, options: list[str]) -> None:
    ran = run_cli("bind", "notes", "hook", *options, home=home)

    assert (ran.code, ran.out) == (2, "")
    assert bound.asked == []


@pytest.mark.parametrize(
    ("options", "change"),
    [
        (["--daily", "07:00"], {"schedule": {"mode": "daily", "at": "07:00", "zone": "Europe/Berlin"}}),
        (["--every", "5m"], {"schedule": {"mode": "interval", "everyS": 300, "zone": "Europe/Berlin"}}),
        (["--zone", "UTC"], {"schedule": {**SCHEDULE, "zone": "UTC"}}),
        (["--on-change"], {"schedule": {"mode": "on_change"}}),
        (["--expect-within", "never"], {"silenceS": None}),
        (["--filter", "a.*"], {"filter": {"types": ["a.*"], "origins": [], "severityMin": None}}),
        (["--strict-order"], {"policy": {**POLICY, "isStrictOrder": True}}),
        (["--ignore-health"], {"policy": {**POLICY, "isHealthRelevant": False}}),
        (["--notify"], {"policy": {**POLICY, "isNotification": True}}),
        (["--no-notify"], {"policy": POLICY}),
        (["--any-order", "--heed-health"], {"policy": POLICY}),
        (["--batch", "100", "--batch-wait", "10s"], {"policy": {**POLICY, "batchMax": 100, "batchWaitS": 10.0}}),
        (
            ["--expires-after", "2h", "--retry", "none"],
            {"policy": {**POLICY, "timeToLiveS": 7200, "retryScheduleS": []}},
        ),
        (["--expires-after", "never"], {"policy": POLICY}),
        (["--preset", "summary"], {"shape": {**ROW["shape"], "preset": "summary"}}),  # type: ignore[dict-item]
        (
            ["--header", "X-Team:", "--header", "x-new: 1", "--with", "rows", "--without", "text"],
            {"shape": {**ROW["shape"], "headers": {"x-new": "1"}, "properties": {"text": False}}},  # type: ignore[dict-item]
        ),
    ],
)
def test_rebind_changes_only_what_is_given(
    home: Path, bound: Scripted, options: list[str], change: dict[str, Any]
) -> None:
    ran = run_cli("rebind", "7", *options, home=home)

    assert ran.code == 0, ran.err
    assert sent(bound, "PATCH") == change
    assert ran.out.startswith("Changed (number 7): notes → hook http://h/")


def test_word_that_is_taken_for_the_time_of_day_is_named_as_such(home: Path, bound: Scripted) -> None:
    ran = run_cli("bind", "--daily", "notes", "hook", home=home)

    assert (ran.code, bound.asked) == (2, [])
    assert "'notes' is not a time such as 07:30. Write --daily last, or --daily=07:30." in " ".join(ran.err.split())


@pytest.mark.parametrize("options", [[], ["--on-change", "--daily"], ["--with", "rows", "--without", "rows"]])
def test_rebind_that_says_nothing_or_two_things_changes_nothing(
    home: Path, bound: Scripted, options: list[str]
) -> None:
    ran = run_cli("rebind", "7", *options, home=home)

    assert ran.code == 2
    assert {asked.method for asked in bound.asked} == {"GET"}


def test_binding_by_no_clock_takes_no_zone_alone(home: Path, bound: Scripted) -> None:
    bound.on("GET", "/api/bindings/7", 200, {**ROW, "schedule": {**SCHEDULE, "mode": "on_change", "zone": "UTC"}})

    ran = run_cli("rebind", "7", "--zone", "Asia/Tokyo", home=home)

    assert (ran.code, "--zone goes with" in ran.err) == (2, True)


def test_run_by_hand_says_what_came_of_it(home: Path, bound: Scripted) -> None:
    bound.on("POST", "/api/bindings/7/run", 200, {"events": 1, "deliveries": 1, "note": ""})
    bound.on("POST", "/api/gaps/3/run", 200, {"events": 0, "deliveries": 0, "note": "notes has nothing to send."})

    binding, gap = run_cli("bindings", "run", "7", home=home), run_cli("gaps", "run", "3", home=home)

    assert (binding.code, binding.out) == (0, "1 event, 1 delivery to make.\n")
    assert (gap.code, gap.out) == (0, "0 events, 0 deliveries to make. notes has nothing to send.\n")


def test_bindings_show_when_next_and_last(home: Path, daemon: Scripted) -> None:
    failed = {"at": 0, "result": "failed", "detail": "No such file: a.db"}
    rows = [
        {**ROW, "nextRunAt": 4_102_441_200_000, "lastRun": failed},
        {**ROW, "id": 8, "schedule": {"mode": "on_change", "zone": "UTC"}},
        {**ROW, "id": 9, "state": "closing"},
    ]
    daemon.on("GET", "/api/bindings?limit=500", 200, {"items": rows, "nextCursor": None})

    ran = run_cli("bindings", home=home)

    head, *lines = ran.out.splitlines()
    assert head.split() == ["ID", "SOURCE", "TARGET", "ENDPOINT", "ONLY", "WHEN", "NEXT", "LAST"]
    assert "daily 00:01 Europe/Berlin  2100-01-01 00:00  Could not be read: No such file: a.db" in lines[0]
    assert lines[1].split()[-4:] == ["on", "change", "–", "–"]
    assert lines[2].endswith("Ending: delivers what waits")


def test_one_binding_is_shown_whole(home: Path, bound: Scripted) -> None:
    ran = run_cli("bindings", "show", "7", home=home)

    shown = dict(line.split("  ", 1) for line in ran.out.splitlines())
    assert shown["When"].strip() == "daily 00:01 Europe/Berlin"
    assert shown["To"].strip() == "hook / default"
    assert shown["Tries"].strip() == "3 over 5 min"


def test_gaps_are_told_in_the_zone_of_their_schedule(home: Path, daemon: Scripted) -> None:
    gap = {
        "id": 3, "bindingId": 7, "source": "notes", "target": "hook", "endpoint": "default", "reason": "missed",
        "words": "Missed: the daemon was not running, or the machine slept", "detail": "", "zone": "Asia/Tokyo",
        "firstAt": 0, "lastAt": 172_800_000, "count": 3, "isAtLeast": False, "notedAt": 0, "ranAt": None,
    }  # fmt: skip
    lone = {**gap, "id": 2, "count": 1, "words": "Nothing new", "zone": "UTC", "ranAt": 1}
    path = "/api/gaps?source=notes&binding=7&limit=20"
    daemon.on("GET", path, 200, {"items": [gap, lone], "nextCursor": None})

    ran = run_cli("gaps", "--source", "notes", "--binding", "7", "--limit", "20", home=home)
    as_json = run_cli("gaps", "--source", "notes", "--binding", "7", "--limit", "20", "--json", home=home)

    assert "1970-01-01 09:00 to 1970-01-03 09:00 Asia/Tokyo, 3 runs  Missed: the daemon" in ran.out
    assert "1970-01-01 00:00 UTC" in ran.out
    assert "Nothing new (run by hand " in ran.out
    assert as_json.json == {"items": [gap, lone]}
