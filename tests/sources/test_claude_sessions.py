"""The source claude-sessions: what it reads, keeps, tells and holds back."""

from __future__ import annotations

import itertools
import json
import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.sources.agent_logs import log_file
from posthouse.sources.agent_logs.claude_log import PAGE_LINES
from posthouse.sources.agent_logs.claude_payload import PROPERTIES, UNTITLED, project
from posthouse.sources.agent_logs.claude_sessions import EVENT_TYPE, ClaudeSessions
from posthouse.sources.base import RESCAN, Signal, SnapshotKind, SourceContext
from tests.clock import ManualClock
from tests.sources.support import LOGS, MemoryState, Progress, context_for, decoded, soon

A, B, C, D = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "1234")
KIND: SnapshotKind = ClaudeSessions()
NAMES = [one.name for one in PROPERTIES]
CHOICES = [dict(zip(NAMES, values, strict=True)) for values in itertools.product([True, False], repeat=len(NAMES))]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the recorded-style logs."""
    return Path(shutil.copytree(LOGS, tmp_path / "projects"))


def context_at(root: Path, **more: Any) -> SourceContext:
    """A context that reads this root."""
    settings = {"roots": [str(root)]} | more.pop("settings", {})
    return context_for("claude-sessions", settings, **more)


async def collected(context: SourceContext) -> dict[str, Any] | None:
    """The payload of one read, whose state is committed; None where there was no event."""
    emission = await soon(KIND.collect(context, RESCAN))
    assert isinstance(context.state, MemoryState)
    context.state.commit(emission)
    if not emission.events:
        return None
    (event,) = emission.events
    assert event.type == EVENT_TYPE
    return dict(decoded(event.data))


def prompt(text: str, *, session: str = "s1", second: int = 0) -> str:
    """One line of a log: a prompt on the day before the clock's."""
    at = f"2025-12-31T00:{second // 60:02d}:{second % 60:02d}.000Z"
    message = {"role": "user", "content": text}
    return (
        json.dumps(
            {"type": "user", "uuid": f"{session}-{second}", "sessionId": session, "timestamp": at, "message": message}
        )
        + "\n"
    )


async def test_the_payload_is_as_counted_by_hand(root: Path) -> None:
    data = await collected(context_at(root))
    assert data is not None
    assert [session["id"] for session in data["sessions"]] == [D, C, B, A]
    assert data["summary"] == {
        "sessions_in_window": 4,
        "total_tokens_in_window": 48 + 399,
        "total_duration_in_window_seconds": 306 + 90 + 1800 + 2,
    }
    assert data["cache_efficiency"] == round(650 / (48 + 650 + 90), 4)
    assert [(one["model"], one["total_tokens"], one["sessions"]) for one in data["model_distribution"]] == [
        ("claude-opus-4-1-20250805", 320 + 15, 2),
        ("claude-sonnet-4-20250514", 85 + 3, 2),
        ("claude-haiku-4-5-20251001", 16 + 8, 2),
    ]
    assert sum(one["share"] for one in data["model_distribution"]) == pytest.approx(1, abs=0.001)
    assert data["sessions"][1] == {
        "id": C,
        "project_path": "/srv/parcel",
        "git_branch": "feature/pacing",
        "title": UNTITLED,
        "start_time": "2025-12-30T23:50:00.000Z",
        "end_time": "2025-12-31T00:20:00.000Z",
        "duration_seconds": 1800,
        "message_count": 1,
        "model": "claude-opus-4-1-20250805",
        "models": ["claude-opus-4-1-20250805", "claude-haiku-4-5-20251001"],
        "tokens": {"input": 5, "output": 18, "cache_read": 0, "cache_creation": 40},
    }
    assert data["sessions"][3]["title"] == "Parcels sorted by weight"
    assert (data["source"], data["version"], data["generated_at"]) == (
        "claude-sessions",
        1,
        "2026-01-01T00:00:00.000Z",
    )


