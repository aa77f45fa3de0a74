"""What docs/wake-schedule.md tells people to type is typed, and what it shows is what the source tells."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import msgspec

from posthouse.http.wake_views import LastWake, PendingRetryView, WakeResult, WakeView
from posthouse.model.ids import Millis
from posthouse.rules.wake import COALESCE_S, GRACE_S, RETRY_EVERY_S, RETRY_LIMIT, Recovery, Run, SlotDue
from posthouse.sources.wake.source import WakeSchedule
from posthouse.sources.wake.telling import run_draft
from tests.cli.support import run_cli, scripted_daemon

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "wake-schedule.md").read_text("utf-8")
LINES = [line.strip() for line in PAGE.splitlines() if line.startswith("    posthouse wake")]
ASK = {"kind": "command", "argv": ["probe"]}
ACCOUNT = {"label": "work", "preset": None, "windowHours": 5, "ask": ASK, "problem": None}
VIEW: dict[str, Any] = {
    "schedule": {}, "zones": {}, "resetOffsetHours": 5, "accounts": [], "resets": [], "lastWake": None,
    "pendingRetry": None, "isOn": True,
}  # fmt: skip


def test_the_commands_of_the_page_are_taken_and_ask_for_what_there_is(home: Path) -> None:
    environ = {"CODEX_HOME": "/spare", "API_KEY": "sk-1"}
    with scripted_daemon(home) as daemon:
        daemon.on("GET", "/api/wake-schedule", 200, VIEW)
        daemon.on("POST", "/api/wake-schedule/toggle", 200, VIEW)
        daemon.on("GET", "/api/wake-schedule/accounts", 200, {"items": [ACCOUNT]})
        daemon.on("POST", "/api/wake-schedule/accounts", 201, ACCOUNT)
        daemon.on("POST", "/api/wake-schedule/accounts/work/check", 200, {"ok": True, "status": 200, "error": ""})
        daemon.on("DELETE", "/api/wake-schedule/accounts/spare", 200, {"items": []})
        for line in dict.fromkeys(LINES):
            ran = run_cli(*shlex.split(line)[1:], home=home, environ=environ)
            assert ran.code == 0, (line, ran.err)

        added = [one.body for one in daemon.asked if one.method == "POST" and one.path.endswith("/accounts")]
    assert [one["label"] for one in added] == ["work", "spare", "api", "mine"]
    assert added[1]["env"] == {"CODEX_HOME": "/spare"}
    assert added[2]["ask"]["secret_headers"] == {"x-api-key": "sk-1"}
    assert added[3]["ask"]["argv"] == ["/usr/local/bin/my-probe", "--short"]


def test_the_event_of_the_page_is_what_is_told_of_such_a_run() -> None:
    (shown,) = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))

    slot = SlotDue(hour=6, minute=15, date="2026-03-02", at=Millis(shown["fired_at"]))
    at, end = Millis(shown["fired_at"]), Millis(shown["expires_at"])
    draft = run_draft(Run(reason=shown["reason"], slots=(slot,), at=at, expires_at=end), "key", None)

    assert msgspec.json.decode(draft.data) == shown
    assert f"`{draft.type}`" in PAGE


def test_the_figures_and_marks_of_the_page_are_those_there_are() -> None:
    assert f"within {COALESCE_S:g} seconds" in PAGE
    assert GRACE_S == 2 * 3_600
    assert f"every {RETRY_EVERY_S / 60:g} minutes" in PAGE
    assert f"up to {RETRY_LIMIT} times" in PAGE
    assert all(f"`({one})`" in PAGE for one in Recovery)
    assert WakeSchedule().parse({"grace_s": 3_600, "window_hours": 5})


def test_every_field_of_the_answer_is_explained() -> None:
    named = set(re.findall(r"`(\w+)`", PAGE))

    for record in (WakeView, LastWake, PendingRetryView, WakeResult):
        told = {one.encode_name for one in msgspec.structs.fields(record)} - {"results", "accountId", "deliveryId"}
        assert told <= named, told - named
