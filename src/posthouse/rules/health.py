"""Health: when an endpoint or a target is paused, probed, resumed in steps, or left for a person.

Comes in: the stored `Health` of one endpoint or target, and a signal. Goes out: the new `Health` and effects. The very
same object comes back where nothing changed, so that rows are written on transitions only. What leads where is the
table in `rules.standing`; here stands what counts.

A failure counts only if it is chargeable, of a binding that takes part in health, and of an attempt that began after
the last counted failure (or the last resuming) was recorded: a burst of concurrent failures counts once, and what was
under way before a pause cannot undo its end. rate_limited never counts, nor does what the receiver was never asked
(`UNASKED`: a template or a filter that this event does not suit). Only a success ends a run of failures; a run
of rejections also ends where another code comes. Transient and offline pauses are probed by the policy's table.
"""

from __future__ import annotations

from typing import Literal, assert_never

import msgspec
from msgspec.structs import replace

from posthouse.model.deliveries import UNASKED, OutcomeKind
from posthouse.model.ids import DeliveryId, Millis
from posthouse.model.targets import SELF_HEALING, Health, HealthState, PauseCause
from posthouse.rules.standing import TRANSITIONS, Happening


class HealthPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of at least 1; waits before the 1st, 2nd, … and every later probe of a pause, varied by `jitter`."""

    failures_to_pause: int = 3
    rejections_to_pause: int = 3
    probe_waits_s: tuple[float, ...] = (30, 60, 120, 300, 600, 900)
    jitter: float = 0.2


DEFAULT_POLICY = HealthPolicy()


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt ended. `is_relevant`: its binding's failures count for health. `jitter` is uniform in [-1, 1]."""

    kind: OutcomeKind
    code: str
    status_code: int | None
    detail: str
    delivery_id: DeliveryId
    started_at: Millis
    is_probe: bool
    is_check_passed: bool | None
    is_chargeable: bool
    is_relevant: bool
    jitter: float


class PausedByHand(msgspec.Struct, frozen=True):
    """A person paused it."""

    detail: str = ""


class ResumedByHand(msgspec.Struct, frozen=True):
    """A person resumed it, re-pointed it, or asked for a retry."""


class Reconnected(msgspec.Struct, frozen=True):
    """The target's check has just passed."""


class WentOffline(msgspec.Struct, frozen=True):
    """The machine has no route to anything but itself. `jitter` is uniform in [-1, 1]."""

    jitter: float


class Probed(msgspec.Struct, frozen=True, kw_only=True):
    """A probe was claimed: the delivery that stood here in the due order.

    Written with the claim, so that a crash during the probe cannot lead to another one at once.
    """

    available_at: Millis
    seq: int
    jitter: float = 0.0


Signal = Tried | PausedByHand | ResumedByHand | Reconnected | WentOffline | Probed


class Paused(msgspec.Struct, frozen=True, kw_only=True):
    """It is paused from now on, or for another cause than before."""

    cause: PauseCause
    reason: str
    detail: str


class Recovered(msgspec.Struct, frozen=True, kw_only=True):
    """A pause ended; deliveries flow again, one at a time at first."""

    cause: PauseCause
    paused_for_ms: int


Effect = Paused | Recovered


def judged_kind(kind: OutcomeKind, *, is_check_passed: bool | None) -> OutcomeKind:
    """The kind as policy sees it: an auth outcome of a target whose check passes is a rejection of that delivery."""
    return OutcomeKind.REJECTED if kind is OutcomeKind.AUTH and is_check_passed else kind


def scope_of(kind: OutcomeKind) -> Literal["endpoint", "target"]:
    """Whose health an outcome of this (judged) kind concerns; a success concerns both.

    auth is the target's, or the endpoint's where the credentials are its own: only its kind knows that.
    """
    return "target" if kind is OutcomeKind.AUTH else "endpoint"


