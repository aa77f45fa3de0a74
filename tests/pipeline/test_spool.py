"""The spool over real files, a real ledger and a real intake."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.http.event_forms import parse_event
from posthouse.ledger.base import Database
from posthouse.ledger.directory import load_directory
from posthouse.ledger.events import EventQuery, get_event, page_events
from posthouse.ledger.sources import ensure_sources, get_source
from posthouse.ledger.sqlite.database import open_sqlite
from posthouse.model.errors import DiskLow
from posthouse.model.events import Event, EventDraft
from posthouse.model.sources import Source
from posthouse.pipeline import spool as spool_module
from posthouse.pipeline.directory import Known
from posthouse.pipeline.intake import Intake
from posthouse.pipeline.spool import Spool
from posthouse.rules.spooling import free_name, is_spooled, key_of_name
from posthouse.settings import resolve
from posthouse.sources.watch import watch
from posthouse.system.disk import DiskGauge
from tests.clock import ManualClock

LIMIT = 4_096


class IdleLanes:
    """Delivery is not part of this: nothing is bound, so no lane is ever asked."""

    def reserve(self, endpoint_id: object) -> None:
        return None

    def offer(self, delivery: object) -> None:
        raise AssertionError("nothing is bound")

    def cancel(self, endpoint_id: object) -> None:
        raise AssertionError("nothing was reserved")

    def wake(self, endpoint_ids: object) -> None:
        raise AssertionError("nothing is bound")


class Room:
    """A spool, the ledger behind it, and what a test asks of them."""

    def __init__(self, folder: Path, database: Database, intake: Intake, source: Source) -> None:
        self.folder = folder
        self.database = database
        self.intake = intake
        self.source = source
        self.spool = self.make()

    def make(self, **kwargs: object) -> Spool:
        return Spool(self.folder, self.intake, self.source, parse=parse_event, event_bytes_max=lambda: LIMIT, **kwargs)  # type: ignore[arg-type]

    def put(self, name: str, content: bytes | dict[str, object]) -> Path:
        """As a program does it: whole, by renaming."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.tmp")
        temporary.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        temporary.rename(path)
        return path

    def names(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if not path.is_dir())

    async def events(self) -> list[Event]:
        """The newest last."""
        rows = (await self.database.read(page_events, EventQuery())).items
        found = [await self.database.read(get_event, row.id) for row in rows]
        return sorted(found, key=lambda event: event.id)


@pytest.fixture
async def room(home: Path, clock: ManualClock) -> AsyncIterator[Room]:
    database = await open_sqlite(home / "ledger.db")
    await database.run(ensure_sources, ["ingest"], clock.now())
    source = await database.read(get_source, "ingest")
    intake = Intake(
        database=database,
        known=Known(database, await database.read(load_directory)),
        lanes=IdleLanes(),
        clock=clock,
        disk=DiskGauge(home, clock),
        machine="here",
        settings=resolve({}, {}, {}),
        expect_expiry=lambda at: None,
    )
    folder = home / "spool"
    folder.mkdir()
    yield Room(folder, database, intake, source)
    await database.close()


async def until(folder: Path, condition: Callable[[], bool]) -> None:
    """Wait for something that another task does below a folder, with a deadline; each change is a moment to look."""
    async with asyncio.timeout(20), aclosing(watch([folder], excluded=())) as changes:  # type: ignore[type-var]
        async for _ in changes:
            if condition():
                return


@asynccontextmanager
async def running(spool: Spool) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(spool.run())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_file_becomes_an_event_whose_key_is_its_name(room: Room) -> None:
    room.put("build-17.json", {"type": "build.done", "origin": "ci", "data": {"ok": True}})

    taken = await room.spool.take_in()

    (event,) = await room.events()
    assert (taken, event.key, event.type, event.origin, bytes(event.data)) == (
        1,
        "build-17",
        "build.done",
        "ci",
        b'{"ok": true}',
    )
    assert room.names() == []


async def test_a_key_inside_the_event_wins_over_the_file_name(room: Room) -> None:
    room.put("some-name.json", {"type": "build.done", "key": "build/17"})

    await room.spool.take_in()

    assert [event.key for event in await room.events()] == ["build/17"]


