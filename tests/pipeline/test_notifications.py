"""From an agent's event to a phone: what is sent, held back, withheld, gathered and brought up to date."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from posthouse.model.agents import AgentEvent, AgentFacts, AgentPayload, PromptFacts, prompt_key
from posthouse.model.bindings import Filter, Shape
from posthouse.model.events import EventDraft, Severity
from posthouse.model.ids import Millis
from posthouse.model.messages import MessageTemplate
from posthouse.model.targets import Target
from posthouse.pipeline.intake import Posted
from posthouse.rules.notices import DEADLINE_S
from posthouse.settings import DELIVERY_DEADLINE_S
from posthouse.system.idle.base import IdleReading
from posthouse.system.outbound import Outbound, Request, Response
from tests.parts import Parts
from tests.pipeline.gates import Gates
from tests.receiver import Receiver, Reply
from tests.servers.ntfy import NtfyServer

ASKED, RESOLVED, COMPLETED = AgentEvent.PERMISSION_REQUIRED, AgentEvent.PERMISSION_RESOLVED, AgentEvent.TURN_COMPLETED
NIGHT = {
    "notifications__quiet_from": "00:00",
    "notifications__quiet_until": "08:00",
    "notifications__quiet_zone": "UTC",
}
"""The hand clock begins at midnight."""

EIGHT_HOURS_S = 8 * 3_600.0


def told(of: AgentEvent, *, prompt: str = "p1", agent: str = "0f3a9c1b-aaaa", **fields: Any) -> EventDraft:
    """An event of an agent, as the source `agents` tells it."""
    facts = AgentFacts(id=agent, tool="claude-code", machine="laptop", project="posthouse", title="Fix the tests")
    asked = PromptFacts(id=prompt, permission="Bash", description="rm -rf build", metadata=msgspec.Raw(b"{}"))
    is_about_prompt = of in (ASKED, RESOLVED)
    payload = AgentPayload(agent=facts, prompt=asked if is_about_prompt else None, **fields.pop("payload", {}))
    key = prompt_key(agent, prompt) if is_about_prompt else None
    return EventDraft(type=of.value, data=msgspec.Raw(msgspec.json.encode(payload)), correlation_key=key, **fields)


@pytest.fixture
def server(receiver: Receiver) -> NtfyServer:
    """What a phone shows, by what its server was sent."""
    made = NtfyServer(path="/hook")
    receiver.default = made.answer
    return made


@pytest.fixture
async def phone(parts: Parts, receiver: Receiver, server: NtfyServer) -> Target:
    """A phone that is notified of agents, without a limit of its service's."""
    parts.choose(notifications__enabled=True, dashboard__url="https://house.example/")
    target = await parts.add_phone(receiver.url)
    await parts.bind("ingest", target, is_notification=True)
    return target


async def fates(parts: Parts, *posted: Posted) -> list[tuple[str, str | None]]:
    rows = [(await parts.delivery_of(one)).delivery for one in posted]
    return [(row.status.value, row.reason) for row in rows]


async def test_a_finished_turn_reaches_the_phone_in_plain_words(
    parts: Parts, phone: Target, server: NtfyServer
) -> None:
    posted = await parts.post_one(told(COMPLETED, payload={"message": "All 412 tests pass."}))
    await parts.until_status(posted, "delivered")

    [shown] = server.shown.values()
    assert {key: shown[key] for key in ("title", "message", "priority", "tags", "click")} == {
        "title": "posthouse: Fix the tests is done",
        "message": "All 412 tests pass.\nClaude Code on laptop · 0f3a9c1b",
        "priority": 3,
        "tags": ["white_check_mark"],
        "click": "https://house.example/agents/0f3a9c1b-aaaa",
    }


async def test_an_owners_own_words_win(parts: Parts, receiver: Receiver, server: NtfyServer) -> None:
    parts.choose(notifications__enabled=True)
    shape = Shape(message=MessageTemplate(title="{{ data.agent.project }} ready"))
    await parts.bind("ingest", await parts.add_phone(receiver.url), is_notification=True, shape=shape)

    await parts.until_status(await parts.post_one(told(COMPLETED)), "delivered")

    assert [one["title"] for one in server.shown.values()] == ["posthouse ready"]


