"""The whole way, with the real programs: what an agent does on this machine, as its person's phone shows it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.claude_program import CLAUDE, Terminal, run_claude
from tests.cli.support import run_cli
from tests.codex_program import CODEX, Machine
from tests.e2e.house import House
from tests.e2e.processes import until
from tests.opencode_program import OPENCODE, opencode_process
from tests.receiver import Receiver
from tests.servers import chat_completions as opencode_api
from tests.servers import messages_api as claude_api
from tests.servers import responses_api as codex_api
from tests.servers.ntfy import NtfyServer

pytestmark = pytest.mark.timeout(600)
DEADLINE_S = 90.0


class Phone:
    """What a person's phone was told, in the order of its arrival."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self.url = receiver.url.rpartition("/")[0]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """All that came, also what replaced something."""
        return [json.loads(one.body) for one in self._receiver.requests if one.method == "POST"]

    def tags(self) -> list[str]:
        """The sign of each message."""
        return [one["tags"][0] for one in self.messages]

    async def until(self, check: Callable[[], bool], what: str) -> None:
        """Wait for the check to hold; the loop goes on meanwhile."""
        await asyncio.to_thread(until, check, what, deadline_s=DEADLINE_S)


@asynccontextmanager
async def watched(tmp_path: Path) -> AsyncIterator[tuple[House, Phone]]:
    """A daemon that notifies a phone of everything that can be told."""
    house = House(tmp_path / "home")
    async with Receiver() as receiver:
        receiver.default = NtfyServer().answer
        phone = Phone(receiver)
        await asyncio.to_thread(house.start)
        try:
            chosen = ("--topic", "ada", "--server", phone.url, "--on", "agent-spawned", "--enable")
            await asyncio.to_thread(house.ask, "notify", "set", *chosen)
            yield house, phone
        finally:
            await asyncio.to_thread(house.stop)


def install(house: House, tool: str, **environ: str) -> None:
    ran = run_cli("hooks", "install", tool, "--yes", home=house.home, environ=environ)
    assert ran.code == 0, ran.err


async def test_what_the_real_claude_does_reaches_a_phone(tmp_path: Path) -> None:
    program = await asyncio.to_thread(CLAUDE.path_or_skip)
    user, work = tmp_path / "ada", tmp_path / "ledger"
    user.mkdir()
    work.mkdir()
    touch = claude_api.ToolUse(name="Bash", input={"command": "touch parcels", "description": "Make the file"})
    script = (claude_api.Reply(tool=touch), claude_api.Reply(text="It is made."))
    overloaded = [claude_api.Reply(error=("overloaded_error", 529), text="Overloaded")] * 20
    async with watched(tmp_path) as (house, phone):
        await asyncio.to_thread(install, house, "claude-code", HOME=str(user), CLAUDE_CONFIG_DIR="")
        async with claude_api.messages_api(*script) as api:
            arguments = ("--permission-mode", "default", "Make the file")
            with Terminal(program, *arguments, home=user, folder=work, base_url=api.url) as terminal:
                await terminal.until(lambda: "lock" in phone.tags(), "the phone is told what is asked")
                terminal.press("\r")
                await terminal.until(lambda: "white_check_mark" in phone.tags(), "the phone is told that it is done")
        async with claude_api.messages_api(*overloaded) as api:
            await run_claude(program, "-p", "Again", home=user, folder=work, base_url=api.url, code=1)
        await phone.until(lambda: "rotating_light" in phone.tags(), "the error is told")

        recent = await asyncio.to_thread(house.ask, "notify", "recent")
    assert sorted(set(phone.tags()), key=phone.tags().index)[:2] == ["sparkles", "lock"]
    told = [phone.tags().count(tag) for tag in ("sparkles", "lock", "white_check_mark", "rotating_light")]
    assert told == [2, 1, 1, 1]
    (asked,) = (one for one in phone.messages if one["tags"] == ["lock"])
    assert "Bash" in asked["message"]
    assert "touch parcels" in asked["message"]
    assert "/agents/" in asked["click"]
    assert asked["priority"] == 4
    (answered,) = (one for one in phone.messages if one["sequence_id"] == asked["sequence_id"] and one != asked)
    assert answered["priority"] == 2
    assert (work / "parcels").exists()
    assert all("ledger" in one["title"] for one in phone.messages)
    assert "It is made." not in str(phone.messages)
    assert {one["fate"] for one in recent["items"]} == {"sent"}


async def test_what_the_real_codex_does_reaches_a_phone_once(tmp_path: Path) -> None:
    program = await asyncio.to_thread(CODEX.path_or_skip)
    script = (codex_api.Reply(text="Three parcels."), codex_api.Reply(status=400, text="this model is not for you"))
    async with watched(tmp_path) as (house, phone), codex_api.responses_api(*script) as api:
        machine = Machine(tmp_path / "codex", program, api.url)
        environ = {"HOME": str(machine.home), "CODEX_HOME": str(machine.codex_home)}
        await asyncio.to_thread(install, house, "codex", **environ)
        await asyncio.to_thread(house.ask, "source", "set", "agents", f"codex_home={machine.codex_home}")
        assert await machine.run("Count them") == 0
        assert await machine.run("Again") != 0
        await phone.until(lambda: "rotating_light" in phone.tags(), "the error is told")
        await phone.until(lambda: "white_check_mark" in phone.tags(), "the turn is told")

        board = await asyncio.to_thread(house.ask, "agents")
    tags = phone.tags()
    assert (tags.count("sparkles"), tags.count("white_check_mark"), tags.count("rotating_light")) == (2, 1, 1)
    (failed,) = (one for one in phone.messages if one["tags"] == ["rotating_light"])
    assert "this model is not for you" in failed["message"]
    assert {one["tool"] for one in board["items"]} == {"codex"}


async def test_what_the_real_opencode_does_reaches_a_phone_over_its_restart(tmp_path: Path) -> None:
    program = await asyncio.to_thread(OPENCODE.path_or_skip)
    async with (
        watched(tmp_path) as (house, phone),
        opencode_api.chat_completions() as api,
        opencode_process(program, tmp_path, api.url) as server,
    ):
        await asyncio.to_thread(house.ask, "source", "set", "agents", f"opencode_urls={server.url}")
        session = await server.session()
        await server.ask(session, "Say hello")
        await phone.until(lambda: phone.tags().count("white_check_mark") == 1, "the first turn is told")
        await server.kill()
        await server.start()
        await server.ask(session, "Once more")
        await phone.until(lambda: phone.tags().count("white_check_mark") == 2, "the second turn is told")

    assert phone.tags().count("sparkles") == 1
    assert all(session[:8] in one["message"] for one in phone.messages)
