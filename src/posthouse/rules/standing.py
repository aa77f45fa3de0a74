"""The transition table of health: what happens to the standing of an endpoint or a target.

    standing              happening                                             becomes
    ok, resuming          failure_run: 3 transient failures in a row            transient
                          (one is enough while resuming)
    ok, resuming          offline: no route to anything but this machine        offline
    ok, resuming          rejection_run: 3 deliveries refused with one code     rejected
    ok, resuming          gone, auth_failed, paused_by_hand                     gone, auth, manual
    any weaker pause      what leads to a stronger cause                        that cause, with its first `since`
    offline               failure_run: a probe found a route, but no success    transient
    transient, offline    success, reconnected, resumed_by_hand                 resuming, one at a time
    rejected, gone, auth  reconnected, resumed_by_hand                          resuming, one at a time
    manual                resumed_by_hand                                       resuming, one at a time
    resuming              success, and the doubled pace is still below the lane resuming, 2, 4 … at a time
    resuming              full_pace: a success, and it is not                   ok

By strength: manual > auth > gone > rejected > transient = offline. Whatever is not in the table changes no standing: a
pause that waits for a person is never lifted by an answer.
"""

from __future__ import annotations

from enum import StrEnum

from posthouse.model.targets import SELF_HEALING, HealthState, PauseCause


class Happening(StrEnum):
    """What a signal amounts to."""

    SUCCESS = "success"
    FULL_PACE = "full_pace"
    FAILURE_RUN = "failure_run"
    OFFLINE = "offline"
    REJECTION_RUN = "rejection_run"
    GONE = "gone"
    AUTH_FAILED = "auth_failed"
    PAUSED_BY_HAND = "paused_by_hand"
    RECONNECTED = "reconnected"
    RESUMED_BY_HAND = "resumed_by_hand"


STRENGTH: dict[PauseCause, int] = {
    PauseCause.TRANSIENT: 0,
    PauseCause.OFFLINE: 0,
    PauseCause.REJECTED: 1,
    PauseCause.GONE: 2,
    PauseCause.AUTH: 3,
    PauseCause.MANUAL: 4,
}
"""A stronger cause takes the place of a weaker one."""

PAUSES: dict[Happening, PauseCause] = {
    Happening.FAILURE_RUN: PauseCause.TRANSIENT,
    Happening.OFFLINE: PauseCause.OFFLINE,
    Happening.REJECTION_RUN: PauseCause.REJECTED,
    Happening.GONE: PauseCause.GONE,
    Happening.AUTH_FAILED: PauseCause.AUTH,
    Happening.PAUSED_BY_HAND: PauseCause.MANUAL,
}
"""What leads to which cause."""

LIFTS: dict[Happening, frozenset[PauseCause]] = {
    Happening.SUCCESS: SELF_HEALING,
    Happening.RECONNECTED: frozenset(PauseCause) - {PauseCause.MANUAL},
    Happening.RESUMED_BY_HAND: frozenset(PauseCause),
}
"""What ends a pause of which causes."""

Standing = HealthState | PauseCause
"""A state, or where it is paused the cause: what the transition table is over."""

TRANSITIONS: dict[tuple[Standing, Happening], Standing] = {
    **{(flowing, why): cause for why, cause in PAUSES.items() for flowing in (HealthState.OK, HealthState.RESUMING)},
    **{(held, why): cause for why, cause in PAUSES.items() for held in PauseCause if STRENGTH[cause] > STRENGTH[held]},
    **{(held, why): HealthState.RESUMING for why, causes in LIFTS.items() for held in PauseCause if held in causes},
    (PauseCause.OFFLINE, Happening.FAILURE_RUN): PauseCause.TRANSIENT,
    (HealthState.RESUMING, Happening.FULL_PACE): HealthState.OK,
}
"""Every change of standing, in a fixed order; what is not here leaves it as it is."""
