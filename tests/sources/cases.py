"""One case per kind of source: settings over a folder with real things in it, where every property leaves its marks.

A kind joins the contract suite (`test_contract`) by adding its case to `CASES`. `marks` are words and numbers that
stand nowhere but in the values of one property; what is found of them elsewhere has leaked.
"""

from __future__ import annotations

import asyncio
import io
import itertools
import logging
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import msgspec

from posthouse.model.events import EventDraft
from posthouse.model.ids import Millis
from posthouse.model.sources import Emission, SourceShape
from posthouse.rules.wake import WakeSlot
from posthouse.sources.base import RESCAN, Preview, SnapshotKind, SourceContext, StreamKind, source_kind
from posthouse.system.logging import JsonFormatter
from tests.clock import START, ManualClock
from tests.sources.agent_cases import (
    SESSION,
    agents_happen,
    lay_out_agents,
    lay_out_claude,
    lay_out_codex,
    spoil_agents,
    spoil_claude,
    spoil_codex,
)
from tests.sources.peer_case import PEER_ADDRESS, lay_out_peers, peers_happen
from tests.sources.support import MemoryState, context_for, soon


def nothing(folder: Path) -> None:
    """Nothing has to happen while it runs."""


@dataclass(frozen=True)
class Case:
    """A kind, with what is needed to see all of it.

    `lay_out` makes the real things below a folder and gives the settings that point there; `happens` is what a stream
    then sees, and `events` how many events that makes. `spoil` breaks them, so that a read fails or tells of problems.
    `marks`: by property. `bad`: settings that have the right type and yet are refused, by field. `kept`: marks that the
    state keeps even while their property is off; none of a sensitive one. `known`: state from before. `carried_by`: by
    property, the type of event that alone has it.
    """

    kind: str
    lay_out: Callable[[Path], dict[str, Any]]
    shape: SourceShape = SourceShape.SNAPSHOT
    marks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    happens: Callable[[Path], None] = nothing
    spoil: Callable[[Path], None] = nothing
    events: int = 1
    bad: tuple[tuple[str, Any], ...] = ()
    kept: frozenset[str] = frozenset()
    known: Mapping[str, bytes] = field(default_factory=dict)
    carried_by: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The names of its properties."""
        return [one.name for one in source_kind(self.kind).properties]

    def choices(self) -> list[dict[str, bool]]:
        """Every combination of its properties."""
        return [
            dict(zip(self.names, on, strict=True)) for on in itertools.product([True, False], repeat=len(self.names))
        ]

    def named(self, picks: Mapping[int, bool]) -> dict[str, bool]:
        """Choices that were drawn by number, by name."""
        return {self.names[number % len(self.names)]: is_on for number, is_on in picks.items()}


@dataclass(frozen=True)
class Harvest:
    """All that came of letting a source work once."""

    events: tuple[EventDraft, ...]
    state: Mapping[str, bytes]
    log: str
    before: Preview
    after: Preview

    @property
    def data(self) -> list[Any]:
        """The decoded payloads."""
        return [msgspec.json.decode(one.data) for one in self.events]


async def harvest(case: Case, folder: Path, choices: Mapping[str, bool]) -> Harvest:
    """Let a source with these choices work in a fresh folder, with a look at its preview before and after."""
    settings = case.lay_out(folder)
    memory, emitted = MemoryState(), list[Emission]()
    memory.stored.update(case.known)
    context = context_for(
        case.kind, settings, properties=dict(choices), state=memory, emitted=emitted, may_run_programs=True,
        spool=folder / "spool", folder=folder / "kept",
    )  # fmt: skip
    with captured_log() as log:
        before = await soon(source_kind(case.kind).preview(context))
        if source_kind(case.kind).shape is SourceShape.SNAPSHOT:
            emission = await soon(cast("SnapshotKind", source_kind(case.kind)).collect(context, RESCAN))
            memory.commit(emission)
            emitted.append(emission)
        elif not source_kind(case.kind).is_passive:
            await run_stream(case, folder, context, emitted)
        after = await soon(source_kind(case.kind).preview(context))
    events = tuple(event for emission in emitted for event in emission.events)
    return Harvest(events=events, state=dict(memory.stored), log=log.getvalue(), before=before, after=after)


async def run_stream(case: Case, folder: Path, context: SourceContext, emitted: list[Emission]) -> None:
    """Let a stream run until it has taken down what there was, and then until it has told of all that happens."""
    running = asyncio.ensure_future(cast("StreamKind", source_kind(case.kind)).run(context))
    try:
        async with asyncio.timeout(20.0):
            while not emitted:
                await turn(running, context)
            case.happens(folder)
            while sum(len(one.events) for one in emitted) < case.events:
                await turn(running, context)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def turn(running: asyncio.Future[None], context: SourceContext) -> None:
    """Let everything else go on for a moment, and let time pass."""
    if running.done():
        await running
    await asyncio.wait([running], timeout=0.01)
    cast("ManualClock", context.clock).advance(0.1)


@cache
def reaped(kind: str) -> Harvest:
    """What a kind tells with everything switched on."""
    case = next(one for one in CASES if one.kind == kind)

    async def work() -> Harvest:
        with TemporaryDirectory() as folder:
            return await harvest(case, Path(folder).resolve(), dict.fromkeys(case.names, True))

    return asyncio.run(work())


@contextmanager
def captured_log() -> Iterator[io.StringIO]:
    """Every line of every level, as JSON, with all fields."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("posthouse")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield text
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)


