"""When accounts are probed: toggles, runs, recoveries and skipped slots, one by one."""

from __future__ import annotations

import msgspec
import pytest

from posthouse.model.errors import BadInput
from posthouse.model.ids import Millis
from posthouse.rules.wake import (
    COALESCE_S,
    LATE_S,
    RETRY_SCHEDULE_S,
    TIMESTAMP_AHEAD_S_MAX,
    TIMESTAMP_PAST_S_MAX,
    Cause,
    Recovery,
    Rewound,
    Run,
    Skipped,
    Toggle,
    Wake,
    WakeState,
    expires_at,
    next_look,
    zones_named,
)
from tests.rules.wakes import BERLIN, GRACE_MS, MINUTE_MS, SECOND_MS, marked, only_run, stepped, ticked, times
from tests.rules.zones import DAY_MS, HOUR_MS, at


def test_a_marked_hour_is_four_slots_from_the_next_on() -> None:
    state = marked(9, now="2026-01-05 09:20+01:00")

    assert [slot.label for slot in state.slots] == ["9:00", "9:15", "9:30", "9:45"]
    assert times(state) == [
        "2026-01-06 09:00+01:00",
        "2026-01-06 09:15+01:00",
        "2026-01-05 09:30+01:00",
        "2026-01-05 09:45+01:00",
    ]
    assert [slot.settled for slot in state.slots] == ["2026-01-05", "2026-01-05", "2026-01-04", "2026-01-04"]


def test_hours_stand_in_order_and_only_the_toggled_one_changes() -> None:
    state = marked(22, 3, now="2026-01-05 12:00+01:00")
    more, _ = stepped(state, Toggle(hour=9, is_on=True, zone="UTC"), at("2026-01-05 12:00+01:00"))
    less, _ = stepped(more, Toggle(hour=9, is_on=False), at("2026-01-05 12:00+01:00"))

    assert [slot.hour for slot in more.slots[::4]] == [3, 9, 22]
    assert zones_named(more, Wake()) == {BERLIN, "UTC"}
    assert less == state


def test_an_hour_that_is_off_can_be_switched_off() -> None:
    state = marked(9, now="2026-01-05 12:00+01:00")

    assert stepped(state, Toggle(hour=10, is_on=False, timestamps=(float("nan"),)), at("2026-01-05 12:00Z")) == (
        state,
        (),
    )
    assert stepped(WakeState(), Toggle(hour=10, is_on=False), at("2026-01-05 12:00Z")) == (WakeState(), ())


def test_an_hour_that_is_on_is_marked_anew_with_its_zone_and_first_fires() -> None:
    now = at("2026-01-05 12:00+01:00")
    state = marked(9, now="2026-01-05 12:00+01:00")
    given = tuple(float(now + one * MINUTE_MS) for one in (1, 2, 3, 4))
    renewed, _ = stepped(state, Toggle(hour=9, is_on=True, zone="Asia/Tokyo", timestamps=given), now)
    plain, _ = stepped(renewed, Toggle(hour=9, is_on=True, zone="Asia/Tokyo"), now)

    assert [slot.next_at for slot in renewed.slots] == list(given)
    assert {slot.zone for slot in renewed.slots} == {"Asia/Tokyo"}
    assert times(plain)[0] == "2026-01-06 09:00+09:00"
    assert stepped(plain, Toggle(hour=9, is_on=True, zone="Asia/Tokyo"), now) == (plain, ())


@pytest.mark.parametrize("hour", [-1, 24, 100, True, False])
@pytest.mark.parametrize("is_on", [True, False])
def test_what_is_no_hour_is_refused(hour: int, is_on: bool) -> None:
    with pytest.raises(BadInput) as caught:
        stepped(WakeState(), Toggle(hour=hour, is_on=is_on, zone=BERLIN), at("2026-01-05 12:00Z"))

    assert (caught.value.code, caught.value.field) == ("wake.hour_invalid", "hour")


NOW = at("2026-01-05 12:00Z")
EARLIEST, LATEST = NOW - TIMESTAMP_PAST_S_MAX * 1_000, NOW + TIMESTAMP_AHEAD_S_MAX * 1_000


