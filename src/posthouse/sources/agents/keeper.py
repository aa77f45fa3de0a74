"""The keeper of the board: reports go in, in order; the board's new state, its events and its updates go out together.

What always holds: the board in memory is the one in the ledger. A commit that failed changes neither; one that was
under way when its caller was cancelled is waited for. What the owner does not let out is dropped before the board.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from urllib.parse import quote

import msgspec

from posthouse.model.agents import Agent, Report, Told
from posthouse.model.ids import Millis
from posthouse.model.sources import Emission, StateKey, StatePut
from posthouse.rules.agents import AgentKey, Board, BoardPolicy, Tick, key_of, next_tick_at, step
from posthouse.sources.agents.settings import AgentsSettings
from posthouse.sources.agents.telling import MESSAGES, TITLES, draft_of, updates_of
from posthouse.sources.base import SourceContext
from posthouse.system.logging import get_log

AGENT = "agent/"
"""How the keys of state begin under which agents lie, one each."""

TIMER_S_MAX = 900.0
"""Looked at afresh after this long while an agent is on the board: timers stand still while a machine sleeps."""

GRACE_S = 60.0
"""So long after a start nobody counts as silent: what was said while nothing listened is still being read."""

_log = get_log(__name__)


async def load_board(context: SourceContext) -> Board:
    """The board as the ledger has it. What cannot be read (of a later version) is left out."""
    found = agents_of(await context.state.items(AGENT), has_titles=context.allows(TITLES))
    return Board({key_of(agent): agent for agent in found})


def agents_of(state: Mapping[str, bytes], *, has_titles: bool) -> list[Agent]:
    """The agents that lie in the source's state under `AGENT`, without titles where they are not allowed."""
    agents = []
    for key, value in state.items():
        try:
            agent = msgspec.json.decode(value, type=Agent)
        except msgspec.MsgspecError:
            _log.warning("an agent on the board could not be read", key=key)
            continue
        agents.append(agent if has_titles else msgspec.structs.replace(agent, title=""))
    return agents


class Keeper:
    """The board at work. Made with the board as it was loaded."""

    def __init__(self, context: SourceContext, settings: AgentsSettings, board: Board) -> None:
        self._context = context
        self._policy = BoardPolicy(silence_s=settings.silence_s)
        self._board = board
        self._one_at_a_time = asyncio.Lock()
        self._moved = asyncio.Event()

    async def tell(
        self,
        reports: Sequence[Report],
        *,
        state_puts: Sequence[StatePut] = (),
        state_deletes: Sequence[StateKey] = (),
        hops: int = 0,
    ) -> None:
        """Take reports in their order; returns after the commit. Raises what the commit raises."""
        async with self._one_at_a_time:
            now = self._context.clock.now()
            board, told = self._board, list[Told]()
            for report in reports:
                board, more = step(board, self._admissible(report), now, self._policy)
                told += more
            await self._commit(board, told, now, tuple(state_puts), tuple(state_deletes), hops)

    async def watch_silence(self) -> None:
        """End agents that were silent for too long, and forget old ones, until cancelled. Sleeps until the next one."""
        await asyncio.sleep(GRACE_S)
        while True:
            self._moved.clear()
            due_at = next_tick_at(self._board, self._policy)
            if due_at is None:
                await self._moved.wait()
                continue
            left_s = (due_at - self._context.clock.now()) / 1_000
            await asyncio.sleep(min(max(left_s, 1.0), TIMER_S_MAX))
            await self.pass_time()

    async def pass_time(self) -> None:
        """End who is silent by now, and forget who ended long ago."""
        async with self._one_at_a_time:
            now = self._context.clock.now()
            board, told = step(self._board, Tick(), now, self._policy)
            await self._commit(board, list(told), now, (), (), 0)

    def _admissible(self, report: Report) -> Report:
        """The report with its machine, and without what the owner does not let out."""
        allows = self._context.allows
        return msgspec.structs.replace(
            report,
            machine=report.machine or self._context.machine,
            title=report.title if allows(TITLES) else "",
            message=report.message if allows(MESSAGES) else "",
        )

    async def _commit(
        self,
        board: Board,
        told: Sequence[Told],
        now: Millis,
        puts: tuple[StatePut, ...],
        deletes: tuple[StateKey, ...],
        hops: int,
    ) -> None:
        """Write what changed, then let the new board stand."""
        before = self._board
        changed = [one for key, one in board.agents.items() if one is not before.get(key)]
        gone = [key for key in before.agents if board.get(key) is None]
        emission = Emission(
            events=tuple(draft_of(one, now, hops=hops) for one in told),
            state_puts=(*puts, *(StatePut(_state_key(key_of(one)), msgspec.json.encode(one)) for one in changed)),
            state_deletes=(*deletes, *(StateKey(_state_key(key)) for key in gone)),
            updates=tuple(update for one in changed for update in updates_of(before.get(key_of(one)), one, now)),
        )
        if not (emission.events or emission.state_puts or emission.state_deletes):
            return
        writing = asyncio.ensure_future(self._context.emit(emission))
        try:
            await asyncio.shield(writing)
        finally:
            await asyncio.wait([writing])
            if not writing.cancelled() and writing.exception() is None:
                self._board = board
                self._moved.set()


def _state_key(key: AgentKey) -> str:
    return f"{AGENT}{quote(key.machine, safe='')}/{key.id}"
