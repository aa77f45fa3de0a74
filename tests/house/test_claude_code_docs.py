"""What docs/agents/claude-code.md tells people to type is typed here, and its table has every hook there is."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from posthouse.rules.claude_settings import EVENTS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "agents" / "claude-code.md").read_text("utf-8")


def test_every_command_of_the_page_does_what_it_says(tmp_path: Path) -> None:
    variables = os.environ | {"HOME": str(tmp_path), "POSTHOUSE_HOME": str(tmp_path / "home"), "CLAUDE_CONFIG_DIR": ""}
    settings = tmp_path / ".claude" / "settings.json"
    found = []

    for line in re.findall(r"^ {4}posthouse (.+)$", PAGE, re.MULTILINE):
        command = [sys.executable, "-m", "posthouse.cli", *shlex.split(line)]
        done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        found.append(set(json.loads(settings.read_text())["hooks"]) if settings.exists() else set())

    assert found == [set(), set(EVENTS), set(EVENTS), set()]


def test_the_page_tells_of_every_hook_that_is_installed() -> None:
    rows = re.findall(r"^\| (`.+`) \|", PAGE, re.MULTILINE)

    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(EVENTS)
