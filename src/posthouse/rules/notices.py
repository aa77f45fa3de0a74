"""Notices: whether a person is told of an event now, later, or not at all, and why.

Comes in: an event, the settings `notifications.*` as a policy, and whether somebody sits at the desk. Goes out: a
`Notice`, which its delivery is born with, or None where such an event is never told.

    in this order                                                       notice
    agent.ended, whatever else is said                                  none
    notifications are off                                               withheld, notifications_off
    the switch of this event is off                                     withheld, event_off
    a subagent's turn, unless subagents are told; a new subagent        withheld, subagent
    permission-resolved                                                 now; what it leads to is `settle_prompt`'s
    of an agent, and somebody is at the desk                            withheld, at_desk
    of a priority that nothing holds back                               now
    in quiet hours                                                      held until they end, or withheld: quiet_hours
    where several become one                                            held for the window, digest
    anything else                                                       now

What is held goes together, as one message. Lifetimes count from when something happened: what would expire before
quiet hours end is held all the same, and expires. An event that is no agent's has the priority of its severity, no
switch and no lifetime. Quiet hours are found on the wall: where a clock changes, a time that is left out is the instant
behind the gap, and one that comes twice is its first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum

import msgspec

from posthouse.model.agents import AgentEvent
from posthouse.model.bindings import NOTICE_RETRY_SCHEDULE_S, RETRY_SCHEDULE_S, Policy
from posthouse.model.deliveries import WAITING, DeliveryStatus
from posthouse.model.events import Event, Severity
from posthouse.model.ids import Millis
from posthouse.model.messages import PRIORITY
from posthouse.rules.local_time import date_of, first_instant

DEADLINE_S = 10.0
"""The limit on one exchange with a receiver of notifications: what is slower than that waits for its next try."""

PRIORITY_MAX = 5
RESOLVED_PRIORITY = 2
"""Of what only brings a prompt's notification up to date: phones make no sound of it."""

_DAY = timedelta(days=1)


class NoticeKind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of notification. `name`: as settings and people call it. `tag`: one of ntfy's, shown as a sign."""

    name: str
    type: AgentEvent
    title: str
    description: str
    is_on: bool
    priority: int
    tag: str


KINDS: Mapping[AgentEvent, NoticeKind] = {
    kind.type: kind
    for kind in (
        NoticeKind(
            name="turn-completed",
            type=AgentEvent.TURN_COMPLETED,
            title="Turn completed",
            description="An agent has ended its turn and is done, or waits for what comes next. Once per turn.",
            is_on=True,
            priority=3,
            tag="white_check_mark",
        ),
        NoticeKind(
            name="turn-error",
            type=AgentEvent.TURN_ERROR,
            title="Turn failed",
            description="An agent's turn failed for good, after all of its own retries.",
            is_on=True,
            priority=4,
            tag="rotating_light",
        ),
        NoticeKind(
            name="permission-required",
            type=AgentEvent.PERMISSION_REQUIRED,
            title="Permission required",
            description="An agent asks for a permission, and goes on only when somebody answers.",
            is_on=True,
            priority=4,
            tag="lock",
        ),
        NoticeKind(
            name="agent-spawned",
            type=AgentEvent.SPAWNED,
            title="Agent started",
            description="A new agent has begun; never a subagent.",
            is_on=False,
            priority=2,
            tag="sparkles",
        ),
    )
}
"""The four kinds of notification, in the order in which people are asked about them."""


class Withheld(StrEnum):
    """Why a notification is not sent; the `reason` of its delivery."""

    NOTIFICATIONS_OFF = "notifications_off"
    EVENT_OFF = "event_off"
    SUBAGENT = "subagent"
    MERGED = "merged"
    QUIET_HOURS = "quiet_hours"
    AT_DESK = "at_desk"
    RESOLVED = "resolved"
    NOTHING_TO_UPDATE = "nothing_to_update"


DIGEST = "digest"
"""The reason of one that waits for others; one that waits for quiet hours to end has theirs."""