@pytest.mark.parametrize(
    "timestamps",
    [
        (),
        (NOW,) * 3,
        (NOW,) * 5,
        (NOW, NOW, NOW, float("nan")),
        (float("inf"), NOW, NOW, NOW),
        (NOW, float("-inf"), NOW, NOW),
        (NOW, NOW, True, NOW),
        (NOW, NOW, NOW, EARLIEST - 1),
        (NOW, NOW, NOW, LATEST + 1),
        (0, 0, 0, 0),
        (NOW / 1_000,) * 4,
        (1e300,) * 4,
    ],
)
def test_what_are_no_first_fires_is_refused(timestamps: tuple[float, ...]) -> None:
    with pytest.raises(BadInput) as caught:
        stepped(WakeState(), Toggle(hour=9, is_on=True, zone=BERLIN, timestamps=timestamps), NOW)

    assert (caught.value.code, caught.value.field) == ("wake.timestamps_invalid", "timestamps")


def test_first_fires_at_their_bounds_and_with_fractions_are_taken() -> None:
    state = marked(9, now="2026-01-05 12:00Z", timestamps=(EARLIEST, LATEST, NOW + 0.9, NOW - 1))

    assert [slot.next_at for slot in state.slots] == [EARLIEST, LATEST, NOW, NOW - 1]


def test_a_slot_fires_at_its_instant_and_never_before() -> None:
    state = marked(9, now="2026-01-05 08:00+01:00")
    early = ticked(state, Millis(at("2026-01-05 09:00+01:00") - 1))
    after, effects = ticked(state, "2026-01-05 09:00+01:00")

    assert early == (state, ())
    run = only_run(effects)
    assert run.reason == "scheduled probe(s) 9:00"
    assert [(one.date, one.at) for one in run.slots] == [("2026-01-05", at("2026-01-05 09:00+01:00"))]
    assert (run.recovery, run.is_manual, run.at) == (None, False, at("2026-01-05 09:00+01:00"))
    assert times(after)[:2] == ["2026-01-06 09:00+01:00", "2026-01-05 09:15+01:00"]
    assert ticked(after, "2026-01-05 09:00+01:00") == (after, ())


def test_what_a_run_tries_again_ends_before_the_next_slot() -> None:
    state = marked(9, now="2026-01-05 08:00+01:00")
    state, effects = ticked(state, "2026-01-05 09:00+01:00")

    assert only_run(effects).expires_at == at("2026-01-05 09:15+01:00") - 1
    assert expires_at(state, at("2026-01-05 09:15+01:00")) == at("2026-01-05 09:30+01:00") - 1
    assert sum(RETRY_SCHEDULE_S) == 1_800


def test_without_a_marked_hour_nothing_is_looked_for_and_nothing_expires() -> None:
    assert next_look(WakeState()) is None
    assert ticked(WakeState(), "2026-01-05 09:00Z", Cause.START) == (WakeState(), ())
    _, effects = stepped(WakeState(), Wake(), NOW)
    assert effects == (Run(reason="manual wake", is_manual=True, at=NOW, expires_at=None),)


def test_a_manual_wake_settles_no_slot() -> None:
    state = marked(9, now="2026-01-05 08:00+01:00")
    after, effects = stepped(state, Wake(), at("2026-01-05 08:59+01:00"))

    assert after == state
    assert only_run(effects).expires_at == at("2026-01-05 09:00+01:00") - 1
    assert only_run(effects).slots == ()


@pytest.mark.parametrize(
    ("cause", "recovery", "mark"),
    [(Cause.START, Recovery.BOOT, " (boot recovery)"), (Cause.RESUME, Recovery.RESUME, " (resume)")],
)
def test_slots_missed_within_the_grace_fire_once_together(cause: Cause, recovery: Recovery, mark: str) -> None:
    state = marked(9, now="2026-01-05 08:00+01:00")
    after, effects = ticked(state, "2026-01-05 09:40+01:00", cause)

    run = only_run(effects)
    assert run.reason == f"scheduled probe(s) 9:00, 9:15, 9:30{mark}"
    assert run.recovery is recovery
    assert run.expires_at == at("2026-01-05 09:45+01:00") - 1
    assert ticked(after, "2026-01-05 09:40+01:00", cause) == (after, ())


