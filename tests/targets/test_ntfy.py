"""ntfy: what reaches a phone, and what its server's answers mean."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from posthouse.model.deliveries import Outcome, OutcomeKind
from posthouse.model.errors import BadInput
from posthouse.model.events import Event
from posthouse.model.messages import Message
from posthouse.rules.pacing import Bucket
from posthouse.targets.base import Parcel, target_kind
from posthouse.targets.ntfy import MESSAGE_BYTES_MAX, NOTE
from posthouse.targets.ntfy_settings import parse_action
from tests.receiver import Received, Receiver, Reply
from tests.servers.ntfy import MESSAGES_A_DAY, NtfyServer
from tests.targets.cases import House, make_event, make_parcel, set_up

TOKEN = "tk_9f8e7d6c5b4a"


@pytest.fixture
def server() -> NtfyServer:
    return NtfyServer(token=TOKEN)


@pytest.fixture
async def receiver(server: NtfyServer) -> AsyncIterator[Receiver]:
    async with Receiver() as running:
        running.default = server.answer
        yield running


@pytest.fixture
async def house(receiver: Receiver, home: Path) -> AsyncIterator[House]:
    made = await at(receiver, home)
    yield made
    await made.outbound.close()


async def at(receiver: Receiver, home: Path, token: str = TOKEN, **settings: Any) -> House:
    """A target at the server's root."""
    auth = {"kind": "token", "token": token}
    url = f"http://127.0.0.1:{receiver.port}/"
    return await set_up("ntfy", {"url": url, "topic": "builds", "auth": auth} | settings, home)


def worded(*events: Event, message: Message | None = None, **endpoint: Any) -> Parcel:
    """A parcel whose items say this."""
    parcel = make_parcel(*events, endpoint={"topic": "builds"} | endpoint)
    if message is None:
        return parcel
    items = tuple(msgspec.structs.replace(item, message=message) for item in parcel.items)
    return msgspec.structs.replace(parcel, items=items)


async def deliver(house: House, parcel: Parcel) -> Outcome:
    (outcome,) = (await house.kind.deliver(house.context(), parcel)).outcomes
    return outcome


async def test_a_message_reaches_the_phone_as_it_was_worded(house: House, server: NtfyServer) -> None:
    message = Message(
        title="Gebäude fertig ✅", body="Zeile 1\nZeile 2", priority=4, tags=("rotating_light",), click="https://a.b/c"
    )

    outcome = await deliver(house, worded(message=message, tags=["shop"]))

    (shown,) = server.shown.values()
    assert outcome.kind is OutcomeKind.DELIVERED
    assert (shown["topic"], shown["title"], shown["message"]) == ("builds", message.title, message.body)
    assert (shown["priority"], shown["tags"], shown["click"]) == (4, ["rotating_light", "shop"], message.click)


async def test_a_retry_and_a_replay_replace_the_message(house: House, server: NtfyServer) -> None:
    for _ in range(3):
        await deliver(house, worded())

    assert len(server.shown) == 1
    assert server.messages == 3


async def test_what_is_correlated_replaces_what_it_follows_and_nothing_else(house: House, server: NtfyServer) -> None:
    asked = make_event(id="019b7652-4c00-7000-8000-000000000002", correlation_key="prompt:ä/7")
    answered = make_event(id="019b7652-4c00-7000-8000-000000000003", correlation_key="prompt:ä/7")

    for event in (asked, answered, make_event()):
        await deliver(house, worded(event))

    assert len(server.shown) == 2


@pytest.mark.parametrize(
    "body", ["x" * 10_000, "ä" * 4_000, "🐎" * 1_025, "\x00" * 5_000 + "end", "y" * MESSAGE_BYTES_MAX]
)
async def test_a_long_message_is_cut_on_a_character_with_a_note_and_is_no_attachment(
    house: House, server: NtfyServer, body: str
) -> None:
    outcome = await deliver(house, worded(message=Message(title="t", body=body)))

    (shown,) = server.shown.values()
    assert outcome.kind is OutcomeKind.DELIVERED
    assert server.attachments == []
    kept = shown["message"].removesuffix(NOTE)
    assert body.replace("\x00", "").startswith(kept)
    assert (kept == shown["message"]) == (len(body.replace("\x00", "").encode()) <= MESSAGE_BYTES_MAX)


async def test_titles_and_tags_are_cut_to_what_a_server_takes(house: House) -> None:
    message = Message(title="ü" * 900, body="b", tags=tuple(f"tag,{n:02d}" + "x" * 60 for n in range(20)))

    assert (await deliver(house, worded(message=message))).kind is OutcomeKind.DELIVERED


async def test_several_items_are_several_messages(house: House, server: NtfyServer) -> None:
    events = [make_event(id=f"019b7652-4c00-7000-8000-00000000000{n}") for n in range(3)]

    delivered = await house.kind.deliver(house.context(), worded(*events))

    assert [one.kind for one in delivered.outcomes] == [OutcomeKind.DELIVERED] * 3
    assert len(server.shown) == 3


async def test_where_the_bucket_is_empty_the_rest_waits_unsent(
    house: House, server: NtfyServer, receiver: Receiver
) -> None:
    server.tokens = 1
    events = [make_event(id=f"019b7652-4c00-7000-8000-00000000000{n}") for n in range(3)]

    delivered = await house.kind.deliver(house.context(), worded(*events))

    assert [one.kind.value for one in delivered.outcomes] == ["delivered", "rate_limited", "rate_limited"]
    assert delivered.outcomes[1].retry_after_s is None
    assert len(receiver.requests) == 2


