"""What sources tell each other of servers: where one listens that another is to hear. One for all sources of a daemon.

    servers ──"opencode", its URLs, what opens each──▶ Addresses ──▶ agents

It lies in memory alone, and is shown nowhere, since it may hold a password. Whoever tells of an address knows it from
its own state, and tells it again after a start.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

Headers = tuple[tuple[str, str], ...]


class Addresses:
    """The URLs of servers that run, by what speaks there, each with the headers that a request needs to be let in."""

    def __init__(self) -> None:
        self._urls: dict[str, dict[str, Headers]] = {}
        self._moved = asyncio.Event()

    def put(self, speaks: str, urls: Mapping[str, Headers]) -> None:
        """All the URLs at which this is spoken now."""
        if self._urls.get(speaks, {}) != urls:
            self._urls[speaks] = dict(urls)
            # Whoever waits holds the old event; those who come later hold the new one.
            moved, self._moved = self._moved, asyncio.Event()
            moved.set()

    async def follow(self, speaks: str) -> AsyncIterator[Mapping[str, Headers]]:
        """The URLs whenever they are others, from those of now on (none at first: nothing is said)."""
        told: Mapping[str, Headers] = {}
        while True:
            moved, urls = self._moved, self._urls.get(speaks, {})
            if urls != told:
                told = urls
                yield urls
            else:
                await moved.wait()
