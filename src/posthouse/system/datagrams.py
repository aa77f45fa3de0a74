"""One UDP socket (RFC 768) that may broadcast: what comes waits in a bounded queue, what is sent goes at once.

In: datagrams of others, each at most 64 KiB, as the protocol has it. Out: their bytes with who sent them, in order.
What comes while the queue is full is dropped and counted, as the network itself does. Sending never waits.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

WAITING_MAX = 4_096
"""Datagrams: what a thousand hosts answer at once, with room."""

_RECEIVE_BYTES = 1 << 20


class Address(NamedTuple):
    """Where a datagram came from, or goes."""

    host: str
    port: int


class Datagram(NamedTuple):
    """What came."""

    data: bytes
    sender: Address


class PortTaken(OSError):
    """Another program has the port."""


class Datagrams(asyncio.DatagramProtocol):
    """The socket at work; made by `open_datagrams`."""

    def __init__(self, own: socket.socket) -> None:
        self.dropped = 0
        self._own = own
        self._waiting: asyncio.Queue[Datagram] = asyncio.Queue(WAITING_MAX)

    @property
    def port(self) -> int:
        """The port it has."""
        return int(self._own.getsockname()[1])

    async def receive(self) -> list[Datagram]:
        """What has come, oldest first: waits for one, and takes at most 100."""
        found = [await self._waiting.get()]
        while len(found) < 100 and not self._waiting.empty():
            found.append(self._waiting.get_nowait())
        return found

    def send(self, data: bytes, to: Address) -> None:
        """Hand it to the system. Raises OSError where that refuses it: no network, no route, no room."""
        self._own.sendto(data, to)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """The loop's call."""
        try:
            self._waiting.put_nowait(Datagram(data, Address(addr[0], addr[1])))
        except asyncio.QueueFull:
            self.dropped += 1

    def error_received(self, exc: Exception) -> None:
        """Somebody's machine says that nobody listens there; whoever is silent is noticed by their silence."""


@asynccontextmanager
async def open_datagrams(address: str, port: int) -> AsyncIterator[Datagrams]:
    """A socket on an IPv4 address of this machine ("" for all of them) and a port (0 for any), while the block lasts.

    Raises PortTaken where another program has the port, OSError where the address is not this machine's. The port is
    not shared (SO_REUSEADDR): of two that share it one alone is sent what is meant for either.
    """
    own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        own.setblocking(False)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BYTES)
        own.bind((address, port))
    except OSError as error:
        own.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(error.errno, error.strerror) from error
        raise
    except BaseException:
        own.close()
        raise
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(lambda: Datagrams(own), sock=own)
    try:
        yield protocol
    finally:
        transport.close()
