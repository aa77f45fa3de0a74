"""A month of agents' life through the pure rules: every notification is sent, merged, withheld or expired for a stated
reason, and the reasons add up.

The life is generated: bursts of turns, nested subagents, prompts that are rebroadcast, answered early, late or never, a
phone that is off for a while. The clocks change in the middle of it. What the ledger and the lanes do with time is
played here in the plainest way: what is due goes, unless its time is over.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import time
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from posthouse.model.agents import AgentEvent, AgentFacts, AgentPayload, PromptFacts, prompt_key
from posthouse.model.deliveries import WAITING, DeliveryStatus
from posthouse.model.events import Event, EventDraft
from posthouse.model.ids import BindingId, EndpointId, EventId, Millis, ProjectId, SourceId, TargetId
from posthouse.rules.local_time import date_of, wall_of
from posthouse.rules.notices import (
    KINDS,
    Earlier,
    Fate,
    Notice,
    NoticePolicy,
    Presence,
    QuietHours,
    Withheld,
    held_back_until,
    quiet_until,
    settle_prompt,
)
from posthouse.rules.routing import Route, plan
from tests.rules.zones import DAY_MS, HOUR_MS, at

BERLIN = ZoneInfo("Europe/Berlin")
BEGIN, DAYS = at("2026-10-10 00:00+02:00"), 31
"""The clocks go back on 25 October."""

MINUTE_MS = 60_000
OUTAGES = [
    (at("2026-10-14 10:00+02:00"), at("2026-10-14 16:00+02:00")),
    (at("2026-10-24 21:00+02:00"), at("2026-10-25 03:30+01:00")),
]
"""When the phone's server answers nobody; the second one lies over the change of the clocks."""

POLICY = NoticePolicy(
    is_enabled=True,
    told=frozenset(KINDS) - {AgentEvent.SPAWNED},
    quiet=QuietHours(begin=time(22), end=time(7), zone=BERLIN),
    quiet_priority=5,
    away_s=120.0,
    zone=BERLIN,
)
ROUTE = Route(
    binding_id=BindingId(1),
    endpoint_id=EndpointId(1),
    target_id=TargetId(1),
    revision=1,
    is_notification=True,
    can_update=True,
)


class Happening(msgspec.Struct, order=True, frozen=True):
    """Something that is told, and whether somebody sat at the desk then. `at`: when it was recorded."""

    at: int
    number: int
    draft: EventDraft
    is_at_desk: bool


class Row(msgspec.Struct):
    """A delivery as the ledger would have it."""

    event: Event
    notice: Notice
    status: DeliveryStatus
    reason: str | None
    available_at: int
    expires_at: int | None
    ended_at: int | None = None
    parcel: int | None = None


def draft(of: AgentEvent, now: int, agent: str, parent: str | None = None, prompt: str | None = None) -> EventDraft:
    """As the source `agents` tells it."""
    facts = AgentFacts(id=agent, tool="claude-code", machine="laptop", project="posthouse", parent_id=parent)
    asked = None
    if prompt is not None:
        asked = PromptFacts(id=prompt, permission="Bash", description="make", metadata=msgspec.Raw(b"{}"))
    return EventDraft(
        type=of.value,
        at=Millis(now),
        data=msgspec.Raw(msgspec.json.encode(AgentPayload(agent=facts, prompt=asked))),
        correlation_key=None if prompt is None else prompt_key(agent, prompt),
    )


def life(chance: random.Random) -> list[Happening]:
    """Everything that is told in the month, in the order in which it is recorded."""
    found: list[Happening] = []

    def tell(of: AgentEvent, now: int, *names: Any, late_ms: int = 0) -> None:
        happening = Happening(now + late_ms, len(found), draft(of, now, *names), chance.random() < 0.2)
        found.append(happening)

    for number in range(260):
        agent, now = f"agent-{number:04d}", BEGIN + chance.randrange(DAYS * DAY_MS)
        parents: list[str | None] = [None, agent, f"{agent}-sub"]
        tell(AgentEvent.SPAWNED, now, agent)
        for _ in range(chance.randrange(1, 9)):
            # A burst: turns and prompts of an agent and of those that work for it, seconds to minutes apart.
            now += chance.randrange(1_000, 40 * MINUTE_MS)
            depth = chance.choice([0, 0, 0, 1, 2])
            name, parent = f"{agent}{'-sub' * depth}", parents[depth]
            match chance.randrange(5):
                case 0:
                    tell(AgentEvent.TURN_ERROR, now, name, parent)
                case 1 | 2:
                    for again in range(chance.choice([1, 1, 2, 5])):
                        tell(AgentEvent.PERMISSION_REQUIRED, now + again * 1_500, name, parent, f"p{now}")
                    answered = now + chance.choice([500, 20_000, 10 * MINUTE_MS, 9 * HOUR_MS])
                    if chance.random() < 0.8:
                        tell(AgentEvent.PERMISSION_RESOLVED, answered, name, parent, f"p{now}")
                case _:
                    # Now and then the machine was asleep, and what happened is told hours later.
                    late_ms = 14 * HOUR_MS if chance.random() < 0.05 else 0
                    tell(AgentEvent.TURN_COMPLETED, now, name, parent, late_ms=late_ms)
        tell(AgentEvent.ENDED, now + MINUTE_MS, agent)
    return sorted(found)


