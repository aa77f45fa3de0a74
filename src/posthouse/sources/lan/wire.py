r"""IP Messenger packets: bytes to `Packet` and back. No socket, and no exception whatever the bytes are.

    version ":" number ":" user ":" host ":" command ":" extra        command = mode (low 8 bits) | options

    1:1700000000:ann:desk:16777217:Ann\0Sales\0\nUN:ann\nHN:desk\nNN:Ann\nGN:Sales\n
    1_lbt6_0#128#5C60BA7361C6#1944#0#0#4001#9:1765442982:ann:desk:1:Ann         (FeiQ)
    1_iptux 0.8.3:7:ann:desk:257:Ann\0Sales\0icon.png\0utf-8\0                 (iptux)

Fields are split at the first five colons, so `extra` may have more of them. Text is UTF-8 where the sender says so
(`UTF8`), else the first of UTF-8, GB18030 and CP932 that it is valid in, else what can be read of it. In none of them
is a colon, NUL or line feed part of another character, so fields are split before they are read. What other programs
may choke on (colons, NULs and control characters in names) is never sent.

Source: IP Messenger communication protocol, 11th draft (https://ipmsg.org/protocol.txt, in Japanese); `ipmsg.h`.
"""

from __future__ import annotations

import re
from enum import IntEnum, IntFlag, StrEnum

import msgspec

DATAGRAM_BYTES_MAX = 65_507
"""The most that one UDP datagram over IPv4 can carry; what comes is judged by it."""

SENT_BYTES_MAX = 32_768
"""The most that is sent: other programs read into buffers of this size."""

NAME_CHARACTERS_MAX = 64
COMMAND_MAX = 0xFFFF_FFFF
NUMBER_MAX = 2**64 - 1
VERSION_MAX = 200
VERSION = "1"


class Mode(IntEnum):
    """What a packet is for; a mode that is not here stays a number."""

    NOOPERATION = 0x00
    BR_ENTRY = 0x01
    BR_EXIT = 0x02
    ANSENTRY = 0x03
    BR_ABSENCE = 0x04
    BR_ISGETLIST = 0x10
    OKGETLIST = 0x11
    GETLIST = 0x12
    ANSLIST = 0x13
    BR_ISGETLIST2 = 0x18
    SENDMSG = 0x20
    RECVMSG = 0x21
    READMSG = 0x30
    DELMSG = 0x31
    ANSREADMSG = 0x32
    GETINFO = 0x40
    SENDINFO = 0x41
    GETABSENCEINFO = 0x50
    SENDABSENCEINFO = 0x51
    GETFILEDATA = 0x60
    RELEASEFILES = 0x61
    GETDIRFILES = 0x62
    GETPUBKEY = 0x72
    ANSPUBKEY = 0x73


ENTRY_MODES = frozenset({Mode.BR_ENTRY, Mode.BR_EXIT, Mode.ANSENTRY, Mode.BR_ABSENCE})
"""What carries a nickname, a group and the labelled block."""


class Option(IntFlag):
    """The high 24 bits of a command. 0x100 and 0x200 mean one thing on an entry and another on a message."""

    ABSENCE = 0x100
    SERVER = 0x200
    DIALUP = 0x1_0000
    FILEATTACH = 0x20_0000
    ENCRYPT = 0x40_0000
    UTF8 = 0x80_0000
    CAPUTF8 = 0x100_0000
    ENCEXTMSG = 0x400_0000
    CLIPBOARD = 0x800_0000

    SENDCHECK = 0x100
    SECRET = 0x200
    BROADCAST = 0x400
    MULTICAST = 0x800
    AUTORET = 0x2000
    RETRY = 0x4000
    PASSWORD = 0x8000
    NOLOG = 0x2_0000
    NOADDLIST = 0x8_0000
    READCHECK = 0x10_0000


class Packet(msgspec.Struct, frozen=True, kw_only=True):
    """A packet. `mode`: a `Mode`, or another number up to 255. `options`: bits of `Option`, and others."""

    number: int
    user: str
    host: str
    mode: int
    options: int = 0
    extra: bytes = b""
    version: str = VERSION

    def has(self, option: Option) -> bool:
        """Whether this option is set."""
        return bool(self.options & option)


class Fault(StrEnum):
    """What is wrong with bytes that are no packet."""

    EMPTY = "empty"
    TOO_LONG = "too-long"
    TOO_FEW_FIELDS = "too-few-fields"
    VERSION = "version"
    NUMBER = "number"
    NAME = "name"
    COMMAND = "command"


