"""Sources that a person adds and removes, in a real ledger: what is told stays, what was only remembered goes."""

from __future__ import annotations

import msgspec
import pytest

from posthouse.ledger import bindings, sources
from posthouse.ledger.base import Database, Transaction
from posthouse.ledger.binding_changes import HasWaiting, NewBinding, Waiting, add_binding, finish_closing
from posthouse.ledger.bindings import get_binding
from posthouse.ledger.directory import load_directory
from posthouse.ledger.events import EventQuery, NewDelivery, NewEvent, page_events
from posthouse.ledger.expectations import expect, silence_of
from posthouse.ledger.state import NewEmission, commit_emission, state_between
from posthouse.model.deliveries import OutcomeKind
from posthouse.model.errors import BadInput, Conflict, NotFound
from posthouse.model.expectations import Subject
from posthouse.model.ids import BindingId, DeliveryId, EndpointId, SourceId
from posthouse.model.sources import Scope, Source, StatePut
from posthouse.rules.routing import plan
from tests.ledger.scene import Scene


async def _add(scene: Scene, name: str = "notes", kind: str = "files") -> Source:
    return await scene.database.run(
        sources.add_source,
        kind=kind,
        name=name,
        settings=msgspec.Raw(b'{"paths":["/a"]}'),
        properties={"content": True},
        now=scene.clock.now(),
    )


async def _remove(scene: Scene, source_id: SourceId, waiting: Waiting = Waiting.REFUSE) -> int:
    removal = await scene.database.run(sources.remove_source, source_id, waiting=waiting, now=scene.clock.now())
    return removal.waiting


async def _remember(database: Database, source_id: SourceId, count: int) -> None:
    puts = tuple(
        StatePut(f"k{index:05}", b"v", Scope.MACHINE if index % 2 else Scope.INSTALLATION) for index in range(count)
    )
    emission = NewEmission(source_id=source_id, machine="here", events=(), state_puts=puts)
    await database.run(commit_emission, emission)


async def _remembered(database: Database, source_id: SourceId) -> int:
    found = 0
    for scope in Scope:
        found += len(await database.read(state_between, source_id, "here", "", "\U0010ffff", scope))
    return found


async def _wire(scene: Scene, source: Source) -> tuple[EndpointId, BindingId]:
    [endpoint_id] = await scene.add_target("hook")
    return endpoint_id, await scene.bind(endpoint_id, source=source.name)


async def _tell(scene: Scene, source: Source, count: int) -> None:
    """Events of a source, with the deliveries that the present routing plans for them."""
    routing, by_source = await scene.database.read(bindings.routes)
    for _ in range(count):
        event = msgspec.structs.replace((await scene.draft()).event, source_id=source.id)
        deliveries = tuple(
            NewDelivery(
                id=DeliveryId(scene.clock.uuid7()),
                binding_id=one.binding_id,
                endpoint_id=one.endpoint_id,
                revision=one.revision,
                available_at=one.available_at,
            )
            for one in plan(event, by_source[source.id], source_name="source", is_staggered=False)
        )
        await scene.insert(NewEvent(event=event, deliveries=deliveries, routing=routing))


async def test_source_is_added_off_with_its_settings_and_choices(scene: Scene) -> None:
    added = await _add(scene, "Ku\u0308che")

    assert (added.name, added.kind, added.is_enabled) == ("Küche", "files", False)
    assert (bytes(added.settings), added.properties) == (b'{"paths":["/a"]}', {"content": True})
    assert await scene.database.read(sources.get_source, "Küche") == added
    assert added in await scene.database.read(sources.list_sources)


@pytest.mark.parametrize("name", ["", "7", "a/b", "x" * 101, " a"])
async def test_name_that_is_none_is_refused(scene: Scene, name: str) -> None:
    with pytest.raises(BadInput, match=r"source\.name_invalid"):
        await _add(scene, name)


async def test_name_is_taken_once_also_by_one_that_is_there_from_the_start(scene: Scene) -> None:
    await _add(scene)

    for name in ("notes", "ingest"):
        with pytest.raises(Conflict, match=r"source\.exists"):
            await _add(scene, name)


async def test_removed_source_frees_its_name_and_is_found_only_where_that_is_asked_for(scene: Scene) -> None:
    first = await _add(scene)
    await scene.database.run(sources.enable_source, first.id, is_enabled=True, now=scene.clock.now())
    await _remove(scene, first.id)
    second = await _add(scene)

    gone = await scene.database.read(sources.get_source, first.id, even_removed=True)
    assert (gone.name, gone.is_enabled) == (f"notes (removed {first.id})", False)
    assert await scene.database.read(sources.get_source, "notes") == second
    assert first.id not in [one.id for one in await scene.database.read(sources.list_sources)]
    with pytest.raises(NotFound, match=r"source\.not_found"):
        await scene.database.read(sources.get_source, first.id)


