"""A pace: how often requests may start, and how far that is used up. Lanes of one target may share it."""

from __future__ import annotations

from posthouse.rules.pacing import Bucket, opens_at_s, used_by


class Pace:
    """One bucket, on the monotonic clock. A restart begins with a full one."""

    def __init__(self, bucket: Bucket | None = None) -> None:
        self.bucket = bucket or Bucket()
        self._used_until_s = 0.0

    @property
    def is_free(self) -> bool:
        """Whether there is no limit at all."""
        return self.bucket.refill_s == 0

    @property
    def opens_at_s(self) -> float:
        """From when the next request may start; in the past where it may now."""
        return opens_at_s(self.bucket, self._used_until_s)

    def take(self, now_s: float) -> bool:
        """Let a request start now, if it may."""
        if self.is_free:
            return True
        if now_s < self.opens_at_s:
            return False
        self._used_until_s = used_by(self.bucket, self._used_until_s, now_s)
        return True
