"""How long a peer may be silent, and what the two intervals must have to do with each other.

A beat goes out every `heartbeat_s`; who was not heard for longer than `timeout_s` is asked every second, and is offline
`VERDICT_S` later if nothing answers: on a bad network three questions in three seconds are often lost.
"""

from __future__ import annotations

import msgspec

HEARTBEAT_S = 60.0
HEARTBEAT_S_MIN, HEARTBEAT_S_MAX = 10.0, 600.0
TIMEOUT_S = 180.0
TIMEOUT_S_MIN, TIMEOUT_S_MAX = 30.0, 3_600.0

PROBES = 3
PROBE_EVERY_S = 1.0
"""Questions after which a peer that said goodbye has left, and others are asked whether this network carries at all."""

PROBES_MAX = 8
VERDICT_S = PROBES_MAX * PROBE_EVERY_S
"""How long a silent peer is asked before it is offline."""


class PeeringPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """The owner's two intervals, and the bounds of what is remembered.

    `keep_absent_s`: how long an offline peer stays in the list. `cut_off_s_max`: how long a silence of all peers is put
    down to this machine's own network, before they are judged after all.
    """

    heartbeat_s: float = HEARTBEAT_S
    timeout_s: float = TIMEOUT_S
    cleanup_s: float = 300.0
    keep_absent_s: float = 86_400.0
    peers_max: int = 10_000
    cut_off_s_max: float = 600.0

    @property
    def lately_s(self) -> float:
        """Whoever beats and was heard so lately shows that the network carries, even if it answers no question.

        When the network goes, the first peer to time out has missed a beat less than the timeout allows: so this is
        shorter than the silence of everybody until then, also where a beat was lost before.
        """
        return min(self.heartbeat_s, (self.timeout_s - self.heartbeat_s) / 2)


FAST = PeeringPolicy(heartbeat_s=15.0, timeout_s=30.0)
"""The fast preset: a crashed peer is offline within 40 s."""


def problem_of(heartbeat_s: float, timeout_s: float) -> str | None:
    """What is wrong with the two intervals, in words for their owner; None where they fit."""
    if not HEARTBEAT_S_MIN <= heartbeat_s <= HEARTBEAT_S_MAX:
        return (
            f"the heartbeat interval must be {HEARTBEAT_S_MIN:g} to {HEARTBEAT_S_MAX:g} seconds, and is {heartbeat_s:g}"
        )
    if not TIMEOUT_S_MIN <= timeout_s <= TIMEOUT_S_MAX:
        return f"the peer timeout must be {TIMEOUT_S_MIN:g} to {TIMEOUT_S_MAX:g} seconds, and is {timeout_s:g}"
    if timeout_s <= heartbeat_s:
        return (
            f"the peer timeout ({timeout_s:g} s) must be above the heartbeat interval ({heartbeat_s:g} s): "
            "otherwise every peer would count as gone between two of its beats"
        )
    return None
