"""Routing: which bindings an event goes to, when each may leave, and until when it is worth sending.

Computed outside the ledger's transaction; the binding revisions in the plan are rechecked inside it. A plan is the same
for the same event and routes in any order, and names no binding twice.

What is never planned: a binding outside the event's audience, one whose filter says no, and a binding of the very
target that the event tells of (a notice "target 7 is paused" must not queue behind the pause of target 7). Where a
filter's expression cannot be worked out for an event, it is planned as *unjudged*: it is never sent, but given up with
the reason, so that nobody misses it unknowingly.

For a binding that notifies people the settings for that are asked too (`rules.notices`): what they hold back or
withhold is planned as such, with the reason. Its filter says which prompts are told, and so of which the end is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from fnmatch import translate
from functools import lru_cache
from math import ceil

import msgspec

from posthouse.model.bindings import Filter, Schedule
from posthouse.model.errors import BadInput
from posthouse.model.events import Event, EventDraft, Severity
from posthouse.model.ids import BindingId, EndpointId, Millis, TargetId
from posthouse.rules.expressions import Evaluation, ExpressionError, Facts, compile_expression, filter_facts
from posthouse.rules.notices import Fate, Notice, NoticePolicy, Presence, as_asked, judge_notice

HOPS_MAX = 8
"""How many Posthouses an event may have passed through: what ends a loop of forwarders."""

STAGGER_MS = 10_000
"""Between the bindings of one snapshot burst, so that one read does not become a volley."""

ABOUT_TARGET = "target:"
"""Prefix of the correlation key of an event that tells of a target; the target's id follows."""

_RANK = {severity: rank for rank, severity in enumerate(Severity)}
_WILDCARD = re.compile(r"[*?\[]")


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """A binding of the event's source, as far as routing needs to know it.

    `can_update`: its target can replace what it was sent before, which only matters where it notifies.
    """

    binding_id: BindingId
    endpoint_id: EndpointId
    target_id: TargetId
    revision: int
    filter: Filter = Filter()
    time_to_live_s: float | None = None
    is_strict_order: bool = False
    batch_max: int = 1
    batch_wait_s: float = 0.0
    schedule: Schedule = Schedule()
    is_notification: bool = False
    can_update: bool = False


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery to be made with its event.

    `is_unjudged`: the filter failed, so it may not be sent. `batch_max`: how many of its binding's may share a request.
    `notice`: what it is as a notification, None where it is none.
    """

    binding_id: BindingId
    endpoint_id: EndpointId
    revision: int
    available_at: Millis
    expires_at: Millis | None
    is_unjudged: bool = False
    batch_max: int = 1
    notice: Notice | None = None


class Judgement(StrEnum):
    """What a filter says of an event; failed where its expression cannot be worked out."""

    WANTED = "wanted"
    UNWANTED = "unwanted"
    FAILED = "failed"


def judge(wanted: Filter, event: Event | EventDraft, facts: Facts) -> Judgement:
    """What the whole filter says of an event."""
    if not matches(wanted, event):
        return Judgement.UNWANTED
    try:
        return Judgement.WANTED if is_true_of(wanted, facts) else Judgement.UNWANTED
    except ExpressionError:
        return Judgement.FAILED


def is_true_of(wanted: Filter, facts: Facts) -> bool:
    """Whether the filter's expression is true. Raises ExpressionError where it cannot be worked out."""
    return wanted.where is None or Evaluation(facts).is_true(compile_expression(wanted.where))


def matches(wanted: Filter, event: Event | EventDraft) -> bool:
    """Whether all but the filter's expression fits: any type glob, any origin glob, at least the severity."""
    if wanted.severity_min is not None and _RANK[event.severity] < _RANK[wanted.severity_min]:
        return False
    if wanted.types and not _matcher(wanted.types)(event.type):
        return False
    return not wanted.origins or _matcher(wanted.origins)(event.origin)


