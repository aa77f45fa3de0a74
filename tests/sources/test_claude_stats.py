"""The source claude-stats: logs written and counted by hand."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from posthouse.model.errors import BadInput
from posthouse.sources.agent_logs.claude_stats import EVENT_TYPE, PROPERTIES, ClaudeStats
from posthouse.sources.base import RESCAN, Signal, SnapshotKind, SourceContext, source_kind
from tests.clock import ManualClock
from tests.sources.claude_logs import answer, prompt
from tests.sources.support import MemoryState, context_for, decoded, soon

KIND: SnapshotKind = ClaudeStats()
NAMES = [one.name for one in PROPERTIES]
CHOICES = [dict(zip(NAMES, values, strict=True)) for values in itertools.product([True, False], repeat=len(NAMES))]
DAY, NOON = 1_440, 720
"""Minutes; minute 0 is the beginning of December 30th, and the clock stands at the beginning of January 1st."""

ZERO = {"messages": 0, "sessions": 0, "tool_calls": 0, "tokens_by_model": {}, "total_tokens": 0}

FIRST_DAY = (
    prompt("u1", 1_430),
    answer("u2", 1_431, message="m1", tokens=(10, 5, 100, 50), tools=("t1",)),
    answer("u3", 1_432, message="m1", tokens=(10, 20, 100, 50), tools=("t1", "t2")),
)
SECOND_DAY = (
    prompt("u4", DAY + 5),
    answer("u5", DAY + 6, message="m2", tokens=(3, 7, 0, 0), tools=("t3",)),
    answer("u6", DAY + 7, message="m3", model="<synthetic>"),
    prompt("u7", DAY + 8, isSidechain=True),
    answer("u8", DAY + 9, message="m4", model="haiku", tokens=(2, 1, 0, 0), isSidechain=True),
)


def context_at(root: Path, **more: Any) -> SourceContext:
    """A context that reads this root, with a window of five days."""
    settings = {"roots": [str(root)], "window_days": 5} | more.pop("settings", {})
    return context_for("claude-stats", settings, **more)


async def collected(context: SourceContext, signal: Signal = RESCAN) -> dict[str, Any] | None:
    """The payload of one read, whose state is committed; None where there was no event."""
    emission = await soon(KIND.collect(context, signal))
    assert isinstance(context.state, MemoryState)
    context.state.commit(emission)
    if not emission.events:
        return None
    (event,) = emission.events
    assert event.type == EVENT_TYPE
    return dict(decoded(event.data))


async def told(context: SourceContext) -> dict[str, Any]:
    """The payload of one read, of which there is one."""
    data = await collected(context)
    assert data is not None
    return data


def active(data: dict[str, Any]) -> dict[str, Any]:
    """The days on which anything happened, by their last two digits."""
    rows = {row["date"][-2:]: {key: row[key] for key in ZERO} for row in data["daily_breakdown"]}
    return {date: row for date, row in rows.items() if row != ZERO}


def used(data: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """Input, output, cache reads, cache creation and total by model, in the order told."""
    names = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens", "total_tokens")
    return {row["model"]: tuple(row[name] for name in names) for row in data["model_totals"]}


async def test_a_session_over_midnight_is_counted_on_both_days_and_once_in_total(tmp_path: Path) -> None:
    (tmp_path / "s1.jsonl").write_bytes(b"".join(FIRST_DAY + SECOND_DAY))
    long_ago = prompt("v1", -3 * DAY + 60, session="s2")
    torn = answer("v2", 10, message="m8", session="s2", tokens=(1_000, 1_000, 0, 0))[:-20]
    (tmp_path / "s2.jsonl").write_bytes(long_ago + torn)

    assert await collected(context_at(tmp_path)) == {
        "source": "claude-stats",
        "version": 1,
        "generated_at": "2026-01-01T00:00:00.000Z",
        "daily_breakdown": [
            {"date": "2025-12-28"} | ZERO,
            {"date": "2025-12-29"} | ZERO,
            {
                "date": "2025-12-30",
                "messages": 1,
                "sessions": 1,
                "tool_calls": 2,
                "tokens_by_model": {"opus": 30},
                "total_tokens": 30,
            },
            {
                "date": "2025-12-31",
                "messages": 1,
                "sessions": 1,
                "tool_calls": 1,
                "tokens_by_model": {"haiku": 3, "opus": 10},
                "total_tokens": 13,
            },
            {"date": "2026-01-01"} | ZERO,
        ],
        "model_totals": [
            {
                "model": "opus",
                "input_tokens": 13,
                "output_tokens": 27,
                "cache_read_tokens": 100,
                "cache_creation_tokens": 50,
                "total_tokens": 40,
            },
            {
                "model": "haiku",
                "input_tokens": 2,
                "output_tokens": 1,
                "cache_read_tokens": 0,
                "cache_creation_tokens": 0,
                "total_tokens": 3,
            },
        ],
        # One prompt each in the hours 23, 0 and 1: the earliest of them is told.
        "summary": {
            "total_sessions": 2,
            "total_messages": 3,
            "first_session_date": "2025-12-27",
            "days_active": 3,
            "peak_hour": 0,
        },
    }


async def test_a_fork_counts_only_what_it_added(tmp_path: Path) -> None:
    (tmp_path / "s1.jsonl").write_bytes(b"".join(FIRST_DAY))
    context = context_at(tmp_path)
    await told(context)
    copied = b"".join(FIRST_DAY).replace(b'"s1"', b'"s3"')
    own = prompt("w1", DAY + NOON, session="s3", requestSessionId="s1") + answer(
        "w2", DAY + NOON, message="m9", session="s3", tokens=(4, 4, 0, 0)
    )
    (tmp_path / "s3.jsonl").write_bytes(copied + own)

    data = await told(context)
    assert active(data) == {
        "30": {"messages": 1, "sessions": 1, "tool_calls": 2, "tokens_by_model": {"opus": 30}, "total_tokens": 30},
        "31": {"messages": 1, "sessions": 1, "tool_calls": 0, "tokens_by_model": {"opus": 8}, "total_tokens": 8},
    }
    assert (data["summary"]["total_sessions"], data["summary"]["total_messages"]) == (2, 2)

    (tmp_path / "s1.jsonl").unlink()
    data = await told(context)
    assert (data["summary"]["total_sessions"], data["summary"]["total_messages"]) == (1, 2)
    assert used(data) == {"opus": (14, 24, 100, 50, 38)}


async def test_a_response_is_of_the_day_of_its_earliest_copy_with_the_usage_of_its_largest(tmp_path: Path) -> None:
    later = answer("x1", DAY + 1, message="m1", session="s1", tokens=(10, 50, 0, 0), tools=("t9",))
    (tmp_path / "a.jsonl").write_bytes(later)
    context = context_at(tmp_path)
    assert list(active(await told(context))) == ["31"]
    (tmp_path / "b.jsonl").write_bytes(b"".join(FIRST_DAY))
    assert active(await told(context)) == {
        "30": {"messages": 1, "sessions": 1, "tool_calls": 3, "tokens_by_model": {"opus": 60}, "total_tokens": 60}
    }


async def test_what_was_counted_of_a_log_that_is_cut_rewritten_or_deleted_is_taken_back(tmp_path: Path) -> None:
    log, other = tmp_path / "s1.jsonl", tmp_path / "s2.jsonl"
    log.write_bytes(b"".join(FIRST_DAY + SECOND_DAY))
    other.write_bytes(prompt("v1", 3 * 60, session="s2"))
    context = context_at(tmp_path)
    assert (await told(context))["summary"] == {
        "total_sessions": 2,
        "total_messages": 3,
        "first_session_date": "2025-12-30",
        "days_active": 2,
        "peak_hour": 0,
    }

    log.write_bytes(b"".join(FIRST_DAY))
    data = await told(context)
    assert used(data) == {"opus": (10, 20, 100, 50, 30)}
    assert data["summary"]["days_active"] == 1

    log.write_bytes(b"".join(SECOND_DAY))
    data = await told(context)
    assert active(data) == {
        "30": {"messages": 1, "sessions": 1, "tool_calls": 0, "tokens_by_model": {}, "total_tokens": 0},
        "31": {
            "messages": 1,
            "sessions": 1,
            "tool_calls": 1,
            "tokens_by_model": {"haiku": 3, "opus": 10},
            "total_tokens": 13,
        },
    }

    other.unlink()
    assert (await told(context))["summary"] == {
        "total_sessions": 1,
        "total_messages": 1,
        "first_session_date": "2025-12-31",
        "days_active": 1,
        "peak_hour": 0,
    }
    log.unlink()
    assert await collected(context) is None
    assert context.state.stored == {}  # type: ignore[attr-defined]


async def test_what_has_no_instant_is_of_no_day_but_counts(tmp_path: Path) -> None:
    untimed = prompt("u1", None) + answer("u2", None, message="m1", tokens=(1, 2, 0, 0))
    (tmp_path / "s1.jsonl").write_bytes(untimed)
    data = await told(context_at(tmp_path))
    assert active(data) == {}
    assert used(data) == {"opus": (1, 2, 0, 0, 3)}
    assert data["summary"] == {
        "total_sessions": 1,
        "total_messages": 1,
        "first_session_date": None,
        "days_active": 0,
        "peak_hour": None,
    }


async def test_the_hour_with_the_most_prompts_is_the_peak(tmp_path: Path) -> None:
    hours = [9, 9, 14, 14, 14, 3]
    lines = [prompt(f"u{index}", hour * 60 + index - index % 2 * DAY) for index, hour in enumerate(hours)]
    (tmp_path / "s1.jsonl").write_bytes(b"".join(lines))
    assert (await told(context_at(tmp_path)))["summary"]["peak_hour"] == 14


async def test_without_logs_there_is_no_event_and_no_state(tmp_path: Path) -> None:
    context = context_at(tmp_path)
    assert await collected(context) is None
    assert context.state.stored == {}  # type: ignore[attr-defined]
    preview = await soon(KIND.preview(context))
    assert preview.problems == (f"There are no logs in {tmp_path}.",)
    assert decoded(preview.data) == {}


async def test_logs_in_which_nothing_was_asked_or_answered_are_no_event(tmp_path: Path) -> None:
    (tmp_path / "s1.jsonl").write_bytes(prompt("u1", 1, isSidechain=True) + b'{"type":"mode"}\n')
    assert await collected(context_at(tmp_path)) is None


async def test_a_new_day_shifts_the_window(tmp_path: Path) -> None:
    (tmp_path / "s1.jsonl").write_bytes(b"".join(FIRST_DAY))
    clock = ManualClock()
    context = context_at(tmp_path, clock=clock)
    before = await told(context)
    clock.advance(86_400)
    after = await told(context)
    assert [row["date"] for row in after["daily_breakdown"]][-1] == "2026-01-02"
    assert after["daily_breakdown"][:-1] == before["daily_breakdown"][1:]
    assert after["model_totals"] == before["model_totals"]


@pytest.mark.parametrize("choices", CHOICES, ids=lambda one: "-".join(name for name in NAMES if one[name]) or "none")
async def test_a_property_that_is_off_leaves_no_trace_and_nothing_but_counts_is_ever_kept(
    tmp_path: Path, choices: dict[str, bool]
) -> None:
    secret: dict[str, Any] = {"cwd": "/planted-path", "gitBranch": "planted-branch"}
    lines = prompt("u1", 1, "planted-prompt", **secret) + answer("u2", 2, message="m1", tokens=(1, 2, 0, 0), **secret)
    lines += json.dumps({"type": "summary", "summary": "planted-title", "leafUuid": "u2"}).encode() + b"\n"
    (tmp_path / "s1.jsonl").write_bytes(lines)
    context, everything = context_at(tmp_path, properties=choices), context_at(tmp_path)
    preview = await soon(KIND.preview(context))
    emission = await soon(KIND.collect(context, RESCAN))
    whole = await told(everything)

    for data in (decoded(preview.data), decoded(emission.events[0].data), KIND.project(whole, choices)):
        assert {name for name in NAMES if name in data} == {name for name in NAMES if choices[name]}
        assert data["summary"] == whole["summary"]
    assert context.state.stored == {}  # type: ignore[attr-defined]
    assert b"planted" not in repr((preview, emission)).encode()
    assert preview.found == "1 message(s) in 1 session(s), from 1 log file(s)."


def test_settings_are_completed_and_judged() -> None:
    expected = {"roots": None, "window_days": 30, "quiet_s": None, "cap_s": None}
    assert decoded(KIND.parse({})) == expected
    with pytest.raises(BadInput) as caught:
        KIND.parse({"window_days": 31})
    assert (caught.value.code, caught.value.field) == ("source.bad_setting", "window_days")


def test_the_registry_knows_the_kind() -> None:
    kind = source_kind("claude-stats")
    assert isinstance(kind, ClaudeStats)
    assert all(one.is_summary and not one.is_sensitive for one in kind.properties)
