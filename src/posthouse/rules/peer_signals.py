"""What `rules.peering` is told, and what it wants done. Times are monotonic seconds."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from posthouse.model.peers import AnswerKind, Face, PeerKey, PeerState, PeerView, Reason


class Sign(StrEnum):
    """What a packet is to the one who hears it. other: anything else that only shows that its sender lives."""

    ENTRY = "entry"
    ENTRY_ANSWER = "entry-answer"
    BEAT = "beat"
    EXIT = "exit"
    MESSAGE = "message"
    INFO_ASKED = "info-asked"
    ABSENCE_ASKED = "absence-asked"
    OTHER = "other"


ANNOUNCING = frozenset({Sign.ENTRY, Sign.ENTRY_ANSWER, Sign.BEAT})
"""What makes a peer known, and what tells its face."""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """A packet came. `number`: its own. `chance`: 0 to 1, drawn for it. `wants_receipt`: of a message."""

    key: PeerKey
    face: Face
    address: str
    sign: Sign
    number: int
    chance: float = 0.0
    wants_receipt: bool = False


class Tick(msgspec.Struct, frozen=True):
    """A deadline has come; to be said at `next_deadline`."""


class Resumed(msgspec.Struct, frozen=True):
    """The machine has slept: every timeout begins anew."""


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """The network of this machine went up or down."""

    is_up: bool


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """The addresses that this machine has now."""

    addresses: tuple[str, ...]


class Retimed(msgspec.Struct, frozen=True):
    """The policy's intervals have changed."""


class KnownPeer(msgspec.Struct, frozen=True, kw_only=True):
    """A peer of the time before a restart. `absent_s`: for how long it has been offline or left."""

    key: PeerKey
    face: Face
    state: PeerState
    addresses: tuple[str, ...]
    absent_s: float = 0.0


class Restored(msgspec.Struct, frozen=True):
    """The peers that were known before a restart; nothing is told of them."""

    peers: tuple[KnownPeer, ...]


Signal = Heard | Tick | Resumed | Network | Own | Retimed | Restored


class SendProbe(msgspec.Struct, frozen=True, kw_only=True):
    """Ask the peer at each of these addresses whether it is there: a GETINFO, and a BR_ENTRY to it alone."""

    key: PeerKey
    addresses: tuple[str, ...]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Answer after so long, to this address alone. `number`: of the packet that is answered."""

    kind: AnswerKind
    address: str
    after_s: float
    number: int


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The peer stands otherwise than before. `reason`: why it is gone; None of one that came or is suspected."""

    peer: PeerView
    state: PeerState
    reason: Reason | None = None


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """The peer has another face or a new address; where it stands is as before."""

    peer: PeerView


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A message came for the first time. `key`: from whom, though it need not be a known peer."""

    key: PeerKey
    number: int


class Forget(msgspec.Struct, frozen=True, kw_only=True):
    """The peer leaves memory and list; what the ledger has of it stays."""

    peer: PeerView
    reason: Reason = Reason.CLEANUP


class CleanedUp(msgspec.Struct, frozen=True, kw_only=True):
    """A cleanup was done; so many peers were forgotten."""

    count: int


class CutOff(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody answers at all: not the `silent` peers but this machine's own network is suspected, and none is gone."""

    silent: int


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """The network carries again, after so long."""

    after_s: float


Effect = SendProbe | Answer | Told | Changed | Received | Forget | CleanedUp | CutOff | Reached
