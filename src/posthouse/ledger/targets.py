"""Targets in the ledger: added with their endpoints, edited, and removed without losing what waits for them.

A removed target gives its name free at once, and is still listed while its bindings are closing: until the last of
their deliveries has ended. Then its secrets can go (`removed_targets`), and last its settings (`forget_target`).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from posthouse.ledger.base import Row, Transaction
from posthouse.ledger.binding_changes import HasWaiting, Removal, Waiting, close_bindings, finish_closing
from posthouse.ledger.bindings import list_bindings
from posthouse.ledger.endpoints import NewEndpoint, list_endpoints, put_endpoints, queued_by_endpoint
from posthouse.ledger.live import tell_configured
from posthouse.ledger.names import clean_name, describe_near, id_in
from posthouse.model.errors import Conflict, NotFound
from posthouse.model.ids import DEFAULT_PROJECT, Millis, ProjectId, TargetId
from posthouse.model.live import Configured
from posthouse.model.targets import Health, Target

PAGE_MAX = 500


def add_target(
    tx: Transaction,
    *,
    kind: str,
    name: str,
    settings: msgspec.Raw,
    endpoints: Sequence[NewEndpoint],
    now: Millis,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> Target:
    """Add a target with its endpoints. Raises BadInput `target.name_invalid`, Conflict `target.name_taken`."""
    name = clean_name(name, noun="target")
    refuse_taken_name(tx, name, project_id=project_id)
    target_id = TargetId(
        tx.value("add_target", project_id=project_id, kind=kind, name=name, settings=bytes(settings).decode(), now=now)
    )
    put_endpoints(tx, target_id, endpoints, now=now, project_id=project_id)
    tell_configured(tx, Configured.TARGET, "added", now, name=name, subject_id=target_id, project_id=project_id)
    return get_target(tx, target_id, project_id=project_id)


def list_targets(
    tx: Transaction, *, after: int = 0, limit: int = PAGE_MAX, project_id: ProjectId = DEFAULT_PROJECT
) -> list[Target]:
    """Targets in the order of their ids, from the one after `after`."""
    return [target_of(row) for row in tx.all("page_targets", project_id=project_id, after=after, limit=limit)]


def get_target(tx: Transaction, reference: str | int, *, project_id: ProjectId = DEFAULT_PROJECT) -> Target:
    """One target by its id or name. Raises NotFound `target.not_found`, with the names that are near."""
    row = tx.one("get_target", project_id=project_id, id=id_in(str(reference)), name=str(reference))
    if row is None:
        known = (name for (name,) in tx.all("target_names", project_id=project_id))
        message = f"There is no target {str(reference)[:100]!r}.{describe_near(str(reference), known)}"
        raise NotFound("target.not_found", message)
    return target_of(row)


def refuse_taken_name(
    tx: Transaction, name: str, *, by: TargetId | None = None, project_id: ProjectId = DEFAULT_PROJECT
) -> None:
    """Raise Conflict `target.name_taken` where another target than `by` holds the name."""
    holder = tx.value("target_of_name", project_id=project_id, name=name)
    if holder is not None and holder != by:
        raise Conflict("target.name_taken", f"There is a target {name!r} already. Choose another name.", field="name")


def edit_target(
    tx: Transaction,
    target_id: TargetId,
    *,
    name: str | None = None,
    settings: msgspec.Raw | None = None,
    endpoints: Sequence[NewEndpoint] = (),
    now: Millis,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> Target:
    """Replace what is given; it holds for what waits already. Raises as `get_target` and `add_target`."""
    target = get_target(tx, target_id, project_id=project_id)
    new_name = target.name if name is None else clean_name(name, noun="target")
    refuse_taken_name(tx, new_name, by=target.id, project_id=project_id)
    tx.change(
        "edit_target",
        project_id=project_id,
        id=target.id,
        name=new_name,
        settings=bytes(target.settings if settings is None else settings).decode(),
        now=now,
    )
    known = {one.name: bytes(one.settings) for one in list_endpoints(tx, target.id, project_id=project_id)}
    for endpoint in put_endpoints(tx, target.id, endpoints, now=now, project_id=project_id):
        if known.get(endpoint.name) != bytes(endpoint.settings):
            tell_configured(
                tx,
                Configured.ENDPOINT,
                "changed" if endpoint.name in known else "added",
                now,
                name=f"{new_name}/{endpoint.name}",
                subject_id=endpoint.id,
                project_id=project_id,
            )
    tell_configured(tx, Configured.TARGET, "changed", now, name=new_name, subject_id=target.id, project_id=project_id)
    return get_target(tx, target.id, project_id=project_id)


def remove_target(
    tx: Transaction,
    target_id: TargetId,
    *,
    waiting: Waiting,
    now: Millis,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> Removal:
    """Unbind and remove a target; what has not ended is refused, or left to be delivered or dismissed by the caller.

    Raises HasWaiting `target.has_waiting` where `waiting` is refuse and something waits, NotFound `target.not_found`.
    """
    target = get_target(tx, target_id, project_id=project_id)
    queued = sum(queued_by_endpoint(tx, target.id, project_id=project_id).values())
    if queued and waiting is Waiting.REFUSE:
        raise HasWaiting("target.has_waiting", f"{target.name} has {queued} deliveries that have not ended.", queued)
    bound = [row.binding.id for row in list_bindings(tx, target_id=target.id, project_id=project_id)]
    close_bindings(tx, bound, now=now, project_id=project_id)
    tx.change("remove_target", project_id=project_id, id=target.id, now=now)
    tell_configured(
        tx, Configured.TARGET, "removed", now, name=target.name, subject_id=target.id, project_id=project_id
    )
    finish_closing(tx, now=now, project_id=project_id)
    return Removal(bindings=tuple(bound), waiting=queued)


def removed_targets(tx: Transaction, *, project_id: ProjectId = DEFAULT_PROJECT) -> list[Target]:
    """Removed targets that nothing will be sent to any more, whose secrets can be deleted."""
    return [target_of(row) for row in tx.all("removed_targets", project_id=project_id)]


def forget_target(
    tx: Transaction, target_id: TargetId, *, now: Millis, project_id: ProjectId = DEFAULT_PROJECT
) -> None:
    """Drop the settings of a removed target, once its secrets are deleted. Safe to repeat."""
    tx.change("forget_target", project_id=project_id, id=target_id, now=now)


def target_of(row: Row) -> Target:
    """The target in a row of its columns in the record's order."""
    found, project_id, kind, name, settings, health, created_at, updated_at, removed_at = row
    return Target(
        id=found,
        project_id=project_id,
        kind=kind,
        name=name,
        settings=msgspec.Raw(settings.encode()),
        health=msgspec.json.decode(health, type=Health),
        created_at=created_at,
        updated_at=updated_at,
        removed_at=removed_at,
    )
