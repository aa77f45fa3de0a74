"""Filters, words and bodies of one's own at work: what one event does not suit ends there, and holds up nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from posthouse.model.bindings import BodyFormat, Filter, Shape
from posthouse.model.events import EventDraft
from posthouse.model.targets import HealthState, Target
from posthouse.pipeline.intake import Posted
from tests.parts import Parts, bodies, raw
from tests.pipeline.kinds import ScriptedSnapshot
from tests.receiver import Receiver

BY_SECONDS = Filter(where="length(data.name) > `2`")
DOCUMENT = Shape(
    format=BodyFormat.TEMPLATE, body='{"text": "Hello {{ data.name }}", "n": {"all": "{{ sum(data.n) }}"}}'
)


async def post(parts: Parts, *datas: dict[str, Any]) -> list[Posted]:
    return [await parts.post_one(EventDraft(type="parcel.left", data=raw(data))) for data in datas]


async def test_only_what_the_expression_wants_is_sent(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, wanted=Filter(types=("parcel.*",), where="data.n > `1` && source == 'ingest'"))

    posted = await parts.post(4)
    await parts.until_status(posted[2:], "delivered")

    assert [one.deliveries for one in posted] == [0, 0, 1, 1]


async def test_an_event_that_the_filter_cannot_judge_is_given_up_with_the_place(
    parts: Parts, receiver: Receiver
) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, wanted=BY_SECONDS)

    good, odd, last = await post(parts, {"name": "ann"}, {"name": 7}, {"name": "bob"})
    await parts.until_status(odd, "dlq")
    await parts.until_status([good, last], "delivered")

    record = await parts.delivery_of(odd)
    assert (record.delivery.reason, record.attempts[0].code, record.attempts[0].method) == ("filter", "filter", None)
    assert record.attempts[0].detail.startswith("filter.where, character 1: length() cannot take this")
    assert len(receiver.requests) == 2


async def test_what_could_not_be_judged_is_sent_when_a_person_replays_it(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, wanted=BY_SECONDS)
    (odd,) = await post(parts, {"name": 7})
    await parts.until_status(odd, "dlq")

    await parts.dispatcher.replay([(await parts.delivery_of(odd)).delivery.id])
    await parts.until_status(odd, "delivered")

    assert bodies(receiver.requests)[0]["data"] == {"name": 7}


async def test_what_could_not_be_judged_stays_so_over_a_pause_and_an_edit(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    binding = await parts.bind("ingest", hook, wanted=BY_SECONDS)
    await parts.dispatcher.pause(hook.id)
    (odd,) = await post(parts, {"name": 7})

    await parts.edit_binding(binding, filter=Filter(where="data.name"))
    await parts.dispatcher.resume(hook.id)
    await parts.until_status(odd, "dlq")

    assert "has been changed since" in (await parts.delivery_of(odd)).attempts[0].detail
    assert receiver.requests == []


async def test_what_cannot_be_rendered_is_given_up_and_pauses_nothing(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, shape=DOCUMENT)

    odd = await post(parts, *({"name": "x", "n": number} for number in range(5)))
    await parts.until_status(odd, "dlq")
    (good,) = await post(parts, {"name": '"}', "n": [1, 2]})
    await parts.until_status(good, "delivered")

    (attempt,) = (await parts.delivery_of(odd[0])).attempts
    assert (attempt.code, attempt.body) == ("render", None)
    assert attempt.detail.startswith("shape.body#/n/all, character 4: At /n/all: {{ sum(data.n) }}: sum() cannot take")
    assert (await parts.health(hook)).endpoint.state is HealthState.OK
    assert json.loads(receiver.requests[0].body) == {"text": 'Hello "}', "n": {"all": "3"}}
    assert receiver.requests[0].headers["content-type"] == "application/json"


async def test_a_strict_order_goes_on_behind_what_cannot_be_rendered(parts: Parts, receiver: Receiver) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", hook, shape=Shape(select="{n: length(data.name)}"), is_strict_order=True)

    odd, good = await post(parts, {"name": 7}, {"name": "ann"})
    await parts.until_status(odd, "dlq")
    await parts.until_status(good, "delivered")

    assert [body["data"] for body in bodies(receiver.requests)] == [{"n": 3}]


@pytest.mark.parametrize(
    ("shape", "body"),
    [
        (Shape(format=BodyFormat.RAW, select="data.words", properties={"words": False}), None),
        (Shape(format=BodyFormat.TEMPLATE, body='"{{ data.words }}"', properties={"words": False}), ""),
    ],
)
async def test_what_an_owner_keeps_back_is_out_of_reach(
    parts: Parts, receiver: Receiver, hook: Target, shape: Shape, body: object
) -> None:
    await parts.bind("scripted", hook, shape=shape)

    await parts.collection.push(parts.source("scripted").id)
    await receiver.wait_for(1)

    assert bodies(receiver.requests) == [body]


async def test_a_snapshot_goes_to_those_whose_filter_is_true_of_it(
    parts: Parts, receiver: Receiver, hook: Target, kind: ScriptedSnapshot
) -> None:
    kind.value = 7
    await parts.bind("scripted", hook, wanted=Filter(where="data.value > `5` && source == 'scripted'"))
    await parts.bind("scripted", hook, wanted=Filter(where="data.value > `9`"))
    await parts.bind("scripted", hook, wanted=Filter(where="length(data.value) > `9`"))

    pushed = await parts.collection.push(parts.source("scripted").id)
    await parts.until_count(1, status="dlq")
    await parts.until_count(1, status="delivered")

    assert (pushed.events, pushed.deliveries) == (1, 2)
    assert len(receiver.requests) == 1
