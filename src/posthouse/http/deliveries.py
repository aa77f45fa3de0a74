"""`/api/deliveries`: what is owed to whom, each attempt with what was sent and what came back, replay and dismissal."""

from __future__ import annotations

import base64
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from posthouse.http.delivery_filters import FILTERED, DeliveryFilter, ReportedStatus, query_of
from posthouse.http.problems import DiagnosisView, problems, view_diagnosis
from posthouse.http.requests import LIMIT_DEFAULT, Cursor, Limit, Reference, after, cursor_at
from posthouse.http.services import Services
from posthouse.ledger.deliveries import TARGET_PAUSED, DeliveryQuery, get_delivery
from posthouse.ledger.searching import SEQ_MAX
from posthouse.model.deliveries import Attempt, Delivery, OutcomeKind
from posthouse.model.errors import BadInput
from posthouse.model.ids import Millis
from posthouse.pipeline.delivery import BulkResult
from posthouse.pipeline.finding import count, find_deliveries
from posthouse.rules.diagnosis import diagnose

IDS_MAX = 10_000
LIMIT_MAX = 1_000


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
    """A page of deliveries, newest first.

    A page may be short, even empty, and not the last: one request looks at a bounded number of deliveries.
    `searchedTo` is then how far back it came, and `nextCursor` goes on from there.
    """

    items: list[DeliveryView]
    next_cursor: str | None
    searched_to: Millis | None


class CountView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How many fit. `isAtLeast`: not all were looked at, and `nextCursor` counts on.

    A replay or dismissal that begins at `startCursor` leaves out what came after this count.
    """

    count: int
    is_at_least: bool
    start_cursor: str
    next_cursor: str | None


class SentRequestView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was sent, without secrets. `body` is text, or Base64 where `isBase64`; None once retention took it."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    body_hash: str | None
    body: str | None
    is_base64: bool = False


class ParcelView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The request that a delivery shared with others: its id on the wire, and how many deliveries it carried."""

    id: str
    deliveries: int


class AttemptView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One try: when, how it went, what was sent and what came back. `parcel` is null where it went by itself."""

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
    parcel: ParcelView | None
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


class Choice(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Deliveries by their ids, or by a filter: one of the two. An empty filter is all of them.

    With a filter, `limit` ends the call after so many, newest first, and the answer's `nextCursor` goes on behind
    them. The first `cursor` may be the `startCursor` of a count, which leaves out what came after it.
    """

    ids: Annotated[list[str], msgspec.Meta(min_length=1, max_length=IDS_MAX)] | None = None
    filter: DeliveryFilter | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=LIMIT_MAX)] | None = None
    cursor: Annotated[str, msgspec.Meta(max_length=20)] | None = None


class SkippedView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A delivery that was left as it is."""

    id: str
    reason: str


class BulkView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was done. `skipped` are the first 100 that were left.

    `nextCursor`: where a call with a `limit` left off; none where nothing is left.
    """

    matched: int
    changed: int
    skipped: list[SkippedView]
    next_cursor: str | None


@get("/api/deliveries", dependencies=FILTERED, responses=problems(404))
async def list_deliveries(
    services: NamedDependency[Services],
    chosen: NamedDependency[DeliveryFilter],
    cursor: Cursor = None,
    limit: Limit = LIMIT_DEFAULT,
) -> DeliveryList:
    """Deliveries, newest first."""
    query = await services.database.read(query_of, chosen)
    before = after(cursor) or SEQ_MAX
    found = await find_deliveries(services.database, msgspec.structs.replace(query, before=before, limit=limit))
    return DeliveryList(
        items=[view_delivery(one) for one in found.items],
        next_cursor=cursor_at(found.next_before),
        searched_to=found.searched_to,
    )


@get("/api/deliveries/count", dependencies=FILTERED, responses=problems(404))
async def count_deliveries(
    services: NamedDependency[Services],
    chosen: NamedDependency[DeliveryFilter],
    cursor: Cursor = None,
) -> CountView:
    """How many deliveries fit a filter, as far as one request may look."""
    query = await services.database.read(query_of, chosen)
    counted = await count(services.database, msgspec.structs.replace(query, before=after(cursor) or SEQ_MAX))
    return CountView(
        count=counted.count,
        is_at_least=counted.next_before is not None,
        start_cursor=str(counted.start),
        next_cursor=cursor_at(counted.next_before),
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
    return view_bulk(await services.dispatcher.replay(await _chosen(services, data), at_most=data.limit))


@post("/api/deliveries/dismiss", status_code=200, responses=problems(404, 413, 415, 507))
async def dismiss_deliveries(data: JSONBody[Choice], services: NamedDependency[Services]) -> BulkView:
    """End, unsent, what waits or was given up."""
    return view_bulk(await services.dispatcher.dismiss(await _chosen(services, data), at_most=data.limit))


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
        parcel=None if attempt.parcel_id is None else ParcelView(id=attempt.parcel_id, deliveries=attempt.parcel_size),
        request=_view_request(attempt),
        response_excerpt=(attempt.response_excerpt or b"").decode("utf-8", "replace"),
        diagnosis=view_diagnosis(diagnose(attempt.code, attempt.status_code)) if is_failed else None,
    )


def view_bulk(result: BulkResult) -> BulkView:
    """The result of a bulk change as the API shows it."""
    skipped = [SkippedView(id=one.id, reason=one.reason) for one in result.skipped]
    return BulkView(
        matched=result.matched, changed=result.changed, skipped=skipped, next_cursor=cursor_at(result.next_before)
    )


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
        if choice.limit is not None or choice.cursor is not None:
            raise BadInput("request.invalid", "limit and cursor go with a filter, not with ids.", field="limit")
        return list(dict.fromkeys(one[:100] for one in choice.ids))
    assert choice.filter is not None
    query = await services.database.read(query_of, choice.filter)
    return msgspec.structs.replace(query, before=after(choice.cursor) or SEQ_MAX)