@pytest.mark.parametrize("days", [1, 2, 30])
async def test_sessions_that_ended_before_the_window_are_left_out(root: Path, days: int) -> None:
    data = await collected(context_at(root, settings={"window_days": days}))
    assert data is not None
    # The other one ended in November; 30 days before the clock are December 2nd.
    assert len(data["sessions"]) == {1: 2, 2: 3, 30: 4}[days]


async def test_without_a_session_in_the_window_there_is_no_event_but_the_cursors_move(root: Path) -> None:
    clock = ManualClock()
    clock.advance(40 * 86_400)
    context = context_at(root, clock=clock)
    assert await collected(context) is None
    assert len(await context.state.items("file:")) == 6


async def test_an_append_costs_a_few_small_values_and_gives_what_a_whole_read_gives(root: Path) -> None:
    context = context_at(root)
    await collected(context)
    log = root / "-srv-shelf" / f"{D}.jsonl"
    with log.open("a") as file:
        file.write("}\n" + prompt("More labels", session=D, second=40))
    emission = await soon(KIND.collect(context, Signal(paths=(str(log),))))
    changed = sorted(put.key.partition(":")[0] for put in emission.state_puts)
    assert changed == ["day", "ended", "file", "index", "open", "reader", "session", "totals"]
    assert sum(len(put.value) for put in emission.state_puts) < 2_000
    assert emission.state_deletes == ()
    context.state.commit(emission)  # type: ignore[attr-defined]
    fresh = context_at(root)
    assert decoded(emission.events[0].data) == await collected(fresh)
    assert context.state.stored == fresh.state.stored  # type: ignore[attr-defined]


