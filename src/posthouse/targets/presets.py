"""Presets: services that take one JSON body per item at one address, each described by a few facts and functions.

A preset says what is entered, where that leads, what is posted for an item, how the address is asked without anybody
noticing, and what the service's answers mean beyond their status code. All else is here, and the same for all: the
secret is read when it is sent, items go one by one, and where one is not taken those behind it wait.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from posthouse.model.deliveries import Outcome, OutcomeKind, SentRequest
from posthouse.model.errors import BadInput, Conflict, SecretsUnavailable
from posthouse.rules.pacing import Bucket
from posthouse.system.outbound import Request
from posthouse.targets import cloud_events
from posthouse.targets.base import (
    CheckResult,
    Delivered,
    EndpointDraft,
    Field,
    FieldKind,
    Item,
    Parcel,
    SecretField,
    SecretRef,
    TargetContext,
)
from posthouse.targets.credentials import read_secret, secret_missing, withheld
from posthouse.targets.entering import convert
from posthouse.targets.http_exchange import exchange, out_of_time, shown
from posthouse.targets.secret_urls import HookAddress
from posthouse.targets.webhook import USER_AGENT, check_body

JSON = "application/json"
"""Automation services parse a body of this type only, and not one of CloudEvents' own."""


class PastedUrl(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of most presets: an address that is a secret."""

    url: SecretRef


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """A request that changes nothing and that nobody sees."""

    method: str
    address: HookAddress
    body: bytes = b""


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """One service.

    `secret`: the setting that holds the secret. `address`: where settings and secret lead; raises ValueError without
    the secret. `body`: what is posted for an item to an endpoint. `probe`: None posts a `posthouse.check` event.
    `judge`, `judge_probe`: what the answer adds to the outcome that its status code gave.
    """

    title: str
    summary: str
    fields: tuple[Field, ...]
    settings: type[msgspec.Struct] = PastedUrl
    secret: str = "url"  # noqa: S105 (the name of a setting)
    takes_messages: bool
    address: Callable[[Any, str], HookAddress]
    body: Callable[[Any, Any, Item], bytes]
    probe: Callable[[Any, HookAddress], Probe] | None = None
    judge: Callable[[Outcome], Outcome] = lambda outcome: outcome
    judge_probe: Callable[[Outcome], Outcome] | None = None
    polish: Callable[[Any], Any] = lambda settings: settings
    endpoint: Callable[[Any], EndpointDraft] = lambda _: EndpointDraft(name="default")
    endpoint_settings: type[msgspec.Struct] | None = None
    endpoint_fields: tuple[Field, ...] = ()


def url_field(*, placeholder: str, help: str = "") -> Field:  # noqa: A002 (the word of the field)
    """The field for an address that is a secret."""
    return Field(
        path=("url",), label="URL", kind=FieldKind.SECRET, is_required=True, placeholder=placeholder, help=help
    )


def event_body(_settings: Any, _endpoint: Any, item: Item) -> bytes:
    """The event as CloudEvents JSON."""
    return cloud_events.to_json(item.delivery.event, item.data, source_name=item.source_name)


class PresetTarget:
    """A kind made of a preset."""

    def __init__(self, preset: Preset) -> None:
        self._preset = preset
        self.title = preset.title
        self.summary = preset.summary
        self.fields = preset.fields
        self.takes_messages = preset.takes_messages
        self.is_health_relevant = True
        self.can_update = False
        self.endpoint_fields = preset.endpoint_fields
        self.secret_fields = (SecretField(path=(preset.secret,), check=self._check_secret),)

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate settings. Raises BadInput with the field, `target.settings_invalid` or what the preset raises."""
        parsed = self._preset.polish(convert(settings, self._preset.settings))
        return msgspec.Raw(msgspec.json.encode(parsed))

    def parse_endpoint(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate an endpoint's settings. Raises BadInput `target.settings_invalid`."""
        if self._preset.endpoint_settings is not None:
            return msgspec.Raw(msgspec.json.encode(convert(settings, self._preset.endpoint_settings)))
        if settings:
            raise BadInput("target.settings_invalid", f"{self.title} has one endpoint here, without settings.")
        return msgspec.Raw(b"{}")

    def pacing(self, settings: msgspec.Raw) -> Bucket | None:  # noqa: ARG002 - the protocol's
        """These services say when it is too much."""
        return None

    def secret_names(self, settings: msgspec.Raw) -> tuple[str, ...]:
        """The secret's reference."""
        return (self._reference(self._decoded(settings)).secret,)

    async def check(self, context: TargetContext) -> CheckResult:
        """Ask the address in the way that the service has for it; where it has none, post a `posthouse.check` event."""
        settings = self._decoded(context.target.settings)
        try:
            address = await self._address(context, settings)
        except (SecretsUnavailable, Conflict) as error:
            return CheckResult(outcome=withheld(error))
        preset = self._preset
        if preset.probe is None:
            message_id = context.clock.uuid7()
            request = _request(context, "POST", address.url, check_body(context, message_id), message_id)
        else:
            probe = preset.probe(settings, address)
            address = probe.address
            request = _request(context, probe.method, address.url, probe.body, "")
        outcome = await exchange(context.outbound, request, hidden=address.hidden, now=context.clock.now())
        judge = preset.judge_probe or preset.judge
        return CheckResult(outcome=judge(outcome), request=shown(request, secret_header=None, url=address.shown))

    async def endpoints(self, context: TargetContext) -> tuple[EndpointDraft, ...]:
        """The one that the settings name."""
        return (self._preset.endpoint(self._decoded(context.target.settings)),)

    async def preview(self, context: TargetContext, parcel: Parcel) -> SentRequest:
        """What the first item would be. Raises SecretsUnavailable, Conflict `target.secret_missing`."""
        address = await self._address(context, self._decoded(context.target.settings))
        request = self._posting(context, address, parcel, parcel.items[0])
        return shown(request, secret_header=None, url=address.shown)

    async def deliver(self, context: TargetContext, parcel: Parcel) -> Delivered:
        """Post each item; where one is not taken now, those behind it wait with it."""
        try:
            address = await self._address(context, self._decoded(context.target.settings))
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
            request = self._posting(bounded, address, parcel, item)
            first = first or shown(request, secret_header=None, url=address.shown)
            outcome = await exchange(context.outbound, request, hidden=address.hidden, now=context.clock.now())
            outcomes.append(self._preset.judge(outcome))
            if outcomes[-1].kind not in (OutcomeKind.DELIVERED, OutcomeKind.REJECTED):
                break
        unsent = msgspec.structs.replace(outcomes[-1], is_maybe_sent=False)
        outcomes += [unsent] * (len(parcel.items) - len(outcomes))
        return Delivered(outcomes=tuple(outcomes), request=first)

    def _posting(self, context: TargetContext, address: HookAddress, parcel: Parcel, item: Item) -> Request:
        preset = self._preset
        endpoint = None
        if preset.endpoint_settings is not None:
            endpoint = msgspec.json.decode(parcel.endpoint.settings, type=preset.endpoint_settings)
        body = preset.body(self._decoded(context.target.settings), endpoint, item)
        wire_id = parcel.id if len(parcel.items) == 1 else item.delivery.id
        return _request(context, "POST", address.url, body, "" if preset.takes_messages else wire_id)

    async def _address(self, context: TargetContext, settings: Any) -> HookAddress:
        """Raises SecretsUnavailable, Conflict `target.secret_missing`."""
        reference = self._reference(settings)
        secret = await read_secret(context.secrets, reference.secret)
        try:
            return self._preset.address(settings, secret)
        except ValueError as error:
            raise secret_missing(f"The secret {reference.secret} {error}. Enter it again and reconnect.") from error

    def _check_secret(self, value: str) -> None:
        self._preset.address(None, value)

    def _reference(self, settings: Any) -> SecretRef:
        reference = getattr(settings, self._preset.secret)
        assert isinstance(reference, SecretRef)
        return reference

    def _decoded(self, settings: msgspec.Raw) -> Any:
        return _decode(self._preset.settings, bytes(settings))


def _request(context: TargetContext, method: str, url: str, body: bytes, wire_id: str) -> Request:
    headers = [("user-agent", USER_AGENT)]
    if body:
        headers.append(("content-type", JSON))
    if wire_id:
        headers.append(("webhook-id", wire_id))
    return Request(
        method=method,
        url=url,
        headers=tuple(headers),
        body=body,
        deadline_s=context.deadline_s,
        response_bytes_max=context.response_bytes_max,
    )


@lru_cache(maxsize=512)
def _decode(settings: type[msgspec.Struct], canonical: bytes) -> msgspec.Struct:
    """What `parse` made, decoded once."""
    return msgspec.json.decode(canonical, type=settings)
