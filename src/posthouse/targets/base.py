"""What a target is: something that can be checked, lists its endpoints, and takes parcels.

A kind is one file with one class, named in `KINDS` and imported when first used. A target holds no state between
calls but its connections; everything it needs comes in the context. An expected failure is an `Outcome`, never an
exception; an exception out of `deliver` is our bug and is recorded as a transient outcome with code `internal`.

Settings never hold a secret. What a person enters passes through `extract_secrets`, which takes the secrets out and
puts references in; those values go into the secret store, then `parse` makes the rest canonical, and only that is kept:

    entered = extract_secrets(kind, settings, scope=clock.uuid7(), known=<references the target has>)
    canonical = target_kind(kind).parse(entered.settings)
    for name, value in entered.values.items():
        await store.put(name, value)
    ... commit `canonical`; then delete those of the old `secret_names()` that are not in the new ones
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from enum import StrEnum
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

import msgspec

from posthouse.model.bindings import Shape
from posthouse.model.deliveries import ClaimedDelivery, Outcome, SentRequest
from posthouse.model.errors import BadInput
from posthouse.model.ids import ParcelId
from posthouse.model.messages import Message
from posthouse.model.targets import Endpoint, Target
from posthouse.rules.pacing import Bucket
from posthouse.system.clock import Clock
from posthouse.system.outbound import Outbound
from posthouse.system.secrets import SecretStore

KINDS: dict[str, str] = {
    "webhook": "posthouse.targets.webhook:WebhookTarget",
    "n8n": "posthouse.targets.n8n:N8nTarget",
    "make": "posthouse.targets.make:MakeTarget",
    "zapier": "posthouse.targets.zapier:ZapierTarget",
    "ntfy": "posthouse.targets.ntfy:NtfyTarget",
    "slack": "posthouse.targets.slack:SlackTarget",
    "discord": "posthouse.targets.discord:DiscordTarget",
    "telegram": "posthouse.targets.telegram:TelegramTarget",
    "google-sheets": "posthouse.targets.google_sheets:GoogleSheetsTarget",
    "home-assistant": "posthouse.targets.home_assistant:HomeAssistantTarget",
    "apprise": "posthouse.targets.apprise:AppriseTarget",
    "posthouse": "posthouse.targets.posthouse:PosthouseTarget",
    "command": "posthouse.targets.command:CommandTarget",
    "probe": "posthouse.targets.probe:ProbeTarget",
}
"""Kind to `module:class`, or to what makes one."""

ONE_AT_A_TIME = frozenset({"google-sheets"})
"""Kinds whose endpoints take one delivery at a time, since each reads what is there before it writes."""


class SecretRef(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Stands in settings where a secret belongs: the name under which the secret store has it."""

    secret: str


ANY = "*"
"""As the last step of a secret field's path: every key of what stands there."""


