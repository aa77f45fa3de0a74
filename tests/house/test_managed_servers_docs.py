"""What docs/managed-servers.md shows and says is what the source does."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest

from posthouse.cli.main import root
from posthouse.model.events import Severity
from posthouse.model.ids import Millis
from posthouse.rules.process import Exited, ProcessPolicy, ProcessState, ServerState, Told
from posthouse.sources.servers.definitions import OPENCODE_PORT, Definition
from posthouse.sources.servers.keeping import Runtime
from posthouse.sources.servers.output import BYTES_MAX, FILES
from posthouse.sources.servers.telling import EXCERPT_LINES, drafts_of

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "managed-servers.md").read_text("utf-8")
COMMANDS = re.findall(r"^    posthouse (servers .*)$", PAGE, re.MULTILINE)


def test_the_event_of_the_page_is_what_is_told_of_such_an_end() -> None:
    (shown,) = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
    told = Told(ServerState.STARTING, shown["reason"], Severity.WARNING)
    before = ProcessState(state=ServerState.RUNNING, pid=shown["pid"])

    _, error = drafts_of(
        told, Definition(name="web", argv=("x",), port=8000), before, Runtime(), Millis(shown["at"]),
        exited=Exited(shown["pid"], 3), excerpt=("no such table",), is_tunnel=False,
    )  # fmt: skip

    assert error.type == "server.error"
    assert msgspec.json.decode(error.data) == shown


def test_every_state_is_explained_and_no_other() -> None:
    assert sorted(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == sorted(ServerState)


def test_the_figures_of_the_page_are_those_there_are() -> None:
    policy = ProcessPolicy()
    assert (policy.backoff_min_s, policy.backoff_max_s, policy.unhealthy_grace_s) == (1, 60, 60)
    assert (policy.restarts_max, policy.restarts_window_s) == (10, 600)
    assert (BYTES_MAX, FILES, EXCERPT_LINES) == (8 * 1024 * 1024, 3, 20)
    assert f"--port {OPENCODE_PORT}" in PAGE


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_page_is_understood(line: str) -> None:
    words: list[str] = shlex.split(line)
    context: Any = click.Context(root)
    command: Any = root.get_command(context, words.pop(0))
    if words and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    command.make_context("posthouse", words)


def test_there_are_commands_on_the_page() -> None:
    assert len(COMMANDS) >= 6
