"""What the source of peers remembers: one key of state per peer, its own identity, and what was counted.

A peer is written when it changes or goes, not at each of its beats: how recently it was heard is written with the next
change, and every quarter of an hour. So a network at rest costs next to no write, and a crash loses no more than that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from posthouse.model.sources import StateKey, StatePut
from posthouse.sources.base import State
from posthouse.sources.lan.board import PeerRow, PeerStats
from posthouse.system.logging import get_log

PEER, SELF, STATS = "peer/", "self", "stats"

_log = get_log(__name__)


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who this Posthouse is among others: an id of its own that it keeps."""

    instance: str


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """All that is remembered. `identity`: None where it has never run."""

    identity: Identity | None
    rows: tuple[PeerRow, ...]
    stats: PeerStats


async def load(state: State) -> Kept:
    """What is remembered."""
    found = await state.get_many([SELF])
    stored = {**await state.items(PEER), **await state.get_many([STATS])}
    identity = msgspec.json.decode(found[SELF], type=Identity) if SELF in found else None
    return Kept(identity=identity, rows=rows_of(stored), stats=stats_of(stored))


def rows_of(state: Mapping[str, bytes]) -> tuple[PeerRow, ...]:
    """The peers that lie in the source's state. What cannot be read (of a later version) is left out."""
    rows = []
    for key, value in state.items():
        if key.startswith(PEER):
            try:
                rows.append(msgspec.json.decode(value, type=PeerRow))
            except msgspec.MsgspecError:
                _log.warning("a peer that is remembered could not be read", key=key)
    return tuple(rows)


def stats_of(state: Mapping[str, bytes]) -> PeerStats:
    """What was counted; nothing where nothing was."""
    return msgspec.json.decode(state[STATS], type=PeerStats) if STATS in state else PeerStats()


def put_identity(identity: Identity) -> StatePut:
    """Who this Posthouse is, to be written."""
    return StatePut(SELF, msgspec.json.encode(identity))


def put_rows(rows: Iterable[PeerRow]) -> tuple[StatePut, ...]:
    """Peers, to be written."""
    return tuple(StatePut(PEER + one.id, msgspec.json.encode(one)) for one in rows)


def forget(peer_id: str) -> StateKey:
    """A peer that is to be remembered no more."""
    return StateKey(PEER + peer_id)


def put_stats(stats: PeerStats) -> StatePut:
    """What was counted, to be written."""
    return StatePut(STATS, msgspec.json.encode(stats))
