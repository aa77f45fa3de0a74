"""Endpoints as they come, change and go, in a real ledger."""

from __future__ import annotations

import msgspec
import pytest

from posthouse.ledger.base import Transaction
from posthouse.ledger.binding_changes import NewBinding, Waiting, add_binding, remove_binding
from posthouse.ledger.endpoint_changes import Refreshed, add_endpoint, refresh_endpoints, remove_endpoint
from posthouse.ledger.endpoints import NewEndpoint, choose_endpoint, list_endpoints
from posthouse.ledger.health import load_health
from posthouse.ledger.live import newest_entries
from posthouse.ledger.targets import get_target
from posthouse.model.deliveries import OutcomeKind
from posthouse.model.errors import BadInput, Conflict
from posthouse.model.ids import EndpointId, Millis
from posthouse.model.targets import Endpoint, Target
from posthouse.rules.endpoints import ENDPOINTS_MAX, Offered
from posthouse.rules.health import PausedByHand
from tests.ledger.scene import Scene


async def target_of(scene: Scene, name: str = "sheet") -> Target:
    return await scene.database.read(get_target, name)


async def refresh(scene: Scene, *pairs: tuple[str, str]) -> Refreshed:
    offers = [Offered(name=name, identity=identity) for name, identity in pairs]
    return await scene.database.run(refresh_endpoints, (await target_of(scene)).id, offers, now=scene.clock.now())


async def endpoints_of(scene: Scene) -> list[Endpoint]:
    return await scene.database.read(list_endpoints, (await target_of(scene)).id)


async def shown(scene: Scene) -> list[tuple[str, bool]]:
    return [(one.name, one.gone_at is not None) for one in await endpoints_of(scene)]


async def add(scene: Scene, name: str) -> Endpoint:
    new = NewEndpoint(name=name, settings=msgspec.Raw(b'{"board":"7"}'))
    return await scene.database.run(add_endpoint, (await target_of(scene)).id, new, now=scene.clock.now())


async def remove(scene: Scene, reference: str) -> Endpoint:
    return await scene.database.run(remove_endpoint, await target_of(scene), reference, now=scene.clock.now())


async def told(scene: Scene) -> int:
    rows = await scene.database.read(newest_entries, ["settings_update"], limit=500)
    return len(rows)


async def test_new_ones_are_added_and_renamed_ones_keep_their_id_and_bindings(scene: Scene) -> None:
    await scene.add_target("sheet", "Leads")
    await refresh(scene, ("Leads", "7"))
    [before] = await endpoints_of(scene)
    await scene.bind(before.id)

    done = await refresh(scene, ("Customers", "7"), ("Bills", "8"))

    first, second = await endpoints_of(scene)
    assert (done.added, done.gone, done.missed) == (("Bills",), (), ())
    assert (first.id, first.name, second.name) == (before.id, "Customers", "Bills")


async def test_two_that_swapped_their_names_keep_their_ids(scene: Scene) -> None:
    await scene.add_target("sheet", "x")
    await refresh(scene, ("A", "7"), ("B", "8"))
    before = {one.name: one.id for one in await endpoints_of(scene)}

    await refresh(scene, ("B", "7"), ("A", "8"))

    after = {one.name: one.id for one in await endpoints_of(scene)}
    assert (after["A"], after["B"]) == (before["B"], before["A"])


async def test_vanished_one_is_gone_unless_it_is_bound_and_comes_back_when_it_is_offered(scene: Scene) -> None:
    await scene.add_target("sheet", "idle", "busy")
    busy = (await endpoints_of(scene))[1]
    await scene.bind(busy.id)

    done = await refresh(scene)
    gone = await shown(scene)
    chosen = await scene.database.read(choose_endpoint, await target_of(scene), None)
    await refresh(scene, ("idle", ""), ("busy", ""))

    assert (done.gone, done.missed) == (("idle",), ("busy",))
    assert gone == [("idle", True), ("busy", False)]
    assert chosen.id == busy.id
    assert await shown(scene) == [("idle", False), ("busy", False)]


async def test_asking_again_without_news_tells_nobody(scene: Scene) -> None:
    await scene.add_target("sheet", "x")
    await refresh(scene, ("A", "7"))
    before = await told(scene)

    again = await refresh(scene, ("A", "7"))
    same = await told(scene)
    await refresh(scene, ("B", "7"))

    assert again == Refreshed(added=(), gone=(), missed=())
    assert (same, await told(scene)) == (before, before + 1)