def is_out(now: int) -> bool:
    return any(begin <= now < end for begin, end in OUTAGES)


class Phone:
    """One receiver: what it is owed, and what was sent to it."""

    def __init__(self, policy: NoticePolicy) -> None:
        self.policy = policy
        self.rows: list[Row] = []
        self.untold = 0
        self.requests: list[tuple[int, list[Row]]] = []

    def take(self, happening: Happening) -> None:
        """Write what a happening leads to, as intake and the ledger do."""
        now = Millis(happening.at)
        told = happening.draft
        event = Event(
            id=EventId(f"event-{happening.number}"),
            project_id=ProjectId(1),
            source_id=SourceId(1),
            machine="laptop",
            type=told.type,
            at=told.at or now,
            recorded_at=now,
            data=told.data,
            correlation_key=told.correlation_key,
        )
        presence = Presence(idle_s=5.0 if happening.is_at_desk else 500.0)
        planned = plan(event, [ROUTE], source_name="agents", is_staggered=False, notices=self.policy, presence=presence)
        if not planned:
            self.untold += 1
            return
        [one] = planned
        assert one.notice is not None
        notice = self._settle(one.notice, now)
        is_withheld = notice.fate is Fate.WITHHELD
        self.rows.append(
            Row(
                event=event,
                notice=notice,
                status=DeliveryStatus.WITHHELD if is_withheld else DeliveryStatus.PENDING,
                reason=notice.reason,
                available_at=notice.available_at,
                expires_at=one.expires_at,
                ended_at=now if is_withheld else None,
            )
        )

    def _settle(self, notice: Notice, now: Millis) -> Notice:
        if notice.prompt_key is None:
            return notice
        asked = [
            one for one in self.rows if one.notice.prompt_key == notice.prompt_key and not one.notice.is_resolution
        ]
        earlier = [
            Earlier(status=one.status, created_at=one.event.recorded_at, is_shared=one.parcel is not None)
            for one in asked
        ]
        settled = settle_prompt(notice, earlier, now)
        for place in settled.withdrawn:
            asked[place].status, asked[place].reason = DeliveryStatus.WITHHELD, Withheld.RESOLVED
            asked[place].ended_at = now
        return settled.notice

    def pass_until(self, now: int) -> None:
        """Do what falls due by then, instant by instant."""
        for moment in sorted({one for row in self._waiting() for one in _instants(row, now)} | {now}):
            for row in self._waiting():
                if row.expires_at is not None and row.expires_at <= moment:
                    row.status, row.reason, row.ended_at = DeliveryStatus.EXPIRED, "time_limit", moment
            if not is_out(moment):
                self._send(moment)

    def _send(self, now: int) -> None:
        due = [row for row in self._waiting() if row.available_at <= now]
        held = [row for row in due if row.notice.fate is Fate.HELD]
        requests = [[row] for row in due if row.notice.fate is not Fate.HELD] + ([held] if held else [])
        for rows in requests:
            if _is_held_back(rows, self.policy, now):
                for row in rows:
                    row.available_at = quiet_until(self.policy.quiet, Millis(now)) or now
                continue
            self.requests.append((now, rows))
            for row in rows:
                row.status, row.reason, row.ended_at = DeliveryStatus.DELIVERED, None, now
                row.parcel = len(self.requests) if len(rows) > 1 else None

    def _waiting(self) -> list[Row]:
        return [row for row in self.rows if row.status in WAITING]


def _instants(row: Row, now: int) -> Iterator[int]:
    """When something may become of a row, up to an instant."""
    ends = [end for _, end in OUTAGES]
    yield from (one for one in (row.available_at, row.expires_at, *ends) if one is not None and one <= now)


def _is_held_back(rows: list[Row], policy: NoticePolicy, now: int) -> bool:
    return any(held_back_until(row.event, policy, Millis(now)) is not None for row in rows)


def lived(seed: int, policy: NoticePolicy = POLICY) -> tuple[Phone, list[Happening]]:
    """A month, and a day behind it in which all that waits comes to its end."""
    phone, happenings = Phone(policy), life(random.Random(seed))
    for happening in happenings:
        phone.pass_until(happening.at)
        phone.take(happening)
    for hours in range(1, 48):
        phone.pass_until(happenings[-1].at + hours * HOUR_MS)
    return phone, happenings


