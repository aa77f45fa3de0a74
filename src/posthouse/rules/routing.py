"""Routing: which bindings an event goes to, when each may leave, and until when it is worth sending.

Computed outside the ledger's transaction; the binding revisions in the plan are rechecked inside it. A plan is the same
for the same event and routes in any order, and names no binding twice.

What is never planned: a binding outside the event's audience, one whose filter says no, and a binding of the very
target that the event tells of (a notice "target 7 is paused" must not queue behind the pause of target 7).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fnmatch import translate
from functools import lru_cache
from math import ceil

import msgspec

from posthouse.model.bindings import Filter, Schedule
from posthouse.model.errors import BadInput
from posthouse.model.events import Event, EventDraft, Severity
from posthouse.model.ids import BindingId, EndpointId, Millis, TargetId

HOPS_MAX = 8
"""How many Posthouses an event may have passed through: what ends a loop of forwarders."""

STAGGER_MS = 10_000
"""Between the bindings of one snapshot burst, so that one read does not become a volley."""

ABOUT_TARGET = "target:"
"""Prefix of the correlation key of an event that tells of a target; the target's id follows."""

_RANK = {severity: rank for rank, severity in enumerate(Severity)}
_WILDCARD = re.compile(r"[*?\[]")


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """A binding of the event's source, as far as routing needs to know it."""

    binding_id: BindingId
    endpoint_id: EndpointId
    target_id: TargetId
    revision: int
    filter: Filter = Filter()
    time_to_live_s: float | None = None
    is_strict_order: bool = False
    schedule: Schedule = Schedule()


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery to be made with its event."""

    binding_id: BindingId
    endpoint_id: EndpointId
    revision: int
    available_at: Millis
    expires_at: Millis | None


def matches(wanted: Filter, event: Event | EventDraft) -> bool:
    """Whether every given part of the filter fits: any type glob, any origin glob, at least the severity."""
    if wanted.severity_min is not None and _RANK[event.severity] < _RANK[wanted.severity_min]:
        return False
    if wanted.types and not _matcher(wanted.types)(event.type):
        return False
    return not wanted.origins or _matcher(wanted.origins)(event.origin)


def plan(event: Event, routes: Sequence[Route], *, is_staggered: bool) -> tuple[Planned, ...]:
    """The deliveries that an event makes, by binding id.

    `is_staggered`: the event is a snapshot's, read for all these routes, and the i-th of them (from 0) waits 10 s · i.
    Streams are not staggered. Of two routes of one binding the newer revision counts.
    """
    newest: dict[BindingId, Route] = {}
    for route in routes:
        known = newest.get(route.binding_id)
        if known is None or known.revision < route.revision:
            newest[route.binding_id] = route
    planned: list[Planned] = []
    for _, route in sorted(newest.items()):
        if not _is_meant_for(event, route) or not matches(route.filter, event):
            continue
        wait_ms = STAGGER_MS * len(planned) if is_staggered else 0
        planned.append(
            Planned(
                binding_id=route.binding_id,
                endpoint_id=route.endpoint_id,
                revision=route.revision,
                available_at=Millis(event.recorded_at + wait_ms),
                expires_at=_expires_at(event, route.time_to_live_s),
            )
        )
    return tuple(planned)


def check_hops(hops: int) -> None:
    """Raises BadInput `event.too_many_hops` where an event has been passed on too often, or counts below zero."""
    if not 0 <= hops <= HOPS_MAX:
        raise BadInput(
            "event.too_many_hops",
            f"The event's hop count is {hops}; it may be 0 to {HOPS_MAX}. Do two installations forward to each other?",
            field="hops",
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
