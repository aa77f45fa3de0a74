"""Receivers: the bindings that tell people, and what went to them of late.

The first receiver of a kind is the oldest one that is active. Where its binding was removed, its target stays, with
server and credentials, until a person removes it: the next receiver is made there.
"""

from __future__ import annotations

import msgspec

from posthouse.ledger.base import Transaction, json_text
from posthouse.ledger.bindings import BindingRow, BindingState, get_binding
from posthouse.ledger.deliveries import delivery_of
from posthouse.ledger.targets import get_target
from posthouse.model.agents import AgentFacts
from posthouse.model.deliveries import Delivery
from posthouse.model.ids import DEFAULT_PROJECT, Millis, ProjectId
from posthouse.model.targets import Target


class Receiver(msgspec.Struct, frozen=True, kw_only=True):
    """A binding that tells a person, and the kind of its target."""

    row: BindingRow
    kind: str

    @property
    def is_active(self) -> bool:
        """Whether it takes what comes, and not only delivers what waits."""
        return self.row.state is BindingState.ACTIVE


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery to a receiver. `at`: when it happened. `agent`: of whom it tells, None where of no agent.

    `is_held`: it is kept back to go with others.
    """

    delivery: Delivery
    at: Millis
    agent: AgentFacts | None
    is_held: bool


class _Told(msgspec.Struct):
    agent: AgentFacts | None = None


_decode_told = msgspec.json.Decoder(_Told).decode


def list_receivers(tx: Transaction, *, project_id: ProjectId = DEFAULT_PROJECT) -> list[Receiver]:
    """Every receiver, the oldest first; those that are closing too."""
    rows = tx.all("receivers", project_id=project_id)
    return [Receiver(row=get_binding(tx, binding_id, project_id=project_id), kind=kind) for binding_id, kind in rows]


def left_target(tx: Transaction, kind: str, *, project_id: ProjectId = DEFAULT_PROJECT) -> Target | None:
    """The target of this kind that the newest removed receiver left behind."""
    target_id = tx.value("left_target", project_id=project_id, kind=kind)
    return None if target_id is None else get_target(tx, target_id, project_id=project_id)


def newest_notifications(tx: Transaction, limit: int, *, project_id: ProjectId = DEFAULT_PROJECT) -> list[Notification]:
    """The newest deliveries to receivers, newest first; those of removed ones too."""
    rows = tx.all("newest_notifications", project_id=project_id, limit=limit)
    told = {seq: (Millis(at), data, bool(is_open)) for seq, at, data, is_open in rows}
    found = [delivery_of(row) for row in tx.all("read_deliveries", seqs=json_text(list(told)))]
    return [_notification(delivery, *told[delivery.seq]) for delivery in found]


def _notification(delivery: Delivery, at: Millis, data: str | None, is_held: bool) -> Notification:
    return Notification(delivery=delivery, at=at, agent=None if data is None else _agent_in(data), is_held=is_held)


def _agent_in(data: str) -> AgentFacts | None:
    try:
        return _decode_told(data).agent
    except msgspec.DecodeError:
        return None
