"""The clock and the ids made from it: the only place that reads time or randomness.

`Clock` is a seam because tests inject their own; `SystemClock` is the machine's. Instants are Unix milliseconds,
durations float seconds; timeouts use `monotonic_s`, which never jumps.
"""

from __future__ import annotations

import os
import time
from typing import Protocol

from posthouse.model.ids import Millis


class Clock(Protocol):
    """What tells the time, makes ids, and draws jitter."""

    def now(self) -> Millis:
        """Unix time in milliseconds."""
        ...

    def monotonic_s(self) -> float:
        """Seconds since an arbitrary start; never jumps, may stand still during a suspend."""
        ...

    def uuid7(self) -> str:
        """A fresh UUIDv7 (RFC 9562), rising within this process, as 36 characters."""
        ...

    def jitter(self) -> float:
        """Uniform in [-1, 1]."""
        ...


class SystemClock:
    """The machine's clock. Ids stay in order even when the wall clock steps back or stands still."""

    def __init__(self) -> None:
        self._last_ms = 0
        self._counter = 0

    def now(self) -> Millis:
        """Unix time in milliseconds."""
        return Millis(time.time_ns() // 1_000_000)

    def monotonic_s(self) -> float:
        """Seconds since an arbitrary start."""
        return time.monotonic()

    def uuid7(self) -> str:
        """A fresh UUIDv7: 48 bits of Unix ms, a 26-bit counter (RFC 9562 section 6.2, method 1), random bits.

        rand_a and the first 14 bits of rand_b hold the counter, which starts at a random 25-bit value each millisecond.
        """
        now_ms = time.time_ns() // 1_000_000
        if now_ms > self._last_ms:
            self._last_ms = now_ms
            self._counter = int.from_bytes(os.urandom(4)) >> 7
        else:
            self._counter += 1
            if self._counter >> 26:
                self._last_ms += 1
                self._counter = 0
        return format_uuid7(self._last_ms, self._counter, int.from_bytes(os.urandom(6)))

    def jitter(self) -> float:
        """Uniform in [-1, 1]."""
        return int.from_bytes(os.urandom(4)) / 0xFFFF_FFFF * 2.0 - 1.0


def format_uuid7(unix_ms: int, counter: int, tail: int) -> str:
    """The UUIDv7 of a millisecond (48 bits), a counter (26 bits) and a random tail (48 bits)."""
    high = f"{unix_ms & 0xFFFFFFFFFFFF:012x}"
    rand_a = counter >> 14
    rand_b = counter & 0x3FFF
    return f"{high[:8]}-{high[8:]}-{0x7000 | rand_a:04x}-{0x8000 | rand_b:04x}-{tail:012x}"


def instant_of_uuid7(value: str) -> Millis:
    """The Unix milliseconds inside a UUIDv7. Raises ValueError where it is not one."""
    digits = value.replace("-", "")
    if len(digits) != 32 or digits[12] != "7":
        raise ValueError("not a UUIDv7")
    return Millis(int(digits[:12], 16))