async def test_a_file_that_was_committed_but_not_deleted_is_not_doubled(room: Room) -> None:
    room.put("once.json", {"type": "a"})
    await room.spool.take_in()
    room.put("once.json", {"type": "a"})

    taken = await room.make().take_in()

    assert taken == 1
    assert len(await room.events()) == 1
    assert room.names() == []


async def test_files_go_in_by_name_over_several_batches(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_module, "BATCH_FILES_MAX", 3)
    monkeypatch.setattr(spool_module, "BATCH_BYTES_MAX", 60)
    for number in reversed(range(10)):
        room.put(f"{number:03}.json", {"type": f"step.{number}", "data": {"pad": "x" * 10}})

    taken = await room.spool.take_in()

    assert taken == 10
    assert [event.type for event in await room.events()] == [f"step.{number}" for number in range(10)]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "event.not_json"),
        (b'{"type": "a"', "event.not_json"),
        (b"\xff\xfe{}", "event.not_json"),
        (b"[]", "event.invalid"),
        (b'{"data": {}}', "event.type_missing"),
        (b'{"type": "a", "tpye": "b"}', "event.unknown_field"),
        (b'{"type": "a", "data": "' + b"x" * LIMIT + b'"}', "event.too_large"),
    ],
)
async def test_a_bad_file_is_set_aside_with_its_reason_and_the_others_go_in(
    room: Room, content: bytes, code: str
) -> None:
    room.put("1-good.json", {"type": "a"})
    room.put("2-bad.json", content)
    room.put("3-good.json", {"type": "b"})

    taken = await room.spool.take_in()

    assert taken == 2
    assert [event.type for event in await room.events()] == ["a", "b"]
    assert room.names() == ["bad/2-bad.json", "bad/2-bad.json.reason"]
    assert (room.folder / "bad/2-bad.json").read_bytes() == content
    assert f"[{code}]" in (room.folder / "bad/2-bad.json.reason").read_text("utf-8")
    assert room.spool.problems() == (f"1 spooled files were refused; see {room.folder / 'bad'}.",)


async def test_a_second_bad_file_of_one_name_does_not_replace_the_first(room: Room) -> None:
    room.put("x.json", b"one")
    await room.spool.take_in()
    room.put("x.json", b"two")

    await room.spool.take_in()

    assert (room.folder / "bad/x.json").read_bytes() == b"one"
    assert (room.folder / "bad/x.1.json").read_bytes() == b"two"