async def test_all_items_together_keep_to_the_one_deadline(
    house: House, server: NtfyServer, receiver: Receiver
) -> None:
    def slowly(request: Received) -> Reply:
        house.clock.advance(15)
        return server.answer(request)

    receiver.default = slowly
    events = [make_event(id=f"019b7652-4c00-7000-8000-00000000000{n}") for n in range(5)]

    delivered = await house.kind.deliver(house.context(deadline_s=25.0), worded(*events))

    assert [one.kind.value for one in delivered.outcomes] == ["delivered"] * 2 + ["transient"] * 3
    assert {(one.code, one.is_chargeable, one.is_maybe_sent) for one in delivered.outcomes[2:]} == {
        ("out_of_time", False, False)
    }
    assert len(receiver.requests) == 2


async def test_the_daily_limit_waits_for_the_next_day(house: House, server: NtfyServer) -> None:
    server.messages = MESSAGES_A_DAY
    house.clock.advance(6 * 3_600)

    outcome = await deliver(house, worded())

    assert (outcome.kind, outcome.code) == (OutcomeKind.RATE_LIMITED, "ntfy_daily_limit")
    assert outcome.retry_after_s == 18 * 3_600


async def test_a_topic_that_the_server_refuses_is_told_as_such(house: House) -> None:
    outcome = await deliver(house, worded(topic="two words/and a slash"))

    assert (outcome.kind, outcome.code, outcome.status_code) == (OutcomeKind.REJECTED, "ntfy_topic", 400)


async def test_a_page_of_something_else_is_no_delivery(house: House, receiver: Receiver) -> None:
    receiver.default = Reply(body=b"<html>Welcome to the hotel's network</html>")

    outcome = await deliver(house, worded())
    checked = await house.kind.check(house.context())

    assert (outcome.kind, outcome.code) == (OutcomeKind.REJECTED, "ntfy_other")
    assert not checked.is_ok


async def test_a_check_finds_a_wrong_token_and_sends_nothing(
    receiver: Receiver, server: NtfyServer, home: Path
) -> None:
    house = await at(receiver, home, "tk_wrong")

    checked = await house.kind.check(house.context())
    await house.outbound.close()

    assert checked.outcome.kind is OutcomeKind.AUTH
    assert server.messages == 0


@pytest.mark.parametrize(
    ("token", "sent"), [("tk_1", "Bearer tk_1"), ("Bearer tk_1", "Bearer tk_1"), ("Basic dTpw", "Basic dTpw")]
)
async def test_a_token_with_a_scheme_is_sent_as_it_is(receiver: Receiver, home: Path, token: str, sent: str) -> None:
    house = await at(receiver, home, token)

    await deliver(house, worded())
    await house.outbound.close()

    assert receiver.requests[0].headers["authorization"] == sent


async def test_buttons_and_the_icon_go_along(receiver: Receiver, server: NtfyServer, home: Path) -> None:
    lines = [
        "view, Open, https://example.com/a, clear=true",
        "http, Retry, https://example.com/b, method=PUT, headers.x-a=1",
    ]
    house = await at(receiver, home, actions=lines, icon="https://example.com/i.png")

    await deliver(house, worded())
    await house.outbound.close()

    (shown,) = server.shown.values()
    assert shown["actions"] == [
        {"action": "view", "label": "Open", "url": "https://example.com/a", "clear": True},
        {"action": "http", "label": "Retry", "url": "https://example.com/b", "method": "PUT", "headers": {"x-a": "1"}},
    ]
    assert shown["icon"] == "https://example.com/i.png"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"topic": "  "}, "topic"),
        ({"topic": ""}, "topic"),
        ({"topic": 7}, "topic"),
        ({"url": "ftp://a"}, "url"),
        ({"url": "https://a/?auth=x"}, "url"),
        ({"icon": "nothing"}, "icon"),
        ({"actions": ["view, Open"]}, "actions.0"),
        ({"actions": ["dance, Open, https://a"]}, "actions.0"),
        ({"actions": ["view, A, https://a"] * 4}, "actions"),
        ({"auth": {"kind": "basic", "username": "a:b", "password": {"secret": "x"}}}, "auth.username"),
    ],
)
def test_bad_settings_are_refused_with_their_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        target_kind("ntfy").parse({"topic": "builds"} | changes)

    assert caught.value.field == field


def test_any_topic_is_the_servers_to_judge() -> None:
    parsed = json.loads(bytes(target_kind("ntfy").parse({"topic": " ünï/code? "})))

    assert parsed["topic"] == "ünï/code?"


def test_a_broken_option_of_a_button_is_refused() -> None:
    with pytest.raises(BadInput):
        parse_action("view, Open, https://a, clear=maybe", field="actions.0")


def test_ntfy_sh_is_sent_to_at_the_pace_that_it_publishes_and_others_at_their_own() -> None:
    kind = target_kind("ntfy")

    assert kind.pacing(kind.parse({"topic": "builds"})) == Bucket(5.0, 60)
    assert kind.pacing(kind.parse({"topic": "builds", "url": "https://ntfy.example.com"})) is None
    own = {"topic": "builds", "url": "https://ntfy.example.com", "pace": {"burst": 2, "refill_s": 0.5}}
    assert kind.pacing(kind.parse(own)) == Bucket(0.5, 2)
