"""Who listens on a TCP port of this machine, and whether it is free to listen on."""

from __future__ import annotations

import asyncio
import errno
import socket
import sys

import msgspec

EVERY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104 (compared with, never bound)


class Listener(msgspec.Struct, frozen=True, kw_only=True):
    """Who listens. `pid`: None where the system does not say, as of another user's process."""

    address: str
    port: int
    pid: int | None


async def who_listens(host: str, port: int) -> Listener | None:
    """Who takes what goes to this address; None where nobody does, or where the system shows nobody (macOS).

    `host` is an IP address or `localhost`. Looks at all sockets of the machine, in a thread: some tens of milliseconds.
    """
    return await asyncio.to_thread(_who_listens, host, port)


def is_free(host: str, port: int) -> bool:
    """Whether one may listen there now, found out by doing so for a moment. Where others' connections linger is free.

    Raises OSError where the address is none of this machine's, or the port may not be used by this user.
    """
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        with socket.socket(family, kind, protocol) as one:
            if sys.platform != "win32":
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                one.bind(address)
                # Of two that allow each other to bind, the second is only refused here (socket(7), SO_REUSEADDR).
                one.listen(1)
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    return False
                raise
    return True


def _who_listens(host: str, port: int) -> Listener | None:
    import psutil  # memory that is spared where nobody asks

    addresses = {str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return None
    found = [
        Listener(address=str(one.laddr[0]), port=port, pid=one.pid)
        for one in connections
        if one.status == psutil.CONN_LISTEN and one.laddr and one.laddr[1] == port
    ]
    if not addresses & EVERY_ADDRESS:
        found = [one for one in found if one.address in addresses | EVERY_ADDRESS]
    # The very address counts before all addresses, and who is known before who is not.
    return min(found, key=lambda one: (one.address not in addresses, one.pid is None), default=None)
