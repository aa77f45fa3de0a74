"""Reading: how long a source whose read failed is left alone."""

from __future__ import annotations

FIRST_S = 300.0
FIRST_FORBIDDEN_S = 900.0
LONGEST_S = 3_600.0


def read_backoff_s(failures: int, *, is_forbidden: bool) -> float:
    """The wait after so many failed reads in a row, from 1: 5 min (15 if permission is missing), doubled to 60 min."""
    first_s = FIRST_FORBIDDEN_S if is_forbidden else FIRST_S
    return min(first_s * 2.0 ** min(failures - 1, 16), LONGEST_S)