def step(
    health: Health, signal: Signal, now: Millis, policy: HealthPolicy, *, lane_concurrency: int
) -> tuple[Health, tuple[Effect, ...]]:
    """Take one signal. Returns the same object and no effects where nothing changed."""
    match signal:
        case Tried(kind=OutcomeKind.DELIVERED):
            return _succeed(health, now, policy, lane_concurrency)
        case Tried():
            return _fail(health, signal, now, policy)
        case PausedByHand():
            return _move(health, Happening.PAUSED_BY_HAND, now, policy, reason="manual", detail=signal.detail)
        case ResumedByHand():
            return _move(health, Happening.RESUMED_BY_HAND, now, policy)
        case Reconnected():
            return _move(health, Happening.RECONNECTED, now, policy)
        case WentOffline():
            return _move(health, Happening.OFFLINE, now, policy, reason="offline", jitter=signal.jitter)
        case Probed():
            return _probe(health, signal, now, policy), ()
    assert_never(signal)


def concurrency_of(health: Health, lane_concurrency: int) -> int:
    """How many deliveries may be under way at once, beside a probe: 0 while paused."""
    return 0 if health.is_paused else min(health.concurrency_max or lane_concurrency, lane_concurrency)


def is_probe_due(health: Health, now: Millis, policy: HealthPolicy = DEFAULT_POLICY) -> bool:
    """Whether a probe may be claimed. One that lies further ahead than any wait is due: the clock was set back."""
    if not health.is_paused or health.probe_at is None:
        return False
    furthest_s = max(policy.probe_waits_s) * (1 + policy.jitter)
    return not now < health.probe_at <= now + round(furthest_s * 1000)


def _succeed(
    health: Health, now: Millis, policy: HealthPolicy, lane_concurrency: int
) -> tuple[Health, tuple[Effect, ...]]:
    if health.is_paused:
        return _move(health, Happening.SUCCESS, now, policy)
    pace = 2 * health.concurrency_max
    if health.state is HealthState.RESUMING and pace >= lane_concurrency:
        return _move(health, Happening.FULL_PACE, now, policy)
    if not (pace or health.consecutive_failures or health.rejected_ids):
        return health, ()
    return replace(health, concurrency_max=pace, consecutive_failures=0, rejected_code=None, rejected_ids=()), ()


def _fail(health: Health, tried: Tried, now: Millis, policy: HealthPolicy) -> tuple[Health, tuple[Effect, ...]]:
    if not tried.is_chargeable or not tried.is_relevant or tried.code in UNASKED or not _is_new(health, tried, now):
        return health, ()
    counted, happening = _count(health, tried, now, policy)
    moved, effects = _move(counted, happening, now, policy, reason=tried.code, detail=tried.detail, jitter=tried.jitter)
    if health.is_paused and health.cause not in SELF_HEALING and not effects:
        # It waits for a person, and what some late attempt met is no news to them.
        return health, ()
    return moved, effects


def _is_new(health: Health, tried: Tried, now: Millis) -> bool:
    """Whether the attempt began after the last counted failure. An instant ahead of now: the clock was set back."""
    return health.counted_at > now or min(tried.started_at, now) > health.counted_at


def _count(health: Health, tried: Tried, now: Millis, policy: HealthPolicy) -> tuple[Health, Happening | None]:
    """The health with this failure counted, and what that amounts to."""
    kind = judged_kind(tried.kind, is_check_passed=tried.is_check_passed)
    match kind:
        case OutcomeKind.TRANSIENT:
            return _count_failure(health, tried, now, policy)
        case OutcomeKind.REJECTED:
            return _count_rejection(health, tried, now, policy)
        case OutcomeKind.GONE:
            return health, Happening.GONE
        case OutcomeKind.AUTH:
            return health, Happening.AUTH_FAILED
        case OutcomeKind.RATE_LIMITED | OutcomeKind.DELIVERED:
            return health, None
    assert_never(kind)


