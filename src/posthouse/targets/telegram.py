"""Telegram: a message per event, from a bot to a chat.

Sent as plain text, so that nothing in an event is read as markup. The bot's token is part of the address, which is
therefore a secret. The check asks for the chat (`getChat`), which proves token and chat, and sends nothing. The Bot API
knows no ids of the sender's: after an ambiguous outcome a message may show twice.
Source: https://core.telegram.org/bots/api (making requests, sendMessage, getChat, ResponseParameters).
"""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated, Any

import msgspec

from posthouse.model.deliveries import Outcome, OutcomeKind
from posthouse.model.errors import BadInput
from posthouse.rules.http_outcome import RETRY_AFTER_S_MAX
from posthouse.rules.texts import cut_units, without_controls
from posthouse.targets.base import EndpointDraft, Field, FieldKind, Item, SecretRef
from posthouse.targets.headers import HIDDEN
from posthouse.targets.presets import Preset, PresetTarget, Probe
from posthouse.targets.secret_urls import HookAddress
from posthouse.targets.urls import parse_url

API = "https://api.telegram.org"
TEXT_MAX = 4_096
NOTE = "\n… (shortened; Posthouse has all of it)"
QUIET_PRIORITY = 2
"""Messages up to this priority arrive without a sound."""

_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{20,100}")

Chat = Annotated[str, msgspec.Meta(pattern=r"^(-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{3,31})$")]
Thread = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{0,20}$")]


class TelegramSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The bot, the chat that is the first endpoint, and the server, which may be one's own."""

    token: SecretRef
    chat: Chat
    server: str = API


class ChatSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One chat: its number, or a channel's @name. `thread`: the number of a topic in a forum."""

    chat: Chat
    thread: Thread = ""


class _Parameters(msgspec.Struct, frozen=True):
    retry_after: float | None = None
    migrate_to_chat_id: int | None = None


class _Answer(msgspec.Struct):
    """What is read of an answer."""

    ok: bool
    description: str = ""
    parameters: _Parameters = _Parameters()


_decode_answer = msgspec.json.Decoder(_Answer).decode


def _address(settings: TelegramSettings | None, secret: str) -> HookAddress:
    token = secret.strip()
    if _TOKEN.fullmatch(token) is None:
        raise ValueError("is not a bot's token; one looks like 123456789:AAE…, as BotFather gives it")
    server = API if settings is None else settings.server
    return HookAddress(
        url=f"{server}/bot{token}/sendMessage",
        shown=f"{server}/bot{HIDDEN}/sendMessage",
        hidden=(token, token.partition(":")[2]),
    )


def _polish(settings: TelegramSettings) -> TelegramSettings:
    server = parse_url(settings.server, field="server")
    if "?" in server:
        raise BadInput("target.url_invalid", "A server's address has no query (?…).", field="server")
    return msgspec.structs.replace(settings, server=server.rstrip("/"))


def _chat_id(chat: str) -> int | str:
    return chat if chat.startswith("@") else int(chat)


def _body(_settings: TelegramSettings, endpoint: ChatSettings, item: Item) -> bytes:
    message = item.message
    assert message is not None
    lines = (without_controls(message.title), without_controls(message.body, keep="\n\t"), message.click)
    text = cut_units("\n".join(line for line in lines if line), TEXT_MAX, note=NOTE)
    body: dict[str, Any] = {
        "chat_id": _chat_id(endpoint.chat),
        "text": text,
        "link_preview_options": {"is_disabled": True},
    }
    if endpoint.thread:
        body["message_thread_id"] = int(endpoint.thread)
    if message.priority <= QUIET_PRIORITY:
        body["disable_notification"] = True
    return msgspec.json.encode(body)


def _probe(settings: TelegramSettings, address: HookAddress) -> Probe:
    asked = msgspec.structs.replace(
        address,
        url=address.url.removesuffix("sendMessage") + "getChat",
        shown=address.shown.removesuffix("sendMessage") + "getChat",
    )
    return Probe(method="POST", address=asked, body=msgspec.json.encode({"chat_id": _chat_id(settings.chat)}))


def _judge(outcome: Outcome) -> Outcome:
    """What the Bot API's own answer adds: a chat that is not there, or a bot that was put out, waits for a person."""
    try:
        answer = _decode_answer(outcome.excerpt)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return outcome
    wait_s = answer.parameters.retry_after
    if outcome.kind is OutcomeKind.RATE_LIMITED and wait_s is not None and wait_s >= 0:
        return msgspec.structs.replace(outcome, retry_after_s=min(wait_s, RETRY_AFTER_S_MAX))
    if answer.ok:
        return outcome
    match outcome.status_code:
        case 403:
            return msgspec.structs.replace(outcome, kind=OutcomeKind.GONE, code="telegram_blocked")
        case 404:
            return msgspec.structs.replace(outcome, kind=OutcomeKind.AUTH, code="telegram_token")
        case 400 if answer.parameters.migrate_to_chat_id is not None or "chat not found" in answer.description:
            return msgspec.structs.replace(outcome, kind=OutcomeKind.GONE, code="telegram_chat")
    return outcome


def _endpoint(settings: TelegramSettings) -> EndpointDraft:
    return EndpointDraft(
        name=settings.chat, settings=msgspec.Raw(msgspec.json.encode(ChatSettings(chat=settings.chat)))
    )


_CHAT = Field(
    path=("chat",),
    label="Chat",
    is_required=True,
    placeholder="-1001234567890",
    help="The number of a chat in which the bot is, or the @name of a public channel.",
)

TelegramTarget = partial(
    PresetTarget,
    Preset(
        title="Telegram",
        summary="Messages from your bot to a chat, a group or a channel.",
        settings=TelegramSettings,
        secret="token",  # noqa: S106 (the name of a setting)
        fields=(
            Field(
                path=("token",),
                label="Token of the bot",
                kind=FieldKind.SECRET,
                is_required=True,
                help="From @BotFather, with /newbot.",
            ),
            _CHAT,
            Field(
                path=("server",),
                label="Server",
                kind=FieldKind.URL,
                default=API,
                is_advanced=True,
                help="Another one only where you run a Bot API server of your own.",
            ),
        ),
        takes_messages=True,
        address=_address,
        body=_body,
        probe=_probe,
        judge=_judge,
        polish=_polish,
        endpoint=_endpoint,
        endpoint_settings=ChatSettings,
        endpoint_fields=(
            _CHAT,
            Field(path=("thread",), label="Topic", is_advanced=True, help="The number of a topic in a forum."),
        ),
    ),
)
"""The kind `telegram`."""
