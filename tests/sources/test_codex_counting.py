"""Counting Codex's logs as they change: always what a plain recount of all of them gives, and one whole read."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posthouse.model.sources import Emission
from posthouse.sources.agent_logs import codex_log, log_file, log_reading
from posthouse.sources.agent_logs.codex_log import Keeping
from posthouse.sources.agent_logs.codex_reading import MEMORY
from posthouse.sources.agent_logs.log_reading import Logs, has_changed
from posthouse.sources.base import RESCAN, Signal, SnapshotKind, SourceContext, source_kind
from tests.clock import ManualClock
from tests.sources.codex_logs import event, line
from tests.sources.codex_recount import FIELDS, recount
from tests.sources.support import MemoryState, context_for, soon

NOW = ManualClock().now()
DAY = 86_400_000
START = NOW - 3 * DAY


class Broken(Exception):
    """A commit that failed."""


class Tree:
    """A folder of logs and a source that follows it; `fails_after` breaks a read off after so many commits."""

    def __init__(self, root: Path, kind: str = "codex-sessions") -> None:
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

    async def check(self, told: Any) -> None:
        """What was told is what a plain recount gives, and the state is that of one whole read."""
        self.fails_after = None
        state = MemoryState()
        assert told == await self._read(state, RESCAN)
        assert dict(sorted(self.state.stored.items())) == dict(sorted(state.stored.items()))
        logs = {str(path): path.read_bytes() for path in sorted(self.root.rglob("*.jsonl"))}
        sessions, days = recount(logs)
        if self._kind == "codex-sessions":
            assert sessions_told(told) == sessions
        elif sessions:
            (data,) = told
            assert days_told(data) == {date: used for date, used in days.items() if date < "2026-01-01"}
        else:
            assert told == []

    async def _read(self, state: MemoryState, signal: Signal) -> Any:
        kind = cast("SnapshotKind", source_kind(self._kind))
        emission = await soon(kind.collect(self.context(state), signal))
        state.commit(emission)
        return [msgspec.json.decode(event.data) for event in emission.events]


def sessions_told(told: Any) -> dict[str, Any]:
    """The sessions of a payload by their id, as far as a recount tells of them."""
    names = ("message_count", "tokens", "session_span_seconds", "agentic_seconds")
    return {
        one["id"]: {"start": at_of(one["start_time"]), "end": at_of(one["end_time"])}
        | {name: one[name] for name in names}
        for data in told
        for one in data["sessions"]
    }


def days_told(data: Any) -> dict[str, tuple[int, ...]]:
    """The days of a payload on which anything was used."""
    names = ("input", "cached_input", "output", "reasoning_output")
    assert len(data["metrics"]) == 30
    days = {one["period_from"][:10]: tuple(one["tags"][name] for name in names) for one in data["metrics"]}
    return {date: used for date, used in days.items() if any(used)}


def at_of(moment: str) -> int:
    """Unix milliseconds."""
    return round(datetime.fromisoformat(moment).astimezone(UTC).timestamp() * 1_000)


def begun(at: int, session: str) -> bytes:
    """A log's first line."""
    return line(START + at, "session_meta", id=session, cwd=f"/srv/{session}", git={"branch": "main"})


def used(at: int, counts: Sequence[int]) -> bytes:
    """What the session has used so far."""
    info = {"total_token_usage": dict(zip(FIELDS, counts, strict=True))}
    return event(START + at, "token_count", info=info)


def asked(at: int) -> bytes:
    """What a person asked."""
    return event(START + at, "user_message", message=f"Sort the parcels of {at}")


def small() -> Any:
    """Pages so small that a few lines fill them."""
    return patch.multiple(codex_log, PAGE_SNAPSHOTS=3, PAGE_PROMPTS=2)


def small_reads() -> Any:
    """Reads cut into many chunks."""
    return (
        patch.multiple(log_reading, CHUNK_BYTES=900, CHANGES_BYTES_MAX=400, GROUP_FILES=2),
        patch.multiple(log_file, STEP_BYTES=300, HOP_BYTES=500),
    )


