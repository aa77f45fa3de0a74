"""When agents' logs have changed: the signals of every source that reads them."""

from __future__ import annotations

from collections.abc import AsyncIterator

from posthouse.sources.agent_logs.log_reading import F, K, Logs, Memory, R, has_changed
from posthouse.sources.base import Signal, State
from posthouse.sources.watch import watch


async def follow_logs(state: State, logs: Logs[K], memory: Memory[F, R]) -> AsyncIterator[Signal]:
    """One at the start if the logs differ from what was read last, then one per burst of changes."""
    async for changes in watch(logs.roots, excluded=logs.excluded):
        if changes.is_rescan or changes.moved_folders:
            if await has_changed(state, logs, memory):
                yield Signal(is_rescan=True)
        elif paths := tuple(path for path in changes.paths if path.endswith(".jsonl")):
            yield Signal(paths=paths)