def lay_out_command(folder: Path) -> dict[str, Any]:
    """A program that says what stands in a file, and complains of something."""
    (folder / "says").write_text('{"rows": ["output-mark"]}')
    code = "import sys; print(open('says').read()); print('a remark', file=sys.stderr)"
    return {"argv": [sys.executable, "-c", code], "cwd": str(folder)}


def spoil_command(folder: Path) -> None:
    """What it says is no JSON any more."""
    (folder / "says").write_text('{"rows": ["output-mark", output-mark]}')


def lay_out_files(folder: Path) -> dict[str, Any]:
    """A folder with a file that has been there before."""
    (folder / "watched").mkdir()
    (folder / "watched" / "before.txt").write_text("content-mark: there before\n")
    return {"paths": [str(folder / "watched")], "content": "whole"}


def files_happen(folder: Path) -> None:
    """Text and JSON come in, each file in one step."""
    (folder / "aside").mkdir()
    contents = {"text.txt": b"content-mark\n", "rows.json": b'{"word": "content-mark"}', "more": b"a\ncontent-mark\n"}
    for name, content in contents.items():
        (folder / "aside" / name).write_bytes(content)
        (folder / "aside" / name).rename(folder / "watched" / name)


def spoil_files(folder: Path) -> None:
    """What is named is not there any more."""
    (folder / "watched").rename(folder / "content-moved")


def lay_out_database(folder: Path) -> dict[str, Any]:
    """A database in write-ahead mode, as programs have theirs."""
    with database(folder) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE letters (id INTEGER PRIMARY KEY, word TEXT)")
        connection.execute("INSERT INTO letters (word) VALUES ('row-mark')")
    return {"path": str(folder / "letters.db"), "query": "SELECT id, word FROM letters ORDER BY id"}


def lay_out_rows(folder: Path) -> dict[str, Any]:
    """The same, from the row on that comes next."""
    return {**lay_out_database(folder), "key": "id"}


def rows_happen(folder: Path) -> None:
    """Two rows come."""
    with database(folder) as connection:
        connection.execute("INSERT INTO letters (word) VALUES ('row-mark two'), ('row-mark three')")


def spoil_database(folder: Path) -> None:
    """A database that is damaged behind its first page, where its rows are."""
    with database(folder) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = bytearray((folder / "letters.db").read_bytes())
    whole[4096 + 8 : 4096 + 200] = b"row-mark" * 24
    (folder / "letters.db").write_bytes(whole)


@contextmanager
def database(folder: Path) -> Iterator[sqlite3.Connection]:
    """Another program's connection, whose work is committed."""
    with closing(sqlite3.connect(folder / "letters.db")) as connection:
        yield connection
        connection.commit()


def lay_out_nothing(folder: Path) -> dict[str, Any]:
    """What the daemon hands over needs no place."""
    return {}


MISSED_SLOT = WakeSlot(hour=23, minute=45, zone="UTC", settled="2025-12-30", next_at=Millis(START - 900_000))
"""It was due a quarter of an hour before the clock of the tests begins."""


def server_at_work() -> dict[str, bytes]:
    """A server that says something and fails."""
    argv = [sys.executable, "-S", "-c", "print('output' + '-mark'); raise SystemExit(3)"]
    return {"server/web": msgspec.json.encode({"name": "web", "argv": argv, "restart": "never"})}


