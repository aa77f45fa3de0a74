"""Retry: what becomes of a delivery after one try.

Comes in: how the try ended, the binding's policy, how many tries the present budget has paid. Goes out: a `Verdict`.

    outcome                                   verdict
    delivered                                 delivered
    charged to nobody (no route, no secrets)  waits, uncharged, 5 s (or longer, if the outcome says so)
    auth whose check failed; gone             waits, uncharged, due now: the pause that follows holds it back
    rejected, but not by itself               waits, uncharged, due now, and goes by itself
    any other kind the policy does not retry  dlq at once, with the outcome's code (so `rejected`, by default)
    rejected on our own side (`UNASKED`)      dlq at once, with the outcome's code
    the rest, budget left                     waits, charged, by the schedule (or longer, if Retry-After says so)
    the rest, budget spent                    dlq, `gave_up`

An auth outcome whose check passed is a rejection of this one delivery. A request that carried several and was rejected
as a whole does not say which of them is at fault: each is tried by itself. Where failures do not count for health,
nothing will pause: then auth and gone are judged by `retry_kinds` like all others. A failed probe of a delivery whose
own retry was not due leaves its time and its budget as they were.

A policy that tries every failure again, and blames nobody for any, asks a question by the clock (the wake schedule's):
its waits are as they stand, and nothing that the other side says moves them.

What always holds: a budget is `len(retry_schedule_s) + 1` tries and is never exceeded; no try is due later than
`wait_max_s` from now, whatever the clock did; a time limit ends a delivery by its own timer, never here.
"""

from __future__ import annotations

import msgspec

from posthouse.model.bindings import Policy
from posthouse.model.deliveries import UNASKED, DeliveryStatus, Outcome, OutcomeKind
from posthouse.model.errors import BadInput
from posthouse.model.ids import Millis
from posthouse.rules.health import judged_kind
from posthouse.rules.http_outcome import RETRY_AFTER_S_MAX

JITTER = 0.2
"""Part of a wait by which it is made longer or shorter, so that what failed together does not return together."""

UNCHARGED_WAIT_S = 5.0
"""Before a try that nobody was to blame for is made again: short, but long enough not to spin."""

FAILURES = frozenset(OutcomeKind) - {OutcomeKind.DELIVERED}
WAITS_MAX = 50
WAIT_S_MAX = 30 * 86_400.0
TIME_TO_LIVE_S_MAX = 3_650 * 86_400.0

GAVE_UP = "gave_up"
INTERRUPTED = "interrupted"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What to write of a delivery. `reason` is a stable code, None where it was delivered.

    `available_at` has a meaning while it waits. `is_charged`: this try has paid one of the budget. `is_parted`: from
    now on it goes by itself.
    """

    status: DeliveryStatus
    reason: str | None
    available_at: Millis
    is_charged: bool
    is_parted: bool = False


def after_attempt(
    *,
    outcome: Outcome,
    policy: Policy,
    charged: int,
    is_due: bool,
    is_probe: bool,
    is_check_passed: bool | None,
    available_at: Millis,
    now: Millis,
    jitter: float,
    is_shared: bool = False,
) -> Verdict:
    """Judge one finished try.

    `charged`: tries that the present budget had paid before it. `is_check_passed`: the verdict of the target's
    `check()` after an auth outcome; None, no check could be made, counts as failed. `available_at`: when the delivery
    had been due. `jitter` is uniform in [-1, 1]. `is_shared`: the same was said of several deliveries at once.
    """
    is_early = is_probe and not is_due
    is_charged = outcome.is_chargeable and not is_early
    if outcome.kind is OutcomeKind.DELIVERED:
        return Verdict(status=DeliveryStatus.DELIVERED, reason=None, available_at=available_at, is_charged=is_charged)
    kind = judged_kind(outcome.kind, is_check_passed=is_check_passed)
    is_held_back = policy.is_health_relevant and kind in (OutcomeKind.AUTH, OutcomeKind.GONE)
    is_tried_again = kind in policy.retry_kinds and outcome.code not in UNASKED
    is_final = outcome.is_chargeable and not is_held_back and not is_tried_again
    if is_final and is_shared and kind is OutcomeKind.REJECTED:
        return msgspec.structs.replace(_waits(outcome.code, now, is_charged=False), is_parted=True)
    if is_final:
        return Verdict(status=DeliveryStatus.DLQ, reason=outcome.code, available_at=available_at, is_charged=is_charged)
    if is_early:
        return _waits(outcome.code, clamp_due(available_at, now, policy), is_charged=False)
    if not outcome.is_chargeable:
        return _waits(outcome.code, _later(now, max(UNCHARGED_WAIT_S, _asked_for_s(outcome))), is_charged=False)
    if is_held_back:
        return _waits(outcome.code, now, is_charged=False)
    if charged >= len(policy.retry_schedule_s):
        return Verdict(status=DeliveryStatus.DLQ, reason=GAVE_UP, available_at=available_at, is_charged=True)
    wait_s = policy.retry_schedule_s[charged]
    if not asks_by_clock(policy):
        wait_s = max(_jittered(wait_s, jitter), _asked_for_s(outcome))
    return _waits(outcome.code, _later(now, wait_s), is_charged=True)


def after_crash(*, charged: int, policy: Policy, now: Millis, jitter: float) -> Verdict:
    """Judge a try that the daemon did not survive: it counts, whoever was to blame.

    Waits lag one step behind those of a failed try: the first is made again at once, as most crashes have nothing to do
    with the payload. One that does kill the daemon backs off and ends in dlq.
    """
    if charged >= len(policy.retry_schedule_s):
        return Verdict(status=DeliveryStatus.DLQ, reason=GAVE_UP, available_at=now, is_charged=True)
    wait_s = policy.retry_schedule_s[charged - 1] if charged else 0.0
    if not asks_by_clock(policy):
        wait_s = _jittered(wait_s, jitter)
    return _waits(INTERRUPTED, _later(now, wait_s), is_charged=True)


def asks_by_clock(policy: Policy) -> bool:
    """Whether its waits are exact: neither spread, nor made longer by Retry-After."""
    return not policy.is_health_relevant and frozenset(policy.retry_kinds) >= FAILURES


def clamp_due(available_at: Millis, now: Millis, policy: Policy) -> Millis:
    """The due time, brought back to the policy's longest wait from now if the clock has jumped behind it."""
    return min(available_at, _later(now, wait_max_s(policy)))


