"""The commands of docs/notifications-setup.md do what the page says, one after the other."""

from __future__ import annotations

import asyncio
import re
import shlex
from pathlib import Path

import msgspec

from posthouse.ledger.sources import ensure_sources
from tests.cli.support import Ran, run_cli
from tests.http.house import TOKEN, living
from tests.receiver import Receiver
from tests.servers.ntfy import NtfyServer

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "notifications-setup.md").read_text("utf-8")
COMMANDS = [shlex.split(line)[1:] for line in re.findall(r"^    (posthouse .*)$", PAGE, re.MULTILINE)]


async def test_every_command_of_the_page_works_in_its_order(home: Path) -> None:
    phone = NtfyServer()
    async with Receiver() as receiver, living(home) as house:
        await house.database.run(ensure_sources, ("agents",), house.services.clock.now())
        await house.services.known.reload()
        receiver.default = phone.answer
        environ = {"POSTHOUSE_URL": house.url, "POSTHOUSE_TOKEN": TOKEN}

        async def run(*arguments: str) -> Ran:
            ran = await asyncio.to_thread(run_cli, *arguments, home=home, environ=environ)
            assert ran.code == 0, (arguments, ran.err)
            return ran

        # The page's own server is in the world outside.
        await run("notify", "set", "--topic", "first", "--server", receiver.url.rpartition("/")[0])
        said = {" ".join(command): (await run(*command)).out for command in COMMANDS}

    assert len(COMMANDS) >= 10
    assert [one["topic"] for one in phone.shown.values()] == ["my-topic"]
    assert "Sent: the server answered 200." in said["notify test"]
    shown = said["notify set --quiet 22:00-07:00 --zone Europe/Berlin --quiet-priority 4"]
    assert "22:00 to 07:00 Europe/Berlin; priority 4 and up goes at once; the rest goes as one at their end" in shown
    assert re.search(r"^Topic +none$", said["notify set --topic "], re.MULTILINE)


async def test_body_of_the_page_is_taken(home: Path) -> None:
    (body,) = re.findall(r"```json\n(.*?)\n```", PAGE, re.DOTALL)
    async with living(home) as house:
        await house.database.run(ensure_sources, ("agents",), house.services.clock.now())

        answer = await house.ask("PUT", "/api/notifications", raw=body.replace("…", "secret").encode())

    assert answer.status == 200, answer.body
    sent = msgspec.json.decode(body)
    assert answer.json["config"]["quietHours"] == sent["quietHours"]
