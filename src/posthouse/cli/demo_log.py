"""A Claude Code log that grows while the demo runs, on a machine that has none of its own.

Each turn appends a prompt and a response, in the form in which the program itself writes them, to one session's file
below a folder for the project. Nothing in it is taken from anywhere: it says itself that it is made up.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_CWD = "/demo/post-house"
_MODEL = "demo-model"


class GrowingLog:
    """One session's log. `roots` is what the source is to be pointed at."""

    def __init__(self, folder: Path) -> None:
        self.roots = folder / "projects"
        self._session = str(uuid.uuid4())
        self._parent: str | None = None
        self._turns = 0

    @property
    def path(self) -> Path:
        """The session's file."""
        return self.roots / _CWD.replace("/", "-") / f"{self._session}.jsonl"

    def grow(self) -> None:
        """Append one turn: what was asked, and what it used."""
        self._turns += 1
        prompt = {"role": "user", "content": f"Made up by the demo: turn {self._turns}"}
        answer = {
            "id": f"msg_demo_{self._session}_{self._turns}",
            "type": "message",
            "role": "assistant",
            "model": _MODEL,
            "content": [{"type": "text", "text": "Made up by the demo."}],
            "usage": {
                "input_tokens": 120 + self._turns,
                "output_tokens": 40 + 3 * self._turns,
                "cache_creation_input_tokens": 10,
                "cache_read_input_tokens": 900 * self._turns,
            },
        }
        lines = [self._line("user", prompt), self._line("assistant", answer)]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write("".join(json.dumps(line) + "\n" for line in lines))

    def _line(self, kind: str, message: dict[str, Any]) -> dict[str, Any]:
        identity = str(uuid.uuid4())
        line = {
            "parentUuid": self._parent,
            "isSidechain": False,
            "userType": "external",
            "cwd": _CWD,
            "sessionId": self._session,
            "version": "0.0.0-demo",
            "gitBranch": "main",
            "type": kind,
            "message": message,
            "uuid": identity,
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
        self._parent = identity
        return line