async def test_what_is_off_is_withheld_with_its_reason(parts: Parts, phone: Target, server: NtfyServer) -> None:
    parts.choose(notifications__turn_completed=False)
    event_off = await parts.post_one(told(COMPLETED))
    ended = await parts.post_one(told(AgentEvent.ENDED))
    parts.choose(notifications__enabled=False)
    off = await parts.post_one(told(ASKED))
    await parts.settle()

    assert await fates(parts, event_off, off) == [("withheld", "event_off"), ("withheld", "notifications_off")]
    assert (ended.deliveries, server.shown) == (0, {})


async def test_a_prompt_is_told_once_and_its_answer_takes_its_place(
    parts: Parts, phone: Target, server: NtfyServer
) -> None:
    first = await parts.post_one(told(ASKED))
    again = await parts.post_one(told(ASKED))
    await parts.until_status(first, "delivered")
    answered = await parts.post_one(told(RESOLVED, payload={"decision": "allowed"}))
    await parts.until_status(answered, "delivered")

    assert await fates(parts, again) == [("withheld", "merged")]
    [shown] = server.shown.values()
    assert (shown["title"], shown["priority"], server.messages) == ("posthouse: Fix the tests: Allowed", 2, 2)


async def test_a_receiver_of_prompts_alone_is_told_how_they_ended(
    parts: Parts, receiver: Receiver, server: NtfyServer
) -> None:
    parts.choose(notifications__enabled=True)
    target = await parts.add_phone(receiver.url)
    await parts.bind("ingest", target, is_notification=True, wanted=Filter(types=(ASKED.value,)))

    asked = await parts.post_one(told(ASKED))
    await parts.until_status(asked, "delivered")
    await parts.until_status(await parts.post_one(told(RESOLVED, payload={"decision": "denied"})), "delivered")
    turn = await parts.post_one(told(COMPLETED))

    assert turn.deliveries == 0
    assert [one["title"] for one in server.shown.values()] == ["posthouse: Fix the tests: Denied"]


async def test_a_target_that_cannot_update_is_not_told_how_a_prompt_ended(parts: Parts, receiver: Receiver) -> None:
    parts.choose(notifications__enabled=True)
    await parts.bind("ingest", await parts.add_webhook(receiver.url), is_notification=True)

    await parts.until_status(await parts.post_one(told(ASKED)), "delivered")
    answered = await parts.post_one(told(RESOLVED))

    assert await fates(parts, answered) == [("withheld", "nothing_to_update")]


async def test_a_prompt_that_is_an_hour_old_is_not_sent_late(parts: Parts, phone: Target, server: NtfyServer) -> None:
    hour_ago = Millis(parts.clock.now() - 3_600_000)
    old = await parts.post_one(told(ASKED, at=hour_ago))
    await parts.until_status(old, "expired")

    assert await fates(parts, old) == [("expired", "time_limit")]
    assert server.shown == {}


async def test_a_prompt_is_tried_while_it_is_worth_having_and_then_expires(
    parts: Parts, phone: Target, receiver: Receiver
) -> None:
    parts.choose(notifications__prompt_lifetime_s=60)
    receiver.default = Reply(status=503)
    posted = await parts.post_one(told(ASKED))
    await parts.until_tried(posted, 1)
    for wait_s, tries in ((5, 2), (15, 3)):
        parts.advance(wait_s)
        await parts.until_tried(posted, tries)
    parts.advance(60)
    await parts.until_status(posted, "expired")

    assert await fates(parts, posted) == [("expired", "time_limit")]


async def test_a_time_limit_holds_also_for_what_was_in_flight_when_limits_were_looked_at(
    parts: Parts, phone: Target, receiver: Receiver
) -> None:
    parts.choose(notifications__prompt_lifetime_s=60)
    answer = asyncio.Event()
    receiver.reply(Reply(status=503, before=answer))
    receiver.default = Reply(status=503)
    posted = await parts.post_one(told(ASKED))
    await receiver.wait_for(1)
    parts.upkeep.wake()
    await parts.rest()
    answer.set()
    await parts.until_tried(posted, 1)
    await parts.rest()

    parts.advance(60)

    await parts.until_status(posted, "expired")