WITHHELD_WORDS: Mapping[Withheld, str] = {
    Withheld.NOTIFICATIONS_OFF: "Notifications are off.",
    Withheld.EVENT_OFF: "Notifications of this kind are off.",
    Withheld.SUBAGENT: "It is of a subagent, and subagents are not told of.",
    Withheld.MERGED: "The same prompt was told of just before.",
    Withheld.QUIET_HOURS: "It came in quiet hours.",
    Withheld.AT_DESK: "Somebody was at the desk.",
    Withheld.RESOLVED: "The prompt was answered before it was sent.",
    Withheld.NOTHING_TO_UPDATE: "There is no notification of this prompt that could be brought up to date.",
}
"""Each reason as a sentence."""


class QuietHours(msgspec.Struct, frozen=True, kw_only=True):
    """From one wall time until another, every day; over midnight where `begin` is the later one, never where equal."""

    begin: time
    end: time
    zone: tzinfo


class NoticePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What the owner wants to be told, and when: the settings `notifications.*`.

    `told`: the kinds that are on. `quiet_priority`: from it on nothing is held back; 6 is never. `zone`: in which
    times are told in a digest.
    """

    is_enabled: bool = False
    told: frozenset[AgentEvent] = frozenset(kind.type for kind in KINDS.values() if kind.is_on)
    is_telling_subagents: bool = False
    dedupe_s: float = 5.0
    prompt_lifetime_s: float = 3_600.0
    turn_lifetime_s: float = 43_200.0
    quiet: QuietHours | None = None
    quiet_priority: int = PRIORITY_MAX + 1
    is_quiet_withheld: bool = False
    digest_s: float = 0.0
    away_s: float = 0.0
    zone: tzinfo = UTC


class Presence(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the desk. `idle_s`: seconds since the last input. `is_locked`: None where nobody can say."""

    idle_s: float
    is_locked: bool | None = None


class Fate(StrEnum):
    """What becomes of a notification at its birth. held: it waits, and goes together with others."""

    NOW = "now"
    HELD = "held"
    WITHHELD = "withheld"


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What a delivery to a receiver of notifications is born with.

    `reason`: why it is withheld, or waits. `available_at`: when it may leave; `expires_at`: until when it is worth it.
    `prompt_key`: the permission prompt that it is about. `merges_within_ms`: of what asks; 0 is never. `is_resolution`:
    it says what became of the prompt; `can_update`: its target can put that in the place of what asked.
    """

    fate: Fate
    available_at: Millis
    reason: str | None = None
    expires_at: Millis | None = None
    prompt_key: str | None = None
    merges_within_ms: int = 0
    is_resolution: bool = False
    can_update: bool = False


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """What a receiver was, or is to be, told of a prompt. `is_shared`: in one message with others."""

    status: DeliveryStatus
    created_at: Millis
    is_maybe_sent: bool = False
    is_shared: bool = False


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a notice in the light of earlier ones, and of those, by their places in the list.

    `withdrawn` end as withheld, `resolved`. `last_tries`: they are being sent, and are worth no other try.
    """

    notice: Notice
    withdrawn: tuple[int, ...] = ()
    last_tries: tuple[int, ...] = ()


class _AgentSaid(msgspec.Struct):
    parent_id: str | None = None


class _PayloadSaid(msgspec.Struct):
    agent: _AgentSaid | None = None


_decode_payload = msgspec.json.Decoder(_PayloadSaid).decode


def judge_notice(event: Event, policy: NoticePolicy, now: Millis, presence: Presence | None = None) -> Notice | None:
    """What becomes of an event for whoever is to be told of it; None where it is none that anybody is told.

    `presence`: None where it is not known, which counts as away.
    """
    said = _AGENT_EVENTS.get(event.type)
    if said is AgentEvent.ENDED:
        return None
    expires_at = _expires_at(event, said, policy)
    reason = _why_not(event, said, policy, presence)
    if reason is not None:
        return Notice(fate=Fate.WITHHELD, reason=reason, available_at=now, expires_at=expires_at)
    if said is AgentEvent.PERMISSION_RESOLVED:
        return Notice(
            fate=Fate.NOW,
            available_at=now,
            expires_at=expires_at,
            prompt_key=event.correlation_key,
            is_resolution=True,
        )
    notice = _timed(_priority(event, said), policy, now)
    is_merged = said is AgentEvent.PERMISSION_REQUIRED and notice.fate is not Fate.WITHHELD
    return msgspec.structs.replace(
        notice,
        expires_at=expires_at,
        prompt_key=event.correlation_key if is_merged else None,
        merges_within_ms=round(policy.dedupe_s * 1000) if is_merged else 0,
    )