def _count_failure(health: Health, tried: Tried, now: Millis, policy: HealthPolicy) -> tuple[Health, Happening | None]:
    """During a pause only a probe says anything new, and what it met is what people then read."""
    failures = health.consecutive_failures + 1
    counted = replace(health, consecutive_failures=failures, counted_at=now)
    if health.is_paused:
        if not tried.is_probe:
            return health, None
        return replace(counted, reason=tried.code, detail=tried.detail), Happening.FAILURE_RUN
    is_run = failures >= policy.failures_to_pause or health.state is HealthState.RESUMING
    return counted, Happening.FAILURE_RUN if is_run else None


def _count_rejection(
    health: Health, tried: Tried, now: Millis, policy: HealthPolicy
) -> tuple[Health, Happening | None]:
    """Rejections without a status code (nothing was asked of the receiver) are alike under the code 0."""
    code = tried.status_code or 0
    ids = health.rejected_ids if health.rejected_code == code else ()
    if tried.delivery_id in ids:
        return health, None
    ids = (*ids, tried.delivery_id)
    counted = replace(health, rejected_code=code, rejected_ids=ids, counted_at=now)
    return counted, Happening.REJECTION_RUN if len(ids) >= policy.rejections_to_pause else None


def _move(
    health: Health,
    happening: Happening | None,
    now: Millis,
    policy: HealthPolicy,
    *,
    reason: str = "",
    detail: str = "",
    jitter: float = 0.0,
) -> tuple[Health, tuple[Effect, ...]]:
    """Follow the transition table: the one place where a standing changes."""
    becomes = TRANSITIONS.get((health.cause or health.state, happening)) if happening else None
    if becomes is None:
        return health, ()
    if isinstance(becomes, PauseCause):
        paused = replace(_pause(health, becomes, now, policy, jitter), reason=reason, detail=detail)
        return paused, (Paused(cause=becomes, reason=reason, detail=detail),)
    if health.cause is None:
        return Health(since=now, counted_at=health.counted_at), ()
    return _resume(health, now), (Recovered(cause=health.cause, paused_for_ms=max(0, now - health.since)),)


def _pause(health: Health, cause: PauseCause, now: Millis, policy: HealthPolicy, jitter: float) -> Health:
    """Paused for this cause. Where it was paused already, `since` stands, and so does a probe's turn."""
    paused = replace(
        health,
        state=HealthState.PAUSED,
        cause=cause,
        since=health.since if health.is_paused else now,
        counted_at=now,
        concurrency_max=0,
    )
    if cause in SELF_HEALING and health.is_paused:
        return paused
    probe_at = _probe_at(now, 0, policy, jitter) if cause in SELF_HEALING else None
    return replace(paused, probe_count=0, probe_at=probe_at)


def _resume(health: Health, now: Millis) -> Health:
    """One at a time, with a clean record, but for two things.

    The last probe's place stays: a pause soon after goes on with the next delivery. After a pause for rejections all
    but one of the run stay: one more of the kind pauses it again at once.
    """
    resuming = Health(
        state=HealthState.RESUMING,
        since=now,
        counted_at=now,
        concurrency_max=1,
        probed_available_at=health.probed_available_at,
        probed_seq=health.probed_seq,
    )
    if health.cause is not PauseCause.REJECTED:
        return resuming
    return replace(resuming, rejected_code=health.rejected_code, rejected_ids=health.rejected_ids[1:])


def _probe(health: Health, probed: Probed, now: Millis, policy: HealthPolicy) -> Health:
    """Note where the probe stood, and when the next is due."""
    if not health.is_paused or health.probe_at is None:
        return health
    count = health.probe_count + 1
    return replace(
        health,
        probe_count=count,
        probe_at=_probe_at(now, count, policy, probed.jitter),
        probed_available_at=probed.available_at,
        probed_seq=probed.seq,
    )


def _probe_at(now: Millis, count: int, policy: HealthPolicy, jitter: float) -> Millis:
    """When the probe after `count` others is due: the table's wait, the last one for ever."""
    wait_s = policy.probe_waits_s[min(count, len(policy.probe_waits_s) - 1)]
    return Millis(now + round(wait_s * (1 + policy.jitter * jitter) * 1000))
