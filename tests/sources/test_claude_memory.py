"""Reading gigabytes takes no more memory than reading megabytes: the real ledger, limits made small, two sizes."""

from __future__ import annotations

import gc
import tracemalloc
from pathlib import Path

import msgspec
import pytest

from posthouse.ledger.directory import load_directory
from posthouse.ledger.sources import ensure_sources
from posthouse.ledger.sqlite.database import open_sqlite
from posthouse.ledger.state import NewEmission, commit_emission
from posthouse.model.sources import Emission
from posthouse.pipeline.workplace import SourceState
from posthouse.sources.agent_logs import log_file, log_reading
from posthouse.sources.base import RESCAN, Signal, SnapshotKind, SourceContext, source_kind
from tests.clock import ManualClock
from tests.sources.claude_logs import answer, prompt

MACHINE = "test-machine"
KIND = "claude-stats"
TURNS = 400
"""Of one file: two lines of 1 KiB each per turn."""


class Ledger:
    """A source over a real ledger; `commits` counts what a read made durable on its way."""

    def __init__(self) -> None:
        self.commits = 0

    async def peak(self, folder: Path, root: Path, signals: list[Signal]) -> list[int]:
        """The most memory that each read held, in bytes."""
        database = await open_sqlite(folder / "ledger.db")
        try:
            clock = ManualClock()
            await database.run(ensure_sources, [KIND], clock.now())
            (source,) = (await database.read(load_directory)).sources.values()
            source = msgspec.structs.replace(source, settings=source_kind(KIND).parse({"roots": [str(root)]}))

            async def commit(emission: Emission) -> None:
                self.commits += 1
                new = NewEmission(source_id=source.id, machine=MACHINE, events=(), state_puts=emission.state_puts,
                                  state_deletes=emission.state_deletes)  # fmt: skip
                await database.run(commit_emission, new)

            context = SourceContext(
                source=source,
                state=SourceState(database, source.id, MACHINE),
                clock=clock,
                emit=commit,
                progress=lambda _done, _total: None,
                excluded=(),
            )
            return [await self._read(context, signal) for signal in signals]
        finally:
            await database.close()

    async def _read(self, context: SourceContext, signal: Signal) -> int:
        kind: SnapshotKind = source_kind(KIND)  # type: ignore[assignment]
        gc.collect()
        tracemalloc.start()
        try:
            emission = await kind.collect(context, signal)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert emission.events
        await context.emit(emission)
        return peak


def write(root: Path, files: int, turns: int) -> list[Path]:
    """Logs in which no identity stands twice."""
    root.mkdir(parents=True)
    paths = []
    for number in range(files):
        session = f"s{number}"
        lines = (
            prompt(f"u{number}-{turn}", turn, "x" * 900, session=session)
            + answer(f"a{number}-{turn}", turn, message=f"m{number}-{turn}", session=session, tools=("y" * 800,))
            for turn in range(turns)
        )
        paths.append(root / f"{session}.jsonl")
        with paths[-1].open("wb") as file:
            file.writelines(lines)
    return paths


@pytest.mark.parametrize("is_one_file", [True, False])
async def test_four_times_the_logs_take_no_more_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_one_file: bool
) -> None:
    monkeypatch.setattr(log_reading, "CHUNK_BYTES", 1024 * 1024)
    monkeypatch.setattr(log_reading, "CHANGES_BYTES_MAX", 64 * 1024)
    monkeypatch.setattr(log_file, "STEP_BYTES", 128 * 1024)
    monkeypatch.setattr(log_file, "HOP_BYTES", 256 * 1024)
    peaks = []
    for times in (1, 4):
        folder = tmp_path / str(times)
        files, turns = (1, 8 * TURNS * times) if is_one_file else (8 * times, TURNS)
        write(folder / "projects", files, turns)
        ledger = Ledger()
        peaks += await ledger.peak(folder, folder / "projects", [RESCAN])
        assert ledger.commits >= 6 * times
    assert peaks[1] < 1.25 * peaks[0]


async def test_a_line_appended_to_many_logs_takes_little_memory(tmp_path: Path) -> None:
    paths = write(tmp_path / "projects", 40, TURNS // 4)
    with paths[-1].open("ab") as file:
        file.write(prompt("new", 50, session="s39"))
    first, second = await Ledger().peak(tmp_path, tmp_path / "projects", [RESCAN, Signal(paths=(str(paths[-1]),))])
    assert second < min(1024 * 1024, first)