def wait_max_s(policy: Policy) -> float:
    """The longest that this policy can make a delivery wait: its longest wait with jitter, or a day's Retry-After."""
    return max(RETRY_AFTER_S_MAX, _jittered(max(policy.retry_schedule_s, default=0.0), 1.0))


def check_policy(policy: Policy) -> None:
    """Raises BadInput with code `policy.…`, naming the field, where the policy is out of bounds.

    At most 50 waits, each over 0 and up to 30 days; a time to live over 0 and up to ten years.
    """
    if len(policy.retry_schedule_s) > WAITS_MAX:
        raise BadInput(
            "policy.too_many_waits",
            f"The retry schedule has {len(policy.retry_schedule_s)} waits; at most {WAITS_MAX} are allowed.",
            field="retry_schedule_s",
        )
    for index, wait_s in enumerate(policy.retry_schedule_s):
        if not 0 < wait_s <= WAIT_S_MAX:
            raise BadInput(
                "policy.wait_out_of_bounds",
                f"Wait {index + 1} of the retry schedule is {wait_s} s; give seconds over 0, up to {WAIT_S_MAX:.0f}.",
                field="retry_schedule_s",
                index=index,
            )
    if OutcomeKind.DELIVERED in policy.retry_kinds:
        raise BadInput(
            "policy.retries_delivered",
            "'delivered' is not a failure and cannot be retried: leave it out of the kinds to retry.",
            field="retry_kinds",
        )
    ttl_s = policy.time_to_live_s
    if ttl_s is not None and not 0 < ttl_s <= TIME_TO_LIVE_S_MAX:
        raise BadInput(
            "policy.time_to_live_out_of_bounds",
            f"The time to live is {ttl_s} s; give seconds over 0, up to {TIME_TO_LIVE_S_MAX:.0f}, or none for ever.",
            field="time_to_live_s",
        )


def _waits(reason: str, available_at: Millis, *, is_charged: bool) -> Verdict:
    return Verdict(status=DeliveryStatus.FAILED, reason=reason, available_at=available_at, is_charged=is_charged)


def _asked_for_s(outcome: Outcome) -> float:
    """Retry-After within its bounds; 0 where there is none or it is no number (NaN compares as false)."""
    asked_s = outcome.retry_after_s
    return min(asked_s, RETRY_AFTER_S_MAX) if asked_s is not None and asked_s > 0 else 0.0


def _jittered(wait_s: float, jitter: float) -> float:
    return wait_s * (1 + JITTER * jitter)


def _later(now: Millis, wait_s: float) -> Millis:
    return Millis(now + round(wait_s * 1000))
