"""Pacing: how many deliveries a lane keeps claimed, and how long it holds back after being told to slow down."""

from __future__ import annotations

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


def stock_of(concurrency: int, mean_duration_s: float, pace_s: float) -> int:
    """How many deliveries to hold claimed: at least what can be under way at once, 512 at most.

    `mean_duration_s`: of the latest requests. `pace_s`: the least time between two requests, 0 for none; with one, no
    more than leave in time, at least one.
    """
    per_s = concurrency / max(mean_duration_s, 0.000_1)
    if pace_s > 0:
        return max(1, min(STOCK_MAX, int(min(per_s, 1 / pace_s) * STOCK_S)))
    return max(concurrency, min(STOCK_MAX, int(per_s * STOCK_S)))


def hold_s(outcome: Outcome) -> float:
    """How long the lane holds back after this outcome: a rate limit's Retry-After, or 5 s; 0 for all others."""
    if outcome.kind is not OutcomeKind.RATE_LIMITED:
        return 0.0
    if outcome.retry_after_s is None:
        return HOLD_S
    return min(max(outcome.retry_after_s, 0.0), RETRY_AFTER_S_MAX)