class BadPacket(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that are no packet, and why. `found`: what stands there, cut to 40 characters that can be shown."""

    fault: Fault
    found: str = ""


class FeiQ(msgspec.Struct, frozen=True, kw_only=True):
    """What FeiQ's version field tells besides the version. `port`: as told, which need not be where it listens."""

    product: str
    level: int
    mac: str
    port: int
    rest: tuple[str, ...]


_VERSION = re.compile(r"1(?![0-9])[\x20-\x39\x3b-\x7e]*")
_FEIQ_MAC = re.compile(r"[0-9A-Fa-f]{12}(?:[0-9A-Fa-f]{4})?")
_UNSENDABLE = re.compile(r"[\x00-\x1f\x7f-\x9f:\u2028\u2029\ud800-\udfff]")
_UNSHOWABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def decode(datagram: bytes) -> Packet | BadPacket:
    """Read a datagram: any bytes are a packet, or a `BadPacket` that says why not."""
    if not datagram:
        return BadPacket(fault=Fault.EMPTY)
    if len(datagram) > DATAGRAM_BYTES_MAX:
        return BadPacket(fault=Fault.TOO_LONG, found=f"{len(datagram)} bytes")
    fields = datagram.split(b":", 5)
    if len(fields) < 6:
        return _bad(Fault.TOO_FEW_FIELDS, datagram)
    version = fields[0].decode("ascii", "replace")
    if len(version) > VERSION_MAX or not _VERSION.fullmatch(version):
        return _bad(Fault.VERSION, fields[0])
    number = _number(fields[1], NUMBER_MAX)
    if number is None:
        return _bad(Fault.NUMBER, fields[1])
    command = _number(fields[4], COMMAND_MAX)
    if command is None:
        return _bad(Fault.COMMAND, fields[4])
    is_utf8 = bool(command & Option.UTF8)
    user, host = (_shown(read_text(field, is_utf8=is_utf8)) for field in fields[2:4])
    if not user and not host:
        return _bad(Fault.NAME, b":".join(fields[2:4]))
    return Packet(
        version=version,
        number=number,
        user=user,
        host=host,
        mode=command & 0xFF,
        options=command & ~0xFF,
        extra=fields[5],
    )


def encode(packet: Packet) -> bytes:
    """Write a packet. Names are made sendable, and are UTF-8.

    Raises ValueError where a number is out of its range, the version is none, or the whole is over `SENT_BYTES_MAX`.
    """
    if not _VERSION.fullmatch(packet.version) or len(packet.version) > VERSION_MAX:
        raise ValueError(f"no version of the protocol: {packet.version[:40]!r}")
    if not 0 <= packet.number <= NUMBER_MAX:
        raise ValueError(f"no packet number: {packet.number}")
    command = packet.mode | packet.options
    if not 0 <= packet.mode <= 0xFF or packet.options & 0xFF or not 0 <= command <= COMMAND_MAX:
        raise ValueError(f"no command: mode {packet.mode}, options {packet.options:#x}")
    head = f"{packet.version}:{packet.number}:{sendable(packet.user)}:{sendable(packet.host)}:{command}:"
    datagram = head.encode() + packet.extra
    if len(datagram) > SENT_BYTES_MAX:
        raise ValueError(f"{len(datagram)} bytes are more than the {SENT_BYTES_MAX} that other programs take")
    return datagram


def read_text(data: bytes, *, is_utf8: bool) -> str:
    """The text of these bytes: as UTF-8 where that was said, else in the first encoding that they are valid in."""
    if not is_utf8:
        for encoding in ("utf-8", "gb18030", "cp932"):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                continue
    return data.decode("utf-8", "replace")


def sendable(name: str) -> str:
    """The name without what may not stand in a packet's fields, cut; "_" where nothing is left."""
    return _UNSENDABLE.sub("_", name).strip()[:NAME_CHARACTERS_MAX].strip() or "_"


def feiq_of(packet: Packet) -> FeiQ | None:
    """What FeiQ says of itself in the version field; None of a packet of another program."""
    parts = packet.version.split("#")
    if len(parts) < 6 or not _FEIQ_MAC.fullmatch(parts[2]):
        return None
    level, port = (_number(parts[index].encode(), COMMAND_MAX) for index in (1, 3))
    if level is None or port is None:
        return None
    _, _, product = parts[0].partition("_")
    return FeiQ(product=product, level=level, mac=parts[2].upper(), port=port, rest=tuple(parts[4:]))


def feiq_version(feiq: FeiQ) -> str:
    """The version field that `feiq_of` reads back."""
    return "#".join((f"{VERSION}_{feiq.product}", str(feiq.level), feiq.mac, str(feiq.port), *feiq.rest))


def next_number(last: int, unix_s: int) -> int:
    """The number of the next packet: rising, never the same again, and ahead of those before a restart."""
    return min(max(unix_s, last + 1), NUMBER_MAX)


def _number(digits: bytes, highest: int) -> int | None:
    if not digits.isdigit() or len(digits) > 20 or (number := int(digits)) > highest:
        return None
    return number


def _shown(text: str) -> str:
    """A name as it can be shown: control characters are left out, and it is cut."""
    return _UNSHOWABLE.sub("", text).strip()[:NAME_CHARACTERS_MAX].strip()


def _bad(fault: Fault, found: bytes) -> BadPacket:
    return BadPacket(fault=fault, found=_UNSHOWABLE.sub("�", found[:40].decode("utf-8", "replace")))
