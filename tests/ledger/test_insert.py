"""Insert: each event once with its deliveries, whatever is repeated, merged or out of date."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from posthouse.ledger.base import Database
from posthouse.ledger.bindings import routes
from posthouse.ledger.deliveries import deliveries_of_event
from posthouse.ledger.events import get_event
from posthouse.ledger.leases import recover
from posthouse.ledger.retention import expire
from posthouse.ledger.sources import edit_source, get_source
from posthouse.model.deliveries import DeliveryStatus, OutcomeKind
from posthouse.model.errors import NotFound
from posthouse.model.events import Severity
from posthouse.model.ids import BindingId, Millis
from tests.ledger.engines import Engine
from tests.ledger.scene import OWNER, Scene

BODY = msgspec.Raw('{"text":"Küche \\u0000 😀","n":[1,2.50,null]}'.encode())


async def test_event_is_read_back_as_it_came(scene: Scene) -> None:
    item = await scene.draft(
        origin="o\x00'\"",
        subject="Küche\n😀",
        severity=Severity.WARNING,
        data=BODY,
        key="12",
        expires_at=Millis(scene.clock.now() + 5),
        supersede_key="s",
        correlation_key="c",
        audience=(BindingId(7), BindingId(8)),
        hops=3,
        at=Millis(5),
    )

    await scene.insert(item)

    assert await scene.database.read(get_event, item.event.id) == item.event


async def test_event_without_a_binding_is_kept_alone(scene: Scene, engine: Engine) -> None:
    [inserted] = await scene.insert(await scene.draft())

    assert (inserted.deliveries, inserted.is_duplicate, inserted.is_stale) == (0, False, False)
    assert engine.rows("SELECT count(*) FROM events") == [(1,)]
    assert engine.rows("SELECT count(*) FROM deliveries") == [(0,)]


async def test_every_binding_gets_one_pending_delivery(scene: Scene) -> None:
    await scene.wire("a")
    await scene.wire("b")
    item = await scene.draft()

    [inserted] = await scene.insert(item)

    found = await scene.database.read(deliveries_of_event, item.event.id)
    assert inserted.deliveries == 2
    assert [(one.id, one.status, one.generation, one.attempts) for one in found] == [
        (new.id, DeliveryStatus.PENDING, 1, 0) for new in item.deliveries
    ]


async def test_positions_rise_with_every_event_and_delivery(scene: Scene, engine: Engine) -> None:
    await scene.wire()

    await scene.insert(*[await scene.draft() for _ in range(3)])
    await scene.post(2)

    seqs = [seq for (seq,) in engine.rows("SELECT seq FROM events UNION ALL SELECT seq FROM deliveries ORDER BY seq")]
    assert len(set(seqs)) == 10
    assert engine.rows("SELECT count(*) FROM deliveries WHERE seq < event_seq") == [(0,)]


async def test_first_body_under_a_key_wins_within_a_call(scene: Scene, engine: Engine) -> None:
    await scene.wire()
    first, second = await scene.draft(key="k", data=msgspec.Raw(b"1")), await scene.draft(key="k", data=BODY)

    one, two = await scene.insert(first, second)

    assert (one.is_duplicate, two.is_duplicate, two.id, two.deliveries) == (False, True, first.event.id, 0)
    assert engine.rows("SELECT data FROM events") == [("1",)]
    assert engine.rows("SELECT count(*) FROM deliveries") == [(1,)]


async def test_first_body_under_a_key_wins_across_calls(scene: Scene, engine: Engine) -> None:
    first, second, third = [await scene.draft(key="k") for _ in range(3)]
    await scene.insert(first)

    answers = await scene.insert(second, third, await scene.draft())

    assert [one.id for one in answers[:2]] == [first.event.id] * 2
    assert [one.is_duplicate for one in answers] == [True, True, False]
    assert engine.rows("SELECT count(*) FROM events") == [(2,)]


async def test_first_body_under_a_key_wins_across_merged_calls(scene: Scene, engine: Engine) -> None:
    drafts = [await scene.draft(key=f"k{index % 5}") for index in range(50)]

    answers = await asyncio.gather(*(scene.insert(draft) for draft in drafts))

    winners = {draft.event.key: draft.event.id for draft in reversed(drafts)}
    assert [answer[0].id for answer in answers] == [winners[draft.event.key] for draft in drafts]
    assert engine.rows("SELECT count(*) FROM events") == [(5,)]


async def test_key_is_its_origins_own(scene: Scene) -> None:
    answers = await scene.insert(*[await scene.draft(key="k", origin=origin) for origin in ("", "a", "b", "A")])

    assert [one.is_duplicate for one in answers] == [False] * 4


async def test_plan_of_an_older_routing_writes_nothing(scene: Scene, engine: Engine) -> None:
    old = await scene.draft(key="k")
    await scene.wire()
    new = await scene.draft(key="k")

    stale, fresh = await scene.insert(old, new)

    assert (stale.is_stale, stale.deliveries) == (True, 0)
    assert (fresh.is_stale, fresh.is_duplicate, fresh.deliveries) == (False, False, 1)
    assert engine.rows("SELECT id FROM events") == [(new.event.id,)]


async def test_every_change_of_sources_and_bindings_is_a_new_routing(scene: Scene) -> None:
    source = await scene.database.read(get_source, "ingest")
    before = (await scene.database.read(routes)).number

    await scene.database.run(edit_source, source.id, properties={"a": True}, now=scene.clock.now())

    assert (await scene.database.read(routes)).number > before


async def test_delivery_with_a_lease_is_born_in_flight(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    item = await scene.draft(lease=scene.lease())

    [inserted] = await scene.insert(item)

    [claimed] = inserted.claimed
    assert (claimed.id, claimed.event, claimed.attempt) == (item.deliveries[0].id, item.event, 1)
    assert (await scene.claim(endpoint_id)).deliveries == []
    await scene.finish(claimed, OutcomeKind.DELIVERED)
    assert await scene.statuses([claimed.id]) == ["delivered"]


async def test_delivery_born_in_flight_is_recovered_like_any_other(scene: Scene) -> None:
    await scene.wire()
    [inserted] = await scene.insert(await scene.draft(lease=scene.lease("an earlier instance")))

    recovered = await scene.database.run(recover, OWNER, None, scene.clock.now(), 0.0, scene.author)

    assert recovered.count == 1
    assert await scene.statuses([inserted.claimed[0].id]) == ["failed"]


async def test_newer_event_supersedes_what_still_waits(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    [old, other] = [*await scene.post(supersede_key="a"), *await scene.post(supersede_key="b")]

    [new] = await scene.post(supersede_key="a")

    assert await scene.statuses([old, other, new]) == ["dismissed", "pending", "pending"]
    assert await scene.reasons([old]) == ["superseded"]
    assert [one.id for one in (await scene.claim(endpoint_id)).deliveries] == [other, new]


async def test_newer_event_leaves_alone_what_is_being_sent(scene: Scene) -> None:
    endpoint_id = await scene.wire()
    await scene.post(supersede_key="a")
    sending = await scene.claim_one(endpoint_id)

    await scene.post(supersede_key="a")

    assert await scene.statuses([sending.id]) == ["in_flight"]


@pytest.mark.parametrize("is_crashed", [False, True])
async def test_what_was_being_sent_is_not_tried_again_beside_a_newer_one(scene: Scene, is_crashed: bool) -> None:
    endpoint_id = await scene.wire()
    await scene.post(supersede_key="a")
    sending = await scene.claim_one(endpoint_id)
    other = await scene.post(supersede_key="b")
    [new] = await scene.post(supersede_key="a")

    if is_crashed:
        await scene.database.run(recover, "another instance", None, scene.clock.now(), 0.0, scene.author)
    else:
        await scene.finish(sending, OutcomeKind.TRANSIENT)
    scene.clock.advance(86_400)

    assert [one.id for one in (await scene.claim(endpoint_id)).deliveries] == [*other, new]
    await scene.database.run(expire, scene.clock.now())
    assert await scene.statuses([sending.id]) == ["expired"]


@pytest.mark.parametrize("is_strict_order", [False, True])
async def test_newest_of_a_call_supersedes_the_others(scene: Scene, is_strict_order: bool) -> None:
    endpoint_id = await scene.wire(is_strict_order=is_strict_order)
    waiting = await scene.post(supersede_key="a")
    drafts = [await scene.draft(supersede_key="a") for _ in range(3)]

    await scene.insert(*drafts)

    ids = [*waiting, *(draft.deliveries[0].id for draft in drafts)]
    assert await scene.statuses(ids) == ["dismissed", "dismissed", "dismissed", "pending"]
    assert [one.id for one in (await scene.claim(endpoint_id)).deliveries] == ids[3:]


async def test_unknown_event_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound) as caught:
        await database.read(get_event, "nothing")

    assert caught.value.code == "event.not_found"
