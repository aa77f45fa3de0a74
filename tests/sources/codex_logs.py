"""Codex's session logs for tests: lines as the program writes them, and a listener that is told what comes of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from posthouse.model.agents import Report, ReportKind
from posthouse.model.ids import DEFAULT_PROJECT, SourceId
from posthouse.model.sources import Emission, Source, StateKey, StatePut
from posthouse.sources.agents.codex_logs import CodexLogs
from posthouse.sources.agents.settings import AgentsSettings
from posthouse.sources.base import SourceContext
from posthouse.system.clock import Clock
from tests.clock import ManualClock
from tests.sources.support import DEADLINE_S, MemoryState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SESSION = "01a203c6-3592-7510-b1cb-d10faf1413ff"


def line(at: int, kind: str, **payload: Any) -> bytes:
    """One line, written at this instant (Unix milliseconds)."""
    moment = datetime.fromtimestamp(at / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"timestamp": moment, "type": kind, "payload": payload}).encode() + b"\n"


def event(at: int, kind: str, **payload: Any) -> bytes:
    """A line of the kind that most are of."""
    return line(at, "event_msg", type=kind, **payload)


def meta(at: int, session: str = SESSION, **more: Any) -> bytes:
    """A log's first line."""
    return line(at, "session_meta", id=session, timestamp=None, cwd="/srv/parcels", cli_version="0.169.0", **more)


def name_of(session: str = SESSION) -> str:
    """What the log of a session is called."""
    return f"rollout-2026-11-22T15-00-51-{session}.jsonl"


class Heard:
    """What a listener told, and the state that went with it."""

    def __init__(self, state: MemoryState) -> None:
        self.reports: list[Report] = []
        self.state = state
        self.tells = 0
        self.fails = False
        self.task: asyncio.Future[None] | None = None
        self._told = asyncio.Event()

    async def tell(
        self, reports: Sequence[Report], *, state_puts: Sequence[StatePut] = (), state_deletes: Sequence[StateKey] = ()
    ) -> None:
        """As the source does it: both are committed together, or neither."""
        if self.fails:
            raise OSError("no space")
        self.tells += 1
        self.reports.extend(reports)
        self.state.commit(Emission(state_puts=tuple(state_puts), state_deletes=tuple(state_deletes)))
        self._told.set()

    async def until(self, kind: ReportKind, count: int = 1) -> None:
        """Wait until so many reports of this kind were told."""
        async with asyncio.timeout(DEADLINE_S):
            while sum(report.kind is kind for report in self.reports) < count:
                self._told.clear()
                await self._told.wait()

    async def until_told(self, tells: int) -> None:
        """Wait until something was told so often."""
        async with asyncio.timeout(DEADLINE_S):
            while self.tells < tells:
                self._told.clear()
                await self._told.wait()

    async def ended(self) -> None:
        """Wait until the listener has ended by itself."""
        assert self.task is not None
        async with asyncio.timeout(DEADLINE_S):
            await asyncio.wait([self.task])

    def kinds(self, agent: str = "") -> list[str]:
        """What was reported, of one agent or of all."""
        return [report.kind.value for report in self.reports if agent in ("", report.agent_id)]


@asynccontextmanager
async def listening(
    home: Path,
    state: MemoryState,
    *,
    clock: Clock | None = None,
    listener: CodexLogs | None = None,
    silence_s: float = 21_600,
) -> AsyncIterator[Heard]:
    """A listener on this folder of Codex for as long as the block runs. What ends it early is raised at the end."""
    settings = AgentsSettings(codex_home=str(home), silence_s=silence_s)
    heard = Heard(state)
    context = _context(settings, state, clock or ManualClock())
    task = asyncio.ensure_future((listener or CodexLogs()).listen(context, settings, heard.tell))
    heard.task = task
    try:
        yield heard
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _context(settings: AgentsSettings, state: MemoryState, clock: Clock) -> SourceContext:
    source = Source(
        id=SourceId(1),
        project_id=DEFAULT_PROJECT,
        kind="agents",
        name="agents",
        settings=msgspec.Raw(msgspec.json.encode(settings)),
        is_enabled=True,
    )

    async def emit(emission: Emission) -> None:
        raise AssertionError(f"a listener emits nothing by itself: {emission}")

    return SourceContext(
        source=source, state=state, clock=clock, emit=emit, progress=lambda done, total: None, excluded=()
    )
