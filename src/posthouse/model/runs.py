"""Runs: the reads that a binding's schedule asks for, and the gaps where one led to no delivery."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from posthouse.model.ids import BindingId, Millis


class Slot(msgspec.Struct, frozen=True):
    """One run of a schedule: when, and what for. No two runs of a binding are for the same period.

    `period`: of a daily schedule the local date ("2026-03-29"), of a weekly one the Monday of its local week, of an
    interval or cron schedule the instant itself in decimal milliseconds.
    """

    at: Millis
    period: str


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """Slots that were passed over, in one record: the first, the last, and how many from 1.

    `is_at_least`: there were more than were counted (only of cron schedules, beyond 1,000).
    """

    first_at: Millis
    last_at: Millis
    count: int
    is_at_least: bool = False


class RunResult(StrEnum):
    """How the last run of a binding went. `failed`: the read failed, and the run is tried again."""

    SENT = "sent"
    NOTHING_NEW = "nothing_new"
    NOTHING_TO_TELL = "nothing_to_tell"
    FAILED = "failed"


class GapReason(StrEnum):
    """Why a scheduled run led to no delivery.

    missed: the daemon did not run or the machine slept until the next slot. nothing_new: the read found what was
    sent before. nothing_to_tell: the read found nothing at all, or the filter wants none of it. read_failed: no read
    succeeded before the next slot. source_off: the source was switched off. edited: a schedule of another kind took
    its place before it was run.
    """

    MISSED = "missed"
    NOTHING_NEW = "nothing_new"
    NOTHING_TO_TELL = "nothing_to_tell"
    READ_FAILED = "read_failed"
    SOURCE_OFF = "source_off"
    EDITED = "edited"


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive runs of a binding that led to no delivery for one and the same reason.

    `missed` holds which and how many. `ran_at`: when a person ran it after all.
    """

    seq: int
    binding_id: BindingId
    reason: GapReason
    detail: str
    missed: Missed
    noted_at: Millis
    ran_at: Millis | None


class RunState(msgspec.Struct, frozen=True, kw_only=True):
    """How far a binding's schedule has been dealt with. `settled` is the last slot that has been run or passed over.

    `ran_at`, `result` and `detail` tell of the last run that was tried; None before the first.
    """

    binding_id: BindingId
    settled: Slot
    ran_at: Millis | None = None
    result: RunResult | None = None
    detail: str = ""


class RunDone(msgspec.Struct, frozen=True, kw_only=True):
    """One run to be settled in the transaction of what it led to.

    `before` is the slot that had been settled when it was decided: where it has changed since, nothing is written.
    `result` is never failed.
    """

    binding_id: BindingId
    before: Slot
    slot: Slot
    result: RunResult
