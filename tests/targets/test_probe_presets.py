"""The presets of the wake schedule, run as they stand by the real programs: one question, one answer, no trace."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from posthouse.targets.probe_presets import PRESETS, PROMPT
from tests.claude_program import CLAUDE, run_claude
from tests.codex_program import CODEX, Machine
from tests.servers import responses_api
from tests.servers.messages_api import messages_api

pytestmark = pytest.mark.timeout(600)


async def test_claude_asks_once_and_keeps_nothing(tmp_path: Path) -> None:
    program = await asyncio.to_thread(CLAUDE.path_or_skip)
    home, folder = tmp_path / "home", tmp_path / "work"
    for path in (home, folder):
        path.mkdir()
    async with messages_api() as api:
        name, *arguments = PRESETS["claude"]
        await run_claude(program, *arguments, home=home, folder=folder, base_url=api.url)

        assert name == "claude"
        assert len(api.served) == 1
        assert "haiku" in api.served[0].model
    assert list((home / ".claude" / "projects").rglob("*.jsonl")) == []


async def test_codex_asks_once_and_keeps_nothing(tmp_path: Path) -> None:
    program = await asyncio.to_thread(CODEX.path_or_skip)
    async with responses_api.responses_api() as api:
        machine = Machine(tmp_path, program, api.url)
        name, command, *arguments, prompt = PRESETS["codex"]
        assert (name, command, prompt) == ("codex", "exec", PROMPT)
        async with machine._started(command, *arguments, prompt) as process:
            async with asyncio.timeout(60.0):
                await process.communicate()

        assert process.returncode == 0
        assert len(api.requests) == 1
    assert list(machine.codex_home.rglob("*.jsonl")) == []
