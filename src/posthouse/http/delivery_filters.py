"""Which deliveries: the filter that lists, counts, replays and dismissals share, as parameters and as JSON."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from litestar.di import Provide
from litestar.params import QueryParameter

from posthouse.http.requests import INSTANT_MAX, TEXT_MAX, OptionalReference, SearchText, Since, Until
from posthouse.ledger.base import Transaction
from posthouse.ledger.deliveries import DeliveryQuery
from posthouse.ledger.names import id_in
from posthouse.ledger.sources import get_source
from posthouse.ledger.targets import get_target
from posthouse.model.errors import BadInput, NotFound
from posthouse.model.ids import Millis


class ReportedStatus(StrEnum):
    """The stored ones, and `target_paused`: waiting, while its endpoint or target is paused."""

    PENDING = "pending"
    IN_FLIGHT = "in_flight"
    FAILED = "failed"
    DELIVERED = "delivered"
    DLQ = "dlq"
    DISMISSED = "dismissed"
    EXPIRED = "expired"
    WITHHELD = "withheld"
    TARGET_PAUSED = "target_paused"


Statuses = Annotated[
    str | None,
    QueryParameter(
        name="status",
        min_length=1,
        max_length=200,
        description=f"One status or several, separated by commas: {', '.join(ReportedStatus)}.",
    ),
]
Id = Annotated[int | None, QueryParameter(ge=1, le=2**53, description="An id.")]
EventType = Annotated[
    str | None, QueryParameter(name="type", min_length=1, max_length=200, description="A type, or a glob.")
]
Code = Annotated[
    str | None, QueryParameter(min_length=1, max_length=100, description="The code of the last attempt, as `http_404`.")
]
Instant = Annotated[int, msgspec.Meta(ge=0, le=INSTANT_MAX)]


class DeliveryFilter(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Which deliveries: all that match every part given. `type` is a type of event, or a glob.

    `q` is looked for in type, subject, code and detail of the last failure, the names of source, target and endpoint,
    and at the beginning of ids. `since` and `until` (not itself) bound when the delivery was made, in Unix
    milliseconds.
    """

    status: ReportedStatus | list[ReportedStatus] | None = None
    source: str | int | None = None
    target: str | int | None = None
    endpoint: int | None = None
    binding: int | None = None
    type: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None
    q: Annotated[str, msgspec.Meta(min_length=1, max_length=TEXT_MAX)] | None = None
    since: Instant | None = None
    until: Instant | None = None


def filter_given(
    status: Statuses = None,
    source: OptionalReference = None,
    target: OptionalReference = None,
    endpoint: Id = None,
    binding: Id = None,
    event_type: EventType = None,
    code: Code = None,
    search: SearchText = None,
    since: Since = None,
    until: Until = None,
) -> DeliveryFilter:
    """The filter in the parameters of a request. Raises BadInput `request.invalid`."""
    return DeliveryFilter(
        status=statuses_in(status),
        source=source,
        target=target,
        endpoint=endpoint,
        binding=binding,
        type=event_type,
        code=code,
        q=search,
        since=since,
        until=until,
    )


FILTERED = {"chosen": Provide(filter_given, sync_to_thread=False)}
"""What a handler takes as `chosen`."""


def statuses_in(text: str | None) -> list[ReportedStatus] | None:
    """The statuses in a parameter. Raises BadInput `request.invalid`."""
    if text is None:
        return None
    try:
        return [ReportedStatus(one.strip()) for one in text.split(",")]
    except ValueError as error:
        known = ", ".join(ReportedStatus)
        raise BadInput(
            "request.invalid", f"status is one of {known}, or several of them with commas between.", field="status"
        ) from error


def query_of(tx: Transaction, chosen: DeliveryFilter) -> DeliveryQuery:
    """The filter with ids in the place of names. Raises NotFound for a source, target or binding that is not there."""
    binding_id = None if chosen.binding is None else id_in(str(chosen.binding))
    if chosen.binding is not None and binding_id is None:
        raise NotFound("binding.not_found", "There is no such binding.")
    status = [chosen.status] if isinstance(chosen.status, ReportedStatus) else chosen.status
    return DeliveryQuery(
        status=None if status is None else tuple(one.value for one in status),
        source_id=None if chosen.source is None else get_source(tx, chosen.source, even_removed=True).id,
        target_id=None if chosen.target is None else get_target(tx, chosen.target).id,
        endpoint_id=chosen.endpoint,
        binding_id=binding_id,
        type=chosen.type,
        code=chosen.code,
        text=chosen.q,
        since=None if chosen.since is None else Millis(chosen.since),
        until=None if chosen.until is None else Millis(chosen.until),
    )
