"""Where a missed branch would be a wrong word about somebody's machine: every branch is taken by a test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RULES = ("peering", "peer_table", "peer_signals", "peer_answers", "peer_policy", "deadlines")
MEASURED = ["sources/lan/wire.py", *(f"rules/{name}.py" for name in RULES)]
TESTS: list[str | Path] = [
    "tests/sources/test_lan_wire.py",
    "tests/rules/test_deadlines.py",
    *sorted((ROOT / "tests/rules").glob("test_peer*")),
]


@pytest.mark.timeout(300)
def test_every_branch_of_the_codec_and_the_rules_of_peers_is_tested(tmp_path: Path) -> None:
    files = ",".join(str(ROOT / "src" / "posthouse" / name) for name in MEASURED)
    environment = {**os.environ, "COVERAGE_FILE": str(tmp_path / "coverage")}

    def coverage(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "coverage", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280)

    ran = coverage("run", "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    told = coverage("report", "--fail-under=100", "--show-missing", f"--include={files}")

    assert told.returncode == 0, told.stdout + told.stderr
    assert len(told.stdout.splitlines()) >= len(MEASURED), told.stdout
