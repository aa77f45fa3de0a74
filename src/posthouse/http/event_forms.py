"""The forms in which events are posted, decoded and judged: pure, and the same for HTTP and the spool.

    application/json                      one event as an object, or several in an array
    application/x-ndjson                  one event or CloudEvent a line; blank lines are passed over
    application/cloudevents+json          one CloudEvent (see `cloud_event_forms`)
    application/cloudevents-batch+json    several in an array

All or nothing: the first thing that does not fit is raised, with its index (from 0) or line (from 1). Unknown fields
are refused, so that a misspelt one is never lost in silence; of a name that is given twice the last one counts. `data`
is kept byte for byte; it may be any JSON in UTF-8 that is at most 100 levels deep and whose numbers are in range.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum

import msgspec

from posthouse.http.cloud_event_forms import parse_cloud_event
from posthouse.http.event_fields import Instant, LongText, ShortText, TypeText, check_data, decode, to_millis
from posthouse.model.errors import BadInput, TooLarge
from posthouse.model.events import EMPTY_OBJECT, EventDraft, Severity


class Form(Enum):
    """How a body is to be read."""

    JSON = "application/json"
    NDJSON = "application/x-ndjson"
    CLOUD_EVENT = "application/cloudevents+json"
    CLOUD_EVENT_BATCH = "application/cloudevents-batch+json"


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How large one event may be, in bytes as it was posted, and how many one body may hold."""

    event_bytes_max: int
    items_max: int


class PostedEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """An event as it is posted. `key` makes it idempotent within its origin; `at` is when it happened."""

    type: TypeText
    data: msgspec.Raw = msgspec.field(default_factory=lambda: EMPTY_OBJECT)
    origin: LongText | None = None
    subject: LongText | None = None
    severity: Severity = Severity.INFO
    at: Instant | None = None
    key: ShortText | None = None
    expires_at: Instant | None = None
    correlation_key: ShortText | None = None
    supersede_key: ShortText | None = None


class _Kind(msgspec.Struct):
    """What tells a CloudEvent from an event."""

    specversion: object = None


_decode_kind = msgspec.json.Decoder(_Kind).decode
_decode_event = msgspec.json.Decoder(PostedEvent).decode
_decode_array = msgspec.json.Decoder(list[msgspec.Raw]).decode


def parse_events(form: Form, body: bytes, limits: Limits) -> list[EventDraft]:
    """The drafts of a body. Raises BadInput `event.*` with index or line, TooLarge."""
    match form:
        case Form.JSON:
            if body[:64].lstrip(b" \t\r\n")[:1] == b"[":
                return _parse_items(body, parse_event, limits)
            return [_parse_lone(body, parse_event, limits)]
        case Form.NDJSON:
            return _parse_lines(body, limits)
        case Form.CLOUD_EVENT | Form.CLOUD_EVENT_BATCH:
            if form is Form.CLOUD_EVENT:
                return [_parse_lone(body, parse_cloud_event, limits)]
            return _parse_items(body, parse_cloud_event, limits)


def parse_event(text: bytes | msgspec.Raw) -> EventDraft:
    """The draft of one posted event's JSON. Raises BadInput `event.*`."""
    posted = decode(_decode_event, text)
    if posted.data is not EMPTY_OBJECT:
        check_data(posted.data)
    return EventDraft(
        type=posted.type,
        data=posted.data,
        at=None if posted.at is None else to_millis(posted.at, "at"),
        severity=posted.severity,
        subject=posted.subject,
        origin=posted.origin or "",
        key=posted.key,
        expires_at=None if posted.expires_at is None else to_millis(posted.expires_at, "expiresAt"),
        supersede_key=posted.supersede_key,
        correlation_key=posted.correlation_key,
    )


def _parse_lone(body: bytes, parse: Callable[[bytes], EventDraft], limits: Limits) -> EventDraft:
    if len(body) > limits.event_bytes_max:
        raise _too_large(len(body), limits)
    return parse(body)


def _parse_items(body: bytes, parse: Callable[[msgspec.Raw], EventDraft], limits: Limits) -> list[EventDraft]:
    items = decode(_decode_array, body)
    _check_count(len(items), limits)
    drafts: list[EventDraft] = []
    for index, item in enumerate(items):
        try:
            if len(memoryview(item)) > limits.event_bytes_max:
                raise _too_large(len(memoryview(item)), limits)
            drafts.append(parse(item))
        except BadInput as error:
            error.index = index
            raise
    return drafts


def _parse_lines(body: bytes, limits: Limits) -> list[EventDraft]:
    drafts: list[EventDraft] = []
    for number, line in _lines(body):
        try:
            if len(line) > limits.event_bytes_max:
                raise _too_large(len(line), limits)
            drafts.append(parse_cloud_event(line) if _is_cloud_event(line) else parse_event(line))
        except BadInput as error:
            error.line = number
            raise
        if len(drafts) > limits.items_max:
            _check_count(len(drafts), limits)
    _check_count(len(drafts), limits)
    return drafts


def _is_cloud_event(line: bytes) -> bool:
    """Whether the object on this line says so. The text alone may stand in any event's data."""
    return b'"specversion"' in line and decode(_decode_kind, line).specversion is not None


def _lines(body: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines that hold something, with their numbers from 1. Only a line feed ends one, as JSON text has none."""
    start, number = 0, 0
    while start < len(body):
        number += 1
        end = body.find(b"\n", start)
        end = len(body) if end < 0 else end
        line = body[start:end].strip(b" \t\r")
        if line:
            yield number, line
        start = end + 1


def _check_count(count: int, limits: Limits) -> None:
    if count == 0:
        raise BadInput("event.none", "There is no event in this body.")
    if count > limits.items_max:
        raise TooLarge(
            "event.too_many", f"One request may carry {limits.items_max} events (ingest.items_max). Send them in parts."
        )


def _too_large(size: int, limits: Limits) -> TooLarge:
    return TooLarge(
        "event.too_large",
        f"The event has {size} bytes; one may have {limits.event_bytes_max} (ingest.event_bytes_max).",
    )
