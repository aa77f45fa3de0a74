"""Events: immutable facts, and the drafts from which intake makes them.

`data` is JSON text kept as it came (`msgspec.Raw`), so that what is only stored and passed on is never decoded.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from posthouse.model.ids import BindingId, EventId, Millis, ProjectId, SourceId

EMPTY_OBJECT = msgspec.Raw(b"{}")


class Severity(StrEnum):
    """How much a person should care, rising."""

    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    ERROR = "error"


class EventDraft(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A happening as its source tells it; intake gives it identity, project, source, machine and `recorded_at`.

    `type` is 1 to 200 characters, dotted by custom (`agent.turn-completed`). `at` is when it happened (intake's now
    where absent). `key` makes it idempotent within (project, source, origin). `audience` names the only bindings it is
    meant for. `hops` counts the Posthouses it has passed through, 8 at most.
    """

    type: str
    data: msgspec.Raw = EMPTY_OBJECT
    at: Millis | None = None
    severity: Severity = Severity.INFO
    subject: str | None = None
    origin: str = ""
    key: str | None = None
    expires_at: Millis | None = None
    supersede_key: str | None = None
    correlation_key: str | None = None
    audience: tuple[BindingId, ...] | None = None
    hops: int = 0


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """An immutable fact, stored once."""

    id: EventId
    project_id: ProjectId
    source_id: SourceId
    machine: str
    type: str
    at: Millis
    recorded_at: Millis
    severity: Severity = Severity.INFO
    origin: str = ""
    subject: str | None = None
    data: msgspec.Raw = EMPTY_OBJECT
    key: str | None = None
    expires_at: Millis | None = None
    supersede_key: str | None = None
    correlation_key: str | None = None
    audience: tuple[BindingId, ...] | None = None
    hops: int = 0
