"""Notifications in the ledger: born withheld or held, told once, withdrawn and brought up to date in one commit."""

from __future__ import annotations

import asyncio
from datetime import time
from typing import Any

import msgspec
import pytest

from posthouse.ledger.binding_changes import BindingChange, edit_binding
from posthouse.ledger.bindings import get_binding
from posthouse.ledger.deliveries import DeliveryQuery, DeliveryRecord, count_deliveries, page_deliveries
from posthouse.ledger.directory import load_directory
from posthouse.ledger.events import NewEvent, insert
from posthouse.ledger.parcels import OPEN
from posthouse.ledger.replays import replay
from posthouse.ledger.retention import expire
from posthouse.model.agents import AgentEvent
from posthouse.model.bindings import NOTICE_RETRY_SCHEDULE_S, RETRY_SCHEDULE_S, Policy
from posthouse.model.deliveries import OutcomeKind
from posthouse.model.ids import DeliveryId, EndpointId
from posthouse.rules.notices import DEADLINE_S, KINDS, NoticePolicy, QuietHours
from posthouse.system.zones import load_zone
from tests.ledger.scene import Scene

ASKED, RESOLVED, COMPLETED = AgentEvent.PERMISSION_REQUIRED, AgentEvent.PERMISSION_RESOLVED, AgentEvent.TURN_COMPLETED
TELL = NoticePolicy(is_enabled=True, told=frozenset(KINDS), prompt_lifetime_s=172_800.0, turn_lifetime_s=172_800.0)
ALL_DAY = QuietHours(begin=time(0), end=time(23, 59), zone=load_zone("UTC"))
QUIET = msgspec.structs.replace(TELL, quiet=ALL_DAY)
DELIVERED, TRANSIENT = OutcomeKind.DELIVERED, OutcomeKind.TRANSIENT


async def told(
    scene: Scene, of: AgentEvent, prompt: str = "one", policy: NoticePolicy = TELL, **fields: Any
) -> NewEvent:
    """An event of an agent as intake would hand it over; turns are about no prompt."""
    key = None if of is COMPLETED else f"prompt:agent:{prompt}"
    return await scene.draft(type=of.value, correlation_key=key, notices=policy, **fields)


async def tell(scene: Scene, *args: Any, **fields: Any) -> DeliveryId:
    """Insert one; its one delivery."""
    item = await told(scene, *args, **fields)
    await scene.insert(item)
    [new] = item.deliveries
    return new.id


async def fate(scene: Scene, *ids: DeliveryId) -> list[tuple[str, str | None]]:
    """Status and reason of deliveries."""
    records: list[DeliveryRecord] = [await scene.look(one) for one in ids]
    return [(one.delivery.status.value, one.delivery.reason) for one in records]


@pytest.fixture
async def phone(scene: Scene) -> EndpointId:
    """A receiver of notifications."""
    return await scene.wire("phone", is_notification=True)


async def test_what_is_withheld_has_ended_as_it_is_born(scene: Scene, phone: EndpointId) -> None:
    off = await tell(scene, COMPLETED, policy=NoticePolicy())

    record = (await scene.look(off)).delivery
    assert (record.status, record.reason, record.ended_at) == ("withheld", "notifications_off", scene.clock.now())
    assert (await scene.claim(phone)).deliveries == []
    page = await scene.database.read(page_deliveries, DeliveryQuery(status="withheld"))
    assert [one.id for one in page.items] == [off]
    assert (await scene.database.read(count_deliveries, DeliveryQuery(status="withheld"))).count == 1


async def test_what_is_held_goes_together_when_its_time_has_come(scene: Scene, phone: EndpointId) -> None:
    held = [await tell(scene, COMPLETED, policy=QUIET) for _ in range(3)]
    urgent = await tell(scene, COMPLETED)

    assert await fate(scene, *held) == [("pending", "quiet_hours")] * 3
    assert [one.id for one in (await scene.claim(phone)).deliveries] == [urgent]
    scene.clock.advance(86_400)
    [parcel] = (await scene.claim(phone)).parcels
    assert [one.id for one in parcel.deliveries] == held
    assert str(parcel.id) not in held


async def test_a_message_tells_of_a_hundred_at_most(scene: Scene, phone: EndpointId) -> None:
    await scene.insert(*[await told(scene, COMPLETED, policy=QUIET) for _ in range(101)])
    assert (await scene.claim(phone)).deliveries == []
    scene.clock.advance(86_400)

    assert [len(parcel.deliveries) for parcel in (await scene.claim(phone)).parcels] == [100, 1]


