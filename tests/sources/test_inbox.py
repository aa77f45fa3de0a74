"""The inbox of a source: one at a time, in order, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from posthouse.model.errors import BadInput, Busy, Conflict, PosthouseError
from posthouse.sources.inbox import WAITING_MAX, Command, Inbox


@asynccontextmanager
async def served(inbox: Inbox, answer: Any) -> AsyncIterator[asyncio.Task[None]]:
    inbox.open()
    task = asyncio.create_task(inbox.serve(answer))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_commands_are_answered_one_at_a_time_in_their_order() -> None:
    inbox, seen = Inbox("clocks"), []

    async def answer(command: Command) -> int:
        seen.append(("begun", command.name))
        await asyncio.sleep(0)
        seen.append(("done", command.name))
        return int(command.arguments["n"]) * 2

    async with served(inbox, answer):
        replies = await asyncio.gather(*(inbox.ask(Command(name=str(n), arguments={"n": n})) for n in range(3)))

    assert replies == [0, 2, 4]
    assert seen == [(what, str(n)) for n in range(3) for what in ("begun", "done")]


async def test_a_refusal_reaches_who_asked_and_the_next_is_answered() -> None:
    async def answer(command: Command) -> str:
        if command.name == "bad":
            raise BadInput("clock.bad", "No such hour.")
        return "ok"

    inbox = Inbox("clocks")
    async with served(inbox, answer):
        with pytest.raises(BadInput, match="No such hour"):
            await inbox.ask(Command(name="bad"))
        assert await inbox.ask(Command(name="good")) == "ok"


async def test_a_source_that_does_not_run_cannot_be_asked() -> None:
    with pytest.raises(Conflict) as refused:
        await Inbox("clocks").ask(Command(name="x"))

    assert refused.value.code == "source.not_running"


async def test_whoever_waits_is_told_that_the_source_has_ended_and_nothing_is_left_for_the_next_run() -> None:
    inbox = Inbox("clocks")
    inbox.open()
    asking = [asyncio.create_task(inbox.ask(Command(name=str(n)))) for n in range(2)]
    await asyncio.sleep(0)

    inbox.close()

    for one in await asyncio.gather(*asking, return_exceptions=True):
        assert isinstance(one, Conflict)
    seen: list[str] = []

    async def answer(command: Command) -> None:
        seen.append(command.name)

    async with served(inbox, answer):
        await inbox.ask(Command(name="new"))
    assert seen == ["new"]


async def test_a_source_that_does_not_answer_is_given_up_and_what_nobody_waits_for_is_not_begun() -> None:
    inbox = Inbox("clocks")
    inbox.open()

    with pytest.raises(PosthouseError) as refused:
        await inbox.ask(Command(name="late"), within_s=0.0)

    assert refused.value.code == "source.no_answer"
    seen: list[str] = []

    async def answer(command: Command) -> None:
        seen.append(command.name)

    async with served(inbox, answer):
        await inbox.ask(Command(name="next"))
    assert seen == ["next"]


async def test_one_more_than_a_hundred_is_refused() -> None:
    inbox = Inbox("clocks")
    inbox.open()
    asking = [asyncio.create_task(inbox.ask(Command(name=str(n)))) for n in range(WAITING_MAX)]
    await asyncio.sleep(0)

    with pytest.raises(Busy):
        await inbox.ask(Command(name="more"))

    inbox.close()
    await asyncio.gather(*asking, return_exceptions=True)
