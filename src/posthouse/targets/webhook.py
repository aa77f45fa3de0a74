"""A webhook: one signed POST per parcel to a URL, as CloudEvents or as the bare data.

Every request carries the parcel's id as `webhook-id`, the same over all attempts. URL, headers and secrets are taken
when it is sent, so that an edit applies to what waits. A single item is sent by itself, several as a JSON array. The
address is one endpoint named `default`.
"""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, assert_never

import msgspec

from posthouse.model.bindings import BodyFormat, Shape
from posthouse.model.deliveries import Outcome, OutcomeKind, SentRequest
from posthouse.model.errors import BadInput, Conflict, SecretsUnavailable
from posthouse.model.ids import Millis
from posthouse.rules.pacing import Bucket
from posthouse.rules.timestamps import rfc3339
from posthouse.system.outbound import Request
from posthouse.system.secrets import SecretStore
from posthouse.targets import cloud_events
from posthouse.targets.base import CheckResult, Delivered, EndpointDraft, Parcel, TargetContext
from posthouse.targets.credentials import read_secret, secret_missing, withheld
from posthouse.targets.headers import check_headers
from posthouse.targets.http_exchange import exchange, shown
from posthouse.targets.standard_webhooks import sign, signing_key
from posthouse.targets.webhook_settings import (
    FIELDS,
    SECRET_FIELDS,
    BasicAuth,
    BearerAuth,
    HeaderAuth,
    NoAuth,
    WebhookSettings,
    parse_settings,
)

if TYPE_CHECKING:
    from posthouse.targets.standard_webhooks import Key

USER_AGENT = f"Posthouse/{version('posthouse')}"
CHECK_TYPE = "posthouse.check"


class WebhookTarget:
    """The kind `webhook`."""

    title = "Webhook"
    summary = "Any address that takes HTTP: your own service, or the webhook of one that is not named here."
    fields = FIELDS
    takes_messages = False
    is_health_relevant = True
    can_update = False
    secret_fields = SECRET_FIELDS
    endpoint_fields = ()

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate settings. Raises BadInput naming the field (see `webhook_settings.parse_settings`)."""
        return msgspec.Raw(msgspec.json.encode(parse_settings(settings)))

    def parse_endpoint(self, settings: dict[str, Any]) -> msgspec.Raw:
        """There is nothing to enter. Raises BadInput `endpoint.settings_invalid`."""
        if settings:
            raise BadInput(
                "endpoint.settings_invalid", "A webhook has one address, which is its URL.", field="settings"
            )
        return msgspec.Raw(b"{}")

    def pacing(self, settings: msgspec.Raw) -> Bucket | None:  # noqa: ARG002 - the protocol's
        """A webhook says nothing of it."""
        return None

    def secret_names(self, settings: msgspec.Raw) -> tuple[str, ...]:
        """References of the secrets in these settings."""
        return _settings(bytes(settings)).references()

    async def check(self, context: TargetContext) -> CheckResult:
        """Post a signed `posthouse.check` event."""
        message_id = context.clock.uuid7()
        body = check_body(context, message_id)
        content = Content(message_id=message_id, content_type=cloud_events.CONTENT_TYPE, body=body)
        sent = await post(context, content, Shape(), _settings(bytes(context.target.settings)))
        return CheckResult(outcome=sent.outcomes[0], request=sent.request)

    async def endpoints(self, context: TargetContext) -> tuple[EndpointDraft, ...]:  # noqa: ARG002 - the protocol's
        """The one address."""
        return (EndpointDraft(name="default"),)

    async def preview(self, context: TargetContext, parcel: Parcel) -> SentRequest:
        """The request that `deliver` would make now. Raises SecretsUnavailable, Conflict `target.secret_missing`."""
        settings = _settings(bytes(context.target.settings))
        return (await make(context, render(parcel), parcel.shape, settings)).shown

    async def deliver(self, context: TargetContext, parcel: Parcel) -> Delivered:
        """Post the parcel."""
        sent = await post(context, render(parcel), parcel.shape, _settings(bytes(context.target.settings)))
        if len(parcel.items) == 1:
            return sent
        return Delivered(outcomes=sent.outcomes * len(parcel.items), request=sent.request)


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What is posted, under the id that stays the same over all attempts."""

    message_id: str
    content_type: str
    body: bytes