async def test_one_event_that_intake_refuses_does_not_take_its_batch_with_it(room: Room) -> None:
    def forward(raw: bytes) -> EventDraft:
        return msgspec.json.decode(raw, type=EventDraft)

    spool = room.make(adapters={"forwarded": forward})
    room.put("forwarded/1.json", {"type": "a"})
    room.put("forwarded/2.json", {"type": "loops", "hops": 99})
    room.put("forwarded/3.json", {"type": "b"})

    taken = await spool.take_in()

    assert taken == 2
    assert [event.type for event in await room.events()] == ["a", "b"]
    assert room.names() == ["bad/2.json", "bad/2.json.reason"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
async def test_links_folders_pipes_sockets_and_unfinished_files_are_left_alone(room: Room, tmp_path: Path) -> None:
    secret = tmp_path / "elsewhere.json"
    secret.write_text('{"type": "stolen"}')
    (room.folder / "link.json").symlink_to(secret)
    (room.folder / "folder.json").mkdir()
    os.mkfifo(room.folder / "pipe.json")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(os.path.relpath(room.folder / "socket.json"))
    (room.folder / ".unfinished.json").write_text('{"type": "half')
    (room.folder / "notes.txt").write_text("hello")

    taken = await room.spool.take_in()

    listener.close()
    assert taken == 0
    assert await room.events() == []
    assert room.names() == [".unfinished.json", "link.json", "notes.txt", "pipe.json", "socket.json"]
    assert room.spool.problems() == ()


async def test_an_adapter_takes_its_own_subfolder_and_an_unknown_one_stays_and_is_told_of(room: Room) -> None:
    def hook(raw: bytes) -> EventDraft:
        return EventDraft(type="agent.hook", origin="hooks", data=msgspec.Raw(raw))

    spool = room.make(adapters={"hooks": hook})
    room.put("hooks/0001.json", {"session": 7})
    room.put("strangers/0001.json", {"what": 1})

    taken = await spool.take_in()

    (event,) = await room.events()
    assert (taken, event.type, event.key, bytes(event.data)) == (1, "agent.hook", "0001", b'{"session": 7}')
    assert room.names() == ["strangers/0001.json"]
    assert spool.problems() == (f"No adapter takes what lies in {room.folder / 'strangers'}.",)


async def test_a_name_that_cannot_be_a_key_is_set_aside(room: Room) -> None:
    room.put("k" * 201 + ".json", {"type": "a"})

    await room.spool.take_in()

    assert await room.events() == []
    assert "[spool.name_invalid]" in (room.folder / "bad" / ("k" * 201 + ".json.reason")).read_text("utf-8")


async def test_what_lies_there_at_start_and_what_comes_later_is_taken_in(room: Room) -> None:
    room.put("1-before.json", {"type": "before"})
    async with running(room.spool):
        await until(room.folder, lambda: room.names() == [])
        room.put("2-after.json", {"type": "after"})
        await until(room.folder, lambda: room.names() == [])
        room.put("later/1.json", {"type": "for nobody"})
        room.put("3-last.json", {"type": "last"})
        await until(room.folder, lambda: room.names() == ["later/1.json"])

    assert [event.type for event in await room.events()] == ["before", "after", "last"]


async def test_the_folder_is_made_private_where_it_is_missing(room: Room) -> None:
    room.folder.rmdir()
    async with running(room.spool):
        await until(room.folder.parent, room.folder.is_dir)

    assert room.folder.stat().st_mode & 0o777 == 0o700


class FailsFirst:
    """An intake that fails once, then hands on to the real one."""

    def __init__(self, intake: Intake, error: Exception) -> None:
        self._intake = intake
        self._error: Exception | None = error

    async def post(self, source: Source, drafts: Sequence[EventDraft], *, size_bytes: int) -> object:
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        return await self._intake.post(source, drafts, size_bytes=size_bytes)


async def test_while_the_disk_is_low_files_wait_and_the_worker_says_why(room: Room) -> None:
    room.put("waits.json", {"type": "a"})
    intake = FailsFirst(room.intake, DiskLow("disk.low", "Only 1 MiB is free."))
    spool = Spool(room.folder, intake, room.source, parse=parse_event, event_bytes_max=lambda: LIMIT)

    with pytest.raises(DiskLow):
        await spool.run()
    assert room.names() == ["waits.json"]
    async with running(spool):
        await until(room.folder, lambda: room.names() == [])

    assert len(await room.events()) == 1


async def test_a_stopping_daemon_ends_the_worker_and_leaves_the_files(room: Room) -> None:
    room.put("waits.json", {"type": "a"})
    room.intake.stop()

    await room.spool.run()

    assert room.names() == ["waits.json"]


async def test_a_file_that_cannot_be_deleted_is_handed_over_once(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    path = room.put("stuck.json", {"type": "a"})

    def refuse(self: Path, missing_ok: bool = False) -> None:
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refuse)

    assert await room.spool.take_in() == 1
    assert await room.spool.take_in() == 0
    assert path.exists()
    assert len(await room.events()) == 1


@given(st.text(max_size=260))
def test_a_name_is_spooled_or_left_alone_and_its_key_leads_back_to_it(name: str) -> None:
    key = key_of_name(name)

    if name.startswith("."):
        assert not is_spooled(name)
    if is_spooled(name) and key is not None:
        assert f"{key}.json" == name
        assert 1 <= len(key) <= 200
        assert key.isprintable()


@given(st.text(min_size=1, max_size=20), st.frozensets(st.text(max_size=20), max_size=20), st.integers(0, 8))
def test_a_free_name_is_never_a_taken_one(stem: str, others: frozenset[str], numbered: int) -> None:
    taken = others | {f"{stem}.json"} | {f"{stem}.{number}.json" for number in range(1, numbered)}

    name = free_name(f"{stem}.json", taken)

    assert name not in taken
    assert name.endswith(".json")