_ticks = count(1_767_000_000_000_000_000, 1_000_000)
# Seconds apart or hours, over four days of which the last is today.
_instants = st.one_of(st.integers(0, 4 * 86_400), st.integers(0, 400).map(lambda step: step * 60)).map(
    lambda seconds: seconds * 1_000 + seconds % 7
)
_sessions = st.sampled_from(["s1", "s2", "s3"])
_begun = st.builds(begun, _instants, _sessions)
_used = st.builds(used, _instants, st.tuples(*[st.integers(0, 40)] * 4))
_steady = st.integers(0, 300).map(lambda step: used(step * 200_000, (step * 10, step * 4, step * 3, step)))
_others = st.one_of(
    st.builds(asked, _instants),
    _instants.map(lambda at: event(START + at, "token_count", info=None)),
    _instants.map(lambda at: line(START + at, "turn_context", model=f"gpt-{at % 3}")),
    _instants.map(lambda at: line(START + at, "response_item", type="message", role="user")),
    st.just(b"{\n"),
)
_lines = st.lists(st.one_of(_used, _steady, _steady, _others, _begun), max_size=8).map(b"".join)
_logs = st.builds(lambda first, more: first + more, _begun, _lines)
_names = st.sampled_from(["2025/12/30/rollout-1.jsonl", "2025/12/31/rollout-2.jsonl", "rollout-3.jsonl", "a/b.jsonl"])
_deeds = st.one_of(
    st.tuples(st.just("append"), _names, _lines),
    st.tuples(st.just("append"), _names, _logs),
    st.tuples(st.just("tear"), _names, _logs),
    st.tuples(st.sampled_from(["rewrite", "truncate", "delete", "copy", "move"]), _names, _logs),
)


