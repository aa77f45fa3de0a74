"""Targets as the API takes and shows them: the records of `/api/targets`, and how they are made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from posthouse.http.problems import DiagnosisView, view_diagnosis
from posthouse.http.target_secrets import hide_secrets
from posthouse.model.ids import EndpointId, Millis
from posthouse.model.targets import Endpoint, Health, HealthState, PauseCause, Target
from posthouse.pipeline.delivery import Tried
from posthouse.rules.diagnosis import diagnose
from posthouse.targets.base import CheckResult


class HealthOfTarget(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whether it may be sent to, and why not. `cause` transient and offline heal by themselves."""

    state: HealthState
    cause: PauseCause | None
    reason: str
    detail: str
    since: Millis


class EndpointView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One address within a target. `isEntered`: a person named it. `goneAt`: since when the target has it no more."""

    id: int
    name: str
    settings: Any
    is_entered: bool
    gone_at: Millis | None


class TargetView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A target. Where a secret stands in its settings, `{"isSet": true}` is shown.

    `sign`, where its kind can sign: whether it does. `removedAt`: it takes nothing new, and goes when nothing waits.
    """

    id: int
    kind: str
    name: str
    settings: Any
    health: HealthOfTarget
    endpoints: list[EndpointView]
    created_at: Millis
    updated_at: Millis
    removed_at: Millis | None


class TargetList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A page of targets."""

    items: list[TargetView]
    next_cursor: str | None


class TargetInput(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A target to be made. With `"sign": true` among the settings a signing secret is made, and shown once.

    `"signWith": "ed25519"` makes a key pair instead, of which the public key is shown, and the other one never.
    """

    kind: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    settings: dict[str, Any]
    check: bool = True


class TargetPatch(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What to change. Of the settings only those that are named; `{"isSet": true}` leaves a secret as it is.

    null takes a setting out. `"sign"`: whether it shall sign. `check`: it is checked before it is saved.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None
    settings: dict[str, Any] | None = None
    check: bool = False


class ChangedTarget(TargetView, frozen=True, kw_only=True, rename="camel"):
    """A target just changed. `secret` is a signing secret that was made for it: the only time that it is shown."""

    secret: str | None


class CheckView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How a check went."""

    ok: bool
    code: str
    status_code: int | None
    detail: str
    diagnosis: DiagnosisView | None


class MadeTarget(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A target just made. `secret` is what its receiver verifies with, if that was made: a shared secret, which is
    shown this once, or a public key.
    """

    target: TargetView
    secret: str | None
    check: CheckView | None


class TriedView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How a test, reconnect, pause or resume went. `resumed`: how many deliveries now go again."""

    ok: bool
    resumed: int
    error: str | None
    diagnosis: DiagnosisView | None = None


class SigningSecret(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the receiver verifies with from now on: a shared secret, which is shown this once, or a public key.

    The one before it signs too, until the next rotation.
    """

    secret: str


class HealthOfEndpoint(HealthOfTarget, frozen=True, kw_only=True, rename="camel"):
    """One endpoint's own health, and what waits for it."""

    id: int
    name: str
    consecutive_failures: int
    next_probe_at: Millis | None
    queued: int


class BoundEndpoint(HealthOfEndpoint, frozen=True, kw_only=True, rename="camel"):
    """An endpoint with its health. `bindings`: how many use it, or still deliver what waits. See `EndpointView`."""

    settings: Any
    is_entered: bool
    gone_at: Millis | None
    bindings: int


class TargetHealth(HealthOfTarget, frozen=True, kw_only=True, rename="camel"):
    """How a target is doing, or the first of its endpoints that is not well; and each of them."""

    consecutive_failures: int
    queued: int
    endpoints: list[HealthOfEndpoint]


def view_target(target: Target, endpoints: Sequence[Endpoint]) -> TargetView:
    """A target as the API shows it."""
    return TargetView(
        id=target.id,
        kind=target.kind,
        name=target.name,
        settings=hide_secrets(target),
        health=view_health(worst_health(target, endpoints)),
        endpoints=[view_endpoint(one) for one in endpoints],
        created_at=target.created_at,
        updated_at=target.updated_at,
        removed_at=target.removed_at,
    )


def view_endpoint(endpoint: Endpoint) -> EndpointView:
    """An endpoint as the API shows it."""
    return EndpointView(
        id=endpoint.id,
        name=endpoint.name,
        settings=endpoint.settings,
        is_entered=endpoint.is_entered,
        gone_at=endpoint.gone_at,
    )


def view_check(check: CheckResult) -> CheckView:
    """A check as the API shows it."""
    outcome = check.outcome
    diagnosis = None if check.is_ok else view_diagnosis(diagnose(outcome.code, outcome.status_code))
    return CheckView(
        ok=check.is_ok,
        code=outcome.code,
        status_code=outcome.status_code,
        detail=outcome.detail,
        diagnosis=diagnosis,
    )


def view_tried(tried: Tried) -> TriedView:
    """A test or reconnect as the API shows it."""
    check = view_check(tried.check)
    error = tried.note or None if tried.is_ok else check.detail or check.code
    return TriedView(ok=tried.is_ok, resumed=tried.resumed, error=error, diagnosis=check.diagnosis)


def view_target_health(target: Target, endpoints: Sequence[Endpoint], queued: dict[EndpointId, int]) -> TargetHealth:
    """A target's health with its endpoints'."""
    return TargetHealth(
        **_facts(worst_health(target, endpoints)),
        consecutive_failures=max((one.health.consecutive_failures for one in endpoints), default=0),
        queued=sum(queued.values()),
        endpoints=[
            HealthOfEndpoint(**_facts(one.health), **_facts_of_endpoint(one, queued.get(one.id, 0)))
            for one in endpoints
        ],
    )


def view_bound_endpoint(endpoint: Endpoint, *, queued: int, bindings: int) -> BoundEndpoint:
    """An endpoint with all that is known of it."""
    return BoundEndpoint(
        **_facts(endpoint.health),
        **_facts_of_endpoint(endpoint, queued),
        settings=endpoint.settings,
        is_entered=endpoint.is_entered,
        gone_at=endpoint.gone_at,
        bindings=bindings,
    )


def view_health(health: Health) -> HealthOfTarget:
    """Health as the API shows it."""
    return HealthOfTarget(**_facts(health))


def worst_health(target: Target, endpoints: Sequence[Endpoint]) -> Health:
    """The target's own health where it is not well, else that of its worst endpoint that is still there."""
    order = (HealthState.PAUSED, HealthState.RESUMING, HealthState.OK)
    every = [target.health, *(one.health for one in endpoints if one.gone_at is None)]
    return min(every, key=lambda health: order.index(health.state))


def _facts(health: Health) -> dict[str, Any]:
    return {name: getattr(health, name) for name in HealthOfTarget.__struct_fields__}


def _facts_of_endpoint(endpoint: Endpoint, queued: int) -> dict[str, Any]:
    health = endpoint.health
    return {
        "id": endpoint.id,
        "name": endpoint.name,
        "consecutive_failures": health.consecutive_failures,
        "next_probe_at": health.probe_at,
        "queued": queued,
    }