async def test_removed_source_is_changed_by_nobody(scene: Scene) -> None:
    source = await _add(scene)
    await _remove(scene, source.id)
    now = scene.clock.now()

    with pytest.raises(NotFound):
        await scene.database.run(sources.enable_source, source.id, is_enabled=True, now=now)
    with pytest.raises(NotFound):
        await scene.database.run(sources.edit_source, source.id, properties={}, now=now)
    with pytest.raises(NotFound):
        await _remove(scene, source.id, Waiting.DELIVER)
    off = await scene.database.run(sources.enable_source, source.id, is_enabled=False, now=now)
    assert off.is_enabled is False


async def test_removed_name_that_is_taken_gets_a_mark(scene: Scene) -> None:
    source = await _add(scene)
    await _add(scene, f"notes (removed {source.id})")
    await _add(scene, f"notes (removed {source.id})'")

    await _remove(scene, source.id)

    gone = await scene.database.read(sources.get_source, source.id, even_removed=True)
    assert gone.name == f"notes (removed {source.id})''"


async def test_bound_source_stays_until_it_is_said_what_becomes_of_its_bindings(scene: Scene) -> None:
    source = await _add(scene)
    await _wire(scene, source)

    with pytest.raises(Conflict, match=r"source\.is_bound"):
        await _remove(scene, source.id)

    assert await scene.database.read(sources.get_source, "notes") == source
    assert await _remove(scene, source.id, Waiting.DELIVER) == 0


async def test_source_stays_in_the_directory_until_the_last_of_its_deliveries_has_ended(scene: Scene) -> None:
    source = await _add(scene)
    endpoint_id, binding_id = await _wire(scene, source)
    await _tell(scene, source, 2)

    with pytest.raises(HasWaiting, match=r"source\.has_waiting"):
        await _remove(scene, source.id)
    waiting = await _remove(scene, source.id, Waiting.DELIVER)
    closing = await scene.database.read(load_directory)
    await scene.try_all(endpoint_id, OutcomeKind.DELIVERED)
    await scene.database.run(finish_closing, now=scene.clock.now())
    ended = await scene.database.read(load_directory)

    name = f"notes (removed {source.id})"
    assert waiting == 2
    assert (closing.sources[source.id].name, closing.sources[source.id].properties) == (name, source.properties)
    assert source.id not in closing.routes
    assert source.id not in ended.sources
    with pytest.raises(NotFound, match=r"binding\.not_found"):
        await scene.database.read(get_binding, binding_id)
    page = await scene.database.read(page_events, EventQuery(source_id=source.id))
    assert {row.source for row in page.items} == {name}


async def test_source_with_more_bindings_than_a_page_is_removed_with_all_of_them(scene: Scene) -> None:
    source = await _add(scene)
    endpoints = await scene.add_target("hook", *(f"e{index}" for index in range(bindings.PAGE_MAX + 1)))

    def bind_all(tx: Transaction) -> None:
        for endpoint_id in endpoints:
            add_binding(tx, NewBinding(source_id=source.id, endpoint_id=endpoint_id), now=scene.clock.now())

    await scene.database.run(bind_all)
    assert len((await scene.database.read(load_directory)).routes[source.id]) == bindings.PAGE_MAX + 1

    await _remove(scene, source.id, Waiting.DELIVER)

    assert await scene.database.read(bindings.list_bindings) == []


async def test_state_and_settings_go_in_steps_and_those_of_others_stay(scene: Scene) -> None:
    source, other = await _add(scene), await _add(scene, "other")
    count = 2 * sources.FORGET_ROWS + 1
    await _remember(scene.database, source.id, count)
    await _remember(scene.database, other.id, 3)
    assert await scene.database.read(sources.removed_sources) == []
    await _remove(scene, source.id)
    assert await scene.database.read(sources.removed_sources) == [source.id]

    left = []
    while not await scene.database.run(sources.forget_source, source.id):
        left.append(await _remembered(scene.database, source.id))

    gone = await scene.database.read(sources.get_source, source.id, even_removed=True)
    assert left == [count - sources.FORGET_ROWS, 1]
    assert (await _remembered(scene.database, source.id), bytes(gone.settings)) == (0, b"{}")
    assert await scene.database.read(sources.removed_sources) == []
    assert await _remembered(scene.database, other.id) == 3


async def test_settings_of_a_source_that_stays_are_never_forgotten(scene: Scene) -> None:
    source = await _add(scene)

    await scene.database.run(sources.forget_source, source.id)

    assert await scene.database.read(sources.get_source, source.id) == source


async def test_nothing_is_expected_of_a_removed_source(scene: Scene) -> None:
    source = await _add(scene)
    await scene.database.run(expect, Subject.SOURCE, source.id, 3600.0, scene.clock.now())

    await _remove(scene, source.id)

    assert await scene.database.read(silence_of, Subject.SOURCE, source.id) is None
