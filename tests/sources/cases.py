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
from posthouse.model.sources import Emission, SourceShape
from posthouse.sources.base import RESCAN, Preview, SnapshotKind, SourceContext, StreamKind, source_kind
from posthouse.system.logging import JsonFormatter
from tests.clock import ManualClock
from tests.sources.support import MemoryState, context_for, soon


def nothing(folder: Path) -> None:
    """Nothing has to happen while it runs."""


@dataclass(frozen=True)
class Case:
    """A kind, with what is needed to see all of it.

    `lay_out` makes the real things below a folder and gives the settings that point there; `happens` is what a stream
    then sees, and `events` how many events that makes. `spoil` breaks them, so that a read fails or tells of problems.
    `marks`: by property. `bad`: settings that have the right type and yet are refused, by field. `kept`: marks that the
    state keeps even while their property is off; none of a sensitive one.
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
    context = context_for(
        case.kind, settings, properties=dict(choices), state=memory, emitted=emitted, may_run_programs=True
    )
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


SESSION, EARLIER = "99999999-0000-4000-8000-0000000mark5", "88888888-0000-4000-8000-0000000mark5"


def claude_line(session: str, day: str, second: int, **more: Any) -> dict[str, Any]:
    """A line of a session's log."""
    return {
        "sessionId": session,
        "cwd": "/srv/project-mark",
        "gitBranch": "branch-mark",
        "version": "2.1.330",
        "uuid": f"{session[:1]}-{second}",
        "timestamp": f"{day}T09:00:0{second}.000Z",
        **more,
    }


def claude_reply(number: int, **usage: int) -> dict[str, Any]:
    """What the model answered, as its line has it."""
    message = {"id": f"msg_{number}", "role": "assistant", "model": "claude-model-mark", "content": [], "usage": usage}
    return {"type": "assistant", "requestId": f"req_{number}", "message": message}


def lay_out_claude(folder: Path) -> dict[str, Any]:
    """Two sessions on two days: the newer one with a prompt only, the older one with a summary."""
    usage = {
        "input_tokens": 1681,
        "output_tokens": 77,
        "cache_read_input_tokens": 7319,
        "cache_creation_input_tokens": 1000,
    }
    prompt = {"type": "user", "message": {"role": "user", "content": "prompt-mark: sort the parcels"}}
    logs = {
        SESSION: [
            claude_line(SESSION, "2025-12-31", 1, **prompt),
            claude_line(SESSION, "2025-12-31", 2, **claude_reply(1, **usage)),
        ],
        EARLIER: [
            {"type": "summary", "summary": "summary-mark", "leafUuid": "8-1"},
            claude_line(EARLIER, "2025-12-30", 1, **prompt),
            claude_line(EARLIER, "2025-12-30", 2, **claude_reply(2, output_tokens=13)),
        ],
    }
    root = folder / "projects" / "-srv-project-mark"
    root.mkdir(parents=True)
    for session, lines in logs.items():
        (root / f"{session}.jsonl").write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    return {"roots": [str(folder / "projects")]}


def spoil_claude(folder: Path) -> None:
    """Lines that are torn, of the wrong type, and no JSON, with all marks in them."""
    for log in folder.glob("projects/*/*.jsonl"):
        lines = log.read_bytes().splitlines()
        torn = [line[: len(line) * 3 // 4] for line in lines]
        wrong = [line.replace(b'"usage":{', b'"usage":[{').replace(b'"role"', b'"rolle"') for line in lines]
        log.write_bytes(b"\n".join([*torn, *wrong, b"prompt-mark branch-mark summary-mark", *lines, lines[0][:-5]]))


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


CASES: tuple[Case, ...] = (
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
        kind="command",
        lay_out=lay_out_command,
        spoil=spoil_command,
        marks={"output": ("output-mark",)},
        bad=(("argv", []), ("argv", ["bin/relative"]), ("cwd", "relative"), ("deadline_s", 0), ("env", {"1=": "x"})),
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
    Case(kind="posthouse", lay_out=lay_out_nothing, shape=SourceShape.STREAM, events=0),
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
)
