r"""What stands in a packet's extra part: who announces itself, what a message says, what answers carry.

    entry      nick \0 group \0 \n UN:user \n HN:host \n NN:nick \n GN:group \n VS:program \n PH:instance \n
    message    text \0 attachments
    receipt    number of the packet that is confirmed

The labelled block is UTF-8 whatever the rest is, and read only where the sender says that it is capable of it
(`CAPUTF8`). `PH:` is Posthouse's own: other programs pass over labels that they do not know. A text may be empty, and
any bytes give an answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from posthouse.model.peers import Face, PeerKey, peer_key
from posthouse.rules.peer_signals import Sign
from posthouse.sources.lan.wire import (
    ENTRY_MODES,
    NAME_CHARACTERS_MAX,
    SENT_BYTES_MAX,
    Mode,
    Option,
    Packet,
    feiq_of,
    read_text,
    sendable,
)

LABELS = ("UN", "HN", "NN", "GN", "VS", "PH")
TEXT_BYTES_MAX = SENT_BYTES_MAX - 2_048
"""The most bytes that the text of a message may have as UTF-8; the rest is for the names."""

ENTRY_BYTES_MAX = 4_096
"""What an entry's extra part is read up to."""

SIGNS: Mapping[int, Sign] = {
    Mode.BR_ENTRY: Sign.ENTRY,
    Mode.ANSENTRY: Sign.ENTRY_ANSWER,
    Mode.BR_ABSENCE: Sign.BEAT,
    Mode.BR_EXIT: Sign.EXIT,
    Mode.SENDMSG: Sign.MESSAGE,
    Mode.GETINFO: Sign.INFO_ASKED,
    Mode.GETABSENCEINFO: Sign.ABSENCE_ASKED,
}

UNANSWERED = Option.BROADCAST | Option.MULTICAST | Option.AUTORET
"""Messages with one of these get no receipt, though they ask for one: many would answer, or two programs for ever."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_NAME_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever sent a packet."""

    key: PeerKey
    face: Face


def sign_of(packet: Packet) -> Sign:
    """What the packet is to the one who hears it."""
    return SIGNS.get(packet.mode, Sign.OTHER)


def wants_receipt(packet: Packet) -> bool:
    """Whether a message asks for a receipt that may be sent."""
    return packet.mode == Mode.SENDMSG and packet.has(Option.SENDCHECK) and not packet.options & UNANSWERED


def sender_of(packet: Packet) -> Sender:
    """Who sent the packet; name and group are "" where it is none that tells them.

    Where the sender is capable of UTF-8, user and host are those of the labelled block: those of the head may be in an
    encoding of its own.
    """
    labels: dict[str, str] = {}
    name = group = ""
    if packet.mode in ENTRY_MODES:
        extra = packet.extra[:ENTRY_BYTES_MAX]
        if packet.has(Option.CAPUTF8):
            labels = _labels(extra)
        parts = extra.partition(b"\n")[0].split(b"\0")
        name = labels.get("NN") or _name(parts[0], packet)
        group = labels.get("GN") or (_name(parts[1], packet) if len(parts) > 1 else "")
    user, host = labels.get("UN") or packet.user, labels.get("HN") or packet.host
    return Sender(
        key=peer_key(user, host, labels.get("PH", "")),
        face=Face(
            user=user,
            host=host,
            name=name,
            group=group,
            client=labels.get("VS") or _client(packet),
            is_away=packet.mode in ENTRY_MODES and packet.has(Option.ABSENCE),
        ),
    )


def entry_extra(face: Face, *, instance: str = "") -> bytes:
    """The extra part of an entry, its answer, a beat and an exit. To be sent with `CAPUTF8` and `UTF8`."""
    name, group = sendable(face.name or face.user), sendable(face.group) if face.group else ""
    told = (sendable(face.user), sendable(face.host), name, group, face.client, instance)
    lines = [f"{label}:{sendable(text)}\n" for label, text in zip(LABELS, told, strict=True) if text]
    return f"{name}\0{group}\0\n{''.join(lines)}".encode()


def message_text(packet: Packet) -> str:
    """The text of a message, or of an answer that is text: without attachments, control characters and final blanks.

    An encrypted one has none: Posthouse does not announce that it could read it.
    """
    if packet.has(Option.ENCRYPT):
        return ""
    text = read_text(packet.extra.partition(b"\0")[0], is_utf8=packet.has(Option.UTF8))
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).rstrip()


def message_extra(text: str) -> bytes:
    """The extra part of a message or an answer that is text, to be sent with `UTF8`. Raises ValueError if too long."""
    data = _CONTROLS.sub("", text.replace("\r\n", "\n")).encode("utf-8", "replace") + b"\0"
    if len(data) > TEXT_BYTES_MAX:
        raise ValueError(f"the text has {len(data) - 1} bytes, and may have {TEXT_BYTES_MAX - 1}")
    return data


def confirmed_number(packet: Packet) -> int | None:
    """The number of the packet that a receipt (RECVMSG) confirms; None where it names none."""
    digits = packet.extra.partition(b"\0")[0].strip()
    return int(digits) if packet.mode == Mode.RECVMSG and digits.isdigit() and len(digits) <= 20 else None


def _labels(extra: bytes) -> dict[str, str]:
    labels: dict[str, str] = {}
    for line in extra.split(b"\n")[1:]:
        label, _, value = line.partition(b":")
        name = label.decode("ascii", "replace").strip()
        if name in LABELS and name not in labels:
            labels[name] = _cleaned(value.partition(b"\0")[0].decode("utf-8", "replace"))
    return labels


def _name(data: bytes, packet: Packet) -> str:
    return _cleaned(read_text(data, is_utf8=packet.has(Option.UTF8)))


def _cleaned(text: str) -> str:
    return _NAME_CONTROLS.sub("", text).strip()[:NAME_CHARACTERS_MAX].strip()


def _client(packet: Packet) -> str:
    """The program's name, as far as the version field tells it."""
    feiq = feiq_of(packet)
    if feiq is not None:
        return "FeiQ"
    _, _, program = packet.version.partition("_")
    return program.partition("#")[0][:NAME_CHARACTERS_MAX]
