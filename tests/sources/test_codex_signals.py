"""When the sources that read Codex's logs say that something changed."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest

from posthouse.sources.agent_logs.codex_sessions import CodexSessions
from posthouse.sources.base import RESCAN, Signal, SnapshotKind
from tests.sources.support import MemoryState, context_for, soon
from tests.sources.test_codex_sessions import asked, begun

KIND: SnapshotKind = CodexSessions()


async def test_changes_while_nobody_looked_and_later_ones_are_signalled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEX_HOME", str(tmp_path))
    log = tmp_path / "sessions" / "2025" / "one.jsonl"
    log.parent.mkdir(parents=True)
    log.write_bytes(begun(0) + asked(1))
    state = MemoryState()
    context = context_for("codex-sessions", {}, state=state)
    async with aclosing(KIND.signals(context)) as signals:  # type: ignore[type-var]
        assert await soon(anext(signals)) == RESCAN
        state.commit(await soon(KIND.collect(context, RESCAN)))
        later = asyncio.ensure_future(soon(anext(signals)))
        archived = tmp_path / "archived_sessions" / "one.jsonl"
        archived.parent.mkdir()
        log.rename(archived)
        signal = await later
        assert signal == RESCAN or set(signal.paths) <= {str(log), str(archived)}
        state.commit(await soon(KIND.collect(context, RESCAN)))
    async with aclosing(KIND.signals(context)) as signals:  # type: ignore[type-var]
        later = asyncio.ensure_future(soon(anext(signals)))
        with archived.open("ab") as file:
            file.write(asked(2))
        assert await later in (RESCAN, Signal(paths=(str(archived),)))
