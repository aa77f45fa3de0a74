"""What the benchmark of watching measures: `python -m benchmarks.watcher files|watchfiles|watch FOLDER HOME`.

`files` is the real source over a real ledger, `watch` our watching alone, `watchfiles` that library, told of every
change and doing nothing with it. Each says `listening 0` when it follows the folder, runs until its standard input
ends, and then prints what it counted, as JSON.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec

from benchmarks.house import MACHINE, House, open_house
from benchmarks.serving import run, say_listening, until_input_ends
from posthouse.ledger.sources import add_source
from posthouse.model.sources import Emission, Source
from posthouse.pipeline.workplace import SourceState
from posthouse.sources.base import SourceContext, source_kind
from posthouse.sources.files.known import COVERED
from posthouse.sources.files.source import Files
from posthouse.sources.watch import watch

QUIET_S, CAP_S = 2.0, 300.0
"""A file of the storm is written to several times a second, so its burst ends with the storm."""


class Counts(msgspec.Struct):
    """What was counted: `items` from the watch, `events` from the source."""

    items: int = 0
    events: int = 0


async def follow_files(folder: Path, home: Path, counts: Counts) -> None:
    """The source `files`, with its state and events in a ledger."""
    async with open_house(home) as house:
        source = await _add_source(house, folder)
        intake = house.intake()

        async def emit(emission: Emission) -> None:
            await intake.take(
                source, emission.events, state_puts=emission.state_puts, state_deletes=emission.state_deletes
            )
            counts.events += len(emission.events)
            if any(put.key == COVERED for put in emission.state_puts):
                say_listening(0)

        await Files().run(
            SourceContext(
                source=source, state=SourceState(house.database, source.id, MACHINE), clock=house.clock, emit=emit,
                progress=lambda _done, _total: None, excluded=(), quiet_s=QUIET_S, cap_s=CAP_S,
            )
        )  # fmt: skip


async def watch_only(folder: Path, home: Path, counts: Counts) -> None:
    """Our watching, without anything behind it."""
    async for changes in watch([folder]):
        counts.items += 1
        if changes.is_rescan and counts.items == 1:
            say_listening(0)


async def watchfiles_only(folder: Path, home: Path, counts: Counts) -> None:
    """The library watchfiles, without anything behind it."""
    from watchfiles import awatch  # A library of the tests on Linux.

    say_listening(0)
    async for _ in awatch(folder):
        counts.items += 1


async def main() -> None:
    """Follow until standard input ends."""
    follow = {"files": follow_files, "watch": watch_only, "watchfiles": watchfiles_only}[sys.argv[1]]
    counts = Counts()
    following = asyncio.ensure_future(follow(Path(sys.argv[2]), Path(sys.argv[3]), counts))
    ended = asyncio.ensure_future(until_input_ends())
    await asyncio.wait([following, ended], return_when=asyncio.FIRST_COMPLETED)
    if following.done():
        following.result()
    following.cancel()
    sys.stdout.write(msgspec.json.encode(counts).decode("ascii") + "\n")
    sys.stdout.flush()
    await asyncio.wait([following])


async def _add_source(house: House, folder: Path) -> Source:
    return await house.database.run(
        add_source,
        kind="files",
        name="files",
        settings=source_kind("files").parse({"paths": [str(folder)]}),
        properties={},
        now=house.clock.now(),
    )


if __name__ == "__main__":
    run(main())
