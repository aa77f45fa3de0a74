"""Source state: what a source remembers, keyed, written only together with the events it led to."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from posthouse.ledger.base import Transaction, json_text
from posthouse.ledger.events import Inserted, NewEvent, insert
from posthouse.ledger.live import tell
from posthouse.ledger.runs import settle_runs
from posthouse.model.ids import DEFAULT_PROJECT, Millis, ProjectId, SourceId
from posthouse.model.live import LiveEvent
from posthouse.model.runs import RunDone
from posthouse.model.sources import Scope, StateKey, StatePut


class NewEmission(msgspec.Struct, frozen=True, kw_only=True):
    """What a source emitted, planned and ready to be written. `runs` are settled with it, at the instant `now`.

    `updates` go into the live log.
    """

    source_id: SourceId
    machine: str
    events: tuple[NewEvent, ...]
    state_puts: tuple[StatePut, ...] = ()
    state_deletes: tuple[StateKey, ...] = ()
    runs: tuple[RunDone, ...] = ()
    updates: tuple[LiveEvent, ...] = ()
    now: Millis = Millis(0)


def commit_emission(
    tx: Transaction, emission: NewEmission, *, project_id: ProjectId = DEFAULT_PROJECT
) -> list[Inserted]:
    """Write a source's events, its state and the runs that led to them together; none of it where the plan is stale.

    Raises Conflict `run.changed` where a run was settled, or its schedule edited, since it was decided.
    """
    routing = tx.value("routing_number")
    if any(new.routing != routing for new in emission.events):
        return [Inserted(id=new.event.id, is_stale=True) for new in emission.events]
    inserted = insert(tx, emission.events)
    settle_runs(tx, emission.runs, emission.now, project_id=project_id)
    _write_state(tx, emission, project_id)
    for update in emission.updates:
        tell(tx, update, emission.now, project_id=project_id)
    return inserted


def _write_state(tx: Transaction, emission: NewEmission, project_id: ProjectId) -> None:
    """Forget, then store. Sets go in whole; a lone value without the detour over JSON."""
    owner = {"project_id": project_id, "source_id": emission.source_id}
    if emission.state_deletes:
        gone = [(_machine(key.scope, emission.machine), key.key) for key in emission.state_deletes]
        tx.change("delete_states", rows=json_text(gone), **owner)
    puts = emission.state_puts
    if len(puts) == 1:
        (put,) = puts
        machine = _machine(put.scope, emission.machine)
        tx.change("put_state", machine=machine, key=put.key, value=put.value, **owner)
    elif puts:
        rows, offset = [], 1
        for put in puts:
            rows.append((_machine(put.scope, emission.machine), put.key, offset, len(put.value)))
            offset += len(put.value)
        tx.change("put_states", rows=json_text(rows), data=b"".join(put.value for put in puts), **owner)


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


def some_state(
    tx: Transaction,
    source_id: SourceId,
    machine: str,
    keys: Sequence[str],
    scope: Scope,
    *,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> dict[str, bytes]:
    """The values of those keys that there are."""
    rows = tx.all(
        "some_state",
        project_id=project_id,
        source_id=source_id,
        machine=_machine(scope, machine),
        keys=json_text(keys),
    )
    return {row[0]: row[1] for row in rows}


def state_between(
    tx: Transaction,
    source_id: SourceId,
    machine: str,
    first: str,
    end: str,
    scope: Scope,
    *,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> dict[str, bytes]:
    """All pairs from the first key on and before the end, in key order."""
    rows = tx.all(
        "state_items",
        project_id=project_id,
        source_id=source_id,
        machine=_machine(scope, machine),
        first=first,
        end=end,
    )
    return {row[0]: row[1] for row in rows}


def _machine(scope: Scope, machine: str) -> str:
    return machine if scope is Scope.MACHINE else ""
