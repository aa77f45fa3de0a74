"""The open streams of servers' output: how many there may be, and that all of them end when the daemon stops."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from posthouse.model.errors import Busy, Stopping

STREAMS_MAX = 32
"""Each watches a folder and holds a piece of output; a person looks at a few."""


class OutputStreams:
    """Counts what is open. `close` ends it all, now and for good."""

    def __init__(self) -> None:
        self._count = 0
        self._closed = asyncio.Event()

    def refuse_more(self) -> None:
        """Raise Stopping once closed, and Busy `server.too_many_streams` where there are as many as there may be."""
        if self._closed.is_set():
            raise Stopping("daemon.stopping", "The daemon is stopping. Come back when it is up.", retry_after_s=5)
        if self._count >= STREAMS_MAX:
            message = f"The output of servers is followed {STREAMS_MAX} times already. Close some of them."
            raise Busy("server.too_many_streams", message, retry_after_s=15)

    @contextmanager
    def entered(self) -> Iterator[asyncio.Event]:
        """One stream more while the block runs; the event is set when it is to end. Raises as `refuse_more`."""
        self.refuse_more()
        self._count += 1
        try:
            yield self._closed
        finally:
            self._count -= 1

    def close(self) -> None:
        """End every stream, and open no other."""
        self._closed.set()
