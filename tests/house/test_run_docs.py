"""What docs/agents/run.md tells people to type about commands is typed here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "agents" / "run.md").read_text("utf-8")
DEADLINE_S = 30.0


def test_the_commands_of_the_page_run_and_are_told(tmp_path: Path) -> None:
    lines = [line.strip() for line in PAGE.splitlines() if line.startswith("    posthouse run ")]
    (tmp_path / "Makefile").write_text("test:\n\t@echo tested\n")
    for name in ("build.sh", "deploy.sh"):
        (tmp_path / name).write_text("#!/bin/sh\necho done by $0\n")
        (tmp_path / name).chmod(0o700)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    done = subprocess.run(
        ["sh", "-euc", "\n".join(lines)],
        cwd=tmp_path,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
            "PATH": path,
            "POSTHOUSE_HOME": str(tmp_path / "home"),
        },
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["tested", "done by ./build.sh", "done by ./deploy.sh"]
    files = sorted((tmp_path / "home" / "spool" / "agents" / "report").iterdir())
    reports = [report for file in files for report in json.loads(file.read_bytes())]
    ends = [(one["title"], one["message"].splitlines()[1:]) for one in reports if one["kind"] == "turn-completed"]
    assert ends == [("make test", ["tested"]), ("Nightly build", ["done by ./build.sh"]), ("deploy.sh", [])]
    assert reports[3]["project"] == "shop"