@pytest.mark.parametrize("is_one_call", [True, False])
async def test_a_prompt_is_told_once_within_the_window(scene: Scene, phone: EndpointId, is_one_call: bool) -> None:
    items = [await told(scene, ASKED, prompt) for prompt in ("one", "one", "two", "one")]
    if is_one_call:
        await scene.insert(*items)
    else:
        await asyncio.gather(*[scene.insert(item) for item in items])
    scene.clock.advance(6)
    again = await tell(scene, ASKED)

    pending, merged = ("pending", None), ("withheld", "merged")
    ids = [item.deliveries[0].id for item in items]
    assert await fate(scene, *ids, again) == [pending, merged, pending, merged, pending]


async def test_turns_are_never_merged(scene: Scene, phone: EndpointId) -> None:
    turns = [await tell(scene, COMPLETED) for _ in range(3)]

    assert await fate(scene, *turns) == [("pending", None)] * 3


async def test_each_receiver_is_told_by_itself(scene: Scene, phone: EndpointId) -> None:
    await tell(scene, ASKED)
    desk = await scene.wire("desk", is_notification=True)

    item = await told(scene, ASKED)
    await scene.insert(item)

    by_endpoint = {new.endpoint_id: new.id for new in item.deliveries}
    assert await fate(scene, by_endpoint[phone], by_endpoint[desk]) == [("withheld", "merged"), ("pending", None)]


async def test_one_that_was_withheld_merges_no_other(scene: Scene, phone: EndpointId) -> None:
    await tell(scene, ASKED, policy=NoticePolicy())

    assert await fate(scene, await tell(scene, ASKED)) == [("pending", None)]


@pytest.mark.parametrize("is_one_call", [True, False])
async def test_a_prompt_that_is_answered_before_it_is_sent_is_not_sent(
    scene: Scene, phone: EndpointId, is_one_call: bool
) -> None:
    asked, answered = await told(scene, ASKED), await told(scene, RESOLVED, can_update=True)
    if is_one_call:
        await scene.insert(asked, answered)
    else:
        await scene.insert(asked)
        await scene.insert(answered)

    ids = [item.deliveries[0].id for item in (asked, answered)]
    assert await fate(scene, *ids) == [("withheld", "resolved"), ("withheld", "nothing_to_update")]
    assert (await scene.look(ids[0])).delivery.ended_at == scene.clock.now()
    assert (await scene.claim(phone)).deliveries == []
    assert await fate(scene, await tell(scene, ASKED)) == [("pending", None)]


async def test_a_prompt_that_waits_in_a_digest_is_taken_out_of_it(scene: Scene, phone: EndpointId) -> None:
    asked = await tell(scene, ASKED, policy=QUIET)
    turns = [await tell(scene, COMPLETED, policy=QUIET) for _ in range(2)]
    await tell(scene, RESOLVED, policy=QUIET, can_update=True)
    scene.clock.advance(86_400)

    assert [one.id for one in (await scene.claim(phone)).deliveries] == turns
    assert await fate(scene, asked) == [("withheld", "resolved")]


@pytest.mark.parametrize(
    ("can_update", "expected"), [(True, ("pending", None)), (False, ("withheld", "nothing_to_update"))]
)
async def test_what_was_sent_is_brought_up_to_date_where_the_target_can(
    scene: Scene, phone: EndpointId, can_update: bool, expected: tuple[str, str | None]
) -> None:
    await tell(scene, ASKED)
    await scene.try_one(phone, DELIVERED)

    assert await fate(scene, await tell(scene, RESOLVED, can_update=can_update)) == [expected]


async def test_what_was_sent_with_others_cannot_be_replaced(scene: Scene, phone: EndpointId) -> None:
    await tell(scene, ASKED, policy=QUIET)
    await tell(scene, ASKED, "two", policy=QUIET)
    scene.clock.advance(86_400)
    await scene.try_all(phone)

    assert await fate(scene, await tell(scene, RESOLVED, can_update=True)) == [("withheld", "nothing_to_update")]


