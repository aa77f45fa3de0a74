"""How much of an agent's account is used up, as its service says."""

from __future__ import annotations

import msgspec

from posthouse.model.ids import Millis


class RateWindow(msgspec.Struct, frozen=True, kw_only=True):
    """One window of a limit. `used_percent`: from 0, and above 100 where the service says so."""

    used_percent: float
    window_minutes: int | None = None
    resets_at: Millis | None = None


class RateLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What was last said of an account's limits: `primary` is the short window (5 h), `secondary` the long (7 d)."""

    heard_at: Millis
    primary: RateWindow | None = None
    secondary: RateWindow | None = None
    plan: str = ""
