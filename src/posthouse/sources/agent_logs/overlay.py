"""A source's state with changes that are not written yet on top: what reads as if they were.

In: the state below, puts and deletes. Out: the state as it will be, and the changes as one `Emission`. A preview reads
through one and drops it; a read that goes in steps hands over what gathered since the last one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from posthouse.model.sources import Emission, Scope, StateKey, StatePut
from posthouse.sources.base import State


class Overlay:
    """Satisfies `State`, for what is this machine's own. `size` is how many bytes of values wait."""

    def __init__(self, below: State) -> None:
        self.size = 0
        self._below = below
        self._changes: dict[str, bytes | None] = {}
        self._loaded: dict[str, bytes | None] = {}

    @property
    def count(self) -> int:
        """How many keys are changed."""
        return len(self._changes)

    def put(self, key: str, value: bytes) -> None:
        """Let the key have this value from now on."""
        self._change(key, value)

    def delete(self, key: str) -> None:
        """Let the key have no value from now on."""
        self._change(key, None)

    async def take(self, emission: Emission) -> None:
        """Take over what another overlay hands over; its events are dropped."""
        for key in emission.state_deletes:
            self.delete(key.key)
        for put in emission.state_puts:
            self.put(put.key, put.value)

    def drain(self) -> Emission:
        """All changes since the last call, to be written."""
        changes, self._changes, self.size = self._changes, {}, 0
        self._loaded = {}
        return Emission(
            state_puts=tuple(StatePut(key, value) for key, value in changes.items() if value is not None),
            state_deletes=tuple(StateKey(key) for key, value in changes.items() if value is None),
        )

    async def load(self, keys: Iterable[str]) -> None:
        """Look these up in one look, for `get` and `get_many` to answer from until the next `drain`."""
        unknown = [key for key in keys if key not in self._changes and key not in self._loaded]
        found = await self._below.get_many(unknown) if unknown else {}
        for key in unknown:
            self._loaded[key] = found.get(key)

    async def get(self, key: str, *, scope: Scope = Scope.MACHINE) -> bytes | None:
        """The value, or None."""
        if key in self._changes:
            return self._changes[key]
        if key in self._loaded:
            return self._loaded[key]
        return await self._below.get(key, scope=scope)

    async def get_many(self, keys: Sequence[str], *, scope: Scope = Scope.MACHINE) -> dict[str, bytes]:
        """The values of those keys that there are, in one look."""
        unknown = [key for key in keys if key not in self._changes and key not in self._loaded]
        found = await self._below.get_many(unknown, scope=scope) if unknown else {}
        for key in keys:
            value = self._changes[key] if key in self._changes else self._loaded.get(key)
            if value is not None:
                found[key] = value
        return found

    async def items(self, prefix: str, *, scope: Scope = Scope.MACHINE) -> dict[str, bytes]:
        """All pairs whose key begins with the prefix, in key order."""
        return self._changed(await self._below.items(prefix, scope=scope), prefix, prefix + "\U0010ffff")

    async def between(self, first: str, end: str, *, scope: Scope = Scope.MACHINE) -> dict[str, bytes]:
        """All pairs from the key `first` on and before `end`, in key order."""
        return self._changed(await self._below.between(first, end, scope=scope), first, end)

    def _change(self, key: str, value: bytes | None) -> None:
        self.size += len(value or b"") - len(self._changes.get(key) or b"")
        self._changes[key] = value

    def _changed(self, found: dict[str, bytes], first: str, end: str) -> dict[str, bytes]:
        changes = {key: value for key, value in self._changes.items() if first <= key < end}
        if not changes:
            return found
        both: dict[str, bytes | None] = {**found, **changes}
        return {key: value for key, value in sorted(both.items()) if value is not None}
