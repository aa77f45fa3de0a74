"""The wake schedule: when accounts are probed, so that their usage windows begin when their owner wants them to.

A *marked hour* (0 to 23, with an IANA zone) has four *slots*, at :00, :15, :30 and :45. A slot is due once each local
date. In come looks at the clock, toggles and a person's wish; out come the new state and what follows from it: at most
one run, and what was skipped.

    off ──Toggle on──▶ waiting ──due, overdue ≤ grace──▶ fired: settled moves to its date, waits for the next one
     ▲                   │  ▲ └──overdue > grace───────▶ skipped: likewise, in one computation however many there were
     └────Toggle off─────┘  └── next_at more than 3 days ahead: the clock was wrong, begins anew

    a local time that does not exist   fires at the first instant behind the gap
    a local time that comes twice      fires the first time
    a date that the zone leaves out    has no slot
    several slots due                  one run
    a slot within 30 s of the first    is waited for, so that both make one run; none fires early
    a clock set back                   nothing fires again for a date that was settled
    a clock set forward                as if the machine had slept

What always holds: a (slot, local date) fires or is skipped, once, in the order of dates; `next_at` is found from local
time and zone, never by adding hours. To step again from the same state gives the same, so what was not committed is
done again and what was committed is not.

Instants are Unix milliseconds; `zones` holds the tzinfo of every name that `zones_named` tells.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import assert_never

import msgspec

from posthouse.model.errors import BadInput
from posthouse.model.ids import Millis
from posthouse.rules.local_time import count_dates, first_instant, newest_date, next_date

PROBE_SLOT_MINUTES = 15
MINUTES = tuple(range(0, 60, PROBE_SLOT_MINUTES))

GRACE_S = 7_200.0
COALESCE_S = 30.0
LATE_S = 60.0
"""A run without a start or a resume is called late where its oldest slot is overdue by more than this."""

AHEAD_S_MAX = 3 * 86_400.0
"""No slot is so far ahead but by a clock that was wrong."""
TIMESTAMP_PAST_S_MAX = 86_400.0
TIMESTAMP_AHEAD_S_MAX = 2 * 86_400.0

RETRY_LIMIT = 6
RETRY_EVERY_S = 300.0
RETRY_SCHEDULE_S = (RETRY_EVERY_S,) * RETRY_LIMIT
"""Waits after each failed try of one account. Its pending retry ends with the next run, whatever becomes of that."""
SUPERSEDE_KEY = "wake"
"""All runs have it, so an account has at most one pending retry: that of the newest run."""

_DAY = timedelta(days=1)


class WakePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """`grace_s`: a slot that is overdue by no more than this, inclusive, still fires. 0 to 86,400."""

    grace_s: float = GRACE_S


class WakeSlot(msgspec.Struct, frozen=True, kw_only=True):
    """One quarter of a marked hour.

    `settled`: the last local date (ISO 8601) that fired or was skipped, or, as the hour is marked, the last that has
    been. `settled_at`: when that was due which fired or was skipped last; None where nothing was. `next_at`: when it
    fires next, for the first date behind `settled`. `is_given`: whoever marked the hour named that instant.
    """

    hour: int
    minute: int
    zone: str
    settled: str
    next_at: Millis
    settled_at: Millis | None = None
    is_given: bool = False

    @property
    def label(self) -> str:
        """As people read it: `9:15`."""
        return f"{self.hour}:{self.minute:02}"


class WakeState(msgspec.Struct, frozen=True, kw_only=True):
    """The slots of all marked hours, in the order of hour and minute."""

    slots: tuple[WakeSlot, ...] = ()


class Cause(StrEnum):
    """Why somebody looks. plain: a timer, or after a toggle. start: the daemon began. resume: the machine slept."""

    PLAIN = "plain"
    START = "start"
    RESUME = "resume"


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """A look at the clock. The first of each life of the daemon is a start."""

    cause: Cause = Cause.PLAIN


class Toggle(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody marks an hour, or no longer does.

    `zone`: the IANA name; of no meaning where it is switched off. `timestamps`: the first fires of :00, :15, :30 and
    :45 in Unix milliseconds, None to find them.
    """

    hour: int
    is_on: bool
    zone: str = ""
    timestamps: tuple[float, ...] | None = None


