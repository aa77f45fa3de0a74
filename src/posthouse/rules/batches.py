"""Batches: how many deliveries may share a request."""

from __future__ import annotations

from collections.abc import Sequence

BATCH_MAX = 1_000
BATCH_WAIT_S_MAX = 3_600.0

BODY_BYTES_MAX = 1_048_576
"""About how big the body of a parcel may be: many receivers refuse more than a mebibyte. A lone event may be bigger."""

ENVELOPE_BYTES = 1_024
"""What an event is reckoned to add to its data: type, subject, source and times."""

CLAIMED_MAX = 2_000
"""A lane is handed no more deliveries than these at once, but for the last parcel."""


def fitting(sizes: Sequence[int]) -> int:
    """How many of these events, by the bytes of their data, fit into one body: the first always does."""
    total = 0
    for index, size in enumerate(sizes):
        total += size + ENVELOPE_BYTES
        if total > BODY_BYTES_MAX and index > 0:
            return index
    return len(sizes)
