"""The books of Codex's sessions: sessions and days in the state, kept in step with each other.

What always holds: a day is the sum over the sessions, so a change applies what a session gives now less what it gave
before. `write` brings what gathered into the state's next changes.
"""

from __future__ import annotations

from posthouse.sources.agent_logs.codex_log import NO_USE, Use, plus
from posthouse.sources.agent_logs.codex_state import decode_use, ended_key
from posthouse.sources.agent_logs.codex_totals import Tally
from posthouse.sources.agent_logs.log_state import day_key, encode, session_key
from posthouse.sources.agent_logs.moments import DAY_MS
from posthouse.sources.agent_logs.overlay import Overlay


class Books:
    """What has changed in the books and is not in the state's changes yet. `gained`: by how many sessions."""

    def __init__(self, state: Overlay) -> None:
        self.gained = 0
        self._state = state
        self._days: dict[int, Use] = {}

    def replace(self, former: Tally | None, now: Tally | None) -> None:
        """A session's tally is another one, or none."""
        if former == now:
            return
        self.gained += (now is not None) - (former is not None)
        for one, times in ((former, -1), (now, 1)):
            for day, use in one.days.items() if one else ():
                self._days[day] = plus(self._days.get(day, NO_USE), use, times)
        before, after = _ended(former), _ended(now)
        if before and before != after:
            self._state.delete(before)
        if after and before != after:
            self._state.put(after, b"")
        if now:
            self._state.put(session_key(now.id), encode(now))
        elif former:
            self._state.delete(session_key(former.id))

    async def write(self) -> None:
        """Bring the days into the state's changes."""
        changed = {day_key(day): use for day, use in self._days.items() if use != NO_USE}
        found = await self._state.get_many(list(changed)) if changed else {}
        for key, change in changed.items():
            use = plus(decode_use(found[key]), change) if key in found else change
            if use == NO_USE:
                self._state.delete(key)
            else:
                self._state.put(key, encode(use))
        self._days = {}


def _ended(one: Tally | None) -> str:
    return ended_key(one.end_at // DAY_MS, one.id) if one else ""