def plan(
    event: Event,
    routes: Sequence[Route],
    *,
    source_name: str,
    is_staggered: bool,
    notices: NoticePolicy | None = None,
    presence: Presence | None = None,
) -> tuple[Planned, ...]:
    """The deliveries that an event of the source of this name makes, by binding id.

    `is_staggered`: the event is a snapshot's, read for all these routes, and the i-th of them (from 0) waits 10 s · i.
    Streams are not staggered. Where a binding gathers deliveries, each waits for others. Of two routes of one binding
    the newer revision counts. `notices`: by what bindings that notify are judged; None sends at once.
    """
    newest: dict[BindingId, Route] = {}
    for route in routes:
        known = newest.get(route.binding_id)
        if known is None or known.revision < route.revision:
            newest[route.binding_id] = route
    planned: list[Planned] = []
    facts = filter_facts(event, source_name=source_name, machine=event.machine, now=event.recorded_at)
    for _, route in sorted(newest.items()):
        if not _is_meant_for(event, route):
            continue
        if notices is not None and route.is_notification:
            told = _plan_notice(event, route, source_name, notices, presence)
            if told is not None:
                planned.append(told)
            continue
        judgement = judge(route.filter, event, facts)
        if judgement is Judgement.UNWANTED:
            continue
        wait_ms = STAGGER_MS * len(planned) if is_staggered else 0
        if route.batch_max > 1:
            wait_ms += round(route.batch_wait_s * 1000)
        planned.append(_planned(event, route, wait_ms, is_unjudged=judgement is Judgement.FAILED))
    return tuple(planned)


def check_hops(hops: int) -> None:
    """Raises BadInput `event.too_many_hops` where an event has been passed on too often, or counts below zero."""
    if not 0 <= hops <= HOPS_MAX:
        raise BadInput(
            "event.too_many_hops",
            f"The event's hop count is {hops}; it may be 0 to {HOPS_MAX}. Do two installations forward to each other?",
            field="hops",
        )


def _planned(event: Event, route: Route, wait_ms: int, *, is_unjudged: bool) -> Planned:
    return Planned(
        binding_id=route.binding_id,
        endpoint_id=route.endpoint_id,
        revision=route.revision,
        available_at=Millis(event.recorded_at + wait_ms),
        expires_at=_expires_at(event, route.time_to_live_s),
        is_unjudged=is_unjudged,
        batch_max=route.batch_max,
    )


def _plan_notice(
    event: Event, route: Route, source_name: str, policy: NoticePolicy, presence: Presence | None
) -> Planned | None:
    """What becomes of an event for a binding that notifies; None where it is not told there."""
    asked = as_asked(event)
    facts = filter_facts(asked, source_name=source_name, machine=event.machine, now=event.recorded_at)
    judgement = judge(route.filter, asked, facts)
    notice = None if judgement is Judgement.UNWANTED else judge_notice(event, policy, event.recorded_at, presence)
    if notice is None:
        return None
    if judgement is Judgement.FAILED and notice.fate is not Fate.WITHHELD:
        return _planned(event, route, 0, is_unjudged=True)
    planned = _planned(event, route, 0, is_unjudged=False)
    limits = [limit for limit in (planned.expires_at, notice.expires_at) if limit is not None]
    return msgspec.structs.replace(
        planned,
        available_at=notice.available_at,
        expires_at=min(limits, default=None),
        batch_max=1,
        notice=msgspec.structs.replace(notice, can_update=notice.is_resolution and route.can_update),
    )


def _is_meant_for(event: Event, route: Route) -> bool:
    if event.audience is not None and route.binding_id not in event.audience:
        return False
    return event.correlation_key is None or event.correlation_key != f"{ABOUT_TARGET}{route.target_id}"


def _expires_at(event: Event, time_to_live_s: float | None) -> Millis | None:
    """The earlier of the event's own limit and the binding's, counted from when the event was recorded."""
    if time_to_live_s is None:
        return event.expires_at
    limit = Millis(event.recorded_at + ceil(time_to_live_s * 1000))
    return limit if event.expires_at is None else min(limit, event.expires_at)


@lru_cache(maxsize=1024)
def _matcher(globs: tuple[str, ...]) -> Callable[[str], bool]:
    """A test for "any of these globs", compiled once: a set look-up where none has a wildcard."""
    if not any(_WILDCARD.search(glob) for glob in globs):
        return frozenset(globs).__contains__
    pattern = re.compile("|".join(translate(glob) for glob in globs))
    return lambda text: pattern.match(text) is not None
