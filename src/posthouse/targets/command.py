"""A program of this machine: each event is told to it on its standard input, and its exit code says what came of it.

In: a parcel, as CloudEvents in JSON or as its data alone, by the binding's shape. Out: one run per parcel, by the rules
of `targets.programs`. The wire id is in the environment, so that a program can drop what it has had already. The check
runs it too, with an event of the type `posthouse.check`: only a run shows whether it runs.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, assert_never

import msgspec

from posthouse.model.bindings import BodyFormat
from posthouse.model.deliveries import Outcome, SentRequest
from posthouse.model.errors import BadInput, Conflict, SecretsUnavailable
from posthouse.rules.pacing import Bucket
from posthouse.rules.texts import cut_bytes, without_controls
from posthouse.rules.timestamps import rfc3339
from posthouse.targets import cloud_events
from posthouse.targets.base import (
    ANY,
    CheckResult,
    Delivered,
    EndpointDraft,
    Field,
    FieldKind,
    Parcel,
    SecretField,
    TargetContext,
)
from posthouse.targets.credentials import withheld
from posthouse.targets.entering import convert
from posthouse.targets.programs import (
    Argv,
    Run,
    Variables,
    check_program,
    check_variable,
    prepare,
    refuse_where_off,
    run,
    switched_off,
)
from posthouse.targets.webhook import CHECK_TYPE

VARIABLE_BYTES_MAX = 1_000
"""How much of a text of the event a variable holds."""


class CommandSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to run, and the variables that it is given besides."""

    argv: Argv
    env: Variables = {}


class CommandTarget:
    """The kind `command`."""

    title = "A program"
    summary = "Runs a program on this machine, with the event on its standard input."
    fields = (
        Field(
            path=("argv",),
            label="Program",
            kind=FieldKind.LINES,
            is_required=True,
            placeholder="/usr/local/bin/on-event",
            help="The program on the first line, each argument on a line of its own. No shell reads them.",
        ),
        Field(
            path=("env",),
            label="Variables",
            kind=FieldKind.SECRETS,
            is_advanced=True,
            help="Environment variables that it is given. They are kept as secrets.",
        ),
    )
    endpoint_fields: tuple[Field, ...] = ()
    takes_messages = False
    is_health_relevant = True
    can_update = False
    secret_fields = (SecretField(path=("env", ANY), check=check_variable),)

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate settings. Raises BadInput `target.settings_invalid`, `target.program_invalid` with the field."""
        parsed = convert(settings, CommandSettings)
        check_program(parsed.argv, parsed.env)
        return msgspec.Raw(msgspec.json.encode(parsed))

    def parse_endpoint(self, settings: dict[str, Any]) -> msgspec.Raw:
        """There is nothing to enter. Raises BadInput `endpoint.settings_invalid`."""
        if settings:
            raise BadInput(
                "endpoint.settings_invalid", "A program is one endpoint, without settings.", field="settings"
            )
        return msgspec.Raw(b"{}")

    def pacing(self, settings: msgspec.Raw) -> Bucket | None:  # noqa: ARG002 - the protocol's
        """A program takes each when its turn comes."""
        return None

    def secret_names(self, settings: msgspec.Raw) -> tuple[str, ...]:
        """References of the secrets in these settings."""
        return tuple(ref.secret for ref in _settings(bytes(settings)).env.values())

    async def check(self, context: TargetContext) -> CheckResult:
        """Run it with a `posthouse.check` event."""
        message_id = context.clock.uuid7()
        told = {"POSTHOUSE_DELIVERY_ID": message_id, "POSTHOUSE_EVENTS": "1", "POSTHOUSE_EVENT_TYPE": CHECK_TYPE}
        outcome, request = await _attempt(context, told, _check_body(context, message_id))
        return CheckResult(outcome=outcome, request=request)

    async def endpoints(self, context: TargetContext) -> tuple[EndpointDraft, ...]:  # noqa: ARG002 - the protocol's
        """The program itself."""
        return (EndpointDraft(name="default"),)

    async def preview(self, context: TargetContext, parcel: Parcel) -> SentRequest:
        """The run that `deliver` would make. Raises SecretsUnavailable, and Conflict `target.secret_missing` or
        `target.commands_off`.
        """
        refuse_where_off(context)
        return (await _prepare(context, told_of(parcel), _render(parcel))).shown

    async def deliver(self, context: TargetContext, parcel: Parcel) -> Delivered:
        """Run it for the parcel."""
        outcome, request = await _attempt(context, told_of(parcel), _render(parcel))
        return Delivered(outcomes=(outcome,) * len(parcel.items), request=request)


def told_of(parcel: Parcel) -> dict[str, str]:
    """The variables that say what a parcel holds; those of the event only where it is one."""
    told = {"POSTHOUSE_DELIVERY_ID": parcel.id, "POSTHOUSE_EVENTS": str(len(parcel.items))}
    if len(parcel.items) > 1:
        return told
    item = parcel.items[0]
    event = item.delivery.event
    texts = {
        "POSTHOUSE_EVENT_ID": event.id,
        "POSTHOUSE_EVENT_TYPE": event.type,
        "POSTHOUSE_EVENT_SEVERITY": event.severity.value,
        "POSTHOUSE_EVENT_SUBJECT": event.subject or "",
        "POSTHOUSE_SOURCE": item.source_name,
    }
    return told | {name: cut_bytes(without_controls(text), VARIABLE_BYTES_MAX) for name, text in texts.items()}


async def _attempt(context: TargetContext, told: dict[str, str], body: bytes) -> tuple[Outcome, SentRequest | None]:
    """One run, or the reason why there was none."""
    if not context.may_run_programs:
        return switched_off(), None
    try:
        prepared = await _prepare(context, told, body)
    except (SecretsUnavailable, Conflict) as error:
        return withheld(error), None
    return await run(context, prepared), prepared.shown


async def _prepare(context: TargetContext, told: dict[str, str], body: bytes) -> Run:
    settings = _settings(bytes(context.target.settings))
    return await prepare(context.secrets, settings.argv, settings.env, told=told, stdin=body)


def _render(parcel: Parcel) -> bytes:
    items = parcel.items
    match parcel.shape.format:
        case BodyFormat.CLOUDEVENTS:
            bodies = [
                cloud_events.to_json(item.delivery.event, item.data, source_name=item.source_name) for item in items
            ]
        case BodyFormat.RAW:
            bodies = [bytes(item.data) for item in items]
        case BodyFormat.TEMPLATE:
            bodies = [item.body or b"null" for item in items]
        case other:
            assert_never(other)
    return bodies[0] if len(bodies) == 1 else cloud_events.join_batch(bodies)


def _check_body(context: TargetContext, message_id: str) -> bytes:
    now = rfc3339(context.clock.now())
    event = cloud_events.CloudEvent(
        id=message_id,
        source="/posthouse",
        type=CHECK_TYPE,
        time=now,
        severity="info",
        recordedtime=now,
        data=msgspec.Raw(msgspec.json.encode({"version": 1, "target": context.target.name})),
    )
    return msgspec.json.encode(event)


@lru_cache(maxsize=512)
def _settings(canonical: bytes) -> CommandSettings:
    """What `parse` made, decoded once."""
    return msgspec.json.decode(canonical, type=CommandSettings)