def test_the_grace_is_inclusive_to_the_millisecond() -> None:
    state = marked(9, now="2026-01-05 08:00+01:00")
    last = Millis(at("2026-01-05 09:00+01:00") + GRACE_MS)
    _, in_grace = ticked(state, last, Cause.START)
    _, behind = ticked(state, Millis(last + 1), Cause.START)

    assert only_run(in_grace).reason == "scheduled probe(s) 9:00, 9:15, 9:30, 9:45 (boot recovery)"
    skipped, run = behind
    nine = at("2026-01-05 09:00+01:00")
    assert skipped == Skipped(count=1, first_at=nine, last_at=nine)
    assert isinstance(run, Run)
    assert run.reason == "scheduled probe(s) 9:15, 9:30, 9:45 (boot recovery)"


@pytest.mark.parametrize("cause", Cause)
@pytest.mark.parametrize("days", [2, 730, 20_000])
def test_older_slots_are_skipped_and_told_however_many_they_are(cause: Cause, days: int) -> None:
    state = marked(*range(24), now="2026-01-05 08:00Z", zone="UTC")
    now = Millis(at("2026-01-05 08:00Z") + days * DAY_MS)
    after, effects = ticked(state, now, cause)

    skipped, run = effects
    assert isinstance(skipped, Skipped)
    assert isinstance(run, Run)
    assert len(run.slots) == 9
    assert skipped.count + len(run.slots) == days * 96
    assert skipped.first_at == at("2026-01-05 08:15Z")
    assert skipped.last_at == now - GRACE_MS - 15 * MINUTE_MS
    assert all(now < slot.next_at <= now + DAY_MS for slot in after.slots)


def test_without_grace_only_what_is_due_this_instant_fires() -> None:
    state = marked(9, now="2026-01-05 08:00+01:00")
    after, on_time = ticked(state, "2026-01-05 09:00+01:00", grace_s=0)
    _, late = ticked(after, Millis(at("2026-01-05 09:15+01:00") + 1), grace_s=0)

    assert only_run(on_time).reason == "scheduled probe(s) 9:00"
    assert [type(one) for one in late] == [Skipped]


def test_with_a_day_of_grace_both_dates_of_a_slot_are_in_the_run() -> None:
    state = marked(9, now="2026-01-05 08:00+01:00")
    _, effects = ticked(state, "2026-01-06 09:00+01:00", Cause.START, grace_s=86_400)

    run = only_run(effects)
    assert run.reason == "scheduled probe(s) 9:00, 9:15, 9:30, 9:45 (boot recovery)"
    assert [(one.date, one.minute) for one in run.slots] == [
        ("2026-01-05", 0),
        ("2026-01-05", 15),
        ("2026-01-05", 30),
        ("2026-01-05", 45),
        ("2026-01-06", 0),
    ]


@pytest.mark.parametrize(("overdue_ms", "mark"), [(0, ""), (60_000, ""), (60_001, " (late)"), (GRACE_MS, " (late)")])
def test_a_plain_look_that_comes_late_fires_within_the_grace_and_says_so(overdue_ms: int, mark: str) -> None:
    state = marked(9, now="2026-01-05 09:40+01:00")
    _, effects = ticked(state, Millis(at("2026-01-05 09:45+01:00") + overdue_ms))

    assert LATE_S == 60
    assert only_run(effects).reason == f"scheduled probe(s) 9:45{mark}"


def test_slots_within_half_a_minute_are_one_run_once_the_last_is_due() -> None:
    first = at("2026-01-05 12:01+01:00")
    given = [float(first + one) for one in (0, 10_000, COALESCE_S * 1_000, COALESCE_S * 1_000 + 1)]
    state = marked(9, now="2026-01-05 12:00+01:00", timestamps=given)

    assert next_look(state) == first + COALESCE_S * 1_000
    assert ticked(state, first) == (state, ())
    assert ticked(state, Millis(first + 29_999)) == (state, ())
    state, effects = ticked(state, Millis(first + 30_000))
    assert only_run(effects).reason == "scheduled probe(s) 9:00, 9:15, 9:30"
    assert only_run(effects).expires_at == first + 30_000
    assert next_look(state) == first + 30_001


