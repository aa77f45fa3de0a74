"""The source codex-sessions: what it reads, keeps, tells and holds back."""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.rate_limits import RateLimits, RateWindow
from posthouse.sources.agent_logs.codex_log import DAYS_MAX, MODELS_MAX
from posthouse.sources.agent_logs.codex_payload import UNTITLED
from posthouse.sources.agent_logs.codex_sessions import EVENT_TYPE, CodexSessions
from posthouse.sources.agent_logs.codex_state import rate_limits
from posthouse.sources.base import RESCAN, Preview, Signal, SnapshotKind, SourceContext, source_kind
from tests.clock import ManualClock
from tests.sources.codex_logs import event, line
from tests.sources.codex_recount import FIELDS
from tests.sources.support import MemoryState, context_for, decoded, soon

KIND: SnapshotKind = CodexSessions()
MINUTE, DAY = 60_000, 86_400_000
NOON = ManualClock().now() - DAY // 2
"""Of the day before the clock's."""

TITLES = {"titles": True}


def context_at(root: Path, **more: Any) -> SourceContext:
    """A context that reads this root."""
    settings = {"roots": [str(root)]} | more.pop("settings", {})
    return context_for("codex-sessions", settings, **more)


async def collected(context: SourceContext, signal: Signal = RESCAN) -> dict[str, Any] | None:
    """The payload of one read, whose state is committed; None where there was no event."""
    emission = await soon(KIND.collect(context, signal))
    assert isinstance(context.state, MemoryState)
    context.state.commit(emission)
    if not emission.events:
        return None
    (told,) = emission.events
    assert told.type == EVENT_TYPE
    return dict(decoded(told.data))


async def sessions(context: SourceContext) -> list[dict[str, Any]]:
    """The sessions that one read tells of, of which there are some."""
    data = await collected(context)
    assert data is not None
    return list(data["sessions"])


def begun(minute: float, session: str = "s1", **more: Any) -> bytes:
    """A log's first line."""
    return line(NOON + int(minute * MINUTE), "session_meta", id=session, cwd="/srv/parcels", **more)


def chosen(minute: float, model: str) -> bytes:
    """What the turns go by from now on."""
    return line(NOON + int(minute * MINUTE), "turn_context", model=model, cwd="/srv/parcels")


def asked(minute: float, text: str = "Sort the parcels") -> bytes:
    """What a person asked."""
    return event(NOON + int(minute * MINUTE), "user_message", message=text)


def used(minute: float, *counts: int, last: tuple[int, ...] = (), limits: Any = None) -> bytes:
    """What the session has used so far: input, cached input, output, reasoning output; and the latest request."""
    info = {"total_token_usage": dict(zip(FIELDS, counts, strict=True))}
    if last:
        info["last_token_usage"] = dict(zip(FIELDS, last, strict=True))
    return event(NOON + int(minute * MINUTE), "token_count", info=info, rate_limits=limits)


