"""Latencies in bins: how long things took, counted in so little that percentiles cost nothing to keep.

The bins of an HDR histogram (https://hdrhistogram.github.io/HdrHistogram/): 16 of one width to every power of two.

    milliseconds   0 … 31    32 … 63   64 … 127   128 … 255  …
    width               1         2          4           8   …

A percentile is the middle of the bin that holds the exact one (nearest rank: the smallest value that at least this
share does not exceed). So below 32 ms it is exact, and above it is off by at most `ERROR_MAX` of the exact value.
"""

from __future__ import annotations

from collections.abc import Mapping

PER_OCTAVE = 16
_BITS = PER_OCTAVE.bit_length()

ERROR_MAX = 1 / (2 * PER_OCTAVE)
"""How far a percentile may be from the exact one, as a share of it: 1/32, which is 3.2 %."""


def bin_of(ms: int) -> int:
    """The bin of a duration in whole milliseconds; a negative one, which only a clock that was set back gives, is 0."""
    ms = max(ms, 0)
    shift = max(ms.bit_length() - _BITS, 0)
    return PER_OCTAVE * shift + (ms >> shift)


def value_of(number: int) -> int:
    """The middle of a bin, in milliseconds, rounded down."""
    shift = max(number // PER_OCTAVE - 1, 0)
    return ((number - PER_OCTAVE * shift) << shift) + ((1 << shift) - 1) // 2


def percentile_of(counts: Mapping[int, int], percent: int) -> int | None:
    """The percentile (1 to 100) of durations counted by bin, in milliseconds; None where nothing was counted."""
    rank = -(-sum(counts.values()) * percent // 100)
    for number in sorted(counts):
        rank -= counts[number]
        if rank <= 0 < counts[number]:
            return value_of(number)
    return None
