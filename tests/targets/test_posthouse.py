"""Passing events on to another Posthouse: what it refuses holds up nothing else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from posthouse.http.event_forms import Form, Limits, parse_events
from posthouse.model.deliveries import Outcome, OutcomeKind
from posthouse.model.errors import BadInput, TooLarge
from posthouse.model.events import Event
from posthouse.targets.base import target_kind
from posthouse.targets.posthouse import REQUESTS_MAX
from tests.receiver import Received, Receiver, Reply
from tests.targets.cases import TOKEN, House, make_event, make_parcel, set_up


class Other:
    """The other Posthouse's intake, as its own parser judges, with what its ledger then has."""

    def __init__(self) -> None:
        self.items_max = 1_000
        self.refused = frozenset[str]()
        self.taken: dict[tuple[str, str | None], int] = {}

    def answer(self, received: Received) -> Reply:
        try:
            drafts = parse_events(
                Form.NDJSON, received.body, Limits(event_bytes_max=1_000_000, items_max=self.items_max)
            )
            for index, draft in enumerate(drafts):
                if draft.subject in self.refused:
                    raise BadInput("event.data_invalid", "This one is odd.", index=index)
        except TooLarge as error:
            return _problem(413, {"code": error.code, "detail": error.message})
        except BadInput as error:
            return _problem(
                400, {"code": error.code, "detail": error.message, "line": error.line, "index": error.index}
            )
        for draft in drafts:
            identity = (draft.origin, draft.key)
            self.taken[identity] = self.taken.get(identity, 0) + 1
        events = [{"id": draft.key, "deliveries": 0, "duplicate": False} for draft in drafts]
        return Reply(status=202, body=json.dumps({"events": events}, separators=(",", ":")).encode())


def _problem(status: int, body: dict[str, Any]) -> Reply:
    return Reply(status=status, headers={"content-type": "application/problem+json"}, body=json.dumps(body).encode())


@pytest.fixture
def other() -> Other:
    return Other()


@pytest.fixture
async def receiver(other: Other) -> AsyncIterator[Receiver]:
    async with Receiver() as running:
        running.default = other.answer
        yield running


@pytest.fixture
async def house(receiver: Receiver, home: Path) -> AsyncIterator[House]:
    made = await set_up("posthouse", {"url": f"http://127.0.0.1:{receiver.port}/", "token": TOKEN}, home)
    yield made
    await made.outbound.close()


def several(count: int) -> list[Event]:
    return [make_event(id=f"019b7652-4c00-7000-8000-{n:012d}", subject=f"number {n}") for n in range(count)]


async def deliver(house: House, *events: Event) -> tuple[Outcome, ...]:
    return (await house.kind.deliver(house.context(), make_parcel(*events))).outcomes


async def test_events_arrive_under_their_own_identity_and_one_pass_older(house: House, receiver: Receiver) -> None:
    (outcome,) = await deliver(house, make_event(hops=1, correlation_key="turn-7"))

    (draft,) = parse_events(Form.NDJSON, receiver.requests[0].body, Limits(event_bytes_max=10_000, items_max=10))
    assert outcome.kind is OutcomeKind.DELIVERED
    assert (draft.origin, draft.key) == ("/posthouse/desk/claude-sessions", make_event().id)
    assert (draft.type, draft.severity, draft.correlation_key) == ("agent.turn-completed", "success", "turn-7")
    assert (draft.at, draft.hops, bytes(draft.data)) == (make_event().at, 2, b'{"turns": 3}')


async def test_what_came_from_elsewhere_keeps_the_identity_that_it_came_with(house: House, other: Other) -> None:
    await deliver(house, make_event(origin="/posthouse/laptop/ingest", key="first-id", hops=1))

    assert other.taken.keys() == {("/posthouse/laptop/ingest", "first-id")}


