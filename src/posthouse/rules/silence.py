"""Silence: whether something that should be heard of has been silent for too long, and whether it is over.

    expected ──nothing heard for longer than silence_s──▶ silent, told once ──heard of──▶ expected

A silence counts from the newest event, or from when the expectation was set if that is later. It is judged only when
the daemon has been awake for `AWAKE_S`: what piled up while it was down, or while the machine slept, comes in first,
so that a start is no false alarm. That it is over is told at once.
"""

from __future__ import annotations

import msgspec

from posthouse.model.expectations import Expectation
from posthouse.model.ids import Millis

SILENCE_S_MIN = 60.0
SILENCE_S_MAX = 366 * 86_400.0
AWAKE_S = 300.0
"""How long the daemon must have been awake before it says that something is silent."""


class Silent(msgspec.Struct, frozen=True):
    """Tell that it is silent. `since`: from when on nothing was heard."""

    since: Millis


class Heard(msgspec.Struct, frozen=True):
    """Tell that it is heard of again. `silent_s`: how long it was silent."""

    silent_s: float


Effect = Silent | Heard


def look(expectation: Expectation, now: Millis, awake_since: Millis) -> Effect | None:
    """What is to be told at `now` by a daemon that is awake since `awake_since`; None where nothing is."""
    if expectation.told_at is not None:
        return _look_again(expectation)
    if now < breached_from(expectation, awake_since):
        return None
    return Silent(_since(expectation))


def breached_from(expectation: Expectation, awake_since: Millis) -> Millis:
    """The first instant at which `look` tells of a silence if nothing is heard until then."""
    # "Longer than", so a millisecond more.
    return max(
        Millis(_since(expectation) + round(expectation.silence_s * 1000) + 1),
        Millis(awake_since + round(AWAKE_S * 1000)),
    )


def _look_again(expectation: Expectation) -> Heard | None:
    since, heard_at = expectation.silent_since, expectation.heard_at
    if since is None or heard_at is None or heard_at <= since:
        return None
    return Heard((heard_at - since) / 1000)


def _since(expectation: Expectation) -> Millis:
    heard_at = expectation.heard_at
    return expectation.set_at if heard_at is None else max(heard_at, expectation.set_at)
