"""Idle time from an X server: the extension MIT-SCREEN-SAVER, in three requests over a connection of its own per look.

Our own code, since what it needs of the protocol has stood still for decades, while Xlib ends the whole process where
the server goes away, and its counterpart in Python is no longer kept. Only displays of this machine are asked. XWayland
is not: it sees but the input of X programs. Bytes are little-endian, as we ask for.
Source: X Window System Protocol, X11 release 7.7 (appendix B); X11 Screen Saver Extension 1.1; Xau(3) for the cookie.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from posthouse.system.idle.base import IdleReading, IdleUnknown
from posthouse.system.idle.local_socket import open_local

_COOKIE = b"MIT-MAGIC-COOKIE-1"
_AUTHORITY_BYTES_MAX = 1 << 20
_QUERY_EXTENSION = 98
_QUERY_VERSION, _QUERY_INFO = 0, 1
_ERROR, _REPLY = 0, 1
_PACKET = 32
_EVENTS_MAX = 1_000
_FAMILY_LOCAL, _FAMILY_WILD = 256, 65_535


class X11Probe:
    """Asks the X server of a local display."""

    name = "x11"

    def __init__(self, display: int, cookie: bytes) -> None:
        self._display = display
        self._cookie = cookie

    async def read(self) -> IdleReading:
        """Connect, ask, and close. Raises IdleUnknown or OSError."""
        reader, writer = await _connect(self._display)
        try:
            return IdleReading(idle_s=await _idle_ms(reader, writer, self._cookie) / 1000, probe=self.name)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, struct.error) as error:
            raise IdleUnknown("the X server broke off its answer") from error
        finally:
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()

    def close(self) -> None:
        """Nothing is held between looks."""


async def open_x11(environ: Mapping[str, str]) -> X11Probe:
    """The probe of the environment's display, once it has answered. Raises IdleUnknown or OSError."""
    named = environ.get("DISPLAY", "")
    if not named:
        raise IdleUnknown("DISPLAY is not set")
    if environ.get("WAYLAND_DISPLAY") or environ.get("XDG_SESSION_TYPE") == "wayland":
        raise IdleUnknown("the X server of a Wayland session sees the input of X programs only")
    found = re.fullmatch(r"(?:unix)?:(\d{1,5})(?:\.\d+)?", named)
    if found is None:
        raise IdleUnknown(f"the display {named} is not of this machine")
    display = int(found[1])
    probe = X11Probe(display, await asyncio.to_thread(_cookie_of, display, environ))
    await probe.read()
    return probe


class _Entry(NamedTuple):
    """A line of the authority file."""

    family: int
    address: bytes
    number: bytes
    name: bytes
    data: bytes


async def _connect(display: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    path = f"/tmp/.X11-unix/X{display}"  # noqa: S108 (where X servers listen)
    try:
        return await open_local(path)
    except (FileNotFoundError, ConnectionRefusedError):
        return await open_local("\0" + path)


async def _idle_ms(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cookie: bytes) -> int:
    root = await _greet(reader, writer, cookie)
    if (await _extension(reader, writer, b"XWAYLAND"))[0]:
        raise IdleUnknown("the X server of a Wayland session sees the input of X programs only")
    is_there, opcode = await _extension(reader, writer, b"MIT-SCREEN-SAVER")
    if not is_there:
        raise IdleUnknown("the X server has no MIT-SCREEN-SAVER")
    writer.write(struct.pack("<BBHBBxx", opcode, _QUERY_VERSION, 2, 1, 1))
    await _reply(reader)
    writer.write(struct.pack("<BBHI", opcode, _QUERY_INFO, 2, root))
    (idle_ms,) = struct.unpack_from("<I", await _reply(reader), 16)
    return int(idle_ms)


async def _greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cookie: bytes) -> int:
    """Introduce ourselves; answers the root window of the first screen."""
    name = _COOKIE if cookie else b""
    writer.write(struct.pack("<BxHHHHxx", ord("l"), 11, 0, len(name), len(cookie)) + _padded(name) + _padded(cookie))
    status, length = struct.unpack("<B5xH", await reader.readexactly(8))
    body = await reader.readexactly(4 * length)
    if status != 1:
        raise IdleUnknown("the X server does not let us in")
    vendor_length, format_count = struct.unpack_from("<16xHxxxB", body)
    (root,) = struct.unpack_from("<I", body, 32 + _even(vendor_length) + 8 * format_count)
    return int(root)


async def _extension(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: bytes) -> tuple[bool, int]:
    """Whether the server has it, and the code of its requests."""
    padded = _padded(name)
    writer.write(struct.pack("<BxHHxx", _QUERY_EXTENSION, 2 + len(padded) // 4, len(name)) + padded)
    present, opcode = struct.unpack_from("<8xBB", await _reply(reader))
    return bool(present), int(opcode)


async def _reply(reader: asyncio.StreamReader) -> bytes:
    """The answer to the last request; events that nobody asked for are passed over."""
    for _ in range(_EVENTS_MAX):
        packet = await reader.readexactly(_PACKET)
        if packet[0] == _ERROR:
            raise IdleUnknown(f"the X server refused a request (error {packet[1]})")
        if packet[0] == _REPLY:
            (more,) = struct.unpack_from("<I", packet, 4)
            return packet + await reader.readexactly(4 * min(more, _EVENTS_MAX))
    raise IdleUnknown("the X server does not come to its answer")


def _cookie_of(display: int, environ: Mapping[str, str]) -> bytes:
    """The cookie that lets us in; empty where there is none, as some servers need none."""
    named = environ.get("XAUTHORITY")
    path = Path(named) if named else Path(environ.get("HOME") or Path.home()) / ".Xauthority"
    try:
        with path.open("rb") as file:
            entries = _entries(file.read(_AUTHORITY_BYTES_MAX))
    except OSError:
        return b""
    host = socket.gethostname().encode()
    fitting = [
        entry
        for entry in entries
        if entry.name == _COOKIE
        and entry.number in (b"", str(display).encode())
        and (entry.family == _FAMILY_WILD or (entry.family == _FAMILY_LOCAL and entry.address == host))
    ]
    return fitting[0].data if fitting else b""


def _entries(content: bytes) -> list[_Entry]:
    entries: list[_Entry] = []
    position = 0
    with suppress(struct.error):  # a file that was cut: what is whole counts
        while position < len(content):
            (family,) = struct.unpack_from(">H", content, position)
            position += 2
            parts = []
            for _ in range(4):
                (length,) = struct.unpack_from(">H", content, position)
                parts.append(content[position + 2 : position + 2 + length])
                position += 2 + length
            entries.append(_Entry(family, *parts))
    return entries


def _padded(text: bytes) -> bytes:
    return text.ljust(_even(len(text)), b"\0")


def _even(length: int) -> int:
    return (length + 3) // 4 * 4
