"""Files stay small enough to be read, every module says what it is, and quick commands stay quick."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINES_MAX = 500
HEAVY = ("aiohttp", "apsw", "cryptography", "keyring", "litestar", "psutil", "rich", "uvicorn", "uvloop", "watchfiles")

SOURCE = sorted((ROOT / "src").rglob("*.py"))
WRITTEN = [*SOURCE, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "benchmarks").rglob("*.py"))]


def test_no_file_is_longer_than_anyone_can_read() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in WRITTEN}

    assert {name: lines for name, lines in lengths.items() if lines > LINES_MAX} == {}


def test_every_module_with_code_says_what_it_is() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in SOURCE
        if path.stat().st_size and ast.get_docstring(ast.parse(path.read_text("utf-8"))) is None
    ]

    assert silent == []


@pytest.mark.parametrize("module", ["posthouse.cli.main", "posthouse.settings", "posthouse.system.home"])
def test_what_quick_commands_need_loads_nothing_heavy(module: str) -> None:
    assert heavy_modules_after(f"import {module}") == []


def test_help_loads_nothing_heavy() -> None:
    program = "from posthouse.cli.main import main\nassert main(['--help']) == 0"

    assert heavy_modules_after(program) == []


def heavy_modules_after(program: str) -> list[str]:
    """The heavy packages that a fresh interpreter has loaded once the program has run."""
    report = f"\nimport sys\nprint('loaded:', *sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program + report], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1].split()[1:]
