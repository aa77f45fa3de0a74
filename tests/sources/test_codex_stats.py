"""The source codex-stats: logs written and counted by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from posthouse.model.errors import BadInput
from posthouse.sources.agent_logs.codex_stats import EVENT_TYPE, CodexStats
from posthouse.sources.base import RESCAN, SnapshotKind, SourceContext, source_kind
from tests.clock import ManualClock
from tests.sources.codex_logs import event
from tests.sources.support import MemoryState, context_for, decoded, soon
from tests.sources.test_codex_sessions import asked, begun, used

KIND: SnapshotKind = CodexStats()
DAY = 1_440
"""Minutes; minute 0 is noon of December 31st, and the clock stands at the beginning of January 1st."""


def context_at(root: Path, **more: Any) -> SourceContext:
    """A context that reads this root, with a window of three days."""
    settings = {"roots": [str(root)], "window_days": 3} | more.pop("settings", {})
    return context_for("codex-stats", settings, **more)


async def collected(context: SourceContext) -> dict[str, Any] | None:
    """The payload of one read, whose state is committed; None where there was no event."""
    emission = await soon(KIND.collect(context, RESCAN))
    assert isinstance(context.state, MemoryState)
    context.state.commit(emission)
    if not emission.events:
        return None
    (told,) = emission.events
    assert told.type == EVENT_TYPE
    return dict(decoded(told.data))


async def days(context: SourceContext) -> dict[str, tuple[int, ...]]:
    """Value, input, cached input, output and reasoning output of each day told, by the last digits of its date."""
    data = await collected(context)
    assert data is not None
    return {one["period_from"][8:10]: (one["value"], *one["tags"].values()) for one in data["metrics"]}


async def test_a_session_over_midnight_counts_on_both_days_with_what_it_used_on_each(tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_bytes(
        begun(-13 * 60)
        + used(-12 * 60 - 1, 10, 4, 5, 1)
        + used(-12 * 60 + 1, 10, 4, 5, 1)
        + used(-12 * 60 + 2, 100, 40, 20, 3)
        + used(12 * 60, 500, 40, 90, 3)  # Of today, which is not told yet.
    )
    (tmp_path / "two.jsonl").write_bytes(begun(0, "s2") + used(1, 1_000, 0, 1, 0))
    assert await collected(context_at(tmp_path)) == {
        "source": "codex-stats",
        "version": 1,
        "generated_at": "2026-01-01T00:00:00.000Z",
        "metrics": [
            metric("2025-12-29", "2025-12-30", 0, 0, 0, 0),
            metric("2025-12-30", "2025-12-31", 10, 4, 5, 1),
            metric("2025-12-31", "2026-01-01", 1_090, 36, 16, 2),
        ],
    }


def metric(day: str, next_day: str, *counts: int) -> dict[str, Any]:
    """What was used on a day: input, cached input, output, reasoning output."""
    return {
        "metric_key": "token.openai.codex",
        "period_from": f"{day}T00:00:00.000Z",
        "period_to": f"{next_day}T00:00:00.000Z",
        "value": counts[0] + counts[2],
        "tags": dict(zip(("input", "cached_input", "output", "reasoning_output"), counts, strict=True)),
    }


async def test_of_itself_it_tells_of_yesterday_alone(tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_bytes(begun(0) + used(0, 1, 1, 1, 1))
    settings = {"roots": [str(tmp_path)]}
    assert await days(context_for("codex-stats", settings)) == {"31": (2, 1, 1, 1, 1)}
    clock = ManualClock()
    clock.advance(86_400)
    assert await days(context_for("codex-stats", settings, clock=clock)) == {"01": (0, 0, 0, 0, 0)}


async def test_where_the_counter_falls_nothing_was_used(tmp_path: Path) -> None:
    lines = begun(0) + used(-DAY, 100, 0, 9, 0) + used(0, 20, 0, 0, 0) + used(1, 50, 0, 4, 0)
    (tmp_path / "one.jsonl").write_bytes(lines)
    assert await days(context_at(tmp_path)) == {
        "29": (0, 0, 0, 0, 0),
        "30": (109, 100, 0, 9, 0),
        "31": (34, 30, 0, 4, 0),
    }


async def test_what_several_files_of_a_session_hold_counts_once(tmp_path: Path) -> None:
    first = begun(-DAY) + used(-DAY, 10, 0, 5, 0)
    (tmp_path / "one.jsonl").write_bytes(first)
    context = context_at(tmp_path)
    assert (await days(context))["30"] == (15, 10, 0, 5, 0)
    (tmp_path / "two.jsonl").write_bytes(first + used(0, 30, 0, 6, 0))
    assert await days(context) == {"29": (0, 0, 0, 0, 0), "30": (15, 10, 0, 5, 0), "31": (21, 20, 0, 1, 0)}
    (tmp_path / "one.jsonl").unlink()
    assert (await days(context))["30"] == (15, 10, 0, 5, 0)
    (tmp_path / "two.jsonl").write_bytes(begun(-DAY) + used(0, 7, 0, 0, 0))
    assert await days(context) == {"29": (0, 0, 0, 0, 0), "30": (0, 0, 0, 0, 0), "31": (7, 7, 0, 0, 0)}


async def test_what_has_no_instant_is_of_no_day(tmp_path: Path) -> None:
    timeless = used(0, 10, 0, 5, 0).replace(b'"timestamp"', b'"time"')
    (tmp_path / "one.jsonl").write_bytes(begun(0) + timeless + used(1, 12, 0, 5, 0))
    assert (await days(context_at(tmp_path)))["31"] == (2, 2, 0, 0, 0)


async def test_without_a_session_there_is_no_event_and_with_one_there_are_days_of_nothing(tmp_path: Path) -> None:
    context = context_at(tmp_path)
    assert await collected(context) is None
    (tmp_path / "one.jsonl").write_bytes(begun(0) + event(0, "task_started"))
    assert await collected(context) is None
    (tmp_path / "two.jsonl").write_bytes(begun(0, "s2") + asked(0))
    assert set((await days(context)).values()) == {(0, 0, 0, 0, 0)}


@pytest.mark.parametrize("is_on", [True, False])
async def test_nothing_but_counts_is_ever_kept_or_told(tmp_path: Path, is_on: bool) -> None:
    meta = begun(0, git={"branch": "planted-branch"}).replace(b"/srv/parcels", b"/planted-path")
    (tmp_path / "one.jsonl").write_bytes(meta + asked(0, "planted-prompt") + used(1, 1, 0, 1, 0))
    context = context_at(tmp_path, properties={"metrics": is_on})
    preview = await soon(KIND.preview(context))
    emission = await soon(KIND.collect(context, RESCAN))
    assert b"planted" not in repr((preview, emission)).encode()
    for data in (decoded(preview.data), decoded(emission.events[0].data)):
        assert ("metrics" in data) == is_on
    assert preview.found == "1 session(s), from 1 log file(s)."


def test_settings_are_completed_and_judged_and_the_registry_knows_the_kind() -> None:
    assert decoded(KIND.parse({})) == {"roots": None, "window_days": 1, "quiet_s": None, "cap_s": None}
    with pytest.raises(BadInput) as caught:
        KIND.parse({"window_days": 31})
    assert (caught.value.code, caught.value.field) == ("source.bad_setting", "window_days")
    kind = source_kind("codex-stats")
    assert isinstance(kind, CodexStats)
    assert all(one.is_summary and not one.is_sensitive for one in kind.properties)
