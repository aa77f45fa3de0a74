"""Deliveries, attempts and outcomes: what is owed to a binding, each try, and how it ended.

Stored status; `target_paused` is reported, never stored (a waiting row whose endpoint or target is paused):

    pending ──claim──▶ in_flight ──delivered──▶ delivered
       ▲                  │  ├──will retry──▶ failed ──claim──▶ in_flight
       └───release────────┘  └──gave up─────▶ dlq ──replay──▶ pending (fresh budget)
    pending | failed ──▶ dismissed (a person) | expired (a time limit) | withheld (an owner's rule)
    delivered ──replay──▶ the next generation: a new row
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from posthouse.model.events import Event
from posthouse.model.ids import BindingId, DeliveryId, EndpointId, Millis, ParcelId


class DeliveryStatus(StrEnum):
    """What is stored of a delivery's life."""

    PENDING = "pending"
    IN_FLIGHT = "in_flight"
    FAILED = "failed"
    DELIVERED = "delivered"
    DLQ = "dlq"
    DISMISSED = "dismissed"
    EXPIRED = "expired"
    WITHHELD = "withheld"


WAITING = frozenset({DeliveryStatus.PENDING, DeliveryStatus.FAILED})
ENDED = frozenset(DeliveryStatus) - WAITING - {DeliveryStatus.IN_FLIGHT}


class Counts(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Deliveries by reported status."""

    pending: int = 0
    in_flight: int = 0
    failed: int = 0
    target_paused: int = 0
    delivered: int = 0
    dlq: int = 0
    dismissed: int = 0
    expired: int = 0
    withheld: int = 0

    @property
    def queued(self) -> int:
        """Those that have not ended."""
        return self.pending + self.in_flight + self.failed + self.target_paused


class OutcomeKind(StrEnum):
    """What an attempt's answer means; policy reads this and never the text."""

    DELIVERED = "delivered"
    AUTH = "auth"
    GONE = "gone"
    RATE_LIMITED = "rate_limited"
    REJECTED = "rejected"
    TRANSIENT = "transient"


FILTER_FAILED = "filter"
"""The code of what could not be judged: its binding's filter failed for this event."""

RENDER_FAILED = "render"
"""The code of what could not be made from its event."""

UNASKED = frozenset({FILTER_FAILED, RENDER_FAILED})
"""Codes of rejections that are our own side's: the receiver was never asked, and another try would end the same."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How one delivery's attempt ended, as its target saw it.

    `code` is a stable short word for the diagnosis (`http_404`, `dns`, `refused`, `reset`, `tls`, `timeout`,
    `unreachable`, `offline`, `blocked_address`, `interrupted`, `secrets_unavailable`, `secret_missing`,
    `source_unavailable`, `quiet_hours`, `render`, `filter`).
    `is_maybe_sent`: the request may have reached the other side although no answer came. `is_chargeable` is false where
    nobody is to blame (no route off this machine, a locked secret store): such an attempt neither burns the budget nor
    counts for health. `receipt` is what a later update or withdrawal needs, as JSON. `excerpt` is at most 16 KiB of the
    answer.
    """

    kind: OutcomeKind
    code: str
    status_code: int | None = None
    retry_after_s: float | None = None
    detail: str = ""
    excerpt: bytes = b""
    receipt: msgspec.Raw | None = None
    is_maybe_sent: bool = False
    is_chargeable: bool = True


RUN = "RUN"
NOTIFY = "NOTIFY"


class SentRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What left (or would have left) this machine, without secrets: secret header values are replaced by `[hidden]`.

    Where it was no HTTP: of a program that was run the method is RUN, `url` its words as in a shell, `headers` its
    variables and `body` its input; of a message that a library sent the method is NOTIFY, and `url` begins with the
    service's own scheme.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class ClaimedDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery under lease, with all that sending it needs. `fence` must still stand when its result is written.

    `attempt` is this try's number, from 1, over the row's whole life; `charged` is how many tries its present budget
    has paid. `is_due`: its own retry was due when it was claimed (a probe may take one that was not). `is_unjudged`:
    the binding's filter failed for the event, so it must not be sent. `parcel_id`: the parcel that it shares with
    others, None where it goes by itself.
    """

    seq: int
    id: DeliveryId
    event_seq: int
    binding_id: BindingId
    endpoint_id: EndpointId
    revision: int
    fence: int
    attempt: int
    charged: int
    available_at: Millis
    expires_at: Millis | None
    is_due: bool
    is_probe: bool
    event: Event
    receipt: msgspec.Raw | None = None
    is_maybe_sent: bool = False
    is_unjudged: bool = False
    parcel_id: ParcelId | None = None


class ClaimedParcel(msgspec.Struct, frozen=True):
    """What goes out in one request: one delivery, or several of one binding and revision, by ledger sequence."""

    deliveries: tuple[ClaimedDelivery, ...]

    @property
    def id(self) -> ParcelId:
        """The wire id: constant over all attempts, and never given to other content."""
        first = self.deliveries[0]
        return first.parcel_id or ParcelId(first.id)


class AttemptResult(msgspec.Struct, frozen=True, kw_only=True):
    """One finished try, ready to be written.

    `jitter` is uniform in [-1, 1], drawn by the caller. `is_check_passed` is the verdict of the target's `check()`
    after an auth outcome, None where none was made. `is_health_relevant`: whether its kind of target takes part in
    health at all.
    """

    delivery: ClaimedDelivery
    outcome: Outcome
    started_at: Millis
    duration_ms: int
    jitter: float
    request: SentRequest | None = None
    body_hash: bytes | None = None
    is_check_passed: bool | None = None
    is_health_relevant: bool = True


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try as the ledger remembers it. `parcel_size`: how many deliveries its request carried."""

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
    method: str | None
    url: str | None
    request_headers: tuple[tuple[str, str], ...]
    body_hash: str | None
    body: bytes | None
    response_excerpt: bytes
    retry_after_s: float | None
    parcel_id: str | None
    parcel_size: int


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """The ledger row for one (event, binding, generation), as people and programs read it."""

    seq: int
    id: DeliveryId
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
    status: DeliveryStatus
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