def words_of(notice: Notice | None) -> str:
    """What becomes of it, in a sentence; "" where it goes at once."""
    if notice is None:
        return "Nobody is ever notified of such an event."
    match notice.fate:
        case Fate.NOW:
            return ""
        case Fate.HELD if notice.reason == DIGEST:
            return "It waits for others, and goes with them as one message."
        case Fate.HELD:
            return "It waits for quiet hours to end, and goes then."
        case Fate.WITHHELD:
            return f"It would not be sent. {WITHHELD_WORDS[Withheld(notice.reason or '')]}"


def is_free(notice: Notice) -> bool:
    """Whether it goes now, whatever was told before."""
    return notice.fate is Fate.NOW and notice.prompt_key is None


def settle_prompt(notice: Notice, earlier: Sequence[Earlier], now: Millis) -> Settled:
    """Hold a notice about a prompt against what its receiver was told of that prompt before, oldest first."""
    if notice.fate is Fate.WITHHELD:
        return Settled(notice=notice)
    if not notice.is_resolution:
        is_merged = any(
            one.status is not DeliveryStatus.WITHHELD and abs(now - one.created_at) < notice.merges_within_ms
            for one in earlier
        )
        return Settled(notice=_withheld(notice, Withheld.MERGED) if is_merged else notice)
    withdrawn = tuple(place for place, one in enumerate(earlier) if one.status in WAITING)
    last_tries = tuple(place for place, one in enumerate(earlier) if one.status is DeliveryStatus.IN_FLIGHT)
    if not notice.can_update or not any(_may_be_shown(one) for one in earlier):
        notice = _withheld(notice, Withheld.NOTHING_TO_UPDATE)
    elif last_tries:
        # It must not arrive before what it replaces: by then that one's exchange is over.
        notice = msgspec.structs.replace(notice, available_at=Millis(now + round(DEADLINE_S * 1000)))
    return Settled(notice=notice, withdrawn=withdrawn, last_tries=last_tries)


def quiet_until(hours: QuietHours | None, at: Millis) -> Millis | None:
    """When the quiet hours end in which this instant lies; None where it lies in none."""
    if hours is None or hours.begin == hours.end:
        return None
    today = date_of(at, hours.zone)
    over_midnight = hours.end < hours.begin
    for day in (today - _DAY, today, today + _DAY):
        begins_at = first_instant(datetime.combine(day, hours.begin), hours.zone)
        last_day = day + _DAY if over_midnight else day
        ends_at = first_instant(datetime.combine(last_day, hours.end), hours.zone)
        if begins_at <= at < ends_at:
            return ends_at
    return None


def held_back_until(event: Event, policy: NoticePolicy, now: Millis) -> Millis | None:
    """Until when something that was on its way before quiet hours began is held back by them; None where it may go.

    What came in these very quiet hours has been judged: if it leaves in them, somebody wanted that.
    """
    said = _AGENT_EVENTS.get(event.type)
    if said is AgentEvent.PERMISSION_RESOLVED or _priority(event, said) >= policy.quiet_priority:
        return None
    until = quiet_until(policy.quiet, now)
    return None if until is None or until == quiet_until(policy.quiet, event.recorded_at) else until


def is_presence_asked(event_type: str, policy: NoticePolicy) -> bool:
    """Whether it matters for such an event if somebody is at the desk."""
    return policy.is_enabled and policy.away_s > 0 and _AGENT_EVENTS.get(event_type) in policy.told


