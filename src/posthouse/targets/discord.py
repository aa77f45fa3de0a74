"""Discord: a message per event, through a channel's webhook.

Nothing in a message can mention anybody (`allowed_mentions`). Discord is told to wait until the message is saved
(`wait=true`), since otherwise it reports nothing that fails then. A GET of the address describes the webhook and needs
no other credentials: that is the check. Discord's webhooks know no ids of the sender's: after an ambiguous outcome a
message may show twice. Sources: https://docs.discord.com/developers/resources/webhook (execute webhook, get webhook
with token) and https://docs.discord.com/developers/topics/rate-limits (429 and its `retry_after`).
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import msgspec
from yarl import URL

from posthouse.model.deliveries import Outcome, OutcomeKind
from posthouse.rules.http_outcome import RETRY_AFTER_S_MAX
from posthouse.rules.texts import cut_units, without_controls
from posthouse.targets.base import Item
from posthouse.targets.presets import Preset, PresetTarget, Probe, url_field
from posthouse.targets.secret_urls import HookAddress, HookRule, hook_address

TEXT_MAX = 2_000
NOTE = "\n… (shortened; Posthouse has all of it)"
UNKNOWN_WEBHOOK = 10015
_LIKE = "https://discord.com/api/webhooks/…/…"
_RULES = (
    HookRule(
        hosts=frozenset({"discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com"}),
        path=re.compile(r"/api/(?:v[0-9]+/)?webhooks/(?P<secret>[0-9]+/[A-Za-z0-9_-]+)"),
    ),
)
_MARKDOWN = re.compile(r"([\\*_~`|>#\[\]])")


class _Answer(msgspec.Struct):
    """What is read of a refusal."""

    code: int | None = None
    retry_after: float | None = None


_decode_answer = msgspec.json.Decoder(_Answer).decode


def _address(_: object, secret: str) -> HookAddress:
    address = hook_address(secret, _RULES, like=_LIKE)
    return msgspec.structs.replace(address, url=str(URL(address.url, encoded=True).update_query(wait="true")))


def _body(_settings: Any, _endpoint: Any, item: Item) -> bytes:
    message = item.message
    assert message is not None
    title = _MARKDOWN.sub(r"\\\1", without_controls(message.title))
    text = f"**{title}**\n" + without_controls(message.body, keep="\n\t")
    if message.click:
        text = f"**{title}**\n<{without_controls(message.click)}>\n" + without_controls(message.body, keep="\n\t")
    return msgspec.json.encode({"content": cut_units(text, TEXT_MAX, note=NOTE), "allowed_mentions": {"parse": []}})


def _probe(_: object, address: HookAddress) -> Probe:
    bare = str(URL(address.url, encoded=True).with_query(None))
    return Probe(method="GET", address=msgspec.structs.replace(address, url=bare))


def _judge(outcome: Outcome) -> Outcome:
    try:
        answer = _decode_answer(outcome.excerpt)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return outcome
    if outcome.kind is OutcomeKind.RATE_LIMITED and answer.retry_after is not None and answer.retry_after >= 0:
        return msgspec.structs.replace(outcome, retry_after_s=min(answer.retry_after, RETRY_AFTER_S_MAX))
    if outcome.status_code == 404 and answer.code == UNKNOWN_WEBHOOK:
        return msgspec.structs.replace(outcome, kind=OutcomeKind.GONE, code="discord_gone")
    return outcome


DiscordTarget = partial(
    PresetTarget,
    Preset(
        title="Discord",
        summary="Messages to a channel, through its webhook.",
        fields=(
            url_field(
                placeholder="https://discord.com/api/webhooks/123/abc",
                help="In the channel's settings, Integrations, Webhooks. It is kept as a secret.",
            ),
        ),
        takes_messages=True,
        address=_address,
        body=_body,
        probe=_probe,
        judge=_judge,
    ),
)
"""The kind `discord`."""
