"""Idle time from a real X server, with real input."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from posthouse.system.idle.base import Confidence, IdleUnknown
from posthouse.system.idle.x11 import X11Probe, open_x11
from tests.system.idle.desktops import needed, x_server


def entry(family: int, address: bytes, number: bytes, data: bytes, name: bytes = b"MIT-MAGIC-COOKIE-1") -> bytes:
    """A line of an authority file, as Xau(3) says."""
    parts = (struct.pack(">H", len(part)) + part for part in (address, number, name, data))
    return struct.pack(">H", family) + b"".join(parts)


async def test_time_grows_without_input_and_begins_anew_with_it() -> None:
    with x_server() as display:
        probe = await open_x11({"DISPLAY": f":{display}"})
        first, second = await probe.read(), await probe.read()
        pressed_s = time.monotonic()
        subprocess.run(  # noqa: ASYNC221 (nothing else is to happen meanwhile)
            [needed("xdotool"), "key", "a"], env={**os.environ, "DISPLAY": f":{display}"}, check=True
        )
        third = await probe.read()
        since_s = time.monotonic() - pressed_s
        probe.close()

    assert 0 <= first.idle_s <= second.idle_s
    assert third.idle_s <= since_s + 0.1
    assert (third.probe, third.confidence, third.is_locked) == ("x11", Confidence.HIGH, None)


async def test_a_server_that_wants_a_cookie_gets_the_one_of_this_display(tmp_path: Path) -> None:
    cookie, host = bytes(range(16)), socket.gethostname().encode()
    authority, of_server = tmp_path / "authority", tmp_path / "of-server"
    of_server.write_bytes(entry(256, b"", b"0", cookie))
    with x_server("-auth", str(of_server)) as display:
        number = str(display).encode()
        environ = {"DISPLAY": f"unix:{display}.0", "XAUTHORITY": str(authority)}
        authority.write_bytes(
            entry(256, b"another-host", number, b"x" * 16)
            + entry(256, host, b"999", b"x" * 16)
            + entry(0, b"\x7f\0\0\1", number, b"x" * 16)
            + entry(256, host, number, b"x" * 16, name=b"XDM-AUTHORIZATION-1")
            + entry(65_535, b"", b"", cookie)
            + b"\0\1cut"
        )
        reading = await (await open_x11(environ)).read()
        authority.write_bytes(entry(256, host, number, b"x" * 16))
        with pytest.raises(IdleUnknown, match="does not let us in"):
            await open_x11(environ)
        authority.unlink()
        with pytest.raises(IdleUnknown, match="does not let us in"):
            await open_x11(environ)

    assert reading.idle_s >= 0


async def test_a_server_that_has_gone_is_an_error() -> None:
    with x_server() as display:
        probe = await open_x11({"DISPLAY": f":{display}"})

    with pytest.raises((FileNotFoundError, ConnectionRefusedError)):
        await probe.read()


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({}, "DISPLAY is not set"),
        ({"DISPLAY": "far.example.com:0"}, "not of this machine"),
        ({"DISPLAY": "localhost:10.0"}, "not of this machine"),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, "Wayland session"),
        ({"DISPLAY": ":0", "XDG_SESSION_TYPE": "wayland"}, "Wayland session"),
    ],
)
async def test_what_is_no_display_to_be_asked_is_said(environ: dict[str, str], why: str) -> None:
    with pytest.raises(IdleUnknown, match=why):
        await open_x11(environ)


SETUP = struct.pack("<BxHHH", 1, 11, 0, 8 + 10) + b"\0" * 72
NONE = struct.pack("<BxHIBB", 1, 1, 0, 0, 0) + b"\0" * 22
HAS = struct.pack("<BxHIBB", 1, 1, 0, 1, 140) + b"\0" * 22
EVENT = bytes([34]) + b"\0" * 31
ERROR = bytes([0, 8]) + b"\0" * 30


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", "broke off"),
        (SETUP[:20], "broke off"),
        (struct.pack("<BxHHH", 1, 11, 0, 1) + b"\0" * 4, "broke off"),
        (struct.pack("<BxHHH", 0, 11, 0, 1) + b"nope", "does not let us in"),
        (SETUP + HAS, "Wayland session"),
        (SETUP + NONE + NONE, "no MIT-SCREEN-SAVER"),
        (SETUP + EVENT + NONE + EVENT + HAS + ERROR, r"refused a request \(error 8\)"),
        (SETUP + EVENT * 1_000, "does not come to its answer"),
    ],
)
async def test_a_server_that_cannot_say_is_left_with_a_reason(answer: bytes, why: str) -> None:
    served = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        writer.write_eof()
        with suppress(ConnectionError):
            await reader.read()
        writer.transport.abort()
        served.set()

    display = 50_000 + os.getpid() % 10_000
    async with await asyncio.start_unix_server(serve, f"\0/tmp/.X11-unix/X{display}"):
        with pytest.raises(IdleUnknown, match=why):
            await X11Probe(display, b"").read()
        await served.wait()
