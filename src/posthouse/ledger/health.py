"""Health in the ledger: loaded, stepped by the pure rules and stored in the transaction of what caused it."""

from __future__ import annotations

import msgspec

from posthouse.ledger.base import Topic, Transaction, json_text
from posthouse.ledger.live import tell
from posthouse.ledger.own_events import Author, about_target, record_own
from posthouse.model.errors import NotFound
from posthouse.model.events import EventDraft, Severity
from posthouse.model.ids import EndpointId, Millis, ProjectId, TargetId
from posthouse.model.live import TargetHealthEvent, TargetHealthUpdate
from posthouse.model.targets import Health
from posthouse.rules.health import DEFAULT_POLICY, Effect, Paused, Recovered, Signal, step

WELL = Health()
"""A row that nothing has ever happened to; stored as `{}`."""

_decode = msgspec.json.Decoder(Health).decode


class EndpointHealth(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint's health beside its target's, with the names that people read."""

    endpoint: Health
    target: Health
    endpoint_id: EndpointId
    target_id: TargetId
    endpoint_name: str
    target_name: str
    project_id: ProjectId

    @property
    def is_paused(self) -> bool:
        """True where either is paused."""
        return self.endpoint.is_paused or self.target.is_paused


def load_health(tx: Transaction, endpoint_id: EndpointId) -> EndpointHealth:
    """The health that a lane goes by. Raises NotFound `endpoint.not_found`."""
    row = tx.one("load_health", endpoint_id=endpoint_id)
    if row is None:
        raise NotFound("endpoint.not_found", f"There is no endpoint {endpoint_id}.")
    endpoint, target, target_id, target_name, endpoint_name, project_id = row
    return EndpointHealth(
        endpoint=_health(endpoint),
        target=_health(target),
        endpoint_id=endpoint_id,
        target_id=target_id,
        endpoint_name=endpoint_name,
        target_name=target_name,
        project_id=project_id,
    )


def _health(text: str) -> Health:
    return WELL if text == "{}" else _decode(text)


def save_endpoint(tx: Transaction, endpoint_id: EndpointId, health: Health) -> None:
    """Store an endpoint's health."""
    tx.change(
        "save_endpoint_health",
        endpoint_id=endpoint_id,
        health=json_text(health),
        is_paused=int(health.is_paused),
    )


def save_target(tx: Transaction, target_id: TargetId, health: Health) -> None:
    """Store a target's health."""
    tx.change(
        "save_target_health",
        target_id=target_id,
        health=json_text(health),
        is_paused=int(health.is_paused),
    )


def tell_health(tx: Transaction, before: EndpointHealth, after: EndpointHealth, now: Millis) -> None:
    """Say in the live log what has become of an endpoint's health and of its target's, where it is another one."""
    target_id, name, project_id = after.target_id, after.target_name, after.project_id
    if _is_transition(before.endpoint, after.endpoint):
        _tell_one(tx, target_id, name, after.endpoint_id, after.endpoint_name, after.endpoint, now, project_id)
    if _is_transition(before.target, after.target):
        _tell_one(tx, target_id, name, None, None, after.target, now, project_id)


def health_update(
    target_id: TargetId, target: str, endpoint_id: EndpointId | None, endpoint: str | None, health: Health, now: Millis
) -> TargetHealthUpdate:
    """How an endpoint is, or its target where `endpoint_id` is None, as the live stream tells it."""
    return TargetHealthUpdate(
        target_id=target_id,
        target=target,
        endpoint_id=endpoint_id,
        endpoint=endpoint,
        state=health.state,
        cause=health.cause,
        reason=health.reason,
        detail=health.detail,
        since=health.since,
        timestamp=now,
    )


def _is_transition(before: Health, after: Health) -> bool:
    """Whether people would see another health; counters and probes are the lane's own business."""
    if before is after:
        return False
    return (before.state, before.cause, before.reason, before.detail) != (
        after.state,
        after.cause,
        after.reason,
        after.detail,
    )


def _tell_one(
    tx: Transaction,
    target_id: TargetId,
    target: str,
    endpoint_id: EndpointId | None,
    endpoint: str | None,
    health: Health,
    now: Millis,
    project_id: ProjectId,
) -> None:
    """Of an endpoint, or of its target where `endpoint_id` is None; a pause changes what its lanes report."""
    update = health_update(target_id, target, endpoint_id, endpoint, health, now)
    tell(tx, TargetHealthEvent(update), now, project_id=project_id)
    lanes = tx.all("endpoints_of_target_ids", target_id=target_id)
    tx.announce(Topic.LANES, (row[0] for row in lanes) if endpoint_id is None else (endpoint_id,))


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """What a signal did. `woken` are the endpoints that the events about it are now waiting for."""

    health: Health
    effects: tuple[Effect, ...]
    woken: frozenset[EndpointId] = frozenset()


def signal_endpoint(
    tx: Transaction, endpoint_id: EndpointId, signal: Signal, now: Millis, concurrency: int, author: Author
) -> Moved:
    """Step one endpoint's health by a signal and record what that led to."""
    known = load_health(tx, endpoint_id)
    health, effects = step(known.endpoint, signal, now, DEFAULT_POLICY, lane_concurrency=concurrency)
    if health is not known.endpoint:
        save_endpoint(tx, endpoint_id, health)
    tell_health(tx, known, msgspec.structs.replace(known, endpoint=health), now)
    drafts = [draft_of(effect, known, scope="endpoint") for effect in effects]
    woken = record_own(tx, drafts, now, author, project_id=known.project_id)
    return Moved(health=health, effects=effects, woken=woken)


def signal_target(
    tx: Transaction, target_id: TargetId, signal: Signal, now: Millis, concurrency: int, author: Author
) -> Moved:
    """Step a target's own health by a signal and record what that led to; its endpoints' pauses are their own."""
    row = tx.one("load_target_health", target_id=target_id)
    if row is None:
        raise NotFound("target.not_found", f"There is no target {target_id}.")
    before = _health(row[0])
    health, effects = step(before, signal, now, DEFAULT_POLICY, lane_concurrency=concurrency)
    if health is not before:
        save_target(tx, target_id, health)
    if _is_transition(before, health):
        _tell_one(tx, target_id, row[1], None, None, health, now, row[2])
    drafts = [
        about_target(effect_type(effect), target_id, row[1], effect_data(effect), severity=effect_severity(effect))
        for effect in effects
    ]
    woken = record_own(tx, drafts, now, author, project_id=row[2])
    return Moved(health=health, effects=effects, woken=woken)


def draft_of(effect: Effect, known: EndpointHealth, *, scope: str) -> EventDraft:
    """The event that tells of a pause or a recovery."""
    data = effect_data(effect)
    if scope == "endpoint":
        data["endpoint"] = known.endpoint_name
    return about_target(
        effect_type(effect),
        known.target_id,
        known.target_name,
        data,
        severity=effect_severity(effect),
    )


def effect_type(effect: Effect) -> str:
    """The event type of an effect."""
    return "target.paused" if isinstance(effect, Paused) else "target.recovered"


def effect_severity(effect: Effect) -> Severity:
    """How much a person should care about an effect."""
    return Severity.WARNING if isinstance(effect, Paused) else Severity.SUCCESS


def effect_data(effect: Effect) -> dict[str, object]:
    """The event data of an effect."""
    match effect:
        case Paused(cause=cause, reason=reason, detail=detail):
            return {"cause": cause, "reason": reason, "detail": detail}
        case Recovered(cause=cause, paused_for_ms=paused_for_ms):
            return {"cause": cause, "paused_for_ms": paused_for_ms}
