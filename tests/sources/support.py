"""What the tests of sources share: state that lives in memory and takes emissions, and a context around it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from posthouse.model.ids import DEFAULT_PROJECT, SourceId
from posthouse.model.sources import Emission, Scope, Source
from posthouse.sources.base import Followed, SourceContext, follow_nothing, source_kind
from posthouse.system.clock import Clock
from posthouse.system.idle.presence import Presence
from tests.clock import ManualClock
from tests.sources.desk import Desk

LOGS = Path(__file__).parent / "logs" / "projects"
DEADLINE_S = 20.0
MACHINE = "here"

Follow = Callable[[str, int], AsyncIterator[tuple[Followed, ...]]]


class MemoryState:
    """Satisfies `posthouse.sources.base.State`; `commit` does what the ledger would with an emission's state."""

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}

    async def get(self, key: str, *, scope: Scope = Scope.MACHINE) -> bytes | None:
        return self.stored.get(key)

    async def get_many(self, keys: Sequence[str], *, scope: Scope = Scope.MACHINE) -> dict[str, bytes]:
        return {key: self.stored[key] for key in keys if key in self.stored}

    async def items(self, prefix: str, *, scope: Scope = Scope.MACHINE) -> dict[str, bytes]:
        return {key: value for key, value in sorted(self.stored.items()) if key.startswith(prefix)}

    async def between(self, first: str, end: str, *, scope: Scope = Scope.MACHINE) -> dict[str, bytes]:
        return {key: value for key, value in sorted(self.stored.items()) if first <= key < end}

    def commit(self, emission: Emission) -> None:
        for key in emission.state_deletes:
            self.stored.pop(key.key, None)
        for put in emission.state_puts:
            assert len(put.value) <= 1024 * 1024
            self.stored[put.key] = put.value


class Progress(list[tuple[int, int]]):
    """Records what was told of long reads."""

    def __call__(self, done: int, total: int) -> None:
        self.append((done, total))


def context_for(
    kind: str,
    settings: dict[str, Any],
    *,
    state: MemoryState | None = None,
    properties: dict[str, bool] | None = None,
    clock: Clock | None = None,
    excluded: tuple[Path, ...] = (),
    progress: Progress | None = None,
    emitted: list[Emission] | None = None,
    quiet_s: float = 0.0,
    cap_s: float = 0.0,
    may_run_programs: bool = False,
    spool: Path | None = None,
    follow: Follow = follow_nothing,
    presence: Presence | None = None,
    folder: Path | None = None,
) -> SourceContext:
    """A context as the collection would make it. `emitted` takes what is emitted, and the state what it holds."""
    source = Source(
        id=SourceId(1),
        project_id=DEFAULT_PROJECT,
        kind=kind,
        name=kind,
        settings=source_kind(kind).parse(settings),
        properties=properties or {},
        is_enabled=True,
    )
    memory = MemoryState() if state is None else state
    clock = clock or ManualClock()

    async def emit(emission: Emission) -> None:
        assert emitted is not None, "nothing was to be emitted"
        memory.commit(emission)
        emitted.append(emission)

    return SourceContext(
        source=source,
        state=memory,
        clock=clock,
        emit=emit,
        progress=Progress() if progress is None else progress,
        excluded=excluded,
        quiet_s=quiet_s,
        cap_s=cap_s,
        may_run_programs=may_run_programs,
        machine=MACHINE,
        spool=spool,
        follow=follow,
        presence=presence or Desk(clock),
        programs_allowed=lambda: may_run_programs,
        folder=folder,
    )


def decoded(raw: msgspec.Raw) -> Any:
    """The JSON inside."""
    return msgspec.json.decode(raw)


async def soon(awaitable: Any) -> Any:
    """The result, within the deadline."""
    async with asyncio.timeout(DEADLINE_S):
        return await awaitable
