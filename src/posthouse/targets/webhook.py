"""A webhook: one signed POST per parcel to a URL, as CloudEvents or as the bare data.

Every request carries the parcel's id as `webhook-id`, the same over all attempts. URL, headers and secrets are taken
when it is sent, so that an edit applies to what waits. A single item is sent by itself, several as a JSON array. The
address is one endpoint named `default`.
"""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache
from importlib.metadata import version
from typing import Any, assert_never

import msgspec

from posthouse.model.bindings import BodyFormat, Shape
from posthouse.model.deliveries import Outcome, OutcomeKind
from posthouse.model.errors import BadInput, SecretsUnavailable
from posthouse.system.outbound import Request
from posthouse.system.secrets import SecretStore
from posthouse.targets import cloud_events
from posthouse.targets.base import CheckResult, Delivered, EndpointDraft, Parcel, TargetContext
from posthouse.targets.headers import check_headers
from posthouse.targets.http_exchange import exchange, secrets_unavailable, shown
from posthouse.targets.standard_webhooks import sign, signing_key
from posthouse.targets.webhook_settings import (
    SECRET_FIELDS,
    BasicAuth,
    BearerAuth,
    HeaderAuth,
    NoAuth,
    WebhookSettings,
    parse_settings,
)

USER_AGENT = f"Posthouse/{version('posthouse')}"
CHECK_TYPE = "posthouse.check"


