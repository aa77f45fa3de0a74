"""ntfy: a push message per event, to a topic of ntfy.sh or of a server of one's own.

Published as JSON to the server's root, so that any topic and any text can be said. Each message has a sequence id made
of what it tells of: a retry, a replay or a later event with the same correlation key replaces it on the phone, and
doubles nothing (servers from 2.16 on; older ones ignore it). What is longer than a message may be is cut on a
character, with a note. Source: https://docs.ntfy.sh/publish/.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from typing import Any

import msgspec

from posthouse.model.deliveries import Outcome, OutcomeKind, SentRequest
from posthouse.model.errors import Conflict, SecretsUnavailable
from posthouse.model.ids import Millis
from posthouse.rules.pacing import Bucket
from posthouse.rules.texts import cut_bytes, without_controls
from posthouse.system.outbound import Request
from posthouse.system.secrets import SecretStore
from posthouse.targets.base import CheckResult, Delivered, EndpointDraft, Item, Parcel, TargetContext
from posthouse.targets.credentials import read_secret, withheld
from posthouse.targets.http_exchange import exchange, out_of_time, shown
from posthouse.targets.ntfy_settings import (
    ENDPOINT_FIELDS,
    FIELDS,
    NTFY_SH,
    SECRET_FIELDS,
    NtfySettings,
    TokenAuth,
    TopicSettings,
    parse_action,
    parse_settings,
    parse_topic,
)
from posthouse.targets.webhook import USER_AGENT
from posthouse.targets.webhook_settings import BasicAuth

MESSAGE_BYTES_MAX = 4_096
"""A longer message becomes an attachment, which phones do not show."""

NOTE = "\n… (shortened; Posthouse has all of it)"
TITLE_BYTES_MAX = 1_000
TAGS_BYTES_MAX = 500
"""Servers refuse a title above 1 KiB, and tags above 512 bytes together."""

PUBLISHED = Bucket(refill_s=5.0, burst=60)
"""60 requests at once, and another one every 5 s (https://docs.ntfy.sh/publish/#limitations)."""

DAY_MS = 86_400_000
_HAS_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9!#$%&'*+.^_`|~-]* +\S")
_SEQUENCE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TOPIC_INVALID = frozenset({40009, 40010})
_DAILY_LIMIT = 42908


class NtfyTarget:
    """The kind `ntfy`."""

    title = "ntfy"
    summary = "Push messages to your phone or desktop, through ntfy.sh or your own server."
    fields = FIELDS
    endpoint_fields = ENDPOINT_FIELDS
    takes_messages = True
    is_health_relevant = True
    can_update = True
    secret_fields = SECRET_FIELDS

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate settings. Raises BadInput naming the field (see `ntfy_settings.parse_settings`)."""
        return msgspec.Raw(msgspec.json.encode(parse_settings(settings)))

    def parse_endpoint(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate a topic's settings. Raises BadInput naming the field."""
        return msgspec.Raw(msgspec.json.encode(parse_topic(settings)))

    def pacing(self, settings: msgspec.Raw) -> Bucket | None:
        """What ntfy.sh publishes for each sender; another server's owner may say it in the settings."""
        found = _settings(bytes(settings))
        if found.pace is not None:
            return Bucket(found.pace.refill_s, found.pace.burst)
        return PUBLISHED if found.url == NTFY_SH else None

    def secret_names(self, settings: msgspec.Raw) -> tuple[str, ...]:
        """References of the secrets in these settings."""
        return _settings(bytes(settings)).references()

    async def check(self, context: TargetContext) -> CheckResult:
        """Ask the server for its health with the credentials: it refuses wrong ones at any address. Nothing is sent."""
        settings = _settings(bytes(context.target.settings))
        try:
            credentials = await _credentials(settings, context.secrets)
        except (SecretsUnavailable, Conflict) as error:
            return CheckResult(outcome=withheld(error))
        request = _request(context, "GET", f"{settings.url}/v1/health", credentials, b"")
        outcome = await exchange(context.outbound, request, hidden=credentials.hidden, now=context.clock.now())
        outcome = _judged(outcome, "healthy", context.clock.now())
        return CheckResult(outcome=outcome, request=_shown(request, credentials))

    async def endpoints(self, context: TargetContext) -> tuple[EndpointDraft, ...]:
        """The topic that was entered with the target."""
        topic = _settings(bytes(context.target.settings)).topic
        return (EndpointDraft(name=topic, settings=self.parse_endpoint({"topic": topic})),)

    async def preview(self, context: TargetContext, parcel: Parcel) -> SentRequest:
        """What the first item would be. Raises SecretsUnavailable, Conflict `target.secret_missing`."""
        settings = _settings(bytes(context.target.settings))
        credentials = await _credentials(settings, context.secrets)
        return _shown(_publish(context, settings, credentials, parcel, parcel.items[0]), credentials)

    async def deliver(self, context: TargetContext, parcel: Parcel) -> Delivered:
        """Publish a message for each item within the deadline; where one is not taken now, those behind it wait too."""
        settings = _settings(bytes(context.target.settings))
        try:
            credentials = await _credentials(settings, context.secrets)
        except (SecretsUnavailable, Conflict) as error:
            return Delivered(outcomes=(withheld(error),) * len(parcel.items), request=None)
        outcomes: list[Outcome] = []
        first: SentRequest | None = None
        until_s = context.clock.monotonic_s() + context.deadline_s
        for item in parcel.items:
            left_s = until_s - context.clock.monotonic_s()
            if left_s <= 0:
                outcomes.append(out_of_time())
                break
            bounded = msgspec.structs.replace(context, deadline_s=left_s)
            request = _publish(bounded, settings, credentials, parcel, item)
            outcome = await exchange(context.outbound, request, hidden=credentials.hidden, now=context.clock.now())
            outcomes.append(_judged(outcome, "id", context.clock.now()))
            first = first or _shown(request, credentials)
            if outcome.kind not in (OutcomeKind.DELIVERED, OutcomeKind.REJECTED):
                break
        unsent = msgspec.structs.replace(outcomes[-1], is_maybe_sent=False)
        outcomes += [unsent] * (len(parcel.items) - len(outcomes))
        return Delivered(outcomes=tuple(outcomes), request=first)


class _Credentials(msgspec.Struct, frozen=True):
    """The header that carries them, if any, and the texts that must not be shown."""

    header: str | None = None
    hidden: tuple[str, ...] = ()


class _Answer(msgspec.Struct):
    """What is read of an answer: of a message its id, of an error its code, of the health that."""

    id: str | None = None
    code: int | None = None
    healthy: bool | None = None


_decode_answer = msgspec.json.Decoder(_Answer).decode


def sequence_id(item: Item) -> str:
    """What a message is replaced by: the correlation key of its event, else the event itself; 64 characters at most."""
    event = item.delivery.event
    if event.correlation_key is None and _SEQUENCE.fullmatch(event.id):
        return event.id
    return sha256((event.correlation_key or event.id).encode()).hexdigest()[:40]


def body_of(topic: TopicSettings, settings: NtfySettings, item: Item) -> dict[str, Any]:
    """The JSON that publishes an item."""
    message = item.message
    assert message is not None
    tags = _fitting((*message.tags, *(one for one in topic.tags if one not in message.tags)))
    priority = message.priority if topic.priority is None or message.priority != DEFAULT_PRIORITY else topic.priority
    body: dict[str, Any] = {
        "topic": topic.topic,
        "title": cut_bytes(without_controls(message.title), TITLE_BYTES_MAX),
        "message": cut_bytes(without_controls(message.body, keep="\n\t"), MESSAGE_BYTES_MAX, note=NOTE),
        "priority": priority,
        "tags": tags,
        "sequence_id": sequence_id(item),
    }
    if message.click:
        body["click"] = message.click
    if settings.actions:
        body["actions"] = [parse_action(line, field="actions") for line in settings.actions]
    if settings.icon:
        body["icon"] = settings.icon
    return body


DEFAULT_PRIORITY = 3


def _fitting(tags: tuple[str, ...]) -> list[str]:
    """As many tags as a server takes. One has no comma, which would part it."""
    kept: list[str] = []
    size = 0
    for tag in (without_controls(one).replace(",", " ").strip() for one in tags):
        size += len(tag.encode()) + 1
        if tag and size <= TAGS_BYTES_MAX:
            kept.append(tag)
    return kept


def _publish(
    context: TargetContext, settings: NtfySettings, credentials: _Credentials, parcel: Parcel, item: Item
) -> Request:
    topic = msgspec.json.decode(parcel.endpoint.settings, type=TopicSettings)
    body = msgspec.json.encode(body_of(topic, settings, item))
    return _request(context, "POST", f"{settings.url}/", credentials, body)


def _request(context: TargetContext, method: str, url: str, credentials: _Credentials, body: bytes) -> Request:
    headers = [("user-agent", USER_AGENT)]
    if body:
        headers.append(("content-type", "application/json"))
    if credentials.header is not None:
        headers.append(("authorization", credentials.header))
    return Request(
        method=method,
        url=url,
        headers=tuple(headers),
        body=body,
        deadline_s=context.deadline_s,
        response_bytes_max=context.response_bytes_max,
    )


def _shown(request: Request, credentials: _Credentials) -> SentRequest:
    return shown(request, secret_header=None if credentials.header is None else "authorization")


def _judged(outcome: Outcome, proof: str, now: Millis) -> Outcome:
    """What ntfy's own answer adds to the status code. `proof`: what a good answer of an ntfy server has."""
    answer = _read(outcome.excerpt)
    code = None if answer is None else answer.code
    if outcome.kind is OutcomeKind.DELIVERED:
        # An empty answer says nothing; another server's page says that nobody got the message.
        if outcome.excerpt and (answer is None or getattr(answer, proof) is None):
            detail = "Something answered, but it is no ntfy server."
            return msgspec.structs.replace(outcome, kind=OutcomeKind.REJECTED, code="ntfy_other", detail=detail)
    elif code == _DAILY_LIMIT:
        wait_s = outcome.retry_after_s or (DAY_MS - now % DAY_MS) / 1000
        return msgspec.structs.replace(outcome, code="ntfy_daily_limit", retry_after_s=wait_s)
    elif code in _TOPIC_INVALID:
        return msgspec.structs.replace(outcome, code="ntfy_topic")
    return outcome


def _read(excerpt: bytes) -> _Answer | None:
    try:
        return _decode_answer(excerpt)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


async def _credentials(settings: NtfySettings, store: SecretStore) -> _Credentials:
    """Raises SecretsUnavailable, Conflict `target.secret_missing`."""
    match settings.auth:
        case TokenAuth(token=ref):
            token = await read_secret(store, ref.secret)
            return _Credentials(token if _HAS_SCHEME.match(token) else f"Bearer {token}", (token,))
        case BasicAuth(username=username, password=ref):
            password = await read_secret(store, ref.secret)
            pair = b64encode(f"{username}:{password}".encode()).decode()
            return _Credentials(f"Basic {pair}", (pair, password))
    return _Credentials()


@lru_cache(maxsize=512)
def _settings(canonical: bytes) -> NtfySettings:
    """What `parse` made, decoded once."""
    return msgspec.json.decode(canonical, type=NtfySettings)
