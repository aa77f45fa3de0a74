"""`/api/deliveries`: what is owed to whom, each attempt with what was sent and what came back, replay and dismissal."""

from __future__ import annotations

import base64
from enum import StrEnum
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, QueryParameter

from posthouse.http.problems import DiagnosisView, problems, view_diagnosis
from posthouse.http.requests import LIMIT_DEFAULT, Cursor, Limit, OptionalReference, Reference, after, next_cursor
from posthouse.http.services import Services
from posthouse.ledger.base import Transaction
from posthouse.ledger.deliveries import TARGET_PAUSED, DeliveryQuery, get_delivery, page_deliveries
from posthouse.ledger.events import SEQ_MAX
from posthouse.ledger.names import id_in
from posthouse.ledger.sources import get_source
from posthouse.ledger.targets import get_target
from posthouse.model.deliveries import Attempt, Delivery, OutcomeKind
from posthouse.model.errors import BadInput, NotFound
from posthouse.model.ids import Millis
from posthouse.pipeline.delivery import BulkResult
from posthouse.rules.diagnosis import diagnose

IDS_MAX = 10_000


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


class DeliveryView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A delivery. `status` is the reported one; `availableAt` is when its next try is due."""

    id: str
    event_id: str
    event_type: str
    subject: str | None
    severity: str
    source_id: int
    source: str
    target_id: int
    target: str
    endpoint_id: int
    endpoint: str
    binding_id: int
    revision: int
    generation: int
    status: ReportedStatus
    is_paused: bool
    reason: str | None
    attempts: int
    available_at: Millis
    expires_at: Millis | None
    created_at: Millis
    updated_at: Millis
    ended_at: Millis | None
    last_code: str | None
    last_status_code: int | None


class DeliveryList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A page of deliveries, newest first."""

    items: list[DeliveryView]
    next_cursor: str | None


class SentRequestView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was sent, without secrets. `body` is text, or Base64 where `isBase64`; None once retention took it."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    body_hash: str | None
    body: str | None
    is_base64: bool = False


class AttemptView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One try: when, how it went, what was sent and what came back."""

    number: int
    started_at: Millis
    duration_ms: int
    kind: OutcomeKind
    code: str
    status_code: int | None
    detail: str
    is_probe: bool
    is_charged: bool
    revision: int
    retry_after_s: float | None
    request: SentRequestView | None
    response_excerpt: str
    diagnosis: DiagnosisView | None


class EventOfDelivery(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The event that a delivery carries; its data is at `/api/events/{id}`."""

    id: str
    type: str
    origin: str
    machine: str
    at: Millis
    recorded_at: Millis
    severity: str
    subject: str | None


class DeliveryDetail(DeliveryView, frozen=True, kw_only=True, rename="camel"):
    """A delivery with its event and every attempt."""

    event: EventOfDelivery
    attempts: list[AttemptView]  # type: ignore[assignment]  # the attempts themselves in the place of their number


