"""What the command line's own tests cannot reach: how often a long command is said to be alive."""

from __future__ import annotations

import sys
from pathlib import Path

from posthouse.system.passing_through import pass_through


def test_a_command_is_said_to_be_alive_while_it_runs_and_not_afterwards(tmp_path: Path) -> None:
    said: list[str] = []
    pipe = tmp_path / "pipe"
    pipe.touch()

    def alive() -> None:
        said.append("alive")
        pipe.write_text("enough" if len(said) >= 3 else "")

    waits = f"import pathlib, time\nwhile not pathlib.Path({str(pipe)!r}).read_text(): time.sleep(0.001)"
    passed = pass_through(
        [sys.executable, "-c", waits], keep_bytes=0, started=lambda: said.append("started"), alive=alive, alive_s=0.001
    )
    count = len(said)

    assert said.count("started") == 1
    assert said.count("alive") >= 3
    assert (passed.exit_code, passed.signal_number, passed.output) == (0, None, b"")
    assert len(said) == count
