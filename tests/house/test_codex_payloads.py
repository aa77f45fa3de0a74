"""The payloads that docs/agents/codex.md shows are the ones that the sources make of such logs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from posthouse.sources.base import RESCAN, SnapshotKind, source_kind
from tests.sources.codex_logs import event
from tests.sources.support import context_for, soon
from tests.sources.test_codex_sessions import NOON, asked, begun, chosen, used

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "agents" / "codex.md").read_text("utf-8")
BLOCKS = re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
SHOWN: list[dict[str, Any]] = [json.loads(block) for block in BLOCKS]
SESSION = "01a203fd-33a1-7213-a77b-0abcf59846e7"


@pytest.mark.parametrize("shown", SHOWN, ids=lambda shown: str(shown["source"]))
async def test_a_payload_on_the_page_is_what_the_source_tells(shown: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_bytes(
        begun(0, SESSION, git={"branch": "main"})
        + chosen(0, "gpt-5")
        + asked(1)
        + used(2, 100, 40, 10, 5)
        + chosen(10, "gpt-5-mini")
        + asked(10)
        + used(11, 150, 40, 70, 5)
        + event(NOON + 12 * 60_000 + 345, "task_complete")
    )
    context = context_for(shown["source"], {"roots": [str(tmp_path)]})
    emission = await soon(cast("SnapshotKind", source_kind(shown["source"])).collect(context, RESCAN))
    assert [msgspec.json.decode(one.data) for one in emission.events] == [shown]


def test_the_page_shows_both() -> None:
    assert [one["source"] for one in SHOWN] == ["codex-sessions", "codex-stats"]
