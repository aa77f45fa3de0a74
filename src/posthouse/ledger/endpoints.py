"""Endpoints in the ledger: the addresses within a target that can be bound."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from posthouse.ledger.base import Row, Transaction
from posthouse.ledger.names import describe_near, id_in
from posthouse.model.errors import BadInput, NotFound
from posthouse.model.ids import DEFAULT_PROJECT, EndpointId, Millis, ProjectId, TargetId
from posthouse.model.targets import Endpoint, Health, Target


class NewEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint to be written. `settings` is the kind's own JSON, `identity` what the target itself knows it by."""

    name: str
    identity: str = ""
    settings: msgspec.Raw = msgspec.Raw(b"{}")


def put_endpoints(
    tx: Transaction,
    target_id: TargetId,
    endpoints: Sequence[NewEndpoint],
    *,
    now: Millis,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> list[Endpoint]:
    """Add what is new and refresh what is there; endpoints that are not named stay, for they may be bound."""
    for endpoint in endpoints:
        tx.change(
            "put_endpoint",
            project_id=project_id,
            target_id=target_id,
            name=endpoint.name,
            settings=bytes(endpoint.settings).decode(),
            identity=endpoint.identity or None,
            is_entered=0,
            now=now,
        )
    return list_endpoints(tx, target_id, project_id=project_id)


def list_endpoints(tx: Transaction, target_id: TargetId, *, project_id: ProjectId = DEFAULT_PROJECT) -> list[Endpoint]:
    """A target's endpoints, in the order of their ids."""
    rows = tx.all("endpoints_of_target", project_id=project_id, target_id=target_id)
    return [endpoint_of(row) for row in rows]


def get_endpoint(tx: Transaction, endpoint_id: EndpointId, *, project_id: ProjectId = DEFAULT_PROJECT) -> Endpoint:
    """One endpoint. Raises NotFound `endpoint.not_found`."""
    row = tx.one("get_endpoint", project_id=project_id, id=endpoint_id)
    if row is None:
        raise NotFound("endpoint.not_found", f"There is no endpoint {endpoint_id}.")
    return endpoint_of(row)


def choose_endpoint(tx: Transaction, target: Target, reference: str | None) -> Endpoint:
    """The endpoint of a target by its name or id, or its only one where none is named.

    Raises BadInput `binding.endpoint_needed` where there are several, NotFound `endpoint.not_found`.
    """
    endpoints = list_endpoints(tx, target.id, project_id=target.project_id)
    if reference is not None:
        # A worksheet may well be called 2026: a name comes before an id.
        endpoint_id = id_in(reference)
        for is_meant in (lambda one: one.name == reference, lambda one: one.id == endpoint_id):
            found = next(filter(is_meant, endpoints), None)
            if found is not None:
                return found
        hint = describe_near(reference, (endpoint.name for endpoint in endpoints))
        raise NotFound("endpoint.not_found", f"{target.name} has no endpoint {reference[:100]!r}.{hint}")
    endpoints = [one for one in endpoints if one.gone_at is None]
    if len(endpoints) == 1:
        return endpoints[0]
    names = ", ".join(endpoint.name for endpoint in endpoints[:10]) or "none"
    raise BadInput(
        "binding.endpoint_needed",
        f"{target.name} has {len(endpoints)} endpoints ({names}): say which one.",
        field="endpoint",
    )


def queued_by_endpoint(
    tx: Transaction, target_id: TargetId, *, project_id: ProjectId = DEFAULT_PROJECT
) -> dict[EndpointId, int]:
    """How many deliveries of each endpoint have not ended, from the counters."""
    return dict(tx.all("queued_by_endpoint", project_id=project_id, target_id=target_id))


def bindings_by_endpoint(
    tx: Transaction, target_id: TargetId, *, project_id: ProjectId = DEFAULT_PROJECT
) -> dict[EndpointId, int]:
    """How many bindings use each endpoint, or still deliver what waits for it; endpoints without any are left out."""
    return dict(tx.all("bindings_by_endpoint", project_id=project_id, target_id=target_id))


def endpoint_of(row: Row) -> Endpoint:
    """The endpoint in a row of its columns in the record's order."""
    endpoint_id, project_id, target_id, name, settings, health, concurrency, pace_s, is_entered, gone_at = row
    return Endpoint(
        id=endpoint_id,
        project_id=project_id,
        target_id=target_id,
        name=name,
        settings=msgspec.Raw(settings.encode()),
        health=msgspec.json.decode(health, type=Health),
        concurrency=concurrency,
        pace_s=pace_s,
        is_entered=bool(is_entered),
        gone_at=gone_at,
    )
