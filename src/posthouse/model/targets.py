"""Targets, endpoints and their health."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from posthouse.model.ids import DeliveryId, EndpointId, Millis, ProjectId, TargetId


class HealthState(StrEnum):
    """Whether an endpoint or target may be sent to.

    ok ──trouble──▶ paused ──probe or reconnect succeeds──▶ resuming (1, 2, 4 … at a time) ──▶ ok
    """

    OK = "ok"
    PAUSED = "paused"
    RESUMING = "resuming"


class PauseCause(StrEnum):
    """Why it is paused. transient and offline heal by themselves; the others wait for a person."""

    TRANSIENT = "transient"
    OFFLINE = "offline"
    AUTH = "auth"
    GONE = "gone"
    REJECTED = "rejected"
    MANUAL = "manual"


SELF_HEALING = frozenset({PauseCause.TRANSIENT, PauseCause.OFFLINE})


class Health(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The stored health of one endpoint or target.

    `reason` is the outcome code that led here (`http_401`, `refused`, `manual`), `detail` its plain words.
    `counted_at`: when the last counted failure, pause or resume was recorded; an attempt that began before it counts
    no more. `rejected_code` and `rejected_ids`: the run of like rejections of different deliveries. `probe_count`:
    probes made in this pause. `probe_at`: when the next is due; None where a person is awaited. `concurrency_max`: the
    pace of resuming; 0 is no limit beside the lane's own. `probed_available_at` and `probed_seq`: where the last probe
    stood in the due order.
    """

    state: HealthState = HealthState.OK
    cause: PauseCause | None = None
    reason: str = ""
    detail: str = ""
    since: Millis = Millis(0)
    consecutive_failures: int = 0
    counted_at: Millis = Millis(0)
    rejected_code: int | None = None
    rejected_ids: tuple[DeliveryId, ...] = ()
    probe_count: int = 0
    probe_at: Millis | None = None
    concurrency_max: int = 0
    probed_available_at: Millis = Millis(0)
    probed_seq: int = 0

    @property
    def is_paused(self) -> bool:
        """True while nothing but a probe may be sent."""
        return self.state is HealthState.PAUSED


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A connected destination service. `settings` is the kind's own JSON, in which secrets are references only.

    `removed_at`: since when it takes nothing new, and goes when nothing waits for it any more.
    """

    id: TargetId
    project_id: ProjectId
    kind: str
    name: str
    settings: msgspec.Raw
    health: Health = Health()
    created_at: Millis = Millis(0)
    updated_at: Millis = Millis(0)
    removed_at: Millis | None = None


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One address within a target. `settings` is the kind's own JSON for it (a topic, a worksheet).

    `is_entered`: a person named it; else the target offered it. `gone_at`: since when the target offers it no more.
    """

    id: EndpointId
    project_id: ProjectId
    target_id: TargetId
    name: str
    settings: msgspec.Raw
    health: Health = Health()
    concurrency: int | None = None
    pace_s: float | None = None
    is_entered: bool = False
    gone_at: Millis | None = None
