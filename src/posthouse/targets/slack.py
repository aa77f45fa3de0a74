"""Slack: a message per event, through an incoming webhook of a Slack app.

The three characters that Slack reads as its own are escaped, so that no event can mention a channel or hide a link.
A message without text is refused with `no_text`, but only after the address was found to be good: that is the check.
Slack knows no ids of messages: after an ambiguous outcome one may show twice.
Sources: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks and
https://docs.slack.dev/messaging/formatting-message-text (escaping).
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import msgspec

from posthouse.model.deliveries import Outcome, OutcomeKind
from posthouse.rules.texts import without_controls
from posthouse.targets.base import Item
from posthouse.targets.presets import Preset, PresetTarget, Probe, url_field
from posthouse.targets.secret_urls import HookAddress, HookRule, hook_address

TEXT_MAX = 40_000
"""Characters, after which Slack cuts."""

NOTE = "\n… (shortened; Posthouse has all of it)"
_LIKE = "https://hooks.slack.com/services/T…/B…/…"
_RULES = (
    HookRule(
        hosts=frozenset({"hooks.slack.com", "hooks.slack-gov.com"}),
        path=re.compile(r"/(?:services|workflows|triggers)/(?P<secret>[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)+)"),
    ),
)
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_NO_TEXT = frozenset({b"no_text", b"missing_text_or_fallback_or_attachments"})
_GONE = frozenset({b"no_service", b"no_service_id", b"no_team", b"channel_not_found", b"user_not_found"})


def escape(text: str, limit: int) -> str:
    """The text as Slack shows it literally, cut with a note where it would be longer than `limit`."""
    pieces = [_ESCAPES.get(one, one) for one in text]
    if sum(map(len, pieces)) <= limit:
        return "".join(pieces)
    kept, size = [], len(NOTE)
    for piece in pieces:
        size += len(piece)
        if size > limit:
            break
        kept.append(piece)
    return "".join(kept) + NOTE


def _address(_: object, secret: str) -> HookAddress:
    return hook_address(secret, _RULES, like=_LIKE)


def _body(_settings: Any, _endpoint: Any, item: Item) -> bytes:
    message = item.message
    assert message is not None
    text = f"*{escape(without_controls(message.title), 2_000)}*"
    if message.click:
        text += f"\n{escape(without_controls(message.click), 4_000)}"
    body = escape(without_controls(message.body, keep="\n\t"), TEXT_MAX - len(text) - 1)
    return msgspec.json.encode({"text": f"{text}\n{body}"})


def _probe(_: object, address: HookAddress) -> Probe:
    return Probe(method="POST", address=address, body=b'{"text":""}')


def _judge(outcome: Outcome) -> Outcome:
    if outcome.status_code == 404 and outcome.excerpt.strip() in _GONE:
        return msgspec.structs.replace(outcome, kind=OutcomeKind.GONE, code="slack_gone")
    return outcome


def _judge_probe(outcome: Outcome) -> Outcome:
    if outcome.status_code == 400 and outcome.excerpt.strip() in _NO_TEXT:
        return msgspec.structs.replace(outcome, kind=OutcomeKind.DELIVERED, detail="")
    return _judge(outcome)


SlackTarget = partial(
    PresetTarget,
    Preset(
        title="Slack",
        summary="Messages to a channel, through an incoming webhook.",
        fields=(
            url_field(
                placeholder="https://hooks.slack.com/services/T000/B000/XXXX",
                help="Of a Slack app with incoming webhooks. It is kept as a secret.",
            ),
        ),
        takes_messages=True,
        address=_address,
        body=_body,
        probe=_probe,
        judge=_judge,
        judge_probe=_judge_probe,
    ),
)
"""The kind `slack`."""
