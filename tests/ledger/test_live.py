"""The live log in the ledger, and what is critical: owed to each client until it says that it has seen it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from posthouse.ledger.base import Topic, Transaction
from posthouse.ledger.live import live_extent, read_log, tell, trim_live_log
from posthouse.ledger.live_critical import (
    CLIENTS_MAX,
    DAY_MS,
    OWED_MAX,
    acknowledge,
    forget_clients,
    owed_to,
    register_client,
)
from posthouse.ledger.sqlite.database import SqliteDatabase, open_sqlite
from posthouse.model.errors import Busy
from posthouse.model.ids import Millis
from posthouse.model.live import ActivityMessage, ActivityMessageEvent, ErrorEvent, ErrorEventEvent

NOW = Millis(1_767_225_600_000)


@pytest.fixture
async def database(tmp_path: Path) -> Any:
    opened = await open_sqlite(tmp_path / "ledger.db")
    yield opened
    await opened.close()


def errors(tx: Transaction, count: int, now: Millis = NOW) -> None:
    for number in range(count):
        tell(tx, ErrorEventEvent(ErrorEvent(error_type="e", message=str(number), timestamp=now)), now)


def messages(tx: Transaction, count: int, now: Millis = NOW) -> None:
    for _ in range(count):
        tell(tx, ActivityMessageEvent(ActivityMessage(level="info", message="m", timestamp=now)), now)


def days(count: float) -> Millis:
    return Millis(NOW + round(count * DAY_MS))


async def owed(database: SqliteDatabase, client: str, now: Millis = NOW) -> list[int]:
    return [row.seq for row in (await database.run(owed_to, client, now)).rows]


async def test_entries_are_there_with_their_transaction_or_not_at_all(database: SqliteDatabase) -> None:
    def fail(tx: Transaction) -> None:
        errors(tx, 2)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await database.run(fail)
    await database.run(messages, 2)
    extent, rows = await database.read(read_log, 0, limit=10)

    assert [row.seq for row in rows] == [1, 2]
    assert extent == (1, 2)
    assert await owed(database, "c") == []


async def test_listeners_are_told_after_commits_that_wrote_entries_and_of_no_others(database: SqliteDatabase) -> None:
    told: list[Topic] = []
    end = database.listen(told.extend)
    await database.run(lambda _: None)
    await database.read(live_extent)
    before = list(told)
    await database.run(messages, 3)
    await database.run(lambda _: None)
    after = list(told)
    end()
    await database.run(messages, 1)
    await database.run(lambda _: None)

    assert (before, after, told) == ([], [Topic.LIVE], [Topic.LIVE])


async def test_the_log_is_cut_at_its_old_end_by_count_and_age(database: SqliteDatabase) -> None:
    await database.run(messages, 5, days(-9))
    await database.run(messages, 5, NOW)
    await database.run(messages, 5, days(-9))
    assert await database.run(trim_live_log, days(-7), 100)
    aged = await database.read(live_extent)
    assert await database.run(trim_live_log, days(-7), 4)
    counted = await database.read(live_extent)
    assert not await database.run(trim_live_log, days(1), 4, limit=2)
    assert await database.run(trim_live_log, days(1), 4)
    nothing = await database.read(live_extent)
    await database.run(messages, 1)

    assert (aged, counted, nothing) == ((6, 15), (12, 15), (16, 15))
    assert await database.read(live_extent) == (16, 16)


async def test_what_is_critical_is_owed_in_order_until_it_is_acknowledged(database: SqliteDatabase) -> None:
    await database.run(register_client, "here", NOW)
    await database.run(errors, 3)
    await database.run(messages, 1)
    await database.run(errors, 1)
    first = await owed(database, "here")
    left = await database.run(acknowledge, "here", [2, 4, 99], 0, NOW)
    again = await database.run(acknowledge, "here", [2], 0, NOW)
    second = await owed(database, "here")
    await database.run(acknowledge, "here", [1, 3, 5], 0, NOW)

    assert (first, second) == ([1, 2, 3, 5], [1, 3, 5])
    assert (left, again) == (3, 3)
    assert await owed(database, "here") == []
    assert await owed(database, "there") == [1, 2, 3, 5]
    assert await database.read(lambda tx: tx._execute("SELECT count(*) FROM live_acks").fetchall()) == [(0,)]  # type: ignore[attr-defined]


async def test_a_new_client_is_owed_what_is_younger_than_a_day(database: SqliteDatabase) -> None:
    await database.run(errors, 2, days(-1.1))
    await database.run(errors, 1, days(-0.9))

    assert await owed(database, "new") == [3]


async def test_above_a_thousand_one_notice_stands_for_all_and_is_acknowledged_as_one(database: SqliteDatabase) -> None:
    await database.run(register_client, "here", NOW)
    await database.run(errors, OWED_MAX)
    listed = await owed(database, "here")
    await database.run(errors, 1)
    notice = await database.run(owed_to, "here", NOW)
    await database.run(errors, 1)
    left = await database.run(acknowledge, "here", [], notice.last, NOW)

    assert len(listed) == OWED_MAX
    assert (notice.rows, notice.collapsed, notice.last) == ([], OWED_MAX + 1, OWED_MAX + 1)
    assert left == 1
    assert await owed(database, "here") == [OWED_MAX + 2]


async def test_a_client_is_forgotten_30_days_after_it_was_last_seen(database: SqliteDatabase) -> None:
    for client in ("stays", "goes"):
        await database.run(register_client, client, NOW)
    await database.run(errors, 1)
    await database.run(register_client, "stays", days(20))
    await database.run(forget_clients, days(31))

    assert await owed(database, "stays", days(31)) == [1]
    assert await owed(database, "goes", days(31)) == []


async def test_critical_entries_go_when_nobody_is_owed_them(database: SqliteDatabase) -> None:
    await database.run(register_client, "here", NOW)
    await database.run(errors, 3)
    await database.run(acknowledge, "here", [1], 0, NOW)
    await database.run(forget_clients, days(2))
    kept = await database.read(lambda tx: tx._execute("SELECT number FROM live_critical").fetchall())  # type: ignore[attr-defined]

    assert kept == [(2,), (3,)]
    assert await owed(database, "here", days(2)) == [2, 3]


async def test_no_more_than_a_thousand_clients_are_registered(database: SqliteDatabase) -> None:
    def register_all(tx: Transaction) -> None:
        for number in range(CLIENTS_MAX):
            register_client(tx, f"c{number}", NOW)

    await database.run(register_all)

    with pytest.raises(Busy, match="registered"):
        await database.run(register_client, "one-more", NOW)
    await database.run(register_client, "c7", NOW)


async def test_what_is_owed_survives_a_restart(database: SqliteDatabase, tmp_path: Path) -> None:
    await database.run(register_client, "here", NOW)
    await database.run(errors, 2)
    await database.run(acknowledge, "here", [1], 0, NOW)
    await database.close()
    again = await open_sqlite(tmp_path / "ledger.db")

    assert await owed(again, "here") == [2]
    await again.close()
