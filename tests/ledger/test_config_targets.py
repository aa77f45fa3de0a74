"""Targets, endpoints and bindings, in a real ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from posthouse.ledger import binding_changes, bindings, endpoints, events, sources, status, targets
from posthouse.ledger.base import Transaction
from posthouse.ledger.binding_changes import BindingChange, HasWaiting, NewBinding, Waiting
from posthouse.ledger.bindings import BindingState
from posthouse.ledger.endpoints import NewEndpoint
from posthouse.ledger.replays import dismiss
from posthouse.ledger.sqlite.database import SqliteDatabase, open_sqlite
from posthouse.model.bindings import BodyFormat, Filter, Policy, Shape
from posthouse.model.deliveries import Counts
from posthouse.model.errors import BadInput, Conflict, NotFound
from posthouse.model.events import Event
from posthouse.model.ids import (
    DEFAULT_PROJECT,
    BindingId,
    DeliveryId,
    EndpointId,
    EventId,
    Millis,
    TargetId,
)
from posthouse.model.targets import Target

NOW = Millis(1_767_225_600_000)
ALL = Filter()
SETTINGS = msgspec.Raw(b'{"url":"http://127.0.0.1:9/"}')


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    opened = await open_sqlite(tmp_path / "ledger.db")
    await opened.run(sources.ensure_sources, ("ingest", "posthouse"), NOW)
    yield opened
    await opened.close()


async def add_target(database: SqliteDatabase, name: str = "hook", *endpoint_names: str) -> Target:
    return await database.run(
        targets.add_target,
        kind="webhook",
        name=name,
        settings=SETTINGS,
        endpoints=[NewEndpoint(name=one) for one in endpoint_names or ("default",)],
        now=NOW,
    )


async def bind(database: SqliteDatabase, target: Target, *, wanted: Filter = ALL) -> bindings.BindingRow:
    source = await database.read(sources.get_source, "ingest")
    endpoint = await database.read(endpoints.choose_endpoint, target, None)
    new = NewBinding(source_id=source.id, endpoint_id=endpoint.id, filter=wanted)
    return await database.run(binding_changes.add_binding, new, now=NOW)


async def put_waiting(database: SqliteDatabase, row: bindings.BindingRow, count: int) -> None:
    """Let a binding have waiting deliveries, as intake makes them."""

    def write(tx: Transaction) -> None:
        number = tx.value("routing_number")
        for index in range(count):
            event = Event(
                id=EventId(f"e{row.binding.id}-{index}"),
                project_id=DEFAULT_PROJECT,
                source_id=row.binding.source_id,
                machine="here",
                type="t",
                at=NOW,
                recorded_at=Millis(NOW + index),
            )
            delivery = events.NewDelivery(
                id=DeliveryId(f"d{row.binding.id}-{index}"),
                binding_id=row.binding.id,
                endpoint_id=row.binding.endpoint_id,
                revision=1,
                available_at=NOW,
            )
            events.insert(tx, [events.NewEvent(event=event, deliveries=(delivery,), routing=number)])

    await database.run(write)


async def end_all(database: SqliteDatabase, row: bindings.BindingRow, count: int) -> None:
    """End a binding's deliveries as a person would, through the ledger's own dismissal."""
    await database.run(dismiss, [f"d{row.binding.id}-{index}" for index in range(count)], NOW)


async def test_target_is_added_with_its_endpoints_and_found_by_id_and_name(database: SqliteDatabase) -> None:
    target = await add_target(database, "hook", "a", "b")

    assert await database.read(targets.get_target, "hook") == target
    assert await database.read(targets.get_target, target.id) == target
    assert [one.name for one in await database.read(endpoints.list_endpoints, target.id)] == ["a", "b"]


async def test_target_name_is_taken_once(database: SqliteDatabase) -> None:
    await add_target(database, "hook")

    with pytest.raises(Conflict) as caught:
        await add_target(database, "hook")

    assert (caught.value.code, caught.value.field) == ("target.name_taken", "name")
    assert len(await database.read(targets.list_targets)) == 1


async def test_mistyped_target_is_answered_with_the_name_that_was_meant(database: SqliteDatabase) -> None:
    await add_target(database, "workshop")

    with pytest.raises(NotFound, match="Did you mean workshop"):
        await database.read(targets.get_target, "workshp")


async def test_edit_replaces_settings_and_keeps_endpoints_that_are_not_named(database: SqliteDatabase) -> None:
    target = await add_target(database, "hook", "a", "b")
    (a, b) = await database.read(endpoints.list_endpoints, target.id)

    edited = await database.run(
        targets.edit_target,
        target.id,
        name="renamed",
        settings=msgspec.Raw(b'{"url":"x"}'),
        endpoints=[NewEndpoint(name="b", settings=msgspec.Raw(b'{"n":1}')), NewEndpoint(name="c")],
        now=Millis(NOW + 1),
    )

    found = await database.read(endpoints.list_endpoints, target.id)
    assert (edited.name, bytes(edited.settings), edited.updated_at) == ("renamed", b'{"url":"x"}', NOW + 1)
    assert [(one.id, one.name) for one in found[:2]] == [(a.id, "a"), (b.id, "b")]
    assert bytes(found[1].settings) == b'{"n":1}'
    assert found[2].name == "c"


async def test_edit_may_keep_its_own_name_but_not_take_another_ones(database: SqliteDatabase) -> None:
    target = await add_target(database, "one")
    await add_target(database, "two")

    assert (await database.run(targets.edit_target, target.id, name="one", now=NOW)).name == "one"
    with pytest.raises(Conflict, match=r"target\.name_taken"):
        await database.run(targets.edit_target, target.id, name="two", now=NOW)


async def test_one_endpoint_needs_no_name_and_several_do(database: SqliteDatabase) -> None:
    lone = await add_target(database, "lone")
    several = await add_target(database, "several", "red", "blue")

    assert (await database.read(endpoints.choose_endpoint, lone, None)).name == "default"
    with pytest.raises(BadInput) as needed:
        await database.read(endpoints.choose_endpoint, several, None)
    with pytest.raises(NotFound) as missing:
        await database.read(endpoints.choose_endpoint, several, "bleu")
    blue = await database.read(endpoints.choose_endpoint, several, "blue")
    assert needed.value.code == "binding.endpoint_needed"
    assert missing.value.code == "endpoint.not_found"
    assert await database.read(endpoints.choose_endpoint, several, str(blue.id)) == blue
    assert await database.read(endpoints.get_endpoint, blue.id) == blue
    with pytest.raises(NotFound):
        await database.read(endpoints.get_endpoint, EndpointId(99))


async def test_binding_is_read_back_as_it_was_added(database: SqliteDatabase) -> None:
    target = await add_target(database)
    source = await database.read(sources.get_source, "ingest")
    endpoint = await database.read(endpoints.choose_endpoint, target, None)
    new = NewBinding(
        source_id=source.id,
        endpoint_id=endpoint.id,
        filter=Filter(types=("build.*",), origins=("ci",)),
        policy=Policy(retry_schedule_s=(1.5, 2), time_to_live_s=60.0, is_health_relevant=False, is_strict_order=True),
        shape=Shape(format=BodyFormat.RAW, headers={"x-team": "blue"}, properties={"title": False}),
    )

    row = await database.run(binding_changes.add_binding, new, now=NOW)

    found = row.binding
    assert (found.filter, found.policy, found.shape, found.revision) == (new.filter, new.policy, new.shape, 1)
    assert (row.source, row.target, row.endpoint, row.state) == ("ingest", "hook", "default", BindingState.ACTIVE)
    assert await database.read(bindings.get_binding, found.id) == row
    assert await database.read(bindings.list_bindings, source_id=source.id, target_id=target.id) == [row]
    assert await database.read(bindings.list_bindings, target_id=TargetId(99)) == []


async def test_second_binding_of_the_same_events_is_refused_and_one_of_others_is_not(database: SqliteDatabase) -> None:
    target = await add_target(database)
    await bind(database, target)

    with pytest.raises(Conflict) as caught:
        await bind(database, target)
    other = await bind(database, target, wanted=Filter(types=("a",)))
    with pytest.raises(Conflict, match=r"binding\.exists"):
        change = BindingChange(filter=Filter())
        await database.run(binding_changes.edit_binding, other.binding.id, change, now=NOW)

    assert caught.value.code == "binding.exists"


async def test_change_of_shape_makes_a_revision_and_the_old_one_can_be_read(database: SqliteDatabase) -> None:
    row = await bind(database, await add_target(database))
    raw = Shape(format=BodyFormat.RAW)

    changed = await database.run(binding_changes.edit_binding, row.binding.id, BindingChange(shape=raw), now=NOW)

    assert (changed.binding.revision, changed.binding.shape) == (2, raw)
    assert await database.read(bindings.shape_of, row.binding.id, 1) == Shape()
    assert await database.read(bindings.shape_of, row.binding.id, 2) == raw
    with pytest.raises(NotFound):
        await database.read(bindings.shape_of, row.binding.id, 3)


async def test_change_of_policy_keeps_the_revision(database: SqliteDatabase) -> None:
    row = await bind(database, await add_target(database))
    change = BindingChange(policy=Policy(time_to_live_s=5.0), shape=Shape())

    changed = await database.run(binding_changes.edit_binding, row.binding.id, change, now=NOW)

    assert (changed.binding.revision, changed.binding.policy.time_to_live_s) == (1, 5.0)


async def test_strict_order_puts_what_waits_in_line(database: SqliteDatabase) -> None:
    row = await bind(database, await add_target(database))
    await put_waiting(database, row, 3)
    change = BindingChange(policy=Policy(is_strict_order=True))

    await database.run(binding_changes.edit_binding, row.binding.id, change, now=NOW)

    due = await database.read(
        lambda tx: tx.value("claimable", endpoint_id=row.binding.endpoint_id, now=NOW + 1, limit=9)
    )
    assert len(msgspec.json.decode(due)) == 1


async def test_routes_hold_active_bindings_by_source_under_a_number_that_rises(database: SqliteDatabase) -> None:
    before = await database.read(bindings.routes)
    target = await add_target(database)
    row = await bind(database, target, wanted=Filter(types=("a.*",)))

    after = await database.read(bindings.routes)

    (route,) = after.by_source[row.binding.source_id]
    assert (route.binding_id, route.endpoint_id, route.target_id) == (
        row.binding.id,
        row.binding.endpoint_id,
        target.id,
    )
    assert route.filter == Filter(types=("a.*",))
    assert before.by_source == {}
    assert after.number > before.number


async def test_idle_binding_is_removed_at_once(database: SqliteDatabase) -> None:
    row = await bind(database, await add_target(database))

    removal = await database.run(binding_changes.remove_binding, row.binding.id, waiting=Waiting.REFUSE, now=NOW)

    assert removal.waiting == 0
    with pytest.raises(NotFound, match=r"binding\.not_found"):
        await database.read(bindings.get_binding, row.binding.id)


async def test_removal_is_refused_with_the_count_of_what_waits(database: SqliteDatabase) -> None:
    target = await add_target(database)
    row = await bind(database, target)
    await put_waiting(database, row, 2)

    with pytest.raises(HasWaiting) as of_binding:
        await database.run(binding_changes.remove_binding, row.binding.id, waiting=Waiting.REFUSE, now=NOW)
    with pytest.raises(HasWaiting) as of_target:
        await database.run(targets.remove_target, target.id, waiting=Waiting.REFUSE, now=NOW)

    assert (of_binding.value.code, of_binding.value.waiting) == ("binding.has_waiting", 2)
    assert (of_target.value.code, of_target.value.waiting) == ("target.has_waiting", 2)
    assert (await database.read(bindings.get_binding, row.binding.id)).state is BindingState.ACTIVE


async def test_binding_that_delivers_first_takes_nothing_new_and_goes_with_its_last_delivery(
    database: SqliteDatabase,
) -> None:
    row = await bind(database, await add_target(database))
    await put_waiting(database, row, 2)

    removal = await database.run(binding_changes.remove_binding, row.binding.id, waiting=Waiting.DELIVER, now=NOW)
    closing = await database.read(bindings.get_binding, row.binding.id)
    routes = await database.read(bindings.routes)
    with pytest.raises(Conflict, match=r"binding\.closing"):
        await database.run(binding_changes.edit_binding, row.binding.id, BindingChange(), now=NOW)
    await end_all(database, row, 2)
    await database.run(binding_changes.finish_closing, now=NOW)

    assert removal.waiting == 2
    assert closing.state is BindingState.CLOSING
    assert routes.by_source == {}
    with pytest.raises(NotFound):
        await database.read(bindings.get_binding, row.binding.id)


async def test_removed_target_frees_its_name_and_is_listed_until_nothing_waits(database: SqliteDatabase) -> None:
    target = await add_target(database, "hook")
    row = await bind(database, target)
    await put_waiting(database, row, 1)

    await database.run(targets.remove_target, target.id, waiting=Waiting.DELIVER, now=NOW)
    successor = await add_target(database, "hook")
    listed = await database.read(targets.list_targets)
    named = await database.read(targets.get_target, "hook")
    early = await database.read(targets.removed_targets)
    await end_all(database, row, 1)
    await database.run(binding_changes.finish_closing, now=NOW)

    assert [one.id for one in listed] == [target.id, successor.id]
    assert named.id == successor.id
    assert early == []
    assert [one.id for one in await database.read(targets.list_targets)] == [successor.id]
    assert [one.id for one in await database.read(targets.removed_targets)] == [target.id]


async def test_forgotten_target_keeps_no_settings_and_one_that_stays_cannot_be_forgotten(
    database: SqliteDatabase,
) -> None:
    gone, stays = await add_target(database, "gone"), await add_target(database, "stays")
    await database.run(targets.remove_target, gone.id, waiting=Waiting.REFUSE, now=NOW)

    await database.run(targets.forget_target, gone.id, now=NOW)
    await database.run(targets.forget_target, stays.id, now=NOW)

    assert await database.read(targets.removed_targets) == []
    assert bytes((await database.read(targets.get_target, "stays")).settings) == bytes(SETTINGS)


async def test_unknown_binding_is_not_found(database: SqliteDatabase) -> None:
    for call in (
        lambda tx: bindings.get_binding(tx, BindingId(9)),
        lambda tx: binding_changes.remove_binding(tx, BindingId(9), waiting=Waiting.DELIVER, now=NOW),
        lambda tx: binding_changes.edit_binding(tx, BindingId(9), BindingChange(), now=NOW),
    ):
        with pytest.raises(NotFound, match=r"binding\.not_found"):
            await database.run(call)


async def test_figures_count_each_delivery_once_under_its_reported_status(database: SqliteDatabase) -> None:
    calm, held = await add_target(database, "calm"), await add_target(database, "held")
    calm_row, held_row = await bind(database, calm), await bind(database, held)
    await put_waiting(database, calm_row, 2)
    await put_waiting(database, held_row, 3)
    await database.run(
        lambda tx: tx.change("save_target_health", target_id=held.id, health='{"state":"paused"}', is_paused=1)
    )
    await end_all(database, calm_row, 1)

    figures = await database.read(status.read_figures)

    assert figures.counts == Counts(pending=1, dismissed=1, target_paused=3)
    assert figures.counts.queued == 4
    assert {one.target.name: one.counts.target_paused for one in figures.targets} == {"calm": 0, "held": 3}
    (ingest,) = (one for one in figures.sources if one.source.name == "ingest")
    assert (ingest.events, ingest.last_event_at, ingest.bindings) == (5, NOW + 2, 2)
    assert figures.events == 5
    assert figures.ledger_bytes > 0
    assert await database.read(endpoints.queued_by_endpoint, held.id) == {held_row.binding.endpoint_id: 3}


async def test_figures_of_an_empty_ledger_are_zero(database: SqliteDatabase) -> None:
    figures = await database.read(status.read_figures)

    assert figures.counts == Counts()
    assert [(one.events, one.last_event_at) for one in figures.sources] == [(0, None), (0, None)]
