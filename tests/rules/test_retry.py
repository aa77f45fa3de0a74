"""What becomes of a delivery after one try, and after a crash."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.bindings import Policy
from posthouse.model.deliveries import DeliveryStatus, Outcome, OutcomeKind
from posthouse.model.errors import BadInput
from posthouse.model.ids import Millis
from posthouse.rules.http_outcome import RETRY_AFTER_S_MAX
from posthouse.rules.retry import (
    FAILURES,
    GAVE_UP,
    JITTER,
    TIME_TO_LIVE_S_MAX,
    WAIT_S_MAX,
    WAITS_MAX,
    Verdict,
    after_attempt,
    after_crash,
    check_policy,
    clamp_due,
    wait_max_s,
)

NOW = Millis(1_767_225_600_000)
DUE = Millis(NOW - 1_000)
DAY_MS = 86_400_000

schedules = st.lists(st.floats(0.001, WAIT_S_MAX), max_size=WAITS_MAX).map(tuple)
jitters = st.floats(-1, 1)
policies = st.builds(
    Policy,
    retry_schedule_s=schedules,
    retry_kinds=st.sets(st.sampled_from([kind for kind in OutcomeKind if kind != "delivered"])).map(tuple),
    is_health_relevant=st.booleans(),
)
outcomes = st.builds(
    Outcome,
    kind=st.sampled_from(OutcomeKind),
    code=st.just("some_code"),
    retry_after_s=st.none() | st.floats(),
    is_chargeable=st.booleans(),
)


def judge(kind: OutcomeKind = OutcomeKind.TRANSIENT, **changes: Any) -> Verdict:
    outcome = Outcome(
        kind=kind,
        code=changes.pop("code", "code"),
        retry_after_s=changes.pop("retry_after_s", None),
        is_chargeable=changes.pop("is_chargeable", True),
    )
    arguments: dict[str, Any] = {
        "outcome": outcome,
        "policy": Policy(),
        "charged": 0,
        "is_due": True,
        "is_probe": False,
        "is_check_passed": None,
        "available_at": DUE,
        "now": NOW,
        "jitter": 0.0,
    }
    return after_attempt(**(arguments | changes))


def waits(reason: str, available_at: int, *, is_charged: bool) -> Verdict:
    return Verdict(
        status=DeliveryStatus.FAILED, reason=reason, available_at=Millis(available_at), is_charged=is_charged
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"kind": OutcomeKind.TRANSIENT}, waits("code", NOW + 5_000, is_charged=True)),
        ({"kind": OutcomeKind.RATE_LIMITED}, waits("code", NOW + 5_000, is_charged=True)),
        ({"kind": OutcomeKind.AUTH}, waits("code", NOW, is_charged=False)),
        ({"kind": OutcomeKind.AUTH, "is_check_passed": False}, waits("code", NOW, is_charged=False)),
        ({"kind": OutcomeKind.GONE}, waits("code", NOW, is_charged=False)),
        ({"is_chargeable": False}, waits("code", NOW + 5_000, is_charged=False)),
        ({"is_chargeable": False, "retry_after_s": 30.0}, waits("code", NOW + 30_000, is_charged=False)),
        ({"is_chargeable": False, "retry_after_s": 1.0}, waits("code", NOW + 5_000, is_charged=False)),
        ({"kind": OutcomeKind.REJECTED, "is_chargeable": False}, waits("code", NOW + 5_000, is_charged=False)),
        ({"is_probe": True}, waits("code", NOW + 5_000, is_charged=True)),
        (
            {"kind": OutcomeKind.REJECTED, "policy": Policy(retry_kinds=(OutcomeKind.REJECTED,))},
            waits("code", NOW + 5_000, is_charged=True),
        ),
        (
            {
                "kind": OutcomeKind.GONE,
                "policy": Policy(is_health_relevant=False, retry_kinds=(OutcomeKind.GONE,)),
            },
            waits("code", NOW + 5_000, is_charged=True),
        ),
    ],
)
def test_a_failure_that_is_worth_another_try_waits(changes: dict[str, Any], expected: Verdict) -> None:
    assert judge(**changes) == expected


@pytest.mark.parametrize(
    ("changes", "reason", "is_charged"),
    [
        ({"kind": OutcomeKind.REJECTED}, "code", True),
        ({"kind": OutcomeKind.REJECTED, "is_probe": True, "is_due": False}, "code", False),
        ({"kind": OutcomeKind.AUTH, "is_check_passed": True}, "code", True),
        ({"kind": OutcomeKind.TRANSIENT, "policy": Policy(retry_kinds=())}, "code", True),
        ({"kind": OutcomeKind.AUTH, "policy": Policy(is_health_relevant=False)}, "code", True),
        ({"kind": OutcomeKind.GONE, "policy": Policy(is_health_relevant=False)}, "code", True),
        ({"charged": 9}, GAVE_UP, True),
        ({"policy": Policy(retry_schedule_s=())}, GAVE_UP, True),
        (
            {"code": "render", "kind": OutcomeKind.REJECTED, "policy": Policy(retry_kinds=(OutcomeKind.REJECTED,))},
            "render",
            True,
        ),
        (
            {"code": "filter", "kind": OutcomeKind.REJECTED, "policy": Policy(retry_kinds=(OutcomeKind.REJECTED,))},
            "filter",
            True,
        ),
    ],
)
def test_a_failure_that_is_not_ends_in_dlq_with_its_reason(
    changes: dict[str, Any], reason: str, is_charged: bool
) -> None:
    verdict = judge(**changes)
    assert (verdict.status, verdict.reason, verdict.is_charged) == (DeliveryStatus.DLQ, reason, is_charged)


def test_what_is_refused_in_company_is_tried_alone_at_no_charge() -> None:
    shared = judge(OutcomeKind.REJECTED, is_shared=True)

    assert shared.is_parted
    assert (shared.status, shared.is_charged) == (DeliveryStatus.FAILED, False)
    assert judge(OutcomeKind.AUTH, is_check_passed=True, is_shared=True).is_parted
    assert not judge(OutcomeKind.REJECTED).is_parted
    for kind in (OutcomeKind.DELIVERED, OutcomeKind.TRANSIENT, OutcomeKind.RATE_LIMITED, OutcomeKind.GONE):
        assert judge(kind, is_shared=True) == judge(kind)


def test_a_success_is_delivered_without_a_reason() -> None:
    verdict = judge(OutcomeKind.DELIVERED)
    assert (verdict.status, verdict.reason, verdict.is_charged) == (DeliveryStatus.DELIVERED, None, True)


def test_the_default_schedule_makes_ten_tries_over_about_three_days() -> None:
    due_in_s = [(judge(charged=charged).available_at - NOW) / 1000 for charged in range(9)]
    assert due_in_s == [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
    assert judge(charged=9).status is DeliveryStatus.DLQ


def test_jitter_moves_a_wait_by_a_fifth_at_most() -> None:
    assert judge(charged=1, jitter=1.0).available_at == NOW + 360_000
    assert judge(charged=1, jitter=-1.0).available_at == NOW + 240_000


@pytest.mark.parametrize("kind", sorted(FAILURES))
def test_a_question_by_the_clock_is_asked_again_when_its_schedule_says(kind: OutcomeKind) -> None:
    policy = Policy(retry_schedule_s=(300.0,) * 6, retry_kinds=tuple(FAILURES), is_health_relevant=False)

    for jitter in (-1.0, 1.0):
        verdict = judge(kind, policy=policy, charged=5, jitter=jitter, retry_after_s=3_600.0)
        assert verdict == waits("code", NOW + 300_000, is_charged=True)
        crashed = after_crash(charged=1, policy=policy, now=NOW, jitter=jitter)
        assert crashed.available_at == NOW + 300_000


@pytest.mark.parametrize("kind", [OutcomeKind.RATE_LIMITED, OutcomeKind.TRANSIENT])
@pytest.mark.parametrize(
    ("retry_after_s", "wait_ms"),
    [
        (1.0, 5_000),
        (60.0, 60_000),
        (1e9, DAY_MS),
        (float("inf"), DAY_MS),
        (float("nan"), 5_000),
        (-1e9, 5_000),
        (0.0, 5_000),
    ],
)
def test_retry_after_lengthens_a_wait_up_to_a_day_and_never_shortens_it(
    kind: OutcomeKind, retry_after_s: float, wait_ms: int
) -> None:
    assert judge(kind, retry_after_s=retry_after_s).available_at == NOW + wait_ms


@pytest.mark.parametrize("kind", [OutcomeKind.TRANSIENT, OutcomeKind.RATE_LIMITED, OutcomeKind.AUTH, OutcomeKind.GONE])
def test_a_failed_probe_before_its_time_costs_the_delivery_nothing(kind: OutcomeKind) -> None:
    later = Millis(NOW + 3_600_000)
    verdict = judge(kind, is_probe=True, is_due=False, available_at=later, charged=9, retry_after_s=7_200.0)
    assert verdict == waits("code", later, is_charged=False)


def test_a_probe_that_nobody_was_to_blame_for_keeps_its_delivery_where_it_stood() -> None:
    later = Millis(NOW + 3_600_000)
    verdict = judge(is_probe=True, is_due=False, available_at=later, is_chargeable=False)
    assert verdict == waits("code", later, is_charged=False)


def test_a_due_time_that_a_clock_jump_left_far_ahead_is_clamped() -> None:
    policy = Policy()
    far = Millis(NOW + 400 * DAY_MS)
    limit = NOW + round(86_400 * 1.2 * 1000)
    assert clamp_due(far, NOW, policy) == limit
    assert clamp_due(Millis(NOW + 1), NOW, policy) == NOW + 1
    assert judge(is_probe=True, is_due=False, available_at=far).available_at == limit


def test_the_longest_wait_is_a_day_even_where_the_schedule_is_shorter() -> None:
    assert wait_max_s(Policy(retry_schedule_s=())) == RETRY_AFTER_S_MAX
    assert wait_max_s(Policy(retry_schedule_s=(5.0,))) == RETRY_AFTER_S_MAX
    assert wait_max_s(Policy(retry_schedule_s=(WAIT_S_MAX,))) == WAIT_S_MAX * 1.2


def test_the_first_crash_is_tried_again_at_once_and_further_ones_back_off_into_dlq() -> None:
    policy = Policy(retry_schedule_s=(5, 60, 600))
    verdicts = [after_crash(charged=charged, policy=policy, now=NOW, jitter=0.0) for charged in range(4)]
    assert verdicts[:3] == [
        waits("interrupted", NOW, is_charged=True),
        waits("interrupted", NOW + 5_000, is_charged=True),
        waits("interrupted", NOW + 60_000, is_charged=True),
    ]
    assert (verdicts[3].status, verdicts[3].reason, verdicts[3].is_charged) == (DeliveryStatus.DLQ, GAVE_UP, True)


@given(policies, outcomes, st.integers(0, 60), st.booleans(), st.sampled_from([None, False, True]), jitters)
def test_a_retry_is_never_in_the_past_nor_further_than_the_policy_allows(
    policy: Policy, outcome: Outcome, charged: int, is_probe: bool, is_check_passed: bool | None, jitter: float
) -> None:
    verdict = judge(
        outcome=outcome,
        policy=policy,
        charged=charged,
        is_probe=is_probe,
        is_check_passed=is_check_passed,
        jitter=jitter,
    )
    if verdict.status is DeliveryStatus.FAILED:
        assert NOW <= verdict.available_at <= NOW + round(wait_max_s(policy) * 1000)
        assert verdict.reason


@given(policies, st.lists(st.tuples(outcomes, st.booleans(), st.booleans(), st.booleans(), jitters), max_size=120))
def test_no_sequence_of_tries_and_crashes_exceeds_the_budget(
    policy: Policy, tries: list[tuple[Outcome, bool, bool, bool, float]]
) -> None:
    charged = 0
    for outcome, is_crash, is_probe, is_due, jitter in tries:
        if is_crash:
            verdict = after_crash(charged=charged, policy=policy, now=NOW, jitter=jitter)
        else:
            verdict = judge(
                outcome=outcome, policy=policy, charged=charged, is_probe=is_probe, is_due=is_due, jitter=jitter
            )
        charged += verdict.is_charged
        assert charged <= len(policy.retry_schedule_s) + 1
        assert (verdict.reason == GAVE_UP) <= (charged == len(policy.retry_schedule_s) + 1)
        if verdict.status is not DeliveryStatus.FAILED:
            return


@given(schedules, jitters)
def test_one_who_always_fails_ends_in_dlq_after_exactly_the_budget(schedule: tuple[float, ...], jitter: float) -> None:
    policy = Policy(retry_schedule_s=schedule)
    statuses = [judge(policy=policy, charged=charged, jitter=jitter).status for charged in range(len(schedule) + 1)]
    assert statuses == [DeliveryStatus.FAILED] * len(schedule) + [DeliveryStatus.DLQ]


@given(schedules.filter(bool).map(sorted).map(tuple), st.floats(0, 2 * RETRY_AFTER_S_MAX))
def test_waits_of_a_rising_schedule_never_shrink(schedule: tuple[float, ...], retry_after_s: float) -> None:
    policy = Policy(retry_schedule_s=schedule)
    due = [
        judge(policy=policy, charged=charged, retry_after_s=retry_after_s).available_at
        for charged in range(len(schedule))
    ]
    assert due == sorted(due)


@given(st.floats(0.001, WAIT_S_MAX), jitters)
def test_jitter_stays_within_its_bounds(wait_s: float, jitter: float) -> None:
    due = judge(policy=Policy(retry_schedule_s=(wait_s,)), jitter=jitter).available_at
    assert round(wait_s * (1 - JITTER) * 1000) <= due - NOW <= round(wait_s * (1 + JITTER) * 1000)


@given(st.integers(0, 2**53), st.integers(0, 2**52), policies)
def test_clamping_twice_is_clamping_once(available_at: int, now: int, policy: Policy) -> None:
    once = clamp_due(Millis(available_at), Millis(now), policy)
    assert once <= available_at
    assert clamp_due(once, Millis(now), policy) == once


@pytest.mark.parametrize(
    ("policy", "code", "field", "index"),
    [
        (Policy(retry_schedule_s=(1.0,) * 51), "policy.too_many_waits", "retry_schedule_s", None),
        (Policy(retry_schedule_s=(5, 0)), "policy.wait_out_of_bounds", "retry_schedule_s", 1),
        (Policy(retry_schedule_s=(-1,)), "policy.wait_out_of_bounds", "retry_schedule_s", 0),
        (Policy(retry_schedule_s=(float("nan"),)), "policy.wait_out_of_bounds", "retry_schedule_s", 0),
        (Policy(retry_schedule_s=(float("inf"),)), "policy.wait_out_of_bounds", "retry_schedule_s", 0),
        (Policy(retry_schedule_s=(WAIT_S_MAX + 1,)), "policy.wait_out_of_bounds", "retry_schedule_s", 0),
        (Policy(retry_kinds=(OutcomeKind.DELIVERED,)), "policy.retries_delivered", "retry_kinds", None),
        (Policy(time_to_live_s=0), "policy.time_to_live_out_of_bounds", "time_to_live_s", None),
        (Policy(time_to_live_s=float("nan")), "policy.time_to_live_out_of_bounds", "time_to_live_s", None),
        (Policy(time_to_live_s=float("inf")), "policy.time_to_live_out_of_bounds", "time_to_live_s", None),
    ],
)
def test_a_policy_out_of_bounds_is_refused_with_its_field(
    policy: Policy, code: str, field: str, index: int | None
) -> None:
    with pytest.raises(BadInput) as refused:
        check_policy(policy)
    assert (refused.value.code, refused.value.field, refused.value.index) == (code, field, index)


@pytest.mark.parametrize(
    "policy",
    [
        Policy(),
        Policy(retry_schedule_s=(), time_to_live_s=0.001),
        Policy(retry_schedule_s=(WAIT_S_MAX,) * WAITS_MAX, time_to_live_s=TIME_TO_LIVE_S_MAX),
    ],
)
def test_a_policy_at_its_bounds_is_taken(policy: Policy) -> None:
    check_policy(policy)
