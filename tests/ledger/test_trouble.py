"""A full disk, a lock, a folder that may not be written: a clear error with its code, nothing half done, and work goes
on by itself when the trouble is over."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

import pytest

from posthouse.ledger.settings import load_settings, put_setting
from posthouse.ledger.sqlite import database as sqlite
from posthouse.ledger.sqlite.database import open_sqlite
from posthouse.model.errors import LedgerBusy, LedgerFull, LedgerUnwritable
from posthouse.model.ids import Millis
from tests.clock import ManualClock
from tests.ledger.engines import SqliteEngine
from tests.ledger.places import locked_by_another, remount_read_only, small_disk
from tests.ledger.scene import Scene

FILLER = "filler"


def fill(disk: Path) -> None:
    """Take all the space there is."""
    with open(disk / FILLER, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            pass


async def test_full_disk_refuses_and_works_again_when_there_is_space(tmp_path: Path, clock: ManualClock) -> None:
    with small_disk(tmp_path, "8m") as disk:
        engine = SqliteEngine(disk)
        database = await engine.open()
        scene = Scene(database, clock)
        await scene.set_up()
        endpoint_id = await scene.wire()
        ids = await scene.post(20)
        fill(disk)
        acknowledged = await post_until_full(scene)
        before = engine.rows("SELECT count(*) FROM events")

        with pytest.raises(LedgerFull) as caught:
            await scene.insert(await scene.draft(subject="x" * 100_000))
        (disk / FILLER).unlink()
        again = await scene.post(20)

        assert (caught.value.code, caught.value.status) == ("ledger.full", 507)
        assert before == [(20 + acknowledged,)]
        assert len((await scene.claim(endpoint_id, 10_000)).deliveries) == len(ids) + acknowledged + len(again)
        await database.close()
        assert engine.faults() == []


async def post_until_full(scene: Scene) -> int:
    """Post until the disk refuses; how many were acknowledged."""
    for count in range(10_000):
        try:
            await scene.insert(await scene.draft(subject="x" * 4_000))
        except LedgerFull:
            return count
    raise AssertionError("the disk never filled")


async def test_full_disk_fails_only_what_does_not_fit(tmp_path: Path, clock: ManualClock) -> None:
    with small_disk(tmp_path, "8m") as disk:
        engine = SqliteEngine(disk)
        database = await engine.open()
        scene = Scene(database, clock)
        await scene.set_up()
        big = [await scene.draft(subject="x" * 3_000_000) for _ in range(4)]
        small = [await scene.draft() for _ in range(20)]
        drafts = [*small[:10], *big, *small[10:]]

        done = await asyncio.gather(*(scene.insert(draft) for draft in drafts), return_exceptions=True)

        taken = {draft.event.id for draft, one in zip(drafts, done, strict=True) if not isinstance(one, BaseException)}
        refused = [one for one in done if isinstance(one, BaseException)]
        assert refused != []
        assert all(isinstance(one, LedgerFull) for one in refused)
        assert taken >= {draft.event.id for draft in small}
        assert {event_id for (event_id,) in engine.rows("SELECT id FROM events")} == taken
        await database.close()
        assert engine.faults() == []


async def test_opening_on_a_full_disk_says_so(tmp_path: Path) -> None:
    with small_disk(tmp_path, "1m") as disk:
        fill(disk)

        with pytest.raises(LedgerFull) as caught:
            await open_sqlite(disk / "ledger.db")

        assert caught.value.code == "ledger.full"
        (disk / FILLER).unlink()
        database = await open_sqlite(disk / "ledger.db")
        await database.run(put_setting, "k", "1", now=Millis(0))
        await database.close()


async def test_locked_database_refuses_all_at_once_and_works_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 200)
    path = tmp_path / "ledger.db"
    database = await open_sqlite(path)
    with locked_by_another(path):
        calls = [database.run(put_setting, f"k{n}", "1", now=Millis(0)) for n in range(300)]

        done = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 30)

        assert all(isinstance(one, LedgerBusy) for one in done)
        assert {(one.code, one.retry_after_s) for one in done if isinstance(one, LedgerBusy)} == {
            ("ledger.locked", 5.0)
        }
        assert await database.read(load_settings) == {}

    await database.run(put_setting, "k", "1", now=Millis(0))
    assert await database.read(load_settings) == {"k": "1"}
    await database.close()


async def test_opening_a_locked_database_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 50)
    path = tmp_path / "ledger.db"
    await (await open_sqlite(path)).close()

    with locked_by_another(path), pytest.raises(LedgerBusy) as caught:
        await open_sqlite(path)

    assert caught.value.code == "ledger.locked"
    await (await open_sqlite(path)).close()


async def test_folder_that_is_not_there_is_unwritable(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnwritable) as caught:
        await open_sqlite(tmp_path / "nowhere" / "ledger.db")

    assert caught.value.code == "ledger.unwritable"


async def test_folder_in_place_of_the_file_is_unwritable(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").mkdir()

    with pytest.raises(LedgerUnwritable):
        await open_sqlite(tmp_path / "ledger.db")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere; the read-only disk is root's case")
async def test_folder_without_permission_is_unwritable(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(LedgerUnwritable) as caught:
        await open_sqlite(tmp_path / "ledger.db")

    assert caught.value.code == "ledger.unwritable"


@pytest.mark.parametrize("is_there", [False, True])
async def test_read_only_disk_is_unwritable(tmp_path: Path, is_there: bool) -> None:
    with small_disk(tmp_path, "8m") as disk:
        if is_there:
            await (await open_sqlite(disk / "ledger.db")).close()
        remount_read_only(disk)

        with pytest.raises(LedgerUnwritable) as caught:
            await open_sqlite(disk / "ledger.db")

        assert caught.value.code == "ledger.unwritable"


async def test_every_file_of_the_ledger_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        database = await open_sqlite(tmp_path / "ledger.db")
        await database.run(put_setting, "k", "1", now=Millis(0))
        await database.read(load_settings)
    finally:
        os.umask(before)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    await database.close()
    assert modes == {"ledger.db": 0o600, "ledger.db-wal": 0o600, "ledger.db-shm": 0o600}


async def test_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    await (await open_sqlite(path)).close()
    path.chmod(0o644)

    await (await open_sqlite(path)).close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
