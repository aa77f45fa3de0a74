"""What this machine says to its peers, as packets to be sent, and what it hears, as signals for the rules. No socket.

Numbers of packets rise, over restarts too. Who this Posthouse is stands in whatever announces it (`PH:`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from posthouse.model.ids import Millis
from posthouse.model.peers import AnswerKind, Face, PeerKey, peer_key
from posthouse.rules.peer_signals import Heard
from posthouse.sources.lan.content import (
    confirmed_number,
    entry_extra,
    message_extra,
    message_text,
    sender_of,
    sign_of,
    wants_receipt,
)
from posthouse.sources.lan.wire import BadPacket, Mode, Option, Packet, decode, encode, next_number, sendable

CLIENT = "Posthouse"
NOT_AWAY = "Not absence mode"
"""What programs of this protocol answer where nobody has left a note."""

_ENTRY = Option.CAPUTF8 | Option.UTF8


class Spoken(NamedTuple):
    """A packet, ready to be sent, and its number."""

    number: int
    data: bytes


class Voice:
    """Who this machine is to others, and how it says things. `instance`: its Posthouse's own id."""

    def __init__(self, *, user: str, host: str, group: str, instance: str, now: Callable[[], Millis]) -> None:
        self.face = Face(user=sendable(user), host=sendable(host), name=sendable(user), group=group, client=CLIENT)
        self.key: PeerKey = peer_key(self.face.user, self.face.host, instance)
        self._instance = instance
        self._now = now
        self._number = 0

    def entry(self) -> bytes:
        """I am here, and who is there?"""
        return self._announce(Mode.BR_ENTRY)

    def beat(self) -> bytes:
        """I am still here; nobody answers it."""
        return self._announce(Mode.BR_ABSENCE)

    def goodbye(self) -> bytes:
        """I am leaving."""
        return self._announce(Mode.BR_EXIT)

    def questions(self) -> tuple[bytes, ...]:
        """Are you there? In both ways that programs answer: some know no GETINFO, some want no second entry."""
        return self._speak(Mode.GETINFO).data, self.entry()

    def answer(self, kind: AnswerKind, number: int) -> bytes:
        """The answer to a packet of that number."""
        match kind:
            case AnswerKind.ENTRY:
                return self._announce(Mode.ANSENTRY)
            case AnswerKind.RECEIPT:
                return self._speak(Mode.RECVMSG, extra=b"%d\0" % number).data
            case AnswerKind.INFO:
                return self._speak(Mode.SENDINFO, Option.UTF8, message_extra(CLIENT)).data
            case AnswerKind.ABSENCE:
                return self._speak(Mode.SENDABSENCEINFO, Option.UTF8, message_extra(NOT_AWAY)).data

    def message(self, text: str) -> Spoken:
        """A text for somebody, who is asked to confirm it. Raises ValueError where it is too long."""
        return self._speak(Mode.SENDMSG, Option.SENDCHECK | Option.UTF8 | Option.CAPUTF8, message_extra(text))

    def _announce(self, mode: Mode) -> bytes:
        return self._speak(mode, _ENTRY, entry_extra(self.face, instance=self._instance)).data

    def _speak(self, mode: Mode, options: int = 0, extra: bytes = b"") -> Spoken:
        self._number = next_number(self._number, self._now() // 1_000)
        packet = Packet(
            number=self._number, user=self.face.user, host=self.face.host, mode=mode, options=options, extra=extra
        )
        return Spoken(self._number, encode(packet))


class Incoming(NamedTuple):
    """What was heard, for the rules, and the packet that it stood in."""

    heard: Heard
    packet: Packet

    @property
    def confirms(self) -> int | None:
        """The number of the packet that it confirms."""
        return confirmed_number(self.packet)

    @property
    def text(self) -> str:
        """Of a message, what it says."""
        return message_text(self.packet)


def heard_of(data: bytes, address: str, *, chance: float) -> Incoming | None:
    """What a datagram says; None where it is none of this protocol's. `chance`: 0 to 1, drawn for it."""
    packet = decode(data)
    if isinstance(packet, BadPacket):
        return None
    sender = sender_of(packet)
    heard = Heard(
        key=sender.key,
        face=sender.face,
        address=address,
        sign=sign_of(packet),
        number=packet.number,
        chance=chance,
        wants_receipt=wants_receipt(packet),
    )
    return Incoming(heard, packet)
