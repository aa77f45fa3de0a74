"""What docs/agents/codex.md says becomes of a configuration is what becomes of it."""

from __future__ import annotations

import re
from pathlib import Path

from posthouse.rules.codex_config import install, remove

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "agents" / "codex.md").read_text("utf-8")
PROGRAM = "/home/mara/.local/share/posthouse/hooks/codex"


def test_the_configuration_of_the_page_becomes_what_the_page_says_and_comes_back() -> None:
    before, after = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)

    assert install(before, PROGRAM) == after
    assert remove(after, PROGRAM) == before
