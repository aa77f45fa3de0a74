"""Where a machine stands in its networks: its IPv4 addresses, how everybody there is reached, and when that changes.

In: the system's own lists. Out: `Interface`s, without loopback and without what is down. Nothing is sent. On Linux a
change is told by the kernel (rtnetlink(7)); elsewhere nobody tells, and whoever wants to know looks again.
"""

from __future__ import annotations

import asyncio
import getpass
import ipaddress
import socket
import sys
from collections.abc import AsyncGenerator

import msgspec
import psutil

_RTMGRP_LINK, _RTMGRP_IPV4_IFADDR = 0x1, 0x10
_PIECE_BYTES = 65_536


class Interface(msgspec.Struct, frozen=True, order=True):
    """An IPv4 address of this machine, and its network (`10.0.7.0/24`).

    `broadcast`: what is sent there reaches all of that network (RFC 919); "" where it has no such address (RFC 3021).
    """

    name: str
    address: str
    network: str

    @property
    def broadcast(self) -> str:
        """Where everybody on that network is reached, or ""."""
        network = ipaddress.IPv4Network(self.network)
        return str(network.broadcast_address) if network.prefixlen < 31 else ""

    def holds(self, host: str) -> bool:
        """Whether an IPv4 address belongs to that network."""
        return ipaddress.IPv4Address(host) in ipaddress.IPv4Network(self.network)


def read_interfaces() -> tuple[Interface, ...]:
    """What this machine has now, in order; up, not loopback, with an IPv4 address. Raises OSError."""
    states = psutil.net_if_stats()
    found = []
    for name, addresses in psutil.net_if_addrs().items():
        if name not in states or not states[name].isup:
            continue
        for one in addresses:
            if one.family is socket.AF_INET and not ipaddress.IPv4Address(one.address).is_loopback:
                own = ipaddress.IPv4Interface(f"{one.address}/{one.netmask or 32}")
                found.append(Interface(name, one.address, str(own.network)))
    return tuple(sorted(found))


async def interface_changes() -> AsyncGenerator[None, None]:
    """Yields whenever a link or an IPv4 address came, went or changed, until closed; several at once are one.

    Where the system does not tell of it, waits for ever. Raises OSError where the kernel refuses its socket.
    """
    if sys.platform != "linux":
        await asyncio.get_running_loop().create_future()
        return
    loop, changed = asyncio.get_running_loop(), asyncio.Event()
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE) as news:
        news.setblocking(False)
        news.bind((0, _RTMGRP_LINK | _RTMGRP_IPV4_IFADDR))

        def drain() -> None:
            try:
                while news.recv(_PIECE_BYTES):
                    changed.set()
            except BlockingIOError:
                return
            except OSError:
                # Too much came at once (ENOBUFS): what it was is not known, that something changed is.
                changed.set()

        loop.add_reader(news.fileno(), drain)
        try:
            while True:
                await changed.wait()
                changed.clear()
                yield
        finally:
            loop.remove_reader(news.fileno())


def login_name() -> str:
    """Who runs this process, as the system calls them; "user" where it does not say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "user"