class SecretField(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a kind's settings that holds a secret. `check` raises ValueError, never with the value in it.

    Where `path` ends with ANY, people name the secrets themselves, and there are any number of them.
    """

    path: tuple[str, ...]
    check: Callable[[str], None]

    def keys(self, holder: Mapping[str, Any]) -> tuple[str, ...]:
        """Which keys of the object that the path leads to stand for secrets."""
        return tuple(holder) if self.path[-1] == ANY else self.path[-1:]


class FieldKind(StrEnum):
    """How a field is entered.

    lines: a list of texts. headers: names with values. secrets: names with a secret each. sign_in: see `SignsIn`.
    """

    TEXT = "text"
    URL = "url"
    SECRET = "secret"  # noqa: S105 (the name of a kind)
    CHOICE = "choice"
    SWITCH = "switch"
    LINES = "lines"
    HEADERS = "headers"
    SECRETS = "secrets"
    SIGN_IN = "sign_in"


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One of a few values, and what people call it."""

    value: str
    label: str


class When(msgspec.Struct, frozen=True, kw_only=True):
    """The choice at `path` has this value."""

    path: tuple[str, ...]
    value: str


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a person enters for a target: forms and prompts are made of these.

    `path`: where it stands in the settings. `when`: it is asked for only then. `is_advanced`: most people leave it.
    What is left empty, or not asked for, is left out of the settings; in a change null takes it out. An object in the
    settings that has fields here is made of these fields alone.
    """

    path: tuple[str, ...]
    label: str
    kind: FieldKind = FieldKind.TEXT
    help: str = ""
    placeholder: str = ""
    is_required: bool = False
    is_advanced: bool = False
    choices: tuple[Choice, ...] = ()
    default: str | bool | None = None
    when: When | None = None


class EnteredSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings with references in the place of secrets, and the secrets by their names."""

    settings: dict[str, Any]
    values: dict[str, str]

    def __repr__(self) -> str:
        return f"EnteredSettings(settings={self.settings!r}, values=<{len(self.values)} hidden>)"


class EndpointDraft(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint that a target offers, before the ledger knows it.

    `identity`: what the target itself knows it by, where that outlives a renaming (the number of a worksheet).
    """

    name: str
    identity: str = ""
    settings: msgspec.Raw = msgspec.Raw(b"{}")


class EndpointsUnknown(Exception):
    """A target could not say which endpoints it has; `outcome` is what came of asking it, `code` and all."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.code)
        self.outcome = outcome


class NotPrepared(Exception):
    """What a target needs could not be made at the service; `outcome` is what came of asking for it."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.code)
        self.outcome = outcome


class SignInPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How a person signs in at a service with OAuth 2: its addresses, our client there, and the leave asked for."""

    auth_url: str
    token_url: str
    client_id: str
    client_secret: str | None
    scope: str
    parameters: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"SignInPlan({self.auth_url!r}, {self.scope!r})"


class TargetContext(msgspec.Struct, frozen=True, kw_only=True):
    """What a target is given for one call. `deadline_s` bounds the whole exchange.

    `may_run_programs`: the setting `commands.allowed`. `endpoints`: for a check, those that the target has; none of one
    that is not saved yet.
    """

    target: Target
    outbound: Outbound
    secrets: SecretStore
    clock: Clock
    deadline_s: float
    response_bytes_max: int
    may_run_programs: bool = False
    endpoints: tuple[Endpoint, ...] = ()


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery of a parcel. `data` is the event's data, projected by the owner's choices and reshaped by the
    binding's `select`, as JSON text.

    `message`: what a person is told, for kinds that take messages; None for all others. `body`: what the binding's own
    document came out as, for the format `template`; None for all others.
    """

    delivery: ClaimedDelivery
    data: msgspec.Raw
    source_name: str
    message: Message | None = None
    body: bytes | None = None


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """What is handed over in one request. `id` is the wire id: constant over all attempts, without a dot."""

    id: ParcelId
    endpoint: Endpoint
    shape: Shape
    items: tuple[Item, ...]


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """What `deliver` answers: one outcome per item in order, and what was sent (None if nothing left)."""

    outcomes: tuple[Outcome, ...]
    request: SentRequest | None


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict of `check()`: `outcome.kind` is delivered where all is well."""

    outcome: Outcome
    request: SentRequest | None = None

    @property
    def is_ok(self) -> bool:
        """True where the target answered as it should."""
        return self.outcome.kind == "delivered"


class TargetKind(Protocol):
    """One kind of destination."""

    title: str
    """What people call it: `n8n`."""

    summary: str
    """What it is, in one sentence."""

    fields: tuple[Field, ...]
    """What a person enters, in the order in which it is asked for."""

    takes_messages: bool
    """Whether it speaks to people: then each item of a parcel has its message."""

    is_health_relevant: bool
    """Whether what its deliveries meet counts for health; where it does not, no policy of a binding makes it count."""

    can_update: bool
    """Whether a later message of the same correlation key takes the place of the earlier one."""

    secret_fields: tuple[SecretField, ...]
    """Where secrets stand in this kind's settings."""

    endpoint_fields: tuple[Field, ...]
    """What a person enters for a further endpoint, beside its name; no secrets. Empty where people add none."""

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate a person's settings and give them back in canonical form. Raises BadInput naming the field."""
        ...

    def parse_endpoint(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate what a person entered for an endpoint, in canonical form. Raises BadInput naming the field."""
        ...

    def pacing(self, settings: msgspec.Raw) -> Bucket | None:
        """How often the service lets one sender send to all of this target's endpoints; None where it does not say."""
        ...

    def secret_names(self, settings: msgspec.Raw) -> tuple[str, ...]:
        """References of the secrets that these settings hold, to be deleted with the target."""
        ...

    async def check(self, context: TargetContext) -> CheckResult:
        """Find out whether the target would take a delivery now."""
        ...

    async def endpoints(self, context: TargetContext) -> tuple[EndpointDraft, ...]:
        """The endpoints that the target itself offers to be bound, asked for within the deadline.

        Those that people added are not among them. Raises EndpointsUnknown where the target did not say.
        """
        ...

    async def preview(self, context: TargetContext, parcel: Parcel) -> SentRequest:
        """What `deliver` would send now, without secrets; nothing leaves.

        Raises PosthouseError where nothing could be sent, with the reason for people.
        """
        ...

    async def deliver(self, context: TargetContext, parcel: Parcel) -> Delivered:
        """Hand the parcel over within the deadline. Safe to repeat: the wire id lets the receiver drop a duplicate."""
        ...


@runtime_checkable
class SignsIn(Protocol):
    """A kind for which a person signs in; what comes of it is the secret in its field of kind `sign_in`."""

    async def sign_in(self, settings: dict[str, Any], read: Callable[[str], Awaitable[str]]) -> SignInPlan:
        """How, by these settings, which may lack what comes of it. `read` gives the secret of a reference.

        Raises BadInput `target.settings_invalid` or `target.cannot_sign_in`, and what `read` raises.
        """
        ...


@runtime_checkable
class Prepares(Protocol):
    """A kind that makes something at its service before a target is saved, where the settings ask for it."""

    async def prepare(self, context: TargetContext) -> msgspec.Raw:
        """The settings with what was made; the same where nothing was to be made. Raises NotPrepared."""
        ...


def extract_secrets(
    kind: str, settings: Mapping[str, Any], *, scope: str, known: frozenset[str] = frozenset()
) -> EnteredSettings:
    """Take the secrets out of what a person entered. Pure: stores nothing, changes nothing it was given.

    New secrets get names of the form `target/<scope>/<place>`; `scope` must be fresh for every call, so that no value
    in use is written over. A reference may only be one of `known`, those that the same target already holds: else a
    target could be made to send out another one's secret. Raises BadInput `target.secret_invalid` or
    `target.secret_unknown` with the field.
    """
    values: dict[str, str] = {}
    result: dict[str, Any] = dict(settings)
    for field in target_kind(kind).secret_fields:
        for number, (holder, key) in enumerate(_places(field, result)):
            place = ".".join((*field.path[:-1], key))
            entered = holder.get(key)
            if isinstance(entered, str):
                _check_entered(field, entered, place)
                # What people call it may be no name for the store.
                name = f"target/{scope}/{'.'.join(field.path).replace(ANY, str(number))}"
                values[name] = entered
                holder[key] = {"secret": name}
            elif isinstance(entered, Mapping) and entered.get("secret") not in known:
                message = f"{place} refers to a secret that this target does not hold. Enter the secret itself."
                raise BadInput("target.secret_unknown", message, field=place)
    return EnteredSettings(settings=result, values=values)


def _places(field: SecretField, settings: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """The places of a field in settings, as an object and a key. What lies on the way to it is copied first."""
    holder = settings
    for step in field.path[:-1]:
        inner = holder.get(step)
        if not isinstance(inner, Mapping):
            return
        holder[step] = holder = dict(inner)
    for key in field.keys(holder):
        yield holder, key


def _check_entered(field: SecretField, value: str, place: str) -> None:
    try:
        field.check(value)
    except ValueError as error:
        raise BadInput("target.secret_invalid", f"{place}: {error}", field=place) from error


_loaded: dict[str, TargetKind] = {}


def target_kind(kind: str) -> TargetKind:
    """The kind by its name. Raises BadInput `target.unknown_kind`."""
    if kind not in _loaded:
        if kind not in KINDS:
            known = ", ".join(sorted(KINDS))
            raise BadInput("target.unknown_kind", f"There is no target kind {kind!r}. Known: {known}.", field="kind")
        module, _, name = KINDS[kind].partition(":")
        _loaded[kind] = getattr(import_module(module), name)()
    return _loaded[kind]
