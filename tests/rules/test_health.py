"""Pausing, probing, resuming: every transition, and what holds under any sequence of signals."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from posthouse.model.deliveries import OutcomeKind
from posthouse.model.ids import DeliveryId, Millis
from posthouse.model.targets import SELF_HEALING, Health, HealthState, PauseCause
from posthouse.rules.health import (
    DEFAULT_POLICY,
    Effect,
    HealthPolicy,
    Paused,
    PausedByHand,
    Probed,
    Reconnected,
    Recovered,
    ResumedByHand,
    Signal,
    Tried,
    WentOffline,
    concurrency_of,
    is_probe_due,
    judged_kind,
    scope_of,
    step,
)
from posthouse.rules.standing import STRENGTH, TRANSITIONS, Happening, Standing

START = Millis(1_767_225_600_000)
SECOND = 1_000
LANE = 8
WELL = Health()
PERSON_ONLY = frozenset(PauseCause) - SELF_HEALING


def at(seconds: float) -> Millis:
    return Millis(START + round(seconds * SECOND))


def tried(outcome_kind: OutcomeKind, began_s: float = 0, **changes: Any) -> Tried:
    fields: dict[str, Any] = {
        "kind": outcome_kind,
        "code": "code",
        "status_code": None,
        "detail": "words",
        "delivery_id": DeliveryId("d1"),
        "started_at": at(began_s),
        "is_probe": False,
        "is_check_passed": None,
        "is_chargeable": True,
        "is_relevant": True,
        "jitter": 0.0,
    }
    return Tried(**(fields | changes))


def success(began_s: float = 0) -> Tried:
    return tried(OutcomeKind.DELIVERED, began_s)


def failure(began_s: float = 0, **changes: Any) -> Tried:
    return tried(OutcomeKind.TRANSIENT, began_s, **changes)


def refusal(began_s: float, delivery: str, status_code: int | None = 404, **changes: Any) -> Tried:
    fields: dict[str, Any] = {"delivery_id": DeliveryId(delivery), "status_code": status_code, "code": "http_404"}
    return tried(OutcomeKind.REJECTED, began_s, **(fields | changes))


def take(health: Health, signal: Signal, now_s: float = 1, *, lane: int = LANE) -> tuple[Health, tuple[Effect, ...]]:
    return step(health, signal, at(now_s), DEFAULT_POLICY, lane_concurrency=lane)


def run(*signals: tuple[float, Signal], start: Health = WELL) -> Health:
    health = start
    for now_s, signal in signals:
        health, _ = take(health, signal, now_s)
    return health


def standing_of(health: Health) -> Standing:
    return health.cause or health.state


PAUSED_BY: dict[Happening, Signal] = {
    Happening.OFFLINE: WentOffline(jitter=0.0),
    Happening.REJECTION_RUN: refusal(50, "d3"),
    Happening.GONE: tried(OutcomeKind.GONE, 50),
    Happening.AUTH_FAILED: tried(OutcomeKind.AUTH, 50, is_check_passed=False),
    Happening.PAUSED_BY_HAND: PausedByHand("maintenance"),
    Happening.FAILURE_RUN: failure(50, is_probe=True),
}
SIGNALS: dict[Happening, Signal] = PAUSED_BY | {
    Happening.SUCCESS: success(50),
    Happening.RECONNECTED: Reconnected(),
    Happening.RESUMED_BY_HAND: ResumedByHand(),
}
NEARLY = {
    "consecutive_failures": 2,
    "rejected_code": 404,
    "rejected_ids": (DeliveryId("d1"), DeliveryId("d2")),
    "since": START,
    "counted_at": at(10),
}


def standing(where: Standing) -> Health:
    """A health in this standing, with one failure less than a pause needs."""
    if isinstance(where, HealthState):
        return Health(state=where, concurrency_max=int(where is HealthState.RESUMING), **NEARLY)  # type: ignore[arg-type]
    probe_at = at(30) if where in SELF_HEALING else None
    return Health(state=HealthState.PAUSED, cause=where, probe_at=probe_at, **NEARLY)  # type: ignore[arg-type]


STANDINGS: list[Standing] = [HealthState.OK, HealthState.RESUMING, *PauseCause]


@pytest.mark.parametrize("where", STANDINGS)
@pytest.mark.parametrize("happening", SIGNALS)
def test_a_signal_changes_the_standing_as_the_table_says(where: Standing, happening: Happening) -> None:
    before = standing(where)
    after, effects = take(before, SIGNALS[happening], 100)
    becomes = TRANSITIONS.get((where, happening))
    assert standing_of(after) == (where if becomes is None else becomes)
    assert after.is_paused == (after.cause is not None)
    match becomes:
        case PauseCause():
            assert effects == (Paused(cause=becomes, reason=after.reason, detail=after.detail),)
            assert after.since == (START if isinstance(where, PauseCause) else at(100))
        case HealthState.RESUMING:
            assert isinstance(where, PauseCause)
            assert effects == (Recovered(cause=where, paused_for_ms=100 * SECOND),)
            assert (after.since, after.concurrency_max, after.probe_at) == (at(100), 1, None)
        case _:
            assert effects == ()


def test_the_table_has_no_way_out_of_a_person_only_pause_but_a_person() -> None:
    exits = {(where, why) for (where, why), becomes in TRANSITIONS.items() if becomes in HealthState}
    by_person = {Happening.RECONNECTED, Happening.RESUMED_BY_HAND}
    assert {why for where, why in exits if where in PERSON_ONLY} == by_person
    assert [why for where, why in exits if where is PauseCause.MANUAL] == [Happening.RESUMED_BY_HAND]


def test_the_table_never_replaces_a_cause_by_a_weaker_one() -> None:
    for (where, _), becomes in TRANSITIONS.items():
        if isinstance(where, PauseCause) and isinstance(becomes, PauseCause):
            assert STRENGTH[becomes] >= STRENGTH[where]


def test_three_failures_in_a_row_pause_and_plan_a_probe_after_thirty_seconds() -> None:
    health, effects = take(run((2, failure(1)), (4, failure(3))), failure(5), 6)
    assert (health.state, health.cause, health.reason) == (HealthState.PAUSED, PauseCause.TRANSIENT, "code")
    assert (health.since, health.probe_at, health.consecutive_failures) == (at(6), at(36), 3)
    assert effects == (Paused(cause=PauseCause.TRANSIENT, reason="code", detail="words"),)


def test_two_failures_are_counted_and_pause_nothing() -> None:
    health = run((2, failure(1)), (4, failure(3)))
    assert (health.state, health.consecutive_failures, health.counted_at) == (HealthState.OK, 2, at(4))


def test_a_success_between_failures_ends_their_run() -> None:
    health = run((2, failure(1)), (4, failure(3)), (5, success()), (7, failure(6)))
    assert (health.state, health.consecutive_failures) == (HealthState.OK, 1)


def test_a_burst_of_concurrent_failures_counts_once() -> None:
    health = run(*[(10 + index / 10, failure(1)) for index in range(8)])
    assert (health.state, health.consecutive_failures) == (HealthState.OK, 1)


def test_an_attempt_that_began_when_the_last_failure_was_recorded_belongs_to_its_burst() -> None:
    health = run((5, failure(1)))
    assert take(health, failure(5), 6)[0] is health


@pytest.mark.parametrize(
    "signal",
    [
        tried(OutcomeKind.RATE_LIMITED, 50),
        failure(50, is_chargeable=False),
        failure(50, is_relevant=False),
        tried(OutcomeKind.AUTH, 50, is_relevant=False),
        tried(OutcomeKind.GONE, 50, is_chargeable=False),
        refusal(50, "d9", is_relevant=False),
        failure(9),
        refusal(50, "d1"),
        refusal(50, "d9", None, code="render"),
        refusal(50, "d9", None, code="filter"),
    ],
)
@pytest.mark.parametrize("where", STANDINGS)
def test_what_does_not_count_changes_nothing_at_all(where: Standing, signal: Signal) -> None:
    before = standing(where)
    after, effects = take(before, signal, 100)
    assert after is before
    assert effects == ()


def test_a_well_endpoint_stays_the_same_object_under_success() -> None:
    assert take(WELL, success(), 5)[0] is WELL


def test_after_the_clock_was_set_back_failures_count_again() -> None:
    health = replace(WELL, counted_at=at(1_000_000), consecutive_failures=2)
    assert take(health, failure(1), 2)[0].cause is PauseCause.TRANSIENT


def test_an_attempt_that_seems_to_begin_after_now_is_of_the_same_burst_as_its_neighbours() -> None:
    health = run((5, failure(90)), (5, failure(91)), (5, failure(92)))
    assert health.consecutive_failures == 1


def test_a_failed_probe_tells_what_it_met_and_keeps_the_pause_as_it_was() -> None:
    before = standing(PauseCause.TRANSIENT)
    after, effects = take(before, failure(31, is_probe=True, code="http_503", detail="no"), 32)
    assert (after.reason, after.detail, after.consecutive_failures, after.counted_at) == ("http_503", "no", 3, at(32))
    assert (after.since, after.probe_at, effects) == (before.since, before.probe_at, ())


def test_a_late_failure_of_no_probe_says_nothing_new_during_a_pause() -> None:
    before = standing(PauseCause.TRANSIENT)
    assert take(before, failure(31), 32)[0] is before


def test_a_failed_probe_after_an_offline_pause_blames_the_endpoint_and_keeps_the_probes_turn() -> None:
    offline = replace(standing(PauseCause.OFFLINE), probe_count=2)
    health, _ = take(offline, failure(31, is_probe=True), 32)
    assert (health.cause, health.probe_count, health.probe_at) == (PauseCause.TRANSIENT, 2, at(30))


def test_failures_under_way_when_the_network_went_away_are_not_blamed_on_the_endpoint() -> None:
    health, _ = take(WELL, WentOffline(jitter=0.5), 10)
    assert health.probe_at == at(10 + 30 * 1.1)
    assert take(health, failure(5), 12)[0] is health


def test_resuming_doubles_its_pace_with_every_success_until_it_is_the_lanes() -> None:
    health, _ = take(standing(PauseCause.TRANSIENT), success(31), 32)
    paces = [concurrency_of(health, LANE)]
    while health.state is HealthState.RESUMING:
        health, effects = take(health, success(33), 34)
        paces.append(concurrency_of(health, LANE))
        assert effects == ()
    assert paces == [1, 2, 4, 8]
    assert health == Health(since=at(34), counted_at=at(32))


@pytest.mark.parametrize(("lane", "successes"), [(1, 1), (2, 1), (3, 2), (5, 3), (64, 6)])
def test_resuming_takes_as_many_successes_as_doublings_reach_the_lane(lane: int, successes: int) -> None:
    health = standing(HealthState.RESUMING)
    for _ in range(successes):
        assert health.state is HealthState.RESUMING
        assert 1 <= concurrency_of(health, lane) <= lane
        health, _ = take(health, success(50), 60, lane=lane)
    assert health.state is HealthState.OK


def test_one_failure_while_resuming_pauses_again_with_the_first_probe_wait() -> None:
    resuming = run((40, success(31)), start=replace(standing(PauseCause.TRANSIENT), probe_count=5))
    health, effects = take(resuming, failure(41), 42)
    assert (health.cause, health.since, health.probe_count, health.probe_at) == (
        PauseCause.TRANSIENT,
        at(42),
        0,
        at(72),
    )
    assert len(effects) == 1


def test_a_failure_that_was_under_way_before_the_resuming_does_not_undo_it() -> None:
    resuming = run((40, success(31)), start=standing(PauseCause.TRANSIENT))
    assert take(resuming, failure(39), 42)[0] is resuming


def test_a_poison_payload_while_resuming_pauses_nothing() -> None:
    resuming = run((40, success(31)), start=standing(PauseCause.TRANSIENT))
    assert take(resuming, refusal(41, "d7", 422), 42)[0].state is HealthState.RESUMING


def test_after_a_pause_for_rejections_one_more_of_the_kind_pauses_again_at_once() -> None:
    paused = run((2, refusal(1, "d1")), (4, refusal(3, "d2")), (6, refusal(5, "d3")))
    resuming, _ = take(paused, ResumedByHand(), 10)
    assert take(resuming, refusal(11, "d4"), 12)[0].cause is PauseCause.REJECTED
    assert take(resuming, refusal(11, "d4", 422), 12)[0].state is HealthState.RESUMING
    assert take(resuming, success(11), 12)[0].rejected_ids == ()


def test_three_different_deliveries_refused_with_one_code_pause_for_a_person() -> None:
    health = run((2, refusal(1, "d1")), (4, refusal(3, "d2")), (6, refusal(5, "d3")))
    assert (health.cause, health.reason, health.probe_at) == (PauseCause.REJECTED, "http_404", None)


@pytest.mark.parametrize(
    "third", [refusal(5, "d1"), refusal(5, "d3", 422), refusal(3, "d3"), success(5), failure(5), refusal(5, "d3", None)]
)
def test_rejections_that_are_not_three_in_a_row_of_a_kind_pause_nothing(third: Tried) -> None:
    health = run((2, refusal(1, "d1")), (4, refusal(3, "d2")), (6, third))
    assert health.state is HealthState.OK


def test_rejections_without_a_status_code_are_of_one_kind() -> None:
    health = run((2, refusal(1, "d1", None)), (4, refusal(3, "d2", None)), (6, refusal(5, "d3", None)))
    assert health.cause is PauseCause.REJECTED


def test_a_credential_failure_whose_check_passed_counts_as_a_rejection() -> None:
    seen = [refusal(began_s, f"d{began_s}", 403, kind=OutcomeKind.AUTH, is_check_passed=True) for began_s in (1, 3, 5)]
    health = run((2, seen[0]), (4, seen[1]))
    assert health.state is HealthState.OK
    assert run((6, seen[2]), start=health).cause is PauseCause.REJECTED


@pytest.mark.parametrize("is_check_passed", [None, False])
def test_a_credential_failure_whose_check_did_not_pass_waits_for_a_person_at_once(
    is_check_passed: bool | None,
) -> None:
    health, _ = take(WELL, tried(OutcomeKind.AUTH, 1, is_check_passed=is_check_passed), 2)
    assert (health.cause, health.probe_at) == (PauseCause.AUTH, None)


def test_a_pause_by_hand_over_another_pause_counts_from_the_first() -> None:
    health, _ = take(standing(PauseCause.TRANSIENT), PausedByHand("later"), 50)
    assert (health.cause, health.reason, health.detail) == (PauseCause.MANUAL, "manual", "later")
    assert (health.since, health.probe_at) == (START, None)
    assert take(health, PausedByHand("again"), 60)[0] is health


@pytest.mark.parametrize("where", STANDINGS)
def test_a_probe_is_noted_only_where_one_is_awaited(where: Standing) -> None:
    before = standing(where)
    after, effects = take(before, Probed(available_at=at(3), seq=7), 30)
    assert effects == ()
    if where in SELF_HEALING:
        assert (after.probed_available_at, after.probed_seq, after.probe_count) == (at(3), 7, 1)
        assert after.probe_at == at(30 + 60)
    else:
        assert after is before


def test_the_place_of_the_last_probe_outlives_the_resuming_and_ends_with_it() -> None:
    probed, _ = take(standing(PauseCause.TRANSIENT), Probed(available_at=at(3), seq=7), 30)
    resuming, _ = take(probed, success(31), 32)
    assert (resuming.probed_available_at, resuming.probed_seq) == (at(3), 7)
    again, _ = take(resuming, failure(33), 34)
    assert again.probed_seq == 7
    assert take(resuming, success(33), 34, lane=1)[0].probed_seq == 0


@given(st.floats(-1, 1), st.integers(1, 12))
def test_probes_follow_the_table_of_waits(jitter: float, probes: int) -> None:
    health = run((2, failure(1)), (4, failure(3)))
    health, _ = take(health, failure(5, jitter=jitter), 6)
    now = at(6)
    for index in range(probes):
        wait_s = (30, 60, 120, 300, 600, 900)[min(index, 5)]
        assert health.probe_at == now + round(wait_s * (1 + 0.2 * jitter) * SECOND)
        assert not is_probe_due(health, Millis(health.probe_at - 1))
        assert is_probe_due(health, health.probe_at)
        now = health.probe_at
        health, _ = step(
            health, Probed(available_at=now, seq=index, jitter=jitter), now, DEFAULT_POLICY, lane_concurrency=LANE
        )


def test_a_probe_that_a_clock_jump_left_far_ahead_is_due() -> None:
    health = replace(standing(PauseCause.TRANSIENT), probe_at=at(1_080))
    assert not is_probe_due(health, at(0))
    assert is_probe_due(replace(health, probe_at=at(1_081)), at(0))


@pytest.mark.parametrize("where", [*sorted(PERSON_ONLY), HealthState.OK, HealthState.RESUMING])
def test_no_probe_is_ever_due_where_none_is_awaited(where: Standing) -> None:
    assert not is_probe_due(standing(where), at(10**9))


@pytest.mark.parametrize("where", STANDINGS)
def test_a_paused_lane_sends_nothing_and_a_well_one_all_it_may(where: Standing) -> None:
    expected: dict[Standing, int] = {HealthState.OK: LANE, HealthState.RESUMING: 1}
    assert concurrency_of(standing(where), LANE) == expected.get(where, 0)


def test_only_credentials_are_the_targets_affair() -> None:
    assert {kind for kind in OutcomeKind if scope_of(kind) == "target"} == {OutcomeKind.AUTH}
    assert judged_kind(OutcomeKind.AUTH, is_check_passed=True) is OutcomeKind.REJECTED
    assert judged_kind(OutcomeKind.AUTH, is_check_passed=None) is OutcomeKind.AUTH
    assert judged_kind(OutcomeKind.GONE, is_check_passed=True) is OutcomeKind.GONE


jitters = st.floats(-1, 1)
seconds = st.floats(0, 5_000)
attempts = st.builds(
    tried,
    st.sampled_from(OutcomeKind),
    seconds,
    status_code=st.sampled_from([None, 404, 422]),
    delivery_id=st.sampled_from("abcdef").map(DeliveryId),
    is_probe=st.booleans(),
    is_check_passed=st.sampled_from([None, False, True]),
    is_chargeable=st.booleans(),
    is_relevant=st.booleans(),
    jitter=jitters,
)
probed = st.builds(Probed, available_at=seconds.map(at), seq=st.integers(1, 9), jitter=jitters)
machine_signals = attempts | probed | st.builds(WentOffline, jitters)
person_signals = st.sampled_from([PausedByHand(), ResumedByHand(), Reconnected()])
histories = st.lists(st.tuples(seconds, machine_signals | machine_signals | person_signals), max_size=60)
health_policies = st.builds(
    HealthPolicy,
    failures_to_pause=st.integers(1, 4),
    rejections_to_pause=st.integers(1, 4),
    probe_waits_s=st.lists(st.floats(1, 900), min_size=1, max_size=4).map(tuple),
)


@given(histories, health_policies, st.integers(1, 16))
def test_whatever_comes_health_stays_consistent(
    history: list[tuple[float, Signal]], policy: HealthPolicy, lane: int
) -> None:
    health = WELL
    for now_s, signal in history:
        before = health
        health, effects = step(before, signal, at(now_s), policy, lane_concurrency=lane)
        if health == before:
            assert health is before
            assert effects == ()
        assert (health.cause is not None) == health.is_paused
        assert (health.probe_at is not None) == (health.cause in SELF_HEALING)
        assert (health.concurrency_max > 0) == (health.state is HealthState.RESUMING)
        assert 0 <= concurrency_of(health, lane) <= lane
        assert (concurrency_of(health, lane) == 0) == health.is_paused
        assert len(health.rejected_ids) <= policy.rejections_to_pause
        assert len(set(health.rejected_ids)) == len(health.rejected_ids)
        changed = standing_of(health) != standing_of(before)
        assert bool(effects) == (changed and health.state is not HealthState.OK)
        assert not effects or isinstance(effects[0], Paused) == health.is_paused


@given(histories)
def test_a_pause_for_a_person_is_never_lifted_by_the_machine(history: list[tuple[float, Signal]]) -> None:
    health = WELL
    for now_s, signal in history:
        before = health
        health, _ = take(before, signal, now_s)
        if before.cause in PERSON_ONLY and not health.is_paused:
            allowed = (ResumedByHand,) if before.cause is PauseCause.MANUAL else (ResumedByHand, Reconnected)
            assert isinstance(signal, allowed)


@given(st.lists(st.tuples(seconds, machine_signals), max_size=60), st.sampled_from(sorted(PERSON_ONLY)))
def test_no_answer_ever_lifts_what_waits_for_a_person(history: list[tuple[float, Signal]], cause: PauseCause) -> None:
    health = run(*history, start=standing(cause))
    assert health.cause in PERSON_ONLY
    assert STRENGTH[health.cause] >= STRENGTH[cause]


@given(st.lists(st.floats(0, 10), min_size=1, max_size=40), st.floats(10.001, 100))
def test_any_concurrent_burst_counts_once(began_s: list[float], recorded_s: float) -> None:
    """All began before the first of them was recorded, which is what makes them concurrent."""
    health = run(*[(recorded_s + index, failure(began)) for index, began in enumerate(began_s)])
    assert (health.state, health.consecutive_failures) == (HealthState.OK, 1)


@given(st.integers(2, 10))
def test_failures_one_after_another_pause_after_exactly_the_limit(limit: int) -> None:
    policy = HealthPolicy(failures_to_pause=limit)
    health = WELL
    for index in range(limit):
        assert health.state is HealthState.OK
        health, _ = step(health, failure(2 * index + 1), at(2 * index + 2), policy, lane_concurrency=LANE)
    assert health.cause is PauseCause.TRANSIENT
