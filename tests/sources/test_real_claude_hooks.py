"""The real `claude` program calls the hooks that Posthouse installed; what it says is what the reports are made of."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from posthouse.model.agents import Report, ReportKind
from posthouse.model.ids import Millis
from posthouse.sources.agents.claude_code import reports
from posthouse.sources.agents.hearing import Call
from tests.claude_program import CLAUDE, Terminal, run_claude
from tests.cli.support import run_cli
from tests.servers.messages_api import MessagesApi, Reply, ToolUse, messages_api

pytestmark = pytest.mark.timeout(600)

ECHO = ToolUse(name="Bash", input={"command": "echo parcels", "description": "Say it"})
TOUCH = ToolUse(name="Bash", input={"command": "touch parcels", "description": "Make the file"})
AGENT = ToolUse(
    name="Agent", input={"description": "Look", "prompt": "Look around", "subagent_type": "general-purpose"}
)


class Machine:
    """A person's folder with Posthouse's hooks in their Claude Code, and a project."""

    def __init__(self, folder: Path, program: Path, api: MessagesApi) -> None:
        self.home, self.work = folder / "ada", folder / "ledger"
        self.home.mkdir()
        self.work.mkdir()
        self.program, self.api = program, api
        ran = run_cli(
            *("hooks", "install", "claude-code", "--yes"),
            home=folder / "posthouse",
            environ={"HOME": str(self.home), "CLAUDE_CONFIG_DIR": ""},
        )
        assert ran.code == 0, ran.err
        self._spool = folder / "posthouse" / "spool" / "agents" / "claude-code"

    async def ask(self, prompt: str, *arguments: str, code: int = 0) -> None:
        """One run without a terminal."""
        options = {"home": self.home, "folder": self.work, "base_url": self.api.url}
        await run_claude(self.program, "-p", prompt, *arguments, code=code, **options)  # type: ignore[arg-type]

    def terminal(self, prompt: str) -> Terminal:
        """A run on a terminal in which every program needs a permission."""
        arguments = ("--permission-mode", "default", prompt)
        return Terminal(self.program, *arguments, home=self.home, folder=self.work, base_url=self.api.url)

    def calls(self) -> list[dict[str, Any]]:
        """What the hooks said, in the order in which the spool's reader takes it."""
        return [json.loads(path.read_bytes()) for path in self._files()]

    def events(self) -> list[str]:
        """Which events they were."""
        return [str(call["hook_event_name"]) for call in self.calls()]

    def reports(self) -> list[Report]:
        """What that reports."""
        return [
            report
            for path in self._files()
            for report in reports(
                Call(key=path.stem, at=Millis(path.stat().st_mtime_ns // 1_000_000), content=path.read_bytes())
            )
        ]

    def _files(self) -> list[Path]:
        return sorted(self._spool.glob("*.json"), key=lambda path: (path.stat().st_mtime_ns, path.name))


def kinds(found: list[Report]) -> list[ReportKind]:
    return [one.kind for one in found]


async def machine_with(tmp_path: Path, api: MessagesApi) -> Machine:
    program = await asyncio.to_thread(CLAUDE.path_or_skip)
    return await asyncio.to_thread(Machine, tmp_path, program, api)


async def test_a_run_with_a_tool_is_heard_from_its_start_to_its_end(tmp_path: Path) -> None:
    async with messages_api(Reply(tool=ECHO), Reply(text="Three parcels.")) as api:
        machine = await machine_with(tmp_path, api)
        await machine.ask("Count them", "--allowedTools", "Bash")

    assert machine.events() == ["SessionStart", "UserPromptSubmit", "PostToolUse", "Stop", "SessionEnd"]
    found = machine.reports()
    assert kinds(found) == [
        ReportKind.SPAWNED,
        ReportKind.TURN_STARTED,
        ReportKind.PERMISSION_RESOLVED,
        ReportKind.ALIVE,
        ReportKind.TURN_COMPLETED,
        ReportKind.ENDED,
    ]
    assert {(one.tool, one.project, one.parent_id) for one in found} == {("claude-code", "ledger", None)}
    assert len({one.agent_id for one in found}) == 1
    assert (found[1].message, found[4].message) == ("Count them", "Three parcels.")


async def test_a_permission_that_nobody_can_give_is_asked_for(tmp_path: Path) -> None:
    async with messages_api(Reply(tool=TOUCH), Reply(text="Not allowed.")) as api:
        machine = await machine_with(tmp_path, api)
        await machine.ask("Make the file")

    (asked,) = (one for one in machine.reports() if one.kind is ReportKind.PERMISSION_REQUIRED)
    assert (asked.prompts[0].permission, asked.prompts[0].description) == ("Bash", "touch parcels")
    assert not (machine.work / "parcels").exists()
    assert machine.events()[-2:] == ["Stop", "SessionEnd"]


async def test_a_permission_given_on_a_terminal_resolves_the_prompt_that_was_asked(tmp_path: Path) -> None:
    async with messages_api(Reply(tool=TOUCH), Reply(text="Made.")) as api:
        machine = await machine_with(tmp_path, api)
        with machine.terminal("Make the file") as terminal:
            await terminal.until(lambda: "Notification" in machine.events(), "it notified of its prompt")
            terminal.press("\r")
            await terminal.until(lambda: "Stop" in machine.events(), "the turn ended")
            terminal.press("/exit")
            await terminal.until(lambda: True, "it drew")
            terminal.press("\r")
            await terminal.until(lambda: terminal.has_ended or "SessionEnd" in machine.events(), "it left")

    events = machine.events()
    assert events[:6] == [
        "SessionStart",
        "UserPromptSubmit",
        "PermissionRequest",
        "Notification",
        "PostToolUse",
        "Stop",
    ]
    found = {one.kind: one for one in machine.reports()}
    (prompt,) = found[ReportKind.PERMISSION_REQUIRED].prompts
    assert found[ReportKind.PERMISSION_RESOLVED].prompt_ids == (prompt.id,)
    assert found[ReportKind.PERMISSION_RESOLVED].decision == "allowed"
    assert "permission" in found[ReportKind.WAITING].message
    assert (machine.work / "parcels").exists()


async def test_a_subagent_is_heard_as_an_agent_of_its_own(tmp_path: Path) -> None:
    replies = (Reply(tool=AGENT), Reply(tool=ECHO), Reply(text="Looked."), Reply(text="Done with it."))
    async with messages_api(*replies) as api:
        machine = await machine_with(tmp_path, api)
        await machine.ask("Look around", "--allowedTools", "Bash", "Agent")

    found = machine.reports()
    session = found[0].agent_id
    of_subagent = [one for one in found if one.agent_id != session]
    assert {one.parent_id for one in of_subagent} == {session}
    assert {one.title for one in of_subagent} == {"general-purpose"}
    assert [kind for kind in kinds(of_subagent) if kind not in {ReportKind.PERMISSION_RESOLVED, ReportKind.ALIVE}] == [
        ReportKind.SPAWNED,
        ReportKind.TURN_STARTED,
        ReportKind.TURN_COMPLETED,
        ReportKind.ENDED,
    ]
    of_session = [one for one in found if one.agent_id == session]
    assert kinds(of_session)[-2:] == [ReportKind.TURN_COMPLETED, ReportKind.ENDED]


async def test_an_error_of_the_service_ends_the_turn_once_after_its_retries(tmp_path: Path) -> None:
    overloaded = Reply(error=("overloaded_error", 529), text="Overloaded")
    async with messages_api(*[overloaded] * 20) as api:
        machine = await machine_with(tmp_path, api)
        await machine.ask("Count them", code=1)
        tries = sum(request.path == "/v1/messages" and bool(request.body.get("tools")) for request in api.requests)

    (failed,) = (one for one in machine.reports() if one.kind is ReportKind.TURN_ERROR)
    assert tries > 1
    assert failed.error
    assert ReportKind.TURN_COMPLETED not in kinds(machine.reports())
    assert machine.events()[-1] == "SessionEnd"
