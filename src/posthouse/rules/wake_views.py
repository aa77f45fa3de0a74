"""What people are shown of the wake schedule: when each slot fires, when windows begin anew, and what is tried again.

State and rows of the ledger come in, the parts of an answer come out. Instants are Unix milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from posthouse.model.ids import Millis
from posthouse.rules.wake import WakeState

RESET_OFFSET_HOURS = 5
"""How long a usage window lasts, where its account says nothing else."""
HOURS = 24


class WaitingRetry(msgspec.Struct, frozen=True, kw_only=True):
    """An account whose last try failed, and which is tried again.

    `run`: the id of the run's event. `retries_left`: how many tries are to come, the next one among them.
    """

    run: str
    account: str
    reason: str
    retries_left: int
    next_retry_at: Millis


class PendingRetry(msgspec.Struct, frozen=True, kw_only=True):
    """The retry that comes next, and every account of its run that waits for one, in the order of their names."""

    retries_left: int
    next_retry_at: Millis
    reason: str
    accounts: tuple[str, ...]


def schedule_of(state: WakeState) -> dict[str, dict[str, Millis]]:
    """When each slot of each marked hour fires next: by the hour, then by the minute, both without leading zeros."""
    schedule: dict[str, dict[str, Millis]] = {}
    for slot in state.slots:
        schedule.setdefault(str(slot.hour), {})[str(slot.minute)] = slot.next_at
    return schedule


def reset_hour(hour: int, window_hours: int = RESET_OFFSET_HOURS) -> int:
    """The local hour at which a window that begins in `hour` ends: 22 and 5 give 3."""
    return (hour + window_hours) % HOURS


def pending_retry(waiting: Iterable[WaitingRetry]) -> PendingRetry | None:
    """The soonest of them; of several at one instant, that with the most retries left. None where none waits."""
    found = sorted(waiting, key=lambda one: (one.next_retry_at, -one.retries_left, one.account))
    if not found:
        return None
    soonest = found[0]
    return PendingRetry(
        retries_left=soonest.retries_left,
        next_retry_at=soonest.next_retry_at,
        reason=soonest.reason,
        accounts=tuple(sorted(one.account for one in found if one.run == soonest.run)),
    )
