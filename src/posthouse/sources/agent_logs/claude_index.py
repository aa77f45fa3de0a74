"""Which files hold an identity: so it is found out that two files repeat the same lines.

An *entry* is 16 bytes: 8 of an identity, 8 of a file. They lie sorted in 4,096 buckets, by the identity's first bits.
An entry whose identity has another one beside it is a *meeting*, of the files that both name (it may be the same file:
then two of its pages hold the identity).

What an append brings is looked up in the few buckets that it falls into. What a long read brings falls into all of
them, chunk after chunk; so it is put aside by 64 ranges, durably, and each range is brought into its buckets once, at
the end: that costs what was read, however large the index is.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import AsyncIterator, Iterable

from posthouse.sources.agent_logs.overlay import Overlay

IDENTITY_BYTES, ENTRY_BYTES = 8, 16
RANGES, BUCKETS = 64, 4_096
AT_ONCE = 500
"""So many entries are looked up on the event loop; for more a thread is worth its while."""

_BUCKETS_PER_RANGE = BUCKETS // RANGES

Meeting = frozenset[bytes]
"""Files that hold one identity."""


class Index:
    """The buckets in the state, and the entries that are not in them yet. `chunks` are those put aside in the state."""

    def __init__(self, state: Overlay, chunks: int) -> None:
        self.chunks = chunks
        self._state = state
        self._fresh: list[bytes] = []

    def add(self, identities: Iterable[bytes], file: bytes) -> None:
        """These came new into a page of the file."""
        self._fresh += [identity[:IDENTITY_BYTES] + file for identity in identities]

    def keys_for_fresh(self) -> list[str]:
        """The buckets that `settle` will look up, where they are few."""
        if self.chunks or len(self._fresh) > AT_ONCE:
            return []
        return [bucket_key(number) for number in {bucket_of(entry) for entry in self._fresh}]

    def put_aside(self) -> None:
        """Make what was added part of the state's next changes, to be looked up later."""
        if self._fresh:
            ranges: list[bytearray] = [bytearray() for _ in range(RANGES)]
            for entry in self._fresh:
                ranges[entry[0] >> 2] += entry
            for number, entries in enumerate(ranges):
                if entries:
                    self._state.put(f"fresh:{number:02x}:{self.chunks:06d}", bytes(entries))
            self._fresh = []
            self.chunks += 1

    async def settle(self) -> AsyncIterator[set[Meeting]]:
        """Bring everything into the buckets: after each step what met in it. It may be broken off after each."""
        if not self.chunks:
            entries, self._fresh = self._fresh, []
            yield await self._bring(entries)
            return
        self.put_aside()
        for number in range(RANGES):
            waiting = await self._state.items(f"fresh:{number:02x}:")
            if waiting:
                met = await self._bring(entries_of(b"".join(waiting.values())), number)
                for key in waiting:
                    self._state.delete(key)
                yield met
        self.chunks = 0

    async def remove(self, entries: Iterable[bytes]) -> None:
        """Let these no longer hold."""
        gone = set(entries)
        found = await self._state.get_many([bucket_key(number) for number in {bucket_of(entry) for entry in gone}])
        for key, value in found.items():
            self._put(key, b"".join(entry for entry in entries_of(value) if entry not in gone))

    async def _bring(self, fresh: list[bytes], number: int | None = None) -> set[Meeting]:
        if number is None:
            keys = [bucket_key(bucket) for bucket in {bucket_of(entry) for entry in fresh}]
            found = await self._state.get_many(keys) if keys else {}
        else:
            first = number * _BUCKETS_PER_RANGE
            found = await self._state.between(bucket_key(first), bucket_key(first + _BUCKETS_PER_RANGE))
        if len(fresh) > AT_ONCE:
            merged, met = await asyncio.to_thread(merge, found.values(), fresh)
        else:
            merged, met = merge(found.values(), fresh)
        for key, value in merged.items():
            self._put(key, value)
        return met

    def _put(self, key: str, value: bytes) -> None:
        if value:
            self._state.put(key, value)
        else:
            self._state.delete(key)


def entries_of(packed: bytes) -> list[bytes]:
    """The entries in a bucket, or in several."""
    return [packed[start : start + ENTRY_BYTES] for start in range(0, len(packed), ENTRY_BYTES)]


def bucket_of(entry: bytes) -> int:
    """The number of the bucket that an entry, or an identity, belongs to."""
    return entry[0] << 4 | entry[1] >> 4


def bucket_key(number: int) -> str:
    """Where a bucket lies; after the last one comes a key that sorts behind it."""
    return f"index:{number:03x}" if number < BUCKETS else "index:g"


def merge(buckets: Iterable[bytes], fresh: Iterable[bytes]) -> tuple[dict[str, bytes], set[Meeting]]:
    """These entries brought into their buckets: the buckets that changed by their keys, and the meetings there were.

    `buckets` are all that any of the entries belongs to, as far as they exist.
    """
    entries = entries_of(b"".join(buckets))
    seen, met, touched = {entry[:IDENTITY_BYTES] for entry in entries}, set[bytes](), set[int]()
    for entry in fresh:
        identity = entry[:IDENTITY_BYTES]
        if identity in seen:
            met.add(identity)
        seen.add(identity)
        touched.add(entry[0] << 4 | entry[1] >> 4)
        entries.append(entry)
    if met:
        entries = list(set(entries))
    entries.sort()
    files: dict[bytes, set[bytes]] = {identity: set() for identity in met}
    for entry in entries if met else ():
        if entry[:IDENTITY_BYTES] in met:
            files[entry[:IDENTITY_BYTES]].add(entry[IDENTITY_BYTES:])
    changed = {}
    for number in touched:
        first = bisect_left(entries, (number << 4).to_bytes(2, "big"))
        end = bisect_left(entries, (number + 1 << 4).to_bytes(2, "big")) if number + 1 < BUCKETS else len(entries)
        changed[bucket_key(number)] = b"".join(entries[first:end])
    return changed, {frozenset(both) for both in files.values()}