def test_nothing_is_waited_for_after_a_start() -> None:
    first = at("2026-01-05 12:01+01:00")
    given = [float(first + one * SECOND_MS) for one in (0, 10, 20, 30)]
    state = marked(9, now="2026-01-05 12:00+01:00", timestamps=given)
    _, effects = ticked(state, Millis(first + 15 * SECOND_MS), Cause.START)

    assert only_run(effects).reason == "scheduled probe(s) 9:00, 9:15 (boot recovery)"


def test_what_is_skipped_is_told_while_another_slot_is_waited_for() -> None:
    now = at("2026-01-05 12:00+01:00")
    given = [float(now + one) for one in (-GRACE_MS - 1, 0, 10_000, HOUR_MS)]
    state = marked(9, now="2026-01-05 12:00+01:00", timestamps=given)
    after, effects = ticked(state, now)

    passed_at = Millis(now - GRACE_MS - 1)
    assert effects == (Skipped(count=1, first_at=passed_at, last_at=passed_at),)
    _, effects = ticked(after, Millis(now + 10_000))
    assert only_run(effects).reason == "scheduled probe(s) 9:15, 9:30"


def test_first_fires_that_are_slightly_past_are_missed_slots() -> None:
    now = at("2026-01-05 09:50+01:00")
    own = [float(at(f"2026-01-05 09:{minute:02}+01:00")) for minute in (0, 15, 30, 45)]
    state = marked(9, now="2026-01-05 09:50+01:00", timestamps=own)

    assert next_look(state) == own[0]
    after, effects = ticked(state, now)
    assert only_run(effects).reason == "scheduled probe(s) 9:00, 9:15, 9:30, 9:45 (late)"
    assert times(after)[0] == "2026-01-06 09:00+01:00"
    again, _ = stepped(after, Toggle(hour=9, is_on=True, zone=BERLIN, timestamps=tuple(own)), now)
    assert ticked(again, now) == (again, ())
    assert times(again) == times(after)


def test_a_first_fire_of_ones_own_is_followed_by_the_slots_own_time() -> None:
    # The instant that is given is nearest to the slot of the sixth.
    given = [float(at("2026-01-06 03:00+01:00") + one * MINUTE_MS) for one in (0, 15, 30, 45)]
    state = marked(9, now="2026-01-05 12:00+01:00", timestamps=given)
    after, effects = ticked(state, "2026-01-06 03:00+01:00")

    assert only_run(effects).slots[0].date == "2026-01-06"
    assert times(after)[0] == "2026-01-07 09:00+01:00"
    # This one to that of the fifth.
    state = marked(9, now="2026-01-05 12:00+01:00", timestamps=[float(at("2026-01-05 20:00+01:00"))] * 4)
    after, effects = ticked(state, "2026-01-05 20:00+01:00")
    assert only_run(effects).slots[0].date == "2026-01-05"
    assert times(after)[0] == "2026-01-06 09:00+01:00"
    # And this is equally near to both, so the earlier it is.
    state = marked(9, now="2026-01-05 12:00+01:00", timestamps=[float(at("2026-01-05 21:00+01:00"))] * 4)
    after, effects = ticked(state, "2026-01-05 21:00+01:00")
    assert (only_run(effects).slots[0].minute, only_run(effects).slots[0].date) == (0, "2026-01-05")
    assert times(after)[0] == "2026-01-06 09:00+01:00"


def test_first_fires_are_renewed_also_on_a_date_that_has_fired() -> None:
    state = marked(9, now="2026-01-05 08:00+01:00")
    state, _ = ticked(state, "2026-01-05 09:45+01:00")
    now = at("2026-01-05 12:00+01:00")
    given = tuple(float(now + one * MINUTE_MS) for one in (1, 2, 3, 4))
    renewed, _ = stepped(state, Toggle(hour=9, is_on=True, zone=BERLIN, timestamps=given), now)
    after, effects = ticked(renewed, Millis(now + MINUTE_MS))

    assert [slot.next_at for slot in renewed.slots] == list(given)
    assert only_run(effects).reason == "scheduled probe(s) 9:00"
    assert times(after)[0] == "2026-01-06 09:00+01:00"


