"""Desktops to be asked: a real X server, a real D-Bus daemon with a small desktop on it, a small Wayland compositor."""

from __future__ import annotations

import asyncio
import os
import shutil
import struct
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from jeepney import (  # type: ignore[import-untyped]
    DBusAddress,
    HeaderFields,
    MessageType,
    new_error,
    new_method_return,
    new_signal,
)
from jeepney.bus_messages import message_bus  # type: ignore[import-untyped]
from jeepney.io.asyncio import DBusConnection, DBusRouter, Proxy, open_dbus_connection  # type: ignore[import-untyped]

DEADLINE_S = 30.0


def needed(program: str) -> str:
    """Where a program is; without it the test is skipped, and fails on the build machine."""
    path = shutil.which(program)
    if path is None:
        why = f"{program} is not installed (apt-get install xvfb xdotool xauth dbus)"
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(why)
        pytest.skip(why)
    return path


@contextmanager
def x_server(*arguments: str) -> Iterator[int]:
    """An X server without a screen to be seen; its display's number."""
    reading, writing = os.pipe()
    command = [needed("Xvfb"), "-displayfd", str(writing), "-noreset", "-nolisten", "tcp", *arguments]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            yield int(told.readline())
    finally:
        server.terminate()
        server.wait(DEADLINE_S)


@contextmanager
def bus(folder: Path) -> Iterator[str]:
    """The address of a message bus of its own."""
    config = folder / "bus.conf"
    config.write_text(
        f"<busconfig><type>session</type><listen>unix:path={folder}/bus</listen><auth>EXTERNAL</auth>"
        '<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>'
        '<allow own="*"/></policy></busconfig>'
    )
    command = [needed("dbus-daemon"), f"--config-file={config}", "--nofork", "--print-address=1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as daemon:
        assert daemon.stdout is not None
        try:
            yield daemon.stdout.readline().strip()
        finally:
            daemon.terminate()


Answers = Mapping[str, tuple[str, tuple[Any, ...]]]
"""Of each method its signature and what it answers; what is not there is an error."""


@asynccontextmanager
async def desktop(address: str, *names: str, answers: Answers) -> AsyncIterator[list[tuple[str, str, str]]]:
    """Something on the bus that owns these names; what it was asked: path, interface, method."""
    asked: list[tuple[str, str, str]] = []
    connection = await open_dbus_connection(address)
    async with DBusRouter(connection) as router:
        for name in names:
            await Proxy(message_bus, router).RequestName(name)
    serving = asyncio.create_task(_serve(connection, answers, asked))
    try:
        yield asked
    finally:
        serving.cancel()
        await asyncio.wait([serving])
        await connection.close()


LOGIND = "org.freedesktop.login1"


class Logind:
    """As much of logind as tells of locks and sleeps."""

    def __init__(self, connection: DBusConnection, answers: dict[str, tuple[str, tuple[Any, ...]]]) -> None:
        self._connection = connection
        self._answers = answers

    async def lock(self, is_locked: bool) -> None:
        """The desktop has said whether the session is locked."""
        self._answers["Get"] = ("v", (("b", is_locked),))
        changed = {"LockedHint": ("b", is_locked)}
        await self.say("/org/freedesktop/login1/session/_32", "Session", changed)

    async def say(self, path: str, interface: str, changed: dict[str, tuple[str, Any]]) -> None:
        """Some property of something has changed."""
        at = DBusAddress(path, interface="org.freedesktop.DBus.Properties")
        body: tuple[Any, ...] = (f"{LOGIND}.{interface}", changed, [])
        await self._connection.send(new_signal(at, "PropertiesChanged", "sa{sv}as", body))

    async def sleep(self, is_near: bool) -> None:
        """The machine is about to sleep, or awake again."""
        at = DBusAddress("/org/freedesktop/login1", interface=f"{LOGIND}.Manager")
        await self._connection.send(new_signal(at, "PrepareForSleep", "b", (is_near,)))


@asynccontextmanager
async def logind(address: str) -> AsyncIterator[Logind]:
    """A logind on the bus; its session is not locked at first."""
    answers: dict[str, tuple[str, tuple[Any, ...]]] = {"Get": ("v", (("b", False),))}
    connection = await open_dbus_connection(address)
    async with DBusRouter(connection) as router:
        await Proxy(message_bus, router).RequestName(LOGIND)
    serving = asyncio.create_task(_serve(connection, answers, []))
    try:
        yield Logind(connection, answers)
    finally:
        serving.cancel()
        await asyncio.wait([serving])
        await connection.close()


async def _serve(connection: DBusConnection, answers: Answers, asked: list[tuple[str, str, str]]) -> None:
    while True:
        message = await connection.receive()
        if message.header.message_type is not MessageType.method_call:
            continue
        fields = message.header.fields
        method = fields[HeaderFields.member]
        asked.append((fields[HeaderFields.path], fields[HeaderFields.interface], method))
        if method in answers:
            await connection.send(new_method_return(message, *answers[method]))
        else:
            await connection.send(new_error(message, "org.freedesktop.DBus.Error.NotSupported"))


class Compositor:
    """As much of a compositor as tells of idle time; its messages are those that KWin 5.27 sent."""

    def __init__(self, offers: tuple[tuple[str, int], ...]) -> None:
        self.requests: list[tuple[int, int, bytes]] = []
        self._offers = offers
        self._writer: asyncio.StreamWriter | None = None
        self._notification = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        try:
            while True:
                receiver, head = struct.unpack("=II", await reader.readexactly(8))
                body = await reader.readexactly((head >> 16) - 8)
                self.requests.append((receiver, head & 0xFFFF, body))
                self._answer(receiver, head & 0xFFFF, body)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.transport.abort()

    def idled(self) -> None:
        self.send(self._notification, 0)

    def resumed(self) -> None:
        self.send(self._notification, 1)

    def send(self, sender: int, opcode: int, body: bytes = b"") -> None:
        assert self._writer is not None
        self._writer.write(struct.pack("=II", sender, (8 + len(body)) << 16 | opcode) + body)

    def leave(self) -> None:
        assert self._writer is not None
        self._writer.close()

    def _answer(self, receiver: int, opcode: int, body: bytes) -> None:
        match receiver, opcode:
            case (1, 1):
                (registry,) = struct.unpack("=I", body)
                for number, (interface, version) in enumerate(self._offers, 10):
                    text = interface.encode() + b"\0"
                    padded = text.ljust((len(text) + 3) // 4 * 4, b"\0")
                    self.send(registry, 0, struct.pack("=II", number, len(text)) + padded + struct.pack("=I", version))
            case (1, 0):
                (callback,) = struct.unpack("=I", body)
                self.send(callback, 0, struct.pack("=I", 7))
                self.send(1, 1, struct.pack("=I", callback))
            case (2, 0):
                self.send(struct.unpack("=I", body[-4:])[0], 0, struct.pack("=I", 3))  # a seat's capabilities
            case (_, 1 | 2):
                (self._notification, _, _) = struct.unpack("=III", body)


@asynccontextmanager
async def compositor(folder: Path, *offers: tuple[str, int]) -> AsyncIterator[Compositor]:
    """A compositor that listens as wayland-0 in a folder."""
    found = Compositor(offers)
    server = await asyncio.start_unix_server(found.serve, str(folder / "wayland-0"))
    async with server:
        yield found


async def until(check: Callable[[], bool]) -> None:
    """Let the loop run until the check holds."""
    async with asyncio.timeout(DEADLINE_S):
        while not check():  # noqa: ASYNC110 (what is waited for has no event)
            await asyncio.sleep(0)