class _Credentials:
    """The secrets of one request: its auth header, the keys that sign, and the texts that must not be shown."""

    __slots__ = ("header", "hidden", "keys")

    def __init__(self) -> None:
        self.header: tuple[str, str] | None = None
        self.hidden: tuple[str, ...] = ()
        self.keys: list[Key] = []


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A request that is ready to leave, and what must not be shown of it."""

    request: Request
    hidden: tuple[str, ...]
    secret_header: str | None
    now: Millis

    @property
    def shown(self) -> SentRequest:
        """It as it may be kept and shown."""
        return shown(self.request, secret_header=self.secret_header)


async def post(
    context: TargetContext, content: Content, shape: Shape, settings: WebhookSettings, *, method: str = "POST"
) -> Delivered:
    """One exchange with the address that the settings name, or the reason why there was none."""
    try:
        made = await make(context, content, shape, settings, method=method)
    except (SecretsUnavailable, Conflict) as error:
        return Delivered(outcomes=(withheld(error),), request=None)
    except BadInput as error:
        outcome = Outcome(kind=OutcomeKind.REJECTED, code="render", detail=f"{error.message} ({error.code})")
        return Delivered(outcomes=(outcome,), request=None)
    outcome = await exchange(context.outbound, made.request, hidden=made.hidden, now=made.now)
    return Delivered(outcomes=(outcome,), request=made.shown)


async def make(
    context: TargetContext, content: Content, shape: Shape, settings: WebhookSettings, *, method: str = "POST"
) -> Made:
    """The request, with the credentials of this moment. Raises SecretsUnavailable, Conflict, BadInput."""
    extra = _extra_headers(settings, shape)
    credentials = await _read_credentials(settings, context.secrets)
    now = context.clock.now()
    request = Request(
        method=method,
        url=settings.url,
        headers=_headers(content, credentials, extra, now // 1000),
        body=content.body,
        deadline_s=context.deadline_s,
        response_bytes_max=context.response_bytes_max,
    )
    return Made(
        request=request,
        hidden=credentials.hidden,
        secret_header=None if credentials.header is None else credentials.header[0],
        now=now,
    )


def _headers(
    content: Content, credentials: _Credentials, extra: tuple[tuple[str, str], ...], timestamp_s: int
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
    """Raises SecretsUnavailable, Conflict `target.secret_missing`."""
    credentials = _Credentials()
    match settings.auth:
        case NoAuth():
            pass
        case HeaderAuth(name=name, value=ref):
            value = await read_secret(store, ref.secret)
            credentials.header, credentials.hidden = (name, value), (value,)
        case BearerAuth(token=ref):
            token = await read_secret(store, ref.secret)
            credentials.header, credentials.hidden = ("authorization", f"Bearer {token}"), (token,)
        case BasicAuth(username=username, password=ref):
            password = await read_secret(store, ref.secret)
            pair = b64encode(f"{username}:{password}".encode()).decode()
            credentials.header, credentials.hidden = ("authorization", f"Basic {pair}"), (pair, password)
        case other:
            assert_never(other)
    if settings.signing is not None:
        credentials.keys.append(await _key(store, settings.signing.secret.secret))
        if settings.signing.previous is not None:
            credentials.keys.append(await _key(store, settings.signing.previous.secret))
    return credentials


async def _key(store: SecretStore, name: str) -> Key:
    value = await read_secret(store, name)
    try:
        return signing_key(value)
    except ValueError as error:
        raise secret_missing(f"The secret {name} cannot sign: {error}. Enter it again and reconnect.") from error


def render(parcel: Parcel) -> Content:
    """The items in the binding's format: one by itself, several as an array."""
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
        case BodyFormat.TEMPLATE:
            bodies = [item.body or b"null" for item in items]
            content_type = "application/json"
        case other:
            assert_never(other)
    body = bodies[0] if len(bodies) == 1 else cloud_events.join_batch(bodies)
    return Content(message_id=parcel.id, content_type=content_type, body=body)


def check_body(context: TargetContext, message_id: str) -> bytes:
    """The event `posthouse.check`."""
    now = rfc3339(context.clock.now())
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
