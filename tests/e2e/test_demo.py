"""The demo, whole: nothing is lost, and nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.support import DEADLINE_S
from tests.e2e.house import children_of
from tests.e2e.processes import until


def start_demo(*arguments: str, scratch: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "posthouse.cli", "demo", *arguments],
        env={**os.environ, "TMPDIR": str(scratch)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """A temporary folder of the demo's own, to see what it leaves."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def test_the_demo_shows_queueing_pausing_and_recovery_and_loses_nothing(scratch: Path) -> None:
    demo = start_demo("--seconds", "5", "--json", scratch=scratch)
    out, err = demo.communicate(timeout=DEADLINE_S)

    books = json.loads(out)
    assert demo.returncode == 0, err
    assert books["lost"] == 0
    assert books["written"] == books["received"] > 10
    assert "Paused: " in err
    assert "The queue is empty again" in err
    assert list(scratch.iterdir()) == []
    assert children_of(scratch) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_leaves_no_process_and_no_file(scratch: Path, number: int) -> None:
    demo = start_demo("--seconds", "30", scratch=scratch)
    until(lambda: len(children_of(scratch)) == 2, "daemon and receiver run")

    demo.send_signal(number)
    demo.communicate(timeout=DEADLINE_S)

    assert demo.returncode == 130
    assert list(scratch.iterdir()) == []
    assert children_of(scratch) == []
