"""The books: sessions, days and totals in the state, kept in step with each other.

What always holds: a day and the totals are the sums over the sessions, so a change applies what a session gives now
less what it gave before. `write` brings what gathered into the state's next changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from posthouse.sources.agent_logs.claude_state import TOTALS, DayTotals, Totals, decode, ended_key
from posthouse.sources.agent_logs.claude_totals import Day, Tally, added
from posthouse.sources.agent_logs.log_state import day_key, day_of, encode, session_key
from posthouse.sources.agent_logs.overlay import Overlay

VALUE_BYTES_MAX = 1024 * 1024
"""The most that a piece of state may hold. A session that needs more (thousands of models) is none."""

_NOTHING = Day()


class Books:
    """What has changed in the books and is not in the state's changes yet."""

    def __init__(self, state: Overlay) -> None:
        self._state = state
        self._days: dict[int, DayTotals] = {}
        self._added: list[Tally] = []
        self._removed: list[Tally] = []

    def keys_for(self, gained: Mapping[str, Tally]) -> list[str]:
        """What `add` and `write` will look up for these."""
        days = {number for one in gained.values() for number in one.days}
        return [TOTALS, *map(session_key, gained), *map(day_key, days)] if gained else []

    async def add(self, gained: Mapping[str, Tally]) -> set[str]:
        """What these sessions gained; of them those that share identities, which cannot just be added to."""
        known = await self._sessions(gained)
        shared = set()
        for session, more in gained.items():
            former = known.get(session)
            self._replace(former, more if former is None else added(former, more))
            if more.is_shared or (former is not None and former.is_shared):
                shared.add(session)
        return shared

    async def replace(self, sessions: Iterable[str], counted: Mapping[str, Tally]) -> None:
        """These sessions are now as they were counted; those that were not are none."""
        known = await self._sessions(sessions)
        for session in sessions:
            self._replace(known.get(session), counted.get(session))

    async def write(self) -> None:
        """Bring days and totals into the state's changes."""
        if not self._added and not self._removed:
            return
        keys = {day_key(number): number for number in self._days}
        found = await self._state.get_many([TOTALS, *keys])
        totals = decode(found[TOTALS], Totals) if TOTALS in found else Totals()
        for one in self._added:
            totals.count(one, 1)
        for one in self._removed:
            totals.count(one, -1)
        first_day = totals.first_day
        for key, number in keys.items():
            self._write_day(key, number, decode(found[key], DayTotals) if key in found else DayTotals(), totals)
        if first_day and first_day in self._days:
            # It may be gone, and which one is the first now is not known without looking.
            totals.first_day = min((day_of(key) for key in await self._state.items("day:")), default=0)
        if totals == Totals():
            self._state.delete(TOTALS)
        else:
            self._state.put(TOTALS, encode(totals.ordered()))
        self._days, self._added, self._removed = {}, [], []

    def _write_day(self, key: str, number: int, former: DayTotals, totals: Totals) -> None:
        change = self._days[number]
        now = DayTotals(former.day.plus(change.day), former.sessions + change.sessions)
        totals.days_active += bool(now.sessions) - bool(former.sessions)
        if now.sessions:
            self._state.put(key, encode(now.ordered()))
            totals.first_day = min(totals.first_day or number, number)
        elif former.sessions:
            self._state.delete(key)

    async def _sessions(self, sessions: Iterable[str]) -> dict[str, Tally]:
        keys = {session_key(session): session for session in sessions}
        found = await self._state.get_many(list(keys)) if keys else {}
        return {keys[key]: decode(value, Tally) for key, value in found.items()}

    def _replace(self, former: Tally | None, now: Tally | None) -> None:
        """A session's tally is another one, or none."""
        value = b"" if now is None else encode(now.ordered())
        if now is not None and len(value) > VALUE_BYTES_MAX:
            now = Tally(now.id, is_shared=True)
            value = encode(now)
        self._count(former, now)
        before = ended_key(former) if former and former.is_counted else None
        after = ended_key(now) if now and now.is_counted else None
        if before and before != after:
            self._state.delete(before)
        if after:
            self._state.put(after, value)
        if now:
            self._state.put(session_key(now.id), value)
        elif former:
            self._state.delete(session_key(former.id))

    def _count(self, former: Tally | None, now: Tally | None) -> None:
        """What the days and the totals gain and lose by it."""
        before = former.days if former else {}
        after = now.days if now else {}
        for number in before.keys() | after.keys():
            old, new = before.get(number, _NOTHING), after.get(number, _NOTHING)
            if number and old != new:
                change = self._days.setdefault(number, DayTotals())
                change.day = change.day.plus(new).plus(old, -1)
                change.sessions += new.is_active - old.is_active
        self._removed += [former] if former else []
        self._added += [now] if now else []