async def test_what_comes_in_quiet_hours_is_one_message_in_the_morning(
    parts: Parts, phone: Target, server: NtfyServer
) -> None:
    parts.choose(**NIGHT)
    posted = [await parts.post_one(told(COMPLETED, agent=f"agent-{n}")) for n in range(3)]
    failed = await parts.post_one(told(AgentEvent.TURN_ERROR, payload={"error": "overloaded"}))
    prompt = await parts.post_one(told(ASKED))
    await parts.settle()
    assert await fates(parts, *posted) == [("pending", "quiet_hours")] * 3
    assert server.shown == {}

    parts.advance(EIGHT_HOURS_S)
    await parts.until_status([*posted, failed], "delivered")
    await parts.until_status(prompt, "expired")

    [shown] = server.shown.values()
    lines = ["00:00 posthouse: Fix the tests is done"] * 3 + ["00:00 posthouse: Fix the tests failed"]
    assert (shown["title"], shown["message"].split("\n")) == ("4 notifications", lines)
    assert (shown["priority"], shown["click"]) == (4, "https://house.example/notifications")
    assert {attempt.parcel_size for one in posted for attempt in (await parts.delivery_of(one)).attempts} == {4}


@pytest.mark.parametrize("later", [{"notifications__quiet_until": "04:00"}, {"notifications__quiet_from": "off"}])
async def test_other_quiet_hours_hold_for_what_waits_already(
    parts: Parts, phone: Target, server: NtfyServer, later: dict[str, str]
) -> None:
    parts.choose(**NIGHT)
    posted = await parts.post_one(told(COMPLETED))
    await parts.settle()
    parts.choose(**NIGHT | later)
    if later.get("notifications__quiet_until"):
        await parts.settle()
        assert await fates(parts, posted) == [("pending", "quiet_hours")]
        parts.advance(EIGHT_HOURS_S / 2)

    await parts.until_status(posted, "delivered")
    assert len(server.shown) == 1


async def test_a_digest_is_sent_again_as_the_same_message(
    parts: Parts, phone: Target, receiver: Receiver, server: NtfyServer
) -> None:
    parts.choose(notifications__digest_s=60)
    receiver.reply(Reply(status=503))
    posted = [await parts.post_one(told(COMPLETED)) for _ in range(2)]
    parts.advance(60)
    await parts.until_tried(posted[-1], 1)
    parts.advance(6)
    await parts.until_status(posted, "delivered")

    assert len({request.body for request in receiver.requests}) == 1
    assert [one["title"] for one in server.shown.values()] == ["2 notifications"]


async def test_what_is_urgent_passes_quiet_hours(parts: Parts, phone: Target) -> None:
    parts.choose(**NIGHT, notifications__quiet_priority=4)
    turn, prompt = await parts.post_one(told(COMPLETED)), await parts.post_one(told(ASKED))
    await parts.until_status(prompt, "delivered")

    assert await fates(parts, turn) == [("pending", "quiet_hours")]


async def test_what_could_not_be_sent_before_quiet_hours_waits_for_their_end(
    parts: Parts, phone: Target, receiver: Receiver, server: NtfyServer
) -> None:
    receiver.default = Reply(status=503)
    late = await parts.post_one(told(COMPLETED))
    await parts.until_tried(late, 1)
    receiver.default = server.answer
    parts.choose(**NIGHT | {"notifications__quiet_from": "00:01"})
    parts.advance(60)
    await parts.until_tried(late, 2)

    assert await fates(parts, late) == [("failed", "quiet_hours")]
    assert server.shown == {}
    parts.advance(EIGHT_HOURS_S)
    await parts.until_status(late, "delivered")