async def test_news_about_a_target_are_about_none_of_the_other_sides(house: House, receiver: Receiver) -> None:
    await deliver(house, make_event(correlation_key="target:7"))

    assert json.loads(receiver.requests[0].body)["correlationkey"] == "desk/target:7"


async def test_one_that_is_refused_does_not_hold_up_the_others(house: House, other: Other, receiver: Receiver) -> None:
    other.refused = frozenset({"number 2", "number 5"})

    outcomes = await deliver(house, *several(8))

    assert [n for n, one in enumerate(outcomes) if one.kind is OutcomeKind.REJECTED] == [2, 5]
    assert [n for n, one in enumerate(outcomes) if one.kind is OutcomeKind.DELIVERED] == [0, 1, 3, 4, 6, 7]
    assert "This one is odd. (event.data_invalid)" in outcomes[2].detail
    assert set(other.taken.values()) == {1}
    assert len(receiver.requests) == 3


async def test_too_many_refusals_leave_the_rest_for_the_next_attempt(house: House, other: Other) -> None:
    events = several(REQUESTS_MAX + 5)
    other.refused = frozenset(str(event.subject) for event in events)

    outcomes = await deliver(house, *events)

    assert [one.kind.value for one in outcomes] == ["rejected"] * REQUESTS_MAX + ["transient"] * 5


async def test_what_is_too_much_for_one_request_goes_in_halves(house: House, other: Other) -> None:
    other.items_max = 3

    outcomes = await deliver(house, *several(10))

    assert {one.kind for one in outcomes} == {OutcomeKind.DELIVERED}
    assert len(other.taken) == 10


async def test_a_failure_in_the_middle_leaves_the_rest_unsent(house: House, other: Other, receiver: Receiver) -> None:
    other.items_max = 2
    first = several(4)

    def fail_second(received: Received) -> Reply:
        return (
            Reply(status=500)
            if b"number 2" in received.body and received.body.count(b"\n") == 1
            else other.answer(received)
        )

    receiver.default = fail_second
    outcomes = await deliver(house, *first)

    assert [one.kind.value for one in outcomes] == ["delivered", "delivered", "transient", "transient"]


async def test_back_pressure_is_respected_and_blames_nobody(house: House, receiver: Receiver) -> None:
    receiver.reply(Reply(status=507, headers={"retry-after": "30"}), Reply(status=429, headers={"retry-after": "1"}))

    (full,) = await deliver(house, make_event())
    (busy,) = await deliver(house, make_event())

    assert (full.kind, full.code, full.retry_after_s) == (OutcomeKind.RATE_LIMITED, "posthouse_full", 30.0)
    assert (busy.kind, busy.retry_after_s) == (OutcomeKind.RATE_LIMITED, 1.0)


async def test_something_else_that_says_200_has_taken_nothing(house: House, receiver: Receiver) -> None:
    receiver.default = Reply(body=b"<html>It works!</html>")

    (outcome,) = await deliver(house, make_event())
    checked = await house.kind.check(house.context())

    assert (outcome.kind, outcome.code) == (OutcomeKind.REJECTED, "posthouse_other")
    assert not checked.is_ok


async def test_an_answer_too_long_to_be_kept_whole_still_counts(house: House, other: Other) -> None:
    outcomes = await deliver(house, *several(400))

    assert {one.kind for one in outcomes} == {OutcomeKind.DELIVERED}
    assert len(other.taken) == 400


async def test_a_check_writes_nothing(house: House, other: Other) -> None:
    assert (await house.kind.check(house.context())).is_ok
    assert other.taken == {}


@pytest.mark.parametrize(
    ("settings", "field"),
    [({"url": "nowhere"}, "url"), ({"url": "https://a/?x=1"}, "url"), ({"url": "https://a", "path": "/"}, None)],
)
def test_bad_settings_are_refused_with_their_field(settings: dict[str, Any], field: str | None) -> None:
    with pytest.raises(BadInput) as caught:
        target_kind("posthouse").parse({"token": {"secret": "x"}} | settings)

    assert caught.value.field == field
