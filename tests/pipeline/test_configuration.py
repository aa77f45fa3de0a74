"""The settings in force: what is stored, what overrides it, and who is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from posthouse.ledger.settings import load_settings, put_setting
from posthouse.ledger.sqlite.database import SqliteDatabase, open_sqlite
from posthouse.model.errors import BadInput
from posthouse.pipeline.configuration import Configuration, load_configuration
from posthouse.settings import (
    DELIVERY_CONCURRENCY,
    INGEST_BODY_BYTES_MAX,
    INGEST_EVENT_BYTES_MAX,
    Origin,
    Settings,
)
from tests.clock import ManualClock

KEY = DELIVERY_CONCURRENCY.key


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    opened = await open_sqlite(tmp_path / "ledger.db")
    yield opened
    await opened.close()


async def _load(
    database: SqliteDatabase, clock: ManualClock, *, environ: dict[str, str] | None = None
) -> Configuration:
    return await load_configuration(database, clock, environ=environ or {}, flags={})


async def test_change_is_stored_in_force_and_told(database: SqliteDatabase, clock: ManualClock) -> None:
    configuration = await _load(database, clock)
    told: list[int] = []
    configuration.listen(lambda settings: told.append(settings[DELIVERY_CONCURRENCY]))

    await configuration.set(KEY, "4")
    await configuration.reset(KEY)

    assert told == [4, DELIVERY_CONCURRENCY.default]
    assert configuration.settings.origin(KEY) is Origin.DEFAULT
    assert await database.read(load_settings) == {}


async def test_change_outlives_the_daemon(database: SqliteDatabase, clock: ManualClock) -> None:
    await (await _load(database, clock)).set(KEY, "4")

    again = await _load(database, clock)

    assert again.settings[DELIVERY_CONCURRENCY] == 4
    assert again.settings.origin(KEY) is Origin.LEDGER


async def test_environment_overrides_what_is_stored(database: SqliteDatabase, clock: ManualClock) -> None:
    configuration = await _load(database, clock, environ={DELIVERY_CONCURRENCY.environment_name: "2"})

    await configuration.set(KEY, "4")

    assert configuration.settings[DELIVERY_CONCURRENCY] == 2
    assert configuration.settings.origin(KEY) is Origin.ENVIRONMENT
    assert await database.read(load_settings) == {KEY: "4"}


@pytest.mark.parametrize(
    ("key", "text", "code"),
    [
        (KEY, "0", "settings.invalid_value"),
        ("delivery.speed", "1", "settings.unknown_key"),
        (INGEST_EVENT_BYTES_MAX.key, "64 MiB", "settings.invalid"),
    ],
)
async def test_value_that_does_not_fit_changes_nothing_and_tells_nobody(
    database: SqliteDatabase, clock: ManualClock, key: str, text: str, code: str
) -> None:
    configuration = await _load(database, clock)
    told: list[Settings] = []
    configuration.listen(told.append)
    before = configuration.settings

    with pytest.raises(BadInput) as caught:
        await configuration.set(key, text)

    assert caught.value.code == code
    assert told == []
    assert configuration.settings is before
    assert await database.read(load_settings) == {}


async def test_reset_that_would_break_another_setting_is_refused(database: SqliteDatabase, clock: ManualClock) -> None:
    configuration = await _load(database, clock)
    await configuration.set(INGEST_BODY_BYTES_MAX.key, "32 MiB")
    await configuration.set(INGEST_EVENT_BYTES_MAX.key, "16 MiB")

    with pytest.raises(BadInput, match="may not be above"):
        await configuration.reset(INGEST_BODY_BYTES_MAX.key)

    assert configuration.settings[INGEST_BODY_BYTES_MAX] == 32 << 20


async def test_stored_settings_that_are_broken_are_told_all_at_once(
    database: SqliteDatabase, clock: ManualClock
) -> None:
    for key in (KEY, INGEST_EVENT_BYTES_MAX.key):
        await database.run(put_setting, key, '"nonsense"', now=clock.now())

    with pytest.raises(BadInput) as caught:
        await _load(database, clock)

    assert KEY in caught.value.message
    assert INGEST_EVENT_BYTES_MAX.key in caught.value.message
