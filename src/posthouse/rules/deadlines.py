"""Many deadlines, of which the soonest is wanted: a heap that is put right only when somebody looks at its top.

Moving a deadline back, which is what a sign of life does, costs O(1): the heap keeps the old, earlier entry until it
comes to the top. Moving one forward is O(log n). Entries that nobody means any more are at most twice the deadlines.
"""

from __future__ import annotations

import heapq
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

SLACK = 64


class Deadlines(Generic[K]):
    """One instant per key, in seconds of whatever clock the caller uses."""

    def __init__(self) -> None:
        self._due_s: dict[K, float] = {}
        self._entry_s: dict[K, float] = {}
        self._heap: list[tuple[float, int, K]] = []
        self._serial = 0

    def __len__(self) -> int:
        return len(self._due_s)

    @property
    def entries(self) -> int:
        """How many entries are kept, those that nobody means any more included."""
        return len(self._heap)

    def set(self, key: K, due_s: float) -> None:
        """Give the key this deadline, whatever it had before."""
        self._due_s[key] = due_s
        entry_s = self._entry_s.get(key)
        if entry_s is None or due_s < entry_s:
            self._push(key, due_s)

    def drop(self, key: K) -> None:
        """Let the key have none."""
        self._due_s.pop(key, None)
        self._entry_s.pop(key, None)
        self._compact()

    def next_s(self) -> float | None:
        """The soonest deadline; None where there is none."""
        self._settle()
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now_s: float) -> list[K]:
        """The keys whose deadline has come, soonest first; they have none afterwards."""
        due: list[K] = []
        while (next_s := self.next_s()) is not None and next_s <= now_s:
            key = heapq.heappop(self._heap)[2]
            del self._due_s[key], self._entry_s[key]
            due.append(key)
        return due

    def _settle(self) -> None:
        """Let the top of the heap be a deadline that is meant."""
        while self._heap:
            entry_s, _, key = self._heap[0]
            if self._entry_s.get(key) != entry_s:
                heapq.heappop(self._heap)
            elif (due_s := self._due_s[key]) > entry_s:
                heapq.heappop(self._heap)
                self._push(key, due_s)
            else:
                return

    def _push(self, key: K, due_s: float) -> None:
        self._entry_s[key] = due_s
        self._serial += 1
        heapq.heappush(self._heap, (due_s, self._serial, key))
        self._compact()

    def _compact(self) -> None:
        if len(self._heap) > 2 * len(self._due_s) + SLACK:
            self._entry_s = dict(self._due_s)
            self._heap = [(due_s, serial, key) for serial, (key, due_s) in enumerate(self._due_s.items())]
            self._serial = len(self._heap)
            heapq.heapify(self._heap)
