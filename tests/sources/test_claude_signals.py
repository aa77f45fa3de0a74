"""When the sources that read Claude Code's logs say that something changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from posthouse.sources.agent_logs import log_following, log_reading
from posthouse.sources.agent_logs.claude_sessions import ClaudeSessions
from posthouse.sources.base import RESCAN, Signal, SnapshotKind, SourceContext
from tests.sources.claude_logs import prompt
from tests.sources.support import context_for, soon

KIND: SnapshotKind = ClaudeSessions()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with one log."""
    root = tmp_path / "projects"
    root.mkdir()
    (root / "s1.jsonl").write_bytes(prompt("u1", 1))
    return root


def context_at(root: Path) -> SourceContext:
    """A context that reads this root."""
    return context_for("claude-sessions", {"roots": [str(root)]})


async def collected(context: SourceContext) -> Any:
    """The event of one read, whose state is committed; None where there was none."""
    emission = await soon(KIND.collect(context, RESCAN))
    context.state.commit(emission)  # type: ignore[attr-defined]
    return emission.events[0] if emission.events else None


async def next_signal(signals: AsyncIterator[Signal]) -> Signal:
    """The next one, within the deadline."""
    signal = await soon(anext(signals))
    assert isinstance(signal, Signal)
    return signal


async def test_logs_that_changed_while_nobody_looked_are_signalled_at_the_start(root: Path) -> None:
    context = context_at(root)
    async with aclosing(KIND.signals(context)) as signals:  # type: ignore[type-var]
        assert await next_signal(signals) == RESCAN


async def test_after_a_read_only_a_change_is_signalled(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = context_at(root)
    await collected(context)
    log = root / "-srv-new" / "deep" / "new.jsonl"
    looked = asyncio.Event()
    answers: list[bool] = []

    async def look(*arguments: Any, **more: Any) -> bool:
        answers.append(await log_reading.has_changed(*arguments, **more))
        looked.set()
        return answers[-1]

    monkeypatch.setattr(log_following, "has_changed", look)
    async with aclosing(KIND.signals(context)) as signals:  # type: ignore[type-var]
        signalled = begun(next_signal(signals))
        await soon(looked.wait())
        assert answers == [False]
        log.parent.mkdir(parents=True)
        log.write_bytes(prompt("new", 2))
        assert await signalled == Signal(paths=(str(log),))


async def test_a_root_that_appears_and_a_log_that_vanishes_are_signalled(tmp_path: Path) -> None:
    root = tmp_path / "a" / "projects"
    context = context_at(root)
    async with aclosing(KIND.signals(context)) as signals:  # type: ignore[type-var]
        first = begun(next_signal(signals))
        root.mkdir(parents=True)
        (root / "s1.jsonl").write_bytes(prompt("one", 2))
        await first
        assert await collected(context) is not None
        (root / "s1.jsonl").unlink()
        await next_signal(signals)
        assert await collected(context) is None


def begun(awaitable: Any) -> Any:
    """Begin to wait now; the caller awaits the result."""
    return asyncio.ensure_future(awaitable)


async def test_a_folder_that_is_moved_away_asks_for_a_rescan(root: Path, tmp_path: Path) -> None:
    folder = root / "-srv-moved"
    folder.mkdir()
    (folder / "s2.jsonl").write_bytes(prompt("u2", 2, session="s2"))
    context = context_at(root)
    async with aclosing(KIND.signals(context)) as signals:  # type: ignore[type-var]
        assert await next_signal(signals) == RESCAN
        await collected(context)
        folder.rename(tmp_path / "elsewhere")
        assert await next_signal(signals) == RESCAN
        assert b"s2" not in bytes((await collected(context)).data)