class WebhookTarget:
    """The kind `webhook`."""

    secret_fields = SECRET_FIELDS

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate settings. Raises BadInput naming the field (see `webhook_settings.parse_settings`)."""
        return msgspec.Raw(msgspec.json.encode(parse_settings(settings)))

    def secret_names(self, settings: msgspec.Raw) -> tuple[str, ...]:
        """References of the secrets in these settings."""
        return _settings(bytes(settings)).references()

    async def check(self, context: TargetContext) -> CheckResult:
        """Post a signed `posthouse.check` event."""
        message_id = context.clock.uuid7()
        body = _check_body(context, message_id)
        content = _Content(message_id=message_id, content_type=cloud_events.CONTENT_TYPE, body=body)
        sent = await _post(context, content, Shape())
        return CheckResult(outcome=sent.outcomes[0], request=sent.request)

    async def endpoints(self, context: TargetContext) -> tuple[EndpointDraft, ...]:  # noqa: ARG002 - the protocol's
        """The one address."""
        return (EndpointDraft(name="default"),)

    async def deliver(self, context: TargetContext, parcel: Parcel) -> Delivered:
        """Post the parcel."""
        sent = await _post(context, _render(parcel), parcel.shape)
        if len(parcel.items) == 1:
            return sent
        return Delivered(outcomes=sent.outcomes * len(parcel.items), request=sent.request)


class _Content(msgspec.Struct, frozen=True, kw_only=True):
    message_id: str
    content_type: str
    body: bytes


class _Credentials:
    """The secrets of one request: its auth header, the keys that sign, and the texts that must not be shown."""

    __slots__ = ("header", "hidden", "keys")

    def __init__(self) -> None:
        self.header: tuple[str, str] | None = None
        self.hidden: tuple[str, ...] = ()
        self.keys: list[bytes] = []


class _SecretMissing(Exception):
    """The store no longer has a secret that the settings refer to, or it is not what it was."""


async def _post(context: TargetContext, content: _Content, shape: Shape) -> Delivered:
    """One exchange, or the reason why there was none."""
    settings = _settings(bytes(context.target.settings))
    try:
        extra = _extra_headers(settings, shape)
        credentials = await _read_credentials(settings, context.secrets)
    except SecretsUnavailable as error:
        return Delivered(outcomes=(secrets_unavailable(error),), request=None)
    except _SecretMissing as error:
        outcome = Outcome(kind=OutcomeKind.AUTH, code="secret_missing", detail=str(error))
        return Delivered(outcomes=(outcome,), request=None)
    except BadInput as error:
        outcome = Outcome(kind=OutcomeKind.REJECTED, code="render", detail=f"{error.message} ({error.code})")
        return Delivered(outcomes=(outcome,), request=None)
    now = context.clock.now()
    request = Request(
        method="POST",
        url=settings.url,
        headers=_headers(content, credentials, extra, now // 1000),
        body=content.body,
        deadline_s=context.deadline_s,
        response_bytes_max=context.response_bytes_max,
    )
    outcome = await exchange(context.outbound, request, hidden=credentials.hidden, now=now)
    secret_header = None if credentials.header is None else credentials.header[0]
    return Delivered(outcomes=(outcome,), request=shown(request, secret_header=secret_header))


def _headers(
    content: _Content, credentials: _Credentials, extra: tuple[tuple[str, str], ...], timestamp_s: int
) -> tuple[tuple[str, str], ...]:
    headers = [
        ("content-type", content.content_type),
        ("user-agent", USER_AGENT),
        ("webhook-id", content.message_id),
        ("webhook-timestamp", str(timestamp_s)),
    ]
    if credentials.keys:
        signature = sign(credentials.keys, message_id=content.message_id, timestamp_s=timestamp_s, body=content.body)
        headers.append(("webhook-signature", signature))
    headers.extend(extra)
    if credentials.header is not None:
        headers.append(credentials.header)
    return tuple(headers)


def _extra_headers(settings: WebhookSettings, shape: Shape) -> tuple[tuple[str, str], ...]:
    """The target's headers and, over them, the binding's; neither may stand in for the credentials."""
    if not shape.headers:
        return tuple(settings.headers.items())
    merged = settings.headers | check_headers(shape.headers)
    if isinstance(settings.auth, HeaderAuth):
        merged.pop(settings.auth.name, None)
    return tuple(merged.items())


async def _read_credentials(settings: WebhookSettings, store: SecretStore) -> _Credentials:
    """Raises SecretsUnavailable, _SecretMissing."""
    credentials = _Credentials()
    match settings.auth:
        case NoAuth():
            pass
        case HeaderAuth(name=name, value=ref):
            value = await _secret(store, ref.secret)
            credentials.header, credentials.hidden = (name, value), (value,)
        case BearerAuth(token=ref):
            token = await _secret(store, ref.secret)
            credentials.header, credentials.hidden = ("authorization", f"Bearer {token}"), (token,)
        case BasicAuth(username=username, password=ref):
            password = await _secret(store, ref.secret)
            pair = b64encode(f"{username}:{password}".encode()).decode()
            credentials.header, credentials.hidden = ("authorization", f"Basic {pair}"), (pair, password)
        case other:
            assert_never(other)
    if settings.signing is not None:
        credentials.keys.append(await _key(store, settings.signing.secret.secret))
        if settings.signing.previous is not None:
            credentials.keys.append(await _key(store, settings.signing.previous.secret))
    return credentials


async def _secret(store: SecretStore, name: str) -> str:
    value = await store.get(name)
    if value is None:
        raise _SecretMissing(f"The secret {name} is no longer in the secret store. Enter it again and reconnect.")
    return value


async def _key(store: SecretStore, name: str) -> bytes:
    value = await _secret(store, name)
    try:
        return signing_key(value)
    except ValueError as error:
        raise _SecretMissing(f"The secret {name} cannot sign: {error}. Enter it again and reconnect.") from error


def _render(parcel: Parcel) -> _Content:
    items = parcel.items
    match parcel.shape.format:
        case BodyFormat.CLOUDEVENTS:
            bodies = [
                cloud_events.to_json(item.delivery.event, item.data, source_name=item.source_name) for item in items
            ]
            content_type = cloud_events.CONTENT_TYPE if len(items) == 1 else cloud_events.BATCH_CONTENT_TYPE
        case BodyFormat.RAW:
            bodies = [bytes(item.data) for item in items]
            content_type = "application/json"
        case other:
            assert_never(other)
    body = bodies[0] if len(bodies) == 1 else cloud_events.join_batch(bodies)
    return _Content(message_id=parcel.id, content_type=content_type, body=body)


def _check_body(context: TargetContext, message_id: str) -> bytes:
    now = cloud_events.rfc3339(context.clock.now())
    data = msgspec.json.encode({"version": 1, "target": context.target.name})
    event = cloud_events.CloudEvent(
        id=message_id,
        source="/posthouse",
        type=CHECK_TYPE,
        time=now,
        severity="info",
        recordedtime=now,
        data=msgspec.Raw(data),
    )
    return msgspec.json.encode(event)


@lru_cache(maxsize=512)
def _settings(canonical: bytes) -> WebhookSettings:
    """What `parse` made, decoded once: targets are few and their settings change seldom."""
    return msgspec.json.decode(canonical, type=WebhookSettings)