def do(root: Path, deed: str, name: str, content: bytes) -> list[str]:
    """Change a log; the paths at which something is another than before."""
    path, other = root / name, root / "archived" / Path(name).name
    for one in (path, other):
        one.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_bytes() if path.exists() else b""
    match deed:
        case "append":
            path.write_bytes(before + content)
        case "tear":
            path.write_bytes(before + content[: len(content) * 2 // 3])
        case "rewrite":
            path.write_bytes(content)
        case "truncate":
            path.write_bytes(before[: len(before) // 2])
        case "copy":
            other.write_bytes(before)
        case "move":
            other.write_bytes(before)
            path.unlink(missing_ok=True)
        case _:
            path.unlink(missing_ok=True)
    # What is written twice within one tick of the system's clock bears one time, and looks unchanged at the same size.
    for one in (path, other):
        if one.exists():
            os.utime(one, ns=(tick := next(_ticks), tick))
    return [str(path), str(other)]


@settings(max_examples=200)
@given(
    st.lists(st.lists(_deeds, min_size=1, max_size=3), min_size=1, max_size=7),
    st.booleans(),
    st.sampled_from(["codex-sessions", "codex-stats"]),
)
async def test_whatever_happens_to_the_logs_what_is_told_is_a_plain_recount(
    rounds: list[list[tuple[str, str, bytes]]], is_told: bool, kind: str
) -> None:
    with TemporaryDirectory() as folder, small():
        tree = Tree(Path(folder), kind)
        for deeds in rounds:
            paths = tuple(path for deed in deeds for path in do(tree.root, *deed))
            await tree.check(await tree.read(Signal(paths=paths) if is_told else RESCAN))


@settings(max_examples=100)
@given(_logs, _logs, st.lists(st.integers(0, 2_000), max_size=6), st.booleans())
async def test_any_cutting_of_appends_gives_what_one_read_gives(
    log: bytes, other: bytes, cuts: list[int], is_shared: bool
) -> None:
    with TemporaryDirectory() as folder, small():
        tree = Tree(Path(folder))
        (tree.root / "other.jsonl").write_bytes(other if not is_shared else log)
        for end in [*sorted(cuts), len(log)]:
            (tree.root / "log.jsonl").write_bytes(log[:end])
            os.utime(tree.root / "log.jsonl", ns=(tick := next(_ticks), tick))
            told = await tree.read(Signal(paths=tuple(map(str, tree.root.glob("*.jsonl")))))
        await tree.check(told)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(_names, _logs), min_size=1, max_size=6),
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
    one, two = small_reads()
    with TemporaryDirectory() as folder, small(), one, two:
        tree = Tree(Path(folder))
        for name, content in logs:
            do(tree.root, "append", name, content)
        tree.fails_after, tree.failure = fails_after, failure
        for deed in [("append", "a/b.jsonl", b""), *deeds]:
            do(tree.root, *deed)
            try:
                await tree.read()
            except failure:
                tree.commits = 0
        tree.fails_after = None
        await tree.check(await tree.read())


async def test_what_was_read_but_not_told_is_signalled_at_the_next_start(tmp_path: Path) -> None:
    do(tmp_path, "append", "s1.jsonl", begun(1, "s1") + asked(2))
    tree = Tree(tmp_path)
    logs = Logs(roots=(tmp_path,), excluded=(), keeps=Keeping())
    with patch.object(log_reading, "CHUNK_BYTES", 1):
        # The process ends after the last chunk is durable, and before the event is.
        kind = cast("SnapshotKind", source_kind("codex-sessions"))
        await soon(kind.collect(tree.context(tree.state), RESCAN))
    assert tree.commits > 0
    assert await has_changed(tree.state, logs, MEMORY)
    assert await tree.read()
    assert not await has_changed(tree.state, logs, MEMORY)


async def test_an_append_costs_a_few_small_values_however_long_the_log_is(tmp_path: Path) -> None:
    tree, log = Tree(tmp_path), tmp_path / "log.jsonl"
    counted = [used(step * 1_000, (step, 0, step, 0)) for step in range(5_000)]
    log.write_bytes(begun(0, "s1") + b"".join(counted))
    await tree.read()
    assert sum(key.startswith("page:") for key in tree.state.stored) == 24
    with log.open("ab") as file:
        file.write(used(5_000_000, (6_000, 0, 6_000, 0)))
    kind = cast("SnapshotKind", source_kind("codex-sessions"))
    emission = await soon(kind.collect(tree.context(tree.state), Signal(paths=(str(log),))))
    assert sorted(put.key.partition(":")[0] for put in emission.state_puts) == [
        "day",
        "file",
        "open",
        "page",
        "session",
    ]
    assert sum(len(put.value) for put in emission.state_puts) < 10_000
    assert emission.state_deletes == ()


async def test_state_that_is_broken_is_dropped_and_made_anew(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    for name in ("one", "two"):
        do(tmp_path, "append", f"{name}.jsonl", begun(1, "s1") + used(2, (1, 1, 1, 1)))
    first = await tree.read()
    for prefix in ("open:", "file:", "members:", "session:", "reader"):
        for key in [key for key in tree.state.stored if key.startswith(prefix)]:
            tree.state.stored[key] = b"\xc1"
        do(tmp_path, "append", "one.jsonl", b"")
        assert await tree.read() == first, prefix
        await tree.check(first)


@pytest.mark.parametrize("kind", ["codex-sessions", "codex-stats"])
async def test_deleted_logs_leave_neither_sessions_nor_state(tmp_path: Path, kind: str) -> None:
    tree = Tree(tmp_path, kind)
    limits = {"primary": {"used_percent": 1.0}}
    lines = begun(1, "s1") + asked(2) + event(START + 3, "token_count", info=None, rate_limits=limits)
    do(tmp_path, "append", "one.jsonl", lines)
    assert await tree.read()
    do(tmp_path, "delete", "one.jsonl", b"")
    assert await tree.read() == []
    assert tree.state.stored == {}
