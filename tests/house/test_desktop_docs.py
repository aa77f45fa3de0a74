"""What docs/desktop-activity.md shows and says is what the source does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec

from posthouse.model.ids import Millis, SourceId
from posthouse.rules.session import EndedBy
from posthouse.sources.desktop.keeping import RECENT_MAX, Session
from posthouse.sources.desktop.settings import DesktopSettings
from posthouse.sources.desktop.source import DesktopActivity
from posthouse.sources.desktop.telling import draft_of
from posthouse.system.idle.base import Confidence

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "desktop-activity.md").read_text("utf-8")


def test_the_event_of_the_page_is_what_is_told_of_such_a_session() -> None:
    (shown,) = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))

    session = Session(
        started_at=Millis(shown["start_timestamp"] * 1_000),
        ended_at=Millis(shown["end_timestamp"] * 1_000),
        ended_by=EndedBy.IDLE,
        threshold_s=180.0,
        probe="x11",
        confidence=Confidence.HIGH,
    )
    draft = draft_of(session, SourceId(1))

    assert msgspec.json.decode(draft.data) == shown
    assert f"`{draft.type}`" in PAGE


def test_every_reason_of_an_end_is_explained_and_no_other() -> None:
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)[1:] == list(EndedBy)


def test_the_settings_of_the_page_are_those_there_are() -> None:
    defaults = DesktopSettings()

    assert f"Every `poll_s` ({defaults.poll_s:g} s)" in PAGE
    assert f"`threshold_s` ({defaults.threshold_s:g} s)" in PAGE
    assert RECENT_MAX == 10
    assert "the last ten" in PAGE
    assert DesktopActivity().parse({"threshold_s": 300, "poll_s": 60})
