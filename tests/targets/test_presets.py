"""The presets: what people see in Slack, Discord and Telegram, what starts in Zapier and Home Assistant."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.deliveries import Outcome, OutcomeKind
from posthouse.model.errors import BadInput
from posthouse.model.messages import BODY_MAX, TITLE_MAX, Message
from posthouse.rules.texts import cut_units
from posthouse.system.http_client import HttpClient
from posthouse.targets.base import Parcel, target_kind
from posthouse.targets.slack import escape
from tests.receiver import Received, Receiver, Reply
from tests.servers.discord import DiscordServer
from tests.servers.home_assistant import HomeAssistantServer
from tests.servers.slack import SlackServer
from tests.servers.telegram import TelegramServer
from tests.servers.zapier import ZapierServer
from tests.targets.cases import House, Rerouted, make_event, make_parcel, set_up

SLACK = "https://hooks.slack.com/services/T012/B345/abcdefgh"
DISCORD = "https://discord.com/api/webhooks/987/abcdefgh"
ZAPIER = "https://hooks.zapier.com/hooks/catch/1234567/abcdefgh/"
ASSISTANT = "http://homeassistant.local:8123/api/webhook/abcdefgh"
BOT = "123456789:AAEabcdefghijklmnopqrst"
LONG = Message(title="T" * TITLE_MAX, body="&🐎" * (BODY_MAX // 2), click="https://example.com/a?b=1&c=2")


@asynccontextmanager
async def at(kind: str, answer: Callable[[Received], Reply], home: Path, **settings: Any) -> AsyncIterator[House]:
    """A target of this kind whose service is spoken for."""
    origins = tuple("/".join(one.split("/", 3)[:3]) for one in (SLACK, DISCORD, ZAPIER, ASSISTANT))
    async with Receiver() as receiver:
        receiver.default = answer
        if kind == "telegram":
            settings = {"token": BOT, "chat": "42", "server": f"http://127.0.0.1:{receiver.port}/"} | settings
        outbound = Rerouted(HttpClient(), origins, receiver)
        yield await set_up(kind, settings, home, outbound=outbound)
        await outbound.close()


def worded(message: Message | None = None, *, count: int = 1, **endpoint: Any) -> Parcel:
    parcel = make_parcel(*[make_event() for _ in range(count)], endpoint=endpoint)
    if message is None:
        return parcel
    items = tuple(msgspec.structs.replace(item, message=message) for item in parcel.items)
    return msgspec.structs.replace(parcel, items=items)


async def deliver(house: House, parcel: Parcel) -> Outcome:
    return (await house.kind.deliver(house.context(), parcel)).outcomes[0]


async def test_slack_shows_what_was_said_and_mentions_nobody(home: Path) -> None:
    server = SlackServer(path="/services/T012/B345/abcdefgh")
    async with at("slack", server.answer, home, url=SLACK) as house:
        outcome = await deliver(house, worded(Message(title="Build <!channel>", body="a < b & <@U1>\nend\x07")))

    assert outcome.kind is OutcomeKind.DELIVERED
    assert server.posted == ["*Build &lt;!channel&gt;*\na &lt; b &amp; &lt;@U1&gt;\nend"]


async def test_slack_gets_no_more_than_it_shows(home: Path) -> None:
    server = SlackServer(path="/services/T012/B345/abcdefgh")
    async with at("slack", server.answer, home, url=SLACK) as house:
        await deliver(house, worded(LONG))

    (text,) = server.posted
    assert len(text) < 40_000
    assert text.endswith("(shortened; Posthouse has all of it)")


@given(st.text(alphabet=st.sampled_from("&<>aé🐎"), max_size=300), st.integers(60, 400))
def test_an_escape_is_never_cut_in_two(text: str, limit: int) -> None:
    shown = escape(text, limit)

    kept = shown.removesuffix("\n… (shortened; Posthouse has all of it)")
    assert len(shown) <= limit
    assert text.startswith(kept.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


async def test_a_check_of_slack_posts_nothing_and_finds_a_dead_address(home: Path) -> None:
    server = SlackServer(path="/services/T012/B345/abcdefgh")
    async with at("slack", server.answer, home, url=SLACK) as house:
        good = await house.kind.check(house.context())
        server.path = "/services/other"
        bad = await house.kind.check(house.context())
        outcome = await deliver(house, worded())

    assert good.is_ok
    assert (bad.outcome.kind, bad.outcome.code) == (OutcomeKind.GONE, "slack_gone")
    assert (outcome.kind, outcome.code) == (OutcomeKind.GONE, "slack_gone")
    assert server.posted == []


@pytest.mark.parametrize(
    ("status", "word", "kind"),
    [
        (403, "invalid_token", OutcomeKind.AUTH),
        (404, "channel_not_found", OutcomeKind.GONE),
        (404, "something_new", OutcomeKind.REJECTED),
        (410, "channel_is_archived", OutcomeKind.GONE),
        (500, "rollup_error", OutcomeKind.TRANSIENT),
    ],
)
async def test_what_slack_says_is_understood(home: Path, status: int, word: str, kind: OutcomeKind) -> None:
    server = SlackServer(path="/services/T012/B345/abcdefgh", refusal=(status, word))
    async with at("slack", server.answer, home, url=SLACK) as house:
        assert (await deliver(house, worded())).kind is kind
        assert not (await house.kind.check(house.context())).is_ok


async def test_discord_shows_what_was_said_and_mentions_nobody(home: Path) -> None:
    server = DiscordServer(path="/api/webhooks/987/abcdefgh")
    message = Message(title="Build *7*", body="@everyone\nit **works**", click="https://example.com/7")
    async with at("discord", server.answer, home, url=DISCORD) as house:
        outcome = await deliver(house, worded(message))

    (posted,) = server.posted
    assert (outcome.kind, outcome.status_code) == (OutcomeKind.DELIVERED, 200)
    assert posted["content"] == "**Build \\*7\\***\n<https://example.com/7>\n@everyone\nit **works**"
    assert posted["allowed_mentions"] == {"parse": []}


async def test_discord_gets_no_more_than_it_takes(home: Path) -> None:
    server = DiscordServer(path="/api/webhooks/987/abcdefgh")
    async with at("discord", server.answer, home, url=DISCORD) as house:
        assert (await deliver(house, worded(LONG))).kind is OutcomeKind.DELIVERED


async def test_discord_says_in_the_body_how_long_to_wait(home: Path) -> None:
    server = DiscordServer(path="/api/webhooks/987/abcdefgh", retry_after_s=0.375)
    async with at("discord", server.answer, home, url=DISCORD) as house:
        delivered = await house.kind.deliver(house.context(), worded(count=3))

    assert [(one.kind, one.retry_after_s) for one in delivered.outcomes] == [(OutcomeKind.RATE_LIMITED, 0.375)] * 3


async def test_a_check_of_discord_posts_nothing_and_finds_a_dead_address(home: Path) -> None:
    server = DiscordServer(path="/api/webhooks/987/abcdefgh")
    async with at("discord", server.answer, home, url=f"{DISCORD}?thread_id=5") as house:
        good = await house.kind.check(house.context())
        server.path = "/other"
        bad = await house.kind.check(house.context())

    assert good.is_ok
    assert (bad.outcome.kind, bad.outcome.code) == (OutcomeKind.GONE, "discord_gone")
    assert server.posted == []


async def test_a_thread_of_discord_stays_in_the_address(home: Path) -> None:
    paths: list[str] = []

    def answer(received: Received) -> Reply:
        paths.append(received.path)
        return Reply(status=204, body=b"")

    async with at("discord", answer, home, url=f"{DISCORD}?thread_id=5") as house:
        await deliver(house, worded())

    assert paths == ["/api/webhooks/987/abcdefgh?thread_id=5&wait=true"]


@pytest.fixture
def telegram() -> TelegramServer:
    return TelegramServer(token=BOT, chats={42, -100123, "@news_de"})


async def test_telegram_shows_what_was_said_as_it_stands(home: Path, telegram: TelegramServer) -> None:
    message = Message(title="Build_7", body="a < b *c*", priority=1, click="https://example.com/7")
    async with at("telegram", telegram.answer, home) as house:
        outcome = await deliver(house, worded(message, chat="-100123", thread="9"))

    assert outcome.kind is OutcomeKind.DELIVERED
    assert telegram.sent == [
        {
            "chat_id": -100123,
            "text": "Build_7\na < b *c*\nhttps://example.com/7",
            "link_preview_options": {"is_disabled": True},
            "message_thread_id": 9,
            "disable_notification": True,
        }
    ]


async def test_telegram_gets_no_more_than_it_takes(home: Path, telegram: TelegramServer) -> None:
    async with at("telegram", telegram.answer, home) as house:
        assert (await deliver(house, worded(LONG, chat="@news_de"))).kind is OutcomeKind.DELIVERED


async def test_telegram_says_in_the_body_how_long_to_wait(home: Path, telegram: TelegramServer) -> None:
    telegram.retry_after_s = 35
    async with at("telegram", telegram.answer, home) as house:
        outcome = await deliver(house, worded(chat="42"))

    assert (outcome.kind, outcome.retry_after_s) == (OutcomeKind.RATE_LIMITED, 35.0)


async def test_a_bot_that_was_put_out_and_a_chat_that_is_not_there_wait_for_a_person(
    home: Path, telegram: TelegramServer
) -> None:
    telegram.blocked.add(42)
    async with at("telegram", telegram.answer, home) as house:
        blocked, missing = await deliver(house, worded(chat="42")), await deliver(house, worded(chat="43"))

    assert (blocked.kind, blocked.code) == (OutcomeKind.GONE, "telegram_blocked")
    assert (missing.kind, missing.code) == (OutcomeKind.GONE, "telegram_chat")


@pytest.mark.parametrize(
    ("status", "description", "parameters", "expected"),
    [
        (400, "Bad Request: upgraded", {"migrate_to_chat_id": -1007}, (OutcomeKind.GONE, "telegram_chat")),
        (400, "Bad Request: message text is empty", {}, (OutcomeKind.REJECTED, "http_400")),
        (401, "Unauthorized", {}, (OutcomeKind.AUTH, "http_401")),
        (404, "Not Found", {}, (OutcomeKind.AUTH, "telegram_token")),
        (429, "Too Many Requests", {"retry_after": -3}, (OutcomeKind.RATE_LIMITED, "http_429")),
    ],
)  # fmt: skip
async def test_what_telegram_says_is_understood(
    home: Path, status: int, description: str, parameters: dict[str, Any], expected: tuple[OutcomeKind, str]
) -> None:
    body = {"ok": False, "error_code": status, "description": description, "parameters": parameters}
    async with at("telegram", lambda _: Reply(status=status, body=json.dumps(body).encode()), home) as house:
        outcome = await deliver(house, worded(chat="42"))

    assert (outcome.kind, outcome.code) == expected


async def test_a_check_of_telegram_proves_bot_and_chat_and_sends_nothing(home: Path, telegram: TelegramServer) -> None:
    async with at("telegram", telegram.answer, home) as house:
        good = await house.kind.check(house.context())
    async with at("telegram", telegram.answer, home, chat="43") as house:
        bad = await house.kind.check(house.context())

    assert good.is_ok
    assert bad.outcome.code == "telegram_chat"
    assert telegram.sent == []
    assert BOT not in f"{good}{bad}"


async def test_the_chat_that_was_entered_is_the_first_endpoint(home: Path, telegram: TelegramServer) -> None:
    async with at("telegram", telegram.answer, home) as house:
        (endpoint,) = await house.kind.endpoints(house.context())

    assert (endpoint.name, msgspec.json.decode(endpoint.settings)) == ("42", {"chat": "42", "thread": ""})


@pytest.mark.parametrize(
    ("settings", "field"),
    [({"chat": "my chat"}, "chat"), ({"chat": ""}, "chat"), ({"chat": "42", "server": "ftp://a"}, "server"),
     ({"chat": "42", "server": "https://a/?b"}, "server")],
)  # fmt: skip
def test_bad_settings_of_telegram_are_refused_with_their_field(settings: dict[str, str], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        target_kind("telegram").parse({"token": {"secret": "s"}} | settings)

    assert caught.value.field == field


async def test_zapier_gets_each_event_by_itself_under_its_own_id(home: Path) -> None:
    server = ZapierServer()
    async with at("zapier", server.answer, home, url=ZAPIER) as house:
        delivered = await house.kind.deliver(house.context(), worded(count=2))

    assert [one.kind for one in delivered.outcomes] == [OutcomeKind.DELIVERED] * 2
    assert [one["type"] for one in server.caught] == ["agent.turn-completed"] * 2
    assert delivered.request is not None
    assert delivered.request.url == "https://hooks.zapier.com/hooks/catch/[hidden]"


async def test_a_check_of_zapier_is_an_event_of_its_own(home: Path) -> None:
    server = ZapierServer()
    async with at("zapier", server.answer, home, url=ZAPIER) as house:
        assert (await house.kind.check(house.context())).is_ok

    assert [one["type"] for one in server.caught] == ["posthouse.check"]


async def test_home_assistant_triggers_the_automation_with_the_event(home: Path) -> None:
    server = HomeAssistantServer(webhooks={"abcdefgh"})
    async with at("home-assistant", server.answer, home, url=ASSISTANT) as house:
        checked = await house.kind.check(house.context())
        outcome = await deliver(house, worded())

    ((webhook, event),) = server.triggered
    assert checked.is_ok
    assert outcome.kind is OutcomeKind.DELIVERED
    assert (webhook, event["data"]) == ("abcdefgh", {"turns": 3})
    assert checked.request is not None
    assert checked.request.url == "http://homeassistant.local:8123/api/webhook/[hidden]"


async def test_home_assistant_says_yes_to_a_webhook_that_it_does_not_have(home: Path) -> None:
    server = HomeAssistantServer(webhooks=set())
    async with at("home-assistant", server.answer, home, url=ASSISTANT) as house:
        assert (await deliver(house, worded())).kind is OutcomeKind.DELIVERED

    assert server.triggered == []


async def test_what_a_service_refuses_holds_up_nothing_behind_it(home: Path) -> None:
    replies = [Reply(), Reply(status=400), Reply(), Reply(status=500), Reply()]
    async with at("slack", lambda _: replies.pop(0), home, url=SLACK) as house:
        delivered = await house.kind.deliver(house.context(), worded(count=5))

    kinds = [one.kind.value for one in delivered.outcomes]
    assert kinds == ["delivered", "rejected", "delivered", "transient", "transient"]
    assert len(replies) == 1


@pytest.mark.parametrize("kind", ["zapier", "slack", "discord", "home-assistant"])
def test_there_is_nothing_to_enter_for_an_endpoint(kind: str) -> None:
    assert bytes(target_kind(kind).parse_endpoint({})) == b"{}"
    with pytest.raises(BadInput):
        target_kind(kind).parse_endpoint({"topic": "x"})


@given(st.text(max_size=200), st.integers(10, 100))
def test_a_cut_text_fits_and_ends_on_a_whole_character(text: str, limit: int) -> None:
    cut = cut_units(text, limit, note="…")

    assert len(cut.encode("utf-16-le", "replace")) // 2 <= limit
    assert cut == text.encode("utf-16-le", "replace").decode("utf-16-le") or cut.endswith("…")
