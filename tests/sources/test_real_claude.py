"""The real `claude` program writes logs while it talks to a loopback server; the source counts what was served."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from posthouse.sources.agent_logs.claude_sessions import ClaudeSessions
from posthouse.sources.agent_logs.claude_stats import ClaudeStats
from posthouse.sources.base import RESCAN
from posthouse.system.clock import SystemClock
from tests.claude_program import CLAUDE, run_claude
from tests.servers.messages_api import MessagesApi, Reply, ToolUse, messages_api
from tests.sources.support import MemoryState, context_for, decoded, soon

pytestmark = pytest.mark.timeout(600)
KIND = ClaudeSessions()
STATS = ClaudeStats()


class Machine:
    """A home in which the program runs, and the source that reads it."""

    def __init__(self, folder: Path, program: Path, api: MessagesApi) -> None:
        self._home, self._folder, self._program, self._api = folder / "home", folder / "work", program, api
        self.state = MemoryState()
        self.root = self._home / ".claude" / "projects"
        for path in (self._home, self._folder):
            path.mkdir()

    async def ask(self, prompt: str, *arguments: str) -> str:
        """One headless run; the id of its session."""
        output = await run_claude(
            self._program,
            *("-p", prompt, "--output-format", "json", "--allowedTools", "Bash", *arguments),
            home=self._home,
            folder=self._folder,
            base_url=self._api.url,
        )
        return str(json.loads(output)["session_id"])

    def context(self, **properties: bool) -> Any:
        """The source's context on this home."""
        settings = {"roots": [str(self.root)]}
        return context_for("claude-sessions", settings, state=self.state, clock=SystemClock(), properties=properties)

    async def read(self) -> dict[str, Any]:
        """One read with its state kept."""
        emission = await soon(KIND.collect(self.context(), RESCAN))
        self.state.commit(emission)
        return dict(decoded(emission.events[0].data))


def tokens(*replies: Reply) -> dict[str, int]:
    """What these replies add up to, as a session tells it."""
    return {
        "input": sum(reply.input_tokens for reply in replies),
        "output": sum(reply.output_tokens for reply in replies),
        "cache_read": sum(reply.cache_read_input_tokens for reply in replies),
        "cache_creation": sum(reply.cache_creation_input_tokens for reply in replies),
    }


async def test_a_real_run_its_resumption_and_its_fork_count_what_the_server_served(tmp_path: Path) -> None:
    program = await asyncio.to_thread(CLAUDE.path_or_skip)
    echo = ToolUse(name="Bash", input={"command": "echo parcels", "description": "Say it"})
    replies = (
        Reply(text="Looking.", tool=echo, input_tokens=13, output_tokens=50, cache_creation_input_tokens=900),
        Reply(text="There are parcels.", input_tokens=3, output_tokens=33, cache_read_input_tokens=900),
        Reply(text="Again.", input_tokens=5, output_tokens=21, cache_read_input_tokens=950),
        Reply(text="Forked.", input_tokens=7, output_tokens=8, cache_read_input_tokens=70),
    )
    async with messages_api(*replies) as api:
        machine = Machine(tmp_path, program, api)
        async with aclosing(KIND.signals(machine.context())) as signals:  # type: ignore[type-var]
            signalled = asyncio.ensure_future(anext(signals))
            session = await machine.ask("Say planted-words about the parcels")
            await soon(signalled)

        data = await machine.read()
        assert [(one["id"], one["tokens"], one["message_count"]) for one in data["sessions"]] == [
            (session, tokens(*replies[:2]), 1)
        ]
        assert data["sessions"][0]["model"] == api.served[0].model
        assert data["sessions"][0]["project_path"] == str(tmp_path / "work")
        assert "planted-words" not in json.dumps(data)
        assert not any(b"planted-words" in value for value in machine.state.stored.values())

        assert await machine.ask("And once more", "--resume", session) == session
        data = await machine.read()
        assert [(one["tokens"], one["message_count"]) for one in data["sessions"]] == [(tokens(*replies[:3]), 2)]

        fork = await machine.ask("Now apart", "--resume", session, "--fork-session")
        data = await machine.read()
        assert [(one["id"], one["tokens"], one["message_count"]) for one in data["sessions"]] == [
            (fork, tokens(replies[3]), 1),
            (session, tokens(*replies[:3]), 2),
        ]
        assert data["summary"]["total_tokens_in_window"] == sum(
            served.reply.input_tokens + served.reply.output_tokens for served in api.served
        )
        preview = await soon(KIND.preview(machine.context(first_prompt_preview=True)))
        assert decoded(preview.data)["sessions"][1]["title"] == "Say planted-words about the parcels"
        assert "/sessions/1/title" in preview.sensitive
        assert not any("made no sense" in problem for problem in preview.problems)
        assert len(await machine.state.items("file:")) == 2

        settings = {"roots": [str(machine.root)], "window_days": 2}
        emission = await soon(STATS.collect(context_for("claude-stats", settings, clock=SystemClock()), RESCAN))
        stats = decoded(emission.events[0].data)
        assert (stats["summary"]["total_sessions"], stats["summary"]["total_messages"]) == (2, 3)
        assert sum(row["messages"] for row in stats["daily_breakdown"]) == 3
        assert sum(row["tool_calls"] for row in stats["daily_breakdown"]) == 1
        used = tokens(*replies)
        assert stats["model_totals"] == [
            {
                "model": api.served[0].model,
                "input_tokens": used["input"],
                "output_tokens": used["output"],
                "cache_read_tokens": used["cache_read"],
                "cache_creation_tokens": used["cache_creation"],
                "total_tokens": used["input"] + used["output"],
            }
        ]
        assert not any(b"planted-words" in put.value for put in emission.state_puts)
