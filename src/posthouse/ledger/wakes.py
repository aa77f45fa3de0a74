"""What became of a wake: one answer per account, read from its deliveries and their last attempts.

Nothing is remembered beside them: what an account answered is what its delivery's last attempt says, and a retry that
is pending is a delivery that waits.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from posthouse.ledger.base import Transaction, json_text
from posthouse.ledger.state import get_state
from posthouse.model.deliveries import DeliveryStatus
from posthouse.model.ids import DEFAULT_PROJECT, BindingId, DeliveryId, EventId, Millis, ProjectId, SourceId
from posthouse.model.sources import Scope, StateKey, StatePut


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery to an account, and what came of its last attempt: `tried_at` is None where none was recorded yet.

    `charged`: how many tries its budget has paid; `waits`: how many retries its binding allows. `woken_by`: the reason
    of its wake.
    """

    binding_id: BindingId
    target: str
    delivery_id: DeliveryId
    event_id: EventId
    status: DeliveryStatus
    reason: str | None
    attempts: int
    charged: int
    waits: int
    available_at: Millis
    expires_at: Millis | None
    is_paused: bool
    woken_by: str | None
    tried_at: Millis | None
    code: str | None
    status_code: int | None
    detail: str | None
    excerpt: bytes | None

    @property
    def next_retry_at(self) -> Millis | None:
        """When it is tried again; None where it is not, or its time would be over before that."""
        if self.status is not DeliveryStatus.FAILED or self.is_paused:
            return None
        is_in_time = self.expires_at is None or self.expires_at > self.available_at
        return self.available_at if is_in_time else None

    @property
    def retries_left(self) -> int:
        """How many more tries its budget has."""
        return max(self.waits + 1 - self.charged, 0)


def answers_to(
    tx: Transaction, source_id: SourceId, key: str, *, project_id: ProjectId = DEFAULT_PROJECT
) -> list[Answer]:
    """What became of the event that the source told under this key: one answer per binding, in the bindings' order."""
    return _read(tx, tx.value("deliveries_of_key", project_id=project_id, source_id=source_id, key=key))


def retries_of(tx: Transaction, binding_ids: Sequence[BindingId], supersede_key: str) -> list[Answer]:
    """What of these bindings was tried, failed, and is tried again before its time is over."""
    return _read(tx, tx.value("retries_of_bindings", bindings=json_text(binding_ids), supersede_key=supersede_key))


def put_account(
    tx: Transaction, source_id: SourceId, machine: str, put: StatePut, *, project_id: ProjectId = DEFAULT_PROJECT
) -> None:
    """Keep what is known of an account in the state of its source, in the transaction of its binding."""
    tx.change("put_state", project_id=project_id, source_id=source_id, machine=machine, key=put.key, value=put.value)


def drop_account(
    tx: Transaction, source_id: SourceId, machine: str, key: StateKey, *, project_id: ProjectId = DEFAULT_PROJECT
) -> bool:
    """Forget it; whether it was known. Safe to repeat."""
    known = get_state(tx, source_id, machine, key.key, Scope.MACHINE, project_id=project_id) is not None
    tx.change("delete_states", project_id=project_id, source_id=source_id, rows=json_text([(machine, key.key)]))
    return known


def _read(tx: Transaction, seqs: str) -> list[Answer]:
    found = []
    for row in tx.all("read_answers", seqs=seqs):
        values = dict(zip(Answer.__struct_fields__, row, strict=True))
        values["status"], values["is_paused"] = DeliveryStatus(values["status"]), bool(values["is_paused"])
        found.append(Answer(**values))
    return found
