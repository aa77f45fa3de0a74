"""A simulated local network that loses packets: its peers as one machine sees them, by our rules and a plain timeout.

Every packet is lost independently with the same chance, and takes 0.2 to 2 ms. Peers beat every 60 s, each up to 20 ms
late as timers are, and answer questions as `rules.peering` itself says. The rules are the real ones; only sockets and
clock are replaced by an agenda of instants, so that a week takes seconds. The plain timeout hears the same beats and
no answers: a peer that was not heard for longer than 180 s is offline until it is heard again.
"""

from __future__ import annotations

import heapq
import random

import msgspec

from posthouse.model.peers import Face, PeerKey, PeerState, peer_key
from posthouse.rules.peer_policy import PeeringPolicy
from posthouse.rules.peer_signals import Effect, Heard, SendProbe, Sign, Tick, Told
from posthouse.rules.peer_table import Peers
from posthouse.rules.peering import next_deadline, step

WEEK_S = 7 * 86_400.0
POLICY = PeeringPolicy()
ENTRY_ANSWER_S = 1.005
"""The longest delay of an answer to an entry among fewer than 50 hosts."""

ENTRY_WINDOW_S = 4.5


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a run gave: peers that were alive and told offline, and after how many seconds a crash was told."""

    false_offlines: int
    plain_false_offlines: int
    detection_s: float | None = None
    plain_detection_s: float | None = None


class Network:
    """One observer, its peers, and what is under way between them."""

    def __init__(self, peers: int, loss: float, seed: int) -> None:
        self.random = random.Random(seed)
        self.loss = loss
        self.now_s = 0.0
        self.number = 0
        self.keys = [peer_key(f"user{n}", "host") for n in range(peers)]
        self.index = {key: n for n, key in enumerate(self.keys)}
        self.faces = [Face(user=f"user{n}", host="host") for n in range(peers)]
        self.state = Peers(peer_key("me", "here"), Face(user="me", host="here"), now_s=0.0)
        self.agenda: list[tuple[float, int, str, int]] = []
        self.entered_s = [float("-inf")] * peers
        self.heard_s = [0.0] * peers
        self.crashed_s = [float("inf")] * peers
        self.false_offlines = self.plain_false_offlines = 0
        self.detected_s: list[float | None] = [None] * peers
        for n in range(peers):
            self._hear(n, Sign.ENTRY)
            self._plan(self.random.random() * POLICY.heartbeat_s, "beat", n)

    def crash(self, peer: int, at_s: float) -> None:
        """Let a peer fall silent at an instant to come."""
        self.crashed_s[peer] = at_s

    def run(self, until_s: float) -> None:
        """Let time pass."""
        while True:
            tick_s = next_deadline(self.state, POLICY)
            at_s = self.agenda[0][0] if self.agenda else float("inf")
            if min(tick_s, at_s) > until_s:
                self.now_s = until_s
                return
            if tick_s < at_s:
                self.now_s = max(self.now_s, tick_s)
                self._act(step(self.state, Tick(), self.now_s, POLICY)[1])
                continue
            self.now_s, _, what, peer = heapq.heappop(self.agenda)
            if what == "beat":
                self._beat(peer)
            elif what == "heard-beat":
                self._hear(peer, Sign.BEAT)
            elif what == "answer":
                self._hear(peer, Sign.OTHER)
            else:
                self._hear(peer, Sign.ENTRY_ANSWER)

    def _beat(self, peer: int) -> None:
        if self.now_s >= self.crashed_s[peer]:
            return
        self._send("heard-beat", peer, 0.0)
        self._plan(self.now_s + POLICY.heartbeat_s + 0.02 * self.random.random(), "beat", peer)

    def _act(self, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            if isinstance(effect, SendProbe):
                self._asked(self.index[effect.key])
            elif isinstance(effect, Told) and effect.state is PeerState.OFFLINE:
                peer = self.index[effect.peer.key]
                if self.now_s < self.crashed_s[peer]:
                    self.false_offlines += 1
                else:
                    self.detected_s[peer] = self.now_s - self.crashed_s[peer]

    def _asked(self, peer: int) -> None:
        """A GETINFO and a BR_ENTRY go out; each may be lost, and so may what comes back."""
        if self.now_s >= self.crashed_s[peer]:
            return
        if self._is_carried():
            self._send("answer", peer, self._latency_s())
        if self._is_carried() and self.now_s - self.entered_s[peer] >= ENTRY_WINDOW_S:
            self.entered_s[peer] = self.now_s
            self._send("entry-answer", peer, 0.005 + self.random.random() * (ENTRY_ANSWER_S - 0.005))

    def _hear(self, peer: int, sign: Sign) -> None:
        if sign is Sign.BEAT:
            if self.now_s - self.heard_s[peer] > POLICY.timeout_s:
                self.plain_false_offlines += 1
            self.heard_s[peer] = self.now_s
        self.number += 1
        key: PeerKey = self.keys[peer]
        heard = Heard(
            key=key, face=self.faces[peer], address=f"10.0.{peer // 250}.{peer % 250}", sign=sign, number=self.number
        )
        self._act(step(self.state, heard, self.now_s, POLICY)[1])

    def _send(self, what: str, peer: int, after_s: float) -> None:
        if self._is_carried():
            self._plan(self.now_s + after_s + self._latency_s(), what, peer)

    def _plan(self, at_s: float, what: str, peer: int) -> None:
        self.number += 1
        heapq.heappush(self.agenda, (at_s, self.number, what, peer))

    def _is_carried(self) -> bool:
        return self.random.random() >= self.loss

    def _latency_s(self) -> float:
        return 0.0002 + 0.0018 * self.random.random()


def week(loss: float, *, seed: int, peers: int = 20, length_s: float = WEEK_S) -> Found:
    """So long without a crash: whatever is told offline is told so wrongly."""
    network = Network(peers, loss, seed)
    network.run(length_s)
    return Found(false_offlines=network.false_offlines, plain_false_offlines=network.plain_false_offlines)


def crash(loss: float, *, seed: int, peers: int = 20) -> Found:
    """One of the peers crashes some time after the first minutes."""
    network = Network(peers, loss, seed)
    at_s = 300.0 + network.random.random() * POLICY.heartbeat_s
    network.crash(0, at_s)
    network.run(at_s + 3 * POLICY.timeout_s)
    return Found(
        false_offlines=network.false_offlines,
        plain_false_offlines=network.plain_false_offlines,
        detection_s=network.detected_s[0],
        plain_detection_s=max(network.heard_s[0] + POLICY.timeout_s - at_s, 0.0),
    )
