"""The table of peers that `rules.peering` steps: who is present, who is absent, and what is remembered besides."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence

from posthouse.model.peers import Face, PeerKey, PeerState, PeerView, peer_key
from posthouse.rules.deadlines import Deadlines
from posthouse.rules.peer_answers import Answered, SeenPackets

ADDRESSES_MAX = 8
ADDRESSES_ASKED = 3


class Peer:
    """One peer: what is known of it, and how far the asking has come."""

    __slots__ = ("addresses", "asked", "asked_s", "face", "from_s", "heard_s", "is_leaving", "key", "state")

    def __init__(self, key: PeerKey, face: Face, state: PeerState, addresses: Sequence[str], now_s: float) -> None:
        self.key = key
        self.face = face
        self.state = state
        self.addresses = list(addresses[:ADDRESSES_MAX])
        self.heard_s = now_s
        # From when on its silence counts: later than `heard_s` after a sleep or where the network was away.
        self.from_s = now_s
        self.asked = 0
        # When the first question was asked, or the goodbye was said.
        self.asked_s = now_s
        self.is_leaving = False

    @property
    def names(self) -> PeerKey:
        """The key that packets of this peer have if they do not name its instance."""
        return peer_key(self.face.user, self.face.host)

    def view(self, *, is_self: bool = False) -> PeerView:
        """The peer as it stands."""
        return PeerView(
            key=self.key,
            face=self.face,
            state=self.state,
            addresses=tuple(self.addresses),
            heard_s=self.heard_s,
            is_self=is_self,
        )


class Peers:
    """Every peer, and what is remembered besides. Only `rules.peering` changes it."""

    def __init__(self, key: PeerKey, face: Face, *, now_s: float) -> None:
        """`key`, `face`: this machine's own."""
        self.own = Peer(key, face, PeerState.ONLINE, (), now_s)
        self.now_s = now_s
        # Online and suspect ones, the last heard at the end; offline and left ones since when, the longest first.
        self.present: OrderedDict[PeerKey, Peer] = OrderedDict()
        self.absent: OrderedDict[PeerKey, tuple[Peer, float]] = OrderedDict()
        # Those that are known by their instance, by the names they go by besides.
        self.named: dict[PeerKey, list[PeerKey]] = {}
        self.deadlines: Deadlines[PeerKey] = Deadlines()
        self.cleanup_s = now_s
        self.heard_s = now_s
        self.packets = SeenPackets()
        self.answered = Answered()
        self.cut_off_s: float | None = None
        self.ask_s = now_s
        self.witnesses_asked_s = float("-inf")
        # After a silence of everybody was put down to the network for long enough: until somebody is heard.
        self.is_given_up = False
        self.refused = 0

    def __len__(self) -> int:
        return len(self.present) + len(self.absent)

    def get(self, key: PeerKey) -> PeerView | None:
        """The peer, or None."""
        if key == self.own.key:
            return self.own.view(is_self=True)
        peer = self.find(key)
        return None if peer is None else peer.view()

    def views(self) -> Iterator[PeerView]:
        """Every peer, this machine first."""
        yield self.own.view(is_self=True)
        for peer in self.present.values():
            yield peer.view()
        for peer, _ in self.absent.values():
            yield peer.view()

    def find(self, key: PeerKey) -> Peer | None:
        """The peer of that key, without this machine."""
        return self.present.get(key) or self.absent.get(key, (None,))[0]

    def add(self, peer: Peer) -> None:
        """Let a new one be present."""
        self.present[peer.key] = peer
        self._name(peer)

    def rename(self, peer: Peer, face: Face) -> None:
        """Let the peer have this face."""
        self._unname(peer)
        peer.face = face
        self._name(peer)

    def forget_oldest(self) -> PeerView:
        """Let go of the one that has been absent for longest, of which there must be one."""
        _, (peer, _) = self.absent.popitem(last=False)
        self._unname(peer)
        return peer.view()

    def _name(self, peer: Peer) -> None:
        if peer.key.instance:
            self.named.setdefault(peer.names, []).append(peer.key)

    def _unname(self, peer: Peer) -> None:
        if peer.key.instance:
            others = self.named[peer.names]
            others.remove(peer.key)
            if not others:
                del self.named[peer.names]
