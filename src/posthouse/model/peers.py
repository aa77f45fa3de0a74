"""Peers: other hosts on the local network, who they are and where they stand.

A peer is known by the id of its Posthouse instance, or, where it has none, by the user and host that its packets name,
whatever the case; it may show several addresses. Where it stands is decided by `rules.peering`, and only there.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import msgspec


class PeerKey(NamedTuple):
    """A peer's identity: either the case-folded `user` and `host`, or the `instance` of a Posthouse; the rest is ""."""

    user: str
    host: str
    instance: str = ""

    def text(self) -> str:
        """The key as one string, for lists, live events and keys of state; `key_of_text` reads it."""
        return ":".join(self)


def peer_key(user: str, host: str, instance: str = "") -> PeerKey:
    """The key of whoever calls itself so. Colons, which no packet can carry in a name, become underscores."""
    if instance:
        return PeerKey("", "", instance.replace(":", "_"))
    return PeerKey(user.replace(":", "_").casefold(), host.replace(":", "_").casefold())


def key_of_text(text: str) -> PeerKey:
    """The key that `PeerKey.text` wrote. Raises ValueError where it is none."""
    parts = text.split(":")
    if len(parts) != 3:
        raise ValueError(f"no key of a peer: {text!r}")
    return PeerKey(*parts)


class PeerState(StrEnum):
    """Where a peer stands. suspect: silent for too long, and a first question is unanswered. left: it said goodbye."""

    ONLINE = "online"
    SUSPECT = "suspect"
    OFFLINE = "offline"
    LEFT = "left"


class Reason(StrEnum):
    """Why a peer is gone. explicit: it said so. cleanup: it was away for so long that it left the list."""

    EXPLICIT = "explicit"
    TIMEOUT = "timeout"
    CLEANUP = "cleanup"


class Face(msgspec.Struct, frozen=True, kw_only=True):
    """What a peer says of itself: `user` and `host` as written, its display name, group and program."""

    user: str
    host: str
    name: str = ""
    group: str = ""
    client: str = ""
    is_away: bool = False


class PeerView(msgspec.Struct, frozen=True, kw_only=True):
    """A peer as it stands. `addresses`: where it was heard, the latest first. `heard_s`: when, by the monotonic clock.

    `is_self`: it is this machine's own Posthouse, which is always online.
    """

    key: PeerKey
    face: Face
    state: PeerState
    addresses: tuple[str, ...]
    heard_s: float
    is_self: bool = False


class AnswerKind(StrEnum):
    """What a packet is answered with. entry: here I am. receipt: the message came. info: who I am. absence: my note."""

    ENTRY = "entry"
    RECEIPT = "receipt"
    INFO = "info"
    ABSENCE = "absence"
