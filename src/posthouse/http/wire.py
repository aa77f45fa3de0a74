"""The wire: uvicorn's HTTP/1.1 protocol, made to send the head of an answer together with its body.

uvicorn hands the two to the transport one after the other, and each costs a system call: more than all that the hot
route does. Here what is written while one callback of the loop runs leaves together; nothing waits longer than that.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

CLOSE_S = 30.0
"""How long a connection that is being closed may take to read what is left, 64 KiB and a little at most."""


class JoinedWrites:
    """A transport that sends at the end of the present callback. All else is the transport's own."""

    __slots__ = ("_held", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._held: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Send, together with what else is written in this callback."""
        if not self._held:
            self._loop.call_soon(self._send)
        self._held.append(data)

    def close(self) -> None:
        """Send what is held, then close; one that takes none of it is cut off after a while."""
        self._send()
        self._transport.close()
        if self._transport.get_write_buffer_size():
            self._loop.call_later(CLOSE_S, self._transport.abort)

    def _send(self) -> None:
        if self._held:
            held, self._held = self._held, []
            self._transport.write(b"".join(held))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Http(HttpToolsProtocol):
    """uvicorn's protocol over `JoinedWrites`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come."""
        super().connection_made(JoinedWrites(transport))  # type: ignore[arg-type]