async def test_a_long_log_grown_in_parts_is_kept_like_one_read_whole(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    lines = [prompt(f"prompt {number}", second=number) for number in range(3_500)]
    context = context_at(tmp_path)
    for start in range(0, len(lines), 700):
        with log.open("a") as file:
            file.write("".join(lines[start : start + 700]))
        data = await collected(context)
    whole = context_at(tmp_path)
    assert data == await collected(whole)
    assert data is not None
    assert data["sessions"][0]["message_count"] == 3_500
    assert len(await context.state.items("page:")) == 3_500 // PAGE_LINES - 1
    assert context.state.stored == whole.state.stored  # type: ignore[attr-defined]


async def test_an_unchanged_log_is_not_opened_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = context_at(root)
    first = await collected(context)

    def refuse(*arguments: Any, **more: Any) -> None:
        raise AssertionError("nothing is to be read")

    monkeypatch.setattr(log_file, "read_slice", refuse)
    assert await collected(context) == first


@given(st.permutations([A, B, C]), st.booleans())
async def test_any_order_in_which_logs_appear_gives_the_same_payload(order: list[str], has_prompts: bool) -> None:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        context = context_at(root, properties={"first_prompt_preview": has_prompts})
        for session in order:
            shutil.copy(LOGS / "-srv-parcel" / f"{session}.jsonl", root)
            data = await collected(context)
        assert data == await collected(context_at(root, properties={"first_prompt_preview": has_prompts}))


@pytest.mark.parametrize("how", ["truncated", "replaced", "shrunk to nothing"])
async def test_a_log_that_is_no_longer_the_same_is_counted_anew(tmp_path: Path, how: str) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text("".join(prompt(f"one {number}", second=number) for number in range(2_500)))
    context = context_at(tmp_path)
    await collected(context)
    match how:
        case "truncated":
            log.write_text(prompt("other", session="s2"))
        case "replaced":
            other = tmp_path / "other"
            other.write_text(prompt("other", session="s2") * 5_000)
            other.rename(log)
        case _:
            log.write_text("")
    data = await collected(context)
    found = None if data is None else [(one["id"], one["message_count"]) for one in data["sessions"]]
    assert found == (None if how == "shrunk to nothing" else [("s2", 1)])
    assert len(await context.state.items("page:")) == (5_000 // PAGE_LINES - 1 if how == "replaced" else 0)
    assert context.state.stored == (await _fresh_state(tmp_path)).stored  # type: ignore[attr-defined]


async def test_a_deleted_log_leaves_neither_sessions_nor_state(root: Path) -> None:
    context = context_at(root)
    await collected(context)
    shutil.rmtree(root)
    assert await collected(context) is None
    assert context.state.stored == {}  # type: ignore[attr-defined]


async def test_state_that_this_version_cannot_read_is_dropped_and_made_anew(root: Path) -> None:
    context = context_at(root)
    first = await collected(context)
    stored = context.state.stored  # type: ignore[attr-defined]
    for key in [key for key in stored if key.startswith("file:")]:
        stored[key] = b"\x01"
    stored["page:0123:000000"] = b"left behind"
    assert await collected(context) == first
    assert stored == (await _fresh_state(root)).stored


async def test_where_a_page_is_missing_that_is_needed_everything_is_read_anew(root: Path) -> None:
    context = context_at(root)
    await collected(context)
    log = root / "-srv-parcel" / f"{A}.jsonl"
    stored = context.state.stored  # type: ignore[attr-defined]
    for key in [key for key in stored if key.startswith("open:")]:
        del stored[key]
    with log.open("a") as file:
        file.write(prompt("One more", session=A, second=40))
    told = await soon(KIND.collect(context, Signal(paths=(str(log),))))
    context.state.commit(told)  # type: ignore[attr-defined]
    fresh = context_at(root)
    assert decoded(told.events[0].data) == await collected(fresh)
    assert stored == fresh.state.stored  # type: ignore[attr-defined]


async def test_what_is_told_of_a_path_lists_no_tree(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = context_at(root)
    await collected(context)
    log, gone = root / "-srv-shelf" / f"{D}.jsonl", root / "-srv-parcel" / f"{A}.jsonl"
    with log.open("a") as file:
        file.write(prompt("More labels", session=D, second=40))
    gone.unlink()

    def refuse(*arguments: Any, **more: Any) -> None:
        raise AssertionError("the tree is not to be listed")

    paths = (str(log), str(gone), str(root / "-srv-old"), "/elsewhere/s.jsonl", str(root / "never.jsonl"))
    with monkeypatch.context() as patched:
        patched.setattr("posthouse.sources.agent_logs.tree.os.scandir", refuse)
        emission = await soon(KIND.collect(context, Signal(paths=paths)))
    context.state.commit(emission)  # type: ignore[attr-defined]
    fresh = context_at(root)
    assert decoded(emission.events[0].data) == await collected(fresh)
    assert context.state.stored == fresh.state.stored  # type: ignore[attr-defined]


async def test_a_path_that_is_no_log_of_the_source_is_passed_over(root: Path, tmp_path: Path) -> None:
    context = context_at(root, excluded=(root / "-srv-parcel",))
    first = await collected(context)
    outside = tmp_path / "outside.jsonl"
    outside.write_text(prompt("outside"))
    (root / "linked.jsonl").symlink_to(outside)
    (root / "folder.jsonl").mkdir()
    paths = tuple(map(str, (outside, root / "linked.jsonl", root / "folder.jsonl", *root.rglob("-srv-parcel/*.jsonl"))))
    emission = await soon(KIND.collect(context, Signal(paths=paths)))
    assert decoded(emission.events[0].data) == first
    assert (emission.state_puts, emission.state_deletes) == ((), ())


async def test_a_log_that_may_not_be_read_keeps_what_is_known_and_is_told_of(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = context_at(root)
    first = await collected(context)
    log = root / "-srv-shelf" / f"{D}.jsonl"
    # Root may read anything, so the refusal comes from where the file is opened.
    log.touch()
    taken = os.open

    def refuse(path: Any, *arguments: Any, **more: Any) -> int:
        if os.fsdecode(path) == str(log):
            raise PermissionError(13, "Permission denied")
        return taken(path, *arguments, **more)

    monkeypatch.setattr("posthouse.sources.jsonl.os.open", refuse)
    assert await collected(context) == first
    problems = (await soon(KIND.preview(context))).problems
    assert f"{log} could not be read: Permission denied." in problems


async def test_a_folder_that_may_not_be_read_keeps_what_is_known(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = context_at(root)
    first = await collected(context)
    closed = root / "-srv-shelf"
    taken = os.scandir

    def refuse(path: str) -> Any:
        if path == str(closed):
            raise PermissionError(13, "Permission denied")
        return taken(path)

    if os.geteuid() == 0:
        # Root may list anything, so the refusal comes from where the folder is listed.
        monkeypatch.setattr("posthouse.sources.agent_logs.tree.os.scandir", refuse)
    else:
        closed.chmod(0)
    try:
        assert await collected(context) == first
        assert f"{closed} could not be listed: Permission denied." in (await soon(KIND.preview(context))).problems
    finally:
        closed.chmod(0o700)


async def test_a_root_that_cannot_be_listed_fails_the_read_and_moves_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = context_at(root)
    await collected(context)
    before = dict(context.state.stored)  # type: ignore[attr-defined]

    def refuse(path: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("posthouse.sources.agent_logs.tree.os.scandir", refuse)
    with pytest.raises(OSError, match="could not be listed"):
        await soon(KIND.collect(context, RESCAN))
    assert context.state.stored == before  # type: ignore[attr-defined]


async def test_excluded_folders_and_links_are_not_read(root: Path) -> None:
    (root / "loop").symlink_to(root)
    (root / "-srv-parcel" / "linked.jsonl").symlink_to(root / "-srv-shelf" / f"{D}.jsonl")
    data = await collected(context_at(root, excluded=(root / "-srv-parcel",)))
    assert data is not None
    assert [session["id"] for session in data["sessions"]] == [D]


async def test_a_long_read_tells_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "HOP_BYTES", 100_000)
    content = "".join(prompt("x" * 1_000, second=number) for number in range(100))
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl").write_text(content)
    progress = Progress()
    await collected(context_at(tmp_path, progress=progress))
    assert [done for done, _ in progress] == [len(content), 2 * len(content)]
    assert {total for _, total in progress} == {2 * len(content)}


@pytest.mark.parametrize("choices", CHOICES, ids=lambda one: "-".join(name for name in NAMES if one[name]) or "none")
async def test_a_property_that_is_off_leaves_no_trace(tmp_path: Path, choices: dict[str, bool]) -> None:
    planted = {
        "first_prompt_preview": "planted-prompt",
        "git_branches": "planted-branch",
        "model_distribution": "planted-model",
        "sessions": "/planted-path",
        "cache_efficiency": "cache_efficiency",
    }
    common = {"sessionId": "s1", "timestamp": "2025-12-31T00:00:00.000Z", "cwd": planted["sessions"]}
    common["gitBranch"] = planted["git_branches"]
    usage = {"input_tokens": 10, "output_tokens": 2, "cache_read_input_tokens": 30}
    answer = {"id": "m1", "model": planted["model_distribution"], "content": [], "usage": usage}
    lines = [
        {"type": "user", "uuid": "u1", "message": {"content": planted["first_prompt_preview"]}} | common,
        {"type": "assistant", "uuid": "u2", "message": answer} | common,
    ]
    (tmp_path / "s1.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    context = context_at(tmp_path, properties=choices)
    everything = context_at(tmp_path, properties=dict.fromkeys(NAMES, True))

    preview = await soon(KIND.preview(context))
    emission = await soon(KIND.collect(context, RESCAN))
    whole = await soon(KIND.collect(everything, RESCAN))
    body = json.dumps(KIND.project(decoded(whole.events[0].data), choices))

    is_visible = choices | {
        name: choices["sessions"] and choices[name] for name in ("first_prompt_preview", "git_branches")
    }
    for text in (bytes(emission.events[0].data).decode(), bytes(preview.data).decode(), body):
        assert {name: value in text for name, value in planted.items()} == is_visible
    is_masked = choices["sessions"] and choices["first_prompt_preview"]
    assert preview.sensitive == (("/sessions/0/title", "/sessions/0/first_prompt_preview") if is_masked else ())
    if not choices["first_prompt_preview"]:
        kept = [put.value for put in emission.state_puts] + [repr(preview).encode(), repr(emission).encode()]
        assert not any(planted["first_prompt_preview"].encode() in value for value in kept)
    state = b"".join(put.value for put in emission.state_puts)
    for name in ("sessions", "git_branches", "first_prompt_preview"):
        assert (planted[name].encode() in state) == is_visible[name]


@given(st.sampled_from(CHOICES), st.sampled_from(CHOICES))
def test_projecting_twice_allows_only_what_both_allow(one: dict[str, bool], other: dict[str, bool]) -> None:
    session = {"id": "s", "title": "p", "first_prompt_preview": "p", "git_branch": "b", "model": "m", "models": ["m"]}
    data = {"version": 1, "sessions": [session], "cache_efficiency": 0.5, "model_distribution": [], "summary": {}}
    before = json.dumps(data)
    both = {name: one[name] and other[name] for name in NAMES}
    assert project(project(data, one), other) == project(data, both)
    assert json.dumps(data) == before


async def test_a_summary_is_the_title_even_where_prompts_may_be_shown(root: Path) -> None:
    data = await collected(context_at(root, properties={"first_prompt_preview": True}))
    assert data is not None
    titles = {session["id"]: session["title"] for session in data["sessions"]}
    assert titles == {
        A: "Parcels sorted by weight",
        B: "Sort the parcels by weight",
        C: "Weigh the parcels again, please",
        D: "Label the shelf",
    }
    assert "first_prompt_preview" not in data["sessions"][3]


async def test_a_title_from_a_prompt_is_its_first_120_characters(tmp_path: Path) -> None:
    (tmp_path / "s1.jsonl").write_text(prompt("ä" * 300))
    data = await collected(context_at(tmp_path, properties={"first_prompt_preview": True}))
    assert data is not None
    assert data["sessions"][0]["title"] == "ä" * 120


async def test_switching_previews_off_takes_the_prompts_out_of_the_state(root: Path) -> None:
    state = MemoryState()
    with_prompts = await collected(context_at(root, state=state, properties={"first_prompt_preview": True}))
    assert any(b"Weigh the parcels" in value for value in state.stored.values())
    without = await collected(context_at(root, state=state))
    assert not any(b"Weigh the parcels" in value for value in state.stored.values())
    again = await collected(context_at(root, state=state, properties={"first_prompt_preview": True}))
    assert again == with_prompts != without


async def test_a_preview_shows_what_would_be_sent_and_consumes_nothing(root: Path) -> None:
    context = context_at(root)
    with (root / "-srv-shelf" / f"{D}.jsonl").open("a") as file:
        file.write("\n")
    preview = await soon(KIND.preview(context))
    assert context.state.stored == {}  # type: ignore[attr-defined]
    assert decoded(preview.data) == await collected(context)
    assert preview.found == (
        "4 session(s) of the last 7 day(s), from 6 log file(s). 5 line(s) of other kinds were passed over."
    )
    assert preview.problems == ("4 line(s) made no sense and were skipped.",)


async def test_a_preview_without_logs_says_where_it_looked(tmp_path: Path) -> None:
    preview = await soon(KIND.preview(context_at(tmp_path / "none")))
    assert preview.problems == (f"There are no logs in {tmp_path / 'none'}.",)
    assert decoded(preview.data) == {}


async def test_the_default_root_is_found_when_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = context_for("claude-sessions", {})
    for name, folder in (("HOME", tmp_path / ".claude"), ("CLAUDE_CONFIG_DIR", tmp_path / "elsewhere")):
        monkeypatch.setenv(name, str(tmp_path if name == "HOME" else folder))
        assert str(folder / "projects") in (await soon(KIND.preview(context))).problems[0]


async def _fresh_state(root: Path) -> MemoryState:
    state = MemoryState()
    await collected(context_at(root, state=state))
    return state
