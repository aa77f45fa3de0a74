"""What sources tell each other of servers: where one listens that another is to hear. One for all sources of a daemon.

    servers ──"opencode", its URLs──▶ Addresses ──▶ agents

It lies in memory alone: whoever tells of an address knows it from its own state, and tells it again after a start.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator


class Addresses:
    """The URLs of servers that run, by what speaks there."""

    def __init__(self) -> None:
        self._urls: dict[str, frozenset[str]] = {}
        self._moved = asyncio.Event()

    def put(self, speaks: str, urls: frozenset[str]) -> None:
        """All the URLs at which this is spoken now."""
        if self._urls.get(speaks, frozenset()) != urls:
            self._urls[speaks] = urls
            # Whoever waits holds the old event; those who come later hold the new one.
            moved, self._moved = self._moved, asyncio.Event()
            moved.set()

    async def follow(self, speaks: str) -> AsyncIterator[frozenset[str]]:
        """The URLs whenever they are others, from those of now on (none at first: nothing is said)."""
        told: frozenset[str] = frozenset()
        while True:
            moved, urls = self._moved, self._urls.get(speaks, frozenset())
            if urls != told:
                told = urls
                yield urls
            else:
                await moved.wait()
