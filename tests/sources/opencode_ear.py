"""An OpenCode listener at work in a test, and all that it tells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

from posthouse.model.agents import Report, ReportKind
from posthouse.model.sources import Emission, StateKey, StatePut
from posthouse.sources.addresses import Headers
from posthouse.sources.agents.opencode import OpenCode
from posthouse.sources.agents.settings import AgentsSettings
from posthouse.system.clock import Clock
from tests.clock import ManualClock
from tests.sources.support import MemoryState, context_for

DEADLINE_S = 60.0


class Ear:
    """What was told, in order, and how long it was waited between connections. Waits end at once."""

    def __init__(self, state: MemoryState | None = None, clock: Clock | None = None) -> None:
        self.state = state or MemoryState()
        self.clock = clock or ManualClock()
        self.reports: list[Report] = []
        self.waits: list[float] = []
        self._moved = asyncio.Condition()

    @property
    def kinds(self) -> list[ReportKind]:
        """The kinds of all reports."""
        return [report.kind for report in self.reports]

    def of(self, kind: ReportKind) -> list[Report]:
        """The reports of one kind."""
        return [report for report in self.reports if report.kind is kind]

    async def until(self, check: Callable[[], object]) -> None:
        """Return when the check holds; looked at whenever something was told or waited for."""
        async with asyncio.timeout(DEADLINE_S), self._moved:
            await self._moved.wait_for(check)

    async def tell(
        self, reports: Sequence[Report], *, state_puts: Sequence[StatePut] = (), state_deletes: Sequence[StateKey] = ()
    ) -> None:
        """Satisfies `posthouse.sources.agents.hearing.Tell`."""
        self.state.commit(Emission(state_puts=tuple(state_puts), state_deletes=tuple(state_deletes)))
        async with self._moved:
            self.reports += reports
            self._moved.notify_all()

    async def sleep(self, seconds: float) -> None:
        """The listener's wait."""
        async with self._moved:
            self.waits.append(seconds)
            self._moved.notify_all()
        await asyncio.sleep(0)


@asynccontextmanager
async def listening(
    *urls: str,
    state: MemoryState | None = None,
    clock: Clock | None = None,
    silence_s: float = 21_600.0,
    headers: Mapping[str, Headers] | None = None,
) -> AsyncIterator[Ear]:
    """The listener on these addresses for as long as the block runs. Raises what ended it before that."""
    ear = Ear(state, clock)
    context = context_for("ingest", {}, state=ear.state, clock=ear.clock)
    settings = AgentsSettings(opencode_urls=urls, silence_s=silence_s)
    task = asyncio.create_task(OpenCode(headers=headers, sleep=ear.sleep).listen(context, settings, ear.tell))
    try:
        yield ear
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
