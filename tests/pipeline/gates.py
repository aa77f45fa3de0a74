"""Answers that wait: each request stays open until the test lets it go."""

from __future__ import annotations

import asyncio

from tests.receiver import Received, Receiver, Reply


class Gates:
    """Holds every request of a receiver open."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._gates: list[asyncio.Event] = []
        self._opened = 0
        receiver.default = self._hold

    @property
    def open_requests(self) -> int:
        """How many requests wait for their answer."""
        return len(self._gates) - self._opened

    def let_go(self, count: int = 1) -> None:
        """Answer the oldest ones with 200."""
        for gate in self._gates[self._opened : self._opened + count]:
            gate.set()
        self._opened += count

    def let_all_go(self) -> None:
        """Answer all that wait and all that come with 200."""
        self._receiver.default = Reply()
        self.let_go(self.open_requests)

    async def until_open(self, count: int) -> None:
        """Return when so many requests wait."""
        await self._receiver.wait_for(len(self._receiver.requests) + count - self.open_requests)

    def _hold(self, request: Received) -> Reply:
        self._gates.append(asyncio.Event())
        return Reply(before=self._gates[-1])
