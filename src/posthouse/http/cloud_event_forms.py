"""CloudEvents 1.0 in the JSON format, taken as events.

`id` becomes the key and `source` the origin, as the specification makes the two unique together; `time` becomes `at`.
Of the extensions `severity`, `correlationkey` and `hops` are understood, as another Posthouse sends them; all others,
and `datacontenttype` and `dataschema` beside JSON data, are not kept. `data_base64` is kept as data of the form
`{"contentType": …, "base64": …}`. What comes from another Posthouse has passed through one more of them.
Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from posthouse.http.event_fields import LongText, ShortText, TypeText, check_data, decode, to_millis
from posthouse.model.errors import BadInput
from posthouse.model.events import EMPTY_OBJECT, EventDraft, Severity

OWN_SOURCE = "/posthouse/"
"""How the `source` of what a Posthouse sends begins."""


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One CloudEvent, as far as it is understood."""

    specversion: Literal["1.0"]
    id: ShortText
    source: Annotated[LongText, msgspec.Meta(min_length=1)]
    type: TypeText
    subject: LongText | None = None
    time: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    datacontenttype: LongText | None = None
    data: msgspec.Raw = msgspec.field(default_factory=lambda: EMPTY_OBJECT)
    data_base64: str | None = None
    severity: str | None = None
    correlationkey: ShortText | None = None
    hops: Annotated[int, msgspec.Meta(ge=0, le=1_000)] | None = None


class _Binary(msgspec.Struct, frozen=True, rename="camel"):
    content_type: str | None
    base64: str


_decode = msgspec.json.Decoder(CloudEvent).decode
_SEVERITIES = {severity.value: severity for severity in Severity}


def parse_cloud_event(text: bytes | msgspec.Raw) -> EventDraft:
    """The draft of one CloudEvent's JSON. Raises BadInput `event.*`."""
    event = decode(_decode, text)
    is_passed_on = event.source.startswith(OWN_SOURCE)
    return EventDraft(
        type=event.type,
        data=_data(event),
        at=None if event.time is None else to_millis(event.time, "time"),
        # Another producer's extension of that name may mean something else.
        severity=_SEVERITIES.get(event.severity or "", Severity.INFO),
        subject=event.subject,
        origin=event.source,
        key=event.id,
        correlation_key=event.correlationkey,
        hops=(event.hops or 0) + is_passed_on,
    )


def _data(event: CloudEvent) -> msgspec.Raw:
    if event.data_base64 is None:
        if event.data is not EMPTY_OBJECT:
            check_data(event.data)
        return event.data
    if event.data is not EMPTY_OBJECT:
        raise BadInput("event.data_invalid", "A CloudEvent has data or data_base64, not both.", field="data_base64")
    try:
        b64decode(event.data_base64, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput("event.data_invalid", "data_base64 is not Base64.", field="data_base64") from error
    return msgspec.Raw(msgspec.json.encode(_Binary(event.datacontenttype, event.data_base64)))