async def test_what_a_person_sends_again_goes_in_quiet_hours_too(parts: Parts, phone: Target) -> None:
    parts.choose(**NIGHT, notifications__quiet_action="withhold")
    posted = await parts.post_one(told(COMPLETED))
    assert await fates(parts, posted) == [("withheld", "quiet_hours")]

    await parts.dispatcher.replay([(await parts.delivery_of(posted)).delivery.id])

    await parts.until_status(posted, "delivered")


async def test_who_sits_at_the_desk_is_left_alone(parts: Parts, phone: Target) -> None:
    parts.choose(notifications__away_s=60)
    parts.desk = IdleReading(idle_s=3.0, probe="test")
    at_desk = await parts.post_one(told(COMPLETED))
    parts.desk = IdleReading(idle_s=3.0, probe="test", is_locked=True)
    locked = await parts.post_one(told(COMPLETED))
    parts.desk = None
    unknown = await parts.post_one(told(COMPLETED))
    await parts.until_status([locked, unknown], "delivered")

    assert await fates(parts, at_desk) == [("withheld", "at_desk")]
    assert parts.desk_looks == 3


async def test_nobody_looks_at_the_desk_where_it_does_not_matter(
    parts: Parts, phone: Target, receiver: Receiver
) -> None:
    await parts.post_one(told(COMPLETED))
    parts.choose(notifications__away_s=60)
    await parts.post()
    await parts.post_one(told(AgentEvent.SPAWNED))

    assert parts.desk_looks == 0


async def test_a_slow_notification_server_delays_no_other_lane(parts: Parts, phone: Target, receiver: Receiver) -> None:
    gates = Gates(receiver)
    async with Receiver() as other:
        hook = await parts.add_webhook(other.url)
        await parts.bind("ingest", hook)
        first = await parts.post_one(told(COMPLETED))
        await gates.until_open(1)

        posted = [first, *[await parts.post_one(told(COMPLETED, agent=f"a{n}")) for n in range(20)]]
        await parts.until_count(21, status="delivered", target_id=hook.id)

        assert len(posted) == len(other.requests) == 21
        assert await parts.statuses(status="delivered", target_id=phone.id) == []
        gates.let_all_go()


async def test_a_dead_notification_server_delays_no_other_lane(parts: Parts, receiver: Receiver) -> None:
    parts.choose(notifications__enabled=True)
    dead = await parts.add_phone("http://127.0.0.1:1")
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("ingest", dead, is_notification=True)
    await parts.bind("ingest", hook)

    await parts.post_one(told(COMPLETED))
    await parts.until_count(1, status="delivered", target_id=hook.id)

    assert len(receiver.requests) == 1


class _Watched:
    """The way out, with a note of how long each request may take."""

    def __init__(self, inner: Outbound) -> None:
        self._inner = inner
        self.deadlines: list[float] = []

    async def send(self, request: Request) -> Response:
        self.deadlines.append(request.deadline_s)
        return await self._inner.send(request)

    async def close(self) -> None:
        await self._inner.close()


async def test_an_exchange_with_a_receiver_of_notifications_may_take_ten_seconds(
    parts: Parts, phone: Target, receiver: Receiver
) -> None:
    async with Receiver() as other:
        hook = await parts.add_webhook(other.url)
        await parts.bind("ingest", hook)
        parts.sender._outbound = watched = _Watched(parts.sender._outbound)

        await parts.post_one(told(COMPLETED))
        await parts.until_count(2, status="delivered")

    assert [round(one, 1) for one in sorted(watched.deadlines)] == [DEADLINE_S, parts.settings[DELIVERY_DEADLINE_S]]


async def test_other_events_are_told_with_the_priority_of_their_severity(
    parts: Parts, phone: Target, server: NtfyServer
) -> None:
    parts.choose(**NIGHT, notifications__quiet_priority=4)
    info = await parts.post_one(EventDraft(type="build.done"))
    error = await parts.post_one(EventDraft(type="build.broken", severity=Severity.ERROR))
    await parts.until_status(error, "delivered")

    assert await fates(parts, info) == [("pending", "quiet_hours")]
    assert [one["title"] for one in server.shown.values()] == ["build.broken"]