def test_a_first_fire_that_was_given_is_kept_over_a_start_and_may_be_skipped() -> None:
    first = at("2026-01-06 03:00+01:00")
    state = marked(9, now="2026-01-05 12:00+01:00", timestamps=[float(first)] * 4)
    kept, effects = ticked(state, "2026-01-05 13:00+01:00", Cause.START)
    assert (kept, effects) == (state, ())

    after, effects = ticked(state, Millis(first + GRACE_MS + 1), Cause.START)
    assert effects == (Skipped(count=4, first_at=first, last_at=first),)
    assert times(after)[0] == "2026-01-07 09:00+01:00"


def test_marking_an_hour_anew_neither_loses_what_is_due_nor_repeats_it() -> None:
    state = marked(9, now="2026-01-05 08:00+01:00")
    toggle = Toggle(hour=9, is_on=True, zone=BERLIN)
    due, _ = stepped(state, toggle, at("2026-01-05 09:00+01:00"))
    after, effects = ticked(due, "2026-01-05 09:00+01:00")
    assert only_run(effects).reason == "scheduled probe(s) 9:00"

    # Also where the clock was set back behind it.
    again, _ = stepped(after, toggle, at("2026-01-05 08:30+01:00"))
    assert times(again)[0] == "2026-01-06 09:00+01:00"


def test_a_clock_set_back_fires_nothing_again() -> None:
    state = marked(9, now="2026-01-05 08:00+01:00")
    after, _ = ticked(state, "2026-01-05 09:45+01:00")

    for back in (
        "2026-01-05 09:00+01:00",
        "2026-01-05 02:00+01:00",
        "2026-01-04 09:00+01:00",
        "2026-01-03 10:00+01:00",
    ):
        for cause in Cause:
            assert ticked(after, back, cause) == (after, ())


def test_a_clock_that_was_years_ahead_is_not_waited_for() -> None:
    state = marked(9, now="2026-01-05 08:00+01:00")
    ahead, _ = ticked(state, "2036-01-05 09:00+01:00", Cause.START)
    marked_anew, _ = stepped(ahead, Toggle(hour=9, is_on=True, zone=BERLIN), at("2026-01-05 08:00+01:00"))
    back, effects = ticked(ahead, "2026-01-05 08:00+01:00")

    assert effects == (Rewound(count=4),)
    assert times(back) == times(marked_anew) == times(state)
    _, effects = ticked(back, "2026-01-05 09:00+01:00")
    assert only_run(effects).reason == "scheduled probe(s) 9:00"


def test_three_days_ahead_is_as_far_as_a_slot_is_believed() -> None:
    state = marked(9, now="2026-01-05 08:00+01:00")
    latest = Millis(max(slot.next_at for slot in state.slots) - 3 * DAY_MS)

    assert ticked(state, latest) == (state, ())
    _, effects = ticked(state, Millis(latest - 1))
    assert effects == (Rewound(count=1),)


def test_a_clock_set_forward_by_days_has_skipped_what_lies_between() -> None:
    state = marked(9, now="2026-01-05 08:00+01:00")
    _, (skipped, run) = ticked(state, "2026-01-09 09:30+01:00")

    assert isinstance(skipped, Skipped)
    assert skipped.count == 16
    assert isinstance(run, Run)
    assert run.reason == "scheduled probe(s) 9:00, 9:15, 9:30 (late)"


def test_a_start_goes_by_the_rules_that_the_zone_has_now() -> None:
    state = marked(9, now="2026-01-05 08:00+01:00")
    stale = WakeState(
        slots=tuple(msgspec.structs.replace(slot, next_at=Millis(slot.next_at + HOUR_MS)) for slot in state.slots)
    )

    assert ticked(stale, "2026-01-05 08:00+01:00", Cause.START) == (state, ())
    assert ticked(stale, "2026-01-05 08:00+01:00") == (stale, ())
