"""Every engine in turn, an open ledger on it, and a scene that is checked for contradictions when its test ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from posthouse.ledger.base import Database
from tests.clock import ManualClock
from tests.ledger.engines import ENGINES, Engine
from tests.ledger.scene import Scene


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    return ENGINES[request.param](tmp_path)


@pytest.fixture
async def database(engine: Engine) -> AsyncIterator[Database]:
    opened = await engine.open()
    yield opened
    await opened.close()


@pytest.fixture
async def scene(engine: Engine, database: Database, clock: ManualClock) -> AsyncIterator[Scene]:
    made = Scene(database, clock)
    await made.set_up()
    yield made
    assert engine.faults() == []
