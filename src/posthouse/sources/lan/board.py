"""The board of peers as people see it: one row each, and what was counted.

The source at work says it; while it is off, its stored state does.
"""

from __future__ import annotations

import msgspec

from posthouse.model.ids import Millis
from posthouse.model.peers import PeerState


class PeerRow(msgspec.Struct, frozen=True, kw_only=True):
    """Another host. `id` never changes while it is known. `instance`: of a Posthouse, its own id; else "".

    `addresses`: the one it was heard from last comes first. `client`: what it runs, in its own words, "" where it says
    none. `since`: when it came into its state. `is_self`: it is this machine, which is never kept nor forgotten.
    """

    id: str
    name: str
    user: str
    host: str
    group: str
    state: PeerState
    since: Millis
    last_seen_at: Millis
    addresses: tuple[str, ...] = ()
    instance: str = ""
    client: str = ""
    is_self: bool = False


class PeerStats(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted since the source was first switched on; instants are None for never.

    `packets_dropped`: datagrams that came while too many others waited. `packets_not_understood`: those that
    are none of this protocol's.
    """

    heartbeats_sent: int = 0
    timeouts_detected: int = 0
    peers_cleaned_up: int = 0
    packets_dropped: int = 0
    packets_not_understood: int = 0
    last_heartbeat_at: Millis | None = None
    last_timeout_check_at: Millis | None = None
    last_cleanup_at: Millis | None = None


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was sent to a peer. `is_confirmed`: its machine said that it has it."""

    to: PeerRow
    at: Millis
    is_confirmed: bool