CASES: tuple[Case, ...] = (
    Case(
        kind="agents",
        lay_out=lay_out_agents,
        shape=SourceShape.STREAM,
        happens=agents_happen,
        spoil=spoil_agents,
        events=2,
        marks={"titles": ("title-mark",), "messages": ("message-mark",)},
        bad=(("silence_s", 59), ("silence_s", 1e9), ("codex_home", "x" * 4_097), ("opencode_urls", ["x"] * 21)),
    ),
    Case(
        kind="claude-sessions",
        lay_out=lay_out_claude,
        spoil=spoil_claude,
        marks={
            "sessions": (SESSION, "project-mark", "summary-mark"),
            "cache_efficiency": ("0.7319",),
            "model_distribution": ("claude-model-mark",),
            "git_branches": ("branch-mark",),
            "first_prompt_preview": ("prompt-mark",),
        },
        bad=(("window_days", 31), ("window_days", 0), ("roots", ["relative"]), ("quiet_s", -1), ("cap_s", 1e9)),
        # Which sessions there are, and with which models, is what is counted; where the logs are has to be known.
        kept=frozenset({SESSION, "project-mark", "claude-model-mark"}),
    ),
    Case(
        kind="claude-stats",
        lay_out=lay_out_claude,
        spoil=spoil_claude,
        # The tokens of one day, and the cache reads of all days.
        marks={"daily_breakdown": ("1758",), "model_totals": ("7319",)},
        bad=(("window_days", 31), ("window_days", 0), ("roots", ["relative"]), ("quiet_s", -1), ("cap_s", 1e9)),
    ),
    Case(
        kind="codex-sessions",
        lay_out=lay_out_codex,
        spoil=spoil_codex,
        marks={
            "sessions": (SESSION, "project-mark", "branch-mark", "codex-model-mark"),
            "titles": ("prompt-mark", "name-mark"),
            # The tokens of both sessions.
            "summary": ("42011",),
        },
        bad=(("window_days", 31), ("window_days", 0), ("roots", ["relative"]), ("quiet_s", -1), ("cap_s", 1e9)),
        # Which sessions there are is what is counted.
        kept=frozenset({SESSION}),
    ),
    Case(
        kind="codex-stats",
        lay_out=lay_out_codex,
        spoil=spoil_codex,
        # The tokens of yesterday.
        marks={"metrics": ("42004",)},
        bad=(("window_days", 31), ("window_days", 0), ("roots", ["relative"]), ("quiet_s", -1), ("cap_s", 1e9)),
    ),
    Case(
        kind="command",
        lay_out=lay_out_command,
        spoil=spoil_command,
        marks={"output": ("output-mark",)},
        bad=(("argv", []), ("argv", ["bin/relative"]), ("cwd", "relative"), ("deadline_s", 0), ("env", {"1=": "x"})),
    ),
    Case(
        kind="desktop-activity",
        lay_out=lay_out_nothing,
        shape=SourceShape.STREAM,
        bad=(("threshold_s", 4), ("poll_s", 0.5), ("poll_s", 181), ("poll_s", 3_601)),
    ),
    Case(
        kind="files",
        lay_out=lay_out_files,
        shape=SourceShape.STREAM,
        happens=files_happen,
        spoil=spoil_files,
        events=3,
        marks={"content": ("content-mark",)},
        bad=(("paths", []), ("paths", ["relative"]), ("content", "half"), ("content_bytes_max", 0), ("quiet_s", -1)),
    ),
    Case(kind="ingest", lay_out=lay_out_nothing, shape=SourceShape.STREAM, events=0),
    Case(
        kind="peers",
        lay_out=lay_out_peers,
        shape=SourceShape.STREAM,
        happens=peers_happen,
        events=2,
        marks={"addresses": (PEER_ADDRESS,), "messages": ("message-mark",)},
        carried_by={"messages": "peer.message"},
        bad=(
            *(("heartbeat_s", 9), ("heartbeat_s", 601), ("peer_timeout_s", 29), ("peer_timeout_s", 60)),
            *(("port", 0), ("address", "here"), ("hosts", ["here"]), ("hosts", ["10.0.0.1:0"]), ("name", "a:b")),
        ),
        # Where somebody is has to be known to ask whether they still are.
        kept=frozenset({PEER_ADDRESS}),
    ),
    Case(kind="posthouse", lay_out=lay_out_nothing, shape=SourceShape.STREAM, events=0),
    Case(
        kind="servers",
        lay_out=lay_out_nothing,
        shape=SourceShape.STREAM,
        known=server_at_work(),
        events=4,
        marks={"output": ("output-mark",)},
        carried_by={"output": "server.error"},
    ),
    Case(
        kind="sqlite",
        lay_out=lay_out_database,
        spoil=spoil_database,
        marks={"rows": ("row-mark",)},
        bad=(
            ("path", "relative.db"),
            ("query", "DELETE FROM letters"),
            ("query", "SELECT 1; SELECT 2"),
            ("rows_max", 0),
        ),
    ),
    Case(
        kind="sqlite-rows",
        lay_out=lay_out_rows,
        shape=SourceShape.STREAM,
        happens=rows_happen,
        spoil=spoil_database,
        events=2,
        marks={"rows": ("row-mark",)},
        bad=(("path", "relative.db"), ("query", "DELETE FROM letters"), ("key", ""), ("start", "later"), ("type", "")),
    ),
    Case(
        kind="wake-schedule",
        lay_out=lay_out_nothing,
        shape=SourceShape.STREAM,
        known={"slot/23:45": msgspec.json.encode(MISSED_SLOT)},
        bad=(("grace_s", -1), ("grace_s", 86_401), ("window_hours", 0), ("window_hours", 169), ("window_hours", 1.5)),
    ),
)
