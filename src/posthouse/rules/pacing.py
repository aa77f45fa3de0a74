"""Pacing: how often a lane may send, how much it keeps claimed, and how long it holds back after being told to.

How often is a token bucket, in the form of the generic cell rate algorithm: its whole state is one instant, until which
what was sent has used it up. Source: ITU-T I.371 (2004), annex A.
"""

from __future__ import annotations

import msgspec

from posthouse.model.deliveries import Outcome, OutcomeKind
from posthouse.rules.http_outcome import RETRY_AFTER_S_MAX

STOCK_S = 2.0
"""A lane keeps about this much work claimed: enough that it never waits for a commit, little enough to be sent long
before the leases end."""

STOCK_MAX = 512
STOCK_AGE_S_MAX = 5.0
"""What has lain claimed for longer is given back before it is sent: a lease of 60 s must outlast a request (25 s) and
the check that may follow it (30 s)."""

HOLD_S = 5.0
"""How long to hold back where the answer names no time."""


class Bucket(msgspec.Struct, frozen=True):
    """`burst` requests at once, and another every `refill_s` seconds. A burst of 1 is an even pace, 0 s no limit."""

    refill_s: float = 0.0
    burst: int = 1


def opens_at_s(bucket: Bucket, used_until_s: float) -> float:
    """From when the next request may start; in the past where it may now."""
    return used_until_s - (bucket.burst - 1) * bucket.refill_s


def used_by(bucket: Bucket, used_until_s: float, now_s: float) -> float:
    """Until when the bucket is used up once another request has started now."""
    return max(used_until_s, now_s) + bucket.refill_s


def stock_of(concurrency: int, mean_duration_s: float, pace_s: float, mean_size: float = 1.0) -> int:
    """For how many requests to hold deliveries claimed: at least what can be under way at once, 512 at most.

    `mean_duration_s`: of the latest requests. `pace_s`: the least time between two requests, 0 for none; with one, no
    more than leave in time, at least one. `mean_size`: how many deliveries one carries; 512 of them at most are held
    beyond what can be under way.
    """
    per_s = concurrency / max(mean_duration_s, 0.000_1)
    if pace_s > 0:
        return max(1, min(STOCK_MAX, int(min(per_s, 1 / pace_s) * STOCK_S)))
    return max(concurrency, min(int(STOCK_MAX / max(mean_size, 1.0)), int(per_s * STOCK_S)))


def hold_s(outcome: Outcome) -> float:
    """How long the lane holds back after this outcome: a rate limit's Retry-After, or 5 s; 0 for all others."""
    if outcome.kind is not OutcomeKind.RATE_LIMITED:
        return 0.0
    if outcome.retry_after_s is None:
        return HOLD_S
    return min(max(outcome.retry_after_s, 0.0), RETRY_AFTER_S_MAX)