async def test_what_a_person_named_survives_a_refresh_and_can_be_removed_and_named_again(scene: Scene) -> None:
    await scene.add_target("sheet", "offered")
    mine = await add(scene, "mine")

    await refresh(scene, ("offered", ""))
    kept = await shown(scene)
    removed = await remove(scene, "mine")
    without = await shown(scene)
    again = await add(scene, "mine")

    assert kept == [("offered", False), ("mine", False)]
    assert without == [("offered", False)]
    assert (removed.id, again.id, again.is_entered) == (mine.id, mine.id, True)


async def test_removed_one_that_was_paused_comes_back_well(scene: Scene) -> None:
    await scene.add_target("sheet", "offered")
    mine = await add(scene, "mine")
    await scene.signal_endpoint(mine.id, PausedByHand())

    await remove(scene, "mine")
    await add(scene, "mine")

    assert not (await scene.database.read(load_health, mine.id)).is_paused


async def test_bound_endpoint_is_not_removed_before_its_last_delivery_has_ended(scene: Scene) -> None:
    await scene.add_target("sheet", "offered")
    mine = await add(scene, "mine")
    binding_id = await scene.bind(mine.id)
    [delivery_id] = await scene.post()

    with pytest.raises(Conflict, match=r"endpoint\.bound"):
        await remove(scene, "mine")
    await scene.database.run(remove_binding, binding_id, waiting=Waiting.DELIVER, now=scene.clock.now())
    with pytest.raises(Conflict, match=r"endpoint\.bound"):
        await remove(scene, str(mine.id))
    await scene.try_one(mine.id, OutcomeKind.DELIVERED)
    await remove(scene, "mine")

    assert (await scene.look(delivery_id)).delivery.status == "delivered"


async def test_what_the_target_offers_cannot_be_removed_until_it_is_gone(scene: Scene) -> None:
    await scene.add_target("sheet", "offered", "other")

    with pytest.raises(Conflict, match=r"endpoint\.offered"):
        await remove(scene, "offered")
    await refresh(scene, ("other", ""))
    await remove(scene, "offered")

    assert await shown(scene) == [("other", False)]


@pytest.mark.parametrize("name", ["", " a", "a/b", "12", "a\nb", "x" * 101, "\u202e"])
async def test_name_that_is_none_is_refused(scene: Scene, name: str) -> None:
    await scene.add_target("sheet", "x")

    with pytest.raises(BadInput, match=r"endpoint\.name_invalid"):
        await add(scene, name)

    assert await shown(scene) == [("x", False)]


async def test_name_is_taken_once_and_their_number_is_bounded(scene: Scene) -> None:
    await scene.add_target("sheet", "x")

    with pytest.raises(Conflict, match=r"endpoint\.name_taken"):
        await add(scene, "x")
    await refresh(scene, *((f"n{number}", "") for number in range(ENDPOINTS_MAX + 5)))
    with pytest.raises(Conflict, match=r"endpoint\.too_many"):
        await add(scene, "one more")


async def test_endpoint_called_like_a_number_is_found_by_its_name_before_an_id(scene: Scene) -> None:
    await scene.add_target("sheet", "x")
    [first] = await endpoints_of(scene)
    await refresh(scene, ("x", ""), (str(first.id), ""))
    target = await target_of(scene)

    found = await scene.database.read(choose_endpoint, target, str(first.id))

    assert (found.name, found.id != first.id) == (str(first.id), True)


async def test_binding_that_is_made_while_the_target_is_asked_keeps_its_endpoint(scene: Scene) -> None:
    """The verdict over what is bound falls in the transaction that writes it."""
    await scene.add_target("sheet", "x")
    [endpoint] = await endpoints_of(scene)
    target = await target_of(scene)

    def bind_and_refresh(tx: Transaction) -> Refreshed:
        add_binding(tx, NewBinding(source_id=1, endpoint_id=EndpointId(endpoint.id)), now=Millis(1))  # type: ignore[arg-type]
        return refresh_endpoints(tx, target.id, [], now=Millis(2))

    assert (await scene.database.run(bind_and_refresh)).missed == ("x",)