class DeliveryFilter(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Which deliveries: all that match every part given. `type` is a type of event, or a glob."""

    status: ReportedStatus | None = None
    source: str | int | None = None
    target: str | int | None = None
    binding: int | None = None
    type: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None


class Choice(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Deliveries by their ids, or by a filter: one of the two. An empty filter is all of them."""

    ids: Annotated[list[str], msgspec.Meta(min_length=1, max_length=IDS_MAX)] | None = None
    filter: DeliveryFilter | None = None


class SkippedView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A delivery that was left as it is."""

    id: str
    reason: str


class BulkView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was done. `skipped` are the first 100 that were left."""

    matched: int
    changed: int
    skipped: list[SkippedView]


@get("/api/deliveries", responses=problems(404))
async def list_deliveries(
    services: NamedDependency[Services],
    status: FromQuery[ReportedStatus | None] = None,
    source: OptionalReference = None,
    target: OptionalReference = None,
    binding: Annotated[int | None, QueryParameter(ge=1, le=2**53)] = None,
    event_type: Annotated[
        str | None, QueryParameter(name="type", min_length=1, max_length=200, description="A type, or a glob.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = LIMIT_DEFAULT,
) -> DeliveryList:
    """Deliveries, newest first."""
    chosen = DeliveryFilter(status=status, source=source, target=target, binding=binding, type=event_type)
    before = after(cursor) or SEQ_MAX
    found = await services.database.read(_page, chosen, before=before, limit=limit)
    return DeliveryList(
        items=[view_delivery(one) for one in found], next_cursor=next_cursor([one.seq for one in found], limit)
    )


@get("/api/deliveries/{reference:str}", responses=problems(404))
async def get_one_delivery(reference: Reference, services: NamedDependency[Services]) -> DeliveryDetail:
    """One delivery with its event and its attempts."""
    record = await services.database.read(get_delivery, reference[:100])
    values = msgspec.structs.asdict(view_delivery(record.delivery))
    event = record.event
    values["attempts"] = [view_attempt(attempt) for attempt in record.attempts]
    return DeliveryDetail(
        **values,
        event=EventOfDelivery(
            id=event.id,
            type=event.type,
            origin=event.origin,
            machine=event.machine,
            at=event.at,
            recorded_at=event.recorded_at,
            severity=event.severity,
            subject=event.subject,
        ),
    )


@post("/api/deliveries/replay", status_code=200, responses=problems(404, 413, 415, 507))
async def replay_deliveries(data: JSONBody[Choice], services: NamedDependency[Services]) -> BulkView:
    """Send again what ended, with a fresh budget; send now what waits."""
    return view_bulk(await services.dispatcher.replay(await _chosen(services, data)))


@post("/api/deliveries/dismiss", status_code=200, responses=problems(404, 413, 415, 507))
async def dismiss_deliveries(data: JSONBody[Choice], services: NamedDependency[Services]) -> BulkView:
    """End, unsent, what waits or was given up."""
    return view_bulk(await services.dispatcher.dismiss(await _chosen(services, data)))


def view_delivery(delivery: Delivery) -> DeliveryView:
    """A delivery as the API shows it."""
    values = {name: getattr(delivery, name) for name in DeliveryView.__struct_fields__ if name != "status"}
    return DeliveryView(**values, status=ReportedStatus(TARGET_PAUSED if delivery.is_paused else delivery.status))


def view_attempt(attempt: Attempt) -> AttemptView:
    """An attempt as the API shows it; a diagnosis stands by every one that failed."""
    is_failed = attempt.kind is not OutcomeKind.DELIVERED
    return AttemptView(
        number=attempt.number,
        started_at=attempt.started_at,
        duration_ms=attempt.duration_ms,
        kind=attempt.kind,
        code=attempt.code,
        status_code=attempt.status_code,
        detail=attempt.detail,
        is_probe=attempt.is_probe,
        is_charged=attempt.is_charged,
        revision=attempt.revision,
        retry_after_s=attempt.retry_after_s,
        request=_view_request(attempt),
        response_excerpt=(attempt.response_excerpt or b"").decode("utf-8", "replace"),
        diagnosis=view_diagnosis(diagnose(attempt.code, attempt.status_code)) if is_failed else None,
    )


def view_bulk(result: BulkResult) -> BulkView:
    """The result of a bulk change as the API shows it."""
    skipped = [SkippedView(id=one.id, reason=one.reason) for one in result.skipped]
    return BulkView(matched=result.matched, changed=result.changed, skipped=skipped)


def _view_request(attempt: Attempt) -> SentRequestView | None:
    if attempt.method is None or attempt.url is None:
        return None
    body, is_base64 = None, False
    if attempt.body is not None:
        try:
            body = attempt.body.decode()
        except UnicodeDecodeError:
            body, is_base64 = base64.b64encode(attempt.body).decode(), True
    return SentRequestView(
        method=attempt.method,
        url=attempt.url,
        headers=list(attempt.request_headers),
        body_hash=attempt.body_hash,
        body=body,
        is_base64=is_base64,
    )


async def _chosen(services: Services, choice: Choice) -> DeliveryQuery | list[str]:
    if (choice.ids is None) == (choice.filter is None):
        raise BadInput("request.invalid", "Say which deliveries: either ids or filter.", field="ids")
    if choice.ids is not None:
        return list(dict.fromkeys(one[:100] for one in choice.ids))
    assert choice.filter is not None
    return await services.database.read(_query, choice.filter)


def _page(tx: Transaction, chosen: DeliveryFilter, *, before: int, limit: int) -> list[Delivery]:
    query = _query(tx, chosen)
    return page_deliveries(tx, msgspec.structs.replace(query, before=before, limit=limit))


def _query(tx: Transaction, chosen: DeliveryFilter) -> DeliveryQuery:
    """The filter with ids in the place of names. Raises NotFound for a source, target or binding that is not there."""
    binding_id = None if chosen.binding is None else id_in(str(chosen.binding))
    if chosen.binding is not None and binding_id is None:
        raise NotFound("binding.not_found", "There is no such binding.")
    return DeliveryQuery(
        status=None if chosen.status is None else chosen.status.value,
        source_id=None if chosen.source is None else get_source(tx, chosen.source, even_removed=True).id,
        target_id=None if chosen.target is None else get_target(tx, chosen.target).id,
        binding_id=binding_id,
        type=chosen.type,
    )
