"""Whether a person is told of an event now, later or not at all, and why."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.agents import AgentEvent, AgentFacts, AgentPayload, prompt_key
from posthouse.model.bindings import NOTICE_RETRY_SCHEDULE_S, RETRY_SCHEDULE_S, Policy
from posthouse.model.deliveries import DeliveryStatus
from posthouse.model.events import Event, Severity
from posthouse.model.ids import EventId, Millis, ProjectId, SourceId
from posthouse.rules.local_time import first_instant, wall_of
from posthouse.rules.notices import (
    DEADLINE_S,
    DIGEST,
    KINDS,
    WITHHELD_WORDS,
    Earlier,
    Fate,
    Notice,
    NoticePolicy,
    Presence,
    QuietHours,
    Withheld,
    as_asked,
    held_back_until,
    is_presence_asked,
    judge_notice,
    quiet_until,
    settle_prompt,
    settled_policy,
    words_of,
)
from posthouse.rules.retry import check_policy
from tests.rules.zones import DAY_MS, HOUR_MS, ODD_ZONES, at

BERLIN = ZoneInfo("Europe/Berlin")
NOON = at("2026-06-10 12:00+02:00")
NIGHT = at("2026-06-10 23:30+02:00")
MORNING = at("2026-06-11 07:00+02:00")
QUIET = QuietHours(begin=time(22), end=time(7), zone=BERLIN)
EVERYTHING = frozenset(KINDS)
COMPLETED, FAILED, ASKED = AgentEvent.TURN_COMPLETED, AgentEvent.TURN_ERROR, AgentEvent.PERMISSION_REQUIRED
SPAWNED, RESOLVED, ENDED = AgentEvent.SPAWNED, AgentEvent.PERMISSION_RESOLVED, AgentEvent.ENDED
KEY = prompt_key("agent", "prompt")


def event(of: AgentEvent | str, now: int = NOON, *, parent_id: str | None = None, **fields: Any) -> Event:
    """An event of the source `agents`, recorded as it happened."""
    agent = AgentFacts(id="agent", tool="claude-code", machine="here", parent_id=parent_id)
    given_: dict[str, Any] = {
        "id": EventId("019b76da-a800-7000-8000-000000000000"),
        "project_id": ProjectId(1),
        "source_id": SourceId(1),
        "machine": "here",
        "type": str(of),
        "at": Millis(now),
        "recorded_at": Millis(now),
        "data": msgspec.Raw(msgspec.json.encode(AgentPayload(agent=agent))),
        "correlation_key": KEY if of in (ASKED, RESOLVED) else None,
    }
    return Event(**(given_ | fields))


def wants(**fields: Any) -> NoticePolicy:
    given_: dict[str, Any] = {"is_enabled": True, "told": EVERYTHING, "zone": BERLIN}
    return NoticePolicy(**(given_ | fields))


def judged(of: AgentEvent | str, now: int = NOON, presence: Presence | None = None, **policy: Any) -> Notice:
    found = judge_notice(event(of, now), wants(**policy), Millis(now), presence)
    assert found is not None
    return found


def reason_of(told: Event, policy: NoticePolicy, presence: Presence | None = None) -> tuple[Fate, str | None]:
    found = judge_notice(told, policy, told.recorded_at, presence)
    assert found is not None
    return found.fate, found.reason


@pytest.mark.parametrize(
    ("of", "is_sub", "policy", "reason"),
    [
        (COMPLETED, False, {}, None),
        (FAILED, False, {}, None),
        (ASKED, False, {}, None),
        (SPAWNED, False, {}, None),
        (RESOLVED, False, {}, None),
        ("build.finished", False, {}, None),
        (COMPLETED, False, {"is_enabled": False}, Withheld.NOTIFICATIONS_OFF),
        ("build.finished", False, {"is_enabled": False}, Withheld.NOTIFICATIONS_OFF),
        (COMPLETED, False, {"is_enabled": False, "told": frozenset()}, Withheld.NOTIFICATIONS_OFF),
        (COMPLETED, False, {"told": EVERYTHING - {COMPLETED}}, Withheld.EVENT_OFF),
        (FAILED, False, {"told": frozenset({COMPLETED})}, Withheld.EVENT_OFF),
        (RESOLVED, False, {"told": EVERYTHING - {ASKED}}, Withheld.EVENT_OFF),
        ("build.finished", False, {"told": frozenset()}, None),
        (COMPLETED, True, {}, Withheld.SUBAGENT),
        (FAILED, True, {}, Withheld.SUBAGENT),
        (COMPLETED, True, {"is_telling_subagents": True}, None),
        (FAILED, True, {"is_telling_subagents": True}, None),
        (ASKED, True, {}, None),
        (RESOLVED, True, {}, None),
        (SPAWNED, True, {}, Withheld.SUBAGENT),
        (SPAWNED, True, {"is_telling_subagents": True}, Withheld.SUBAGENT),
        (COMPLETED, True, {"told": frozenset()}, Withheld.EVENT_OFF),
    ],
)
def test_both_switches_and_whose_agent_it_is_say_whether_it_is_told(
    of: AgentEvent | str, is_sub: bool, policy: dict[str, Any], reason: Withheld | None
) -> None:
    told = event(of, parent_id="parent" if is_sub else None)

    fate = Fate.NOW if reason is None else Fate.WITHHELD
    assert reason_of(told, wants(**policy)) == (fate, reason)


def test_nobody_is_told_by_default_and_new_agents_only_where_someone_asks_for_it() -> None:
    assert NoticePolicy().is_enabled is False
    assert NoticePolicy().told == {COMPLETED, FAILED, ASKED}
    assert [(one.name, one.priority, one.tag) for one in KINDS.values()] == [
        ("turn-completed", 3, "white_check_mark"),
        ("turn-error", 4, "rotating_light"),
        ("permission-required", 4, "lock"),
        ("agent-spawned", 2, "sparkles"),
    ]


@pytest.mark.parametrize("policy", [NoticePolicy(), wants()])
def test_the_end_of_an_agent_is_never_told(policy: NoticePolicy) -> None:
    assert judge_notice(event(ENDED), policy, NOON) is None


@pytest.mark.parametrize("data", [b"[]", b"{}", b'{"agent":7}', b"nonsense", b"[" * 5_000 + b"]" * 5_000])
def test_data_that_say_nothing_of_an_agent_are_no_subagents(data: bytes) -> None:
    assert reason_of(event(COMPLETED, data=msgspec.Raw(data)), wants()) == (Fate.NOW, None)


@pytest.mark.parametrize(
    ("presence", "reason"),
    [
        (None, None),
        (Presence(idle_s=0.0), Withheld.AT_DESK),
        (Presence(idle_s=59.9, is_locked=False), Withheld.AT_DESK),
        (Presence(idle_s=59.9, is_locked=True), None),
        (Presence(idle_s=60.0), None),
    ],
)
def test_who_sits_at_the_desk_is_not_notified(presence: Presence | None, reason: Withheld | None) -> None:
    assert judged(COMPLETED, presence=presence, away_s=60.0).reason == reason
    assert judged(RESOLVED, presence=presence, away_s=60.0).reason is None
    assert judged("build.finished", presence=presence, away_s=60.0).reason is None
    assert judged(COMPLETED, presence=presence).reason is None


def test_the_desk_is_looked_at_only_where_it_matters() -> None:
    away = wants(away_s=60.0, told=frozenset({COMPLETED}))

    assert is_presence_asked(COMPLETED, away)
    assert not is_presence_asked(FAILED, away)
    assert not is_presence_asked("build.finished", away)
    assert not is_presence_asked(COMPLETED, wants())
    assert not is_presence_asked(COMPLETED, NoticePolicy(away_s=60.0))


@pytest.mark.parametrize(
    ("now", "fate", "reason", "until"),
    [
        ("2026-06-10 21:59+02:00", Fate.NOW, None, "2026-06-10 21:59+02:00"),
        ("2026-06-10 22:00+02:00", Fate.HELD, "quiet_hours", "2026-06-11 07:00+02:00"),
        ("2026-06-11 06:59+02:00", Fate.HELD, "quiet_hours", "2026-06-11 07:00+02:00"),
        ("2026-06-11 07:00+02:00", Fate.NOW, None, "2026-06-11 07:00+02:00"),
    ],
)
def test_what_comes_in_quiet_hours_waits_for_their_end(now: str, fate: Fate, reason: str | None, until: str) -> None:
    found = judged(COMPLETED, at(now), quiet=QUIET)

    assert (found.fate, found.reason, found.available_at) == (fate, reason, at(until))


def test_what_comes_in_quiet_hours_can_be_withheld_instead() -> None:
    found = judged(COMPLETED, NIGHT, quiet=QUIET, is_quiet_withheld=True)

    assert (found.fate, found.reason) == (Fate.WITHHELD, Withheld.QUIET_HOURS)
    assert judged(COMPLETED, NOON, quiet=QUIET, is_quiet_withheld=True).fate is Fate.NOW


def test_what_is_urgent_enough_passes_quiet_hours_and_digests() -> None:
    policy: dict[str, Any] = {"quiet": QUIET, "quiet_priority": 4, "digest_s": 600.0}

    assert judged(ASKED, NIGHT, **policy).fate is Fate.NOW
    assert judged(FAILED, NIGHT, **policy | {"is_quiet_withheld": True}).fate is Fate.NOW
    assert judged(COMPLETED, NIGHT, **policy).fate is Fate.HELD
    assert judged(COMPLETED, NOON, **policy).fate is Fate.HELD
    assert judged(ASKED, NIGHT, quiet=QUIET).fate is Fate.HELD


@pytest.mark.parametrize(("severity", "fate"), [(Severity.INFO, Fate.HELD), (Severity.ERROR, Fate.NOW)])
def test_an_event_that_is_no_agents_has_the_priority_of_its_severity(severity: Severity, fate: Fate) -> None:
    told = event("build.finished", NIGHT, severity=severity)
    found = judge_notice(told, wants(quiet=QUIET, quiet_priority=4), NIGHT)

    assert found is not None
    assert (found.fate, found.expires_at) == (fate, None)


def test_several_within_a_window_wait_for_its_end() -> None:
    found = judged(COMPLETED, digest_s=300.0)

    assert (found.fate, found.reason, found.available_at) == (Fate.HELD, DIGEST, NOON + 300_000)


def test_a_window_that_ends_in_quiet_hours_ends_with_them() -> None:
    just_before = at("2026-06-10 21:58+02:00")
    near_the_end = at("2026-06-11 06:58+02:00")

    assert judged(COMPLETED, just_before, quiet=QUIET, digest_s=300.0).available_at == MORNING
    assert judged(COMPLETED, just_before, quiet=QUIET, digest_s=300.0, is_quiet_withheld=True).fate is Fate.HELD
    assert judged(COMPLETED, near_the_end, quiet=QUIET, digest_s=300.0).available_at == near_the_end + 300_000


def test_lifetimes_count_from_when_it_happened() -> None:
    hour_ago = Millis(NOON - HOUR_MS)
    late = event(ASKED, at=hour_ago)
    found = judge_notice(late, wants(prompt_lifetime_s=3_600.0), NOON)
    from_the_future = judge_notice(event(COMPLETED, at=Millis(NOON + DAY_MS)), wants(turn_lifetime_s=60.0), NOON)

    assert found is not None
    assert found.expires_at == NOON
    assert from_the_future is not None
    assert from_the_future.expires_at == NOON + 60_000
    assert judged(RESOLVED, prompt_lifetime_s=60.0).expires_at == NOON + 60_000
    assert judged(SPAWNED, turn_lifetime_s=90.0).expires_at == NOON + 90_000


def test_what_expires_before_quiet_hours_end_is_held_all_the_same() -> None:
    found = judged(ASKED, NIGHT, quiet=QUIET)

    assert (found.fate, found.available_at) == (Fate.HELD, MORNING)
    assert found.expires_at is not None
    assert found.expires_at < MORNING


def test_resolutions_go_at_once_whatever_holds_others_back() -> None:
    found = judged(RESOLVED, NIGHT, Presence(idle_s=0.0), quiet=QUIET, digest_s=600.0, away_s=60.0)

    assert (found.fate, found.is_resolution, found.prompt_key) == (Fate.NOW, True, KEY)


def test_only_prompts_have_a_key_by_which_they_are_told_once() -> None:
    assert (judged(ASKED).prompt_key, judged(ASKED, dedupe_s=2.5).merges_within_ms) == (KEY, 2_500)
    assert judged(ASKED, NIGHT, quiet=QUIET).prompt_key == KEY
    assert judged(ASKED, NIGHT, quiet=QUIET, is_quiet_withheld=True).prompt_key is None
    assert judged(COMPLETED).prompt_key is None


@pytest.mark.parametrize(
    ("status", "ago_ms", "fate"),
    [
        (DeliveryStatus.DELIVERED, 0, Fate.WITHHELD),
        (DeliveryStatus.PENDING, 4_999, Fate.WITHHELD),
        (DeliveryStatus.DLQ, 4_999, Fate.WITHHELD),
        (DeliveryStatus.PENDING, -4_999, Fate.WITHHELD),
        (DeliveryStatus.PENDING, 5_000, Fate.NOW),
        (DeliveryStatus.PENDING, -3_600_000, Fate.NOW),
        (DeliveryStatus.WITHHELD, 0, Fate.NOW),
    ],
)
def test_a_prompt_is_told_once_within_the_window(status: DeliveryStatus, ago_ms: int, fate: Fate) -> None:
    earlier = [Earlier(status=status, created_at=Millis(NOON - ago_ms))]

    settled = settle_prompt(judged(ASKED), earlier, NOON)

    assert settled.notice.fate is fate
    assert settled.notice.reason == (Withheld.MERGED if fate is Fate.WITHHELD else None)
    assert (settled.withdrawn, settled.last_tries) == ((), ())
    assert settle_prompt(judged(ASKED, dedupe_s=0.0), earlier, NOON).notice.fate is Fate.NOW


PENDING = Earlier(status=DeliveryStatus.PENDING, created_at=NOON)
HALF_SENT = Earlier(status=DeliveryStatus.FAILED, created_at=NOON, is_maybe_sent=True)
IN_FLIGHT = Earlier(status=DeliveryStatus.IN_FLIGHT, created_at=NOON)
DELIVERED = Earlier(status=DeliveryStatus.DELIVERED, created_at=NOON)
IN_A_DIGEST = Earlier(status=DeliveryStatus.DELIVERED, created_at=NOON, is_shared=True)
NEVER_SENT = Earlier(status=DeliveryStatus.WITHHELD, created_at=NOON)


@pytest.mark.parametrize(
    ("earlier", "is_sent", "withdrawn", "last_tries"),
    [
        ([], False, (), ()),
        ([PENDING], False, (0,), ()),
        ([DELIVERED], True, (), ()),
        ([IN_A_DIGEST], False, (), ()),
        ([NEVER_SENT], False, (), ()),
        ([HALF_SENT], True, (0,), ()),
        ([IN_FLIGHT], True, (), (0,)),
        ([NEVER_SENT, DELIVERED, PENDING], True, (2,), ()),
    ],
)
def test_what_became_of_a_prompt_withdraws_or_replaces_what_asked(
    earlier: list[Earlier], is_sent: bool, withdrawn: tuple[int, ...], last_tries: tuple[int, ...]
) -> None:
    resolution = msgspec.structs.replace(judged(RESOLVED), can_update=True)
    plain = msgspec.structs.replace(resolution, can_update=False)

    settled = settle_prompt(resolution, earlier, NOON)
    without = settle_prompt(plain, earlier, NOON)

    assert settled.notice.reason == (None if is_sent else Withheld.NOTHING_TO_UPDATE)
    assert (settled.withdrawn, settled.last_tries) == (without.withdrawn, without.last_tries) == (withdrawn, last_tries)
    assert without.notice.reason == Withheld.NOTHING_TO_UPDATE


def test_an_update_does_not_arrive_before_what_it_replaces() -> None:
    resolution = msgspec.structs.replace(judged(RESOLVED), can_update=True)

    assert settle_prompt(resolution, [IN_FLIGHT], NOON).notice.available_at == NOON + DEADLINE_S * 1000


def test_a_withheld_notice_is_settled_already() -> None:
    off = judge_notice(event(ASKED), NoticePolicy(), NOON)
    assert off is not None

    assert settle_prompt(off, [PENDING, DELIVERED], NOON).notice is off


def test_a_receiver_of_prompts_is_a_receiver_of_what_became_of_them() -> None:
    asked = as_asked(event(RESOLVED, severity=Severity.INFO))

    assert (asked.type, asked.severity) == (ASKED, Severity.WARNING)
    assert as_asked(told := event(COMPLETED)) is told


@pytest.mark.parametrize(
    ("recorded", "now", "until"),
    [
        ("2026-06-10 21:59+02:00", "2026-06-10 23:00+02:00", "2026-06-11 07:00+02:00"),
        ("2026-06-10 21:59+02:00", "2026-06-11 07:00+02:00", None),
        ("2026-06-10 22:01+02:00", "2026-06-10 23:00+02:00", None),
        ("2026-06-09 22:01+02:00", "2026-06-10 23:00+02:00", "2026-06-11 07:00+02:00"),
    ],
)
def test_what_was_late_does_not_go_in_quiet_hours(recorded: str, now: str, until: str | None) -> None:
    policy = wants(quiet=QUIET, quiet_priority=4)
    expected = None if until is None else at(until)

    assert held_back_until(event(COMPLETED, at(recorded)), policy, at(now)) == expected
    assert held_back_until(event(FAILED, at(recorded)), policy, at(now)) is None
    assert held_back_until(event(RESOLVED, at(recorded)), policy, at(now)) is None


@pytest.mark.parametrize(
    ("begin", "end", "now", "until"),
    [
        ("22:00", "07:00", "2026-03-28 23:00+01:00", "2026-03-29 07:00+02:00"),
        ("22:00", "07:00", "2026-10-24 23:00+02:00", "2026-10-25 07:00+01:00"),
        # A time that is left out is the instant behind the gap, one that comes twice its first.
        ("22:00", "02:30", "2026-03-28 23:00+01:00", "2026-03-29 03:00+02:00"),
        ("02:30", "07:00", "2026-03-29 03:00+02:00", "2026-03-29 07:00+02:00"),
        ("02:30", "07:00", "2026-03-29 01:59+01:00", None),
        ("22:00", "02:30", "2026-10-25 02:29+02:00", "2026-10-25 02:30+02:00"),
        ("22:00", "02:30", "2026-10-25 02:29+01:00", None),
        ("02:30", "07:00", "2026-10-25 02:30+02:00", "2026-10-25 07:00+01:00"),
        ("12:00", "13:00", "2026-06-10 12:30+02:00", "2026-06-10 13:00+02:00"),
        ("12:00", "13:00", "2026-06-10 13:00+02:00", None),
        ("00:00", "00:01", "2026-06-10 00:00+02:00", "2026-06-10 00:01+02:00"),
        ("08:00", "07:59", "2026-06-10 07:58+02:00", "2026-06-10 07:59+02:00"),
        ("07:00", "07:00", "2026-06-10 07:00+02:00", None),
    ],
)
def test_quiet_hours_end_by_the_clock_on_the_wall(begin: str, end: str, now: str, until: str | None) -> None:
    hours = QuietHours(begin=time.fromisoformat(begin), end=time.fromisoformat(end), zone=BERLIN)

    assert quiet_until(hours, at(now)) == (None if until is None else at(until))
    assert quiet_until(None, at(now)) is None


minutes = st.builds(time, st.integers(0, 23), st.integers(0, 59))


@given(
    begin=minutes,
    end=minutes,
    zone=st.sampled_from(ODD_ZONES).map(ZoneInfo),
    now=st.integers(at("2011-12-20 00:00Z"), at("2031-01-01 00:00Z")).map(Millis),
)
def test_quiet_hours_are_left_at_their_end_and_never_last_beyond_a_day(
    begin: time, end: time, zone: ZoneInfo, now: Millis
) -> None:
    hours = QuietHours(begin=begin, end=end, zone=zone)
    until = quiet_until(hours, now)

    if until is None:
        return
    assert now < until <= now + 2 * DAY_MS
    assert quiet_until(hours, until) is None or first_instant(wall_of(until, zone), zone) != until
    assert quiet_until(hours, Millis(until - 1)) == until


@given(
    zone=st.sampled_from(("Europe/Berlin", "America/Santiago", "UTC")).map(ZoneInfo),
    day=st.dates(date(2026, 1, 1), date(2030, 1, 1)),
)
def test_noon_is_loud_and_midnight_quiet_on_every_day(zone: ZoneInfo, day: date) -> None:
    hours = QuietHours(begin=time(22), end=time(7), zone=zone)
    noon = first_instant(datetime.combine(day, time(12)), zone)
    late = first_instant(datetime.combine(day, time(23, 59)), zone)

    assert quiet_until(hours, noon) is None
    assert quiet_until(hours, late) == first_instant(datetime.combine(day + timedelta(days=1), time(7)), zone)


policies = st.builds(
    wants,
    is_enabled=st.booleans(),
    told=st.sets(st.sampled_from(sorted(KINDS))).map(frozenset),
    is_telling_subagents=st.booleans(),
    quiet=st.none() | st.builds(QuietHours, begin=minutes, end=minutes, zone=st.just(BERLIN)),
    quiet_priority=st.integers(1, 6),
    is_quiet_withheld=st.booleans(),
    digest_s=st.sampled_from([0.0, 60.0, 86_400.0]),
    away_s=st.sampled_from([0.0, 60.0]),
)


@given(
    policy=policies,
    of=st.sampled_from([*AgentEvent, "build.finished"]),
    now=st.integers(NOON, NOON + 400 * DAY_MS).map(Millis),
    is_sub=st.booleans(),
    presence=st.none() | st.builds(Presence, idle_s=st.floats(0, 200), is_locked=st.none() | st.booleans()),
)
def test_every_notice_has_a_reason_or_goes_now(
    policy: NoticePolicy, of: AgentEvent | str, now: Millis, is_sub: bool, presence: Presence | None
) -> None:
    found = judge_notice(event(of, now, parent_id="p" if is_sub else None), policy, now, presence)

    assert (found is None) == (of == ENDED)
    if found is None:
        return
    assert (found.reason is None) == (found.fate is Fate.NOW) == (words_of(found) == "")
    assert found.fate is not Fate.WITHHELD or found.reason in WITHHELD_WORDS
    assert (found.available_at > now) == (found.fate is Fate.HELD)
    if found.fate is Fate.HELD:
        assert quiet_until(policy.quiet, found.available_at) is None


def test_bindings_that_notify_are_retried_quickly_unless_someone_chose_otherwise() -> None:
    chosen = Policy(retry_schedule_s=(1.0,), is_notification=True)
    quick = settled_policy(Policy(is_notification=True))

    assert quick.retry_schedule_s == NOTICE_RETRY_SCHEDULE_S
    assert settled_policy(chosen) == chosen
    assert settled_policy(Policy()) == Policy()
    assert settled_policy(msgspec.structs.replace(quick, is_notification=False)).retry_schedule_s == RETRY_SCHEDULE_S
    check_policy(quick)


def test_each_reason_has_words_of_its_own() -> None:
    assert set(WITHHELD_WORDS) == set(Withheld)
    assert len(set(WITHHELD_WORDS.values())) == len(Withheld)