def turn(minute: float, started_minute: float) -> bytes:
    """A turn, written at one minute, that says itself that it began at another."""
    return event(NOON + int(minute * MINUTE), "task_started", started_at=(NOON // MINUTE + int(started_minute)) * 60)


def tokens(*counts: int) -> dict[str, int]:
    """Input, cached input, output and reasoning output, as the payload has them."""
    return dict(zip(("input", "cache_read", "output", "reasoning_output"), counts, strict=True))


async def test_the_payload_is_as_counted_by_hand(tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_bytes(
        begun(0, git={"branch": "main"})
        + chosen(0, "gpt-5")
        + asked(1)
        + used(2, 100, 40, 10, 5)
        + used(9, 100, 40, 10, 5)  # Repeated: it is none.
        + chosen(10, "gpt-5-mini")
        + asked(10)
        + used(11, 150, 40, 70, 5)
        + event(NOON + 12 * MINUTE + 345, "task_complete")
    )
    (tmp_path / "two.jsonl").write_bytes(begun(30, "s2") + asked(31))
    (tmp_path / "opened-and-left.jsonl").write_bytes(begun(40, "s3"))

    assert await collected(context_at(tmp_path)) == {
        "source": "codex-sessions",
        "version": 1,
        "generated_at": "2026-01-01T00:00:00.000Z",
        "sessions": [
            {
                "id": "s2",
                "project_path": "/srv/parcels",
                "git_branch": None,
                "title": UNTITLED,
                "start_time": "2025-12-31T12:30:00.000Z",
                "end_time": "2025-12-31T12:31:00.000Z",
                "duration_seconds": 60,
                "session_span_seconds": 60,
                "agentic_seconds": 60,
                "message_count": 1,
                "model": None,
                "models": [],
                "tokens": tokens(0, 0, 0, 0),
            },
            {
                "id": "s1",
                "project_path": "/srv/parcels",
                "git_branch": "main",
                "title": UNTITLED,
                "start_time": "2025-12-31T12:00:00.000Z",
                "end_time": "2025-12-31T12:12:00.345Z",
                "duration_seconds": 720,
                "session_span_seconds": 720,
                # Two minutes to the first snapshot, one from the second to the end; the gap between them is too long.
                "agentic_seconds": 180,
                "message_count": 2,
                "model": "gpt-5-mini",
                "models": ["gpt-5-mini", "gpt-5"],
                "tokens": tokens(150, 40, 70, 5),
            },
        ],
        "summary": {
            "sessions_in_window": 2,
            "total_tokens_in_window": 220,
            "total_duration_in_window_seconds": 780,
        },
    }


@pytest.mark.parametrize(("seconds", "agentic"), [(299.999, 299), (300, 0)])
async def test_a_gap_counts_as_work_if_it_is_under_five_minutes(tmp_path: Path, seconds: float, agentic: int) -> None:
    (tmp_path / "one.jsonl").write_bytes(begun(0) + used(seconds / 60, 1, 0, 0, 0))
    (one,) = await sessions(context_at(tmp_path))
    assert one["agentic_seconds"] == agentic


async def test_sessions_that_ended_before_the_window_are_left_out(tmp_path: Path) -> None:
    for days in range(4):
        (tmp_path / f"{days}.jsonl").write_bytes(begun(-days * 1_440, f"s{days}") + asked(-days * 1_440))
    found = await sessions(context_at(tmp_path, settings={"window_days": 2}))
    assert [one["id"] for one in found] == ["s0", "s1"]
    clock = ManualClock()
    clock.advance(40 * 86_400)
    assert await collected(context_at(tmp_path, clock=clock)) is None


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
async def test_a_session_that_was_resumed_into_another_file_is_one(tmp_path: Path, names: tuple[str, str]) -> None:
    first = begun(0, git={"branch": "old"}) + asked(1, "First") + used(2, 10, 0, 5, 0)
    (tmp_path / f"{names[0]}.jsonl").write_bytes(first)
    context = context_at(tmp_path, properties=TITLES)
    await sessions(context)
    again = begun(60, git={"branch": "new"}) + asked(60, "Second") + used(61, 10, 0, 5, 0) + used(63, 30, 0, 9, 0)
    (tmp_path / f"{names[1]}.jsonl").write_bytes(again)
    (one,) = await sessions(context)
    assert (one["tokens"], one["message_count"]) == (tokens(30, 0, 9, 0), 2)
    assert (one["title"], one["git_branch"]) == ("First", "new")
    # Two minutes to the first snapshot. What the second file begins with is repeated, and no snapshot.
    assert (one["session_span_seconds"], one["agentic_seconds"]) == (63 * 60, 120)

    (tmp_path / f"{names[0]}.jsonl").unlink()
    (one,) = await sessions(context)
    assert (one["title"], one["agentic_seconds"]) == ("Second", 180)


async def test_a_count_repeated_in_its_file_is_none_whatever_another_file_says_in_between(tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_bytes(begun(0) + used(1, 5, 0, 0, 0) + used(8, 5, 0, 0, 0))
    (tmp_path / "two.jsonl").write_bytes(begun(0) + used(2, 6, 0, 0, 0) + used(12, 7, 0, 0, 0))
    (one,) = await sessions(context_at(tmp_path))
    assert (one["tokens"]["input"], one["agentic_seconds"]) == (7, 120)


async def test_a_copy_of_a_log_changes_nothing(tmp_path: Path) -> None:
    log = begun(0) + asked(1) + used(2, 10, 0, 5, 0) + asked(2) + used(3, 20, 0, 9, 0)
    (tmp_path / "one.jsonl").write_bytes(log)
    context = context_at(tmp_path)
    first = await collected(context)
    (tmp_path / "copy.jsonl").write_bytes(log)
    assert await collected(context) == first


async def test_a_log_that_is_archived_still_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEX_HOME", str(tmp_path))
    log, archived = tmp_path / "sessions" / "2025" / "one.jsonl", tmp_path / "archived_sessions" / "one.jsonl"
    for folder in (log.parent, archived.parent):
        folder.mkdir(parents=True)
    log.write_bytes(begun(0) + asked(1))
    context = context_for("codex-sessions", {})
    first = await collected(context)
    assert first is not None
    log.rename(archived)
    assert await collected(context, Signal(paths=(str(log), str(archived)))) == first
    assert sum(key.startswith("file:") for key in context.state.stored) == 1  # type: ignore[attr-defined]


async def test_a_log_that_the_program_compressed_keeps_what_is_known(tmp_path: Path) -> None:
    log = tmp_path / "one.jsonl"
    log.write_bytes(begun(0) + asked(1))
    context = context_at(tmp_path)
    first = await collected(context)
    log.rename(tmp_path / "one.jsonl.zst")
    assert await collected(context, Signal(paths=(str(log),))) == first
    assert await collected(context) == first
    (tmp_path / "one.jsonl.zst").unlink()
    assert await collected(context) is None


async def test_a_fork_counts_only_what_it_added_to_the_other_sessions_counts(tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_bytes(begun(0) + asked(0) + used(1, 22, 6, 14, 4))
    fork = begun(2, "s2", forked_from_id="s1") + asked(2) + used(3, 33, 9, 21, 6, last=(11, 3, 7, 2))
    (tmp_path / "two.jsonl").write_bytes(fork + used(4, 34, 9, 22, 6, last=(1, 0, 1, 0)))
    found = {one["id"]: one["tokens"] for one in await sessions(context_at(tmp_path))}
    assert found == {"s1": tokens(22, 6, 14, 4), "s2": tokens(12, 3, 8, 2)}


async def test_history_that_a_fork_begins_with_is_the_other_sessions(tmp_path: Path) -> None:
    fork = begun(60, "s2", forked_from_id="s1") + begun(60, "s1") + chosen(60, "old")
    fork += turn(60, 1) + asked(60, "Old") + used(60, 10, 0, 5, 0) + turn(60, 20) + asked(60) + used(60, 22, 6, 14, 4)
    fork += turn(61, 61) + chosen(61, "new") + asked(61, "New") + used(62, 25, 6, 15, 4)
    (tmp_path / "two.jsonl").write_bytes(fork)
    (one,) = await sessions(context_at(tmp_path, properties=TITLES))
    assert (one["id"], one["title"], one["message_count"]) == ("s2", "New", 1)
    assert (one["tokens"], one["models"]) == (tokens(3, 0, 1, 0), ["new"])
    assert (one["start_time"], one["session_span_seconds"]) == ("2025-12-31T13:00:00.000Z", 120)


async def test_of_a_counter_that_falls_the_largest_counts_are_the_sessions(tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_bytes(begun(0) + used(1, 100, 1, 9, 0) + used(2, 0, 0, 0, 0) + used(3, 50, 2, 3, 0))
    (one,) = await sessions(context_at(tmp_path))
    assert one["tokens"] == tokens(100, 2, 9, 0)


async def test_a_prompt_counts_once_however_a_version_tells_of_it(tmp_path: Path) -> None:
    item = {"type": "UserMessage", "content": [{"type": "text", "text": "  Weigh\n them "}]}
    other = {"type": "AgentMessage", "content": [{"type": "Text", "text": "Done."}]}
    newer = event(NOON, "item_completed", item=item) + event(NOON, "item_completed", item=other)
    instructions = asked(2).replace(b'"message":', b'"kind": "user_instructions", "message":')
    older = asked(2) + instructions + asked(3).replace(b'"message":', b'"kind": "plain", "message":')
    for name, lines in (("newer", newer), ("older", older), ("both", newer + asked(0))):
        (tmp_path / f"{name}.jsonl").write_bytes(begun(0, name) + lines)
    found = {one["id"]: one for one in await sessions(context_at(tmp_path, properties=TITLES))}
    assert {name: one["message_count"] for name, one in found.items()} == {"newer": 1, "older": 2, "both": 1}
    assert found["newer"]["title"] == "Weigh them"


def name_line(session: str, name: str) -> bytes:
    """A line of the list of names."""
    return json.dumps({"id": session, "thread_name": name, "updated_at": "2025-12-31T12:00:00Z"}).encode() + b"\n"


async def test_a_title_is_the_sessions_latest_name_else_the_start_of_its_first_prompt(tmp_path: Path) -> None:
    root, index = tmp_path / "sessions", tmp_path / "session_index.jsonl"
    root.mkdir()
    (root / "one.jsonl").write_bytes(begun(0) + asked(1, "ä" * 300) + asked(2, "Another"))
    (root / "two.jsonl").write_bytes(begun(0, "s2") + asked(1, "Second"))
    context = context_at(root, properties=TITLES)

    async def titles() -> dict[str, str]:
        return {one["id"]: one["title"] for one in await sessions(context)}

    assert await titles() == {"s1": "ä" * 120, "s2": "Second"}
    index.write_bytes(b"{\n" + name_line("s1", "First name") + name_line("s9", "Nobody") + b"[]\n")
    assert await titles() == {"s1": "First name", "s2": "Second"}
    with index.open("ab") as file:
        file.write(name_line("s1", "Second name") + name_line("s2", "Torn")[:-5])
    assert await titles() == {"s1": "Second name", "s2": "Second"}
    index.write_bytes(name_line("s2", "Anew"))
    assert await titles() == {"s1": "ä" * 120, "s2": "Anew"}
    index.unlink()
    assert await titles() == {"s1": "ä" * 120, "s2": "Second"}


async def test_without_titles_nothing_of_names_and_prompts_is_told_or_kept(tmp_path: Path) -> None:
    root = tmp_path / "sessions"
    root.mkdir()
    (root / "one.jsonl").write_bytes(begun(0) + asked(1, "planted-prompt"))
    (tmp_path / "session_index.jsonl").write_bytes(name_line("s1", "planted-name"))
    state = MemoryState()
    assert (await sessions(context_at(root, state=state, properties=TITLES)))[0]["title"] == "planted-name"
    assert b"planted" in repr(state.stored).encode()
    assert (await sessions(context_at(root, state=state)))[0]["title"] == UNTITLED
    assert b"planted" not in repr(state.stored).encode()


LIMITS = {
    "primary": {"used_percent": 12.5, "window_minutes": 300, "resets_at": NOON // 1_000 + 7_200},
    "secondary": {"used_percent": 40, "window_minutes": 10_080, "resets_in_seconds": 86_400},
}


async def test_the_latest_rate_limits_are_kept_with_their_real_resets_and_shown(tmp_path: Path) -> None:
    older = {"primary": {"used_percent": 99, "window_minutes": 299}}
    (tmp_path / "one.jsonl").write_bytes(begun(0) + used(5, 1, 0, 1, 0, limits=LIMITS))
    (tmp_path / "two.jsonl").write_bytes(begun(0, "s2") + used(4, 1, 0, 1, 0, limits=older))
    context = context_at(tmp_path)
    assert await rate_limits(context.state) is None
    await sessions(context)
    kept = RateLimits(
        heard_at=NOON + 5 * MINUTE,  # type: ignore[arg-type]
        primary=RateWindow(used_percent=12.5, window_minutes=300, resets_at=NOON + 120 * MINUTE),  # type: ignore[arg-type]
        secondary=RateWindow(used_percent=40, window_minutes=10_080, resets_at=NOON + 5 * MINUTE + DAY),  # type: ignore[arg-type]
    )
    assert await rate_limits(context.state) == kept
    preview: Preview = await soon(KIND.preview(context))
    assert preview.found == (
        "2 session(s) of the last 7 day(s), from 2 log file(s). Of the account's limits, as of "
        "2025-12-31T12:05:00.000Z: 12.5 % of 5 hour(s) used, until 2025-12-31T14:00:00.000Z; "
        "40 % of 7 day(s) used, until 2026-01-01T12:05:00.000Z."
    )
    (tmp_path / "two.jsonl").write_bytes(begun(0, "s2") + used(6, 1, 0, 1, 0, limits=older))
    shown = (await soon(KIND.preview(context))).found
    assert shown.endswith("as of 2025-12-31T12:06:00.000Z: 99 % of 299 minute(s) used.")
    assert await rate_limits(context.state) == kept


async def test_a_log_that_may_not_be_read_keeps_what_is_known_and_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "one.jsonl"
    log.write_bytes(begun(0) + asked(1))
    context = context_at(tmp_path)
    first = await collected(context)
    log.touch()
    taken = os.open

    def refuse(path: Any, *arguments: Any, **more: Any) -> int:
        if os.fsdecode(path) == str(log):
            raise PermissionError(13, "Permission denied")
        return taken(path, *arguments, **more)

    # Root may read anything, so the refusal comes from where the file is opened.
    monkeypatch.setattr("posthouse.sources.jsonl.os.open", refuse)
    assert await collected(context) == first
    assert (await soon(KIND.preview(context))).problems == (f"{log} could not be read: Permission denied.",)


async def test_a_root_that_cannot_be_listed_fails_the_read_and_moves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one.jsonl").write_bytes(begun(0) + asked(1))
    context = context_at(tmp_path)
    await collected(context)
    before = dict(context.state.stored)  # type: ignore[attr-defined]

    def refuse(path: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("posthouse.sources.agent_logs.tree.os.scandir", refuse)
    with pytest.raises(OSError, match="could not be listed"):
        await soon(KIND.collect(context, RESCAN))
    assert context.state.stored == before  # type: ignore[attr-defined]


async def test_a_preview_without_logs_says_where_it_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    preview = await soon(KIND.preview(context_at(tmp_path / "none")))
    assert preview.problems == (f"There are no logs in {tmp_path / 'none'}.",)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CODEX_HOME", raising=False)
    home = tmp_path / ".codex"
    found = (await soon(KIND.preview(context_for("codex-sessions", {})))).problems
    assert found == (f"There are no logs in {home / 'sessions'}, {home / 'archived_sessions'}.",)


async def test_a_session_of_a_thousand_days_and_models_stays_small(tmp_path: Path) -> None:
    lines = [
        chosen(-day * 1_440, f"model-{day}".ljust(200, "x")) + used(-day * 1_440, 2_000 - day, 0, 2_000 - day, 0)
        for day in range(1_000, 0, -1)
    ]
    (tmp_path / "one.jsonl").write_bytes(begun(0) + b"".join(lines))
    (tmp_path / "two.jsonl").write_bytes(begun(0) + b"".join(lines))
    context = context_at(tmp_path)
    (one,) = await sessions(context)
    assert (len(one["models"]), one["tokens"]["input"]) == (MODELS_MAX, 1_999)
    stored = context.state.stored  # type: ignore[attr-defined]
    assert sum(key.startswith("day:") for key in stored) == DAYS_MAX
    assert max(map(len, stored.values())) < 100_000


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS_OF_LINES = ("id", "timestamp", "cwd", "git", "message", "kind", "item", "info", "rate_limits", "model", "source")
hostile = st.builds(
    lambda kind, inner, payload, moment: (
        json.dumps({"timestamp": moment, "type": kind, "payload": {**payload, "type": inner}}).encode() + b"\n"
    ),
    st.sampled_from(["session_meta", "turn_context", "event_msg"]) | values,
    st.sampled_from(["user_message", "item_completed", "token_count", "task_started"]) | values,
    st.dictionaries(st.sampled_from(FIELDS_OF_LINES), values, max_size=6),
    st.sampled_from(["2025-12-31T12:00:00Z", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00Z"]) | values,
)


@given(st.lists(hostile | st.binary(max_size=60) | st.just(used(2, 5, 0, 2, 0)), max_size=12).map(b"".join))
async def test_no_line_makes_a_read_fail(lines: bytes) -> None:
    with TemporaryDirectory() as folder:
        (Path(folder) / "one.jsonl").write_bytes(begun(0) + lines + b"\n" + used(3, 7, 0, 4, 0))
        context = context_at(Path(folder), properties=TITLES, settings={"window_days": 30})
        data = await collected(context)
        assert data is not None
        assert data["sessions"][0]["tokens"]["input"] >= 7
        assert msgspec.json.decode(msgspec.json.encode(data)) == data


def test_settings_are_completed_and_the_registry_knows_the_kind() -> None:
    assert decoded(KIND.parse({})) == {"roots": None, "window_days": 7, "quiet_s": None, "cap_s": None}
    kind = source_kind("codex-sessions")
    assert isinstance(kind, CodexSessions)
    assert [one.name for one in kind.properties if one.is_sensitive] == ["titles"]
    assert [one.name for one in kind.properties if one.is_summary] == ["summary"]
