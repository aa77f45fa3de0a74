"""Asking a source at work: what a person wants of it goes into its inbox, and its answer comes back.

    http ──ask──▶ inbox ──one at a time──▶ the source's own task ──answer or refusal──▶ http

The source takes what it is asked in the task that holds what it knows, so nothing that it decides races with anything
else. Nobody waits for ever: not for a source that does not run, nor for one that does not answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec

from posthouse.model.errors import Busy, Conflict, PosthouseError

WAITING_MAX = 100
ANSWER_S = 30.0


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted: one of the kind's `commands`, and what it takes, as the kind itself judges."""

    name: str
    arguments: dict[str, Any] = {}


class Inbox:
    """What a source was asked and has not answered. It is closed while the source does not run."""

    def __init__(self, whose: str) -> None:
        self._whose = whose
        self._waiting: asyncio.Queue[tuple[Command, asyncio.Future[Any]]] = asyncio.Queue(WAITING_MAX)
        self._unanswered: set[asyncio.Future[Any]] = set()
        self._is_open = False

    def open(self) -> None:
        """The source runs: it may be asked."""
        self._is_open = True

    def close(self) -> None:
        """The source has ended: whoever still waits is told so."""
        self._is_open = False
        while not self._waiting.empty():
            self._waiting.get_nowait()
        for reply in self._unanswered:
            if not reply.done():
                reply.set_exception(self._not_running())

    async def ask(self, command: Command, *, within_s: float = ANSWER_S) -> Any:
        """The source's answer.

        Raises what the source refused it with; Conflict `source.not_running` where it does not run or ended meanwhile,
        Busy `source.busy` where a hundred wait already, PosthouseError `source.no_answer` after `within_s` seconds.
        """
        if not self._is_open:
            raise self._not_running()
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        try:
            self._waiting.put_nowait((command, reply))
        except asyncio.QueueFull as error:
            raise Busy("source.busy", f"{self._whose} has {WAITING_MAX} things to do already. Try again.") from error
        self._unanswered.add(reply)
        try:
            async with asyncio.timeout(within_s):
                return await reply
        except TimeoutError as error:
            raise PosthouseError("source.no_answer", f"{self._whose} did not answer within {within_s:g} s.") from error
        finally:
            self._unanswered.discard(reply)

    async def serve(self, answer: Callable[[Command], Awaitable[Any]]) -> None:
        """Answer one after another until cancelled; what `answer` refuses by a PosthouseError is told to who asked.

        What nobody waits for any more is not begun.
        """
        async for command, reply in self._taken():
            try:
                said = await answer(command)
            except PosthouseError as error:
                if not reply.done():
                    reply.set_exception(error)
            else:
                if not reply.done():
                    reply.set_result(said)

    async def _taken(self) -> AsyncIterator[tuple[Command, asyncio.Future[Any]]]:
        while True:
            command, reply = await self._waiting.get()
            if not reply.done():
                yield command, reply

    def _not_running(self) -> PosthouseError:
        return Conflict("source.not_running", f"{self._whose} is not at work now; see posthouse sources.")
