"""A network in words: peers with short names, signals at second so and so, and what came of them."""

from __future__ import annotations

from posthouse.model.peers import Face, PeerKey, PeerState, Reason, peer_key
from posthouse.rules.peer_policy import PeeringPolicy
from posthouse.rules.peer_signals import Effect, Heard, Own, Sign, Signal, Tick, Told
from posthouse.rules.peer_table import Peers
from posthouse.rules.peering import next_deadline, step

POLICY = PeeringPolicy()
ME = Face(user="Me", host="Here")


def key(name: str) -> PeerKey:
    return peer_key(name, "host")


class Lan:
    """The peers as one machine sees them. Packets get numbers of their own unless told otherwise."""

    def __init__(self, policy: PeeringPolicy = POLICY, *, instance: str = "me") -> None:
        self.policy = policy
        self.peers = Peers(peer_key(ME.user, ME.host, instance), ME, now_s=0.0)
        self.number = 0
        self.now_s = 0.0
        self.signal(Own(addresses=("10.0.0.250", "10.1.0.250")))

    def signal(self, signal: Signal, at_s: float | None = None) -> list[Effect]:
        self.now_s = self.now_s if at_s is None else at_s
        self.peers, effects = step(self.peers, signal, self.now_s, self.policy)
        return list(effects)

    def hear(
        self,
        name: str,
        at_s: float | None = None,
        sign: Sign = Sign.BEAT,
        *,
        address: str = "",
        number: int | None = None,
        face: Face | None = None,
        instance: str = "",
        chance: float = 0.0,
        wants_receipt: bool = False,
    ) -> list[Effect]:
        self.number += 1
        heard = Heard(
            key=peer_key(name, "host", instance),
            face=face or Face(user=name, host="host"),
            address=address or f"10.0.0.{sum(name.encode()) % 250}",
            sign=sign,
            number=self.number if number is None else number,
            chance=chance,
            wants_receipt=wants_receipt,
        )
        return self.signal(heard, at_s)

    def until(self, at_s: float) -> list[tuple[float, Effect]]:
        """Let time pass as a shell would, with a tick at each deadline; what came of it, and when."""
        found: list[tuple[float, Effect]] = []
        while (due_s := next_deadline(self.peers, self.policy)) <= at_s:
            found += [(due_s, effect) for effect in self.signal(Tick(), due_s)]
        self.now_s = at_s
        return found

    def state(self, name: str, instance: str = "") -> PeerState | None:
        view = self.peers.get(peer_key(name, "host", instance))
        return None if view is None else view.state


def told(effects: list[Effect] | list[tuple[float, Effect]]) -> list[tuple[str, PeerState, Reason | None]]:
    """Whose standing changed, to what and why."""
    plain = [effect[1] if isinstance(effect, tuple) else effect for effect in effects]
    return [(one.peer.face.user, one.state, one.reason) for one in plain if isinstance(one, Told)]