async def test_an_answer_while_the_question_is_being_sent_comes_behind_it(scene: Scene, phone: EndpointId) -> None:
    asked = await tell(scene, ASKED)
    claimed = await scene.claim_one(phone)

    answered = await tell(scene, RESOLVED, can_update=True)
    await scene.finish(claimed, TRANSIENT)
    await scene.database.run(expire, scene.clock.now())

    assert await fate(scene, asked, answered) == [("expired", "time_limit"), ("pending", None)]
    assert (await scene.claim(phone)).deliveries == []
    scene.clock.advance(DEADLINE_S)
    assert [one.id for one in (await scene.claim(phone)).deliveries] == [answered]


async def test_a_question_that_may_have_arrived_is_answered_and_not_asked_again(
    scene: Scene, phone: EndpointId
) -> None:
    asked = await tell(scene, ASKED)
    await scene.try_one(phone, TRANSIENT, is_maybe_sent=True)

    answered = await tell(scene, RESOLVED, can_update=True)

    assert await fate(scene, asked, answered) == [("withheld", "resolved"), ("pending", None)]


async def test_a_strict_line_goes_on_when_its_head_is_withdrawn(scene: Scene) -> None:
    phone = await scene.wire("phone", is_notification=True, is_strict_order=True)
    await tell(scene, ASKED)
    behind = await tell(scene, COMPLETED)
    await tell(scene, COMPLETED, policy=NoticePolicy())
    await tell(scene, RESOLVED, can_update=True)
    last = await tell(scene, COMPLETED)

    assert [await scene.try_one(phone, DELIVERED) for _ in range(2)] == [behind, last]


async def test_the_same_call_again_writes_nothing_twice(scene: Scene, phone: EndpointId) -> None:
    asked = await told(scene, ASKED, key="asked")
    await scene.insert(asked)
    answered = await told(scene, RESOLVED, key="answered")

    first, again = await scene.insert(asked, answered), await scene.insert(asked, answered)

    assert [one.is_duplicate for one in (*first, *again)] == [True, False, True, True]
    page = await scene.database.read(page_deliveries, DeliveryQuery(limit=50))
    assert [one.reason for one in page.items] == ["nothing_to_update", "resolved"]


async def test_what_was_undone_has_withdrawn_nothing(scene: Scene, phone: EndpointId) -> None:
    asked, answered = await tell(scene, ASKED), await told(scene, RESOLVED)

    def fail(tx: Any) -> None:
        insert(tx, [answered])
        raise ValueError("later")

    with pytest.raises(ValueError, match="later"):
        await scene.database.run(fail)

    assert await fate(scene, asked) == [("pending", None)]


async def test_what_a_person_sends_again_is_withdrawn_by_the_answer_too(scene: Scene, phone: EndpointId) -> None:
    asked = await tell(scene, ASKED)
    await scene.try_one(phone, DELIVERED)
    await scene.database.run(replay, [asked], scene.clock.now(), scene.clock.uuid7)
    answered = await tell(scene, RESOLVED, can_update=True)

    page = await scene.database.read(page_deliveries, DeliveryQuery(limit=50))
    assert [(one.generation, one.status.value, one.reason) for one in page.items] == [
        (1, "pending", None),
        (2, "withheld", "resolved"),
        (1, "delivered", None),
    ]
    assert page.items[0].id == answered


async def test_what_others_wait_for_is_let_go_when_the_binding_notifies_no_more(
    scene: Scene, phone: EndpointId
) -> None:
    held = [await tell(scene, COMPLETED, policy=QUIET) for _ in range(2)]
    [binding_id] = (await scene.database.read(load_directory)).notifying
    before = (await scene.database.read(get_binding, binding_id)).binding.policy
    change = BindingChange(policy=msgspec.structs.replace(before, is_notification=False))

    await scene.database.run(edit_binding, binding_id, change, now=scene.clock.now())

    after = (await scene.database.read(get_binding, binding_id)).binding.policy
    assert (before.retry_schedule_s, after.retry_schedule_s) == (NOTICE_RETRY_SCHEDULE_S, RETRY_SCHEDULE_S)
    assert (await scene.database.read(load_directory)).notifying == frozenset()
    claim = await scene.claim(phone)
    assert [[one.id for one in parcel.deliveries] for parcel in claim.parcels] == [[one] for one in held]


async def test_bindings_that_do_not_notify_are_asked_nothing(scene: Scene) -> None:
    plain = await scene.wire("hook")

    items = [await told(scene, of, policy=NoticePolicy()) for of in (ASKED, ASKED, RESOLVED, AgentEvent.ENDED)]
    await scene.insert(*items)

    assert len((await scene.claim(plain)).deliveries) == 4
    assert Policy().is_notification is False
    assert OPEN == ""