@pytest.fixture(scope="module", params=range(3))
def month(request: pytest.FixtureRequest) -> tuple[Phone, list[Happening]]:
    return lived(request.param)


Month = tuple[Phone, list[Happening]]


def test_the_reasons_add_up(month: Month) -> None:
    phone, happenings = month
    ends = Counter((row.status.value, row.reason) for row in phone.rows)

    assert sum(ends.values()) + phone.untold == len(happenings)
    assert phone.untold == sum(one.draft.type == AgentEvent.ENDED for one in happenings)
    assert {status for status, _ in ends} == {"delivered", "withheld", "expired"}
    assert {reason for status, reason in ends if status == "withheld"} == {
        "event_off", "subagent", "at_desk", "merged", "resolved", "nothing_to_update",
    }  # fmt: skip
    assert {reason for status, reason in ends if status == "expired"} == {"time_limit"}
    assert {reason for status, reason in ends if status == "delivered"} == {None}
    assert sum(len(rows) for _, rows in phone.requests) == ends["delivered", None]


def test_every_prompt_is_told_once_or_not_for_a_reason(month: Month) -> None:
    phone, _ = month
    asked: dict[str, list[Row]] = {}
    for row in phone.rows:
        if row.event.type == AgentEvent.PERMISSION_REQUIRED:
            asked.setdefault(row.event.correlation_key or "", []).append(row)

    rebroadcast = 0
    for rows in asked.values():
        told = [row for row in rows if row.reason not in (Withheld.MERGED, Withheld.AT_DESK)]
        rebroadcast += len(rows) > 1
        for before, behind in pairwise(told):
            # Told again only where the one before had been withdrawn, or lies longer ago than the window.
            is_later = behind.event.recorded_at - before.event.recorded_at >= POLICY.dedupe_s * 1000
            assert is_later or before.status is DeliveryStatus.WITHHELD
    assert rebroadcast > 50


def test_nothing_wakes_anybody_in_quiet_hours(month: Month) -> None:
    phone, _ = month
    loud = [
        wall_of(Millis(now), BERLIN) for now, rows in phone.requests for row in rows if not row.notice.is_resolution
    ]

    assert loud
    assert [wall for wall in loud if wall.hour >= 22 or wall.hour < 7] == []


def test_every_night_ends_in_one_message_at_seven_on_the_wall(month: Month) -> None:
    phone, _ = month
    digests = [now for now, rows in phone.requests if rows[0].notice.fate is Fate.HELD]

    assert len(digests) > 20
    assert len({date_of(Millis(now), BERLIN) for now in digests}) == len(digests)
    assert {wall_of(Millis(now), BERLIN).time() for now in digests} == {time(7)}
    assert at("2026-10-24 07:00+02:00") in digests
    assert at("2026-10-26 07:00+01:00") in digests


def test_nothing_is_sent_beyond_what_it_is_worth(month: Month) -> None:
    phone, _ = month

    for now, rows in phone.requests:
        assert all(row.expires_at is None or now < row.expires_at for row in rows)
    late = [row for row in phone.rows if row.event.recorded_at - row.event.at > 12 * HOUR_MS]
    assert {row.status for row in late} <= {DeliveryStatus.EXPIRED, DeliveryStatus.WITHHELD}
    assert any(row.status is DeliveryStatus.EXPIRED for row in late)


def test_subagents_are_heard_only_when_they_need_someone(month: Month) -> None:
    phone, _ = month
    told = {row.event.type for _, rows in phone.requests for row in rows if b'"parent_id"' in bytes(row.event.data)}

    assert told == {AgentEvent.PERMISSION_REQUIRED, AgentEvent.PERMISSION_RESOLVED}


def test_an_update_only_ever_replaces_what_was_sent_by_itself(month: Month) -> None:
    phone, _ = month
    alone: dict[str | None, int] = {}
    for now, [first, *others] in phone.requests:
        if not others and not first.notice.is_resolution:
            alone.setdefault(first.event.correlation_key, now)
    updates = [(now, row) for now, rows in phone.requests for row in rows if row.notice.is_resolution]

    assert updates
    assert all(alone[row.event.correlation_key] <= now for now, row in updates)


def test_with_everything_off_every_reason_is_that(month: Month) -> None:
    phone, happenings = lived(0, NoticePolicy())

    assert {row.reason for row in phone.rows} == {Withheld.NOTIFICATIONS_OFF}
    assert len(phone.rows) + phone.untold == len(happenings)
    assert phone.requests == []
