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

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Protocol

import msgspec

from posthouse.model.bindings import Shape
from posthouse.model.deliveries import ClaimedDelivery, Outcome, SentRequest
from posthouse.model.errors import BadInput
from posthouse.model.ids import ParcelId
from posthouse.model.targets import Endpoint, Target
from posthouse.system.clock import Clock
from posthouse.system.outbound import Outbound
from posthouse.system.secrets import SecretStore

KINDS: dict[str, str] = {"webhook": "posthouse.targets.webhook:WebhookTarget"}
"""Kind to `module:class`."""


class SecretRef(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Stands in settings where a secret belongs: the name under which the secret store has it."""

    secret: str


class SecretField(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a kind's settings that holds a secret. `check` raises ValueError, never with the value in it."""

    path: tuple[str, ...]
    check: Callable[[str], None]


class EnteredSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings with references in the place of secrets, and the secrets by their names."""

    settings: dict[str, Any]
    values: dict[str, str]

    def __repr__(self) -> str:
        return f"EnteredSettings(settings={self.settings!r}, values=<{len(self.values)} hidden>)"


class EndpointDraft(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint that a target offers, before the ledger knows it."""

    name: str
    settings: msgspec.Raw = msgspec.Raw(b"{}")


class TargetContext(msgspec.Struct, frozen=True, kw_only=True):
    """What a target is given for one call. `deadline_s` bounds the whole exchange."""

    target: Target
    outbound: Outbound
    secrets: SecretStore
    clock: Clock
    deadline_s: float
    response_bytes_max: int


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery of a parcel. `data` is the event's data, projected by the owner's choices, as JSON text."""

    delivery: ClaimedDelivery
    data: msgspec.Raw
    source_name: str


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

    secret_fields: tuple[SecretField, ...]
    """Where secrets stand in this kind's settings."""

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate a person's settings and give them back in canonical form. Raises BadInput naming the field."""
        ...

    def secret_names(self, settings: msgspec.Raw) -> tuple[str, ...]:
        """References of the secrets that these settings hold, to be deleted with the target."""
        ...

    async def check(self, context: TargetContext) -> CheckResult:
        """Find out whether the target would take a delivery now."""
        ...

    async def endpoints(self, context: TargetContext) -> tuple[EndpointDraft, ...]:
        """The endpoints that can be bound."""
        ...

    async def deliver(self, context: TargetContext, parcel: Parcel) -> Delivered:
        """Hand the parcel over within the deadline. Safe to repeat: the wire id lets the receiver drop a duplicate."""
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
        place = ".".join(field.path)
        holder: Any = result
        for step in field.path[:-1]:
            inner = holder.get(step)
            if not isinstance(inner, Mapping):
                break
            holder[step] = holder = dict(inner)
        else:
            entered = holder.get(field.path[-1])
            if isinstance(entered, str):
                _check_entered(field, entered, place)
                name = f"target/{scope}/{place}"
                values[name] = entered
                holder[field.path[-1]] = {"secret": name}
            elif isinstance(entered, Mapping) and entered.get("secret") not in known:
                message = f"{place} refers to a secret that this target does not hold. Enter the secret itself."
                raise BadInput("target.secret_unknown", message, field=place)
    return EnteredSettings(settings=result, values=values)


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