def as_asked(event: Event) -> Event:
    """The event by which a receiver's filter is judged: what became of a prompt goes to those who were asked."""
    if event.type != AgentEvent.PERMISSION_RESOLVED:
        return event
    return msgspec.structs.replace(event, type=AgentEvent.PERMISSION_REQUIRED.value, severity=Severity.WARNING)


def settled_policy(policy: Policy) -> Policy:
    """The policy with the retries that suit it, where nobody chose any: quick ones for notifications."""
    unsuited, suited = RETRY_SCHEDULE_S, NOTICE_RETRY_SCHEDULE_S
    if not policy.is_notification:
        unsuited, suited = suited, unsuited
    return msgspec.structs.replace(policy, retry_schedule_s=suited) if policy.retry_schedule_s == unsuited else policy


def _why_not(event: Event, said: AgentEvent | None, policy: NoticePolicy, presence: Presence | None) -> Withheld | None:
    if not policy.is_enabled:
        return Withheld.NOTIFICATIONS_OFF
    if said is None:
        return None
    is_resolution = said is AgentEvent.PERMISSION_RESOLVED
    if (AgentEvent.PERMISSION_REQUIRED if is_resolution else said) not in policy.told:
        return Withheld.EVENT_OFF
    is_silent = said is AgentEvent.SPAWNED or (said in _TURNS and not policy.is_telling_subagents)
    if is_silent and _is_subagent(event):
        return Withheld.SUBAGENT
    if not is_resolution and _is_at_desk(policy, presence):
        return Withheld.AT_DESK
    return None


def _timed(priority: int, policy: NoticePolicy, now: Millis) -> Notice:
    """When it may leave, by quiet hours and the window of digests."""
    if priority >= policy.quiet_priority:
        return Notice(fate=Fate.NOW, available_at=now)
    due_at = Millis(now + round(policy.digest_s * 1000))
    is_quiet = quiet_until(policy.quiet, now) is not None
    if is_quiet and policy.is_quiet_withheld:
        return Notice(fate=Fate.WITHHELD, reason=Withheld.QUIET_HOURS, available_at=now)
    until = quiet_until(policy.quiet, due_at)
    if is_quiet or until is not None:
        return Notice(fate=Fate.HELD, reason=Withheld.QUIET_HOURS, available_at=due_at if until is None else until)
    if due_at > now:
        return Notice(fate=Fate.HELD, reason=DIGEST, available_at=due_at)
    return Notice(fate=Fate.NOW, available_at=now)


def _expires_at(event: Event, said: AgentEvent | None, policy: NoticePolicy) -> Millis | None:
    """Counted from when it happened; a clock that was ahead gives nothing more."""
    if said is None:
        return None
    lifetime_s = policy.prompt_lifetime_s if said in _PROMPTS else policy.turn_lifetime_s
    return Millis(min(event.at, event.recorded_at) + round(lifetime_s * 1000))


def _priority(event: Event, said: AgentEvent | None) -> int:
    kind = None if said is None else KINDS.get(said)
    return PRIORITY[event.severity] if kind is None else kind.priority


def _is_subagent(event: Event) -> bool:
    try:
        agent = _decode_payload(event.data).agent
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return agent is not None and agent.parent_id is not None


def _is_at_desk(policy: NoticePolicy, presence: Presence | None) -> bool:
    return presence is not None and presence.idle_s < policy.away_s and presence.is_locked is not True


def _may_be_shown(one: Earlier) -> bool:
    """Whether a phone may show it as a message of its own, which another one can replace."""
    is_out = one.status in (DeliveryStatus.DELIVERED, DeliveryStatus.IN_FLIGHT) or one.is_maybe_sent
    return is_out and not one.is_shared


def _withheld(notice: Notice, reason: Withheld) -> Notice:
    return msgspec.structs.replace(notice, fate=Fate.WITHHELD, reason=reason)


_AGENT_EVENTS = {one.value: one for one in AgentEvent}
_TURNS = frozenset({AgentEvent.TURN_COMPLETED, AgentEvent.TURN_ERROR})
_PROMPTS = frozenset({AgentEvent.PERMISSION_REQUIRED, AgentEvent.PERMISSION_RESOLVED})
