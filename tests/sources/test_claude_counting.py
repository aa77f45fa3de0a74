"""Counting as the logs change: whatever happens to them, the state is what one read of all of it would have made."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posthouse.model.sources import Emission
from posthouse.sources.agent_logs import claude_index, claude_log, log_file, log_reading
from posthouse.sources.agent_logs.claude_log import Keeping, decode_page
from posthouse.sources.agent_logs.claude_reading import MEMORY
from posthouse.sources.agent_logs.claude_sessions import ClaudeSessions
from posthouse.sources.agent_logs.claude_state import TOTALS, DayTotals, Totals, decode
from posthouse.sources.agent_logs.claude_stats import ClaudeStats
from posthouse.sources.agent_logs.claude_totals import Tally, tally
from posthouse.sources.agent_logs.log_reading import Logs, has_changed
from posthouse.sources.agent_logs.log_state import day_of
from posthouse.sources.base import RESCAN, Signal, SnapshotKind, SourceContext
from tests.sources.claude_logs import answer, prompt, summary
from tests.sources.support import MemoryState, context_for, soon

SESSIONS: SnapshotKind = ClaudeSessions()
STATS: SnapshotKind = ClaudeStats()


class Broken(Exception):
    """A commit that failed."""


class Tree:
    """A folder of logs and a source that follows it; `fails_after` breaks a read off after so many commits."""

    def __init__(self, root: Path, kind: str = "claude-sessions") -> None:
        self.root = root
        self.state = MemoryState()
        self.fails_after: int | None = None
        self.failure: type[BaseException] = Broken
        self.commits = 0
        self._kind = kind

    def context(self, state: MemoryState) -> SourceContext:
        """A context whose commits count, and fail where that is asked for."""
        context = context_for(self._kind, {"roots": [str(self.root)], "window_days": 30}, state=state)

        async def emit(emission: Emission) -> None:
            if self.fails_after is not None and self.commits >= self.fails_after:
                raise self.failure
            self.commits += 1
            state.commit(emission)

        return msgspec.structs.replace(context, emit=emit)

    async def read(self, signal: Signal = RESCAN) -> Any:
        """One read, whose state is committed: what it tells."""
        return await self._read(self.state, signal)

    async def whole(self) -> tuple[Any, dict[str, bytes]]:
        """What one read of everything tells, and the state that it makes."""
        fails_after, self.fails_after, state = self.fails_after, None, MemoryState()
        told = await self._read(state, RESCAN)
        self.fails_after = fails_after
        return told, dict(sorted(state.stored.items()))

    async def _read(self, state: MemoryState, signal: Signal) -> Any:
        context = self.context(state)
        emission = await soon((STATS if self._kind == "claude-stats" else SESSIONS).collect(context, signal))
        state.commit(emission)
        return [msgspec.json.decode(event.data) for event in emission.events]


def check_books(stored: dict[str, bytes]) -> None:
    """The sessions are the join over all pages, days and totals the sums over the sessions."""
    pages = [decode_page(value) for key, value in stored.items() if key.startswith(("page:", "open:"))]
    sessions = [decode(value, Tally) for key, value in stored.items() if key.startswith("session:")]
    assert {one.id: one for one in sessions} == {key: one.ordered() for key, one in tally(pages).items()}
    totals, days = Totals(), dict[int, DayTotals]()
    for one in sessions:
        totals.count(one, 1)
        for number, day in one.days.items() if one.is_counted else ():
            if number:
                known = days.setdefault(number, DayTotals())
                known.day, known.sessions = known.day.plus(day), known.sessions + day.is_active
    totals.days_active, totals.first_day = len(days), min(days, default=0)
    assert decode(stored[TOTALS], Totals) == totals if TOTALS in stored else totals == Totals()
    assert {day_of(key): decode(value, DayTotals) for key, value in stored.items() if key.startswith("day:")} == days


def small(pages: int = 3) -> Any:
    """Limits so small that a few lines fill pages, chunks and groups."""
    return patch.multiple(
        claude_log, PAGE_LINES=pages, PAGE_MESSAGES=pages - 1, _LINES_MAX=2 * pages, _SESSIONS_MAX=2, _SUMMARIES_MAX=2
    )


def small_reads() -> Any:
    """Reads cut into many chunks."""
    return (
        patch.multiple(log_reading, CHUNK_BYTES=900, CHANGES_BYTES_MAX=400, GROUP_FILES=2),
        patch.multiple(log_file, STEP_BYTES=300, HOP_BYTES=500),
        patch.object(claude_index, "AT_ONCE", 1),
    )


_ticks = count(1_767_000_000_000_000_000, 1_000_000)
_ids = st.integers(0, 14).map(lambda number: f"u{number}")
_sessions = st.sampled_from(["s1", "s2", "s3", "s4", "s5", "s6"])
_minutes = st.one_of(st.integers(0, 4_000), st.none())
_origins = st.sampled_from([None, None, None, "s1", "s2"])
_prompts = st.builds(
    lambda uuid, minute, session, origin: prompt(
        uuid, minute, f"prompt {uuid}", session=session, cwd=f"/{uuid}", gitBranch=uuid, requestSessionId=origin
    ),
    _ids, _minutes, _sessions, _origins,
)  # fmt: skip
_answers = st.builds(
    lambda uuid, minute, session, message, tokens, tools: answer(
        uuid, minute, session=session, message=message, model=message or "none", tokens=(tokens, 9 - tokens, 1, 0),
        tools=tools,
    ),
    _ids, _minutes, _sessions,
    st.sampled_from(["m1", "m2", "m3", "m4", "m5", "m6", None]),
    st.integers(0, 9),
    st.sampled_from([(), ("t1",), ("t1", "t2")]),
)  # fmt: skip
_fresh = st.integers(0, 10**9).map(lambda number: prompt(f"new-{number}", number % 3_000, session=f"s{number % 9}"))
_summaries = st.builds(summary, st.sampled_from(["one", "two", "three"]), _ids)
_lines = st.lists(st.one_of(_prompts, _answers, _fresh, _fresh, _summaries, st.just(b"{\n")), max_size=8).map(b"".join)
_names = st.sampled_from(["s1.jsonl", "s2.jsonl", "deep/s3.jsonl", "s1/subagents/agent-1.jsonl"])
_deeds = st.one_of(
    st.tuples(st.just("append"), _names, _lines),
    st.tuples(st.just("append"), _names, _lines),
    st.tuples(st.sampled_from(["rewrite", "truncate", "delete", "tear"]), _names, _lines),
)


def do(root: Path, deed: str, name: str, content: bytes) -> str:
    """Change a log; its path."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_bytes() if path.exists() else b""
    match deed:
        case "append":
            with path.open("ab") as file:
                file.write(content)
        case "tear":
            with path.open("ab") as file:
                file.write(content[: len(content) * 2 // 3])
        case "rewrite":
            path.write_bytes(content)
        case "truncate":
            path.write_bytes(before[: len(before) // 2])
        case _:
            path.unlink(missing_ok=True)
            return str(path)
    # What is written twice within one tick of the system's clock bears one time, and looks unchanged at the same size.
    os.utime(path, ns=(tick := next(_ticks), tick))
    return str(path)


@settings(max_examples=200)
@given(
    st.lists(st.lists(_deeds, min_size=1, max_size=3), min_size=1, max_size=7),
    st.booleans(),
    st.sampled_from(["claude-sessions", "claude-stats"]),
    st.sampled_from([3, 100]),
)
async def test_whatever_happens_to_the_logs_the_state_is_that_of_one_whole_read(
    rounds: list[list[tuple[str, str, bytes]]], is_told: bool, kind: str, pages: int
) -> None:
    with TemporaryDirectory() as folder, small(pages):
        tree = Tree(Path(folder), kind)
        for deeds in rounds:
            paths = tuple(do(tree.root, *deed) for deed in deeds)
            told = await tree.read(Signal(paths=paths) if is_told else RESCAN)
            whole, stored = await tree.whole()
            assert told == whole
            check_books(tree.state.stored)
            assert dict(sorted(tree.state.stored.items())) == stored


@settings(max_examples=100)
@given(
    st.lists(st.tuples(_names, _lines), min_size=1, max_size=6),
    st.lists(_deeds, max_size=4),
    st.integers(0, 12),
    st.sampled_from([Broken, asyncio.CancelledError]),
)
async def test_a_read_that_breaks_off_after_any_commit_is_gone_on_with(
    logs: Sequence[tuple[str, bytes]],
    deeds: Sequence[tuple[str, str, bytes]],
    fails_after: int,
    failure: type[BaseException],
) -> None:
    one, two, three = small_reads()
    with TemporaryDirectory() as folder, small(), one, two, three:
        tree = Tree(Path(folder))
        for name, content in logs:
            do(tree.root, "append", name, content)
        tree.fails_after, tree.failure = fails_after, failure
        for deed in [("append", "s1.jsonl", b""), *deeds]:
            do(tree.root, *deed)
            try:
                await tree.read()
            except failure:
                tree.commits = 0
        tree.fails_after = None
        told = await tree.read()
        whole, stored = await tree.whole()
        assert told == whole
        check_books(tree.state.stored)
        assert dict(sorted(tree.state.stored.items())) == stored


async def test_a_session_that_shares_lines_and_goes_on_hands_them_over_to_the_one_that_now_ended_first(
    tmp_path: Path,
) -> None:
    with small():
        tree = Tree(tmp_path)
        for session, minute in (("s1", 10), ("s2", 20)):
            lines = [prompt("shared", 5, session=session)]
            lines += [prompt(f"{session}-{number}", minute, session=session) for number in range(7)]
            do(tmp_path, "append", f"{session}.jsonl", b"".join(lines))
        assert counts(await tree.read()) == {"s1": 8, "s2": 7}
        path = do(tmp_path, "append", "s1.jsonl", prompt("later", 30, session="s1"))
        told = await tree.read(Signal(paths=(path,)))
        assert counts(told) == {"s1": 8, "s2": 8}
        assert (told, dict(sorted(tree.state.stored.items()))) == await tree.whole()


@pytest.mark.parametrize("gone", ["s1", "s2", "s3"])
async def test_what_three_logs_share_is_still_counted_once_when_any_of_them_is_gone(tmp_path: Path, gone: str) -> None:
    tree = Tree(tmp_path)
    for session, minute in (("s1", 10), ("s2", 20), ("s3", 30)):
        shared = prompt("shared", 5, session=session)
        do(tmp_path, "append", f"{session}.jsonl", shared + prompt(f"own-{session}", minute, session=session))
    assert counts(await tree.read()) == {"s1": 2, "s2": 1, "s3": 1}
    do(tmp_path, "delete", f"{gone}.jsonl", b"")
    told = await tree.read()
    assert sorted(counts(told).values()) == [1, 2]
    assert (told, dict(sorted(tree.state.stored.items()))) == await tree.whole()


async def test_a_line_repeated_in_one_page_with_other_facts_is_counted_as_one_read_would(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    do(tmp_path, "append", "s1.jsonl", prompt("u1", 60) + prompt("u2", 70))
    await tree.read()
    do(tmp_path, "append", "s1.jsonl", prompt("u2", 65))
    told = await tree.read()
    assert told[0]["sessions"][0]["end_time"] == "2025-12-30T01:05:00.000Z"
    assert (told, dict(sorted(tree.state.stored.items()))) == await tree.whole()


async def test_what_was_read_but_not_told_is_signalled_at_the_next_start(tmp_path: Path) -> None:
    do(tmp_path, "append", "s1.jsonl", prompt("u1", 60))
    tree = Tree(tmp_path)
    logs = Logs(roots=(tmp_path,), excluded=(), keeps=Keeping())
    with patch.object(log_reading, "CHUNK_BYTES", 1):
        # The process ends after the last chunk is durable, and before the event is.
        await soon(SESSIONS.collect(tree.context(tree.state), RESCAN))
    assert tree.commits > 0
    assert await has_changed(tree.state, logs, MEMORY)
    assert await tree.read()
    assert not await has_changed(tree.state, logs, MEMORY)


def counts(told: Any) -> dict[str, int]:
    """How many prompts each session has."""
    return {one["id"]: one["message_count"] for one in told[0]["sessions"]}
