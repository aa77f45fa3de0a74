"""Events as CloudEvents 1.0 in the JSON format: structured for one, batched for several.

An event's `data` is embedded as it is, never decoded. `source` is `/posthouse/<machine>/<source>[/<origin>]`, each part
percent-encoded, so that it is a URI reference. Beside the standard attributes stand the extensions `severity`,
`recordedtime`, and where they say something `correlationkey` and `hops`.
Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal
from urllib.parse import quote

import msgspec

from posthouse.model.events import Event
from posthouse.rules.timestamps import rfc3339

CONTENT_TYPE = "application/cloudevents+json"
BATCH_CONTENT_TYPE = "application/cloudevents-batch+json"


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The envelope, with its members in the order in which they are written."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    subject: str | msgspec.UnsetType = msgspec.UNSET
    time: str
    datacontenttype: Literal["application/json"] = "application/json"
    severity: str
    recordedtime: str
    correlationkey: str | msgspec.UnsetType = msgspec.UNSET
    hops: int | msgspec.UnsetType = msgspec.UNSET
    data: msgspec.Raw


_encode = msgspec.json.Encoder().encode


def to_json(event: Event, data: msgspec.Raw, *, source_name: str, identity: tuple[str, str] | None = None) -> bytes:
    """One event, with the data that its owner lets out, as structured-mode JSON.

    `identity`: the `source` and `id` under which it is known elsewhere already.
    """
    source, event_id = identity or (source_of(event.machine, source_name, event.origin), event.id)
    envelope = CloudEvent(
        id=event_id,
        source=source,
        type=event.type,
        # An attribute that is present may not be empty.
        subject=event.subject or msgspec.UNSET,
        time=rfc3339(event.at),
        severity=event.severity.value,
        recordedtime=rfc3339(event.recorded_at),
        correlationkey=event.correlation_key or msgspec.UNSET,
        hops=event.hops or msgspec.UNSET,
        data=data,
    )
    return _encode(envelope)


def join_batch(events: Sequence[bytes]) -> bytes:
    """Several JSON texts as one JSON array."""
    return b"[" + b",".join(events) + b"]"


@lru_cache(maxsize=4096)
def source_of(machine: str, source_name: str, origin: str) -> str:
    """The `source` attribute; parts that are empty are left out."""
    return "/posthouse" + "".join(f"/{quote(part, safe='')}" for part in (machine, source_name, origin) if part)
