"""Source state: what a source remembers, keyed, written only together with the events it led to."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from posthouse.ledger.base import Transaction
from posthouse.ledger.events import Inserted, NewEvent, insert
from posthouse.model.ids import DEFAULT_PROJECT, ProjectId, SourceId
from posthouse.model.sources import Scope, StateKey, StatePut


class NewEmission(msgspec.Struct, frozen=True, kw_only=True):
    """What a source emitted, planned and ready to be written."""

    source_id: SourceId
    machine: str
    events: tuple[NewEvent, ...]
    state_puts: tuple[StatePut, ...] = ()
    state_deletes: tuple[StateKey, ...] = ()


def commit_emission(
    tx: Transaction, emission: NewEmission, *, project_id: ProjectId = DEFAULT_PROJECT
) -> list[Inserted]:
    """Write a source's events and its state together; neither where the plan is stale."""
    routing = tx.value("routing_number")
    if any(new.routing != routing for new in emission.events):
        return [Inserted(id=new.event.id, is_stale=True) for new in emission.events]
    inserted = insert(tx, emission.events)
    for key in emission.state_deletes:
        tx.change(
            "delete_state",
            project_id=project_id,
            source_id=emission.source_id,
            machine=_machine(key.scope, emission.machine),
            key=key.key,
        )
    for put in emission.state_puts:
        tx.change(
            "put_state",
            project_id=project_id,
            source_id=emission.source_id,
            machine=_machine(put.scope, emission.machine),
            key=put.key,
            value=put.value,
        )
    return inserted


def get_state(
    tx: Transaction,
    source_id: SourceId,
    machine: str,
    key: str,
    scope: Scope,
    *,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> bytes | None:
    """One value, or None."""
    found: bytes | None = tx.value(
        "get_state", project_id=project_id, source_id=source_id, machine=_machine(scope, machine), key=key
    )
    return found


def state_items(
    tx: Transaction,
    source_id: SourceId,
    machine: str,
    prefix: str,
    scope: Scope,
    *,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> Mapping[str, bytes]:
    """All pairs whose key begins with the prefix, in key order."""
    rows = tx.all(
        "state_items",
        project_id=project_id,
        source_id=source_id,
        machine=_machine(scope, machine),
        prefix=prefix,
        end=prefix + "\U0010ffff",
    )
    return {row[0]: row[1] for row in rows}


def _machine(scope: Scope, machine: str) -> str:
    return machine if scope is Scope.MACHINE else ""
