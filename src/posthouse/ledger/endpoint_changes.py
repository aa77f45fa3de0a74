"""A target's endpoints as they change: asked for anew, named by a person, removed.

A removed endpoint stays in the books, since what was delivered through it does; the same name brings it back under the
same id. Nothing that a binding uses is ever removed here.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from posthouse.ledger.base import Transaction, json_text
from posthouse.ledger.endpoints import NewEndpoint, bindings_by_endpoint, choose_endpoint, list_endpoints
from posthouse.ledger.live import tell_configured
from posthouse.ledger.names import clean_name
from posthouse.ledger.targets import get_target
from posthouse.model.errors import Conflict
from posthouse.model.ids import DEFAULT_PROJECT, EndpointId, Millis, ProjectId, TargetId
from posthouse.model.live import Configured
from posthouse.model.targets import Endpoint, Target
from posthouse.rules.endpoints import ENDPOINTS_MAX, Known, Offered, Put, match


class Refreshed(msgspec.Struct, frozen=True, kw_only=True):
    """What asking anew came to, by name. `missed` is not offered any more, but bound, and stays as it is."""

    added: tuple[str, ...]
    gone: tuple[str, ...]
    missed: tuple[str, ...]


def add_endpoint(
    tx: Transaction, target_id: TargetId, new: NewEndpoint, *, now: Millis, project_id: ProjectId = DEFAULT_PROJECT
) -> Endpoint:
    """Add an endpoint that a person named; one that was removed or is gone comes back.

    Raises BadInput `endpoint.name_invalid`, Conflict `endpoint.name_taken` or `endpoint.too_many`, NotFound
    `target.not_found`.
    """
    target = get_target(tx, target_id, project_id=project_id)
    name = clean_name(new.name, noun="endpoint")
    known = list_endpoints(tx, target.id, project_id=project_id)
    if any(one.name == name and one.gone_at is None for one in known):
        raise Conflict("endpoint.name_taken", f"{target.name} has an endpoint {name!r} already.", field="name")
    if len(known) >= ENDPOINTS_MAX:
        message = f"{target.name} has {ENDPOINTS_MAX:,} endpoints already. Remove one that nothing uses."
        raise Conflict("endpoint.too_many", message)
    settings = bytes(new.settings).decode()
    columns = {"project_id": project_id, "target_id": target.id, "now": now}
    tx.change("put_endpoint", name=name, settings=settings, identity=None, is_entered=1, **columns)
    _tell(tx, target, now)
    return next(one for one in list_endpoints(tx, target.id, project_id=project_id) if one.name == name)


def refresh_endpoints(
    tx: Transaction,
    target_id: TargetId,
    offered: Sequence[Offered],
    *,
    now: Millis,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> Refreshed:
    """Take over what a target offers now. Safe to repeat. Raises NotFound `target.not_found`."""
    target = get_target(tx, target_id, project_id=project_id)
    rows = tx.all("known_endpoints", project_id=project_id, target_id=target.id)
    names = {row[0]: row[1] for row in rows}
    matched = match([_known(*row) for row in rows], offered)
    before = {(one.name, bytes(one.settings), one.gone_at) for one in list_endpoints(tx, target.id)}
    renamed = [put.id for put in matched.puts if put.id is not None and names[put.id] != put.offered.name]
    # Two may have swapped their names: neither can take the other's before it is free.
    tx.change("step_aside", ids=json_text(renamed))
    for put in matched.puts:
        _put(tx, target, put, now)
    tx.change("mark_endpoints_gone", ids=json_text(matched.gone), now=now)
    after = list_endpoints(tx, target.id, project_id=project_id)
    if {(one.name, bytes(one.settings), one.gone_at) for one in after} != before:
        _tell(tx, target, now)
    return Refreshed(
        added=tuple(put.offered.name for put in matched.puts if put.id is None),
        gone=tuple(names[one] for one in matched.gone),
        missed=tuple(names[one] for one in matched.missed),
    )


def remove_endpoint(
    tx: Transaction, target: Target, reference: str, *, now: Millis, project_id: ProjectId = DEFAULT_PROJECT
) -> Endpoint:
    """Remove an endpoint, by its id or name, that a person named or that is gone, once nothing uses it.

    Raises NotFound `endpoint.not_found`, Conflict `endpoint.bound` or `endpoint.offered`.
    """
    endpoint = choose_endpoint(tx, target, reference)
    rows = tx.all("known_endpoints", project_id=project_id, target_id=target.id)
    found = next(one for one in (_known(*row) for row in rows) if one.id == endpoint.id)
    if found.is_bound:
        message = f"{endpoint.name} is used by a binding, or still has something to deliver. End its bindings first."
        raise Conflict("endpoint.bound", message)
    if not (found.is_entered or found.is_gone):
        message = f"{target.name} itself offers {endpoint.name}: it would be back the next time that it is asked."
        raise Conflict("endpoint.offered", message)
    tx.change("remove_endpoint", project_id=project_id, id=endpoint.id, now=now)
    _tell(tx, target, now)
    return endpoint


def drop_endpoint(
    tx: Transaction, target: Target, endpoint_id: EndpointId, *, now: Millis, project_id: ProjectId = DEFAULT_PROJECT
) -> bool:
    """Remove an endpoint that its target offers no longer, if no binding uses it; whether it went. Safe to repeat."""
    if bindings_by_endpoint(tx, target.id, project_id=project_id).get(endpoint_id):
        return False
    tx.change("remove_endpoint", project_id=project_id, id=endpoint_id, now=now)
    _tell(tx, target, now)
    return True


def _put(tx: Transaction, target: Target, put: Put, now: Millis) -> None:
    columns = {
        "name": put.offered.name,
        "settings": bytes(put.offered.settings).decode(),
        "identity": put.offered.identity or None,
    }
    if put.id is None:
        tx.change("put_endpoint", project_id=target.project_id, target_id=target.id, is_entered=0, now=now, **columns)
    else:
        tx.change("offer_endpoint", id=put.id, **columns)


def _known(
    endpoint_id: EndpointId, name: str, identity: str | None, is_entered: int, is_gone: int, is_removed: int, bound: int
) -> Known:
    return Known(
        id=endpoint_id,
        name=name,
        identity=identity,
        is_entered=bool(is_entered),
        is_gone=bool(is_gone),
        is_removed=bool(is_removed),
        is_bound=bool(bound),
    )


def _tell(tx: Transaction, target: Target, now: Millis) -> None:
    """An endpoint is part of its target, which therefore has changed."""
    tell_configured(
        tx, Configured.TARGET, "changed", now, name=target.name, subject_id=target.id, project_id=target.project_id
    )
