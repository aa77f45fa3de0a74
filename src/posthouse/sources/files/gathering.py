"""Gathering: which paths changed, and when each of their bursts is over.

Every path is coalesced for itself (`posthouse.rules.coalesce`), and so is the wish to look at everything. At most
`PENDING_MAX` paths are held: what more of them change is found by looking at everything instead. Nothing here waits or
reads a clock.
"""

from __future__ import annotations

import heapq

import msgspec

from posthouse.model.ids import Millis
from posthouse.rules.coalesce import IDLE, Changed, CoalescePolicy, Coalescing, Effect, Read, WakeAt, Woke, step
from posthouse.rules.files import WINDOWS_MAX

PENDING_MAX = 10_000

SETTLE_S = 0.05
"""What "at once" means: a file that is written in pieces, or under another name first, is not told of half."""

_EVERYTHING = ""
"""Stands for all paths together."""


class Burst(msgspec.Struct, kw_only=True):
    """A path's changes until it is read: the instants of the first and the last, and how often it was put off."""

    first_at: Millis
    last_at: Millis
    windows: int = 0
    is_moved_folder: bool = False
    state: Coalescing = IDLE


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """Bursts that are over, by path; with `is_rescan` everything is to be looked at."""

    bursts: dict[str, Burst]
    is_rescan: bool


class Gathering:
    """The bursts that are under way."""

    def __init__(self, policy: CoalescePolicy) -> None:
        quiet_s = max(policy.quiet_s, SETTLE_S)
        self._policy = CoalescePolicy(quiet_s=quiet_s, cap_s=max(policy.cap_s, SETTLE_S))
        self._pending: dict[str, Burst] = {}
        self._timers: list[tuple[float, str]] = []
        self._due: dict[str, Burst] = {}

    def __contains__(self, path: str) -> bool:
        return path in self._pending

    def paths(self) -> list[str]:
        """The paths whose burst is under way."""
        return [path for path in self._pending if path != _EVERYTHING]

    def note(self, path: str, now_s: float, now: Millis, *, is_moved_folder: bool = False) -> None:
        """A path changed."""
        burst = self._pending.get(path)
        if burst is None:
            if len(self._pending) >= PENDING_MAX and path != _EVERYTHING:
                self._give_up()
                self.note_everything(now_s, now)
                return
            burst = self._pending[path] = Burst(first_at=now, last_at=now)
        burst.last_at = now
        burst.is_moved_folder |= is_moved_folder
        burst.state, effects = step(burst.state, Changed(), now_s, self._policy)
        self._follow(path, burst, effects)

    def note_everything(self, now_s: float, now: Millis) -> None:
        """Anything may have changed."""
        self.note(_EVERYTHING, now_s, now)

    def put_off(self, path: str, burst: Burst, now_s: float) -> None:
        """Give a path that was due another quiet window; what changed of it meanwhile counts as the same burst."""
        meanwhile = self._pending.get(path, burst)
        again = Burst(
            first_at=burst.first_at,
            last_at=meanwhile.last_at,
            windows=burst.windows + 1,
            is_moved_folder=meanwhile.is_moved_folder,
        )
        again.state, effects = step(IDLE, Changed(), now_s, self._policy)
        self._pending[path] = again
        self._follow(path, again, effects)

    def take(self, now_s: float) -> Due:
        """The bursts that are over now; they are no longer held."""
        while self._timers and self._timers[0][0] <= now_s:
            _, path = heapq.heappop(self._timers)
            burst = self._pending.get(path)
            if burst is not None:
                burst.state, effects = step(burst.state, Woke(), now_s, self._policy)
                self._follow(path, burst, effects)
        due, self._due = self._due, {}
        is_rescan = due.pop(_EVERYTHING, None) is not None
        return Due(bursts=due, is_rescan=is_rescan)

    def next_s(self) -> float | None:
        """When to call `take` next, on the monotonic clock."""
        if self._due:
            return 0.0
        return self._timers[0][0] if self._timers else None

    def _follow(self, path: str, burst: Burst, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            match effect:
                case Read():
                    self._due[path] = self._pending.pop(path, burst)
                case WakeAt(at_s=at_s):
                    heapq.heappush(self._timers, (at_s, path))

    def _give_up(self) -> None:
        """Hold no single path any more, but the wish to look at everything."""
        everything = self._pending.get(_EVERYTHING)
        self._pending = {} if everything is None else {_EVERYTHING: everything}
        self._timers = [one for one in self._timers if one[1] == _EVERYTHING]
        heapq.heapify(self._timers)


def may_wait(burst: Burst | None) -> bool:
    """Whether a file that cannot be read whole yet is given another quiet window."""
    return burst is None or burst.windows < WINDOWS_MAX
