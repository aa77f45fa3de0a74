"""Idle time from a Wayland compositor: the protocol ext-idle-notify-v1, over a connection that is kept.

    opened ──idled──▶ nobody there since 5 s ago ──resumed──▶ somebody there ──idled──▶ …

It tells of transitions and cannot be asked, so this probe listens: it is told when 5 s have passed without input, and
when there is some again. Nothing can be said in its first 6 s; until input was seen once, how long nobody had been
there before is unknown, so its confidence is low, as it is where a version 1 counts a playing film as somebody.
Our own code: of the protocol it needs five requests, and the kept library brings the C one with it.
Source: Wayland book, chapter 4 (wire protocol); ext-idle-notify-v1.xml of wayland-protocols, versions 1 and 2.
"""

from __future__ import annotations

import asyncio
import struct
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from posthouse.system.clock import Clock
from posthouse.system.idle.base import Confidence, IdleReading, IdleUnknown

IDLE_S = 5.0
"""How long without input until the compositor says so: what is shorter counts as none."""

_SLACK_S = 1.0
"""How much later it may say so."""

_DISPLAY, _REGISTRY, _LISTED, _SEAT, _NOTIFIER, _NOTIFICATION, _BOUND = 1, 2, 3, 4, 5, 6, 7
_MESSAGE_BYTES_MAX = 65_536
_ORDER = "<" if sys.byteorder == "little" else ">"


class WaylandProbe(asyncio.Protocol):
    """Listens to a compositor from `open_wayland` on."""

    name = "wayland"

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._transport: asyncio.WriteTransport | None = None
        self._buffer = bytearray()
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._globals: dict[str, tuple[int, int]] = {}
        self._why_over = ""
        self._opened_s = 0.0
        self._idled_s: float | None = None
        self._has_seen_input = False
        self._counts_films = False

    async def read(self) -> IdleReading | None:
        """What was told last; None in the first 6 s. Raises IdleUnknown once the compositor has gone."""
        if self._why_over:
            raise IdleUnknown(self._why_over)
        now_s = self._clock.monotonic_s()
        if self._idled_s is not None:
            idle_s = now_s - self._idled_s + IDLE_S
        elif self._has_seen_input or now_s - self._opened_s >= IDLE_S + _SLACK_S:
            idle_s = 0.0
        else:
            return None
        is_sure = self._has_seen_input and not self._counts_films
        return IdleReading(idle_s=idle_s, probe=self.name, confidence=Confidence.HIGH if is_sure else Confidence.LOW)

    def close(self) -> None:
        """Leave the compositor. Safe to repeat."""
        self._end("it was closed")

    async def opened(self) -> None:
        """Return when the compositor has agreed to tell us. Raises IdleUnknown."""
        await self._ready

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask what the compositor offers."""
        self._transport = cast("asyncio.WriteTransport", transport)
        self._request(_DISPLAY, 1, struct.pack(_ORDER + "I", _REGISTRY))
        self._request(_DISPLAY, 0, struct.pack(_ORDER + "I", _LISTED))

    def data_received(self, data: bytes) -> None:
        """Take whole messages; the rest waits for more."""
        self._buffer += data
        try:
            while len(self._buffer) >= 8 and not self._why_over:
                sender, head = struct.unpack_from(_ORDER + "II", self._buffer)
                size, opcode = head >> 16, head & 0xFFFF
                if not 8 <= size <= _MESSAGE_BYTES_MAX:
                    raise struct.error("a message of no size")
                if len(self._buffer) < size:
                    return
                body = bytes(self._buffer[8:size])
                del self._buffer[:size]
                self._take(sender, opcode, body)
        except struct.error:
            self._end("the compositor does not speak Wayland as we know it")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (the shape of a protocol)
        """The compositor has gone."""
        self._end("the compositor has gone")

    def _take(self, sender: int, opcode: int, body: bytes) -> None:
        match sender, opcode:
            case (1, 0):
                self._end("the compositor refused a request")
            case (2, 0):
                name, length = struct.unpack_from(_ORDER + "II", body)
                (version,) = struct.unpack_from(_ORDER + "I", body, 8 + (length + 3) // 4 * 4)
                self._globals.setdefault(body[8 : 8 + length - 1].decode("ascii", "replace"), (name, version))
            case (3, 0):
                self._bind()
            case (7, 0):
                self._opened_s = self._clock.monotonic_s()
                if not self._ready.done():
                    self._ready.set_result(None)
            case (6, 0):
                self._idled_s = self._clock.monotonic_s()
            case (6, 1):
                self._idled_s, self._has_seen_input = None, True
            case _:
                pass  # what seats and names become is no concern of ours

    def _bind(self) -> None:
        """Ask to be told of the first seat's input."""
        seat, notifier = self._globals.get("wl_seat"), self._globals.get("ext_idle_notifier_v1")
        if seat is None or notifier is None:
            self._end("the compositor does not speak ext-idle-notify-v1" if seat else "the compositor has no seat")
            return
        version = min(notifier[1], 2)
        self._counts_films = version < 2
        self._request(_REGISTRY, 0, _bound(seat[0], "wl_seat", 1, _SEAT))
        self._request(_REGISTRY, 0, _bound(notifier[0], "ext_idle_notifier_v1", version, _NOTIFIER))
        told = struct.pack(_ORDER + "III", _NOTIFICATION, int(IDLE_S * 1000), _SEAT)
        self._request(_NOTIFIER, version, told)  # 1: unless something plays; 2, from version 2: input alone
        self._request(_DISPLAY, 0, struct.pack(_ORDER + "I", _BOUND))

    def _request(self, receiver: int, opcode: int, body: bytes) -> None:
        if self._transport is not None:
            self._transport.write(struct.pack(_ORDER + "II", receiver, (8 + len(body)) << 16 | opcode) + body)

    def _end(self, why: str) -> None:
        self._why_over = self._why_over or why
        if not self._ready.done():
            self._ready.set_exception(IdleUnknown(self._why_over))
        if self._transport is not None:
            self._transport.close()


async def open_wayland(environ: Mapping[str, str], clock: Clock) -> WaylandProbe:
    """The probe of the environment's compositor, once that has agreed. Raises IdleUnknown or OSError."""
    folder, display = environ.get("XDG_RUNTIME_DIR", ""), environ.get("WAYLAND_DISPLAY") or "wayland-0"
    if not folder and not display.startswith("/"):
        raise IdleUnknown("XDG_RUNTIME_DIR is not set")
    path = str(Path(folder) / display)
    _, probe = await asyncio.get_running_loop().create_unix_connection(lambda: WaylandProbe(clock), path)
    try:
        await probe.opened()
    except BaseException:
        probe.close()
        raise
    return probe


def _bound(name: int, interface: str, version: int, object_id: int) -> bytes:
    """The arguments of wl_registry.bind: its new object comes with its interface and version."""
    text = interface.encode() + b"\0"
    padded = text.ljust((len(text) + 3) // 4 * 4, b"\0")
    return struct.pack(_ORDER + "II", name, len(text)) + padded + struct.pack(_ORDER + "II", version, object_id)
