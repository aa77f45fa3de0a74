"""Bindings in the ledger as they are read: one, many, as routes, and as the shape that a revision had."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from posthouse.ledger.base import Row, Transaction
from posthouse.model.bindings import Binding, Filter, Policy, Schedule, Shape
from posthouse.model.errors import NotFound
from posthouse.model.ids import DEFAULT_PROJECT, BindingId, Millis, ProjectId, SourceId, TargetId
from posthouse.rules.routing import Route

PAGE_MAX = 500

_decode_filter = msgspec.json.Decoder(Filter).decode
_decode_shape = msgspec.json.Decoder(Shape).decode
_decode_schedule = msgspec.json.Decoder(Schedule).decode


class BindingState(StrEnum):
    """active ──removed while something waits──▶ closing (takes nothing new) ──nothing waits──▶ gone."""

    ACTIVE = "active"
    CLOSING = "closing"


class BindingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A binding with the names around it."""

    binding: Binding
    source: str
    target_id: TargetId
    target: str
    endpoint: str
    state: BindingState
    updated_at: Millis


class Routing(NamedTuple):
    """All routes by their source, and the number of the routing that they are."""

    number: int
    by_source: dict[SourceId, tuple[Route, ...]]


def list_bindings(
    tx: Transaction,
    *,
    source_id: SourceId | None = None,
    target_id: TargetId | None = None,
    after: int = 0,
    limit: int = PAGE_MAX,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> list[BindingRow]:
    """Bindings in the order of their ids, from the one after `after`; those that are closing too."""
    rows = tx.all(
        "page_bindings",
        project_id=project_id,
        id=None,
        source_id=source_id,
        target_id=target_id,
        after=after,
        limit=limit,
    )
    return [_row_of(row) for row in rows]


def get_binding(tx: Transaction, binding_id: BindingId, *, project_id: ProjectId = DEFAULT_PROJECT) -> BindingRow:
    """One binding. Raises NotFound `binding.not_found`."""
    row = tx.one(
        "page_bindings", project_id=project_id, id=binding_id, source_id=None, target_id=None, after=0, limit=1
    )
    if row is None:
        raise NotFound("binding.not_found", f"There is no binding {binding_id}.")
    return _row_of(row)


def routes(tx: Transaction, *, project_id: ProjectId = DEFAULT_PROJECT) -> Routing:
    """The routes of every active binding."""
    found: dict[SourceId, list[Route]] = {}
    for source_id, *row in tx.all("active_routes", project_id=project_id):
        found.setdefault(source_id, []).append(_route_of(row))
    return Routing(tx.value("routing_number"), {source_id: tuple(some) for source_id, some in found.items()})


def shape_of(
    tx: Transaction, binding_id: BindingId, revision: int, *, project_id: ProjectId = DEFAULT_PROJECT
) -> Shape:
    """The shape that a binding had at a revision. Raises NotFound `binding.not_found`."""
    text = tx.value("shape_of_revision", project_id=project_id, binding_id=binding_id, revision=revision)
    if text is None:
        raise NotFound("binding.not_found", f"There is no revision {revision} of binding {binding_id}.")
    return _decode_shape(text)


def _route_of(row: Sequence[Any]) -> Route:
    (
        binding_id,
        endpoint_id,
        target_id,
        revision,
        wanted,
        time_to_live_s,
        is_strict_order,
        batch_max,
        batch_wait_s,
        schedule,
        is_notification,
    ) = row
    return Route(
        binding_id=binding_id,
        endpoint_id=endpoint_id,
        target_id=target_id,
        revision=revision,
        filter=_decode_filter(wanted),
        time_to_live_s=time_to_live_s,
        is_strict_order=bool(is_strict_order),
        batch_max=batch_max,
        batch_wait_s=batch_wait_s,
        schedule=_decode_schedule(schedule),
        is_notification=bool(is_notification),
    )


def _row_of(row: Row) -> BindingRow:
    (
        binding_id, project_id, source_id, endpoint_id, schedule, wanted, retry_schedule_s, retry_kinds, time_to_live_s,
        is_health_relevant, is_strict_order, batch_max, batch_wait_s, is_notification, shape, revision, created_at,
        source, target_id, target, endpoint, state, updated_at,
    ) = row  # fmt: skip
    policy = {
        "retry_schedule_s": msgspec.json.decode(retry_schedule_s),
        "retry_kinds": msgspec.json.decode(retry_kinds),
        "time_to_live_s": time_to_live_s,
        "is_health_relevant": bool(is_health_relevant),
        "is_strict_order": bool(is_strict_order),
        "batch_max": batch_max,
        "batch_wait_s": batch_wait_s,
        "is_notification": bool(is_notification),
    }
    binding = Binding(
        id=binding_id,
        project_id=project_id,
        source_id=source_id,
        endpoint_id=endpoint_id,
        schedule=_decode_schedule(schedule),
        filter=_decode_filter(wanted),
        policy=msgspec.convert(policy, Policy),
        shape=_decode_shape(shape),
        revision=revision,
        created_at=created_at,
    )
    return BindingRow(
        binding=binding,
        source=source,
        target_id=target_id,
        target=target,
        endpoint=endpoint,
        state=BindingState(state),
        updated_at=updated_at,
    )
