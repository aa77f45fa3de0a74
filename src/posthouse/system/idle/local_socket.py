"""Connecting to a socket of this machine, abstract ones (a leading null character) included, which uvloop cannot."""

from __future__ import annotations

import asyncio
import socket


async def open_local(path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A stream over a Unix socket. Raises OSError."""
    found = socket.socket(socket.AF_UNIX)
    try:
        found.setblocking(False)
        await asyncio.get_running_loop().sock_connect(found, path)
        return await asyncio.open_unix_connection(sock=found)
    except BaseException:
        found.close()
        raise