class Wake(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody wants it now. No slot is settled by it."""


Signal = Tick | Toggle | Wake


class Recovery(StrEnum):
    """Why a run makes up for slots that were due before."""

    BOOT = "boot recovery"
    RESUME = "resume"
    LATE = "late"


class SlotDue(msgspec.Struct, frozen=True, kw_only=True):
    """One (slot, local date) of a run. `at` is when it was due; `date` is ISO 8601."""

    hour: int
    minute: int
    date: str
    at: Millis


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """Probe every account now, once. `slots`: those that led to it, in the order in which they were due.

    `expires_at`: from then on nothing of it is tried again, since the next slot is near; None where none comes.
    """

    reason: str
    slots: tuple[SlotDue, ...] = ()
    recovery: Recovery | None = None
    is_manual: bool = False
    at: Millis
    expires_at: Millis | None


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """So many slots, counted by date, were overdue by more than the grace: from the first to the last of them."""

    count: int
    first_at: Millis
    last_at: Millis


class Rewound(msgspec.Struct, frozen=True, kw_only=True):
    """The clock had been days ahead of what it shows now: so many slots began anew, from their next own time on."""

    count: int


Effect = Rewound | Skipped | Run


def zones_named(state: WakeState, signal: Signal) -> frozenset[str]:
    """The zones that a step needs."""
    named = {slot.zone for slot in state.slots}
    return frozenset(named | {signal.zone} if isinstance(signal, Toggle) and signal.is_on else named)


def step(
    state: WakeState, signal: Signal, now: Millis, policy: WakePolicy, zones: Mapping[str, tzinfo]
) -> tuple[WakeState, tuple[Effect, ...]]:
    """Take one signal. At most one Rewound, one Skipped and one Run follow, in this order.

    Raises BadInput `wake.hour_invalid` and `wake.timestamps_invalid` for a toggle that does not fit.
    """
    match signal:
        case Tick():
            return _tick(state, signal.cause, now, policy, zones)
        case Toggle():
            return _toggle(state, signal, now, zones), ()
        case Wake():
            run = Run(reason="manual wake", is_manual=True, at=now, expires_at=expires_at(state, now))
            return state, (run,)
    assert_never(signal)


def next_look(state: WakeState) -> Millis | None:
    """When the next Tick is wanted; None where no hour is marked. At once, where it is not ahead.

    It is the first slot, or the last of those that come within 30 s of it.
    """
    if not state.slots:
        return None
    latest = min(slot.next_at for slot in state.slots) + _ms(COALESCE_S)
    return max(slot.next_at for slot in state.slots if slot.next_at <= latest)


def expires_at(state: WakeState, now: Millis) -> Millis | None:
    """The last instant before the next slot that is ahead; None where no hour is marked."""
    ahead = [slot.next_at for slot in state.slots if slot.next_at > now]
    return Millis(min(ahead) - 1) if ahead else None


def _tick(
    state: WakeState, cause: Cause, now: Millis, policy: WakePolicy, zones: Mapping[str, tzinfo]
) -> tuple[WakeState, tuple[Effect, ...]]:
    rewound = 0
    passed: list[Skipped] = []
    slots: list[WakeSlot] = []
    counts: dict[tuple[str, date, date], int] = {}
    horizon = Millis(now - _ms(policy.grace_s))
    for slot in state.slots:
        if cause is Cause.START and not slot.is_given:
            # The rules of the zone may be newer than what was stored.
            slot = _behind(slot, date.fromisoformat(slot.settled), slot.settled_at, zones)  # noqa: PLW2901
        if _is_of_wrong_clock(slot, now):
            slot, rewound = _begin(slot.hour, slot.minute, slot.zone, now, zones), rewound + 1  # noqa: PLW2901
        if slot.next_at < horizon:
            slot, skipped = _skip(slot, horizon, zones, counts)  # noqa: PLW2901
            passed.append(skipped)
        slots.append(slot)
    effects: list[Effect] = [Rewound(count=rewound)] if rewound else []
    if passed:
        effects.append(_together(passed))
    state = WakeState(slots=tuple(slots))
    if cause is Cause.PLAIN and _is_another_near(state, now):
        return state, tuple(effects)
    state, due = _fire(state, now, zones)
    if due:
        recovery = _recovery(cause, due, now)
        mark = "" if recovery is None else f" ({recovery})"
        labels = dict.fromkeys(f"{one.hour}:{one.minute:02}" for one in due)
        reason = f"scheduled probe(s) {', '.join(labels)}{mark}"
        effects.append(Run(reason=reason, slots=due, recovery=recovery, at=now, expires_at=expires_at(state, now)))
    return state, tuple(effects)


def _is_another_near(state: WakeState, now: Millis) -> bool:
    """Whether something is due, and another slot comes within 30 s of the first that is."""
    wanted_at = next_look(state)
    return wanted_at is not None and wanted_at > now


def _fire(state: WakeState, now: Millis, zones: Mapping[str, tzinfo]) -> tuple[WakeState, tuple[SlotDue, ...]]:
    """Settle whatever is due, for each of its dates."""
    due: list[SlotDue] = []
    slots: list[WakeSlot] = []
    for slot in state.slots:
        while slot.next_at <= now:
            day = _date_due(slot, zones)
            due.append(SlotDue(hour=slot.hour, minute=slot.minute, date=day.isoformat(), at=slot.next_at))
            slot = _behind(slot, day, slot.next_at, zones)  # noqa: PLW2901
        slots.append(slot)
    due.sort(key=lambda one: (one.at, one.date, one.hour, one.minute))
    return WakeState(slots=tuple(slots)), tuple(due)


def _skip(
    slot: WakeSlot, horizon: Millis, zones: Mapping[str, tzinfo], counts: dict[tuple[str, date, date], int]
) -> tuple[WakeSlot, Skipped]:
    """Settle all dates of a slot that were due before an instant; its `next_at` is.

    `counts` holds how many dates lie between two, since the slots of a zone ask for the same.
    """
    zone, settled = zones[slot.zone], date.fromisoformat(slot.settled)
    first = _date_due(slot, zones)
    newest = newest_date(_time(slot), zone, Millis(horizon - 1))
    # A first fire that was given may be due before the slot's own time on its date.
    last = max(first, newest)
    between = (slot.zone, settled, last)
    if between not in counts:
        counts[between] = count_dates(settled, last, zone)
    last_at = slot.next_at if last == first else _instant(slot, last, zone)
    return _behind(slot, last, last_at, zones), Skipped(count=counts[between], first_at=slot.next_at, last_at=last_at)


def _together(passed: Iterable[Skipped]) -> Skipped:
    found = list(passed)
    return Skipped(
        count=sum(one.count for one in found),
        first_at=min(one.first_at for one in found),
        last_at=max(one.last_at for one in found),
    )


def _recovery(cause: Cause, due: tuple[SlotDue, ...], now: Millis) -> Recovery | None:
    match cause:
        case Cause.START:
            return Recovery.BOOT
        case Cause.RESUME:
            return Recovery.RESUME
        case Cause.PLAIN:
            return Recovery.LATE if now - due[0].at > _ms(LATE_S) else None
    assert_never(cause)


def _toggle(state: WakeState, toggle: Toggle, now: Millis, zones: Mapping[str, tzinfo]) -> WakeState:
    if isinstance(toggle.hour, bool) or not 0 <= toggle.hour <= 23:
        raise BadInput("wake.hour_invalid", "An hour is a whole number from 0 to 23.", field="hour")
    others = [slot for slot in state.slots if slot.hour != toggle.hour]
    if not toggle.is_on:
        return WakeState(slots=tuple(others))
    known = {slot.minute: slot for slot in state.slots if slot.hour == toggle.hour and slot.zone == toggle.zone}
    firsts = _judged(toggle.timestamps, now)
    marked = [
        _mark(_begin(toggle.hour, minute, toggle.zone, now, zones), known.get(minute), first, now, zones)
        for minute, first in zip(MINUTES, firsts, strict=True)
    ]
    return WakeState(slots=tuple(sorted([*others, *marked], key=lambda slot: (slot.hour, slot.minute))))


def _judged(timestamps: tuple[float, ...] | None, now: Millis) -> tuple[Millis | None, ...]:
    """The first fires to the millisecond. Raises BadInput `wake.timestamps_invalid`."""
    if timestamps is None:
        return (None,) * len(MINUTES)
    earliest, latest = now - _ms(TIMESTAMP_PAST_S_MAX), now + _ms(TIMESTAMP_AHEAD_S_MAX)
    if len(timestamps) != len(MINUTES) or not all(
        not isinstance(one, bool) and math.isfinite(one) and earliest <= one <= latest for one in timestamps
    ):
        raise BadInput(
            "wake.timestamps_invalid",
            f"The timestamps are the first fires of the {len(MINUTES)} slots, :00, :15, :30 and :45, in Unix "
            "milliseconds: no more than a day past and two days ahead. Leave them out to have them found.",
            field="timestamps",
        )
    return tuple(Millis(math.floor(one)) for one in timestamps)


def _mark(
    fresh: WakeSlot, known: WakeSlot | None, first: Millis | None, now: Millis, zones: Mapping[str, tzinfo]
) -> WakeSlot:
    """A slot that is marked, perhaps anew: what was settled stays settled, and what is due stays due."""
    if known is None or _is_of_wrong_clock(known, now):
        return fresh if first is None else _give(fresh, first, None, zones)
    if first is not None and (known.settled_at is None or first > known.settled_at):
        return _give(fresh, first, known.settled_at, zones)
    if known.next_at <= now:
        return known
    settled = max(date.fromisoformat(one.settled) for one in (fresh, known))
    return _behind(fresh, settled, known.settled_at, zones)


def _give(slot: WakeSlot, first: Millis, settled_at: Millis | None, zones: Mapping[str, tzinfo]) -> WakeSlot:
    """The slot with a first fire of its own, for the date whose instant is the nearest to it."""
    day = _date_nearest(slot, first, zones[slot.zone])
    return msgspec.structs.replace(
        slot, settled=(day - _DAY).isoformat(), settled_at=settled_at, next_at=first, is_given=True
    )


def _date_nearest(slot: WakeSlot, first: Millis, zone: tzinfo) -> date:
    """The date whose own instant is the nearest to one that is given; of two equally near the earlier."""
    before = newest_date(_time(slot), zone, first)
    behind = next_date(before, zone)
    is_before = first - _instant(slot, before, zone) <= _instant(slot, behind, zone) - first
    return before if is_before else behind


def _begin(hour: int, minute: int, zone: str, now: Millis, zones: Mapping[str, tzinfo]) -> WakeSlot:
    """A slot whose first fire is the next behind now."""
    slot = WakeSlot(hour=hour, minute=minute, zone=zone, settled="", next_at=now)
    return _behind(slot, newest_date(_time(slot), zones[zone], now), None, zones)


def _behind(slot: WakeSlot, settled: date, settled_at: Millis | None, zones: Mapping[str, tzinfo]) -> WakeSlot:
    """The slot with a date settled, which waits for the one behind it."""
    zone = zones[slot.zone]
    next_at = _instant(slot, next_date(settled, zone), zone)
    return msgspec.structs.replace(
        slot, settled=settled.isoformat(), settled_at=settled_at, next_at=next_at, is_given=False
    )


def _date_due(slot: WakeSlot, zones: Mapping[str, tzinfo]) -> date:
    """The date for which it fires next."""
    return next_date(date.fromisoformat(slot.settled), zones[slot.zone])


def _is_of_wrong_clock(slot: WakeSlot, now: Millis) -> bool:
    return slot.next_at - now > _ms(AHEAD_S_MAX)


def _instant(slot: WakeSlot, day: date, zone: tzinfo) -> Millis:
    return first_instant(datetime.combine(day, _time(slot)), zone)


def _time(slot: WakeSlot) -> time:
    return time(slot.hour, slot.minute)


def _ms(seconds: float) -> int:
    return round(seconds * 1_000)
