"""How agents are heard: raw calls from the spool, and what listens by itself. Both speak in reports.

spool/agents/<adapter>/<key>.json ──adapter──┐
a log, an event stream ────listener──────────┼─▶ reports ─▶ the board ─▶ events and state, in one commit
what others post (agent.*) ──────────────────┘
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from posthouse.model.agents import Report
from posthouse.model.ids import Millis
from posthouse.model.sources import StateKey, StatePut
from posthouse.sources.agents.settings import AgentsSettings
from posthouse.sources.base import SourceContext


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """What one call of a hook left in the spool. `at`: when it was written, by the file. `key`: the file's name."""

    key: str
    at: Millis
    content: bytes


Adapter = Callable[[Call], tuple[Report, ...]]
"""Turns a call into reports, none where it says nothing that matters. Raises BadInput where it cannot be read."""


class Tell(Protocol):
    """How a listener reports: returns after the commit. `state_puts` and `state_deletes` are written with it.

    Keys of state begin with the listener's own name and a slash.
    """

    async def __call__(
        self, reports: Sequence[Report], *, state_puts: Sequence[StatePut] = (), state_deletes: Sequence[StateKey] = ()
    ) -> None:
        """Hand reports to the board."""
        ...


class Listener(Protocol):
    """Listens until cancelled. What it raises is a failure of the source, which is started again with a backoff; so it
    handles itself what may happen every day (a server that is not there, a log that is cut).
    """

    async def listen(self, context: SourceContext, settings: AgentsSettings, tell: Tell) -> None:
        """Run until cancelled."""
        ...
