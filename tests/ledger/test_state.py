"""Source state: moves with the events it led to, or not at all."""

from __future__ import annotations

import pytest

from posthouse.ledger.base import Database
from posthouse.ledger.events import NewEvent
from posthouse.ledger.state import NewEmission, commit_emission, get_state, state_between
from posthouse.model.errors import LedgerError
from posthouse.model.ids import SourceId
from posthouse.model.sources import Scope, StateKey, StatePut
from tests.ledger.engines import Engine
from tests.ledger.scene import Scene

SOURCE = SourceId(1)


def emission(*events: NewEvent, machine: str = "here", **state: object) -> NewEmission:
    return NewEmission(source_id=SOURCE, machine=machine, events=events, **state)  # type: ignore[arg-type]


async def value_of(database: Database, key: str, scope: Scope = Scope.MACHINE, machine: str = "here") -> bytes | None:
    return await database.read(get_state, SOURCE, machine, key, scope)


async def test_state_is_written_with_its_events(scene: Scene, engine: Engine) -> None:
    draft = await scene.draft()

    [inserted] = await scene.database.run(
        commit_emission, emission(draft, state_puts=(StatePut("cursor", b"\x00\xff"),))
    )

    assert not inserted.is_stale
    assert await value_of(scene.database, "cursor") == b"\x00\xff"
    assert engine.rows("SELECT count(*) FROM events") == [(1,)]


async def test_stale_plan_moves_no_state(scene: Scene, engine: Engine) -> None:
    draft = await scene.draft()
    await scene.wire()

    [inserted] = await scene.database.run(commit_emission, emission(draft, state_puts=(StatePut("cursor", b"1"),)))

    assert inserted.is_stale
    assert await value_of(scene.database, "cursor") is None
    assert engine.rows("SELECT count(*) FROM events") == [(0,)]


async def test_plan_that_is_stale_in_part_writes_nothing_at_all(scene: Scene, engine: Engine) -> None:
    old = await scene.draft()
    await scene.wire()
    new = await scene.draft()

    inserted = await scene.database.run(commit_emission, emission(new, old, state_puts=(StatePut("cursor", b"1"),)))

    assert [one.is_stale for one in inserted] == [True, True]
    assert [one.id for one in inserted] == [new.event.id, old.event.id]
    assert engine.rows("SELECT count(*) FROM events") == [(0,)]


async def test_events_that_cannot_be_written_move_no_state(scene: Scene, engine: Engine) -> None:
    draft = await scene.draft()
    await scene.insert(draft)

    with pytest.raises(LedgerError):
        await scene.database.run(commit_emission, emission(draft, state_puts=(StatePut("cursor", b"1"),)))

    assert await value_of(scene.database, "cursor") is None
    assert engine.rows("SELECT count(*) FROM events") == [(1,)]


async def test_duplicates_still_move_the_state(scene: Scene) -> None:
    await scene.insert(await scene.draft(key="k"))

    [inserted] = await scene.database.run(
        commit_emission, emission(await scene.draft(key="k"), state_puts=(StatePut("cursor", b"1"),))
    )

    assert inserted.is_duplicate
    assert await value_of(scene.database, "cursor") == b"1"


async def test_state_is_a_machines_own_unless_it_is_the_installations(scene: Scene) -> None:
    puts = (StatePut("a", b"here"), StatePut("a", b"everywhere", Scope.INSTALLATION))
    await scene.database.run(commit_emission, emission(state_puts=puts))

    assert await value_of(scene.database, "a") == b"here"
    assert await value_of(scene.database, "a", machine="there") is None
    assert await value_of(scene.database, "a", Scope.INSTALLATION, "there") == b"everywhere"


async def test_state_is_replaced_forgotten_and_listed_by_prefix(scene: Scene) -> None:
    puts = tuple(StatePut(key, key.encode()) for key in ("log/b", "log/a", "log/", "log0", "lo", "log/\U0010fffe"))
    await scene.database.run(commit_emission, emission(state_puts=puts))
    await scene.database.run(
        commit_emission, emission(state_puts=(StatePut("log/a", b"new"),), state_deletes=(StateKey("log/b"),))
    )

    found = await scene.database.read(state_between, SOURCE, "here", "log/", "log/\U0010ffff", Scope.MACHINE)

    assert list(found.items()) == [("log/", b"log/"), ("log/a", b"new"), ("log/\U0010fffe", "log/\U0010fffe".encode())]


async def test_forgetting_and_putting_one_key_leaves_what_was_put(scene: Scene) -> None:
    await scene.database.run(
        commit_emission, emission(state_puts=(StatePut("a", b"1"),), state_deletes=(StateKey("a"),))
    )

    assert await value_of(scene.database, "a") == b"1"
